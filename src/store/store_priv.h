/* size: one description of all rows and jobs, read as a whole */
/* What the files of the store share. */
#ifndef TG_STORE_STORE_PRIV_H
#define TG_STORE_STORE_PRIV_H

#include <pthread.h>
#include <sqlite3.h>

#include "store/chain.h"
#include "store/live_priv.h"

enum {
	STORE_VERSION = 2,
	STORE_PATH_CAP = 4096,
	STORE_MARK_BYTES = 16,
	STORE_PACK_MAX = 2048,  /* of a record */
	STORE_SEEN = 1 << 16,   /* places; twice the totals of one transaction */
	STORE_JOURNAL_JOB_MAX = 12 * 1024,
	STORE_JOURNAL_ENTRY_MAX = 32 + STORE_BATCH_MAX * STORE_JOURNAL_JOB_MAX,
	STORE_JOURNAL_MAX = 16 << 20 /* octets; then its jobs join their tables */
};

/*
 * Columns of a record: how it is bound, its name, the field.  INT: any integer; TEXT: a link_text;
 * ADDR: a tg_addr as text.  Statements, loading and the reader follow from this table, and what a
 * record's mark covers.  New ones go to the end; then old databases get the column at the start,
 * and old marks stay right, because a mark leaves out what is 0 or empty (pack.c).
 */
#define STORE_RECORD_COLUMNS(X)                              \
	X(INT, start_ms, start_ms)                           \
	X(INT, answer_ms, answer_ms)                         \
	X(INT, end_ms, end_ms)                               \
	X(INT, talk_ms, talk_ms)                             \
	X(INT, ring_ms, ring_ms)                             \
	X(INT, status, status)                               \
	X(INT, cause, cause)                                 \
	X(INT, disposition, disposition)                     \
	X(INT, ended_by, by)                                 \
	X(INT, emergency, emergency)                         \
	X(INT, a_party, a_party)                             \
	X(INT, b_party, b_party)                             \
	X(TEXT, account, account)                            \
	X(TEXT, src, source)                                 \
	X(TEXT, dst, dialled)                                \
	X(TEXT, name, name)                                  \
	X(TEXT, a_peer, a_peer)                              \
	X(TEXT, b_peer, b_peer)                              \
	X(TEXT, rule, rule)                                  \
	X(ADDR, source_addr, from)                           \
	X(INT, a_packets, media[0].packets)                  \
	X(INT, a_octets, media[0].octets)                    \
	X(INT, a_dropped, media[0].dropped)                  \
	X(INT, a_lost, media[0].lost)                        \
	X(INT, a_jitter_us, media[0].jitter_us)              \
	X(INT, a_silent_ms, media[0].silent_ms)              \
	X(INT, b_packets, media[1].packets)                  \
	X(INT, b_octets, media[1].octets)                    \
	X(INT, b_dropped, media[1].dropped)                  \
	X(INT, b_lost, media[1].lost)                        \
	X(INT, b_jitter_us, media[1].jitter_us)              \
	X(INT, b_silent_ms, media[1].silent_ms)              \
	X(TEXT, number, number)                              \
	X(TEXT, sent, sent)                                  \
	X(INT, class, class)                                 \
	X(INT, price_source, price_source)                   \
	X(INT, rate, tariff.per_minute)                      \
	X(INT, connect, tariff.connect)                      \
	X(INT, first_s, tariff.first_s)                      \
	X(INT, next_s, tariff.next_s)                        \
	X(INT, cost, cost)

enum store_kind {
	STORE_REFUSED, /* the database does not want it */
	STORE_ACCOUNT,
	STORE_SECRET,
	STORE_BINDING,
	STORE_CHANGE,
	STORE_STATE
};

/* HA1s as they are sealed together. */
enum { STORE_HA1_BYTES = 16 + 32, STORE_HA1_SEALED = STORE_HA1_BYTES + SEAL_ROW_EXTRA };

struct store_account_row {
	char user[VAULT_USER_MAX], number[VAULT_NUMBER_MAX], networks[STORE_NETWORKS_MAX];
	char group[VAULT_GROUP_MAX];
	uint8_t user_len, number_len, group_len, max_bindings, disabled, tls_only;
	uint16_t networks_len;
	bool keep_networks;
	uint8_t sealed[STORE_HA1_SEALED];
};

struct store_secret_row {
	struct link_text name;
	uint16_t sealed_len;
	uint8_t sealed[VAULT_SECRET_MAX + SEAL_ROW_EXTRA];
};

struct store_binding_row {
	struct link_binding b;
	struct link_text iface;
};

