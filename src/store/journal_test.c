/* What is in the journal alone is there after a restart, as far as it is whole. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/test.h"
#include "store/store_priv.h"

#define JOBS STORE_FILE "-jobs"

static char dir[64], error[256];

static void remove_dir(void)
{
	static const char *const names[] = { STORE_FILE, STORE_FILE "-wal", STORE_FILE "-shm",
		                             JOBS, "vault.key", "vault.pub" };
	char path[128];

	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	rmdir(dir);
}

/* Without a thread; jobs stay in the journal until there are `lazy`. */
static struct store *open_store(uint32_t lazy)
{
	struct store *s = NULL;
	enum tg_err err = store_open(&s, dir, 5000, error, sizeof(error));

	if (err != TG_OK && test_oom_round()) {
		remove_dir();
		CHECK(false, "no memory");
	}
	CHECK(err == TG_OK, error);
	s->lazy = lazy;
	return s;
}

static struct store *fresh_store(uint32_t lazy)
{
	snprintf(dir, sizeof(dir), "/tmp/tg_jobs_XXXXXX");
	CHECK(mkdtemp(dir) != NULL, "a directory of our own");
	return open_store(lazy);
}

/* ---- one entry of the journal each ---- */

static void put(struct store *s, const struct store_change *change)
{
	struct store_stat stat;
	uint64_t number = store_change(s, change);

	store_turn(s);
	store_stat(s, &stat);
	CHECK(number != 0 && stat.written == number, "on disk");
}

static void grant(struct store *s, uint64_t call)
{
	struct vault_record r = { .call = call, .start_ms = 1000, .status = 200 };

	link_text_set(&r.dialled, SLICE("+34911234567"));
	put(s, &(struct store_change){ .leg = { .call = call, .side = LINK_B, .branch = 1 },
	                               .hold = SLICE("hold"), .recipe = SLICE("bye"),
	                               .record = &r });
}

static void settle(struct store *s, uint64_t call)
{
	struct vault_record r = { .call = call, .start_ms = 1000, .end_ms = 2000 };
	const char spent[1] = { (char)('0' + call) };
	const struct store_total total = { SLICE("site/"), slice_of(spent, 1) };

	put(s, &(struct store_change){ .leg = { .call = call, .side = LINK_B, .branch = 1 },
	                               .hold = SLICE(""), .recipe = SLICE(""), .record = &r,
	                               .over = true, .total = &total, .totals = 1 });
}

/* ---- what came back ---- */

static char mem[512];
static struct buf got;

static void on_record(void *ctx, const struct vault_record *r)
{
	(void)ctx;
	buf_fmt(&got, "up %llu %.*s ", (unsigned long long)r->call,
	        SLICE_FMT(link_text(&r->dialled)));
}

static void on_hold(void *ctx, const struct link_leg *leg, struct slice hold)
{
	(void)ctx;
	buf_fmt(&got, "%.*s %llu ", SLICE_FMT(hold), (unsigned long long)leg->call);
}

static void on_recipe(void *ctx, const struct link_leg *leg, struct slice recipe)
{
	(void)ctx;
	buf_fmt(&got, "%.*s %llu ", SLICE_FMT(recipe), (unsigned long long)leg->call);
}

static void on_total(void *ctx, struct slice key, struct slice total)
{
	(void)ctx;
	buf_fmt(&got, "%.*s %.*s ", SLICE_FMT(key), SLICE_FMT(total));
}

static void on_state(void *ctx, struct slice kind, struct slice key, struct slice value)
{
	(void)ctx;
	buf_fmt(&got, "%.*s %.*s %.*s ", SLICE_FMT(kind), SLICE_FMT(key), SLICE_FMT(value));
}

static void check_restart(const char *want, const char *why)
{
	const struct store_sink sink = { .record = on_record, .hold = on_hold, .recipe = on_recipe,
		                         .total = on_total, .state = on_state };
	struct store *s = open_store(100);
	struct chain_report chain;

	got = buf_on(mem, sizeof(mem) - 1);
	CHECK(store_load(s, &sink) == TG_OK, why);
	buf_fmt(&got, "records %llu", (unsigned long long)s->chain.id);
	store_damage(s, &chain);
	mem[got.len] = '\0';
	if (!slice_eq(buf_slice(&got), slice_str(want)) && !test_oom_round())
		printf("wanted: %s\ngot:    %s\n", want, mem);
	CHECK(slice_eq(buf_slice(&got), slice_str(want)), why);
	CHECK(chain.findings == 0, "the chain is whole");
	store_close(s, 0);
}

static bool has_journal(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/" JOBS, dir);
	return access(path, F_OK) == 0;
}

