/* A line of a provider's file: its cells, and what is wrong with it. */
#include <stdlib.h>

#include "number/deck_reader_priv.h"

/* ---- mistakes ---- */

struct buf deck_mistake_begin(struct deck_reader *r, uint32_t line)
{
	struct deck_mistakes *m = r->mistakes;
	struct deck_mistake *to;

	if (m->count == DECK_MISTAKES_MAX) {
		m->dropped++;
		return buf_on(NULL, 0);
	}
	to = &m->at[m->count++];
	memset(to, 0, sizeof(*to));
	to->line = line;
	return buf_on(to->text, sizeof(to->text) - 1);
}

void deck_mistake(struct deck_reader *r, uint32_t line, const char *text)
{
	struct buf b = deck_mistake_begin(r, line);

	buf_str(&b, text);
}

static void put_quoted(struct buf *b, struct slice cell)
{
	buf_chr(b, '"');
	for (size_t i = 0; i < cell.len && i < 40; i++) {
		unsigned char c = (unsigned char)cell.p[i];

		buf_chr(b, c < 0x20 || c == 0x7f ? '?' : (char)c);
	}
	buf_str(b, cell.len > 40 ? "...\"" : "\"");
}

void deck_mistake_cell(struct deck_reader *r, enum deck_column column, struct slice cell,
                         const char *why)
{
	struct buf b = deck_mistake_begin(r, r->line);

	buf_fmt(&b, "%s ", deck_column_name(column));
	put_quoted(&b, cell);
	buf_fmt(&b, " %s", why);
}

static int by_line(const void *a, const void *b)
{
	const struct deck_mistake *x = a, *y = b;

	return x->line < y->line ? -1 : x->line > y->line;
}

void deck_mistakes_sort(struct deck_mistakes *m)
{
	qsort(m->at, m->count, sizeof(m->at[0]), by_line);
}

void deck_mistake_write(struct buf *b, struct slice file, const struct deck_mistake *m)
{
	buf_put(b, file);
	if (m->line > 0)
		buf_fmt(b, ":%u", m->line);
	buf_fmt(b, ": %s\n", m->text);
}

/* ---- lines into cells ---- */

/* A cell that begins with a quote; RFC 4180, but it ends on its line. */
static const char *take_quoted(struct deck_reader *r, struct slice *rest, struct slice *cell,
                               char sep)
{
	size_t start = r->unquoted.len;
	struct slice after;

	for (*rest = slice_skip(*rest, 1);; *rest = slice_skip(*rest, 1)) {
		if (rest->len == 0)
			return "a quote is not closed on its line";
		if (rest->p[0] == '"') {
			*rest = slice_skip(*rest, 1);
			if (rest->len == 0 || rest->p[0] != '"')
				break;
		}
		buf_chr(&r->unquoted, rest->p[0]);
	}
	if (r->unquoted.full)
		return "the quoted cells are longer than 8192 octets";
	*cell = slice_trim(slice_of(r->unquoted.p + start, r->unquoted.len - start));
	*rest = slice_cut(*rest, sep, &after);
	return slice_trim(after).len > 0 ? "something stands behind a closing quote" : NULL;
}

static bool is_blank(char c, char sep)
{
	return c == ' ' || (c == '\t' && sep != '\t');
}

const char *deck_line_split(struct deck_reader *r, struct slice line, char sep)
{
	r->cells_count = 0;
	r->unquoted = buf_on(r->quoted, sizeof(r->quoted));
	for (bool more = true; more && r->cells_count < DECK_CELLS_MAX;) {
		struct slice *cell = &r->cells[r->cells_count++];
		const char *why;

		while (line.len > 0 && is_blank(line.p[0], sep))
			line = slice_skip(line, 1);
		if (line.len > 0 && line.p[0] == '"') {
			why = take_quoted(r, &line, cell, sep);
			if (why != NULL)
				return why;
		} else {
			line = slice_cut(line, sep, cell);
			*cell = slice_trim(*cell);
		}
		more = line.p != NULL;
	}
	return NULL;
}

uint16_t deck_line_filled(const struct deck_reader *r)
{
	uint16_t n = r->cells_count;

	while (n > 0 && r->cells[n - 1].len == 0)
		n--;
	return n;
}
