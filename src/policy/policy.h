/*
 * Facts in, verdict out: who may call whom, over what, for how long, and what one shows as caller.
 *
 * Knows no SIP, no clock and no sockets: the vault gathers the facts of one call, and `tollgate
 * policy explain` and `tollgate replay` ask the very same function.  One call: policy_decide()
 * walks the chain below.  A step allows (the call goes there, nobody else is asked), refuses, or
 * has nothing to say.  What is to go out over a trunk passes every rule; a rule may also open it
 * for the later ones, or narrow the verdict: how long, at most which price a minute.  Every
 * verdict names what decided (promise 6), and every rule has a switch: enforce, dry-run (it
 * decides nothing and stands in the verdict's list), off.
 *
 * The steps, in order, with the names that a verdict may carry:
 *   emergency     emergency             a known caller dials an emergency number: every trunk
 *   source        source-not-allowed    the account may not call from there (R31)
 *                 source-not-tls        the account calls by TLS only
 *                 source-country        from a country that is not listed
 *   inbound       inbound               a trunk calls a listed number: its account or PBX
 *                 emergency-call-back   a trunk calls back who made an emergency call
 *                 no-inbound-number     a trunk calls anything else
 *   inside        account               an account or PBX dials the name of an account
 *                 pbx                   an account dials anything else, and there is a PBX
 *   caller-id                           never refuses: what the trunk sees as caller
 *   approval      approval              this one number was approved: open
 *   lockdown      lockdown              the site is locked down, and this call is not left over
 *   pass          pass                  a travel pass covers the territory: open
 *                 pass-calls            it has its one call already
 *   where         outbound              a listed number or prefix: the trunks in order
 *                 where                 territory, type and price are open
 *                 not-listed            no listed number, and numbers.home is not set
 *                 where-number          nothing that could be dialled
 *                 where-denied          the territory, prefix or class is denied
 *                 where-unknown         no such range
 *                 where-territory       the territory is closed
 *                 where-type            the type of number is closed
 *                 where-price           a minute costs more than the ceiling
 *   unattributed  unattributed          through the PBX, of no extension: closed, or too many calls
 *   hours         hours                 closed outside office hours, or too many calls
 *   first-use     first-use             a new class of destination, and a call is up
 *                 unchecked             `where` is off or on dry-run, and nobody refused
 */
#ifndef TG_POLICY_POLICY_H
#define TG_POLICY_POLICY_H

#include "base/money.h"
#include "number/number.h"

#include "policy/rules.h"

enum policy_party { POLICY_ACCOUNT = 1, POLICY_PBX, POLICY_TRUNK };

enum { POLICY_NONE = 0xffff }; /* no group, no profile */

/** The rules that can be switched, in the order of the chain; a bit of a verdict's masks each. */
enum policy_rule {
	POLICY_EMERGENCY, /* always enforced */
	POLICY_SOURCE,
	POLICY_INBOUND,   /* always enforced */
	POLICY_INSIDE,    /* always enforced */
	POLICY_CALLER_ID,
	POLICY_APPROVAL,
	POLICY_LOCKDOWN,
	POLICY_PASS,
	POLICY_WHERE,
	POLICY_UNATTRIBUTED,
	POLICY_HOURS,
	POLICY_FIRST_USE,
	POLICY_RULES
};

/** `tollgate lockdown`: each level closes what the lower ones close. */
enum policy_lockdown {
	POLICY_OPEN,
	POLICY_NO_INTERNATIONAL,
	POLICY_ONE_CALL,      /* and one chargeable call at a time on the whole site */
	POLICY_EMERGENCY_ONLY
};

/** A configured number or prefix. */
struct policy_number {
	struct slice digits;
	bool prefix;
};

struct policy_inbound {
	struct slice number;
	int trunk;            /* index, or -1: from any */
	struct slice account; /* empty when `pbx` decides */
	int pbx;              /* index, or -1 */
};

/** What a PBX may show as its caller, beside the inbound numbers that lead to it. */
struct policy_pbx {
	const struct policy_number *numbers;
	uint32_t numbers_count;
};

/** Accounts with rules of their own; index = policy_account.group. */
struct policy_group {
	struct where where; /* used when `own_where` */
	bool own_where;
	uint16_t hours;     /* profile, POLICY_NONE = that of the site */
};

/** The configured rules; borrowed, immutable.  All zero: nothing but inside calls. */
struct policy {
	const struct policy_number *emergency, *allow;
	const struct policy_inbound *inbound;
	uint32_t emergency_count, allow_count, inbound_count;
	int pbx; /* the PBX that takes what accounts dial, or -1 */
	bool has_trunks;
	uint16_t home; /* territory; 0: not configured, only listed numbers go out */
	const struct policy_pbx *pbxs; /* by index; NULL = none lists numbers */
	uint32_t pbxs_count;
	const struct policy_group *groups;
	uint32_t groups_count;
	const struct hours_profile *profiles;
	uint32_t profiles_count;
	uint8_t mode[POLICY_RULES]; /* enum policy_mode */
	struct source source;
	struct where where;
	struct first_use first_use;
	struct hours hours;
	struct pass pass;
	struct unattributed unattributed;
};

