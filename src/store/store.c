/* The queue and the store thread. */
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "store/store_priv.h"

enum {
	ALIVE_EVERY_MS = 5000,
	GATHER_US = 10000,        /* at least, from one write to the next */
	GATHER_AWAITED_US = 8000, /* the same when somebody waits */
	FOLD_US = 1000000,        /* so long a job stays in the journal; */
	FOLD_AT_ONCE = 64,        /* so few join their tables together with what is new */
	STALLED_US = 1000000,   /* a transaction under way for so long is no promise */
	RETRY_US = 200000       /* after a transaction that failed: a full disk, a slow backup */
};

static uint64_t clock_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* ---- the thread ---- */

/* Sleep until something is there, it is time to stop, or that long has passed.  Under the mutex. */
static void wait_us(struct store *s, uint64_t us)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += (long)(us % 1000000) * 1000;
	until.tv_sec += (time_t)(us / 1000000) + until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_cond_clockwait(&s->more, &s->mutex, CLOCK_MONOTONIC, &until);
}

/*
 * When the last transaction was just now, let some jobs come together: neighbours share pages, and
 * all share the sync.  A lone job is written at once.
 */
static void gather(struct store *s)
{
	for (;;) {
		bool awaited = s->awaited > s->head;
		uint64_t us = awaited ? GATHER_AWAITED_US : GATHER_US;
		uint64_t since_us = clock_us() - s->wrote_us;

		if (s->stop || s->hasty || since_us >= us || s->tail - s->head >= STORE_BATCH_MAX)
			return;
		s->gathers = awaited ? GATHERS_FOR_AWAITED : GATHERS_FOR_ANY;
		wait_us(s, us - since_us);
		s->gathers = GATHERS_NOT;
	}
}

static void wake_owner(const struct store *s)
{
	const uint64_t one = 1;

	/* it can only fail when 2^64 - 2 wake-ups wait, and then one is enough */
	if (s->wake >= 0 && write(s->wake, &one, sizeof(one)) < 0)
		return;
}

/* Under the mutex.  `from`: the jobs that were written begin there. */
static void done(struct store *s, uint64_t from, uint64_t to, int rc)
{
	bool was_failing = s->failing;

	s->wrote_us = clock_us();
	s->busy_us = 0;
	s->failing = rc != SQLITE_OK;
	if (rc == SQLITE_OK) {
		s->head = to;
		s->stat.written = to;
	} else {
		s->stat.retries++;
		s->stat.code = rc;
	}
	if (s->failing != was_failing || (rc == SQLITE_OK && to > from && s->awaited > from))
		wake_owner(s);
}

/* How long until the jobs of the journal should join their tables.  Under the mutex. */
static uint64_t fold_in_us(const struct store *s)
{
	uint64_t since_us = clock_us() - s->folded_us;

	if (s->lazy > 0)
		return s->head - s->folded >= s->lazy ? 0 : FOLD_US;
	if (!s->running || s->stop || s->head - s->folded >= STORE_FOLD_JOBS ||
	    s->journal.at >= STORE_JOURNAL_MAX)
		return 0;
	return since_us < FOLD_US ? FOLD_US - since_us : 0;
}

/* Do jobs [from, to) go to their tables, with all that is in the journal? */
static bool is_direct(const struct store *s, uint64_t from, uint64_t to)
{
	if (s->fold_failed ||
	    (s->lazy == 0 && from - s->folded < FOLD_AT_ONCE && fold_in_us(s) == 0))
		return true;
	for (uint64_t i = from; i < to; i++) {
		if (!store_journal_takes(&s->jobs[i % STORE_QUEUE]))
			return true;
	}
	return false;
}

/* Write jobs [from, to); the mutex is free meanwhile, and nobody else touches [folded, to). */
static int write_part(struct store *s, bool direct, uint64_t from, uint64_t to)
{
	uint64_t failed = 0;
	int rc;

	s->busy_us = clock_us();
#ifdef TG_MUTANT_ACK_EARLY /* tests/promises/money finds it */
	s->stat.written = to;
#endif
	pthread_mutex_unlock(&s->mutex);
	rc = direct ? store_write(s, s->folded, to, &failed)
	            : store_journal_write(s, from, to, store_wall_ms());
	pthread_mutex_lock(&s->mutex);
	s->stat.failed += failed;
	s->fold_failed = direct && rc != SQLITE_OK;
	done(s, from, to, rc);
	if (direct && rc == SQLITE_OK) {
		s->folded = to;
		s->folded_us = s->wrote_us;
	}
	return rc;
}

