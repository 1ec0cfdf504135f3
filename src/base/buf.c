#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>

void buf_chr(struct buf *b, char c)
{
	buf_put(b, slice_of(&c, 1));
}

void buf_str(struct buf *b, const char *s)
{
	buf_put(b, slice_str(s));
}

void buf_u64(struct buf *b, uint64_t v)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	buf_put(b, slice_of(digits + at, sizeof(digits) - at));
}

void buf_hex(struct buf *b, const void *octets, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *from = octets;

	if (b->full || n > (b->cap - b->len) / 2) {
		b->full = true;
		return;
	}
	for (size_t i = 0; i < n; i++) {
		b->p[b->len++] = digits[from[i] >> 4];
		b->p[b->len++] = digits[from[i] & 15];
	}
}

/** Length of the well-formed UTF-8 sequence at the start of `s` (RFC 3629 §4), or 0. */
static size_t utf8_len(struct slice s)
{
	const uint8_t *u = (const uint8_t *)s.p;
	uint8_t low = 0x80, high = 0xbf;
	size_t n;

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

void buf_json(struct buf *b, struct slice s)
{
	buf_chr(b, '"');
	while (s.len > 0 && !b->full) {
		size_t n = utf8_len(s);
		uint8_t c = (uint8_t)s.p[0];

		if (n == 0) {
			buf_lit(b, "\xef\xbf\xbd");
			n = 1;
		} else if (c == '"' || c == '\\') {
			buf_chr(b, '\\');
			buf_chr(b, (char)c);
		} else if (c < 0x20 || c == 0x7f) {
			buf_lit(b, "\\u00");
			buf_hex(b, &c, 1);
		} else {
			buf_put(b, slice_head(s, n));
		}
		s = slice_skip(s, n);
	}
	buf_chr(b, '"');
}

void buf_fmt(struct buf *b, const char *fmt, ...)
{
	va_list args;
	int n;

	if (b->full)
		return;
	va_start(args, fmt);
	n = vsnprintf(b->p + b->len, b->cap - b->len, fmt, args);
	va_end(args);
	if (n < 0 || (size_t)n >= b->cap - b->len) {
		b->full = true; /* the partial text is not counted */
		return;
	}
	b->len += (size_t)n;
}
