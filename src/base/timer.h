/*
 * Deadlines: a hierarchical timing wheel with 1 ms ticks; timers live inside the objects they wake.
 */
#ifndef TG_BASE_TIMER_H
#define TG_BASE_TIMER_H

#include <stdbool.h>
#include <stdint.h>

/**
 * One deadline, embedded in its owner.  All zero is stopped.  40 bytes.
 * The owner stops it before it dies: tg_wheel_stop() in every _give().
 */
struct tg_timer {
	struct tg_timer *next, *prev; /* NULL = stopped */
	uint64_t at_ms;
	uint16_t kind; /* the owner's: which timer this is (A, B, D, ...) */
	uint16_t slot; /* the wheel's */
	uint32_t zero;
};

struct tg_wheel;

/** A wheel that stands at `now_ms`.  NULL without memory.  About 6 KB. */
struct tg_wheel *tg_wheel_new(uint64_t now_ms);

/** NULL is fine.  Timers still in it are forgotten. */
void tg_wheel_free(struct tg_wheel *wheel);

/**
 * Start, or restart, a timer.  A deadline in the past counts as the wheel's present, which is that
 * of the timer expired last, or the now_ms for which nothing was due: it fires at the next call.
 * O(1).
 */
void tg_wheel_start(struct tg_wheel *wheel, struct tg_timer *timer, uint16_t kind, uint64_t at_ms);

/** Stop it; stopped already is fine.  O(1). */
void tg_wheel_stop(struct tg_wheel *wheel, struct tg_timer *timer);

/** True while it is started. */
bool tg_timer_on(const struct tg_timer *timer);

/**
 * Take out one timer whose deadline is ≤ now_ms, earliest first, those of one millisecond in the
 * order in which they were started; NULL when none is due.  Call until NULL.  Time never runs back:
 * a smaller now_ms than before counts as the one before.
 */
struct tg_timer *tg_wheel_expire(struct tg_wheel *wheel, uint64_t now_ms);

/**
 * When to call tg_wheel_expire() next; UINT64_MAX when no timer runs.  Never later than the
 * earliest deadline, and after that call later than before.  Exact unless the earliest timers are
 * many and 64 ms or more away: then it may be earlier, so that stopping the earliest of thousands
 * of timers costs no search through the others.  O(1).
 */
uint64_t tg_wheel_next_ms(struct tg_wheel *wheel);

#endif
