/* For the tests of the layer: fake time, a network that remembers, an owner that takes notes. */
#ifndef TG_TXN_RIG_PRIV_H
#define TG_TXN_RIG_PRIV_H

#include "txn/layer_priv.h"

#include "base/test.h"

#include <stdio.h>

enum { START_MS = 1000, RIG_CAP = 16, RIG_RESERVE = 2, RIG_PROC = 0x0102 };

struct rig {
	struct txn_layer *layer;
	struct tg_rng rng;
	struct tg_flow flow; /* to the peer, and where its messages come from */
	uint64_t now_ms;
	char room[TG_DATAGRAM_MAX];
	char last[TXN_MESSAGE_MAX]; /* the message that was sent last */
	size_t last_len;
	uint32_t sent;     /* datagrams that left */
	char note[16384];  /* "500 > INVITE\n", "700 * 180\n", ... */
	struct buf notes;
	struct tg_handle txn; /* of the last begin or new */
	struct txn_draft draft;
	char in[4096]; /* the message that comes in */
	struct sip_message msg;
	void (*hook)(struct rig *rig, const struct txn_event *event); /* may be NULL */
};

static inline struct buf on_begin(void *ctx, const struct tg_flow *flow)
{
	struct rig *rig = ctx;

	CHECK(tg_flow_eq(flow, &rig->flow), "everything goes to the peer");
	return buf_on(rig->room, sizeof(rig->room));
}

static inline void on_end(void *ctx, const struct buf *datagram)
{
	struct rig *rig = ctx;
	struct slice line, word;

	if (datagram->full || datagram->len == 0)
		return;
	CHECK(datagram->len <= sizeof(rig->last), "small");
	memcpy(rig->last, datagram->p, datagram->len);
	rig->last_len = datagram->len;
	rig->sent++;
	slice_cut(buf_slice(datagram), '\r', &line);
	line = slice_cut(line, ' ', &word);
	if (slice_eq(word, SLICE("SIP/2.0")))
		slice_cut(line, ' ', &word);
	word = slice_head(word, 16);
	buf_fmt(&rig->notes, "%u > %.*s\n", (unsigned)(rig->now_ms - START_MS), SLICE_FMT(word));
}

static inline void on_event(void *ctx, const struct txn_event *event)
{
	static const char *const names[] = {
		[TXN_TIMEOUT] = "timeout", [TXN_SEND_FAILED] = "failed",
		[TXN_UNACKED] = "unacked", [TXN_ENDED] = "ended",
	};
	struct rig *rig = ctx;
	unsigned ms = (unsigned)(rig->now_ms - START_MS);

	if (event->kind == TXN_RESPONSE)
		buf_fmt(&rig->notes, "%u * %u\n", ms, event->msg->status);
	else
		buf_fmt(&rig->notes, "%u * %s\n", ms, names[event->kind]);
	CHECK(event->owner == 77, "the owner's cookie");
	if (rig->hook != NULL)
		rig->hook(rig, event);
}

static inline void rig_init(struct rig *rig, bool reliable)
{
	struct txn_conf conf = {
		.proc = RIG_PROC, .cap = RIG_CAP, .reserve = RIG_RESERVE,
		.net = { rig, on_begin, on_end }, .rng = &rig->rng, .ctx = rig, .event = on_event,
	};

	memset(rig, 0, sizeof(*rig));
	tg_rng_init(&rig->rng, (const uint8_t[32]){ 5 });
	rig->flow.iface = 3;
	rig->flow.proto = reliable ? TG_PROTO_TCP : TG_PROTO_UDP;
	CHECK(tg_addr_parse(&rig->flow.remote, SLICE("192.0.2.9:5060"), 0) == TG_OK, "address");
	rig->now_ms = START_MS;
	rig->notes = buf_on(rig->note, sizeof(rig->note));
	rig->layer = txn_layer_new(&conf, rig->now_ms);
	CHECK(rig->layer != NULL, "memory");
}

static inline void rig_fini(struct rig *rig)
{
	CHECK(!rig->notes.full, "room for notes");
	txn_layer_free(rig->layer);
}

/* Run the timers up to `ms` after the start, each at the millisecond that it asked for. */
static inline void rig_advance(struct rig *rig, uint64_t ms)
{
	uint64_t next;

	while ((next = txn_next_ms(rig->layer)) <= START_MS + ms) {
		rig->now_ms = TG_MAX(rig->now_ms, next);
		txn_tick(rig->layer, rig->now_ms);
	}
	rig->now_ms = START_MS + ms;
	txn_set_time(rig->layer, rig->now_ms);
}

