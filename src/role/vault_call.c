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

/** To the half-call A of a call that is known. */
static void tell_refusal(struct vault *v, const struct vault_call *c, uint16_t status,
                         struct slice rule)
{
	struct link_call_verdict *r = &v->out.verdict;

	link_msg_init(&v->out, LINK_CALL_VERDICT, c->asker);
	v->out.head.leg = (struct link_leg){ .call = c->id, .side = LINK_A };
	r->status = status;
	link_text_set(&r->rule, rule);
	vault_post(v);
}

static void write_record(struct vault *v, const struct vault_call *c, bool over)
{
	const struct vault_change change = { .leg = { .call = c->id }, .record = &c->record,
		                             .over = over };

	(void)v->store.change(v->store.ctx, &change);
}

void vault_call_write(struct vault *v, const struct vault_call *c)
{
	write_record(v, c, false);
}

void vault_call_close(struct vault *v, struct vault_call *c)
{
	assert(c->attempt == 0);
	if (!c->written)
		write_record(v, c, true);
	vault_call_forget(v, c);
}

/** The call is over for the caller; what its trunk's BYE needs is the dialog's (vault_keep.c). */
static void end_call(struct vault *v, struct vault_call *c)
{
	struct vault_attempt *last = tg_pool_at(v->attempts, c->attempt);

	if (c->holds_trunk)
		v->trunk_calls[c->b_peer]--;
	c->holds_trunk = false;
	if (c->record.end_ms == 0)
		c->record.end_ms = vault_wall_ms(v);
	c->over = true;
	if (last == NULL)
		vault_call_close(v, c);
	else if (last->state == VAULT_HELD)
		vault_attempt_undo(v, last);
}

/* ---- where a call goes ---- */

static struct slice caller_on_trunk(const struct vault_call *c, const struct role_trunk *t)
{
	if (c->caller.len > 0)
		return link_text(&c->caller);
	return t->caller.len > 0 ? link_text(&t->caller) : link_text(&t->user);
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
		              caller_on_trunk(c, &v->env.site->trunk[c->b_peer]));
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

static uint32_t longest_s(const struct vault *v, const struct vault_attempt *a)
{
	uint32_t max_s = v->env.site->call_max_s;

	return a != NULL && a->longest_s != 0 ? TG_MIN(max_s, a->longest_s) : max_s;
}

/** Post the grant, and then the verdict: in this order, see link/msg.h. */
void vault_call_grant(struct vault *v, struct vault_call *c, const struct vault_attempt *a)
{
	struct link_call_verdict *r = &v->out.verdict;

	c->branch = a != NULL ? a->leg.branch : (uint8_t)(c->branch + 1);
	c->signs = 0;
	set_target(v, c);
	link_msg_init(&v->out, LINK_CALL_GRANT, c->target);
	v->out.head.leg = (struct link_leg){ .call = c->id, .side = LINK_B, .branch = c->branch };
	fill_grant(v, c, &v->out.grant);
	v->out.grant.max_s = longest_s(v, a);
	v->out.grant.paid_ms = a != NULL ? vault_attempt_cut_ms(a) : 0;
	vault_post(v);
	if (c->emergency)
		vault_book_emergency(v, c, link_text(&v->out.grant.caller));
	link_msg_init(&v->out, LINK_CALL_VERDICT, c->asker);
	v->out.head.leg = (struct link_leg){ .call = c->id, .side = LINK_A };
	r->allow = 1;
	r->emergency = c->emergency;
	r->party = c->b_party;
	r->branch = c->branch;
	r->more = c->b_party == LINK_PARTY_TRUNK && c->next_route < v->routes->count &&
	          c->branch < VAULT_BRANCHES_MAX;
	r->target = c->target;
	r->iface = iface_of(v, c);
	r->account = c->account;
	r->max_s = longest_s(v, a);
	r->rule = c->record.rule;
	vault_post(v);
	v->granted++;
}

/* ---- which trunk, and whether the money is there ---- */

