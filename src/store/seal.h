/*
 * Secrets at rest and on their way to the vault (B15, B16).
 *
 * vault.key  two keys of 32 octets: one seals rows of the database, the other opens what the
 *            command line has sealed; mode 0600, made at the first start
 * vault.pub  the public half of the second, for the command line: between it and the vault only
 *            ciphertext passes the control socket, the console and the rings
 */
#ifndef TG_STORE_SEAL_H
#define TG_STORE_SEAL_H

#include "base/buf.h"
#include "base/secret.h"

struct seal;

enum {
	SEAL_ROW_EXTRA = 24 + 16,  /* nonce and tag */
	SEAL_NAME_MAX = 80,        /* "account/101", "trunk/acme" */
	SEAL_WORD_MAX = 2 * (48 + SEAL_NAME_MAX + 1 + 20 + 1 + TG_SECRET_MAX), /* hex */
	SEAL_FRESH_S = 300         /* how long a sealed word is taken */
};

/**
 * Read the keys of the data directory, or make them.
 *
 * create  false: when there are none, that is an error
 * error   on failure: a sentence for the operator, NUL-terminated
 *
 * TG_ENOENT  there are none
 * TG_EDENIED the file may be read by others, or is not ours
 * TG_EBAD    the file is damaged
 * TG_EIO     the system refused
 * TG_ENOMEM
 */
TG_MUST_USE enum tg_err seal_open(struct seal **out, const char *dir, bool create, char *error,
                                  size_t cap);
/** The key of the chain over the records, made of the one that seals rows. */
void seal_chain_key(const struct seal *seal, uint8_t out[32]);

/** Wipes the keys.  NULL is fine. */
void seal_free(struct seal *seal);

/**
 * Seal a row's secret (XChaCha20-Poly1305, a random nonce); it opens under the same name only, so
 * that rows cannot be exchanged.
 *
 * out  plain.len + SEAL_ROW_EXTRA octets
 */
void seal_row(const struct seal *seal, uint8_t *out, struct slice name, struct slice plain);

/**
 * out  sealed.len - SEAL_ROW_EXTRA octets; undefined unless TG_OK
 *
 * TG_EBAD  changed, sealed for another name, or by another key
 */
TG_MUST_USE enum tg_err seal_row_open(const struct seal *seal, uint8_t *out, struct slice name,
                                      struct slice sealed);

/**
 * Command line: seal a secret for the vault of this data directory, as hex digits in `word`.
 *
 * name   what it is for; the vault takes it for nothing else
 * now_s  wall clock; the vault takes it for SEAL_FRESH_S
 *
 * TG_ENOENT  no vault.pub: tollgate never ran on this directory
 * TG_EDENIED the file may be written by others, or is not readable for us
 * TG_EBAD    the file is damaged
 * TG_ELIMIT  name or secret is too long
 */
TG_MUST_USE enum tg_err seal_word(struct buf *word, const char *dir, struct slice name,
                                  uint64_t now_s, const struct tg_secret *secret);

/**
 * Vault: open it.
 *
 * TG_EBAD   not sealed for us, or for another name
 * TG_EBUSY  too old, or from the future
 */
TG_MUST_USE enum tg_err seal_word_open(const struct seal *seal, struct tg_secret *out,
                                       struct slice name, uint64_t now_s, struct slice word);

#endif
