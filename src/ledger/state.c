#include "ledger/ledger_priv.h"

#include <assert.h>
#include <string.h>

/* ---- attempts by call ---- */

uint64_t attempt_hash(const struct ledger *l, uint64_t call)
{
	return tg_table_hash(l->by_call, slice_of(&call, sizeof(call)));
}

struct attempt *attempt_sibling(const struct ledger *l, uint64_t call, uint64_t hash, uint32_t *at)
{
	uint32_t slot;

	while ((slot = tg_table_find(l->by_call, hash, at)) != 0) {
		struct attempt *a = tg_pool_at(l->attempts, slot);

		assert(a != NULL);
		if (a->call == call)
			return a;
	}
	return NULL;
}

struct attempt *attempt_take(struct ledger *l, uint64_t call, uint64_t hash)
{
	struct attempt *a = tg_pool_take(l->attempts);
	enum tg_err err;

	if (a == NULL)
		return NULL;
	a->call = call;
	a->hash = hash;
	a->self = tg_pool_handle(l->attempts, a);
	err = tg_table_add(l->by_call, hash, a->self.slot);
	assert(err == TG_OK); /* as large as the pool */
	(void)err;
	return a;
}

uint16_t attempt_common(const struct attempt *a, const struct attempt *other)
{
	uint16_t common = 0;

	for (unsigned i = 0; i < a->count; i++) {
		for (unsigned k = 0; k < other->count; k++) {
			if (a->above[i] == other->above[k])
				common |= (uint16_t)(1u << i);
		}
	}
	return common;
}

/* ---- to the disk ---- */

enum tg_err ledger_total_export(const struct ledger *l, uint32_t id, struct ledger_total *out)
{
	const struct entry *e;
	struct slice name;

	if (id == 0 || id > l->count)
		return TG_ENOENT;
	e = entry_at(l, id);
	name = entry_name(l, e);
	memset(out, 0, sizeof(*out));
	out->kind = e->kind;
	out->name_len = (uint8_t)name.len;
	if (name.len > 0)
		memcpy(out->name, name.p, name.len);
	out->minute = e->minute;
	out->calls_minute = e->done_minute;
	out->calls_hour = e->done_hour;
	for (unsigned p = 0; p < LEDGER_PERIODS; p++)
		out->spent[p] = e->used[p] - e->held[p];
	return TG_OK;
}

uint32_t ledger_hold_above(const struct ledger *l, struct tg_handle hold,
                           uint32_t above[LEDGER_ABOVE_MAX])
{
	const struct attempt *a = tg_pool_find(l->attempts, hold);

	if (a == NULL)
		return 0;
	memcpy(above, a->above, a->count * sizeof(above[0]));
	return a->count;
}

enum tg_err ledger_hold_export(const struct ledger *l, struct tg_handle hold,
                               struct ledger_hold_state *out)
{
	const struct attempt *a = tg_pool_find(l->attempts, hold);

	if (a == NULL)
		return TG_ENOENT;
	memset(out, 0, sizeof(*out));
	out->call = a->call;
	for (unsigned i = 0; i < a->count; i++) {
		const struct entry *e = entry_at(l, a->above[i]);

		out->above[i] = ledger_key((enum ledger_kind)e->kind, entry_name(l, e));
	}
	out->tariff = a->tariff;
	out->answer_ms = a->answer_ms;
	out->before = a->before;
	out->held = a->held;
	memcpy(out->in, a->in, sizeof(out->in));
	memcpy(out->start, a->start, sizeof(out->start));
	out->minute = a->minute;
	out->paid_s = a->paid_s;
	out->counted = a->counted;
	return TG_OK;
}

/* ---- from the disk ---- */

/** The most that one attempt can hold: a day at the dearest tariff is far below. */
#define HELD_MAX TG_MICRO_MAX

enum tg_err ledger_total_import(struct ledger *l, const struct ledger_total *t)
{
	struct entry *e;
	uint32_t id;
	enum tg_err err;

