/* size: one list of all messages, so that it reads as the one conversation that it is */
/*
 * The messages between the processes.
 *
 * One call, as messages (A = the caller's half-call, B = the callee's; each lives in an edge or a
 * carrier, and both may live in the same one):
 *
 *   A -> vault    CALL_ASK      who calls, with the proof of it, what was dialled, from where
 *   vault -> B    CALL_GRANT    whom to ring: a binding, the PBX, or a trunk with the number
 *   vault -> A    CALL_VERDICT  where B is, or the refusal with its rule
 *   A -> relay    MEDIA_OPEN    two sockets a stream; relay -> A MEDIA_OPENED: the ports
 *   A -> B        LEG_INVITE    the offer, already naming the relay
 *   B -> vault    SIGN_ASK      (trunk challenged) -> SIGN_REPLY: the Authorization value
 *   B -> A        LEG_PROGRESS, LEG_ANSWER or LEG_REFUSE
 *   A -> relay    MEDIA_PEER    who sits on each side
 *   A -> vault    CALL_ANSWERED, and after a refusal CALL_NEXT for the next route; a new vault is
 *                 told CALL_ANSWERED again, and so takes up what its store had as lost
 *   A <-> B       LEG_OFFER, LEG_ACCEPT, LEG_REJECT (re-INVITE); LEG_BYE ends both
 *   B -> vault    CALL_BILL     on a trunk: what the provider may charge, and from when to when;
 *                 vault -> B CALL_RENEW: it is paid for longer, or will not be (LEG_WARN tells A)
 *   A -> relay    MEDIA_CLOSE   -> MEDIA_REPORT: packets, loss, jitter
 *   A -> vault    CALL_END      the facts of the record
 *
 * The vault posts the grant before the verdict, and whoever takes a message from a half-call drains
 * the vault's ring first: so a LEG_INVITE never overtakes the grant that allows it.
 * A receiver trusts no field: link_msg_check() bounds every length, count and enum before use, and
 * the receiver compares `from` with the ring that it came over.
 */
#ifndef TG_LINK_MSG_H
#define TG_LINK_MSG_H

#include "base/flow.h"
#include "base/pool.h"

enum link_role {
	LINK_NOBODY,
	LINK_WARDEN,
	LINK_VAULT,
	LINK_EDGE,
	LINK_CARRIER,
	LINK_RELAY,
	LINK_RESOLVER,
	LINK_CONSOLE,
	LINK_ROLES
};

/** A process: its role and its number among those of the role. */
struct link_proc {
	uint8_t role; /* enum link_role */
	uint8_t index;
};

enum {
	LINK_BODY_MAX = 6144,  /* SDP and pages of text */
	LINK_MSG_MAX = 8192,   /* one slot of a ring */
	LINK_STREAMS_MAX = 4,  /* media lines a call may relay */
	LINK_ADDRS_MAX = 8     /* of one RESOLVE_REPLY */
};

/** Short text: names, users, tags, numbers. */
struct link_text {
	uint8_t len; /* 0..127 */
	char s[127];
};

/** Long text: URIs, nonces, header values. */
struct link_long {
	uint16_t len; /* 0..1022 */
	char s[1022];
};

/** Whose half-call: A (the one who calls) or B, and which attempt or fork of B. */
enum link_side { LINK_A, LINK_B };

struct link_leg {
	uint64_t call;  /* random, made by A; never 0 */
	uint8_t side;   /* enum link_side */
	uint8_t branch; /* B: 1.. in the order of grants; A: 0 */
};

struct link_head {
	uint16_t type; /* enum link_type */
	uint16_t len;  /* octets of the whole message that count; ≤ LINK_MSG_MAX */
	struct link_proc from, to;
	uint32_t epoch; /* of the sender: how often it was started; older ones are dropped */
	struct link_leg leg; /* the half-call it is for; zero when it is for none */
	struct tg_handle ref; /* the asker's own, returned in the reply as it came */
};

/* warden -> everyone: a process came up or went down */
struct link_peer {
	struct link_proc proc;
	uint8_t up; /* 0, 1 */
	uint32_t epoch;
};

struct link_stop {
	uint8_t graceful; /* 1: hang up what is up, then leave */
};

