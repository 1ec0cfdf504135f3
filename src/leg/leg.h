/*
 * Half-calls: back-to-back user agents that are joined by messages only.
 *
 * A call is half-call A, which took the INVITE, and half-call B, which sends one on; link/msg.h
 * tells their talk.  Each is a dialog of its own (RFC 3261 §12) with its own Call-ID, tags, CSeq
 * and route set; no header crosses, only what the messages carry.  They may sit in one process or
 * in two: the code is the same, and neither ever looks at the other's memory.
 *
 * A packet's way through here:
 *   role/  parses, knows the source, checks a stranger     -> leg_call_in() for a new INVITE
 *                                                          -> leg_request() for one with our tag
 *   txn/   matches responses, ACK and CANCEL               -> leg_event()
 *   link/  verdicts, the other half, the relay, signatures -> leg_message()
 * and each of them becomes one event of the tables in leg/call.c (the call) or leg/offer.c (a
 * re-INVITE while it is up).
 *
 * A owns the media lease and rewrites every SDP, in both directions; B carries SDP as text.
 */
#ifndef TG_LEG_LEG_H
#define TG_LEG_LEG_H

#include "base/log.h"
#include "link/msg.h"
#include "txn/txn.h"

struct leg_layer;

struct leg_iface {
	struct tg_addr advertise; /* what Via, Contact and SDP say */
	bool inside; /* its media addresses are believed as they are */
};

/** What the layer is made with; all pointers outlive it. */
struct leg_conf {
	struct link_proc self;
	struct txn_layer *txn;  /* its events whose cookie leg_owns() come to leg_event() */
	struct tg_net net;      /* for ACK of 2xx; everything else goes through txn */
	struct link_out link;
	struct tg_log *log;
	struct tg_rng *rng;
	const struct leg_iface *iface; /* by interface index; borrowed */
	uint16_t ifaces;
	uint8_t relays;      /* a call's relay is chosen by its number */
	uint32_t legs_max;   /* half-calls */
	uint32_t legs_reserve; /* of these only for emergency calls */
	uint32_t ring_max_s; /* A: no answer for so long ends the attempt */
	uint32_t silent_after_s; /* 0 = never */
	bool trunks;         /* B may be a trunk: room for its session timer */
	void *ctx;           /* for the two calls below */
	/** Write the WWW-Authenticate lines of a fresh challenge for a caller at `flow`. */
	void (*challenge)(void *ctx, struct buf *b, const struct tg_flow *flow, bool stale);
	/**
	 * The vault believed the digest of the INVITE that came with `proof`: it is used up now
	 * (B4).  False: it was used before; the caller is challenged again.
	 */
	bool (*proven)(void *ctx, const void *proof);
	/** May what came from `came` belong to the dialog with `with` (R9)?  NULL: same address. */
	bool (*same_peer)(void *ctx, const struct tg_flow *with, const struct tg_flow *came);
};

enum { LEG_PROOF_BYTES = 24 };

/** What the role knows about a new INVITE. */
struct leg_caller {
	struct link_msg *ask; /* CALL_ASK, filled but for head.leg; consumed (posted) */
	uint8_t proof[LEG_PROOF_BYTES]; /* opaque, for conf.proven */
	struct slice sdp; /* the offer, or empty; found in the body by the role */
	int trunk;        /* index of the trunk that calls, or -1 */
	bool emergency; /* may use the reserve: a known caller dials an emergency number */
};

/** How B rings its peer: all text is copied. */
struct leg_target {
	struct tg_flow flow;
	struct slice request_uri; /* without brackets */
	struct slice to_uri, from_uri; /* addr-spec; no tag */
	struct slice from_name;   /* display name, or empty */
	struct slice contact_user; /* user part of our Contact; may be empty */
	int trunk;                /* index, or -1: challenges are then a refusal (B11) */
	bool emergency;
	uint32_t paid_ms;         /* as in the grant */
};

/** NULL without memory.  Cost: see leg_layer_bytes(). */
struct leg_layer *leg_layer_new(const struct leg_conf *conf, uint64_t now_ms);
void leg_layer_free(struct leg_layer *layer);

/** Bytes of one half-call; an idle call is two of them and no transaction. */
size_t leg_bytes(void);

