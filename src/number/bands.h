/*
 * Prices: the deck of the trunk, else the deck of the site, else worst-case bands.
 *
 * The bands are a shipped table (data/rates/bands.csv) of deliberately dear prices per zone of
 * territories and type of number, in whatever currency is configured.  A range that nobody knows,
 * or that no deck prices though there is one, costs the dearest that there is (R49).
 */
#ifndef TG_NUMBER_BANDS_H
#define TG_NUMBER_BANDS_H

#include "number/deck.h"

struct number;

/**
 * The band of a territory and type of number/number.h.
 *
 * known  false, or a territory or type that does not exist: the dearest band
 */
void bands_price(uint16_t territory, uint8_t type, bool known, struct tg_tariff *out);

/** At least as dear as every band, for a call of any length. */
const struct tg_tariff *bands_dearest(void);

/** Where a price came from. */
enum price_source {
	PRICE_TRUNK,  /* a row of the trunk's deck */
	PRICE_SITE,   /* a row of the site's deck */
	PRICE_BANDS,  /* no deck at all */
	PRICE_DEAREST /* there are decks, and none has a row: the dearest of decks and bands */
};

/** "trunk deck", ...; for `why`. */
const char *price_source_name(enum price_source source);

/**
 * What a minute to a number costs.  Always an answer: the last resort is the dearest.
 *
 * trunk, site  optional decks
 * number       normalised and classified
 * row          optional; the row of the deck that decided, else DECK_NONE
 *
 * A deck's row counts although the numbering metadata do not know the range, for the deck is what
 * the provider bills; whether such a number may be called is the policy's matter.  A row of fewer
 * than four digits does not price islands and others that stand apart under a shared calling code
 * (data/rates/zones.csv), nor does any row price a short code.
 */
enum price_source number_price(const struct deck *trunk, const struct deck *site,
                               const struct number *number, uint64_t now_s,
                               struct tg_tariff *out, uint32_t *row);

#endif
