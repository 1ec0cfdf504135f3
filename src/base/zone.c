#include "base/zone.h"

#include <assert.h>

enum { DAY_S = 86400, HEAD_BYTES = 44 };

int64_t tg_days_of(int32_t year, unsigned month, unsigned mday)
{
	/* years that begin in March, so that the leap day is the last one; eras of 400 years */
	int64_t y = (int64_t)year - (month <= 2);
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + mday - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void date_of(int64_t days, struct tg_local *out)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t of_era = z - era * 146097;
	int64_t years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * years + years / 4 - years / 100);
	int64_t mp = (5 * of_year + 2) / 153;

	out->mday = (uint8_t)(of_year - (153 * mp + 2) / 5 + 1);
	out->month = (uint8_t)(mp < 10 ? mp + 3 : mp - 9);
	out->year = (int32_t)(years + era * 400 + (out->month <= 2));
}

/** Division that rounds towards minus infinity. */
static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static bool leap_year(int32_t y)
{
	return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

/* ---- the footer: a POSIX TZ string ---- */

static bool take(struct slice *s, char c)
{
	if (s->len == 0 || s->p[0] != c)
		return false;
	*s = slice_skip(*s, 1);
	return true;
}

/** An unsigned number of at most `max`. */
static bool take_number(struct slice *s, uint32_t max, uint32_t *out)
{
	uint32_t n = 0;
	size_t digits = 0;

	while (digits < s->len && digits < 4 && tg_isdigit(s->p[digits]))
		n = n * 10 + (uint32_t)(s->p[digits++] - '0');
	if (digits == 0 || n > max)
		return false;
	*s = slice_skip(*s, digits);
	*out = n;
	return true;
}

/** [+-]hh[:mm[:ss]] in seconds. */
static bool take_time(struct slice *s, uint32_t max_hours, int32_t *out)
{
	bool minus = take(s, '-');
	uint32_t h, m = 0, sec = 0;

	if (!minus)
		(void)take(s, '+');
	if (!take_number(s, max_hours, &h))
		return false;
	if (take(s, ':') &&
	    (!take_number(s, 59, &m) || (take(s, ':') && !take_number(s, 59, &sec))))
		return false;
	*out = (int32_t)(h * 3600 + m * 60 + sec);
	if (minus)
		*out = -*out;
	return true;
}

/** At least three letters, or anything of letters, digits and signs in angle brackets. */
static bool take_name(struct slice *s)
{
	size_t n = 0;

	if (take(s, '<')) {
		n = slice_find(*s, '>');
		if (n == s->len || n < 3)
			return false;
		*s = slice_skip(*s, n + 1);
		return true;
	}
	while (n < s->len && tg_lower(s->p[n]) >= 'a' && tg_lower(s->p[n]) <= 'z')
		n++;
	*s = slice_skip(*s, n);
	return n >= 3;
}

static bool take_rule(struct slice *s, struct tg_zone_rule *r)
{
	uint32_t month, week, weekday, day;

	*r = (struct tg_zone_rule){ .at_s = 2 * 3600 };
	if (!take(s, ','))
		return false;
	if (take(s, 'M')) {
		if (!take_number(s, 12, &month) || month < 1 || !take(s, '.') ||
		    !take_number(s, 5, &week) || week < 1 || !take(s, '.') ||
		    !take_number(s, 6, &weekday))
			return false;
		r->form = 'M';
		r->month = (uint8_t)month;
		r->week = (uint8_t)week;
		r->weekday = (uint8_t)weekday;
	} else {
		r->form = take(s, 'J') ? 'J' : 'N';
		if (!take_number(s, 365, &day) || (r->form == 'J' && day < 1))
			return false;
		r->day = (uint16_t)day;
	}
	return !take(s, '/') || take_time(s, 167, &r->at_s);
}

static bool footer(struct tg_zone *z, struct slice s)
{
	int32_t west;

	z->tail = z->tail_dst = false;
	if (s.len == 0)
		return true;
	if (!take_name(&s) || !take_time(&s, 24, &west))
		return false;
	z->tail = true;
	z->tail_offset[0] = -west;
	if (s.len == 0)
		return true;
	z->tail_offset[1] = z->tail_offset[0] + 3600;
	if (!take_name(&s))
		return false;
	if (s.len > 0 && s.p[0] != ',') {
		if (!take_time(&s, 24, &west))
			return false;
		z->tail_offset[1] = -west;
	}
	z->tail_dst = true;
	return take_rule(&s, &z->tail_rule[0]) && take_rule(&s, &z->tail_rule[1]) && s.len == 0;
}

/** Local seconds since 1970 at which the rule strikes in that year. */
static int64_t strikes(const struct tg_zone_rule *r, int32_t year)
{
	int64_t day = tg_days_of(year, 1, 1);

	if (r->form == 'M') {
		int64_t first = tg_days_of(year, r->month, 1);
		int64_t next = r->month == 12 ? tg_days_of(year + 1, 1, 1) :
		                                tg_days_of(year, r->month + 1u, 1);
		int64_t weekday = (first % 7 + 7 + 4) % 7; /* 1970-01-01 was a Thursday */

		day = first + (r->weekday - weekday + 7) % 7 + (r->week - 1) * 7;
		if (day >= next)
			day -= 7;
	} else if (r->form == 'J') {
		day += r->day - 1 + (leap_year(year) && r->day >= 60);
	} else {
		day += r->day;
	}
	return day * DAY_S + r->at_s;
}

/** What the footer says: the last change before the moment decides, of two at once the begin. */
static int32_t tail_offset(const struct tg_zone *z, int64_t utc_s)
{
	struct tg_local at;
	int64_t last = INT64_MIN;
	int dst = 0;

	if (!z->tail_dst)
		return z->tail_offset[0];
	date_of(floor_div(utc_s + z->tail_offset[0], DAY_S), &at);
	for (int32_t year = at.year - 1; year <= at.year + 1; year++) {
		int64_t begin = strikes(&z->tail_rule[0], year) - z->tail_offset[0];
		int64_t end = strikes(&z->tail_rule[1], year) - z->tail_offset[1];

		if (end <= utc_s && end > last) {
			last = end;
			dst = 0;
		}
		if (begin <= utc_s && begin >= last) {
			last = begin;
			dst = 1;
		}
	}
	return z->tail_offset[dst];
}

/* ---- the file ---- */

static uint32_t be32(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
}

static int64_t be64(const char *p)
{
	return (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4));
}

