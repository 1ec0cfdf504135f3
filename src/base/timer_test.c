#include "base/timer.h"

#include "base/hash.h"
#include "base/test.h"

/*
 * The oracle: a plain array, searched for the least deadline and, among equals, the first started.
 */
enum { MODEL_TIMERS = 200 };

struct model {
	struct row {
		struct tg_timer timer; /* the real one */
		bool on;
		uint64_t at_ms, order;
	} rows[MODEL_TIMERS];
	uint64_t time_ms, order;
};

static struct row *model_first(struct model *m)
{
	struct row *best = NULL;

	for (size_t i = 0; i < MODEL_TIMERS; i++) {
		struct row *r = &m->rows[i];

		if (r->on && (best == NULL || r->at_ms < best->at_ms ||
		              (r->at_ms == best->at_ms && r->order < best->order)))
			best = r;
	}
	return best;
}

/** Deadlines of all sizes: mostly SIP timers, some an hour, a month, or the end of time away. */
static uint64_t random_at(struct tg_rng *rng, uint64_t now_ms)
{
	static const uint64_t reach[] = { 4, 70, 5000, 32000, 3600000, 2592000000, UINT64_MAX / 4 };
	uint64_t far = reach[tg_rng_below(rng, COUNT(reach))], back = tg_rng_below(rng, 100);

	if (tg_rng_below(rng, 20) == 0)
		return now_ms - TG_MIN(now_ms, back); /* in the past */
	return now_ms + tg_rng_below(rng, far);
}

static void expire_all(struct model *m, struct tg_wheel *wheel, struct tg_rng *rng, uint64_t now_ms)
{
	for (;;) {
		struct row *want = model_first(m);
		struct tg_timer *t;

		if (want != NULL && want->at_ms > now_ms)
			want = NULL;
		t = tg_wheel_expire(wheel, now_ms);
		CHECK(t == (want != NULL ? &want->timer : NULL), "the same timer as the model");
		if (want == NULL)
			break;
		CHECK(!tg_timer_on(t), "expired means stopped");
		want->on = false;
		m->time_ms = want->at_ms;
		if (tg_rng_below(rng, 3) == 0) { /* a handler starts it again, as timer A does */
			uint64_t at_ms = random_at(rng, m->time_ms);

			want->at_ms = TG_MAX(at_ms, m->time_ms);
			want->order = m->order++;
			want->on = true;
			tg_wheel_start(wheel, t, 1, want->at_ms);
		}
	}
	m->time_ms = TG_MAX(m->time_ms, now_ms);
	CHECK(tg_wheel_next_ms(wheel) > now_ms, "nothing is due any more");
}

static void step(struct model *m, struct tg_wheel *wheel, struct tg_rng *rng)
{
	struct row *r = &m->rows[tg_rng_below(rng, MODEL_TIMERS)];
	struct row *first;

	if (tg_rng_below(rng, 3) == 0) {
		tg_wheel_stop(wheel, &r->timer);
		r->on = false;
	} else {
		uint64_t at_ms = random_at(rng, m->time_ms);

		tg_wheel_start(wheel, &r->timer, (uint16_t)(at_ms % 7), at_ms);
		CHECK(r->timer.kind == at_ms % 7, "the kind is kept");
		r->at_ms = TG_MAX(at_ms, m->time_ms); /* the past counts as the present */
		r->order = m->order++;
		r->on = true;
	}
	CHECK(tg_timer_on(&r->timer) == r->on, "on after start, off after stop");
	first = model_first(m);
	CHECK(tg_wheel_next_ms(wheel) <= (first != NULL ? first->at_ms : UINT64_MAX),
	      "never wakes too late");
}

TEST(timer_against_model)
{
	for (uint8_t seed = 0; seed < 30; seed++) {
		static struct model m;
		struct tg_rng rng;
		uint64_t now_ms = seed * 1000003u;
		struct tg_wheel *wheel = tg_wheel_new(now_ms);

		if (wheel == NULL && test_oom_round())
			return;
		CHECK(wheel != NULL, "memory");
		tg_rng_init(&rng, (const uint8_t[32]){ seed });
		m = (struct model){ .time_ms = now_ms };
		for (int i = 0; i < 1000; i++) {
			step(&m, wheel, &rng);
			if (tg_rng_below(&rng, 4) > 0)
				continue;
			now_ms = tg_rng_below(&rng, 8) == 0 ? random_at(&rng, now_ms) :
			                                      now_ms + tg_rng_below(&rng, 90);
			now_ms = TG_MAX(now_ms, m.time_ms);
			expire_all(&m, wheel, &rng, now_ms);
		}
		tg_wheel_free(wheel);
	}
}

