/* From what was dialled to a verdict: number, price, facts, rules. */
#include "role/judge_priv.h"

#include <assert.h>
#include <stdlib.h>

/* ---- making one ---- */

static bool is_each(const struct judge_budget *b)
{
	return b->name.len == 0 && b->kind != LEDGER_SITE;
}

/** Row i + 1 of the ledger is budget i. */
static bool set_budgets(struct judge *j)
{
	for (uint32_t i = 0; i < j->rules.budgets; i++) {
		const struct judge_budget *b = &j->rules.budget[i];
		uint32_t id;

		if (ledger_budget_set(j->ledger, i + 1, &b->limits) != TG_OK)
			return false;
		if (is_each(b)) {
			j->row_each[b->kind] = i + 1;
			continue;
		}
		if (ledger_add(j->ledger, b->kind, b->kind == LEDGER_SITE ? JUDGE_SITE : b->name,
		               &id) != TG_OK)
			return false;
		ledger_use(j->ledger, id, i + 1);
	}
	return true;
}

uint32_t judge_ledger_of(struct judge *j, enum ledger_kind kind, struct slice name)
{
	uint32_t id = ledger_find(j->ledger, kind, name);

	if (id != 0 || name.len == 0)
		return id;
	if (ledger_add(j->ledger, kind, name, &id) != TG_OK)
		return 0; /* full: judge_hold() then refuses */
	ledger_use(j->ledger, id, j->row_each[kind]);
	return id;
}

/**
 * All ledgers but those of accounts are there from the start: what is loaded from disk names them.
 */
static bool add_known(struct judge *j)
{
	bool ok;

	j->site = judge_ledger_of(j, LEDGER_SITE, JUDGE_SITE);
	ok = j->site != 0;
	for (int i = 0; ok && i < NUMBER_CLASSES; i++) {
		struct slice name = slice_str(number_class_name((enum number_class)i));

		ok = (j->class[i] = judge_ledger_of(j, LEDGER_CLASS, name)) != 0;
	}
	for (uint16_t i = 0; ok && i < j->rules.groups; i++)
		ok = (j->group[i] = judge_ledger_of(j, LEDGER_GROUP, j->rules.group[i])) != 0;
	for (uint16_t i = 0; ok && i < j->rules.pbxs; i++)
		ok = (j->pbx[i] = judge_ledger_of(j, LEDGER_PBX, j->rules.pbx[i])) != 0;
	for (uint16_t i = 0; ok && i < j->rules.trunks; i++)
		ok = (j->trunk[i] = judge_ledger_of(j, LEDGER_TRUNK, j->rules.trunk[i].name)) != 0;
	return ok;
}

struct judge *judge_new(const struct judge_rules *rules, const struct judge_sizes *sizes,
                        const struct tg_key *key, const struct ledger_clock_state *saved,
                        const struct ledger_clock_state *here)
{
	struct ledger_conf conf = {
		.ledgers = sizes->accounts + JUDGE_FIXED_LEDGERS,
		.budgets = rules->budgets + 1,
		.holds = sizes->calls,
		.destinations = sizes->calls * 4 + 1024,
		.key = *key,
	};
	struct judge *j = calloc(1, sizeof(*j));

	assert(rules->budgets <= JUDGE_BUDGETS_MAX && rules->trunks <= JUDGE_TRUNKS_MAX);
	if (j == NULL)
		return NULL;
	j->rules = *rules;
	ledger_clock_init(&j->clock, rules->zone, rules->calendar, saved, here);
	j->ledger = ledger_new(&conf);
	if (j->ledger != NULL && set_budgets(j) && add_known(j)) {
		return j;
	}
	judge_free(j);
	return NULL;
}

void judge_free(struct judge *j)
{
	if (j == NULL)
		return;
	ledger_free(j->ledger);
	free(j);
}

void judge_set_clock(struct judge *j, const struct ledger_clock_state *saved,
                     const struct ledger_clock_state *here)
{
	assert(!j->begun); /* a window that was opened by a wrong clock does not close again */
	ledger_clock_init(&j->clock, j->rules.zone, j->rules.calendar, saved, here);
}

const struct ledger_now *judge_time(struct judge *j, uint64_t mono_ms, uint64_t wall_ms)
{
	const struct ledger_now *now = ledger_clock_now(&j->clock, mono_ms, wall_ms);

	if (!j->begun) /* before anything is loaded, and not before the clock is known (C5) */
		ledger_advance(j->ledger, now);
	j->begun = true;
	return now;
}

const struct ledger_now *judge_now(const struct judge *j)
{
	return &j->clock.now;
}

const struct ledger_clock_state *judge_clock(const struct judge *j)
{
	return &j->clock.state;
}

struct ledger *judge_ledger(const struct judge *j)
{
	return j->ledger;
}

