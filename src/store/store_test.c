/* The store: what goes in comes out, whatever stands in it and whenever we die. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/test.h"
#include "store/records.h"
#include "store/store.h"

/* In the far future, so that the sweep by the real clock leaves the bindings alone. */
static const uint64_t wall_ms = 4000000000000;

static char dir[64], error[256];

static void fresh_dir(void)
{
	snprintf(dir, sizeof(dir), "/tmp/tg_store_XXXXXX");
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
	enum tg_err err = store_open(&s, dir, wall_ms, error, sizeof(error));

	if (err != TG_OK && test_oom_round()) {
		remove_dir();
		CHECK(false, "no memory");
	}
	CHECK(err == TG_OK, error);
	return s;
}

static struct store *start_store(void)
{
	struct store *s = open_store();

	CHECK(store_start(s, -1) == TG_OK, "the thread starts");
	return s;
}

static void text(struct link_text *to, const char *s)
{
	link_text_set(to, slice_str(s));
}

static struct vault_account account(const char *user)
{
	struct vault_account a = { .user_len = (uint8_t)strlen(user), .max_bindings = 3,
		                   .number_len = 4 };

	memcpy(a.user, user, a.user_len);
	memcpy(a.number, "+341", 4);
	memset(a.ha1_md5, 0x11, sizeof(a.ha1_md5));
	memset(a.ha1_sha256, 0x22, sizeof(a.ha1_sha256));
	return a;
}

/* ---- what came back ---- */

static struct {
	unsigned accounts, secrets, bindings, losts;
	struct vault_record lost;
	struct vault_account account;
	char networks[64], secret_name[64], secret[128], iface[32];
	struct link_binding binding;
} got;

static void put(char *to, size_t cap, struct slice s)
{
	snprintf(to, cap, "%.*s", SLICE_FMT(s));
}

static void on_account(void *ctx, const struct vault_account *a, struct slice networks)
{
	(void)ctx;
	got.accounts++;
	got.account = *a;
	put(got.networks, sizeof(got.networks), networks);
}

static void on_secret(void *ctx, struct slice name, struct slice secret)
{
	(void)ctx;
	got.secrets++;
	put(got.secret_name, sizeof(got.secret_name), name);
	put(got.secret, sizeof(got.secret), secret);
}

static void on_binding(void *ctx, const struct link_binding *b, struct slice iface)
{
	(void)ctx;
	got.bindings++;
	got.binding = *b;
	put(got.iface, sizeof(got.iface), iface);
}

static void on_lost(void *ctx, const struct vault_record *r)
{
	(void)ctx;
	got.losts++;
	got.lost = *r;
}

static const struct store_sink sink = { .account = on_account, .secret = on_secret,
	                                .binding = on_binding, .record = on_lost };

static void load(struct store *s)
{
	uint64_t after = 0;

	memset(&got, 0, sizeof(got));
	CHECK(store_load(s, &sink) == TG_OK, "it loads");
	while (store_load_bindings(s, &after, 3, wall_ms, &sink) > 0)
		;
}

static struct {
	unsigned count, open;
	struct vault_record last;
} records;

static bool on_record(void *ctx, uint64_t id, const struct vault_record *r, bool over)
{
	(void)ctx;
	(void)id;
	records.count++;
	records.open += !over;
	records.last = *r;
	return true;
}

static void read_records(uint64_t since_ms, uint64_t last)
{
	struct records_query query = { since_ms, last };

	memset(&records, 0, sizeof(records));
	CHECK(records_each(dir, &query, &(struct records_sink){ NULL, on_record }, error,
	                   sizeof(error)) == TG_OK, error);
}

static struct vault_record record(uint64_t call)
{
	struct vault_record r = { .call = call, .start_ms = 1000, .status = 200 };

	text(&r.account, "101");
	text(&r.dialled, "+34911234567");
	CHECK(tg_addr_parse(&r.from, SLICE("192.0.2.7:5060"), 0) == TG_OK, "an address");
	r.media[1].lost = 7;
	return r;
}

static struct link_binding binding(const char *user, const char *contact)
{
	struct link_binding b = { .cseq = 4, .expires_ms = wall_ms + 60000 };

