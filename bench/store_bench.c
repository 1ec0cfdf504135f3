/*
 * What durability costs a call: CPU of all its jobs (granted, answered, settled with the totals of
 * ten ledgers) and the time from a hold to its commit, at a steady rate.
 *
 * Usage: store_bench DIRECTORY [CALLS/S] [SECONDS] [ACCOUNTS]
 * The directory must be empty and on the disk that is meant; records are left in it.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "store/chain.h"

enum { ANSWER_MS = 300, END_MS = 2000, LEDGERS = 10, HOLD = 200, RECIPE = 500, TOTAL = 160 };

static uint64_t clock_us(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

struct call {
	uint64_t id, start_us, seq;
	uint32_t account;
};

static struct {
	struct store *store;
	struct call *calls;
	uint32_t count, started, answered, ended, seen;
	uint32_t *latency_us;
	uint64_t accounts, rng;
	int wake;
	struct vault_record record;
} b;

static uint64_t rnd(void)
{
	b.rng ^= b.rng << 13;
	b.rng ^= b.rng >> 7;
	b.rng ^= b.rng << 17;
	return b.rng;
}

static void text(struct link_text *to, const char *s)
{
	link_text_set(to, slice_str(s));
}

static void make_record(void)
{
	struct vault_record *r = &b.record;

	text(&r->source, "alice");
	text(&r->name, "Alice Example");
	text(&r->dialled, "+34911234567");
	text(&r->a_peer, "alice");
	text(&r->b_peer, "acme");
	text(&r->rule, "outbound");
	if (tg_addr_parse(&r->from, SLICE("192.0.2.7:5060"), 0) != TG_OK)
		abort();
	for (int i = 0; i < 2; i++)
		r->media[i] = (struct link_media_stat){ .packets = 9000, .octets = 1440000,
			                                .jitter_us = 700 };
}

static struct link_leg leg_of(const struct call *c)
{
	return (struct link_leg){ .call = c->id, .side = LINK_B, .branch = 1 };
}

static void put(struct call *c, bool answered)
{
	static char hold[HOLD], recipe[RECIPE];
	struct store_change change = { .leg = leg_of(c), .hold = slice_of(hold, HOLD),
		                       .recipe = slice_of(recipe, RECIPE), .record = &b.record };

	b.record.call = c->id;
	b.record.start_ms = 1700000000000 + c->start_us / 1000;
	b.record.answer_ms = answered ? b.record.start_ms + ANSWER_MS : 0;
	c->seq = store_change(b.store, &change);
	if (c->seq == 0)
		abort();
}

static void end(const struct call *c)
{
	static char blob[TOTAL];
	char key[LEDGERS][32];
	struct store_total total[LEDGERS];
	/* account, group, PBX, trunk, class, site and four more that many share */
	const uint64_t of[LEDGERS] = { b.accounts, b.accounts / 100 + 1, 10, 4, 60, 1, 1, 1, 1, 1 };

	for (int i = 0; i < LEDGERS; i++) {
		int n = snprintf(key[i], sizeof(key[i]), "kind%d/%u", i,
		                 (unsigned)(c->account % of[i]));

		total[i] = (struct store_total){ slice_of(key[i], (size_t)n),
			                         slice_of(blob, TOTAL) };
	}
	b.record.call = c->id;
	b.record.end_ms = b.record.start_ms + END_MS;
	if (store_settle(b.store, &(struct store_change){ .leg = leg_of(c), .record = &b.record,
	                                                  .over = true, .total = total,
	                                                  .totals = LEDGERS }) == 0)
		abort();
}

/* Everything that is due at this moment. */
static void work(uint64_t now_us, uint64_t begun_us, uint64_t every_us)
{
	while (b.started < b.count && now_us >= begun_us + b.started * every_us) {
		struct call *c = &b.calls[b.started++];

		*c = (struct call){ rnd(), now_us, 0, (uint32_t)(rnd() % b.accounts) };
		put(c, false);
	}
	while (b.answered < b.started &&
	       now_us >= b.calls[b.answered].start_us + ANSWER_MS * 1000) {
		while (b.seen <= b.answered)
			b.latency_us[b.seen++] = UINT32_MAX; /* not on disk before its answer */
		put(&b.calls[b.answered++], true);
	}
	while (b.ended < b.answered && now_us >= b.calls[b.ended].start_us + END_MS * 1000)
		end(&b.calls[b.ended++]);
}

