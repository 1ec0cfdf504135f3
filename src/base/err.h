/* Error codes: one table, the enum and the operator's text follow. */
#ifndef TG_BASE_ERR_H
#define TG_BASE_ERR_H

#include "base/macros.h"

/* name, text for the operator.  Add here; the enum and tg_strerror() follow. */
#define TG_ERR_TABLE(X)                                                \
	X(TG_OK, "ok")                                                 \
	X(TG_EMORE, "input is a valid prefix; more bytes needed")      \
	X(TG_EBAD, "malformed input")                                  \
	X(TG_ELIMIT, "a configured or documented limit would be passed") \
	X(TG_ENOMEM, "out of memory or pool slots")                    \
	X(TG_ENOENT, "no such entry")                                  \
	X(TG_EEXIST, "exists already")                                 \
	X(TG_EDENIED, "not allowed")                                   \
	X(TG_EBUSY, "cannot be done now")                              \
	X(TG_EIO, "the operating system refused")

enum tg_err {
#define X(name, text) name,
	TG_ERR_TABLE(X)
#undef X
};

/** Text of an error for the operator; never NULL.  Any thread. */
const char *tg_strerror(enum tg_err err);

#endif
