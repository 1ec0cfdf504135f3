#include "store/chain.h"

#include <sodium.h>
#include <stdio.h>

#include "base/hash.h"
#include "store/records.h"
#include "store/store_priv.h"

enum {
	START_DAYS = 35,        /* checked at every start, */
	START_ROWS_MAX = 200000 /* but not more than a second's worth */
};

/* Rows of table meta. */
#define HEAD "chain_head"
#define ACCEPTED "chain_accepted"
#define DAMAGED "chain_damaged"

/* ---- marks ---- */

static void put_u64(uint8_t *out, uint64_t n)
{
	for (int i = 0; i < 8; i++)
		out[i] = (uint8_t)(n >> 8 * i);
}

static uint64_t get_u64(const uint8_t *in)
{
	uint64_t n = 0;

	for (int i = 8; i-- > 0;)
		n = n << 8 | in[i];
	return n;
}

struct store_mark store_chain_mark(const uint8_t key[32], const struct store_chain *chain,
                                   uint64_t id, uint64_t call, struct slice packed)
{
	uint8_t in[8 + 8 + STORE_MARK_BYTES + STORE_PACK_MAX];
	struct store_mark mark;

	put_u64(in, id);
	put_u64(in + 8, call);
	memcpy(in + 16, chain->mark.octets, STORE_MARK_BYTES);
	if (packed.len > 0)
		memcpy(in + 16 + STORE_MARK_BYTES, packed.p, packed.len);
	crypto_generichash(mark.octets, sizeof(mark.octets), in,
	                   16 + STORE_MARK_BYTES + packed.len, key, 32);
	return mark;
}

/* A row of meta: number, mark, and a seal over both and the name. */
enum { POINT_BYTES = 8 + STORE_MARK_BYTES + 16 };

static void point_seal(uint8_t out[16], const uint8_t key[32], struct slice name,
                       const uint8_t *point)
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, key, 32, 16);
	crypto_generichash_update(&state, (const uint8_t *)name.p, name.len);
	crypto_generichash_update(&state, point, 8 + STORE_MARK_BYTES);
	crypto_generichash_final(&state, out, 16);
}

static void point_write(uint8_t out[POINT_BYTES], const uint8_t key[32], struct slice name,
                        const struct store_chain *chain)
{
	put_u64(out, chain->id);
	memcpy(out + 8, chain->mark.octets, STORE_MARK_BYTES);
	point_seal(out + 8 + STORE_MARK_BYTES, key, name, out);
}

static bool point_read(struct store_chain *out, const uint8_t key[32], struct slice name,
                       struct slice blob)
{
	uint8_t seal[16];

	if (blob.len != POINT_BYTES)
		return false;
	point_seal(seal, key, name, (const uint8_t *)blob.p);
	if (memcmp(seal, blob.p + 8 + STORE_MARK_BYTES, sizeof(seal)) != 0)
		return false;
	out->id = get_u64((const uint8_t *)blob.p);
	memcpy(out->mark.octets, blob.p + 8, STORE_MARK_BYTES);
	return true;
}

/* ---- rows of meta, by any connection ---- */

static int meta_put(sqlite3 *db, struct slice name, struct slice blob)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(db, "INSERT OR REPLACE INTO meta(key, value) VALUES(?1, ?2)",
	                            -1, &st, NULL);

	if (rc != SQLITE_OK)
		return rc;
	store_bind_text(st, 1, name);
	store_bind_blob(st, 2, blob);
	sqlite3_step(st);
	return sqlite3_finalize(st);
}

/* Copies at most `cap` octets.  *len 0: there is no such row. */
static int meta_get(sqlite3 *db, struct slice name, uint8_t *out, size_t cap, size_t *len)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(db, "SELECT value FROM meta WHERE key = ?1", -1, &st, NULL);

	*len = 0;
	if (rc != SQLITE_OK)
		return rc;
	store_bind_text(st, 1, name);
	if (sqlite3_step(st) == SQLITE_ROW) {
		struct slice blob = slice_head(store_column(st, 0), cap);

		if (blob.len > 0)
			memcpy(out, blob.p, blob.len);
		*len = blob.len;
	}
	return sqlite3_finalize(st);
}

