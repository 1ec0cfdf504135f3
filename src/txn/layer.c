/*
 * The layer: owns the transactions, runs what their machines ask for, tells their owners.
 *
 * An event to the owner is always the last effect of an input, and after it the transaction is
 * looked up anew by its handle: the owner may have ended it, or begun others.
 */
#include "txn/layer_priv.h"

#include <stdlib.h>

static const struct txn_table *const tables[TXN_KINDS] = {
	[TXN_ICT] = &txn_ict,
	[TXN_NICT] = &txn_nict,
	[TXN_IST] = &txn_ist,
	[TXN_NIST] = &txn_nist,
};

struct txn_layer *txn_layer_new(const struct txn_conf *conf, uint64_t now_ms)
{
	struct txn_layer *layer = calloc(1, sizeof(*layer));
	struct tg_key key;
	enum tg_err err;

	if (layer == NULL)
		return NULL;
	layer->conf = *conf;
	layer->now_ms = now_ms;
	tg_rng_bytes(conf->rng, &layer->call_key, sizeof(layer->call_key));
	tg_rng_bytes(conf->rng, &key, sizeof(key));
	layer->pool = tg_pool_new("txn", sizeof(struct txn), conf->cap, conf->reserve);
	layer->wheel = tg_wheel_new(now_ms);
	layer->table = tg_table_new(conf->cap, &key);
	err = txn_copies_init(&layer->copies, conf->cap, conf->reserve);
	if (err != TG_OK || layer->pool == NULL || layer->wheel == NULL || layer->table == NULL) {
		txn_layer_free(layer);
		return NULL;
	}
	return layer;
}

void txn_layer_free(struct txn_layer *layer)
{
	if (layer == NULL)
		return;
	txn_copies_fini(&layer->copies);
	tg_table_free(layer->table);
	tg_wheel_free(layer->wheel);
	tg_pool_free(layer->pool);
	free(layer);
}

struct txn *txn_take(struct txn_layer *layer, enum txn_kind kind, const struct tg_flow *flow,
                     bool emergency)
{
	struct txn *t = emergency ? tg_pool_take_reserved(layer->pool) : tg_pool_take(layer->pool);

	if (t == NULL) {
		log_event(layer->conf.log, EV_POOL_FULL, LOG_CAUSE("pool", SLICE("txn")),
		          LOG_U64("cap", layer->conf.cap), LOG_END);
		return NULL;
	}
	t->kind = (uint8_t)kind;
	t->flow = *flow;
	t->emergency = emergency;
	t->machine.reliable = flow->proto != TG_PROTO_UDP;
	layer->stat.begun[kind]++;
	return t;
}

void txn_give(struct txn_layer *layer, struct txn *t)
{
	tg_wheel_stop(layer->wheel, &t->resend);
	tg_wheel_stop(layer->wheel, &t->life);
	txn_copy_drop(&layer->copies, &t->copy);
	if (t->kind == TXN_IST || t->kind == TXN_NIST)
		tg_table_remove(layer->table, t->id, tg_pool_handle(layer->pool, t).slot);
	tg_pool_give(layer->pool, t);
}

struct txn *txn_at(const struct txn_layer *layer, struct tg_handle handle)
{
	struct txn *t = tg_pool_find(layer->pool, handle);

	return t != NULL && !txn_machine_over(tables[t->kind], &t->machine) ? t : NULL;
}

bool txn_takes(const struct txn *t, enum txn_input event)
{
	return tables[t->kind]->cells[t->machine.state][event].legal;
}

bool txn_same_peer(const struct txn_layer *layer, const struct tg_flow *with,
                   const struct tg_flow *came)
{
	if (layer->conf.same_peer != NULL)
		return layer->conf.same_peer(layer->conf.ctx, with, came);
	return with->iface == came->iface && with->proto == came->proto &&
	       tg_addr_ip_eq(&with->remote, &came->remote);
}

static void tell(struct txn_layer *layer, const struct txn *t, enum txn_event_kind kind,
                 const struct txn_io *io)
{
	struct txn_event event = {
		.kind = kind,
		.txn = tg_pool_handle(layer->pool, t),
		.owner = t->owner,
		.msg = kind == TXN_RESPONSE ? io->msg : NULL,
		.flow = kind == TXN_RESPONSE ? io->flow : NULL,
	};

	if (!t->gone)
		layer->conf.event(layer->conf.ctx, &event);
}

static void send_copy(struct txn_layer *layer, const struct txn *t)
{
	struct buf b;

	if (t->copy.mem == NULL)
		return; /* nothing said yet, or there was no buffer for it */
	b = layer->conf.net.begin(layer->conf.net.ctx, &t->flow);
	buf_put(&b, slice_of(t->copy.mem, t->copy.len));
	layer->conf.net.end(layer->conf.net.ctx, &b);
}

