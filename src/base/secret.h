/* A secret as a type of its own: it fits into no log field, no buf and no message by accident. */
#ifndef TG_BASE_SECRET_H
#define TG_BASE_SECRET_H

#include "base/slice.h"

enum { TG_SECRET_MAX = 127 };

/** A password or key, embedded in its owner, which calls tg_secret_wipe() before it dies. */
struct tg_secret {
	uint8_t len;
	char hidden[TG_SECRET_MAX]; /* read through tg_secret_reveal() only: easy to search for */
};

/**
 * Copy `s` in.
 *
 * TG_EBAD    empty
 * TG_ELIMIT  longer than TG_SECRET_MAX
 */
TG_MUST_USE enum tg_err tg_secret_set(struct tg_secret *secret, struct slice s);

/** The secret's octets, to be hashed, sealed or shown once; never to be logged or kept. */
struct slice tg_secret_reveal(const struct tg_secret *secret);

/** Forget it, octet by octet. */
void tg_secret_wipe(struct tg_secret *secret);

#endif
