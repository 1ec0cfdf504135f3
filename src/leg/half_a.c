/* Half-call A, from the INVITE that it took to the ACK of its 200. */
#include "leg/act.h"

#include "sip/writer.h"

#include <assert.h>

static const struct slice no_sdp = { NULL, 0 };

static void say_rule(struct leg *g, struct slice rule)
{
	if (!leg_str_set(g, &g->rule, rule))
		g->rule.len = 0;
}

/** The final refusal of the INVITE. */
static void refuse(struct leg_layer *l, struct leg *g, uint16_t status, enum link_end_by by)
{
	g->status = status;
	g->end_by = (uint8_t)by;
	leg_reply_invite(l, g, status, no_sdp);
}

/** Request-URI, To and From were read by the role; here they become the dialog's. */
static bool set_strings(struct leg_layer *l, struct leg *g, const struct sip_message *req)
{
	struct sip_each routes = sip_each_of(req, SIP_HDR_RECORD_ROUTE);
	struct sip_each contacts = sip_each_of(req, SIP_HDR_CONTACT);
	struct sip_addr contact, route;
	char mem[LEG_TEXT_MAX];
	struct buf b = buf_on(mem, sizeof(mem));

	if (!leg_tag_new(l, g) || !leg_str_set(g, &g->call_id, req->call_id) ||
	    !leg_str_set(g, &g->remote_tag, req->from.tag))
		return false;
	if (sip_each_addr(&contacts, &contact) != TG_OK || contact.star)
		return false;
	sip_uri_write(&b, &contact.uri);
	if (b.full || !leg_str_set(g, &g->target, buf_slice(&b)))
		return false;
	b.len = 0; /* local_uri is To with our tag, remote_uri is From, both as header values */
	buf_chr(&b, '<');
	sip_uri_write(&b, &req->to.uri);
	buf_lit(&b, ">;tag=");
	buf_put(&b, leg_str(g, g->local_tag));
	if (b.full || !leg_str_set(g, &g->local_uri, buf_slice(&b)))
		return false;
	b.len = 0;
	buf_chr(&b, '<');
	sip_uri_write(&b, &req->from.uri);
	buf_chr(&b, '>');
	if (req->from.tag.len > 0) {
		buf_lit(&b, ";tag=");
		buf_put(&b, req->from.tag);
	}
	if (b.full || !leg_str_set(g, &g->remote_uri, buf_slice(&b)))
		return false;
	b.len = 0;
	while (sip_each_addr(&routes, &route) == TG_OK) { /* RFC 3261 §12.1.1: in their order */
		if (b.len > 0)
			buf_chr(&b, ',');
		buf_chr(&b, '<');
		sip_uri_write(&b, &route.uri);
		buf_chr(&b, '>');
	}
	return !b.full && leg_str_set(g, &g->route, buf_slice(&b));
}

static enum tg_err begin(struct leg_layer *l, struct leg *g, const struct sip_message *req,
                         struct slice sdp)
{
	const struct txn_server what = { .owner = leg_cookie(l, g), .flow = g->flow,
		                         .emergency = g->emergency };

	if (!set_strings(l, g, req) || !leg_keep_head(l, g, req, &g->flow) ||
	    !leg_keep_sdp(l, g, sdp))
		return TG_ELIMIT;
	return txn_server_new(l->conf.txn, req, &what, &g->invite);
}

enum tg_err leg_call_in(struct leg_layer *l, uint64_t now_ms, const struct sip_message *req,
                        const struct tg_flow *flow, const struct leg_caller *caller)
{
	struct link_leg id = { .side = LINK_A };
	struct leg *g;
	enum tg_err err;

	l->now_ms = now_ms;
	do {
		id.call = tg_rng_u64(l->conf.rng);
	} while (id.call == 0);
	g = leg_take(l, &id, caller->emergency);
	if (g == NULL)
		return TG_ENOMEM;
	g->flow = *flow;
	g->trunk = (int16_t)caller->trunk;
	g->delayed = caller->sdp.len == 0;
	/* a request without Max-Forwards counts as 70 (RFC 3261 §16.6 step 3); 0 was refused */
	g->hops = (uint8_t)((req->has & SIP_HAS_MAX_FORWARDS) != 0
	                            ? TG_MIN(req->max_forwards, 70u) - 1 : 69);
	g->cseq_remote = g->cseq_remote_invite = req->cseq.number;
	memcpy(g->proof, caller->proof, sizeof(g->proof));
	g->media->iface[LINK_A] = flow->iface;
	g->media->trunk[LINK_A] = g->trunk >= 0;
	err = begin(l, g, req, caller->sdp);
	if (err != TG_OK) {
		leg_drop(l, g);
		return err;
	}
	g->call = CALL_A_ASKING;
	leg_reply_invite(l, g, 100, no_sdp);
	caller->ask->head.leg = g->id;
	l->conf.link.post(l->conf.link.ctx, caller->ask);
	leg_timer(l, g, LEG_EV_TIMER_ASK, LEG_ASK_MS);
	return TG_OK;
}

