/* What the files of the judge share. */
#ifndef TG_ROLE_JUDGE_PRIV_H
#define TG_ROLE_JUDGE_PRIV_H

#include "role/judge.h"

enum {
	/* ledgers that are no account's: site, classes, groups, PBXs, trunks */
	JUDGE_FIXED_LEDGERS = 1 + NUMBER_CLASSES + JUDGE_GROUPS_MAX + JUDGE_PBXS_MAX +
	                      JUDGE_TRUNKS_MAX + 16 /* of an older configuration */
};

#define JUDGE_SITE SLICE("site")

struct judge {
	struct judge_rules rules;
	struct ledger *ledger;
	struct ledger_clock clock;
	struct policy_counts counts;
	bool begun; /* the windows stand where the clock does */
	uint32_t row_each[LEDGER_KINDS]; /* budget row of a ledger that has no own, by kind */
	/* the ledgers that are there from the start */
	uint32_t site, class[NUMBER_CLASSES], group[JUDGE_GROUPS_MAX], pbx[JUDGE_PBXS_MAX];
	uint32_t trunk[JUDGE_TRUNKS_MAX];
};

/** The price over a trunk, or with -1 by the site's deck. */
enum price_source judge_price(const struct judge *j, int trunk, const struct number *n,
                              uint64_t now_s, struct tg_tariff *out);

#endif
