/* What the files of leg/ share: the half-call, its states and events. */
#ifndef TG_LEG_LEG_PRIV_H
#define TG_LEG_LEG_PRIV_H

#include "base/pool.h"
#include "base/table.h"
#include "base/timer.h"
#include "leg/leg.h"
#include "leg/verdict.h"
#include "sip/message.h"
#include "sip/sdp.h"

enum {
	LEG_TEXT_MAX = 1280,  /* all strings of a dialog together */
	LEG_TAG_LEN = 26,     /* "ww" + slot + 16 random hex digits: see leg_tag_write() */
	LEG_SIGN_TRIES = 2,   /* answers to challenges per request (B13) */
	LEG_ASK_MS = 2000,    /* the vault's and the relay's time to answer */
	LEG_GRACE_MS = 32000, /* 64 × T1: how long a lost final response may still come */
};

/* The call as a whole.  A_: the half that took the INVITE, B_: the half that sends one. */
#define CALL_STATES(X) \
	X(NONE)        \
	X(A_ASKING)    /* the vault decides */ \
	X(A_OPENING)   /* the relay opens ports */ \
	X(A_CALLING)   /* B rings its peer */ \
	X(A_NEXT)      /* B's attempt failed; the vault looks for another route */ \
	X(A_ACCEPTED)  /* 200 sent, no ACK yet */ \
	X(A_LEAVING)   /* to be hung up as soon as the ACK allows (RFC 3261 §15) */ \
	X(B_CALLING)   /* INVITE sent */ \
	X(B_SIGNING)   /* challenged; the vault signs */ \
	X(B_RINGING)   /* a provisional came */ \
	X(B_CANCELLING) /* CANCEL sent, or waiting for a provisional to send it */ \
	X(B_ACK_WAIT)  /* 200 with an offer came; A's ACK brings the answer */ \
	X(UP)          \
	X(ENDING)      /* BYE sent */ \
	X(DONE)

enum call_state {
#define X(name) CALL_##name,
	CALL_STATES(X)
#undef X
	CALL_STATES_N
};

/* A re-INVITE while the call is up (RFC 3261 §14). */
#define OFFER_STATES(X) \
	X(NONE)      \
	X(IDLE)      \
	X(IN)        /* our peer's re-INVITE waits for the other half */ \
	X(IN_ACK)    /* answered; its ACK is awaited */ \
	X(OUT)       /* ours is sent for the other half */ \
	X(OUT_SIGN)  /* challenged; the vault signs */ \
	X(OUT_ACK)   /* 200 with an offer came; the other half's ACK brings the answer */

enum offer_state {
#define X(name) OFFER_##name,
	OFFER_STATES(X)
#undef X
	OFFER_STATES_N
};

#define LEG_EVENTS(X) \
	X(ALLOWED) X(REFUSED) X(UNPROVEN) /* the vault's verdicts */ \
	X(MEDIA_OPEN) X(MEDIA_NONE) X(MEDIA_SILENT) \
	X(PEER_PROGRESS) X(PEER_ANSWER) X(PEER_REFUSE) X(PEER_CANCEL) X(PEER_ACK) X(PEER_BYE) \
	X(PEER_OFFER) X(PEER_ACCEPT) X(PEER_REJECT) \
	X(PEER_GONE)  /* the process of the other half died */ \
	X(VAULT_GONE) /* the vault died before its verdict or signature */ \
	X(RX_1XX) X(RX_2XX) X(RX_2XX_OFFER) X(RX_FAIL) X(RX_DEAD) X(RX_CHALLENGE) \
	X(RX_ACK) X(RX_BYE) X(RX_CANCEL) X(RX_REINVITE) \
	X(SIGNED) X(UNSIGNED) \
	X(TX_TIMEOUT) /* no final response, or the transport refused */ \
	X(TIMER_ASK) X(TIMER_RING) X(TIMER_ACK) X(TIMER_MAX) \
	X(HANGUP)

enum leg_ev {
	LEG_EV_NONE,
#define X(name) LEG_EV_##name,
	LEG_EVENTS(X)
#undef X
	LEG_EVS
};

/** A string of the dialog inside leg.text. */
struct leg_str {
	uint16_t off, len;
};

/** A's side of the media: what was leased and what each SDP said last. */
struct leg_media {
	uint8_t streams;
	uint8_t open;        /* the relay holds ports for us */
	uint16_t iface[2];   /* A's and B's */
	uint16_t port[LINK_STREAMS_MAX][2];
	uint64_t session[2]; /* o= session id towards A and B */
	uint32_t version[2]; /* o= version */
	uint8_t off[LINK_STREAMS_MAX];
	struct link_media_stat stat[2];
};