const struct policy_counts *judge_counts(const struct judge *j)
{
	return &j->counts;
}

/* ---- ledgers ---- */

static void find_ledgers(struct judge *j, const struct judge_ask *ask, struct judge_route *c)
{
	c->above[c->aboves++] = j->site;
	c->above[c->aboves++] = j->class[c->class];
	if (ask->account.group < j->rules.groups)
		c->above[c->aboves++] = j->group[ask->account.group];
	if (ask->party == POLICY_PBX && ask->peer < j->rules.pbxs)
		c->above[c->aboves++] = j->pbx[ask->peer];
	if (ask->account.name.len == 0)
		return;
	c->above[c->aboves++] = judge_ledger_of(j, LEDGER_ACCOUNT, ask->account.name);
	c->no_ledger = c->above[c->aboves - 1] == 0;
}

/* ---- facts ---- */

enum price_source judge_price(const struct judge *j, int trunk, const struct number *n,
                              uint64_t now_s, struct tg_tariff *out)
{
	const struct deck *own = NULL, *site = NULL;

	if (n->len == 0) {
		*out = *bands_dearest();
		return PRICE_DEAREST;
	}
	if (j->rules.deck != NULL) {
		own = trunk >= 0 ? j->rules.deck(j->rules.ctx, trunk) : NULL;
		site = j->rules.deck(j->rules.ctx, -1);
	}
	return number_price(own, site, n, now_s, out, NULL);
}

static void set_time(const struct judge *j, const struct ledger_now *now, struct policy_time *t)
{
	struct tg_local local;

	tg_zone_local(j->rules.zone, (int64_t)(now->ms / 1000), &local);
	t->date = (uint32_t)local.year * 10000 + local.month * 100u + local.mday;
	t->minute = (uint16_t)(local.second / 60);
	t->weekday = local.weekday;
}

static void set_called(struct judge *j, const struct ledger_now *now, struct judge_case *c)
{
	struct policy_called *p = &c->facts.called;
	struct judge_route *r = &c->route;
	const struct number_plan *plan = j->rules.plan;

	if (plan == NULL ||
	    number_normalise(&r->number, plan, c->facts.dialled, &c->no_number) != TG_OK) {
		r->class = NUMBER_CLASS_UNKNOWN;
		return;
	}
	r->class = (uint8_t)number_class_of(plan->home, &r->number);
	c->price_source = (uint8_t)judge_price(j, j->rules.first_trunk, &r->number,
	                                       now->ms / 1000, &p->tariff);
	*p = (struct policy_called){
		.digits = slice_of(r->number.digits, r->number.len),
		.territory = r->number.territory,
		.type = r->number.type,
		.class = r->class,
		.known = r->number.known,
		.priced = c->price_source == PRICE_TRUNK || c->price_source == PRICE_SITE,
		.tariff = p->tariff,
	};
}

/** The caller number that it claims, when it is one. */
static void set_claimed(const struct judge *j, struct judge_case *c)
{
	struct buf b = buf_on(c->claimed, sizeof(c->claimed));
	struct number n;

	if (j->rules.plan == NULL || c->facts.claimed.len == 0 ||
	    number_normalise(&n, j->rules.plan, c->facts.claimed, NULL) != TG_OK || n.short_code)
		return;
	number_write(&b, &n);
	c->facts.claimed_e164 = buf_slice(&b);
}

void judge_call(struct judge *j, const struct ledger_now *now, const struct judge_ask *ask,
                struct judge_case *c)
{
	struct policy_facts *f = &c->facts;

	memset(c, 0, sizeof(*c));
	*f = (struct policy_facts){
		.party = ask->party,
		.peer = ask->peer,
		.peer_name = ask->peer_name,
		.account = ask->account,
		.source = ask->source,
		.dialled = ask->dialled,
		.dialled_is_account = ask->dialled_is_account,
		.claimed = ask->claimed,
	};
	set_time(j, now, &f->time);
	if (ask->party != POLICY_TRUNK) {
		f->emergency = j->rules.plan != NULL &&
		               number_emergency(j->rules.plan->home, ask->dialled);
		set_called(j, now, c);
		set_claimed(j, c);
		find_ledgers(j, ask, &c->route);
		f->calls_site = ledger_calls(j->ledger, j->site);
		f->calls_own = ledger_calls(j->ledger, c->route.above[c->route.aboves - 1]);
	}
	if (j->rules.recall != NULL)
		j->rules.recall(j->rules.ctx, now->ms, f);
	policy_decide(&c->verdict, j->rules.policy, f);
	policy_count(&j->counts, &c->verdict);
	c->route.emergency = c->verdict.emergency;
	c->route.longest_s = c->verdict.longest_s;
	c->route.per_minute_max = c->verdict.per_minute_max;
}
