#include "number/bands.h"

#include <stdlib.h>

#include "base/test.h"
#include "number/number.h"

static bool is_dearer_or_equal(const struct tg_tariff *a, const struct tg_tariff *b)
{
	return a->per_minute >= b->per_minute && a->connect >= b->connect &&
	       a->first_s == b->first_s && a->next_s == b->next_s;
}

TEST(bands_know_everything)
{
	struct tg_tariff unknown;

	bands_price(1, NUMBER_FIXED, false, &unknown);
	CHECK(is_dearer_or_equal(&unknown, bands_dearest()),
	      "an unknown range is the dearest (R49)");
	for (uint16_t t = 0; t <= number_territories(); t++)
		for (uint8_t type = 0; type < NUMBER_TYPES; type++) {
			struct tg_tariff price = { -1, -1, 0, 0 };

			bands_price(t, type, true, &price);
			CHECK(tg_tariff_valid(&price), number_territory_name(t));
			CHECK(type == NUMBER_EMERGENCY || t == 0 ? price.connect >= 0
			                                         : price.per_minute > 0,
			      "only an emergency call is free");
			CHECK(is_dearer_or_equal(&unknown, &price), number_territory_name(t));
		}
}

TEST(bands_what_is_not_there)
{
	static const struct {
		const char *why;
		uint16_t territory;
		uint8_t type;
	} rows[] = {
		{ "no territory", 0, NUMBER_FIXED },
		{ "a territory of another table", 60000, NUMBER_FIXED },
		{ "a type of another table", 1, 250 },
		{ "no type", 1, NUMBER_UNKNOWN },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct tg_tariff price;

		bands_price(rows[i].territory, rows[i].type, true, &price);
		CHECK(is_dearer_or_equal(&price, bands_dearest()), rows[i].why);
	}
}

TEST(bands_tell_islands_from_mainland)
{
	static const struct {
		const char *why, *cheap, *dear;
	} rows[] = {
		{ "Jamaica is not the United States (R47)", "US", "JM" },
		{ "Guernsey is not Great Britain (R47)", "GB", "GG" },
		{ "nor is the Dominican Republic Canada", "CA", "DO" },
		{ "Cuba is dear", "MX", "CU" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct tg_tariff cheap, dear;

		bands_price(number_territory_find(slice_str(rows[i].cheap)), NUMBER_MOBILE, true,
		            &cheap);
		bands_price(number_territory_find(slice_str(rows[i].dear)), NUMBER_MOBILE, true,
		            &dear);
		CHECK(cheap.per_minute * 2 <= dear.per_minute, rows[i].why);
	}
}

/* ---- which price counts ---- */

static struct deck *parse(struct slice text)
{
	static struct deck_mistakes mistakes;
	const struct deck_options options = { .currency = SLICE("EUR") };
	struct deck *deck = NULL;

	return deck_parse(&deck, text, &options, &mistakes) == TG_OK ? deck : NULL;
}

static struct number number_of(const char *digits, const char *territory, uint8_t type)
{
	struct number n = { .len = (uint8_t)strlen(digits),
		            .type = type,
		            .territory = number_territory_find(slice_str(territory)),
		            .known = type != NUMBER_UNKNOWN,
		            .short_code = type == NUMBER_SHORT };

	memcpy(n.digits, digits, n.len);
	return n;
}

TEST(number_price)
{
	static const struct {
		const char *why, *digits, *territory;
		uint8_t type;
		bool trunk, site;
		enum price_source source;
		tg_micro per_minute;
	} rows[] = {
		{ "no deck: a band", "34911234567", "ES", NUMBER_FIXED, false, false, PRICE_BANDS,
		  100000 },
		{ "no deck, no such range: the dearest", "34000000000", "ES", NUMBER_UNKNOWN, false,
		  false, PRICE_BANDS, 20000000 },
		{ "the site's deck", "34911234567", "ES", NUMBER_FIXED, false, true, PRICE_SITE,
		  10000 },
		{ "the trunk's deck comes first", "34911234567", "ES", NUMBER_FIXED, true, true,
		  PRICE_TRUNK, 20000 },
		{ "the trunk's deck has no row: the site's", "33123456789", "FR", NUMBER_FIXED,
		  true, true, PRICE_SITE, 30000 },
		{ "no deck has a row: the dearest of all, not the band", "49301234567", "DE",
		  NUMBER_FIXED, true, true, PRICE_DEAREST, 90000000 },
		{ "a deck knows a range that the metadata do not", "34000000000", "ES",
		  NUMBER_UNKNOWN, false, true, PRICE_SITE, 10000 },
		{ "a row for +1 is not for Jamaica (R47)", "18765551234", "JM", NUMBER_MOBILE,
		  false, true, PRICE_DEAREST, 90000000 },
		{ "but for the United States", "12125551234", "US", NUMBER_FIXED_OR_MOBILE, false,
		  true, PRICE_SITE, 40000 },
		{ "a row for Barbados is for Barbados", "12465551234", "BB", NUMBER_FIXED, false,
		  true, PRICE_SITE, 50000 },
		{ "a short code is no E.164 number: 118 is not +1 18", "118", "ES", NUMBER_SHORT,
		  false, true, PRICE_BANDS, 10000000 },
	};
	struct deck *trunk = parse(SLICE("prefix,rate\n34,0.02\n"));
	struct deck *site =
		parse(SLICE("prefix,rate\n34,0.01\n33,0.03\n1,0.04\n1246,0.05\n99,90\n"));

	if (trunk == NULL || site == NULL) {
		deck_free(trunk);
		deck_free(site);
		CHECK(false, "no memory");
	}
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct number n = number_of(rows[i].digits, rows[i].territory, rows[i].type);
		struct tg_tariff price = { 0 };
		uint32_t row = 0;
		enum price_source source = number_price(rows[i].trunk ? trunk : NULL,
		                                        rows[i].site ? site : NULL, &n, 0, &price,
		                                        &row);

		CHECK(source == rows[i].source && price.per_minute == rows[i].per_minute,
		      rows[i].why);
		CHECK((row == DECK_NONE) == (source == PRICE_BANDS || source == PRICE_DEAREST),
		      "the row that decides");
		CHECK(price_source_name(source)[0] != '\0', "has a name");
	}
	deck_free(trunk);
	deck_free(site);
}