	if (t->kind < 1 || t->kind >= LEDGER_KINDS || t->name_len > LEDGER_NAME_MAX ||
	    t->calls_hour > INT32_MAX || t->calls_minute > t->calls_hour)
		return TG_EBAD;
	for (unsigned p = 0; p < LEDGER_PERIODS; p++) {
		if (t->spent[p] < 0)
			return TG_EBAD;
	}
	err = ledger_add(l, (enum ledger_kind)t->kind, slice_of(t->name, t->name_len), &id);
	if (err != TG_OK)
		return err;
	e = entry_at(l, id);
	entry_touch(l, e);
	for (unsigned p = 0; p < LEDGER_PERIODS; p++) {
		tg_micro spent = t->minute < l->start[p] ? 0 : t->spent[p];

		e->used[p] = e->held[p] + TG_MIN(spent, INT64_MAX - e->held[p]);
	}
	/* what is there already is of open attempts */
	e->calls_minute -= e->done_minute;
	e->calls_hour -= e->done_hour;
	e->done_minute = t->minute == l->minute ? t->calls_minute : 0;
	e->done_hour = t->minute / 60 == l->minute / 60 ? t->calls_hour : 0;
	e->calls_minute += e->done_minute;
	e->calls_hour += e->done_hour;
	return TG_OK;
}

static bool hold_valid(const struct ledger_hold_state *s)
{
	for (unsigned p = 0; p < LEDGER_PERIODS; p++) {
		if (s->in[p] < 0 || s->in[p] > s->held)
			return false;
	}
	return tg_tariff_valid(&s->tariff) && s->held >= 0 && s->held <= HELD_MAX &&
	       s->before >= 0 && s->paid_s <= TG_TALK_MAX_S;
}

static void import_above(struct ledger *l, const struct ledger_hold_state *s, struct attempt *a)
{
	for (unsigned i = 0; i < LEDGER_ABOVE_MAX; i++) {
		uint32_t at = 0, id;

		if (s->above[i] == 0)
			continue;
		while ((id = tg_table_find(l->by_name, s->above[i], &at)) != 0) {
			const struct entry *e = entry_at(l, id);

			if (ledger_key((enum ledger_kind)e->kind, entry_name(l, e)) == s->above[i])
				break;
		}
		if (id == 0) {
			l->stat.orphans++;
			continue;
		}
		a->counted |= (uint16_t)((s->counted >> i & 1) << a->count);
		a->above[a->count++] = id;
	}
}

enum tg_err ledger_hold_import(struct ledger *l, const struct ledger_hold_state *s,
                               struct tg_handle *hold)
{
	struct attempt *a, *other;
	uint16_t shared = 0;
	uint32_t at = 0;

	if (!hold_valid(s))
		return TG_EBAD;
	a = attempt_take(l, s->call, attempt_hash(l, s->call));
	if (a == NULL)
		return TG_ENOMEM;
	import_above(l, s, a);
	a->tariff = s->tariff;
	a->held = s->held;
	a->minute = s->minute;
	a->paid_s = s->paid_s;
	a->answer_ms = s->answer_ms;
	a->before = s->before;
	for (unsigned p = 0; p < LEDGER_PERIODS; p++) {
		/* later: another zone, whose window began earlier; it counts here then */
		bool now = s->start[p] >= l->start[p];

		a->start[p] = now ? l->start[p] : s->start[p];
		a->in[p] = s->in[p];
	}
	while ((other = attempt_sibling(l, a->call, a->hash, &at)) != NULL)
		shared |= other != a ? attempt_common(a, other) : 0;
	for (unsigned i = 0; i < a->count; i++) {
		struct entry *e = entry_at(l, a->above[i]);

		entry_touch(l, e);
		e->calls += !(shared >> i & 1);
		if ((a->counted >> i & 1) != 0) {
			e->calls_minute += a->minute == l->minute;
			e->calls_hour += a->minute / 60 == l->minute / 60;
		}
		for (unsigned p = 0; p < LEDGER_PERIODS; p++) {
			tg_micro in = a->start[p] == l->start[p] ? a->in[p] : 0;

			e->held[p] += in;
			e->used[p] += in;
		}
		e->committed += a->held;
	}
	l->stat.held += a->held;
	*hold = a->self;
	return TG_OK;
}

/* ---- to look at ---- */

