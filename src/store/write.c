/* Jobs become rows: the store thread's side. */
#include <time.h>

#include "store/store_priv.h"

enum {
	SWEEP_MS = 60000, /* how often bindings that ran out are removed, and lost calls closed */
	ALIVE_MS = 1000   /* how exactly a crash is dated */
};

uint64_t store_wall_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

int store_run(struct store *s, enum store_statement which)
{
	sqlite3_stmt *st = s->st[which];
	int rc;

	sqlite3_step(st);
	rc = sqlite3_reset(st);
	sqlite3_clear_bindings(st);
	return rc;
}

static int write_account(struct store *s, const struct store_job *job)
{
	const struct store_account_row *a = &job->account;
	struct slice user = slice_of(a->user, a->user_len);
	sqlite3_stmt *st = s->st[ST_ACCOUNT_PUT];
	int rc;

	if (job->drop) {
		store_bind_text(s->st[ST_ACCOUNT_DROP], 1, user);
		rc = store_run(s, ST_ACCOUNT_DROP);
		if (rc != SQLITE_OK)
			return rc;
		store_bind_text(s->st[ST_ACCOUNT_BINDINGS], 1, user);
		return store_run(s, ST_ACCOUNT_BINDINGS);
	}
	store_bind_text(st, 1, user);
	store_bind_blob(st, 2, slice_of(a->sealed, sizeof(a->sealed)));
	sqlite3_bind_int(st, 3, a->max_bindings);
	sqlite3_bind_int(st, 4, a->disabled);
	if (!a->keep_networks) /* else it stays NULL */
		store_bind_text(st, 5, slice_of(a->networks, a->networks_len));
	store_bind_text(st, 6, slice_of(a->number, a->number_len));
	store_bind_text(st, 7, slice_of(a->group, a->group_len));
	sqlite3_bind_int(st, 8, a->tls_only);
	return store_run(s, ST_ACCOUNT_PUT);
}

static int write_secret(struct store *s, const struct store_job *job)
{
	enum store_statement which = job->drop ? ST_SECRET_DROP : ST_SECRET_PUT;

	store_bind_text(s->st[which], 1, link_text(&job->secret.name));
	if (!job->drop)
		store_bind_blob(s->st[which], 2,
		                slice_of(job->secret.sealed, job->secret.sealed_len));
	return store_run(s, which);
}

static int write_binding(struct store *s, const struct store_job *job)
{
	const struct link_binding *b = &job->binding.b;
	enum store_statement which = job->drop ? ST_BINDING_DROP : ST_BINDING_PUT;
	sqlite3_stmt *st = s->st[which];

	store_bind_text(st, 1, link_text(&b->user));
	store_bind_blob(st, 2, link_long(&b->contact));
	if (!job->drop) {
		store_bind_blob(st, 3, link_text(&b->instance));
		store_bind_blob(st, 4, link_text(&b->agent));
		store_bind_blob(st, 5, link_text(&b->call_id));
		sqlite3_bind_int64(st, 6, b->cseq);
		store_bind_text(st, 7, link_text(&job->binding.iface));
		sqlite3_bind_int(st, 8, b->flow.proto);
		store_bind_blob(st, 9, slice_of(b->flow.remote.ip,
		                                b->flow.remote.family == TG_AF_INET6 ? 16 : 4));
		sqlite3_bind_int(st, 10, b->flow.remote.port);
		sqlite3_bind_int64(st, 11, (sqlite3_int64)b->expires_ms);
	}
	return store_run(s, which);
}

static int write_state(struct store *s, const struct store_job *job)
{
	const struct store_state_row *row = &job->state;
	enum store_statement which = job->drop ? ST_STATE_DROP : ST_STATE_PUT;
	const char *p = (const char *)row->bytes;

	store_bind_text(s->st[which], 1, slice_of(p, row->kind_len));
	p += row->kind_len;
	store_bind_text(s->st[which], 2, slice_of(p, row->key_len));
	p += row->key_len;
	if (!job->drop)
		store_bind_blob(s->st[which], 3, slice_of(p, row->blob_len));
	return store_run(s, which);
}

static int write_job(struct store *s, const struct store_job *job)
{
	switch ((enum store_kind)job->kind) {
	case STORE_ACCOUNT:
		return write_account(s, job);
	case STORE_SECRET:
		return write_secret(s, job);
	case STORE_BINDING:
		return write_binding(s, job);
	case STORE_CHANGE:
		return store_write_change(s, &job->change);
	case STORE_STATE:
		return write_state(s, job);
	case STORE_REFUSED:
		return SQLITE_OK;
	}
	return SQLITE_MISUSE;
}

/* Will the same job fail again?  A row that SQLite does not want must not hold up all others. */
static bool is_for_good(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH:
	case SQLITE_TOOBIG:
	case SQLITE_RANGE:
	case SQLITE_MISUSE:
		return true;
	default:
		return false;
	}
}

