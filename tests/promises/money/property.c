/*
 * Promise 1, money: random schedules on the ledger and on the naive one, compared after every step.
 *
 * Usage: property [--schedules N] [--first SEED] [--steps N] [--progress]
 *
 * A schedule is made from its seed alone, so that `--first SEED --schedules 1` repeats one.  The
 * disk of a schedule has what the vault would have written, and nothing else; a crash leaves only
 * that.
 */
#include "ledger/state.h"
#include "promises/money/naive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROW_SEEN = 5, SEEN_LEDGER = 2, HOLDS = 600, DISK_SEEN = 4096 };

struct disk_hold {
	bool used;
	struct ledger_hold_state state;
	struct tg_handle handle; /* memory, not disk: of the ledger that lives now */
};

static struct {
	uint64_t seed, rng;
	unsigned step;
	const char *what;
	struct ledger *l;
	uint32_t id[NAIVE_LEDGERS];
	struct disk_hold hold[NAIVE_ATTEMPTS]; /* by the naive attempt's number */
	struct ledger_total total[NAIVE_LEDGERS];
	bool has_total[NAIVE_LEDGERS];
	unsigned seen;
	struct {
		uint64_t hash;
		uint32_t minute;
	} seen_row[DISK_SEEN];
	uint64_t calls;
} t;

static struct naive n;

static const enum ledger_kind kinds[NAIVE_LEDGERS] = { LEDGER_SITE,    LEDGER_GROUP, LEDGER_ACCOUNT,
	                                               LEDGER_ACCOUNT, LEDGER_TRUNK, LEDGER_TRUNK };
static const char *const names[NAIVE_LEDGERS] = { "", "sales", "101", "102", "one", "two" };
static const unsigned periods[LEDGER_PERIODS] = { 0, 1, 2, 3, 4 };

static void fail(const char *why, int64_t got, int64_t want)
{
	printf("seed %llu step %u (%s): %s: %lld, not %lld\n", (unsigned long long)t.seed, t.step,
	       t.what, why, (long long)got, (long long)want);
	printf("again: property --first %llu --schedules 1\n", (unsigned long long)t.seed);
	exit(1);
}

static void same(const char *why, int64_t got, int64_t want)
{
	if (got != want)
		fail(why, got, want);
}

