#include "store/records.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "store/store_priv.h"

#define X(kind, name, field) ", " #name
static const char closed_sql[] =
	"SELECT id, call" STORE_RECORD_COLUMNS(X)
	" FROM (SELECT * FROM record WHERE start_ms >= ?1 ORDER BY id DESC LIMIT ?2) ORDER BY id";
#undef X
static const char open_sql[] =
	"SELECT call, lost_ms, record FROM (SELECT * FROM live WHERE length(record) > 0"
	" AND start_ms >= ?1 ORDER BY start_ms DESC LIMIT ?2) ORDER BY start_ms";
static const char count_sql[] =
	"SELECT count(*) FROM live WHERE length(record) > 0 AND start_ms >= ?1 LIMIT ?2";

static struct tg_addr addr_of(struct slice text)
{
	struct tg_addr addr;

	return tg_addr_parse(&addr, text, 0) == TG_OK ? addr : (struct tg_addr){ 0 };
}

#define LOAD_INT(st, at, to) (to) = (__typeof__(to))sqlite3_column_int64((st), (at))
#define LOAD_TEXT(st, at, to) link_text_set(&(to), store_column((st), (at)))
#define LOAD_ADDR(st, at, to) (to) = addr_of(store_column((st), (at)))

void store_record_read(struct vault_record *r, sqlite3_stmt *st)
{
	int at = 1;

	memset(r, 0, sizeof(*r));
	r->call = (uint64_t)sqlite3_column_int64(st, 1);
#define X(kind, name, field) LOAD_##kind(st, ++at, r->field);
	STORE_RECORD_COLUMNS(X)
#undef X
}

/* What a crash left open ended when we were last known to live. */
void store_record_lost(struct vault_record *r, uint64_t lost_ms)
{
	r->end_ms = TG_MAX(TG_MAX(r->start_ms, r->answer_ms), lost_ms);
	r->talk_ms = r->answer_ms > 0 ? (uint32_t)(r->end_ms - r->answer_ms) : 0;
	r->disposition = r->answer_ms > 0 ? VAULT_ANSWERED : VAULT_FAILED;
	r->by = LINK_END_US;
	link_text_set(&r->rule, SLICE("process-lost"));
}

/* ---- reading ---- */

struct reading {
	const struct records_sink *sink;
	bool enough;
	int64_t open; /* how many open ones there are */
};

static void closed_row(struct reading *to, sqlite3_stmt *st)
{
	struct vault_record r;

	store_record_read(&r, st);
	to->enough = !to->sink->record(to->sink->ctx, (uint64_t)sqlite3_column_int64(st, 0), &r,
	                               true);
}

static void open_row(struct reading *to, sqlite3_stmt *st)
{
	uint64_t lost_ms = (uint64_t)sqlite3_column_int64(st, 1);
	struct vault_record r;

	if (store_record_unpack(&r, (uint64_t)sqlite3_column_int64(st, 0), store_column(st, 2)) !=
	    TG_OK)
		return; /* of a newer tollgate, or damaged: the vault says so when it starts */
	if (lost_ms > 0)
		store_record_lost(&r, lost_ms);
	to->enough = !to->sink->record(to->sink->ctx, 0, &r, lost_ms > 0);
}

static int read_rows(sqlite3 *db, const char *text, uint64_t since_ms, int64_t limit,
                     struct reading *to, void (*row)(struct reading *, sqlite3_stmt *))
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(db, text, -1, &st, NULL);

	if (rc != SQLITE_OK)
		return rc;
	sqlite3_bind_int64(st, 1, (sqlite3_int64)TG_MIN(since_ms, (uint64_t)INT64_MAX));
	sqlite3_bind_int64(st, 2, limit);
	while (!to->enough && sqlite3_step(st) == SQLITE_ROW)
		row(to, st);
	return sqlite3_finalize(st);
}

static void count_row(struct reading *to, sqlite3_stmt *st)
{
	to->open = sqlite3_column_int64(st, 0);
}

/* Open calls are the newest. */
static int read_all(sqlite3 *db, const struct records_query *query, const struct records_sink *sink)
{
	int64_t last = query->last > 0 && query->last < INT64_MAX ? (int64_t)query->last : -1;
	struct reading to = { sink, false, 0 };
	int64_t closed = last;
	int rc = sqlite3_exec(db, "BEGIN", NULL, NULL, NULL); /* both parts at one moment */

	if (rc == SQLITE_OK)
		rc = read_rows(db, count_sql, query->since_ms, -1, &to, count_row);
	if (last > 0)
		closed = last > to.open ? last - to.open : 0;
	if (rc == SQLITE_OK)
		rc = read_rows(db, closed_sql, query->since_ms, closed, &to, closed_row);
	if (rc == SQLITE_OK)
		rc = read_rows(db, open_sql, query->since_ms, last, &to, open_row);
	return rc;
}

enum tg_err records_open(sqlite3 **out, const char *dir, bool write, char *error, size_t cap)
{
	const int flags = write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
	char path[STORE_PATH_CAP];
	sqlite3 *db = NULL;
	int64_t version;
	int rc;

	if ((size_t)snprintf(path, sizeof(path), "%s/" STORE_FILE, dir) >= sizeof(path) ||
	    access(path, R_OK | W_OK) != 0) {
		/* write access, too: whoever reads a WAL takes part in its locks */
		enum tg_err err = errno == ENOENT ? TG_ENOENT : TG_EDENIED;

		snprintf(error, cap, err == TG_ENOENT
		         ? "there is no %s: tollgate never ran on this directory"
		         : "%s belongs to the user that tollgate runs as", path);
		return err;
	}
	rc = store_open_db(&db, path, flags);
	version = rc == SQLITE_OK ? store_number_of(db, "PRAGMA user_version") : -1;
	if (version == STORE_VERSION) {
		*out = db;
		return TG_OK;
	}
	snprintf(error, cap, "%s: %s", path,
	         version < 0 ? (db != NULL ? sqlite3_errmsg(db) : sqlite3_errstr(rc)) :
	         version < STORE_VERSION ? "is of an older tollgate; the next start brings it up" :
	                                   "was written by a newer tollgate");
	sqlite3_close(db);
	return TG_EIO;
}

enum tg_err records_each(const char *dir, const struct records_query *query,
                         const struct records_sink *sink, char *error, size_t cap)
{
	sqlite3 *db = NULL;
	enum tg_err err = records_open(&db, dir, false, error, cap);

	if (err != TG_OK)
		return err;
	if (read_all(db, query, sink) != SQLITE_OK) {
		snprintf(error, cap, "%s/" STORE_FILE ": %s", dir, sqlite3_errmsg(db));
		err = TG_EIO;
	}
	sqlite3_close(db);
	return err;
}
