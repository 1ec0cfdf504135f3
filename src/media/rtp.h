/* RTP and RTCP packets: are they well-formed (RFC 3550 A.1, A.2), and what was lost (A.3, A.8). */
#ifndef TG_MEDIA_RTP_H
#define TG_MEDIA_RTP_H

#include "base/slice.h"

/* name, text for the operator: the first rule that a packet breaks.  Enum and text follow. */
#define RTP_FAULT_TABLE(X)                                                    \
	X(RTP_FINE, "well-formed")                                            \
	X(RTP_SHORT, "shorter than its fixed header")                         \
	X(RTP_VERSION, "version is not 2")                                    \
	X(RTP_TYPE, "packet type that may not stand here")                    \
	X(RTP_CSRC, "CSRC list runs over the end")                            \
	X(RTP_EXTENSION, "header extension runs over the end")                \
	X(RTP_PADDING, "padding of 0 octets or more than there are")          \
	X(RTP_LENGTH, "RTCP length field runs over the end or leaves a rest") \
	X(RTP_CONTENT, "RTCP content runs over its packet")

enum rtp_fault {
#define X(name, text) name,
	RTP_FAULT_TABLE(X)
#undef X
};

/** Text of a fault; never NULL. */
const char *rtp_fault_text(enum rtp_fault fault);

/** What the fixed header says (RFC 3550 §5.1). */
struct rtp_head {
	uint8_t type; /* payload type, 0..127 */
	uint16_t seq;
	uint32_t time; /* in units of the codec's clock */
	uint32_t ssrc;
};

/**
 * Check one RTP packet and read its header.
 *
 * out  set only on RTP_FINE
 *
 * A payload of no octets is fine (RFC 6263 §4.6 keepalive).  Payload types 72..76 are refused: they
 * are RTCP on the wrong port (RFC 5761 §4).
 */
enum rtp_fault rtp_parse(struct rtp_head *out, struct slice packet);

/**
 * Check one compound RTCP packet (RFC 3550 A.2): starts with SR or RR, lengths add up exactly,
 * padding in the last one only, and the counts of SR, RR, SDES and BYE fit into their packets.
 */
enum rtp_fault rtcp_check(struct slice packet);

/** True when a packet on a shared port is RTCP and not RTP (RFC 5761 §4). */
static inline bool rtp_is_rtcp(struct slice packet)
{
	uint8_t second = packet.len >= 2 ? (uint8_t)packet.p[1] : 0;

	return second >= 192 && second <= 223;
}

/** What one source sent, as its receiver sees it.  All zero = nothing yet.  64 bytes. */
struct rtp_stat {
	uint64_t packets, octets; /* UDP payload */
	uint64_t lost_before;     /* of earlier sources on this port (SSRC changes, restarts) */
	uint32_t ssrc;
	uint32_t cycles;        /* sequence wraps, in the upper 16 bits */
	uint32_t base;          /* extended first sequence number */
	uint32_t counted;       /* packets of this source since `base` */
	uint32_t transit, time; /* of the last packet that counted for jitter */
	uint32_t jitter;        /* times 16, in clock units */
	uint16_t max;           /* highest sequence number */
	uint16_t bad;           /* what follows a jump, if the source restarted */
	uint8_t type;
	uint8_t flags; /* enum rtp_stat_flag, rtp_stat.c */
};

/**
 * Count one good packet.
 *
 * now_us    arrival, monotonic
 * clock_hz  RTP clock of dynamic payload types, for jitter; 0 = 8000 (the others: RFC 3551)
 * octets    of the datagram
 */
void rtp_stat_add(struct rtp_stat *s, const struct rtp_head *head, size_t octets, uint64_t now_us,
                  uint32_t clock_hz);

/** Packets lost so far (RFC 3550 A.3), duplicates never making it negative. */
uint64_t rtp_stat_lost(const struct rtp_stat *s);

/** Jitter in microseconds (RFC 3550 A.8); clock_hz as in rtp_stat_add(). */
uint32_t rtp_stat_jitter_us(const struct rtp_stat *s, uint32_t clock_hz);

#endif
