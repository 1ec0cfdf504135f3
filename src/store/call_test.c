/* Running calls, settling, totals, state rows: what was asked for is there after a restart. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/test.h"
#include "store/records.h"
#include "store/store_priv.h"

static char dir[64], error[256];

static void fresh_dir(void)
{
	snprintf(dir, sizeof(dir), "/tmp/tg_call_XXXXXX");
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

/* No thread: store_turn() writes when the test wants it. */
static struct store *open_store(void)
{
	struct store *s = NULL;
	enum tg_err err = store_open(&s, dir, 5000, error, sizeof(error));

	if (err != TG_OK && test_oom_round()) {
		remove_dir();
		CHECK(false, "no memory");
	}
	CHECK(err == TG_OK, error);
	return s;
}

static struct link_leg leg(uint64_t call, uint8_t branch)
{
	return (struct link_leg){ .call = call, .side = LINK_B, .branch = branch };
}

static struct vault_record record(uint64_t call)
{
	struct vault_record r = { .call = call, .start_ms = 1000, .status = 200 };

	link_text_set(&r.dialled, SLICE("+34911234567"));
	CHECK(tg_addr_parse(&r.from, SLICE("192.0.2.7:5060"), 0) == TG_OK, "an address");
	r.media[1].silent_ms = 7;
	return r;
}

/* ---- what came back, as text ---- */

static char mem[2048];
static struct buf got;

static void on_record(void *ctx, const struct vault_record *r)
{
	(void)ctx;
	buf_fmt(&got, "up %llu talks %d\n", (unsigned long long)r->call, r->answer_ms != 0);
}

static void on_part(const char *what, const struct link_leg *l, struct slice blob)
{
	buf_fmt(&got, "%s %llu.%u %.*s\n", what, (unsigned long long)l->call, l->branch,
	        SLICE_FMT(blob));
}

static void on_hold(void *ctx, const struct link_leg *l, struct slice hold)
{
	(void)ctx;
	on_part("hold", l, hold);
}

static void on_recipe(void *ctx, const struct link_leg *l, struct slice recipe)
{
	(void)ctx;
	on_part("recipe", l, recipe);
}

static void on_total(void *ctx, struct slice key, struct slice total)
{
	(void)ctx;
	buf_fmt(&got, "total %.*s %.*s\n", SLICE_FMT(key), SLICE_FMT(total));
}

static void on_state(void *ctx, struct slice kind, struct slice key, struct slice value)
{
	(void)ctx;
	buf_fmt(&got, "state %.*s %.*s %.*s\n", SLICE_FMT(kind), SLICE_FMT(key), SLICE_FMT(value));
}

static bool on_row(void *ctx, uint64_t id, const struct vault_record *r, bool over)
{
	(void)ctx;
	buf_fmt(&got, "record %llu %llu %s %.*s\n", (unsigned long long)id,
	        (unsigned long long)r->call, over ? "over" : "up", SLICE_FMT(link_text(&r->rule)));
	return true;
}

/* After a restart: what the vault gets, then what the command line shows. */
static void check_after_restart(struct store *s, const char *want)
{
	const struct store_sink sink = { .record = on_record, .hold = on_hold, .recipe = on_recipe,
		                         .total = on_total, .state = on_state };
	const struct records_query all = { 0 };

	store_turn(s);
	store_close(s, 0);
	s = open_store();
	got = buf_on(mem, sizeof(mem) - 1);
	CHECK(store_load(s, &sink) == TG_OK, "it loads");
	CHECK(records_each(dir, &all, &(struct records_sink){ NULL, on_row }, error,
	                   sizeof(error)) == TG_OK, error);
	mem[got.len] = '\0';
	if (!slice_eq(buf_slice(&got), slice_str(want)) && !test_oom_round())
		printf("wanted:\n%sgot:\n%s", want, mem);
	CHECK(slice_eq(buf_slice(&got), slice_str(want)), "what was written");
	store_close(s, 0);
	remove_dir();
}

