#include "ledger/clock.h"

#include "base/buf.h"
#include "base/test.h"

#define MIN UINT64_C(60000)
#define HOUR (60 * MIN)
#define DAY (24 * HOUR)
/* 2026-10-24T22:00Z: midnight in Madrid before the day of 25 hours */
#define OCT25 UINT64_C(1792879200000)
#define M(ms) ((uint32_t)((ms) / MIN))

static struct tg_zone utc, madrid;

static void load_zones(void)
{
	char path[512];
	struct buf b = buf_on(path, sizeof(path));

	buf_fmt(&b, "%s/vectors/zone/Madrid%c", test_data_dir(), 0);
	tg_zone_utc(&utc);
	CHECK(!b.full && tg_zone_parse(&madrid, test_file(path)) == TG_OK, "Madrid");
}

static void begin(struct ledger_clock *c, const struct ledger_clock_state *saved, uint64_t mono,
                  uint64_t wall, char boot)
{
	struct ledger_clock_state here = { .ledger_ms = wall, .mono_ms = mono };

	load_zones();
	memset(here.boot, boot, sizeof(here.boot));
	ledger_clock_init(c, &utc, NULL, saved, &here);
}

static const struct {
	const char *why;
	uint64_t mono, wall; /* since the start of both */
	uint64_t least, most; /* ledger time */
} steps[] = {
	{ "as the wall clock, while that is sane", HOUR, HOUR, HOUR, HOUR },
	{ "an hour forward: an hour arrives in 200", 2 * HOUR, 3 * HOUR, 2 * HOUR,
	  2 * HOUR + HOUR / 200 },
	{ "and in the second hour no faster", 3 * HOUR, 4 * HOUR, 3 * HOUR, 3 * HOUR + HOUR / 100 },
	{ "back again: slower, never back", 4 * HOUR, 4 * HOUR, 4 * HOUR, 4 * HOUR + HOUR / 100 },
	{ "a day back", 5 * HOUR, 0, 5 * HOUR - HOUR / 200, 5 * HOUR + HOUR / 100 },
	{ "nothing passed", 5 * HOUR, 40 * DAY, 5 * HOUR - HOUR / 200, 5 * HOUR + HOUR / 100 },
	{ "the monotonic clock stepped back, which it must not", HOUR, 40 * DAY,
	  5 * HOUR - HOUR / 200, 5 * HOUR + HOUR / 100 },
};

TEST(clock_steps)
{
	static const uint64_t mono0 = 12345, wall0 = 20000 * DAY;
	struct ledger_clock c;
	uint64_t last = wall0;

	begin(&c, NULL, mono0, wall0, 1);
	for (size_t i = 0; i < COUNT(steps); i++) {
		const struct ledger_now *now =
		        ledger_clock_now(&c, mono0 + steps[i].mono, wall0 + steps[i].wall);

		CHECK(now->ms >= wall0 + steps[i].least, steps[i].why);
		CHECK(now->ms <= wall0 + steps[i].most, steps[i].why);
		CHECK(now->ms >= last, "never backwards");
		last = now->ms;
	}
}

/* However often it is asked, the slew is the same. */
TEST(clock_slew_exact)
{
	struct ledger_clock c;
	uint64_t wall = 20000 * DAY;

	begin(&c, NULL, 0, wall, 1);
	for (uint64_t ms = 1; ms <= 60000; ms++)
		(void)ledger_clock_now(&c, ms, wall + DAY + ms);
	CHECK(c.state.ledger_ms == wall + 60000 + 300, "one in 200, whatever the steps");
	for (uint64_t ms = 60001; ms <= 400000; ms++)
		(void)ledger_clock_now(&c, ms, wall + ms);
	CHECK(c.state.ledger_ms == wall + 400000, "back where the wall clock is");
}

