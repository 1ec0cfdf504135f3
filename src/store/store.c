/* The queue and the store thread. */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "store/store_priv.h"

enum {
	BATCH_MAX = 512,     /* jobs of one transaction */
	ALIVE_EVERY_MS = 5000,
	GATHER_MS = 10,      /* at least, from one transaction to the next */
	RETRY_MS = 200       /* after a transaction that failed: a full disk, a slow backup */
};

static uint64_t clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* ---- the thread ---- */

/* Sleep until something is there, it is time to stop, or `ms` have passed.  Under the mutex. */
static void wait_ms(struct store *s, unsigned ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	until.tv_sec += (time_t)(ms / 1000) + until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_cond_clockwait(&s->more, &s->mutex, CLOCK_MONOTONIC, &until);
}

/*
 * When the last transaction was just now, let some jobs come together: neighbours share pages, and
 * all share the sync.  A lone job is written at once.
 */
static void gather(struct store *s)
{
	uint64_t since_ms = clock_ms() - s->wrote_ms;

	if (s->stop || since_ms >= GATHER_MS || s->tail - s->head >= BATCH_MAX)
		return;
	s->gathers = true;
	wait_ms(s, (unsigned)(GATHER_MS - since_ms));
	s->gathers = false;
}

/* Write what waits; the mutex is free meanwhile, and nobody else touches [head, to). */
static void write_some(struct store *s)
{
	uint64_t from, to, failed = 0;
	int rc;

	gather(s);
	from = s->head;
	to = TG_MIN(s->tail, from + BATCH_MAX);
	pthread_mutex_unlock(&s->mutex);
	rc = store_write(s, from, to, &failed);
	pthread_mutex_lock(&s->mutex);
	s->wrote_ms = clock_ms();
	s->stat.failed += failed;
	if (rc == SQLITE_OK) {
		s->head = to;
		s->stat.written = to;
		return;
	}
	s->stat.retries++;
	s->stat.code = rc;
	if (!s->stop)
		wait_ms(s, RETRY_MS);
}

static void *thread_main(void *arg)
{
	struct store *s = arg;

	pthread_mutex_lock(&s->mutex);
	for (;;) {
		if (s->head != s->tail && (!s->stop || clock_ms() < s->stop_by_ms)) {
			write_some(s);
			continue;
		}
		if (s->stop)
			break;
		wait_ms(s, ALIVE_EVERY_MS);
		if (s->head == s->tail && !s->stop) {
			pthread_mutex_unlock(&s->mutex);
			store_alive(s);
			pthread_mutex_lock(&s->mutex);
		}
	}
	pthread_mutex_unlock(&s->mutex);
	return NULL;
}

enum tg_err store_start(struct store *s)
{
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
		s->stop_by_ms = clock_ms() + patience_ms;
		pthread_cond_signal(&s->more);
		pthread_mutex_unlock(&s->mutex);
		pthread_join(s->thread, NULL);
	}
	for (int i = 0; i < ST_COUNT; i++)
		sqlite3_finalize(s->st[i]);
	sqlite3_finalize(s->bindings);
	sqlite3_close(s->reader);
	sqlite3_close(s->db);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	seal_free(s->seal);
	pthread_cond_destroy(&s->more);
	pthread_mutex_destroy(&s->mutex);
	free(s->lost);
	free(s->jobs);
	free(s);
}

void store_stat(struct store *s, struct store_stat *out)
{
	pthread_mutex_lock(&s->mutex);
	*out = s->stat;
	pthread_mutex_unlock(&s->mutex);
}

const char *store_result_text(int code)
{
	return sqlite3_errstr(code);
}

/* ---- jobs: the owner's side ---- */

/* The place of the next job, or NULL when the queue is full.  Only the owner moves the tail. */
static struct store_job *begin(struct store *s, enum store_kind kind, bool drop)
{
	struct store_job *job = NULL;

