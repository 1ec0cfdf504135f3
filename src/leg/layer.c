/* Half-calls as objects: found, stepped through the tables, and given back. */
#include "leg/act.h"

#include <assert.h>
#include <stdlib.h>

#define LEG_COOKIE_BIT ((uint64_t)1 << 63)

static const char *const call_names[] = {
#define X(name) #name,
	CALL_STATES(X)
#undef X
};

static const char *const offer_names[] = {
#define X(name) #name,
	OFFER_STATES(X)
#undef X
};

static const char *const event_names[] = {
	"NONE",
#define X(name) #name,
	LEG_EVENTS(X)
#undef X
};

const char *leg_call_state_name(unsigned state)
{
	return state < CALL_STATES_N ? call_names[state] : "?";
}

const char *leg_offer_state_name(unsigned state)
{
	return state < OFFER_STATES_N ? offer_names[state] : "?";
}

const char *leg_ev_name(enum leg_ev event)
{
	return event < LEG_EVS ? event_names[event] : "?";
}

struct leg_layer *leg_layer_new(const struct leg_conf *conf, uint64_t now_ms)
{
	struct leg_layer *l = calloc(1, sizeof(*l));
	uint32_t half = conf->legs_max / 2 + 1;
	struct tg_key key;

	if (l == NULL)
		return NULL;
	l->conf = *conf;
	l->now_ms = now_ms;
	tg_rng_bytes(conf->rng, &key, sizeof(key));
	l->pool = tg_pool_new("half-calls", sizeof(struct leg), conf->legs_max, conf->legs_reserve);
	l->medias = tg_pool_new("media", sizeof(struct leg_media), conf->legs_max,
	                        conf->legs_reserve);
	l->keeps = tg_pool_new("set-ups", sizeof(struct leg_keep), half,
	                       TG_MIN(conf->legs_reserve, half - 1));
	if (conf->trunks)
		l->saids = tg_pool_new("said to trunks", sizeof(struct leg_said), conf->legs_max,
		                       conf->legs_reserve);
	l->by_call = tg_table_new(conf->legs_max, &key);
	l->by_tag = tg_table_new(conf->legs_max, &key);
	l->wheel = tg_wheel_new(now_ms);
	if (l->pool != NULL && l->medias != NULL && l->keeps != NULL && l->by_call != NULL &&
	    (l->saids != NULL || !conf->trunks) &&
	    l->by_tag != NULL && l->wheel != NULL)
		return l;
	leg_layer_free(l);
	return NULL;
}

void leg_layer_free(struct leg_layer *l)
{
	if (l == NULL)
		return;
	tg_wheel_free(l->wheel);
	tg_table_free(l->by_tag);
	tg_table_free(l->by_call);
	tg_pool_free(l->keeps);
	tg_pool_free(l->saids);
	tg_pool_free(l->medias);
	tg_pool_free(l->pool);
	free(l);
}

size_t leg_bytes(void)
{
	return sizeof(struct leg);
}

/** The octets of an id that name it; padding is left out. */
static struct slice id_key(char mem[10], const struct link_leg *id)
{
	memcpy(mem, &id->call, 8);
	mem[8] = (char)id->side;
	mem[9] = (char)id->branch;
	return slice_of(mem, 10);
}

static bool id_eq(const struct link_leg *a, const struct link_leg *b)
{
	return a->call == b->call && a->side == b->side && a->branch == b->branch;
}

struct leg *leg_find(const struct leg_layer *l, const struct link_leg *id)
{
	char mem[10];
	uint64_t hash = tg_table_hash(l->by_call, id_key(mem, id));
	uint32_t at = 0, slot;

	while ((slot = tg_table_find(l->by_call, hash, &at)) != 0) {
		struct leg *g = tg_pool_at(l->pool, slot);

		assert(g != NULL);
		if (id_eq(&g->id, id))
			return g;
		if (at == 0)
			break;
	}
	return NULL;
}

struct leg *leg_take(struct leg_layer *l, const struct link_leg *id, bool reserve)
{
	struct leg *g;
	char mem[10];
	enum tg_err err;