/** What stopped the search for a trunk. */
struct obstacle {
	uint16_t status;
	struct slice rule;
};

void vault_tell_limit(struct vault *v, uint64_t call, const struct ledger_block *block)
{
	const struct vault_call *c = vault_call_find(v, call);
	char mem[256];
	struct buf b = buf_on(mem, sizeof(mem));

	judge_block_write(&b, v->judge, block);
	log_event(v->env.log, EV_LIMIT_MET, LOG_CAUSE("rule", judge_block_rule(block)),
	          LOG_U64("call", call), LOG_STR("account", link_text(&c->record.account)),
	          LOG_STR("to", link_text(&c->record.dialled)), LOG_STR("ledger", buf_slice(&b)),
	          LOG_END);
}

/** True when another trunk may do what this one did not. */
static bool try_hold(struct vault *v, struct vault_call *c, struct judge_attempt *a,
                     struct obstacle *why)
{
	enum tg_err err = judge_hold(v->judge, judge_time(v->judge, v->now_ms, vault_wall_ms(v)),
	                             &c->way, a, &why->rule);
	const struct ledger_block *block = &a->answer.block;

	why->status = 0;
	if (err == TG_OK)
		return false;
	why->status = 403;
	if (err != TG_ELIMIT)
		return true;
	vault_tell_limit(v, c->id, block);
	if (block->what == LEDGER_LIMIT_FULL)
		why->status = 503;
	return block->ledger != 0 &&
	       block->ledger == ledger_find(judge_ledger(v->judge), LEDGER_TRUNK,
	                                    link_text(&v->env.site->trunk[a->trunk].name));
}

/** The next trunk that has a place and whose cost is held. */
static bool next_trunk(struct vault *v, struct vault_call *c, struct judge_attempt *a,
                       struct obstacle *why)
{
	*why = (struct obstacle){ 503, SLICE("trunks-full") };
	while (c->next_route < v->routes->count) {
		uint16_t i = v->routes->trunk[c->next_route++];

		if (v->carrier_down[v->env.site->trunk[i].carrier]) {
			*why = (struct obstacle){ 503, SLICE("process-lost") };
			continue;
		}
		if (v->trunk_calls[i] >= v->env.site->trunk[i].calls_max) {
			if (!c->emergency)
				continue;
			vault_give_way(v, i);
		}
		*a = (struct judge_attempt){ .trunk = i, .again = c->tried, .call = c->id,
			                     .dialled = link_text(&c->record.dialled) };
		if (!try_hold(v, c, a, why))
			return why->status == 0;
	}
	return false;
}

static void note_price(struct vault_call *c, const struct judge_attempt *a)
{
	struct vault_record *r = &c->record;

	c->b_peer = a->trunk;
	link_text_set(&c->to, slice_of(a->sent, a->sent_len));
	r->sent = c->to;
	r->tariff = a->tariff;
	r->price_source = a->price_source;
}

/** Hold on disk first, then the grant; without a hold the grant at once. */
static bool begin_attempt(struct vault *v, struct vault_call *c, const struct judge_attempt *from,
                          struct obstacle *why)
{
	struct vault_attempt *a;

	if (!from->metered) {
		vault_call_grant(v, c, NULL);
		return true;
	}
	a = vault_attempt_new(v, c, from);
	if (a == NULL) {
		enum tg_err err = ledger_release(judge_ledger(v->judge),
		                                 judge_time(v->judge, v->now_ms,
		                                            vault_wall_ms(v)),
		                                 from->answer.hold);

		assert(err == TG_OK);
		*why = (struct obstacle){ 503, SLICE("calls-full") };
		return false;
	}
	if (vault_attempt_write(v, c, a, from))
		return true;
	*why = (struct obstacle){ 503, SLICE("disk-failed") };
	vault_attempt_undo(v, a);
	return false;
}

