#include "promises/money/naive.h"

#include <stdlib.h>
#include <string.h>

#define HOUR_MS UINT64_C(3600000)
#define DAY_MS (24 * HOUR_MS)

uint64_t naive_window(unsigned period, uint64_t ms)
{
	switch (period) {
	case LEDGER_HOUR:
		return ms / HOUR_MS;
	case LEDGER_DAY:
		return ms / DAY_MS;
	case LEDGER_WEEK:
		return (ms + 3 * DAY_MS) / (7 * DAY_MS);
	case LEDGER_MONTH:
		return ms / (30 * DAY_MS);
	default:
		return (ms + 4 * HOUR_MS) / DAY_MS; /* from 20:00 to the next 20:00 */
	}
}

bool naive_night(uint64_t ms)
{
	return (ms + 4 * HOUR_MS) % DAY_MS < 12 * HOUR_MS;
}

/** Increments one by one. */
int64_t naive_cost(const struct tg_tariff *t, uint64_t talk_ms)
{
	int64_t billed = t->first_s, sum;

	while ((uint64_t)billed * 1000 < talk_ms)
		billed += t->next_s;
	sum = t->per_minute * billed;
	return t->connect + sum / 60 + (sum % 60 != 0);
}

static int64_t sum(const struct naive *n, unsigned ledger, unsigned period, bool open)
{
	int64_t total = 0;

	for (unsigned i = 0; i < n->attempts; i++) {
		const struct naive_attempt *a = &n->attempt[i];

		if (!a->above[ledger] || a->open != open)
			continue;
		for (unsigned k = 0; k < a->parts; k++) {
			if (naive_window(period, a->part[k].ms) != naive_window(period, n->ms))
				continue;
			if (period != LEDGER_OFF_HOURS || naive_night(a->part[k].ms))
				total += a->part[k].amount;
		}
	}
	return total;
}

int64_t naive_spent(const struct naive *n, unsigned ledger, unsigned period)
{
	return sum(n, ledger, period, false);
}

int64_t naive_held(const struct naive *n, unsigned ledger, unsigned period)
{
	return sum(n, ledger, period, true);
}

int64_t naive_total(const struct naive_attempt *a)
{
	int64_t total = 0;

	for (unsigned k = 0; k < a->parts; k++)
		total += a->part[k].amount;
	return total;
}

int64_t naive_committed(const struct naive *n, unsigned ledger)
{
	int64_t total = 0;

	for (unsigned i = 0; i < n->attempts; i++) {
		if (n->attempt[i].open && n->attempt[i].above[ledger])
			total += naive_total(&n->attempt[i]);
	}
	return total;
}

/** True when an earlier attempt in the list has the same call on this ledger, and is open. */
static bool counted_before(const struct naive *n, unsigned ledger, unsigned i)
{
	for (unsigned k = 0; k < i; k++) {
		const struct naive_attempt *a = &n->attempt[k];

		if (a->open && a->above[ledger] && a->call == n->attempt[i].call)
			return true;
	}
	return false;
}

uint32_t naive_calls(const struct naive *n, unsigned ledger)
{
	uint32_t calls = 0;

	for (unsigned i = 0; i < n->attempts; i++) {
		const struct naive_attempt *a = &n->attempt[i];

		calls += a->open && a->above[ledger] && !counted_before(n, ledger, i);
	}
	return calls;
}

uint32_t naive_began(const struct naive *n, unsigned ledger, uint64_t unit_ms)
{
	uint32_t calls = 0;

	for (unsigned i = 0; i < n->attempts; i++) {
		const struct naive_attempt *a = &n->attempt[i];

		calls += a->rated[ledger] && a->ms / unit_ms == n->ms / unit_ms;
	}
	return calls;
}

static bool seen(const struct naive *n, unsigned ledger, unsigned before, uint64_t destination)
{
	for (unsigned i = 0; i < before; i++) {
		const struct naive_attempt *a = &n->attempt[i];

		if (a->above[ledger] && a->destination == destination &&
		    a->ms / DAY_MS == n->ms / DAY_MS)
			return true;
	}
	return false;
}

uint32_t naive_destinations(const struct naive *n, unsigned ledger)
{
	uint32_t count = 0;

	for (unsigned i = 0; i < n->attempts; i++) {
		const struct naive_attempt *a = &n->attempt[i];

		count += a->above[ledger] && a->ms / DAY_MS == n->ms / DAY_MS &&
		         !seen(n, ledger, i, a->destination);
	}
	return count;
}

/** The enforced budgets of a ledger now; at most three. */
static unsigned budgets(const struct naive *n, unsigned ledger, const struct ledger_budget *out[3])
{
	const struct ledger_budget *own = &n->budget[n->row[ledger]];
	unsigned count = 0;

	if (own->mode == LEDGER_ENFORCE)
		out[count++] = own;
	if (own->off_row != 0 && naive_night(n->ms) &&
	    n->budget[own->off_row].mode == LEDGER_ENFORCE)
		out[count++] = &n->budget[own->off_row];
	if ((n->override_kinds & 1u << n->kind[ledger]) != 0)
		out[count++] = &n->override;
	return count;
}

