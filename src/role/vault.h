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
#include "role/judge.h"
#include "role/role.h"

struct vault;
struct book;

enum { VAULT_USER_MAX = 64, VAULT_SECRET_MAX = 128, VAULT_NUMBER_MAX = 64, VAULT_GROUP_MAX = 32 };

/** An account as it is stored: never its password (B16). */
struct vault_account {
	char user[VAULT_USER_MAX];
	uint8_t user_len;
	uint8_t max_bindings;
	uint8_t disabled;
	uint8_t ha1_md5[16];
	uint8_t ha1_sha256[32];
	uint64_t networks; /* bit i: may come from configured network i */
	/* its numbers, comma separated: what trunks may see as the caller, the first unless
	 * the phone asks for another; empty = the trunk's */
	char number[VAULT_NUMBER_MAX];
	uint8_t number_len;
	char group[VAULT_GROUP_MAX]; /* by name; empty = the configured default */
	uint8_t group_len;
	uint8_t tls_only; /* 0, 1: calls and registers over TLS alone */
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
	struct link_text number; /* what was priced: "+34911234567"; empty = nothing was */
	struct link_text sent;   /* what the trunk was sent last */
	uint8_t class;           /* enum number_class */
	uint8_t price_source;    /* enum price_source */
	struct tg_tariff tariff; /* of the last attempt; next_s 0 = none */
	tg_micro cost;           /* of all attempts, as they were settled */
};

/** What must be on disk of one ledger or attempt, in octets that only the vault reads. */
struct vault_blob {
	struct slice key, octets;
};

/**
 * One change of a call: all of it is on disk, or nothing.  Of `hold` and `recipe`: p NULL = as it
 * is, empty = gone.
 */
struct vault_change {
	struct link_leg leg;               /* whose hold and recipe these are */
	struct slice hold, recipe;
	const struct vault_record *record; /* NULL = as it is */
	bool over;                         /* the last word on this call */
	const struct vault_blob *total;    /* ledgers' totals */
	uint32_t totals;                   /* at most LEDGER_ABOVE_MAX */
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
	/**
	 * Returns the number of the job: numbers rise by order.  0: it will not be on disk.  A call
	 * of vault_call_load() is claimed by the first change that brings its record.
	 */
	uint64_t (*change)(void *ctx, const struct vault_change *change);
	/** A small row; empty octets drop it.  As change(). */
	uint64_t (*state)(void *ctx, struct slice kind, const struct vault_blob *row);
	/** False: the disk takes nothing now, so that no new call may cost money (D18). */
	bool (*healthy)(void *ctx);
};

struct vault_conf {
	const struct role_routes *routes; /* borrowed, as all here */
	const struct judge_rules *rules;  /* its ctx and recall are set by the vault */
	const struct vault_store *store;  /* copied */
	uint8_t boot[16];                 /* the kernel's boot id */
	uint32_t epoch;                   /* how often the vault was started; 1 = all are new */
};

/** NULL without memory. */
struct vault *vault_new(const struct role_env *env, const struct vault_conf *conf);
void vault_free(struct vault *vault);

/** The wall clock, about once a second and at every step of it. */
void vault_wall(struct vault *vault, uint64_t now_ms, uint64_t wall_ms);

/** Jobs up to this number are on disk: what waited for them goes out now. */
void vault_stored(struct vault *vault, uint64_t now_ms, uint64_t job);

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
/** For whoever shows or checks what it judges and counts. */
struct judge *vault_judge(const struct vault *vault);
/** Approvals, passes, lockdown. */
struct book *vault_book(const struct vault *vault);
/** Have the calls hung up that the lockdown would not let out now.  Returns how many. */
uint32_t vault_lock_running(struct vault *vault);
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

/*
 * The rest of what is on disk, at the start: state rows ("clock" before "destinations", as the
 * alphabet has it), then ledgers, then calls, then holds, then recipes.
 * False: the row makes no sense (any more) and was left out.
 */
bool vault_state_load(struct vault *vault, struct slice kind, const struct vault_blob *row);
bool vault_total_load(struct vault *vault, const struct vault_blob *total);
bool vault_hold_load(struct vault *vault, const struct link_leg *leg, struct slice hold);
bool vault_recipe_load(struct vault *vault, const struct link_leg *leg, struct slice recipe);

/** A binding from disk, at the start: where calls to the account will have to go out. */
void vault_binding_load(struct vault *vault, const struct link_binding *binding);

#endif
