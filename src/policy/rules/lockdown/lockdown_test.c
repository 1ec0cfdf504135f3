#include "policy/rule_test.h"

static const struct {
	const char *why;
	uint8_t level;
	bool abroad, approved;
	uint32_t site_calls;
	const char *rule;
} rows[] = {
	{ "open", POLICY_OPEN, true, false, 9, "where" },
	{ "1: home", POLICY_NO_INTERNATIONAL, false, false, 9, "where" },
	{ "1: abroad", POLICY_NO_INTERNATIONAL, true, false, 0, "-lockdown" },
	{ "1: R90 what was approved", POLICY_NO_INTERNATIONAL, true, true, 0, "approval" },
	{ "2: the only call", POLICY_ONE_CALL, false, false, 0, "where" },
	{ "2: a second one", POLICY_ONE_CALL, false, false, 1, "-lockdown" },
	{ "2: approved, but a second one", POLICY_ONE_CALL, true, true, 1, "-lockdown" },
	{ "2: abroad", POLICY_ONE_CALL, true, false, 0, "-lockdown" },
	{ "3: home", POLICY_EMERGENCY_ONLY, false, false, 0, "-lockdown" },
	{ "3: approved", POLICY_EMERGENCY_ONLY, true, true, 0, "-lockdown" },
	{ "no such level: closed", 9, false, false, 0, "-lockdown" },
};

TEST(lockdown_closes_by_level)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct policy p = rule_site();
		struct policy_facts f = rows[i].abroad ? rule_abroad() : rule_home();

		places_add(&p.where.open, rule_place("FR"));
		f.lockdown = rows[i].level;
		f.approved = rows[i].approved;
		f.calls_site = rows[i].site_calls;
		rule_check(&p, &f, rows[i].rule, rows[i].why);
		f.emergency = true;
		rule_check(&p, &f, "emergency", "R59");
		f.emergency = false;
		f.dialled_is_account = true;
		rule_check(&p, &f, "account", "inside calls cost nothing");
	}
}
