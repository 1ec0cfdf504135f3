/*
 * The relay role: RTP and RTCP of calls, from one side to the other, and nothing else.
 *
 * One call: its owner (a half-call in an edge or carrier) posts MEDIA_OPEN; the relay binds two
 * ports a side and stream and answers MEDIA_OPENED.  Now every packet is dropped.  MEDIA_PEER says
 * who sits on a side: with LINK_LATCH_EXACT packets come from and go to that address only; with
 * LINK_LATCH_FROM_IP nothing is sent until the first valid packet from the signalling address
 * arrived, and its source is the peer from then on.  A later MEDIA_PEER arms the latch again only
 * if it names another address, signalling address or latch mode.  MEDIA_PEER with `up` starts the
 * watch for silence and one-way audio, which MEDIA_REPORT tells.  MEDIA_TONE writes a beep over
 * what one side hears (media/tone.h).  MEDIA_CLOSE, or the death of the owner's process, closes the
 * ports; a last MEDIA_REPORT carries what each side sent.
 *
 * packet in -> media/socket -> media/rtp (well-formed?) -> media/stream (from the peer? whereto?)
 *           -> statistics -> the other side's socket.
 *
 * Decisions are pure (media/rtp, media/stream, media/ports); media/relay owns sockets and sessions.
 * Everything is allocated at the start.  One thread.
 */
#ifndef TG_MEDIA_RELAY_H
#define TG_MEDIA_RELAY_H

#include "base/hash.h"
#include "link/msg.h"

/** One of our addresses that media may use. */
struct relay_iface {
	struct tg_addr addr; /* port ignored; sockets are bound to exactly this address */
	bool private_ok;     /* media may be sent to private addresses that only SDP names (E5) */
};

struct relay_conf {
	struct link_proc self;
	const struct relay_iface
		*iface; /* borrowed during relay_new(); index = link_media_side.iface */
	uint16_t iface_count;
	uint16_t port_min, port_max; /* of this process: two relays never share a range */
	uint32_t sessions;           /* most calls at once */
	uint32_t streams;            /* most streams at once; 0 = sessions */
	uint32_t reserve;            /* of these, sessions that only emergency calls get */
	uint32_t port_rest_ms;  /* a released port is not used again for so long (E9); 0 = 30 s */
	uint32_t one_way_ms;    /* silence of one side only is told after this; 0 = 8 s (R93) */
	uint32_t idle_close_ms; /* no packet and no message for so long: closed; 0 = 4 h */
	/*
	 * Port pairs of an interface whose sockets stay open between calls, up to all: opening and
	 * closing four costs as much as the rest of a call.  To others their ports are closed.
	 * Calls draw from these first.  0 = none; 6 KB of the kernel's memory each.
	 */
	uint32_t ready;
	uint32_t packets_per_s; /* of one side of one stream, more is dropped (E6); 0 = 2000 */
	const struct tg_addr
		*never; /* borrowed as above: nothing is sent to these ip:port (SIP ports
	                                of trunks); port 0 = any port */
	uint16_t never_count;
};

struct relay;

/**
 * Allocate everything and make the epoll descriptor.
 *
 * out   posts MEDIA_OPENED and MEDIA_REPORT
 * rng   seed of ports and table keys; copied
 *
 * NULL without memory, descriptors, or with a range or count that cannot be (why in errno).
 */
struct relay *relay_new(const struct relay_conf *conf, struct link_out out,
                        const struct tg_rng *rng, uint64_t now_ms);

/** Close all sockets without a report.  NULL is fine. */
void relay_free(struct relay *relay);

/** An epoll descriptor: readable (level-triggered) when relay_readable() has work. */
int relay_fd(const struct relay *relay);

/**
 * Relay what is waiting: one batch, bounded, so that the caller's loop stays fair.  Never blocks.
 *
 * now_us  monotonic; its milliseconds are the now_ms of the other functions
 *
 * Returns the number of packets read; 0 = nothing was waiting.
 */
uint32_t relay_readable(struct relay *relay, uint64_t now_us);

/**
 * MEDIA_OPEN, _PEER, _TONE, _CLOSE and LINK_PEER; others are ignored and counted.  A session
 * belongs to the process that opened it: no other one finds it, whatever call it names.
 * MEDIA_OPEN of an open call answers with the same ports, and opens streams that it has not yet.
 */
void relay_message(struct relay *relay, uint64_t now_ms, const struct link_msg *msg);

/** Silence, one-way audio, idle sessions.  Call at relay_next_ms(). */
void relay_tick(struct relay *relay, uint64_t now_ms);

/** When to call relay_tick(); UINT64_MAX without sessions. */
uint64_t relay_next_ms(const struct relay *relay);

/** Counters since the start, and gauges. */
struct relay_stat {
	uint32_t sessions, streams; /* open now */
	uint64_t opened, refused;   /* MEDIA_OPEN */
	uint64_t packets, octets;   /* forwarded */
	uint64_t malformed;         /* RFC 3550 A.1, A.2 (E10) */
	uint64_t wrong_source; /* before the kernel filters for us, i.e. until a side is bound */
	uint64_t no_peer;      /* valid, but the other side is not known, off, or early */
	uint64_t over_rate;
	uint64_t send_failed;
	uint64_t peers_refused; /* MEDIA_PEER naming an address where we send nothing (E5) */
	uint64_t strange;       /* messages that do not belong to a session of their sender */
};
void relay_stat(const struct relay *relay, struct relay_stat *out);

#endif
