/* What the files of the store share. */
#ifndef TG_STORE_STORE_PRIV_H
#define TG_STORE_STORE_PRIV_H

#include <pthread.h>
#include <sqlite3.h>

#include "store/store.h"

enum { STORE_VERSION = 1, STORE_PATH_CAP = 4096 };

/*
 * Columns of a record: how it is bound, its name, the field.  INT: any integer; TEXT: a link_text;
 * ADDR: a tg_addr as text.  Statements, loading and the reader follow from this table.
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
	X(INT, b_silent_ms, media[1].silent_ms)

enum store_kind { STORE_ACCOUNT, STORE_SECRET, STORE_BINDING, STORE_RECORD, STORE_REOPEN };

/* HA1s as they are sealed together. */
enum { STORE_HA1_BYTES = 16 + 32, STORE_HA1_SEALED = STORE_HA1_BYTES + SEAL_ROW_EXTRA };

struct store_account_row {
	char user[VAULT_USER_MAX], number[VAULT_NUMBER_MAX], networks[STORE_NETWORKS_MAX];
	uint8_t user_len, number_len, max_bindings, disabled;
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

/** One job: values only. */
struct store_job {
	uint8_t kind; /* enum store_kind */
	bool drop, over;
	union {
		struct store_account_row account;
		struct store_secret_row secret;
		struct store_binding_row binding;
		struct vault_record record;
		uint64_t reopen;
	};
};

enum store_statement {
	ST_BEGIN, ST_COMMIT, ST_ROLLBACK, ST_ALIVE,
	ST_ACCOUNT_PUT, ST_ACCOUNT_DROP, ST_ACCOUNT_BINDINGS,
	ST_SECRET_PUT, ST_SECRET_DROP,
	ST_BINDING_PUT, ST_BINDING_DROP, ST_BINDING_EXPIRE,
	ST_RECORD_ADD, ST_RECORD_SET, ST_RECORD_REOPEN,
	ST_COUNT
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
	struct vault_record *lost; /* what store_open() closed, until store_load() */
	uint32_t losts;
	/* the store thread's */
	uint32_t open_records;
	uint64_t swept_ms;
	int64_t lost_from; /* lowest id of the records that store_open() closed; 0 = none */
	/* the queue: jobs [head, tail) wait; the thread writes them where they are */
	struct store_job *jobs;
	pthread_mutex_t mutex;
	pthread_cond_t more;
	pthread_t thread;
	bool running;
	int wake;   /* -1 = nobody wants to know */
	bool hasty; /* tests: gather nothing */
	bool stop;        /* below: under the mutex */
	uint64_t stop_by_us;
	uint64_t wrote_us; /* when the last transaction ended; monotonic */
	uint64_t busy_us;  /* when the one under way began; 0 = none is */
	bool failing;      /* the last transaction did not work */
	enum store_gathers gathers;
	uint64_t awaited;  /* number of the last job that somebody waits for */
	uint64_t head, tail;
	struct store_stat stat;
};

/** sqlite.c: tables, statements, start.  SQLite's result. */
int store_prepare(struct store *s);
/** records.c: read a row of "id, call, over" STORE_RECORD_COLUMNS. */
void store_record_read(struct vault_record *out, sqlite3_stmt *st);
/** write.c: write jobs [from, to) in one transaction.  Result 0, or what to try again for. */
int store_write(struct store *s, uint64_t from, uint64_t to, uint64_t *failed);
/** write.c: note that we live, so that a crash can be dated. */
void store_alive(struct store *s);

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