/* A digest as it came in Authorization (RFC 7616 §3.4): what the vault needs to check it. */
struct link_digest {
	uint8_t present; /* 0: not proven (PBX and trunk, known by address) */
	uint8_t alg;     /* enum tg_digest_alg */
	uint8_t qop;     /* 1 = auth */
	char nc[8];      /* eight hex digits, as sent */
	struct link_text user, method, response;
	struct link_long nonce, cnonce, uri;
};

struct link_auth_ask {
	struct link_digest digest;
};

enum link_auth { LINK_AUTH_OK, LINK_AUTH_WRONG, LINK_AUTH_LATER };

struct link_auth_reply {
	uint8_t verdict; /* enum link_auth; an unknown user is WRONG after the same work (B10) */
	uint8_t max_bindings;
	uint32_t account; /* the vault's number of it; 0 unless OK */
	uint64_t networks; /* bit i: may come from the configured network i (R31) */
};

/* Who asks for a call or is asked to take one. */
enum link_party { LINK_PARTY_NONE, LINK_PARTY_ACCOUNT, LINK_PARTY_PBX, LINK_PARTY_TRUNK };

struct link_call_ask {
	uint8_t party;     /* enum link_party */
	uint16_t peer;     /* index of the PBX or trunk in the configuration */
	struct link_digest digest; /* present for an account */
	struct tg_flow flow;       /* where the INVITE came from */
	struct link_text dialled;  /* user part of the Request-URI, unescaped */
	struct link_text caller;   /* user part of From: a claim */
	struct link_text name;     /* display name of From: a claim */
	struct link_text sip_call_id;
};

/* Why a call ended or was refused; text and SIP status in leg/verdict.h. */
struct link_call_verdict {
	uint8_t allow; /* 0, 1 */
	uint8_t auth;  /* enum link_auth: WRONG means challenge again */
	uint8_t emergency;
	uint8_t party;   /* enum link_party of B */
	uint8_t branch;  /* of B */
	uint8_t more;    /* 1: CALL_NEXT may find another route */
	uint16_t status; /* SIP status of a refusal, 400..699 */
	struct link_proc target; /* where B will live */
	uint16_t iface;          /* B's interface, for the media */
	uint32_t account;        /* of A, when A is one */
	uint32_t max_s;          /* longest call */
	struct link_text rule;   /* the rule that decided */
};

struct link_call_grant {
	uint8_t party; /* enum link_party of B */
	uint8_t emergency;
	uint16_t peer;            /* index of the PBX or trunk */
	uint16_t iface;           /* interface that B's media was given: B must sit there */
	struct link_proc asker;   /* where A lives */
	uint32_t max_s;
	/* talk time from the answer after which B hangs up unless renewed, the guard taken off
	 * already; 0 = not metered */
	uint32_t paid_ms;
	struct link_text to;      /* AoR user, dialled string, or the number to send */
	struct link_text caller;  /* what B may show as the caller: decided, no claim */
	struct link_text name;
};

struct link_call_next {
	uint16_t status; /* how the last branch failed; 408 and 503 are made here */
};

struct link_call_answered {
	uint8_t branch;
};

/* vault -> B: how long the call is paid for now */
struct link_call_renew {
	uint8_t final;         /* 1: there will be no more */
	uint32_t paid_ms;      /* new total from the answer, as in the grant */
	struct link_text rule; /* final: why; the record's rule when the time is up */
};

/* vault -> A: hang up, or give up: an emergency call needs the line, or the site is locked down */
struct link_call_stop {
	struct link_text rule;
};

/*
 * What a provider may charge for one attempt.  Each grant of a trunk ends in one of OVER, FAILED
 * and UNKNOWN; after UNKNOWN a late 2xx brings ANSWERED and OVER.
 */
enum link_bill {
	LINK_BILL_ANSWERED, /* the 2xx came; a new vault hears it again, with the talk so far */
	LINK_BILL_OVER,     /* talk_ms until its BYE came or ours was confirmed */
	LINK_BILL_FAILED,   /* final failure, or nothing was ever sent: nothing is owed */
	LINK_BILL_UNKNOWN   /* no final response: a 2xx may still come */
};

