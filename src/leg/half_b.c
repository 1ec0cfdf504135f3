/* Half-call B, from the INVITE that it sends to the ACK of the 200 that it gets. */
#include "leg/act.h"

#include "sip/writer.h"

#include <assert.h>

static const struct slice no_sdp = { NULL, 0 };

static bool set_strings(struct leg_layer *l, struct leg *g, const struct leg_target *t)
{
	char mem[LEG_TEXT_MAX];
	struct buf b = buf_on(mem, sizeof(mem));
	uint64_t random[2] = { tg_rng_u64(l->conf.rng), tg_rng_u64(l->conf.rng) };

	if (!leg_tag_new(l, g) || !leg_str_set(g, &g->target, t->request_uri) ||
	    !leg_str_set(g, &g->contact_user, t->contact_user))
		return false;
	buf_hex(&b, &l->conf.self.index, 1); /* the owner, for stray packets */
	buf_chr(&b, '-');
	buf_hex(&b, random, sizeof(random));
	if (b.full || !leg_str_set(g, &g->call_id, buf_slice(&b)))
		return false;
	b.len = 0;
	if (t->from_name.len > 0) {
		sip_write_quoted(&b, t->from_name);
		buf_chr(&b, ' ');
	}
	buf_chr(&b, '<');
	buf_put(&b, t->from_uri);
	buf_lit(&b, ">;tag=");
	buf_put(&b, leg_str(g, g->local_tag));
	if (b.full || !leg_str_set(g, &g->local_uri, buf_slice(&b)))
		return false;
	b.len = 0;
	buf_chr(&b, '<');
	buf_put(&b, t->to_uri);
	buf_chr(&b, '>');
	return !b.full && leg_str_set(g, &g->remote_uri, buf_slice(&b));
}

/** A peer without any sign of life is given up long before timer B: the caller waits. */
static void await_answer(struct leg_layer *l, struct leg *g)
{
	leg_timer(l, g, LEG_EV_TIMER_ASK, g->trunk >= 0 ? LEG_TRUNK_MS : LEG_PHONE_MS);
}

void leg_refuse(struct leg_layer *l, const struct link_msg *invite, uint16_t status,
                struct slice rule)
{
	struct link_leg id = invite->head.leg;
	struct link_leg_body *b;

	link_msg_init(&l->out, LINK_LEG_REFUSE, invite->head.from);
	l->out.head.leg = (struct link_leg){ .call = id.call, .side = LINK_A };
	b = &l->out.refuse;
	b->branch = id.branch;
	b->status = status;
	link_text_set(&b->reason, rule);
	l->conf.link.post(l->conf.link.ctx, &l->out);
}

void leg_call_out(struct leg_layer *l, uint64_t now_ms, const struct link_msg *invite,
                  const struct leg_target *target)
{
	struct leg *g;

	l->now_ms = now_ms;
	g = leg_take(l, &invite->head.leg, target->emergency);
	if (g == NULL) {
		leg_refuse(l, invite, 503, SLICE("no-half-call-free"));
		/* one that is up under this name has a bill of its own to come */
		if (target->trunk >= 0 && leg_find(l, &invite->head.leg) == NULL)
			leg_unused(l, &invite->head.leg, 503);
		return;
	}
	g->flow = target->flow;
	g->peer = invite->head.from;
	g->trunk = (int16_t)target->trunk;
	g->delayed = link_body(invite).len == 0;
	g->hops = invite->invite.hops;
	g->paid_ms = target->paid_ms;
	g->bill = g->trunk >= 0 ? LEG_BILL_OPEN : LEG_BILL_NONE;
	g->session_s = LEG_SESSION_S;
	leg_said_set(l, g, link_body(invite));
	/* a challenge means that the offer goes out again */
	if (!set_strings(l, g, target) || !leg_keep_sdp(l, g, link_body(invite)) ||
	    !leg_send_invite(l, g, link_body(invite), NULL)) {
		leg_refuse(l, invite, 503, SLICE("no-transaction-free"));
		if (g->saved)
			leg_tell_dialog(l, g, true);
		if (g->trunk >= 0)
			leg_unused(l, &g->id, 503);
		leg_drop(l, g);
		return;
	}
	g->call = CALL_B_CALLING;
	await_answer(l, g);
}

