/*
 * Promise 1, "not across a crash at any instruction": the power fails at every write and every sync
 * of a script of calls, any part of what was not synced survives, and the store comes back.
 *
 * What was acknowledged must be there, nothing may be there in half, and holds, records and totals
 * must be those after one of the jobs: the state of disk after exactly n jobs, n not below what was
 * acknowledged.  Then it must go on working.
 *
 * Usage: vfs [--all] [--point N] [--mutant]
 *   --all     more ways to tear at each point
 *   --mutant  this program was built with a fault that must be found: fail when it is not
 */
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "promises/money/script.h"
#include "promises/money/shim.h"
#include "store/store_priv.h"

enum { POINTS_MAX = 10000 };

static char dir[64], error[512], expected[SCRIPT_TEXT], found[SCRIPT_TEXT];
static unsigned passed, failed;
static bool verbose; /* one point is looked at closely */

static void remove_files(bool all)
{
	static const char *const names[] = { STORE_FILE, STORE_FILE "-wal", STORE_FILE "-shm",
		                             STORE_FILE "-journal", STORE_FILE "-jobs",
		                             "vault.key", "vault.pub" };
	char path[128];

	for (size_t i = 0; i < (all ? COUNT(names) : 5); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
}

static struct store *open_store(void)
{
	struct store *s = NULL;

	return store_open(&s, dir, 1000000, error, sizeof(error)) == TG_OK ? s : NULL;
}

static uint64_t written(struct store *s)
{
	struct store_stat stat;

	store_stat(s, &stat);
	return stat.written;
}

static void nap(void)
{
	const struct timespec t = { 0, 20000 };

	nanosleep(&t, NULL);
}

struct run {
	uint64_t queued, acknowledged, points;
};

/* Write until all is on disk, or the disk stops. */
static void settle_down(struct store *s, uint64_t queued)
{
	while (written(s) < queued && !shim_stopped())
		store_turn(s);
}

/*
 * One life: from the first start until the disk stops.  Without the store's thread, so that a run
 * is the same each time.  `tidy`: with an orderly end.
 */
static struct run live(uint64_t stop_at, bool tidy)
{
	struct run run = { 0 };
	struct store *s;

	remove_files(false);
	shim_start(stop_at);
	s = open_store();
	if (s != NULL)
		s->lazy = 5; /* both ways of writing come to pass */
	for (unsigned i = 0; s != NULL && i < script_jobs() && !shim_stopped(); i++) {
		run.queued = script_queue(s, i);
		if (script_pauses(i))
			settle_down(s, run.queued);
	}
	if (!tidy)
		shim_stop();
	if (s != NULL) {
		run.acknowledged = written(s);
		store_close(s, 0);
	}
	run.points = shim_count();
	shim_stop();
	return run;
}

static void report(uint64_t point, const char *what)
{
	printf("point %llu: %s\n", (unsigned long long)point, what);
	failed++;
}

/* It takes a new call, and the chain goes on where it was. */
static bool goes_on(struct store *s)
{
	struct vault_record r = { .call = 99, .start_ms = 1 };
	uint64_t seq = store_record(s, &r, true);

	store_turn(s);
	return written(s) >= seq;
}

/* NULL, or what is wrong with what the disk shows. */
static const char *look(const struct run *run)
{
	struct store *s = open_store();
	const char *why;
	uint64_t n;

	if (s == NULL)
		return error;
	why = script_found(found, s, dir);
	for (n = run->acknowledged; why == NULL && n <= run->queued; n++) {
		script_expect(expected, (unsigned)n);
		if (strcmp(expected, found) == 0)
			break;
	}
	if (why == NULL && n > run->queued && verbose) {
		script_expect(expected, (unsigned)run->acknowledged);
		printf("acknowledged %llu of %llu; expected:\n%sfound:\n%s\n",
		       (unsigned long long)run->acknowledged, (unsigned long long)run->queued,
		       expected, found);
	}
	if (why == NULL && n > run->queued)
		why = "what is there is the state after no job since the last acknowledged one";
	if (why == NULL && !goes_on(s))
		why = "it does not go on";
	store_close(s, 1000);
	return why;
}

/* ways: 2 = nothing survives, some does; 3 = also all; more: other parts. */
static bool check_point(uint64_t point, unsigned ways, bool tidy)
{
	static const enum shim_survives first[] = { SHIM_NOTHING, SHIM_TORN, SHIM_ALL };
	struct run run = live(point, tidy);
	unsigned before = failed;

	for (unsigned i = 0; i < ways && failed == before; i++) {
		const char *why;

		remove_files(false);
		shim_power_fails(i < COUNT(first) ? first[i] : SHIM_TORN, point * 1000 + i);
		why = look(&run);
		if (why != NULL)
			report(point, why);
	}
	return failed == before;
}

static unsigned all_points(uint64_t from, unsigned ways, bool tidy)
{
	uint64_t points = live(0, tidy).points, point;

	for (point = from; point <= points + 3 && point < POINTS_MAX; point++) {
		if (check_point(point, point % 4 == 0 ? ways + 1 : ways, tidy))
			passed++;
	}
	return (unsigned)point - 1;
}

/* ---- D18 ---- */

static bool becomes(struct store *s, bool healthy)
{
	for (unsigned i = 0; i < 200000 && store_healthy(s) != healthy; i++)
		nap();
	return store_healthy(s) == healthy;
}

static void check_trouble(enum shim_trouble trouble, int code)
{
	struct store_stat stat = { 0 };
	struct store *s;
	struct run run = { 0 };
	const char *why = NULL;

	remove_files(false);
	shim_start(0);
	s = open_store();
	if (s == NULL || store_start(s, -1) != TG_OK)
		abort();
	s->hasty = true;
	for (unsigned i = 0; i < script_jobs(); i++) {
		run.queued = script_queue(s, i);
		while (i < 10 && written(s) < run.queued)
			nap();
		if (i == 10) {
			shim_trouble(trouble);
			if (!becomes(s, false))
				why = "it does not say that the disk refuses";
		}
	}
	store_stat(s, &stat);
	if (code != 0 && (stat.code & 0xff) != code)
		why = "another code";
	if (stat.written > 11)
		why = "it says to have written what it has not";
	shim_trouble(SHIM_FINE);
	if (!becomes(s, true))
		why = "it does not recover";
	while (written(s) < run.queued)
		nap();
	run.acknowledged = run.queued;
	store_close(s, 1000);
	shim_stop();
	shim_power_fails(SHIM_NOTHING, 1);
	if (why == NULL)
		why = look(&run);
	if (why != NULL)
		report(0, why);
	else
		passed++;
}

int main(int argc, char **argv)
{
	bool all = false, mutant = false;
	uint64_t one = 0;
	unsigned ways;

	for (int i = 1; i < argc; i++) {
		all = all || strcmp(argv[i], "--all") == 0;
		mutant = mutant || strcmp(argv[i], "--mutant") == 0;
		if (strcmp(argv[i], "--point") == 0 && i + 1 < argc)
			one = strtoull(argv[++i], NULL, 10);
	}
	verbose = one != 0;
	ways = all ? 40 : 2;
	/* in memory when there is such a place: the real disk has no part in this */
	snprintf(dir, sizeof(dir), "%s/tg_vfs_XXXXXX",
	         access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (mkdtemp(dir) == NULL || !shim_register())
		return 1;
	if (one != 0) {
		passed += check_point(one, ways, false);
	} else {
		unsigned points = all_points(1, ways, false);

		/* and those of an orderly end */
		if (!mutant)
			points = all_points(points - 4, ways, true);
		printf("%u points\n", points);
	}
	if (one == 0 && !mutant) {
		check_trouble(SHIM_FULL, SQLITE_FULL);
		check_trouble(SHIM_READ_ONLY, SQLITE_IOERR);
		check_trouble(SHIM_STALLED, 0);
	}
	remove_files(true);
	rmdir(dir);
	if (mutant) {
		printf("%u points find the fault\n%d passed, %d failed\n", failed, failed > 0,
		       failed == 0);
		return failed == 0;
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed != 0;
}
