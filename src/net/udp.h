/* UDP sockets for SIP: datagrams come in batches and leave in batches, without a copy of ours. */
#ifndef TG_NET_UDP_H
#define TG_NET_UDP_H

#include "base/flow.h"
#include "net/loop.h"

struct net_udp;

/** Who gets the datagrams.  `bytes` are borrowed until the callback returns. */
struct net_udp_sink {
	void *ctx;
	void (*packet)(void *ctx, uint64_t now_ms, const struct tg_flow *flow,
	               struct slice bytes);
};

/** What happened; read any time by the thread of the loop. */
struct net_udp_stat {
	uint64_t rx, rx_octets, rx_calls; /* datagrams handed up; system calls for them */
	/* above the cap or cut by the kernel: dropped whole (D23) */
	uint64_t rx_too_long;
	uint64_t rx_errors;
	uint64_t tx, tx_octets, tx_calls;
	uint64_t tx_refused; /* by the kernel: no route, filtered, buffer full */
	uint64_t tx_bad;     /* full, empty or abandoned messages, or no such interface */
};

enum {
	NET_UDP_SOCKETS_MAX = 64,
	NET_UDP_BATCH = 64 /* datagrams a system call */
};

/**
 * A bound UDP socket, non-blocking, closed on exec.
 *
 * reuse_port  several sockets may share the address; the kernel spreads the sources over them
 * fd          set only on TG_OK
 *
 * TG_EIO  errno says why
 */
TG_MUST_USE enum tg_err net_udp_bind(int *fd, const struct tg_addr *local, bool reuse_port);

/** The address a socket is bound to.  TG_EIO otherwise. */
TG_MUST_USE enum tg_err net_udp_local(struct tg_addr *out, int fd);

/**
 * Buffers for one process: about 6 MB of address space, of which only what messages touch is used.
 *
 * datagram_max  longer datagrams are dropped; ≤ TG_DATAGRAM_MAX
 */
struct net_udp *net_udp_new(struct net_loop *loop, struct net_udp_sink sink, size_t datagram_max);

/** Closes its sockets.  NULL is fine. */
void net_udp_free(struct net_udp *udp);

/**
 * Take a bound socket over: its datagrams carry `iface` in their flow, and what is sent to a flow
 * of `iface` leaves through it (the first one added for an interface sends).
 *
 * TG_ELIMIT  NET_UDP_SOCKETS_MAX passed
 * TG_EIO     not a UDP socket, or the loop refused; the caller keeps `fd`
 */
TG_MUST_USE enum tg_err net_udp_add(struct net_udp *udp, int fd, uint16_t iface);

/** How the pure folders send.  begin and end come in pairs and do not nest. */
struct tg_net net_udp_sender(struct net_udp *udp);

/** Hand everything that was sent to the kernel; at the end of each turn. */
void net_udp_flush(struct net_udp *udp);

const struct net_udp_stat *net_udp_stat(const struct net_udp *udp);

#endif
