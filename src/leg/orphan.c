/*
 * What a dead process left behind, and answers that nobody waits for.
 *
 * The vault kept recipes: of an unanswered INVITE, which is cancelled (CALL_B_LOST), and of a
 * dialog, which is hung up.  A 2xx that carries our marks, but that no half-call knows, is a call
 * that costs money: ACK, then BYE (F13, C14).
 *
 * OURS: an orphan is a half-call that begins in B_LOST or ENDING, so its BYE is retransmitted and
 *       its challenge answered by the same tables as any other.
 */
#include "leg/act.h"

#include "sip/writer.h"

enum { CANCEL_TRIES = 10, CALL_ID_LEN = 35 /* half_b.c */ };

static bool take_recipe(struct leg *g, const struct link_dialog *d)
{
	return leg_str_set(g, &g->call_id, link_text(&d->call_id)) &&
	       leg_str_set(g, &g->local_tag, link_text(&d->local_tag)) &&
	       leg_str_set(g, &g->remote_tag, link_text(&d->remote_tag)) &&
	       leg_str_set(g, &g->branch, link_text(&d->branch)) &&
	       leg_str_set(g, &g->local_uri, link_long(&d->local_uri)) &&
	       leg_str_set(g, &g->remote_uri, link_long(&d->remote_uri)) &&
	       leg_str_set(g, &g->target, link_long(&d->target)) &&
	       leg_str_set(g, &g->route, slice_of(d->route, d->route_len));
}

/** RFC 3261 §17.1.2.2: again after T1, doubled up to T2; there is no transaction that does it. */
static void send_cancel(struct leg_layer *l, struct leg *g)
{
	leg_send_alone(l, g, SLICE("CANCEL"), (struct slice){ 0 });
	tg_wheel_start(l->wheel, &g->timer_max, LEG_EV_TIMER_AGAIN,
	               l->now_ms + (500u << TG_MIN(g->bye_tries, 3)));
	g->bye_tries++;
}

void leg_b_cancel_again(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	(void)in;
	if (g->bye_tries <= CANCEL_TRIES)
		send_cancel(l, g);
}

void leg_b_cancelled(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	(void)in;
	tg_wheel_stop(l->wheel, &g->timer_max);
}

void leg_b_ack_refusal(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	leg_send_alone(l, g, SLICE("ACK"), sip_message_value(in->msg, SIP_HDR_TO));
}

void leg_orphan(struct leg_layer *l, uint64_t now_ms, const struct link_msg *msg)
{
	const struct link_dialog *d = &msg->orphan;
	struct leg *g;

	l->now_ms = now_ms;
	g = leg_take(l, &msg->head.leg, true); /* the vault signs for it under its old name */
	if (g == NULL)
		return; /* the vault keeps it; counted by the pool */
	g->flow = d->flow;
	g->trunk = (int16_t)d->trunk;
	g->confirmed = !d->early;
	g->cause = 41;
	g->end_ms = now_ms;
	g->cseq_local = g->cseq_invite = d->cseq;
	if (!take_recipe(g, d)) {
		leg_drop(l, g);
		return;
	}
	leg_adopt(l, g);
	g->saved = true; /* until it is over */
	if (d->early) {
		g->bill = g->is_a ? LEG_BILL_NONE : LEG_BILL_OPEN;
		g->call = CALL_B_LOST; /* born in it: no event led here; below too */
		leg_timer(l, g, LEG_EV_TIMER_RING, LEG_GRACE_MS);
		send_cancel(l, g);
		return;
	}
	g->bill = g->is_a ? LEG_BILL_NONE : LEG_BILL_UP;
	/* what was sent after the recipe was saved is not known, but how much it was at most */
	g->cseq_local += LEG_CSEQ_AHEAD;
	if (!leg_send_bye(l, g, NULL)) {
		leg_drop(l, g);
		return;
	}
	g->call = CALL_ENDING;
}

/* ---- answers that nobody waits for ---- */

/** They cost a slot each: a provider that sends thousands gets that many hung up, and no more. */
static bool may_hang_up(struct leg_layer *l)
{
	if (l->now_ms - l->stray_ms >= 1000) {
		l->stray_ms = l->now_ms;
		l->strays = 0;
	}
	return l->strays++ < LEG_STRAYS_MAX;
}

