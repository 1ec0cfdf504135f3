#include "ledger/ledger.h"

#include "base/test.h"
#include "ledger/state.h"

/* 1.00 a minute, in minutes: what the tests count with. */
#define UNIT TG_MICRO_UNIT
static const struct tg_tariff by_minute = { UNIT, 0, 60, 60 };
static const struct tg_tariff by_second = { 60 * UNIT, 0, 1, 1 }; /* 1.00 a second */
static const struct tg_tariff with_fee = { UNIT, UNIT / 2, 30, 6 };

enum { MINUTE = 60000, HOUR = 3600000 };
#define DAY_MS UINT64_C(86400000)
#define T0 (UINT64_C(20000) * DAY_MS) /* a midnight, UTC */

/* Windows in UTC, days and hours only; the month is 30 days. */
static struct ledger_now at(uint64_t ms)
{
	uint32_t minute = (uint32_t)(ms / MINUTE);
	struct ledger_now now = { .ms = ms };

	now.start[LEDGER_HOUR] = minute / 60 * 60;
	now.start[LEDGER_DAY] = minute / 1440 * 1440;
	now.start[LEDGER_WEEK] = minute / 10080 * 10080;
	now.start[LEDGER_MONTH] = minute / 43200 * 43200;
	return now;
}

static struct ledger *ledger_made(void)
{
	static const struct ledger_conf conf = { .ledgers = 16, .budgets = 8, .holds = 8,
		                                 .destinations = 4 };
	struct ledger *l = ledger_new(&conf);

	CHECK(l != NULL, "memory");
	return l;
}

static uint32_t added(struct ledger *l, enum ledger_kind kind, const char *name, uint32_t row)
{
	uint32_t id = 0;

	CHECK(ledger_add(l, kind, slice_str(name), &id) == TG_OK && id != 0, name);
	ledger_use(l, id, row);
	return id;
}

static void budget(struct ledger *l, uint32_t row, const struct ledger_budget *b)
{
	CHECK(ledger_budget_set(l, row, b) == TG_OK, "a valid budget");
}

static struct ledger_budget day_of(tg_micro limit)
{
	struct ledger_budget b = LEDGER_BUDGET_NONE;

	b.money[LEDGER_DAY] = limit;
	return b;
}

static struct ledger_ask ask_of(uint32_t a, uint32_t b, const struct tg_tariff *t, uint32_t want_s)
{
	return (struct ledger_ask){ .above = { a, b }, .tariff = *t, .call = 1, .want_s = want_s,
		                    .destination = 77 };
}

static struct ledger_money money(const struct ledger *l, uint64_t ms, uint32_t id, unsigned p)
{
	struct ledger_now now = at(ms);
	struct ledger_view v;

	CHECK(ledger_view(l, &now, id, &v) == TG_OK, "a ledger");
	return v.money[p];
}

static const struct {
	const char *why;
	struct tg_tariff t;
	tg_micro limit;
	uint32_t want_s;
	enum tg_err err;
	uint32_t paid_s;
	tg_micro held;
	bool shrunk;
} holds[] = {
	{ "a minute and the guard are two increments",
	  { UNIT, 0, 60, 60 },
	  9 * UNIT,
	  60,
	  TG_OK,
	  120,
	  2 * UNIT,
	  false },
	{ "58 seconds and the guard are one",
	  { UNIT, 0, 60, 60 },
	  9 * UNIT,
	  58,
	  TG_OK,
	  60,
	  UNIT,
	  false },
	{ "what fits, when the step does not",
	  { UNIT, 0, 60, 60 },
	  UNIT,
	  60,
	  TG_OK,
	  60,
	  UNIT,
	  true },
	{ "a micro too little for the first",
	  { UNIT, 0, 60, 60 },
	  UNIT - 1,
	  60,
	  TG_ELIMIT,
	  0,
	  0,
	  false },
	{ "by the second: one second and the guard",
	  { 60 * UNIT, 0, 1, 1 },
	  3 * UNIT,
	  60,
	  TG_OK,
	  3,
	  3 * UNIT,
	  true },
	{ "the guard alone buys no talk",
	  { 60 * UNIT, 0, 1, 1 },
	  3 * UNIT - 1,
	  60,
	  TG_ELIMIT,
	  0,
	  0,
	  false },
	{ "the fee is due with the first increment",
	  { UNIT, UNIT / 2, 30, 6 },
	  UNIT,
	  58,
	  TG_OK,
	  30,
	  UNIT,
	  true },
	{ "and all", { UNIT, UNIT / 2, 30, 6 }, 9 * UNIT, 58, TG_OK, 60, UNIT * 3 / 2, false },
	{ "a free call needs no money", { 0, 0, 60, 60 }, 0, 60, TG_OK, 120, 0, false },
	{ "a fee needs some", { 0, 1, 60, 60 }, 0, 60, TG_ELIMIT, 0, 0, false },
	{ "the longest call is a day", { 1, 0, 1, 1 }, UNIT, 200000, TG_OK, 86400, 1440, false },
};

