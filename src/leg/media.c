/* A's work on media: the lease at the relay, and SDP of one side made into SDP for the other. */
#include "leg/leg_priv.h"

#include <assert.h>

static struct link_msg *begin(struct leg_layer *l, struct leg *g, enum link_type type)
{
	uint8_t index = (uint8_t)(g->id.call % l->conf.relays);

	link_msg_init(&l->out, type, (struct link_proc){ LINK_RELAY, index });
	l->out.head.leg = g->id;
	return &l->out;
}

static void post(struct leg_layer *l)
{
	l->conf.link.post(l->conf.link.ctx, &l->out);
}

/** Which m-lines of the first offer are relayed: they get the streams, in order. */
static void assign_lines(struct leg_media *m, struct slice offer)
{
	struct sip_sdp sdp;

	m->streams = 1; /* no offer yet: one audio line is what will come */
	m->line[0] = 0;
	if (offer.len > 0 && sip_sdp_parse(&sdp, offer, NULL) == TG_OK)
		m->streams = (uint8_t)sip_sdp_relay_lines(m->line, LINK_STREAMS_MAX, &sdp);
}

static void post_open(struct leg_layer *l, struct leg *g)
{
	struct leg_media *m = g->media;
	struct link_media_open *o = &begin(l, g, LINK_MEDIA_OPEN)->media_open;

	o->streams = m->streams;
	o->emergency = g->emergency;
	o->one_way = m->trunk[LINK_B] && !g->emergency;
	o->silent_after_ms = l->conf.silent_after_s * 1000;
	for (unsigned i = 0; i < m->streams; i++) {
		for (unsigned side = 0; side < 2; side++) {
			o->side[i][side].iface = m->iface[side];
			o->side[i][side].rtp_port = m->port[i][side];
		}
	}
	post(l);
}

void leg_media_open(struct leg_layer *l, struct leg *g)
{
	struct leg_media *m = g->media;

	if (m->open) /* a further route: B may sit on another interface, so all of it is new */
		leg_media_close(l, g);
	assign_lines(m, leg_kept_sdp(g));
	if (m->streams == 0) {
		leg_raise(l, LEG_EV_MEDIA_NONE);
		return;
	}
	memset(m->port, 0, sizeof(m->port));
	memset(m->peer, 0, sizeof(m->peer));
	m->latch_ip[LINK_A] = g->flow.remote;
	for (unsigned side = 0; side < 2; side++) {
		if (m->session[side] == 0)
			m->session[side] = tg_rng_u64(l->conf.rng) >> 2 | 1;
	}
	post_open(l, g);
	leg_timer(l, g, LEG_EV_TIMER_ASK, LEG_ASK_MS);
}

void leg_media_close(struct leg_layer *l, struct leg *g)
{
	if (!g->media->open)
		return;
	(void)begin(l, g, LINK_MEDIA_CLOSE);
	post(l);
	g->media->open = 0;
}

static void post_peer(struct leg_layer *l, struct leg *g, unsigned stream, unsigned side)
{
	const struct leg_peer *p = &g->media->peer[stream][side];
	struct link_media_peer *out = &begin(l, g, LINK_MEDIA_PEER)->media_peer;

	out->stream = (uint8_t)stream;
	out->side = (uint8_t)side;
	out->latch = p->latch;
	out->hold = p->hold;
	out->off = p->off;
	out->rtcp_mux = p->rtcp_mux;
	out->up = g->media->answered;
	out->clock_hz = p->clock_hz;
	out->rtp = p->rtp;
	out->rtcp = p->rtcp;
	out->latch_ip = g->media->latch_ip[side];
	post(l);
}

void leg_media_restore(struct leg_layer *l, struct leg *g)
{
	if (!g->media->open)
		return;
	post_open(l, g);
	for (unsigned i = 0; i < g->media->streams; i++) {
		for (unsigned side = 0; side < 2; side++) {
			if (g->media->peer[i][side].rtp.family != TG_AF_NONE ||
			    g->media->peer[i][side].latch == LINK_LATCH_FROM_IP)
				post_peer(l, g, i, side);
		}
	}
}

void leg_media_tone(struct leg_layer *l, struct leg *g)
{
	struct link_media_tone *tone;

	if (!g->media->open || !g->media->answered)
		return;
	tone = &begin(l, g, LINK_MEDIA_TONE)->media_tone;
	tone->side = LINK_A;
	tone->ms = LEG_TONE_MS;
	post(l);
}

void leg_media_up(struct leg_layer *l, struct leg *g)
{
	g->media->answered = 1;
	for (unsigned i = 0; i < g->media->streams; i++) {
		post_peer(l, g, i, LINK_A);
		post_peer(l, g, i, LINK_B);
	}
}

