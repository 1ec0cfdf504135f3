/* C25: whoever edits, removes or inserts a record is found out.  F15: old data is read. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/test.h"
#include "store/records.h"
#include "store/store_priv.h"

enum { RECORDS = 10, WALL_MS = 1000000 };

static char dir[64], error[256];

static void fresh_dir(void)
{
	snprintf(dir, sizeof(dir), "/tmp/tg_chain_XXXXXX");
	CHECK(mkdtemp(dir) != NULL, "a directory of our own");
}

static void remove_dir(void)
{
	static const char *const names[] = { STORE_FILE, STORE_FILE "-wal", STORE_FILE "-shm",
		                             "vault.key", "vault.pub" };
	char path[128];

	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	rmdir(dir);
}

static struct store *open_store(void)
{
	struct store *s = NULL;
	enum tg_err err = store_open(&s, dir, WALL_MS, error, sizeof(error));

	if (err != TG_OK && test_oom_round()) {
		remove_dir();
		CHECK(false, "no memory");
	}
	CHECK(err == TG_OK, error);
	return s;
}

static void sql(const char *text)
{
	char path[128];
	sqlite3 *db = NULL;

	snprintf(path, sizeof(path), "%s/" STORE_FILE, dir);
	CHECK(sqlite3_open(path, &db) == SQLITE_OK, "opens");
	CHECK(sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK, text);
	sqlite3_close(db);
}

static void write_records(struct store *s, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct vault_record r = { .call = i + 1, .start_ms = 1000 + i, .talk_ms = 5000 };

		link_text_set(&r.dialled, SLICE("+34911234567"));
		CHECK(store_record(s, &r, true) != 0, "room");
	}
	store_turn(s);
}

static struct chain_report verify(bool accept)
{
	struct chain_report report = { 0 };
	enum tg_err err = store_chain_verify(dir, accept, NULL, &report, error, sizeof(error));

	CHECK(err == TG_OK || test_oom_round(), error);
	return report;
}

static const struct {
	const char *why, *edit;
	enum chain_fault fault;
	uint64_t id, count, findings;
} rows[] = {
	{ "untouched", "SELECT 1", CHAIN_WHOLE, 0, 0, 0 },
	{ "a cheaper call", "UPDATE record SET talk_ms = 1 WHERE id = 4", CHAIN_CHANGED, 4, 1, 1 },
	{ "a value that would be read as the old one",
	  "UPDATE record SET status = 65536 WHERE id = 4", CHAIN_CHANGED, 4, 1, 1 },
	{ "a number as text", "UPDATE record SET dst = x'00' WHERE id = 4",
	  CHAIN_CHANGED, 4, 1, 1 },
	{ "a removed record", "DELETE FROM record WHERE id = 4", CHAIN_MISSING, 4, 1, 1 },
	{ "the first one", "DELETE FROM record WHERE id = 1", CHAIN_MISSING, 1, 1, 1 },
	{ "the end cut off", "DELETE FROM record WHERE id > 7", CHAIN_MISSING, 8, 3, 1 },
	{ "all of it", "DELETE FROM record", CHAIN_MISSING, 1, 10, 1 },
	{ "all of it and the head", "DELETE FROM record; DELETE FROM meta WHERE key = 'chain_head'",
	  CHAIN_HEAD, 0, 1, 1 },
	{ "the end and the head", "DELETE FROM record WHERE id > 7;"
	  "DELETE FROM meta WHERE key = 'chain_head'", CHAIN_HEAD, 7, 1, 1 },
	{ "a head of our own", "UPDATE meta SET value = zeroblob(40) WHERE key = 'chain_head'",
	  CHAIN_HEAD, 10, 1, 1 },
	{ "an inserted record", "INSERT INTO record(id, call, mark)"
	  " SELECT 11, call, mark FROM record WHERE id = 10", CHAIN_CHANGED, 11, 1, 2 },
	{ "one put in the place of another",
	  "DELETE FROM record WHERE id = 4; UPDATE record SET id = 4 WHERE id = 5",
	  CHAIN_CHANGED, 4, 1, 2 },
	{ "two exchanged", "UPDATE record SET id = 0 WHERE id = 4; UPDATE record SET id = 4 WHERE"
	  " id = 5; UPDATE record SET id = 5 WHERE id = 0", CHAIN_CHANGED, 4, 1, 3 },
};

TEST(what_is_done_to_records_is_found)
{
	/* allocations are the same for all */
	for (size_t i = 0; i < (test_oom_round() ? 1 : COUNT(rows)); i++) {
		struct chain_report at_start, report;
		struct store *s;

		fresh_dir();
		s = open_store();
		write_records(s, RECORDS);
		store_close(s, 0);
		sql(rows[i].edit);
		report = verify(false);
		CHECK(report.first.fault == rows[i].fault && report.first.id == rows[i].id &&
		      report.first.count == rows[i].count, rows[i].why);
		CHECK(report.findings == rows[i].findings, rows[i].why);
		s = open_store();
		store_damage(s, &at_start);
		CHECK(at_start.first.fault == rows[i].fault && at_start.first.id == rows[i].id,
		      "the start says it, too");
		write_records(s, 1); /* and goes on */
		store_close(s, 0);
		s = open_store();
		store_damage(s, &at_start);
		CHECK((at_start.findings != 0) == (rows[i].findings != 0), "every start says it");
		store_close(s, 0);
		report = verify(true);
		report = verify(false);
		CHECK(report.findings == report.accepted, "what was accepted stays known as that");
		s = open_store();
		store_damage(s, &at_start);
		CHECK(at_start.findings == at_start.accepted, "and is not spoken of any more");
		write_records(s, 3);
		store_close(s, 0);
		sql("UPDATE record SET call = 5 WHERE id = (SELECT max(id) FROM record)");
		CHECK(verify(false).first.fault == CHAIN_CHANGED, "later damage is");
		remove_dir();
	}
}

