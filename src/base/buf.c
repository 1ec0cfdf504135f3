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

void buf_json(struct buf *b, struct slice s)
{
	buf_chr(b, '"');
	while (s.len > 0 && !b->full) {
		size_t n = slice_utf8_len(s);
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
