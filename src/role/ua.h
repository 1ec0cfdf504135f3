/*
 * What edge and carrier have in common: reading a packet up to the point where it is a new request
 * that the role must judge, and joining transactions, half-calls and grants.
 *
 * One packet, in ua_packet(): keepalive? parse; a response goes to txn; check; a retransmission, an
 * ACK or a CANCEL goes to txn; a request with our To tag goes to leg; an unknown method or
 * extension is refused; and only what is left is UA_NEW to the role.
 */
#ifndef TG_ROLE_UA_H
#define TG_ROLE_UA_H

#include "base/hash.h"
#include "leg/leg.h"
#include "role/role.h"
#include "sip/message.h"
#include "txn/txn.h"

struct ua_grants;

/** What the role adds. */
struct ua_hooks {
	void *role;
	void (*challenge)(void *role, struct buf *b, const struct tg_flow *flow, bool stale);
	bool (*proven)(void *role, const void *proof);
	bool (*same_peer)(void *role, const struct tg_flow *with, const struct tg_flow *came);
	/** An event of a transaction that no half-call owns. */
	void (*event)(void *role, const struct txn_event *event);
	/** Index of the trunk at this address, or -1.  NULL: there are none. */
	int (*trunk)(void *role, const struct tg_flow *flow);
	/** Turn a grant into the peer to ring.  False with *status and *rule: nobody there.
	 *  Slices of `out` live until the next call. */
	bool (*target)(void *role, const struct link_call_grant *grant, struct leg_target *out,
	               uint16_t *status, struct slice *rule);
};

struct ua {
	struct role_env env;
	struct ua_hooks hooks;
	struct txn_layer *txn;
	struct leg_layer *legs;
	struct ua_grants *grants;
	struct tg_key tag_key;
	struct leg_iface iface[ROLE_IFACES_MAX];
	uint64_t now_ms;
	bool stopping;          /* no new calls */
	struct sip_message msg; /* the packet at hand */
	struct link_msg out;    /* the message being written */
	char text[1024];        /* of hooks.target() */
};

/** False without memory; ua_fini() is fine then. */
TG_MUST_USE bool ua_init(struct ua *ua, const struct role_env *env, const struct ua_hooks *hooks);
void ua_fini(struct ua *ua);

enum ua_verdict {
	UA_DONE, /* answered, absorbed or dropped */
	/* ua->msg is a new, well-formed request outside any dialog, of a method that we know */
	UA_NEW
};
enum ua_verdict ua_packet(struct ua *ua, uint64_t now_ms, const struct tg_flow *flow,
                          struct slice datagram);

/** A message that is for half-calls or grants.  False: it is the role's. */
bool ua_message(struct ua *ua, uint64_t now_ms, const struct link_msg *msg);

void ua_tick(struct ua *ua, uint64_t now_ms);
uint64_t ua_next_ms(const struct ua *ua);

/** Begin a stateless response to an answerable request; write headers, then ua_reply_end().
 *  The same request always gets the same To tag. */
struct buf ua_reply_begin(struct ua *ua, const struct sip_message *req, const struct tg_flow *flow,
                          uint16_t status);
void ua_reply_end(struct ua *ua, struct buf *b);

/** A whole stateless refusal, logged with its rule. */
void ua_refuse(struct ua *ua, const struct sip_message *req, const struct tg_flow *flow,
               uint16_t status, const char *rule);

/** 200 to OPTIONS. */
void ua_answer_options(struct ua *ua, const struct tg_flow *flow);

/**
 * What an INVITE offers.  415, 406 or 488 was sent when this is false.
 *
 * sdp  the offer, or empty when there is none
 */
bool ua_offer(struct ua *ua, const struct tg_flow *flow, struct slice *sdp);

/** The user part of a URI, unescaped; false when it cannot be text. */
bool ua_user(struct buf *out, const struct sip_uri *uri);

/** Post a message to a process. */
void ua_post(struct ua *ua);

/** The Allow header of all answers. */
void ua_write_allow(struct buf *b);

/**
 * The operator's `hangup`: a call by its hex digits, or "all".  Writes {"hung_up":N} when there was
 * one of ours; another process may have it.
 */
void ua_hangup(struct ua *ua, struct slice what, struct buf *b);

/* ---- grants.c: what the vault allowed B to do, until A's LEG_INVITE comes ---- */

struct ua_grants *ua_grants_new(uint32_t cap);
void ua_grants_free(struct ua_grants *grants);
/** False: no room. */
TG_MUST_USE bool ua_grants_put(struct ua_grants *grants, uint64_t now_ms,
                               const struct link_msg *grant);
/** Take out one that nobody used in time, and whose it was; false when there is none. */
bool ua_grants_expire(struct ua_grants *grants, uint64_t now_ms, struct link_leg *id,
                      uint8_t *party);
uint64_t ua_grants_next_ms(const struct ua_grants *grants);
/** The grant of this half-call, taken out; false when there is none (any more). */
bool ua_grants_take(struct ua_grants *grants, uint64_t now_ms, const struct link_leg *id,
                    struct link_call_grant *out);

#endif
