/*
 * Recorded calls: tollgate's own CSV, and Asterisk's CDR CSV, whose 18 columns it begins with.
 *
 * OURS: one record is one line; neither Asterisk nor we write line breaks into cells.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/table.h"
#include "cli/replay.h"
#include "number/number.h"

enum {
	ASTERISK_COLUMNS = 18,
	COLUMNS = 20, /* that are looked at */
	WRONG_MAX = 100,
	NAMES_MAX = 1 << 20,
	DIALLED_MAX = 127,
	PROGRESS_ROWS = 1 << 17
};

enum column {
	COL_ACCOUNT, COL_SRC, COL_DST, COL_CONTEXT, COL_CLID, COL_CHANNEL, COL_DSTCHANNEL,
	COL_LASTAPP, COL_LASTDATA, COL_START, COL_ANSWER, COL_END, COL_DURATION, COL_BILLSEC,
	COL_DISPOSITION
};

/* ---- names ---- */

struct replay_names {
	struct tg_table *table;
	struct slice *name; /* by number, from 1; each on its own */
	uint32_t count, cap;
};

static struct replay_names *names_new(void)
{
	static const struct tg_key key = { "names of replay" };
	struct replay_names *n = calloc(1, sizeof(*n));

	if (n == NULL)
		return NULL;
	n->table = tg_table_new(NAMES_MAX, &key);
	if (n->table != NULL)
		return n;
	free(n);
	return NULL;
}

static void names_free(struct replay_names *n)
{
	if (n == NULL)
		return;
	for (uint32_t i = 1; i <= n->count; i++)
		free((char *)(uintptr_t)n->name[i].p);
	free(n->name);
	tg_table_free(n->table);
	free(n);
}

static uint32_t names_find(const struct replay_names *n, struct slice s, uint64_t hash)
{
	uint32_t at = 0, value;

	while ((value = tg_table_find(n->table, hash, &at)) != 0) {
		if (slice_eq(n->name[value], s))
			return value;
		if (at == 0)
			break;
	}
	return 0;
}

static bool names_room(struct replay_names *n)
{
	uint32_t cap = n->cap > 0 ? n->cap * 2 : 256;
	struct slice *more;

	if (n->count + 1 < n->cap)
		return true;
	more = realloc(n->name, cap * sizeof(*more));
	if (more == NULL)
		return false;
	n->name = more;
	n->cap = cap;
	return true;
}

/** Its number, made when it is new; 0: none, or no memory (`*ok` is false then). */
static uint32_t names_add(struct replay_names *n, struct slice s, bool *ok)
{
	uint64_t hash = tg_table_hash(n->table, s);
	uint32_t have = s.len > 0 ? names_find(n, s, hash) : 0;
	char *copy;

	if (have != 0 || s.len == 0)
		return have;
	copy = names_room(n) ? malloc(s.len) : NULL;
	if (copy == NULL || tg_table_add(n->table, hash, n->count + 1) != TG_OK) {
		free(copy);
		*ok = false;
		return 0;
	}
	memcpy(copy, s.p, s.len);
	n->name[++n->count] = slice_of(copy, s.len);
	return n->count;
}

struct slice replay_name(const struct replay_records *r, uint32_t n)
{
	return n > 0 && n <= r->names->count ? r->names->name[n] : SLICE("");
}

uint32_t replay_names_count(const struct replay_records *r)
{
	return r->names->count;
}

bool replay_is_caller(const struct replay_records *r, struct slice name)
{
	return names_find(r->names, name, tg_table_hash(r->names->table, name)) != 0;
}

struct slice replay_dialled(const struct replay_records *r, const struct replay_call *c)
{
	return slice_of(r->text + c->dialled, c->dialled_len);
}

/* ---- one line ---- */

/** A quoted cell, its doubled quotes made single where it stands.  What follows the cell. */
static char *quoted(char *p, char *end, struct slice *cell)
{
	char *to = ++p, *from = p;

	while (p < end && !(*p == '"' && (p + 1 == end || p[1] != '"'))) {
		if (*p == '"')
			p++;
		*to++ = *p++;
	}
	*cell = slice_of(from, (size_t)(to - from));
	return p < end ? p + 1 : NULL;
}

/** Returns how many cells the line has, or 0 when it is broken. */
static unsigned split(char *line, size_t len, struct slice cell[COLUMNS])
{
	char *p = line, *end = line + len;
	struct slice other;
	unsigned n = 0;

	for (;; p++) {
		struct slice *to = n < COLUMNS ? &cell[n] : &other;

		n++;
		if (p < end && *p == '"') {
			p = quoted(p, end, to);
			if (p == NULL || (p < end && *p != ','))
				return 0;
		} else {
			char *comma = memchr(p, ',', (size_t)(end - p));

			*to = slice_of(p, (size_t)((comma != NULL ? comma : end) - p));
			p = comma != NULL ? comma : end;
		}
		if (p == end)
			return n;
	}
}

