/* Inside of the ledger: one entry per ledger in two cache lines, one attempt per hold. */
#ifndef TG_LEDGER_LEDGER_PRIV_H
#define TG_LEDGER_LEDGER_PRIV_H

#include "base/table.h"
#include "ledger/state.h"

/**
 * One ledger.  Amounts and counts are those of the windows in which `minute` lies; entry_touch()
 * rolls them.  All periods are counted, limited or not, so that a new limit knows what was spent.
 */
struct entry {
	/* what a check reads */
	uint32_t minute; /* UTC minute of the last touch */
	uint32_t row;
	uint32_t calls; /* up now, each once */
	uint32_t calls_minute, calls_hour;
	uint32_t seen; /* destinations of today: first chunk; 0 = none */
	tg_micro used[LEDGER_PERIODS]; /* spent and held */
	/* what a change writes besides */
	tg_micro held[LEDGER_PERIODS];
	tg_micro committed; /* by all open attempts, whenever it was reserved */
	uint32_t done_minute, done_hour; /* of the two counts above: calls that are over */
	uint32_t name; /* place in `names` */
	uint8_t kind;
};
_Static_assert(LEDGER_OFF_HOURS == LEDGER_PERIODS - 1, "the one that is not always on");
_Static_assert(sizeof(struct entry) == 128, "two cache lines");

/** Destinations of one ledger and day: a chain of these. */
struct chunk {
	uint64_t hash[7]; /* 0 = free, behind those that are not */
	uint32_t next;    /* of the chain, or of the free list */
	uint32_t owner;   /* ledger; 0 = free */
};
_Static_assert(sizeof(struct chunk) == 64, "one cache line");

/** One hold. */
struct attempt {
	uint64_t call, hash;
	struct tg_handle self;
	uint32_t above[LEDGER_ABOVE_MAX]; /* `count` ids, all different */
	struct tg_tariff tariff;
	tg_micro held;               /* in all: what `paid_s` costs */
	tg_micro in[LEDGER_PERIODS]; /* of it, reserved in the window … */
	uint32_t start[LEDGER_PERIODS]; /* … that began then */
	uint32_t minute;
	uint32_t paid_s;
	uint64_t answer_ms;
	tg_micro before;
	uint16_t counted; /* bits of above[] */
	uint8_t count;
};

struct ledger {
	/* the moment */
	uint32_t minute;
	uint32_t start[LEDGER_PERIODS];
	bool off_hours;
	uint32_t override_kinds;
	struct ledger_budget override;

	struct ledger_budget *budgets;
	struct entry *entries; /* by id; 0 is not used */
	struct chunk *chunks;  /* 1-based */
	char *names;           /* length, octets */
	void *entries_raw, *chunks_raw;
	struct tg_table *by_name; /* ledger_key() → id */
	struct tg_table *by_call; /* call → attempt */
	struct tg_pool *attempts;
	struct ledger_conf conf;
	uint32_t count; /* ledgers */
	uint32_t names_len, names_cap;
	uint32_t chunks_fresh, chunks_free, chunks_used, sweep;
	struct ledger_stat stat;
};

static inline struct entry *entry_at(const struct ledger *l, uint32_t id)
{
	return &l->entries[id];
}

/** Roll an entry's windows to the moment. */
void entry_roll(struct ledger *l, struct entry *e);
static inline void entry_touch(struct ledger *l, struct entry *e)
{
	if (e->minute != l->minute)
		entry_roll(l, e);
}

/** What holds of a period: the least of the enforced limits; LEDGER_NO_MONEY = none. */
tg_micro entry_limit(const struct ledger *l, const struct entry *e, unsigned period,
                     bool off_hours);

struct slice entry_name(const struct ledger *l, const struct entry *e);

/** Periods in which a reservation counts now: off-hours are the last one. */
static inline unsigned periods_now(const struct ledger *l)
{
	return l->off_hours ? LEDGER_PERIODS : LEDGER_OFF_HOURS;
}

uint64_t attempt_hash(const struct ledger *l, uint64_t call);
/** Walk the attempts of a call: set *at to 0 first; NULL at the end. */
struct attempt *attempt_sibling(const struct ledger *l, uint64_t call, uint64_t hash, uint32_t *at);
/** A new attempt of this call in the pool and the table, or NULL. */
struct attempt *attempt_take(struct ledger *l, uint64_t call, uint64_t hash);
/** Bit i: the other one has a->above[i] too. */
uint16_t attempt_common(const struct attempt *a, const struct attempt *other);

/* destinations */

enum seen { SEEN_KNOWN, SEEN_NEW, SEEN_NEW_CHUNK };
/** Whether the ledger saw the number today; `count` becomes how many it saw. */
enum seen seen_find(const struct ledger *l, const struct entry *e, uint64_t hash, uint32_t *count);
/** False: no chunk is free, even after a look for stale ones. */
bool seen_room(struct ledger *l, uint32_t chunks);
/** Add one that is new; there must be room. */
void seen_add(struct ledger *l, uint32_t id, uint64_t hash);
void seen_clear(struct ledger *l, struct entry *e);

#endif
