/* One stream of a call: who may send to it from either side, and where a packet goes.  Pure. */
#ifndef TG_MEDIA_STREAM_H
#define TG_MEDIA_STREAM_H

#include "media/peer.h"
#include "media/rtp.h"

enum stream_port_kind { STREAM_RTP, STREAM_RTCP, STREAM_PORTS };

enum stream_port_state {
	STREAM_SHUT,  /* no peer told: everything is dropped */
	STREAM_ARMED, /* FROM_IP: the first valid packet from the signalling address binds */
	STREAM_BOUND  /* packets come from and go to `peer` only */
};

/** One socket's half: its peer.  24 bytes. */
struct stream_port {
	struct tg_addr peer; /* BOUND only */
	uint8_t state;       /* enum stream_port_state */
};

/** One side: a phone, PBX or trunk. */
struct stream_side {
	struct stream_port port[STREAM_PORTS];
	struct rtp_stat stat;
	uint64_t last_us;   /* arrival of the last good packet; 0 = none */
	uint64_t window_us; /* of the rate cap */
	uint64_t dropped;   /* malformed, over the rate, or from elsewhere */
	uint32_t window_packets;
	uint32_t clock_hz;
	bool told, up, hold, off, mux;
	bool hushed;   /* what it sends goes nowhere before the answer (C13) */
	bool deaf;     /* its SDP names 0.0.0.0: hold as of RFC 2543, nothing is sent */
	uint8_t latch; /* enum link_latch */
	struct tg_addr rtp, rtcp, latch_ip; /* as told last */
	uint64_t watch_us; /* silence counts from here: answer, hold and new addresses restart it */
};

struct stream {
	struct stream_side side[2];
	uint16_t iface[2];
	uint64_t tone_us[2]; /* this side hears a tone until then; 0 = none */
	bool one_way[2]; /* told that this side is silent */
};

void stream_init(struct stream *s, uint16_t iface_a, uint16_t iface_b, uint64_t now_us);

/** What side A sends goes nowhere until the call is answered: talk that nobody charges (C13). */
void stream_hush(struct stream *s);

/**
 * Learn who sits on a side.  The latch is armed again only by a change of address, signalling
 * address, latch mode or rtcp-mux (E4); hold, off and up change nothing about it.
 *
 * peer  stream and side are valid; everything else is checked here
 *
 * Returns MEDIA_PEER_OK, or why the address gets no media: then the side is SHUT.
 */
enum media_peer_verdict stream_peer(struct stream *s, const struct relay_conf *conf,
                                    const struct link_media_peer *peer, uint64_t now_us);

/* name, text: what becomes of a packet.  Enum and text follow. */
#define STREAM_VERDICT_TABLE(X)                                                     \
	X(STREAM_FORWARD, "goes to the other side")                                 \
	X(STREAM_NO_PEER, "one of the sides is not known, off, or not listening")   \
	X(STREAM_EARLY, "before the answer, and this side is not heard until then") \
	X(STREAM_SOURCE, "not from the peer of this side")                          \
	X(STREAM_RATE, "more than a side may send")                                 \
	X(STREAM_MALFORMED, "not well-formed RTP or RTCP")

enum stream_verdict {
#define X(name, text) name,
	STREAM_VERDICT_TABLE(X)
#undef X
};

const char *stream_verdict_text(enum stream_verdict verdict);

/** One packet as it came. */
struct stream_packet {
	struct slice bytes;
	struct tg_addr from;
	uint64_t now_us;
	uint8_t side; /* whose socket it came to */
	uint8_t port; /* enum stream_port_kind: which of them */
};

/** What to do with it. */
struct stream_way {
	uint8_t port;         /* FORWARD: the other side's socket that sends it, to its peer */
	bool bound;           /* this packet has bound its side's port to its source */
	enum rtp_fault fault; /* MALFORMED: which rule */
};

/**
 * Decide about one packet, count it, and bind the port if it is the one that the latch waits for.
 *
 * conf  packets_per_s and the lists of media_peer_check()
 * out   always set
 */
enum stream_verdict stream_input(struct stream *s, const struct relay_conf *conf,
                                 const struct stream_packet *packet, struct stream_way *out);

/** The kernel cannot reach the peer of a port: forget it. */
void stream_shut(struct stream *s, uint8_t side, uint8_t port);

/** Answered, not off and not on hold on either side: who is silent now is silent by mistake. */
bool stream_watched(const struct stream *s);

/** When a watched stream last had a packet from anybody, or began to be watched. */
uint64_t stream_heard_us(const struct stream *s);

enum stream_watch { STREAM_SAME, STREAM_ONE_WAY, STREAM_BACK };

/**
 * Compare the sides of a stream; each change is told once.
 *
 * side         set when the answer is not SAME: which side is silent, or sends again
 * one_way_us   silence of one side only counts after so long
 */
enum stream_watch stream_watch(struct stream *s, uint64_t now_us, uint64_t one_way_us,
                               uint8_t *side);

/** Add what a side sent to `out` (jitter: the larger one, silence: the shorter one). */
void stream_stat_add(const struct stream *s, uint8_t side, uint64_t now_us,
                     struct link_media_stat *out);

#endif
