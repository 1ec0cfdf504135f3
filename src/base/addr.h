/* Transport addresses and prefixes as values: no sockets, no system headers. */
#ifndef TG_BASE_ADDR_H
#define TG_BASE_ADDR_H

#include "base/buf.h"

enum tg_family { TG_AF_NONE, TG_AF_INET = 4, TG_AF_INET6 = 6 };

/** An IP address with a port.  Comparable with tg_addr_eq(); 20 bytes, no padding that is unset. */
struct tg_addr {
	uint8_t family;  /* enum tg_family */
	uint8_t zero;    /* always 0 */
	uint16_t port;   /* host order; 0 = none */
	uint8_t ip[16];  /* network order; IPv4 uses the first 4, the rest is 0 */
};

/** An address prefix, such as 192.0.2.0/24.  Bits behind `bits` are 0. */
struct tg_prefix {
	struct tg_addr addr; /* port 0 */
	uint8_t bits;        /* 0..32 or 0..128 */
};

enum tg_addr_class {
	TG_ADDR_PUBLIC,
	TG_ADDR_PRIVATE,    /* RFC 1918, RFC 6598 shared space, RFC 4193 */
	TG_ADDR_LOOPBACK,
	TG_ADDR_LINK_LOCAL,
	TG_ADDR_MULTICAST,
	TG_ADDR_BROADCAST,
	TG_ADDR_UNSPECIFIED, /* 0.0.0.0/8, :: */
	TG_ADDR_MAPPED,      /* ::ffff:0:0/96: an IPv4 address in disguise */
	TG_ADDR_RESERVED     /* 240.0.0.0/4 and documentation is NOT here: tests use it */
};

/** Same family, address and port. */
bool tg_addr_eq(const struct tg_addr *a, const struct tg_addr *b);

/** Same family and address, whatever the ports. */
bool tg_addr_ip_eq(const struct tg_addr *a, const struct tg_addr *b);

/**
 * Parse "192.0.2.1" or "2001:db8::1" (with or without brackets); port 0.  Strict: four decimal
 * groups without leading zeros, no "1.2.3".  TG_EBAD otherwise.
 */
TG_MUST_USE enum tg_err tg_addr_parse_ip(struct tg_addr *out, struct slice in);

/**
 * Parse "192.0.2.1:5060", "[2001:db8::1]:5060", or an address alone, which gets `default_port`.
 * TG_EBAD otherwise.
 */
TG_MUST_USE enum tg_err tg_addr_parse(struct tg_addr *out, struct slice in, uint16_t default_port);

/**
 * Parse "192.0.2.0/24" or an address alone (all its bits).  TG_EBAD when bits are set behind it.
 */
TG_MUST_USE enum tg_err tg_prefix_parse(struct tg_prefix *out, struct slice in);

/** True when the address lies in the prefix; different families never do. */
bool tg_prefix_has(const struct tg_prefix *prefix, const struct tg_addr *addr);

/** What kind of address it is (RFC 6890). */
enum tg_addr_class tg_addr_class(const struct tg_addr *addr);

/** Write the address without port; IPv6 per RFC 5952 without brackets. */
void tg_addr_write_ip(struct buf *b, const struct tg_addr *addr);

/** Write "ip:port" or "[ip]:port"; a port of 0 is left out (and the brackets stay). */
void tg_addr_write(struct buf *b, const struct tg_addr *addr);

/** Write "ip/bits". */
void tg_prefix_write(struct buf *b, const struct tg_prefix *prefix);

#endif