static void view_money(const struct ledger *l, const struct entry *e, const struct ledger_now *now,
                       unsigned p, struct ledger_money *m)
{
	uint32_t start = TG_MAX(now->start[p], l->start[p]);

	memset(m, 0, sizeof(*m));
	if (p != LEDGER_OFF_HOURS || now->off_hours)
		m->start = start;
	if (e->minute >= start) {
		m->held = e->held[p];
		m->spent = e->used[p] - e->held[p];
	}
	m->limit = m->remaining = m->bound = m->still = LEDGER_NO_MONEY;
	if (p == LEDGER_OFF_HOURS && !now->off_hours)
		m->limit = l->budgets[e->row].mode == LEDGER_ENFORCE ?
		                   l->budgets[e->row].money[p] :
		                   LEDGER_NO_MONEY;
	else
		m->limit = entry_limit(l, e, p, now->off_hours);
	m->limited = m->limit < LEDGER_NO_MONEY;
	if (!m->limited)
		return;
	m->remaining = TG_MAX(m->limit - m->spent - m->held, 0);
	m->bound = TG_MAX(m->limit, m->spent + m->held);
	m->still = m->bound - m->spent;
}

uint32_t ledger_calls(const struct ledger *l, uint32_t id)
{
	return id != 0 && id <= l->count ? entry_at(l, id)->calls : 0;
}

enum tg_err ledger_view(const struct ledger *l, const struct ledger_now *now, uint32_t id,
                        struct ledger_view *out)
{
	const struct entry *e;
	uint32_t minute = (uint32_t)(now->ms / 60000);
	uint64_t seen[LEDGER_DESTINATIONS_MAX];

	if (id == 0 || id > l->count)
		return TG_ENOENT;
	e = entry_at(l, id);
	memset(out, 0, sizeof(*out));
	out->kind = (enum ledger_kind)e->kind;
	out->name = entry_name(l, e);
	out->row = e->row;
	out->budget = &l->budgets[e->row];
	out->calls = e->calls;
	out->calls_minute = e->minute >= minute ? e->calls_minute : 0;
	out->calls_hour = e->minute / 60 >= minute / 60 ? e->calls_hour : 0;
	if (e->minute >= now->start[LEDGER_DAY])
		out->destinations = ledger_destinations(l, id, seen);
	out->committed = e->committed;
	for (unsigned p = 0; p < LEDGER_PERIODS; p++)
		view_money(l, e, now, p, &out->money[p]);
	return TG_OK;
}

tg_micro ledger_worst(const struct ledger *l, const struct ledger_now *now, uint32_t id,
                      enum ledger_period period)
{
	struct ledger_money m;

	if (id == 0 || id > l->count)
		return LEDGER_NO_MONEY;
	view_money(l, entry_at(l, id), now, period, &m);
	return m.bound;
}

uint32_t ledger_next(const struct ledger *l, unsigned kind, uint32_t after)
{
	for (uint32_t id = after + 1; id <= l->count; id++) {
		if (kind == 0 || entry_at(l, id)->kind == kind)
			return id;
	}
	return 0;
}

bool ledger_hold_next(const struct ledger *l, uint32_t *at, struct tg_handle *hold)
{
	uint32_t slot;
	void *a = tg_pool_next(l->attempts, *at + 1, &slot);

	if (a == NULL)
		return false;
	*at = slot;
	*hold = tg_pool_handle(l->attempts, a);
	return true;
}

void ledger_stat(const struct ledger *l, struct ledger_stat *out)
{
	struct tg_pool_stat pool;

	tg_pool_stat(l->attempts, &pool);
	*out = l->stat;
	out->ledgers = l->count;
	out->ledgers_max = l->conf.ledgers;
	out->holds = pool.used;
	out->holds_max = pool.cap;
	out->destinations = l->chunks_used;
	out->destinations_max = l->conf.destinations;
	out->bytes = sizeof(*l) + (size_t)l->conf.ledgers * (sizeof(struct entry) + 16) +
	             l->names_cap + (size_t)l->conf.destinations * sizeof(struct chunk) +
	             (size_t)pool.cap * (pool.item_bytes + 16) +
	             (size_t)l->conf.budgets * sizeof(*l->budgets);
}