void txn_keep(struct txn_layer *layer, struct txn *t, struct slice text)
{
	if (txn_copy_set(&layer->copies, &t->copy, text, t->emergency) == TG_OK)
		return;
	layer->stat.buffer_full++;
	txn_copy_drop(&layer->copies, &t->copy);
}

static void send_ack(struct txn_layer *layer, struct txn *t, const struct sip_message *refusal)
{
	struct buf b = layer->conf.net.begin(layer->conf.net.ctx, &t->flow);
	enum tg_err err = txn_request_write(&b, &layer->scratch,
	                                    slice_of(t->copy.mem, t->copy.len), refusal);

	if (err == TG_OK && !b.full)
		txn_keep(layer, t, buf_slice(&b));
	else
		b.len = 0; /* an INVITE that we cannot read again: dropped and counted by net */
	layer->conf.net.end(layer->conf.net.ctx, &b);
}

/* The CANCEL is a transaction of its own without an owner; without a slot it is sent just once. */
static void send_cancel(struct txn_layer *layer, struct txn *t)
{
	struct buf b = layer->conf.net.begin(layer->conf.net.ctx, &t->flow);
	enum tg_err err = txn_request_write(&b, &layer->scratch,
	                                    slice_of(t->copy.mem, t->copy.len), NULL);
	struct txn *c = NULL;

	if (err == TG_OK && !b.full)
		c = txn_take(layer, TXN_NICT, &t->flow, t->emergency);
	else
		b.len = 0;
	if (c == NULL) {
		layer->conf.net.end(layer->conf.net.ctx, &b);
		return;
	}
	c->method = SIP_CANCEL;
	c->cseq = t->cseq;
	c->call = t->call;
	c->gone = true;
	t->cancel = tg_pool_handle(layer->pool, c);
	txn_keep(layer, c, buf_slice(&b));
	txn_feed(layer, c, EV_TU_BEGIN, &(struct txn_io){ .datagram = &b });
}

/* It stays, to absorb its response. */
static void quiet_cancel(struct txn_layer *layer, struct txn *t)
{
	struct txn *cancel = tg_pool_find(layer->pool, t->cancel);

	if (cancel == NULL)
		return;
	tg_wheel_stop(layer->wheel, &cancel->resend);
	txn_copy_drop(&layer->copies, &cancel->copy);
}

static void start(struct txn_layer *layer, struct txn *t, const struct txn_effect *e)
{
	tg_wheel_start(layer->wheel, txn_timer_resends(e->timer) ? &t->resend : &t->life,
	               (uint16_t)e->timer, layer->now_ms + e->ms);
}

static void apply(struct txn_layer *layer, struct txn *t, const struct txn_effect *e,
                  struct txn_io *io)
{
	switch (e->fx) {
	case FX_SEND:
		layer->stat.resent += t->copy.mem != NULL;
		send_copy(layer, t);
		break;
	case FX_SEND_NEW:
		layer->conf.net.end(layer->conf.net.ctx, io->datagram);
		break;
	case FX_SEND_ACK:
		send_ack(layer, t, io->msg);
		break;
	case FX_SEND_CANCEL:
		send_cancel(layer, t);
		break;
	case FX_QUIET_CANCEL:
		quiet_cancel(layer, t);
		break;
	case FX_DROP_COPY:
		txn_copy_drop(&layer->copies, &t->copy);
		break;
	case FX_START:
		start(layer, t, e);
		break;
	case FX_STOP:
		tg_wheel_stop(layer->wheel, txn_timer_resends(e->timer) ? &t->resend : &t->life);
		break;
	case FX_PASS:
		tell(layer, t, TXN_RESPONSE, io);
		break;
	case FX_PASS_ACK:
		io->acked = !t->gone;
		break;
	case FX_CAPPED:
		layer->stat.capped++;
		break;
	case FX_TIMEOUT:
		layer->stat.timeouts++;
		tell(layer, t, TXN_TIMEOUT, io);
		break;
	case FX_FAILED:
		tell(layer, t, TXN_SEND_FAILED, io);
		break;
	case FX_UNACKED:
		layer->stat.timeouts++;
		tell(layer, t, TXN_UNACKED, io);
		break;
	case FX_COUNT_TIMEOUT:
		layer->stat.timeouts++;
		break;
	}
}

static void end(struct txn_layer *layer, struct txn *t)
{
	struct txn_event event = {
		.kind = TXN_ENDED, .txn = tg_pool_handle(layer->pool, t), .owner = t->owner,
	};
	bool gone = t->gone;
	/* OURS: the INVITE has its end, so its CANCEL has done what it can. */
	struct txn *cancel = tg_pool_find(layer->pool, t->cancel);

	if (cancel != NULL)
		txn_give(layer, cancel);
	txn_give(layer, t);
	if (!gone)
		layer->conf.event(layer->conf.ctx, &event);
}