/* ---- the vault's verdict ---- */

void leg_a_open_media(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	const struct link_call_verdict *v = &in->link->verdict;

	g->peer = v->target;
	g->b_branch = v->branch;
	g->more = v->more;
	g->max_s = v->max_s;
	g->media->iface[LINK_B] = v->iface;
	g->media->trunk[LINK_B] = v->party == LINK_PARTY_TRUNK;
	leg_media_open(l, g);
}

void leg_a_refused(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	const struct link_call_verdict *v = &in->link->verdict;

	say_rule(g, link_text(&v->rule));
	refuse(l, g, v->status, LINK_END_US);
}

void leg_a_challenge(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	(void)in;
	say_rule(g, SLICE("digest"));
	refuse(l, g, 401, LINK_END_US);
}

void leg_a_no_vault(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	(void)in;
	say_rule(g, SLICE("no-verdict")); /* money fails closed */
	refuse(l, g, 503, LINK_END_US);
}

/* ---- the relay, then B ---- */

static void give_up_b(struct leg_layer *l, struct leg *g)
{
	leg_tell(l, g, LINK_LEG_CANCEL, 0, no_sdp);
}

static void say_again_later(struct leg_layer *l, struct leg *g)
{
	tg_wheel_start(l->wheel, &g->timer_max, LEG_EV_TIMER_AGAIN, l->now_ms + LEG_AGAIN_MS);
}

void leg_a_invite(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	const struct link_media_open *o = &in->link->media_opened;
	struct leg_media *m = g->media;
	char mem[LINK_BODY_MAX];
	struct buf sdp = buf_on(mem, sizeof(mem));

	m->open = 1;
	m->offer.count = 0;
	for (unsigned i = 0; i < m->streams; i++) {
		m->port[i][LINK_A] = o->side[i][LINK_A].rtp_port;
		m->port[i][LINK_B] = o->side[i][LINK_B].rtp_port;
	}
	if (!g->delayed &&
	    leg_media_cross(l, g, LINK_A, false, leg_kept_sdp(g), &sdp) != TG_OK) {
		leg_raise(l, LEG_EV_HANGUP); /* read once before, so this is a rule of ours */
		return;
	}
	leg_tell(l, g, LINK_LEG_INVITE, 0, buf_slice(&sdp));
	leg_timer(l, g, LEG_EV_TIMER_RING, (uint64_t)l->conf.ring_max_s * 1000);
	say_again_later(l, g);
}

void leg_a_no_media(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	bool none = g->media->streams == 0;

	(void)in;
	say_rule(g, none ? SLICE("no-audio-offered") : SLICE("no-media-port"));
	refuse(l, g, none ? 488 : 503, LINK_END_US);
}

void leg_a_no_peer(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	(void)in;
	say_rule(g, SLICE("process-lost"));
	refuse(l, g, 503, LINK_END_US);
}

void leg_a_cancelled(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	(void)in;
	give_up_b(l, g);
	refuse(l, g, 487, LINK_END_A);
}

void leg_a_hung_up(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	(void)in;
	give_up_b(l, g);
	refuse(l, g, 503, LINK_END_US);
}

void leg_a_rang_out(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	(void)in;
	say_rule(g, SLICE("no-answer"));
	give_up_b(l, g);
	refuse(l, g, 480, LINK_END_US);
}

/* ---- what B says ---- */

static bool cross_from_b(struct leg_layer *l, struct leg *g, const struct leg_in *in, bool answer,
                         struct buf *sdp)
{
	const struct link_leg_body *b = &in->link->answer;
	struct slice body = link_body(in->link);

