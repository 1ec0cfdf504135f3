#include "base/test.h"
#include "policy/policy.h"

static const struct policy_number emergency[] = { { SLICE_INIT("112"), false } };
static const struct policy_number allowed[] = { { SLICE_INIT("+3491"), true },
	                                        { SLICE_INIT("0034600000000"), false } };
static const struct policy_inbound inbound[] = {
	{ SLICE_INIT("+34911234567"), 0, SLICE_INIT("101"), -1 },
	{ SLICE_INIT("+34911234568"), -1, SLICE_INIT(""), 0 },
};

#define S(text) SLICE_INIT(text)
#define FACTS(who, i, home, name, to) \
	{ .party = who, .peer = i, .source.allowed = home, .dialled_is_account = name, \
	  .dialled = S(to) }
#define PHONE(dialled) FACTS(POLICY_ACCOUNT, 0, true, false, dialled)
#define TRUNK(i, dialled) FACTS(POLICY_TRUNK, i, false, false, dialled)

static const struct {
	const char *why;
	int pbx;
	struct policy_facts facts;
	uint16_t status; /* 0 = allowed */
	uint8_t party;
	const char *rule;
} rows[] = {
	{ "listed prefix", -1, PHONE("+34911"), 0, POLICY_TRUNK, "outbound" },
	{ "listed number", -1, PHONE("0034600000000"), 0, POLICY_TRUNK, "outbound" },
	{ "one digit more", -1, PHONE("00346000000001"), 403, 0, "not-listed" },
	{ "premium", -1, PHONE("+88210001"), 403, 0, "not-listed" },
	{ "letters behind a listed prefix", -1, PHONE("+3491x"), 403, 0, "not-listed" },
	{ "feature code never reaches a trunk", -1, PHONE("*97"), 403, 0, "not-listed" },
	{ "the PBX gets what is dialled", 0, PHONE("*97"), 0, POLICY_PBX, "pbx" },
	{ "emergency goes past the PBX", 0, PHONE("112"), 0, POLICY_TRUNK, "emergency" },
	{ "an emergency number is whole", -1, PHONE("1122"), 403, 0, "not-listed" },
	{ "an account",
	  0,
	  FACTS(POLICY_ACCOUNT, 0, true, true, "102"),
	  0,
	  POLICY_ACCOUNT,
	  "account" },
	{ "R31 wrong place",
	  -1,
	  FACTS(POLICY_ACCOUNT, 0, false, true, "102"),
	  403,
	  0,
	  "source-not-allowed" },
	{ "R59 emergency from there too",
	  -1,
	  FACTS(POLICY_ACCOUNT, 0, false, false, "112"),
	  0,
	  POLICY_TRUNK,
	  "emergency" },
	{ "the PBX is not sent to itself",
	  0,
	  FACTS(POLICY_PBX, 0, true, false, "*97"),
	  403,
	  0,
	  "not-listed" },
	{ "the PBX dials out",
	  0,
	  FACTS(POLICY_PBX, 0, true, false, "+34911"),
	  0,
	  POLICY_TRUNK,
	  "outbound" },
	{ "inbound to an account", -1, TRUNK(0, "+34911234567"), 0, POLICY_ACCOUNT, "inbound" },
	{ "inbound from another trunk", -1, TRUNK(1, "+34911234567"), 404, 0, "no-inbound-number" },
	{ "inbound to the PBX", 0, TRUNK(1, "+34911234568"), 0, POLICY_PBX, "inbound" },
	{ "C12: trunk to trunk", -1, TRUNK(0, "+34910000000"), 404, 0, "no-inbound-number" },
	{ "C12: not even to an account's name",
	  -1,
	  FACTS(POLICY_TRUNK, 0, false, true, "101"),
	  404,
	  0,
	  "no-inbound-number" },
};

TEST(policy_decide)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct policy p = { .emergency = emergency,
			                  .allow = allowed,
			                  .inbound = inbound,
			                  .emergency_count = COUNT(emergency),
			                  .allow_count = COUNT(allowed),
			                  .inbound_count = COUNT(inbound),
			                  .pbx = rows[i].pbx,
			                  .has_trunks = true };
		struct policy_verdict v;

		policy_decide(&v, &p, &rows[i].facts);
		CHECK(v.allow == (rows[i].status == 0), rows[i].why);
		CHECK(v.status == rows[i].status, rows[i].why);
		CHECK(slice_eq(v.rule, slice_str(rows[i].rule)), rows[i].why);
		if (v.allow)
			CHECK(v.party == rows[i].party, rows[i].why);
	}
}
