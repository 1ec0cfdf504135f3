/*
 * A provider's CSV into a deck.
 *
 * Lines are split at the separator that fits the headings best, cells are read by deck_cell.c, and
 * every mistake is collected; there is a deck only when there is none, so a file is taken over as a
 * whole or not at all.
 */
#include <stdlib.h>

#include "number/deck_reader_priv.h"

enum {
	HEADING_LINES_MAX = 50, /* what may stand before the headings */
	PROGRESS_OCTETS = 1 << 20,
	DEFAULT_STEP_S = 60 /* the dearest that is usual */
};

/* ---- currency ---- */

static void take_currency(struct deck_reader *r, struct slice text)
{
	char known[4];

	if (!deck_currency_known(known, text))
		deck_mistake_cell(r, COLUMN_CURRENCY, text,
		                  "is unknown; give an ISO 4217 code, as EUR");
	else if (r->draft.currency[0] == '\0')
		memcpy(r->draft.currency, known, sizeof(known));
	else if (memcmp(r->draft.currency, known, sizeof(known)) != 0)
		deck_mistake_cell(r, COLUMN_CURRENCY, text,
		                  "is another than before: a deck has one");
}

/* "# currency: EUR" */
static void take_comment(struct deck_reader *r, struct slice line)
{
	struct slice key, value;

	while (line.len > 0 && (line.p[0] == '#' || line.p[0] == ' '))
		line = slice_skip(line, 1);
	value = slice_cut(line, ':', &key);
	if (slice_ieq(slice_trim(key), SLICE("currency")))
		take_currency(r, slice_trim(slice_head(value, slice_find(value, ','))));
}

static void check_currency(struct deck_reader *r)
{
	const struct deck_options *o = r->options;
	char *own = r->draft.currency;

	r->line = 0;
	if (o->currency.len > 0)
		take_currency(r, o->currency);
	if (own[0] == '\0') {
		deck_mistake(r, 0,
		             "the file does not say its currency; add --currency=EUR, or a line "
		             "\"# currency: EUR\"");
	} else if (o->want.len > 0 && !slice_ieq(o->want, slice_str(own))) {
		struct buf b = deck_mistake_begin(r, 0);

		buf_fmt(&b, "the deck is in %s, but money.currency is %.*s", own,
		        SLICE_FMT(o->want));
	}
}

/* ---- headings ---- */

/* How many headings of a split line are known; -1 when it cannot be the line of headings. */
static int judge_headings(const struct deck_reader *r)
{
	uint32_t seen = 0;
	int known = 0;
	char found[4];

	for (uint16_t i = 0; i < r->cells_count; i++) {
		enum deck_column column = deck_column_of(r->cells[i], found);

		known += column != COLUMN_OTHER;
		seen |= 1u << column;
	}
	if ((seen & 1u << COLUMN_RATE) == 0 ||
	    (seen & (1u << COLUMN_PREFIX | 1u << COLUMN_COUNTRY)) == 0)
		return -1;
	return known;
}

static void take_heading(struct deck_reader *r, uint16_t cell)
{
	char found[4];
	enum deck_column column = deck_column_of(r->cells[cell], found);

	if (column == COLUMN_OTHER)
		return;
	if (found[0] != '\0' && (column == COLUMN_RATE || column == COLUMN_CONNECT))
		take_currency(r, slice_str(found));
	if (r->column_at[column] == 0)
		r->column_at[column] = (uint16_t)(cell + 1);
	else if (column != COLUMN_NAME)
		deck_mistake_cell(r, column, r->cells[cell],
		             "stands twice; rename the heading that is not meant");
}

static void take_headings(struct deck_reader *r, struct slice line)
{
	static const char separators[] = { ',', ';', '\t' };
	int best = 0;

	for (size_t i = 0; i < COUNT(separators); i++) {
		int known =
			deck_line_split(r, line, separators[i]) == NULL ? judge_headings(r) : -1;

		if (known > best) {
			best = known;
			r->separator = separators[i];
		}
	}
	if (best == 0 || deck_line_split(r, line, r->separator) != NULL)
		return;
	r->headings = deck_line_filled(r);
	for (uint16_t i = 0; i < r->headings; i++)
		take_heading(r, i);
	/* country and area code make a prefix together, unless there is one of its own */
	if (r->column_at[COLUMN_PREFIX] != 0)
		r->column_at[COLUMN_COUNTRY] = r->column_at[COLUMN_AREA] = 0;
	else if (r->column_at[COLUMN_AREA] == 0)
		r->column_at[COLUMN_PREFIX] = r->column_at[COLUMN_COUNTRY];
}

/* ---- rows ---- */

