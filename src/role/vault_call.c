/* The vault decides calls: grants before verdicts, one route after the other, one record each. */
#include "role/vault_priv.h"

#include <assert.h>

static struct slice key_of(const uint64_t *id)
{
	return slice_of(id, sizeof(*id));
}

struct vault_call *vault_call_find(const struct vault *v, uint64_t id)
{
	uint64_t hash = tg_table_hash(v->by_call, key_of(&id));
	uint32_t at = 0, value;

	while ((value = tg_table_find(v->by_call, hash, &at)) != 0) {
		struct vault_call *c = tg_pool_at(v->calls, value);

		assert(c != NULL);
		if (c->id == id)
			return c;
		if (at == 0)
			break;
	}
	return NULL;
}

void vault_call_forget(struct vault *v, struct vault_call *c)
{
	bool removed = tg_table_remove(v->by_call, tg_table_hash(v->by_call, key_of(&c->id)),
	                               tg_pool_handle(v->calls, c).slot);

	assert(removed);
	tg_wheel_stop(v->wheel, &c->timer);
	tg_pool_give(v->calls, c);
}

struct vault_call *vault_call_take(struct vault *v, uint64_t id, bool emergency)
{
	struct vault_call *c = emergency ? tg_pool_take_reserved(v->calls)
	                                 : tg_pool_take(v->calls);
	enum tg_err err;

	if (c == NULL)
		return NULL;
	c->id = id;
	err = tg_table_add(v->by_call, tg_table_hash(v->by_call, key_of(&id)),
	                   tg_pool_handle(v->calls, c).slot);
	assert(err == TG_OK); /* as large as the pool */
	return c;
}

static void reply_refusal(struct vault *v, const struct link_msg *msg, uint16_t status,
                          struct slice rule, enum link_auth auth)
{
	struct link_call_verdict *r = &v->out.verdict;

	link_msg_init(&v->out, LINK_CALL_VERDICT, msg->head.from);
	v->out.head.leg = msg->head.leg;
	r->auth = (uint8_t)auth;
	r->status = status;
	link_text_set(&r->rule, rule);
	vault_post(v);
}

/** The call is over; what its trunk's BYE needs is the dialog's (vault_keep.c). */
static void close_call(struct vault *v, struct vault_call *c)
{
	if (c->holds_trunk)
		v->trunk_calls[c->b_peer]--;
	c->holds_trunk = false;
	if (c->record.end_ms == 0)
		c->record.end_ms = vault_wall_ms(v);
	v->store.record(v->store.ctx, &c->record, true);
	vault_call_forget(v, c);
}

/* ---- where a call goes ---- */

/** The next trunk that may take the call; false when none is left. */
static bool next_trunk(struct vault *v, struct vault_call *c, uint16_t *trunk)
{
	while (c->next_route < v->routes->count) {
		uint16_t i = v->routes->trunk[c->next_route++];
		const struct role_trunk *t = &v->env.site->trunk[i];

		if (c->emergency || v->trunk_calls[i] < t->calls_max) {
			*trunk = i;
			return true;
		}
	}
	return false;
}

static struct slice caller_on_trunk(const struct vault *v, const struct vault_call *c,
                                    const struct role_trunk *t)
{
	const struct vault_user *u = tg_pool_at(v->accounts, c->account);

	if (c->a_party == LINK_PARTY_ACCOUNT && u != NULL && u->a.number_len > 0)
		return slice_of(u->a.number, u->a.number_len);
	if (c->a_party == LINK_PARTY_PBX && c->record.source.len > 0)
		/* the PBX is trusted to name its own numbers */
		return link_text(&c->record.source);
	return link_text(&t->user);
}

static uint16_t iface_of(const struct vault *v, const struct vault_call *c)
{
	const struct vault_user *u;
	uint32_t slot;

	switch (c->b_party) {
	case LINK_PARTY_TRUNK:
		return v->env.site->trunk[c->b_peer].iface;
	case LINK_PARTY_PBX:
		return v->env.site->pbx[c->b_peer].iface;
	default:
		u = vault_user_find(v, link_text(&c->to), &slot);
		return u != NULL ? u->iface : 0;
	}
}