/* splitmix64 */
static uint64_t rnd(void)
{
	uint64_t z = t.rng += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static uint32_t below(uint32_t most)
{
	return (uint32_t)(rnd() % most);
}

static bool one_in(uint32_t of)
{
	return below(of) == 0;
}

/* ---- the moment, limits ---- */

static struct ledger_now now(void)
{
	static const uint64_t unit_min[LEDGER_PERIODS] = { 60, 1440, 7 * 1440, 30 * 1440, 1440 };
	static const uint64_t shift_min[LEDGER_PERIODS] = { 0, 0, 3 * 1440, 0, 240 };
	struct ledger_now out = { .ms = n.ms, .off_hours = naive_night(n.ms) };

	for (unsigned p = 0; p < LEDGER_PERIODS; p++)
		out.start[p] =
		        (uint32_t)(naive_window(periods[p], n.ms) * unit_min[p] - shift_min[p]);
	return out;
}

static int64_t money_limit(void)
{
	switch (below(4)) {
	case 0:
		return LEDGER_NO_MONEY;
	case 1:
		return (1 + below(20)) * TG_MICRO_UNIT - below(2); /* or a micro short */
	default:
		return below(60000000);
	}
}

static uint32_t count_limit(uint32_t most)
{
	return one_in(3) ? below(most) : LEDGER_NO_COUNT;
}

static void change_budget(unsigned row)
{
	struct ledger_budget b = LEDGER_BUDGET_NONE;

	for (unsigned p = 0; p < LEDGER_PERIODS; p++)
		b.money[p] = one_in(2) ? money_limit() : LEDGER_NO_MONEY;
	b.call = one_in(3) ? money_limit() : LEDGER_NO_MONEY;
	b.calls = count_limit(8);
	b.calls_minute = count_limit(8);
	b.calls_hour = count_limit(16);
	b.call_s = one_in(4) ? below(600) : LEDGER_NO_COUNT;
	b.mode = row == ROW_SEEN || !one_in(4) ? LEDGER_ENFORCE :
	         one_in(2)                     ? LEDGER_DRY_RUN :
	                                         LEDGER_OFF;
	b.destinations = row == ROW_SEEN ? below(12) : LEDGER_NO_COUNT;
	b.off_row = row != ROW_SEEN && one_in(3) ? 1 + below(4) : 0;
	n.budget[row] = b;
}

static void change_override(void)
{
	n.override_kinds = one_in(2) ? 0 : 1u << kinds[below(NAIVE_LEDGERS)];
	n.override = LEDGER_BUDGET_NONE;
	n.override.calls = below(3);
	if (one_in(2))
		n.override.money[LEDGER_DAY] = money_limit();
}

/** Tell the ledger what the limits are. */
static void configure(void)
{
	for (unsigned r = 1; r < NAIVE_BUDGETS; r++)
		same("a budget", ledger_budget_set(t.l, r, &n.budget[r]), TG_OK);
	for (unsigned i = 0; i < NAIVE_LEDGERS; i++)
		ledger_use(t.l, t.id[i], n.row[i]);
	ledger_override(t.l, n.override_kinds, n.override_kinds != 0 ? &n.override : NULL);
}

static void make_ledger(void)
{
	static const struct ledger_conf conf = { .ledgers = NAIVE_LEDGERS, .budgets = NAIVE_BUDGETS,
		                                 .holds = HOLDS, .destinations = 64 };

	t.l = ledger_new(&conf);
	if (t.l == NULL)
		exit(1);
	for (unsigned i = 0; i < NAIVE_LEDGERS; i++)
		same("a ledger", ledger_add(t.l, kinds[i], slice_str(names[i]), &t.id[i]), TG_OK);
	configure();
}

/* ---- the disk ---- */

static void write_hold(unsigned attempt)
{
	t.hold[attempt].used = true;
	same("a hold", ledger_hold_export(t.l, t.hold[attempt].handle, &t.hold[attempt].state),
	     TG_OK);
}

static void write_end(unsigned attempt)
{
	const struct naive_attempt *a = &n.attempt[attempt];

	t.hold[attempt].used = false;
	for (unsigned i = 0; i < n.attempts; i++) {
		if (t.hold[i].used && n.attempt[i].call == a->call)
			write_hold(i);
	}
	for (unsigned i = 0; i < NAIVE_LEDGERS; i++) {
		if (!a->above[i])
			continue;
		t.has_total[i] = true;
		same("a total", ledger_total_export(t.l, t.id[i], &t.total[i]), TG_OK);
	}
}

static void crash(void)
{
	struct ledger_now moment = now();

	t.what = "crash";
	ledger_free(t.l);
	make_ledger();
	ledger_advance(t.l, &moment);
	for (unsigned i = 0; i < NAIVE_LEDGERS; i++) {
		if (t.has_total[i])
			same("a total", ledger_total_import(t.l, &t.total[i]), TG_OK);
	}
	for (unsigned i = n.attempts; i-- > 0;) { /* any order */
		if (t.hold[i].used)
			same("a hold", ledger_hold_import(t.l, &t.hold[i].state, &t.hold[i].handle),
			     TG_OK);
	}
	for (unsigned i = 0; i < t.seen; i++)
		same("a destination",
		     ledger_destination_import(t.l, t.id[SEEN_LEDGER], t.seen_row[i].hash,
		                               t.seen_row[i].minute),
		     TG_OK);
}

/* ---- comparing ---- */

static void compare_ledger(unsigned i, const struct ledger_now *moment)
{
	struct ledger_view v;

	same("a ledger", ledger_view(t.l, moment, t.id[i], &v), TG_OK);
	for (unsigned p = 0; p < LEDGER_PERIODS; p++) {
		if (p == LEDGER_OFF_HOURS && !naive_night(n.ms))
			continue;
		same("spent", v.money[p].spent, naive_spent(&n, i, p));
		same("held", v.money[p].held, naive_held(&n, i, p));
	}
	same("committed", v.committed, naive_committed(&n, i));
	same("calls", v.calls, naive_calls(&n, i));
	same("calls this minute", v.calls_minute, naive_began(&n, i, 60000));
	same("calls this hour", v.calls_hour, naive_began(&n, i, 3600000));
	if (i == SEEN_LEDGER)
		same("destinations", v.destinations, naive_destinations(&n, i));
}

static void compare(void)
{
	struct ledger_now moment = now();

	for (unsigned i = 0; i < NAIVE_LEDGERS; i++)
		compare_ledger(i, &moment);
}

/** Promise 1 in itself: what a reservation of money touched is within its limits after it. */
static void within(const struct naive_attempt *a)
{
	struct ledger_now moment = now();

	if (a->part[a->parts - 1].amount == 0)
		return; /* a free call is none, whatever is spent */
	for (unsigned i = 0; i < NAIVE_LEDGERS; i++) {
		struct ledger_view v;

		if (!a->above[i])
			continue;
		same("a ledger", ledger_view(t.l, &moment, t.id[i], &v), TG_OK);
		for (unsigned p = 0; p < LEDGER_PERIODS; p++) {
			const struct ledger_money *m = &v.money[p];

			if (m->limited && m->start != 0 && m->spent + m->held > m->limit)
				fail("above its limit", m->spent + m->held, m->limit);
		}
	}
}

/* ---- steps ---- */

static void random_tariff(struct tg_tariff *tariff)
{
	static const uint16_t steps[] = { 1, 1, 6, 30, 60, 60, 180 };

	*tariff = (struct tg_tariff){ .per_minute = below(3000000),
		                      .connect = one_in(3) ? below(500000) : 0,
		                      .first_s = steps[below(COUNT(steps))],
		                      .next_s = steps[below(COUNT(steps))] };
	if (one_in(10))
		tariff->per_minute = 0;
	else if (one_in(3))
		*tariff = (struct tg_tariff){ TG_MICRO_UNIT, 0, 60, 60 };
}

static void hold(struct naive_attempt *a, bool again)
{
	struct ledger_now moment = now();
	struct ledger_ask ask = { .tariff = a->tariff, .call = a->call, .again = again,
		                  .destination = a->destination, .want_s = 1 + below(400) };
	struct ledger_answer out;
	uint32_t paid_s;
	enum tg_err err;
	unsigned at = n.attempts;

	for (unsigned i = 0; i < NAIVE_LEDGERS; i++)
		ask.above[i + 2] = a->above[i] ? t.id[i] : 0;
	paid_s = naive_may_hold(&n, a, ask.want_s, again);
	err = ledger_hold(t.l, &moment, &ask, &out);
	same("held or refused", err, paid_s > 0 ? TG_OK : TG_ELIMIT);
	same("paid seconds", out.paid_s, paid_s);
	if (err != TG_OK) {
		if (out.block.what >= LEDGER_LIMIT_NONE)
			fail("no limit is named", out.block.what, 0);
		return;
	}
	a = naive_hold(&n, a, paid_s, again);
	same("held", out.held, naive_total(a));
	within(a);
	t.hold[at].handle = out.hold;
	write_hold(at);
	if ((out.new_destination >> (SEEN_LEDGER + 2) & 1) != 0) {
		if (t.seen == DISK_SEEN)
			abort();
		t.seen_row[t.seen].hash = a->destination;
		t.seen_row[t.seen++].minute = (uint32_t)(n.ms / 60000);
	}
}

static void new_call(void)
{
	struct naive_attempt a = { .call = ++t.calls, .destination = 1 + below(20) };

	t.what = "hold";
	random_tariff(&a.tariff);
	a.above[0] = !one_in(8);
	a.above[1] = one_in(2);
	a.above[2 + below(2)] = true;
	a.above[4 + below(2)] = true;
	hold(&a, false);
}

/** An open attempt, or none. */
static unsigned pick(void)
{
	unsigned from = n.attempts > 0 ? below(n.attempts) : 0;

	for (unsigned i = 0; i < n.attempts; i++) {
		if (n.attempt[(from + i) % n.attempts].open)
			return (from + i) % n.attempts;
	}
	return NAIVE_ATTEMPTS;
}

static void next_attempt(unsigned i)
{
	struct naive_attempt a = n.attempt[i];

	t.what = "another attempt";
	a.parts = 0;
	a.above[4] = !a.above[4];
	a.above[5] = !a.above[5];
	hold(&a, true);
}

static void renew(unsigned i)
{
	struct naive_attempt *a = &n.attempt[i];
	uint32_t want_s = 1 + below(300), paid_s;
	struct ledger_now moment = now();
	struct ledger_answer out;
	enum tg_err err;

	if (a->parts + 2 >= NAIVE_PARTS)
		return;
	t.what = "renew";
	paid_s = naive_may_renew(&n, a, want_s);
	err = ledger_renew(t.l, &moment, t.hold[i].handle, want_s, &out);
	same("renewed or refused", err, paid_s > 0 ? TG_OK : TG_ELIMIT);
	same("paid seconds", out.paid_s, paid_s > 0 ? paid_s : a->paid_s);
	if (err == TG_OK) {
		naive_renew(&n, a, paid_s);
		within(a);
		write_hold(i);
	}
	same("held", out.held, naive_total(a));
}

static void settle(unsigned i)
{
	struct naive_attempt *a = &n.attempt[i];
	struct ledger_now moment = now();
	uint64_t talk_ms = rnd() % (a->paid_s * UINT64_C(1000) + 1);
	tg_micro cost = -1;
	int64_t want;

	t.what = "settle";
	if (one_in(4))
		talk_ms = a->paid_s * UINT64_C(1000);
	if (one_in(40))
		talk_ms += below(200000);
	want = naive_cost(&a->tariff, talk_ms);
	same("settled", ledger_settle(t.l, &moment, t.hold[i].handle, talk_ms, &cost), TG_OK);
	same("cost", cost, want);
	if (talk_ms <= a->paid_s * UINT64_C(1000) && cost > naive_total(a))
		fail("costs more than was held", cost, naive_total(a));
	naive_end(&n, a, cost);
	write_end(i);
}

static void release(unsigned i)
{
	struct ledger_now moment = now();

	t.what = "release";
	same("released", ledger_release(t.l, &moment, t.hold[i].handle), TG_OK);
	naive_end(&n, &n.attempt[i], 0);
	write_end(i);
	same("once", ledger_release(t.l, &moment, t.hold[i].handle), TG_ENOENT);
}

/** 500 calls in one instant against one limit. */
static void burst(void)
{
	unsigned row = n.row[0];

	if (row == 0 || n.attempts > 100)
		return;
	n.budget[row].mode = LEDGER_ENFORCE;
	n.budget[row].money[LEDGER_DAY] = below(30000000);
	n.budget[row].calls = below(60);
	configure();
	for (unsigned i = 0; i < 500; i++) {
		struct naive_attempt a = { .call = ++t.calls, .above = { true },
			                   .tariff = { 1000000, 0, 60, 60 }, .destination = 1 };

		t.what = "burst";
		a.above[2 + i % 2] = true;
		hold(&a, false);
	}
}

static void pass_time(void)
{
	static const uint64_t spans[] = {
		1000, 60000, 60000, 600000, 7200000, 86400000, 2592000000
	};

	n.ms += rnd() % spans[one_in(3) ? below(COUNT(spans)) : 1];
}

static void step_open(unsigned kind, unsigned i)
{
	struct ledger_now moment = now();

	if (kind < 4) {
		renew(i);
	} else if (kind < 6) {
		settle(i);
	} else if (kind < 7) {
		release(i);
	} else if (kind < 9) {
		next_attempt(i);
	} else {
		same("answered", ledger_answered(t.l, &moment, t.hold[i].handle), TG_OK);
		write_hold(i);
	}
}

static void change_limits(void)
{
	t.what = "limits";
	if (one_in(3))
		change_override();
	else if (one_in(3))
		n.row[one_in(2) ? 0 : 3] = 1 + below(4);
	else
		change_budget(1 + below(NAIVE_BUDGETS - 1));
	configure();
}

static void step(void)
{
	unsigned kind = below(32), open = pick();

	if (kind < 6)
		pass_time();
	else if (kind < 15)
		new_call();
	else if (kind < 27 && open < NAIVE_ATTEMPTS)
		step_open(below(10), open);
	else if (kind < 29)
		change_limits();
	else if (kind < 30)
		crash();
	else if (one_in(120))
		burst();
}

static void schedule(uint64_t seed, unsigned steps)
{
	memset(&n, 0, offsetof(struct naive, attempt));
	memset(&t, 0, sizeof(t));
	t.seed = t.rng = seed;
	t.what = "start";
	n.ms = UINT64_C(1700000000000) + rnd() % UINT64_C(100000000000);
	memcpy(n.kind, kinds, sizeof(kinds));
	for (unsigned r = 1; r < NAIVE_BUDGETS; r++)
		change_budget(r);
	n.budget[0] = LEDGER_BUDGET_NONE;
	for (unsigned i = 0; i < NAIVE_LEDGERS; i++)
		n.row[i] = i == SEEN_LEDGER ? ROW_SEEN : below(5);
	make_ledger();
	for (t.step = 1; t.step <= steps; t.step++) {
		step();
		compare();
	}
	ledger_free(t.l);
}

int main(int argc, char **argv)
{
	uint64_t schedules = 10000, first = 1;
	unsigned steps = 40;
	bool progress = false;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--progress") == 0)
			progress = true;
		else if (i + 1 < argc && strcmp(argv[i], "--schedules") == 0)
			schedules = strtoull(argv[++i], NULL, 10);
		else if (i + 1 < argc && strcmp(argv[i], "--first") == 0)
			first = strtoull(argv[++i], NULL, 10);
		else if (i + 1 < argc && strcmp(argv[i], "--steps") == 0)
			steps = (unsigned)strtoul(argv[++i], NULL, 10);
		else
			return 2;
	}
	printf("seeds %llu to %llu, %u steps each\n", (unsigned long long)first,
	       (unsigned long long)(first + schedules - 1), steps);
	for (uint64_t i = 0; i < schedules; i++) {
		if (progress && i % 10000 == 0) {
			printf("%llu of %llu schedules\n", (unsigned long long)i,
			       (unsigned long long)schedules);
			fflush(stdout);
		}
		schedule(first + i, steps);
	}
	printf("%llu schedules agree\n", (unsigned long long)schedules);
	return 0;
}