	text(&b.user, user);
	link_long_set(&b.contact, slice_str(contact));
	CHECK(tg_addr_parse(&b.flow.remote, SLICE("192.0.2.7:5062"), 0) == TG_OK, "an address");
	b.flow.proto = TG_PROTO_UDP;
	return b;
}

TEST(what_goes_in_comes_out)
{
	struct vault_account a = account("101");
	struct link_binding b = binding("101", "sip:101@10.0.0.1");
	struct vault_record r = record(0xfedcba9876543210u);
	struct store *s;

	fresh_dir();
	s = start_store();
	CHECK(store_account_put(s, &a, SLICE("office,home")), "room");
	CHECK(store_secret_put(s, SLICE("trunk/acme"), SLICE("geheim")), "room");
	CHECK(store_binding_put(s, &b, SLICE("wan")), "room");
	CHECK(store_record(s, &r, false), "room");
	r.answer_ms = 2000;
	r.end_ms = 5000;
	CHECK(store_record(s, &r, true), "room");
	store_close(s, 5000);
	s = open_store();
	load(s);
	CHECK(got.accounts == 1 && memcmp(&got.account, &a, sizeof(a)) == 0, "the account");
	CHECK(strcmp(got.networks, "office,home") == 0, "its networks by name");
	CHECK(strcmp(got.secret_name, "trunk/acme") == 0 && strcmp(got.secret, "geheim") == 0,
	      "the secret");
	CHECK(got.bindings == 1 && memcmp(&got.binding, &b, sizeof(b)) == 0, "the binding");
	CHECK(strcmp(got.iface, "wan") == 0, "its interface by name");
	read_records(0, 0);
	CHECK(records.count == 1 && records.open == 0, "one record for one call");
	CHECK(records.last.call == r.call && records.last.end_ms == 5000 &&
	      records.last.media[1].lost == 7 && tg_addr_eq(&records.last.from, &r.from),
	      "with its values");
	store_close(s, 0);
	remove_dir();
}

TEST(what_is_dropped_is_gone)
{
	struct vault_account a = account("101");
	struct link_binding b = binding("101", "sip:a"), old = binding("102", "sip:b");
	struct store *s;

	fresh_dir();
	s = start_store();
	old.expires_ms = 1;
	CHECK(store_account_put(s, &a, SLICE("")) && store_binding_put(s, &b, SLICE("wan")) &&
	      store_binding_put(s, &old, SLICE("wan")) &&
	      store_secret_put(s, SLICE("trunk/a"), SLICE("x")), "room");
	CHECK(store_account_drop(s, SLICE("101")) && store_secret_drop(s, SLICE("trunk/a")),
	      "room");
	store_close(s, 5000);
	s = open_store();
	load(s);
	CHECK(got.accounts == 0 && got.secrets == 0, "dropped");
	CHECK(got.bindings == 0, "bindings go with their account and their time");
	store_close(s, 0);
	remove_dir();
}

/* F4, F5: what people put into user names, numbers and Call-IDs. */
static const char *const evil[] = {
	"'; DROP TABLE account; --", "\" OR 1=1 --", "1); DELETE FROM record; --", "%n%s%x",
	"${jndi:ldap://x/a}", "../../etc/passwd", "'||(SELECT sealed FROM secret)||'", "?1 :call $x",
	"\xff\xfe\x80", "-- \n/*", "\\'; VACUUM; --", "a\tb\x1b[2J",
};

