/*
 * The registrar (RFC 3261 §10.3): bindings of proven accounts.
 *
 * OURS: an account registers itself and nobody else (B9); a Contact that names us or a trunk is
 * refused
 *       (C11); the answer needs no transaction, since a copy of an answered REGISTER is a used
 *       nonce and gets a new challenge.
 */
#include "role/edge_priv.h"

#include "sip/writer.h"

/* ---- reading the request ---- */

/** C11: a Contact that would make us call ourselves or a provider. */
static bool names_us(const struct edge *e, const struct sip_uri *uri)
{
	const struct role_site *site = e->ua.env.site;
	struct tg_addr addr;
	bool numeric = tg_addr_parse_ip(&addr, uri->host) == TG_OK;

	for (unsigned i = 0; i < site->ifaces; i++) {
		const struct tg_addr *own[] = { &site->iface[i].listen, &site->iface[i].advertise };

		for (unsigned k = 0; k < COUNT(own) && numeric; k++) {
			uint16_t port = uri->port != 0 ? uri->port : 5060;

			if (tg_addr_ip_eq(own[k], &addr) && own[k]->port == port)
				return true;
		}
	}
	for (unsigned i = 0; i < site->trunks; i++) {
		if (slice_ieq(uri->host, link_text(&site->trunk[i].domain)) ||
		    (numeric && tg_addr_ip_eq(&site->trunk[i].addr, &addr)))
			return true;
	}
	return slice_ieq(uri->host, link_text(&site->domain));
}

/** Seconds that a contact asks for: its expires parameter, else Expires, else the longest. */
static uint32_t asked_expires(const struct edge *e, const struct sip_addr *contact)
{
	const struct sip_message *m = &e->ua.msg;
	struct slice value;
	uint64_t v;

	if (sip_param_find(contact->params, SLICE("expires"), &value) &&
	    slice_u64(&v, value, UINT32_MAX) == TG_OK)
		return (uint32_t)v;
	if ((m->has & SIP_HAS_EXPIRES) != 0)
		return m->expires;
	return e->ua.env.site->expires_max_s;
}

/** One Contact into the pending REGISTER; 0, or the status that refuses it. */
static uint16_t read_contact(struct edge *e, struct edge_pending *p, const struct sip_addr *c,
                             const char **rule)
{
	struct buf uri;

	if (p->contacts == EDGE_CONTACTS_MAX) {
		*rule = "too-many-contacts";
		return 403;
	}
	if ((c->uri.kind != SIP_URI_SIP && c->uri.kind != SIP_URI_SIPS) ||
	    c->uri.headers.p != NULL) {
		*rule = "contact-uri";
		return 403; /* regescrt: headers in a Contact would be ours to send */
	}
	if (names_us(e, &c->uri)) {
		*rule = "contact-names-us";
		return 403;
	}
	uri = buf_on(p->contact[p->contacts].uri, LOCATION_CONTACT_MAX);
	sip_uri_write(&uri, &c->uri);
	if (uri.full) {
		*rule = "contact-too-long";
		return 403;
	}
	p->contact[p->contacts].len = (uint16_t)uri.len;
	p->contact[p->contacts].expires_s = asked_expires(e, c);
	p->contacts++;
	return 0;
}

static uint16_t read_contacts(struct edge *e, struct edge_pending *p, const char **rule)
{
	struct sip_each each = sip_each_of(&e->ua.msg, SIP_HDR_CONTACT);
	struct sip_addr c;
	enum tg_err err;
	uint16_t status = 0;
	uint32_t min = e->ua.env.site->expires_min_s;

	while (status == 0 && (err = sip_each_addr(&each, &c)) != TG_ENOENT) {
		*rule = "broken-contact";
		if (err != TG_OK)
			return 400;
		if (c.star)
			p->star = true;
		else
			status = read_contact(e, p, &c, rule);
	}
	if (status != 0)
		return status;
	*rule = "contact-star"; /* RFC 3261 §10.2.2: alone, and with Expires: 0 */
	if (p->star && (p->contacts != 0 || (e->ua.msg.has & SIP_HAS_EXPIRES) == 0 ||
	                e->ua.msg.expires != 0))
		return 400;
	*rule = "interval-too-brief";
	for (unsigned i = 0; i < p->contacts; i++) {
		if (p->contact[i].expires_s != 0 && p->contact[i].expires_s < min)
			return 423;
	}
	return 0;
}