	pthread_mutex_lock(&s->mutex);
	if (s->tail - s->head < STORE_QUEUE)
		job = &s->jobs[s->tail % STORE_QUEUE];
	else
		s->stat.full++;
	pthread_mutex_unlock(&s->mutex);
	if (job != NULL) {
		job->kind = (uint8_t)kind;
		job->drop = drop;
	}
	return job;
}

static bool commit(struct store *s)
{
	pthread_mutex_lock(&s->mutex);
	s->tail++;
	s->stat.queued = s->tail;
	if (!s->gathers || s->tail - s->head >= BATCH_MAX)
		pthread_cond_signal(&s->more);
	pthread_mutex_unlock(&s->mutex);
	return true;
}

static struct slice row_name(char mem[SEAL_NAME_MAX], const char *kind, struct slice name)
{
	struct buf b = buf_on(mem, SEAL_NAME_MAX);

	buf_str(&b, kind);
	buf_put(&b, name);
	return buf_slice(&b);
}

bool store_account_put(struct store *s, const struct vault_account *a, struct slice networks)
{
	struct store_job *job = begin(s, STORE_ACCOUNT, false);
	struct store_account_row *row;
	uint8_t ha1[STORE_HA1_BYTES];
	char name[SEAL_NAME_MAX];

	if (job == NULL || networks.len > sizeof(row->networks))
		return false;
	row = &job->account;
	memcpy(row->user, a->user, sizeof(row->user));
	memcpy(row->number, a->number, sizeof(row->number));
	row->user_len = a->user_len;
	row->number_len = a->number_len;
	row->max_bindings = a->max_bindings;
	row->disabled = a->disabled;
	row->keep_networks = networks.p == NULL;
	row->networks_len = (uint16_t)networks.len;
	if (networks.len > 0)
		memcpy(row->networks, networks.p, networks.len);
	memcpy(ha1, a->ha1_md5, sizeof(a->ha1_md5));
	memcpy(ha1 + sizeof(a->ha1_md5), a->ha1_sha256, sizeof(a->ha1_sha256));
	seal_row(s->seal, row->sealed, row_name(name, "account/", slice_of(a->user, a->user_len)),
	         slice_of(ha1, sizeof(ha1)));
	tg_wipe(ha1, sizeof(ha1));
	return commit(s);
}

bool store_account_drop(struct store *s, struct slice user)
{
	struct store_job *job = begin(s, STORE_ACCOUNT, true);
	struct store_account_row *row;

	if (job == NULL || user.len > sizeof(row->user))
		return false;
	row = &job->account;
	memcpy(row->user, user.p, user.len);
	row->user_len = (uint8_t)user.len;
	return commit(s);
}

bool store_secret_put(struct store *s, struct slice name, struct slice secret)
{
	struct store_job *job = begin(s, STORE_SECRET, false);

	if (job == NULL || secret.len > VAULT_SECRET_MAX || name.len > SEAL_NAME_MAX)
		return false;
	link_text_set(&job->secret.name, name);
	job->secret.sealed_len = (uint16_t)(secret.len + SEAL_ROW_EXTRA);
	seal_row(s->seal, job->secret.sealed, name, secret);
	return commit(s);
}

bool store_secret_drop(struct store *s, struct slice name)
{
	struct store_job *job = begin(s, STORE_SECRET, true);

	if (job == NULL)
		return false;
	link_text_set(&job->secret.name, name);
	return commit(s);
}

bool store_binding_put(struct store *s, const struct link_binding *b, struct slice iface)
{
	struct store_job *job = begin(s, STORE_BINDING, b->expires_ms == 0);

	if (job == NULL)
		return false;
	job->binding.b = *b;
	link_text_set(&job->binding.iface, iface);
	return commit(s);
}

bool store_record(struct store *s, const struct vault_record *record, bool over)
{
	struct store_job *job = begin(s, STORE_RECORD, false);

	if (job == NULL)
		return false;
	job->over = over;
	job->record = *record;
	return commit(s);
}
bool store_record_reopen(struct store *s, uint64_t call)
{
	struct store_job *job = begin(s, STORE_REOPEN, false);

	if (job == NULL)
		return false;
	job->reopen = call;
	return commit(s);
}
