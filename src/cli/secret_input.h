/* Secrets at the terminal: made here, read without an echo, never in an argument. */
#ifndef TG_CLI_SECRET_INPUT_H
#define TG_CLI_SECRET_INPUT_H

#include "base/buf.h"
#include "base/secret.h"

/** A new secret of 140 random bits, of letters and digits that nobody confuses. */
void secret_make(struct tg_secret *out);

/**
 * Read one line of standard input; at a terminal ask for it, without showing what is typed.
 *
 * TG_EBAD    empty, or with a NUL
 * TG_ELIMIT  longer than TG_SECRET_MAX
 */
TG_MUST_USE enum tg_err secret_read(struct tg_secret *out, const char *prompt);

/** Seal it for the vault of a data directory; tells why not.  True when `word` is complete. */
bool secret_seal(struct buf *word, const char *data, struct slice name,
                 const struct tg_secret *secret);

#endif
