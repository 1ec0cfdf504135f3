#include "role/edge_priv.h"

#include "sip/writer.h"

#include <assert.h>
#include <stdlib.h>

/* ---- challenges and proofs ---- */

static bool offered(const struct edge *e, enum tg_digest_alg alg)
{
	return (alg == TG_DIGEST_MD5 && e->ua.env.site->digest_md5) ||
	       (alg == TG_DIGEST_SHA256 && e->ua.env.site->digest_sha256);
}

void edge_write_challenges(struct edge *e, struct buf *b, const struct tg_flow *flow, bool stale)
{
	static const enum tg_digest_alg algs[] = { TG_DIGEST_SHA256, TG_DIGEST_MD5 };
	char nonce_mem[SIP_NONCE_LEN], value_mem[512];
	struct buf nonce = buf_on(nonce_mem, sizeof(nonce_mem));

	sip_nonce_write(&nonce, &e->nonces, e->ua.now_ms, flow);
	for (size_t i = 0; i < COUNT(algs); i++) {
		struct buf value = buf_on(value_mem, sizeof(value_mem));

		if (!offered(e, algs[i]))
			continue;
		sip_digest_write_challenge(&value, link_text(&e->ua.env.site->domain),
		                           buf_slice(&nonce), algs[i], stale);
		sip_write_header(b, SIP_HDR_WWW_AUTHENTICATE, buf_slice(&value));
	}
}

void edge_challenge(struct edge *e, const struct tg_flow *flow, bool stale)
{
	struct buf b = ua_reply_begin(&e->ua, &e->ua.msg, flow, 401);

	edge_write_challenges(e, &b, flow, stale);
	ua_reply_end(&e->ua, &b);
}

/** The credentials that name our realm; there may be others for proxies on the way. */
static bool find_credentials(const struct edge *e, enum sip_hdr id, struct sip_digest *out,
                             bool *broken)
{
	const struct sip_header *h = sip_message_header(&e->ua.msg, id);

	for (int i = 0; h != NULL && i < 4; i++, h = sip_message_next(&e->ua.msg, h)) {
		enum tg_err err = sip_digest_parse_credentials(out, h->value, NULL);

		if (err == TG_OK && slice_eq(out->realm, link_text(&e->ua.env.site->domain)))
			return true;
		if (err == TG_EBAD || err == TG_ELIMIT)
			*broken = true;
	}
	return false;
}

/** B7: what was hashed must be what was sent, with an algorithm and qop that we offered. */
static bool as_offered(const struct edge *e, const struct sip_digest *d)
{
	return d->alg_known && offered(e, d->alg) && d->qop_auth &&
	       slice_eq(d->uri, e->ua.msg.uri.text) && d->nc.len == 8 &&
	       link_text_fits(d->username) && link_text_fits(d->response) &&
	       d->nonce.len == SIP_NONCE_LEN;
}

enum edge_credentials edge_credentials(struct edge *e, const struct tg_flow *flow,
                                       struct edge_proof *out)
{
	struct link_digest *to = &out->digest;
	struct sip_digest d;
	bool broken = false;

	if (!find_credentials(e, SIP_HDR_AUTHORIZATION, &d, &broken) &&
	    !find_credentials(e, SIP_HDR_PROXY_AUTHORIZATION, &d, &broken))
		return broken ? EDGE_BROKEN : EDGE_NO_PROOF;
	if (!as_offered(e, &d))
		return EDGE_NO_PROOF;
	switch (sip_nonce_check(&out->nonce, &e->nonces, e->ua.now_ms, flow, d.nonce)) {
	case SIP_NONCE_OK:
		break;
	case SIP_NONCE_STALE:
		return EDGE_STALE;
	case SIP_NONCE_FORGED:
		return EDGE_NO_PROOF;
	}
	out->nc = d.nc_value;
	if (!sip_nonce_fresh(e->uses, &out->nonce, out->nc))
		return EDGE_STALE; /* B4: a replay, or a retransmission of what was answered */
	memset(to, 0, sizeof(*to));
	to->present = 1;
	to->alg = d.alg;
	to->qop = 1;
	memcpy(to->nc, d.nc.p, sizeof(to->nc));
	link_text_set(&to->user, d.username);
	link_text_set(&to->method, e->ua.msg.method_text);
	link_text_set(&to->response, d.response);
	link_long_set(&to->nonce, d.nonce);
	link_long_set(&to->cnonce, d.cnonce);
	link_long_set(&to->uri, d.uri);
	return EDGE_PROOF;
}