/** Take the next trunk into the call.  False: none is free, or the money is not there. */
static bool route(struct vault *v, struct vault_call *c, struct obstacle *why)
{
	struct judge_attempt a;

	if (c->b_party != LINK_PARTY_TRUNK) {
		vault_call_grant(v, c, NULL);
		return true;
	}
	if (c->holds_trunk)
		v->trunk_calls[c->b_peer]--;
	c->holds_trunk = false;
	if (!next_trunk(v, c, &a, why))
		return false;
	note_price(c, &a);
	set_target(v, c); /* the record that is on disk before the INVITE knows its trunk */
	if (!begin_attempt(v, c, &a, why))
		return false;
	c->tried = true;
	c->holds_trunk = true;
	v->trunk_calls[c->b_peer]++;
	return true;
}

/* ---- CALL_ASK ---- */

/** The extension that a PBX says is calling: it narrows what the PBX may do (attribution). */
static const struct vault_account *named_by_pbx(const struct vault *v,
                                                const struct link_call_ask *ask)
{
	return ask->party == LINK_PARTY_PBX ? vault_account_find(v, link_text(&ask->caller))
	                                    : NULL;
}

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
		if (named_by_pbx(v, ask) != NULL)
			r->account = ask->caller;
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

/**
 * What the rules may know of where an account calls from.  PBX and trunk are known by their
 * address.
 */
static struct policy_source source_of(const struct vault *v, const struct vault_account *a,
                                      const struct tg_flow *flow)
{
	struct policy_source s = { .allowed = true };
	uint64_t networks;

	if (a == NULL)
		return s;
	networks = a->networks & role_networks_of(v->env.site, flow);
	s.allowed = networks != 0;
	s.everywhere = role_is_everywhere(v->env.site, networks);
	s.tls = flow->proto == TG_PROTO_TLS;
	if (s.everywhere && v->given.country != NULL)
		s.country = v->given.country(v->given.ctx, &flow->remote);
	return s;
}

static void decide(struct vault *v, const struct link_msg *msg, const struct vault_account *a,
                   struct judge_case *out)
{
	const struct link_call_ask *ask = &msg->call_ask;
	const struct vault_account *who = a != NULL ? a : named_by_pbx(v, ask);
	struct judge_ask judge = {
		.party = ask->party,
		.peer = ask->peer,
		.source = source_of(v, a, &ask->flow),
		.dialled_is_account = vault_account_find(v, link_text(&ask->dialled)) != NULL,
		.dialled = link_text(&ask->dialled),
		.claimed = link_text(&ask->caller),
		.account.group = POLICY_NONE,
	};

	static_assert((int)POLICY_ACCOUNT == (int)LINK_PARTY_ACCOUNT &&
	              (int)POLICY_PBX == (int)LINK_PARTY_PBX &&
	              (int)POLICY_TRUNK == (int)LINK_PARTY_TRUNK, "one numbering of parties");
	if (who != NULL) {
		judge.account = (struct policy_account){
			.name = slice_of(who->user, who->user_len),
			.numbers = slice_of(who->number, who->number_len),
			.group = TG_CONTAINER(who, struct vault_user, a)->group,
			.tls_only = who->tls_only,
		};
	}
	if (ask->party == LINK_PARTY_PBX)
		judge.peer_name = link_text(&v->env.site->pbx[ask->peer].name);
	judge_call(v->judge, judge_time(v->judge, v->now_ms, vault_wall_ms(v)), &judge, out);
}

/** What the attempts need of the verdict, and what the record says of it. */
static void note_verdict(struct vault *v, struct vault_call *c, const struct judge_case *what)
{
	const struct policy_verdict *verdict = &what->verdict;
	struct buf number = buf_on(c->record.number.s, sizeof(c->record.number.s));

	c->way = what->route;
	c->emergency = verdict->emergency;
	c->record.emergency = verdict->emergency;
	c->record.class = what->route.class;
	c->record.price_source = what->price_source;
	if (what->route.number.len > 0)
		number_write(&number, &what->route.number);
	c->record.number.len = (uint8_t)number.len;
	link_text_set(&c->record.rule, verdict->rule);
	if (!verdict->allow)
		return;
	c->b_party = c->record.b_party = verdict->party;
	c->b_peer = verdict->peer;
	link_text_set(&c->to, verdict->to);
	link_text_set(&c->caller, verdict->caller);
	if (verdict->first_use)
		log_event(v->env.log, EV_FIRST_USE,
		          LOG_STR("account", link_text(&c->record.account)),
		          LOG_STR("peer", link_text(&c->record.a_peer)),
		          LOG_STR("class", slice_str(number_class_name(what->route.class))),
		          LOG_U64("call", c->id), LOG_STR("to", link_text(&c->record.dialled)),
		          LOG_END);
}

