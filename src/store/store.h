/*
 * What the vault keeps on disk: accounts, trunk secrets, bindings, holds, ledger totals, recipes
 * for hanging up, and call records, in SQLite (WAL, synchronous=FULL).
 *
 * The story of a job.  The vault's loop copies it into the next place of a queue of fixed size and
 * gets its number; nothing else happens on the loop.  The store thread takes all that waits, up to
 * 512 jobs, appends it to a journal beside the database (tollgate.db-jobs), and syncs: one sync for
 * all.  After a write, jobs that somebody waits for are gathered for at most 8 ms, others for 10; a
 * lone job goes at once.  Then `written` moves to the number of the last job, and a wake-up goes to
 * the loop, which lets go of what waited for it: a hold is on disk before its INVITE leaves.
 *
 * Once a second the jobs of the journal join their tables, in one transaction and in the order of
 * the queue: of several totals for one ledger only the last is written, and of an attempt only what
 * no later job replaces.  Few jobs go there at once, and so do those for accounts, secrets
 * and bindings, with all that is before them.  After a crash store_open() writes what the journal
 * alone has.
 *
 * When the disk refuses, the write is taken back whole and tried again every 200 ms; until it works
 * store_healthy() is false, jobs stay in the queue in their order, and nothing that was said to be
 * written is lost.  A full queue refuses jobs (their number is 0), counted and reported, and never
 * makes the vault wait.
 *
 * The story of a call.  While it runs, all that is known of it is one row for each attempt: its
 * record so far, its hold, its recipe; each is optional and replaced whole.  store_settle() takes
 * the row away, appends the closed record to the chain (store/chain.h), and writes the ledgers'
 * totals: all of it in one transaction or nothing.  What a crash leaves open is handed up by
 * store_load(); a record that nobody claims within an hour is closed by the rule "process-lost".
 *
 * Secrets are sealed before they enter the queue (store/seal.h).  All values reach SQL as bound
 * parameters (F4).  One thread, the owner, calls everything here; the store thread touches its
 * connection alone.
 */
#ifndef TG_STORE_STORE_H
#define TG_STORE_STORE_H

#include "role/vault.h"
#include "store/seal.h"

#define STORE_FILE "tollgate.db"

struct store;

enum {
	STORE_QUEUE = 4096,        /* jobs that may wait; at most 10 KB each, touched as used */
	STORE_NETWORKS_MAX = 64 * 33,
	STORE_HOLD_MAX = 1024,     /* octets, here and below */
	STORE_RECIPE_MAX = 2600,
	STORE_KEY_MAX = 96,        /* of a ledger or a state row */
	STORE_TOTAL_MAX = 256,
	STORE_TOTALS_MAX = 12,     /* of one job */
	STORE_KIND_MAX = 16,
	STORE_STATE_MAX = 640
};

/**
 * Open the database of a data directory, make or upgrade its tables, and check the newest records
 * (store_damage()).  Calls that a crash left open show as closed by the rule "process-lost" until
 * the vault claims them.
 *
 * dir    exists already, mode 0700
 * error  on failure: a sentence for the operator, NUL-terminated
 *
 * TG_EBUSY   another process has it (F16)
 * TG_EDENIED the files may be read by others
 * TG_EBAD    written by a newer tollgate, or damaged, or the key is missing
 * TG_EIO, TG_ENOMEM
 */
TG_MUST_USE enum tg_err store_open(struct store **out, const char *dir, uint64_t wall_ms,
                                   char *error, size_t cap);

/**
 * Start the store thread.  Before it, jobs wait.
 *
 * wake  an eventfd that is written to when jobs that somebody waits for are on disk, and when
 *       store_healthy() changes; -1 = none; stays the caller's, open until store_close()
 *
 * TG_ENOMEM  no thread
 */
TG_MUST_USE enum tg_err store_start(struct store *store, int wake);

/** Write all that waits, at most `patience_ms` when the disk refuses, and close.  NULL is fine. */
void store_close(struct store *store, unsigned patience_ms);

/** The vault's keys. */
const struct seal *store_seal(const struct store *store);

/* ---- jobs: copied; each returns its number, 0 = the queue was full or a value too long ---- */

/**
 * networks  names, comma separated, at most STORE_NETWORKS_MAX; empty = the configured default;
 *           p NULL = as they are.  Names, because the bits of `account` change their meaning
 *           with the configuration.
 */
uint64_t store_account_put(struct store *store, const struct vault_account *account,
                           struct slice networks);
