/* A call's jobs become rows: what runs, what is over, and the ledgers' totals. */
#include "store/store_priv.h"

enum {
	LOST_KEEP_MS = 3600000, /* how long after our start a lost call may be claimed */
	LOST_AT_ONCE = 64       /* so many are closed in one transaction */
};

/* ---- closed records ---- */

#define BIND_INT(st, at, value) sqlite3_bind_int64((st), (at), (sqlite3_int64)(value))
#define BIND_TEXT(st, at, value) store_bind_text((st), (at), link_text(&(value)))
#define BIND_ADDR(st, at, value) store_bind_text((st), (at), buf_slice(&addr))

static int append(struct store *s, const struct vault_record *r)
{
	sqlite3_stmt *st = s->st[ST_RECORD_ADD];
	uint64_t id = s->chain.id + 1;
	uint8_t packed[STORE_PACK_MAX];
	size_t len = store_record_pack(packed, r);
	struct store_mark mark = store_chain_mark(s->chain_key, &s->chain, id, r->call,
	                                          slice_of((char *)packed, len));
	char mem[64];
	struct buf addr = buf_on(mem, sizeof(mem));
	int at = 3, rc;

	tg_addr_write(&addr, &r->from);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)id);
	sqlite3_bind_int64(st, 2, (sqlite3_int64)r->call);
	store_bind_blob(st, 3, slice_of((char *)mark.octets, sizeof(mark.octets)));
#define X(kind, name, field) BIND_##kind(st, ++at, r->field);
	STORE_RECORD_COLUMNS(X)
#undef X
	rc = store_run(s, ST_RECORD_ADD);
	if (rc == SQLITE_OK)
		s->chain = (struct store_chain){ id, mark };
	return rc;
}

/* ---- the row of an attempt ---- */

/* What changes of it; a length of STORE_KEEP, a record of NULL: as it is. */
struct seat_change {
	struct link_leg leg;
	int16_t hold_len, recipe_len;
	const uint8_t *hold, *recipe;
	const struct vault_record *record;
	bool over; /* its record is gone from here */
};

static uint8_t with(uint8_t parts, uint8_t part, bool has)
{
	return (uint8_t)(has ? parts | part : parts & ~part);
}

static uint8_t parts_after(uint8_t parts, const struct seat_change *c)
{
	if (c->hold_len != STORE_KEEP)
		parts = with(parts, STORE_HAS_HOLD, c->hold_len > 0);
	if (c->recipe_len != STORE_KEEP)
		parts = with(parts, STORE_HAS_RECIPE, c->recipe_len > 0);
	if (c->record != NULL)
		parts = with(with(parts, STORE_LOST, false), STORE_HAS_RECORD, true);
	if (c->over)
		parts = with(parts, STORE_LOST | STORE_HAS_RECORD, false);
	return parts;
}

static void bind_part(sqlite3_stmt *st, int at, const uint8_t *p, int16_t len)
{
	if (len != STORE_KEEP) /* else it stays NULL */
		store_bind_blob(st, at, slice_of((const char *)p, (size_t)len));
}

/* packed: lives until the statement has run */
static void bind_seat(sqlite3_stmt *st, uint32_t row, const struct seat_change *c,
                      uint8_t packed[STORE_PACK_MAX])
{
	sqlite3_bind_int64(st, 1, row);
	if (c->record != NULL) {
		sqlite3_bind_int64(st, 2, (sqlite3_int64)c->record->start_ms);
		store_bind_blob(st, 3, slice_of((char *)packed,
		                                store_record_pack(packed, c->record)));
	} else if (c->over) {
		store_bind_blob(st, 3, SLICE(""));
	}
	bind_part(st, 4, c->hold, c->hold_len);
	bind_part(st, 5, c->recipe, c->recipe_len);
}

static int change_seat(struct store *s, const struct seat_change *c)
{
	uint32_t row = store_live_find(&s->live, &c->leg);
	uint8_t before = row != 0 ? s->live.seats[row].parts : 0;
	uint8_t after = parts_after(before, c), packed[STORE_PACK_MAX];
	enum store_statement which = before == 0 ? ST_LIVE_ADD :
	                             after == 0  ? ST_LIVE_DROP :
	                                           ST_LIVE_SET;

	if (before == 0 && after == 0)
		return SQLITE_OK;
	if (before == 0)
		row = store_live_take(&s->live, &c->leg, after);
	else
		store_live_set(&s->live, row, after);
	if (row == 0)
		return SQLITE_TOOBIG; /* refused for good */
	if (after == 0)
		sqlite3_bind_int64(s->st[which], 1, row);
	else
		bind_seat(s->st[which], row, c, packed);
	if (before == 0) {
		sqlite3_bind_int64(s->st[which], 6, (sqlite3_int64)c->leg.call);
		sqlite3_bind_int(s->st[which], 7, c->leg.side);
		sqlite3_bind_int(s->st[which], 8, c->leg.branch);
	}
	return store_run(s, which);
}