	if (leg_find(l, id) != NULL)
		return NULL;
	g = reserve ? tg_pool_take_reserved(l->pool) : tg_pool_take(l->pool);
	if (g == NULL)
		return NULL;
	g->id = *id;
	g->is_a = id->side == LINK_A;
	g->emergency = reserve;
	g->trunk = -1;
	g->born_ms = l->now_ms;
	g->offer = OFFER_IDLE;
	if (g->is_a) {
		g->media = reserve ? tg_pool_take_reserved(l->medias) : tg_pool_take(l->medias);
		if (g->media == NULL) {
			tg_pool_give(l->pool, g);
			return NULL;
		}
	}
	err = tg_table_add(l->by_call, tg_table_hash(l->by_call, id_key(mem, id)),
	                   tg_pool_handle(l->pool, g).slot);
	assert(err == TG_OK); /* as large as the pool */
	return g;
}

static void give(struct leg_layer *l, struct leg *g)
{
	char mem[10];
	bool removed;

	tg_wheel_stop(l->wheel, &g->timer);
	tg_wheel_stop(l->wheel, &g->timer_max);
	tg_wheel_stop(l->wheel, &g->timer_session);
	txn_abandon(l->conf.txn, g->invite);
	txn_abandon(l->conf.txn, g->other);
	leg_keep_drop(l, g);
	leg_said_drop(l, g);
	tg_pool_give(l->medias, g->media);
	removed = tg_table_remove(l->by_call, tg_table_hash(l->by_call, id_key(mem, &g->id)),
	                          tg_pool_handle(l->pool, g).slot);
	assert(removed);
	if (g->adopted) {
		removed = tg_table_remove(l->by_tag,
		                          tg_table_hash(l->by_tag, leg_str(g, g->local_tag)),
		                          tg_pool_handle(l->pool, g).slot);
		assert(removed);
	}
	tg_pool_give(l->pool, g);
}

void leg_adopt(struct leg_layer *l, struct leg *g)
{
	enum tg_err err = tg_table_add(l->by_tag,
	                               tg_table_hash(l->by_tag, leg_str(g, g->local_tag)),
	                               tg_pool_handle(l->pool, g).slot);

	assert(err == TG_OK); /* as large as the pool */
	g->adopted = true;
}

void leg_drop(struct leg_layer *l, struct leg *g)
{
	give(l, g);
}

uint64_t leg_cookie(const struct leg_layer *l, const struct leg *g)
{
	struct tg_handle h = tg_pool_handle(l->pool, g);

	return LEG_COOKIE_BIT | (uint64_t)(h.gen & 0x7fffffff) << 32 | h.slot;
}

bool leg_owns(uint64_t cookie)
{
	return (cookie & LEG_COOKIE_BIT) != 0;
}

static struct leg *by_cookie(const struct leg_layer *l, uint64_t cookie)
{
	struct leg *g = tg_pool_at(l->pool, (uint32_t)cookie);

	return g != NULL && leg_cookie(l, g) == cookie ? g : NULL;
}

void leg_timer(struct leg_layer *l, struct leg *g, enum leg_ev event, uint64_t after_ms)
{
	tg_wheel_start(l->wheel, &g->timer, (uint16_t)event, l->now_ms + after_ms);
}

void leg_timer_stop(struct leg_layer *l, struct leg *g)
{
	tg_wheel_stop(l->wheel, &g->timer);
}

void leg_raise(struct leg_layer *l, enum leg_ev event)
{
	l->raised = (uint8_t)event;
}

/** Everything that a half-call holds outside is let go; A learns the relay's last figures. */
static void close_down(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	leg_timer_stop(l, g);
	tg_wheel_stop(l->wheel, &g->timer_max);
	tg_wheel_stop(l->wheel, &g->timer_session);
	leg_keep_drop(l, g);
	leg_said_drop(l, g);
	if (g->end_ms == 0)
		g->end_ms = l->now_ms;
	leg_tell_bill_end(l, g, in);
	if (g->bill == LEG_BILL_OWED)
		return; /* until the vault is back: leg_message() */
	if (g->saved)
		leg_tell_dialog(l, g, true);
	if (g->is_a && g->media->open) {
		leg_media_close(l, g);
		leg_timer(l, g, LEG_EV_TIMER_ASK, LEG_REPORT_MS);
	} else {
		leg_raise(l, LEG_EV_CLOSED);
	}
}

