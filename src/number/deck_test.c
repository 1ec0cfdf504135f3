#include "base/test.h"
#include "number/bands.h"
#include "number/number.h"

#define S SLICE_INIT

static struct deck_mistakes mistakes;

static struct deck *parse(struct slice text)
{
	const struct deck_options options = { .currency = SLICE("EUR") };
	struct deck *deck = NULL;

	CHECK(deck_parse(&deck, text, &options, &mistakes) == TG_OK,
	      mistakes.count > 0 ? mistakes.at[0].text : "no memory");
	return deck;
}

/* ---- looking up ---- */

TEST(deck_find)
{
	static const struct {
		const char *why;
		struct slice number;
		uint64_t now_s;
		tg_micro want; /* -1: no row */
	} rows[] = {
		{ "the country", S("442000000"), 0, 10000 },
		{ "the longest prefix", S("447700900123"), 0, 30000 },
		{ "behind a prefix that is not one of it", S("447999999999"), 0, 20000 },
		{ "before the date", S("33123456"), 1924991999, 40000 },
		{ "at the date", S("33123456"), 1924992000, 50000 },
		{ "not yet, and no price before: the shorter prefix", S("3361"), 0, 40000 },
		{ "then it counts", S("3361"), 1924992000, 60000 },
		{ "a number shorter than a prefix", S("4477"), 0, 20000 },
		{ "a prefix with zeros behind", S("44770000"), 0, 30000 },
		{ "shorter than that one", S("447700"), 0, 30000 },
		{ "no prefix of it", S("35"), 0, -1 },
		{ "before all rows", S("1"), 0, -1 },
		{ "after all rows", S("999999999999999"), 0, -1 },
		{ "more digits than E.164 has", S("4477001234567890123"), 0, 30000 },
		{ "nothing", S(""), 0, -1 },
	};
	struct deck *deck = parse(SLICE("prefix,name,rate,valid from\n44,UK,0.01,\n447,Mob,0.02,\n"
	                                "44770,O2,0.03,\n44778,X,0.09,\n33,FR,0.04,\n"
	                                "33,FR,0.05,2031-01-01\n336,FR,0.06,2031-01-01\n"));

	for (size_t i = 0; i < COUNT(rows); i++) {
		uint32_t row = deck_find(deck, rows[i].number, rows[i].now_s);

		if (rows[i].want < 0)
			CHECK(row == DECK_NONE, rows[i].why);
		else
			CHECK(row != DECK_NONE &&
			      deck_tariff(deck, row)->per_minute == rows[i].want, rows[i].why);
	}
	deck_free(deck);
}