static inline void read_in(struct rig *rig, size_t len)
{
	enum tg_err err = sip_message_parse(&rig->msg, slice_of(rig->in, len), SIP_DATAGRAM);

	CHECK(err == TG_OK, rig->in);
}

static inline enum tg_err rig_request(struct rig *rig, const char *method)
{
	struct txn_client what = {
		.owner = 77, .flow = rig->flow, .method = slice_str(method),
		.call_id = SLICE("call-1"), .cseq = 5,
	};
	enum tg_err err = txn_client_begin(rig->layer, &what, &rig->draft);

	if (err != TG_OK)
		return err;
	rig->txn = rig->draft.txn;
	buf_fmt(&rig->draft.out,
	        "%s sip:bob@192.0.2.9 SIP/2.0\r\n"
	        "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=%s;rport\r\n"
	        "Route: <sip:p1.example;lr>\r\nRoute: <sip:p2.example;lr>\r\n"
	        "Max-Forwards: 70\r\nFrom: \"A\" <sip:alice@example.com>;tag=f1\r\n"
	        "To: <sip:bob@example.com>\r\nCall-ID: call-1\r\nCSeq: 5 %s\r\n"
	        "Proxy-Require: x\r\nContent-Type: application/sdp\r\n"
	        "Content-Length: 4\r\n\r\nv=0\n",
	        method, rig->draft.branch, method);
	return txn_client_send(rig->layer, &rig->draft);
}

/* A response to the last request of ours; `method` is CSeq's. */
static inline enum txn_found rig_response(struct rig *rig, unsigned status, const char *method,
                                   const char *tag)
{
	int len = snprintf(rig->in, sizeof(rig->in),
	                   "SIP/2.0 %u x\r\n"
	                   "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=%s;rport=5060\r\n"
	                   "From: \"A\" <sip:alice@example.com>;tag=f1\r\n"
	                   "To: <sip:bob@example.com>;tag=%s\r\nCall-ID: call-1\r\n"
	                   "CSeq: 5 %s\r\nContent-Length: 0\r\n\r\n",
	                   status, rig->draft.branch, tag, method);

	read_in(rig, (size_t)len);
	return txn_client_input(rig->layer, &rig->msg, &rig->flow);
}

/* A request of the peer; rig->txn is set when it was new, none when it was not taken. */
static inline enum txn_found rig_receive(struct rig *rig, const char *method, const char *branch)
{
	struct txn_server what = { .owner = 77, .flow = rig->flow };
	struct txn_ref ref = { 0 };
	enum txn_found found;
	int len = snprintf(rig->in, sizeof(rig->in),
	                   "%s sip:101@192.0.2.1 SIP/2.0\r\n"
	                   "Via: SIP/2.0/UDP Phone.example:5062;branch=%s;rport\r\n"
	                   "Max-Forwards: 70\r\nFrom: <sip:c@example.com>;tag=f2\r\n"
	                   "To: <sip:101@example.com>\r\nCall-ID: call-2\r\nCSeq: 9 %s\r\n"
	                   "Content-Length: 0\r\n\r\n",
	                   method, branch, method);

	read_in(rig, (size_t)len);
	found = txn_server_find(rig->layer, &rig->msg, &rig->flow, &ref);
	if (found == TXN_CANCELS || found == TXN_ACKS)
		CHECK(ref.owner == 77 && ref.txn.slot == rig->txn.slot, "the INVITE's");
	if (found == TXN_NONE && rig->msg.method != SIP_ACK &&
	    txn_server_new(rig->layer, &rig->msg, &what, &rig->txn) != TG_OK)
		rig->txn = (struct tg_handle){ 0 };
	return found;
}

static inline enum tg_err rig_reply(struct rig *rig, unsigned status)
{
	struct buf b = txn_server_write(rig->layer, rig->txn);

	if (b.p != NULL)
		buf_fmt(&b, "SIP/2.0 %u x\r\nContent-Length: 0\r\n\r\n", status);
	return txn_server_reply(rig->layer, rig->txn, status, &b);
}

static inline struct txn_stat rig_stat(const struct rig *rig)
{
	struct txn_stat stat;

	txn_layer_stat(rig->layer, &stat);
	return stat;
}

#endif
