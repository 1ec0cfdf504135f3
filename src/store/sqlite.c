/* The database file: who may have it, its tables and its statements. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/store_priv.h"

enum { LOST_MAX = 100000 }; /* more than any configuration allows calls */

#define INT_TYPE "INTEGER NOT NULL DEFAULT 0"
#define TEXT_TYPE "TEXT NOT NULL DEFAULT ''"
#define ADDR_TYPE TEXT_TYPE

static const char schema[] =
	"CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE account(user TEXT PRIMARY KEY, sealed BLOB NOT NULL,"
	" max_bindings INTEGER NOT NULL, disabled INTEGER NOT NULL, networks TEXT NOT NULL,"
	" number TEXT NOT NULL);"
	"CREATE TABLE secret(name TEXT PRIMARY KEY, sealed BLOB NOT NULL);"
	"CREATE TABLE binding(id INTEGER PRIMARY KEY, user TEXT NOT NULL, contact BLOB NOT NULL,"
	" instance BLOB NOT NULL, agent BLOB NOT NULL, call_id BLOB NOT NULL,"
	" cseq INTEGER NOT NULL, iface TEXT NOT NULL, proto INTEGER NOT NULL,"
	" remote BLOB NOT NULL, port INTEGER NOT NULL, expires_ms INTEGER NOT NULL,"
	" UNIQUE(user, contact));"
	"CREATE TABLE record(id INTEGER PRIMARY KEY AUTOINCREMENT, call INTEGER NOT NULL,"
	" over INTEGER NOT NULL"
#define X(kind, name, field) ", " #name " " kind##_TYPE
	STORE_RECORD_COLUMNS(X)
#undef X
	");"
	"CREATE INDEX record_open ON record(call) WHERE over = 0;"
	"CREATE INDEX record_start ON record(start_ms);"
	"PRAGMA user_version = 1;";

/* What a crash left open ended when we were last known to live. */
static const char close_lost[] =
	"UPDATE record SET over = 1, rule = 'process-lost', ended_by = 3,"
	" end_ms = max(start_ms, answer_ms, min(?1,"
	"  coalesce((SELECT value FROM meta WHERE key = 'alive_ms'), start_ms))),"
	" disposition = CASE WHEN answer_ms > 0 THEN 0 ELSE 3 END WHERE over = 0";
static const char talk_lost[] =
	"UPDATE record SET talk_ms = end_ms - answer_ms"
	" WHERE rule = 'process-lost' AND answer_ms > 0 AND talk_ms = 0";

#define X(kind, name, field) ", " #name
static const char open_records_sql[] = "SELECT id, call, over" STORE_RECORD_COLUMNS(X)
	" FROM record WHERE over = 0 ORDER BY id LIMIT ?1";
#undef X

static const char *const sql[ST_COUNT] = {
	[ST_BEGIN] = "BEGIN IMMEDIATE",
	[ST_COMMIT] = "COMMIT",
	[ST_ROLLBACK] = "ROLLBACK",
	[ST_ALIVE] = "INSERT INTO meta(key, value) VALUES('alive_ms', ?1)"
	             " ON CONFLICT(key) DO UPDATE SET value = ?1",
	[ST_ACCOUNT_PUT] = "INSERT INTO account(user, sealed, max_bindings, disabled, networks,"
	                   " number) VALUES(?1, ?2, ?3, ?4, coalesce(?5, ''), ?6)"
	                   " ON CONFLICT(user) DO UPDATE SET sealed = ?2, max_bindings = ?3,"
	                   " disabled = ?4, networks = coalesce(?5, networks), number = ?6",
	[ST_ACCOUNT_DROP] = "DELETE FROM account WHERE user = ?1",
	[ST_ACCOUNT_BINDINGS] = "DELETE FROM binding WHERE user = ?1",
	[ST_SECRET_PUT] = "INSERT INTO secret(name, sealed) VALUES(?1, ?2)"
	                  " ON CONFLICT(name) DO UPDATE SET sealed = ?2",
	[ST_SECRET_DROP] = "DELETE FROM secret WHERE name = ?1",
	[ST_BINDING_PUT] = "INSERT INTO binding(user, contact, instance, agent, call_id, cseq,"
	                   " iface, proto, remote, port, expires_ms)"
	                   " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
	                   " ON CONFLICT(user, contact) DO UPDATE SET instance = ?3, agent = ?4,"
	                   " call_id = ?5, cseq = ?6, iface = ?7, proto = ?8, remote = ?9,"
	                   " port = ?10, expires_ms = ?11",
	[ST_BINDING_DROP] = "DELETE FROM binding WHERE user = ?1 AND contact = ?2",
	[ST_BINDING_EXPIRE] = "DELETE FROM binding WHERE expires_ms <= ?1",
#define X(kind, name, field) ", " #name
	[ST_RECORD_ADD] = "INSERT INTO record(call, over" STORE_RECORD_COLUMNS(X) ")"
#undef X
#define X(kind, name, field) ", :" #name
	                  " VALUES(:call, :over" STORE_RECORD_COLUMNS(X) ")",
#undef X
#define X(kind, name, field) ", " #name " = :" #name
	[ST_RECORD_SET] = "UPDATE record SET call = :call, over = :over" STORE_RECORD_COLUMNS(X)
	                  " WHERE call = :call AND over = 0",
#undef X
	/* by id: few calls are younger, and the index holds open ones only */
	[ST_RECORD_REOPEN] = "UPDATE record SET over = 0 WHERE id >= ?1 AND call = ?2"
	                     " AND rule = 'process-lost'",
};

