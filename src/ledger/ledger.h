/*
 * The ledger: what each account, group, PBX, trunk, destination class and the site may spend and
 * do, and what they have; exact, in memory, some hundred nanoseconds a call.
 *
 * One chargeable call.  The vault knows the call's ledgers and its tariff and asks ledger_hold(),
 * which reserves the connect fee and the talk time until the next renewal on every ledger above the
 * call, or nothing at all.  When the disk has the hold, the INVITE leaves.  The carrier ends the
 * call at `paid_s - LEDGER_GUARD_S` of talk, unless ledger_renew() has paid for more.  When the
 * call is over the vault says how long the provider counts: ledger_settle() spends that and gives
 * the rest back; an attempt that was never answered is ended by ledger_release().
 *
 * Money.  Every reservation counts in the windows (hour, day, …) in which it was made, and nowhere
 * else.  An attempt is settled as one sum: what was not used comes off its newest reservations.
 * So when a window has rolled during a call, what the old window paid does not touch the new one,
 * and what comes back is first what the new one paid.  On every ledger whose budget is enforced,
 * spent + held ≤ limit, in every period, at all times.  Two things go above it, and neither is a
 * call let through: a limit that is lowered below what is spent, and talk that a provider counts
 * beyond what was paid, which is spent, and counted as an overrun.
 *
 * Counts.  `calls` counts a call once on each ledger, however many attempts it has.  Calls per
 * minute and hour count in windows of whole UTC minutes and hours of ledger time, so that twice the
 * limit may begin within one minute across a border; once a call (`again` false), but on trunks
 * once an attempt.  Different destinations a day are told apart by a 64-bit hash.
 *
 * Emergency calls hold nothing, are never refused and are counted apart.  One thread: the vault's.
 */
#ifndef TG_LEDGER_LEDGER_H
#define TG_LEDGER_LEDGER_H

#include "base/hash.h"
#include "base/money.h"
#include "base/pool.h"

enum {
	LEDGER_ABOVE_MAX = 12,        /* ledgers above one call */
	LEDGER_NAME_MAX = 64,         /* octets */
	LEDGER_DESTINATIONS_MAX = 64, /* different destinations that can be told apart in a day */
	LEDGER_GUARD_S = 2 /* a BYE leaves so long before paid talk ends: one that is sent again
	                      crosses no unpaid increment */
};

enum ledger_kind {
	LEDGER_SITE = 1,
	LEDGER_GROUP,
	LEDGER_ACCOUNT,
	LEDGER_PBX,
	LEDGER_TRUNK,
	LEDGER_CLASS,
	LEDGER_KINDS
};

/** Periods whose money is counted. */
enum ledger_period {
	LEDGER_HOUR,
	LEDGER_DAY,
	LEDGER_WEEK,
	LEDGER_MONTH,
	LEDGER_OFF_HOURS, /* one stretch of off-hours, such as Friday evening to Monday morning */
	LEDGER_PERIODS
};

/** What refused; the first ones are the periods. */
enum ledger_limit {
	LEDGER_LIMIT_CALL = LEDGER_PERIODS, /* money of one call */
	LEDGER_LIMIT_CALLS,                 /* calls at a time */
	LEDGER_LIMIT_CALLS_MINUTE,
	LEDGER_LIMIT_CALLS_HOUR,
	LEDGER_LIMIT_DESTINATIONS,
	LEDGER_LIMIT_LENGTH,
	LEDGER_LIMIT_FULL, /* no memory left for holds or destinations: fails closed */
	LEDGER_LIMITS,
	LEDGER_LIMIT_NONE = LEDGER_LIMITS
};

enum ledger_mode { LEDGER_ENFORCE, LEDGER_DRY_RUN, LEDGER_OFF };

/** "No limit"; what is counted can never pass it (such a hold is refused), so no sum wraps. */
#define LEDGER_NO_MONEY (INT64_C(1) << 62)
#define LEDGER_NO_COUNT UINT32_MAX

/** A set of limits that many ledgers share.  Begin with LEDGER_BUDGET_NONE. */
struct ledger_budget {
	tg_micro money[LEDGER_PERIODS];
	tg_micro call;         /* money of one call, all its attempts together */
	uint32_t calls;        /* at a time */
	uint32_t calls_minute; /* that begin */
	uint32_t calls_hour;
	uint32_t destinations; /* different ones a day; ≤ LEDGER_DESTINATIONS_MAX */
	uint32_t call_s;       /* talk */
	uint8_t mode;          /* enum ledger_mode */
	uint32_t off_row;      /* while it is off-hours the limits of that row hold too; 0 = none */
};
#define LEDGER_BUDGET_NONE                                                                     \
	((struct ledger_budget){                                                               \
	    { LEDGER_NO_MONEY, LEDGER_NO_MONEY, LEDGER_NO_MONEY, LEDGER_NO_MONEY,              \
	      LEDGER_NO_MONEY },                                                               \
	    LEDGER_NO_MONEY, LEDGER_NO_COUNT, LEDGER_NO_COUNT, LEDGER_NO_COUNT,                \
	    LEDGER_NO_COUNT, LEDGER_NO_COUNT, LEDGER_ENFORCE, 0 })

/** The moment, as ledger/clock.h makes it. */
struct ledger_now {
	uint64_t ms; /* ledger time, UTC; never runs backwards */
	/** UTC minute (since 1970) at which the current window began; never falls.  Of off-hours:
	 *  the stretch that is on, or the last one; 0 = none. */
	uint32_t start[LEDGER_PERIODS];
	bool off_hours; /* it is off-hours now */
};

struct ledger;

