/*
 * `tollgate policy explain`: what would become of a call, and why, without calling.
 *
 *   explain ACCOUNT|pbx:NAME AT OVER NUMBER
 *
 * AT is Unix time or "-" for now, OVER a trunk or "-" for all in their order.  The call is judged
 * by a second judge with a copy of the ledgers that it would meet, so that not even a counter of
 * the real ones moves.  The one place where the vault allocates after its start: an operator waits.
 */
#include "role/judge_priv.h"
#include "role/vault_ctl_priv.h"

struct explain {
	struct vault *v;
	struct judge *judge;
	struct ledger_now now;
	bool later; /* now is another moment: calls that are up then are over */
	int over;   /* index of the only trunk, or -1 */
	struct judge_ask ask;
	struct judge_case what;
	struct vault_ctl_pages pages;
	char mem[VAULT_CTL_OBJECT_MAX];
};

/* ---- the words ---- */

static const char *take_who(struct explain *e, struct slice who)
{
	const struct role_site *site = e->v->env.site;
	const struct vault_account *a;

	e->ask.source.allowed = e->ask.source.tls = true;
	e->ask.account.group = POLICY_NONE;
	if (slice_starts(who, SLICE("pbx:"))) {
		e->ask.party = POLICY_PBX;
		for (uint16_t i = 0; i < site->pbxs; i++) {
			e->ask.peer = i;
			e->ask.peer_name = link_text(&site->pbx[i].name);
			if (slice_eq(e->ask.peer_name, slice_skip(who, 4)))
				return NULL;
		}
		return "no PBX has this name";
	}
	a = vault_account_find(e->v, who);
	if (a == NULL)
		return "there is no account of this name; a PBX is written pbx:NAME";
	e->ask.party = POLICY_ACCOUNT;
	e->ask.account = (struct policy_account){
		.name = slice_of(a->user, a->user_len),
		.numbers = slice_of(a->number, a->number_len),
		.group = TG_CONTAINER(a, struct vault_user, a)->group,
		.tls_only = a->tls_only,
	};
	e->ask.claimed = e->ask.account.name;
	return NULL;
}

static const char *take_words(struct explain *e, struct slice words)
{
	struct slice who, at, over, number = slice_cut(words, ' ', &who);
	const char *why = take_who(e, who);
	uint64_t at_s;

	number = slice_cut(number, ' ', &at);
	number = slice_cut(number, ' ', &over);
	e->ask.dialled = number;
	e->ask.dialled_is_account = vault_account_find(e->v, number) != NULL;
	e->over = -1;
	if (why != NULL)
		return why;
	e->now = *judge_time(e->v->judge, e->v->now_ms, vault_wall_ms(e->v));
	e->later = !slice_eq(at, SLICE("-"));
	if (e->later && slice_u64(&at_s, at, UINT32_MAX) != TG_OK)
		return "at which time?";
	if (e->later)
		ledger_now_at(&e->now, e->v->rules.zone, e->v->rules.calendar, at_s * 1000);
	if (slice_eq(over, SLICE("-")))
		return NULL;
	e->over = vault_trunk_named(e->v, over);
	return e->over >= 0 ? NULL : "no trunk has this name";
}

/* ---- the copy ---- */

static bool open_judge(struct explain *e)
{
	struct vault *v = e->v;
	struct judge_sizes sizes = { .accounts = v->rules.budgets + 16 };
	struct ledger_stat stat;

	ledger_stat(judge_ledger(v->judge), &stat);
	sizes.calls = stat.holds + 16;
	e->judge = judge_new(&v->rules, &sizes, &v->dummy, NULL, judge_clock(v->judge));
	if (e->judge != NULL)
		(void)judge_time(e->judge, v->now_ms, vault_wall_ms(v));
	return e->judge != NULL;
}

static void copy_total(struct explain *e, uint32_t to_id, uint32_t from_id,
                       const struct ledger_now *now)
{
	const struct ledger *from = judge_ledger(e->v->judge);
	struct ledger *to = judge_ledger(e->judge);
	uint64_t seen[LEDGER_DESTINATIONS_MAX];
	struct ledger_total t;
	struct ledger_view w;
	uint32_t n = ledger_destinations(from, from_id, seen);
	enum tg_err err = TG_OK;

	if (ledger_total_export(from, from_id, &t) != TG_OK ||
	    ledger_view(from, now, from_id, &w) != TG_OK)
		return;
	for (unsigned p = 0; e->later && p < LEDGER_PERIODS; p++)
		t.spent[p] += w.money[p].held;
	err = ledger_total_import(to, &t);
	for (uint32_t i = 0; err == TG_OK && i < n; i++)
		err = ledger_destination_import(to, to_id, seen[i], t.minute);
}

