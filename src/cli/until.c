#include "cli/until.h"

enum { SPAN_MAX = 100000 };

/* `n` digits at the front of `*s`, which is cut by them. */
static bool digits(struct slice *s, unsigned n, uint64_t *out)
{
	if (s->len < n || slice_u64(out, slice_head(*s, n), UINT32_MAX) != TG_OK)
		return false;
	*s = slice_skip(*s, n);
	return true;
}

static bool literal(struct slice *s, char c)
{
	if (s->len == 0 || s->p[0] != c)
		return false;
	*s = slice_skip(*s, 1);
	return true;
}

static enum tg_err span(uint64_t *out, struct slice word, uint64_t now_s)
{
	char unit = word.len > 1 ? word.p[word.len - 1] : '\0';
	uint64_t n, s = unit == 'd' ? 86400 : unit == 'h' ? 3600 : unit == 'm' ? 60 : 0;

	if (s == 0 || slice_u64(&n, slice_head(word, word.len - 1), SPAN_MAX) != TG_OK)
		return TG_EBAD;
	*out = now_s + n * s;
	return TG_OK;
}

static bool date(struct slice *s, int64_t *day)
{
	uint64_t year, month, mday;

	if (!digits(s, 4, &year) || !literal(s, '-') || !digits(s, 2, &month) ||
	    !literal(s, '-') || !digits(s, 2, &mday))
		return false;
	if (year < 1970 || month < 1 || month > 12 || mday < 1 || mday > 31)
		return false;
	*day = tg_days_of((int32_t)year, (unsigned)month, (unsigned)mday);
	/* 31 April is 1 May to the arithmetic */
	return month == 12 || *day < tg_days_of((int32_t)year, (unsigned)month + 1, 1);
}

static bool clock_time(struct slice s, int64_t *second)
{
	uint64_t hour, minute, sec = 0;

	if (!digits(&s, 2, &hour) || !literal(&s, ':') || !digits(&s, 2, &minute) || hour > 23 ||
	    minute > 59)
		return false;
	if (s.len > 0 && (!literal(&s, ':') || !digits(&s, 2, &sec) || sec > 59 || s.len > 0))
		return false;
	*second = (int64_t)(hour * 3600 + minute * 60 + sec);
	return true;
}

enum tg_err until_parse(uint64_t *out, struct slice word, const struct tg_zone *zone,
                        uint64_t now_s, bool day_end)
{
	struct slice s = word;
	int64_t day, second = 0, utc;

	if (!date(&s, &day))
		return span(out, word, now_s);
	if (s.len == 0)
		day += day_end;
	else if (!literal(&s, 'T') || !clock_time(s, &second))
		return TG_EBAD;
	utc = tg_zone_first(zone, day * 86400 + second);
	if (utc < 0)
		return TG_EBAD;
	*out = (uint64_t)utc;
	return TG_OK;
}
