/* size: the whole of what half-calls need of transactions, in the order of use */
/*
 * Transactions (RFC 3261 §17 with RFC 6026): a half-call says each request and response once; what
 * the network loses, doubles or sends late ends here.
 *
 * A request of ours, as calls:
 *
 *   txn_client_begin(layer, what, &draft)   gives draft.branch and room, draft.out
 *   the caller writes the message into draft.out, draft.branch in its top Via
 *   txn_client_send(layer, &draft)          copies it for retransmission and sends it
 *   txn_client_input(layer, response, flow) the role hands in every response that it reads
 *     -> event TXN_RESPONSE                 to the owner, every provisional and the final answer(s)
 *   txn_client_cancel(layer, txn)           when the caller hangs up before the answer
 *     -> event TXN_ENDED                    always last: no more comes under this handle
 *
 * ACK of a refusal and CANCEL are written here; the ACK of a 2xx is the half-call's, written with
 * txn_branch_write() and sent without a transaction (§13.2.2.4).
 *
 * A request of theirs:
 *
 *   txn_server_find(layer, request, flow, &ref)  first, for every request that passed the guard
 *     TXN_ABSORBED  nothing more to do
 *     TXN_NONE      a new request: challenge statelessly or txn_server_new(); an ACK: its dialog's
 *     TXN_CANCELS   the CANCEL of ref's INVITE: txn_server_new() and 200; 487 to the INVITE (§9.2)
 *     TXN_ACKS      the ACK of ref's 2xx that came with the INVITE's branch: the same as a dialog's
 *   txn_server_write(), txn_server_reply()       any number of 1xx, then one final response
 *   txn_server_acked(layer, txn)                 when the dialog saw the ACK of its 2xx
 *
 * OURS: a 2xx to INVITE is sent again by the layer (which has the copy) until txn_server_acked();
 * after 64*T1 the owner gets TXN_UNACKED and says BYE (§13.3.1.4, C14).  The owner sends the 100.
 *
 * One layer a process and thread.  No heap after txn_layer_new().
 */
#ifndef TG_TXN_TXN_H
#define TG_TXN_TXN_H

#include "base/flow.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/pool.h"

struct sip_message;
struct txn_layer;

enum {
	TXN_BRANCH_LEN = 35,    /* "z9hG4bK", 4 hex of process, 8 of slot, 16 random */
	TXN_MESSAGE_MAX = 16384 /* largest message that a transaction sends */
};

enum txn_event_kind {
	TXN_RESPONSE,    /* client: msg and flow are set; borrowed for the call */
	TXN_TIMEOUT,     /* no answer (timer B, F, 64*T1 after CANCEL; server: of the owner): 408 */
	TXN_SEND_FAILED, /* client: the flow is dead: as if it were 503 (§8.1.3.1) */
	TXN_UNACKED,     /* server INVITE: the ACK of the 2xx never came */
	TXN_ENDED        /* any: the handle is dead; nothing follows */
};

struct txn_event {
	enum txn_event_kind kind;
	struct tg_handle txn;
	uint64_t owner;                 /* as given to _begin or _new */
	const struct sip_message *msg;  /* TXN_RESPONSE only, else NULL */
	const struct tg_flow *flow;     /* where it came from; TXN_RESPONSE only, else NULL */
};

struct txn_conf {
	uint16_t proc;    /* this process, in every branch that we issue; the role's numbering */
	uint32_t cap;     /* transactions at one time: 208 octets each and a copy (copy.c) */
	uint32_t reserve; /* of them only for emergency calls; < cap */
	struct tg_net net;
	struct tg_log *log; /* borrowed for good; NULL: only counted */
	struct tg_rng *rng; /* borrowed for good */
	void *ctx;          /* of the two functions below */
	/* Told to the owner.  It may call any txn_ function but _free.  Required. */
	void (*event)(void *ctx, const struct txn_event *event);
	/*
	 * May what came from `came` belong to what was exchanged with `with` (R9: one provider has
	 * several addresses)?  NULL: same interface, transport and IP; the port may change (NAT).
	 */
	bool (*same_peer)(void *ctx, const struct tg_flow *with, const struct tg_flow *came);
};