TEST(hold_amounts)
{
	struct ledger_now now = at(T0);

	for (size_t i = 0; i < COUNT(holds); i++) {
		struct ledger *l = ledger_made();
		struct ledger_budget b = day_of(holds[i].limit);
		uint32_t id = added(l, LEDGER_ACCOUNT, "101", 1);
		struct ledger_ask ask = ask_of(id, 0, &holds[i].t, holds[i].want_s);
		struct ledger_answer out;

		budget(l, 1, &b);
		CHECK(ledger_hold(l, &now, &ask, &out) == holds[i].err, holds[i].why);
		CHECK(out.paid_s == holds[i].paid_s && out.held == holds[i].held, holds[i].why);
		CHECK(out.shrunk == holds[i].shrunk, holds[i].why);
		CHECK(money(l, T0, id, LEDGER_DAY).held == holds[i].held, holds[i].why);
		if (holds[i].err != TG_OK || out.shrunk)
			CHECK(out.block.ledger == id && out.block.what == LEDGER_DAY &&
			              out.block.limit == holds[i].limit,
			      "the limit is named");
		ledger_free(l);
	}
}

TEST(all_or_nothing)
{
	struct ledger *l = ledger_made();
	struct ledger_budget b = day_of(5 * UNIT), one = LEDGER_BUDGET_NONE;
	struct ledger_now now = at(T0);
	struct ledger_answer out;
	uint32_t site, acct;
	struct ledger_ask ask;

	one.calls = 1;
	budget(l, 1, &b);
	budget(l, 2, &one);
	site = added(l, LEDGER_SITE, "", 2);
	acct = added(l, LEDGER_ACCOUNT, "101", 1);
	ask = ask_of(acct, site, &by_minute, 58);
	CHECK(ledger_hold(l, &now, &ask, &out) == TG_OK, "the first call");
	ask.call = 2;
	CHECK(ledger_hold(l, &now, &ask, &out) == TG_ELIMIT, "the site has one call at a time");
	CHECK(out.block.ledger == site && out.block.what == LEDGER_LIMIT_CALLS &&
	              out.block.limit == 1 && out.block.used == 1,
	      "and says so");
	CHECK(money(l, T0, acct, LEDGER_DAY).held == UNIT, "the account paid for one call only");
	ledger_free(l);
}

/* Money of the call at T0 23:59:30 that is renewed after midnight. */
TEST(windows_roll)
{
	struct ledger *l = ledger_made();
	struct ledger_budget b = day_of(3 * UNIT);
	uint64_t late = T0 + DAY_MS - 30000, next = T0 + DAY_MS + 20000;
	struct ledger_now before = at(late), after = at(next);
	uint32_t id = added(l, LEDGER_ACCOUNT, "101", 1);
	struct ledger_ask ask = ask_of(id, 0, &by_minute, 118);
	struct ledger_answer out, more;
	struct ledger_view v;
	tg_micro cost = -1;

	budget(l, 1, &b);
	CHECK(ledger_hold(l, &before, &ask, &out) == TG_OK && out.held == 2 * UNIT, "two minutes");
	CHECK(money(l, late, id, LEDGER_DAY).remaining == UNIT, "of three");
	CHECK(money(l, next, id, LEDGER_DAY).remaining == 3 * UNIT, "a new day");
	CHECK(ledger_renew(l, &after, out.hold, 180, &more) == TG_OK && more.held == 5 * UNIT &&
	              !more.shrunk,
	      "the new day pays three more");
	CHECK(money(l, next, id, LEDGER_DAY).held == 3 * UNIT, "and counts those only");
	CHECK(ledger_view(l, &after, id, &v) == TG_OK && v.committed == 5 * UNIT,
	      "all are committed");
	/* three minutes of talk: two were the old day's, so one is the new day's */
	CHECK(ledger_settle(l, &after, out.hold, 3 * MINUTE, &cost) == TG_OK && cost == 3 * UNIT,
	      "three minutes");
	CHECK(money(l, next, id, LEDGER_DAY).spent == UNIT, "the newest money comes back first");
	CHECK(money(l, next, id, LEDGER_DAY).held == 0, "nothing is held");
	ledger_free(l);
}