/* ---- the dialog that a response makes (RFC 3261 §12.1.2) ---- */

static bool learn_routes(struct leg *g, const struct sip_message *msg)
{
	struct slice values[32];
	struct sip_each each = sip_each_of(msg, SIP_HDR_RECORD_ROUTE);
	struct sip_addr route;
	size_t count = 0;
	char mem[LEG_TEXT_MAX];
	struct buf b = buf_on(mem, sizeof(mem));

	while (count < COUNT(values) && sip_each_addr(&each, &route) == TG_OK)
		values[count++] = route.uri.text;
	while (count > 0) { /* reversed: the last one is next to us */
		if (b.len > 0)
			buf_chr(&b, ',');
		buf_chr(&b, '<');
		buf_put(&b, values[--count]);
		buf_chr(&b, '>');
	}
	return !b.full && leg_str_set(g, &g->route, buf_slice(&b));
}

bool leg_learn_dialog(struct leg *g, const struct sip_message *msg)
{
	struct sip_each contacts = sip_each_of(msg, SIP_HDR_CONTACT);
	struct sip_addr contact;
	char mem[LEG_TEXT_MAX];
	struct buf b = buf_on(mem, sizeof(mem));

	if (!leg_str_set(g, &g->remote_tag, msg->to.tag))
		return false;
	buf_chr(&b, '<');
	sip_uri_write(&b, &msg->to.uri);
	buf_lit(&b, ">;tag=");
	buf_put(&b, msg->to.tag);
	if (b.full || !leg_str_set(g, &g->remote_uri, buf_slice(&b)))
		return false;
	if (sip_each_addr(&contacts, &contact) == TG_OK && !contact.star) {
		b.len = 0;
		sip_uri_write(&b, &contact.uri);
		if (b.full || !leg_str_set(g, &g->target, buf_slice(&b)))
			return false;
	}
	g->confirmed = true;
	return learn_routes(g, msg);
}

/** SDP in a response, or nothing when the body is something else. */
static struct slice sdp_of(const struct sip_message *msg)
{
	if (!slice_ieq(sip_message_content_type(msg), SLICE("application/sdp")))
		return no_sdp;
	return msg->body;
}

void leg_b_progress(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	if (g->timer.kind == LEG_EV_TIMER_ASK)
		leg_timer(l, g, LEG_EV_TIMER_RING,
		          (uint64_t)l->conf.ring_max_s * 1000 + LEG_GRACE_MS);
	if (in->msg->status == 100)
		return;
	leg_tell(l, g, LINK_LEG_PROGRESS, in->msg->status, sdp_of(in->msg));
}

/** The dialog of a 2xx; without room for it the call cannot be. */
static void take_dialog(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	leg_timer_stop(l, g);
	g->up_ms = l->now_ms;
	g->cseq_dialog = in->msg->cseq.number;
	g->sign_tries = 0;
	leg_paid_from_now(l, g);
	if (!leg_learn_dialog(g, in->msg)) {
		g->cause = 47; /* resource unavailable */
		leg_raise(l, LEG_EV_HANGUP);
	}
	leg_session_agreed(l, g, in->msg);
	if (g->trunk >= 0)
		leg_tell_dialog(l, g, false);
}

void leg_b_answered(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	take_dialog(l, g, in);
	leg_keep_drop(l, g);
	leg_send_ack(l, g, no_sdp);
	leg_tell(l, g, LINK_LEG_ANSWER, 0, sdp_of(in->msg));
}

void leg_b_answered_offer(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	take_dialog(l, g, in);
	leg_tell(l, g, LINK_LEG_ANSWER, 0, sdp_of(in->msg));
	leg_timer(l, g, LEG_EV_TIMER_ACK, LEG_GRACE_MS);
}