/** Counts of a block (RFC 9636 §3.1). */
struct head {
	uint32_t isut, isstd, leap, time, type, chars;
};

/** Octets of the data block behind a header, whose times have `time_bytes`. */
static uint64_t block_bytes(const struct head *h, unsigned time_bytes)
{
	return (uint64_t)h->time * (time_bytes + 1) + (uint64_t)h->type * 6 + h->chars +
	       (uint64_t)h->leap * (time_bytes + 4) + h->isstd + h->isut;
}

static bool take_head(struct slice *s, struct head *h)
{
	if (s->len < HEAD_BYTES || memcmp(s->p, "TZif", 4) != 0 || s->p[4] < '2')
		return false;
	*h = (struct head){ be32(s->p + 20), be32(s->p + 24), be32(s->p + 28),
		            be32(s->p + 32), be32(s->p + 36), be32(s->p + 40) };
	*s = slice_skip(*s, HEAD_BYTES);
	return true;
}

static bool take_changes(struct tg_zone *z, const struct head *h, const char *times)
{
	const char *types = times + (size_t)h->time * 8;

	for (uint32_t i = 0; i < h->time; i++) {
		z->at[i] = be64(times + (size_t)i * 8);
		z->type[i] = (uint8_t)types[i];
		if ((i > 0 && z->at[i] <= z->at[i - 1]) || z->type[i] >= h->type)
			return false;
	}
	return true;
}