static void look(void)
{
	uint64_t now_us = clock_us(CLOCK_MONOTONIC);
	struct store_stat stat;

	store_stat(b.store, &stat);
	while (b.seen < b.started && b.calls[b.seen].seq <= stat.written) {
		b.latency_us[b.seen] = (uint32_t)(now_us - b.calls[b.seen].start_us);
		b.seen++;
	}
}

static void run(uint64_t rate)
{
	const uint64_t every_us = 1000000 / rate, begun_us = clock_us(CLOCK_MONOTONIC);
	struct pollfd fd = { b.wake, POLLIN, 0 };

	while (b.ended < b.count) {
		uint64_t now_us = clock_us(CLOCK_MONOTONIC), n;
		struct timespec until = { 0, (long)every_us * 1000 };

		work(now_us, begun_us, every_us);
		if (ppoll(&fd, 1, &until, NULL) > 0 && read(b.wake, &n, sizeof(n)) > 0)
			look();
	}
}

static int by_value(const void *x, const void *y)
{
	uint32_t a = *(const uint32_t *)x, c = *(const uint32_t *)y;

	return a < c ? -1 : a > c;
}

/* Every account has called before. */
static void fill(void)
{
	static char blob[TOTAL];
	char key[32];

	for (uint64_t i = 0; i < b.accounts; i++) {
		int n = snprintf(key, sizeof(key), "kind0/%u", (unsigned)i);
		struct store_total total = { slice_of(key, (size_t)n), slice_of(blob, TOTAL) };
		struct store_change c = { .total = &total, .totals = 1 };

		while (store_change(b.store, &c) == 0)
			usleep(1000);
	}
	for (struct store_stat stat;; usleep(10000)) {
		store_stat(b.store, &stat);
		if (stat.written == stat.queued)
			break;
	}
}

int main(int argc, char **argv)
{
	uint64_t rate = argc > 2 ? strtoull(argv[2], NULL, 10) : 500;
	uint64_t seconds = argc > 3 ? strtoull(argv[3], NULL, 10) : 20, cpu_us, own_us, t;
	struct chain_report report;
	struct store_stat before, after;
	char error[512];

	b.accounts = argc > 4 ? strtoull(argv[4], NULL, 10) : 1000000;
	b.rng = 88172645463325252u;
	b.count = (uint32_t)(rate * seconds);
	b.calls = calloc(b.count, sizeof(*b.calls));
	b.latency_us = calloc(b.count, sizeof(*b.latency_us));
	b.wake = eventfd(0, EFD_NONBLOCK);
	if (argc < 2 || b.calls == NULL || b.latency_us == NULL)
		return 2;
	if (store_open(&b.store, argv[1], 1700000000000, error, sizeof(error)) != TG_OK ||
	    store_start(b.store, b.wake) != TG_OK) {
		fprintf(stderr, "store_bench: %s\n", error);
		return 1;
	}
	make_record();
	fill();
	store_stat(b.store, &before);
	cpu_us = clock_us(CLOCK_PROCESS_CPUTIME_ID);
	own_us = clock_us(CLOCK_THREAD_CPUTIME_ID);
	run(rate);
	own_us = clock_us(CLOCK_THREAD_CPUTIME_ID) - own_us;
	cpu_us = clock_us(CLOCK_PROCESS_CPUTIME_ID) - cpu_us;
	store_stat(b.store, &after);
	store_close(b.store, 10000);
	qsort(b.latency_us, b.count, sizeof(*b.latency_us), by_value);
	printf("calls %u at %llu/s, accounts %llu, jobs %llu\n", b.count, (unsigned long long)rate,
	       (unsigned long long)b.accounts, (unsigned long long)(after.queued - before.queued));
	printf("cpu per call: store thread %.1f us, owner with its clockwork %.1f us\n",
	       (double)(cpu_us - own_us) / b.count, (double)own_us / b.count);
	printf("commit latency: p50 %u us, p99 %u us, max %u us\n", b.latency_us[b.count / 2],
	       b.latency_us[b.count / 100 * 99], b.latency_us[b.count - 1]);
	t = clock_us(CLOCK_MONOTONIC);
	if (store_chain_verify(argv[1], false, NULL, &report, error, sizeof(error)) != TG_OK)
		fprintf(stderr, "store_bench: %s\n", error);
	else
		printf("chain: %llu records, %llu findings, %.2f us a record\n",
		       (unsigned long long)report.checked, (unsigned long long)report.findings,
		       (double)(clock_us(CLOCK_MONOTONIC) - t) / (double)report.checked);
	return 0;
}
