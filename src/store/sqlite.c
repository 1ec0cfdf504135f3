/* The database file: who may have it, and how it is opened. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/store_priv.h"

/* ---- opening ---- */

static enum tg_err fail(char *error, size_t cap, enum tg_err err, const char *path,
                        const char *what)
{
	snprintf(error, cap, "%s: %s", path, what);
	return err;
}

/* The lock is the kernel's, on the database file itself: flock() and SQLite's locks do not meet. */
static enum tg_err lock(struct store *s, char *error, size_t cap)
{
	struct stat st;

	s->lock_fd = open(s->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->lock_fd < 0 || fstat(s->lock_fd, &st) != 0)
		return fail(error, cap, TG_EIO, s->path, strerror(errno));
	if ((st.st_mode & 077) != 0 || st.st_uid != geteuid())
		return fail(error, cap, TG_EDENIED, s->path,
		            "must belong to the user of tollgate alone (mode 0600)");
	if (flock(s->lock_fd, LOCK_EX | LOCK_NB) != 0)
		return fail(error, cap, TG_EBUSY, s->path, "another tollgate has it open");
	return TG_OK;
}

int store_open_db(sqlite3 **db, const char *path, int flags)
{
	int rc;

	/* its counters of its own memory cost a lock for each allocation */
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	rc = sqlite3_open_v2(path, db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW,
	                         NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_busy_timeout(*db, 2000);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(*db, "PRAGMA trusted_schema = OFF; PRAGMA secure_delete = ON",
		                  NULL, NULL, NULL);
	return rc;
}

int64_t store_number_of(sqlite3 *db, const char *text)
{
	sqlite3_stmt *st = NULL;
	int64_t n = -1;

	if (sqlite3_prepare_v2(db, text, -1, &st, NULL) == SQLITE_OK &&
	    sqlite3_step(st) == SQLITE_ROW)
		n = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return n;
}

static int run_at(sqlite3 *db, const char *text, uint64_t wall_ms)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(db, text, -1, &st, NULL);

	if (rc != SQLITE_OK)
		return rc;
	if (sqlite3_bind_parameter_count(st) > 0)
		sqlite3_bind_int64(st, 1, (sqlite3_int64)wall_ms);
	sqlite3_step(st);
	return sqlite3_finalize(st);
}

static const char lose[] =
	"UPDATE live SET lost_ms = max(1, min(?1, coalesce((SELECT value FROM meta"
	" WHERE key = 'alive_ms'), start_ms))) WHERE lost_ms = 0 AND length(record) > 0";

static uint8_t parts_of(sqlite3_stmt *st)
{
	return (uint8_t)((sqlite3_column_int(st, 4) > 0 ? STORE_HAS_RECORD : 0) |
	                 (sqlite3_column_int(st, 5) > 0 ? STORE_HAS_HOLD : 0) |
	                 (sqlite3_column_int(st, 6) > 0 ? STORE_HAS_RECIPE : 0) |
	                 (sqlite3_column_int(st, 7) != 0 ? STORE_LOST : 0));
}

/** The picture of table `live`. */
static int find_live(struct store *s)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(s->db, "SELECT id, call, side, branch, length(record),"
	                            " length(hold), length(recipe), lost_ms FROM live", -1, &st,
	                            NULL);

	if (rc != SQLITE_OK)
		return rc;
	while (sqlite3_step(st) == SQLITE_ROW) {
		const struct store_seat seat = { (uint64_t)sqlite3_column_int64(st, 1),
			                         (uint8_t)sqlite3_column_int(st, 2),
			                         (uint8_t)sqlite3_column_int(st, 3),
			                         parts_of(st) };
		int64_t id = sqlite3_column_int64(st, 0);

		if (id <= 0 || id > STORE_LIVE_MAX ||
		    !store_live_load(&s->live, (uint32_t)id, &seat))
			rc = SQLITE_CORRUPT;
	}
	store_live_loaded(&s->live);
	return sqlite3_finalize(st) != SQLITE_OK ? SQLITE_ERROR : rc;
}

/** Jobs of the journal join their tables.  Then, what a crash left is lost until it is claimed. */
static int replay(struct store *s, uint64_t wall_ms)
{
	uint64_t alive_ms = 0;
	int rc = find_live(s);

	if (rc == SQLITE_OK)
		rc = store_journal_replay(s, &alive_ms);
	if (rc == SQLITE_OK && alive_ms > 0)
		rc = store_number_put(s, SLICE("alive_ms"), alive_ms);
	if (rc == SQLITE_OK)
		rc = run_at(s->db, lose, wall_ms);
	store_live_clear(&s->live);
	return rc == SQLITE_OK ? find_live(s) : rc;
}