TEST(old_money_stays_away)
{
	struct ledger *l = ledger_made();
	struct ledger_budget b = day_of(3 * UNIT);
	struct ledger_now before = at(T0), after = at(T0 + DAY_MS);
	uint32_t id = added(l, LEDGER_ACCOUNT, "101", 1);
	struct ledger_ask ask = ask_of(id, 0, &by_minute, 118);
	struct ledger_answer out, other;
	tg_micro cost;

	budget(l, 1, &b);
	CHECK(ledger_hold(l, &before, &ask, &out) == TG_OK, "yesterday");
	ask.call = 2;
	ask.want_s = 58;
	CHECK(ledger_hold(l, &after, &ask, &other) == TG_OK, "today");
	CHECK(ledger_settle(l, &after, out.hold, 1000, &cost) == TG_OK && cost == UNIT,
	      "one minute");
	CHECK(money(l, T0 + DAY_MS, id, LEDGER_DAY).held == UNIT, "today's hold is untouched");
	CHECK(money(l, T0 + DAY_MS, id, LEDGER_DAY).spent == 0, "yesterday's call is yesterday's");
	CHECK(ledger_release(l, &after, other.hold) == TG_OK, "never answered");
	CHECK(money(l, T0 + DAY_MS, id, LEDGER_DAY).held == 0, "all came back");
	CHECK(ledger_release(l, &after, other.hold) == TG_ENOENT, "once");
	ledger_free(l);
}

TEST(renewals)
{
	struct ledger *l = ledger_made();
	struct ledger_budget b = day_of(5 * UNIT);
	struct ledger_now now = at(T0);
	uint32_t id = added(l, LEDGER_ACCOUNT, "101", 1);
	struct ledger_ask ask = ask_of(id, 0, &by_second, 1);
	struct ledger_answer out, more;
	struct ledger_stat stat;
	tg_micro cost;

	budget(l, 1, &b);
	CHECK(ledger_hold(l, &now, &ask, &out) == TG_OK && out.paid_s == 3, "one and the guard");
	CHECK(ledger_answered(l, &now, out.hold) == TG_OK, "200");
	CHECK(ledger_renew(l, &now, out.hold, 10, &more) == TG_OK && more.paid_s == 5 &&
	              more.shrunk,
	      "two of ten fit");
	CHECK(ledger_renew(l, &now, out.hold, 10, &more) == TG_ELIMIT && more.paid_s == 5 &&
	              more.block.what == LEDGER_DAY && more.block.used == 5 * UNIT,
	      "no more; what is paid stays");
	CHECK(ledger_settle(l, &now, out.hold, 5000, &cost) == TG_OK && cost == 5 * UNIT,
	      "all of it");
	ledger_stat(l, &stat);
	CHECK(stat.overruns == 0 && stat.renewed == 1 && stat.renew_refused == 1, "counted");
	ledger_free(l);
}

TEST(overrun_is_spent)
{
	struct ledger *l = ledger_made();
	struct ledger_budget b = day_of(UNIT);
	struct ledger_now now = at(T0);
	uint32_t id = added(l, LEDGER_ACCOUNT, "101", 1);
	struct ledger_ask ask = ask_of(id, 0, &by_minute, 58);
	struct ledger_answer out;
	struct ledger_stat stat;
	struct ledger_money m;
	tg_micro cost;

	budget(l, 1, &b);
	CHECK(ledger_hold(l, &now, &ask, &out) == TG_OK, "one minute");
	CHECK(ledger_settle(l, &now, out.hold, 60001, &cost) == TG_OK && cost == 2 * UNIT,
	      "the provider counts two");
	m = money(l, T0, id, LEDGER_DAY);
	CHECK(m.spent == 2 * UNIT && m.remaining == 0 && m.bound == 2 * UNIT, "spent, not hidden");
	ledger_stat(l, &stat);
	CHECK(stat.overruns == 1 && stat.overrun_micro == UNIT, "and counted");
	ask.call = 2;
	CHECK(ledger_hold(l, &now, &ask, &out) == TG_ELIMIT, "no more calls");
	/* a provider that never ends: clipped, never wrapped */
	b = day_of(LEDGER_NO_MONEY);
	budget(l, 1, &b);
	CHECK(ledger_hold(l, &now, &ask, &out) == TG_OK, "no limit");
	CHECK(ledger_settle(l, &now, out.hold, UINT64_MAX, &cost) == TG_OK && cost > 0, "no wrap");
	ledger_free(l);
}

