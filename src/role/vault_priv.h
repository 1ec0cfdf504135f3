/* What the files of the vault share. */
#ifndef TG_ROLE_VAULT_PRIV_H
#define TG_ROLE_VAULT_PRIV_H

#include "base/pool.h"
#include "base/table.h"
#include "base/timer.h"
#include "policy/book.h"
#include "role/vault.h"
#include "role/vault_rows_priv.h"

/** Which timer of the wheel this is. */
enum vault_timer { VAULT_T_CLAIM, VAULT_T_DISK, VAULT_T_RENEW, VAULT_T_SILENT };

enum {
	VAULT_UNHEARD_MS = (90 + 32) * 1000, /* our session timer towards trunks, and 64*T1 */
	VAULT_T1_64_MS = 32000,  /* 64*T1: so long a 2xx may still come (RFC 3261 §17.1.1) */
	VAULT_DISK_MS = 2000,    /* so long a hold may take to be on disk */
	VAULT_RENEW_MS = 5000,   /* a call is paid for anew so long before it would be hung up */
	VAULT_GUARD_MS = LEDGER_GUARD_S * 1000,
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
	struct judge_route way;   /* number and ledgers, for every attempt */
	struct link_text caller;  /* what a trunk is shown; empty = its own */
	bool tried;               /* over a trunk: what follows is another attempt */
	uint32_t attempt;         /* slot of the last metered one, 0 = none */
	bool over;                /* CALL_END came; the record waits for the attempts */
	bool written;             /* and it is on its way to the disk, as over */
	struct tg_timer timer;    /* while not claimed */
};

/** What an attempt waits for. */
enum vault_attempt_state {
	VAULT_HELD,    /* its hold is not on disk yet: no grant is out */
	VAULT_GRANTED, /* an INVITE may be out */
	VAULT_UP,      /* the provider counts */
	VAULT_UNKNOWN, /* given up without a final response: a 2xx may still come */
	VAULT_LOST     /* from disk: its carrier has not said a word yet */
};

/** A metered attempt over a trunk; it ends with the CALL_BILL that says so. */
struct vault_attempt {
	struct link_leg leg;
	struct link_proc carrier;
	uint32_t before;       /* slot of the same call's attempt before it, 0 = none */
	uint16_t trunk;
	uint8_t state;         /* enum vault_attempt_state */
	bool last;             /* no renewal any more */
	bool unsure;           /* loaded, and its carrier does not know when it was answered */
	bool recipe_on_disk;   /* and to be dropped with the hold */
	struct tg_handle hold; /* of the ledger */
	uint64_t answer_ms;    /* monotonic; 0 = not */
	uint32_t paid_s, longest_s;
	uint32_t above[LEDGER_ABOVE_MAX], aboves;
	struct tg_timer timer;
};

/** Something that leaves when its job is on disk. */
struct vault_wait {
	uint64_t job;
	struct tg_handle attempt;
};

/** An account as it lives here. */
struct vault_user {
	struct vault_account a;
	uint16_t iface; /* of the binding that was refreshed last: where B's media will be */
	uint16_t group; /* index of the rules' groups, or POLICY_NONE */
};