TEST(a_call_from_grant_to_settlement)
{
	struct vault_record r = record(7);
	struct link_leg l = leg(7, 1);
	const struct store_total totals[] = { { SLICE("site/"), SLICE("5") },
		                              { SLICE("account/101"), SLICE("6") } };
	struct store *s;

	fresh_dir();
	s = open_store();
	CHECK(store_change(s, &(struct store_change){ .leg = l, .hold = SLICE("h1"),
	                                              .recipe = SLICE("cancel"), .record = &r }) ==
	      1, "the first job is number 1");
	store_turn(s);
	CHECK(store_hold_put(s, &l, SLICE("h2")) == 2 &&
	      store_recipe_put(s, &l, SLICE("bye")) == 3, "then 2 and 3");
	CHECK(store_settle(s, &(struct store_change){ .leg = l, .record = &r, .over = true,
	                                              .total = totals, .totals = 2 }) == 4, "4");
	check_after_restart(s, "total account/101 6\ntotal site/ 5\nrecord 1 7 over \n");
}

TEST(what_a_crash_leaves)
{
	struct vault_record r = record(7), other = record(8);
	struct link_leg first = leg(7, 1), second = leg(7, 2);
	struct store *s;

	fresh_dir();
	s = open_store();
	r.answer_ms = 2000;
	CHECK(store_change(s, &(struct store_change){ .leg = first, .hold = SLICE("a"),
	                                              .record = &r }) != 0 &&
	      store_change(s, &(struct store_change){ .leg = second, .hold = SLICE("b"),
	                                              .recipe = SLICE("bye") }) != 0 &&
	      store_hold_drop(s, &first) != 0 && store_record(s, &other, false) != 0, "room");
	check_after_restart(s, "up 7 talks 1\nup 8 talks 0\nhold 7.2 b\nrecipe 7.2 bye\n"
	                       "record 0 7 over process-lost\nrecord 0 8 over process-lost\n");
}

TEST(a_lost_call_is_closed_when_nobody_claims_it)
{
	struct vault_record r[3] = { record(7), record(8), record(9) };
	struct link_leg held = leg(8, 1);
	struct store *s;

	fresh_dir();
	s = open_store();
	for (int i = 0; i < 3; i++)
		CHECK(store_record(s, &r[i], false) != 0, "room");
	CHECK(store_hold_put(s, &held, SLICE("h")) != 0, "room");
	store_turn(s);
	store_close(s, 0);
	s = open_store();
	CHECK(store_record(s, &r[2], false) != 0, "9 is claimed");
	/* by the real clock this store has been open since 1970 */
	check_after_restart(s, "up 8 talks 0\nup 9 talks 0\nhold 8.1 h\n"
	                       "record 1 7 over process-lost\nrecord 0 8 over process-lost\n"
	                       "record 0 9 over process-lost\n");
}

TEST(state_rows)
{
	struct store *s;

	fresh_dir();
	s = open_store();
	CHECK(store_state_put(s, SLICE("pass"), SLICE("1"), SLICE("x")) != 0 &&
	      store_state_put(s, SLICE("pass"), SLICE("1"), SLICE("y")) != 0 &&
	      store_state_put(s, SLICE("pass"), SLICE("2"), SLICE("z")) != 0 &&
	      store_state_put(s, SLICE("lockdown"), SLICE(""), SLICE("2")) != 0 &&
	      store_state_drop(s, SLICE("pass"), SLICE("2")) != 0, "room");
	check_after_restart(s, "state lockdown  2\nstate pass 1 y\n");
}

TEST(of_several_totals_the_last_is_written)
{
	char key[32], value[32], want[64];
	struct store *s;

	fresh_dir();
	s = open_store();
	for (unsigned i = 0; i < 100; i++) {
		struct store_total t[2] = { { SLICE("site/"), SLICE("") } };

		snprintf(key, sizeof(key), "account/%u", i % 2);
		snprintf(value, sizeof(value), "%u", i);
		t[0].blob = t[1].blob = slice_str(value);
		t[1].key = slice_str(key);
		CHECK(store_change(s, &(struct store_change){ .total = t, .totals = 2 }) != 0,
		      "room");
	}
	store_turn(s);
	CHECK(s->totals_written == 3, "three ledgers, three rows");
	snprintf(want, sizeof(want), "total account/0 98\ntotal account/1 99\ntotal site/ 99\n");
	check_after_restart(s, want);
}