static int bring_up(struct store *s, int64_t version, uint64_t wall_ms)
{
	int rc = store_schema(s, version);

	if (rc == SQLITE_OK)
		rc = store_chain_open(s, wall_ms);
	if (rc == SQLITE_OK)
		rc = store_prepare(s);
	if (rc == SQLITE_OK)
		rc = store_journal_open(s, wall_ms);
	if (rc == SQLITE_OK)
		rc = replay(s, wall_ms);
	return rc == SQLITE_OK ? sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL) : rc;
}

#ifndef TG_MUTANT_NO_SYNC
#define SYNC "FULL"
#else /* tests/promises/money finds it */
#define SYNC "NORMAL"
#endif

static enum tg_err open_tables(struct store *s, int64_t version, uint64_t wall_ms, char *error,
                               size_t cap)
{
	/* EXTRA while the file becomes a WAL one: a rollback journal that came back after a power
	 * failure would take away all of it */
	int rc = sqlite3_exec(s->db, "PRAGMA synchronous = EXTRA; PRAGMA journal_mode = WAL;"
	                      "PRAGMA synchronous = " SYNC ";"
	                      "PRAGMA journal_size_limit = 16777216;"
	                      "PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -16000;"
	                      "BEGIN IMMEDIATE", NULL, NULL, NULL);

	if (rc == SQLITE_OK)
		rc = bring_up(s, version, wall_ms);
	if (rc == SQLITE_OK)
		return TG_OK;
	return fail(error, cap, rc == SQLITE_NOMEM ? TG_ENOMEM :
	            rc == SQLITE_CORRUPT ? TG_EBAD : TG_EIO, s->path,
	            rc == SQLITE_CORRUPT ? "is damaged; restore it" : sqlite3_errmsg(s->db));
}

/** Is there anything that only the keys of this directory open? */
static bool needs_key(struct store *s, int64_t version)
{
	return version > 0 && store_number_of(s->db, "SELECT EXISTS(SELECT 1 FROM account) OR"
	                                      " EXISTS(SELECT 1 FROM secret) OR"
	                                      " EXISTS(SELECT 1 FROM record)") != 0;
}

static enum tg_err open_all(struct store *s, const char *dir, uint64_t wall_ms, char *error,
                            size_t cap)
{
	enum tg_err err = lock(s, error, cap);
	int64_t version;

	if (err != TG_OK)
		return err;
	if (store_open_db(&s->db, s->path, SQLITE_OPEN_READWRITE) != SQLITE_OK)
		return fail(error, cap, TG_EIO, s->path, "SQLite cannot open it");
	version = store_number_of(s->db, "PRAGMA user_version");
	if (version < 0)
		return fail(error, cap, TG_EBAD, s->path, sqlite3_errmsg(s->db));
	if (version > STORE_VERSION)
		return fail(error, cap, TG_EBAD, s->path,
		            "was written by a newer tollgate; this one does not touch it");
	err = seal_open(&s->seal, dir, !needs_key(s, version), error, cap);
	if (err != TG_OK)
		return err;
	seal_chain_key(s->seal, s->chain_key);
	err = open_tables(s, version, wall_ms, error, cap);
	if (err != TG_OK)
		return err;
	if (store_open_db(&s->reader, s->path, SQLITE_OPEN_READONLY) != SQLITE_OK ||
	    store_prepare_reader(s) != SQLITE_OK)
		return fail(error, cap, TG_EIO, s->path, sqlite3_errmsg(s->db));
	s->opened_ms = wall_ms;
	return TG_OK;
}

/* Mapped, not allocated: only places that were used once take memory. */
static bool make_queue(struct store *s)
{
	void *p = mmap(NULL, STORE_QUEUE * sizeof(*s->jobs), PROT_READ | PROT_WRITE,
	               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return false;
	s->jobs = p;
	p = mmap(NULL, STORE_JOURNAL_ENTRY_MAX, PROT_READ | PROT_WRITE,
	         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	s->journal.mem = p != MAP_FAILED ? p : NULL;
	return s->journal.mem != NULL;
}

enum tg_err store_open(struct store **out, const char *dir, uint64_t wall_ms, char *error,
                       size_t cap)
{
	struct store *s = calloc(1, sizeof(*s));
	enum tg_err err;

	if (s == NULL) {
		snprintf(error, cap, "no memory for the store");
		return TG_ENOMEM;
	}
	s->lock_fd = -1;
	s->wake = -1;
	pthread_mutex_init(&s->mutex, NULL);
	pthread_cond_init(&s->more, NULL);
	if (!make_queue(s) || store_live_init(&s->live) != TG_OK)
		err = fail(error, cap, TG_ENOMEM, dir, "no memory for the store");
	else if ((size_t)snprintf(s->path, sizeof(s->path), "%s/" STORE_FILE, dir) >=
	         sizeof(s->path))
		err = fail(error, cap, TG_EIO, dir, "the path is too long");
	else
		err = open_all(s, dir, wall_ms, error, cap);
	if (err == TG_OK)
		*out = s;
	else
		store_close(s, 0);
	return err;
}

const struct seal *store_seal(const struct store *s)
{
	return s->seal;
}
