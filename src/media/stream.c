/*
 * Latching and the way of a packet.
 *
 * RFC:  RFC 3550 §11 (RTP and RTCP ports), RFC 5761 (both on one), RFC 7362 §4 (latching and what
 *       it costs), RFC 3264 §8.4 (hold).
 * OURS: the latch waits only for the signalling address, shuts behind the first packet, and only
 *       signalling opens it again (E4); what is forwarded was checked before (E10).  RTCP of a
 *       latched side must come from where its RTP comes from.  Of a call that costs money only the
 *       callee is heard before the answer: else two who agree on it talk for nothing (C13).
 */
#include "media/stream.h"

enum { SECOND_US = 1000000 };

const char *stream_verdict_text(enum stream_verdict verdict)
{
	static const char *const text[] = {
#define X(name, what) [name] = (what),
		STREAM_VERDICT_TABLE(X)
#undef X
	};

	return (size_t)verdict < COUNT(text) ? text[verdict] : "unknown verdict";
}

void stream_init(struct stream *s, uint16_t iface_a, uint16_t iface_b, uint64_t now_us)
{
	memset(s, 0, sizeof(*s));
	s->iface[0] = iface_a;
	s->iface[1] = iface_b;
	s->side[0].watch_us = s->side[1].watch_us = now_us;
}

void stream_hush(struct stream *s)
{
	s->side[LINK_A].hushed = true;
}

static void bind_port(struct stream_port *port, const struct tg_addr *peer)
{
	port->peer = *peer;
	port->state = STREAM_BOUND;
}

/* Where RTCP goes when the SDP does not say (RFC 3550 §11, RFC 3605). */
static struct tg_addr rtcp_of(const struct link_media_peer *peer)
{
	struct tg_addr rtcp = peer->rtcp;

	if (rtcp.family == TG_AF_NONE) {
		rtcp = peer->rtp;
		rtcp.port = rtcp.port > 0 && rtcp.port < UINT16_MAX ? (uint16_t)(rtcp.port + 1) : 0;
	}
	return rtcp;
}

static enum media_peer_verdict arm_exact(const struct relay_conf *conf, struct stream_side *side,
                                         uint16_t iface)
{
	enum media_peer_verdict verdict =
		media_peer_check(conf, iface, &side->rtp, &side->latch_ip);

	if (verdict != MEDIA_PEER_OK)
		return verdict;
	if (side->rtp.port == 0)
		return MEDIA_PEER_PORT;
	bind_port(&side->port[STREAM_RTP], &side->rtp);
	/* RTCP that points somewhere else is left out; audio is not refused for it */
	if (side->rtcp.port != 0 &&
	    media_peer_check(conf, iface, &side->rtcp, &side->latch_ip) == MEDIA_PEER_OK)
		bind_port(&side->port[STREAM_RTCP], &side->rtcp);
	return MEDIA_PEER_OK;
}

static enum media_peer_verdict arm_from_ip(const struct relay_conf *conf, struct stream_side *side,
                                           uint16_t iface)
{
	struct tg_addr ip = side->latch_ip;
	enum media_peer_verdict verdict;

	ip.port = 0;
	verdict = media_peer_check(conf, iface, &ip, &ip);
	if (verdict != MEDIA_PEER_OK)
		return verdict;
	side->port[STREAM_RTP].state = STREAM_ARMED;
	side->port[STREAM_RTCP].state = STREAM_ARMED;
	return MEDIA_PEER_OK;
}

enum media_peer_verdict stream_peer(struct stream *s, const struct relay_conf *conf,
                                    const struct link_media_peer *peer, uint64_t now_us)
{
	struct stream_side *side = &s->side[peer->side];
	bool deaf =
		tg_addr_class(&peer->rtp) == TG_ADDR_UNSPECIFIED && peer->rtp.family != TG_AF_NONE;
	struct tg_addr rtp = deaf ? side->rtp : peer->rtp;
	struct tg_addr rtcp = deaf ? side->rtcp : rtcp_of(peer);
	bool hold = peer->hold != 0 || deaf, up = side->up || peer->up != 0;
	bool same = side->told && (!side->off || peer->off != 0) && side->latch == peer->latch &&
	            side->mux == (peer->rtcp_mux != 0) && tg_addr_eq(&side->rtp, &rtp) &&
	            tg_addr_eq(&side->rtcp, &rtcp) &&
	            tg_addr_ip_eq(&side->latch_ip, &peer->latch_ip);

	if (!same || side->hold != hold || side->up != up || side->off != (peer->off != 0)) {
		side->watch_us = s->side[1 - peer->side].watch_us = now_us;
		s->one_way[0] = s->one_way[1] = false;
	}
	side->hold = hold;
	side->deaf = deaf;
	side->up = up;
	if (up)
		s->side[LINK_A].hushed = false;
	side->off = peer->off != 0;
	side->clock_hz = peer->clock_hz;
	if (same)
		return MEDIA_PEER_OK;
	side->told = true;
	side->latch = peer->latch;
	side->mux = peer->rtcp_mux != 0;
	side->rtp = rtp;
	side->rtcp = rtcp;
	side->latch_ip = peer->latch_ip;
	side->port[STREAM_RTP].state = side->port[STREAM_RTCP].state = STREAM_SHUT;
	if (side->off || (deaf && rtp.family == TG_AF_NONE))
		return MEDIA_PEER_OK; /* nothing to send to, no fault either */
	if (side->latch == LINK_LATCH_EXACT)
		return arm_exact(conf, side, s->iface[peer->side]);
	return arm_from_ip(conf, side, s->iface[peer->side]);
}