static bool take_types(struct tg_zone *z, const struct head *h, const char *types)
{
	for (uint32_t i = 0; i < h->type; i++) {
		int64_t offset = (int32_t)be32(types + (size_t)i * 6);

		/* RFC 9636 §3.2: "should be" within ±25:59:59 */
		if (offset <= -26 * 3600 || offset >= 26 * 3600)
			return false;
		z->offset[i] = (int32_t)offset;
	}
	return true;
}

enum tg_err tg_zone_parse(struct tg_zone *out, struct slice file)
{
	struct head h;
	struct slice s = file;
	uint64_t bytes;

	if (file.len > TG_ZONE_BYTES_MAX)
		return TG_ELIMIT;
	if (!take_head(&s, &h))
		return TG_EBAD;
	bytes = block_bytes(&h, 4);
	if (bytes > s.len)
		return TG_EBAD;
	s = slice_skip(s, (size_t)bytes);
	if (!take_head(&s, &h) || h.type == 0)
		return TG_EBAD;
	if (h.time > TG_ZONE_CHANGES_MAX || h.type > TG_ZONE_TYPES_MAX)
		return TG_ELIMIT;
	bytes = block_bytes(&h, 8);
	if (bytes > s.len || !take_changes(out, &h, s.p) ||
	    !take_types(out, &h, s.p + (size_t)h.time * 9))
		return TG_EBAD;
	out->changes = (uint16_t)h.time;
	out->types = (uint16_t)h.type;
	s = slice_skip(s, (size_t)bytes);
	if (!take(&s, '\n'))
		return TG_EBAD;
	if (slice_find(s, '\n') + 1 != s.len)
		return TG_EBAD;
	return footer(out, slice_head(s, s.len - 1)) ? TG_OK : TG_EBAD;
}

void tg_zone_utc(struct tg_zone *out)
{
	memset(out, 0, sizeof(*out));
	out->types = 1;
}

/* ---- asking ---- */

int32_t tg_zone_offset(const struct tg_zone *z, int64_t utc_s)
{
	uint32_t low = 0, high = z->changes; /* the changes below `low` are not after the moment */

	assert(utc_s >= -TG_ZONE_UTC_MAX && utc_s <= TG_ZONE_UTC_MAX);
	if (z->tail && (z->changes == 0 || utc_s >= z->at[z->changes - 1]))
		return tail_offset(z, utc_s);
	while (low < high) {
		uint32_t mid = (low + high) / 2;

		if (z->at[mid] <= utc_s)
			low = mid + 1;
		else
			high = mid;
	}
	return z->offset[low == 0 ? 0 : z->type[low - 1]];
}

void tg_zone_local(const struct tg_zone *z, int64_t utc_s, struct tg_local *out)
{
	int32_t offset = tg_zone_offset(z, utc_s);
	int64_t local = utc_s + offset;

	out->offset = offset;
	out->day = floor_div(local, DAY_S);
	out->second = (uint32_t)(local - out->day * DAY_S);
	out->weekday = (uint8_t)((out->day % 7 + 7 + 3) % 7);
	date_of(out->day, out);
}

int64_t tg_zone_first(const struct tg_zone *z, int64_t local_s)
{
	int64_t about = local_s - tg_zone_offset(z, local_s);
	int32_t before = tg_zone_offset(z, about - DAY_S), after = tg_zone_offset(z, about + DAY_S);
	int64_t low = local_s - TG_MAX(before, after), high = local_s - TG_MIN(before, after);

	/* `low` is the earlier one: right when it is shown at all */
	if (low + tg_zone_offset(z, low) == local_s)
		return low;
	if (high + tg_zone_offset(z, high) == local_s)
		return high;
	/* skipped: the change lies between them */
	while (high - low > 1) {
		int64_t mid = low + (high - low) / 2;

		if (mid + tg_zone_offset(z, mid) >= local_s)
			high = mid;
		else
			low = mid;
	}
	return high;
}
