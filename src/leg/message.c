/* Messages for half-calls become events: from the other half, the vault, the relay, the warden. */
#include "leg/act.h"

#include <assert.h>

/** What a LEG_* message means; PEER_RETRY is a refusal that another route may not repeat. */
static enum leg_ev peer_event(const struct leg *g, const struct link_msg *msg)
{
	uint16_t status;

	switch (msg->head.type) {
	case LINK_LEG_PROGRESS:
		return LEG_EV_PEER_PROGRESS;
	case LINK_LEG_ANSWER:
		return LEG_EV_PEER_ANSWER;
	case LINK_LEG_REFUSE:
		status = msg->refuse.status;
		if (g->more && (status == 408 || (status >= 500 && status < 600)))
			return LEG_EV_PEER_RETRY;
		return LEG_EV_PEER_REFUSE;
	case LINK_LEG_CANCEL:
		return LEG_EV_PEER_CANCEL;
	case LINK_LEG_ACK:
		return LEG_EV_PEER_ACK;
	case LINK_LEG_BYE:
		return LEG_EV_PEER_BYE;
	case LINK_LEG_OFFER:
		return LEG_EV_PEER_OFFER;
	case LINK_LEG_ACCEPT:
		return LEG_EV_PEER_ACCEPT;
	case LINK_LEG_REJECT:
		return LEG_EV_PEER_REJECT;
	case LINK_LEG_WARN:
		return LEG_EV_PEER_WARN;
	default:
		return LEG_EV_NONE;
	}
}

static void from_peer(struct leg_layer *l, struct leg *g, struct leg_in *in)
{
	const struct link_head *h = &in->link->head;

	if (h->from.role != g->peer.role || h->from.index != g->peer.index)
		return; /* an attempt that was given up, or somebody who is not the other half */
	if (g->is_a && in->link->invite.branch != g->b_branch)
		return;
	if (in->link->head.type == LINK_LEG_WARN && !g->is_a)
		return;
	in->event = peer_event(g, in->link);
	leg_step(l, g, in);
}

static void from_vault(struct leg_layer *l, struct leg *g, struct leg_in *in)
{
	const struct link_call_verdict *v = &in->link->verdict;

	if (!g->is_a)
		return;
	if (v->auth == LINK_AUTH_OK && !g->used_up && l->conf.proven != NULL &&
	    g->call == CALL_A_ASKING) {
		g->used_up = true;
		if (!l->conf.proven(l->conf.ctx, g->proof)) {
			in->event = LEG_EV_UNPROVEN; /* B4: somebody used it first */
			leg_step(l, g, in);
			return;
		}
	}
	if (v->auth == LINK_AUTH_WRONG)
		in->event = LEG_EV_UNPROVEN;
	else
		in->event = v->allow ? LEG_EV_ALLOWED : LEG_EV_REFUSED;
	leg_step(l, g, in);
}

static void from_relay(struct leg_layer *l, struct leg *g, struct leg_in *in)
{
	if (!g->is_a)
		return;
	if (in->link->head.type == LINK_MEDIA_OPENED) {
		in->event = in->link->media_opened.opened ? LEG_EV_MEDIA_OPEN : LEG_EV_MEDIA_NONE;
	} else if (in->link->media_report.event == LINK_MEDIA_CLOSED) {
		in->event = LEG_EV_MEDIA_REPORT;
		if (g->call < CALL_ENDING) { /* of the ports of an earlier attempt */
			leg_keep_report(l, g, in);
			return;
		}
	} else if (in->link->media_report.event == LINK_MEDIA_SILENT) {
		in->event = LEG_EV_MEDIA_SILENT;
	} else {
		return; /* one-way audio is the record's business */
	}
	leg_step(l, g, in);
}

/** A process died: what waited for it goes on without. */
static void peer_down(struct leg_layer *l, struct link_proc dead)
{
	uint32_t slot = 0;
	struct leg *g;

	if (dead.role == LINK_VAULT)
		l->vault_away = true;
	while ((g = tg_pool_next(l->pool, slot + 1, &slot)) != NULL) {
		struct leg_in in = { .event = LEG_EV_PEER_GONE };

		if (dead.role == LINK_VAULT) {
			in.event = LEG_EV_VAULT_GONE;
			if (g->call != CALL_A_ASKING && g->call != CALL_A_NEXT &&
			    g->call != CALL_B_SIGNING && g->offer != OFFER_OUT_SIGN &&
			    g->offer != OFFER_REFRESH_SIGN)
				continue;
		} else if (g->peer.role != dead.role || g->peer.index != dead.index ||
		           g->call >= CALL_CLOSING) {
			continue;
		}
		leg_step(l, g, &in);
	}
}

/** The vault is new; what could not be said to the old one ends with this. */
static void vault_up(struct leg_layer *l, struct leg *g)
{
	bool owed = g->bill == LEG_BILL_OWED;

	if (g->saved)
		leg_tell_dialog(l, g, owed);
	if (g->is_a && g->up_ms != 0 && g->call < CALL_ENDING)
		leg_tell_vault(l, g, LINK_CALL_ANSWERED);
	leg_tell_bill_again(l, g);
	if (owed)
		leg_step(l, g, &(struct leg_in){ .event = LEG_EV_CLOSED });
}

/** A process is new: it is told again what it must know. */
static void peer_up(struct leg_layer *l, struct link_proc born)
{
	uint32_t slot = 0;
	struct leg *g;

	if (born.role == LINK_VAULT)
		l->vault_away = false;
	while ((g = tg_pool_next(l->pool, slot + 1, &slot)) != NULL) {
		if (born.role == LINK_VAULT)
			vault_up(l, g);
		else if (born.role == LINK_RELAY && g->is_a && g->call < CALL_CLOSING &&
		    g->id.call % l->conf.relays == born.index)
			leg_media_restore(l, g);
	}
}

void leg_message(struct leg_layer *l, uint64_t now_ms, const struct link_msg *msg)
{
	struct leg_in in = { .link = msg };
	struct leg *g;

	l->now_ms = now_ms;
	if (msg->head.type == LINK_PEER) {
		if (msg->peer.up)
			peer_up(l, msg->peer.proc);
		else
			peer_down(l, msg->peer.proc);
		return;
	}
	g = leg_find(l, &msg->head.leg);
	if (g == NULL) { /* it ended while the message was on its way */
		if (msg->head.type == LINK_CALL_RENEW)
			leg_unknown(l, &msg->head.leg);
		return;
	}
	switch (msg->head.type) {
	case LINK_CALL_VERDICT:
		from_vault(l, g, &in);
		return;
	case LINK_SIGN_REPLY:
		in.event = msg->sign_reply.ok ? LEG_EV_SIGNED : LEG_EV_UNSIGNED;
		leg_step(l, g, &in);
		return;
	case LINK_CALL_RENEW:
		leg_renewed(l, g, msg);
		return;
	case LINK_MEDIA_OPENED:
	case LINK_MEDIA_REPORT:
		from_relay(l, g, &in);
		return;
	default:
		from_peer(l, g, &in);
		return;
	}
}