/** How much more may be reserved on a ledger for this call. */
static int64_t room(const struct naive *n, unsigned ledger, uint64_t call)
{
	const struct ledger_budget *b[3];
	unsigned count = budgets(n, ledger, b);
	int64_t of_call = n->ended[call], most = INT64_MAX;

	for (unsigned i = 0; i < n->attempts; i++) {
		if (n->attempt[i].open && n->attempt[i].call == call)
			of_call += naive_total(&n->attempt[i]);
	}
	for (unsigned i = 0; i < count; i++) {
		if (b[i]->call - of_call < most)
			most = b[i]->call - of_call;
		for (unsigned p = 0; p < LEDGER_PERIODS; p++) {
			int64_t left;

			if (p == LEDGER_OFF_HOURS && !naive_night(n->ms))
				continue;
			left = b[i]->money[p] - naive_spent(n, ledger, p) -
			       naive_held(n, ledger, p);
			if (left < most)
				most = left;
		}
	}
	return most;
}

static bool counts_fit(const struct naive *n, unsigned ledger, const struct naive_attempt *a,
                       bool again)
{
	const struct ledger_budget *b[3];
	unsigned count = budgets(n, ledger, b);
	bool up = false, rated = !again || n->kind[ledger] == LEDGER_TRUNK;

	for (unsigned i = 0; i < n->attempts; i++)
		up = up || (n->attempt[i].open && n->attempt[i].above[ledger] &&
		            n->attempt[i].call == a->call);
	for (unsigned i = 0; i < count; i++) {
		if (!up && naive_calls(n, ledger) + 1 > b[i]->calls)
			return false;
		if (rated && naive_began(n, ledger, 60000) + 1 > b[i]->calls_minute)
			return false;
		if (rated && naive_began(n, ledger, HOUR_MS) + 1 > b[i]->calls_hour)
			return false;
		if (!seen(n, ledger, n->attempts, a->destination) &&
		    naive_destinations(n, ledger) + 1 > b[i]->destinations)
			return false;
	}
	return true;
}

static uint32_t longest(const struct naive *n, const struct naive_attempt *a)
{
	uint32_t most = 86400;

	for (unsigned i = 0; i < NAIVE_LEDGERS; i++) {
		const struct ledger_budget *b[3];
		unsigned count = a->above[i] ? budgets(n, i, b) : 0;

		for (unsigned k = 0; k < count; k++)
			most = b[k]->call_s < most ? b[k]->call_s : most;
	}
	return most;
}

/** Borders from the first one on: the longest that is wanted, no more than a day, and paid for. */
static uint32_t longest_paid(const struct naive *n, const struct naive_attempt *a, uint32_t least_s,
                             uint32_t want_s)
{
	uint32_t best = 0;
	int64_t has = naive_total(a), most = INT64_MAX;

	for (unsigned i = 0; i < NAIVE_LEDGERS; i++) {
		int64_t of = a->above[i] ? room(n, i, a->call) : INT64_MAX;

		most = of < most ? of : most;
	}

	for (uint32_t s = a->tariff.first_s; s <= 86400; s += a->tariff.next_s) {
		int64_t more = naive_cost(&a->tariff, (uint64_t)s * 1000) - has;

		if (s < least_s)
			continue;
		if (more > most && more > 0)
			break;
		best = s;
		if (s >= want_s)
			break;
	}
	return best;
}

uint32_t naive_may_hold(const struct naive *n, const struct naive_attempt *a, uint32_t want_s,
                        bool again)
{
	uint32_t most = longest(n, a), least = a->tariff.first_s < 3 ? 3 : a->tariff.first_s;

	if (most == 0)
		return 0;
	for (unsigned i = 0; i < NAIVE_LEDGERS; i++) {
		if (a->above[i] && !counts_fit(n, i, a, again))
			return 0;
	}
	return longest_paid(n, a, least, (want_s < most ? want_s : most) + 2);
}

uint32_t naive_may_renew(const struct naive *n, const struct naive_attempt *a, uint32_t want_s)
{
	uint32_t most = longest(n, a) + 2, want = a->paid_s + want_s;

	if (a->paid_s >= most)
		return 0;
	return longest_paid(n, a, a->paid_s + 1, want < most ? want : most);
}

static void add_part(const struct naive *n, struct naive_attempt *a, int64_t amount)
{
	if (a->parts == NAIVE_PARTS)
		abort();
	a->part[a->parts++] = (struct naive_part){ n->ms, amount };
}

struct naive_attempt *naive_hold(struct naive *n, const struct naive_attempt *a, uint32_t paid_s,
                                 bool again)
{
	struct naive_attempt *mine = &n->attempt[n->attempts++];

	if (n->attempts == NAIVE_ATTEMPTS)
		abort();
	*mine = *a;
	mine->ms = n->ms;
	mine->open = true;
	for (unsigned i = 0; i < NAIVE_LEDGERS; i++)
		mine->rated[i] = a->above[i] && (!again || n->kind[i] == LEDGER_TRUNK);
	naive_renew(n, mine, paid_s);
	return mine;
}

void naive_renew(struct naive *n, struct naive_attempt *a, uint32_t paid_s)
{
	add_part(n, a, naive_cost(&a->tariff, (uint64_t)paid_s * 1000) - naive_total(a));
	a->paid_s = paid_s;
}

void naive_end(struct naive *n, struct naive_attempt *a, int64_t cost)
{
	int64_t unspent = naive_total(a) - cost;
	bool others = false;

	if (unspent < 0)
		add_part(n, a, -unspent);
	for (unsigned k = a->parts; k-- > 0 && unspent > 0;) { /* the newest first */
		int64_t back = unspent < a->part[k].amount ? unspent : a->part[k].amount;

		a->part[k].amount -= back;
		unspent -= back;
	}
	a->open = false;
	for (unsigned i = 0; i < n->attempts; i++)
		others = others || (n->attempt[i].open && n->attempt[i].call == a->call);
	n->ended[a->call] = others ? n->ended[a->call] + cost : 0;
}
