/*
 * What the operator asks about money: every ledger, and what can be lost at most (R62, R66).
 *
 *   limits [KIND [NAME]]
 *   money
 */
#include "role/vault_ctl_priv.h"

#include "role/judge_priv.h"

static const struct ledger_now *now_of(struct vault *v)
{
	return judge_time(v->judge, v->now_ms, vault_wall_ms(v));
}

void vault_ctl_micro(struct buf *b, const char *key, tg_micro amount)
{
	buf_fmt(b, ",\"%s\":", key);
	if (amount >= LEDGER_NO_MONEY) {
		buf_lit(b, "null");
		return;
	}
	buf_chr(b, '"');
	tg_micro_write(b, amount);
	buf_chr(b, '"');
}

static void put_count(struct buf *b, const char *key, uint32_t count)
{
	if (count == LEDGER_NO_COUNT)
		buf_fmt(b, ",\"%s\":null", key);
	else
		buf_fmt(b, ",\"%s\":%u", key, count);
}

/* ---- pages of objects ---- */

void vault_ctl_add(struct vault_ctl_pages *p, struct slice object)
{
	if (p->b.len + object.len + 1 > sizeof(p->mem)) {
		vault_ctl_page(p->vault, p->ask, &p->b, false, false);
		p->b.len = 0;
	}
	buf_put(&p->b, object);
}

void vault_ctl_begin(struct vault_ctl_pages *p, struct vault *v, const struct link_msg *ask)
{
	p->vault = v;
	p->ask = ask;
	p->b = buf_on(p->mem, sizeof(p->mem));
}

void vault_ctl_end(struct vault_ctl_pages *p)
{
	vault_ctl_page(p->vault, p->ask, &p->b, true, false);
}

/* ---- limits ---- */

static bool idle(const struct ledger_money *m)
{
	return !m->limited && m->spent == 0 && m->held == 0;
}

static void put_period(struct buf *b, unsigned period, const struct ledger_money *m)
{
	buf_fmt(b, "{\"period\":\"%s\"", ledger_limit_name(period));
	vault_ctl_micro(b, "limit", m->limit);
	vault_ctl_micro(b, "spent", m->spent);
	vault_ctl_micro(b, "committed", m->held);
	vault_ctl_micro(b, "remaining", m->remaining);
	vault_ctl_micro(b, "worst", m->still);
	buf_chr(b, '}');
}

static const char *mode_name(uint8_t mode)
{
	return mode == LEDGER_ENFORCE ? "enforce" : mode == LEDGER_DRY_RUN ? "dry-run" : "off";
}

/** Nothing of it was used, and nothing limits it. */
static bool nothing_to_say(const struct ledger_view *w)
{
	bool quiet = w->row == 0 && w->calls == 0 && w->calls_hour == 0 && w->committed == 0;

	for (unsigned p = 0; quiet && p < LEDGER_PERIODS; p++)
		quiet = idle(&w->money[p]);
	return quiet;
}

void vault_ctl_ledger(struct buf *b, const struct ledger_view *w)
{
	bool first = true;

	buf_fmt(b, "{\"ledger\":\"%s\",\"name\":", ledger_kind_name(w->kind));
	buf_json(b, w->kind == LEDGER_SITE ? SLICE("") : w->name);
	buf_fmt(b, ",\"mode\":\"%s\",\"calls\":%u", mode_name(w->budget->mode), w->calls);
	put_count(b, "calls_limit", w->budget->calls);
	buf_fmt(b, ",\"calls_minute\":%u", w->calls_minute);
	put_count(b, "calls_minute_limit", w->budget->calls_minute);
	buf_fmt(b, ",\"calls_hour\":%u", w->calls_hour);
	put_count(b, "calls_hour_limit", w->budget->calls_hour);
	buf_fmt(b, ",\"destinations\":%u", w->destinations);
	put_count(b, "destinations_limit", w->budget->destinations);
	put_count(b, "longest_s", w->budget->call_s);
	vault_ctl_micro(b, "per_call_limit", w->budget->call);
	vault_ctl_micro(b, "committed", w->committed);
	buf_lit(b, ",\"money\":[");
	for (unsigned p = 0; p < LEDGER_PERIODS; p++) {
		if (idle(&w->money[p]))
			continue;
		if (!first)
			buf_chr(b, ',');
		first = false;
		put_period(b, p, &w->money[p]);
	}
	buf_lit(b, "]}");
}

static unsigned kind_named(struct slice name)
{
	for (unsigned kind = 1; kind < LEDGER_KINDS; kind++) {
		if (slice_eq(name, slice_str(ledger_kind_name(kind))))
			return kind;
	}
	return 0;
}

