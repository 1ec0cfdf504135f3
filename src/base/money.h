/*
 * Money and what a call costs: integers only, rounded as docs/manual.md says.
 *
 * A tariff bills a connect fee when the call is answered and then whole increments: the first at
 * once, the next ones when they begin.  The price of an increment is the rate per minute times its
 * seconds divided by 60, and the sum of all increments of a call is rounded up once, to the micro.
 */
#ifndef TG_BASE_MONEY_H
#define TG_BASE_MONEY_H

#include "base/buf.h"

/** Millionths of the unit of the configured currency. */
typedef int64_t tg_micro;

#define TG_MICRO_UNIT INT64_C(1000000)
/** The most that may be written anywhere: 10^9 units.  Sums of a million such holds do not wrap. */
#define TG_MICRO_MAX (INT64_C(1000000000) * TG_MICRO_UNIT)

enum {
	TG_TARIFF_STEP_MAX = 3600, /* longest increment, seconds */
	TG_TALK_MAX_S = 86400      /* longest call that can be priced */
};
/** The dearest rate and fee: 10,000 units, so that a day of it stays far below TG_MICRO_MAX. */
#define TG_TARIFF_MICRO_MAX (INT64_C(10000) * TG_MICRO_UNIT)

/** What a minute costs.  Valid: amounts 0..TG_TARIFF_MICRO_MAX, steps 1..TG_TARIFF_STEP_MAX. */
struct tg_tariff {
	tg_micro per_minute;
	tg_micro connect; /* due with the answer */
	uint16_t first_s; /* first increment: due with the answer */
	uint16_t next_s;  /* every later one: due when it begins */
};

/** True when every field is in its range. */
bool tg_tariff_valid(const struct tg_tariff *tariff);

/** Seconds that are billed for a call that was up for `talk_ms` ≤ TG_TALK_MAX_S; whole increments,
 *  at least the first.  A call of exactly one increment pays one (the next begins after it). */
uint32_t tg_tariff_billed_s(const struct tg_tariff *tariff, uint64_t talk_ms);

/** What it costs, connect fee included.  Never negative, never wraps. */
tg_micro tg_tariff_cost(const struct tg_tariff *tariff, uint64_t talk_ms);

/**
 * The longest talk in seconds that costs at most `money`: a border of increments, at most
 * TG_TALK_MAX_S.  0 when not even the first increment is covered.
 */
uint32_t tg_tariff_covered_s(const struct tg_tariff *tariff, tg_micro money);

/**
 * "12", "0.015", "1.5": at most 6 decimals, no sign, no exponent, no separators.
 *
 * TG_EBAD    anything else
 * TG_ELIMIT  above TG_MICRO_MAX
 */
TG_MUST_USE enum tg_err tg_micro_parse(tg_micro *out, struct slice text);

/** Write with at least two decimals and no more than needed: "12.00", "0.015"; a minus if any. */
void tg_micro_write(struct buf *b, tg_micro amount);

#endif