/** Where a call's record is, whatever its attempts are. */
static struct link_leg record_leg(uint64_t call)
{
	return (struct link_leg){ .call = call, .side = LINK_B, .branch = 1 };
}

static bool is_home(const struct store_change_row *job)
{
	const struct link_leg home = record_leg(job->has_record ? job->record.call : job->leg.call);

	return job->leg.call == home.call && job->leg.side == home.side &&
	       job->leg.branch == home.branch;
}

/* What a job sets of the row of its attempt. */
static uint8_t parts_set(const struct store_change_row *job)
{
	bool record = (job->has_record || job->over) && is_home(job);

	return (uint8_t)((job->hold_len != STORE_KEEP ? STORE_HAS_HOLD : 0) |
	                 (job->recipe_len != STORE_KEEP ? STORE_HAS_RECIPE : 0) |
	                 (record ? STORE_HAS_RECORD : 0));
}

static bool same_leg(const struct link_leg *a, const struct link_leg *b)
{
	return a->call == b->call && a->side == b->side && a->branch == b->branch;
}

enum { LEGS = 2 * STORE_FOLD_MAX }; /* places of s->seen; one is 1 + job of the transaction */

/* The place of the next job of this attempt. */
static uint32_t *next_of(struct store *s, uint64_t from, const struct link_leg *leg)
{
	uint32_t at = (uint32_t)(leg->call * 0x9e3779b97f4a7c15u >> 40) + leg->side * 17u +
	              leg->branch;

	for (;; at++) {
		uint32_t *seen = &s->seen[at % LEGS];

		if (*seen == 0 ||
		    same_leg(&s->jobs[(from + *seen - 1) % STORE_QUEUE].change.leg, leg))
			return seen;
	}
}

void store_find_covered(struct store *s, uint64_t from, uint64_t to)
{
	memset(s->seen, 0, LEGS * sizeof(*s->seen));
	for (uint64_t i = to; i-- > from;) {
		struct store_job *job = &s->jobs[i % STORE_QUEUE];
		uint32_t *next;

		if (job->kind != STORE_CHANGE)
			continue;
		next = next_of(s, from, &job->change.leg);
		job->change.covered = false;
		if (*next != 0) {
			const struct store_job *later = &s->jobs[(from + *next - 1) % STORE_QUEUE];
			uint8_t sets = parts_set(&job->change);

			job->change.covered = (sets & ~parts_set(&later->change)) == 0;
		}
		*next = (uint32_t)(i - from) + 1;
	}
}

int store_write_change(struct store *s, const struct store_change_row *job)
{
	struct seat_change c = { .leg = job->leg, .hold_len = job->hold_len,
		                 .recipe_len = job->recipe_len, .hold = job->bytes };
	const struct link_leg home = record_leg(job->has_record ? job->record.call : job->leg.call);
	struct seat_change r = { .leg = home, .hold_len = STORE_KEEP, .recipe_len = STORE_KEEP };
	struct seat_change *to = is_home(job) ? &c : &r;
	int rc = SQLITE_OK;

	c.recipe = job->bytes + TG_MAX(job->hold_len, 0);
	if (job->has_record && !job->over)
		to->record = &job->record;
	to->over = job->over;
#ifdef TG_MUTANT_HOLD_STAYS /* tests/promises/money finds it */
	c.hold_len = job->over ? STORE_KEEP : c.hold_len;
#endif
	if (job->has_record && job->over)
		rc = append(s, &job->record);
	if (rc == SQLITE_OK && !job->covered)
		rc = change_seat(s, &c);
	if (rc == SQLITE_OK && to == &r && (r.record != NULL || r.over))
		rc = change_seat(s, &r);
	return rc;
}

/* ---- totals: of several for one ledger the last; so from the back, and each key once ---- */

/* FNV-1a: the keys are ours and no stranger's. */
static uint32_t hash_of(struct slice key)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < key.len; i++)
		h = (h ^ (uint8_t)key.p[i]) * 16777619u;
	return h;
}

