#include "policy/rule_test.h"

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

/* Everything is wrong with this call; each rule, when the ones before are off, has its say. */
TEST(the_chain_asks_in_its_order)
{
	static const struct {
		uint8_t rule;
		const char *want;
	} order[] = {
		{ POLICY_SOURCE, "-source-not-allowed" }, { POLICY_LOCKDOWN, "-lockdown" },
		{ POLICY_WHERE, "-where-denied" },        { POLICY_UNATTRIBUTED, "-unattributed" },
		{ POLICY_HOURS, "-hours" },               { POLICY_FIRST_USE, "-first-use" },
		{ POLICY_RULES, "unchecked" },
	};
	const struct hours_profile never = { 0 };
	struct policy p = rule_site();
	struct policy_facts f = rule_abroad();

	places_add(&p.where.denied, f.called.territory);
	p.profiles = &never;
	p.profiles_count = 1;
	p.hours = (struct hours){ 0, HOURS_ALL, 1, 0 };
	f.source.allowed = false;
	f.lockdown = POLICY_ONE_CALL;
	f.first_use = true;
	f.calls_own = f.calls_site = 1;
	for (size_t i = 0; i < COUNT(order); i++) {
		struct policy_verdict v = rule_check(&p, &f, order[i].want, order[i].want);

		if (order[i].rule == POLICY_RULES)
			break;
		CHECK(v.by == order[i].rule && v.would_refuse == 0, "by its rule");
		p.mode[order[i].rule] = POLICY_DRY_RUN;
		policy_decide(&v, &p, &f);
		CHECK(v.would_refuse == 1u << order[i].rule, "on dry-run it is listed");
		p.mode[order[i].rule] = POLICY_OFF;
		if (order[i].rule == POLICY_SOURCE) { /* from now on through the PBX */
			f.party = POLICY_PBX;
			f.account.name = SLICE("");
		}
	}
}

/* Fully open: what is priced goes out, and nothing else (the budgets hold it, R62). */
TEST(open_mode_needs_a_number)
{
	struct policy p = rule_site();
	struct policy_facts f = rule_call("18765550100", "JM", NUMBER_FIXED_OR_MOBILE,
	                                  NUMBER_CLASS_CARIBBEAN);
	struct policy_verdict v;

	memset(p.mode, POLICY_OFF, sizeof(p.mode));
	v = rule_check(&p, &f, "unchecked", "open");
	CHECK(v.chargeable && v.party == POLICY_TRUNK, "and paid for");
	f.called = (struct policy_called){ 0 };
	rule_check(&p, &f, "-where-number", "letters and feature codes reach no trunk (C1)");
	p.has_trunks = false;
	rule_check(&p, &f, "-not-listed", "nothing to go out by");
}

TEST(who_called_for_help_is_called_back)
{
	static const struct policy_inbound listed[] = { { S("+34911234567"), -1, S("102"), -1 } };
	struct policy p = rule_site();
	struct policy_facts f = { .party = POLICY_TRUNK, .dialled = SLICE("u12345") };
	struct policy_verdict v;

	p.inbound = listed;
	p.inbound_count = 1;
	rule_check(&p, &f, "-no-inbound-number", "as always");
	f.call_back = true;
	f.call_back_account = SLICE("101");
	v = rule_check(&p, &f, "emergency-call-back", "within the hour");
	CHECK(v.party == POLICY_ACCOUNT && slice_eq(v.to, SLICE("101")) && v.emergency, "to it");
	f.call_back_account = SLICE("");
	f.call_back_pbx = 2;
	v = rule_check(&p, &f, "emergency-call-back", "the PBX");
	CHECK(v.party == POLICY_PBX && v.peer == 2, "that one");
	f.dialled = SLICE("+34911234567");
	v = rule_check(&p, &f, "inbound", "a listed number rings where it always does");
	CHECK(slice_eq(v.to, SLICE("102")) && v.emergency, "past full pools");
}

TEST(verdicts_are_counted)
{
	struct policy_counts counts = { 0 };
	struct policy p = rule_site();
	struct policy_facts f = rule_abroad();
	struct policy_verdict v;

	v = rule_check(&p, &f, "-where-territory", "closed");
	policy_count(&counts, &v);
	p.mode[POLICY_WHERE] = POLICY_DRY_RUN;
	v = rule_check(&p, &f, "unchecked", "dry");
	policy_count(&counts, &v);
	CHECK(counts.seen[POLICY_WHERE] == 2 && counts.refused[POLICY_WHERE] == 1 &&
	      counts.would_refuse[POLICY_WHERE] == 1, "by rule");
	CHECK(counts.seen[POLICY_HOURS] == 1 && counts.refused[POLICY_HOURS] == 0, "who was asked");
	for (uint8_t rule = 0; rule < POLICY_RULES; rule++)
		CHECK(policy_rule_name(rule).len > 0, "each has a name");
	CHECK(policy_rule_name(POLICY_RULES).len == 0, "and nobody else");
}
