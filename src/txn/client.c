/* Requests of ours: from the draft to the last response. */
#include "txn/layer_priv.h"

#include <assert.h>

enum tg_err txn_client_begin(struct txn_layer *layer, const struct txn_client *what,
                             struct txn_draft *out)
{
	enum sip_method method = sip_method_of(what->method);
	struct txn *t;

	assert(method > SIP_METHOD_OTHER && method != SIP_ACK && method != SIP_CANCEL);
	t = txn_take(layer, method == SIP_INVITE ? TXN_ICT : TXN_NICT, &what->flow,
	             what->emergency);
	if (t == NULL)
		return TG_ENOMEM;
	t->method = (uint8_t)method;
	t->cseq = what->cseq;
	t->owner = what->owner;
	t->call = tg_siphash(&layer->call_key, what->call_id);
	t->id = tg_rng_u64(layer->conf.rng);
	out->txn = tg_pool_handle(layer->pool, t);
	txn_branch_text(out->branch, layer->conf.proc, out->txn.slot, t->id);
	out->out = layer->conf.net.begin(layer->conf.net.ctx, &t->flow);
	return TG_OK;
}

enum tg_err txn_client_send(struct txn_layer *layer, struct txn_draft *draft)
{
	struct txn *t = tg_pool_find(layer->pool, draft->txn);
	enum tg_err err = TG_ELIMIT;

	assert(t != NULL && t->machine.state == 0);
	if (!draft->out.full)
		err = txn_copy_set(&layer->copies, &t->copy, buf_slice(&draft->out), t->emergency);
	if (err != TG_OK) {
		layer->stat.buffer_full += err == TG_ENOMEM;
		txn_client_drop(layer, draft);
		return err;
	}
	txn_feed(layer, t, EV_TU_BEGIN, &(struct txn_io){ .datagram = &draft->out });
	return TG_OK;
}

void txn_client_drop(struct txn_layer *layer, struct txn_draft *draft)
{
	struct txn *t = tg_pool_find(layer->pool, draft->txn);

	assert(t != NULL && t->machine.state == 0);
	draft->out.len = 0; /* an empty one is dropped */
	layer->conf.net.end(layer->conf.net.ctx, &draft->out);
	txn_give(layer, t);
}

enum tg_err txn_client_cancel(struct txn_layer *layer, struct tg_handle txn)
{
	struct txn *t = txn_at(layer, txn);

	if (t == NULL || t->kind != TXN_ICT || t->machine.state == 0)
		return TG_ENOENT;
	if (!txn_takes(t, EV_TU_CANCEL))
		return TG_EBUSY;
	txn_feed(layer, t, EV_TU_CANCEL, NULL);
	return TG_OK;
}

/* The client transaction whose branch this is; NULL when there is none. */
static struct txn *find(struct txn_layer *layer, const struct sip_message *msg)
{
	struct txn_branch branch;
	struct txn *t;

	if (txn_branch_parse(&branch, msg->via.branch) != TG_OK || branch.proc != layer->conf.proc)
		return NULL;
	t = tg_pool_at(layer->pool, branch.slot);
	if (t == NULL || (t->kind != TXN_ICT && t->kind != TXN_NICT) || t->machine.state == 0 ||
	    t->id != branch.id)
		return NULL;
	if (msg->cseq.method == SIP_CANCEL)
		t = txn_at(layer, t->cancel); /* it shares the INVITE's branch */
	if (t == NULL || t->method != msg->cseq.method || t->cseq != msg->cseq.number ||
	    t->call != tg_siphash(&layer->call_key, msg->call_id))
		return NULL;
	return t;
}

static enum txn_input input_of(unsigned status)
{
	return status < 200 ? EV_RX_1XX : status < 300 ? EV_RX_2XX : EV_RX_3456;
}

enum txn_found txn_client_input(struct txn_layer *layer, const struct sip_message *msg,
                                const struct tg_flow *flow)
{
	struct txn *t = find(layer, msg);
	struct txn_io io = { .msg = msg, .flow = flow };

	if (t == NULL) {
		layer->stat.stray_branch++;
		return TXN_NONE;
	}
	if (!txn_same_peer(layer, &t->flow, flow)) {
		layer->stat.stray_peer++;
		log_event(layer->conf.log, EV_STRAY_REPLY, LOG_CAUSE("rule", SLICE("other-peer")),
		          LOG_ADDR("from", &flow->remote), LOG_U64("status", msg->status), LOG_END);
		return TXN_NONE;
	}
	txn_feed(layer, t, input_of(msg->status), &io);
	return TXN_ABSORBED;
}
