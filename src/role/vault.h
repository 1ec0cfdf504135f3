/*
 * The vault: secrets, accounts, policy; it decides every call and answers every challenge, and no
 * packet from outside ever reaches it.
 *
 * It keeps in memory what it decides with, and says by struct vault_store what must be on disk; the
 * shell's store thread writes that without making anybody wait.
 */
#ifndef TG_ROLE_VAULT_H
#define TG_ROLE_VAULT_H

#include "base/hash.h"
#include "policy/policy.h"
#include "role/role.h"

struct vault;

enum { VAULT_USER_MAX = 64, VAULT_SECRET_MAX = 128, VAULT_NUMBER_MAX = 32 };

/** An account as it is stored: never its password (B16). */
struct vault_account {
	char user[VAULT_USER_MAX];
	uint8_t user_len;
	uint8_t max_bindings;
	uint8_t disabled;
	uint8_t ha1_md5[16];
	uint8_t ha1_sha256[32];
	uint64_t networks; /* bit i: may come from configured network i */
	char number[VAULT_NUMBER_MAX]; /* shown as the caller on trunks; empty = the trunk's user */
	uint8_t number_len;
};

enum vault_disposition {
	VAULT_ANSWERED,
	VAULT_NO_ANSWER, /* cancelled, or rang out */
	VAULT_BUSY,
	VAULT_FAILED
};

/** One call's record (R118); written when it begins to ring, is answered, and is over. */
struct vault_record {
	uint64_t call;
	uint64_t start_ms, answer_ms, end_ms; /* wall clock; 0 = not */
	uint32_t talk_ms, ring_ms;
	uint16_t status, cause;
	uint8_t disposition; /* enum vault_disposition */
	uint8_t by;          /* enum link_end_by */
	uint8_t emergency;
	uint8_t a_party, b_party; /* enum link_party */
	struct link_text account; /* who pays: the calling account; empty for PBX and trunk */
	struct link_text source, dialled, name; /* caller as claimed, number, display name */
	struct link_text a_peer, b_peer;        /* names of accounts, PBXs, trunks */
	struct link_text rule;
	struct tg_addr from;
	struct link_media_stat media[2];
};

/** What must be kept.  Called during the vault's functions; the data is copied by the callee. */
struct vault_store {
	void *ctx;
	void (*account)(void *ctx, const struct vault_account *account, bool drop);
	void (*secret)(void *ctx, struct slice name, struct slice secret, bool drop);
	void (*binding)(void *ctx, const struct link_binding *binding); /* expires_ms 0 = drop */
	/**
	 * An edge is new: post it BIND_LOAD for every kept binding that is its own (role_edge_of).
	 */
	void (*load_bindings)(void *ctx, struct link_proc edge);
	void (*record)(void *ctx, const struct vault_record *record, bool over);
	/** A call of vault_call_load() lives: its record is open again, and record() follows. */
	void (*reopen)(void *ctx, uint64_t call);
};

/** NULL without memory. */
struct vault *vault_new(const struct role_env *env, const struct policy *policy,
                        const struct role_routes *routes, const struct vault_store *store);
void vault_free(struct vault *vault);

void vault_message(struct vault *vault, uint64_t now_ms, const struct link_msg *msg);
void vault_tick(struct vault *vault, uint64_t now_ms);
uint64_t vault_next_ms(const struct vault *vault);

/* ---- what the shell loads at the start and the operator changes ---- */

/**
 * Add or replace an account.
 *
 * save  false while loading: it is on disk already
 *
 * TG_ENOMEM  as many accounts as registrations are configured
 */
TG_MUST_USE enum tg_err vault_account_set(struct vault *vault, const struct vault_account *account,
                                          bool save);
/** Its edge forgets its bindings.  TG_ENOENT: there is none. */
TG_MUST_USE enum tg_err vault_account_remove(struct vault *vault, struct slice user);
/** NULL when there is none. */
const struct vault_account *vault_account_find(const struct vault *vault, struct slice user);
/** The realm that HA1s are made with. */
struct slice vault_realm(const struct vault *vault);

/**
 * Secret of a trunk; name "trunk/NAME".  A new one makes its carrier try again.
 *
 * TG_ENOENT  no such trunk
 * TG_ELIMIT  too long
 */
TG_MUST_USE enum tg_err vault_secret_set(struct vault *vault, struct slice name,
                                         struct slice secret, bool save);

/**
 * A call whose record was open when the last vault died; after the accounts.  It is on disk as lost
 * until the half-call A that still lives claims it.
 */
void vault_call_load(struct vault *vault, const struct vault_record *record);

/** A binding from disk, at the start: where calls to the account will have to go out. */
void vault_binding_load(struct vault *vault, const struct link_binding *binding);

#endif