/* Does an armed port wait for this packet?  If so, and it is good, its source is the peer. */
static bool armed_for(const struct stream_side *side, const struct stream_packet *packet, bool rtcp)
{
	const struct stream_port *rtp = &side->port[STREAM_RTP];

	if (packet->port == STREAM_RTP)
		return !rtcp && tg_addr_ip_eq(&side->latch_ip, &packet->from);
	return rtp->state == STREAM_BOUND && tg_addr_ip_eq(&rtp->peer, &packet->from);
}

static bool over_rate(struct stream_side *side, uint64_t now_us, uint32_t packets_per_s)
{
	if (TG_UNLIKELY(now_us - side->window_us >= SECOND_US)) {
		side->window_us = now_us;
		side->window_packets = 0;
	}
	return ++side->window_packets > packets_per_s;
}

static enum stream_verdict drop(struct stream_side *side, enum stream_verdict verdict)
{
	side->dropped++;
	return verdict;
}

/* Well-formed, and of the kind that this port takes?  Counts it for the statistics. */
static enum rtp_fault take(struct stream_side *side, const struct stream_packet *packet, bool rtcp)
{
	struct rtp_head head;
	enum rtp_fault fault;

	if (TG_UNLIKELY(rtcp)) {
		if ((packet->port == STREAM_RTCP) == side->mux)
			return RTP_TYPE;
		return rtcp_check(packet->bytes);
	}
	fault = packet->port == STREAM_RTP ? rtp_parse(&head, packet->bytes) : RTP_TYPE;
	if (TG_UNLIKELY(fault != RTP_FINE))
		return fault;
	rtp_stat_add(&side->stat, &head, packet->bytes.len, packet->now_us, side->clock_hz);
	side->last_us = packet->now_us;
	return RTP_FINE;
}

enum stream_verdict stream_input(struct stream *s, const struct relay_conf *conf,
                                 const struct stream_packet *packet, struct stream_way *out)
{
	struct stream_side *side = &s->side[packet->side], *other = &s->side[1 - packet->side];
	struct stream_port *port = &side->port[packet->port];
	bool rtcp = rtp_is_rtcp(packet->bytes);

	*out = (struct stream_way){ .port = STREAM_RTP };
	if (TG_UNLIKELY(port->state == STREAM_SHUT || side->off))
		return drop(side, STREAM_NO_PEER);
	if (port->state == STREAM_BOUND ? !tg_addr_eq(&port->peer, &packet->from) :
	                                  !armed_for(side, packet, rtcp))
		return drop(side, STREAM_SOURCE);
	if (TG_UNLIKELY(over_rate(side, packet->now_us, conf->packets_per_s)))
		return drop(side, STREAM_RATE);
	if (TG_UNLIKELY(port->state == STREAM_ARMED &&
	                media_peer_check(conf, s->iface[packet->side], &packet->from,
	                                 &side->latch_ip) != MEDIA_PEER_OK))
		return drop(side, STREAM_SOURCE);
	out->fault = take(side, packet, rtcp);
	if (TG_UNLIKELY(out->fault != RTP_FINE))
		return drop(side, STREAM_MALFORMED);
	if (TG_UNLIKELY(port->state == STREAM_ARMED)) {
		bind_port(port, &packet->from);
		out->bound = true;
	}
	out->port = rtcp && !other->mux ? STREAM_RTCP : STREAM_RTP;
	if (TG_UNLIKELY(other->port[out->port].state != STREAM_BOUND || other->off || other->deaf))
		return STREAM_NO_PEER;
	return TG_UNLIKELY(side->hushed) ? STREAM_EARLY : STREAM_FORWARD;
}

void stream_shut(struct stream *s, uint8_t side, uint8_t port)
{
	s->side[side].port[port].state = STREAM_SHUT;
}