TEST(lowered_limit)
{
	struct ledger *l = ledger_made();
	struct ledger_budget b = day_of(5 * UNIT);
	struct ledger_now now = at(T0);
	uint32_t id = added(l, LEDGER_ACCOUNT, "101", 1);
	struct ledger_ask ask = ask_of(id, 0, &by_minute, 118);
	struct ledger_answer out, other;
	struct tg_tariff toll_free = { 0, 0, 60, 60 };

	budget(l, 1, &b);
	CHECK(ledger_hold(l, &now, &ask, &out) == TG_OK, "two minutes");
	b = day_of(UNIT);
	budget(l, 1, &b);
	CHECK(ledger_renew(l, &now, out.hold, 60, &other) == TG_ELIMIT, "no renewal");
	ask.call = 2;
	CHECK(ledger_hold(l, &now, &ask, &other) == TG_ELIMIT && other.block.used == 2 * UNIT,
	      "no new call");
	ask.tariff = toll_free;
	CHECK(ledger_hold(l, &now, &ask, &other) == TG_OK, "but a free one");
	CHECK(money(l, T0, id, LEDGER_DAY).bound == 2 * UNIT, "the worst case is what is held");
	CHECK(ledger_release(l, &now, out.hold) == TG_OK, "comes back");
	CHECK(money(l, T0, id, LEDGER_DAY).remaining == UNIT, "the new limit");
	ledger_free(l);
}

TEST(attempts_of_one_call)
{
	struct ledger *l = ledger_made();
	struct ledger_budget b = LEDGER_BUDGET_NONE;
	struct ledger_now now = at(T0);
	uint32_t id = added(l, LEDGER_ACCOUNT, "101", 1), one = added(l, LEDGER_TRUNK, "one", 0),
	         two = added(l, LEDGER_TRUNK, "two", 0);
	struct ledger_ask ask = ask_of(id, one, &by_minute, 58);
	struct ledger_answer first, second;
	struct ledger_view v;
	tg_micro cost;

	b.calls = b.calls_hour = 1;
	b.call = 3 * UNIT;
	budget(l, 1, &b);
	CHECK(ledger_hold(l, &now, &ask, &first) == TG_OK, "the first trunk");
	ask.above[1] = two;
	ask.again = true;
	CHECK(ledger_hold(l, &now, &ask, &second) == TG_OK, "the next one, the same call");
	CHECK(ledger_view(l, &now, id, &v) == TG_OK && v.calls == 1 && v.calls_hour == 1 &&
	              v.committed == 2 * UNIT,
	      "one call, the money of both");
	CHECK(ledger_view(l, &now, two, &v) == TG_OK && v.calls == 1 && v.calls_hour == 1,
	      "and one on its trunk");
	CHECK(ledger_settle(l, &now, first.hold, 1000, &cost) == TG_OK, "a late 200: it bills");
	CHECK(ledger_view(l, &now, id, &v) == TG_OK && v.calls == 1, "the call goes on");
	CHECK(ledger_renew(l, &now, second.hold, 60, &second) == TG_OK && second.held == 2 * UNIT,
	      "two and one are three");
	CHECK(ledger_view(l, &now, one, &v) == TG_OK && v.calls == 0, "not there");
	ledger_free(l);
}

