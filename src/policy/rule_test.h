/* What the rules' tests share: a site at home in Spain, a call of account 101, and its verdict. */
#ifndef TG_POLICY_RULE_TEST_H
#define TG_POLICY_RULE_TEST_H

#include "base/test.h"
#include "policy/policy.h"

static inline uint16_t rule_place(const char *name)
{
	uint16_t territory = number_territory_find(slice_str(name));

	CHECK(territory != 0 && territory < PLACES_MAX, name);
	return territory;
}

/* As the configuration makes it when only numbers.home is set. */
static inline struct policy rule_site(void)
{
	struct policy p = { .pbx = -1, .has_trunks = true, .home = rule_place("ES") };

	places_add(&p.where.open, p.home);
	p.where.types = 1u << NUMBER_FIXED | 1u << NUMBER_MOBILE | 1u << NUMBER_FIXED_OR_MOBILE |
	                1u << NUMBER_TOLLFREE;
	p.hours.profile = POLICY_NONE;
	p.hours.calls = 1;
	p.pass.calls = 1;
	return p;
}

static inline struct policy_facts rule_call(const char *digits, const char *place, uint8_t type,
                                            uint8_t class)
{
	struct policy_facts f = {
		.party = POLICY_ACCOUNT,
		.account = { .name = SLICE("101"), .group = POLICY_NONE },
		.source.allowed = true,
		.dialled = slice_str(digits),
		.called = { .digits = slice_str(digits),
			    .territory = place != NULL ? rule_place(place) : 0,
			    .type = type,
			    .class = class,
			    .known = type != NUMBER_UNKNOWN },
	};

	return f;
}

/* Two calls that most rules are about. */
static inline struct policy_facts rule_home(void)
{
	return rule_call("34911234567", "ES", NUMBER_FIXED, NUMBER_CLASS_HOME_FIXED);
}

static inline struct policy_facts rule_abroad(void)
{
	return rule_call("33140000000", "FR", NUMBER_FIXED, NUMBER_CLASS_ZONE3_FIXED);
}

/* rule  name of the verdict; "-" before it: a refusal */
static inline struct policy_verdict rule_check(const struct policy *p,
                                               const struct policy_facts *f, const char *rule,
                                               const char *why)
{
	bool allow = rule[0] != '-';
	struct policy_verdict v;

	policy_decide(&v, p, f);
	CHECK(slice_eq(v.rule, slice_str(rule + !allow)), why);
	CHECK(v.allow == allow && (v.status == 0) == allow, why);
	CHECK(allow || v.reason.len > 0, "promise 6: a refusal says what to do about it");
	return v;
}

#endif
