/*
 * What the vault keeps on disk: accounts, trunk secrets, bindings and call records, in SQLite.
 *
 * The vault's loop only copies a job into a queue of fixed size; a store thread writes what waits
 * in one transaction, then makes it durable.  A full queue loses jobs, counted and reported, and
 * never makes the vault wait.  Secrets are sealed before they enter the queue (store/seal.h).
 * All values reach SQL as bound parameters (F4).
 *
 * One thread, the owner, calls everything here; the store thread touches its connection alone.
 */
#ifndef TG_STORE_STORE_H
#define TG_STORE_STORE_H

#include "role/vault.h"
#include "store/seal.h"

#define STORE_FILE "tollgate.db"

struct store;

enum {
	STORE_QUEUE = 4096,        /* jobs that may wait; about 3 KB each */
	STORE_NETWORKS_MAX = 64 * 33
};

/**
 * Open the database of a data directory, make or upgrade its tables, and close the records of calls
 * that a crash left open, by the rule "process-lost".
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

/** Start the store thread.  Before it, jobs wait.  TG_ENOMEM: no thread. */
TG_MUST_USE enum tg_err store_start(struct store *store);

/** Write all that waits, at most `patience_ms` when the disk refuses, and close.  NULL is fine. */
void store_close(struct store *store, unsigned patience_ms);

/** The vault's keys. */
const struct seal *store_seal(const struct store *store);

/* ---- jobs: copied; false when the queue was full ---- */

/**
 * networks  names, comma separated, at most STORE_NETWORKS_MAX; empty = the configured default;
 *           p NULL = as they are.  Names, because the bits of `account` change their meaning
 *           with the configuration.
 */
bool store_account_put(struct store *store, const struct vault_account *account,
                       struct slice networks);
/** Its bindings go, too. */
bool store_account_drop(struct store *store, struct slice user);
bool store_secret_put(struct store *store, struct slice name, struct slice secret);
bool store_secret_drop(struct store *store, struct slice name);
/** iface: name of the interface of its flow; expires_ms 0 drops the binding. */
bool store_binding_put(struct store *store, const struct link_binding *binding,
                       struct slice iface);
/** over: the last word on this call. */
bool store_record(struct store *store, const struct vault_record *record, bool over);
/** A call that was handed up by store_load() lives: its record is open again. */
bool store_record_reopen(struct store *store, uint64_t call);

/* ---- loading ---- */

/** Receivers of rows; everything is borrowed for the call. */
struct store_sink {
	void *ctx;
	void (*account)(void *ctx, const struct vault_account *account, struct slice networks);
	void (*secret)(void *ctx, struct slice name, struct slice secret);
	void (*binding)(void *ctx, const struct link_binding *binding, struct slice iface);
	void (*record)(void *ctx, const struct vault_record *record);
};

/**
 * Accounts (networks 0: by name only), secrets, and then once the records that a crash left open,
 * as they were before store_open() closed them.
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
	uint64_t queued;  /* jobs accepted */
	uint64_t written; /* of these on disk */
	uint64_t full;    /* jobs lost to a full queue */
	uint64_t failed;  /* jobs that the database refused for good */
	uint64_t retries; /* transactions that could not be written and will be tried again */
	int code;         /* SQLite's result of the last failure, 0 = none */
};
void store_stat(struct store *store, struct store_stat *out);
/** What SQLite's result means. */
const char *store_result_text(int code);

#endif
