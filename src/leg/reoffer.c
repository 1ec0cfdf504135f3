/* A re-INVITE crosses: from our peer to the other half, or from the other half to our peer. */
#include "leg/act.h"

#include "sip/writer.h"

static const struct slice no_sdp = { NULL, 0 };

/** Our peer's SDP, as the other half is told: A rewrites, B carries. */
static bool outward(struct leg_layer *l, struct leg *g, bool answer, struct slice in,
                    struct buf *out)
{
	if (g->is_a)
		return leg_media_cross(l, g, LINK_A, answer, in, out) == TG_OK;
	buf_put(out, in);
	return !out->full;
}

/** The other half's SDP, as our peer gets it. */
static bool inward(struct leg_layer *l, struct leg *g, bool answer, const struct link_msg *from,
                   struct buf *out)
{
	if (g->is_a)
		return leg_media_cross(l, g, LINK_B, answer, link_body(from), out) == TG_OK;
	buf_put(out, link_body(from));
	return !out->full;
}

static struct slice sdp_of(const struct sip_message *msg)
{
	if (!slice_ieq(sip_message_content_type(msg), SLICE("application/sdp")))
		return no_sdp;
	return msg->body;
}

/** RFC 3261 §12.2.1.2, §12.2.2: a re-INVITE and its 2xx may move the remote target. */
void leg_refresh_target(struct leg_layer *l, struct leg *g, const struct sip_message *msg)
{
	struct sip_each contacts = sip_each_of(msg, SIP_HDR_CONTACT);
	struct sip_addr contact;
	char mem[512];
	struct buf b = buf_on(mem, sizeof(mem));

	if (sip_each_addr(&contacts, &contact) != TG_OK || contact.star)
		return;
	sip_uri_write(&b, &contact.uri);
	if (b.full || slice_eq(buf_slice(&b), leg_str(g, g->target)))
		return;
	/* without room the old one stays */
	if (leg_str_set(g, &g->target, buf_slice(&b)) && g->saved)
		leg_tell_dialog(l, g, false);
}

/* ---- theirs ---- */

void leg_o_tell_offer(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	char mem[LINK_BODY_MAX];
	struct buf sdp = buf_on(mem, sizeof(mem));
	struct slice offer = sdp_of(in->msg);

	g->invite = in->txn;
	g->cseq_remote_invite = in->msg->cseq.number;
	g->delayed = offer.len == 0;
	leg_session_asked(g, in->msg);
	if (!leg_keep_head(l, g, in->msg, &g->flow)) {
		leg_reply(l, g, in, 500);
		leg_raise(l, LEG_EV_PEER_REJECT);
		return;
	}
	leg_reply_invite(l, g, 100, no_sdp);
	if (offer.len > 0 && !outward(l, g, false, offer, &sdp)) {
		leg_reply_invite(l, g, 488, no_sdp);
		leg_keep_drop(l, g);
		leg_raise(l, LEG_EV_PEER_REJECT);
		return;
	}
	leg_refresh_target(l, g, in->msg);
	leg_tell(l, g, LINK_LEG_OFFER, 0, buf_slice(&sdp));
	leg_timer(l, g, LEG_EV_TIMER_RING, LEG_GRACE_MS + LEG_ASK_MS);
}

void leg_o_reply_accept(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	char mem[LINK_BODY_MAX];
	struct buf sdp = buf_on(mem, sizeof(mem));

	leg_timer_stop(l, g);
	if (!inward(l, g, !g->delayed, in->link, &sdp) || sdp.len == 0) {
		/*
		 * the other side has accepted what this side cannot be told: the call has no media
		 */
		leg_reply_invite(l, g, 500, no_sdp);
		leg_raise(l, LEG_EV_HANGUP);
		return;
	}
	leg_reply_invite(l, g, 200, buf_slice(&sdp));
	leg_said_set(l, g, buf_slice(&sdp));
	leg_session_answered(l, g);
}

void leg_o_reply_reject(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	uint16_t status = in->link != NULL ? in->link->reject.status : 0;

	leg_timer_stop(l, g);
	if (status == 401 || status == 407 || status < 400)
		status = 488;
	leg_reply_invite(l, g, status, no_sdp);
	leg_keep_drop(l, g);
}