/** Octets, one part after another: hold, recipe, totals as lengths of key and blob and both. */
struct store_change_row {
	struct link_leg leg;
	int16_t hold_len, recipe_len; /* STORE_KEEP = as it is */
	uint8_t totals;
	bool has_record, over;
	bool covered; /* a later job of the transaction replaces all that this one sets */
	uint32_t bytes_len;
	struct vault_record record;
	uint8_t bytes[STORE_HOLD_MAX + STORE_RECIPE_MAX +
	              STORE_TOTALS_MAX * (4 + STORE_KEY_MAX + STORE_TOTAL_MAX)];
};
enum { STORE_KEEP = -1 };

struct store_state_row {
	uint16_t kind_len, key_len, blob_len;
	uint8_t bytes[STORE_KIND_MAX + STORE_KEY_MAX + STORE_STATE_MAX];
};

/** One job: values only. */
struct store_job {
	uint8_t kind; /* enum store_kind */
	bool drop;
	union {
		struct store_account_row account;
		struct store_secret_row secret;
		struct store_binding_row binding;
		struct store_change_row change;
		struct store_state_row state;
	};
};

/* ---- the chain ---- */

struct store_mark {
	uint8_t octets[STORE_MARK_BYTES];
};

struct store_chain {
	uint64_t id; /* of the newest record; 0 = none yet */
	struct store_mark mark;
};

enum store_statement {
	ST_BEGIN, ST_COMMIT, ST_ROLLBACK, ST_META_PUT,
	ST_ACCOUNT_PUT, ST_ACCOUNT_DROP, ST_ACCOUNT_BINDINGS,
	ST_SECRET_PUT, ST_SECRET_DROP,
	ST_BINDING_PUT, ST_BINDING_DROP, ST_BINDING_EXPIRE,
	ST_STATE_PUT, ST_STATE_DROP,
	ST_LIVE_ADD, ST_LIVE_SET, ST_LIVE_DROP, ST_LIVE_GET,
	ST_RECORD_ADD, ST_TOTAL_PUT,
	ST_COUNT
};

/** journal.c */
struct store_journal {
	char path[STORE_PATH_CAP + 8];
	sqlite3_file *file;
	struct tg_key key;
	uint8_t *mem;    /* STORE_JOURNAL_ENTRY_MAX, mapped */
	uint64_t number; /* of the last entry */
	uint64_t at;     /* where the next one goes */
	bool spoiled;    /* one failed there; it may be whole all the same, so its number is used */
};

/** Does the thread wait for more jobs?  Then it need not be woken for each. */
enum store_gathers { GATHERS_NOT, GATHERS_FOR_ANY, GATHERS_FOR_AWAITED };

struct store {
	char path[STORE_PATH_CAP];
	struct seal *seal;
	int lock_fd;
	sqlite3 *db;     /* the store thread's, once it runs */
	sqlite3 *reader; /* the owner's */
	sqlite3_stmt *bindings; /* of `reader` */
	sqlite3_stmt *st[ST_COUNT];
	uint8_t chain_key[32];
	struct chain_report damage;
	/* the store thread's */
	struct store_live live;
	struct store_chain chain;
	struct store_journal journal;
	uint64_t totals_written; /* rows, for the tests and the bench */
	uint64_t swept_ms, alive_ms, opened_ms; /* wall clock */
	uint32_t seen[STORE_SEEN]; /* totals of this transaction, by hash (write_call.c) */
	/* the queue: jobs [folded, head) are in the journal and not in their tables, jobs
	 * [head, tail) wait; the thread writes them where they are */
	struct store_job *jobs;
	pthread_mutex_t mutex;
	pthread_cond_t more;
	pthread_t thread;
	bool running;
	int wake;   /* -1 = nobody wants to know */
	bool hasty; /* tests: gather nothing */
	uint32_t lazy; /* tests: so many jobs stay in the journal, however long; 0 = as it is */
	bool stop;        /* below: under the mutex */
	uint64_t stop_by_us;
	uint64_t wrote_us; /* when the last transaction ended; monotonic */
	uint64_t busy_us;  /* when the one under way began; 0 = none is */
	bool failing;      /* the last transaction did not work */
	enum store_gathers gathers;
	uint64_t awaited;  /* number of the last job that somebody waits for */
	uint64_t folded, head, tail;
	uint64_t folded_us; /* when the last jobs joined their tables */
	bool fold_failed;   /* jobs in the journal could not join their tables */
	struct store_stat stat;
};