static int point_get(sqlite3 *db, const uint8_t key[32], struct slice name,
                     struct store_chain *out, bool *good)
{
	uint8_t blob[POINT_BYTES + 1];
	size_t len;
	int rc = meta_get(db, name, blob, sizeof(blob), &len);

	*good = rc == SQLITE_OK && point_read(out, key, name, slice_of((char *)blob, len));
	return rc;
}

static int point_put(sqlite3 *db, const uint8_t key[32], struct slice name,
                     const struct store_chain *chain)
{
	uint8_t blob[POINT_BYTES];

	point_write(blob, key, name, chain);
	return meta_put(db, name, slice_of((char *)blob, sizeof(blob)));
}

int store_chain_head_write(struct store *s, const struct store_chain *chain)
{
	uint8_t blob[POINT_BYTES];

	point_write(blob, s->chain_key, SLICE(HEAD), chain);
	store_bind_text(s->st[ST_META_PUT], 1, SLICE(HEAD));
	store_bind_blob(s->st[ST_META_PUT], 2, slice_of((char *)blob, sizeof(blob)));
	return store_run(s, ST_META_PUT);
}

/* ---- checking ---- */

/** One walk over the records. */
struct walk {
	const uint8_t *key;
	const struct chain_sink *sink; /* optional */
	struct chain_report *report;
	struct store_chain at, head; /* the last row seen; the sealed one */
	uint64_t accepted;           /* findings below this number are known */
	bool sealed;
};

static void find(struct walk *w, enum chain_fault fault, uint64_t id, uint64_t count)
{
	const struct chain_finding f = { fault, id, count };
	bool accepted = id < w->accepted;

	w->report->findings++;
	w->report->accepted += accepted;
	if (!accepted && w->report->first.fault == CHAIN_WHOLE)
		w->report->first = f;
	if (w->sink != NULL && w->sink->finding != NULL)
		w->sink->finding(w->sink->ctx, &f, accepted);
}

/* id, mark, call, columns */
static void check_row(struct walk *w, sqlite3_stmt *st)
{
	uint64_t id = (uint64_t)sqlite3_column_int64(st, 0);
	struct slice have = store_column(st, 1);
	uint8_t packed[STORE_PACK_MAX];
	struct store_mark mark;
	size_t len;
	bool follows = id == w->at.id + 1;

	bool ours = have.len == STORE_MARK_BYTES;

	w->report->checked++;
	if (!follows)
		find(w, CHAIN_MISSING, w->at.id + 1, id - w->at.id - 1);
	if (!ours || !store_record_pack_row(packed, &len, st, 3)) {
		find(w, CHAIN_CHANGED, id, 1);
	} else {
		mark = store_chain_mark(w->key, &w->at, id,
		                        (uint64_t)sqlite3_column_int64(st, 2),
		                        slice_of((char *)packed, len));
		have = store_column(st, 1);
		if (follows && memcmp(mark.octets, have.p, STORE_MARK_BYTES) != 0)
			find(w, CHAIN_CHANGED, id, 1);
	}
	w->at.id = id;
	have = store_column(st, 1);
	memset(&w->at.mark, 0, sizeof(w->at.mark));
	if (ours) /* the next record shows whether it is right */
		memcpy(w->at.mark.octets, have.p, STORE_MARK_BYTES);
}

#define X(kind, name, field) ", " #name
static const char walk_sql[] = "SELECT id, mark, call" STORE_RECORD_COLUMNS(X)
	" FROM record WHERE id >= ?1 ORDER BY id";
#undef X

/* The mark before the first row that is checked is believed: the rows after it need it. */
static int mark_before(sqlite3 *db, struct walk *w, uint64_t from)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(db, "SELECT mark FROM record WHERE id = ?1", -1, &st, NULL);

	if (rc != SQLITE_OK)
		return rc;
	w->at.id = from - 1;
	sqlite3_bind_int64(st, 1, (sqlite3_int64)w->at.id);
	if (sqlite3_step(st) == SQLITE_ROW) {
		struct slice mark = store_column(st, 0);

		if (mark.len == STORE_MARK_BYTES)
			memcpy(w->at.mark.octets, mark.p, mark.len);
	} else if (w->at.id > 0) {
		w->at.id--;
	}
	return sqlite3_finalize(st);
}