/** One half-call.  Never points at another; `leg` names the pair. */
struct leg {
	struct link_leg id;
	struct link_proc peer; /* where the other half lives; role 0 = not known yet */
	uint8_t call;          /* enum call_state; written by leg_step() alone */
	uint8_t offer;         /* enum offer_state; written by leg_step() alone */
	uint8_t is_a, emergency, delayed; /* delayed: the pending INVITE carries no offer */
	uint8_t sign_tries;
	uint8_t end_by;      /* enum link_end_by */
	uint8_t told_up;     /* A: the vault knows that the call was answered */
	uint8_t reported;    /* A: CALL_END was posted */
	uint8_t may_retry;   /* A: the vault may have another route */
	uint8_t b_branch;    /* A: branch of the B that counts */
	uint8_t bye_pending;
	int16_t trunk;       /* index, or -1 */
	uint16_t status;     /* the final status, or the failure of the last attempt */
	uint16_t cause;      /* Q.850 */
	uint32_t max_s;
	struct tg_flow flow;
	struct txn_handle invite; /* server transaction of A and of their re-INVITE, client's of ours */
	struct txn_handle bye;
	uint32_t cseq_local, cseq_remote;
	uint32_t invite_cseq; /* of the INVITE in flight, for the ACK */
	uint64_t born_ms, up_ms;
	struct tg_timer timer;     /* ask, ring, ack: one at a time */
	struct tg_timer timer_max; /* longest call */
	struct leg_str call_id, local_tag, remote_tag, local_uri, remote_uri, target, route, rule,
		local_name;
	struct leg_media media;
	uint8_t proof[LEG_PROOF_BYTES];
	uint16_t text_len;
	char text[LEG_TEXT_MAX];
};

/** What an action gets: exactly the parts of the event that are there. */
struct leg_in {
	enum leg_ev event;
	uint64_t now_ms;
	const struct sip_message *msg;   /* RX_* */
	struct txn_handle txn;           /* RX_*: the transaction that brought it */
	const struct link_msg *link;     /* PEER_*, verdicts, MEDIA_*, SIGNED */
};

struct leg_layer {
	struct leg_conf conf;
	struct tg_pool *pool;
	struct tg_table *by_call; /* hash of {call, side, branch} -> slot */
	struct tg_wheel *wheel;
	struct link_msg out;      /* the message being written; posted at once */
	uint32_t peer_epoch[LINK_ROLES];
	uint64_t unexpected;      /* empty cells that were hit */
};

typedef void leg_action(struct leg_layer *l, struct leg *g, const struct leg_in *in);

struct leg_cell {
	uint8_t next; /* 0 = keep */
	leg_action *act;
	bool legal;
};

extern const struct leg_cell leg_call_table[CALL_STATES_N][LEG_EVS];
extern const struct leg_cell leg_offer_table[OFFER_STATES_N][LEG_EVS];

const char *leg_call_state_name(unsigned state);
const char *leg_offer_state_name(unsigned state);
const char *leg_ev_name(enum leg_ev event);

/* ---- layer.c: finding, stepping, dying ---- */

/** The one place that changes states: looks the event up in the offer table while the call is up,
 *  else in the call table, logs old, event, new; frees the half-call when it is DONE. */
void leg_step(struct leg_layer *l, struct leg *g, const struct leg_in *in);
struct leg *leg_find(const struct leg_layer *l, const struct link_leg *id);
struct leg *leg_take(struct leg_layer *l, const struct link_leg *id, bool reserve);
uint64_t leg_cookie(const struct leg_layer *l, const struct leg *g, unsigned purpose);

/* ---- text.c: strings of a dialog ---- */

struct slice leg_str(const struct leg *g, struct leg_str s);
/** Copy in; reuses the old place when it fits.  False when the dialog's text is full. */
TG_MUST_USE bool leg_str_set(struct leg *g, struct leg_str *s, struct slice from);
/** A fresh local tag: names worker and slot, and cannot be guessed. */
TG_MUST_USE bool leg_tag_new(struct leg_layer *l, struct leg *g);
/** The half-call that a local tag names, or NULL; the tag is compared whole. */
struct leg *leg_by_tag(struct leg_layer *l, struct slice tag);
/** Worker index in one of our tags, or -1. */
int leg_tag_owner(struct slice tag);

/* ---- write.c: SIP messages ---- */

/** Send a response to a request of our peer through its server transaction. */
void leg_reply(struct leg_layer *l, struct leg *g, const struct leg_in *in, uint16_t status,
               struct slice sdp);
/** INVITE, re-INVITE or BYE in a new client transaction; `auth` is a header value or empty. */
bool leg_send_invite(struct leg_layer *l, struct leg *g, uint64_t now_ms, struct slice sdp,
                     const struct link_sign_reply *auth);
void leg_send_bye(struct leg_layer *l, struct leg *g, uint64_t now_ms,
                  const struct link_sign_reply *auth);
void leg_send_ack(struct leg_layer *l, struct leg *g, uint64_t now_ms, struct slice sdp);

/* ---- tell.c: messages to the other half, the vault and the relay ---- */

struct link_msg *leg_to_peer(struct leg_layer *l, struct leg *g, enum link_type type);
void leg_tell(struct leg_layer *l, struct leg *g, enum link_type type, uint16_t status,
              struct slice body);
void leg_post(struct leg_layer *l);

#endif