static bool take_stray(struct leg *g, const struct sip_message *msg)
{
	return leg_str_set(g, &g->call_id, msg->call_id) &&
	       leg_str_set(g, &g->local_tag, msg->from.tag) &&
	       leg_str_set(g, &g->local_uri, sip_message_value(msg, SIP_HDR_FROM)) &&
	       leg_learn_dialog(g, msg);
}

void leg_hang_up_stray(struct leg_layer *l, const struct sip_message *msg,
                       const struct tg_flow *flow, int trunk)
{
	struct link_leg id = { .call = tg_rng_u64(l->conf.rng) | 1, .side = LINK_B };
	struct leg *g;

	if (!may_hang_up(l))
		return;
	g = leg_take(l, &id, false);
	if (g == NULL)
		return; /* it comes again */
	g->flow = *flow;
	g->trunk = (int16_t)trunk;
	g->cause = 41;
	g->end_ms = l->now_ms;
	g->cseq_local = g->cseq_invite = msg->cseq.number;
	if (!take_stray(g, msg)) {
		leg_drop(l, g);
		return;
	}
	log_event(l->conf.log, EV_STRAY_REPLY, LOG_CAUSE("rule", SLICE("hung-up")),
	          LOG_ADDR("from", &flow->remote), LOG_U64("status", msg->status), LOG_END);
	leg_adopt(l, g);
	leg_send_ack(l, g, (struct slice){ 0 });
	if (!leg_send_bye(l, g, NULL)) {
		leg_drop(l, g);
		return;
	}
	g->call = CALL_ENDING;
}

/** The marks of half_b.c: our worker in tag and Call-ID. */
static bool is_ours(const struct leg_layer *l, const struct sip_message *msg)
{
	return leg_tag_owner(msg->from.tag) == l->conf.self.index &&
	       msg->call_id.len == CALL_ID_LEN && msg->call_id.p[2] == '-' &&
	       tg_hexval(msg->call_id.p[0]) == l->conf.self.index >> 4 &&
	       tg_hexval(msg->call_id.p[1]) == (l->conf.self.index & 15);
}

static bool is_2xx(const struct sip_message *msg)
{
	return msg->cseq.method == SIP_INVITE && msg->status >= 200 && msg->status < 300;
}

/** The half-call gave up on this INVITE, or never sent it itself. */
static void unheard(struct leg_layer *l, struct leg *g, const struct sip_message *msg)
{
	struct leg_in in = { .event = LEG_EV_RX_1XX, .msg = msg };

	if (msg->cseq.number != g->cseq_invite)
		return;
	if (msg->cseq.method == SIP_CANCEL && (msg->status < 200 || g->call != CALL_B_LOST))
		return;
	if (msg->cseq.method == SIP_CANCEL)
		in.event = LEG_EV_RX_CANCELLED;
	else if (msg->cseq.method != SIP_INVITE)
		return;
	else if (msg->status >= 300)
		in.event = LEG_EV_RX_FAIL;
	else if (msg->status >= 200)
		in.event = LEG_EV_RX_2XX;
	leg_step(l, g, &in);
}

bool leg_stray_reply(struct leg_layer *l, uint64_t now_ms, const struct sip_message *msg,
                     const struct tg_flow *flow, int trunk)
{
	struct leg *g = leg_by_tag(l, msg->from.tag);
	struct leg_in in = { .msg = msg };

	l->now_ms = now_ms;
	if (g != NULL && leg_of_peer(l, g, msg->call_id, flow)) {
		if (g->call == CALL_B_LATE || g->call == CALL_B_LOST)
			unheard(l, g, msg);
		else if (is_2xx(msg) && slice_eq(msg->to.tag, leg_str(g, g->remote_tag)))
			leg_b_ack_again(l, g, &in);
		else
			return false;
		return true;
	}
	if (trunk < 0 || !is_2xx(msg) || !is_ours(l, msg))
		return false;
	leg_hang_up_stray(l, msg, flow, trunk);
	return true;
}
