/*
 * What the vault signs for a trunk, and nothing else (DESIGN, roles and processes):
 *   REGISTER, OPTIONS   of the trunk's own identity
 *   INVITE              at most twice for one grant, and only to the number that was granted
 *   re-INVITE           of a dialog of a granted call, whose Request-URI cannot be dialled as
 *                       another number
 *   BYE                 of a call or dialog of that trunk, until the trunk has confirmed it
 * The realm is pinned (B11), and a carrier signs for its own trunks only.
 */
#include "role/vault_priv.h"

#include "sip/digest.h"
#include "sip/uri.h"

static bool is_domain_uri(const struct role_trunk *t, struct slice uri)
{
	struct sip_uri u;

	return sip_uri_parse(&u, uri) == TG_OK && u.user.p == NULL &&
	       slice_ieq(u.host, link_text(&t->domain));
}

/** The user part names exactly this number. */
static bool dials(struct slice uri, struct slice number)
{
	char mem[VAULT_USER_MAX * 2];
	struct buf user = buf_on(mem, sizeof(mem));
	struct sip_uri u;

	return sip_uri_parse(&u, uri) == TG_OK && u.kind == SIP_URI_SIP &&
	       sip_unescape(&user, u.user, SIP_UNESCAPE_TEXT) == TG_OK &&
	       slice_eq(buf_slice(&user), number);
}

/** A remote target that no provider could take for a number to call. */
static bool undialable(struct slice uri)
{
	char mem[VAULT_USER_MAX * 2];
	struct buf user = buf_on(mem, sizeof(mem));
	struct sip_uri u;

	if (sip_uri_parse(&u, uri) != TG_OK || u.kind != SIP_URI_SIP)
		return false;
	return u.user.p == NULL || (sip_unescape(&user, u.user, SIP_UNESCAPE_TEXT) == TG_OK &&
	                            number_kind_of(buf_slice(&user)) == NUMBER_NONE);
}

static const char *may_sign_invite(struct vault *v, const struct link_msg *msg)
{
	const struct link_sign_ask *ask = &msg->sign_ask;
	struct vault_call *c = vault_call_find(v, msg->head.leg.call);

	if (c == NULL || c->b_party != LINK_PARTY_TRUNK || c->b_peer != ask->trunk ||
	    msg->head.leg.side != LINK_B || msg->head.leg.branch != c->branch)
		return "no-grant";
	if (c->signs >= VAULT_SIGNS_MAX)
		return "signed-twice";
	if (!dials(link_long(&ask->uri), link_text(&c->to)))
		return "another-number";
	c->signs++;
	return NULL;
}

static bool dialog_of_trunk(const struct vault *v, const struct link_msg *msg)
{
	const struct vault_dialog *d = vault_dialog_find(v, &msg->head.leg);

	return d != NULL && d->trunk == msg->sign_ask.trunk;
}

static const char *may_sign_in_dialog(struct vault *v, const struct link_msg *msg)
{
	const struct link_sign_ask *ask = &msg->sign_ask;
	const struct vault_call *c = vault_call_find(v, msg->head.leg.call);

	if (!dialog_of_trunk(v, msg) || vault_dialog_find(v, &msg->head.leg)->early || c == NULL)
		return "no-dialog";
	if (!undialable(link_long(&ask->uri)) && !dials(link_long(&ask->uri), link_text(&c->to)))
		return "another-number";
	return NULL;
}

static const char *may_sign_bye(struct vault *v, const struct link_msg *msg)
{
	return dialog_of_trunk(v, msg) ? NULL : "no-dialog"; /* the call may be over already */
}