static struct slice cell_of(const struct deck_reader *r, enum deck_column column)
{
	uint16_t at = r->column_at[column];

	return at > 0 && at <= r->cells_count ? r->cells[at - 1] : SLICE("");
}

static bool is_right(struct deck_reader *r, enum deck_column column, const char *why)
{
	if (why != NULL)
		deck_mistake_cell(r, column, cell_of(r, column), why);
	return why == NULL;
}

static bool take_tariff(struct deck_reader *r, struct tg_tariff *t)
{
	struct slice connect = cell_of(r, COLUMN_CONNECT), both = cell_of(r, COLUMN_INCREMENT);
	struct slice first = cell_of(r, COLUMN_FIRST), next = cell_of(r, COLUMN_NEXT);
	bool comma = r->separator != ',', ok;

	*t = (struct tg_tariff){ .first_s = DEFAULT_STEP_S, .next_s = DEFAULT_STEP_S };
	ok = is_right(r, COLUMN_RATE, deck_cell_money(&t->per_minute, cell_of(r, COLUMN_RATE),
	                                              &r->mark, comma));
	if (connect.len > 0)
		ok &= is_right(r, COLUMN_CONNECT,
		               deck_cell_money(&t->connect, connect, &r->mark, comma));
	if (both.len > 0)
		ok &= is_right(r, COLUMN_INCREMENT, deck_cell_steps(t, both));
	if (first.len > 0)
		ok &= is_right(r, COLUMN_FIRST, deck_cell_step(&t->first_s, first));
	if (next.len > 0)
		ok &= is_right(r, COLUMN_NEXT, deck_cell_step(&t->next_s, next));
	return ok;
}

static bool take_times(struct deck_reader *r, struct deck_row *row)
{
	struct slice from = cell_of(r, COLUMN_FROM), until = cell_of(r, COLUMN_UNTIL);
	uint32_t s = 0;

	if (until.len > 0) {
		deck_mistake_cell(r, COLUMN_UNTIL, until,
		             "ends a price and leaves none; leave the row out, or empty the cell");
		return false;
	}
	if (from.len > 0 && !is_right(r, COLUMN_FROM,
	                              deck_cell_time(&s, from, r->options->dates)))
		return false;
	row->valid_from_s = s;
	return true;
}

/* Each prefix of the cell, "4477, 4478-4479"; the rest of the row is the same for all. */
static enum tg_err take_prefixes(struct deck_reader *r, struct deck_row *row)
{
	bool split_code = r->column_at[COLUMN_PREFIX] == 0;
	enum deck_column column = split_code ? COLUMN_AREA : COLUMN_PREFIX;
	struct slice country = split_code ? cell_of(r, COLUMN_COUNTRY) : SLICE("");
	struct slice rest = cell_of(r, column);
	enum tg_err err = TG_OK;

	if (split_code) { /* the same rules as for a prefix of its own */
		struct deck_range cc;
		struct slice all = country;

		if (!is_right(r, COLUMN_COUNTRY, deck_cell_range(&cc, &all, SLICE(""))))
			return TG_OK;
		if (cc.first != cc.last || all.len > 0) {
			deck_mistake_cell(r, COLUMN_COUNTRY, country, "is more than one");
			return TG_OK;
		}
		while (country.len > 0 && (country.p[0] == '+' || country.p[0] == '0'))
			country = slice_skip(country, 1);
	}
	do {
		struct deck_range range;

		if (!is_right(r, column, deck_cell_range(&range, &rest, country)))
			return TG_OK;
		row->prefix_len = range.len;
		for (uint64_t at = range.first; at <= range.last && err == TG_OK; at++) {
			uint64_t value = at;

			for (unsigned i = range.len; i > 0; i--) {
				row->prefix[i - 1] = (char)('0' + value % 10);
				value /= 10;
			}
			err = deck_draft_put(&r->draft, row, r->line);
		}
	} while (rest.len > 0 && err == TG_OK);
	return err;
}

static enum tg_err take_row(struct deck_reader *r)
{
	char name[DECK_NAME_MAX];
	struct buf b = buf_on(name, sizeof(name));
	struct slice currency = cell_of(r, COLUMN_CURRENCY);
	struct deck_row row = { 0 };

	if (deck_line_filled(r) > r->headings) {
		deck_mistake(r, r->line,
		             "more cells than headings; a decimal comma, or a separator in "
		             "a name without quotes?");
		return TG_OK;
	}
	if (currency.len > 0)
		take_currency(r, currency);
	if (!take_tariff(r, &row.tariff) || !take_times(r, &row))
		return TG_OK;
	deck_cell_name(&b, cell_of(r, COLUMN_NAME));
	row.name = buf_slice(&b);
	return take_prefixes(r, &row);
}

