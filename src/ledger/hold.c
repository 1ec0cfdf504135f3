/* Calls: everything is checked on all ledgers before anything changes on one. */
#include "ledger/ledger_priv.h"

#include <assert.h>
#include <string.h>

/** Of one hold or renewal, while the ledgers are asked one after the other. */
struct check {
	struct ledger *l;
	struct ledger_answer *out;
	tg_micro least;  /* money without which there is no talk */
	tg_micro avail;  /* what all ledgers leave, and … */
	struct ledger_block tight; /* … the limit that leaves no more */
	tg_micro call_held; /* by all attempts of the call */
	uint32_t max_s;
	struct ledger_block length;
	/* the ledger at hand */
	struct entry *e;
	uint32_t id;
	bool dry, override;
};

static const struct ledger_block no_block = { .what = LEDGER_LIMIT_NONE };

static struct ledger_block block_of(const struct check *c, unsigned what, tg_micro limit,
                                    tg_micro used, tg_micro asked)
{
	return (struct ledger_block){ c->id, (uint8_t)what, c->override, limit, used, asked };
}

/** A limit is passed: refuse, or only say so.  True: go on. */
static bool passed(struct check *c, unsigned what, tg_micro limit, tg_micro used)
{
	struct ledger_block b = block_of(c, what, limit, used, 1);

	if (c->dry) {
		if (c->out->dry.what == LEDGER_LIMIT_NONE)
			c->out->dry = b;
		return true;
	}
	c->out->block = b;
	return false;
}

static void check_amount(struct check *c, unsigned what, tg_micro limit, tg_micro used)
{
	tg_micro left = limit > used ? limit - used : 0;

	if (c->dry) {
		if (left < c->least && c->out->dry.what == LEDGER_LIMIT_NONE)
			c->out->dry = block_of(c, what, limit, used, c->least);
	} else if (left < c->avail) {
		c->avail = left;
		c->tight = block_of(c, what, limit, used, c->least);
	}
}

/** True when no amount of this enforced budget is tighter than what was found; the common case. */
static bool roomy(const struct check *c, const struct ledger_budget *b)
{
	unsigned periods = periods_now(c->l);
	tg_micro least = b->call - c->call_held;

	for (unsigned p = 0; p < periods; p++)
		least = TG_MIN(least, b->money[p] - c->e->used[p]);
	return least >= c->avail;
}

static void check_money(struct check *c, const struct ledger_budget *b)
{
	if (!c->dry && roomy(c, b))
		return;
	for (unsigned p = 0; p < periods_now(c->l); p++)
		check_amount(c, p, b->money[p], c->e->used[p]);
	check_amount(c, LEDGER_LIMIT_CALL, b->call, c->call_held);
}

static void check_length(struct check *c, const struct ledger_budget *b)
{
	if (b->call_s >= c->max_s)
		return;
	if (c->dry) {
		if (c->out->dry.what == LEDGER_LIMIT_NONE && b->call_s == 0)
			c->out->dry = block_of(c, LEDGER_LIMIT_LENGTH, 0, 0, 1);
		return;
	}
	c->max_s = b->call_s;
	c->length = block_of(c, LEDGER_LIMIT_LENGTH, b->call_s, 0, 1);
}

/** What a new attempt adds to the counts of one ledger. */
struct counts {
	bool up, rate, seen;
	enum seen found;
	uint32_t destinations;
};

static bool check_counts(struct check *c, const struct ledger_budget *b, const struct counts *n)
{
	const struct entry *e = c->e;

	if (n->up && e->calls >= b->calls && !passed(c, LEDGER_LIMIT_CALLS, b->calls, e->calls))
		return false;
	if (n->rate && e->calls_minute >= b->calls_minute &&
	    !passed(c, LEDGER_LIMIT_CALLS_MINUTE, b->calls_minute, e->calls_minute))
		return false;
	if (n->rate && e->calls_hour >= b->calls_hour &&
	    !passed(c, LEDGER_LIMIT_CALLS_HOUR, b->calls_hour, e->calls_hour))
		return false;
	return n->found == SEEN_KNOWN || n->destinations < b->destinations ||
	       passed(c, LEDGER_LIMIT_DESTINATIONS, b->destinations, n->destinations);
}

/** One budget of the ledger at hand; `n` NULL for a renewal. */
static bool check_budget(struct check *c, const struct ledger_budget *b, const struct counts *n)
{
	if (b->mode == LEDGER_OFF)
		return true;
	c->dry = b->mode == LEDGER_DRY_RUN;
	check_money(c, b);
	check_length(c, b);
	return n == NULL || check_counts(c, b, n);
}

