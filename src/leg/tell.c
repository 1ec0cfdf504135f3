/* What a half-call says to the other half and to the vault. */
#include "leg/leg_priv.h"

#include "sip/digest.h"

static const struct link_proc vault = { LINK_VAULT, 0 };

static struct link_msg *begin(struct leg_layer *l, struct leg *g, enum link_type type,
                              struct link_proc to)
{
	link_msg_init(&l->out, type, to);
	l->out.head.leg = g->id;
	return &l->out;
}

static void post(struct leg_layer *l)
{
	l->conf.link.post(l->conf.link.ctx, &l->out);
}

void leg_tell(struct leg_layer *l, struct leg *g, enum link_type type, uint16_t status,
              struct slice body)
{
	struct link_msg *m;
	struct link_leg_body *b;

	if (g->peer.role == LINK_NOBODY)
		return; /* A was refused before it had another half */
	m = begin(l, g, type, g->peer);
	m->head.leg.side = g->is_a ? LINK_B : LINK_A;
	m->head.leg.branch = g->is_a ? g->b_branch : 0;
	b = &m->invite; /* all LEG_* share one payload */
	b->branch = g->id.branch;
	b->hops = g->hops;
	b->status = status;
	b->cause = g->cause;
	b->iface = g->flow.iface;
	b->flow = g->flow;
	b->flags = (uint8_t)((body.len > 0 ? LINK_LEG_HAS_BODY : 0) |
	                     (g->emergency ? LINK_LEG_EMERGENCY : 0) |
	                     (g->end_by == LINK_END_US ? LINK_LEG_BY_US : 0));
	link_text_set(&b->reason, leg_str(g, g->rule));
	if (link_body_set(m, body) != TG_OK)
		return; /* SDP is capped below a message's body when it is parsed and written */
	post(l);
}

void leg_tell_vault(struct leg_layer *l, struct leg *g, enum link_type type)
{
	struct link_msg *m = begin(l, g, type, vault);

	if (type == LINK_CALL_NEXT)
		m->call_next.status = g->status;
	else if (type == LINK_CALL_ANSWERED)
		m->answered.branch = g->b_branch;
	post(l);
}

void leg_tell_end(struct leg_layer *l, struct leg *g)
{
	struct link_msg *m = begin(l, g, LINK_CALL_END, vault);
	struct link_call_end *e = &m->call_end;
	uint64_t rang_until = g->up_ms != 0 ? g->up_ms : g->end_ms;

	e->by = g->end_by;
	e->status = g->status;
	e->cause = g->cause;
	e->ring_ms = (uint32_t)(rang_until - g->born_ms);
	e->talk_ms = g->up_ms != 0 ? (uint32_t)(g->end_ms - g->up_ms) : 0;
	link_text_set(&e->rule, leg_str(g, g->rule));
	memcpy(e->media, g->media->stat, sizeof(e->media));
	post(l);
}

void leg_tell_dialog(struct leg_layer *l, struct leg *g, bool drop)
{
	struct link_msg *m = begin(l, g, LINK_DIALOG_SAVE, vault);
	struct link_dialog *d = &m->dialog;
	struct slice route = leg_str(g, g->route);

	g->saved = !drop;
	d->trunk = (uint16_t)g->trunk;
	d->drop = drop;
	d->early = !g->confirmed;
	d->cseq = g->cseq_saved = g->cseq_local;
	d->flow = g->flow;
	link_text_set(&d->call_id, leg_str(g, g->call_id));
	link_text_set(&d->local_tag, leg_str(g, g->local_tag));
	link_text_set(&d->remote_tag, leg_str(g, g->remote_tag));
	if (d->early)
		link_text_set(&d->branch, leg_str(g, g->branch));
	link_long_set(&d->local_uri, leg_str(g, g->local_uri));
	link_long_set(&d->remote_uri, leg_str(g, g->remote_uri));
	link_long_set(&d->target, leg_str(g, g->target));
	if (route.len <= sizeof(d->route)) {
		memcpy(d->route, route.p, route.len);
		d->route_len = (uint16_t)route.len;
	}
	post(l);
}

enum { CHALLENGES_MAX = 8 };

/** The strongest challenge of a response that the vault could answer. */
static const struct sip_digest *choose(struct sip_digest list[CHALLENGES_MAX],
                                       const struct sip_message *msg, enum sip_hdr id)
{
	const struct sip_header *h = sip_message_header(msg, id);
	size_t count = 0;

	for (; h != NULL && count < CHALLENGES_MAX; h = sip_message_next(msg, h)) {
		if (sip_digest_parse_challenge(&list[count], h->value, NULL) == TG_OK)
			count++;
	}
	return sip_digest_choose(list, count, (struct slice){ 0 });
}

bool leg_tell_sign(struct leg_layer *l, struct leg *g, const struct sip_message *challenge)
{
	struct sip_digest list[CHALLENGES_MAX];
	bool proxy = challenge->status == 407;
	const struct sip_digest *d = choose(list, challenge, proxy ? SIP_HDR_PROXY_AUTHENTICATE
	                                                            : SIP_HDR_WWW_AUTHENTICATE);
	struct link_msg *m;
	struct link_sign_ask *ask;

	if (d == NULL || g->trunk < 0)
		return false;
	m = begin(l, g, LINK_SIGN_ASK, vault);
	m->head.ref = tg_pool_handle(l->pool, g);
	ask = &m->sign_ask;
	ask->kind = g->sign_what;
	ask->alg = d->alg;
	ask->qop = d->qop_auth;
	ask->proxy = proxy;
	ask->trunk = (uint16_t)g->trunk;
	link_text_set(&ask->method, g->sign_what == LINK_SIGN_BYE ? SLICE("BYE") : SLICE("INVITE"));
	link_long_set(&ask->uri, leg_str(g, g->target));
	link_long_set(&ask->realm, d->realm);
	link_long_set(&ask->nonce, d->nonce);
	link_long_set(&ask->opaque, d->opaque);
	post(l);
	return true;
}
