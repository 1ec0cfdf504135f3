/* Requests of theirs: found again, absorbed, answered. */
#include "txn/layer_priv.h"

#include <assert.h>

/* The transaction of this method that the message belongs to; NULL when there is none. */
static struct txn *find(struct txn_layer *layer, const struct sip_message *msg,
                        const struct tg_flow *flow, enum sip_method method)
{
	uint64_t hash = txn_key_hash(layer->table, msg, method);
	uint32_t at = 0, slot;

	while ((slot = tg_table_find(layer->table, hash, &at)) != 0) {
		struct txn *t = tg_pool_at(layer->pool, slot);

		/* the table tells 32 bits apart, the transaction knows all 64 */
		if (t->id == hash && t->method == method && t->cseq == msg->cseq.number &&
		    txn_same_peer(layer, &t->flow, flow))
			return t;
	}
	return NULL;
}

static struct txn_ref ref(const struct txn_layer *layer, const struct txn *t)
{
	return (struct txn_ref){ tg_pool_handle(layer->pool, t), t->owner };
}

static enum txn_found find_ack(struct txn_layer *layer, const struct sip_message *msg,
                               const struct tg_flow *flow, struct txn_ref *out)
{
	struct txn *t = find(layer, msg, flow, SIP_INVITE);
	struct txn_io io = { .msg = msg, .flow = flow };
	struct txn_ref invite;

	if (t == NULL)
		return TXN_NONE;
	layer->stat.absorbed++;
	invite = ref(layer, t);
	txn_feed(layer, t, EV_RX_ACK, &io);
	if (!io.acked)
		return TXN_ABSORBED;
	*out = invite;
	return TXN_ACKS;
}

enum txn_found txn_server_find(struct txn_layer *layer, const struct sip_message *msg,
                               const struct tg_flow *flow, struct txn_ref *out)
{
	struct txn *t;

	if (msg->method == SIP_ACK)
		return find_ack(layer, msg, flow, out);
	t = find(layer, msg, flow, (enum sip_method)msg->method);
	if (t != NULL) {
		struct txn_io io = { .msg = msg, .flow = flow };

		layer->stat.absorbed++;
		txn_feed(layer, t, EV_RX_REQUEST, &io);
		return TXN_ABSORBED;
	}
	if (msg->method != SIP_CANCEL)
		return TXN_NONE;
	t = find(layer, msg, flow, SIP_INVITE);
	if (t == NULL)
		return TXN_NONE;
	*out = ref(layer, t);
	return TXN_CANCELS;
}

enum tg_err txn_server_new(struct txn_layer *layer, const struct sip_message *msg,
                           const struct txn_server *what, struct tg_handle *out)
{
	enum sip_method method = (enum sip_method)msg->method;
	struct txn *t;
	enum tg_err err;

	assert(method != SIP_ACK && method != SIP_METHOD_NONE);
	t = txn_take(layer, method == SIP_INVITE ? TXN_IST : TXN_NIST, &what->flow,
	             what->emergency);
	if (t == NULL)
		return TG_ENOMEM;
	t->method = (uint8_t)method;
	t->cseq = msg->cseq.number;
	t->owner = what->owner;
	t->id = txn_key_hash(layer->table, msg, method);
	*out = tg_pool_handle(layer->pool, t);
	err = tg_table_add(layer->table, t->id, out->slot);
	assert(err == TG_OK); /* there is room for every slot of the pool */
	txn_feed(layer, t, EV_TU_BEGIN, NULL);
	return TG_OK;
}

struct buf txn_server_write(struct txn_layer *layer, struct tg_handle txn)
{
	const struct txn *t = txn_at(layer, txn);

	if (t == NULL)
		return buf_on(NULL, 0);
	return layer->conf.net.begin(layer->conf.net.ctx, &t->flow);
}

static enum txn_input input_of(unsigned status)
{
	return status < 200 ? EV_TU_1XX : status < 300 ? EV_TU_2XX : EV_TU_3456;
}

enum tg_err txn_server_reply(struct txn_layer *layer, struct tg_handle txn, unsigned status,
                             struct buf *response)
{
	struct txn *t = txn_at(layer, txn);
	enum tg_err err = TG_OK;

	assert(status >= 100 && status <= 699);
	if (response->p == NULL)
		return TG_ENOENT; /* nothing was begun */
	if (t == NULL)
		err = TG_ENOENT;
	else if (!txn_takes(t, EV_TU_2XX))
		err = TG_EBUSY;
	else if (response->full || response->len > TXN_MESSAGE_MAX)
		err = TG_ELIMIT;
	if (err != TG_OK) {
		response->len = 0; /* an empty one is dropped */
		layer->conf.net.end(layer->conf.net.ctx, response);
		return err;
	}
	txn_keep(layer, t, buf_slice(response));
	txn_feed(layer, t, input_of(status), &(struct txn_io){ .datagram = response });
	return TG_OK;
}

void txn_server_acked(struct txn_layer *layer, struct tg_handle txn)
{
	struct txn *t = txn_at(layer, txn);

	if (t != NULL && txn_takes(t, EV_TU_ACKED))
		txn_feed(layer, t, EV_TU_ACKED, NULL);
}
