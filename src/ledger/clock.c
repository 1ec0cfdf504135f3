#include "ledger/clock.h"

#include "base/macros.h"

#include <string.h>

/* The year 8095: minutes since 1970 still fit 32 bits.  What lies beyond is taken as this. */
#define MS_MAX (UINT64_C(193000000) * 1000 * 1000)

enum { DAY_MINUTES = 1440 };

static unsigned weekday(int64_t day)
{
	return (unsigned)((day % 7 + 7 + 3) % 7); /* 1970-01-01 was a Thursday */
}

static bool holiday(const struct ledger_calendar *c, int64_t day)
{
	for (uint16_t i = 0; i < c->holidays && i < LEDGER_HOLIDAYS_MAX; i++) {
		if (c->holiday[i] == day)
			return true;
	}
	return false;
}

static bool is_open(const struct ledger_calendar *c, int64_t day, unsigned minute)
{
	unsigned from = c->open[weekday(day)].from, to = c->open[weekday(day)].to;

	if (holiday(c, day))
		return false;
	return from <= to ? minute >= from && minute < to : minute < to || minute >= from;
}

/** Where the last opening of this day ends that does not reach beyond `minute`; -1 = none. */
static int last_closing(const struct ledger_calendar *c, int64_t day, unsigned minute)
{
	unsigned from = c->open[weekday(day)].from, to = c->open[weekday(day)].to;

	if (from == to || holiday(c, day))
		return -1;
	if (from > to && minute >= DAY_MINUTES)
		return DAY_MINUTES;
	return to > 0 && minute >= to ? (int)to : -1;
}

/** The local minute since 1970 at which the stretch began that is on at this closed moment. */
static int64_t stretch_begin(const struct ledger_calendar *c, int64_t day, unsigned minute)
{
	for (int64_t back = 0; back < LEDGER_STRETCH_DAYS; back++) {
		int end = last_closing(c, day - back, back == 0 ? minute : DAY_MINUTES);

		if (end >= 0)
			return (day - back) * DAY_MINUTES + end;
	}
	return (day - day % LEDGER_STRETCH_DAYS) * DAY_MINUTES;
}

/** The same of the stretch that is on, or of the last one before this moment; 0 = none of late. */
static int64_t last_stretch(const struct ledger_calendar *c, int64_t day, unsigned minute)
{
	/* two openings a day at most, each step goes before one */
	for (unsigned step = 0; step < 2 * LEDGER_STRETCH_DAYS; step++) {
		unsigned from = c->open[weekday(day)].from, to = c->open[weekday(day)].to;

		if (!is_open(c, day, minute))
			return stretch_begin(c, day, minute);
		minute = from <= to || minute >= from ? from : 0;
		if (minute == 0) {
			day--;
			minute = DAY_MINUTES;
		}
		minute--;
	}
	return 0;
}

/** The UTC minute at which this local moment begins, rounded up. */
static uint32_t minute_of(const struct tg_zone *zone, int64_t local_s)
{
	int64_t utc_s = tg_zone_first(zone, local_s);

	return utc_s < 0 ? 0 : (uint32_t)((utc_s + 59) / 60);
}

void ledger_now_at(struct ledger_now *out, const struct tg_zone *zone,
                   const struct ledger_calendar *calendar, uint64_t utc_ms)
{
	struct tg_local at;
	int64_t midnight, stretch;

	memset(out, 0, sizeof(*out));
	out->ms = TG_MIN(utc_ms, MS_MAX);
	tg_zone_local(zone, (int64_t)(out->ms / 1000), &at);
	midnight = at.day * 86400;
	out->start[LEDGER_HOUR] = minute_of(zone, midnight + at.second / 3600 * 3600);
	out->start[LEDGER_DAY] = minute_of(zone, midnight);
	out->start[LEDGER_WEEK] = minute_of(zone, midnight - at.weekday * 86400);
	out->start[LEDGER_MONTH] = minute_of(zone, midnight - (at.mday - 1) * 86400);
	if (calendar == NULL)
		return;
	out->off_hours = !is_open(calendar, at.day, at.second / 60);
	stretch = last_stretch(calendar, at.day, at.second / 60);
	if (stretch > 0)
		out->start[LEDGER_OFF_HOURS] = minute_of(zone, stretch * 60);
}

void ledger_clock_init(struct ledger_clock *clock, const struct tg_zone *zone,
                       const struct ledger_calendar *calendar,
                       const struct ledger_clock_state *saved,
                       const struct ledger_clock_state *here)
{
	memset(clock, 0, sizeof(*clock));
	clock->zone = zone;
	clock->calendar = calendar;
	clock->state = *here;
	clock->state.ledger_ms = TG_MIN(here->ledger_ms, MS_MAX);
	clock->second = UINT64_MAX;
	if (saved == NULL || saved->ledger_ms == 0 || saved->ledger_ms > MS_MAX)
		return;
	if (memcmp(saved->boot, here->boot, sizeof(saved->boot)) == 0 &&
	    saved->mono_ms <= here->mono_ms)
		clock->state = *saved;
	else
		clock->state.ledger_ms = TG_MAX(saved->ledger_ms, clock->state.ledger_ms);
}

static void advance(struct ledger_clock *clock, uint64_t mono_ms, uint64_t wall_ms)
{
	struct ledger_clock_state *s = &clock->state;
	uint64_t passed = mono_ms > s->mono_ms ? mono_ms - s->mono_ms : 0;
	uint64_t slew = (passed + clock->rest) / LEDGER_SLEW;

	clock->rest = (uint32_t)((passed + clock->rest) % LEDGER_SLEW);
	s->mono_ms += passed;
	s->ledger_ms = TG_MIN(s->ledger_ms + passed, MS_MAX);
	wall_ms = TG_MIN(wall_ms, MS_MAX);
	/* slew ≤ passed, so this never goes below where it was */
	if (wall_ms > s->ledger_ms)
		s->ledger_ms += TG_MIN(slew, wall_ms - s->ledger_ms);
	else
		s->ledger_ms -= TG_MIN(slew, s->ledger_ms - wall_ms);
}

const struct ledger_now *ledger_clock_now(struct ledger_clock *clock, uint64_t mono_ms,
                                          uint64_t wall_ms)
{
	struct ledger_now fresh;

	advance(clock, mono_ms, wall_ms);
	clock->now.ms = clock->state.ledger_ms;
	if (clock->now.ms / 1000 == clock->second)
		return &clock->now;
	clock->second = clock->now.ms / 1000;
	ledger_now_at(&fresh, clock->zone, clock->calendar, clock->now.ms);
	clock->now.off_hours = fresh.off_hours;
	for (unsigned p = 0; p < LEDGER_PERIODS; p++)
		clock->now.start[p] = TG_MAX(clock->now.start[p], fresh.start[p]);
	return &clock->now;
}

void ledger_clock_adopt(struct ledger_clock *clock, uint64_t wall_ms)
{
	clock->state.ledger_ms = TG_MAX(clock->state.ledger_ms, TG_MIN(wall_ms, MS_MAX));
	clock->second = UINT64_MAX;
}
