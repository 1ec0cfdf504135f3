/* Where a packet came from and how an answer gets back: the facts about a source, as values. */
#ifndef TG_BASE_FLOW_H
#define TG_BASE_FLOW_H

#include "base/addr.h"

enum tg_proto { TG_PROTO_NONE, TG_PROTO_UDP, TG_PROTO_TCP, TG_PROTO_TLS };

/**
 * One way to one peer: our interface (an index into the configured list, which gives our address
 * and the trust) and the peer's address as the packet carried it.  Two packets of one flow compare
 * equal.
 */
struct tg_flow {
	struct tg_addr remote;
	uint16_t iface; /* index of the configured interface */
	uint8_t proto;  /* enum tg_proto */
	uint8_t zero;   /* always 0 */
};

static inline bool tg_flow_eq(const struct tg_flow *a, const struct tg_flow *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/**
 * How the pure folders send: ask for room, write, send.  The owner of the sockets gives memory of
 * its send batch, so a message is written once, where the kernel reads it.
 */
struct tg_net {
	void *ctx;
	/** Room for one datagram to `flow`; at least TG_DATAGRAM_MAX octets.  Never fails. */
	struct buf (*begin)(void *ctx, const struct tg_flow *flow);
	/** Send what was written; a buf that is full or empty is dropped and counted. */
	void (*end)(void *ctx, const struct buf *datagram);
};

/* Largest SIP message that we write or read over UDP; documented in the manual. */
#define TG_DATAGRAM_MAX 65535

#endif