/** The budgets that hold for a ledger now: its own, that of off-hours, lockdown's. */
static bool check_entry(struct check *c, uint32_t id, const struct counts *n)
{
	struct ledger *l = c->l;
	const struct ledger_budget *own;

	c->id = id;
	c->e = entry_at(l, id);
	c->dry = c->override = false;
	own = &l->budgets[c->e->row];
	for (unsigned p = 0; p < LEDGER_PERIODS && own->mode != LEDGER_ENFORCE; p++)
		check_amount(c, p, LEDGER_NO_MONEY, c->e->used[p]); /* no sum wraps */
	if (!check_budget(c, own, n))
		return false;
	if (own->off_row != 0 && l->off_hours && !check_budget(c, &l->budgets[own->off_row], n))
		return false;
	if ((l->override_kinds >> c->e->kind & 1) == 0)
		return true;
	c->override = true;
	return check_budget(c, &l->override, n);
}

static void check_begin(struct check *c, struct ledger *l, struct ledger_answer *out)
{
	memset(c, 0, sizeof(*c));
	memset(out, 0, sizeof(*out));
	out->block = out->dry = no_block;
	c->l = l;
	c->out = out;
	c->avail = LEDGER_NO_MONEY;
	c->tight = c->length = no_block;
	c->max_s = LEDGER_NO_COUNT;
}

static tg_micro cost_of(const struct tg_tariff *t, uint32_t talk_s)
{
	return tg_tariff_cost(t, (uint64_t)talk_s * 1000);
}

/** The border of increments that covers so many seconds; 24 hours at most. */
static uint32_t border(const struct tg_tariff *t, uint64_t talk_s)
{
	uint32_t steps = ((uint32_t)TG_TALK_MAX_S - t->first_s) / t->next_s;
	uint32_t last = t->first_s + steps * t->next_s;

	return talk_s >= last ? last : tg_tariff_billed_s(t, talk_s * 1000);
}

/** The seconds that the talk may last at most; the guard is paid besides. */
static uint64_t longest_s(const struct check *c)
{
	return (uint64_t)TG_MIN(c->max_s, (uint32_t)TG_TALK_MAX_S) + LEDGER_GUARD_S;
}

/** Whatever is enforced holds after a reservation; cheap enough for every one. */
static void assert_within(const struct ledger *l, const struct entry *e)
{
	const struct ledger_budget *b = &l->budgets[e->row];
	unsigned periods = b->mode == LEDGER_ENFORCE ? periods_now(l) : 0;
	tg_micro bad = 0; /* negative when any difference is */

	for (unsigned p = 0; p < LEDGER_PERIODS; p++)
		bad |= e->held[p] | (e->used[p] - e->held[p]);
	for (unsigned p = 0; p < periods; p++)
		bad |= b->money[p] - e->used[p];
	assert(bad >= 0);
	(void)bad;
}

static void reserve(struct ledger *l, struct attempt *a, tg_micro amount, uint32_t paid_s)
{
	unsigned periods = periods_now(l);
	tg_micro add[LEDGER_PERIODS] = { 0 };

	for (unsigned p = 0; p < periods; p++) {
		if (a->start[p] != l->start[p]) {
			a->start[p] = l->start[p];
			a->in[p] = 0;
		}
		a->in[p] += amount;
		add[p] = amount;
	}
	for (unsigned i = 0; i < a->count; i++) {
		struct entry *e = entry_at(l, a->above[i]);

		for (unsigned p = 0; p < LEDGER_PERIODS; p++) {
			e->used[p] += add[p];
			e->held[p] += add[p];
		}
		e->committed += amount;
		if (amount > 0)
			assert_within(l, e);
	}
	a->held += amount;
	a->paid_s = paid_s;
	l->stat.held += amount;
}

/* ---- a new attempt ---- */

/** Each id once; out[] has room for all.  Also asks for their lines early. */
static unsigned distinct(const struct ledger *l, const struct ledger_ask *ask,
                         uint32_t out[LEDGER_ABOVE_MAX])
{
	unsigned count = 0;

	for (unsigned i = 0; i < LEDGER_ABOVE_MAX; i++) {
		unsigned k = 0;

		assert(ask->above[i] <= l->count);
		if (ask->above[i] == 0)
			continue;
		while (k < count && out[k] != ask->above[i])
			k++;
		if (k < count)
			continue;
		TG_PREFETCH(entry_at(l, ask->above[i]));
		TG_PREFETCH(&entry_at(l, ask->above[i])->held);
		out[count++] = ask->above[i];
	}
	return count;
}

