/*
 * What tollgate says in place of a peer's SDP: rebuilt from parsed values, so that nothing is
 * smuggled and no address of one side is seen on the other.
 *
 * Passes, and nothing else (the manual lists it too):
 *   m=   kind, protocol and formats as they came; the port is the relay's, or 0
 *   b=   of a relayed line: AS, TIAS, RS, RR, as numbers; session level is dropped
 *   a=   of a relayed line: rtpmap and fmtp of listed payload types, ptime, maxptime, direction;
 *        rtcp-fb of listed types on RTP/AVPF lines; silenceSupp is dropped, like all others:
 *        candidate, ice-*, crypto, fingerprint, setup, rtcp, ssrc, mid, group, X-*
 * Written anew: v=, o= (user '-', our id, version and address), s=-, c=, t=0 0, a=rtcp, a=rtcp-mux.
 * A line that the table in sdp_write.c does not name for relaying is kept with port 0, so number
 * and order of the lines never change (RFC 3264 §6).
 */
#ifndef TG_SIP_SDP_WRITE_H
#define TG_SIP_SDP_WRITE_H

#include "sip/sdp.h"

/** Our end of one m= line; all zero refuses the line. */
struct sip_sdp_stream {
	struct tg_addr addr; /* relay address and port; port 0 = refuse the line */
	uint16_t rtcp_port;  /* 0 or addr.port + 1: no a=rtcp is needed */
	bool rtcp_mux;       /* write a=rtcp-mux */
};

struct sip_sdp_write {
	uint64_t id;       /* session id: random, fixed for the dialog, below 2^63 */
	uint64_t version;  /* +1 whenever the text differs from the last one sent (RFC 3264 §8) */
	struct tg_addr addr; /* of o= and the session's c=: the relay's; port ignored */
	struct sip_sdp_stream stream[SIP_SDP_MEDIA_MAX]; /* by m= line */
};

/** True when this relay can carry the line: kind, protocol and a port (a table row). */
bool sip_sdp_can_relay(const struct sip_sdp_media *media);

/**
 * The lines that would be relayed.
 *
 * line  receives the indices of the first `max` of them, in order
 *
 * Returns how many; 0 means that there is nothing to talk about (488).
 */
size_t sip_sdp_relay_lines(uint8_t *line, size_t max, const struct sip_sdp *sdp);

/**
 * Write the description that the other side gets.
 *
 * buf  `full` when it did not fit: then nothing may be sent.  The text is at most about 1.2 times
 *      the source's length plus 600 octets.
 */
void sip_sdp_write(struct buf *buf, const struct sip_sdp *sdp, const struct sip_sdp_write *how);

/**
 * What must stay the same between an offer and its answer and from one offer to the next (RFC 3264
 * §6, §8); small enough to keep in a dialog.
 */
struct sip_sdp_shape {
	uint8_t count;
	uint8_t kind[SIP_SDP_MEDIA_MAX]; /* enum sip_sdp_kind */
	uint16_t on; /* bit i: line i was offered with a port */
};

/** Take the shape of a description as WE sent it: `how` tells which lines stayed on. */
void sip_sdp_shape_of(struct sip_sdp_shape *out, const struct sip_sdp *sdp,
                      const struct sip_sdp_write *how);

/**
 * Check that `answer` answers the offer: as many lines, of the same kinds, none switched on that
 * was offered off.
 *
 * TG_EBAD  with *why (static text): the dialog must fail, an answer cannot be repaired
 */
TG_MUST_USE enum tg_err sip_sdp_check_answer(const struct sip_sdp_shape *offer,
                                             const struct sip_sdp *answer, const char **why);

/** Check that a later offer of the same dialog keeps the lines that were (RFC 3264 §8). */
TG_MUST_USE enum tg_err sip_sdp_check_reoffer(const struct sip_sdp_shape *before,
                                              const struct sip_sdp *offer, const char **why);

#endif