struct link_call_bill {
	uint8_t what;        /* enum link_bill */
	uint8_t unconfirmed; /* OVER: nobody confirmed our BYE */
	uint16_t status;     /* FAILED and UNKNOWN: how */
	uint32_t talk_ms;    /* OVER: 0 = the answer was before our time, it ended now */
};

enum link_end_by { LINK_END_NONE, LINK_END_A, LINK_END_B, LINK_END_US };

/* What the relay saw of one side's sending. */
struct link_media_stat {
	uint64_t packets, octets;
	uint64_t dropped;      /* wrong source or malformed */
	uint64_t lost;         /* by sequence numbers (RFC 3550 §A.3) */
	uint32_t jitter_us;    /* RFC 3550 §A.8 */
	uint32_t silent_ms;    /* since its last packet, at the time of the report */
};

struct link_call_end {
	uint8_t by;     /* enum link_end_by */
	uint16_t status; /* final status sent to A; 200 when it was answered */
	uint32_t ring_ms, talk_ms;
	uint32_t cause;  /* Q.850 */
	struct link_text rule; /* what decided, when it was us */
	struct link_media_stat media[2];
};

/* What a request is, for the vault's signing rules. */
enum link_sign {
	LINK_SIGN_REGISTER,
	LINK_SIGN_OPTIONS,
	LINK_SIGN_INVITE,
	LINK_SIGN_IN_DIALOG,
	LINK_SIGN_BYE
};

struct link_sign_ask {
	uint8_t kind; /* enum link_sign */
	uint8_t alg;  /* enum tg_digest_alg */
	uint8_t qop;  /* 1 = auth offered */
	uint8_t proxy; /* 1: Proxy-Authorization */
	uint16_t trunk;
	struct link_text method;
	struct link_long uri, realm, nonce, opaque;
};

struct link_sign_reply {
	uint8_t ok;
	uint8_t proxy;
	struct link_text rule; /* why not */
	uint16_t value_len;
	char value[3072]; /* header value: "Digest ..." */
};

/* A binding of the location service (RFC 3261 §10), for keeping across restarts. */
struct link_binding {
	struct link_text user;     /* AoR user */
	struct link_text instance; /* +sip.instance or empty */
	struct link_text agent;    /* User-Agent, cut */
	struct link_long contact;  /* URI as registered: what the phone wants to see in requests */
	struct link_text call_id;
	uint32_t cseq;
	uint32_t account;
	struct tg_flow flow;
	uint64_t expires_ms; /* wall clock; 0 = drop it; LOAD: 0 = drop all that the user has */
};

/* vault -> carrier: the trunk has a new secret; a registration that was refused is tried again */
struct link_trunk {
	uint16_t trunk;
};

/* The dialog of a trunk leg, enough to end it after a crash of its carrier: by BYE or CANCEL. */
struct link_dialog {
	uint16_t trunk;
	uint8_t drop;  /* 1: forget it */
	uint8_t early; /* 1: its INVITE (cseq, branch) has no final response yet */
	uint32_t cseq;
	struct tg_flow flow;
	struct link_text call_id, local_tag, remote_tag;
	struct link_text branch; /* early: of the INVITE's Via, which a CANCEL repeats */
	struct link_long local_uri, remote_uri, target;
	uint16_t route_len; /* Route header values, comma separated */
	char route[2048];
};

/* LEG_*: one half-call to the other.  `body` is SDP that names the relay. */
struct link_leg_body {
	uint16_t status; /* PROGRESS 101..199, REFUSE and REJECT 400..699, else 0 */
	uint16_t cause;  /* BYE, CANCEL, REFUSE: Q.850, or 0 */
	uint8_t flags;   /* enum link_leg_flag */
	/* the sender's, when it is B: words of a branch that was given up are old */
	uint8_t branch;
	/* INVITE: Max-Forwards of B's, one less than A's: what ends a loop (D12) */
	uint8_t hops;
	uint16_t iface;  /* PROGRESS, ANSWER, ACCEPT, OFFER: interface the sender's media uses */
	struct tg_flow flow; /* sender's signalling peer, for latching (E4) */
	struct link_text reason; /* phrase or rule */
	uint16_t body_len;
	char body[LINK_BODY_MAX];
};