/** Whether any budget of the ledger counts destinations, be it now or in off-hours. */
static bool counts_seen(const struct ledger *l, const struct entry *e, bool *enforced)
{
	const struct ledger_budget *b[3] = { &l->budgets[e->row], NULL, NULL };
	bool any = false;

	*enforced = false;
	b[1] = &l->budgets[b[0]->off_row];
	if ((l->override_kinds >> e->kind & 1) != 0)
		b[2] = &l->override;
	else if (b[0]->destinations == LEDGER_NO_COUNT && b[1]->destinations == LEDGER_NO_COUNT)
		return false;
	for (unsigned i = 0; i < COUNT(b); i++) {
		if (b[i] == NULL || b[i]->destinations == LEDGER_NO_COUNT ||
		    b[i]->mode == LEDGER_OFF)
			continue;
		any = true;
		*enforced = *enforced || b[i]->mode == LEDGER_ENFORCE;
	}
	return any;
}

/** What is known of the attempt before it is one. */
struct plan {
	uint32_t above[LEDGER_ABOVE_MAX];
	unsigned count;
	uint16_t up;   /* bit i: the call is new to above[i] */
	uint16_t rate; /* counts for its calls per minute and hour */
	uint16_t seen; /* gets the number as a new destination */
};

/** Money of the other attempts of the call, and on which ledgers it is up already. */
static tg_micro siblings(const struct ledger *l, uint64_t call, uint64_t hash, struct plan *plan)
{
	const struct attempt *a;
	tg_micro held = 0;
	uint32_t at = 0;

	plan->up = (uint16_t)((1u << plan->count) - 1);
	while ((a = attempt_sibling(l, call, hash, &at)) != NULL) {
		held += a->held + a->before;
		for (unsigned i = 0; i < plan->count; i++) {
			for (unsigned k = 0; k < a->count; k++) {
				if (a->above[k] == plan->above[i])
					plan->up &= (uint16_t)~(1u << i);
			}
		}
	}
	return held;
}

static bool check_all(struct check *c, const struct ledger_ask *ask, struct plan *plan)
{
	uint32_t chunks = 0;
	bool enforced, must = false;

	for (unsigned i = 0; i < plan->count; i++) {
		struct entry *e = entry_at(c->l, plan->above[i]);
		struct counts n = { .found = SEEN_KNOWN };

		entry_touch(c->l, e);
		n.up = (plan->up >> i & 1) != 0;
		n.rate = !ask->again || e->kind == LEDGER_TRUNK;
		n.seen = counts_seen(c->l, e, &enforced);
		if (n.seen)
			n.found = seen_find(c->l, e, ask->destination, &n.destinations);
		if (!check_entry(c, plan->above[i], &n))
			return false;
		plan->rate |= (uint16_t)(n.rate << i);
		if (n.found == SEEN_KNOWN || n.destinations >= LEDGER_DESTINATIONS_MAX)
			continue;
		plan->seen |= (uint16_t)(1u << i);
		chunks += n.found == SEEN_NEW_CHUNK;
		must = must || enforced;
	}
	if (chunks > 0 && !seen_room(c->l, chunks)) {
		plan->seen = 0;
		c->id = 0;
		c->override = false;
		c->dry = !must;
		return passed(c, LEDGER_LIMIT_FULL, c->l->conf.destinations, c->l->chunks_used);
	}
	return true;
}

/** The increments that fit; false when not even the least does. */
static bool check_fits(struct check *c, const struct tg_tariff *t, uint64_t want_s,
                       uint32_t least_s, uint32_t *paid_s)
{
	uint32_t full = TG_MAX(border(t, want_s), least_s);

	if (c->avail >= cost_of(t, full)) {
		*paid_s = full;
		return true;
	}
	*paid_s = tg_tariff_covered_s(t, c->avail);
	c->out->block = c->tight;
	c->out->shrunk = *paid_s >= least_s;
	return c->out->shrunk;
}

static void count_attempt(struct ledger *l, struct attempt *a, const struct plan *plan,
                          uint64_t destination)
{
	for (unsigned i = 0; i < a->count; i++) {
		struct entry *e = entry_at(l, a->above[i]);

		e->calls += plan->up >> i & 1;
		e->calls_minute += plan->rate >> i & 1;
		e->calls_hour += plan->rate >> i & 1;
		if ((plan->seen >> i & 1) != 0)
			seen_add(l, a->above[i], destination);
	}
}

static uint16_t asked_bits(const struct ledger_ask *ask, const struct plan *plan, uint16_t bits)
{
	uint16_t out = 0;

	for (unsigned i = 0; bits != 0 && i < LEDGER_ABOVE_MAX; i++) {
		for (unsigned k = 0; k < plan->count; k++) {
			if ((bits >> k & 1) != 0 && ask->above[i] == plan->above[k])
				out |= (uint16_t)(1u << i);
		}
	}
	return out;
}

static enum tg_err refuse(struct check *c, uint64_t *counter)
{
	++*counter;
	c->out->shrunk = false;
	return TG_ELIMIT;
}