TEST(sql_in_texts_stays_text)
{
	struct store *s;

	fresh_dir();
	s = start_store();
	for (size_t i = 0; i < COUNT(evil); i++) {
		struct vault_record r = record(i + 1);
		struct vault_account a = account(evil[i]);
		struct link_binding b = binding(evil[i], evil[i]);

		text(&r.dialled, evil[i]);
		text(&b.call_id, evil[i]);
		CHECK(store_record(s, &r, true) && store_account_put(s, &a, slice_str(evil[i])) &&
		      store_secret_put(s, slice_str(evil[i]), slice_str(evil[i])) &&
		      store_binding_put(s, &b, slice_str(evil[i])), "room");
	}
	store_close(s, 5000);
	for (size_t i = 0; i < COUNT(evil); i++) {
		read_records(0, COUNT(evil) - i);
		CHECK(records.count == COUNT(evil) - i, "all are there");
	}
	s = open_store();
	load(s);
	CHECK(got.accounts == COUNT(evil) && got.secrets == COUNT(evil) &&
	      got.bindings == COUNT(evil), "as many as went in");
	CHECK(strcmp(got.secret, evil[COUNT(evil) - 1]) == 0, "octet for octet");
	store_close(s, 0);
	read_records(0, 1);
	CHECK(slice_eq(link_text(&records.last.dialled), slice_str(evil[COUNT(evil) - 1])),
	      "octet for octet");
	remove_dir();
}

TEST(a_second_one_is_refused)
{
	struct store *s, *second = NULL;

	fresh_dir();
	s = open_store();
	CHECK(store_open(&second, dir, 1, error, sizeof(error)) == TG_EBUSY, "F16");
	store_close(s, 0);
	s = open_store();
	store_close(s, 0);
	remove_dir();
}

TEST(files_are_for_their_owner_alone)
{
	static const char *const names[] = { STORE_FILE, "vault.key", "vault.pub" };
	struct store *s;
	struct stat st;
	char path[128];

	fresh_dir();
	s = start_store();
	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600, names[i]);
	}
	store_close(s, 0);
	s = NULL;
	snprintf(path, sizeof(path), "%s/vault.key", dir);
	CHECK(chmod(path, 0644) == 0, "somebody opens the key");
	CHECK(store_open(&s, dir, 1, error, sizeof(error)) == TG_EDENIED, "B15");
	CHECK(chmod(path, 0600) == 0, "and closes it");
	snprintf(path, sizeof(path), "%s/" STORE_FILE, dir);
	CHECK(chmod(path, 0640) == 0, "the database");
	CHECK(store_open(&s, dir, 1, error, sizeof(error)) == TG_EDENIED, "B16");
	remove_dir();
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

TEST(what_is_not_ours_is_refused)
{
	struct vault_account a = account("101"), b = account("102");
	struct store *s;
	char path[128];

	fresh_dir();
	s = start_store();
	memset(b.ha1_md5, 0x33, sizeof(b.ha1_md5));
	CHECK(store_account_put(s, &a, SLICE("")) && store_account_put(s, &b, SLICE("")), "room");
	store_close(s, 5000);
	sql("UPDATE account SET sealed = (SELECT sealed FROM account WHERE user = '102')");
	s = open_store();
	CHECK(store_load(s, &sink) == TG_EBAD, "a secret that was moved to another name");
	store_close(s, 0);
	s = NULL;
	snprintf(path, sizeof(path), "%s/vault.key", dir);
	CHECK(unlink(path) == 0, "the key is lost");
	CHECK(store_open(&s, dir, 1, error, sizeof(error)) == TG_ENOENT,
	      "not made anew over old rows");
	sql("PRAGMA user_version = 99");
	CHECK(store_open(&s, dir, 1, error, sizeof(error)) == TG_EBAD, "a newer schema");
	remove_dir();
}

TEST(a_full_queue_is_counted_and_waits_for_nobody)
{
	struct vault_record r = record(1);
	struct store_stat stat;
	struct store *s;

	fresh_dir();
	s = open_store(); /* no thread: nothing is taken out */
	for (unsigned i = 0; i < STORE_QUEUE; i++)
		CHECK(store_record(s, &r, false), "room");
	CHECK(!store_record(s, &r, false), "no room");
	store_stat(s, &stat);
	CHECK(stat.full == 1 && stat.queued == STORE_QUEUE && stat.written == 0, "counted");
	CHECK(store_start(s, -1) == TG_OK, "the thread starts");
	store_close(s, 20000);
	read_records(0, 0);
	CHECK(records.count == 1 && records.open == 1, "all that waited was written");
	remove_dir();
}