TEST(limit_of_one_call)
{
	struct ledger *l = ledger_made();
	struct ledger_budget b = LEDGER_BUDGET_NONE;
	struct ledger_now now = at(T0);
	uint32_t id = added(l, LEDGER_ACCOUNT, "101", 1);
	struct ledger_ask ask = ask_of(id, 0, &by_minute, 58);
	struct ledger_answer first, second;
	tg_micro cost;

	b.call = 2 * UNIT;
	budget(l, 1, &b);
	CHECK(ledger_hold(l, &now, &ask, &first) == TG_OK, "one attempt");
	CHECK(ledger_hold(l, &now, &ask, &second) == TG_OK, "two in parallel");
	CHECK(ledger_renew(l, &now, second.hold, 60, &second) == TG_ELIMIT &&
	              second.block.what == LEDGER_LIMIT_CALL,
	      "their sum is the call's");
	CHECK(ledger_settle(l, &now, first.hold, 1, &cost) == TG_OK, "one is over and billed");
	CHECK(ledger_renew(l, &now, second.hold, 60, &second) == TG_ELIMIT,
	      "what it cost still counts");
	ledger_free(l);
}

TEST(rates)
{
	struct ledger *l = ledger_made();
	struct ledger_budget b = LEDGER_BUDGET_NONE;
	struct ledger_now now = at(T0);
	uint32_t id = added(l, LEDGER_ACCOUNT, "101", 1);
	struct ledger_ask ask = ask_of(id, 0, &by_minute, 58);
	struct ledger_answer out;

	b.calls_minute = 2;
	b.calls_hour = 3;
	budget(l, 1, &b);
	for (unsigned i = 0; i < 2; i++) {
		ask.call = i;
		CHECK(ledger_hold(l, &now, &ask, &out) == TG_OK, "two a minute");
		CHECK(ledger_release(l, &now, out.hold) == TG_OK, "whatever becomes of them");
	}
	CHECK(ledger_hold(l, &now, &ask, &out) == TG_ELIMIT &&
	              out.block.what == LEDGER_LIMIT_CALLS_MINUTE,
	      "not three");
	now = at(T0 + MINUTE);
	CHECK(ledger_hold(l, &now, &ask, &out) == TG_OK, "the next minute");
	now = at(T0 + 2 * MINUTE);
	CHECK(ledger_hold(l, &now, &ask, &out) == TG_ELIMIT &&
	              out.block.what == LEDGER_LIMIT_CALLS_HOUR,
	      "three an hour");
	now = at(T0 + HOUR);
	CHECK(ledger_hold(l, &now, &ask, &out) == TG_OK, "the next hour");
	ledger_free(l);
}

TEST(destinations)
{
	struct ledger *l = ledger_made();
	struct ledger_budget b = LEDGER_BUDGET_NONE;
	struct ledger_now now = at(T0);
	uint32_t id = added(l, LEDGER_ACCOUNT, "101", 1),
		 other = added(l, LEDGER_ACCOUNT, "102", 1);
	struct ledger_ask ask = ask_of(0, id, &by_minute, 58);
	struct ledger_answer out;
	uint64_t hashes[LEDGER_DESTINATIONS_MAX];

	b.destinations = 20;
	budget(l, 1, &b);
	for (uint64_t i = 0; i < 20; i++) {
		ask.call = ask.destination = i + 1;
		CHECK(ledger_hold(l, &now, &ask, &out) == TG_OK && out.new_destination == 2,
		      "a new one");
		CHECK(ledger_release(l, &now, out.hold) == TG_OK, "over");
	}
	CHECK(ledger_destinations(l, id, hashes) == 20, "all are known");
	ask.destination = 99;
	CHECK(ledger_hold(l, &now, &ask, &out) == TG_ELIMIT &&
	              out.block.what == LEDGER_LIMIT_DESTINATIONS && out.block.used == 20,
	      "not 21");
	ask.destination = 7;
	CHECK(ledger_hold(l, &now, &ask, &out) == TG_OK && out.new_destination == 0, "a known one");
	CHECK(ledger_release(l, &now, out.hold) == TG_OK, "over");
	ask.above[1] = other;
	for (uint64_t i = 0; i < 8; i++) {
		ask.destination = 100 + i;
		CHECK(ledger_hold(l, &now, &ask, &out) == (i < 7 ? TG_OK : TG_ELIMIT),
		      "four sets of seven are configured");
		if (i < 7)
			CHECK(ledger_release(l, &now, out.hold) == TG_OK, "over");
	}
	CHECK(out.block.what == LEDGER_LIMIT_FULL, "no memory: fails closed");
	now = at(T0 + DAY_MS);
	for (uint64_t i = 0; i < 14; i++) {
		ask.destination = 200 + i;
		CHECK(ledger_hold(l, &now, &ask, &out) == TG_OK, "another day");
		CHECK(ledger_release(l, &now, out.hold) == TG_OK, "over");
	}
	CHECK(ledger_destinations(l, other, hashes) > 7,
	      "yesterday's sets were taken from their owners");
	ledger_free(l);
}