enum tg_err ledger_hold(struct ledger *l, const struct ledger_now *now,
                        const struct ledger_ask *ask, struct ledger_answer *out)
{
	struct plan plan = { .count = 0 };
	struct check c;
	struct attempt *a;
	uint32_t least_s, paid_s;
	uint64_t hash;

	assert(tg_tariff_valid(&ask->tariff) && ask->want_s >= 1);
	ledger_advance(l, now);
	check_begin(&c, l, out);
	out->max_s = LEDGER_NO_COUNT;
	if (ask->emergency) {
		l->stat.emergencies++;
		out->paid_s = TG_TALK_MAX_S;
		return TG_OK;
	}
	plan.count = distinct(l, ask, plan.above);
	hash = attempt_hash(l, ask->call);
	c.call_held = siblings(l, ask->call, hash, &plan);
	least_s = border(&ask->tariff, TG_MAX(ask->tariff.first_s, (uint32_t)LEDGER_GUARD_S + 1));
	c.least = cost_of(&ask->tariff, least_s);
	if (!check_all(&c, ask, &plan))
		return refuse(&c, &l->stat.refused);
	if (c.max_s == 0) {
		out->block = c.length;
		return refuse(&c, &l->stat.refused);
	}
	if (!check_fits(&c, &ask->tariff,
	                TG_MIN((uint64_t)ask->want_s + LEDGER_GUARD_S, longest_s(&c)), least_s,
	                &paid_s))
		return refuse(&c, &l->stat.refused);
	a = attempt_take(l, ask->call, hash);
	if (a == NULL) {
		out->block = (struct ledger_block){ 0, LEDGER_LIMIT_FULL, false, l->conf.holds,
			                            l->conf.holds, 1 };
		return refuse(&c, &l->stat.refused);
	}
	memcpy(a->above, plan.above, sizeof(a->above));
	a->count = (uint8_t)plan.count;
	a->tariff = ask->tariff;
	a->minute = l->minute;
	a->counted = plan.rate;
	count_attempt(l, a, &plan, ask->destination);
	reserve(l, a, cost_of(&a->tariff, paid_s), paid_s);
	l->stat.held_count++;
	l->stat.dry_refused += out->dry.what != LEDGER_LIMIT_NONE;
	out->hold = a->self;
	out->paid_s = paid_s;
	out->max_s = c.max_s;
	out->held = a->held;
	out->new_destination = asked_bits(ask, &plan, plan.seen);
	return TG_OK;
}

/* ---- an attempt that lives ---- */

enum tg_err ledger_renew(struct ledger *l, const struct ledger_now *now, struct tg_handle hold,
                         uint32_t want_s, struct ledger_answer *out)
{
	struct attempt *a = tg_pool_find(l->attempts, hold);
	struct plan others = { .count = 0 };
	struct check c;
	uint32_t paid_s, next_s;

	if (a == NULL)
		return TG_ENOENT;
	ledger_advance(l, now);
	check_begin(&c, l, out);
	out->hold = hold;
	out->paid_s = a->paid_s;
	out->held = a->held;
	next_s = border(&a->tariff, (uint64_t)a->paid_s + 1);
	c.least = cost_of(&a->tariff, next_s) - a->held;
	c.call_held = siblings(l, a->call, a->hash, &others);
	for (unsigned i = 0; i < a->count; i++)
		entry_touch(l, entry_at(l, a->above[i]));
	for (unsigned i = 0; i < a->count; i++)
		(void)check_entry(&c, a->above[i], NULL);
	out->max_s = c.max_s;
	if (next_s <= a->paid_s || a->paid_s >= longest_s(&c)) {
		out->block = c.length.what == LEDGER_LIMIT_LENGTH ?
		                     c.length :
		                     (struct ledger_block){ 0, LEDGER_LIMIT_LENGTH, false,
			                                    TG_TALK_MAX_S, a->paid_s, 1 };
		return refuse(&c, &l->stat.renew_refused);
	}
	c.avail = TG_MIN(c.avail, LEDGER_NO_MONEY - a->held) + a->held;
	if (!check_fits(&c, &a->tariff,
	                TG_MIN((uint64_t)a->paid_s + want_s, longest_s(&c)), next_s, &paid_s))
		return refuse(&c, &l->stat.renew_refused);
	reserve(l, a, cost_of(&a->tariff, paid_s) - a->held, paid_s);
	l->stat.renewed++;
	out->paid_s = paid_s;
	out->held = a->held;
	return TG_OK;
}

enum tg_err ledger_answered(struct ledger *l, const struct ledger_now *now, struct tg_handle hold)
{
	struct attempt *a = tg_pool_find(l->attempts, hold);

	if (a == NULL)
		return TG_ENOENT;
	if (a->answer_ms == 0)
		a->answer_ms = now->ms;
	return TG_OK;
}
