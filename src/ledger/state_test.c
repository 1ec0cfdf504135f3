#include "ledger/state.h"

#include "base/test.h"

#define UNIT TG_MICRO_UNIT
#define DAY_MS UINT64_C(86400000)
#define T0 (UINT64_C(20000) * DAY_MS)

static const struct ledger_conf conf = { .ledgers = 8, .budgets = 4, .holds = 8,
	                                 .destinations = 8 };
static const struct tg_tariff by_minute = { UNIT, 0, 60, 60 };

static struct ledger_now at(uint64_t ms)
{
	uint32_t day = (uint32_t)(ms / DAY_MS * 1440);

	return (struct ledger_now){ ms, { (uint32_t)(ms / 3600000 * 60), day, day, day, day },
		                    true };
}

/** What the tests look at: every number that `tollgate limits` can show. */
static bool same(const struct ledger *a, const struct ledger *b, const struct ledger_now *now)
{
	for (uint32_t id = 1; id <= 3; id++) {
		struct ledger_view v, w;

		if (ledger_view(a, now, id, &v) != TG_OK || ledger_view(b, now, id, &w) != TG_OK ||
		    !slice_eq(v.name, w.name) || v.kind != w.kind || v.calls != w.calls ||
		    v.calls_minute != w.calls_minute || v.calls_hour != w.calls_hour ||
		    v.committed != w.committed || v.destinations != w.destinations ||
		    memcmp(v.money, w.money, sizeof(v.money)) != 0)
			return false;
	}
	return true;
}

static struct ledger *made(uint32_t ids[3])
{
	static const char *const names[] = { "", "101", "one" };
	static const enum ledger_kind kinds[] = { LEDGER_SITE, LEDGER_ACCOUNT, LEDGER_TRUNK };
	struct ledger_budget b = LEDGER_BUDGET_NONE;
	struct ledger *l = ledger_new(&conf);

	CHECK(l != NULL, "memory");
	b.money[LEDGER_DAY] = 100 * UNIT;
	b.destinations = 10;
	CHECK(ledger_budget_set(l, 1, &b) == TG_OK, "a budget");
	for (unsigned i = 0; i < 3; i++) {
		CHECK(ledger_add(l, kinds[i], slice_str(names[i]), &ids[i]) == TG_OK, "added");
		ledger_use(l, ids[i], 1);
	}
	return l;
}

static void copy_destinations(struct ledger *to, const struct ledger *from, uint32_t minute)
{
	uint64_t hashes[LEDGER_DESTINATIONS_MAX];

	for (uint32_t id = 1; id <= 3; id++) {
		uint32_t n = ledger_destinations(from, id, hashes);

		for (uint32_t i = 0; i < n; i++)
			CHECK(ledger_destination_import(to, id, hashes[i], minute) == TG_OK,
			      "kept");
	}
}

/* A vault that died: all that the store has is totals and holds. */
static struct ledger *born_again(const struct ledger *old, const struct ledger_now *now)
{
	uint32_t ids[3], where = 0;
	struct ledger *l = made(ids);
	struct tg_handle hold, fresh;

	ledger_advance(l, now);
	for (uint32_t id = 1; id <= 3; id++) {
		struct ledger_total t;

		CHECK(ledger_total_export(old, id, &t) == TG_OK, "a total");
		CHECK(ledger_total_import(l, &t) == TG_OK, "taken");
	}
	while (ledger_hold_next(old, &where, &hold)) {
		struct ledger_hold_state s;

		CHECK(ledger_hold_export(old, hold, &s) == TG_OK, "a hold");
		CHECK(ledger_hold_import(l, &s, &fresh) == TG_OK, "taken");
	}
	copy_destinations(l, old, (uint32_t)(now->ms / 60000));
	return l;
}

TEST(state_survives)
{
	uint32_t ids[3];
	struct ledger *l = made(ids), *again;
	struct ledger_now now = at(T0 + 1000);
	struct ledger_ask ask = { .above = { ids[0], ids[1], ids[2] }, .tariff = by_minute,
		                  .want_s = 118, .call = 5, .destination = 9 };
	struct ledger_answer one, two, three;
	tg_micro cost;

	CHECK(ledger_hold(l, &now, &ask, &one) == TG_OK, "a call");
	ask.again = true;
	CHECK(ledger_hold(l, &now, &ask, &two) == TG_OK, "its second attempt");
	ask.again = false;
	ask.call = 6;
	ask.destination = 10;
	CHECK(ledger_hold(l, &now, &ask, &three) == TG_OK, "another");
	CHECK(ledger_settle(l, &now, three.hold, 61000, &cost) == TG_OK, "over");
	again = born_again(l, &now);
	CHECK(same(l, again, &now), "as before");
	ledger_free(again);
	now = at(T0 + DAY_MS);
	CHECK(ledger_renew(l, &now, one.hold, 60, &three) == TG_OK, "renewed the next day");
	again = born_again(l, &now);
	CHECK(same(l, again, &now), "across a window, too");
	ledger_free(again);
	now = at(T0 + 5 * DAY_MS);
	again = born_again(l, &now);
	CHECK(same(l, again, &now), "days later");
	ledger_free(again);
	ledger_free(l);
}