/** All memory at once; NULL without it. */
struct txn_layer *txn_layer_new(const struct txn_conf *conf, uint64_t now_ms);

/** Forget all transactions without an event.  NULL is fine. */
void txn_layer_free(struct txn_layer *layer);

/** Tell the time; the role does it before each input that it hands on.  Runs no timer. */
void txn_set_time(struct txn_layer *layer, uint64_t now_ms);

/** Set the time and run the timers that are due. */
void txn_tick(struct txn_layer *layer, uint64_t now_ms);

/** When txn_tick() has something to do; UINT64_MAX: never. */
uint64_t txn_next_ms(const struct txn_layer *layer);

/** What a client transaction has to know of its request. */
struct txn_client {
	uint64_t owner;       /* whatever finds the half-call again; opaque here */
	struct tg_flow flow;  /* where it goes */
	struct slice method;  /* at most 15 octets; never ACK or CANCEL */
	struct slice call_id; /* a response must carry both (R9) */
	uint32_t cseq;
	bool emergency; /* may use the reserve */
};

struct txn_draft {
	struct tg_handle txn;
	char branch[TXN_BRANCH_LEN + 1]; /* NUL-terminated */
	struct buf out;                  /* room for the message */
};

/**
 * Begin a request of ours.  Write it into out->out, then call txn_client_send() or
 * txn_client_drop() before anything else is sent.
 *
 * out  set only on TG_OK
 *
 * TG_ENOMEM  the pool is full (counted): answer 503
 */
TG_MUST_USE enum tg_err txn_client_begin(struct txn_layer *layer, const struct txn_client *what,
                                         struct txn_draft *out);

/**
 * Send the message and start the transaction.  No event comes from within.
 * draft  consumed; on an error the transaction is gone, nothing was sent, and no TXN_ENDED comes
 *
 * TG_ELIMIT  the message did not fit, or is larger than TXN_MESSAGE_MAX
 * TG_ENOMEM  no buffer for the copy (counted)
 */
TG_MUST_USE enum tg_err txn_client_send(struct txn_layer *layer, struct txn_draft *draft);

/** Give up a draft that was not sent.  No event comes. */
void txn_client_drop(struct txn_layer *layer, struct txn_draft *draft);

/**
 * Cancel an INVITE (§9.1): at once after a provisional response, else when the first one comes.
 * It still ends with its own final answer, which may be a 2xx (C14), or with TXN_TIMEOUT.
 *
 * TG_EBUSY   it has its final answer already: too late, say BYE to a 2xx
 * TG_ENOENT  no such INVITE, or already over
 */
TG_MUST_USE enum tg_err txn_client_cancel(struct txn_layer *layer, struct tg_handle txn);

enum txn_found {
	TXN_NONE,     /* belongs to no transaction of this layer */
	TXN_ABSORBED, /* done */
	TXN_CANCELS,  /* see the head comment */
	TXN_ACKS
};

/** The transaction that a request belongs to. */
struct txn_ref {
	struct tg_handle txn;
	uint64_t owner;
};

/**
 * A response came.  Matched by the branch, CSeq and Call-ID that we issued, and same_peer() (R9).
 * TXN_ABSORBED, or TXN_NONE (counted): ask txn_branch_owner() whose it is, or drop it.
 */
enum txn_found txn_client_input(struct txn_layer *layer, const struct sip_message *msg,
                                const struct tg_flow *flow);

/**
 * A request came: find its transaction (§17.2.3, with CSeq number and Call-ID, since there are
 * phones that reuse a branch; §9.2 for CANCEL).  A retransmission gets the last response again.
 *
 * out  set on TXN_CANCELS and TXN_ACKS; for CANCEL the INVITE
 */