static void check_head(struct walk *w)
{
	if (!w->sealed)
		find(w, CHAIN_HEAD, w->at.id, 1);
	else if (w->at.id < w->head.id)
		find(w, CHAIN_MISSING, w->at.id + 1, w->head.id - w->at.id);
	else if (w->at.id > w->head.id ||
	         memcmp(w->at.mark.octets, w->head.mark.octets, STORE_MARK_BYTES) != 0)
		find(w, CHAIN_HEAD, w->at.id, 1);
}

/* from: number of the first record to be checked.  Inside a transaction, so that all of it fits. */
static int walk_all(sqlite3 *db, struct walk *w, uint64_t from)
{
	struct store_chain accepted = { 0 };
	sqlite3_stmt *st = NULL;
	bool good = false;
	int rc = point_get(db, w->key, SLICE(HEAD), &w->head, &w->sealed);

	if (rc == SQLITE_OK)
		rc = point_get(db, w->key, SLICE(ACCEPTED), &accepted, &good);
	w->accepted = good ? accepted.id + 1 : 0;
	if (rc == SQLITE_OK)
		rc = mark_before(db, w, from);
	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(db, walk_sql, -1, &st, NULL);
	if (rc != SQLITE_OK)
		return rc;
	sqlite3_bind_int64(st, 1, (sqlite3_int64)from);
	while (sqlite3_step(st) == SQLITE_ROW)
		check_row(w, st);
	rc = sqlite3_finalize(st);
	if (rc == SQLITE_OK)
		check_head(w);
	return rc;
}

/* ---- at the start ---- */

static int damage_put(struct store *s)
{
	uint8_t blob[17];

	blob[0] = (uint8_t)s->damage.first.fault;
	put_u64(blob + 1, s->damage.first.id);
	put_u64(blob + 9, s->damage.first.count);
	return meta_put(s->db, SLICE(DAMAGED), slice_of((char *)blob, sizeof(blob)));
}

/* What an earlier start has found stays said until the operator accepts it. */
static int damage_get(struct store *s)
{
	uint8_t blob[17];
	size_t len;
	int rc = meta_get(s->db, SLICE(DAMAGED), blob, sizeof(blob), &len);

	if (rc == SQLITE_OK && len == sizeof(blob) && s->damage.first.fault == CHAIN_WHOLE &&
	    blob[0] <= CHAIN_HEAD) {
		s->damage.first = (struct chain_finding){ (enum chain_fault)blob[0],
			                                  get_u64(blob + 1), get_u64(blob + 9) };
		s->damage.findings++;
	}
	return rc;
}

static uint64_t first_to_check(struct store *s, uint64_t wall_ms)
{
	const uint64_t window_ms = (uint64_t)START_DAYS * 86400000;
	int64_t newest = store_number_of(s->db, "SELECT coalesce(max(id), 0) FROM record");
	char text[128];
	int64_t from;

	snprintf(text, sizeof(text), "SELECT min(id) FROM record WHERE start_ms >= %lld",
	         (long long)(wall_ms > window_ms ? wall_ms - window_ms : 0));
	from = store_number_of(s->db, text); /* 0: no record is so young */
	if (from <= 0)
		from = newest; /* the end is looked at in any case */
	return (uint64_t)TG_MAX(TG_MAX(from, newest - START_ROWS_MAX), 1);
}

int store_chain_open(struct store *s, uint64_t wall_ms)
{
	struct walk w = { .key = s->chain_key, .report = &s->damage };
	int rc = walk_all(s->db, &w, first_to_check(s, wall_ms));

	if (rc != SQLITE_OK)
		return rc;
	s->chain = w.sealed && w.head.id >= w.at.id ? w.head : w.at;
	if (s->damage.first.fault != CHAIN_WHOLE) {
		rc = damage_put(s);
		if (rc == SQLITE_OK)
			rc = point_put(s->db, s->chain_key, SLICE(HEAD), &s->chain);
	}
	return rc == SQLITE_OK ? damage_get(s) : rc;
}

