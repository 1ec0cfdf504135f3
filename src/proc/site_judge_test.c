/* From a configuration to verdict and hold: what the vault asks for each call. */
#include "proc/site_judge.h"

#include "base/test.h"

#define S SLICE_INIT

static const char config[] =
	"site: { name: t, data: /tmp }\n"
	"interfaces:\n"
	"  - { name: lan, listen: 127.0.0.1:5060, side: inside }\n"
	"trunks:\n"
	"  - { name: acme, interface: lan, address: 127.0.0.2:5060, register: false }\n"
	"  - { name: beta, interface: lan, address: 127.0.0.3:5060, register: false,\n"
	"      render: national, tech-prefix: '77' }\n"
	"pbxs: [{ name: box, interface: lan, address: 127.0.0.4:5060 }]\n"
	"outbound: { emergency: ['112'], trunks: [acme, beta], allow: ['+33140000000'] }\n"
	"numbers: { home: ES }\n"
	"money: { currency: EUR, zone: UTC, renew: 60 }\n"
	"groups: [{ name: sales, territories: [FR] }]\n"
	"budgets:\n"
	"  - { for: site, day: 3.00 }\n"
	"  - { for: account, day: 1.00, calls: 2 }\n"
	"  - { for: account, name: '109', day: 0.50 }\n"
	"rules: { hours: { mode: off }, first-use: { mode: off }, unattributed: { mode: off } }\n";

/* All that a test needs. */
struct bench {
	struct conf *conf;
	struct judge_rules *rules;
	struct judge *judge;
	const struct ledger_now *now;
	struct judge_case what;
	struct judge_attempt attempt;
	struct slice rule;
};

static void bench_open(struct bench *t)
{
	static struct conf_mistakes mistakes;
	const struct judge_sizes sizes = { 8, 8 };
	const struct ledger_clock_state here = { .ledger_ms = UINT64_C(1767225600000),
		                                 .mono_ms = 1000 };
	const struct tg_key key = { { 7 } };
	char why[SITE_WHY_MAX];

	memset(t, 0, sizeof(*t));
	CHECK(conf_parse(&t->conf, slice_str(config), &mistakes) == TG_OK, mistakes.at[0].text);
	t->rules = site_judge_new(t->conf, here.ledger_ms, why);
	if (t->rules != NULL)
		t->judge = judge_new(t->rules, &sizes, &key, NULL, &here);
	if (t->judge == NULL) { /* without memory */
		site_judge_free(t->rules);
		conf_free(t->conf);
		CHECK(false, why);
	}
	t->now = judge_time(t->judge, here.mono_ms, here.ledger_ms);
}

static void bench_close(struct bench *t)
{
	judge_free(t->judge);
	site_judge_free(t->rules);
	conf_free(t->conf);
}

static void ask(struct bench *t, const char *account, uint16_t group, struct slice dialled)
{
	struct judge_ask a = { .party = POLICY_ACCOUNT, .source.allowed = true,
		               .dialled = dialled,
		               .account = { .name = slice_str(account), .group = group } };

	if (account[0] == '\0')
		a = (struct judge_ask){ .party = POLICY_PBX, .peer_name = SLICE("box"),
			                .dialled = dialled,
			                .account.group = POLICY_NONE };
	judge_call(t->judge, t->now, &a, &t->what);
}

static enum tg_err hold(struct bench *t, uint16_t trunk, uint64_t call, struct slice dialled)
{
	t->attempt = (struct judge_attempt){ .trunk = trunk, .call = call, .dialled = dialled };
	return judge_hold(t->judge, t->now, &t->what.route, &t->attempt, &t->rule);
}

