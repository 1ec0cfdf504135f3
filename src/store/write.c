/* Jobs become rows: the store thread's side. */
#include <time.h>

#include "store/store_priv.h"

enum { SWEEP_MS = 60000 }; /* how often bindings that ran out are removed */

static uint64_t wall_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Run a statement that was bound, and forget what was bound to it. */
static int run(struct store *s, enum store_statement which)
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
		rc = run(s, ST_ACCOUNT_DROP);
		if (rc != SQLITE_OK)
			return rc;
		store_bind_text(s->st[ST_ACCOUNT_BINDINGS], 1, user);
		return run(s, ST_ACCOUNT_BINDINGS);
	}
	store_bind_text(st, 1, user);
	store_bind_blob(st, 2, slice_of(a->sealed, sizeof(a->sealed)));
	sqlite3_bind_int(st, 3, a->max_bindings);
	sqlite3_bind_int(st, 4, a->disabled);
	if (!a->keep_networks) /* else it stays NULL */
		store_bind_text(st, 5, slice_of(a->networks, a->networks_len));
	store_bind_text(st, 6, slice_of(a->number, a->number_len));
	return run(s, ST_ACCOUNT_PUT);
}

static int write_secret(struct store *s, const struct store_job *job)
{
	enum store_statement which = job->drop ? ST_SECRET_DROP : ST_SECRET_PUT;

	store_bind_text(s->st[which], 1, link_text(&job->secret.name));
	if (!job->drop)
		store_bind_blob(s->st[which], 2,
		                slice_of(job->secret.sealed, job->secret.sealed_len));
	return run(s, which);
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
	return run(s, which);
}

#define BIND_INT(st, at, value) sqlite3_bind_int64((st), (at), (sqlite3_int64)(value))
#define BIND_TEXT(st, at, value) store_bind_text((st), (at), link_text(&(value)))
#define BIND_ADDR(st, at, value) store_bind_text((st), (at), addr)

static void bind_record(sqlite3_stmt *st, const struct vault_record *r, bool over,
                        struct slice addr)
{
	int at = 0;

	sqlite3_bind_int64(st, ++at, (sqlite3_int64)r->call);
	sqlite3_bind_int(st, ++at, over);
#define X(kind, name, field) BIND_##kind(st, ++at, r->field);
	STORE_RECORD_COLUMNS(X)
#undef X
}

static int write_record(struct store *s, const struct store_job *job)
{
	const struct vault_record *r = &job->record;
	char mem[64];
	struct buf addr = buf_on(mem, sizeof(mem));
	int rc, changed;

	tg_addr_write(&addr, &r->from);
	bind_record(s->st[ST_RECORD_SET], r, job->over, buf_slice(&addr));
	rc = run(s, ST_RECORD_SET);
	changed = sqlite3_changes(s->db);
	if (rc == SQLITE_OK && changed == 0) {
		bind_record(s->st[ST_RECORD_ADD], r, job->over, buf_slice(&addr));
		rc = run(s, ST_RECORD_ADD);
		s->open_records += rc == SQLITE_OK && !job->over;
	} else if (rc == SQLITE_OK && job->over && s->open_records > 0) {
		s->open_records--;
	}
	return rc;
}

static int reopen_record(struct store *s, uint64_t call)
{
	int rc;

	sqlite3_bind_int64(s->st[ST_RECORD_REOPEN], 1, s->lost_from);
	sqlite3_bind_int64(s->st[ST_RECORD_REOPEN], 2, (sqlite3_int64)call);
	rc = run(s, ST_RECORD_REOPEN);
	s->open_records += rc == SQLITE_OK && sqlite3_changes(s->db) > 0;
	return rc;
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
	case STORE_RECORD:
		return write_record(s, job);
	case STORE_REOPEN:
		return reopen_record(s, job->reopen);
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

static int set_alive(struct store *s, uint64_t now_ms)
{
	sqlite3_bind_int64(s->st[ST_ALIVE], 1, (sqlite3_int64)now_ms);
	return run(s, ST_ALIVE);
}

int store_write(struct store *s, uint64_t from, uint64_t to, uint64_t *failed)
{
	uint64_t now_ms = wall_ms(), refused = 0;
	uint32_t open_before = s->open_records;
	int rc = run(s, ST_BEGIN);

	if (rc != SQLITE_OK)
		return rc;
	for (uint64_t i = from; i < to && rc == SQLITE_OK; i++) {
		rc = write_job(s, &s->jobs[i % STORE_QUEUE]);
		if (rc != SQLITE_OK && is_for_good(rc)) {
			refused++;
			rc = SQLITE_OK;
		}
	}
	if (rc == SQLITE_OK)
		rc = set_alive(s, now_ms);
	if (rc == SQLITE_OK && now_ms - s->swept_ms >= SWEEP_MS) {
		sqlite3_bind_int64(s->st[ST_BINDING_EXPIRE], 1, (sqlite3_int64)now_ms);
		rc = run(s, ST_BINDING_EXPIRE);
		s->swept_ms = now_ms;
	}
	if (rc == SQLITE_OK)
		rc = run(s, ST_COMMIT);
	if (rc == SQLITE_OK) {
		*failed += refused;
		return rc;
	}
	if (!sqlite3_get_autocommit(s->db)) /* some failures have rolled back already */
		run(s, ST_ROLLBACK);
	s->open_records = open_before;
	return rc;
}

void store_alive(struct store *s)
{
	if (s->open_records > 0)
		set_alive(s, wall_ms()); /* when it fails, a crash is dated too early */
}