/* ---- what the half-calls ask of us ---- */

static void on_challenge(void *role, struct buf *b, const struct tg_flow *flow, bool stale)
{
	edge_write_challenges(role, b, flow, stale);
}

/* What leg_caller.proof holds. */
struct kept_proof {
	struct sip_nonce nonce;
	uint32_t nc;
	uint32_t present;
};

static_assert(sizeof(struct kept_proof) <= LEG_PROOF_BYTES, "a proof fits a half-call");

static bool on_proven(void *role, const void *proof)
{
	struct edge *e = role;
	struct kept_proof kept;

	memcpy(&kept, proof, sizeof(kept));
	if (!kept.present)
		return true; /* a PBX, known by its address */
	return sip_nonce_use(e->uses, e->ua.now_ms, &kept.nonce, kept.nc) == SIP_NONCE_OK;
}

static void caller_uri(const struct edge *e, struct buf *b, struct slice user)
{
	buf_lit(b, "sip:");
	if (user.len > 0)
		sip_user_write(b, user);
	else
		buf_lit(b, "anonymous");
	buf_chr(b, '@');
	buf_put(b, link_text(&e->ua.env.site->domain));
}

/** What was written to ua.text since `from`. */
static struct slice piece(const struct buf *b, size_t from)
{
	return slice_of(b->p + from, b->len - from);
}

static bool ring_account(struct edge *e, const struct link_call_grant *g, struct buf *b,
                         struct leg_target *out)
{
	struct location_binding list[LOCATION_FIND_MAX];
	uint32_t n = location_find(e->location, link_text(&g->to), list, COUNT(list)), i = 0;
	size_t from = b->len;

	while (i < n && list[i].flow.iface != g->iface)
		i++;
	if (i == n)
		return false;
	buf_put(b, list[i].contact);
	out->request_uri = piece(b, from);
	out->flow = list[i].flow;
	from = b->len;
	buf_lit(b, "sip:");
	sip_user_write(b, link_text(&g->to));
	buf_chr(b, '@');
	buf_put(b, link_text(&e->ua.env.site->domain));
	out->to_uri = piece(b, from);
	return true;
}

static void ring_pbx(struct edge *e, const struct link_call_grant *g, struct buf *b,
                     struct leg_target *out)
{
	const struct role_pbx *pbx = &e->ua.env.site->pbx[g->peer];
	size_t from = b->len;

	buf_lit(b, "sip:");
	sip_user_write(b, link_text(&g->to)); /* as it was dialled */
	buf_chr(b, '@');
	if (pbx->domain.len > 0)
		buf_put(b, link_text(&pbx->domain));
	else
		tg_addr_write(b, &pbx->addr);
	out->request_uri = piece(b, from);
	out->to_uri = out->request_uri;
	out->flow = (struct tg_flow){ .remote = pbx->addr, .iface = pbx->iface,
		                      .proto = TG_PROTO_UDP };
}