/** Its bindings go, too. */
uint64_t store_account_drop(struct store *store, struct slice user);
uint64_t store_secret_put(struct store *store, struct slice name, struct slice secret);
uint64_t store_secret_drop(struct store *store, struct slice name);
/** iface: name of the interface of its flow; expires_ms 0 drops the binding. */
uint64_t store_binding_put(struct store *store, const struct link_binding *binding,
                           struct slice iface);

/** A ledger's total, absolute, under "kind/name". */
struct store_total {
	struct slice key, blob;
};

/**
 * What one job changes of a call, in one transaction or not at all.  A zeroed one changes nothing.
 * Of `hold` and `recipe`: p NULL = as it is; empty = gone; else the new octets, versioned by the
 * caller.
 */
struct store_change {
	struct link_leg leg;               /* whose hold and recipe these are */
	struct slice hold;                 /* at most STORE_HOLD_MAX */
	struct slice recipe;               /* at most STORE_RECIPE_MAX */
	const struct vault_record *record; /* NULL = as it is; of the call leg.call */
	bool over;                         /* its last word: `record` joins the chain */
	const struct store_total *total;
	uint32_t totals;                   /* at most STORE_TOTALS_MAX */
};
uint64_t store_change(struct store *store, const struct store_change *change);

/* The same in small. */
uint64_t store_hold_put(struct store *store, const struct link_leg *leg, struct slice hold);
uint64_t store_hold_drop(struct store *store, const struct link_leg *leg);
uint64_t store_recipe_put(struct store *store, const struct link_leg *leg, struct slice recipe);
uint64_t store_recipe_drop(struct store *store, const struct link_leg *leg);
/** over: the last word on this call.  A call that store_load() handed up is claimed by this. */
uint64_t store_record(struct store *store, const struct vault_record *record, bool over);
/** The end of an attempt: store_change() that also drops its hold and its recipe. */
uint64_t store_settle(struct store *store, const struct store_change *change);

/**
 * A small row: approvals, passes, lockdown, the ledgers' clock, ...
 *
 * kind  what it is, at most STORE_KIND_MAX
 * key   which one, at most STORE_KEY_MAX
 * blob  at most STORE_STATE_MAX
 */
uint64_t store_state_put(struct store *store, struct slice kind, struct slice key,
                         struct slice blob);
uint64_t store_state_drop(struct store *store, struct slice kind, struct slice key);

/* ---- loading ---- */

/** Receivers of rows, NULL = not wanted; everything is borrowed for the call. */
struct store_sink {
	void *ctx;
	void (*account)(void *ctx, const struct vault_account *account, struct slice networks);
	void (*secret)(void *ctx, struct slice name, struct slice secret);
	void (*binding)(void *ctx, const struct link_binding *binding, struct slice iface);
	/** Open when we died, as it was then. */
	void (*record)(void *ctx, const struct vault_record *record);
	void (*hold)(void *ctx, const struct link_leg *leg, struct slice hold);
	void (*recipe)(void *ctx, const struct link_leg *leg, struct slice recipe);
	void (*total)(void *ctx, struct slice key, struct slice blob);
	void (*state)(void *ctx, struct slice kind, struct slice key, struct slice blob);
};

/**
 * At the start, once, before store_start(): accounts (networks 0: by name only), secrets, state
 * rows, ledger totals, open records, holds, recipes, in this order.
 *
 * TG_EBAD  a row does not open under our key
 * TG_EIO   the database cannot be read
 */
TG_MUST_USE enum tg_err store_load(struct store *store, const struct store_sink *sink);

/**
 * A page of bindings that have not expired.
 *
 * after  0 at first; moved on
 * max    rows that are looked at
 *
 * Returns how many were looked at; 0: that was all.
 */
uint32_t store_load_bindings(struct store *store, uint64_t *after, uint32_t max, uint64_t wall_ms,
                             const struct store_sink *sink);

/* ---- how it goes ---- */

struct store_stat {
	uint64_t queued;  /* jobs accepted: the number of the last */
	uint64_t written; /* of these on disk: the number of the last */
	uint64_t full;    /* jobs lost to a full queue */
	uint64_t failed;  /* jobs that the database refused for good */
	uint64_t retries; /* transactions that could not be written and will be tried again */
	int code;         /* SQLite's result of the last failure, 0 = none */
};
void store_stat(struct store *store, struct store_stat *out);

/**
 * Is the disk fit for a promise?  False from a transaction that failed until one works again (a
 * full or read-only disk, D18), and while one has been under way for a second.
 */
bool store_healthy(struct store *store);
/** What SQLite's result means. */
const char *store_result_text(int code);

#endif
