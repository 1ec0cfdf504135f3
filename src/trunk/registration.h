/*
 * Our registration at a provider (RFC 3261 §10.2): one small machine a trunk, whose credentials
 * only the vault has.
 */
#ifndef TG_TRUNK_REGISTRATION_H
#define TG_TRUNK_REGISTRATION_H

#include "base/log.h"
#include "base/timer.h"
#include "link/msg.h"
#include "txn/txn.h"

#define TRUNK_STATES(X)                                               \
	X(NONE)                                                       \
	X(IDLE)       /* not wanted: the provider knows us by address */ \
	X(TRYING)     /* REGISTER sent */                             \
	X(SIGNING)    /* challenged; the vault signs */               \
	X(REGISTERED)                                                 \
	X(REFRESHING) /* REGISTER sent while the last one still holds */ \
	X(RESIGNING)  /* challenged while the last one still holds */ \
	X(WAITING)    /* refused or silent; tried again by timer */

enum trunk_state {
#define X(name) TRUNK_##name,
	TRUNK_STATES(X)
#undef X
	TRUNK_STATES_N
};

/** What a registration is made with; pointers outlive it. */
struct trunk_conf {
	uint16_t index;      /* in the configuration */
	struct slice name;
	struct slice domain; /* registrar and host of the AoR */
	struct slice user;
	struct tg_flow flow;
	struct tg_addr advertise; /* host of our Contact */
	uint32_t expires_s;
	bool registers;
};

struct trunk_env {
	struct txn_layer *txn;
	struct link_out link;
	struct tg_log *log;
	struct tg_rng *rng;
	struct tg_wheel *wheel; /* expired timers come to trunk_timer() */
	uint64_t cookie;        /* of this trunk's transactions */
};

/** One trunk's registration; embedded in its owner. */
struct trunk {
	struct trunk_conf conf;
	struct trunk_env env;
	uint8_t state; /* enum trunk_state; written by trunk_step() alone */
	uint8_t tries; /* signatures for this round (B13) */
	uint8_t longer; /* 423s of this round */
	uint16_t last_status;
	uint32_t cseq, failures, granted_s;
	uint64_t until_ms; /* how long the last 200 holds */
	struct tg_handle txn;
	struct tg_timer timer;
	char call_id[40], tag[20];
	struct link_msg out;
};

/** Begin; the first REGISTER goes out at once. */
void trunk_start(struct trunk *t, const struct trunk_conf *conf, const struct trunk_env *env,
                 uint64_t now_ms);

/** A transaction with our cookie says something. */
void trunk_event(struct trunk *t, uint64_t now_ms, const struct txn_event *event);

/** SIGN_REPLY for us. */
void trunk_signed(struct trunk *t, uint64_t now_ms, const struct link_sign_reply *reply);

/** The timer fired. */
void trunk_timer(struct trunk *t, uint64_t now_ms);

/** Something has changed that a refusal may have come from, say the secret: try now, not later. */
void trunk_retry(struct trunk *t, uint64_t now_ms);

/** May calls go out over it?  False while a wanted registration does not hold. */
bool trunk_usable(const struct trunk *t, uint64_t now_ms);

const char *trunk_state_name(unsigned state);

#endif
