#include "cli/money_text.h"

#include <string.h>

const char *json_text_of(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s != NULL ? s : "";
}

/* Until when a period lasts, as people say it. */
static const char *until(const char *period)
{
	static const char *const words[][2] = {
		{ "hour", "until the hour is full" },
		{ "day", "until midnight" },
		{ "week", "until Monday" },
		{ "month", "until the first of next month" },
		{ "off-hours", "until the off-hours end" },
	};

	for (size_t i = 0; i < COUNT(words); i++) {
		if (strcmp(period, words[i][0]) == 0)
			return words[i][1];
	}
	return period;
}

/* What bounds it when it is not the site's own budget. */
static const char *bounded_by(const char *by)
{
	if (strcmp(by, "trunks") == 0)
		return " (the sum of the trunks' budgets)";
	if (strcmp(by, "callers") == 0)
		return " (the sum of the budgets of all accounts and PBXs)";
	return "";
}

static void put_period(struct buf *b, const json_t *p, const char *currency)
{
	buf_fmt(b, "  at most %s %s can be lost %s, of it %s is spent and %s committed; "
	        "%s still possible%s\n", json_text_of(p, "bound"), currency,
	        until(json_text_of(p, "period")), json_text_of(p, "spent"),
	        json_text_of(p, "committed"), json_text_of(p, "worst"),
	        bounded_by(json_text_of(p, "by")));
}

static void put_periods(struct buf *b, const json_t *money, const char *currency)
{
	const json_t *periods = json_object_get(money, "periods"), *p;
	unsigned limited = 0;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)periods, i, p) {
		if (!json_is_string(json_object_get(p, "bound")) ||
		    !json_is_true(json_object_get(p, "open")))
			continue;
		put_period(b, p, currency);
		limited++;
	}
	if (limited == 0)
		buf_lit(b,
		        "  NO LIMIT: neither the site, nor all trunks, nor all accounts and PBXs "
		        "have a budget for any period;\n"
		        "  what can be lost has no bound. Add to the configuration: "
		        "budgets: [{ for: site, day: 50.00 }]\n");
}

static void put_unlimited(struct buf *b, const json_t *money)
{
	const json_t *dry = json_object_get(money, "not_enforced"), *row;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)dry, i, row) {
		buf_lit(b, "  not enforced: the budget of ");
		gate_put_plain(b, slice_str(json_string_value(row)));
		buf_chr(b, '\n');
	}
	buf_lit(b, "  not limited: emergency calls, and what a provider bills for calls that come "
	        "in\n");
	if (json_integer_value(json_object_get(money, "overruns")) > 0)
		buf_fmt(b, "  providers counted %lld calls longer than was paid, %s more in all: "
		        "see ledger_overrun in the log\n",
		        (long long)json_integer_value(json_object_get(money, "overruns")),
		        json_text_of(money, "overrun"));
}

void money_text(struct buf *b, const json_t *money)
{
	const char *currency = json_text_of(money, "currency");
	long long calls = json_integer_value(json_object_get(money, "calls"));

	if (json_integer_value(json_object_get(money, "trunks")) == 0) {
		buf_lit(b, "  no trunk: no call can cost money\n");
		return;
	}
	if (!json_is_true(json_object_get(money, "priced"))) {
		buf_lit(b,
		        "  NOTHING IS LIMITED: numbers.home is not set, so no number has a price and "
		        "no budget counts.\n"
		        "  Whoever may call a listed number may call it for as long as they like. "
		        "Set numbers.home.\n");
		return;
	}
	put_periods(b, money, currency);
	buf_fmt(b,
	        "  should this whole machine die now, the %lld paid %s that may be up could cost "
	        "%s %s more\n  before the provider ends them (within %lld s)\n",
	        calls, calls == 1 ? "call" : "calls", json_text_of(money, "death_adds"), currency,
	        (long long)json_integer_value(json_object_get(money, "death_s")));
	put_unlimited(b, money);
}