static void limits(struct vault *v, const struct link_msg *ask, struct slice words)
{
	const struct ledger *l = judge_ledger(v->judge);
	const struct ledger_now *now = now_of(v);
	struct slice word, name = slice_cut(words, ' ', &word);
	unsigned kind = kind_named(word);
	char mem[VAULT_CTL_OBJECT_MAX];
	struct vault_ctl_pages pages;
	struct ledger_view w;

	vault_ctl_begin(&pages, v, ask);
	if (word.len > 0 && kind == 0) {
		buf_lit(&pages.b,
		        "kinds of ledgers are site, group, account, pbx, trunk and class");
		vault_ctl_page(v, ask, &pages.b, true, true);
		return;
	}
	for (uint32_t id = 0; (id = ledger_next(l, kind, id)) != 0;) {
		struct buf one = buf_on(mem, sizeof(mem));

		if (ledger_view(l, now, id, &w) != TG_OK ||
		    (name.len > 0 ? !slice_eq(name, w.name) : nothing_to_say(&w)))
			continue;
		vault_ctl_ledger(&one, &w);
		vault_ctl_add(&pages, buf_slice(&one));
	}
	vault_ctl_end(&pages);
}

/* ---- what can be lost at most ---- */

/** LEDGER_NO_MONEY swallows everything. */
static tg_micro plus(tg_micro a, tg_micro b)
{
	return a >= LEDGER_NO_MONEY || b >= LEDGER_NO_MONEY - a ? LEDGER_NO_MONEY : a + b;
}

/** The bound of a ledger, which need not exist yet: then the one that it would be made with. */
static tg_micro bound_of(struct vault *v, const struct ledger_now *now, enum ledger_kind kind,
                         struct slice name, unsigned period)
{
	const struct ledger *l = judge_ledger(v->judge);
	uint32_t id = ledger_find(l, kind, name);
	const struct ledger_budget *b;

	if (id != 0)
		return ledger_worst(l, now, id, (enum ledger_period)period);
	b = ledger_budget_of(l, v->judge->row_each[kind]);
	return b != NULL && b->mode == LEDGER_ENFORCE ? b->money[period] : LEDGER_NO_MONEY;
}

/** All that may call out: the accounts and the PBXs; an account that is added adds to it. */
static tg_micro callers_bound(struct vault *v, const struct ledger_now *now, unsigned period)
{
	const struct role_site *site = v->env.site;
	tg_micro sum = 0;
	uint32_t slot = 0;
	const struct vault_user *u;

	if (site->pbxs == 0 && tg_pool_next(v->accounts, 1, &slot) == NULL)
		return LEDGER_NO_MONEY; /* nobody yet is no bound on who comes */
	slot = 0;
	for (unsigned i = 0; i < site->pbxs; i++)
		sum = plus(sum,
		           bound_of(v, now, LEDGER_PBX, link_text(&site->pbx[i].name), period));
	while (sum < LEDGER_NO_MONEY && (u = tg_pool_next(v->accounts, slot + 1, &slot)) != NULL)
		sum = plus(sum, bound_of(v, now, LEDGER_ACCOUNT,
		                         slice_of(u->a.user, u->a.user_len), period));
	return sum;
}

static tg_micro trunks_bound(struct vault *v, const struct ledger_now *now, unsigned period)
{
	tg_micro sum = 0;

	for (unsigned i = 0; i < v->rules.trunks; i++)
		sum = plus(sum, bound_of(v, now, LEDGER_TRUNK, v->rules.trunk[i].name, period));
	return sum;
}

/** What bounds the site: its own budget, or else the sum of its trunks' or of its callers'. */
static tg_micro site_bound(struct vault *v, const struct ledger_now *now, unsigned period,
                           const char **by)
{
	tg_micro bound = bound_of(v, now, LEDGER_SITE, JUDGE_SITE, period);

	*by = "site";
	if (bound < LEDGER_NO_MONEY)
		return bound;
	*by = "trunks";
	bound = trunks_bound(v, now, period);
	if (bound < LEDGER_NO_MONEY)
		return bound;
	*by = "callers";
	return callers_bound(v, now, period);
}

/**
 * What the death of the whole host adds: nobody hangs up then, so that a call goes on until the
 * provider misses our refresh and then our answers (RFC 4028 §10).
 */