TEST(modes)
{
	struct ledger *l = ledger_made();
	struct ledger_budget b = day_of(UNIT);
	struct ledger_now now = at(T0);
	uint32_t id = added(l, LEDGER_ACCOUNT, "101", 1);
	struct ledger_ask ask = ask_of(id, 0, &by_minute, 118);
	struct ledger_answer out;

	b.mode = LEDGER_DRY_RUN;
	b.calls = 1;
	budget(l, 1, &b);
	CHECK(ledger_hold(l, &now, &ask, &out) == TG_OK && out.held == 2 * UNIT && !out.shrunk,
	      "dry-run refuses nothing");
	CHECK(out.dry.what == LEDGER_LIMIT_NONE, "one minute would have fitted");
	ask.call = 2;
	CHECK(ledger_hold(l, &now, &ask, &out) == TG_OK, "nor the next");
	CHECK(out.dry.what == LEDGER_DAY && out.dry.used == 2 * UNIT, "but says what would have");
	b.mode = LEDGER_OFF;
	budget(l, 1, &b);
	ask.call = 3;
	CHECK(ledger_hold(l, &now, &ask, &out) == TG_OK && out.dry.what == LEDGER_LIMIT_NONE,
	      "off");
	CHECK(money(l, T0, id, LEDGER_DAY).held == 6 * UNIT, "all is counted");
	CHECK(!money(l, T0, id, LEDGER_DAY).limited, "and unlimited");
	ledger_free(l);
}

TEST(off_hours)
{
	struct ledger *l = ledger_made();
	struct ledger_budget b = LEDGER_BUDGET_NONE, off = LEDGER_BUDGET_NONE;
	struct ledger_now now = at(T0);
	uint32_t id = added(l, LEDGER_ACCOUNT, "101", 1);
	struct ledger_ask ask = ask_of(id, 0, &by_minute, 58);
	struct ledger_answer day, out;

	b.money[LEDGER_OFF_HOURS] = UNIT;
	b.off_row = 2;
	off.calls = 2;
	budget(l, 1, &b);
	budget(l, 2, &off);
	CHECK(ledger_hold(l, &now, &ask, &day) == TG_OK, "by day");
	CHECK(money(l, T0, id, LEDGER_OFF_HOURS).held == 0, "counts nothing");
	now = at(T0 + HOUR);
	now.off_hours = true;
	now.start[LEDGER_OFF_HOURS] = now.start[LEDGER_HOUR];
	ask.call = 2;
	CHECK(ledger_hold(l, &now, &ask, &out) == TG_OK, "by night");
	CHECK(ledger_renew(l, &now, out.hold, 60, &out) == TG_ELIMIT &&
	              out.block.what == LEDGER_OFF_HOURS,
	      "one minute of it");
	ask.call = 3;
	CHECK(ledger_hold(l, &now, &ask, &out) == TG_ELIMIT && out.block.what == LEDGER_LIMIT_CALLS,
	      "and two calls");
	CHECK(ledger_release(l, &now, day.hold) == TG_OK, "the day's call is over");
	CHECK(ledger_hold(l, &now, &ask, &out) == TG_ELIMIT && out.block.what == LEDGER_OFF_HOURS,
	      "its money was not the night's");
	ledger_free(l);
}

TEST(lockdown)
{
	struct ledger *l = ledger_made();
	struct ledger_budget one = LEDGER_BUDGET_NONE;
	struct ledger_now now = at(T0);
	uint32_t id = added(l, LEDGER_ACCOUNT, "101", 0), site = added(l, LEDGER_SITE, "", 0);
	struct ledger_ask ask = ask_of(id, site, &by_minute, 58);
	struct ledger_answer out;

	one.calls = 1;
	ledger_override(l, 1u << LEDGER_SITE, &one);
	CHECK(ledger_hold(l, &now, &ask, &out) == TG_OK, "one call");
	ask.call = 2;
	CHECK(ledger_hold(l, &now, &ask, &out) == TG_ELIMIT && out.block.override &&
	              out.block.ledger == site,
	      "at a time");
	ask.emergency = true;
	CHECK(ledger_hold(l, &now, &ask, &out) == TG_OK && out.hold.slot == 0, "never of these");
	ask.emergency = false;
	ledger_override(l, 0, NULL);
	CHECK(ledger_hold(l, &now, &ask, &out) == TG_OK, "unlocked");
	ledger_free(l);
}