/* A child writes until it is killed; what a new one finds is whole. */
static void write_for_ever(void)
{
	struct store *s = NULL;
	struct link_binding b = binding("101", "sip:x");
	char name[32];

	if (store_open(&s, dir, 1000, error, sizeof(error)) != TG_OK || store_start(s, -1) != TG_OK)
		_exit(1);
	for (uint64_t call = 1;; call++) {
		struct vault_record r = record(call);
		struct vault_account a = account("101");
		const struct timespec pause = { 0, 20000 };

		memset(a.ha1_md5, (int)(call & 0xff), sizeof(a.ha1_md5));
		memset(a.ha1_sha256, (int)(call & 0xff), sizeof(a.ha1_sha256));
		snprintf(name, sizeof(name), "sip:%u", (unsigned)(call % 100));
		link_long_set(&b.contact, slice_str(name));
		store_record(s, &r, false);
		r.answer_ms = 1500;
		store_record(s, &r, false);
		store_account_put(s, &a, SLICE(""));
		store_binding_put(s, &b, SLICE("wan"));
		r.end_ms = 2000;
		if (call % 3 != 0)
			store_record(s, &r, true);
		nanosleep(&pause, NULL);
	}
}

TEST(a_killed_writer_leaves_nothing_torn)
{
	unsigned before = 0;

	if (test_oom_round())
		return;
	fresh_dir();
	for (unsigned round = 0; round < 5; round++) {
		const struct timespec pause = { 0, 60000000 + 17000000L * round };
		struct store *s;
		pid_t pid = fork();

		if (pid == 0)
			write_for_ever();
		nanosleep(&pause, NULL);
		CHECK(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid, "killed");
		s = open_store();
		load(s);
		CHECK(got.accounts <= 1 && got.account.ha1_md5[0] == got.account.ha1_sha256[31],
		      "a row is old or new");
		store_close(s, 0);
		read_records(0, 0);
		CHECK(records.open == 0, "open calls were closed");
		CHECK(records.count >= before, "what was there stays");
		before = records.count;
	}
	CHECK(before > 0, "something was written at all");
	remove_dir();
}

TEST(a_lost_call_ends_when_we_died)
{
	struct vault_record r = record(1);
	struct store *s;

	fresh_dir();
	s = start_store();
	r.answer_ms = 4000;
	CHECK(store_record(s, &r, false), "room");
	store_close(s, 5000);
	sql("UPDATE meta SET value = 64000 WHERE key = 'alive_ms'");
	s = open_store();
	store_close(s, 0);
	read_records(0, 0);
	CHECK(records.open == 0 && records.last.end_ms == 64000 && records.last.talk_ms == 60000 &&
	      records.last.disposition == VAULT_ANSWERED &&
	      slice_eq(link_text(&records.last.rule), SLICE("process-lost")),
	      "not when we came back");
	remove_dir();
}

TEST(a_call_that_outlived_us_ends_in_its_own_time)
{
	struct vault_record r = record(1);
	struct store *s;

	fresh_dir();
	memset(&got, 0, sizeof(got));
	s = start_store();
	r.answer_ms = 4000;
	text(&r.rule, "outbound");
	CHECK(store_record(s, &r, false), "room");
	store_close(s, 5000);
	s = open_store();
	if (store_load(s, &sink) != TG_OK) {
		store_close(s, 0);
		remove_dir();
		CHECK(test_oom_round(), "it loads");
		return;
	}
	CHECK(got.losts == 1 && got.lost.call == 1 && got.lost.answer_ms == 4000 &&
	      slice_eq(link_text(&got.lost.rule), SLICE("outbound")), "as it was");
	CHECK(store_record(s, &got.lost, false), "room");
	CHECK(store_start(s, -1) == TG_OK, "the thread starts");
	got.lost.end_ms = 9000;
	got.lost.talk_ms = 5000;
	CHECK(store_record(s, &got.lost, true), "room");
	store_close(s, 5000);
	read_records(0, 0);
	CHECK(records.count == 1 && records.open == 0, "one record for one call");
	CHECK(records.last.end_ms == 9000 && records.last.talk_ms == 5000 &&
	      records.last.by == 0 && slice_eq(link_text(&records.last.rule), SLICE("outbound")),
	      "nothing of the loss is left");
	remove_dir();
}