static void unexpected(struct leg_layer *l, const struct leg *g, enum leg_ev event)
{
	l->unexpected++;
	log_event(l->conf.log, EV_UNEXPECTED_STATE, LOG_CAUSE("machine", SLICE("half-call")),
	          LOG_STR("state", slice_str(leg_call_state_name(g->call))),
	          LOG_STR("input", slice_str(leg_ev_name(event))), LOG_END);
}

/** One event, one cell.  False when the half-call is gone. */
static bool step_once(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	const struct leg_cell *cell = &leg_offer_table[g->offer][in->event];
	bool offer = g->call == CALL_UP && cell->legal;

	if (!offer)
		cell = &leg_call_table[g->call][in->event];
	if (!cell->legal) {
		unexpected(l, g, in->event);
		return true;
	}
	if (cell->next != 0 && offer)
		g->offer = cell->next; /* here and below: the only places */
	else if (cell->next != 0)
		g->call = cell->next;
	if (cell->act != NULL)
		cell->act(l, g, in);
	if (offer || cell->next == 0)
		return true;
	if (g->call == CALL_CLOSING)
		close_down(l, g, in);
	if (g->call != CALL_DONE)
		return true;
	if (g->is_a)
		leg_tell_end(l, g);
	give(l, g);
	return false;
}

void leg_step(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	struct leg_in next = *in;

	/* an action raises at most one event, and each of those leads on: 4 is CLOSING and DONE */
	for (int i = 0; i < 4; i++) {
		l->raised = LEG_EV_NONE;
		if (!step_once(l, g, &next) || l->raised == LEG_EV_NONE)
			return;
		next.event = l->raised;
	}
	assert(false); /* a raised event raised without end */
}

static void step_event(struct leg_layer *l, struct leg *g, enum leg_ev event)
{
	leg_step(l, g, &(struct leg_in){ .event = event });
}

static struct leg *owner_of(struct tg_timer *t)
{
	switch (t->kind) {
	case LEG_EV_TIMER_MAX:
	case LEG_EV_TIMER_AGAIN:
	case LEG_EV_TIMER_PAID:
		return TG_CONTAINER(t, struct leg, timer_max);
	case LEG_EV_TIMER_REFRESH:
	case LEG_EV_TIMER_EXPIRED:
		return TG_CONTAINER(t, struct leg, timer_session);
	default:
		return TG_CONTAINER(t, struct leg, timer);
	}
}

void leg_tick(struct leg_layer *l, uint64_t now_ms)
{
	struct tg_timer *t;

	l->now_ms = now_ms;
	while ((t = tg_wheel_expire(l->wheel, now_ms)) != NULL) {
		step_event(l, owner_of(t), (enum leg_ev)t->kind);
	}
}

uint64_t leg_next_ms(const struct leg_layer *l)
{
	return tg_wheel_next_ms(l->wheel);
}

/* ---- transactions ---- */

static enum leg_ev response_event(const struct leg *g, const struct txn_event *ev)
{
	uint16_t status = ev->msg->status;
	uint32_t seconds;

	if (status < 200)
		return LEG_EV_RX_1XX;
	if (status < 300)
		return g->delayed && ev->txn.slot == g->invite.slot ? LEG_EV_RX_2XX_OFFER
		                                                     : LEG_EV_RX_2XX;
	if ((status == 401 || status == 407) && g->trunk >= 0 && g->sign_tries < LEG_SIGN_TRIES)
		return LEG_EV_RX_CHALLENGE;
	if (status == 422 && leg_session_longer(g, ev->msg, &seconds))
		return LEG_EV_RX_TOO_BRIEF;
	if (status == 481 || (status == 408 && g->confirmed))
		return LEG_EV_RX_DEAD;
	return LEG_EV_RX_FAIL;
}

static bool same(struct tg_handle a, struct tg_handle b)
{
	return a.slot == b.slot && a.gen == b.gen;
}

/** RFC 3261 §13.2.2.4: a 2xx of another fork than the one that is up is a call of its own. */
static bool is_fork(const struct leg *g, const struct txn_event *ev)
{
	return ev->kind == TXN_RESPONSE && g->confirmed && !g->is_a &&
	       ev->msg->status >= 200 && ev->msg->status < 300 && same(ev->txn, g->invite) &&
	       ev->msg->cseq.number == g->cseq_dialog &&
	       !slice_eq(ev->msg->to.tag, leg_str(g, g->remote_tag));
}

