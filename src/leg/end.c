/* How calls end: BYE from either side, from us, or because somebody died. */
#include "leg/act.h"

static const struct slice no_sdp = { NULL, 0 };

/** First cause wins: what comes later is only the echo. */
static void ended_rule(struct leg_layer *l, struct leg *g, enum link_end_by by, struct slice rule)
{
	if (g->end_ms != 0)
		return;
	g->end_ms = l->now_ms;
	g->end_by = (uint8_t)by;
	if (rule.len > 0 && g->rule.len == 0 && !leg_str_set(g, &g->rule, rule))
		g->rule.len = 0;
}

static void ended(struct leg_layer *l, struct leg *g, enum link_end_by by, const char *rule)
{
	ended_rule(l, g, by, rule != NULL ? slice_str(rule) : (struct slice){ NULL, 0 });
}

static enum link_end_by other_half(const struct leg *g)
{
	return g->is_a ? LINK_END_B : LINK_END_A;
}

static enum link_end_by this_half(const struct leg *g)
{
	return g->is_a ? LINK_END_A : LINK_END_B;
}

/** The other half says BYE: for its peer, or for a rule of ours that it names. */
static void ended_there(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	if (in->link != NULL && in->link->head.type == LINK_LEG_BYE &&
	    (in->link->bye.flags & LINK_LEG_BY_US) != 0)
		ended_rule(l, g, LINK_END_US, link_text(&in->link->bye.reason));
	else
		ended(l, g, other_half(g), NULL);
}

static void send_bye(struct leg_layer *l, struct leg *g)
{
	leg_timer_stop(l, g);
	tg_wheel_stop(l->wheel, &g->timer_max);
	tg_wheel_stop(l->wheel, &g->timer_session);
	g->sign_tries = 0;
	if (g->offer == OFFER_IN)
		/* a re-INVITE was waiting for the other half */
		leg_reply_invite(l, g, 487, no_sdp);
	if (!leg_send_bye(l, g, NULL))
		leg_raise(l, LEG_EV_TX_TIMEOUT);
}

void leg_end_by_peer(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	ended(l, g, this_half(g), NULL);
	g->bye_ms = l->now_ms;
	if (g->offer == OFFER_IN)
		leg_reply_invite(l, g, 487, no_sdp);
	leg_reply(l, g, in, 200);
	leg_tell(l, g, LINK_LEG_BYE, 0, no_sdp);
}

void leg_end_reply_bye(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	if (g->bye_ms == 0)
		g->bye_ms = l->now_ms;
	leg_reply(l, g, in, 200);
}

void leg_end_reply_gone(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	leg_reply(l, g, in, 481);
}

/** RFC 3261 §12.2.1.2: a BYE all the same, in case it was a 408 and the peer has not noticed. */
void leg_end_dead(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	(void)in;
	ended(l, g, LINK_END_US, "dialog-gone");
	leg_tell(l, g, LINK_LEG_BYE, 0, no_sdp);
	send_bye(l, g);
}

void leg_end_no_ack(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	(void)in;
	ended(l, g, LINK_END_US, "no-ack");
	leg_tell(l, g, LINK_LEG_BYE, 0, no_sdp);
	send_bye(l, g);
}

void leg_end_noted(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	ended_there(l, g, in);
}

void leg_end_peer_gone(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	(void)in;
	ended(l, g, LINK_END_US, "process-lost");
}

void leg_end_tell_hangup(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	(void)in;
	ended(l, g, LINK_END_US, "hangup");
	leg_tell(l, g, LINK_LEG_BYE, 0, no_sdp);
}

void leg_end_tell_silent(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	(void)in;
	ended(l, g, LINK_END_US, "media-silent");
	leg_tell(l, g, LINK_LEG_BYE, 0, no_sdp);
}

void leg_end_send_bye(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	(void)in;
	send_bye(l, g);
}

void leg_end_bye(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	if (in->link != NULL && in->link->head.type == LINK_LEG_BYE && g->cause == 0)
		g->cause = in->link->bye.cause;
	ended_there(l, g, in);
	send_bye(l, g);
}

void leg_end_bye_gone(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	(void)in;
	g->cause = 41; /* temporary failure */
	ended(l, g, LINK_END_US, "process-lost");
	send_bye(l, g);
}

void leg_bye_both(struct leg_layer *l, struct leg *g, struct slice rule, uint16_t cause)
{
	g->cause = cause;
	ended_rule(l, g, LINK_END_US, rule);
	leg_tell(l, g, LINK_LEG_BYE, 0, no_sdp);
	send_bye(l, g);
}

void leg_end_bye_silent(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	(void)in;
	log_event(l->conf.log, EV_MEDIA_SILENT, LOG_U64("call", g->id.call),
	          LOG_U64("silent_s", l->conf.silent_after_s), LOG_END);
	leg_bye_both(l, g, SLICE("media-silent"), 41);
}

void leg_end_bye_max(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	(void)in;
	leg_bye_both(l, g, SLICE("max-call-duration"), 16);
}

void leg_end_bye_hangup(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	(void)in;
	leg_bye_both(l, g, SLICE("hangup"), 16);
}

void leg_end_bye_signed(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	leg_timer_stop(l, g);
	if (!leg_send_bye(l, g, &in->link->sign_reply))
		leg_raise(l, LEG_EV_TX_TIMEOUT);
}

/**
 * A challenged BYE found no vault: it is sent anew until there is one, so that no call stays up.
 */
void leg_end_bye_again(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	(void)in;
	g->sign_tries = 0;
	if (++g->bye_tries > LEG_BYE_TRIES || !leg_send_bye(l, g, NULL))
		leg_raise(l, LEG_EV_TX_TIMEOUT);
}

void leg_keep_report(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	(void)l;
	memcpy(g->media->stat, in->link->media_report.stat, sizeof(g->media->stat));
}
