/*
 * The judge: what becomes of a call that somebody wants to make, and what it may cost.
 *
 * One call: judge_call() makes a number of what was dialled (number/), finds its price (deck or
 * band), gathers the facts and asks the rules (policy/).  When the verdict sends it out over a
 * trunk, judge_hold() renders the number for one trunk after the other and reserves its cost on
 * every ledger above it (ledger/); what is priced is what is sent and signed.  The vault, `tollgate
 * policy explain`, `tollgate replay` and the bench ask these same functions.
 *
 * One thread, its owner's.
 */
#ifndef TG_ROLE_JUDGE_H
#define TG_ROLE_JUDGE_H

#include "base/addr.h"
#include "ledger/clock.h"
#include "ledger/state.h"
#include "number/bands.h"
#include "policy/policy.h"

enum {
	JUDGE_TRUNKS_MAX = 64,
	JUDGE_GROUPS_MAX = 64,
	JUDGE_PBXS_MAX = 16,
	JUDGE_BUDGETS_MAX = 512,
	JUDGE_SENT_MAX = NUMBER_RENDERED_MAX
};

/** How one trunk wants its numbers, and what its deck is called. */
struct judge_trunk {
	struct slice name;
	struct number_rendering rendering;
};

/** A configured budget: of the ledger `name`, or of every ledger of the kind that has none. */
struct judge_budget {
	uint8_t kind; /* enum ledger_kind */
	struct slice name; /* empty = each */
	struct ledger_budget limits;
};

/** What it judges by; borrowed and immutable while the judge lives. */
struct judge_rules {
	const struct policy *policy;
	const struct number_plan *plan; /* NULL: numbers.home is not set, nothing is priced */
	const struct tg_zone *zone;
	const struct ledger_calendar *calendar; /* NULL: there are no off-hours */
	const struct judge_trunk *trunk;
	uint16_t trunks;
	uint16_t first_trunk; /* whose price the rules see; the first of the routes */
	const struct judge_budget *budget;
	uint32_t budgets;
	const struct slice *pbx;   /* names, by index */
	uint16_t pbxs;
	const struct slice *group; /* names, by index */
	uint16_t groups;
	uint16_t default_group;    /* of accounts that name none; POLICY_NONE = no group */
	struct slice currency;
	uint32_t renew_s;     /* how far ahead of the talk a call is paid */
	void *ctx;            /* for the calls below; each of them may be NULL */
	/** The deck of a trunk, or with -1 of the site; NULL = none. */
	const struct deck *(*deck)(void *ctx, int trunk);
	/** The territory in which an address is thought to be; see struct policy_source. */
	uint16_t (*country)(void *ctx, const struct tg_addr *addr);
	/** Set the facts that the book knows (policy/book.h); the number's are set already. */
	void (*recall)(void *ctx, uint64_t ledger_ms, struct policy_facts *facts);
};

/** Sizes of its ledger. */
struct judge_sizes {
	uint32_t accounts, calls;
};

struct judge;

/**
 * saved  the ledgers' clock as the store kept it, or NULL
 * here   wall clock, monotonic clock and boot id, now
 *
 * NULL without memory.
 */
struct judge *judge_new(const struct judge_rules *rules, const struct judge_sizes *sizes,
                        const struct tg_key *key, const struct ledger_clock_state *saved,
                        const struct ledger_clock_state *here);
void judge_free(struct judge *judge);

/** What the store kept of the ledgers' clock has come to light: before anything else is loaded. */
void judge_set_clock(struct judge *judge, const struct ledger_clock_state *saved,
                     const struct ledger_clock_state *here);
/** Time goes on; the answer lives until the next call. */
const struct ledger_now *judge_time(struct judge *judge, uint64_t mono_ms, uint64_t wall_ms);
/** The moment as it was told last. */
const struct ledger_now *judge_now(const struct judge *judge);
const struct ledger_clock_state *judge_clock(const struct judge *judge);
struct ledger *judge_ledger(const struct judge *judge);
const struct policy_counts *judge_counts(const struct judge *judge);

/** The ledger of this name, made when it is new; 0: it is full, or the name empty. */
uint32_t judge_ledger_of(struct judge *judge, enum ledger_kind kind, struct slice name);

/** Who wants to call whom. */
struct judge_ask {
	uint8_t party;     /* enum policy_party */
	uint16_t peer;     /* index of the calling PBX or trunk */
	struct slice peer_name; /* its name: of its ledger */
	struct policy_account account; /* that calls, or that the PBX named */
	struct policy_source source;
	struct slice dialled, claimed;
	bool dialled_is_account;
};

/** What a verdict leaves for the trunks: nothing in it is borrowed. */
struct judge_route {
	struct number number;   /* len 0: what was dialled is no number */
	uint8_t class;          /* enum number_class */
	uint8_t aboves;
	bool emergency;
	bool no_ledger;         /* the ledger is full */
	uint32_t longest_s;     /* 0 = the rules set no limit */
	tg_micro per_minute_max; /* 0 = no ceiling */
	uint32_t above[LEDGER_ABOVE_MAX]; /* the ledgers of the call, but its trunk's */
};

/** What became of it.  Slices borrow from the ask, the rules, and this struct itself. */
struct judge_case {
	struct policy_facts facts;
	struct policy_verdict verdict;
	struct judge_route route;
	/* why it is no number, static text; NULL = it is one, or nobody asked */
	const char *no_number;
	uint8_t price_source;  /* enum price_source, of the first trunk */
	char claimed[NUMBER_E164_MAX + 2];
};

/** Judge a call.  `out` must stay where it is. */
void judge_call(struct judge *judge, const struct ledger_now *now, const struct judge_ask *ask,
                struct judge_case *out);

/** One attempt over one trunk. */
struct judge_attempt {
	uint16_t trunk;
	bool again;             /* not the first of this call */
	uint64_t call;          /* of all attempts of one call the same */
	struct slice dialled;   /* sent where nothing is rendered */
	struct tg_tariff tariff;
	uint8_t price_source;   /* enum price_source */
	uint8_t sent_len;       /* what the trunk is sent */
	char sent[JUDGE_SENT_MAX];
	bool metered;           /* there is a hold */
	uint32_t longest_s;     /* talk; 0 = no limit of a rule or budget */
	struct ledger_answer answer;
};

/**
 * Reserve one attempt of a call that the verdict sends out.  What is not priced (numbers.home not
 * set) and emergency calls hold nothing and are sent as dialled, when they cannot be rendered.
 *
 * out   the first four fields are the caller's; the rest is set
 * rule  set on failure to the rule that refuses: static text
 *
 * TG_ELIMIT  a limit is met: out->answer.block says which
 * TG_EDENIED this trunk is too dear for the rules: another may not be
 * TG_EBAD    the trunk's rendering cannot write this number
 */
TG_MUST_USE enum tg_err judge_hold(struct judge *judge, const struct ledger_now *now,
                                   const struct judge_route *route, struct judge_attempt *out,
                                   struct slice *rule);

/** The ledgers of an attempt: those of the route and its trunk's.  Returns how many. */
uint32_t judge_above(const struct judge *judge, const struct judge_route *route, uint16_t trunk,
                     uint32_t above[LEDGER_ABOVE_MAX]);

/** The rule that a block stands for: "limit-day", "limit-calls", …; static text. */
struct slice judge_block_rule(const struct ledger_block *block);

/**
 * A sentence about a block: ledger, limit, what was used, what the call would have needed.
 */
void judge_block_write(struct buf *b, const struct judge *judge, const struct ledger_block *block);

#endif
