/*
 * The ledger again, as slowly and simply as it can be said: a list of reservations, summed anew for
 * every question.  It shares no code with src/ledger; the property test compares the two.
 */
#ifndef TG_TESTS_PROMISES_MONEY_NAIVE_H
#define TG_TESTS_PROMISES_MONEY_NAIVE_H

#include "ledger/ledger.h"

enum { NAIVE_LEDGERS = 6, NAIVE_ATTEMPTS = 2048, NAIVE_PARTS = 24, NAIVE_BUDGETS = 6 };

/** Money that was reserved at one moment. */
struct naive_part {
	uint64_t ms;
	int64_t amount; /* what is left of it: all while it is held, then what was spent */
};

struct naive_attempt {
	uint64_t call, destination, ms;
	bool above[NAIVE_LEDGERS], rated[NAIVE_LEDGERS];
	struct tg_tariff tariff;
	bool open;
	uint32_t paid_s;
	unsigned parts;
	struct naive_part part[NAIVE_PARTS];
};

struct naive {
	uint64_t ms;
	enum ledger_kind kind[NAIVE_LEDGERS];
	unsigned row[NAIVE_LEDGERS];
	struct ledger_budget budget[NAIVE_BUDGETS];
	uint32_t override_kinds;
	struct ledger_budget override;
	int64_t ended[4096]; /* by call: what its ended attempts cost while others lived */
	unsigned attempts;
	struct naive_attempt attempt[NAIVE_ATTEMPTS];
};

/** Which window of the period a moment lies in: hours, days, 30 days in UTC, nights of 12 hours. */
uint64_t naive_window(unsigned period, uint64_t ms);
/** True from 20:00 to 08:00. */
bool naive_night(uint64_t ms);

int64_t naive_cost(const struct tg_tariff *t, uint64_t talk_ms);
int64_t naive_spent(const struct naive *n, unsigned ledger, unsigned period);
int64_t naive_held(const struct naive *n, unsigned ledger, unsigned period);
int64_t naive_committed(const struct naive *n, unsigned ledger);
uint32_t naive_calls(const struct naive *n, unsigned ledger);
uint32_t naive_began(const struct naive *n, unsigned ledger, uint64_t unit_ms);
uint32_t naive_destinations(const struct naive *n, unsigned ledger);

/** Seconds that a new attempt may be paid; 0 = refused. */
uint32_t naive_may_hold(const struct naive *n, const struct naive_attempt *a, uint32_t want_s,
                        bool again);
/** Seconds that are paid after a renewal; 0 = refused. */
uint32_t naive_may_renew(const struct naive *n, const struct naive_attempt *a, uint32_t want_s);

/** Take a new attempt in; it has no parts yet. */
struct naive_attempt *naive_hold(struct naive *n, const struct naive_attempt *a, uint32_t paid_s,
                                 bool again);
void naive_renew(struct naive *n, struct naive_attempt *a, uint32_t paid_s);
/** The end: `cost` of what was held is spent. */
void naive_end(struct naive *n, struct naive_attempt *a, int64_t cost);
int64_t naive_total(const struct naive_attempt *a);

#endif