static void fill_grant(struct vault *v, const struct vault_call *c, struct link_call_grant *g)
{
	g->party = c->b_party;
	g->emergency = c->emergency;
	g->peer = c->b_peer;
	g->asker = c->asker;
	g->max_s = v->env.site->call_max_s;
	g->iface = iface_of(v, c);
	g->to = c->to;
	g->name = c->record.name;
	if (c->b_party == LINK_PARTY_TRUNK) {
		link_text_set(&g->caller,
		              caller_on_trunk(v, c, &v->env.site->trunk[c->b_peer]));
		g->name.len = 0; /* names are the provider's to give */
	} else {
		g->caller = c->record.source;
	}
}

static void set_target(struct vault *v, struct vault_call *c)
{
	const struct role_site *site = v->env.site;

	c->target = (struct link_proc){ LINK_EDGE, 0 };
	if (c->b_party == LINK_PARTY_ACCOUNT) {
		c->target = role_edge_of(site, link_text(&c->to));
		c->record.b_peer = c->to;
	} else if (c->b_party == LINK_PARTY_PBX) {
		c->record.b_peer = site->pbx[c->b_peer].name;
	} else {
		c->target = (struct link_proc){ LINK_CARRIER, site->trunk[c->b_peer].carrier };
		c->record.b_peer = site->trunk[c->b_peer].name;
	}
}

/** Post the grant, and then the verdict: in this order, see link/msg.h. */
static void grant(struct vault *v, struct vault_call *c, const struct link_msg *msg)
{
	struct link_call_verdict *r = &v->out.verdict;

	c->branch++;
	c->signs = 0;
	set_target(v, c);
	link_msg_init(&v->out, LINK_CALL_GRANT, c->target);
	v->out.head.leg = (struct link_leg){ .call = c->id, .side = LINK_B, .branch = c->branch };
	fill_grant(v, c, &v->out.grant);
	vault_post(v);
	link_msg_init(&v->out, LINK_CALL_VERDICT, msg->head.from);
	v->out.head.leg = msg->head.leg;
	r->allow = 1;
	r->emergency = c->emergency;
	r->party = c->b_party;
	r->branch = c->branch;
	r->more = c->b_party == LINK_PARTY_TRUNK && c->next_route < v->routes->count &&
	          c->branch < VAULT_BRANCHES_MAX;
	r->target = c->target;
	r->iface = iface_of(v, c);
	r->account = c->account;
	r->max_s = v->env.site->call_max_s;
	r->rule = c->record.rule;
	vault_post(v);
	v->granted++;
}

/** Take the next trunk into the call.  False: none is free. */
static bool route(struct vault *v, struct vault_call *c)
{
	uint16_t trunk;

	if (c->b_party != LINK_PARTY_TRUNK)
		return true;
	if (c->holds_trunk)
		v->trunk_calls[c->b_peer]--;
	c->holds_trunk = false;
	if (!next_trunk(v, c, &trunk))
		return false;
	c->b_peer = trunk;
	c->holds_trunk = true;
	v->trunk_calls[trunk]++;
	return true;
}

/* ---- CALL_ASK ---- */

static void begin_record(struct vault *v, struct vault_call *c, const struct link_msg *msg,
                         const struct vault_account *a)
{
	const struct link_call_ask *ask = &msg->call_ask;
	struct vault_record *r = &c->record;

	r->call = c->id;
	r->start_ms = vault_wall_ms(v);
	r->a_party = c->a_party;
	r->source = ask->caller;
	r->dialled = ask->dialled;
	r->name = ask->name;
	r->from = ask->flow.remote;
	if (a != NULL) {
		link_text_set(&r->account, slice_of(a->user, a->user_len));
		r->source = r->account; /* an account calls as itself, whatever From says (C22) */
		r->a_peer = r->account;
	} else if (c->a_party == LINK_PARTY_PBX) {
		r->a_peer = v->env.site->pbx[c->a_peer].name;
	} else {
		r->a_peer = v->env.site->trunk[c->a_peer].name;
	}
}

/** The asker may only speak for peers that it meets: edges for PBXs, a trunk's carrier for it. */
static bool may_ask(const struct vault *v, const struct link_msg *msg)
{
	const struct link_call_ask *ask = &msg->call_ask;
	struct link_proc from = msg->head.from;

	switch (ask->party) {
	case LINK_PARTY_ACCOUNT:
		return from.role == LINK_EDGE;
	case LINK_PARTY_PBX:
		return from.role == LINK_EDGE && ask->peer < v->env.site->pbxs;
	case LINK_PARTY_TRUNK:
		return from.role == LINK_CARRIER && ask->peer < v->env.site->trunks &&
		       v->env.site->trunk[ask->peer].carrier == from.index;
	default:
		return false;
	}
}

