#include "policy/rule_test.h"

static const struct policy_number listed[] = { { SLICE_INIT("062"), false } };

static const struct {
	const char *why;
	const char *dialled;
	uint8_t party;
	bool known; /* number_emergency() of the home */
	const char *rule;
} rows[] = {
	{ "C23: of the country", "112", POLICY_ACCOUNT, true, "emergency" },
	{ "of the list", "062", POLICY_ACCOUNT, false, "emergency" },
	{ "by the PBX", "062", POLICY_PBX, false, "emergency" },
	{ "whole numbers only", "0621", POLICY_ACCOUNT, false, "-lockdown" },
	{ "never from trunk to trunk (C12)", "112", POLICY_TRUNK, true, "-no-inbound-number" },
};

/* Everything that can be closed is closed. */
TEST(an_emergency_call_passes_all)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct policy p = rule_site();
		struct policy_facts f = rule_home();
		struct policy_verdict v;

		p.emergency = listed;
		p.emergency_count = COUNT(listed);
		p.pbx = -1;
		memset(p.mode, POLICY_ENFORCE, sizeof(p.mode));
		f.party = rows[i].party;
		f.dialled = slice_str(rows[i].dialled);
		f.emergency = rows[i].known;
		f.lockdown = POLICY_EMERGENCY_ONLY;
		f.calls_own = f.calls_site = 1000;
		f.first_use = true;
		v = rule_check(&p, &f, rows[i].rule, rows[i].why);
		CHECK(v.emergency == v.allow && !(v.allow && v.chargeable), rows[i].why);
		f.source.allowed = false;
		memset(p.mode, POLICY_OFF, sizeof(p.mode));
		if (v.allow)
			rule_check(&p, &f, rows[i].rule, "no switch turns it off; from anywhere");
	}
}
