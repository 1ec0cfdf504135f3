#include "policy/rule_test.h"

TEST(a_pass_opens_territories_for_one_call)
{
	struct policy p = rule_site();
	struct policy_facts f = rule_abroad();
	struct policy_verdict v;

	p.pass.longest_s = 1800;
	f.pass = true;
	v = rule_check(&p, &f, "pass", "R52");
	CHECK(v.longest_s == 1800, "not for hours");
	f.calls_own = 1;
	rule_check(&p, &f, "-pass-calls", "R52: one at a time");
	places_add(&p.where.open, rule_place("FR"));
	v = rule_check(&p, &f, "where", "what is open anyway needs no pass");
	CHECK(v.longest_s == 0, "and is not narrowed by it");
	p = rule_site();
	f.calls_own = 0;
	f.lockdown = POLICY_NO_INTERNATIONAL;
	rule_check(&p, &f, "-lockdown", "a pass does not open a lockdown");
	f.lockdown = POLICY_OPEN;
	p.mode[POLICY_PASS] = POLICY_OFF;
	rule_check(&p, &f, "-where-territory", "off");
}