/* Each row is read and marked in turn; the walk of SQLite does not mind, `mark` is in no index. */
int store_chain_begin(struct store *s)
{
	struct store_chain chain = { 0 };
	sqlite3_stmt *st = NULL, *set = NULL;
	int rc = sqlite3_prepare_v2(s->db, walk_sql, -1, &st, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(s->db, "UPDATE record SET mark = ?2 WHERE id = ?1", -1,
		                        &set, NULL);
	if (rc == SQLITE_OK)
		sqlite3_bind_int64(st, 1, 1);
	while (rc == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW) {
		uint8_t packed[STORE_PACK_MAX];
		size_t len;

		if (!store_record_pack_row(packed, &len, st, 3))
			len = 0; /* shows as changed, which it was */
		chain.mark = store_chain_mark(s->chain_key, &chain, chain.id + 1,
		                              (uint64_t)sqlite3_column_int64(st, 2),
		                              slice_of((char *)packed, len));
		chain.id++;
		sqlite3_bind_int64(set, 1, (sqlite3_int64)chain.id);
		store_bind_blob(set, 2, slice_of((char *)chain.mark.octets, STORE_MARK_BYTES));
		sqlite3_step(set);
		rc = sqlite3_reset(set);
	}
	sqlite3_finalize(set);
	if (sqlite3_finalize(st) != SQLITE_OK && rc == SQLITE_OK)
		rc = SQLITE_ERROR;
	return rc == SQLITE_OK ? point_put(s->db, s->chain_key, SLICE(HEAD), &chain) : rc;
}

void store_damage(const struct store *s, struct chain_report *out)
{
	*out = s->damage;
}

const char *chain_fault_name(enum chain_fault fault)
{
	static const char *const names[] = { "whole", "changed", "missing", "head" };

	return names[fault];
}

/* ---- by command ---- */

/* A tollgate that runs may have moved the head meanwhile: then that one is right. */
static int accept_all(sqlite3 *db, struct walk *w)
{
	struct store_chain head, last = w->at;
	bool sealed;
	int rc = point_get(db, w->key, SLICE(HEAD), &head, &sealed);

	last.id = TG_MAX(w->at.id, w->sealed ? w->head.id : 0);
	if (rc == SQLITE_OK && (!sealed || head.id < w->at.id))
		rc = point_put(db, w->key, SLICE(HEAD), &w->at);
	if (rc == SQLITE_OK)
		rc = point_put(db, w->key, SLICE(ACCEPTED), &last);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, "DELETE FROM meta WHERE key = '" DAMAGED "'", NULL, NULL,
		                  NULL);
	return rc;
}

static int begin_and(sqlite3 *db, const char *begin, struct walk *w,
                     int (*work)(sqlite3 *, struct walk *))
{
	int rc = sqlite3_exec(db, begin, NULL, NULL, NULL);

	if (rc != SQLITE_OK)
		return rc;
	rc = work(db, w);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	return rc;
}

static int walk_whole(sqlite3 *db, struct walk *w)
{
	return walk_all(db, w, 1);
}

/* The long walk keeps nobody from writing; only the acceptance is a transaction that writes. */
static int verify(sqlite3 *db, struct walk *w, bool accept)
{
	int rc = begin_and(db, "BEGIN", w, walk_whole);

	return rc == SQLITE_OK && accept ? begin_and(db, "BEGIN IMMEDIATE", w, accept_all) : rc;
}

enum tg_err store_chain_verify(const char *dir, bool accept, const struct chain_sink *sink,
                               struct chain_report *out, char *error, size_t cap)
{
	struct chain_report report = { 0 };
	uint8_t key[32];
	struct walk w = { .key = key, .sink = sink, .report = &report };
	struct seal *seal = NULL;
	sqlite3 *db = NULL;
	enum tg_err err = records_open(&db, dir, accept, error, cap);

	if (err == TG_OK)
		err = seal_open(&seal, dir, false, error, cap);
	if (err == TG_ENOENT && db != NULL)
		err = TG_EBAD; /* a database without its key */
	if (err == TG_OK) {
		seal_chain_key(seal, key);
		if (verify(db, &w, accept) != SQLITE_OK) {
			snprintf(error, cap, "%s/" STORE_FILE ": %s", dir, sqlite3_errmsg(db));
			err = TG_EIO;
		}
		tg_wipe(key, sizeof(key));
	}
	seal_free(seal);
	sqlite3_close(db);
	if (err == TG_OK)
		*out = report;
	return err;
}
