/*
 * What the ledger shows and what the store keeps of it.
 *
 * The store keeps, in one transaction each: after ledger_hold() and ledger_renew() the attempt's
 * ledger_hold_state; when an attempt ends, its removal, the totals of all ledgers above it, and the
 * other attempts of its call (what it cost counts for the limit of one call, so they remember it).
 * All numbers are absolute, so of several writes of one row only the last matters.  At the start,
 * after the configured ledgers were added: ledger_advance(), every total, every hold; then the
 * state is what it was.  A total says what is spent, a hold what is held, so neither counts twice.
 */
#ifndef TG_LEDGER_STATE_H
#define TG_LEDGER_STATE_H

#include "ledger/ledger.h"

/** Roll the windows to `now`.  Before the imports; the functions of calls do it themselves. */
void ledger_advance(struct ledger *l, const struct ledger_now *now);

/** One ledger for the disk. */
struct ledger_total {
	uint8_t kind; /* enum ledger_kind */
	uint8_t name_len;
	char name[LEDGER_NAME_MAX];
	uint32_t minute; /* UTC minute of ledger time when this was true: says which windows */
	uint32_t calls_minute, calls_hour; /* of calls that are over */
	tg_micro spent[LEDGER_PERIODS];
};

/** One attempt for the disk. */
struct ledger_hold_state {
	uint64_t call;
	uint64_t above[LEDGER_ABOVE_MAX]; /* ledger_key()s; 0 = none */
	struct tg_tariff tariff;
	uint64_t answer_ms; /* ledger time; 0 = not answered */
	tg_micro before;    /* spent by other attempts of the call, for the limit of one call */
	tg_micro held;      /* in all */
	tg_micro in[LEDGER_PERIODS];    /* of it, reserved in the window … */
	uint32_t start[LEDGER_PERIODS]; /* … that began then */
	uint32_t minute;  /* when it was made */
	uint32_t paid_s;
	uint16_t counted; /* bit i: its call counts for above[i]'s calls per minute and hour */
};

/** TG_ENOENT: no such ledger. */
TG_MUST_USE enum tg_err ledger_total_export(const struct ledger *l, uint32_t id,
                                            struct ledger_total *out);
/** TG_ENOENT: no such hold. */
TG_MUST_USE enum tg_err ledger_hold_export(const struct ledger *l, struct tg_handle hold,
                                           struct ledger_hold_state *out);

/** The ledgers above an attempt; returns how many, 0 when there is no such hold. */
uint32_t ledger_hold_above(const struct ledger *l, struct tg_handle hold,
                           uint32_t above[LEDGER_ABOVE_MAX]);

/**
 * Load a ledger's total; adds the ledger when the configuration does not know it any more.
 *
 * TG_EBAD    impossible values: nothing changed
 * TG_ELIMIT, TG_ENOMEM  as ledger_add()
 */
TG_MUST_USE enum tg_err ledger_total_import(struct ledger *l, const struct ledger_total *total);

/**
 * Load an attempt.  Ledgers that nobody knows any more are left out.  Limits are not asked: what
 * was reserved stays reserved.
 *
 * TG_EBAD    impossible values: nothing changed
 * TG_ENOMEM  more holds than configured
 */
TG_MUST_USE enum tg_err ledger_hold_import(struct ledger *l, const struct ledger_hold_state *state,
                                           struct tg_handle *hold);

/** Names a ledger on disk: a hash of kind and name, the same in every process and version. */
uint64_t ledger_key(enum ledger_kind kind, struct slice name);

/** Today's destinations of a ledger with such a limit; returns how many. */
uint32_t ledger_destinations(const struct ledger *l, uint32_t id,
                             uint64_t out[LEDGER_DESTINATIONS_MAX]);
/** Load one that was seen in this UTC minute; an old one is ignored.  TG_ENOMEM: no room. */
TG_MUST_USE enum tg_err ledger_destination_import(struct ledger *l, uint32_t id, uint64_t hash,
                                                  uint32_t minute);

/* ---- for `tollgate limits`, `status` and `why` ---- */

/**
 * The money of one ledger in one period.
 *
 * The worst case until the window ends is `bound`: what is spent, held and remaining; of it `still`
 * can yet be lost: what is held and remaining.  A ledger is bound by its own budget here; that its
 * group's or the site's budget may be smaller shows there.  What open calls reserved in windows
 * that are over is in `committed` of struct ledger_view.  The death of the whole host adds what the
 * vault says (calls up × the time until the provider ends them).
 */
struct ledger_money {
	bool limited; /* enforced; else limit, remaining, bound and still are LEDGER_NO_MONEY */
	uint32_t start; /* UTC minute at which the window began; 0 = not open (off-hours) */
	tg_micro limit, spent, held, remaining;
	tg_micro bound; /* the limit; what is spent and held when that is more (limit lowered) */
	tg_micro still; /* bound - spent */
};

struct ledger_view {
	enum ledger_kind kind;
	struct slice name; /* lives as long as the ledger */
	uint32_t row;
	const struct ledger_budget *budget;
	uint32_t calls, calls_minute, calls_hour, destinations;
	tg_micro committed; /* held by all open attempts, whenever it was reserved */
	struct ledger_money money[LEDGER_PERIODS];
};

/** As of `now` (windows that are over show as empty).  TG_ENOENT: no such ledger. */
TG_MUST_USE enum tg_err ledger_view(const struct ledger *l, const struct ledger_now *now,
                                    uint32_t id, struct ledger_view *out);

/** Calls that are up or being set up; 0 when there is no such ledger. */
uint32_t ledger_calls(const struct ledger *l, uint32_t id);

/** The worst case of one ledger in one period, as above; LEDGER_NO_MONEY = no bound. */
tg_micro ledger_worst(const struct ledger *l, const struct ledger_now *now, uint32_t id,
                      enum ledger_period period);

/** Walk: the first ledger of that kind (0 = any) with an id above `after`, or 0. */
uint32_t ledger_next(const struct ledger *l, unsigned kind, uint32_t after);

/** Walk the open attempts: set `*at` to 0; false at the end. */
bool ledger_hold_next(const struct ledger *l, uint32_t *at, struct tg_handle *hold);

struct ledger_stat {
	uint32_t ledgers, holds, destinations; /* in use */
	uint32_t ledgers_max, holds_max, destinations_max;
	tg_micro held;      /* by all open attempts */
	uint64_t held_count, refused, renewed, renew_refused, settled, released, dry_refused;
	uint64_t emergencies;
	uint64_t overruns;      /* attempts that a provider counts longer than was paid */
	tg_micro overrun_micro; /* what that cost above what was held */
	uint64_t orphans;       /* ledgers of loaded holds that nobody knew */
	size_t bytes;           /* allocated */
};
void ledger_stat(const struct ledger *l, struct ledger_stat *out);

#endif