/** The ledgers that the call meets, and what is up on them. */
static void copy_ledgers(struct explain *e)
{
	const struct ledger *from = judge_ledger(e->v->judge);
	const struct ledger_now *now = judge_time(e->v->judge, e->v->now_ms, vault_wall_ms(e->v));
	struct ledger *to = judge_ledger(e->judge);
	struct ledger_hold_state h;
	struct ledger_view w;
	struct tg_handle hold;
	uint32_t at = 0, mine;

	judge_call(e->judge, now, &e->ask, &e->what); /* makes the ledgers above it */
	for (unsigned i = 0; i < e->v->rules.trunks; i++)
		(void)judge_ledger_of(e->judge, LEDGER_TRUNK, e->v->rules.trunk[i].name);
	ledger_advance(to, now);
	for (uint32_t id = 0; (id = ledger_next(to, 0, id)) != 0;) {
		if (ledger_view(to, now, id, &w) != TG_OK)
			continue;
		mine = ledger_find(from, w.kind, w.name);
		if (mine != 0)
			copy_total(e, id, mine, now);
	}
	while (!e->later && ledger_hold_next(from, &at, &hold)) {
		struct tg_handle copy;

		if (ledger_hold_export(from, hold, &h) == TG_OK &&
		    ledger_hold_import(to, &h, &copy) != TG_OK)
			return; /* there was room for all */
	}
}

/* ---- the answer ---- */

static void add(struct explain *e, const struct buf *b)
{
	if (!b->full)
		vault_ctl_add(&e->pages, buf_slice(b));
}

static void put_tariff(struct buf *b, const struct tg_tariff *t)
{
	vault_ctl_micro(b, "per_minute", t->per_minute);
	vault_ctl_micro(b, "connect", t->connect);
	buf_fmt(b, ",\"first_s\":%u,\"next_s\":%u", t->first_s, t->next_s);
}

static void say_number(struct explain *e)
{
	const struct number *n = &e->what.route.number;
	char text[32];
	struct buf number = buf_on(text, sizeof(text)), b = buf_on(e->mem, sizeof(e->mem));

	if (n->len > 0)
		number_write(&number, n);
	buf_lit(&b, "{\"number\":");
	buf_json(&b, buf_slice(&number));
	buf_lit(&b, ",\"dialled\":");
	buf_json(&b, e->ask.dialled);
	if (e->what.no_number != NULL) {
		buf_lit(&b, ",\"no_number\":");
		buf_json(&b, slice_str(e->what.no_number));
	}
	if (n->len > 0) {
		buf_fmt(&b, ",\"territory\":\"%s\",\"type\":\"%s\",\"class\":\"%s\",\"known\":%s",
		        number_territory_name(n->territory), number_type_name(n->type),
		        number_class_name(e->what.route.class), n->known ? "true" : "false");
		buf_fmt(&b, ",\"price_by\":\"%s\"", price_source_name(e->what.price_source));
		put_tariff(&b, &e->what.facts.called.tariff);
	}
	buf_fmt(&b, ",\"date\":%u,\"minute\":%u,\"weekday\":%u", e->what.facts.time.date,
	        e->what.facts.time.minute, e->what.facts.time.weekday);
	buf_fmt(&b, ",\"approved\":%s,\"pass\":%s,\"first_use\":%s,\"lockdown\":%u",
	        e->what.facts.approved ? "true" : "false", e->what.facts.pass ? "true" : "false",
	        e->what.facts.first_use ? "true" : "false", e->what.facts.lockdown);
	buf_fmt(&b, ",\"calls_own\":%u,\"calls_site\":%u}", e->what.facts.calls_own,
	        e->what.facts.calls_site);
	add(e, &b);
}

static const char *word_of(const struct explain *e, uint8_t rule)
{
	const struct policy_verdict *w = &e->what.verdict;

	if ((w->seen >> rule & 1) == 0)
		return e->v->rules.policy->mode[rule] == POLICY_OFF ? "off" : "not asked";
	if ((w->would_refuse >> rule & 1) != 0)
		return "would refuse (dry run)";
	if (rule != w->by)
		return e->v->rules.policy->mode[rule] == POLICY_DRY_RUN ? "lets it pass (dry run)"
		                                                       : "lets it pass";
	return w->allow ? "opens it" : "refuses";
}

static void say_rules(struct explain *e)
{
	for (uint8_t rule = 0; rule < POLICY_RULES; rule++) {
		struct buf b = buf_on(e->mem, sizeof(e->mem));

		buf_lit(&b, "{\"rule\":");
		buf_json(&b, policy_rule_name(rule));
		buf_fmt(&b, ",\"word\":\"%s\"}", word_of(e, rule));
		add(e, &b);
	}
}

