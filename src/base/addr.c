#include "base/addr.h"

#include <assert.h>

bool tg_addr_eq(const struct tg_addr *a, const struct tg_addr *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

bool tg_addr_ip_eq(const struct tg_addr *a, const struct tg_addr *b)
{
	return a->family == b->family && memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

/** Exactly four decimal groups; leading zeros are refused (octal to some readers). */
static bool parse_v4(uint8_t ip[4], struct slice in)
{
	for (int group = 0; group < 4; group++) {
		struct slice head;
		uint64_t v;

		if (group < 3 && slice_find(in, '.') == in.len)
			return false;
		if (group < 3)
			in = slice_cut(in, '.', &head);
		else
			head = in;
		if (head.len > 3 || (head.len > 1 && head.p[0] == '0') ||
		    slice_u64(&v, head, 255) != TG_OK)
			return false;
		ip[group] = (uint8_t)v;
	}
	return true;
}

/** One IPv6 group of 1 to 4 hex digits at the start of `in`; returns the digits read, 0 = none. */
static size_t parse_group(uint16_t *out, struct slice in)
{
	size_t n = 0;
	unsigned v = 0;

	while (n < in.len && n < 5 && tg_hexval(in.p[n]) >= 0) {
		v = v << 4 | (unsigned)tg_hexval(in.p[n]);
		n++;
	}
	if (n == 0 || n > 4)
		return 0;
	*out = (uint16_t)v;
	return n;
}

/* RFC 4291 §2.2: groups, one "::" at most, the last 32 bits may be dotted. */
static bool parse_v6(uint8_t ip[16], struct slice in)
{
	uint16_t group[8] = { 0 };
	int have = 0, gap = -1;

	if (in.len >= 2 && in.p[0] == ':' && in.p[1] == ':') {
		gap = 0;
		in = slice_skip(in, 2);
	}
	while (in.len > 0) {
		size_t n;

		if (have >= 8)
			return false;
		if (have <= 6 && slice_find(in, '.') < in.len && slice_find(in, ':') == in.len) {
			uint8_t v4[4];

			if (!parse_v4(v4, in))
				return false;
			group[have++] = (uint16_t)(v4[0] << 8 | v4[1]);
			group[have++] = (uint16_t)(v4[2] << 8 | v4[3]);
			break;
		}
		n = parse_group(&group[have], in);
		if (n == 0)
			return false;
		have++;
		in = slice_skip(in, n);
		if (in.len == 0)
			break;
		if (in.p[0] != ':' || in.len == 1)
			return false;
		in = slice_skip(in, 1);
		if (in.p[0] == ':') {
			if (gap >= 0)
				return false;
			gap = have;
			in = slice_skip(in, 1);
		}
	}
	if (gap < 0 ? have != 8 : have > 7)
		return false;
	for (int i = 0; i < have; i++) {
		int at = gap >= 0 && i >= gap ? 8 - have + i : i;

		ip[2 * at] = (uint8_t)(group[i] >> 8);
		ip[2 * at + 1] = (uint8_t)group[i];
	}
	return true;
}

enum tg_err tg_addr_parse_ip(struct tg_addr *out, struct slice in)
{
	struct tg_addr a = { 0 };
	bool bracket = in.len >= 2 && in.p[0] == '[' && in.p[in.len - 1] == ']';

	if (bracket)
		in = slice_of(in.p + 1, in.len - 2);
	if (in.len > 45)
		return TG_EBAD;
	if (slice_find(in, ':') < in.len) {
		a.family = TG_AF_INET6;
		if (!parse_v6(a.ip, in))
			return TG_EBAD;
	} else {
		a.family = TG_AF_INET;
		if (bracket || !parse_v4(a.ip, in))
			return TG_EBAD;
	}
	*out = a;
	return TG_OK;
}

enum tg_err tg_addr_parse(struct tg_addr *out, struct slice in, uint16_t default_port)
{
	struct slice host = in, port = { NULL, 0 };
	struct tg_addr a;
	uint64_t v = default_port;

	if (in.len > 0 && in.p[0] == '[') {
		size_t end = slice_find(in, ']');

		if (end == in.len)
			return TG_EBAD;
		host = slice_head(in, end + 1);
		port = slice_skip(in, end + 1);
		if (port.len > 0 && port.p[0] != ':')
			return TG_EBAD;
		port = slice_skip(port, 1);
		if (port.len == 0 && host.len != in.len)
			return TG_EBAD;
	} else if (slice_find(in, ':') < in.len) {
		port = slice_cut(in, ':', &host);
		if (port.len > 0 && slice_find(port, ':') < port.len) {
			host = in; /* a bare IPv6 address */
			port = (struct slice){ NULL, 0 };
		} else if (port.len == 0) {
			return TG_EBAD;
		}
	}
	if (tg_addr_parse_ip(&a, host) != TG_OK)
		return TG_EBAD;
	if (port.len > 0 && slice_u64(&v, port, 65535) != TG_OK)
		return TG_EBAD;
	a.port = (uint16_t)v;
	*out = a;
	return TG_OK;
}

static uint8_t width(const struct tg_addr *a)
{
	return a->family == TG_AF_INET ? 32 : 128;
}

static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (memcmp(a, b, whole) != 0)
		return false;
	return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

enum tg_err tg_prefix_parse(struct tg_prefix *out, struct slice in)
{
	static const uint8_t zeros[16];
	struct tg_prefix p = { 0 };
	struct slice ip, bits;
	uint64_t v;

	bits = slice_cut(in, '/', &ip);
	if (tg_addr_parse_ip(&p.addr, ip) != TG_OK)
		return TG_EBAD;
	v = width(&p.addr);
	if (ip.len != in.len && slice_u64(&v, bits, width(&p.addr)) != TG_OK)
		return TG_EBAD;
	p.bits = (uint8_t)v;
	for (unsigned i = p.bits; i < width(&p.addr); i++) {
		if (p.addr.ip[i / 8] & 0x80u >> i % 8)
			return TG_EBAD;
	}
	assert(memcmp(p.addr.ip + width(&p.addr) / 8, zeros, 16u - width(&p.addr) / 8u) == 0);
	*out = p;
	return TG_OK;
}

bool tg_prefix_has(const struct tg_prefix *prefix, const struct tg_addr *addr)
{
	return prefix->addr.family == addr->family &&
	       same_bits(prefix->addr.ip, addr->ip, prefix->bits);
}

/* The first prefix that holds the address decides (RFC 6890); none = public. */
static const struct class_row {
	uint8_t ip[16];
	uint8_t bits;
	uint8_t class; /* enum tg_addr_class */
} class_v4[] = {
	{ { 0 }, 8, TG_ADDR_UNSPECIFIED },
	{ { 10 }, 8, TG_ADDR_PRIVATE },
	{ { 100, 64 }, 10, TG_ADDR_PRIVATE }, /* RFC 6598: shared behind a carrier's NAT */
	{ { 127 }, 8, TG_ADDR_LOOPBACK },
	{ { 169, 254 }, 16, TG_ADDR_LINK_LOCAL },
	{ { 172, 16 }, 12, TG_ADDR_PRIVATE },
	{ { 192, 168 }, 16, TG_ADDR_PRIVATE },
	{ { 224 }, 4, TG_ADDR_MULTICAST },
	{ { 255, 255, 255, 255 }, 32, TG_ADDR_BROADCAST },
	{ { 240 }, 4, TG_ADDR_RESERVED },
}, class_v6[] = {
	{ { 0 }, 128, TG_ADDR_UNSPECIFIED },
	{ { [15] = 1 }, 128, TG_ADDR_LOOPBACK },
	{ { [10] = 0xff, 0xff }, 96, TG_ADDR_MAPPED },
	{ { 0xfc }, 7, TG_ADDR_PRIVATE },
	{ { 0xfe, 0x80 }, 10, TG_ADDR_LINK_LOCAL },
	{ { 0xff }, 8, TG_ADDR_MULTICAST },
};

enum tg_addr_class tg_addr_class(const struct tg_addr *addr)
{
	bool v4 = addr->family == TG_AF_INET;
	const struct class_row *row = v4 ? class_v4 : class_v6;
	size_t count = v4 ? COUNT(class_v4) : COUNT(class_v6);

	for (; count > 0; row++, count--) {
		if (same_bits(row->ip, addr->ip, row->bits))
			return (enum tg_addr_class)row->class;
	}
	return TG_ADDR_PUBLIC;
}

static void write_v6(struct buf *b, const uint8_t *ip)
{
	int best = -1, best_len = 1; /* RFC 5952 §4.2.2: a single zero group is not shortened */

	for (int i = 0; i < 8; i++) {
		int n = 0;

		while (i + n < 8 && ip[2 * (i + n)] == 0 && ip[2 * (i + n) + 1] == 0)
			n++;
		if (n > best_len) {
			best = i;
			best_len = n;
		}
		i += n;
	}
	for (int i = 0; i < 8; i++) {
		if (i == best) {
			buf_lit(b, "::");
			i += best_len - 1;
			continue;
		}
		if (i > 0 && i != best + best_len)
			buf_chr(b, ':');
		else if (i > 0 && best < 0)
			buf_chr(b, ':');
		buf_fmt(b, "%x", (unsigned)(ip[2 * i] << 8 | ip[2 * i + 1]));
	}
}

void tg_addr_write_ip(struct buf *b, const struct tg_addr *addr)
{
	if (addr->family == TG_AF_INET6) {
		write_v6(b, addr->ip);
		return;
	}
	for (int i = 0; i < 4; i++) {
		if (i > 0)
			buf_chr(b, '.');
		buf_u64(b, addr->ip[i]);
	}
}

void tg_addr_write(struct buf *b, const struct tg_addr *addr)
{
	if (addr->family == TG_AF_INET6)
		buf_chr(b, '[');
	tg_addr_write_ip(b, addr);
	if (addr->family == TG_AF_INET6)
		buf_chr(b, ']');
	if (addr->port != 0) {
		buf_chr(b, ':');
		buf_u64(b, addr->port);
	}
}

void tg_prefix_write(struct buf *b, const struct tg_prefix *prefix)
{
	tg_addr_write_ip(b, &prefix->addr);
	buf_chr(b, '/');
	buf_u64(b, prefix->bits);
}