static enum tg_err take_line(struct deck_reader *r, struct slice line)
{
	const char *why;

	if (slice_trim(line).len == 0)
		return TG_OK;
	if (slice_trim(line).p[0] == '#') {
		take_comment(r, slice_trim(line));
		return TG_OK;
	}
	if (r->separator == 0) {
		take_headings(r, line);
		return TG_OK;
	}
	why = deck_line_split(r, line, r->separator);
	if (why != NULL)
		deck_mistake(r, r->line, why);
	else if (deck_line_filled(r) > 0)
		return take_row(r);
	return TG_OK;
}

/* ---- the file ---- */

static const char *wrong_kind(struct slice text)
{
	if (slice_starts(text, SLICE("\xff\xfe")) || slice_starts(text, SLICE("\xfe\xff")))
		return "this is UTF-16; save it as CSV in UTF-8";
	if (slice_starts(text, SLICE("PK\x03\x04")))
		return "this is a spreadsheet or archive; save it as CSV";
	if (text.len > DECK_TEXT_MAX)
		return "the file is longer than 1 GiB";
	return NULL;
}

static enum tg_err take_lines(struct deck_reader *r, struct slice text)
{
	size_t all = text.len, told = 0;
	enum tg_err err = TG_OK;

	if (slice_starts(text, SLICE("\xef\xbb\xbf")))
		text = slice_skip(text, 3);
	while (text.len > 0 && err == TG_OK) {
		struct slice line;

		text = slice_cut(text, '\n', &line);
		r->line++;
		err = take_line(r, line);
		if (r->separator == 0 && r->line == HEADING_LINES_MAX)
			break;
		if (r->options->progress != NULL && all - text.len - told >= PROGRESS_OCTETS) {
			told = all - text.len;
			r->options->progress(r->options->ctx, told, all);
		}
	}
	if (err == TG_ELIMIT) {
		deck_mistake(r, r->line, "more than 4000000 prefixes");
		err = TG_OK;
	}
	return err;
}

static bool same_price(const struct deck_draft *d, const struct deck_draft_row *a,
                       const struct deck_draft_row *b)
{
	const struct tg_tariff *x = &d->tariffs[a->tariff], *y = &d->tariffs[b->tariff];

	return x->per_minute == y->per_minute && x->connect == y->connect &&
	       x->first_s == y->first_s && x->next_s == y->next_s;
}

/* Rows that say the same are one; rows that contradict each other are a mistake. */
static void check_overlaps(struct deck_reader *r)
{
	struct deck_draft *d = &r->draft;
	uint32_t kept = 0;

	deck_draft_sort(d);
	for (uint32_t i = 0; i < d->rows_count; i++) {
		struct deck_draft_row row = d->rows[i], *last = &d->rows[kept - (kept > 0)];
		unsigned len = deck_key_len(row.key);

		if (kept == 0 || last->key != row.key || last->valid_from_s != row.valid_from_s) {
			d->rows[kept++] = row;
		} else if (!same_price(d, last, &row)) {
			struct buf b = deck_mistake_begin(r, row.line);

			buf_lit(&b, "prefix ");
			buf_u64(&b, deck_key_value(row.key) / deck_pow10[DECK_PREFIX_MAX - len]);
			buf_fmt(&b, " has another price for the same time in line %u", last->line);
		}
	}
	d->rows_count = kept;
}

static void check_whole(struct deck_reader *r)
{
	check_overlaps(r);
	if (r->separator == 0)
		deck_mistake(r, 0, "no line of headings in the first 50 lines: it takes at least a "
		              "prefix and a rate, as in \"prefix,name,rate per minute\"");
	else if (r->draft.rows_count == 0 && r->mistakes->count == 0)
		deck_mistake(r, 0, "no row with a price");
	check_currency(r);
	deck_mistakes_sort(r->mistakes);
}

enum tg_err deck_parse(struct deck **out, struct slice text, const struct deck_options *options,
                       struct deck_mistakes *mistakes)
{
	struct deck_reader *r = calloc(1, sizeof(*r));
	const char *why = wrong_kind(text);
	enum tg_err err = TG_OK;

	if (r == NULL)
		return TG_ENOMEM;
	r->options = options;
	r->mistakes = mistakes;
	mistakes->count = mistakes->dropped = 0;
	if (why != NULL)
		deck_mistake(r, 0, why);
	else
		err = take_lines(r, text);
	if (why == NULL && err == TG_OK)
		check_whole(r);
	if (err == TG_OK)
		err = mistakes->count > 0 ? TG_EBAD : deck_draft_build(out, &r->draft);
	deck_draft_free(&r->draft);
	free(r);
	return err;
}