TEST(clock_restarts)
{
	struct ledger_clock c, next;
	uint64_t wall = 20000 * DAY;

	begin(&c, NULL, 1000, wall, 1);
	(void)ledger_clock_now(&c, 1000 + HOUR, wall + HOUR);
	begin(&next, &c.state, 1000 + 2 * HOUR, wall + 9 * HOUR, 1);
	CHECK(ledger_clock_now(&next, 1000 + 2 * HOUR, wall + 9 * HOUR)->ms <=
	              wall + 2 * HOUR + HOUR / 200,
	      "the same boot: monotonic time decides");
	begin(&next, &c.state, 1000 + 2 * HOUR, wall - DAY, 1);
	CHECK(ledger_clock_now(&next, 1000 + 2 * HOUR, wall - DAY)->ms >=
	              wall + 2 * HOUR - HOUR / 200,
	      "the same boot, the wall clock a day back");
	begin(&next, &c.state, 5, wall + 9 * HOUR, 2);
	CHECK(ledger_clock_now(&next, 5, wall + 9 * HOUR)->ms == wall + 9 * HOUR,
	      "after a reboot: the wall clock, when it is later");
	begin(&next, &c.state, 5, wall - DAY, 2);
	CHECK(ledger_clock_now(&next, 5, wall - DAY)->ms == wall + HOUR, "never before what was");
	begin(&next, &c.state, 5, wall + 9 * HOUR, 1);
	CHECK(ledger_clock_now(&next, 5, wall + 9 * HOUR)->ms == wall + 9 * HOUR,
	      "a monotonic clock that is behind is that of another boot");
	c.state.ledger_ms = UINT64_MAX;
	begin(&next, &c.state, 5, wall, 1);
	CHECK(ledger_clock_now(&next, 5, wall)->ms == wall, "a saved time that cannot be");
	(void)ledger_clock_now(&next, 5, UINT64_MAX);
	ledger_clock_adopt(&next, wall + DAY);
	CHECK(ledger_clock_now(&next, 5, wall)->ms == wall + DAY, "the operator says so");
	ledger_clock_adopt(&next, wall);
	CHECK(ledger_clock_now(&next, 5, wall)->ms == wall + DAY, "but not backwards");
}

static const struct {
	const char *why;
	uint64_t utc_ms;
	uint32_t start[LEDGER_MONTH + 1];
} windows[] = {
	{ "Sunday 00:30 in Madrid", OCT25 + 30 * MIN,
	  { M(OCT25), M(OCT25), M(OCT25 - 6 * DAY), M(OCT25 - 24 * DAY) } },
	{ "02:30, the first time", OCT25 + 150 * MIN,
	  { M(OCT25 + 2 * HOUR), M(OCT25), M(OCT25 - 6 * DAY), M(OCT25 - 24 * DAY) } },
	{ "02:30, the second time: the same window", OCT25 + 210 * MIN,
	  { M(OCT25 + 2 * HOUR), M(OCT25), M(OCT25 - 6 * DAY), M(OCT25 - 24 * DAY) } },
	{ "03:00", OCT25 + 4 * HOUR,
	  { M(OCT25 + 4 * HOUR), M(OCT25), M(OCT25 - 6 * DAY), M(OCT25 - 24 * DAY) } },
	{ "23:59:59, a day of 25 hours", OCT25 + 25 * HOUR - 1000,
	  { M(OCT25 + 24 * HOUR), M(OCT25), M(OCT25 - 6 * DAY), M(OCT25 - 24 * DAY) } },
	{ "Monday: a new week", OCT25 + 25 * HOUR,
	  { M(OCT25 + 25 * HOUR), M(OCT25 + 25 * HOUR), M(OCT25 + 25 * HOUR), M(OCT25 - 24 * DAY) } },
	{ "1 November", OCT25 + 25 * HOUR + 6 * DAY,
	  { M(OCT25 + 25 * HOUR + 6 * DAY), M(OCT25 + 25 * HOUR + 6 * DAY), M(OCT25 + 25 * HOUR),
	    M(OCT25 + 25 * HOUR + 6 * DAY) } },
};

TEST(clock_windows)
{
	load_zones();
	for (size_t i = 0; i < COUNT(windows); i++) {
		struct ledger_now now;

		ledger_now_at(&now, &madrid, NULL, windows[i].utc_ms);
		CHECK(memcmp(now.start, windows[i].start, sizeof(windows[i].start)) == 0,
		      windows[i].why);
		CHECK(!now.off_hours && now.start[LEDGER_OFF_HOURS] == 0, "no calendar");
	}
}