TEST(journal_after_a_crash)
{
	struct store *s = fresh_store(100);

	grant(s, 1);
	grant(s, 2);
	settle(s, 1);
	CHECK(store_state_put(s, SLICE("pass"), SLICE("alice"), SLICE("x")) != 0, "a state row");
	CHECK(store_state_put(s, SLICE("pass"), SLICE("bob"), SLICE("y")) != 0, "another");
	CHECK(store_state_drop(s, SLICE("pass"), SLICE("alice")) != 0, "gone again");
	store_turn(s);
	CHECK(s->chain.id == 0 && s->folded == 0, "nothing of it is in a table");
	store_close(s, 0);
	check_restart("pass bob y site/ 1 up 2 +34911234567 hold 2 bye 2 records 1", "all of it");
	CHECK(!has_journal(), "the start has taken it up");
	check_restart("pass bob y site/ 1 up 2 +34911234567 hold 2 bye 2 records 1", "and once");
	remove_dir();
}

TEST(journal_keeps_the_order_with_what_is_in_none)
{
	struct vault_account account = { .user = "alice", .user_len = 5 };
	struct store *s = fresh_store(100);

	grant(s, 1);
	CHECK(store_account_put(s, &account, SLICE("")) != 0, "accounts are not for the journal");
	store_turn(s);
	CHECK(s->folded == 2 && s->journal.at == 0, "the grant went to its table before");
	settle(s, 1);
	store_close(s, 0);
	check_restart("site/ 1 records 1", "settled");
	remove_dir();
}

/* After a fold the journal begins again; what an older lap left behind it is nobody's. */
TEST(journal_begins_again)
{
	struct store *s = fresh_store(3);

	grant(s, 1);
	grant(s, 2);
	grant(s, 3);
	CHECK(s->folded == 3 && s->journal.at == 0, "in their tables");
	settle(s, 3);
	CHECK(s->folded == 3 && s->journal.at > 0, "in the journal");
	store_close(s, 0);
	check_restart("site/ 3 up 1 +34911234567 up 2 +34911234567 hold 1 hold 2 bye 1 bye 2"
	              " records 1", "the new lap");
	remove_dir();
}

/* Change or cut the file at a place of its third entry, or of the second. */
static void harm(int64_t at, bool cut)
{
	char path[128], octet;
	int fd;

	snprintf(path, sizeof(path), "%s/" JOBS, dir);
	fd = open(path, O_RDWR | O_CLOEXEC);
	CHECK(fd >= 0, "the journal");
	if (cut) {
		CHECK(ftruncate(fd, at) == 0, "cut");
	} else {
		CHECK(pread(fd, &octet, 1, at) == 1, "read");
		octet = (char)(octet ^ 1);
		CHECK(pwrite(fd, &octet, 1, at) == 1, "written");
	}
	close(fd);
}

TEST(journal_in_part)
{
	static const char two[] = "up 1 +34911234567 up 2 +34911234567 hold 1 hold 2 bye 1 bye 2"
	                          " records 0";
	static const char one[] = "up 1 +34911234567 hold 1 bye 1 records 0";
	static const struct {
		const char *why;
		uint64_t entry; /* which is harmed, from 0 */
		int64_t at;     /* where in it */
		bool cut;
		const char *want;
	} rows[] = {
		{ "the seal of the last", 2, 0, false, two },
		{ "its number", 2, 8, false, two },
		{ "its length", 2, 26, false, two },
		{ "its jobs", 2, 50, false, two },
		{ "it never came", 2, 0, true, two },
		{ "half a head", 2, 16, true, two },
		{ "a head alone", 2, 32, true, two },
		{ "one octet", 2, 33, true, two },
		{ "one in the middle: what follows does not count", 1, 60, false, one },
		{ "all of it", 0, 0, true, "records 0" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct store *s = fresh_store(100);
		int64_t begins[3] = { 0 };

		grant(s, 1);
		begins[1] = (int64_t)s->journal.at;
		grant(s, 2);
		begins[2] = (int64_t)s->journal.at;
		grant(s, 3);
		store_close(s, 0);
		harm(begins[rows[i].entry] + rows[i].at, rows[i].cut);
		check_restart(rows[i].want, rows[i].why);
		remove_dir();
	}
}

static int no_sync(sqlite3_file *file, int flags)
{
	(void)file;
	(void)flags;
	return SQLITE_IOERR_FSYNC;
}

/* A sync that fails does not take back what was written: that must not come back as news. */
TEST(journal_whose_sync_failed)
{
	struct store *s = fresh_store(100);
	const sqlite3_io_methods *good = s->journal.file->pMethods;
	sqlite3_io_methods bad = *good;
	struct store_stat stat;

	bad.xSync = no_sync;
	s->journal.file->pMethods = &bad;
	CHECK(store_hold_put(s, &(struct link_leg){ .call = 1, .side = LINK_B, .branch = 1 },
	                     SLICE("hold")) != 0, "taken");
	store_turn(s);
	store_stat(s, &stat);
	CHECK(stat.written == 0 && stat.retries == 1, "not on disk");
	s->journal.file->pMethods = good;
	s->lazy = 0; /* to the tables from now on */
	settle(s, 1);
	CHECK(s->journal.at == 0, "in its table");
	s->journal.at = 1; /* killed: nobody tidies up */
	store_close(s, 0);
	check_restart("site/ 1 records 1", "settled is settled");
	remove_dir();
}
