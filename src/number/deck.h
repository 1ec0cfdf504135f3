/*
 * Rate decks: what a provider charges per E.164 prefix, as it was imported.
 *
 * deck_parse() reads the provider's CSV and either makes a whole deck or says per line what is
 * wrong; a deck is one block of memory, its image, that is written to disk as it is and taken
 * back by deck_open() after a check.  It is never changed: a new import makes a new one.
 * deck_find() is the longest prefix that has a price at the time asked for.
 *
 * About 30 octets a row.  A deck may be read by any thread.
 */
#ifndef TG_NUMBER_DECK_H
#define TG_NUMBER_DECK_H

#include "base/money.h"

enum {
	DECK_PREFIX_MAX = 15,         /* digits (E.164) */
	DECK_NAME_MAX = 100,          /* octets; longer names are cut */
	DECK_ROWS_MAX = 4000000,
	DECK_TEXT_MAX = 1 << 30,      /* octets of a file */
	DECK_RANGE_MAX = 1000,        /* prefixes that one range in a cell may stand for */
	DECK_MISTAKES_MAX = 100,
	DECK_MISTAKE_TEXT_MAX = 256
};
#define DECK_NONE UINT32_MAX          /* no row */

struct deck;

/** A row, as text and numbers.  Slices borrow from the deck. */
struct deck_row {
	char prefix[DECK_PREFIX_MAX + 1]; /* digits without '+', NUL-terminated */
	uint8_t prefix_len;
	struct slice name;                /* well-formed UTF-8 without controls; may be empty */
	struct tg_tariff tariff;          /* valid */
	uint64_t valid_from_s;            /* Unix time; 0 = always */
};

/* ---- reading a provider's file ---- */

struct deck_mistake {
	uint32_t line; /* from 1; 0 when the file as a whole is meant */
	char text[DECK_MISTAKE_TEXT_MAX]; /* NUL-terminated, without controls */
};

struct deck_mistakes {
	uint32_t count;
	uint32_t dropped; /* found beyond DECK_MISTAKES_MAX */
	struct deck_mistake at[DECK_MISTAKES_MAX];
};

/** How a date with slashes is meant; without a word about it such a date is refused. */
enum deck_dates { DECK_DATES_UNSAID, DECK_DATES_DMY, DECK_DATES_MDY };

struct deck_options {
	struct slice currency; /* of a file that names none; empty: such a file is refused */
	struct slice want;     /* what it must be; empty: any known one */
	uint8_t dates;         /* enum deck_dates */
	/* optional: called about every megabyte with octets read and all octets */
	void (*progress)(void *ctx, size_t done, size_t all);
	void *ctx;
};

/**
 * Read a whole file: what is tolerated and what is refused stands in docs/manual.md, "Prices".
 *
 * text      up to DECK_TEXT_MAX octets; not needed afterwards
 * out       set only on TG_OK; free with deck_free()
 * mistakes  emptied first
 *
 * TG_EBAD    mistakes->count ≥ 1, and nothing was taken over
 * TG_ENOMEM  out of memory
 */
TG_MUST_USE enum tg_err deck_parse(struct deck **out, struct slice text,
                                   const struct deck_options *options,
                                   struct deck_mistakes *mistakes);

/** Write "file:line: text\n", or "file: text\n" for line 0. */
void deck_mistake_write(struct buf *b, struct slice file, const struct deck_mistake *mistake);

/* ---- its image ---- */

/** The octets to write to disk; borrowed from the deck. */
struct slice deck_image(const struct deck *deck);

/**
 * Check an image and make a deck of it.
 *
 * image    memory for free(), whole and 8-octet aligned; consumed on TG_OK only
 * out      set only on TG_OK; free with deck_free()
 * why      set on failure: a static sentence for the operator
 *
 * TG_EBAD    not the image of a deck, of another version, or damaged
 * TG_ENOMEM  out of memory
 */
TG_MUST_USE enum tg_err deck_open(struct deck **out, void *image, size_t len, const char **why);

/** NULL is fine. */
void deck_free(struct deck *deck);

/* ---- asking ---- */

/**
 * The row that prices a number: of the longest prefix that has a row valid at `now_s`, the newest
 * such row.  DECK_NONE when there is none.  O(log) with few cache misses; never allocates.
 *
 * digits  E.164 without '+'; digits only
 */
uint32_t deck_find(const struct deck *deck, struct slice digits, uint64_t now_s);

/** Tariff of a row; borrowed. */
const struct tg_tariff *deck_tariff(const struct deck *deck, uint32_t row);

/** Digits of its prefix. */
unsigned deck_prefix_len(const struct deck *deck, uint32_t row);

/** All of a row; row < deck_rows(). */
void deck_row_get(const struct deck *deck, uint32_t row, struct deck_row *out);

/** How many rows; they are in order of prefix, then of time. */
uint32_t deck_rows(const struct deck *deck);

/** ISO 4217, three letters. */
struct slice deck_currency(const struct deck *deck);

/** A tariff that is at least as dear as every row's, for a call of any length. */
const struct tg_tariff *deck_dearest(const struct deck *deck);

/**
 * A tariff that for a call of any length costs at least what each of the `count` ≥ 1 costs.
 *
 * The largest rate, fee and increments; where increments differ, one more increment is added to the
 * fee, since borders of increments that do not meet can cost that much.  The fee stops at
 * TG_TARIFF_MICRO_MAX.
 */
struct tg_tariff deck_ceiling(const struct tg_tariff *tariffs, size_t count);

/* ---- writing it as CSV ---- */

enum { DECK_CSV_LINE_MAX = 512 };

/** The lines before the rows: currency and headings. */
void deck_csv_head(struct buf *b, const struct deck *deck);

/** One row, at most DECK_CSV_LINE_MAX octets.  What is written imports to an equal deck. */
void deck_csv_row(struct buf *b, const struct deck *deck, uint32_t row);

/* ---- comparing two ---- */

enum { DECK_CHANGES_MAX = 20 };

/** One prefix whose newest price differs. */
struct deck_change {
	uint32_t before, after; /* rows of the two decks */
	tg_micro difference;    /* of the cost of three minutes; never 0 */
};

/** Prefixes, each by its newest row. */
struct deck_diff {
	uint32_t added, removed, dearer, cheaper;
	uint32_t same;  /* for a call of three minutes */
	uint32_t terms; /* of those, how many bill other increments or fees */
	uint32_t changes_count;
	struct deck_change changes[DECK_CHANGES_MAX]; /* the largest, largest first */
};

/** before  NULL: everything is added */
void deck_compare(struct deck_diff *out, const struct deck *before, const struct deck *after);

#endif
