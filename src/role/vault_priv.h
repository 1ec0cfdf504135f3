/* What the files of the vault share. */
#ifndef TG_ROLE_VAULT_PRIV_H
#define TG_ROLE_VAULT_PRIV_H

#include "base/pool.h"
#include "base/table.h"
#include "base/timer.h"
#include "role/vault.h"

enum {
	VAULT_CLAIM_MS = 64000,  /* beyond ringing: how long a call of before may be claimed */
	VAULT_SIGNS_MAX = 2,     /* INVITEs signed for one attempt (B13) */
	VAULT_BRANCHES_MAX = 16  /* attempts of one call */
};

/** A call that was granted, until its BYE can no longer be challenged. */
struct vault_call {
	uint64_t id;
	struct link_proc asker;   /* where A lives; nobody yet: loaded, and not claimed */
	struct link_proc target;
	uint8_t a_party, b_party; /* enum link_party */
	uint8_t branch;           /* of the last grant */
	uint8_t next_route;       /* index into routes */
	uint8_t signs;            /* INVITEs signed for this branch */
	bool emergency;
	bool holds_trunk;         /* counted in trunk_calls */
	uint16_t a_peer, b_peer;  /* PBX or trunk */
	uint32_t account;         /* slot, 0 = none */
	struct link_text to;      /* what B dials */
	struct vault_record record;
	struct tg_timer timer;    /* while not claimed */
};

/** A trunk dialog's recipe for a BYE, or an INVITE's for a CANCEL; texts are packed. */
struct vault_dialog {
	struct link_leg leg;
	struct link_proc owner;
	struct tg_flow flow;
	uint32_t cseq;
	uint16_t trunk;
	bool early; /* for a CANCEL */
	/* call_id, local_tag, remote_tag, local_uri, remote_uri, target, route, branch */
	uint16_t len[8];
	char text[1200];
};

/** An account as it lives here. */
struct vault_user {
	struct vault_account a;
	uint16_t iface; /* of the binding that was refreshed last: where B's media will be */
};

struct vault {
	struct role_env env;
	const struct policy *policy;
	const struct role_routes *routes;
	struct vault_store store;
	uint64_t now_ms, wall_offset_ms;
	struct tg_pool *accounts, *calls, *dialogs;
	struct tg_table *by_user, *by_call, *by_dialog;
	struct tg_wheel *wheel;
	struct tg_key dummy; /* HA1 of users who do not exist */
	uint32_t trunk_calls[ROLE_TRUNKS_MAX];
	struct {
		uint8_t len;
		char text[VAULT_SECRET_MAX];
	} secret[ROLE_TRUNKS_MAX];
	uint64_t granted, refused, wrong; /* since the start, for status */
	struct link_msg out;
};

static inline uint64_t vault_wall_ms(const struct vault *v)
{
	return v->now_ms + v->wall_offset_ms;
}

/** Check a digest; `*account` is set only when it is right. */
enum link_auth vault_prove(const struct vault *v, const struct link_digest *digest,
                           const struct vault_account **account, uint32_t *slot);

/**
 * A proof cannot be moved to another request: the digest was made for `method`, and for a URI whose
 * user part is `dialled` unless that is NULL.  An edge that was taken over sees many proofs.
 */
bool vault_proof_fits(const struct link_digest *digest, struct slice method,
                      const struct link_text *dialled);

struct vault_user *vault_user_find(const struct vault *v, struct slice user, uint32_t *slot);

struct vault_call *vault_call_find(const struct vault *v, uint64_t id);
struct vault_dialog *vault_dialog_find(const struct vault *v, const struct link_leg *leg);

/* vault_call.c */
/** A new call in the table, or NULL when it is full. */
struct vault_call *vault_call_take(struct vault *v, uint64_t id, bool emergency);
void vault_call_ask(struct vault *v, const struct link_msg *msg);
void vault_call_next(struct vault *v, const struct link_msg *msg);
void vault_call_answered(struct vault *v, const struct link_msg *msg);
void vault_call_end(struct vault *v, const struct link_msg *msg);
/** The process that kept half-call A died. */
void vault_calls_lost(struct vault *v, struct link_proc dead);
void vault_call_forget(struct vault *v, struct vault_call *call);

/* vault_lost.c */
/** `who` speaks for a loaded call: from now on it is its own, if it may be. */
void vault_call_claim(struct vault *v, struct vault_call *call, struct link_proc who);

/* vault_sign.c */
void vault_sign(struct vault *v, const struct link_msg *msg);

/* vault_keep.c: bindings and dialogs for others */
void vault_bind_save(struct vault *v, const struct link_msg *msg);
void vault_dialog_save(struct vault *v, const struct link_msg *msg);
void vault_dialogs_orphan(struct vault *v, struct link_proc carrier);

/* vault_ctl.c */
void vault_ctl(struct vault *v, const struct link_msg *ask);

void vault_post(struct vault *v);

#endif