	g->media->latch_ip[LINK_B] = b->flow.remote;
	if (body.len == 0)
		return true;
	return leg_media_cross(l, g, LINK_B, answer, body, sdp) == TG_OK;
}

/** RFC 3261 §13.3.1.1, and sooner than it asks: a NAT in between forgets a silent flow in 30 s. */
void leg_a_again(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	(void)in;
	leg_reply_invite(l, g, g->progress != 0 ? g->progress : 100, no_sdp);
	say_again_later(l, g);
}

void leg_a_progress(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	char mem[LINK_BODY_MAX];
	struct buf sdp = buf_on(mem, sizeof(mem));

	if (g->ring_ms == 0)
		g->ring_ms = l->now_ms;
	/*
	 * an offer in an unreliable provisional has no answer (RFC 6337 §2): it waits for the 200
	 */
	if (!g->delayed && !cross_from_b(l, g, in, true, &sdp))
		sdp.len = 0; /* unreadable early media is not media */
	g->progress = in->link->progress.status;
	leg_reply_invite(l, g, g->progress, buf_slice(&sdp));
	say_again_later(l, g);
}

void leg_a_accept(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	char mem[LINK_BODY_MAX];
	struct buf sdp = buf_on(mem, sizeof(mem));

	leg_timer_stop(l, g);
	tg_wheel_stop(l->wheel, &g->timer_max);
	if (!cross_from_b(l, g, in, !g->delayed, &sdp) || sdp.len == 0) {
		leg_raise(l, LEG_EV_UNUSABLE);
		return;
	}
	if (!g->delayed)
		leg_media_up(l, g);
	g->status = 200;
	g->up_ms = l->now_ms;
	g->confirmed = true;
	leg_reply_invite(l, g, 200, buf_slice(&sdp));
	leg_tell_vault(l, g, LINK_CALL_ANSWERED);
	if (g->trunk >= 0)
		leg_tell_dialog(l, g, false);
}

/** The callee has answered, and has had its ACK; the caller never hears of it. */
void leg_a_unusable(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	(void)in;
	say_rule(g, SLICE("no-usable-answer"));
	leg_tell(l, g, LINK_LEG_BYE, 0, no_sdp);
	refuse(l, g, 488, LINK_END_US);
}

void leg_a_confirmed(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	char mem[LINK_BODY_MAX];
	struct buf sdp = buf_on(mem, sizeof(mem));

	leg_keep_drop(l, g);
	if (g->max_s != 0)
		tg_wheel_start(l->wheel, &g->timer_max, LEG_EV_TIMER_MAX,
		               l->now_ms + (uint64_t)g->max_s * 1000);
	if (!g->delayed)
		return;
	g->delayed = false;
	if (in->msg->body.len > 0 &&
	    leg_media_cross(l, g, LINK_A, true, in->msg->body, &sdp) == TG_OK) {
		leg_media_up(l, g);
	} else {
		say_rule(g, SLICE("no-usable-answer"));
		leg_raise(l, LEG_EV_HANGUP);
	}
	leg_tell(l, g, LINK_LEG_ACK, 0, buf_slice(&sdp));
}

void leg_a_warn(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	(void)in;
	leg_media_tone(l, g);
}

void leg_a_failed(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	const struct link_leg_body *b = &in->link->refuse;
	uint16_t status = b->status;

	if (status == 401 || status == 407)
		status = 403; /* B's peer wants credentials that the caller must not see or give */
	else if (status < 400)
		status = 480; /* a BYE where an answer was due */
	g->cause = b->cause;
	say_rule(g, link_text(&b->reason));
	refuse(l, g, status, LINK_END_B);
}

void leg_a_ask_next(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	g->status = in->link->refuse.status;
	say_rule(g, link_text(&in->link->refuse.reason));
	g->peer = (struct link_proc){ 0 };
	tg_wheel_stop(l->wheel, &g->timer_max);
	leg_tell_vault(l, g, LINK_CALL_NEXT);
	leg_timer(l, g, LEG_EV_TIMER_ASK, LEG_ASK_MS);
}

void leg_a_no_route(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	(void)in;
	refuse(l, g, g->status == 408 || g->status == 0 ? 503 : g->status, LINK_END_B);
}
