/* Reads call records beside a running tollgate: the command line's door, which cannot write. */
#ifndef TG_STORE_RECORDS_H
#define TG_STORE_RECORDS_H

#include "role/vault.h"

struct records_query {
	uint64_t since_ms; /* calls that began then or later; 0 = all */
	uint64_t last;     /* at most so many, the newest; 0 = all */
};

struct records_sink {
	void *ctx;
	/** One record, borrowed; `over` false: the call is up.  `id` 0: its number comes when its
	 *  last word is written.  False: enough. */
	bool (*record)(void *ctx, uint64_t id, const struct vault_record *record, bool over);
};

/**
 * Hand up the records in the order of their closing, then the calls that are up, oldest first.
 *
 * error  on failure: a sentence for the operator, NUL-terminated
 *
 * TG_ENOENT  no database: tollgate never ran on this directory
 * TG_EDENIED it belongs to another user
 * TG_EIO     it cannot be read
 */
TG_MUST_USE enum tg_err records_each(const char *dir, const struct records_query *query,
                                     const struct records_sink *sink, char *error, size_t cap);

#endif