/* Every window over three years, minute by quarter of an hour: none ever goes back. */
TEST(clock_windows_never_fall)
{
	struct ledger_now now, last = { 0 };

	load_zones();
	for (uint64_t ms = OCT25 - 400 * DAY; ms < OCT25 + 700 * DAY; ms += 15 * MIN) {
		ledger_now_at(&now, &madrid, NULL, ms);
		for (unsigned p = 0; p <= LEDGER_MONTH; p++) {
			CHECK(now.start[p] >= last.start[p], "never back");
			CHECK(now.start[p] <= M(ms), "never ahead");
		}
		last = now;
	}
}

/* Office hours 08:00 to 20:00, Saturday till 14:00; one holiday; a bar on Fridays. */
static const struct ledger_calendar office = {
	.open = { { 480, 1200 }, { 480, 1200 }, { 480, 1200 }, { 480, 1200 }, { 480, 120 },
	          { 480, 840 }, { 0, 0 } },
	.holidays = 1,
	.holiday = { 20004 },
};
/* day 20003 is a Monday */
#define MON (UINT64_C(20003) * DAY)

static const struct {
	const char *why;
	uint64_t utc_ms;
	bool off;
	uint64_t begin;
} stretches[] = {
	{ "Monday 07:59 belongs to the weekend", MON + 479 * MIN, true, MON - DAY - 10 * HOUR },
	{ "Sunday, too", MON - HOUR, true, MON - DAY - 10 * HOUR },
	{ "Monday 08:00: open; the last one is known", MON + 8 * HOUR, false, MON - DAY - 10 * HOUR },
	{ "Monday 20:00", MON + 20 * HOUR, true, MON + 20 * HOUR },
	{ "the holiday goes on", MON + DAY + 12 * HOUR, true, MON + 20 * HOUR },
	{ "until Wednesday 08:00", MON + 2 * DAY + 8 * HOUR - 1, true, MON + 20 * HOUR },
	{ "Friday 01:59: the bar is open", MON + 4 * DAY + 119 * MIN, false, MON + 3 * DAY + 20 * HOUR },
	{ "Friday 02:00", MON + 4 * DAY + 2 * HOUR, true, MON + 4 * DAY + 2 * HOUR },
	{ "Friday 23:59", MON + 5 * DAY - MIN, false, MON + 4 * DAY + 2 * HOUR },
	{ "Saturday 00:00", MON + 5 * DAY, true, MON + 5 * DAY },
};

TEST(clock_off_hours)
{
	load_zones();
	for (size_t i = 0; i < COUNT(stretches); i++) {
		struct ledger_now now;

		ledger_now_at(&now, &utc, &office, stretches[i].utc_ms);
		CHECK(now.off_hours == stretches[i].off, stretches[i].why);
		CHECK(now.start[LEDGER_OFF_HOURS] == M(stretches[i].begin), stretches[i].why);
	}
}

TEST(clock_off_hours_extremes)
{
	static struct ledger_calendar c;
	struct ledger_now now;
	uint32_t last = 0, changes = 0;

	load_zones();
	for (uint64_t ms = MON; ms < MON + 100 * DAY; ms += HOUR) {
		ledger_now_at(&now, &utc, &c, ms);
		CHECK(now.off_hours && now.start[LEDGER_OFF_HOURS] >= last &&
		              now.start[LEDGER_OFF_HOURS] <= M(ms),
		      "always closed");
		changes += now.start[LEDGER_OFF_HOURS] != last;
		last = now.start[LEDGER_OFF_HOURS];
	}
	CHECK(changes == 4, "cut every 31 days");
	for (unsigned i = 0; i < 7; i++)
		c.open[i].to = 1440;
	ledger_now_at(&now, &utc, &c, MON);
	CHECK(!now.off_hours && now.start[LEDGER_OFF_HOURS] == 0, "always open");
}