static const char bindings_sql[] =
	"SELECT id, user, contact, instance, agent, call_id, cseq, iface, proto, remote, port,"
	" expires_ms FROM binding WHERE id > ?1 ORDER BY id LIMIT ?2";

int store_prepare(struct store *s)
{
	for (int i = 0; i < ST_COUNT; i++) {
		int rc = sqlite3_prepare_v3(s->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT,
		                            &s->st[i], NULL);

		if (rc != SQLITE_OK)
			return rc;
	}
	return sqlite3_prepare_v3(s->reader, bindings_sql, -1, SQLITE_PREPARE_PERSISTENT,
	                          &s->bindings, NULL);
}

/* ---- opening ---- */

static enum tg_err fail(char *error, size_t cap, enum tg_err err, const char *path,
                        const char *what)
{
	snprintf(error, cap, "%s: %s", path, what);
	return err;
}

/* The lock is the kernel's, on the database file itself: flock() and SQLite's locks do not meet. */
static enum tg_err lock(struct store *s, char *error, size_t cap)
{
	struct stat st;

	s->lock_fd = open(s->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->lock_fd < 0 || fstat(s->lock_fd, &st) != 0)
		return fail(error, cap, TG_EIO, s->path, strerror(errno));
	if ((st.st_mode & 077) != 0 || st.st_uid != geteuid())
		return fail(error, cap, TG_EDENIED, s->path,
		            "must belong to the user of tollgate alone (mode 0600)");
	if (flock(s->lock_fd, LOCK_EX | LOCK_NB) != 0)
		return fail(error, cap, TG_EBUSY, s->path, "another tollgate has it open");
	return TG_OK;
}

static int open_db(sqlite3 **db, const char *path, int flags)
{
	int rc;

	/* its counters of its own memory cost a lock for each allocation */
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	rc = sqlite3_open_v2(path, db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW,
	                         NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_busy_timeout(*db, 2000);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(*db, "PRAGMA trusted_schema = OFF; PRAGMA secure_delete = ON",
		                  NULL, NULL, NULL);
	return rc;
}

static int64_t number_of(sqlite3 *db, const char *text)
{
	sqlite3_stmt *st = NULL;
	int64_t n = -1;

	if (sqlite3_prepare_v2(db, text, -1, &st, NULL) == SQLITE_OK &&
	    sqlite3_step(st) == SQLITE_ROW)
		n = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return n;
}

static int run_at(sqlite3 *db, const char *text, uint64_t wall_ms)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(db, text, -1, &st, NULL);

	if (rc != SQLITE_OK)
		return rc;
	if (sqlite3_bind_parameter_count(st) > 0)
		sqlite3_bind_int64(st, 1, (sqlite3_int64)wall_ms);
	sqlite3_step(st);
	return sqlite3_finalize(st);
}

