/* The generated tables (table.c, made by data/number/generate.js) and how they are read. */
#ifndef TG_NUMBER_TABLE_PRIV_H
#define TG_NUMBER_TABLE_PRIV_H

#include "base/slice.h"

/** A territory: a country, an island with rules of its own, or a code without a country. */
struct number_territory {
	char name[12];          /* "ES", "870", "iridium" */
	uint16_t code;          /* calling code */
	char national[4];       /* trunk prefix */
	char international[8];  /* what is written; "" when there are several */
	uint16_t idd, idd_count; /* all international prefixes: number_idd[idd..] */
	bool place;
};

extern const struct number_territory number_territory_table[]; /* [0] is "?" */
extern const uint16_t number_territory_total;                  /* the "?" counted */
extern const char number_idd[][8];

#endif
