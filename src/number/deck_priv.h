/* Inside a deck: the image and how it is built. */
#ifndef TG_NUMBER_DECK_PRIV_H
#define TG_NUMBER_DECK_PRIV_H

#include "number/deck.h"

/*
 * A key is a prefix filled with zeros to DECK_PREFIX_MAX digits, and its length in the low 4 bits.
 * In the order of keys a prefix stands before what it is a prefix of, so every prefix of a number
 * stands before the number.
 */
typedef uint64_t deck_key;

static inline uint64_t deck_key_value(deck_key key)
{
	return key >> 4;
}

static inline unsigned deck_key_len(deck_key key)
{
	return (unsigned)(key & 15);
}

/** 10^n for n ≤ DECK_PREFIX_MAX. */
extern const uint64_t deck_pow10[DECK_PREFIX_MAX + 1];

/** The key of 1..DECK_PREFIX_MAX digits. */
deck_key deck_key_of(struct slice digits);

/** The other half of a row, read once a lookup. */
struct deck_cell {
	uint32_t valid_from_s;
	uint32_t tariff; /* index */
	uint32_t name;   /* offset into the names: a length octet, then the octets */
	uint32_t parent; /* last row of the longest prefix of this prefix, or DECK_NONE */
};

enum { DECK_VERSION = 1, DECK_ORDER = 0x01020304, DECK_FIRST_MAX = 6 };

#define DECK_MAGIC "tgrates\n"

/*
 * The image: the head, keys[rows], cells[rows], tariffs[], first[10^first_digits + 1], names.
 * Numbers are in the machine's order; `order` tells an image of another kind of machine.
 */
struct deck_head {
	char magic[8];
	uint8_t checksum[32]; /* SHA-256 of everything behind it */
	uint32_t version, order;
	uint64_t octets; /* of the image */
	uint32_t rows, tariffs, names_octets;
	uint32_t first_digits;
	char currency[4]; /* three letters and NUL */
	uint8_t spare[28];
};

struct deck {
	const struct deck_head *head;
	const deck_key *keys;
	const struct deck_cell *cells;
	const struct tg_tariff *tariffs;
	const uint32_t *first; /* first row whose first digits are not below the index */
	const uint8_t *names;
	uint64_t shift; /* 10^(DECK_PREFIX_MAX - first_digits) */
	struct tg_tariff dearest;
	void *image; /* owned */
};

/** A row while a deck is being built. */
struct deck_draft_row {
	deck_key key;
	uint32_t valid_from_s;
	uint32_t tariff, name; /* as in the image */
	uint32_t line;
};

/** A deck while it is being built. */
struct deck_draft {
	struct deck_draft_row *rows;
	struct tg_tariff *tariffs;
	uint8_t *names;
	uint32_t rows_count, rows_cap, tariffs_count, tariffs_cap, names_octets, names_cap;
	char currency[4];
	/* what was put lately, by hash, plus 1: most rows repeat a name and a tariff */
	uint32_t name_seen[1 << 14], tariff_seen[1 << 14];
};

void deck_draft_free(struct deck_draft *draft);

/**
 * Append a row.  prefix: 1..DECK_PREFIX_MAX digits; name at most DECK_NAME_MAX octets.
 *
 * TG_ELIMIT  more than DECK_ROWS_MAX
 * TG_ENOMEM  out of memory
 */
TG_MUST_USE enum tg_err deck_draft_put(struct deck_draft *draft, const struct deck_row *row,
                                       uint32_t line);

/** Sort by key, time and line. */
void deck_draft_sort(struct deck_draft *draft);

/** Make the deck of a sorted draft without equal keys and times, and at least one row. */
TG_MUST_USE enum tg_err deck_draft_build(struct deck **out, const struct deck_draft *draft);

/* ---- headings and cells of a file ---- */

enum deck_column {
	COLUMN_PREFIX,
	COLUMN_NAME,
	COLUMN_RATE,
	COLUMN_CONNECT,
	COLUMN_INCREMENT, /* "60/1", or one number for both */
	COLUMN_FIRST,
	COLUMN_NEXT,
	COLUMN_FROM,
	COLUMN_UNTIL, /* must be empty: a price that ends leaves none */
	COLUMN_CURRENCY,
	COLUMN_COUNTRY, /* country code and area code in cells of their own */
	COLUMN_AREA,
	DECK_COLUMNS,
	COLUMN_OTHER = DECK_COLUMNS
};

/** What a heading means; `found` becomes the currency in it ("Rate EUR/min"), or empty. */
enum deck_column deck_column_of(struct slice heading, char found[4]);

/** The heading that exports carry and that mistakes name. */
const char *deck_column_name(enum deck_column column);

/** Three letters of ISO 4217, any case; upper case goes to `out`.  False: no such currency. */
bool deck_currency_known(char out[4], struct slice text);

/* Each sets `out` and returns NULL, or returns what is wrong with the cell, as "... is ...". */

/** mark  the decimal mark, or 0 while the file has shown none; set by the first that has one */
const char *deck_cell_money(tg_micro *out, struct slice cell, char *mark, bool comma);
const char *deck_cell_step(uint16_t *out, struct slice cell);
const char *deck_cell_steps(struct tg_tariff *out, struct slice cell);
const char *deck_cell_time(uint32_t *out, struct slice cell, uint8_t dates);

/** A run of prefixes of one length; first ≤ last as numbers. */
struct deck_range {
	uint64_t first, last;
	uint8_t len;
};

/** The next code or range of a cell "4477, 4478-4479"; `cell` loses what was read. */
const char *deck_cell_range(struct deck_range *out, struct slice *cell, struct slice country);

/** Well-formed UTF-8 without controls, at most DECK_NAME_MAX octets. */
void deck_cell_name(struct buf *b, struct slice cell);

#endif