enum link_leg_flag {
	LINK_LEG_HAS_BODY = 1,
	LINK_LEG_EMERGENCY = 2,
	LINK_LEG_BY_US = 4 /* BYE: `reason` is the rule of ours that ended the call */
};

/* Where media of one stream goes and may come from. */
enum link_latch {
	LINK_LATCH_EXACT,  /* accept and send at `rtp` only */
	LINK_LATCH_FROM_IP /* wait for the first packet from `latch_ip`, then bind to its source */
};

struct link_media_side {
	uint16_t iface;
	/* OPEN: 0 = choose; else the port to have again; OPENED: ours (RTCP is +1) */
	uint16_t rtp_port;
};

struct link_media_open {
	uint8_t streams; /* 1..LINK_STREAMS_MAX */
	uint8_t opened;  /* OPENED: 1 = ok, 0 = none free */
	uint8_t emergency;
	uint8_t one_way; /* 1: what side A sends goes nowhere before the answer (C13) */
	uint32_t silent_after_ms; /* once up: report when no side sends for so long; 0 = never */
	struct link_media_side side[LINK_STREAMS_MAX][2];
};

struct link_media_peer {
	uint8_t stream, side;
	uint8_t latch; /* enum link_latch */
	uint8_t hold;  /* 1: nothing is expected from this side (RFC 3264 §8.4) */
	uint8_t off;   /* 1: stream refused; drop */
	uint8_t rtcp_mux; /* 1: negotiated with this side (RFC 5761) */
	uint8_t up;     /* 1: the call is answered: silence and one-way audio count from now on */
	/* RTP clock of the first codec, for jitter of dynamic payload types; 0 = not said */
	uint32_t clock_hz;
	struct tg_addr rtp, rtcp; /* as in the SDP; rtcp of family NONE = the port after rtp */
	struct tg_addr latch_ip;  /* signalling source; port ignored */
};

struct link_media_close {
	uint8_t why; /* free for the owner */
};

/* A beep for one side: the call is about to be hung up */
struct link_media_tone {
	uint8_t side; /* enum link_side: who hears it */
	uint16_t ms;  /* 20..1000 */
};

enum link_media_event {
	LINK_MEDIA_CLOSED,  /* the last one: the call's numbers */
	LINK_MEDIA_SILENT,  /* nobody sends; repeated every silent_after_ms until MEDIA_CLOSE */
	LINK_MEDIA_ONE_WAY, /* one side does not send, the other does */
	LINK_MEDIA_BACK,    /* it sends again */
	LINK_MEDIA_REFUSED  /* nothing will be sent to the address that MEDIA_PEER named (E5) */
};

struct link_media_report {
	uint8_t event;  /* enum link_media_event */
	uint8_t stream; /* ONE_WAY, BACK, REFUSED: which stream and which side of it */
	uint8_t side;
	struct link_media_stat stat[2];
};

/* Operator: a line of words in, pages of JSON out. */
struct link_ctl {
	uint8_t last;   /* REPLY: 1 = last page */
	uint8_t failed; /* REPLY: 1 = body is an error sentence */
	uint16_t body_len;
	char body[LINK_BODY_MAX];
};

/* A packet that belongs to another worker of the same role. */
struct link_stray {
	struct tg_flow flow;
	uint16_t body_len;
	char body[LINK_BODY_MAX];
};

/* also NETWORK_FOUND: vault -> edge, where the phones of network ref.slot - 1 are now */
struct link_resolve {
	uint8_t failed;
	uint8_t count;
	uint8_t family; /* asked for: TG_AF_INET6, or else IPv4 */
	uint32_t ttl_s;
	struct link_text name;
	struct tg_addr addr[LINK_ADDRS_MAX];
};

