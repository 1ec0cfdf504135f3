/*
 * What a hold and its settlement cost over many accounts with ten ledgers above each call, and what
 * an account costs in memory.  Usage: ledger [accounts [calls up [rounds]]]
 *
 * Each round ends the oldest call and begins a new one of a random account, so that `calls up` are
 * held all the time and nearly every account is cold.  CPU time, the best and the mean of the
 * rounds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ledger/state.h"

enum { ABOVE = 10, SHARED = ABOVE - 1, PER_ROUND = 10000 };

static uint64_t state = 1;

static uint64_t rnd(void)
{
	uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static uint64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/** Resident octets of this process. */
static uint64_t resident(void)
{
	unsigned long long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f != NULL) {
		if (fscanf(f, "%*u %llu", &pages) != 1)
			pages = 0;
		fclose(f);
	}
	return pages * 4096;
}

static void die(const char *why)
{
	fprintf(stderr, "ledger: %s\n", why);
	exit(1);
}

static void fill(struct ledger *l, uint32_t accounts)
{
	struct ledger_budget b = LEDGER_BUDGET_NONE;
	char name[32];
	uint32_t id;

	b.money[LEDGER_DAY] = b.money[LEDGER_MONTH] = INT64_C(1000000) * TG_MICRO_UNIT;
	b.call = 100 * TG_MICRO_UNIT;
	b.calls = b.calls_minute = b.calls_hour = 100000000;
	if (ledger_budget_set(l, 1, &b) != TG_OK)
		die("no budget");
	for (uint32_t i = 0; i < accounts + SHARED; i++) {
		int n = snprintf(name, sizeof(name), "subscriber%u", i);
		enum ledger_kind kind = i < SHARED ? LEDGER_GROUP : LEDGER_ACCOUNT;

		if (ledger_add(l, kind, slice_of(name, (size_t)n), &id) != TG_OK)
			die("no ledger");
		ledger_use(l, id, 1);
	}
}

struct call {
	struct tg_handle hold;
};

static void begin_call(struct ledger *l, uint32_t accounts, uint64_t number, struct call *c,
                       const struct ledger_now *now)
{
	struct ledger_ask ask = { .tariff = { 60000, 0, 60, 60 }, .call = number, .want_s = 58,
		                  .destination = number };
	struct ledger_answer out;

	for (uint32_t i = 0; i < SHARED; i++)
		ask.above[i + 1] = i + 1;
	ask.above[0] = SHARED + 1 + (uint32_t)(rnd() % accounts);
	if (ledger_hold(l, now, &ask, &out) != TG_OK)
		die("a call is refused");
	c->hold = out.hold;
}

static void end_call(struct ledger *l, struct call *c, const struct ledger_now *now)
{
	tg_micro cost;

	if (ledger_settle(l, now, c->hold, 45000, &cost) != TG_OK)
		die("a call is not there");
}

int main(int argc, char **argv)
{
	uint32_t accounts = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
	uint32_t up = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 20000;
	unsigned rounds = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 300;
	struct ledger_conf conf = { .ledgers = accounts + SHARED, .budgets = 2, .holds = up,
		                    .destinations = 0 };
	struct ledger_now now = { .ms = UINT64_C(20000) * 86400000 };
	uint64_t before = resident(), number = 0, sum = 0, best = UINT64_MAX;
	struct call *calls = calloc(up, sizeof(*calls));
	struct ledger *l = ledger_new(&conf);
	struct ledger_stat stat;

	if (l == NULL || calls == NULL || accounts == 0 || up == 0 || rounds == 0)
		die("no memory, or nothing to do");
	for (unsigned p = 0; p < LEDGER_OFF_HOURS; p++)
		now.start[p] = (uint32_t)(now.ms / 60000);
	fill(l, accounts);
	printf("%u accounts: %.0f octets each resident, %zu kept in a row of the ledger\n",
	       accounts, (double)(resident() - before) / accounts, (size_t)128);
	for (uint32_t i = 0; i < up; i++)
		begin_call(l, accounts, ++number, &calls[i], &now);
	for (unsigned r = 0; r < rounds; r++) {
		uint64_t from = cpu_ns(), took;

		for (unsigned i = 0; i < PER_ROUND; i++) {
			struct call *c = &calls[number % up];

			now.ms += 1;
			end_call(l, c, &now);
			begin_call(l, accounts, ++number, c, &now);
		}
		took = (cpu_ns() - from) / PER_ROUND;
		sum += took;
		best = took < best ? took : best;
	}
	ledger_stat(l, &stat);
	printf("hold and settle, %d ledgers above: %llu ns, best %llu ns (%u calls up)\n", ABOVE,
	       (unsigned long long)(sum / rounds), (unsigned long long)best, up);
	printf("reserved %.1f MB\n", (double)stat.bytes / 1e6);
	ledger_free(l);
	free(calls);
	return 0;
}
