/* Tables and statements, and how a database of an older version becomes one of this. */
#include <stdio.h>

#include "store/store_priv.h"

#define INT_TYPE "INTEGER NOT NULL DEFAULT 0"
#define TEXT_TYPE "TEXT NOT NULL DEFAULT ''"
#define ADDR_TYPE TEXT_TYPE
#define BLOB_TYPE "BLOB NOT NULL DEFAULT x''"

/* As they were in version 1. */
static const char schema_1[] =
	"CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE account(user TEXT PRIMARY KEY, sealed BLOB NOT NULL,"
	" max_bindings INTEGER NOT NULL, disabled INTEGER NOT NULL, networks TEXT NOT NULL,"
	" number TEXT NOT NULL);"
	"CREATE TABLE secret(name TEXT PRIMARY KEY, sealed BLOB NOT NULL);"
	"CREATE TABLE binding(id INTEGER PRIMARY KEY, user TEXT NOT NULL, contact BLOB NOT NULL,"
	" instance BLOB NOT NULL, agent BLOB NOT NULL, call_id BLOB NOT NULL,"
	" cseq INTEGER NOT NULL, iface TEXT NOT NULL, proto INTEGER NOT NULL,"
	" remote BLOB NOT NULL, port INTEGER NOT NULL, expires_ms INTEGER NOT NULL,"
	" UNIQUE(user, contact));";

/* Rows of `live` hold up to 4 KB: in a table with row ids they need no second page. */
static const char schema_2[] =
	"ALTER TABLE account ADD COLUMN team TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE account ADD COLUMN tls_only INTEGER NOT NULL DEFAULT 0;"
	"CREATE TABLE record(id INTEGER PRIMARY KEY, call INTEGER NOT NULL, mark " BLOB_TYPE
#define X(kind, name, field) ", " #name " " kind##_TYPE
	STORE_RECORD_COLUMNS(X)
#undef X
	");"
	"CREATE INDEX record_start ON record(start_ms);"
	"CREATE TABLE live(id INTEGER PRIMARY KEY, call INTEGER NOT NULL, side INTEGER NOT NULL,"
	" branch INTEGER NOT NULL, start_ms " INT_TYPE ", lost_ms " INT_TYPE ", record " BLOB_TYPE
	", hold " BLOB_TYPE ", recipe " BLOB_TYPE ");"
	"CREATE TABLE ledger(key TEXT PRIMARY KEY, total BLOB NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE state(kind TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL,"
	" PRIMARY KEY(kind, key)) WITHOUT ROWID;"
	"PRAGMA user_version = 2;";

static const char *const sql[ST_COUNT] = {
	[ST_BEGIN] = "BEGIN IMMEDIATE",
	[ST_COMMIT] = "COMMIT",
	[ST_ROLLBACK] = "ROLLBACK",
	[ST_META_PUT] = "INSERT INTO meta(key, value) VALUES(?1, ?2)"
	                " ON CONFLICT(key) DO UPDATE SET value = ?2",
	[ST_ACCOUNT_PUT] = "INSERT INTO account(user, sealed, max_bindings, disabled, networks,"
	                   " number, team, tls_only)"
	                   " VALUES(?1, ?2, ?3, ?4, coalesce(?5, ''), ?6, ?7, ?8)"
	                   " ON CONFLICT(user) DO UPDATE SET sealed = ?2, max_bindings = ?3,"
	                   " disabled = ?4, networks = coalesce(?5, networks), number = ?6,"
	                   " team = ?7, tls_only = ?8",
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
	[ST_STATE_PUT] = "INSERT INTO state(kind, key, value) VALUES(?1, ?2, ?3)"
	                 " ON CONFLICT(kind, key) DO UPDATE SET value = ?3",
	[ST_STATE_DROP] = "DELETE FROM state WHERE kind = ?1 AND key = ?2",
	/* NULL = nothing, or as it is */
	[ST_LIVE_ADD] = "INSERT INTO live(id, start_ms, record, hold, recipe, call, side, branch)"
	                " VALUES(?1, coalesce(?2, 0), coalesce(?3, x''), coalesce(?4, x''),"
	                " coalesce(?5, x''), ?6, ?7, ?8)",
	[ST_LIVE_SET] = "UPDATE live SET start_ms = coalesce(?2, start_ms),"
	                " lost_ms = CASE WHEN ?3 IS NULL THEN lost_ms ELSE 0 END,"
	                " record = coalesce(?3, record), hold = coalesce(?4, hold),"
	                " recipe = coalesce(?5, recipe) WHERE id = ?1",
	[ST_LIVE_DROP] = "DELETE FROM live WHERE id = ?1",
	[ST_LIVE_GET] = "SELECT lost_ms, record FROM live WHERE id = ?1",
#define X(kind, name, field) ", " #name
	[ST_RECORD_ADD] = "INSERT INTO record(id, call, mark" STORE_RECORD_COLUMNS(X) ")"
#undef X
#define X(kind, name, field) ", :" #name
	                  " VALUES(:id, :call, :mark" STORE_RECORD_COLUMNS(X) ")",
#undef X
	[ST_TOTAL_PUT] = "INSERT INTO ledger(key, total) VALUES(?1, ?2)"
	                 " ON CONFLICT(key) DO UPDATE SET total = ?2",
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
	return SQLITE_OK;
}