static void decide(struct vault *v, const struct link_msg *msg, const struct vault_account *a,
                   struct policy_verdict *out)
{
	const struct link_call_ask *ask = &msg->call_ask;
	const struct policy_facts facts = {
		.party = ask->party,
		.peer = ask->peer,
		.source.allowed = a == NULL ||
			(a->networks & role_networks_of(v->env.site, &ask->flow)) != 0,
		.dialled_is_account = vault_account_find(v, link_text(&ask->dialled)) != NULL,
		.dialled = link_text(&ask->dialled),
	};

	static_assert((int)POLICY_ACCOUNT == (int)LINK_PARTY_ACCOUNT &&
	              (int)POLICY_PBX == (int)LINK_PARTY_PBX &&
	              (int)POLICY_TRUNK == (int)LINK_PARTY_TRUNK, "one numbering of parties");
	policy_decide(out, v->policy, &facts);
}

/** A refused call leaves a record too: what was tried matters as much as what went through. */
static void refuse(struct vault *v, struct vault_call *c, const struct link_msg *msg,
                   uint16_t status, struct slice rule)
{
	v->refused++;
	log_event(v->env.log, EV_CALL_REFUSED, LOG_CAUSE("rule", rule),
	          LOG_ADDR("from", &c->record.from),
	          LOG_STR("account", link_text(&c->record.account)),
	          LOG_STR("to", link_text(&c->record.dialled)), LOG_U64("status", status), LOG_END);
	link_text_set(&c->record.rule, rule);
	c->record.status = status;
	c->record.disposition = VAULT_FAILED;
	c->record.by = LINK_END_US;
	reply_refusal(v, msg, status, rule, LINK_AUTH_OK);
	close_call(v, c);
}

/** No record: the account never asked for this call. */
static void refuse_unproven(struct vault *v, const struct link_msg *msg)
{
	const struct link_call_ask *ask = &msg->call_ask;
	struct slice rule = SLICE("proof-for-another-request");

	v->wrong++;
	log_event(v->env.log, EV_CALL_REFUSED, LOG_CAUSE("rule", rule),
	          LOG_ADDR("from", &ask->flow.remote),
	          LOG_STR("account", link_text(&ask->digest.user)),
	          LOG_STR("to", link_text(&ask->dialled)), LOG_U64("status", 403), LOG_END);
	reply_refusal(v, msg, 403, rule, LINK_AUTH_OK);
}

void vault_call_ask(struct vault *v, const struct link_msg *msg)
{
	const struct link_call_ask *ask = &msg->call_ask;
	const struct vault_account *a = NULL;
	struct policy_verdict verdict;
	struct vault_call *c;
	uint32_t slot = 0;

	if (!may_ask(v, msg) || vault_call_find(v, msg->head.leg.call) != NULL) {
		reply_refusal(v, msg, 403, SLICE("not-yours-to-ask"), LINK_AUTH_OK);
		return;
	}
	if (ask->party == LINK_PARTY_ACCOUNT &&
	    vault_prove(v, &ask->digest, &a, &slot) != LINK_AUTH_OK) {
		v->wrong++;
		reply_refusal(v, msg, 401, SLICE("digest"), LINK_AUTH_WRONG);
		return;
	}
	if (a != NULL && !vault_proof_fits(&ask->digest, SLICE("INVITE"), &ask->dialled)) {
		refuse_unproven(v, msg);
		return;
	}
	decide(v, msg, a, &verdict);
	c = vault_call_take(v, msg->head.leg.call, verdict.emergency);
	if (c == NULL) {
		reply_refusal(v, msg, 503, SLICE("calls-full"), LINK_AUTH_OK);
		return;
	}
	c->asker = msg->head.from;
	c->a_party = ask->party;
	c->a_peer = ask->peer;
	c->account = slot;
	c->emergency = verdict.emergency;
	begin_record(v, c, msg, a);
	if (!verdict.allow) {
		refuse(v, c, msg, verdict.status, verdict.rule);
		return;
	}
	c->b_party = c->record.b_party = verdict.party;
	c->b_peer = verdict.peer;
	c->record.emergency = verdict.emergency;
	link_text_set(&c->to, verdict.to);
	link_text_set(&c->record.rule, verdict.rule);
	if (!route(v, c)) {
		refuse(v, c, msg, 503, SLICE("trunks-full"));
		return;
	}
	grant(v, c, msg);
	v->store.record(v->store.ctx, &c->record, false);
}

