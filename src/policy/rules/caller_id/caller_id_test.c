#include "policy/rule_test.h"

#define S(text) SLICE_INIT(text)

static const struct policy_inbound inbound[] = { { S("+34911234568"), -1, S(""), 0 },
	                                         { S("+34911234570"), -1, S("101"), -1 } };
static const struct policy_number numbers[] = { { S("+349119"), true } };
static const struct policy_pbx pbx = { numbers, COUNT(numbers) };

static const struct {
	const char *why;
	uint8_t party;
	struct slice numbers, claimed, e164;
	const char *shown; /* "" = the trunk's own */
} rows[] = {
	{ "the first of its own", POLICY_ACCOUNT, S("+341,+342"), S("101"), S(""), "+341" },
	{ "one that it asks for", POLICY_ACCOUNT, S("+341,+342"), S("+342"), S(""), "+342" },
	{ "as a whole number", POLICY_ACCOUNT, S("+341,+342"), S("2"), S("+342"), "+342" },
	{ "C22: somebody else's", POLICY_ACCOUNT, S("+341"), S("+3491"), S("+3491"), "+341" },
	{ "C22: a part of its own", POLICY_ACCOUNT, S("+341,+342"), S("+34"), S(""), "+341" },
	{ "none of its own", POLICY_ACCOUNT, S(""), S("+3491"), S("+3491"), "" },
	{ "the PBX, an inbound number", POLICY_PBX, S(""), S("+34911234568"), S(""),
	  "+34911234568" },
	{ "written otherwise", POLICY_PBX, S(""), S("911234568"), S("+34911234568"),
	  "+34911234568" },
	{ "the PBX, its own prefix", POLICY_PBX, S(""), S("+34911900"), S(""), "+34911900" },
	{ "C22: the number of an account", POLICY_PBX, S(""), S("+34911234570"), S(""), "" },
	{ "C22: of anybody", POLICY_PBX, S(""), S("+18005550100"), S("+18005550100"), "" },
	{ "an extension through the PBX", POLICY_PBX, S("+341"), S("101"), S(""), "+341" },
};

TEST(what_a_trunk_sees_as_caller)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct policy p = rule_site();
		struct policy_facts f = rule_home();
		struct policy_verdict v;

		p.inbound = inbound;
		p.inbound_count = COUNT(inbound);
		p.pbxs = &pbx;
		p.pbxs_count = 1;
		f.party = rows[i].party;
		f.account.numbers = rows[i].numbers;
		f.claimed = rows[i].claimed;
		f.claimed_e164 = rows[i].e164;
		v = rule_check(&p, &f, "where", rows[i].why);
		CHECK(slice_eq(v.caller, slice_str(rows[i].shown)), rows[i].why);
		f.emergency = true;
		v = rule_check(&p, &f, "emergency", rows[i].why);
		CHECK(slice_eq(v.caller, slice_str(rows[i].shown)), "who helps can call back");
		f.emergency = false;
		p.mode[POLICY_CALLER_ID] = POLICY_OFF;
		v = rule_check(&p, &f, "where", rows[i].why);
		CHECK(slice_eq(v.caller, f.claimed), "off: as it claims");
	}
}