static void say_verdict(struct explain *e)
{
	const struct policy_verdict *w = &e->what.verdict;
	struct buf b = buf_on(e->mem, sizeof(e->mem));

	buf_fmt(&b, "{\"verdict\":\"%s\",\"by\":", w->allow ? "allow" : "refuse");
	buf_json(&b, w->rule);
	buf_lit(&b, ",\"reason\":");
	buf_json(&b, w->reason);
	buf_fmt(&b, ",\"status\":%u,\"out\":%s,\"emergency\":%s,\"off_hours\":%s,\"longest_s\":%u",
	        w->status, w->allow && w->party == POLICY_TRUNK ? "true" : "false",
	        w->emergency ? "true" : "false", w->off_hours ? "true" : "false", w->longest_s);
	vault_ctl_micro(&b, "ceiling", w->per_minute_max != 0 ? w->per_minute_max
	                                                      : LEDGER_NO_MONEY);
	buf_chr(&b, '}');
	add(e, &b);
}

static void say_trunk(struct explain *e, const struct judge_attempt *a, enum tg_err err,
                      struct slice rule)
{
	char text[256];
	struct buf why = buf_on(text, sizeof(text)), b = buf_on(e->mem, sizeof(e->mem));

	buf_lit(&b, "{\"trunk\":");
	buf_json(&b, e->v->rules.trunk[a->trunk].name);
	buf_lit(&b, ",\"sent\":");
	buf_json(&b, slice_of(a->sent, a->sent_len));
	if (a->tariff.next_s != 0) {
		buf_fmt(&b, ",\"price_by\":\"%s\"", price_source_name(a->price_source));
		put_tariff(&b, &a->tariff);
	}
	if (err == TG_OK) {
		vault_ctl_micro(&b, "held", a->metered ? a->answer.held : 0);
		buf_fmt(&b, ",\"paid_s\":%u,\"longest_s\":%u}", a->answer.paid_s, a->longest_s);
		add(e, &b);
		return;
	}
	buf_lit(&b, ",\"refused\":");
	buf_json(&b, rule);
	if (err == TG_ELIMIT)
		judge_block_write(&why, e->judge, &a->answer.block);
	buf_lit(&b, ",\"why\":");
	buf_json(&b, buf_slice(&why));
	buf_chr(&b, '}');
	add(e, &b);
}

/** True: the next one is asked, too. */
static bool try_trunk(struct explain *e, uint16_t trunk)
{
	const struct vault *v = e->v;
	struct judge_attempt a = { .trunk = trunk, .call = UINT64_MAX, .dialled = e->ask.dialled };
	struct slice rule = SLICE("trunks-full");
	enum tg_err err = TG_EBUSY;

	if (e->later || e->what.route.emergency ||
	    v->trunk_calls[trunk] < v->env.site->trunk[trunk].calls_max)
		err = judge_hold(e->judge, &e->now, &e->what.route, &a, &rule);
	say_trunk(e, &a, err, rule);
	return err != TG_OK;
}

static void say_trunks(struct explain *e)
{
	const struct role_routes *routes = e->v->routes;

	if (e->over >= 0) {
		(void)try_trunk(e, (uint16_t)e->over);
		return;
	}
	for (unsigned i = 0; i < routes->count; i++) {
		if (!try_trunk(e, routes->trunk[i]))
			return;
	}
}

/** As they are before the call. */
static void say_ledgers(struct explain *e)
{
	struct ledger_view w;

	for (unsigned i = 0; i < e->what.route.aboves; i++) {
		struct buf b = buf_on(e->mem, sizeof(e->mem));

		if (ledger_view(judge_ledger(e->judge), &e->now, e->what.route.above[i],
		                &w) != TG_OK)
			continue;
		vault_ctl_ledger(&b, &w);
		add(e, &b);
	}
}

void vault_ctl_explain(struct vault *v, const struct link_msg *msg, struct slice words)
{
	static struct explain space; /* too large for a stack; one operator at a time */
	struct explain *e = &space;
	const char *why;

	memset(e, 0, sizeof(*e));
	e->v = v;
	vault_ctl_begin(&e->pages, v, msg);
	why = take_words(e, words);
	if (why == NULL && !open_judge(e))
		why = "no memory";
	if (why != NULL) {
		buf_str(&e->pages.b, why);
		vault_ctl_page(v, msg, &e->pages.b, true, true);
		return;
	}
	copy_ledgers(e);
	judge_call(e->judge, &e->now, &e->ask, &e->what);
	say_number(e);
	say_rules(e);
	say_verdict(e);
	if (e->what.verdict.allow && e->what.verdict.party == POLICY_TRUNK) {
		say_ledgers(e);
		say_trunks(e);
	}
	vault_ctl_end(&e->pages);
	judge_free(e->judge);
}
