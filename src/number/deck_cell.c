/* The cells of a provider's file: what is tolerated, what is refused and why. */
#include "number/deck_priv.h"

/* ---- money ---- */

/*
 * Digits with at most one mark.  Rates with more than six decimals are rounded up to the micro:
 * never cheaper than the provider bills.
 */
static const char *money_digits(tg_micro *out, struct slice cell, char mark)
{
	tg_micro value = 0, place = TG_MICRO_UNIT;
	bool point = false, more = false;
	size_t digits = 0;

	for (size_t i = 0; i < cell.len; i++) {
		char c = cell.p[i];

		if (c == mark && !point) {
			point = true;
			continue;
		}
		if (!tg_isdigit(c))
			return "is not a number";
		digits++;
		if (!point) {
			value = value * 10 + (c - '0') * TG_MICRO_UNIT;
		} else if (place > 1) {
			place /= 10;
			value += (c - '0') * place;
		} else {
			more = more || c != '0';
		}
		if (value > TG_TARIFF_MICRO_MAX)
			return "is above 10000: absurd";
	}
	if (digits == 0)
		return "is not a number";
	value += more;
	if (value > TG_TARIFF_MICRO_MAX)
		return "is above 10000: absurd";
	*out = value;
	return NULL;
}

const char *deck_cell_money(tg_micro *out, struct slice cell, char *mark, bool comma)
{
	size_t commas = 0, points = 0;
	char own;

	for (size_t i = 0; i < cell.len; i++) {
		char c = cell.p[i];

		commas += c == ',';
		points += c == '.';
		if (tg_lower(c) == 'e')
			return "is in scientific notation; format the column as a number";
	}
	if (cell.len == 0)
		return "is empty";
	if (cell.p[0] == '-')
		return "is negative";
	if (commas + points > 1 || (commas > 0 && !comma))
		return "has a mark for thousands, or a decimal comma between commas";
	own = commas > 0 ? ',' : points > 0 ? '.' : *mark;
	if (*mark != 0 && own != *mark)
		return "has another decimal mark than the rows before";
	*mark = own;
	return money_digits(out, cell, own);
}

/* ---- increments ---- */

const char *deck_cell_step(uint16_t *out, struct slice cell)
{
	uint64_t n;

	if (slice_u64(&n, cell, TG_TARIFF_STEP_MAX) != TG_OK || n == 0)
		return "is not an increment of 1 to 3600 seconds";
	*out = (uint16_t)n;
	return NULL;
}

const char *deck_cell_steps(struct tg_tariff *out, struct slice cell)
{
	size_t cut = 0;
	uint16_t first, next;
	const char *why;

	while (cut < cell.len && memchr("/+-:", cell.p[cut], 4) == NULL)
		cut++;
	why = deck_cell_step(&first, slice_trim(slice_head(cell, cut)));
	next = first;
	if (why == NULL && cut < cell.len)
		why = deck_cell_step(&next, slice_trim(slice_skip(cell, cut + 1)));
	if (why != NULL)
		return "is not first and next increment as in 60/1, of 1 to 3600 seconds";
	out->first_s = first;
	out->next_s = next;
	return NULL;
}

/* ---- times ---- */

/* Read up to `most` digits from the start of `s`; 0xffffffff when there are none. */
static uint32_t take_digits(struct slice *s, size_t most)
{
	uint32_t value = 0;
	size_t n = 0;

	while (n < most && n < s->len && tg_isdigit(s->p[n])) {
		value = value * 10 + (uint32_t)(s->p[n] - '0');
		n++;
	}
	*s = slice_skip(*s, n);
	return n > 0 ? value : 0xffffffffu;
}

static bool take_char(struct slice *s, char c)
{
	bool ok = s->len > 0 && s->p[0] == c;

	if (ok)
		*s = slice_skip(*s, 1);
	return ok;
}

/* Days since 1970 of a date of the Gregorian calendar, or -1. */
static int64_t days_of(uint32_t y, uint32_t m, uint32_t d)
{
	static const uint8_t length[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	static const uint16_t before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
	bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
	uint32_t last = y - 1;

	if (y < 1970 || y > 2099 || m < 1 || m > 12 || d < 1 ||
	    d > length[m - 1] + (uint32_t)(leap && m == 2))
		return -1;
	return (int64_t)(y - 1970) * 365 + (last / 4 - last / 100 + last / 400 - 477) +
	       before[m - 1] + (leap && m > 2) + d - 1;
}

/* "2031-01-31", "20310131", "31.01.2031", and with slashes in the order that was said. */
static int64_t take_date(struct slice *s, uint8_t dates)
{
	bool whole = s->len >= 8;
	uint32_t a, b, c;

	for (size_t i = 0; i < 8 && whole; i++)
		whole = tg_isdigit(s->p[i]);
	a = take_digits(s, 4);
	if (whole) {
		b = take_digits(s, 2);
		return days_of(a, b, take_digits(s, 2));
	}
	if (take_char(s, '-')) {
		b = take_digits(s, 2);
		return take_char(s, '-') ? days_of(a, b, take_digits(s, 2)) : -1;
	}
	if (take_char(s, '.')) {
		b = take_digits(s, 2);
		c = take_char(s, '.') ? take_digits(s, 4) : 0;
		return days_of(c, b, a);
	}
	if (!take_char(s, '/'))
		return -1;
	b = take_digits(s, 2);
	c = take_char(s, '/') ? take_digits(s, 4) : 0;
	return dates == DECK_DATES_MDY ? days_of(c, a, b) : days_of(c, b, a);
}

const char *deck_cell_time(uint32_t *out, struct slice cell, uint8_t dates)
{
	static const char wrong[] = "is not a date as in 2031-01-31 or 2031-01-31 08:00:00 (UTC)";
	uint32_t h = 0, m = 0, sec = 0;
	struct slice s = cell;
	int64_t days;

	if (dates == DECK_DATES_UNSAID && slice_find(cell, '/') < cell.len)
		return "may be day/month or month/day; say --dates=dmy or --dates=mdy";
	days = take_date(&s, dates);
	if (days < 0)
		return wrong;
	if (take_char(&s, 'T') || take_char(&s, ' ')) {
		s = slice_trim(s);
		h = take_digits(&s, 2);
		m = take_char(&s, ':') ? take_digits(&s, 2) : 60;
		sec = take_char(&s, ':') ? take_digits(&s, 2) : 0;
		if (take_char(&s, '.') && take_digits(&s, 9) == 0xffffffffu)
			return wrong;
		take_char(&s, 'Z');
	}
	if (s.len > 0 || h > 23 || m > 59 || sec > 59)
		return wrong;
	*out = (uint32_t)(days * 86400) + h * 3600 + m * 60 + sec;
	return NULL;
}

/* ---- prefixes ---- */

static bool all_digits(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!tg_isdigit(s.p[i]))
			return false;
	return s.len > 0;
}

