/* Inside the reader of a provider's file. */
#ifndef TG_NUMBER_DECK_READER_PRIV_H
#define TG_NUMBER_DECK_READER_PRIV_H

#include "number/deck_priv.h"

enum {
	DECK_CELLS_MAX = 64,
	DECK_QUOTED_MAX = 8192 /* octets of the quoted cells of one line */
};

/** A file while it is read. */
struct deck_reader {
	const struct deck_options *options;
	struct deck_mistakes *mistakes;
	struct deck_draft draft;
	uint32_t line;
	char separator; /* 0 until the headings are found */
	char mark;      /* the decimal mark, 0 until one is seen */
	uint16_t headings;                /* cells up to the last that is not empty */
	uint16_t column_at[DECK_COLUMNS]; /* cell, plus 1; 0: there is none */
	/* the line that is read; trimmed, borrowed from the file and from `quoted` */
	struct slice cells[DECK_CELLS_MAX];
	uint16_t cells_count;
	char quoted[DECK_QUOTED_MAX];
	struct buf unquoted;
};

/** Begin a mistake of a line: write into what is returned, which may have no room. */
struct buf deck_mistake_begin(struct deck_reader *r, uint32_t line);
void deck_mistake(struct deck_reader *r, uint32_t line, const char *text);
/** "rate per minute "-1" is negative", of the line that is read. */
void deck_mistake_cell(struct deck_reader *r, enum deck_column column, struct slice cell,
                       const char *why);
/** In the order of the file. */
void deck_mistakes_sort(struct deck_mistakes *mistakes);

/** Cut a line into cells; NULL, or what is wrong with it.  Quotes as in RFC 4180, within a line. */
const char *deck_line_split(struct deck_reader *r, struct slice line, char separator);

/** Cells up to the last that says something. */
uint16_t deck_line_filled(const struct deck_reader *r);

#endif
