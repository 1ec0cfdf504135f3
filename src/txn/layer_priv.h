/* The transaction layer inside: one transaction, its copy of a message, and who finds it. */
#ifndef TG_TXN_LAYER_PRIV_H
#define TG_TXN_LAYER_PRIV_H

#include "base/table.h"
#include "base/timer.h"
#include "sip/message.h"
#include "txn/machine_priv.h"
#include "txn/txn.h"

/* ---- copies of messages (copy.c) ---- */

enum { TXN_COPY_CLASSES = 3 };

/** A message kept for retransmission; all zero is none.  The memory is of one of three pools. */
struct txn_copy {
	char *mem; /* NULL = none */
	uint32_t len;
	uint8_t size_class;
};

struct txn_copies {
	struct tg_pool *pools[TXN_COPY_CLASSES];
};

/** TG_ENOMEM: some pool could not be made; txn_copies_fini() is still right. */
TG_MUST_USE enum tg_err txn_copies_init(struct txn_copies *copies, uint32_t cap, uint32_t reserve);
void txn_copies_fini(struct txn_copies *copies);

/**
 * Keep `text` instead of what `copy` held.  On an error the old one is kept.
 *
 * reserved  may use the reserve
 *
 * TG_ELIMIT  longer than TXN_MESSAGE_MAX
 * TG_ENOMEM  no buffer that is large enough
 */
TG_MUST_USE enum tg_err txn_copy_set(struct txn_copies *copies, struct txn_copy *copy,
                                     struct slice text, bool reserved);
void txn_copy_drop(struct txn_copies *copies, struct txn_copy *copy);
size_t txn_copies_bytes(const struct txn_copies *copies);

/* ---- one transaction ---- */

enum txn_kind { TXN_ICT, TXN_NICT, TXN_IST, TXN_NIST, TXN_KINDS };

struct txn {
	struct txn_machine machine;
	uint8_t kind;       /* enum txn_kind */
	uint8_t method;     /* enum sip_method */
	bool gone;          /* the owner left, or never was (our CANCEL): no events */
	bool emergency;     /* may use the reserves */
	uint32_t cseq;
	struct tg_timer resend, life; /* the two clocks of timers.h */
	struct tg_flow flow;
	uint64_t owner;
	uint64_t id;        /* client: the random part of its branch; server: hash in the table */
	uint64_t call;      /* client: hash of the Call-ID */
	struct tg_handle cancel; /* ICT: the NICT of its CANCEL, which shares the branch (§9.1) */
	struct txn_copy copy;
};

struct txn_layer {
	struct txn_conf conf;
	uint64_t now_ms;
	struct tg_pool *pool;
	struct tg_wheel *wheel;
	struct tg_table *table; /* server transactions by txn_key_hash() */
	struct tg_key call_key;
	struct txn_copies copies;
	struct txn_stat stat;
	struct sip_message scratch; /* our own INVITE, read again for its ACK or CANCEL */
};

/** What comes along with an input, for its effects. */
struct txn_io {
	const struct sip_message *msg; /* RX: the message */
	const struct tg_flow *flow;    /* RX: where it came from */
	struct buf *datagram;          /* TU: what the owner has written */
	bool acked;                    /* out: the ACK is for the owner */
};

/**
 * Run one input and its effects; ends and gives back the transaction when its machine is over, so
 * `t` may be dead afterwards.  `io` may be NULL.
 */
void txn_feed(struct txn_layer *layer, struct txn *t, enum txn_input event, struct txn_io *io);

/** A zeroed transaction that begins, or NULL when the pool is full (counted). */
struct txn *txn_take(struct txn_layer *layer, enum txn_kind kind, const struct tg_flow *flow,
                     bool emergency);

/** Stop its timers, forget it and what belongs to it.  No event. */
void txn_give(struct txn_layer *layer, struct txn *t);

/** The transaction that the handle names and that is not over, or NULL. */
struct txn *txn_at(const struct txn_layer *layer, struct tg_handle handle);

/** True when this input is not an empty cell now. */
bool txn_takes(const struct txn *t, enum txn_input event);

/**
 * Keep `text` as the copy of `t`.  Without a buffer there is none (counted), which costs later
 * retransmissions only.
 */
void txn_keep(struct txn_layer *layer, struct txn *t, struct slice text);

/** same_peer() of the configuration, or ours. */
bool txn_same_peer(const struct txn_layer *layer, const struct tg_flow *with,
                   const struct tg_flow *came);

/* ---- identifiers (branch.c, key.c) ---- */

/** Write the branch of a slot. */
void txn_branch_text(char out[TXN_BRANCH_LEN + 1], uint16_t proc, uint32_t slot, uint64_t id);

struct txn_branch {
	uint16_t proc;
	uint32_t slot; /* 0: belongs to no transaction */
	uint64_t id;
};
/** TG_EBAD: not of ours. */
TG_MUST_USE enum tg_err txn_branch_parse(struct txn_branch *out, struct slice branch);

/**
 * Under what a server transaction is found: branch, sent-by, method, CSeq number, Call-ID; without
 * the cookie also Request-URI, From tag and the whole Via (§17.2.3).
 *
 * method  of the transaction that is looked for: SIP_INVITE for the ACK and CANCEL of one
 */
uint64_t txn_key_hash(const struct tg_table *table, const struct sip_message *msg,
                      enum sip_method method);

/* ---- messages that the layer writes itself (request.c) ---- */

/**
 * Write the ACK of a refusal (§17.1.1.3) or the CANCEL (§9.1) of an INVITE of ours.
 *
 * invite   as it was sent; parsed into `scratch`
 * refusal  for ACK: its To is taken; NULL for CANCEL
 *
 * TG_EBAD  the owner's INVITE cannot be read: nothing was written
 */
TG_MUST_USE enum tg_err txn_request_write(struct buf *b, struct sip_message *scratch,
                                          struct slice invite, const struct sip_message *refusal);

#endif