/** NULL when it may be signed, else the rule that forbids it. */
static const char *judge(struct vault *v, const struct link_msg *msg)
{
	const struct link_sign_ask *ask = &msg->sign_ask;
	const struct role_trunk *t;
	struct slice method = link_text(&ask->method);

	if (msg->head.from.role != LINK_CARRIER || ask->trunk >= v->env.site->trunks ||
	    v->env.site->trunk[ask->trunk].carrier != msg->head.from.index)
		return "not-your-trunk";
	t = &v->env.site->trunk[ask->trunk];
	if (v->secret[ask->trunk].len == 0)
		return "no-secret";
	if (!slice_eq(link_long(&ask->realm), link_text(&t->realm)))
		return "another-realm";
	switch (ask->kind) {
	case LINK_SIGN_REGISTER:
		return slice_eq(method, SLICE("REGISTER")) && is_domain_uri(t, link_long(&ask->uri))
			? NULL : "another-method";
	case LINK_SIGN_OPTIONS:
		return slice_eq(method, SLICE("OPTIONS")) && is_domain_uri(t, link_long(&ask->uri))
			? NULL : "another-method";
	case LINK_SIGN_INVITE:
		return slice_eq(method, SLICE("INVITE")) ? may_sign_invite(v, msg)
		                                         : "another-method";
	case LINK_SIGN_IN_DIALOG:
		return slice_eq(method, SLICE("INVITE")) ? may_sign_in_dialog(v, msg)
		                                         : "another-method";
	case LINK_SIGN_BYE:
		return slice_eq(method, SLICE("BYE")) ? may_sign_bye(v, msg) : "another-method";
	default:
		return "another-method";
	}
}

static void write_value(struct vault *v, const struct link_sign_ask *ask, struct buf *b)
{
	const struct role_trunk *t = &v->env.site->trunk[ask->trunk];
	struct sip_digest challenge = {
		.realm = link_long(&ask->realm),
		.nonce = link_long(&ask->nonce),
		.alg = ask->alg,
		.alg_known = true,
		.qop = ask->qop,
		.qop_auth = ask->qop,
	};
	uint64_t random = tg_rng_u64(v->env.rng);
	uint8_t ha1[TG_DIGEST_MAX];
	char cnonce_mem[16], response[SIP_DIGEST_HEX_MAX];
	struct buf cnonce = buf_on(cnonce_mem, sizeof(cnonce_mem));
	struct sip_digest_over over;
	size_t len;

	buf_hex(&cnonce, &random, sizeof(random));
	if (ask->opaque.len > 0)
		challenge.opaque = link_long(&ask->opaque);
	over = (struct sip_digest_over){
		.alg = ask->alg,
		.qop_auth = ask->qop,
		.method = link_text(&ask->method),
		.uri = link_long(&ask->uri),
		.nonce = challenge.nonce,
		.nc = SLICE("00000001"), /* each challenge is answered with a cnonce of its own */
		.cnonce = buf_slice(&cnonce),
	};
	sip_digest_ha1(ha1, ask->alg, link_text(&t->user), link_long(&ask->realm),
	               slice_of(v->secret[ask->trunk].text, v->secret[ask->trunk].len));
	len = sip_digest_response(response, ha1, &over);
	sip_digest_write_credentials(b, &challenge, link_text(&t->user), &over,
	                             slice_of(response, len));
	tg_wipe(ha1, sizeof(ha1));
}

void vault_sign(struct vault *v, const struct link_msg *msg)
{
	struct link_sign_reply *r = &v->out.sign_reply;
	const char *why = judge(v, msg);
	struct buf b;

	link_msg_init(&v->out, LINK_SIGN_REPLY, msg->head.from);
	v->out.head.ref = msg->head.ref;
	v->out.head.leg = msg->head.leg;
	r->proxy = msg->sign_ask.proxy;
	if (why == NULL) {
		b = buf_on(r->value, sizeof(r->value));
		write_value(v, &msg->sign_ask, &b);
		r->ok = !b.full;
		r->value_len = b.full ? 0 : (uint16_t)b.len;
		if (b.full)
			why = "too-long";
	}
	if (why != NULL) {
		link_text_set(&r->rule, slice_str(why));
		log_event(v->env.log, EV_SIGN_REFUSED, LOG_CAUSE("rule", slice_str(why)),
		          LOG_U64("trunk", msg->sign_ask.trunk),
		          LOG_STR("method", link_text(&msg->sign_ask.method)), LOG_END);
	}
	vault_post(v);
}
