#include "store/records.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "store/store_priv.h"

#define X(kind, name, field) ", " #name
static const char sql[] =
	"SELECT id, call, over" STORE_RECORD_COLUMNS(X)
	" FROM (SELECT * FROM record WHERE start_ms >= ?1 ORDER BY id DESC LIMIT ?2) ORDER BY id";
#undef X

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
	int at = 2;

	memset(r, 0, sizeof(*r));
	r->call = (uint64_t)sqlite3_column_int64(st, 1);
#define X(kind, name, field) LOAD_##kind(st, ++at, r->field);
	STORE_RECORD_COLUMNS(X)
#undef X
}

static int read_all(sqlite3 *db, const struct records_query *query, const struct records_sink *sink)
{
	struct vault_record r;
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);

	if (rc != SQLITE_OK)
		return rc;
	sqlite3_bind_int64(st, 1, (sqlite3_int64)TG_MIN(query->since_ms, (uint64_t)INT64_MAX));
	sqlite3_bind_int64(st, 2, query->last > 0 && query->last < INT64_MAX
	                                  ? (sqlite3_int64)query->last : -1);
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		store_record_read(&r, st);
		if (!sink->record(sink->ctx, (uint64_t)sqlite3_column_int64(st, 0), &r,
		                  sqlite3_column_int(st, 2) != 0))
			break;
	}
	return sqlite3_finalize(st);
}

enum tg_err records_each(const char *dir, const struct records_query *query,
                         const struct records_sink *sink, char *error, size_t cap)
{
	char path[STORE_PATH_CAP];
	sqlite3 *db = NULL;
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
	rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOFOLLOW, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_busy_timeout(db, 5000);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, "PRAGMA trusted_schema = OFF", NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = read_all(db, query, sink);
	if (rc != SQLITE_OK)
		snprintf(error, cap, "%s: %s", path, db != NULL ? sqlite3_errmsg(db)
		                                                : sqlite3_errstr(rc));
	sqlite3_close(db);
	return rc == SQLITE_OK ? TG_OK : TG_EIO;
}