void leg_event(struct leg_layer *l, uint64_t now_ms, const struct txn_event *ev)
{
	struct leg *g = by_cookie(l, ev->owner);
	struct leg_in in = { .msg = ev->msg, .txn = ev->txn };

	l->now_ms = now_ms;
	if (g == NULL || (!same(ev->txn, g->invite) && !same(ev->txn, g->other)))
		return;
	if (is_fork(g, ev)) {
		leg_hang_up_stray(l, ev->msg, ev->flow, g->trunk);
		return;
	}
	switch (ev->kind) {
	case TXN_RESPONSE:
		/* the BYE is what counts once it is sent; an INVITE's answers come late */
		if (g->call == CALL_ENDING && same(ev->txn, g->invite)) {
			if (ev->msg->status >= 200 && ev->msg->status < 300)
				leg_b_ack_again(l, g, &in);
			return;
		}
		in.event = response_event(g, ev);
		break;
	case TXN_TIMEOUT:
	case TXN_SEND_FAILED:
		if (g->call == CALL_ENDING && same(ev->txn, g->invite))
			return;
		in.event = LEG_EV_TX_TIMEOUT;
		break;
	case TXN_UNACKED:
		in.event = LEG_EV_TIMER_ACK;
		break;
	case TXN_ENDED:
		return;
	}
	leg_step(l, g, &in);
}

/* ---- requests of our peer ---- */

bool leg_of_peer(const struct leg_layer *l, const struct leg *g, struct slice call_id,
                 const struct tg_flow *flow)
{
	if (!slice_eq(call_id, leg_str(g, g->call_id)) || flow->iface != g->flow.iface ||
	    flow->proto != g->flow.proto)
		return false;
	return tg_addr_ip_eq(&flow->remote, &g->flow.remote) ||
	       (l->conf.same_peer != NULL && l->conf.same_peer(l->conf.ctx, &g->flow, flow));
}

/** RFC 3261 §12.2.2, and C17: the dialog's ids and the address that it was made with. */
static struct leg *dialog_of(const struct leg_layer *l, const struct sip_message *req,
                             const struct tg_flow *flow)
{
	struct leg *g = leg_by_tag(l, req->to.tag);

	if (g == NULL || !slice_eq(req->from.tag, leg_str(g, g->remote_tag)) ||
	    !leg_of_peer(l, g, req->call_id, flow))
		return NULL;
	return g;
}

static void take_ack(struct leg_layer *l, struct leg *g, const struct sip_message *req)
{
	if (req->cseq.number != g->cseq_remote_invite)
		return;
	txn_server_acked(l->conf.txn, g->invite);
	leg_step(l, g, &(struct leg_in){ .event = LEG_EV_RX_ACK, .msg = req });
}

static void refuse_request(struct leg_layer *l, struct leg *g, const struct leg_in *in,
                           uint16_t status)
{
	leg_reply(l, g, in, status);
	txn_abandon(l->conf.txn, in->txn);
}

static void take_request(struct leg_layer *l, struct leg *g, struct leg_in *in)
{
	const struct sip_message *req = in->msg;

	if (req->cseq.number <= g->cseq_remote) { /* §12.2.2: out of order */
		refuse_request(l, g, in, 500);
		return;
	}
	g->cseq_remote = req->cseq.number;
	switch (req->method) {
	case SIP_BYE:
		in->event = LEG_EV_RX_BYE;
		leg_step(l, g, in);
		return;
	case SIP_INVITE:
		in->event = LEG_EV_RX_REINVITE;
		if (g->call == CALL_UP || g->call == CALL_ENDING || g->call == CALL_CLOSING)
			leg_step(l, g, in);
		else
			refuse_request(l, g, in, 500); /* §14.2: the first is not settled */
		return;
	case SIP_OPTIONS:
		refuse_request(l, g, in, 200);
		return;
	default:
		refuse_request(l, g, in, 405);
		return;
	}
}

