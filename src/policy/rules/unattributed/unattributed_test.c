#include "policy/rule_test.h"

static const struct {
	const char *why;
	uint8_t party;
	const char *account;
	bool abroad, international;
	uint32_t calls;
	const char *rule;
} rows[] = {
	{ "an extension", POLICY_PBX, "101", true, false, 9, "where" },
	{ "no extension, at home", POLICY_PBX, "", false, false, 2, "where" },
	{ "abroad", POLICY_PBX, "", true, false, 0, "-unattributed" },
	{ "abroad, allowed", POLICY_PBX, "", true, true, 0, "where" },
	{ "too many at a time", POLICY_PBX, "", false, true, 3, "-unattributed" },
	{ "an account itself", POLICY_ACCOUNT, "101", true, false, 9, "where" },
};

TEST(what_no_extension_owns_is_narrower)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct policy p = rule_site();
		struct policy_facts f = rows[i].abroad ? rule_abroad() : rule_home();
		struct policy_verdict v;

		places_add(&p.where.open, rule_place("FR"));
		p.unattributed = (struct unattributed){ rows[i].international, 3, 600 };
		f.party = rows[i].party;
		f.account.name = slice_str(rows[i].account);
		f.calls_own = rows[i].calls;
		v = rule_check(&p, &f, rows[i].rule, rows[i].why);
		CHECK(!v.allow || (v.longest_s == 600) == (rows[i].account[0] == '\0'),
		      rows[i].why);
	}
}
