/* The generated tables (table.c, made by data/number/generate.js) and how they are read. */
#ifndef TG_NUMBER_TABLE_PRIV_H
#define TG_NUMBER_TABLE_PRIV_H

#include "base/slice.h"

/** A territory: a country, an island with rules of its own, or a code without a country. */
struct number_territory {
	char name[12];           /* "ES", "870", "iridium" */
	uint16_t code;           /* calling code */
	char national[4];        /* trunk prefix */
	char international[8];   /* what is written; "" when there are several */
	uint16_t idd, idd_count; /* all international prefixes: number_idd[idd..] */
	bool place;
};

extern const struct number_territory number_territory_table[]; /* [0] is "?" */
extern const uint16_t number_territory_total;                  /* the "?" counted */
extern const char number_idd[][8];                             /* '.' is any digit */

/*
 * One automaton without cycles, minimal over all countries.  An entry below number_tail_total is a
 * tail: only the number of digits left decides.  The others are nodes.
 */
struct number_node {
	uint16_t next[10]; /* entries */
	uint16_t out;      /* when the digits end here */
};

struct number_tail {
	uint16_t rest;      /* the outcome unless a bit says otherwise */
	uint16_t mask, out; /* bit n: with n digits left it is `out` */
	uint16_t mask2, out2;
};

extern const uint16_t number_tail_total;
extern const struct number_tail number_tails[];
extern const struct number_node number_nodes[];

enum { NUMBER_OUT_SHIFT = 5 };

/* Entries by the first three digits of an E.164 number. */
extern const uint16_t number_ranges[1000];   /* out: territory << 5 | enum number_type */
extern const uint16_t number_prefixes[1000]; /* out: enum number_trunk */
/* Entries by territory, for what is dialled at home. */
extern const uint16_t number_codes[]; /* out: enum number_code */

/** Whether the number is dialled at home with the trunk prefix. */
enum number_trunk {
	NUMBER_TRUNK_WITHOUT,
	NUMBER_TRUNK_WITH,
	NUMBER_TRUNK_EITHER,
	NUMBER_TRUNK_NEVER /* other digits are dialled, such as the 15 of Argentina */
};

enum number_code { NUMBER_CODE_NONE, NUMBER_CODE_SHORT, NUMBER_CODE_EMERGENCY };

/** The outcome of `len` ASCII digits from `entry` on. */
static inline uint16_t number_walk(unsigned entry, const char *digits, size_t len)
{
	size_t i = 0;

	while (entry >= number_tail_total) {
		const struct number_node *node = &number_nodes[entry - number_tail_total];

		if (i == len)
			return node->out;
		entry = node->next[(unsigned char)digits[i++] - '0'];
	}

	const struct number_tail *tail = &number_tails[entry];
	size_t left = len - i;

	if (left > 15)
		return tail->rest;
	if (tail->mask >> left & 1)
		return tail->out;
	return tail->mask2 >> left & 1 ? tail->out2 : tail->rest;
}

/** The outcome of an E.164 number of at least three digits; `heads` as above. */
static inline uint16_t number_walk_e164(const uint16_t *heads, const char *digits, size_t len)
{
	unsigned head = (unsigned)((digits[0] - '0') * 100 + (digits[1] - '0') * 10 +
	                           (digits[2] - '0'));

	return number_walk(heads[head], digits + 3, len - 3);
}

#endif