static bool on_target(void *role, const struct link_call_grant *g, struct leg_target *out,
                      uint16_t *status, struct slice *rule)
{
	struct edge *e = role;
	struct buf b = buf_on(e->ua.text, sizeof(e->ua.text));
	size_t from;

	if (g->party == LINK_PARTY_ACCOUNT) {
		*status = 480;
		*rule = SLICE("not-registered");
		if (!ring_account(e, g, &b, out))
			return false;
	} else if (g->party == LINK_PARTY_PBX && g->peer < e->ua.env.site->pbxs) {
		ring_pbx(e, g, &b, out);
	} else {
		return false; /* an edge sends nothing to trunks */
	}
	from = b.len;
	caller_uri(e, &b, link_text(&g->caller));
	out->from_uri = piece(&b, from);
	out->from_name = link_text(&g->name);
	out->contact_user = link_text(&g->caller);
	return !b.full;
}

/* ---- new requests ---- */

/** Fill the CALL_ASK from ua.msg; false when a name cannot be text. */
static bool fill_ask(struct edge *e, const struct tg_flow *flow, struct link_call_ask *ask)
{
	const struct sip_message *m = &e->ua.msg;
	char mem[128];
	struct buf b = buf_on(mem, sizeof(mem));

	ask->flow = *flow;
	if (!role_dialled(&b, &m->uri) || !link_text_fits(buf_slice(&b)))
		return false;
	link_text_set(&ask->dialled, buf_slice(&b));
	b.len = 0;
	if (ua_user(&b, &m->from.uri))
		link_text_set(&ask->caller, buf_slice(&b));
	b.len = 0;
	sip_display_text(&b, m->from.display);
	link_text_set(&ask->name, buf_slice(&b));
	link_text_set(&ask->sip_call_id, slice_head(m->call_id, sizeof(ask->sip_call_id.s)));
	return true;
}

static void edge_invite(struct edge *e, const struct tg_flow *flow)
{
	struct leg_caller caller = { .ask = &e->ua.out, .trunk = -1 };
	struct link_call_ask *ask = &e->ua.out.call_ask;
	int pbx = role_pbx_of(e->ua.env.site, flow);
	struct edge_proof proof = { 0 };
	struct kept_proof kept = { 0 };

	if (pbx < 0) {
		enum edge_credentials c = edge_credentials(e, flow, &proof);

		if (c == EDGE_BROKEN) {
			ua_refuse(&e->ua, &e->ua.msg, flow, 400, "broken-credentials");
			return;
		}
		if (c != EDGE_PROOF) {
			edge_challenge(e, flow, c == EDGE_STALE);
			return;
		}
		kept = (struct kept_proof){ proof.nonce, proof.nc, 1 };
	}
	/* behind the challenge: a stranger's body costs us nothing */
	if (!ua_offer(&e->ua, flow, &caller.sdp))
		return;
	if (e->ua.stopping) {
		ua_refuse(&e->ua, &e->ua.msg, flow, 503, "shutdown");
		return;
	}
	link_msg_init(&e->ua.out, LINK_CALL_ASK, (struct link_proc){ LINK_VAULT, 0 });
	ask->party = pbx < 0 ? LINK_PARTY_ACCOUNT : LINK_PARTY_PBX;
	ask->peer = (uint16_t)(pbx < 0 ? 0 : pbx);
	ask->digest = proof.digest;
	memcpy(caller.proof, &kept, sizeof(kept));
	if (!fill_ask(e, flow, ask)) {
		ua_refuse(&e->ua, &e->ua.msg, flow, 404, "user-not-text");
		return;
	}
	/* a nonce of ours was answered from where it went, or it is a PBX: no stranger gets here */
	caller.emergency = role_is_emergency(e->ua.env.site, link_text(&ask->dialled));
	switch (leg_call_in(e->ua.legs, e->ua.now_ms, &e->ua.msg, flow, &caller)) {
	case TG_OK:
		return;
	case TG_ELIMIT:
		ua_refuse(&e->ua, &e->ua.msg, flow, 513, "dialog-text-too-long");
		return;
	default:
		ua_refuse(&e->ua, &e->ua.msg, flow, 503, "no-half-call-free");
	}
}