struct total {
	struct slice key, blob;
};

static const uint8_t *total_at(struct total *out, const uint8_t *p)
{
	uint16_t lens[2];

	memcpy(lens, p, sizeof(lens));
	p += sizeof(lens);
	out->key = slice_of((const char *)p, lens[0]);
	out->blob = slice_of((const char *)p + lens[0], lens[1]);
	return p + lens[0] + lens[1];
}

static const uint8_t *totals_of(const struct store_change_row *job)
{
	return job->bytes + TG_MAX(job->hold_len, 0) + TG_MAX(job->recipe_len, 0);
}

/* A place is 1 + job of the transaction * 16 + number of the total. */
static bool is_first(struct store *s, uint64_t from, uint32_t place, struct slice key)
{
	for (uint32_t i = hash_of(key);; i++) {
		uint32_t *seen = &s->seen[i % STORE_SEEN];
		const struct store_change_row *job;
		const uint8_t *p;
		struct total t;

		if (*seen == 0) {
			*seen = place;
			return true;
		}
		job = &s->jobs[(from + (*seen - 1) / 16) % STORE_QUEUE].change;
		p = totals_of(job);
		for (uint32_t n = (*seen - 1) % 16 + 1; n > 0; n--)
			p = total_at(&t, p);
		if (slice_eq(t.key, key))
			return false;
	}
}

static int write_totals_of(struct store *s, uint64_t from, uint64_t i)
{
	const struct store_change_row *job = &s->jobs[i % STORE_QUEUE].change;
	const uint8_t *p = totals_of(job);
	struct total total[STORE_TOTALS_MAX];
	int rc = SQLITE_OK;

	for (uint32_t n = 0; n < job->totals; n++)
		p = total_at(&total[n], p);
	for (uint32_t n = job->totals; n-- > 0 && rc == SQLITE_OK;) {
		if (!is_first(s, from, 1 + (uint32_t)(i - from) * 16 + n, total[n].key))
			continue;
		store_bind_text(s->st[ST_TOTAL_PUT], 1, total[n].key);
		store_bind_blob(s->st[ST_TOTAL_PUT], 2, total[n].blob);
		rc = store_run(s, ST_TOTAL_PUT);
		s->totals_written += rc == SQLITE_OK;
	}
	return rc;
}

int store_write_totals(struct store *s, uint64_t from, uint64_t to)
{
	bool clean = false;
	int rc = SQLITE_OK;

	for (uint64_t i = to; i-- > from && rc == SQLITE_OK;) {
		const struct store_job *job = &s->jobs[i % STORE_QUEUE];

		if (job->kind != STORE_CHANGE || job->change.totals == 0)
			continue;
		if (!clean)
			memset(s->seen, 0, sizeof(s->seen));
		clean = true;
		rc = write_totals_of(s, from, i);
	}
	return rc;
}

/* ---- lost calls ---- */

static int close_row(struct store *s, uint32_t row)
{
	const struct seat_change gone = { .leg = record_leg(s->live.seats[row].call),
		                          .hold_len = STORE_KEEP, .recipe_len = STORE_KEEP,
		                          .over = true };
	sqlite3_stmt *st = s->st[ST_LIVE_GET];
	struct vault_record r;
	bool good;
	int rc;

	sqlite3_bind_int64(st, 1, row);
	good = sqlite3_step(st) == SQLITE_ROW &&
	       store_record_unpack(&r, s->live.seats[row].call, store_column(st, 1)) == TG_OK;
	if (good)
		store_record_lost(&r, (uint64_t)sqlite3_column_int64(st, 0));
	rc = sqlite3_reset(st);
	if (rc == SQLITE_OK && good)
		rc = append(s, &r);
	return rc == SQLITE_OK ? change_seat(s, &gone) : rc;
}

/* What has a hold is the vault's to settle, however long that takes. */
int store_close_lost(struct store *s, uint64_t now_ms)
{
	uint32_t left = LOST_AT_ONCE;
	int rc = SQLITE_OK;

	if (s->live.losts == 0 || now_ms - s->opened_ms < LOST_KEEP_MS)
		return SQLITE_OK;
	for (uint32_t row = 1; row <= s->live.fresh && left > 0 && rc == SQLITE_OK; row++) {
		if ((s->live.seats[row].parts & STORE_LOST) == 0 ||
		    store_live_holds(&s->live, s->live.seats[row].call))
			continue;
		rc = close_row(s, row);
		left--;
	}
	return rc;
}
