#include "number/bands.h"

#include "number/bands_priv.h"
#include "number/number.h"

enum { APART_DIGITS = 4 };

static const struct bands_place *place_of(uint16_t territory)
{
	static const struct bands_place world = { "", BANDS_WORLD, false };
	const char *name = number_territory_name(territory);
	size_t lo = 0, hi = COUNT(bands_places);

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int order = strcmp(name, bands_places[mid].name);

		if (order == 0)
			return &bands_places[mid];
		if (order < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return &world;
}

const struct tg_tariff *bands_dearest(void)
{
	return &bands_tariffs[BANDS_WORLD][NUMBER_UNKNOWN]; /* a test compares it with all */
}

void bands_price(uint16_t territory, uint8_t type, bool known, struct tg_tariff *out)
{
	/* a short code and what lies nowhere has a territory, too; 0 is none */
	if (!known || territory == 0 || territory > number_territories() || type >= NUMBER_TYPES)
		*out = *bands_dearest();
	else
		*out = bands_tariffs[place_of(territory)->zone][type];
}

const char *price_source_name(enum price_source source)
{
	static const char *const names[] = {
		[PRICE_TRUNK] = "deck of the trunk",
		[PRICE_SITE] = "deck of the site",
		[PRICE_BANDS] = "worst-case band",
		[PRICE_DEAREST] = "dearest price: no deck has the number",
	};

	return names[source];
}

/*
 * The row that prices the number.  "1" is what the United States cost, not Jamaica, and "44" not
 * Guernsey (R47): a short prefix says nothing about territories that stand apart.
 */
static uint32_t find(const struct deck *deck, const struct number *n, uint64_t now_s)
{
	uint32_t row = deck_find(deck, slice_of(n->digits, n->len), now_s);

	if (row == DECK_NONE || deck_prefix_len(deck, row) >= APART_DIGITS ||
	    !place_of(n->territory)->apart)
		return row;
	return DECK_NONE;
}

enum price_source number_price(const struct deck *trunk, const struct deck *site,
                               const struct number *n, uint64_t now_s, struct tg_tariff *out,
                               uint32_t *row)
{
	const struct deck *const decks[] = { trunk, site };
	struct tg_tariff dearest[3];
	size_t count = 0;
	uint32_t found;

	if (row != NULL)
		*row = DECK_NONE;
	/* a short code is no E.164 number: +1 18... is not what 118 costs */
	for (size_t i = 0; i < COUNT(decks) && !n->short_code; i++) {
		if (decks[i] == NULL)
			continue;
		found = find(decks[i], n, now_s);
		if (found == DECK_NONE) {
			dearest[count++] = *deck_dearest(decks[i]);
			continue;
		}
		*out = *deck_tariff(decks[i], found);
		if (row != NULL)
			*row = found;
		return i == 0 ? PRICE_TRUNK : PRICE_SITE;
	}
	if (count == 0) {
		bands_price(n->territory, n->type, n->known, out);
		return PRICE_BANDS;
	}
	dearest[count++] = *bands_dearest();
	*out = deck_ceiling(dearest, count);
	return PRICE_DEAREST;
}
