#include "base/slice.h"

int tg_hexval(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = tg_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool slice_ieq(struct slice a, struct slice b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		if (tg_lower(a.p[i]) != tg_lower(b.p[i]))
			return false;
	}
	return true;
}

bool slice_starts(struct slice s, struct slice prefix)
{
	return slice_eq(slice_head(s, prefix.len), prefix);
}

size_t slice_find(struct slice s, char c)
{
	const char *hit = s.len > 0 ? memchr(s.p, c, s.len) : NULL;

	return hit != NULL ? (size_t)(hit - s.p) : s.len;
}

static bool is_lws(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct slice slice_trim(struct slice s)
{
	while (s.len > 0 && is_lws(s.p[0])) {
		s.p++;
		s.len--;
	}
	while (s.len > 0 && is_lws(s.p[s.len - 1]))
		s.len--;
	return s;
}

struct slice slice_cut(struct slice s, char c, struct slice *head)
{
	size_t at = slice_find(s, c);

	*head = slice_head(s, at);
	return slice_skip(s, at + 1);
}

/* Digits only; so many that the sum may not fit. */
static enum tg_err u64_by_step(uint64_t *out, struct slice s, uint64_t max)
{
	uint64_t v = 0;

	for (size_t i = 0; i < s.len; i++) {
		uint64_t digit = (uint64_t)(s.p[i] - '0');

		if (digit > max || v > (max - digit) / 10)
			return TG_ELIMIT;
		v = v * 10 + digit;
	}
	*out = v;
	return TG_OK;
}

/* Digits that always fit: 10^19 < 2^64. */
enum { U64_DIGITS = 19 };

enum tg_err slice_u64(uint64_t *out, struct slice s, uint64_t max)
{
	uint64_t v = 0;
	size_t zeros = 0;

	if (s.len == 0)
		return TG_EBAD;
	for (size_t i = 0; i < s.len; i++) {
		if (!tg_isdigit(s.p[i]))
			return TG_EBAD;
		v = v * 10 + (uint64_t)(s.p[i] - '0'); /* wraps only where it is not used */
	}
	if (s.len > U64_DIGITS) {
		while (zeros < s.len && s.p[zeros] == '0')
			zeros++;
		if (s.len - zeros > U64_DIGITS)
			return u64_by_step(out, slice_skip(s, zeros), max);
	}
	if (v > max)
		return TG_ELIMIT;
	*out = v;
	return TG_OK;
}

size_t slice_utf8_len(struct slice s)
{
	const uint8_t *u = (const uint8_t *)s.p;
	uint8_t low = 0x80, high = 0xbf;
	size_t n;

	if (s.len == 0)
		return 0;
	if (u[0] < 0x80)
		return 1;
	if (u[0] >= 0xc2 && u[0] <= 0xdf)
		n = 2;
	else if ((u[0] & 0xf0) == 0xe0)
		n = 3;
	else if (u[0] >= 0xf0 && u[0] <= 0xf4)
		n = 4;
	else
		return 0;
	if (u[0] == 0xe0)
		low = 0xa0;
	else if (u[0] == 0xed)
		high = 0x9f;
	else if (u[0] == 0xf0)
		low = 0x90;
	else if (u[0] == 0xf4)
		high = 0x8f;
	if (s.len < n || u[1] < low || u[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
	}
	return n;
}

int slice_cmp(struct slice a, struct slice b)
{
	size_t n = TG_MIN(a.len, b.len);
	int order = n > 0 ? memcmp(a.p, b.p, n) : 0;

	if (order != 0)
		return order;
	return (a.len > b.len) - (a.len < b.len);
}

enum tg_err slice_copy(char *dst, size_t cap, uint16_t *len, struct slice s)
{
	if (s.len > cap || s.len > UINT16_MAX)
		return TG_ELIMIT;
	if (s.len > 0)
		memcpy(dst, s.p, s.len);
	if (s.len < cap)
		dst[s.len] = '\0';
	*len = (uint16_t)s.len;
	return TG_OK;
}