int store_number_put(struct store *s, struct slice key, uint64_t value)
{
	store_bind_text(s->st[ST_META_PUT], 1, key);
	sqlite3_bind_int64(s->st[ST_META_PUT], 2, (sqlite3_int64)value);
	return store_run(s, ST_META_PUT);
}

static int set_alive(struct store *s, uint64_t now_ms)
{
	int rc;

	if (now_ms - s->alive_ms < ALIVE_MS)
		return SQLITE_OK;
	rc = store_number_put(s, SLICE("alive_ms"), now_ms);
	if (rc == SQLITE_OK)
		s->alive_ms = now_ms;
	return rc;
}

static int sweep(struct store *s, uint64_t now_ms)
{
	int rc;

	if (now_ms - s->swept_ms < SWEEP_MS)
		return SQLITE_OK;
	sqlite3_bind_int64(s->st[ST_BINDING_EXPIRE], 1, (sqlite3_int64)now_ms);
	rc = store_run(s, ST_BINDING_EXPIRE);
	if (rc == SQLITE_OK)
		rc = store_close_lost(s, now_ms);
	if (rc == SQLITE_OK)
		s->swept_ms = now_ms;
	return rc;
}

/* The transaction but for its beginning and its undoing.  `*bad`: the job that is refused. */
static int write_all(struct store *s, uint64_t from, uint64_t to, struct store_job **bad)
{
	uint64_t now_ms = store_wall_ms(), head = s->chain.id;
	int rc = SQLITE_OK;

	store_find_covered(s, from, to);
	for (uint64_t i = from; i < to && rc == SQLITE_OK; i++) {
		rc = write_job(s, &s->jobs[i % STORE_QUEUE]);
		if (rc != SQLITE_OK && is_for_good(rc))
			*bad = &s->jobs[i % STORE_QUEUE];
	}
	if (rc == SQLITE_OK)
		rc = store_write_totals(s, from, to);
	if (rc == SQLITE_OK)
		rc = set_alive(s, now_ms);
	if (rc == SQLITE_OK)
		rc = sweep(s, now_ms);
	if (rc == SQLITE_OK && s->chain.id != head)
		rc = store_chain_head_write(s, &s->chain);
	if (rc == SQLITE_OK && (s->journal.at > 0 || s->journal.spoiled))
		rc = store_number_put(s, SLICE("journal"),
		                      s->journal.number + s->journal.spoiled);
	return rc == SQLITE_OK ? store_run(s, ST_COMMIT) : rc;
}

int store_write(struct store *s, uint64_t from, uint64_t to, uint64_t *failed)
{
	const struct store_chain chain = s->chain;
	const uint64_t alive_ms = s->alive_ms, swept_ms = s->swept_ms;
	struct store_job *bad = NULL;
	int rc = store_run(s, ST_BEGIN);

	if (rc != SQLITE_OK)
		return rc;
	rc = write_all(s, from, to, &bad);
	if (rc == SQLITE_OK) {
		store_live_keep(&s->live);
		s->journal.at = 0; /* its jobs are in their tables */
		s->journal.number += s->journal.spoiled;
		s->journal.spoiled = false;
		return rc;
	}
	if (!sqlite3_get_autocommit(s->db)) /* some failures have rolled back already */
		store_run(s, ST_ROLLBACK);
	store_live_undo(&s->live);
	s->chain = chain;
	s->alive_ms = alive_ms;
	s->swept_ms = swept_ms;
	if (bad == NULL)
		return rc;
	/* nothing of it may stay, and it must not hold up all others: once more, without it */
	bad->kind = STORE_REFUSED;
	++*failed;
	return store_write(s, from, to, failed);
}

/*
 * Whatever was refused then is refused again.  That the rest of such a job stays is better than a
 * vault that does not start.
 */
int store_write_again(struct store *s, uint32_t count)
{
	uint64_t head = s->chain.id;
	int rc = SQLITE_OK;

	store_find_covered(s, 0, count);
	for (uint32_t i = 0; i < count && rc == SQLITE_OK; i++) {
		rc = write_job(s, &s->jobs[i]);
		if (is_for_good(rc))
			rc = SQLITE_OK;
	}
	if (rc == SQLITE_OK)
		rc = store_write_totals(s, 0, count);
	if (rc == SQLITE_OK && s->chain.id != head)
		rc = store_chain_head_write(s, &s->chain);
	if (rc == SQLITE_OK)
		rc = store_number_put(s, SLICE("journal"), s->journal.number + 1);
	store_live_keep(&s->live);
	return rc;
}

void store_alive(struct store *s)
{
	if (s->live.used > 0)
		set_alive(s, store_wall_ms()); /* when it fails, a crash is dated too early */
}