static void new_request(struct edge *e, const struct tg_flow *flow)
{
	switch (e->ua.msg.method) {
	case SIP_INVITE:
		edge_invite(e, flow);
		return;
	case SIP_REGISTER:
		edge_register(e, flow);
		return;
	case SIP_OPTIONS:
		ua_answer_options(&e->ua, flow);
		return;
	case SIP_BYE:
	case SIP_PRACK:
	case SIP_UPDATE:
	case SIP_INFO:
	case SIP_NOTIFY:
		ua_refuse(&e->ua, &e->ua.msg, flow, 481, "no-dialog");
		return;
	default:
		ua_refuse(&e->ua, &e->ua.msg, flow, 405, "method-not-taken");
	}
}

/* ---- the role ---- */

static bool make_tables(struct edge *e)
{
	const struct role_site *site = e->ua.env.site;
	uint32_t share = site->registrations_max / site->edges + 1;
	const struct location_conf loc = { .cap = share, .rng = e->ua.env.rng, .ctx = e,
		                           .expired = edge_binding_expired };

	e->location = location_new(&loc, e->ua.env.now_ms);
	e->uses = sip_nonce_uses_new(share * 2, e->ua.env.rng);
	e->pending = tg_pool_new("pending registers", sizeof(struct edge_pending),
	                         EDGE_PENDING_MAX, 0);
	e->wheel = tg_wheel_new(e->ua.env.now_ms);
	return e->location != NULL && e->uses != NULL && e->pending != NULL && e->wheel != NULL;
}

struct edge *edge_new(const struct role_env *env)
{
	struct edge *e = calloc(1, sizeof(*e));
	const struct ua_hooks hooks = { .role = e, .challenge = on_challenge, .proven = on_proven,
		                        .target = on_target };

	if (e == NULL)
		return NULL;
	if (!ua_init(&e->ua, env, &hooks) || !make_tables(e)) {
		edge_free(e);
		return NULL;
	}
	e->wall_offset_ms = env->wall_ms - env->now_ms;
	sip_nonce_init(&e->nonces, env->rng, env->self.index, EDGE_NONCE_LIFE_S);
	return e;
}

void edge_free(struct edge *e)
{
	if (e == NULL)
		return;
	tg_wheel_free(e->wheel);
	tg_pool_free(e->pending);
	sip_nonce_uses_free(e->uses);
	location_free(e->location);
	ua_fini(&e->ua);
	free(e);
}

void edge_packet(struct edge *e, uint64_t now_ms, const struct tg_flow *flow, struct slice in)
{
	if (ua_packet(&e->ua, now_ms, flow, in) == UA_NEW)
		new_request(e, flow);
}

void edge_message(struct edge *e, uint64_t now_ms, const struct link_msg *msg)
{
	if (ua_message(&e->ua, now_ms, msg))
		return;
	switch (msg->head.type) {
	case LINK_AUTH_REPLY:
		edge_registered(e, msg);
		return;
	case LINK_BIND_LOAD:
		edge_bind_load(e, msg);
		return;
	case LINK_STRAY:
		edge_packet(e, now_ms, &msg->stray.flow, link_body(msg));
		return;
	case LINK_CTL_ASK:
		edge_ctl(e, msg);
		return;
	default:
		return;
	}
}

void edge_tick(struct edge *e, uint64_t now_ms)
{
	struct tg_timer *t;

	ua_tick(&e->ua, now_ms);
	location_tick(e->location, now_ms);
	while ((t = tg_wheel_expire(e->wheel, now_ms)) != NULL)
		edge_pending_expired(e, TG_CONTAINER(t, struct edge_pending, timer));
}

uint64_t edge_next_ms(const struct edge *e)
{
	uint64_t ua = ua_next_ms(&e->ua), loc = location_next_ms(e->location);
	uint64_t pending = tg_wheel_next_ms(e->wheel);

	ua = TG_MIN(ua, loc);
	return TG_MIN(ua, pending);
}

bool edge_idle(const struct edge *e)
{
	return leg_count(e->ua.legs) == 0;
}