TEST(another_key_opens_no_chain)
{
	struct chain_report report;
	struct store *s;
	char path[128];

	fresh_dir();
	s = open_store();
	write_records(s, 1);
	store_close(s, 0);
	snprintf(path, sizeof(path), "%s/vault.key", dir);
	CHECK(unlink(path) == 0, "the key is lost");
	CHECK(store_chain_verify(dir, false, NULL, &report, error, sizeof(error)) != TG_OK,
	      "without a key nothing is said");
	CHECK(store_open(&s, dir, WALL_MS, error, sizeof(error)) != TG_OK,
	      "and no other key is made");
	remove_dir();
}

/* A database as version 1 made it: with a gap in its numbers, and a call that was up. */
static const char version_1[] =
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
#define INT(name) ", " #name " INTEGER NOT NULL DEFAULT 0"
#define TEXT(name) ", " #name " TEXT NOT NULL DEFAULT ''"
	"CREATE TABLE record(id INTEGER PRIMARY KEY AUTOINCREMENT, call INTEGER NOT NULL,"
	" over INTEGER NOT NULL" INT(start_ms) INT(answer_ms) INT(end_ms) INT(talk_ms)
	INT(ring_ms) INT(status) INT(cause) INT(disposition) INT(ended_by) INT(emergency)
	INT(a_party) INT(b_party) TEXT(account) TEXT(src) TEXT(dst) TEXT(name) TEXT(a_peer)
	TEXT(b_peer) TEXT(rule) TEXT(source_addr) INT(a_packets) INT(a_octets) INT(a_dropped)
	INT(a_lost) INT(a_jitter_us) INT(a_silent_ms) INT(b_packets) INT(b_octets) INT(b_dropped)
	INT(b_lost) INT(b_jitter_us) INT(b_silent_ms) ");"
	"CREATE INDEX record_open ON record(call) WHERE over = 0;"
	"CREATE INDEX record_start ON record(start_ms);"
	"INSERT INTO record(id, call, over, start_ms, dst) VALUES(1, 101, 1, 10, '+341');"
	"INSERT INTO record(id, call, over, start_ms, dst) VALUES(2, 102, 0, 20, '+342');"
	"INSERT INTO record(id, call, over, start_ms, dst) VALUES(5, 103, 1, 30, '+343');"
	"INSERT INTO meta VALUES('alive_ms', 60);"
	"PRAGMA user_version = 1;";

static struct {
	uint64_t id[8], call[8], end_ms[8];
	bool over[8];
	unsigned count;
} got;

static bool on_row(void *ctx, uint64_t id, const struct vault_record *r, bool over)
{
	(void)ctx;
	if (got.count == 8)
		return false;
	got.id[got.count] = id;
	got.call[got.count] = r->call;
	got.end_ms[got.count] = r->end_ms;
	got.over[got.count++] = over;
	return true;
}

TEST(version_1_is_read)
{
	const struct records_query all = { 0 };
	const struct records_sink sink = { NULL, on_row };
	struct chain_report report;
	struct store *s;
	char path[128];

	fresh_dir();
	snprintf(path, sizeof(path), "%s/" STORE_FILE, dir);
	s = open_store(); /* the keys that a version 1 had, too */
	store_close(s, 0);
	CHECK(unlink(path) == 0, "and now its database");
	sql(version_1);
	CHECK(chmod(path, 0600) == 0, "its mode");
	CHECK(records_each(dir, &all, &sink, error, sizeof(error)) == TG_EIO,
	      "not read before a start has brought it up");
	s = open_store();
	store_damage(s, &report);
	CHECK(report.findings == 0, "its records join the chain");
	write_records(s, 1);
	store_close(s, 0);
	memset(&got, 0, sizeof(got));
	CHECK(records_each(dir, &all, &sink, error, sizeof(error)) == TG_OK, error);
	CHECK(got.count == 4 && got.call[0] == 101 && got.call[1] == 103 && got.call[2] == 1 &&
	      got.id[2] == 3, "closed ones first, numbered anew");
	CHECK(got.call[3] == 102 && got.over[3] && got.end_ms[3] == 60, "the open one is lost");
	CHECK(got.id[3] == 4, "and closed, because by the real clock nobody claimed it for long");
	report = verify(false);
	CHECK((report.findings == 0 && report.checked == 4) || test_oom_round(), "whole");
	remove_dir();
}