int store_prepare_reader(struct store *s)
{
	return sqlite3_prepare_v3(s->reader, bindings_sql, -1, SQLITE_PREPARE_PERSISTENT,
	                          &s->bindings, NULL);
}

/* ---- from version 1: a record was one row from the first ringing on, open or over ---- */

#define COLUMNS_1                                                                              \
	"start_ms, answer_ms, end_ms, talk_ms, ring_ms, status, cause, disposition, ended_by,"  \
	" emergency, a_party, b_party, account, src, dst, name, a_peer, b_peer, rule,"          \
	" source_addr, a_packets, a_octets, a_dropped, a_lost, a_jitter_us, a_silent_ms,"       \
	" b_packets, b_octets, b_dropped, b_lost, b_jitter_us, b_silent_ms"

/* Numbers without gaps, in the order in which they were; open calls join the end, ... */
static const char upgrade_1[] =
	"DROP INDEX record_open; DROP INDEX record_start;"
	"ALTER TABLE record RENAME TO record_1;";
static const char move_1[] =
	"INSERT INTO record(id, call, " COLUMNS_1 ")"
	" SELECT row_number() OVER (ORDER BY 1 - over, id), call, " COLUMNS_1
	" FROM record_1 ORDER BY 1 - over, id;";
/* ... and go on from there as calls that run. */
#define X(kind, name, field) ", " #name
static const char open_1[] = "SELECT id, call" STORE_RECORD_COLUMNS(X)
	" FROM record WHERE id > (SELECT count(*) FROM record_1 WHERE over = 1) ORDER BY id";
#undef X
static const char tidy_1[] =
	"DELETE FROM record WHERE id > (SELECT count(*) FROM record_1 WHERE over = 1);"
	"DROP TABLE record_1";

static int move_open(struct store *s)
{
	sqlite3_stmt *from = NULL, *to = NULL;
	int rc = sqlite3_prepare_v2(s->db, open_1, -1, &from, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(s->db, "INSERT INTO live(call, side, branch, start_ms,"
		                        " record) VALUES(?1, ?2, 1, ?3, ?4)", -1, &to, NULL);
	while (rc == SQLITE_OK && sqlite3_step(from) == SQLITE_ROW) {
		uint8_t packed[STORE_PACK_MAX];
		struct vault_record r;

		store_record_read(&r, from);
		sqlite3_bind_int64(to, 1, (sqlite3_int64)r.call);
		sqlite3_bind_int(to, 2, LINK_B);
		sqlite3_bind_int64(to, 3, (sqlite3_int64)r.start_ms);
		store_bind_blob(to, 4, slice_of((char *)packed, store_record_pack(packed, &r)));
		sqlite3_step(to);
		rc = sqlite3_reset(to);
	}
	sqlite3_finalize(to);
	if (sqlite3_finalize(from) != SQLITE_OK && rc == SQLITE_OK)
		rc = SQLITE_ERROR;
	return rc;
}

static int exec(struct store *s, const char *text)
{
	return sqlite3_exec(s->db, text, NULL, NULL, NULL);
}

static int upgrade(struct store *s)
{
	int rc = exec(s, upgrade_1);

	if (rc == SQLITE_OK)
		rc = exec(s, schema_2);
	if (rc == SQLITE_OK)
		rc = exec(s, move_1);
	if (rc == SQLITE_OK)
		rc = move_open(s);
	return rc == SQLITE_OK ? exec(s, tidy_1) : rc;
}

/* ---- columns that STORE_RECORD_COLUMNS has got since the table was made ---- */

static int add_column(struct store *s, const char *name, const char *type)
{
	char text[160];
	int64_t n;

	snprintf(text, sizeof(text),
	         "SELECT count(*) FROM pragma_table_info('record') WHERE name = '%s'", name);
	n = store_number_of(s->db, text);
	if (n != 0)
		return n > 0 ? SQLITE_OK : SQLITE_ERROR;
	snprintf(text, sizeof(text), "ALTER TABLE record ADD COLUMN %s %s", name, type);
	return exec(s, text);
}

static int add_columns(struct store *s)
{
	int rc = SQLITE_OK;

#define X(kind, name, field)    \
	if (rc == SQLITE_OK)    \
		rc = add_column(s, #name, kind##_TYPE);
	STORE_RECORD_COLUMNS(X)
#undef X
	return rc;
}

int store_schema(struct store *s, int64_t version)
{
	int rc = SQLITE_OK;

	if (version == STORE_VERSION)
		return add_columns(s);
	if (version == 0)
		rc = exec(s, schema_1);
	if (rc == SQLITE_OK)
		rc = version == 0 ? exec(s, schema_2) : upgrade(s);
	return rc == SQLITE_OK ? store_chain_begin(s) : rc;
}
