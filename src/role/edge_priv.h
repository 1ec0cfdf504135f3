/* What the files of the edge share. */
#ifndef TG_ROLE_EDGE_PRIV_H
#define TG_ROLE_EDGE_PRIV_H

#include "base/pool.h"
#include "base/timer.h"
#include "location/location.h"
#include "role/edge.h"
#include "role/ua.h"
#include "sip/digest.h"
#include "sip/nonce.h"

enum {
	EDGE_NONCE_LIFE_S = 300,
	EDGE_CONTACTS_MAX = 8,   /* of one REGISTER */
	EDGE_PENDING_MAX = 4096, /* REGISTERs that wait for the vault */
	EDGE_PENDING_MS = 2000
};

/** A REGISTER that waits for the vault: all that its answer needs. */
struct edge_pending {
	struct tg_timer timer;
	struct tg_flow flow;  /* the source */
	struct tg_flow reply; /* where the answer goes */
	struct sip_nonce nonce;
	uint32_t nc;
	uint32_t cseq;
	uint64_t call_hash;
	uint8_t contacts;     /* 0: a query */
	bool star;            /* Contact: * */
	uint16_t head_len;
	uint8_t user_len, agent_len;
	char user[LOCATION_USER_MAX];
	char agent[LOCATION_AGENT_MAX];
	struct {
		uint32_t expires_s;
		uint16_t len;
		char uri[LOCATION_CONTACT_MAX];
	} contact[EDGE_CONTACTS_MAX];
	char head[2048]; /* Via to CSeq of the answer */
};

struct edge {
	struct ua ua;
	struct location *location;
	struct sip_nonce_maker nonces;
	struct sip_nonce_uses *uses;
	struct tg_pool *pending;
	struct tg_wheel *wheel;
	uint64_t wall_offset_ms; /* wall clock = now_ms + this */
};

/** The proof that a request carries, ready for the vault. */
struct edge_proof {
	struct link_digest digest;
	struct sip_nonce nonce;
	uint32_t nc;
};

enum edge_credentials {
	EDGE_NO_PROOF, /* none of ours: challenge */
	EDGE_STALE,    /* challenge with stale=true */
	EDGE_BROKEN,   /* 400 */
	EDGE_PROOF
};

/** Read Authorization (or Proxy-Authorization); everything but the response itself is judged. */
enum edge_credentials edge_credentials(struct edge *e, const struct tg_flow *flow,
                                       struct edge_proof *out);

/** 401 with both algorithms, without state. */
void edge_challenge(struct edge *e, const struct tg_flow *flow, bool stale);
void edge_write_challenges(struct edge *e, struct buf *b, const struct tg_flow *flow, bool stale);

/* registrar.c */
void edge_register(struct edge *e, const struct tg_flow *flow);
void edge_registered(struct edge *e, const struct link_msg *reply);
void edge_pending_expired(struct edge *e, struct edge_pending *p);
void edge_bind_load(struct edge *e, const struct link_msg *msg);
void edge_binding_expired(void *ctx, const struct location_binding *binding);

/* edge_ctl.c */
void edge_ctl(struct edge *e, const struct link_msg *ask);

#endif