/* name, payload struct, field of the union.  Add here; enum, sizes, names and checks follow. */
#define LINK_MSG_TABLE(X)                              \
	X(PEER, link_peer, peer)                       \
	X(STOP, link_stop, stop)                       \
	X(AUTH_ASK, link_auth_ask, auth_ask)           \
	X(AUTH_REPLY, link_auth_reply, auth_reply)     \
	X(CALL_ASK, link_call_ask, call_ask)           \
	X(CALL_VERDICT, link_call_verdict, verdict)    \
	X(CALL_GRANT, link_call_grant, grant)          \
	X(CALL_NEXT, link_call_next, call_next)        \
	X(CALL_ANSWERED, link_call_answered, answered) \
	X(CALL_RENEW, link_call_renew, renew)          \
	X(CALL_BILL, link_call_bill, bill)             \
	X(CALL_STOP, link_call_stop, stop_call)        \
	X(CALL_END, link_call_end, call_end)           \
	X(SIGN_ASK, link_sign_ask, sign_ask)           \
	X(SIGN_REPLY, link_sign_reply, sign_reply)     \
	X(BIND_SAVE, link_binding, binding)            \
	X(BIND_LOAD, link_binding, binding_load)       \
	X(TRUNK_RETRY, link_trunk, trunk_retry)        \
	X(DIALOG_SAVE, link_dialog, dialog)            \
	X(DIALOG_ORPHAN, link_dialog, orphan)          \
	X(LEG_INVITE, link_leg_body, invite)           \
	X(LEG_PROGRESS, link_leg_body, progress)       \
	X(LEG_ANSWER, link_leg_body, answer)           \
	X(LEG_REFUSE, link_leg_body, refuse)           \
	X(LEG_CANCEL, link_leg_body, cancel)           \
	X(LEG_ACK, link_leg_body, ack)                 \
	X(LEG_BYE, link_leg_body, bye)                 \
	X(LEG_WARN, link_leg_body, warn)               \
	X(LEG_OFFER, link_leg_body, offer)             \
	X(LEG_ACCEPT, link_leg_body, accept)           \
	X(LEG_REJECT, link_leg_body, reject)           \
	X(MEDIA_OPEN, link_media_open, media_open)     \
	X(MEDIA_OPENED, link_media_open, media_opened) \
	X(MEDIA_PEER, link_media_peer, media_peer)     \
	X(MEDIA_TONE, link_media_tone, media_tone)     \
	X(MEDIA_CLOSE, link_media_close, media_close)  \
	X(MEDIA_REPORT, link_media_report, media_report) \
	X(CTL_ASK, link_ctl, ctl_ask)                  \
	X(CTL_REPLY, link_ctl, ctl_reply)              \
	X(STRAY, link_stray, stray)                    \
	X(RESOLVE_ASK, link_resolve, resolve_ask)      \
	X(RESOLVE_REPLY, link_resolve, resolve_reply)  \
	X(NETWORK_FOUND, link_resolve, network_found)

enum link_type {
	LINK_NONE,
#define X(name, type, field) LINK_##name,
	LINK_MSG_TABLE(X)
#undef X
	LINK_TYPES
};

struct link_msg {
	struct link_head head;
	union {
#define X(name, type, field) struct type field;
		LINK_MSG_TABLE(X)
#undef X
	};
};

/** How the pure folders post a message; the owner of the rings copies it at once.  Never fails: a
 *  full ring is counted, and the receiver's deadlines cover the loss like that of a packet. */
struct link_out {
	void *ctx;
	void (*post)(void *ctx, const struct link_msg *msg);
};

/** Set type, to and len (without a body); everything else of the head is zeroed, the payload's
 *  fixed part too. */
void link_msg_init(struct link_msg *msg, enum link_type type, struct link_proc to);

/**
 * Copy text in; cut at the field's size (use link_text_fits() where cutting would be wrong).
 */
void link_text_set(struct link_text *to, struct slice from);
void link_long_set(struct link_long *to, struct slice from);
bool link_text_fits(struct slice s);
struct slice link_text(const struct link_text *t);
struct slice link_long(const struct link_long *t);

/** Set the body of a LEG_*, CTL_* or STRAY message and its length.  TG_ELIMIT: too long. */
TG_MUST_USE enum tg_err link_body_set(struct link_msg *msg, struct slice body);
struct slice link_body(const struct link_msg *msg);

/**
 * Check a message that came from another process: type known, len as the type wants it, every text
 * length, count, enum and flag in range.  TG_EBAD with `*why` (static text) otherwise.
 */
TG_MUST_USE enum tg_err link_msg_check(const struct link_msg *msg, const char **why);

const char *link_type_name(enum link_type type);
const char *link_role_name(enum link_role role);

#endif