/**
 * A new INVITE without a To tag: half-call A is made, 100 is sent and the vault is asked.
 *
 * req   checked by the role: INVITE, offer readable or absent; borrowed for the call
 * flow  where it came from; answers go there
 *
 * TG_ENOMEM  no half-call or transaction free: the role answers 503
 */
TG_MUST_USE enum tg_err leg_call_in(struct leg_layer *layer, uint64_t now_ms,
                                    const struct sip_message *req, const struct tg_flow *flow,
                                    const struct leg_caller *caller);

/**
 * LEG_INVITE for which the role holds a grant: half-call B is made and its INVITE goes out.
 * A refusal (no slot) is told to A by message.
 */
void leg_call_out(struct leg_layer *layer, uint64_t now_ms, const struct link_msg *invite,
                  const struct leg_target *target);

/** Tell the vault that nothing was sent for a grant of a trunk: nothing is owed. */
void leg_unused(struct leg_layer *layer, const struct link_leg *id, uint16_t status);

/** Tell A that its LEG_INVITE finds nobody. */
void leg_refuse(struct leg_layer *layer, const struct link_msg *invite, uint16_t status,
                struct slice rule);

/**
 * A request with a To tag, not a retransmission.  False when no half-call of ours has this dialog
 * at this address (C17): the role answers 481 and drops an ACK.
 */
bool leg_request(struct leg_layer *layer, uint64_t now_ms, const struct sip_message *req,
                 const struct tg_flow *flow);

/** A CANCEL whose INVITE is ours (TXN_CANCELS, leg_owns(ref->owner)): 200, and the call ends. */
void leg_cancel(struct leg_layer *layer, uint64_t now_ms, const struct sip_message *req,
                const struct tg_flow *flow, const struct txn_ref *ref);

/** An ACK of our 2xx that came with the INVITE's branch (TXN_ACKS). */
void leg_acked(struct leg_layer *layer, uint64_t now_ms, const struct sip_message *req,
               const struct txn_ref *ref);

/** True when a transaction's cookie is a half-call's. */
bool leg_owns(uint64_t cookie);

/** An event of one of our transactions. */
void leg_event(struct leg_layer *layer, uint64_t now_ms, const struct txn_event *event);

/** Any message for a half-call; also PEER, which ends calls whose other half died. */
void leg_message(struct leg_layer *layer, uint64_t now_ms, const struct link_msg *msg);

/** Fire what is due. */
void leg_tick(struct leg_layer *layer, uint64_t now_ms);
uint64_t leg_next_ms(const struct leg_layer *layer);

/** Hang up a call from here (operator).  TG_ENOENT: no such call in this process. */
TG_MUST_USE enum tg_err leg_hangup(struct leg_layer *layer, uint64_t now_ms, uint64_t call,
                                   struct slice rule);

/** Hang up everything (graceful stop); call until leg_count() is 0 or patience ends. */
void leg_hangup_all(struct leg_layer *layer, uint64_t now_ms, struct slice rule);
uint32_t leg_count(const struct leg_layer *layer);

/** Write the half-calls as JSON objects, comma separated, from pool slot `*from` on, as many as fit
 *  in `b`; `*from` is 0 at the end. */
void leg_list(const struct leg_layer *layer, uint64_t now_ms, struct buf *b, uint32_t *from);

/** Worker index in one of our tags, or -1: whose a stray request is. */
int leg_tag_owner(struct slice tag);

/**
 * A response that matches no transaction: a late answer to an INVITE that was given up, or one to
 * an INVITE of a dead process; a 2xx gets ACK and BYE (F13, C14).
 *
 * trunk  whose address it came from, or -1: then only half-calls that live can own it
 *
 * False: nobody's.
 */
bool leg_stray_reply(struct leg_layer *layer, uint64_t now_ms, const struct sip_message *msg,
                     const struct tg_flow *flow, int trunk);

/**
 * End what a dead process of our role left behind (DIALOG_ORPHAN), from its recipe: a dialog by
 * BYE, an unanswered INVITE by CANCEL.
 */
void leg_orphan(struct leg_layer *layer, uint64_t now_ms, const struct link_msg *msg);

#endif
