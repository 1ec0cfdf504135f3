/* Which row of table `live` is whose. */
#ifndef TG_STORE_LIVE_PRIV_H
#define TG_STORE_LIVE_PRIV_H

#include "base/table.h"
#include "link/msg.h"

enum {
	STORE_BATCH_MAX = 512,   /* jobs that become durable at once */
	STORE_FOLD_JOBS = 1024,  /* so many in the journal join their tables at once, */
	STORE_FOLD_MAX = STORE_FOLD_JOBS + 2 * STORE_BATCH_MAX, /* and never more than these */
	STORE_LIVE_MAX = 1 << 17 /* attempts at a time: more than any configuration allows */
};

enum store_part { STORE_HAS_RECORD = 1, STORE_HAS_HOLD = 2, STORE_HAS_RECIPE = 4, STORE_LOST = 8 };

struct store_seat {
	uint64_t call;
	uint8_t side, branch;
	uint8_t parts; /* enum store_part; 0 = a free row */
};

/**
 * The store thread's picture of table `live`: finds a row without an index on disk, and gives rows
 * out so that few pages are touched.  Every change can be taken back with its transaction.
 */
struct store_live {
	struct store_seat *seats; /* by row, from 1 */
	struct tg_table *by_leg;
	uint32_t *free;           /* rows given back, the last on top */
	uint32_t frees, fresh;    /* rows above `fresh` were never used */
	uint32_t used, losts;
	uint32_t undos;
	struct store_undo {
		uint32_t row;
		struct store_seat was;
	} undo[STORE_FOLD_MAX * 2 + 64]; /* two rows a job, and what is swept */
};

TG_MUST_USE enum tg_err store_live_init(struct store_live *live);
void store_live_fini(struct store_live *live);
/** The row of this attempt, 0 = none. */
uint32_t store_live_find(const struct store_live *live, const struct link_leg *leg);
/** Has any attempt of this call a hold? */
bool store_live_holds(const struct store_live *live, uint64_t call);
/** A row for it, or 0 when all are in use. */
uint32_t store_live_take(struct store_live *live, const struct link_leg *leg, uint8_t parts);
/** parts 0: the row is free. */
void store_live_set(struct store_live *live, uint32_t row, uint8_t parts);
/** At the start: this row is in use.  False: it cannot be. */
bool store_live_load(struct store_live *live, uint32_t row, const struct store_seat *seat);
/** At the start, after all rows. */
void store_live_loaded(struct store_live *live);
/** At the start: forget all rows. */
void store_live_clear(struct store_live *live);
void store_live_keep(struct store_live *live); /* the transaction is on disk */
void store_live_undo(struct store_live *live); /* it is not */

#endif