TEST(call_length)
{
	struct ledger *l = ledger_made();
	struct ledger_budget b = LEDGER_BUDGET_NONE;
	struct ledger_now now = at(T0);
	uint32_t id = added(l, LEDGER_ACCOUNT, "101", 1);
	struct ledger_ask ask = ask_of(id, 0, &with_fee, 60);
	struct ledger_answer out, more;

	b.call_s = 40;
	budget(l, 1, &b);
	CHECK(ledger_hold(l, &now, &ask, &out) == TG_OK && out.max_s == 40 && out.paid_s == 42,
	      "no longer than that, and the guard");
	CHECK(ledger_renew(l, &now, out.hold, 60, &more) == TG_ELIMIT &&
	              more.block.what == LEDGER_LIMIT_LENGTH && more.block.ledger == id,
	      "the end");
	b.call_s = 0;
	budget(l, 1, &b);
	ask.call = 2;
	CHECK(ledger_hold(l, &now, &ask, &out) == TG_ELIMIT &&
	              out.block.what == LEDGER_LIMIT_LENGTH,
	      "no talk at all");
	ledger_free(l);
}

TEST(names_and_rows)
{
	struct ledger *l = ledger_made();
	struct ledger_budget b = LEDGER_BUDGET_NONE;
	uint32_t id = added(l, LEDGER_ACCOUNT, "101", 0), again, other;
	char text[65];

	memset(text, 'x', sizeof(text));
	CHECK(ledger_add(l, LEDGER_ACCOUNT, SLICE("101"), &again) == TG_OK && again == id,
	      "the same");
	CHECK(ledger_add(l, LEDGER_PBX, SLICE("101"), &other) == TG_OK && other != id,
	      "another kind");
	CHECK(ledger_find(l, LEDGER_GROUP, SLICE("101")) == 0, "none");
	CHECK(ledger_add(l, LEDGER_PBX, slice_of(text, 65), &other) == TG_ELIMIT, "too long");
	CHECK(ledger_find(l, LEDGER_PBX, slice_of(text, 65)) == 0, "too long");
	for (unsigned i = 0; i < 14; i++) {
		text[0] = (char)('a' + i);
		CHECK(ledger_add(l, LEDGER_CLASS, slice_of(text, 5), &other) == TG_OK, "16 in all");
	}
	text[0] = 'z';
	CHECK(ledger_add(l, LEDGER_CLASS, slice_of(text, 5), &other) == TG_ENOMEM, "not 17");
	CHECK(ledger_next(l, LEDGER_PBX, 0) == 2 && ledger_next(l, LEDGER_PBX, 2) == 0, "walked");
	CHECK(ledger_budget_set(l, 0, &b) == TG_ENOENT, "row 0 is everybody's");
	CHECK(ledger_budget_set(l, 8, &b) == TG_ENOENT, "no such row");
	b.money[LEDGER_WEEK] = -1;
	CHECK(ledger_budget_set(l, 1, &b) == TG_EBAD, "negative");
	b = LEDGER_BUDGET_NONE;
	b.destinations = LEDGER_DESTINATIONS_MAX + 1;
	CHECK(ledger_budget_set(l, 1, &b) == TG_EBAD, "more than can be told apart");
	b = LEDGER_BUDGET_NONE;
	b.off_row = 8;
	CHECK(ledger_budget_set(l, 1, &b) == TG_EBAD, "no such row");
	ledger_free(l);
}

TEST(holds_full)
{
	struct ledger *l = ledger_made();
	struct ledger_now now = at(T0);
	uint32_t id = added(l, LEDGER_ACCOUNT, "101", 0);
	struct ledger_ask ask = ask_of(id, id, &by_minute, 58);
	struct ledger_answer out;

	for (ask.call = 0; ask.call < 8; ask.call++)
		CHECK(ledger_hold(l, &now, &ask, &out) == TG_OK, "eight are configured");
	CHECK(ledger_hold(l, &now, &ask, &out) == TG_ELIMIT && out.block.what == LEDGER_LIMIT_FULL,
	      "not nine");
	CHECK(money(l, T0, id, LEDGER_DAY).held == 8 * UNIT,
	      "an id that is named twice counts once");
	ledger_free(l);
}
