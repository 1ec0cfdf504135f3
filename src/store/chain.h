/*
 * The hash chain over closed records (C25): who edits, removes, inserts or cuts off a record
 * without the vault's key is found out, and which record it was.
 *
 * Closed records are numbered without gaps in the order of their closing.  Each carries a keyed
 * BLAKE2b over its number, its values and the mark of the one before; the number and mark of the
 * newest are kept in a sealed row of their own, so that the end cannot be cut off.  What it cannot
 * show: the whole database put back to an older state of itself, and whatever is done by somebody
 * who can read vault.key.
 */
#ifndef TG_STORE_CHAIN_H
#define TG_STORE_CHAIN_H

#include "base/err.h"
#include "store/store.h"

enum chain_fault {
	CHAIN_WHOLE,   /* nothing found */
	CHAIN_CHANGED, /* the record is not what was written, or was not written by us */
	CHAIN_MISSING, /* the record is gone */
	CHAIN_HEAD     /* the sealed row is gone or not ours; `id` is the newest record */
};
/** "changed", ... */
const char *chain_fault_name(enum chain_fault fault);

struct chain_finding {
	enum chain_fault fault;
	uint64_t id; /* of the record, the first of `count` */
	uint64_t count;
};

struct chain_report {
	uint64_t checked;  /* records looked at */
	uint64_t findings; /* places where something is wrong */
	uint64_t accepted; /* of these, older than the last --accept */
	struct chain_finding first; /* the oldest that is not accepted */
};

/** What store_open() found in the newest records, or earlier and nobody has accepted yet. */
void store_damage(const struct store *store, struct chain_report *out);

struct chain_sink {
	void *ctx;
	void (*finding)(void *ctx, const struct chain_finding *finding, bool accepted);
};

/**
 * Command line: check every record of a data directory, beside a running tollgate or without.
 *
 * sink    optional; gets every finding, oldest first
 * accept  afterwards take what is there as it is: store_open() speaks of it no more, and later
 *         checks say that it was accepted
 *
 * Errors as of records_each(); TG_EBAD: the key does not open.
 */
TG_MUST_USE enum tg_err store_chain_verify(const char *dir, bool accept,
                                           const struct chain_sink *sink,
                                           struct chain_report *out, char *error, size_t cap);

#endif