/** sqlite.c: an SQL number, -1 when there is none. */
int64_t store_number_of(sqlite3 *db, const char *text);
/** sqlite.c: open a connection. */
int store_open_db(sqlite3 **db, const char *path, int flags);
/** schema.c: make the tables, or bring them to STORE_VERSION.  SQLite's result. */
int store_schema(struct store *s, int64_t version);
/** schema.c */
int store_prepare(struct store *s);
/** schema.c: of the owner's connection */
int store_prepare_reader(struct store *s);
/** records.c: read a row of "id, call" STORE_RECORD_COLUMNS. */
void store_record_read(struct vault_record *out, sqlite3_stmt *st);
/** records.c: the command line's connection; errors as of records_each(). */
TG_MUST_USE enum tg_err records_open(sqlite3 **out, const char *dir, bool write, char *error,
                                     size_t cap);
/** records.c: what a record that a crash left open looks like. */
void store_record_lost(struct vault_record *record, uint64_t lost_ms);

/** pack.c: a record's values.  Returns the length. */
size_t store_record_pack(uint8_t out[STORE_PACK_MAX], const struct vault_record *record);
/** pack.c: the same from a row with the columns from `at` on.  False: we have not written this. */
bool store_record_pack_row(uint8_t out[STORE_PACK_MAX], size_t *len, sqlite3_stmt *st, int at);
/** pack.c: TG_EBAD: not ours, or of a newer version. */
TG_MUST_USE enum tg_err store_record_unpack(struct vault_record *out, uint64_t call,
                                            struct slice packed);

/** chain.c: the mark of a record with this number, after `chain`. */
struct store_mark store_chain_mark(const uint8_t key[32], const struct store_chain *chain,
                                   uint64_t id, uint64_t call, struct slice packed);
/** chain.c: after the tables; writes a head if there is none.  SQLite's result. */
int store_chain_open(struct store *s, uint64_t wall_ms);
/** chain.c: inside a transaction. */
int store_chain_head_write(struct store *s, const struct store_chain *chain);
/** chain.c: give marks to records that have none, of version 1. */
int store_chain_begin(struct store *s);

/** journal.c: open it; after the tables. */
int store_journal_open(struct store *s, uint64_t wall_ms);
/** journal.c: close it; when all of it is in the tables, the file goes. */
void store_journal_close(struct store *s);
/** journal.c: write again what had not joined the tables, inside a transaction.  `*wall_ms`: when
 *  the last was written; untouched: there was none. */
int store_journal_replay(struct store *s, uint64_t *wall_ms);
/** journal.c: may it wait in the journal? */
bool store_journal_takes(const struct store_job *job);
/** journal.c: make jobs [from, to) durable.  SQLite's result. */
int store_journal_write(struct store *s, uint64_t from, uint64_t to, uint64_t wall_ms);
/** write.c: write the first `count` places of the queue, inside a transaction. */
int store_write_again(struct store *s, uint32_t count);
/** write.c: a row of table meta. */
int store_number_put(struct store *s, struct slice key, uint64_t value);
/** write.c */
uint64_t store_wall_ms(void);

/** write.c: write jobs [from, to) in one transaction.  Result 0, or what to try again for. */
int store_write(struct store *s, uint64_t from, uint64_t to, uint64_t *failed);
/** store.c: one transaction on the caller's thread, for tests that start none. */
void store_turn(struct store *s);
/** write.c: note that we live, so that a crash can be dated. */
void store_alive(struct store *s);
/** write.c: run a statement that was bound, and forget what was bound to it. */
int store_run(struct store *s, enum store_statement which);
/** write_call.c: a job of that kind. */
int store_write_change(struct store *s, const struct store_change_row *job);
/** write_call.c: find out which of jobs [from, to) need not touch the row of their attempt. */
void store_find_covered(struct store *s, uint64_t from, uint64_t to);
/** write_call.c: the totals of jobs [from, to), each ledger once. */
int store_write_totals(struct store *s, uint64_t from, uint64_t to);
/** write_call.c: close what nobody claimed. */
int store_close_lost(struct store *s, uint64_t now_ms);

/** Bind text as it is, whatever stands in it. */
static inline void store_bind_text(sqlite3_stmt *st, int at, struct slice s)
{
	sqlite3_bind_text(st, at, s.len > 0 ? s.p : "", (int)s.len, SQLITE_STATIC);
}

static inline void store_bind_blob(sqlite3_stmt *st, int at, struct slice s)
{
	sqlite3_bind_blob(st, at, s.len > 0 ? s.p : "", (int)s.len, SQLITE_STATIC);
}

/** A column's octets, borrowed until the next step. */
static inline struct slice store_column(sqlite3_stmt *st, int at)
{
	const void *p = sqlite3_column_blob(st, at); /* before the length: it may convert */

	return slice_of(p, (size_t)sqlite3_column_bytes(st, at));
}

#endif