/** The account that calls, or that the PBX named as the extension behind its call. */
struct policy_account {
	struct slice name;    /* empty = none */
	struct slice numbers; /* its own, the first is shown by default: "+341,+342" */
	uint16_t group;       /* index, or POLICY_NONE */
	bool tls_only;
};

/** Local time where the site is. */
struct policy_time {
	uint32_t date;    /* 20261231 */
	uint16_t minute;  /* of the day, 0..1439 */
	uint8_t weekday;  /* 0 = Monday */
};

/** Where the request came from. */
struct policy_source {
	bool allowed;     /* from a network of the account's own */
	bool everywhere;  /* ... and only from one that holds every address, such as 0.0.0.0/0 */
	bool tls;
	/* territory by MMDB; 0 = not known, POLICY_NONE = there is nothing to look it up in */
	uint16_t country;
};

/** What was dialled as one E.164 number; all zero unless it is one. */
struct policy_called {
	struct slice digits;  /* without '+'; empty = it is no number */
	uint16_t territory;
	uint8_t type;         /* as number_type_name() */
	uint8_t class;        /* 0..63, as number_class_of() */
	bool known;           /* the range exists */
	bool priced;          /* `tariff` is a price for it, not the worst-case band */
	struct tg_tariff tariff; /* of the trunk that would be tried first */
};

/** What is known when somebody wants to call.  Slices live as long as the verdict is used. */
struct policy_facts {
	uint8_t party;            /* enum policy_party of the caller */
	uint16_t peer;            /* index of the calling PBX or trunk */
	struct slice peer_name;   /* its name */
	struct policy_account account;
	struct policy_source source;
	struct slice dialled;
	bool dialled_is_account;  /* `dialled` names an account */
	bool emergency;           /* number_emergency(): also when the list does not have it */
	struct slice claimed;     /* what it says its caller number is, as written */
	struct slice claimed_e164; /* the same as "+34..."; empty when it is no number */
	struct policy_called called;
	struct policy_time time;
	/* from the book (policy/book.h) */
	bool approved;            /* this number, for this account or for all */
	bool pass;                /* a travel pass covers the territory */
	bool first_use;           /* this account or PBX is new to this class */
	bool call_back;           /* inbound: `dialled` is where an emergency call came from */
	struct slice call_back_account; /* ... of this account; empty: of ... */
	uint16_t call_back_pbx;
	uint8_t lockdown;         /* enum policy_lockdown */
	/* chargeable calls that are up or being set up now, this one not counted */
	uint32_t calls_own;       /* of the account, or else of the PBX */
	uint32_t calls_site;
};

struct policy_verdict {
	bool allow;
	bool emergency;
	bool chargeable;     /* it goes out over a trunk and is no emergency call */
	bool off_hours;      /* off-hours budgets count it, too */
	bool first_use;      /* worth an event: a new class of destination */
	uint8_t party;       /* enum policy_party of the callee, when allowed */
	uint8_t by;          /* enum policy_rule: the step that decided */
	uint16_t peer;       /* index of the callee when it is a PBX */
	uint16_t status;     /* SIP status of a refusal */
	uint32_t longest_s;  /* of this call; 0 = the site's limit alone */
	tg_micro per_minute_max; /* a trunk above it is passed over; 0 = no ceiling */
	struct slice to;     /* account, or what to dial: borrows from facts or rules */
	struct slice caller; /* what a trunk sees, from the facts; empty = the trunk's own */
	struct slice rule;   /* name from the table above; static text */
	struct slice reason; /* what to do about a refusal, a sentence; static text */
	uint32_t seen;          /* bit enum policy_rule: was asked */
	uint32_t would_refuse;  /* ... on dry-run, and would have refused */
};

/** Decide.  Pure, never fails, any thread. */
void policy_decide(struct policy_verdict *out, const struct policy *policy,
                   const struct policy_facts *facts);

/** True when the time is outside the office hours that hold for this group (POLICY_NONE: site). */
bool policy_off_hours(const struct policy *policy, uint16_t group, const struct policy_time *time);

/** True unless it is a short code, which no prefix of whole numbers is compared with. */
static inline bool policy_is_e164(const struct policy_called *called)
{
	return called->type != NUMBER_SHORT && called->type != NUMBER_EMERGENCY;
}

/** "where", as in the configuration and the manual. */
struct slice policy_rule_name(uint8_t rule);

/** What became of calls, per rule. */
struct policy_counts {
	uint64_t seen[POLICY_RULES], refused[POLICY_RULES], would_refuse[POLICY_RULES];
};

/** Count a verdict. */
void policy_count(struct policy_counts *counts, const struct policy_verdict *verdict);

#endif
