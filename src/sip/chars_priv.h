/* Character classes of RFC 3261 §25.1, and scanning by eight octets. */
#ifndef TG_SIP_CHARS_PRIV_H
#define TG_SIP_CHARS_PRIV_H

#include "base/slice.h"

enum {
	CH_TOKEN = 1,   /* token */
	CH_USER = 2,    /* user: unreserved, user-unreserved and '#'; not '%' */
	CH_PARAM = 4,   /* paramchar of a URI; not '%' */
	CH_HEADERS = 8, /* headers of a URI; not '%' */
	CH_LABEL = 16,  /* of a host name: alphanum, '-' and '_' */
	CH_VALUE = 32,  /* value of a header parameter: token or host */
	CH_WORD = 64,   /* word of a Call-ID */
	CH_LWS = 128    /* SP, HT, and the CR and LF of a fold */
};

extern const uint8_t sip_chars[256];

static inline bool ch_is(char c, unsigned classes)
{
	return (sip_chars[(uint8_t)c] & classes) != 0;
}

/** First octet at or behind `p` that is not of `classes`, or `end`. */
static inline const char *ch_run(const char *p, const char *end, unsigned classes)
{
	while (end - p >= 4) {
		if (!ch_is(p[0], classes))
			return p;
		if (!ch_is(p[1], classes))
			return p + 1;
		if (!ch_is(p[2], classes))
			return p + 2;
		if (!ch_is(p[3], classes))
			return p + 3;
		p += 4;
	}
	while (p < end && ch_is(*p, classes))
		p++;
	return p;
}

/** The same, where "%HH" counts as one of the class; stops at a broken escape. */
static inline const char *ch_run_escaped(const char *p, const char *end, unsigned classes)
{
	for (;;) {
		p = ch_run(p, end, classes);
		if (end - p < 3 || *p != '%' || tg_hexval(p[1]) < 0 || tg_hexval(p[2]) < 0)
			return p;
		p += 3;
	}
}

static inline const char *ch_skip_lws(const char *p, const char *end)
{
	return ch_run(p, end, CH_LWS);
}

typedef uint8_t ch_octets TG_VECTOR(16);

/**
 * First control octet (below 0x20, or DEL) at or behind `p`, or `end`; reads nothing behind `end`.
 */
static inline const char *ch_find_control(const char *p, const char *end)
{
	while (end - p >= 16) {
		ch_octets v, hit;
		uint64_t half[2];

		memcpy(&v, p, sizeof(v));
		hit = (ch_octets)((v < 0x20) | (v == 0x7f));
		memcpy(half, &hit, sizeof(half));
		if ((half[0] | half[1]) != 0) {
			if (!TG_LITTLE_ENDIAN)
				break;
			return half[0] != 0 ? p + TG_CTZ64(half[0]) / 8 :
			                      p + 8 + TG_CTZ64(half[1]) / 8;
		}
		p += 16;
	}
	while (p < end && (uint8_t)*p >= 0x20 && *p != 0x7f)
		p++;
	return p;
}

/** True when `s` is the literal, in any case; a call only when the length fits but not the case. */
#define ch_ieq(s, literal)                                    \
	((s).len == sizeof(literal) - 1 &&                    \
	 (memcmp((s).p, literal, sizeof(literal) - 1) == 0 || \
	  slice_ieq((s), SLICE(literal))))

/** What stands from `p` to `end`. */
static inline struct slice ch_slice(const char *p, const char *end)
{
	return (struct slice){ p, (size_t)(end - p) };
}

/** Behind the last octet.  (Even NULL + 0 is undefined in C.) */
static inline const char *ch_end(struct slice s)
{
	return s.len > 0 ? s.p + s.len : s.p;
}

/** slice_trim() without a call. */
static inline struct slice ch_trim(const char *p, const char *end)
{
	p = ch_skip_lws(p, end);
	while (end > p && ch_is(end[-1], CH_LWS))
		end--;
	return ch_slice(p, end);
}

/**
 * End of the host at `p`: a name, an IPv4 address, or an IPv6 address in brackets.  NULL when there
 * is none.  A name whose last label starts with a digit must be an IPv4 address, written in full:
 * other readers would take 10.1 or 010.0.0.1 for one that we do not see (§25.1 toplabel).
 *
 * host, is_v6  set only when the result is not NULL
 */
const char *sip_host_end(const char *p, const char *end, struct slice *host, bool *is_v6);

/** End of the digits of a port at `p`; NULL for none, more than five, 0 or above 65535. */
const char *sip_port_end(const char *p, const char *end, uint16_t *port);

#endif