TEST(what_is_too_long_is_refused)
{
	static const char big[STORE_RECIPE_MAX + 1];
	struct store_total t = { slice_of(big, STORE_KEY_MAX + 1), SLICE("") };
	struct link_leg l = leg(7, 1);
	struct store *s;

	fresh_dir();
	s = open_store();
	CHECK(store_hold_put(s, &l, slice_of(big, STORE_HOLD_MAX + 1)) == 0, "a hold");
	CHECK(store_recipe_put(s, &l, slice_of(big, STORE_RECIPE_MAX + 1)) == 0, "a recipe");
	CHECK(store_change(s, &(struct store_change){ .total = &t, .totals = 1 }) == 0, "a key");
	CHECK(store_state_put(s, SLICE("k"), SLICE("k"), slice_of(big, STORE_STATE_MAX + 1)) == 0,
	      "a state");
	CHECK(store_hold_put(s, &l, slice_of(big, STORE_HOLD_MAX)) == 1, "the longest is not");
	store_close(s, 0);
	remove_dir();
}

TEST(the_owner_is_woken)
{
	struct vault_record r = record(7);
	struct link_leg l = leg(7, 1);
	struct pollfd fd = { .events = POLLIN };
	struct store_stat stat;
	struct store *s;
	uint64_t seq;

	fresh_dir();
	s = open_store();
	fd.fd = eventfd(0, EFD_NONBLOCK);
	CHECK(store_start(s, fd.fd) == TG_OK, "the thread starts");
	seq = store_hold_put(s, &l, SLICE("h"));
	CHECK(poll(&fd, 1, 10000) == 1, "woken");
	store_stat(s, &stat);
	CHECK(stat.written >= seq && store_healthy(s), "when it is on disk");
	CHECK(store_record(s, &r, true) != 0, "room");
	store_close(s, 10000);
	close(fd.fd);
	remove_dir();
}

/* ---- rows and their places ---- */

TEST(a_failed_transaction_gives_the_rows_back)
{
	static struct store_live live;
	struct link_leg a = leg(1, 1), b = leg(2, 1), c = leg(3, 1);
	uint32_t row_a, row_b;

	memset(&live, 0, sizeof(live));
	if (store_live_init(&live) != TG_OK) {
		store_live_fini(&live);
		CHECK(test_oom_round(), "memory");
		return;
	}
	row_a = store_live_take(&live, &a, STORE_HAS_HOLD);
	row_b = store_live_take(&live, &b, STORE_HAS_HOLD | STORE_LOST);
	store_live_keep(&live);
	store_live_set(&live, row_a, 0);
	CHECK(store_live_take(&live, &c, STORE_HAS_RECORD) == row_a, "the place is used again");
	store_live_set(&live, row_b, STORE_HAS_RECORD);
	store_live_set(&live, row_b, 0);
	CHECK(live.used == 1 && live.losts == 0, "one is left");
	store_live_undo(&live);
	CHECK(store_live_find(&live, &a) == row_a && store_live_find(&live, &b) == row_b &&
	      store_live_find(&live, &c) == 0, "all as before");
	CHECK(live.used == 2 && live.losts == 1 && live.frees == 0, "counted so, too");
	CHECK(store_live_holds(&live, 1) && !store_live_holds(&live, 3), "holds by call");
	store_live_fini(&live);
}

TEST(a_record_is_packed_and_comes_back)
{
	struct vault_record r = record(0xfedcba9876543210u), back;
	uint8_t packed[STORE_PACK_MAX];
	size_t len = store_record_pack(packed, &r);
	struct slice in = test_guarded(slice_of((char *)packed, len));

	CHECK(store_record_unpack(&back, r.call, in) == TG_OK && back.start_ms == 1000 &&
	      back.media[1].silent_ms == 7 && tg_addr_eq(&back.from, &r.from) &&
	      slice_eq(link_text(&back.dialled), link_text(&r.dialled)), "with all its values");
	for (size_t n = 0; n < len; n++) {
		in = test_guarded(slice_of((char *)packed, n));
		CHECK(store_record_unpack(&back, 1, in) != TG_EMORE, "a shorter record, or none");
	}
	packed[0] = 255;
	CHECK(store_record_unpack(&back, 1, slice_of((char *)packed, len)) == TG_EBAD,
	      "a column of a newer version");
	CHECK(store_record_unpack(&back, 1, SLICE("\x01\x09" "123456789")) == TG_EBAD,
	      "a number of nine octets");
	CHECK(store_record_unpack(&back, 1, SLICE("\x01")) == TG_EBAD, "half a head");
}
