/* A borrowed run of octets: how text travels through tollgate.  Never NUL-terminated. */
#ifndef TG_BASE_SLICE_H
#define TG_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"

/** Octets borrowed from somebody else's memory.  `p` may be NULL only when `len` is 0. */
struct slice {
	const char *p;
	size_t len;
};

/** Initialiser from a string literal; embedded NULs count. */
#define SLICE_INIT(literal) { (literal), sizeof(literal) - 1 }
/** Expression from a string literal. */
#define SLICE(literal) ((struct slice)SLICE_INIT(literal))
/** For "%.*s" at library and terminal edges only. */
#define SLICE_FMT(s) (int)(s).len, ((s).p ? (s).p : "")

static inline struct slice slice_of(const void *p, size_t len)
{
	return (struct slice){ (const char *)p, len };
}

/** Borrow a NUL-terminated string. */
static inline struct slice slice_str(const char *s)
{
	return (struct slice){ s, s != NULL ? strlen(s) : 0 };
}

static inline bool slice_eq(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

/** ASCII lower case; other octets unchanged (no locale). */
static inline char tg_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static inline bool tg_isdigit(char c)
{
	return c >= '0' && c <= '9';
}

/** Value of a hex digit, or -1. */
int tg_hexval(char c);

/** Equal but for ASCII case. */
bool slice_ieq(struct slice a, struct slice b);

/** True when `s` begins with `prefix` (exact octets). */
bool slice_starts(struct slice s, struct slice prefix);

/** `s` without its first `n` octets; empty when n ≥ len. */
static inline struct slice slice_skip(struct slice s, size_t n)
{
	return n >= s.len ? (struct slice){ NULL, 0 } : (struct slice){ s.p + n, s.len - n };
}

/** At most the first `n` octets. */
static inline struct slice slice_head(struct slice s, size_t n)
{
	return (struct slice){ s.p, n < s.len ? n : s.len };
}

/** Index of the first `c`, or s.len. */
size_t slice_find(struct slice s, char c);

/** Without leading and trailing SP, HT, CR and LF (linear white space, folding included). */
struct slice slice_trim(struct slice s);

/**
 * Cut `s` at the first `c`: `*head` is what stands before it, the return value what stands after.
 * Without a `c` the head is all of `s` and the rest is empty with p == NULL.
 */
struct slice slice_cut(struct slice s, char c, struct slice *head);

/**
 * Decimal digits only, no sign, no blanks.
 *
 * out  set only on TG_OK
 *
 * TG_EBAD    empty or a non-digit
 * TG_ELIMIT  above `max`
 */
TG_MUST_USE enum tg_err slice_u64(uint64_t *out, struct slice s, uint64_t max);

/** Octets of the well-formed UTF-8 sequence at the start of `s` (RFC 3629 §4): 1..4; 0 = none. */
size_t slice_utf8_len(struct slice s);

/** Order by octets, shorter first among equals; <0, 0, >0. */
int slice_cmp(struct slice a, struct slice b);

/**
 * Copy into a fixed array.
 *
 * dst, cap  receives the octets and, when `cap` is larger than the text, a NUL behind them
 * len       receives the length; set only on TG_OK
 *
 * TG_ELIMIT  longer than `cap`
 */
TG_MUST_USE enum tg_err slice_copy(char *dst, size_t cap, uint16_t *len, struct slice s);

#endif