static void log_step(struct txn_layer *layer, const struct txn_table *table,
                     const struct txn_out *out, enum txn_input event)
{
	struct slice machine = slice_str(table->name), old = slice_str(table->states[out->old]);
	struct slice input = slice_str(txn_input_name(event));

	if (out->unexpected) {
		layer->stat.unexpected++;
		log_event(layer->conf.log, EV_UNEXPECTED_STATE, LOG_CAUSE("machine", machine),
		          LOG_STR("state", old), LOG_STR("input", input), LOG_END);
	} else if (out->old != out->now) {
		log_event(layer->conf.log, EV_STATE_MOVED, LOG_STR("machine", machine),
		          LOG_STR("old", old), LOG_STR("input", input),
		          LOG_STR("new", slice_str(table->states[out->now])), LOG_END);
	}
}

void txn_feed(struct txn_layer *layer, struct txn *t, enum txn_input event, struct txn_io *io)
{
	const struct txn_table *table = tables[t->kind];
	struct tg_handle handle = tg_pool_handle(layer->pool, t);
	struct txn_in in = { .event = event };
	struct txn_io nothing = { 0 };
	struct txn_out out;

	if (io == NULL)
		io = &nothing;
	if (event == EV_RX_2XX && io->msg != NULL)
		in.to_tag = (uint32_t)tg_siphash(&layer->call_key, io->msg->to.tag);
	txn_machine_input(table, &t->machine, &in, &out);
	log_step(layer, table, &out, event);
	for (uint8_t i = 0; i < out.count && tg_pool_find(layer->pool, handle) == t; i++)
		apply(layer, t, &out.list[i], io);
	if (out.old != out.now && tg_pool_find(layer->pool, handle) == t &&
	    txn_machine_over(table, &t->machine))
		end(layer, t);
}

void txn_set_time(struct txn_layer *layer, uint64_t now_ms)
{
	layer->now_ms = TG_MAX(layer->now_ms, now_ms);
}

void txn_tick(struct txn_layer *layer, uint64_t now_ms)
{
	struct tg_timer *timer;

	txn_set_time(layer, now_ms);
	while ((timer = tg_wheel_expire(layer->wheel, layer->now_ms)) != NULL) {
		enum txn_timer kind = (enum txn_timer)timer->kind;
		struct txn *t = txn_timer_resends(kind) ? TG_CONTAINER(timer, struct txn, resend)
		                                        : TG_CONTAINER(timer, struct txn, life);

		txn_feed(layer, t, txn_timer_input(kind), NULL);
	}
}

uint64_t txn_next_ms(const struct txn_layer *layer)
{
	return tg_wheel_next_ms(layer->wheel);
}

enum tg_err txn_flow(const struct txn_layer *layer, struct tg_handle txn, struct tg_flow *out)
{
	const struct txn *t = txn_at(layer, txn);

	if (t == NULL)
		return TG_ENOENT;
	*out = t->flow;
	return TG_OK;
}

void txn_abandon(struct txn_layer *layer, struct tg_handle txn)
{
	struct txn *t = tg_pool_find(layer->pool, txn);

	if (t == NULL)
		return;
	t->gone = true;
	if (txn_takes(t, EV_TU_CANCEL))
		txn_feed(layer, t, EV_TU_CANCEL, NULL); /* or it would ring for ever */
	else if (txn_takes(t, EV_TU_2XX))
		txn_give(layer, t);
	else if (txn_takes(t, EV_TU_ACKED))
		txn_feed(layer, t, EV_TU_ACKED, NULL); /* nobody waits for the ACK any more */
}

void txn_flow_failed(struct txn_layer *layer, const struct tg_flow *flow)
{
	uint32_t slot = 0;
	struct txn *t;

	while ((t = tg_pool_next(layer->pool, slot + 1, &slot)) != NULL) {
		if (t->machine.state != 0 && tg_flow_eq(&t->flow, flow))
			txn_feed(layer, t, EV_TX_FAIL, NULL);
	}
}

void txn_layer_stat(const struct txn_layer *layer, struct txn_stat *out)
{
	struct tg_pool_stat pool;

	tg_pool_stat(layer->pool, &pool);
	*out = layer->stat;
	out->used = pool.used;
	out->peak = pool.peak;
	out->cap = pool.cap;
	out->pool_full = pool.refused;
	out->bytes = sizeof(*layer) + (size_t)pool.cap * (pool.item_bytes + 16u) +
	             txn_copies_bytes(&layer->copies);
}