/** Keep what close_lost is about to close: the calls themselves may live. */
static int keep_open(struct store *s)
{
	int64_t n = number_of(s->db, "SELECT count(*) FROM record WHERE over = 0");
	sqlite3_stmt *st = NULL;
	int rc;

	if (n <= 0)
		return n == 0 ? SQLITE_OK : SQLITE_ERROR;
	n = TG_MIN(n, LOST_MAX);
	s->lost = calloc((size_t)n, sizeof(*s->lost));
	if (s->lost == NULL)
		return SQLITE_NOMEM;
	rc = sqlite3_prepare_v2(s->db, open_records_sql, -1, &st, NULL);
	if (rc != SQLITE_OK)
		return rc;
	sqlite3_bind_int64(st, 1, n);
	while (s->losts < n && sqlite3_step(st) == SQLITE_ROW) {
		if (s->losts == 0)
			s->lost_from = sqlite3_column_int64(st, 0);
		store_record_read(&s->lost[s->losts++], st);
	}
	return sqlite3_finalize(st);
}

static enum tg_err make_tables(struct store *s, uint64_t wall_ms, char *error, size_t cap)
{
	int64_t version = number_of(s->db, "PRAGMA user_version");
	int rc = SQLITE_OK;

	if (version < 0)
		return fail(error, cap, TG_EBAD, s->path, sqlite3_errmsg(s->db));
	if (version > STORE_VERSION)
		return fail(error, cap, TG_EBAD, s->path,
		            "was written by a newer tollgate; this one does not touch it");
	if (sqlite3_exec(s->db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
	                 "PRAGMA journal_size_limit = 16777216; BEGIN IMMEDIATE", NULL, NULL,
	                 NULL) != SQLITE_OK)
		return fail(error, cap, TG_EIO, s->path, sqlite3_errmsg(s->db));
	if (version == 0)
		rc = sqlite3_exec(s->db, schema, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = keep_open(s);
	if (rc == SQLITE_OK)
		rc = run_at(s->db, close_lost, wall_ms);
	if (rc == SQLITE_OK)
		rc = run_at(s->db, talk_lost, wall_ms);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		return fail(error, cap, rc == SQLITE_NOMEM ? TG_ENOMEM : TG_EIO, s->path,
		            sqlite3_errmsg(s->db));
	return TG_OK;
}

static enum tg_err open_all(struct store *s, const char *dir, uint64_t wall_ms, char *error,
                            size_t cap)
{
	enum tg_err err = lock(s, error, cap);
	int64_t sealed;

	if (err != TG_OK)
		return err;
	if (open_db(&s->db, s->path, SQLITE_OPEN_READWRITE) != SQLITE_OK)
		return fail(error, cap, TG_EIO, s->path, "SQLite cannot open it");
	err = make_tables(s, wall_ms, error, cap);
	if (err != TG_OK)
		return err;
	if (open_db(&s->reader, s->path, SQLITE_OPEN_READONLY) != SQLITE_OK ||
	    store_prepare(s) != SQLITE_OK)
		return fail(error, cap, TG_EIO, s->path, sqlite3_errmsg(s->db));
	sealed = number_of(s->db, "SELECT EXISTS(SELECT 1 FROM account) OR"
	                   " EXISTS(SELECT 1 FROM secret)");
	return seal_open(&s->seal, dir, sealed == 0, error, cap);
}

enum tg_err store_open(struct store **out, const char *dir, uint64_t wall_ms, char *error,
                       size_t cap)
{
	struct store *s = calloc(1, sizeof(*s));
	enum tg_err err;

	if (s != NULL)
		s->jobs = calloc(STORE_QUEUE, sizeof(*s->jobs));
	if (s == NULL || s->jobs == NULL) {
		free(s);
		snprintf(error, cap, "no memory for the store");
		return TG_ENOMEM;
	}
	s->lock_fd = -1;
	s->wake = -1;
	pthread_mutex_init(&s->mutex, NULL);
	pthread_cond_init(&s->more, NULL);
	if ((size_t)snprintf(s->path, sizeof(s->path), "%s/" STORE_FILE, dir) >= sizeof(s->path))
		err = fail(error, cap, TG_EIO, dir, "the path is too long");
	else
		err = open_all(s, dir, wall_ms, error, cap);
	if (err == TG_OK)
		*out = s;
	else
		store_close(s, 0);
	return err;
}

const struct seal *store_seal(const struct store *s)
{
	return s->seal;
}