struct vault {
	struct role_env env;
	const struct role_routes *routes;
	struct judge_rules rules, given; /* ours, and as the shell made them */
	struct judge *judge;
	struct book *book;
	struct vault_store store;
	uint64_t now_ms, wall_offset_ms;
	struct tg_pool *accounts, *calls, *dialogs, *attempts;
	struct vault_wait *waits; /* a ring, in the order of jobs */
	uint32_t wait_first, wait_count, wait_cap;
	uint64_t clock_saved_ms;  /* monotonic */
	struct ledger_clock_state here;
	uint32_t epoch; /* ours */
	uint64_t book_ms; /* when to look for what has expired */
	struct judge_case judged; /* the call at hand */
	struct vault_destinations destinations;
	/* what is being written to disk */
	struct vault_hold_row hold_row;
	struct vault_recipe_row recipe_row;
	struct ledger_total total[LEDGER_ABOVE_MAX];
	struct vault_blob total_blob[LEDGER_ABOVE_MAX];
	char total_key[LEDGER_ABOVE_MAX][16 + LEDGER_NAME_MAX]; /* "account/101" */
	struct tg_table *by_user, *by_call, *by_dialog;
	struct tg_wheel *wheel;
	struct tg_key dummy; /* HA1 of users who do not exist */
	uint32_t trunk_calls[ROLE_TRUNKS_MAX];
	bool carrier_down[256]; /* died, and is not back */
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
/** Its record, as it is now, to the disk. */
void vault_call_write(struct vault *v, const struct vault_call *call);

/** The record of a call whose attempts are all over, and then nothing is left of it. */
void vault_call_close(struct vault *v, struct vault_call *call);
/** An attempt is on disk: its grant and verdict go out. */
void vault_call_grant(struct vault *v, struct vault_call *call,
                      const struct vault_attempt *attempt);
/** Its hold did not reach the disk: the caller is refused, and the call is over. */
void vault_call_unpaid(struct vault *v, struct vault_call *call, struct slice rule);

/** Log which budget refuses, or ends, a call. */
void vault_tell_limit(struct vault *v, uint64_t call, const struct ledger_block *block);

/* vault_book.c */
TG_MUST_USE bool vault_book_open(struct vault *v);
void vault_book_tick(struct vault *v);
/** Ledger time in seconds. */
uint64_t vault_ledger_s(struct vault *v);
/** A chargeable call was answered. */
void vault_book_answered(struct vault *v, const struct vault_call *call);
/** An emergency call goes out showing `shown`. */
void vault_book_emergency(struct vault *v, const struct vault_call *call, struct slice shown);
/** Have a call hung up, or given up, by its half-call A. */
void vault_call_stop(struct vault *v, const struct vault_call *call, struct slice rule);
/** A full trunk is needed for an emergency call: the youngest ordinary call leaves it. */
void vault_give_way(struct vault *v, uint16_t trunk);

/* vault_money.c */
/** Index of the trunk with this name, or -1. */
int vault_trunk_named(const struct vault *v, struct slice name);
struct vault_attempt *vault_attempt_find(const struct vault *v, const struct link_leg *leg);
/** The call's next branch; NULL: too many at a time, and the hold is the caller's to release. */
struct vault_attempt *vault_attempt_new(struct vault *v, struct vault_call *call,
                                        const struct judge_attempt *from);
/** To the disk, with the call's record.  False: it will not get there; undo it. */
bool vault_attempt_write(struct vault *v, struct vault_call *call, struct vault_attempt *attempt,
                         const struct judge_attempt *from);
bool vault_destinations_load(struct vault *v, const struct vault_blob *row);
/** Nothing of it ever left: all money comes back.  The call may be gone afterwards. */
void vault_attempt_undo(struct vault *v, struct vault_attempt *attempt);
/** Talk time at which its carrier hangs up unless it is renewed. */
uint32_t vault_attempt_cut_ms(const struct vault_attempt *attempt);
void vault_bill(struct vault *v, const struct link_msg *msg);
/** A carrier died: what it was granted and had not begun costs nothing. */
void vault_carrier_lost(struct vault *v, struct link_proc carrier);
void vault_attempt_fire(struct vault *v, struct tg_timer *timer);

/* vault_lost.c */
/** `who` speaks for a loaded call: from now on it is its own, if it may be. */
void vault_call_claim(struct vault *v, struct vault_call *call, struct link_proc who);
/** Nobody did: its record ends by "process-lost". */
void vault_call_unclaimed(struct vault *v, struct vault_call *call);

/* vault_sign.c */
void vault_sign(struct vault *v, const struct link_msg *msg);

/* vault_keep.c */
void vault_bind_save(struct vault *v, const struct link_msg *msg);
void vault_dialog_save(struct vault *v, const struct link_msg *msg);
/** A carrier came up: it ends what those before it left. */
void vault_dialogs_orphan(struct vault *v, struct link_proc carrier, uint32_t epoch);
/** The dialog is over and forgotten.  True when its recipe is on disk. */
bool vault_dialog_over(struct vault *v, const struct link_leg *leg);

/* vault_ctl.c */
void vault_ctl(struct vault *v, const struct link_msg *ask);

void vault_post(struct vault *v);

#endif