struct ledger_conf {
	uint32_t ledgers;      /* 128 octets each, 32 in the table, 32 for the name on average */
	uint32_t budgets;      /* rows; 80 octets each; row 0 is there and has no limit */
	uint32_t holds;        /* attempts at a time; 256 octets each */
	uint32_t destinations; /* sets of 7; 64 octets each; may be 0 */
	struct tg_key key;     /* random: of the table of calls */
};

/** All memory at once.  NULL without memory. */
struct ledger *ledger_new(const struct ledger_conf *conf);
void ledger_free(struct ledger *l);

/* ---- names and limits ---- */

/**
 * The ledger of this name, made when it is new; it has budget row 0 then.  It stays until the next
 * start, so that removing and adding an account gives it no second budget.
 *
 * id  set on TG_OK; never 0
 *
 * TG_ELIMIT  the name is longer than LEDGER_NAME_MAX
 * TG_ENOMEM  as many ledgers as configured
 */
TG_MUST_USE enum tg_err ledger_add(struct ledger *l, enum ledger_kind kind, struct slice name,
                                   uint32_t *id);
/** 0 when there is none. */
uint32_t ledger_find(const struct ledger *l, enum ledger_kind kind, struct slice name);

/**
 * Set the limits of a row (1..budgets-1).  They hold at once; a limit below what is spent refuses
 * new holds and renewals only.
 *
 * TG_EBAD    a negative amount, more destinations than can be told apart, a mode that is none
 * TG_ENOENT  no such row
 */
TG_MUST_USE enum tg_err ledger_budget_set(struct ledger *l, uint32_t row,
                                          const struct ledger_budget *budget);
/** Limits of a row, or NULL. */
const struct ledger_budget *ledger_budget_of(const struct ledger *l, uint32_t row);
/** The ledger has the limits of this row from now on.  Both must exist. */
void ledger_use(struct ledger *l, uint32_t id, uint32_t row);

/**
 * Lockdown: on ledgers of the kinds in `kinds` (bit 1 << kind) these limits hold besides their own.
 *
 * budget  NULL ends it
 */
void ledger_override(struct ledger *l, uint32_t kinds, const struct ledger_budget *budget);

/* ---- calls ---- */

/** One attempt of a chargeable call. */
struct ledger_ask {
	uint32_t above[LEDGER_ABOVE_MAX]; /* ids; 0 and repeated ones count as absent */
	struct tg_tariff tariff;          /* valid */
	uint64_t call;                    /* of the call; all its attempts have the same */
	uint64_t destination;             /* hash of the number */
	uint32_t want_s;                  /* talk until the renewal must have come */
	bool again;                       /* not the call's first attempt */
	bool emergency;
};

/** A limit that was met: on which ledger, and its numbers (money in micro, else calls or s). */
struct ledger_block {
	uint32_t ledger;    /* 0 with LEDGER_LIMIT_FULL and LEDGER_LIMIT_NONE */
	uint8_t what;       /* enum ledger_period or ledger_limit */
	bool override;      /* lockdown's limit, not the ledger's own */
	int64_t limit, used; /* used: spent and held, before this ask */
	int64_t asked;       /* the least that would have done */
};

struct ledger_answer {
	struct tg_handle hold; /* none for emergency calls */
	uint32_t paid_s;       /* talk that is paid: a border of increments */
	uint32_t max_s;        /* longest talk (limit call_s); LEDGER_NO_COUNT = none */
	tg_micro held;         /* by this attempt, in all */
	bool shrunk;           /* less than asked, because of `block` */
	uint16_t new_destination; /* bit i: above[i] saw the number for the first time today */
	struct ledger_block block; /* what refused, or shrank */
	struct ledger_block dry;   /* first limit that would have refused, were it enforced */
};

/**
 * Reserve on all ledgers or on none.  When the full step does not fit, it shrinks to the increments
 * that do: at least the first one, and more than LEDGER_GUARD_S.
 *
 * out  always set: `block` says what refused
 *
 * TG_ELIMIT  refused; nothing changed
 */
TG_MUST_USE enum tg_err ledger_hold(struct ledger *l, const struct ledger_now *now,
                                    const struct ledger_ask *ask, struct ledger_answer *out);

/**
 * Pay for `want_s` more seconds of talk, or for fewer increments when they do not fit; at least
 * one.
 *
 * out  always set but with TG_ENOENT
 *
 * TG_ELIMIT  refused: what was paid stays paid
 * TG_ENOENT  no such hold
 */
TG_MUST_USE enum tg_err ledger_renew(struct ledger *l, const struct ledger_now *now,
                                     struct tg_handle hold, uint32_t want_s,
                                     struct ledger_answer *out);

/** The provider's 200 has come.  TG_ENOENT: no such hold. */
TG_MUST_USE enum tg_err ledger_answered(struct ledger *l, const struct ledger_now *now,
                                        struct tg_handle hold);

/**
 * An answered attempt is over: spend what `talk_ms` costs, give the rest back.  The handle is dead.
 *
 * cost  ≤ what was held when talk_ms ≤ paid; more is an overrun
 *
 * TG_ENOENT  no such hold
 */
TG_MUST_USE enum tg_err ledger_settle(struct ledger *l, const struct ledger_now *now,
                                      struct tg_handle hold, uint64_t talk_ms, tg_micro *cost);

/** An attempt is over that was not answered: all comes back.  TG_ENOENT: no such hold. */
TG_MUST_USE enum tg_err ledger_release(struct ledger *l, const struct ledger_now *now,
                                       struct tg_handle hold);

/** "account", "class", …; "?" for none. */
const char *ledger_kind_name(unsigned kind);
/** "hour", "off-hours", "calls-per-minute", …: as in the config; "?" for none. */
const char *ledger_limit_name(unsigned what);

#endif