enum txn_found txn_server_find(struct txn_layer *layer, const struct sip_message *msg,
                               const struct tg_flow *flow, struct txn_ref *out);

/** What a server transaction has to know beside its request. */
struct txn_server {
	uint64_t owner;
	struct tg_flow flow; /* where responses go */
	bool emergency;      /* may use the reserve */
};

/**
 * Take a new request for which txn_server_find() answered TXN_NONE (or a CANCEL, TXN_CANCELS).
 *
 * msg  borrowed for the call; not ACK
 * out  set only on TG_OK
 *
 * TG_ENOMEM  the pool is full (counted): answer 503 statelessly
 */
TG_MUST_USE enum tg_err txn_server_new(struct txn_layer *layer, const struct sip_message *msg,
                                       const struct txn_server *what, struct tg_handle *out);

/** Room for a response, for txn_server_reply() at once.  A dead handle gives a buf of no room. */
struct buf txn_server_write(struct txn_layer *layer, struct tg_handle txn);

/**
 * Send a response and keep a copy for retransmission.  Without a buffer for the copy it is still
 * sent once (counted): retransmissions are then absorbed in silence.
 *
 * status    100..699, the one that was written
 * response  from txn_server_write(); consumed
 *
 * TG_EBUSY   a final response was sent before; this one was dropped
 * TG_ELIMIT  the message did not fit; nothing was sent, the transaction waits as before
 * TG_ENOENT  the transaction is over
 */
TG_MUST_USE enum tg_err txn_server_reply(struct txn_layer *layer, struct tg_handle txn,
                                         unsigned status, struct buf *response);

/** The ACK of the 2xx came: it is not sent again.  Any handle is fine. */
void txn_server_acked(struct txn_layer *layer, struct tg_handle txn);

/** Where a transaction's messages go.  TG_ENOENT: over; `out` is untouched. */
TG_MUST_USE enum tg_err txn_flow(const struct txn_layer *layer, struct tg_handle txn,
                                 struct tg_flow *out);

/**
 * The owner leaves: no event comes any more.  A server transaction without a final response is
 * forgotten, an unanswered INVITE of ours is cancelled (a 2xx to it is then ACKed by nobody), a
 * 2xx of ours is not sent again; all else goes on by itself.
 */
void txn_abandon(struct txn_layer *layer, struct tg_handle txn);

/** The flow is dead: its client transactions end with TXN_SEND_FAILED.  O(cap). */
void txn_flow_failed(struct txn_layer *layer, const struct tg_flow *flow);

/** Which process issued this branch; false when none of ours did.  Any text is safe. */
bool txn_branch_owner(struct slice branch, uint16_t *proc);

/** A fresh branch that belongs to no transaction: for the ACK of a 2xx. */
void txn_branch_write(struct txn_layer *layer, struct buf *b);

/** Counters since the start; the gauges are of now. */
struct txn_stat {
	uint32_t used, peak, cap;    /* transactions */
	uint64_t begun[4];           /* by enum txn_kind: ICT, NICT, IST, NIST */
	uint64_t absorbed;           /* requests that were retransmissions, and ACKs of refusals */
	uint64_t resent;             /* messages sent again, by timer or because asked */
	uint64_t timeouts;           /* B, F, H, §9.1 and unanswered server transactions */
	uint64_t stray_branch;       /* responses to nothing */
	uint64_t stray_peer;         /* right branch, wrong sender (R9) */
	uint64_t unexpected;         /* empty cells of the tables */
	uint64_t pool_full;          /* refused: no transaction */
	uint64_t buffer_full;        /* no room for a copy */
	uint64_t capped;             /* responses not passed up: too many of one INVITE */
	size_t bytes;                /* all memory of the layer */
};
void txn_layer_stat(const struct txn_layer *layer, struct txn_stat *out);

#endif