void leg_b_ack(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	struct slice sdp = link_body(in->link);

	leg_timer_stop(l, g);
	if (!leg_keep_sdp(l, g, sdp)) /* for when the 2xx comes again */
		sdp = no_sdp;
	leg_said_set(l, g, sdp);
	g->delayed = false;
	leg_send_ack(l, g, sdp);
}

void leg_b_ack_again(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	if (in->msg != NULL && in->msg->cseq.number == g->cseq_invite)
		leg_send_ack(l, g, leg_kept_sdp(g));
}

void leg_b_ack_and_bye(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	leg_send_ack(l, g, no_sdp);
	leg_end_bye(l, g, in);
}

/* ---- failures ---- */

static void tell_refusal(struct leg_layer *l, struct leg *g, uint16_t status, const char *rule)
{
	if (rule != NULL && !leg_str_set(g, &g->rule, slice_str(rule)))
		g->rule.len = 0;
	leg_tell(l, g, LINK_LEG_REFUSE, status, no_sdp);
}

void leg_b_failed(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	if (in->msg != NULL && in->msg->status < 400)
		tell_refusal(l, g, 480, "redirection-not-followed");
	else if (in->msg != NULL && in->msg->status == 422)
		/* our affair, not the caller's: the next trunk is tried */
		tell_refusal(l, g, 503, "session-timer-refused");
	else if (in->msg != NULL)
		tell_refusal(l, g, in->msg->status, NULL);
	else
		tell_refusal(l, g, 503, "not-signed");
}

void leg_b_timed_out(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	(void)in;
	tell_refusal(l, g, 408, "peer-silent");
	leg_b_given_up(l, g, in);
}

/** C14: it may still answer, and then the call costs. */
void leg_b_given_up(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	(void)in;
	leg_keep_drop(l, g);
	leg_tell_bill(l, g, LINK_BILL_UNKNOWN, 408);
	leg_timer(l, g, LEG_EV_TIMER_RING, LEG_GRACE_MS);
}

void leg_b_silent(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	tell_refusal(l, g, 408, "peer-silent");
	leg_b_cancel(l, g, in); /* and should it still answer, a BYE follows (C14) */
}

static void cancel(struct leg_layer *l, struct leg *g)
{
	enum tg_err err = txn_client_cancel(l->conf.txn, g->invite);

	leg_keep_drop(l, g);
	if (err == TG_ENOENT)
		leg_raise(l, LEG_EV_TX_TIMEOUT);
	/* EBUSY: its final answer is on its way to us */
	leg_timer(l, g, LEG_EV_TIMER_RING, 2 * LEG_GRACE_MS);
}

void leg_b_cancel(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	(void)in;
	cancel(l, g);
}

void leg_b_rang_out(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	(void)in;
	tell_refusal(l, g, 480, "no-answer");
	cancel(l, g);
}

void leg_b_hung_up(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	(void)in;
	tell_refusal(l, g, 503, NULL);
	cancel(l, g);
}

void leg_b_too_late(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	take_dialog(l, g, in);
	l->raised = LEG_EV_NONE;
	leg_send_ack(l, g, no_sdp);
	leg_end_bye(l, g, in);
}

/* ---- challenges: only a trunk's, and only the vault can answer (B11) ---- */

void leg_ask_signature(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	bool bye = g->call == CALL_ENDING;

	g->sign_tries++;
	g->sign_what = bye ? LINK_SIGN_BYE : g->confirmed ? LINK_SIGN_IN_DIALOG : LINK_SIGN_INVITE;
	if (!leg_tell_sign(l, g, in->msg)) {
		leg_raise(l, LEG_EV_UNSIGNED);
		return;
	}
	leg_timer(l, g, LEG_EV_TIMER_ASK, LEG_ASK_MS);
}

void leg_b_invite_signed(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	if (!leg_send_invite(l, g, leg_kept_sdp(g), &in->link->sign_reply))
		leg_raise(l, LEG_EV_TX_TIMEOUT);
	await_answer(l, g);
}