TEST(timer_time_never_runs_back)
{
	struct tg_wheel *wheel = tg_wheel_new(1000);
	struct tg_timer a = { 0 }, b = { 0 };

	CHECK(wheel != NULL, "memory");
	CHECK(tg_wheel_next_ms(wheel) == UINT64_MAX, "an empty wheel never needs to wake");
	CHECK(tg_wheel_expire(wheel, 5000) == NULL, "nothing started");
	tg_wheel_start(wheel, &a, 1, 4000);
	CHECK(tg_wheel_next_ms(wheel) == 5000, "a deadline in the past is due now");
	CHECK(tg_wheel_expire(wheel, 10) == &a, "a smaller now counts as the one before");
	tg_wheel_start(wheel, &b, 1, UINT64_MAX);
	CHECK(tg_wheel_expire(wheel, UINT64_MAX - 1) == NULL, "not yet");
	CHECK(tg_wheel_expire(wheel, UINT64_MAX) == &b, "the last millisecond");
	tg_wheel_stop(wheel, &b);
	tg_wheel_free(wheel);
}

TEST(timer_fifo_across_levels)
{
	struct tg_wheel *wheel = tg_wheel_new(0);
	struct tg_timer t[3] = { 0 }, tick = { 0 };

	CHECK(wheel != NULL, "memory");
	tg_wheel_start(wheel, &t[0], 0, 5000);
	tg_wheel_start(wheel, &tick, 0, 4990);
	CHECK(tg_wheel_expire(wheel, 4990) == &tick, "brings the wheel near");
	tg_wheel_start(wheel, &t[1], 0, 5000); /* lands on a lower level than t[0] once did */
	CHECK(tg_wheel_expire(wheel, 4999) == NULL, "not due");
	tg_wheel_start(wheel, &t[2], 0, 5000);
	for (size_t i = 0; i < COUNT(t); i++)
		CHECK(tg_wheel_expire(wheel, 5000) == &t[i], "in the order of their start");
	CHECK(tg_wheel_expire(wheel, 5000) == NULL, "no more");
	tg_wheel_free(wheel);
}

TEST(timer_few_wakeups_for_many)
{
	enum { MANY = 1000, GONE = 100 };
	static struct tg_timer t[MANY];
	struct tg_wheel *wheel = tg_wheel_new(0);
	uint64_t now_ms = 0, next_ms;
	struct tg_timer *due = NULL;
	int wakeups = 0;

	CHECK(wheel != NULL, "memory");
	memset(t, 0, sizeof(t));
	for (unsigned i = 0; i < MANY; i++)
		tg_wheel_start(wheel, &t[i], 0, 30000 + i);
	for (unsigned i = 0; i < GONE; i++) {
		tg_wheel_stop(wheel, &t[i]);
		CHECK(tg_wheel_next_ms(wheel) <= 30001 + i, "not later than the earliest");
	}
	while (due == NULL) {
		next_ms = tg_wheel_next_ms(wheel);
		CHECK(next_ms > now_ms || now_ms == 0, "time goes on");
		now_ms = next_ms;
		due = tg_wheel_expire(wheel, now_ms);
		wakeups++;
	}
	CHECK(due == &t[GONE] && now_ms == 30000 + GONE, "the first, at its millisecond");
	CHECK(wakeups <= 4, "at most one for each level above");
	/* all of them stopped: the start of their slot passes, and is not waited for again */
	for (unsigned i = 0; i < MANY; i++) {
		tg_wheel_stop(wheel, &t[i]);
		tg_wheel_start(wheel, &t[i], 0, 90000 + i);
	}
	next_ms = tg_wheel_next_ms(wheel);
	for (unsigned i = 0; i < MANY; i++)
		tg_wheel_stop(wheel, &t[i]);
	CHECK(tg_wheel_expire(wheel, next_ms) == NULL, "nothing is left");
	CHECK(tg_wheel_next_ms(wheel) == UINT64_MAX, "and nothing to wait for");
	tg_wheel_free(wheel);
}
