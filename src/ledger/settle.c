/* The end of an attempt: what its talk costs is spent, the rest comes back. */
#include "ledger/ledger_priv.h"

#include <assert.h>

/** As tg_tariff_cost(), for talk that a provider counts beyond the longest call, too. */
static tg_micro cost_of_ms(const struct tg_tariff *t, uint64_t talk_ms)
{
	uint64_t seconds, max_ms = (uint64_t)TG_TALK_MAX_S * 1000;

	if (talk_ms <= max_ms)
		return tg_tariff_cost(t, talk_ms);
	/* 115 days: no provider does, and no product below wraps */
	seconds = TG_MIN(talk_ms / 1000 + 1, UINT64_C(10000000));
	seconds = t->first_s + (seconds - t->first_s + t->next_s - 1) / t->next_s * t->next_s;
	return t->connect + (t->per_minute * (tg_micro)seconds + 59) / 60;
}

/** What the end of an attempt takes from each of its ledgers. */
struct share {
	tg_micro held[LEDGER_PERIODS], used[LEDGER_PERIODS];
};

/** Windows that still know what was held lose it, but for the `cost` of it. */
static void share_of(const struct ledger *l, const struct attempt *a, tg_micro cost,
                     struct share *out)
{
	tg_micro unspent = TG_MAX(a->held - cost, 0);

	for (unsigned p = 0; p < LEDGER_PERIODS; p++) {
		out->held[p] = a->start[p] == l->start[p] ? a->in[p] : 0;
		out->used[p] = TG_MIN(unspent, out->held[p]);
	}
}

static void settle_money(const struct share *share, struct entry *e, tg_micro held)
{
	tg_micro bad = 0; /* negative when any difference is */

	for (unsigned p = 0; p < LEDGER_PERIODS; p++) {
		e->held[p] -= share->held[p];
		e->used[p] -= share->used[p];
		bad |= e->held[p] | (e->used[p] - e->held[p]);
	}
	e->committed -= held;
	assert(bad >= 0 && e->committed >= 0);
	(void)bad;
}

/** Talk beyond what was paid is spent in the windows of now, whatever the limits are. */
static void overrun(const struct ledger *l, struct entry *e, tg_micro excess)
{
	for (unsigned p = 0; p < periods_now(l); p++)
		e->used[p] += TG_MIN(excess, INT64_MAX - e->used[p]);
}

static void settle_counts(struct ledger *l, const struct attempt *a, struct entry *e, bool counted,
                          bool shared)
{
	assert(shared || e->calls > 0);
	e->calls -= !shared;
	if (!counted)
		return;
	e->done_minute += a->minute == l->minute;
	e->done_hour += a->minute / 60 == l->minute / 60;
}

static void end(struct ledger *l, struct attempt *a, tg_micro cost)
{
	uint16_t shared = 0;
	struct attempt *other;
	uint32_t at = 0;
	bool removed, heir = false;
	struct share share;

	while ((other = attempt_sibling(l, a->call, a->hash, &at)) != NULL) {
		if (other == a)
			continue;
		shared |= attempt_common(a, other);
		/* the limit of one call goes on to count what this one cost */
		if (!heir)
			other->before += a->before + cost;
		heir = true;
	}

	share_of(l, a, cost, &share);
	for (unsigned i = 0; i < a->count; i++) {
		struct entry *e = entry_at(l, a->above[i]);

		entry_touch(l, e);
		settle_money(&share, e, a->held);
		if (cost > a->held)
			overrun(l, e, cost - a->held);
		settle_counts(l, a, e, (a->counted >> i & 1) != 0, (shared >> i & 1) != 0);
	}
	l->stat.held -= a->held;
	removed = tg_table_remove(l->by_call, a->hash, a->self.slot);
	assert(removed);
	(void)removed;
	tg_pool_give(l->attempts, a);
}

enum tg_err ledger_settle(struct ledger *l, const struct ledger_now *now, struct tg_handle hold,
                          uint64_t talk_ms, tg_micro *cost)
{
	struct attempt *a = tg_pool_find(l->attempts, hold);

	if (a == NULL)
		return TG_ENOENT;
	for (unsigned i = 0; i < a->count; i++) {
		TG_PREFETCH(entry_at(l, a->above[i]));
		TG_PREFETCH(&entry_at(l, a->above[i])->held);
	}
	ledger_advance(l, now);
	*cost = cost_of_ms(&a->tariff, talk_ms);
	if (*cost > a->held) {
		l->stat.overruns++;
		l->stat.overrun_micro += *cost - a->held;
	}
	l->stat.settled++;
	end(l, a, *cost);
	return TG_OK;
}

enum tg_err ledger_release(struct ledger *l, const struct ledger_now *now, struct tg_handle hold)
{
	struct attempt *a = tg_pool_find(l->attempts, hold);

	if (a == NULL)
		return TG_ENOENT;
	ledger_advance(l, now);
	l->stat.released++;
	end(l, a, 0);
	return TG_OK;
}