/** To names the account; From must be the same one (no third-party registration). */
static uint16_t read_user(struct edge *e, struct edge_pending *p, const char **rule)
{
	const struct sip_message *m = &e->ua.msg;
	struct buf user = buf_on(p->user, sizeof(p->user));

	*rule = "to-not-sip";
	if (m->to.uri.kind != SIP_URI_SIP && m->to.uri.kind != SIP_URI_SIPS)
		return 400;
	*rule = "to-user";
	if (!ua_user(&user, &m->to.uri) || user.len == 0)
		return 404;
	p->user_len = (uint8_t)user.len;
	*rule = "third-party";
	return sip_user_eq(m->to.uri.user, m->from.uri.user) ? 0 : 403;
}

static bool keep_head(struct edge *e, struct edge_pending *p, const struct tg_flow *flow)
{
	struct buf b = buf_on(p->head, sizeof(p->head));
	struct slice rest, line;
	char mem[16];
	struct buf tag = buf_on(mem, sizeof(mem));
	uint64_t random = tg_rng_u64(e->ua.env.rng);

	buf_hex(&tag, &random, sizeof(random));
	sip_write_response(&b, &e->ua.msg, &(struct sip_response){ .status = 200,
	                                                          .to_tag = buf_slice(&tag),
	                                                          .source = &flow->remote });
	rest = slice_cut(buf_slice(&b), '\n', &line);
	memmove(p->head, rest.p, rest.len);
	p->head_len = (uint16_t)rest.len;
	return !b.full;
}

static uint16_t read_register(struct edge *e, struct edge_pending *p, const struct tg_flow *flow,
                              const char **rule)
{
	const struct sip_message *m = &e->ua.msg;
	struct slice agent = slice_head(sip_message_value(m, SIP_HDR_USER_AGENT),
	                                LOCATION_AGENT_MAX);
	uint16_t status = read_user(e, p, rule);

	if (status == 0)
		status = read_contacts(e, p, rule);
	if (status != 0)
		return status;
	*rule = "head-too-long";
	if (!keep_head(e, p, flow))
		return 513;
	p->flow = p->reply = *flow;
	p->reply.remote = sip_via_reply_to(&m->via, &flow->remote);
	p->cseq = m->cseq.number;
	p->call_hash = location_call_hash(e->location, m->call_id);
	p->agent_len = (uint8_t)agent.len;
	if (agent.len > 0)
		memcpy(p->agent, agent.p, agent.len);
	return 0;
}

static void refuse(struct edge *e, const struct tg_flow *flow, uint16_t status, const char *rule)
{
	struct buf b;

	if (status != 423) {
		ua_refuse(&e->ua, &e->ua.msg, flow, status, rule);
		return;
	}
	b = ua_reply_begin(&e->ua, &e->ua.msg, flow, 423);
	sip_write_number(&b, SIP_HDR_MIN_EXPIRES, e->ua.env.site->expires_min_s);
	ua_reply_end(&e->ua, &b);
}

static void ask_vault(struct edge *e, struct edge_pending *p, const struct edge_proof *proof)
{
	struct link_msg *m = &e->ua.out;

	p->nonce = proof->nonce;
	p->nc = proof->nc;
	link_msg_init(m, LINK_AUTH_ASK, (struct link_proc){ LINK_VAULT, 0 });
	m->head.ref = tg_pool_handle(e->pending, p);
	m->auth_ask.digest = proof->digest;
	ua_post(&e->ua);
	tg_wheel_start(e->wheel, &p->timer, 0, e->ua.now_ms + EDGE_PENDING_MS);
}

void edge_register(struct edge *e, const struct tg_flow *flow)
{
	const char *rule = "";
	struct edge_pending *p;
	struct edge_proof proof;
	uint16_t status;

	switch (edge_credentials(e, flow, &proof)) {
	case EDGE_NO_PROOF:
		edge_challenge(e, flow, false);
		return;
	case EDGE_STALE:
		edge_challenge(e, flow, true);
		return;
	case EDGE_BROKEN:
		ua_refuse(&e->ua, &e->ua.msg, flow, 400, "broken-credentials");
		return;
	case EDGE_PROOF:
		break;
	}
	p = tg_pool_take(e->pending);
	if (p == NULL) {
		ua_refuse(&e->ua, &e->ua.msg, flow, 503, "registrations-waiting");
		return;
	}
	status = read_register(e, p, flow, &rule);
	/* B9: nobody registers another account; judged with the proof so that a wrong password and
	 * a wrong name look alike (B10) */
	if (status == 0 && !slice_eq(link_text(&proof.digest.user),
	                             slice_of(p->user, p->user_len))) {
		status = 403;
		rule = "other-account";
	}
	if (status != 0) {
		tg_pool_give(e->pending, p);
		refuse(e, flow, status, rule);
		return;
	}
	ask_vault(e, p, &proof);
}

