/*
 * Timing wheel: one digit of 6 bits a level, eleven levels for all of 64 bits.
 *
 * A timer stands on the level of the highest digit in which its deadline differs from the wheel's
 * time, in the slot of that digit.  So all timers of one deadline always share a slot and keep
 * their order, a slot of level 0 is one millisecond, and the earliest timer is in the first slot of
 * the lowest level that is not empty.  When time enters a slot of a higher level, its timers move
 * down, in order; each moves at most ten times in its life.
 */
#include "base/timer.h"

#include "base/macros.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>

enum {
	DIGIT_BITS = 6,
	SLOTS = 1 << DIGIT_BITS,
	LEVELS = 11,
	LOOK_MAX = 16 /* timers that tg_wheel_next_ms() looks at */
};

struct tg_wheel {
	uint64_t time_ms; /* no timer's deadline is less */
	uint64_t seen_ms; /* the largest now_ms that we were told */
	uint64_t next_ms; /* the answer of tg_wheel_next_ms(), while next_known */
	bool next_known;
	uint64_t used[LEVELS];                 /* a bit for each slot that is not empty */
	struct tg_timer *first[LEVELS][SLOTS]; /* rings: first->prev is the last */
};

struct tg_wheel *tg_wheel_new(uint64_t now_ms)
{
	struct tg_wheel *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	w->time_ms = now_ms;
	w->seen_ms = now_ms;
	w->next_ms = UINT64_MAX;
	w->next_known = true;
	return w;
}

void tg_wheel_free(struct tg_wheel *wheel)
{
	free(wheel);
}

bool tg_timer_on(const struct tg_timer *timer)
{
	return timer->next != NULL;
}

static unsigned digit(uint64_t at_ms, unsigned level)
{
	return (unsigned)(at_ms >> level * DIGIT_BITS) & (SLOTS - 1);
}

/** Append the timer to the slot where its deadline belongs at the wheel's time. */
static void insert(struct tg_wheel *w, struct tg_timer *t)
{
	uint64_t differ = t->at_ms ^ w->time_ms;
	unsigned level = differ == 0 ? 0 : (63u - (unsigned)__builtin_clzll(differ)) / DIGIT_BITS;
	unsigned slot = digit(t->at_ms, level);
	struct tg_timer *first = w->first[level][slot];

	t->slot = (uint16_t)(level * SLOTS + slot);
	if (first == NULL) {
		t->next = t;
		t->prev = t;
		w->first[level][slot] = t;
		w->used[level] |= (uint64_t)1 << slot;
		return;
	}
	t->next = first;
	t->prev = first->prev;
	first->prev->next = t;
	first->prev = t;
}

static void take_out(struct tg_wheel *w, struct tg_timer *t)
{
	unsigned level = t->slot / SLOTS, slot = t->slot % SLOTS;

	if (t->next == t) {
		assert(w->first[level][slot] == t);
		w->first[level][slot] = NULL;
		w->used[level] &= ~((uint64_t)1 << slot);
	} else {
		t->prev->next = t->next;
		t->next->prev = t->prev;
		if (w->first[level][slot] == t)
			w->first[level][slot] = t->next;
	}
	t->next = NULL;
	t->prev = NULL;
	if (t->at_ms == w->next_ms)
		w->next_known = false;
}

void tg_wheel_start(struct tg_wheel *wheel, struct tg_timer *timer, uint16_t kind, uint64_t at_ms)
{
	tg_wheel_stop(wheel, timer);
	timer->kind = kind;
	timer->at_ms = TG_MAX(at_ms, wheel->time_ms);
	insert(wheel, timer);
	if (wheel->next_known && timer->at_ms < wheel->next_ms)
		wheel->next_ms = timer->at_ms;
}

void tg_wheel_stop(struct tg_wheel *wheel, struct tg_timer *timer)
{
	if (tg_timer_on(timer))
		take_out(wheel, timer);
}

/** The slot of the earliest timer: false when there is none. */
static bool earliest(const struct tg_wheel *w, unsigned *level, unsigned *slot)
{
	for (unsigned i = 0; i < LEVELS; i++) {
		if (w->used[i] != 0) {
			*level = i;
			*slot = (unsigned)__builtin_ctzll(w->used[i]);
			return true;
		}
	}
	return false;
}

/** When time enters a slot: the wheel's time with this digit, and zeros below. */
static uint64_t slot_start(const struct tg_wheel *w, unsigned level, unsigned slot)
{
	unsigned above = (level + 1) * DIGIT_BITS;
	uint64_t high = above < 64 ? w->time_ms >> above << above : 0;

	return high | (uint64_t)slot << level * DIGIT_BITS;
}

/** Move the timers of a slot to the levels below; the wheel's time stands at the slot's start. */
static void cascade(struct tg_wheel *w, unsigned level, unsigned slot)
{
	struct tg_timer *t = w->first[level][slot], *last = t->prev, *next;

	w->first[level][slot] = NULL;
	w->used[level] &= ~((uint64_t)1 << slot);
	w->next_known = false; /* it may have been the start of this slot */
	for (;; t = next) {
		next = t->next;
		insert(w, t);
		if (t == last)
			break;
	}
}

struct tg_timer *tg_wheel_expire(struct tg_wheel *wheel, uint64_t now_ms)
{
	unsigned level, slot;

	wheel->seen_ms = TG_MAX(wheel->seen_ms, now_ms);
	while (earliest(wheel, &level, &slot)) {
		uint64_t start_ms = slot_start(wheel, level, slot);

		if (start_ms > wheel->seen_ms)
			break;
		wheel->time_ms = start_ms;
		if (level == 0) {
			struct tg_timer *t = wheel->first[0][slot];

			take_out(wheel, t);
			return t;
		}
		cascade(wheel, level, slot);
	}
	wheel->time_ms = wheel->seen_ms;
	if (wheel->next_ms <= wheel->seen_ms)
		wheel->next_known = false; /* a slot began whose timers were stopped meanwhile */
	return NULL;
}

uint64_t tg_wheel_next_ms(struct tg_wheel *wheel)
{
	unsigned level, slot, looked = 0;
	uint64_t min = UINT64_MAX;

	if (wheel->next_known)
		return wheel->next_ms;
	if (earliest(wheel, &level, &slot)) {
		const struct tg_timer *first = wheel->first[level][slot], *t = first;

		do {
			min = TG_MIN(min, t->at_ms);
			t = level > 0 ? t->next : first;
		} while (t != first && ++looked < LOOK_MAX);
		if (t != first)
			min = slot_start(wheel, level, slot);
	}
	wheel->next_ms = min;
	wheel->next_known = true;
	return min;
}