/* What waits becomes durable; then it is seen whether it is time for the tables. */
static void write_some(struct store *s)
{
	uint64_t from, to;
	int rc;

	if (s->head != s->tail)
		gather(s);
	from = s->head;
	to = TG_MIN(s->tail, from + STORE_BATCH_MAX);
	rc = write_part(s, is_direct(s, from, to), from, to);
	if (rc == SQLITE_OK && s->folded != s->head && fold_in_us(s) == 0)
		rc = write_part(s, true, s->head, s->head);
	if (rc != SQLITE_OK && !s->stop)
		wait_us(s, RETRY_US);
}

void store_turn(struct store *s)
{
	pthread_mutex_lock(&s->mutex);
	s->stop = true; /* no waiting */
	if (s->head != s->tail)
		write_some(s);
	pthread_mutex_unlock(&s->mutex);
}

static bool has_work(const struct store *s)
{
	return s->head != s->tail || (s->folded != s->head && fold_in_us(s) == 0);
}

static void *thread_main(void *arg)
{
	struct store *s = arg;

	pthread_mutex_lock(&s->mutex);
	for (;;) {
		if (has_work(s) && (!s->stop || clock_us() < s->stop_by_us)) {
			write_some(s);
			continue;
		}
		if (s->stop)
			break;
		wait_us(s, s->folded != s->head ? fold_in_us(s) : ALIVE_EVERY_MS * 1000);
		if (s->head == s->tail && !s->stop) {
			pthread_mutex_unlock(&s->mutex);
			store_alive(s);
			pthread_mutex_lock(&s->mutex);
		}
	}
	pthread_mutex_unlock(&s->mutex);
	return NULL;
}

enum tg_err store_start(struct store *s, int wake)
{
	s->wake = wake;
	if (pthread_create(&s->thread, NULL, thread_main, s) != 0)
		return TG_ENOMEM;
	s->running = true;
	return TG_OK;
}

void store_close(struct store *s, unsigned patience_ms)
{
	if (s == NULL)
		return;
	if (s->running) {
		pthread_mutex_lock(&s->mutex);
		s->stop = true;
		s->stop_by_us = clock_us() + (uint64_t)patience_ms * 1000;
		pthread_cond_signal(&s->more);
		pthread_mutex_unlock(&s->mutex);
		pthread_join(s->thread, NULL);
	}
	for (int i = 0; i < ST_COUNT; i++)
		sqlite3_finalize(s->st[i]);
	sqlite3_finalize(s->bindings);
	store_journal_close(s);
	sqlite3_close(s->reader);
	sqlite3_close(s->db);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	seal_free(s->seal);
	pthread_cond_destroy(&s->more);
	pthread_mutex_destroy(&s->mutex);
	store_live_fini(&s->live);
	tg_wipe(s->chain_key, sizeof(s->chain_key));
	if (s->journal.mem != NULL)
		munmap(s->journal.mem, STORE_JOURNAL_ENTRY_MAX);
	if (s->jobs != NULL)
		munmap(s->jobs, STORE_QUEUE * sizeof(*s->jobs));
	free(s);
}

void store_stat(struct store *s, struct store_stat *out)
{
	pthread_mutex_lock(&s->mutex);
	*out = s->stat;
	pthread_mutex_unlock(&s->mutex);
}

bool store_healthy(struct store *s)
{
	bool healthy;

	pthread_mutex_lock(&s->mutex);
	healthy = !s->failing && (s->busy_us == 0 || clock_us() - s->busy_us < STALLED_US);
	pthread_mutex_unlock(&s->mutex);
	return healthy;
}

const char *store_result_text(int code)
{
	return sqlite3_errstr(code);
}