/* ---- answering it ---- */

static struct buf begin_answer(struct edge *e, struct edge_pending *p, uint16_t status)
{
	struct buf b = e->ua.env.net.begin(e->ua.env.net.ctx, &p->reply);

	sip_write_status(&b, status, (struct slice){ 0 });
	buf_put(&b, slice_of(p->head, p->head_len));
	return b;
}

static void finish(struct edge *e, struct edge_pending *p, struct buf *b)
{
	ua_reply_end(&e->ua, b);
	tg_wheel_stop(e->wheel, &p->timer);
	tg_pool_give(e->pending, p);
}

static void refuse_pending(struct edge *e, struct edge_pending *p, uint16_t status,
                           const char *rule)
{
	struct buf b = begin_answer(e, p, status);

	log_event(e->ua.env.log, EV_REGISTER_REFUSED, LOG_CAUSE("rule", slice_str(rule)),
	          LOG_STR("account", slice_of(p->user, p->user_len)),
	          LOG_ADDR("from", &p->flow.remote), LOG_U64("status", status), LOG_END);
	if (status == 401)
		edge_write_challenges(e, &b, &p->flow, slice_eq(slice_str(rule), SLICE("replay")));
	if (status == 503)
		sip_write_number(&b, SIP_HDR_RETRY_AFTER, 10);
	finish(e, p, &b);
}

void edge_pending_expired(struct edge *e, struct edge_pending *p)
{
	refuse_pending(e, p, 503, "vault-silent");
}

/** The vault keeps bindings across restarts; with `until_ms` of 0 it forgets this one. */
static void save(struct edge *e, const struct location_binding *b, uint64_t until_ms)
{
	struct link_binding *to = &e->ua.out.binding;

	link_msg_init(&e->ua.out, LINK_BIND_SAVE, (struct link_proc){ LINK_VAULT, 0 });
	link_text_set(&to->user, b->user);
	link_long_set(&to->contact, b->contact);
	link_text_set(&to->agent, b->agent);
	to->cseq = b->cseq;
	to->account = b->account;
	to->flow = b->flow;
	to->expires_ms = until_ms == 0 ? 0 : until_ms + e->wall_offset_ms; /* 0: forget it */
	ua_post(&e->ua);
}

static struct location_binding wanted(const struct edge *e, const struct edge_pending *p,
                                      unsigned i, uint32_t account)
{
	uint32_t s = TG_MIN(p->contact[i].expires_s, e->ua.env.site->expires_max_s);

	return (struct location_binding){
		.user = slice_of(p->user, p->user_len),
		.contact = slice_of(p->contact[i].uri, p->contact[i].len),
		.agent = slice_of(p->agent, p->agent_len),
		.flow = p->flow,
		.expires_ms = e->ua.now_ms + (uint64_t)s * 1000,
		.interval_ms = (uint64_t)s * 1000,
		.call_hash = p->call_hash,
		.cseq = p->cseq,
		.account = account,
	};
}

static enum tg_err bind_one(struct edge *e, const struct edge_pending *p, unsigned i,
                            const struct link_auth_reply *who)
{
	struct location_binding b = wanted(e, p, i, who->account);
	uint64_t keep_until;
	enum tg_err err;

	if (p->contact[i].expires_s == 0) {
		err = location_remove(e->location, &b);
		if (err == TG_OK)
			save(e, &b, 0);
		return err == TG_ENOENT ? TG_OK : err;
	}
	err = location_put(e->location, &b, who->max_bindings, &keep_until);
	if (err == TG_OK && keep_until != 0)
		save(e, &b, keep_until);
	return err;
}

static void unbind_all(struct edge *e, const struct edge_pending *p)
{
	struct location_binding list[LOCATION_FIND_MAX];
	struct slice user = slice_of(p->user, p->user_len);
	uint32_t n = location_find(e->location, user, list, COUNT(list));

	for (uint32_t i = 0; i < n; i++)
		save(e, &list[i], 0);
	(void)location_remove_user(e->location, user);
}