/** The apostrophe that keeps spreadsheets from taking a cell for a formula is no part of it. */
static struct slice untamed(struct slice s)
{
	return s.len > 1 && s.p[0] == '\'' && memchr("=+-@\t", s.p[1], 5) != NULL
	               ? slice_skip(s, 1) : s;
}

static bool digits(const char *p, unsigned n, unsigned *out)
{
	*out = 0;
	for (unsigned i = 0; i < n; i++) {
		if (!tg_isdigit(p[i]))
			return false;
		*out = *out * 10 + (unsigned)(p[i] - '0');
	}
	return true;
}

/** "2001-02-03 04:05:06" as seconds since 1970 on whatever clock it is. */
static bool parse_time(int64_t *out, struct slice s)
{
	unsigned year, month, day, hour, minute, second;

	if (s.len != 19 || s.p[4] != '-' || s.p[7] != '-' || s.p[10] != ' ' || s.p[13] != ':' ||
	    s.p[16] != ':' || !digits(s.p, 4, &year) || !digits(s.p + 5, 2, &month) ||
	    !digits(s.p + 8, 2, &day) || !digits(s.p + 11, 2, &hour) ||
	    !digits(s.p + 14, 2, &minute) || !digits(s.p + 17, 2, &second))
		return false;
	if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 ||
	    minute > 59 || second > 60)
		return false;
	*out = tg_days_of((int32_t)year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
	return true;
}

/* ---- reading ---- */

struct reader {
	const struct replay_reading *how;
	struct replay_records *to;
	uint32_t cap, line, wrongs;
	bool memory;  /* false: there was not enough */
	int64_t hour; /* local; whose offset is known */
	int64_t offset;
};

static int64_t utc_of(struct reader *r, int64_t local_s)
{
	if (r->to->ours || r->how->utc)
		return local_s;
	if (local_s / 3600 != r->hour || r->hour == 0) {
		r->hour = local_s / 3600;
		r->offset = tg_zone_first(r->how->zone, r->hour * 3600) - r->hour * 3600;
	}
	return local_s + r->offset;
}

static void wrong(struct reader *r, const char *why)
{
	if (r->wrongs++ < WRONG_MAX && !r->how->lenient)
		r->how->wrong(r->how->ctx, r->line, why);
	r->to->skipped++;
}

/** FreePBX and others name the context of what comes from outside so. */
static bool from_outside(const struct reader *r, struct slice context)
{
	return r->to->ours ? slice_eq(context, SLICE("trunk"))
	                   : slice_starts(context, SLICE("from-trunk")) ||
	                             slice_starts(context, SLICE("from-pstn")) ||
	                             slice_starts(context, SLICE("from-did")) ||
	                             slice_starts(context, SLICE("ext-did"));
}

/** "freepbx" of "SIP/freepbx-0123456789abcdef". */
static struct slice peer_of(struct slice channel)
{
	struct slice s = slice_skip(channel, slice_find(channel, '/') + 1);
	size_t at = s.len;

	while (at > 0 && s.p[at - 1] != '-')
		at--;
	return slice_head(s, at > 0 ? at - 1 : s.len);
}

static void set_caller(struct reader *r, struct replay_call *c, const struct slice *cell)
{
	struct slice account = untamed(cell[COL_ACCOUNT]), src = untamed(cell[COL_SRC]);

	c->party = from_outside(r, cell[COL_CONTEXT]) ? POLICY_TRUNK : POLICY_PBX;
	if (r->to->ours && slice_eq(cell[COL_CONTEXT], SLICE("account")))
		c->party = POLICY_ACCOUNT;
	if (c->party == POLICY_TRUNK)
		return;
	if (account.len == 0 && !r->to->ours && src.len < NUMBER_E164_MIN)
		account = src; /* an extension */
	c->account = names_add(r->to->names, slice_head(account, LEDGER_NAME_MAX), &r->memory);
	if (r->to->ours && c->party == POLICY_PBX)
		c->peer = names_add(r->to->names,
		                    slice_head(peer_of(cell[COL_CHANNEL]), LEDGER_NAME_MAX),
		                    &r->memory);
}

static const char *set_times(struct reader *r, struct replay_call *c, const struct slice *cell)
{
	int64_t start, answer, end;
	uint64_t billsec;

	if (!parse_time(&start, cell[COL_START]))
		return "start is not a time as 2001-02-03 04:05:06";
	if (slice_u64(&billsec, cell[COL_BILLSEC], TG_TALK_MAX_S) != TG_OK)
		return "billsec is not a number of seconds up to a day";
	c->answered = slice_eq(cell[COL_DISPOSITION], SLICE("ANSWERED"));
	if (c->answered && cell[COL_ANSWER].len > 0) {
		if (!parse_time(&answer, cell[COL_ANSWER]) || answer < start)
			return "answer is not a time after the start";
		end = answer;
	} else if (!parse_time(&end, cell[COL_END]) || end < start) {
		return "end is not a time after the start";
	}
	c->start_ms = (uint64_t)utc_of(r, start) * 1000;
	c->ring_s = (uint32_t)TG_MIN(end - start, (int64_t)TG_TALK_MAX_S);
	c->talk_s = c->answered ? (uint32_t)billsec : 0;
	return NULL;
}

