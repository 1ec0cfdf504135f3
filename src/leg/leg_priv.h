/* size: all that the files of the two half-calls share, and nothing that others see */
/* What the files of leg/ share: the half-call, its states and events. */
#ifndef TG_LEG_LEG_PRIV_H
#define TG_LEG_LEG_PRIV_H

#include "base/pool.h"
#include "base/table.h"
#include "base/timer.h"
#include "leg/leg.h"
#include "sip/message.h"
#include "sip/sdp_write.h"

enum {
	LEG_TEXT_MAX = 1024,  /* all strings of a dialog together */
	LEG_TAG_LEN = 26,     /* 2 hex of worker, 8 of slot, 16 random: leg_tag_new() */
	LEG_BYE_TRIES = 8,    /* times LEG_ASK_MS: how long a BYE waits for a vault that is away */
	LEG_SIGN_TRIES = 2,   /* answers to challenges per request (B13) */
	LEG_ASK_MS = 2000,    /* the vault's and the relay's time to answer */
	/* for the first sign of life: five and six of timer A's sendings */
	LEG_TRUNK_MS = 8000, /* then the next trunk is tried */
	LEG_PHONE_MS = 16000,
	LEG_AGAIN_MS = 25000, /* the caller hears from us so often: NATs forget after 30 s */
	LEG_REPORT_MS = 500,  /* the relay's, for its last figures */
	LEG_GRACE_MS = 32000, /* 64 × T1: how long a lost final response may still come */
	LEG_TONE_MS = 400,
	LEG_WARN_MS = 10000,  /* talk time that must be left for a warning to make sense */
	LEG_STRAYS_MAX = 20,  /* answers of nobody's that are hung up, a second */
	LEG_SESSION_S = 90,   /* what we ask of a trunk, and the least (RFC 4028 §5) */
	LEG_SESSION_MAX_S = 3600, /* a Min-SE above this: another trunk is tried */
	LEG_CSEQ_AHEAD = 16,  /* how far our CSeq may be beyond the recipe's */
	LEG_LATER_MS = 5000,  /* a refresh that could not be sent waits for so long */
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
	X(B_LATE)      /* given up without a final response: a 2xx may still come */ \
	X(B_LOST)      /* a dead process rang here: CANCEL from its recipe */ \
	X(B_ACK_WAIT)  /* 200 with an offer came; A's ACK brings the answer */ \
	X(UP)          \
	X(ENDING)      /* BYE sent */ \
	X(CLOSING)     /* SIP is done; A waits for the relay's last figures */ \
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
	X(OUT_ACK)   /* 200 with an offer came; the other half's ACK brings the answer */ \
	X(REFRESH)   /* ours is sent for the session timer alone */ \
	X(REFRESH_SIGN) /* challenged; the vault signs */

enum offer_state {
#define X(name) OFFER_##name,
	OFFER_STATES(X)
#undef X
	OFFER_STATES_N
};

#define LEG_EVENTS(X) \
	X(ALLOWED) X(REFUSED) X(UNPROVEN) /* the vault's verdicts */ \
	X(MEDIA_OPEN) X(MEDIA_NONE) X(MEDIA_SILENT) X(MEDIA_REPORT) \
	X(PEER_PROGRESS) X(PEER_ANSWER) X(PEER_REFUSE) \
	X(PEER_RETRY) /* B's attempt failed in a way that another route may not */ \
	X(PEER_CANCEL) X(PEER_ACK) X(PEER_BYE) X(PEER_WARN) \
	X(PEER_OFFER) X(PEER_ACCEPT) X(PEER_REJECT) \
	X(PEER_GONE)  /* the process of the other half died */ \
	X(VAULT_GONE) /* the vault died before its verdict or signature */ \
	X(RX_1XX) X(RX_2XX) X(RX_2XX_OFFER) X(RX_FAIL) X(RX_DEAD) X(RX_CHALLENGE) \
	X(RX_ACK) X(RX_BYE) X(RX_CANCEL) X(RX_REINVITE) \
	X(RX_TOO_BRIEF) /* 422: it wants a longer session timer (RFC 4028 §6) */ \
	X(RX_CANCELLED) /* a final response to a CANCEL that no transaction sent */ \
	X(SIGNED) X(UNSIGNED) \
	X(TX_TIMEOUT) /* no final response, or the transport refused */ \
	X(TIMER_ASK) X(TIMER_RING) X(TIMER_ACK) X(TIMER_MAX) X(TIMER_AGAIN) \
	X(TIMER_PAID) /* B: what is paid for ends */ \
	X(TIMER_REFRESH) /* B: our re-INVITE for the session timer is due */ \
	X(TIMER_EXPIRED) /* B: the peer's did not come */ \
	X(UNUSABLE) /* A: the answer of B's peer cannot be passed on */ \
	X(HANGUP) X(CLOSED)

enum leg_ev {
	LEG_EV_NONE,
#define X(name) LEG_EV_##name,
	LEG_EVENTS(X)
#undef X
	LEG_EVS
};

/** What the vault knows of the money of a trunk's B. */
enum leg_bill {
	LEG_BILL_NONE,   /* not a trunk's B, or all is said */
	LEG_BILL_OPEN,   /* granted */
	LEG_BILL_UNSURE, /* said UNKNOWN; only an answer is still of interest */
	LEG_BILL_UP,     /* said ANSWERED */
	LEG_BILL_OWED    /* `owed` is to be said when the vault is back */
};

/** A string of the dialog inside leg.text. */
struct leg_str {
	uint16_t off, len;
};

/* What SDP comes to our relay for: the last MEDIA_PEER of one side of one stream. */
struct leg_peer {
	struct tg_addr rtp, rtcp;
	uint32_t clock_hz;
	uint8_t latch, hold, off, rtcp_mux; /* as in struct link_media_peer */
};

/** A's side of the media: what was leased and what each SDP said last. */
struct leg_media {
	uint8_t streams;     /* leased; 0 = none yet */
	uint8_t open;        /* the relay holds ports for us */
	uint8_t reported;    /* the relay's last figures came */
	uint8_t answered;    /* side B's SDP was seen with the final answer */
	bool trunk[2];       /* that side is a provider: its media servers are its own business */
	uint16_t iface[2];   /* A's and B's */
	uint8_t line[LINK_STREAMS_MAX]; /* m-line of the stream */
	uint16_t port[LINK_STREAMS_MAX][2];
	struct leg_peer peer[LINK_STREAMS_MAX][2];
	struct tg_addr latch_ip[2]; /* signalling sources */
	uint64_t session[2]; /* o= session id towards A and B */
	uint32_t version[2]; /* o= version */
	struct sip_sdp_shape offer; /* of the last offer, either way */
	struct link_media_stat stat[2];
};

/** One half-call.  Never points at another; `id` names the pair. */
struct leg {
	struct link_leg id;
	struct link_proc peer; /* where the other half lives; role 0 = not known yet */
	uint8_t call;          /* enum call_state; written by leg_step() alone */
	uint8_t offer;         /* enum offer_state; written by leg_step() alone */
	bool is_a;
	bool emergency;
	bool delayed;     /* the INVITE in flight carries no offer (RFC 3261 §13.2.1) */
	bool confirmed;   /* the dialog exists: there was a 2xx */
	bool saved;       /* the vault holds our dialog's recipe */
	bool more;        /* A: the vault may know another route */
	uint8_t b_branch; /* A: the B that counts; words of others are old */
	bool used_up;     /* A: the proof was used */
	uint8_t hops;     /* Max-Forwards of what we send on */
	uint8_t bye_tries;
	uint8_t sign_tries;
	uint8_t sign_what; /* enum link_sign of what waits for a signature */
	uint8_t end_by;    /* enum link_end_by */
	uint8_t bill;      /* enum leg_bill */
	bool adopted;      /* its tag is one of a dead process: found in by_tag */
	bool final;        /* B: the vault will not renew again */
	bool brief;        /* B: a 422 was answered with a longer interval once */
	/* the re-INVITE of our peer asks for a session timer: who refreshes; seconds, 0 = no */
	bool asks_refresher_uac;
	uint16_t asks_session_s;
	uint16_t session_s; /* B: what we ask for */
	int16_t trunk;     /* index, or -1 */
	uint16_t status;   /* the final status of the INVITE, or of the last attempt */
	uint16_t progress; /* A: the last provisional status */
	uint16_t cause;    /* Q.850, 0 = none */
	uint32_t max_s;
	uint32_t paid_ms;  /* B: talk time that is paid for; 0 = not metered */
	struct link_call_bill owed;
	struct tg_flow flow;        /* of our peer */
	/* INVITE or re-INVITE in flight: theirs (A, IN) or ours (B, OUT) */
	struct tg_handle invite;
	struct tg_handle other;     /* BYE of ours */
	struct leg_keep *keep;      /* owned; what must outlive its packet, or NULL */
	uint32_t cseq_local, cseq_remote;
	uint32_t cseq_invite, cseq_remote_invite; /* of the last INVITE, ours and theirs */
	uint64_t born_ms, ring_ms, up_ms, end_ms; /* 0 = not yet */
	uint64_t bye_ms;            /* our peer's BYE came; 0 = not */
	uint32_t cseq_saved;        /* as the vault has it */
	uint32_t cseq_dialog;       /* B: of the INVITE whose 2xx made the dialog */
	struct tg_timer timer;      /* of the state: ask, ring, ack */
	/* A: longest call, or the next provisional; B: paid time, or the next CANCEL */
	struct tg_timer timer_max;
	struct tg_timer timer_session; /* B: the next refresh, ours or theirs */
	struct leg_said *said;      /* B on a trunk: owned; NULL: no refresh */
	struct leg_str call_id, local_tag, remote_tag, local_uri, remote_uri, target, route, rule,
		contact_user, final_rule;
	struct leg_str branch;      /* B: of the INVITE's Via, while it is unanswered */
	struct leg_media *media;    /* owned; A only */
	uint8_t proof[LEG_PROOF_BYTES];
	uint16_t text_len;
	char text[LEG_TEXT_MAX];
};

/** What an action gets: exactly the parts of the event that are there. */
struct leg_in {
	enum leg_ev event;
	uint64_t now_ms;
	const struct sip_message *msg;   /* RX_* */
	struct tg_handle txn;            /* RX_* but ACK: the transaction that brought it */
	const struct link_msg *link;     /* PEER_*, verdicts, MEDIA_*, SIGNED */
};

struct leg_layer {
	struct leg_conf conf;
	struct tg_pool *pool;
	struct tg_pool *keeps;    /* struct leg_keep */
	struct tg_pool *medias;   /* struct leg_media */
	struct tg_pool *saids;    /* struct leg_said; NULL: this role meets no trunks */
	struct tg_table *by_call; /* hash of {call, side, branch} -> slot */
	struct tg_table *by_tag;  /* hash of a local tag -> slot: adopted ones only */
	struct tg_wheel *wheel;
	struct link_msg out;      /* the message being written; posted at once */
	uint64_t now_ms;
	uint8_t raised;           /* enum leg_ev: what an action found; handled after its step */
	bool vault_away;
	uint64_t stray_ms;        /* when the second began in which `strays` were hung up */
	uint32_t strays;
	uint64_t unexpected;      /* empty cells that were hit */
};

/** What must outlive its packet while an INVITE is unanswered. */
struct leg_keep {
	uint16_t head_len, sdp_len;
	char head[2048]; /* theirs: Via to CSeq (and Record-Route) of every response to it */
	/* A: the offer; B: the SDP of the ACK, should the 2xx come again */
	char sdp[LINK_BODY_MAX];
};

/** Our last SDP towards a trunk: a refresh repeats it (RFC 4028 §7.4). */
struct leg_said {
	uint16_t len;
	char sdp[1534];
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

/**
 * The one place that changes states: looks the event up in the offer table while the call is up and
 * then in the call table, logs what is unexpected, and frees the half-call when it is DONE.
 */
void leg_step(struct leg_layer *l, struct leg *g, const struct leg_in *in);

/**
 * An action found something that is an event of its own (no slot, unreadable SDP): step it next.
 */
void leg_raise(struct leg_layer *l, enum leg_ev event);

struct leg *leg_find(const struct leg_layer *l, const struct link_leg *id);
struct leg *leg_take(struct leg_layer *l, const struct link_leg *id, bool reserve);
/** Give back a half-call that never got a state: nobody is told. */
void leg_drop(struct leg_layer *l, struct leg *g);
/** Call-ID and address are this dialog's (C17). */
bool leg_of_peer(const struct leg_layer *l, const struct leg *g, struct slice call_id,
                 const struct tg_flow *flow);
uint64_t leg_cookie(const struct leg_layer *l, const struct leg *g);

/** (Re)start the timer of the state. */
void leg_timer(struct leg_layer *l, struct leg *g, enum leg_ev event, uint64_t after_ms);
void leg_timer_stop(struct leg_layer *l, struct leg *g);

/* ---- text.c: strings of a dialog ---- */

struct slice leg_str(const struct leg *g, struct leg_str s);
/** Copy in; reuses the old place when it fits.  False when the dialog's text is full. */
TG_MUST_USE bool leg_str_set(struct leg *g, struct leg_str *s, struct slice from);
/** A fresh local tag: names worker and slot, and cannot be guessed. */
TG_MUST_USE bool leg_tag_new(struct leg_layer *l, struct leg *g);
/** The tag of this half-call is a dead process's: it is to be found by it all the same. */
void leg_adopt(struct leg_layer *l, struct leg *g);
/** The half-call that a local tag names, or NULL; the tag is compared whole. */
struct leg *leg_by_tag(const struct leg_layer *l, struct slice tag);
/** Keep SDP beyond its packet.  False when no room is free. */
TG_MUST_USE bool leg_keep_sdp(struct leg_layer *l, struct leg *g, struct slice sdp);
struct slice leg_kept_sdp(const struct leg *g);
/** Keep what responses to `req` begin with; our tag is in it. */
TG_MUST_USE bool leg_keep_head(struct leg_layer *l, struct leg *g, const struct sip_message *req,
                               const struct tg_flow *flow);
void leg_keep_drop(struct leg_layer *l, struct leg *g);

/* ---- write.c: SIP messages ---- */

/** Response to the INVITE or re-INVITE whose head is kept; a body when `sdp` is not empty. */
void leg_reply_invite(struct leg_layer *l, struct leg *g, uint16_t status, struct slice sdp);
/** Response to any other request of our peer, while it is at hand. */
void leg_reply(struct leg_layer *l, struct leg *g, const struct leg_in *in, uint16_t status);
/** INVITE or re-INVITE in a new transaction.  False: no transaction or no room. */
TG_MUST_USE bool leg_send_invite(struct leg_layer *l, struct leg *g, struct slice sdp,
                                 const struct link_sign_reply *auth);
TG_MUST_USE bool leg_send_bye(struct leg_layer *l, struct leg *g,
                              const struct link_sign_reply *auth);
/** ACK of the 2xx of cseq_invite (RFC 3261 §13.2.2.4). */
void leg_send_ack(struct leg_layer *l, struct leg *g, struct slice sdp);
/** CANCEL, or the ACK of a refusal, of an INVITE whose transaction is gone (RFC 3261 §9.1,
 *  §17.1.1.3): its branch and CSeq.  `to` is the To of the response, or empty. */
void leg_send_alone(struct leg_layer *l, struct leg *g, struct slice method, struct slice to);

/* ---- tell.c: messages to the other half, the vault and the relay ---- */

/** Post a LEG_* to the other half. */
void leg_tell(struct leg_layer *l, struct leg *g, enum link_type type, uint16_t status,
              struct slice body);
void leg_tell_vault(struct leg_layer *l, struct leg *g, enum link_type type);
/** CALL_END with the facts of the record. */
void leg_tell_end(struct leg_layer *l, struct leg *g);
/** DIALOG_SAVE of a trunk's dialog or unanswered INVITE, or its end. */
void leg_tell_dialog(struct leg_layer *l, struct leg *g, bool drop);
/**
 * SIGN_ASK for the request that `challenge` refused.  False: nothing in it that we could answer.
 */
TG_MUST_USE bool leg_tell_sign(struct leg_layer *l, struct leg *g,
                               const struct sip_message *challenge);

/* ---- session.c: session timers towards trunks (RFC 4028) ---- */

enum leg_refresher { LEG_REFRESHER_NONE, LEG_REFRESHER_UAC, LEG_REFRESHER_UAS };

/** A Session-Expires value.  TG_EBAD, TG_ELIMIT (more than a day): the header is as good as absent.
 *  Its refresher is NONE when it names none. */
TG_MUST_USE enum tg_err leg_session_parse(struct slice value, uint32_t *seconds,
                                          enum leg_refresher *refresher);
/** Remember what SDP our peer has from us; without text or room there will be no refresh. */
void leg_said_set(struct leg_layer *l, struct leg *g, struct slice sdp);
void leg_said_drop(struct leg_layer *l, struct leg *g);
struct slice leg_said(const struct leg *g);
/** Headers of our INVITE, and of the 200 to a re-INVITE of our peer. */
void leg_session_write(struct buf *b, const struct leg *g);
void leg_session_write_reply(struct buf *b, const struct leg *g);
/** A 2xx to our INVITE: who refreshes, and when. */
void leg_session_agreed(struct leg_layer *l, struct leg *g, const struct sip_message *msg);
/** A re-INVITE of our peer: what it asks for; and it was answered with 200. */
void leg_session_asked(struct leg *g, const struct sip_message *msg);
void leg_session_answered(struct leg_layer *l, struct leg *g);
/** A 422 that can be answered with a longer interval; then it is that of the next INVITE. */
bool leg_session_longer(const struct leg *g, const struct sip_message *msg, uint32_t *seconds);

/* ---- bill.c: B's paid time, and what the vault hears of it ---- */

/** CALL_RENEW. */
void leg_renewed(struct leg_layer *l, struct leg *g, const struct link_msg *msg);
/** CALL_RENEW of what nobody knows here: the vault must not pay for it any longer. */
void leg_unknown(struct leg_layer *l, const struct link_leg *id);
/** The first 2xx came: the time that is paid for begins. */
void leg_paid_from_now(struct leg_layer *l, struct leg *g);
/** CALL_BILL, when the attempt is one that the vault pays for. */
void leg_tell_bill(struct leg_layer *l, struct leg *g, enum link_bill what, uint16_t status);
/** The half-call is over by this event: the last CALL_BILL, at once or when the vault is back. */
void leg_tell_bill_end(struct leg_layer *l, struct leg *g, const struct leg_in *in);
/** The vault is new: what it must know of this attempt. */
void leg_tell_bill_again(struct leg_layer *l, struct leg *g);

/* ---- half_b.c ---- */

/** Tag, target and routes of a 2xx (RFC 3261 §12.1.2).  False: no room for them. */
TG_MUST_USE bool leg_learn_dialog(struct leg *g, const struct sip_message *msg);

/* ---- reoffer.c ---- */

/** A re-INVITE and its 2xx may move the remote target (RFC 3261 §12.2.1.2, §12.2.2). */
void leg_refresh_target(struct leg_layer *l, struct leg *g, const struct sip_message *msg);

/* ---- orphan.c ---- */

/** ACK and BYE for a 2xx that no half-call wants. */
void leg_hang_up_stray(struct leg_layer *l, const struct sip_message *msg,
                       const struct tg_flow *flow, int trunk);

/* ---- end.c ---- */

/** We end it: both halves get a BYE. */
void leg_bye_both(struct leg_layer *l, struct leg *g, struct slice rule, uint16_t cause);

/* ---- media.c: A's work on SDP and lease ---- */

/** MEDIA_OPEN for the lines of the kept offer (one when there is none). */
void leg_media_open(struct leg_layer *l, struct leg *g);
/** MEDIA_OPEN with the ports that we had, and both peers again: the relay is new. */
void leg_media_restore(struct leg_layer *l, struct leg *g);
void leg_media_close(struct leg_layer *l, struct leg *g);
/** A beep for our own peer, before the call is hung up. */
void leg_media_tone(struct leg_layer *l, struct leg *g);
/** Offer and answer are complete: silence counts from now on. */
void leg_media_up(struct leg_layer *l, struct leg *g);

/**
 * SDP of one side becomes SDP for the other: judged, its addresses given to the relay, rebuilt.
 *
 * from    enum link_side: whose SDP it is
 * answer  it answers the last offer
 * out     receives the text for the other side
 *
 * TG_EBAD  unreadable, breaks the rules of offer and answer, or nothing in it can be relayed
 */
TG_MUST_USE enum tg_err leg_media_cross(struct leg_layer *l, struct leg *g, enum link_side from,
                                        bool answer, struct slice in, struct buf *out);

#endif