static tg_micro death_adds(const struct vault *v, uint32_t *calls)
{
	const struct ledger *l = judge_ledger(v->judge);
	struct ledger_hold_state h;
	struct tg_handle hold;
	uint32_t at = 0;
	tg_micro sum = 0;

	*calls = 0;
	while (ledger_hold_next(l, &at, &hold)) {
		struct tg_tariff more;

		if (ledger_hold_export(l, hold, &h) != TG_OK)
			continue;
		/* what is begun is held; every later increment is a `next` one */
		more = (struct tg_tariff){ h.tariff.per_minute, 0, h.tariff.next_s,
			                   h.tariff.next_s };
		sum = plus(sum, tg_tariff_cost(&more, VAULT_HOST_DEATH_S * 1000));
		++*calls;
	}
	return sum;
}

static void put_bound(struct vault *v, const struct ledger_now *now, struct buf *b, unsigned period)
{
	uint32_t id = ledger_find(judge_ledger(v->judge), LEDGER_SITE, JUDGE_SITE);
	const char *by = "site";
	tg_micro bound = site_bound(v, now, period, &by);
	struct ledger_view w = { 0 };

	if (id != 0 && ledger_view(judge_ledger(v->judge), now, id, &w) != TG_OK)
		return;
	buf_fmt(b, "{\"period\":\"%s\",\"open\":%s,\"by\":\"%s\"", ledger_limit_name(period),
	        period != LEDGER_OFF_HOURS || now->off_hours ? "true" : "false", by);
	vault_ctl_micro(b, "bound", bound);
	vault_ctl_micro(b, "spent", w.money[period].spent);
	vault_ctl_micro(b, "committed", w.money[period].held);
	vault_ctl_micro(b, "worst",
	                bound >= LEDGER_NO_MONEY ? bound :
	                                           bound - TG_MIN(bound, w.money[period].spent));
	buf_chr(b, '}');
}

/** Limits that were configured and do not hold. */
static void put_not_enforced(struct vault *v, struct buf *b)
{
	bool first = true;

	buf_lit(b, ",\"not_enforced\":[");
	for (uint32_t i = 0; i < v->rules.budgets && b->cap - b->len > 256; i++) {
		const struct judge_budget *row = &v->rules.budget[i];
		char mem[128];
		struct buf text = buf_on(mem, sizeof(mem));

		if (row->limits.mode == LEDGER_ENFORCE)
			continue;
		buf_fmt(&text, "%s%s", ledger_kind_name(row->kind), row->name.len > 0 ? " " : "");
		buf_put(&text, row->name);
		buf_fmt(&text, ": %s", mode_name(row->limits.mode));
		if (!first)
			buf_chr(b, ',');
		first = false;
		buf_json(b, buf_slice(&text));
	}
	buf_chr(b, ']');
}

static void money(struct vault *v, const struct link_msg *ask)
{
	const struct ledger_now *now = now_of(v);
	char mem[LINK_BODY_MAX];
	struct buf b = buf_on(mem, sizeof(mem));
	struct ledger_stat stat;
	uint32_t calls;
	tg_micro death = death_adds(v, &calls);

	ledger_stat(judge_ledger(v->judge), &stat);
	buf_fmt(&b, "{\"priced\":%s,\"trunks\":%u,\"currency\":",
	        v->rules.plan != NULL ? "true" : "false", v->rules.trunks);
	buf_json(&b, v->rules.currency);
	buf_fmt(&b, ",\"calls\":%u,\"death_s\":%u", calls, VAULT_HOST_DEATH_S);
	vault_ctl_micro(&b, "death_adds", death);
	vault_ctl_micro(&b, "committed", stat.held);
	buf_fmt(&b, ",\"overruns\":%llu", (unsigned long long)stat.overruns);
	vault_ctl_micro(&b, "overrun", stat.overrun_micro);
	buf_lit(&b, ",\"periods\":[");
	for (unsigned p = 0; p < LEDGER_PERIODS; p++) {
		if (p == LEDGER_OFF_HOURS && v->rules.calendar == NULL)
			continue;
		if (p > 0)
			buf_chr(&b, ',');
		put_bound(v, now, &b, p);
	}
	buf_chr(&b, ']');
	put_not_enforced(v, &b);
	buf_chr(&b, '}');
	vault_ctl_page(v, ask, &b, true, false);
}

bool vault_ctl_money(struct vault *v, const struct link_msg *ask, struct slice verb,
                     struct slice words)
{
	if (slice_eq(verb, SLICE("limits")))
		limits(v, ask, words);
	else if (slice_eq(verb, SLICE("money")))
		money(v, ask);
	else if (slice_eq(verb, SLICE("explain")))
		vault_ctl_explain(v, ask, words);
	else
		return false;
	return true;
}
