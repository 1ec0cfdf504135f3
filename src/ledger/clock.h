/*
 * Ledger time (C5): which hour, day, week and month it is for money, whatever the clocks do.
 *
 * Ledger time is UTC in ms.  It moves with the monotonic clock, which must count suspended time
 * (CLOCK_BOOTTIME), and is drawn towards the wall clock by at most 1 ms in LEDGER_SLEW ms, in
 * either direction.  So:
 * - A wall clock that steps forward opens no window early: an hour's step takes LEDGER_SLEW hours
 * to
 *   arrive, and a day's window is at most 86400 / LEDGER_SLEW s short of monotonic time.
 * - One that steps back reopens none: ledger time only goes slower for a while, never back.
 * - Leap seconds, whether repeated or smeared, are such steps.
 * - A restart on the same boot goes on from the saved pair of ledger and monotonic time, as if the
 *   process had lived.  After a reboot it is the later of saved ledger time and the wall clock: who
 *   may reboot the machine with a wrong clock may open windows.  ledger_clock_adopt() is the
 *   operator's word that the wall clock is right, for a machine that was installed in 1970.
 *
 * Windows follow the zone.  Each is named by the UTC minute of its first instant: of the first
 * instant that shows that local hour, day, … or a later one.  A local hour that a change of the
 * offset repeats is one window (of two hours), a day with such a change has 23 or 25 hours, and
 * weeks begin on Monday.
 *
 * Off-hours are what the calendar does not open.  A window of them is a whole stretch: from the
 * closing on Friday to the opening on Monday is one, at most LEDGER_STRETCH_DAYS long (then the
 * next begins at midnight).
 */
#ifndef TG_LEDGER_CLOCK_H
#define TG_LEDGER_CLOCK_H

#include "base/zone.h"
#include "ledger/ledger.h"

enum {
	LEDGER_SLEW = 200,
	LEDGER_HOLIDAYS_MAX = 64,
	LEDGER_STRETCH_DAYS = 31
};

/** When it is not off-hours. */
struct ledger_calendar {
	/**
	 * Open from minute `from` to before minute `to` of each weekday (0 = Monday), 0..1440.
	 * Equal: closed all day.  from > to: open before `to` and from `from` on, of that same day.
	 */
	struct {
		uint16_t from, to;
	} open[7];
	uint16_t holidays;
	int32_t holiday[LEDGER_HOLIDAYS_MAX]; /* closed all day: days since 1970-01-01, local */
};

/** What the store keeps; a row with the other ledger rows, written at least once a minute. */
struct ledger_clock_state {
	uint64_t ledger_ms; /* 0 = never saved */
	uint64_t mono_ms;
	uint8_t boot[16];   /* the kernel's boot id */
};

struct ledger_clock {
	struct ledger_clock_state state;
	const struct tg_zone *zone;
	const struct ledger_calendar *calendar;
	uint32_t rest;      /* of the slew, in ms of monotonic time */
	uint64_t second;    /* for which `now` has the windows */
	struct ledger_now now;
};

/**
 * Begin.
 *
 * zone      borrowed for good
 * calendar  borrowed for good; NULL = there are no off-hours
 * saved     what the store kept; NULL at the first start
 * here      the wall clock (as `ledger_ms`), the monotonic clock and the boot id, now
 */
void ledger_clock_init(struct ledger_clock *clock, const struct tg_zone *zone,
                       const struct ledger_calendar *calendar,
                       const struct ledger_clock_state *saved,
                       const struct ledger_clock_state *here);

/** The moment; lives until the next call.  `clock->state` is what is to be kept. */
const struct ledger_now *ledger_clock_now(struct ledger_clock *clock, uint64_t mono_ms,
                                          uint64_t wall_ms);

/** The operator says that the wall clock is right: a later one is taken at once. */
void ledger_clock_adopt(struct ledger_clock *clock, uint64_t wall_ms);

/** Windows of any moment, without slew or memory: for `policy explain --at` and `replay`. */
void ledger_now_at(struct ledger_now *out, const struct tg_zone *zone,
                   const struct ledger_calendar *calendar, uint64_t utc_ms);

#endif