void vault_call_next(struct vault *v, const struct link_msg *msg)
{
	struct vault_call *c = vault_call_find(v, msg->head.leg.call);

	if (c == NULL || c->asker.role != msg->head.from.role ||
	    c->asker.index != msg->head.from.index || c->branch >= VAULT_BRANCHES_MAX ||
	    c->record.answer_ms != 0) {
		reply_refusal(v, msg, 503, SLICE("no-call"), LINK_AUTH_OK);
		return;
	}
	log_event(v->env.log, EV_TRUNK_FAILOVER, LOG_STR("trunk", link_text(&c->record.b_peer)),
	          LOG_U64("status", msg->call_next.status), LOG_END);
	if (!route(v, c)) {
		reply_refusal(v, msg, msg->call_next.status >= 400 ? msg->call_next.status : 503,
		              SLICE("no-route-left"), LINK_AUTH_OK);
		return;
	}
	grant(v, c, msg);
}

/* ---- what becomes of it ---- */

/** The call that is up and that the sender asked for; NULL: refused before, ended, or another's. */
static struct vault_call *own_call(struct vault *v, const struct link_msg *msg)
{
	struct vault_call *c = vault_call_find(v, msg->head.leg.call);

	if (c == NULL)
		return NULL;
	vault_call_claim(v, c, msg->head.from);
	return c->asker.role == msg->head.from.role && c->asker.index == msg->head.from.index
		? c : NULL;
}

void vault_call_answered(struct vault *v, const struct link_msg *msg)
{
	struct vault_call *c = own_call(v, msg);

	if (c == NULL)
		return;
	c->branch = msg->answered.branch; /* said again after our restart */
	if (c->record.answer_ms != 0)
		return;
	c->record.answer_ms = vault_wall_ms(v);
	v->store.record(v->store.ctx, &c->record, false); /* a crash must not make it a free call */
}

static uint8_t disposition_of(uint16_t status)
{
	switch (status) {
	case 200:
		return VAULT_ANSWERED;
	case 486:
	case 600:
		return VAULT_BUSY;
	case 408:
	case 480:
	case 487:
		return VAULT_NO_ANSWER;
	default:
		return VAULT_FAILED;
	}
}

/** Packets of one side lost on their way to us, per million. */
static uint64_t loss_ppm(const struct link_media_stat *m)
{
	return m->packets + m->lost > 0 ? m->lost * 1000000 / (m->packets + m->lost) : 0;
}

void vault_call_end(struct vault *v, const struct link_msg *msg)
{
	const struct link_call_end *e = &msg->call_end;
	struct vault_call *c = own_call(v, msg);
	struct vault_record *r;

	if (c == NULL)
		return; /* refused before, or ended by the death of its process */
	r = &c->record;
	r->talk_ms = e->talk_ms;
	r->ring_ms = e->ring_ms;
	r->status = e->status;
	r->cause = (uint16_t)e->cause;
	r->by = e->by;
	r->disposition = disposition_of(e->status);
	if (e->rule.len > 0)
		r->rule = e->rule;
	memcpy(r->media, e->media, sizeof(r->media));
	log_event(v->env.log, EV_CALL_ENDED, LOG_U64("call", c->id),
	          LOG_STR("rule", link_text(&r->rule)), LOG_ADDR("from", &r->from),
	          LOG_STR("account", link_text(&r->account)),
	          LOG_STR("to", link_text(&r->dialled)), LOG_STR("peer", link_text(&r->b_peer)),
	          LOG_U64("status", r->status), LOG_U64("talk_ms", r->talk_ms),
	          LOG_U64("loss_ppm", loss_ppm(&r->media[LINK_A])),
	          LOG_U64("jitter_us", r->media[LINK_A].jitter_us), LOG_END);
	close_call(v, c);
}

void vault_calls_lost(struct vault *v, struct link_proc dead)
{
	uint32_t slot = 0;
	struct vault_call *c;

	while ((c = tg_pool_next(v->calls, slot + 1, &slot)) != NULL) {
		if (c->asker.role != dead.role || c->asker.index != dead.index)
			continue;
		if (c->record.answer_ms != 0)
			c->record.talk_ms =
				(uint32_t)(vault_wall_ms(v) - c->record.answer_ms);
		c->record.status = c->record.answer_ms != 0 ? 200 : 503;
		c->record.disposition = disposition_of(c->record.status);
		c->record.by = LINK_END_US;
		link_text_set(&c->record.rule, SLICE("process-lost"));
		close_call(v, c);
	}
}
