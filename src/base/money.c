#include "base/money.h"

#include <assert.h>

bool tg_tariff_valid(const struct tg_tariff *t)
{
	return t->per_minute >= 0 && t->per_minute <= TG_TARIFF_MICRO_MAX && t->connect >= 0 &&
	       t->connect <= TG_TARIFF_MICRO_MAX && t->first_s >= 1 &&
	       t->first_s <= TG_TARIFF_STEP_MAX && t->next_s >= 1 &&
	       t->next_s <= TG_TARIFF_STEP_MAX;
}

uint32_t tg_tariff_billed_s(const struct tg_tariff *t, uint64_t talk_ms)
{
	uint64_t first_ms = (uint64_t)t->first_s * 1000, next_ms = (uint64_t)t->next_s * 1000;

	assert(talk_ms <= (uint64_t)TG_TALK_MAX_S * 1000 && t->next_s > 0);
	if (talk_ms <= first_ms)
		return t->first_s;
	return t->first_s + (uint32_t)((talk_ms - first_ms + next_ms - 1) / next_ms) * t->next_s;
}

tg_micro tg_tariff_cost(const struct tg_tariff *t, uint64_t talk_ms)
{
	/* ≤ 10^10 micro × 90,000 s: below 10^15 */
	return t->connect + (t->per_minute * tg_tariff_billed_s(t, talk_ms) + 59) / 60;
}

uint32_t tg_tariff_covered_s(const struct tg_tariff *t, tg_micro money)
{
	tg_micro seconds;

	money -= t->connect;
	if (money < 0)
		return 0;
	if (t->per_minute == 0)
		return TG_TALK_MAX_S;
	if (money > TG_MICRO_MAX)
		money = TG_MICRO_MAX;
	seconds = money * 60 / t->per_minute;
	if (seconds < t->first_s)
		return 0;
	if (seconds >= TG_TALK_MAX_S)
		seconds = TG_TALK_MAX_S;
	return (uint32_t)(t->first_s + (seconds - t->first_s) / t->next_s * t->next_s);
}

enum tg_err tg_micro_parse(tg_micro *out, struct slice text)
{
	tg_micro value = 0, place = TG_MICRO_UNIT;
	size_t digits = 0;
	bool point = false;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.p[i];

		if (c == '.' && !point && digits > 0) {
			point = true;
			digits = 0;
			continue;
		}
		if (!tg_isdigit(c) || (point && place == 1))
			return TG_EBAD;
		digits++;
		if (point) {
			place /= 10;
			value += (c - '0') * place;
		} else {
			value = value * 10 + (c - '0') * TG_MICRO_UNIT;
			if (value > TG_MICRO_MAX)
				return TG_ELIMIT;
		}
	}
	if (digits == 0)
		return TG_EBAD;
	if (value > TG_MICRO_MAX)
		return TG_ELIMIT;
	*out = value;
	return TG_OK;
}

void tg_micro_write(struct buf *b, tg_micro amount)
{
	uint64_t rest = amount < 0 ? 0 - (uint64_t)amount : (uint64_t)amount;
	unsigned fraction = (unsigned)(rest % TG_MICRO_UNIT), width = 6;

	while (width > 2 && fraction % 10 == 0) {
		fraction /= 10;
		width--;
	}
	buf_fmt(b, "%s%llu.%0*u", amount < 0 ? "-" : "",
	        (unsigned long long)(rest / TG_MICRO_UNIT), (int)width, fraction);
}