/**
 * How far an address in SDP is believed (E4, E5): the signalling source itself and the inside
 * always, a provider's public media servers too; all else is latched to the signalling source.
 */
static enum link_latch latch_of(const struct leg_layer *l, const struct leg *g, unsigned side,
                                const struct sip_sdp_where *where)
{
	if (tg_addr_ip_eq(&where->rtp, &g->media->latch_ip[side]))
		return LINK_LATCH_EXACT;
	if (l->conf.iface[g->media->iface[side]].inside &&
	    where->target != SIP_SDP_TARGET_NEVER)
		return LINK_LATCH_EXACT;
	if (g->media->trunk[side] && where->target == SIP_SDP_TARGET_OK)
		return LINK_LATCH_EXACT;
	return LINK_LATCH_FROM_IP;
}

static void tell_relay(struct leg_layer *l, struct leg *g, enum link_side side,
                       const struct sip_sdp *sdp)
{
	struct tg_addr own[64];
	struct sip_sdp_us us = { .own = own };
	struct leg_media *m = g->media;

	for (unsigned i = 0; i < l->conf.ifaces && us.own_count < COUNT(own); i++)
		own[us.own_count++] = l->conf.iface[i].advertise;
	us.loopback = tg_addr_class(&own[m->iface[side]]) == TG_ADDR_LOOPBACK;
	for (unsigned i = 0; i < m->streams; i++) {
		struct leg_peer *p = &m->peer[i][side];
		struct sip_sdp_where where = { .off = true };

		p->clock_hz = 0;
		if (m->line[i] < sdp->media_count) {
			sip_sdp_where(&where, &sdp->media[m->line[i]], &us);
			p->clock_hz = sip_sdp_clock_hz(&sdp->media[m->line[i]]);
		}
		p->off = where.off;
		p->hold = where.hold;
		p->rtcp_mux = where.rtcp_mux;
		if (where.rtp.family != TG_AF_NONE || where.target == SIP_SDP_TARGET_LATCH) {
			p->rtp = where.rtp; /* on hold with 0.0.0.0 the old address stays */
			p->rtcp = where.rtcp;
			p->latch = (uint8_t)latch_of(l, g, side, &where);
		}
		post_peer(l, g, i, side);
	}
}

/** Our end of each line as side `to` sees it. */
static void our_end(const struct leg_layer *l, const struct leg *g, enum link_side to,
                    const struct sip_sdp *sdp, struct sip_sdp_write *how)
{
	const struct leg_media *m = g->media;

	memset(how, 0, sizeof(*how));
	how->id = m->session[to];
	how->version = m->version[to];
	how->addr = l->conf.iface[m->iface[to]].advertise;
	for (unsigned i = 0; i < m->streams; i++) {
		unsigned line = m->line[i];

		if (line >= sdp->media_count || !sip_sdp_can_relay(&sdp->media[line]))
			continue;
		how->stream[line].addr = how->addr;
		how->stream[line].addr.port = m->port[i][to];
		how->stream[line].rtcp_mux = sdp->media[line].rtcp_mux;
	}
}

enum tg_err leg_media_cross(struct leg_layer *l, struct leg *g, enum link_side from, bool answer,
                            struct slice in, struct buf *out)
{
	enum link_side to = from == LINK_A ? LINK_B : LINK_A;
	struct leg_media *m = g->media;
	struct sip_sdp_fault fault = { 0 };
	struct sip_sdp_write how;
	struct sip_sdp sdp;
	const char *why = NULL;
	enum tg_err err;

	err = sip_sdp_parse(&sdp, in, &fault);
	if (err != TG_OK)
		why = fault.rule;
	else if (answer)
		err = sip_sdp_check_answer(&m->offer, &sdp, &why);
	else if (m->offer.count > 0)
		err = sip_sdp_check_reoffer(&m->offer, &sdp, &why);
	if (err == TG_OK) {
		m->version[to]++;
		our_end(l, g, to, &sdp, &how);
		sip_sdp_write(out, &sdp, &how);
		if (out->full) {
			err = TG_ELIMIT;
			why = "description too long";
		}
	}
	if (err != TG_OK) {
		log_event(l->conf.log, EV_MEDIA_REFUSED, LOG_CAUSE("rule", slice_str(why)),
		          LOG_ADDR("from", &m->latch_ip[from]), LOG_END);
		return TG_EBAD;
	}
	if (!answer)
		sip_sdp_shape_of(&m->offer, &sdp, &how);
	tell_relay(l, g, from, &sdp);
	return TG_OK;
}
