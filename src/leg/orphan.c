/*
 * Dialogs that a dead process left behind: the vault kept their recipes, we hang them up.
 *
 * OURS: an orphan is a half-call that begins in ENDING, so its BYE is retransmitted and its
 * challenge
 *       answered by the same tables as any other.
 */
#include "leg/act.h"

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
	g->confirmed = true;
	g->cause = 41;
	g->end_ms = now_ms;
	g->cseq_local = d->cseq + 16; /* what was sent after the recipe was saved is not known */
	if (!leg_str_set(g, &g->call_id, link_text(&d->call_id)) ||
	    !leg_str_set(g, &g->local_tag, link_text(&d->local_tag)) ||
	    !leg_str_set(g, &g->remote_tag, link_text(&d->remote_tag)) ||
	    !leg_str_set(g, &g->local_uri, link_long(&d->local_uri)) ||
	    !leg_str_set(g, &g->remote_uri, link_long(&d->remote_uri)) ||
	    !leg_str_set(g, &g->target, link_long(&d->target)) ||
	    !leg_str_set(g, &g->route, slice_of(d->route, d->route_len)) ||
	    !leg_send_bye(l, g, NULL)) {
		leg_drop(l, g);
		return;
	}
	g->call = CALL_ENDING; /* born in it: no event led here */
	g->saved = true;       /* until the BYE is answered */
}