/** A refused call leaves a record too: what was tried matters as much as what went through. */
static void refuse(struct vault *v, struct vault_call *c, uint16_t status, struct slice rule)
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
	tell_refusal(v, c, status, rule);
	end_call(v, c);
}

void vault_call_unpaid(struct vault *v, struct vault_call *c, struct slice rule)
{
	refuse(v, c, 503, rule);
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
	struct judge_case *what = &v->judged;
	struct obstacle why;
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
	decide(v, msg, a, what);
	c = vault_call_take(v, msg->head.leg.call, what->verdict.emergency);
	if (c == NULL) {
		reply_refusal(v, msg, 503, SLICE("calls-full"), LINK_AUTH_OK);
		return;
	}
	c->asker = msg->head.from;
	c->a_party = ask->party;
	c->a_peer = ask->peer;
	c->account = slot;
	begin_record(v, c, msg, a);
	note_verdict(v, c, what);
	if (!what->verdict.allow)
		refuse(v, c, what->verdict.status, what->verdict.rule);
	else if (!route(v, c, &why))
		refuse(v, c, why.status, why.rule);
	else if (c->attempt == 0)
		vault_call_write(v, c);
}

/**
 * Its last attempt is not granted yet, or is up: no half-call A asks for the next one then, but an
 * edge that was taken over might.
 */
static bool is_busy(const struct vault *v, const struct vault_call *c)
{
	const struct vault_attempt *last = tg_pool_at(v->attempts, c->attempt);

	return last != NULL && (last->state == VAULT_HELD || last->state == VAULT_UP);
}

void vault_call_next(struct vault *v, const struct link_msg *msg)
{
	struct vault_call *c = vault_call_find(v, msg->head.leg.call);
	struct obstacle why;

	if (c == NULL || c->over || c->asker.role != msg->head.from.role ||
	    c->asker.index != msg->head.from.index || c->branch >= VAULT_BRANCHES_MAX ||
	    c->record.answer_ms != 0 || is_busy(v, c)) {
		reply_refusal(v, msg, 503, SLICE("no-call"), LINK_AUTH_OK);
		return;
	}
	log_event(v->env.log, EV_TRUNK_FAILOVER, LOG_STR("trunk", link_text(&c->record.b_peer)),
	          LOG_U64("status", msg->call_next.status), LOG_END);
	if (!route(v, c, &why))
		tell_refusal(v, c, msg->call_next.status >= 400 ? msg->call_next.status : 503,
		             SLICE("no-route-left"));
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
	vault_call_write(v, c); /* a crash must not make it a free call */
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

	if (c == NULL || c->over)
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
	end_call(v, c);
}

void vault_calls_lost(struct vault *v, struct link_proc dead)
{
	uint32_t slot = 0;
	struct vault_call *c;

	while ((c = tg_pool_next(v->calls, slot + 1, &slot)) != NULL) {
		if (c->over || c->asker.role != dead.role || c->asker.index != dead.index)
			continue;
		if (c->record.answer_ms != 0)
			c->record.talk_ms =
				(uint32_t)(vault_wall_ms(v) - c->record.answer_ms);
		c->record.status = c->record.answer_ms != 0 ? 200 : 503;
		c->record.disposition = disposition_of(c->record.status);
		c->record.by = LINK_END_US;
		link_text_set(&c->record.rule, SLICE("process-lost"));
		end_call(v, c);
	}
}