TEST(state_of_the_unknown)
{
	uint32_t ids[3], gone;
	struct ledger *l = made(ids);
	struct ledger_now now = at(T0);
	struct ledger_total t = { .kind = LEDGER_ACCOUNT, .name_len = 3, .name = "999",
		                  .minute = (uint32_t)(T0 / 60000), .spent = { 0, 5 * UNIT } };
	struct ledger_hold_state s = { .call = 1, .tariff = by_minute, .held = UNIT, .paid_s = 60 };
	struct tg_handle hold;
	struct ledger_stat stat;

	ledger_advance(l, &now);
	CHECK(ledger_total_import(l, &t) == TG_OK, "an account that was removed");
	gone = ledger_find(l, LEDGER_ACCOUNT, SLICE("999"));
	CHECK(gone != 0 && ledger_worst(l, &now, gone, LEDGER_DAY) == LEDGER_NO_MONEY,
	      "is a ledger");
	s.above[0] = ledger_key(LEDGER_ACCOUNT, SLICE("nobody"));
	s.above[1] = ledger_key(LEDGER_ACCOUNT, SLICE("101"));
	CHECK(ledger_hold_import(l, &s, &hold) == TG_OK, "the rest of it is taken");
	ledger_stat(l, &stat);
	CHECK(stat.orphans == 1 && stat.held == UNIT, "and counted");
	CHECK(ledger_release(l, &now, hold) == TG_OK, "it ends as any other");
	ledger_free(l);
}

static const struct {
	const char *why;
	struct ledger_total t;
	enum tg_err err;
} totals[] = {
	{ "no kind", { .kind = 0 }, TG_EBAD },
	{ "a kind of the future", { .kind = LEDGER_KINDS }, TG_EBAD },
	{ "a name beyond its room", { .kind = 1, .name_len = 65 }, TG_EBAD },
	{ "negative money", { .kind = 1, .spent = { 0, -1 } }, TG_EBAD },
	{ "more in the minute than in the hour", { .kind = 1, .calls_minute = 1 }, TG_EBAD },
	{ "the most money", { .kind = 1, .spent = { INT64_MAX } }, TG_OK },
};

TEST(totals_broken)
{
	for (size_t i = 0; i < COUNT(totals); i++) {
		uint32_t ids[3];
		struct ledger *l = made(ids);

		CHECK(ledger_total_import(l, &totals[i].t) == totals[i].err, totals[i].why);
		ledger_free(l);
	}
}

static const struct {
	const char *why;
	struct ledger_hold_state s;
	enum tg_err err;
} states[] = {
	{ "no tariff", { .call = 1 }, TG_EBAD },
	{ "negative", { .tariff = { 0, 0, 1, 1 }, .held = -1 }, TG_EBAD },
	{ "more in a window than in all", { .tariff = { 0, 0, 1, 1 }, .in = { 1 } }, TG_EBAD },
	{ "absurd", { .tariff = { 0, 0, 1, 1 }, .held = INT64_MAX }, TG_EBAD },
	{ "longer than a call can be", { .tariff = { 0, 0, 1, 1 }, .paid_s = 86401 }, TG_EBAD },
	{ "nothing held: a free call", { .tariff = { 0, 0, 1, 1 } }, TG_OK },
};

TEST(holds_broken)
{
	for (size_t i = 0; i < COUNT(states); i++) {
		uint32_t ids[3];
		struct ledger *l = made(ids);
		struct tg_handle hold;

		CHECK(ledger_hold_import(l, &states[i].s, &hold) == states[i].err, states[i].why);
		ledger_free(l);
	}
}

TEST(state_none)
{
	uint32_t ids[3];
	struct ledger *l = made(ids);
	struct ledger_now now = at(T0);
	struct tg_handle none = { 0 };
	struct ledger_view v;
	struct ledger_total t;
	struct ledger_hold_state s;

	CHECK(ledger_view(l, &now, 0, &v) == TG_ENOENT, "no such ledger");
	CHECK(ledger_total_export(l, 9, &t) == TG_ENOENT, "no such ledger");
	CHECK(ledger_hold_export(l, none, &s) == TG_ENOENT, "no such hold");
	CHECK(ledger_destination_import(l, 9, 1, 0) == TG_ENOENT, "no such ledger");
	ledger_free(l);
}
