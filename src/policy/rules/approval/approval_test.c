#include "policy/rule_test.h"

TEST(one_number_is_open_without_its_country)
{
	struct policy p = rule_site();
	struct policy_facts f = rule_abroad();
	struct policy_verdict v;

	rule_check(&p, &f, "-where-territory", "closed");
	f.approved = true;
	p.where.ceiling = 1;
	f.called.tariff.per_minute = 2;
	v = rule_check(&p, &f, "approval", "R51");
	CHECK(v.per_minute_max == 0, "whatever its price; the budgets hold");
	f.first_use = true;
	f.calls_own = 3;
	rule_check(&p, &f, "approval", "it was thought about: no first use");
	f.source.allowed = false;
	rule_check(&p, &f, "-source-not-allowed", "but not from anywhere");
	f.source.allowed = true;
	p.mode[POLICY_APPROVAL] = POLICY_DRY_RUN;
	rule_check(&p, &f, "-where-territory", "on dry-run it opens nothing");
	p.mode[POLICY_APPROVAL] = POLICY_OFF;
	rule_check(&p, &f, "-where-territory", "off");
}