/* Digits of a code behind its country's, "+" and "00" taken off; false: not a prefix. */
static bool code_of(char out[DECK_PREFIX_MAX], uint8_t *len, struct slice country,
                    struct slice code)
{
	code = slice_trim(code);
	if (country.len == 0 && code.len > 0 && code.p[0] == '+')
		code = slice_skip(code, 1);
	else if (country.len == 0 && slice_starts(code, SLICE("00")))
		code = slice_skip(code, 2);
	if ((code.len > 0 && !all_digits(code)) || country.len + code.len < 1 ||
	    country.len + code.len > DECK_PREFIX_MAX)
		return false;
	if (country.len > 0)
		memcpy(out, country.p, country.len);
	if (code.len > 0)
		memcpy(out + country.len, code.p, code.len);
	*len = (uint8_t)(country.len + code.len);
	return out[0] != '0';
}

static uint64_t value_of(const char *digits, size_t len)
{
	uint64_t value = 0;

	for (size_t i = 0; i < len; i++)
		value = value * 10 + (uint64_t)(digits[i] - '0');
	return value;
}

/* The end of a range: as long as its start, or only the last digits ("4478-9", "4478-79"). */
static const char *range_end(struct deck_range *out, const char *first, struct slice country,
                             struct slice end)
{
	char digits[DECK_PREFIX_MAX];
	uint8_t len;

	end = slice_trim(end);
	if (all_digits(end) && end.len <= 2 && country.len + end.len < out->len) {
		memcpy(digits, first, out->len);
		memcpy(digits + out->len - end.len, end.p, end.len);
		len = out->len;
	} else if (!code_of(digits, &len, country, end)) {
		return "has a range whose end is no prefix";
	}
	if (len != out->len)
		return "has a range whose ends differ in length";
	out->last = value_of(digits, len);
	if (out->last < out->first)
		return "has a range that ends before it begins";
	if (out->last - out->first >= DECK_RANGE_MAX)
		return "has a range of more than 1000 prefixes";
	return NULL;
}

const char *deck_cell_range(struct deck_range *out, struct slice *cell, struct slice country)
{
	struct slice one, end;
	char digits[DECK_PREFIX_MAX];
	size_t cut = 0, dash;

	while (cut < cell->len && memchr(",;|", cell->p[cut], 3) == NULL)
		cut++;
	one = slice_trim(slice_head(*cell, cut));
	*cell = slice_skip(*cell, cut + 1);
	dash = slice_find(one, '-');
	end = slice_skip(one, dash + 1);
	if (!code_of(digits, &out->len, country, slice_head(one, dash)))
		return "is not a prefix: 1 to 15 digits that begin with a country code";
	out->first = out->last = value_of(digits, out->len);
	return dash < one.len ? range_end(out, digits, country, end) : NULL;
}

/* ---- names ---- */

/* What most names are: nothing to clean. */
static bool is_plain(struct slice s)
{
	bool plain = s.len > 0 && s.len <= DECK_NAME_MAX && s.p[0] != '\'' && s.p[0] != ' ' &&
	             s.p[s.len - 1] != ' ';

	for (size_t i = 0; plain && i < s.len; i++)
		plain = s.p[i] >= 0x20 && s.p[i] < 0x7f;
	return plain;
}

void deck_cell_name(struct buf *b, struct slice s)
{
	size_t most = b->len + DECK_NAME_MAX;

	if (is_plain(s)) {
		buf_put(b, s);
		return;
	}
	if (s.len > 1 && s.p[0] == '\'' && memchr("=+-@", s.p[1], 4) != NULL)
		s = slice_skip(s, 1); /* what keeps a spreadsheet from taking it for a formula */
	while (s.len > 0) {
		size_t n = slice_utf8_len(s);
		unsigned char c = (unsigned char)s.p[0];
		struct slice put = slice_head(s, n);

		if (n == 0)
			put = SLICE("\xef\xbf\xbd");
		else if (c < 0x20 || c == 0x7f ||
		         (n == 2 && c == 0xc2 && (unsigned char)s.p[1] < 0xa0))
			put = SLICE(" ");
		if (b->len + put.len > most)
			break;
		if (b->len > 0 || put.p[0] != ' ')
			buf_put(b, put);
		s = slice_skip(s, TG_MAX(n, (size_t)1));
	}
	while (b->len > 0 && b->p[b->len - 1] == ' ')
		b->len--;
}