static bool text_room(struct replay_records *to)
{
	size_t cap = to->text_cap > 0 ? to->text_cap * 2 : 1 << 16;
	char *more;

	if (to->text_len + DIALLED_MAX <= to->text_cap)
		return true;
	more = cap <= UINT32_MAX ? realloc(to->text, cap) : NULL;
	if (more == NULL)
		return false;
	to->text = more;
	to->text_cap = cap;
	return true;
}

static bool call_room(struct reader *r)
{
	uint32_t cap = r->cap > 0 ? r->cap * 2 : 4096;
	struct replay_call *more;

	if (r->to->count < r->cap)
		return true;
	more = cap < UINT32_MAX / 2 ? realloc(r->to->call, cap * sizeof(*more)) : NULL;
	if (more == NULL)
		return false;
	r->to->call = more;
	r->cap = cap;
	return true;
}

static void add(struct reader *r, const struct slice *cell)
{
	struct slice dialled = untamed(cell[COL_DST]);
	struct replay_call c = { .line = r->line };
	const char *why = set_times(r, &c, cell);

	if (why == NULL && dialled.len > DIALLED_MAX)
		why = "dst is longer than any number";
	if (why != NULL) {
		wrong(r, why);
		return;
	}
	set_caller(r, &c, cell);
	c.inside = !r->to->ours && number_kind_of(dialled) != NUMBER_DIGITS;
	r->memory = r->memory && text_room(r->to) && call_room(r);
	if (!r->memory)
		return;
	c.dialled = (uint32_t)r->to->text_len;
	c.dialled_len = (uint8_t)dialled.len;
	memcpy(r->to->text + r->to->text_len, dialled.p, dialled.len);
	r->to->text_len += dialled.len;
	r->to->call[r->to->count++] = c;
}

static void on_line(struct reader *r, char *line, size_t len)
{
	struct slice cell[COLUMNS];
	unsigned n;

	r->line++;
	while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
		len--;
	if (len == 0)
		return;
	n = split(line, len, cell);
	if (r->line == 1 && n > ASTERISK_COLUMNS)
		r->to->ours = slice_eq(cell[ASTERISK_COLUMNS], SLICE("rule"));
	if (r->line == 1 && n >= ASTERISK_COLUMNS && slice_eq(cell[0], SLICE("accountcode")))
		return; /* the heading */
	/* cdr.conf leaves out the last two unless it is told otherwise */
	if (n < ASTERISK_COLUMNS - 2)
		wrong(r, n == 0 ? "a quote is not closed, or text follows one"
		                : "fewer than the 16 columns of an Asterisk CDR");
	else
		add(r, cell);
	if (r->line % PROGRESS_ROWS == 0 && r->how->progress != NULL)
		r->how->progress(r->how->ctx, r->line);
}

static int by_start(const void *a, const void *b)
{
	const struct replay_call *x = a, *y = b;

	if (x->start_ms != y->start_ms)
		return x->start_ms < y->start_ms ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

static enum tg_err read_lines(struct reader *r, FILE *f)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t n = 0;
	int failed;

	while (r->memory && (n = getline(&line, &cap, f)) >= 0)
		on_line(r, line, (size_t)n);
	failed = ferror(f);
	free(line);
	if (!r->memory)
		return TG_ENOMEM;
	if (failed)
		return TG_EIO;
	return r->to->skipped > 0 && !r->how->lenient ? TG_EBAD : TG_OK;
}

/** Who calls is known when all was read. */
static void find_inside(struct replay_records *r)
{
	for (uint32_t i = 0; i < r->count; i++) {
		struct replay_call *c = &r->call[i];

		c->inside = c->inside || replay_is_caller(r, replay_dialled(r, c));
	}
}

enum tg_err replay_read(struct replay_records *out, const struct replay_reading *how)
{
	struct replay_records to = { .names = names_new() };
	struct reader r = { .how = how, .to = &to, .memory = to.names != NULL };
	FILE *f = r.memory ? fopen(how->path, "re") : NULL;
	enum tg_err err = r.memory ? TG_EIO : TG_ENOMEM;

	if (f != NULL) {
		err = read_lines(&r, f);
		fclose(f);
	}
	if (err == TG_OK) {
		if (to.count > 1)
			qsort(to.call, to.count, sizeof(*to.call), by_start);
		find_inside(&to);
		*out = to;
		return TG_OK;
	}
	replay_free(&to);
	return err;
}

void replay_free(struct replay_records *r)
{
	names_free(r->names);
	free(r->call);
	free(r->text);
}