/** 200 with all bindings that the account now has (RFC 3261 §10.3 step 8). */
static void answer_ok(struct edge *e, struct edge_pending *p)
{
	struct location_binding list[LOCATION_FIND_MAX];
	uint32_t n = location_find(e->location, slice_of(p->user, p->user_len), list, COUNT(list));
	struct buf b = begin_answer(e, p, 200);

	for (uint32_t i = 0; i < n; i++) {
		char mem[32];
		struct buf params = buf_on(mem, sizeof(mem));

		buf_lit(&params, ";expires=");
		buf_u64(&params, (list[i].expires_ms - e->ua.now_ms + 999) / 1000);
		sip_write_addr(&b, SIP_HDR_CONTACT,
		               &(struct sip_write_addr){ .uri = list[i].contact,
		                                         .params = buf_slice(&params) });
	}
	log_event(e->ua.env.log, EV_REGISTER_OK,
	          LOG_STR("account", slice_of(p->user, p->user_len)),
	          LOG_ADDR("from", &p->flow.remote), LOG_U64("bindings", n), LOG_END);
	finish(e, p, &b);
}

/** The status that refuses a proven REGISTER, or 0 when all of it was done. */
static uint16_t bind_contacts(struct edge *e, const struct edge_pending *p,
                              const struct link_auth_reply *who, const char **rule)
{
	if (p->star)
		unbind_all(e, p);
	for (unsigned i = 0; i < p->contacts; i++) {
		switch (bind_one(e, p, i, who)) {
		case TG_OK:
			break;
		case TG_EBUSY:
			*rule = "cseq-not-higher";
			return 500;
		case TG_ELIMIT:
			*rule = "too-many-bindings";
			return 403;
		default:
			*rule = "location-full";
			return 503;
		}
	}
	return 0;
}

void edge_registered(struct edge *e, const struct link_msg *msg)
{
	const struct link_auth_reply *who = &msg->auth_reply;
	struct edge_pending *p = tg_pool_find(e->pending, msg->head.ref);
	const char *rule = "";
	uint16_t status;

	if (p == NULL)
		return; /* answered by its deadline */
	if (who->verdict != LINK_AUTH_OK) {
		refuse_pending(e, p, who->verdict == LINK_AUTH_WRONG ? 401 : 503, "digest");
		return;
	}
	if (sip_nonce_use(e->uses, e->ua.now_ms, &p->nonce, p->nc) != SIP_NONCE_OK) {
		refuse_pending(e, p, 401, "replay");
		return;
	}
	if ((who->networks & role_networks_of(e->ua.env.site, &p->flow)) == 0) {
		refuse_pending(e, p, 403, "source-not-allowed"); /* R31 */
		return;
	}
	status = bind_contacts(e, p, who, &rule);
	if (status != 0)
		refuse_pending(e, p, status, rule);
	else
		answer_ok(e, p);
}

/* ---- across restarts ---- */

/** A vault that has restarted tells what we know already, or knew better. */
static bool is_known(const struct edge *e, const struct location_binding *b)
{
	struct location_binding list[LOCATION_FIND_MAX];
	uint32_t n = location_find(e->location, b->user, list, COUNT(list));

	for (uint32_t i = 0; i < n; i++)
		if (slice_eq(list[i].contact, b->contact))
			return true;
	return false;
}

void edge_bind_load(struct edge *e, const struct link_msg *msg)
{
	const struct link_binding *from = &msg->binding_load;
	uint64_t wall_ms = e->ua.now_ms + e->wall_offset_ms;
	struct location_binding b = {
		.user = link_text(&from->user),
		.contact = link_long(&from->contact),
		.agent = link_text(&from->agent),
		.flow = from->flow,
		.account = from->account,
	};

	if (from->expires_ms == 0 && from->contact.len == 0) { /* the account is gone */
		(void)location_remove_user(e->location, b.user);
		return;
	}
	if (from->expires_ms <= wall_ms || from->flow.iface >= e->ua.env.site->ifaces)
		return;
	b.expires_ms = e->ua.now_ms + (from->expires_ms - wall_ms);
	if (is_known(e, &b))
		return;
	if (location_put(e->location, &b, LOCATION_FIND_MAX, NULL) != TG_OK)
		log_event(e->ua.env.log, EV_BINDING_GONE, LOG_CAUSE("rule", SLICE("not-restored")),
		          LOG_STR("account", b.user), LOG_END);
}

void edge_binding_expired(void *ctx, const struct location_binding *b)
{
	struct edge *e = ctx;

	log_event(e->ua.env.log, EV_BINDING_GONE, LOG_CAUSE("rule", SLICE("expired")),
	          LOG_STR("account", b->user), LOG_STR("contact", b->contact), LOG_END);
	save(e, b, 0);
}