void leg_o_reply_timeout(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	(void)in;
	leg_reply_invite(l, g, 504, no_sdp);
	leg_keep_drop(l, g);
}

void leg_o_reply_busy(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	leg_reply(l, g, in, 500);
}

void leg_o_glare_phone(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	leg_reply(l, g, in, 491);
}

void leg_o_glare_peer(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	(void)in;
	leg_tell(l, g, LINK_LEG_REJECT, 491, no_sdp);
}

void leg_o_confirmed(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	char mem[LINK_BODY_MAX];
	struct buf sdp = buf_on(mem, sizeof(mem));

	leg_keep_drop(l, g);
	if (!g->delayed)
		return;
	g->delayed = false;
	if (!outward(l, g, true, sdp_of(in->msg), &sdp))
		leg_raise(l, LEG_EV_HANGUP);
	leg_tell(l, g, LINK_LEG_ACK, 0, buf_slice(&sdp));
}

/* ---- ours, for the other half ---- */

void leg_o_send_offer(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	char mem[LINK_BODY_MAX];
	struct buf sdp = buf_on(mem, sizeof(mem));
	bool ok = true;

	g->delayed = link_body(in->link).len == 0;
	g->sign_tries = 0;
	if (!g->delayed)
		ok = inward(l, g, false, in->link, &sdp);
	if (!ok || !leg_keep_sdp(l, g, buf_slice(&sdp)) ||
	    !leg_send_invite(l, g, buf_slice(&sdp), NULL))
		leg_raise(l, LEG_EV_TX_TIMEOUT);
}

void leg_o_send_signed(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	leg_timer_stop(l, g);
	if (!leg_send_invite(l, g, leg_kept_sdp(g), &in->link->sign_reply))
		leg_raise(l, LEG_EV_TX_TIMEOUT);
}

static void tell_accept(struct leg_layer *l, struct leg *g, const struct leg_in *in, bool answer)
{
	char mem[LINK_BODY_MAX];
	struct buf sdp = buf_on(mem, sizeof(mem));

	leg_refresh_target(l, g, in->msg);
	if (!outward(l, g, answer, sdp_of(in->msg), &sdp)) {
		leg_tell(l, g, LINK_LEG_REJECT, 500, no_sdp);
		leg_raise(l, LEG_EV_HANGUP); /* accepted, but unreadable: the call has no media */
		return;
	}
	leg_tell(l, g, LINK_LEG_ACCEPT, 0, buf_slice(&sdp));
}

void leg_o_accepted(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	leg_said_set(l, g, leg_kept_sdp(g));
	leg_keep_drop(l, g);
	leg_send_ack(l, g, no_sdp);
	leg_session_agreed(l, g, in->msg);
	tell_accept(l, g, in, true);
}

void leg_o_accepted_offer(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	leg_session_agreed(l, g, in->msg);
	tell_accept(l, g, in, false);
}

void leg_o_ack(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	char mem[LINK_BODY_MAX];
	struct buf sdp = buf_on(mem, sizeof(mem));

	if (!inward(l, g, true, in->link, &sdp))
		sdp.len = 0;
	g->delayed = false;
	if (!leg_keep_sdp(l, g, buf_slice(&sdp)))
		leg_keep_drop(l, g);
	leg_said_set(l, g, buf_slice(&sdp));
	leg_send_ack(l, g, buf_slice(&sdp));
}

static void tell_reject(struct leg_layer *l, struct leg *g, uint16_t status)
{
	leg_keep_drop(l, g);
	g->delayed = false;
	leg_tell(l, g, LINK_LEG_REJECT, status, no_sdp);
}

void leg_o_rejected(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	tell_reject(l, g, in->msg->status < 400 ? 488 : in->msg->status);
}

void leg_o_timed_out(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	(void)in;
	tell_reject(l, g, 408);
	leg_raise(l, LEG_EV_RX_DEAD); /* RFC 3261 §12.2.1.2: a timeout ends the dialog */
}

void leg_o_unsigned(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	(void)in;
	leg_timer_stop(l, g);
	tell_reject(l, g, 403);
}