static const struct {
	const char *why, *account;
	uint16_t group;
	struct slice dialled;
	const char *rule;
	struct slice acme, beta; /* what each is sent; empty = refused before */
	tg_micro per_minute;
} rows[] = {
	{ "national, at home", "", POLICY_NONE, S("911234599"), "where", S("+34911234599"),
	  S("77911234599"), 100000 },
	{ "the same, written otherwise (C1)", "", POLICY_NONE, S("0034 (91) 123-45%39%39"), "where",
	  S("+34911234599"), S("77911234599"), 100000 },
	{ "a mobile phone", "", POLICY_NONE, S("+34655000000"), "where", S("+34655000000"),
	  S("77655000000"), 500000 },
	{ "listed abroad", "", POLICY_NONE, S("0033140000000"), "outbound", S("+33140000000"),
	  S("770033140000000"), 100000 },
	{ "abroad is closed (R46)", "", POLICY_NONE, S("+33140000001"), "where-territory",
	  { 0 }, { 0 }, 0 },
	{ "premium at home is closed", "", POLICY_NONE, S("803123456"), "where-type", { 0 }, { 0 },
	  0 },
	{ "no such range (R49)", "", POLICY_NONE, S("+999123456789"), "where-unknown", { 0 }, { 0 },
	  0 },
	{ "post-dial digits", "", POLICY_NONE, S("911234599,1"), "where-number", { 0 }, { 0 }, 0 },
	{ "emergency, as dialled, held by nothing (R59)", "", POLICY_NONE, S("112"), "emergency",
	  S("112"), S("112"), 0 },
};

TEST(judge_calls)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct slice *sent[] = { &rows[i].acme, &rows[i].beta };
		static struct bench t;

		bench_open(&t);
		ask(&t, rows[i].account, rows[i].group, rows[i].dialled);
		CHECK(slice_eq(t.what.verdict.rule, slice_str(rows[i].rule)), rows[i].why);
		CHECK(t.what.verdict.allow == (rows[i].acme.len > 0), rows[i].why);
		for (uint16_t trunk = 0; t.what.verdict.allow && trunk < 2; trunk++) {
			CHECK(hold(&t, trunk, 7u + trunk, rows[i].dialled) == TG_OK, rows[i].why);
			CHECK(slice_eq(slice_of(t.attempt.sent, t.attempt.sent_len),
			               *sent[trunk]), rows[i].why);
			CHECK(t.what.verdict.emergency ||
			      t.attempt.tariff.per_minute == rows[i].per_minute, rows[i].why);
			CHECK(t.attempt.metered == !t.what.verdict.emergency, rows[i].why);
		}
		bench_close(&t);
	}
}

TEST(judge_budgets)
{
	static struct bench t;
	char mem[200];
	struct buf b = buf_on(mem, sizeof(mem));
	struct slice dialled = SLICE("911234599");

	bench_open(&t);
	ask(&t, "109", POLICY_NONE, SLICE("+34655000000"));
	/* to the PBX: accounts do not reach a trunk by themselves when there is one */
	CHECK(t.what.verdict.party == POLICY_PBX, "as dialled");
	ask(&t, "", POLICY_NONE, dialled);
	for (uint64_t call = 1; call <= 15; call++)
		CHECK(hold(&t, 0, call, dialled) == (call <= 8 ? TG_OK : TG_ELIMIT),
		      "8 attempts at a time are all that there is room for");
	CHECK(slice_eq(t.rule, SLICE("ledger-full")), "fails closed");
	judge_block_write(&b, t.judge, &t.attempt.answer.block);
	CHECK(b.len > 0, "and says why");
	bench_close(&t);
}

TEST(judge_site_limit)
{
	static struct bench t;
	struct slice dialled = SLICE("+34655000000");
	tg_micro cost, sum = 0;
	int calls = 0;

	bench_open(&t);
	ask(&t, "", POLICY_NONE, dialled);
	while (hold(&t, 0, (uint64_t)calls + 1, dialled) == TG_OK) {
		struct tg_handle h = t.attempt.answer.hold;

		CHECK(ledger_answered(judge_ledger(t.judge), t.now, h) == TG_OK, "held");
		CHECK(ledger_settle(judge_ledger(t.judge), t.now, h, 30000, &cost) == TG_OK,
		      "settled");
		sum += cost;
		CHECK(++calls < 10, "3.00 a day end soon");
	}
	CHECK(sum <= 3 * TG_MICRO_UNIT && calls == 5, "0.60 each");
	CHECK(slice_eq(t.rule, SLICE("limit-day")), "the site's day");
	bench_close(&t);
}
