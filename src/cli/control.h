/* Talks to a running tollgate over its control socket: a line of words out, lines of JSON back. */
#ifndef TG_CLI_CONTROL_H
#define TG_CLI_CONTROL_H

#include "base/slice.h"

/** Called for every line of JSON, without its newline; borrowed until it returns. */
struct control_sink {
	void *ctx;
	void (*line)(void *ctx, struct slice json);
};

/**
 * Ask and wait for all of the answer.
 *
 * data_dir  where the socket `control` lies: site.data of the configuration
 * words     such as "calls" or "account list"; no newline, at most 4000 octets
 * error     on failure: one sentence for the operator, NUL-terminated, cut at `cap`
 *
 * TG_ENOENT   nothing listens there: tollgate does not run, or under another data directory
 * TG_EDENIED  another user's tollgate
 * TG_EBUSY    no answer in time
 * TG_EBAD     tollgate refused the request; `error` says why
 * TG_EIO      the connection broke
 */
TG_MUST_USE enum tg_err control_ask(const char *data_dir, struct slice words,
                                    struct control_sink sink, char *error, size_t cap);

#endif