bool leg_request(struct leg_layer *l, uint64_t now_ms, const struct sip_message *req,
                 const struct tg_flow *flow)
{
	struct leg *g = dialog_of(l, req, flow);
	struct leg_in in = { .msg = req };
	struct txn_server what;

	l->now_ms = now_ms;
	if (g == NULL)
		return false;
	if (req->method == SIP_ACK) {
		take_ack(l, g, req);
		return true;
	}
	what = (struct txn_server){ .owner = leg_cookie(l, g), .flow = *flow,
		                    .emergency = g->emergency };
	if (txn_server_new(l->conf.txn, req, &what, &in.txn) != TG_OK)
		return true; /* counted there; the peer sends it again */
	take_request(l, g, &in);
	return true;
}

void leg_cancel(struct leg_layer *l, uint64_t now_ms, const struct sip_message *req,
                const struct tg_flow *flow, const struct txn_ref *ref)
{
	struct leg *g = by_cookie(l, ref->owner);
	struct leg_in in = { .event = LEG_EV_RX_CANCEL, .msg = req };
	struct txn_server what = { .owner = ref->owner, .flow = *flow };

	l->now_ms = now_ms;
	if (g == NULL || txn_server_new(l->conf.txn, req, &what, &in.txn) != TG_OK)
		return;
	leg_reply(l, g, &in, 200);
	txn_abandon(l->conf.txn, in.txn);
	if (same(ref->txn, g->invite) && g->call != CALL_UP)
		leg_step(l, g, &in);
}

void leg_acked(struct leg_layer *l, uint64_t now_ms, const struct sip_message *req,
               const struct txn_ref *ref)
{
	struct leg *g = by_cookie(l, ref->owner);

	l->now_ms = now_ms;
	if (g != NULL)
		take_ack(l, g, req);
}

/* ---- the operator ---- */

enum tg_err leg_hangup(struct leg_layer *l, uint64_t now_ms, uint64_t call, struct slice rule)
{
	struct leg *g = leg_find(l, &(struct link_leg){ .call = call, .side = LINK_A });

	l->now_ms = now_ms;
	if (g == NULL)
		return TG_ENOENT;
	if (!leg_str_set(g, &g->rule, rule))
		g->rule.len = 0;
	step_event(l, g, LEG_EV_HANGUP);
	return TG_OK;
}

void leg_hangup_all(struct leg_layer *l, uint64_t now_ms, struct slice rule)
{
	uint32_t slot = 0;
	struct leg *g;

	l->now_ms = now_ms;
	while ((g = tg_pool_next(l->pool, slot + 1, &slot)) != NULL) {
		if (g->rule.len == 0 && !leg_str_set(g, &g->rule, rule))
			g->rule.len = 0;
		if (g->call < CALL_ENDING)
			step_event(l, g, LEG_EV_HANGUP);
	}
}

uint32_t leg_count(const struct leg_layer *l)
{
	struct tg_pool_stat stat;

	tg_pool_stat(l->pool, &stat);
	return stat.used;
}

static void list_one(const struct leg *g, uint64_t now_ms, struct buf *b)
{
	buf_fmt(b, "{\"call\":\"%016llx\",\"side\":\"%c\",\"state\":\"%s\",\"seconds\":%llu,",
	        (unsigned long long)g->id.call, g->is_a ? 'A' : 'B',
	        leg_call_state_name(g->call),
	        (unsigned long long)(g->up_ms != 0 ? (now_ms - g->up_ms) / 1000 : 0));
	buf_lit(b, "\"peer\":\"");
	tg_addr_write(b, &g->flow.remote);
	buf_lit(b, "\",\"remote\":");
	buf_json(b, leg_str(g, g->remote_uri));
	buf_lit(b, ",\"local\":");
	buf_json(b, leg_str(g, g->local_uri));
	buf_chr(b, '}');
}

void leg_list(const struct leg_layer *l, uint64_t now_ms, struct buf *b, uint32_t *from)
{
	uint32_t slot = *from;
	const struct leg *g;

	while ((g = tg_pool_next(l->pool, slot + 1, &slot)) != NULL) {
		size_t before = b->len;

		if (b->len > 0)
			buf_chr(b, ',');
		list_one(g, now_ms, b);
		if (b->full) {
			b->full = false;
			b->len = before;
			*from = slot - 1;
			return;
		}
	}
	*from = 0;
}
