/* A bounded text writer: everything tollgate sends or prints is written through one. */
#ifndef TG_BASE_BUF_H
#define TG_BASE_BUF_H

#include "base/slice.h"

/**
 * Octets being written into memory that the caller owns.  Writing past `cap` changes nothing and
 * sets `full`, so a writer checks once, at the end.
 */
struct buf {
	char *p;
	size_t len;
	size_t cap;
	bool full;
};

static inline struct buf buf_on(void *mem, size_t cap)
{
	return (struct buf){ (char *)mem, 0, cap, false };
}

static inline struct slice buf_slice(const struct buf *b)
{
	return (struct slice){ b->p, b->len };
}

static inline void buf_put(struct buf *b, struct slice s)
{
	if (TG_UNLIKELY(b->full || s.len > b->cap - b->len)) {
		b->full = true;
		return;
	}
	if (s.len > 0)
		memcpy(b->p + b->len, s.p, s.len);
	b->len += s.len;
}

/** Append a string literal. */
#define buf_lit(b, literal) buf_put((b), SLICE(literal))

void buf_chr(struct buf *b, char c);

/** Append a NUL-terminated string. */
void buf_str(struct buf *b, const char *s);

/** Append an unsigned decimal number. */
void buf_u64(struct buf *b, uint64_t v);

/** Append `n` octets as 2n lower-case hex digits. */
void buf_hex(struct buf *b, const void *octets, size_t n);

/** Append as a JSON string with its quotes; octets that are not UTF-8 become U+FFFD. */
void buf_json(struct buf *b, struct slice s);

/**
 * printf for terminal texts and errors; not for SIP or hot paths.  Truncation sets `full`.
 */
void buf_fmt(struct buf *b, const char *fmt, ...) TG_PRINTF(2, 3);

#endif
