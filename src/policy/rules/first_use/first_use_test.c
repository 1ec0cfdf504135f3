#include "policy/rule_test.h"

TEST(a_new_class_is_one_short_call)
{
	struct policy p = rule_site();
	struct policy_facts f = rule_home();
	struct policy_verdict v;

	p.first_use.longest_s = 600;
	f.first_use = true;
	v = rule_check(&p, &f, "where", "R63: the first call");
	CHECK(v.first_use && v.longest_s == 600, "is short, and an event (R67)");
	f.calls_own = 1;
	v = rule_check(&p, &f, "-first-use", "C20: no burst");
	f.first_use = false;
	v = rule_check(&p, &f, "where", "a class that is known");
	CHECK(!v.first_use && v.longest_s == 0, "has no such limit");
	f.first_use = true;
	p.mode[POLICY_FIRST_USE] = POLICY_DRY_RUN;
	v = rule_check(&p, &f, "where", "on dry-run");
	CHECK(v.would_refuse == 1u << POLICY_FIRST_USE && v.longest_s == 0, "only says so");
	p.mode[POLICY_FIRST_USE] = POLICY_OFF;
	v = rule_check(&p, &f, "where", "off");
	CHECK(v.would_refuse == 0 && (v.seen >> POLICY_FIRST_USE & 1) == 0, "is not asked");
}
