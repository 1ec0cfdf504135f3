#include "number/deck.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/test.h"

#define S SLICE_INIT

static struct deck_mistakes mistakes;

/* NULL when memory fails, which the oom suite makes it do */
static struct deck *parse(struct slice text)
{
	const struct deck_options options = { .currency = SLICE("EUR") };
	struct deck *deck = NULL;
	enum tg_err err = deck_parse(&deck, text, &options, &mistakes);

	CHECK(err == TG_OK, err == TG_EBAD ? mistakes.at[0].text : "no memory");
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

/* The slow way: every row is looked at. */
static uint32_t find_plainly(const struct deck *deck, struct slice digits, uint64_t now_s)
{
	uint32_t best = DECK_NONE;
	size_t longest = 0;

	for (uint32_t i = 0; i < deck_rows(deck); i++) {
		struct deck_row row;

		deck_row_get(deck, i, &row);
		if (row.valid_from_s <= now_s && row.prefix_len >= longest &&
		    slice_starts(digits, slice_of(row.prefix, row.prefix_len))) {
			longest = row.prefix_len;
			best = i; /* rows of one prefix stand in the order of their times */
		}
	}
	return best;
}

static void put_random_digits(struct buf *b, struct tg_rng *rng, uint64_t most)
{
	buf_u64(b, 1 + tg_rng_below(rng, 9));
	for (uint64_t n = tg_rng_below(rng, most); n > 0; n--)
		buf_u64(b, tg_rng_below(rng, 10) < 5 ? tg_rng_below(rng, 2) * 9
		                                     : tg_rng_below(rng, 10));
}

TEST(deck_find_equals_plain_search)
{
	enum { ROWS = 3000, ASKED = 4000 };
	static char mem[ROWS * 48];
	const unsigned asked = test_oom_round() ? 8 : ASKED;
	const struct deck_options options = { .currency = SLICE("EUR") };
	struct tg_rng rng;

	tg_rng_init(&rng, (const uint8_t[32]){ 7 });
	for (unsigned round = 0; round < 4; round++) {
		struct buf text = buf_on(mem, sizeof(mem));
		struct deck *deck = NULL;
		enum tg_err err;

		buf_lit(&text, "code,rate,valid from\n");
		for (unsigned i = 0; i < (unsigned)ROWS >> (3 * round); i++) {
			put_random_digits(&text, &rng, 3 + round * 3);
			buf_fmt(&text, ",0.01,%u-01-01\n", 1970 + (unsigned)tg_rng_below(&rng, 4));
		}
		err = deck_parse(&deck, buf_slice(&text), &options, &mistakes);
		CHECK(!text.full && err == TG_OK, "random rows of one price never contradict");
		for (unsigned i = 0; i < asked >> round; i++) {
			char digits[24];
			struct buf number = buf_on(digits, sizeof(digits));
			uint64_t now_s = tg_rng_below(&rng, UINT64_C(4) * 366 * 86400);

			put_random_digits(&number, &rng, 14);
			if (deck_find(deck, buf_slice(&number), now_s) !=
			    find_plainly(deck, buf_slice(&number), now_s)) {
				deck_free(deck);
				CHECK(false, "the longest prefix that is valid");
			}
		}
		deck_free(deck);
	}
}

/* ---- the image ---- */

static void *copy_of(struct slice image)
{
	void *copy = malloc(image.len);

	if (copy != NULL)
		memcpy(copy, image.p, image.len);
	return copy;
}

static const char sample[] = "prefix,name,rate,connect,increment,valid from\n"
	"44,\"UK, all\",0.01,0.1,60/1,\n447,'=Mobile,0.02,,1,\n447,Mobile,0.03,,1,2031-01-01\n"
	"1,US,0.011,,6/6,2031-06-01 07:08:09\n881,Sat,9.999999,5,60,\n";

TEST(deck_open_refuses_damage)
{
	struct deck *deck = parse(slice_str(sample)), *again = NULL;
	struct slice image = deck_image(deck);
	const char *why = NULL;
	uint8_t *copy = copy_of(image);
	enum tg_err err = TG_ENOMEM;

	for (size_t i = 0; copy != NULL && i < image.len; i++) {
		copy[i] ^= 0x20;
		err = deck_open(&again, copy, image.len, &why);
		copy[i] ^= 0x20;
		if (err == TG_OK || why == NULL)
			break;
	}
	for (size_t len = 0; copy != NULL && err != TG_OK && len < image.len; len += 7)
		if (deck_open(&again, copy, len, &why) == TG_OK)
			err = TG_OK;
	deck_free(deck);
	if (err != TG_OK)
		free(copy);
	CHECK(copy != NULL, "no memory");
	CHECK(err != TG_OK, "every octet counts, and every octet is needed");
}

/* A checksum that is right says nothing about who made it. */
TEST(deck_open_refuses_wrong_insides)
{
	static const struct {
		const char *why;
		size_t at;
		uint8_t value;
	} rows[] = {
		{ "more rows than there are", 56, 0xff },
		{ "a table of first digits that is not there", 68, 200 },
		{ "a currency that is none", 72, '?' },
		{ "keys out of order", 104 + 7, 0xff },
		{ "a tariff that is none", 104 + 5 * 8 + 4, 0xff },
		{ "a name outside", 104 + 5 * 8 + 11, 0xff },
		{ "a row that is its own parent", 104 + 5 * 8 + 12, 0 },
	};
	struct deck *deck = parse(slice_str(sample)), *again = NULL;
	struct slice image = deck_image(deck);
	const char *why = NULL;

	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t *copy = copy_of(image);
		struct slice rest = slice_of(copy + 40, image.len - 40);
		enum tg_err err = TG_ENOMEM;

		if (copy != NULL) {
			copy[rows[i].at] = rows[i].value;
			if (rows[i].at == 104 + 5 * 8 + 12)
				memset(copy + rows[i].at, 0, 4);
			tg_digest(copy + 8, TG_DIGEST_SHA256, &rest, 1);
			err = deck_open(&again, copy, image.len, &why);
			free(copy);
		}
		if (err != TG_EBAD)
			deck_free(deck);
		CHECK(err != TG_ENOMEM, "no memory");
		CHECK(err == TG_EBAD, rows[i].why);
	}
	deck_free(deck);
}

/* ---- export, and import again ---- */

static bool rows_equal(const struct deck *a, const struct deck *b)
{
	bool same = deck_rows(a) == deck_rows(b);

	for (uint32_t i = 0; same && i < deck_rows(a); i++) {
		struct deck_row x, y;

		deck_row_get(a, i, &x);
		deck_row_get(b, i, &y);
		same = strcmp(x.prefix, y.prefix) == 0 && slice_eq(x.name, y.name) &&
		       x.valid_from_s == y.valid_from_s &&
		       x.tariff.per_minute == y.tariff.per_minute &&
		       x.tariff.connect == y.tariff.connect &&
		       x.tariff.first_s == y.tariff.first_s && x.tariff.next_s == y.tariff.next_s;
	}
	return same;
}

TEST(deck_export_imports_the_same)
{
	static char mem[8192];
	struct buf b = buf_on(mem, sizeof(mem));
	struct deck *deck = parse(slice_str(sample)), *again = NULL, *opened = NULL;
	const struct deck_options options = { .want = SLICE("EUR") };
	const char *why;
	struct slice image = deck_image(deck);
	void *copy = copy_of(image);
	bool same = false;

	deck_csv_head(&b, deck);
	for (uint32_t i = 0; i < deck_rows(deck); i++)
		deck_csv_row(&b, deck, i);
	if (deck_parse(&again, buf_slice(&b), &options, &mistakes) == TG_OK && copy != NULL &&
	    deck_open(&opened, copy, image.len, &why) == TG_OK) {
		same = rows_equal(deck, again) && rows_equal(deck, opened) && deck_rows(deck) == 5;
		copy = NULL;
	}
	free(copy);
	deck_free(deck);
	deck_free(again);
	deck_free(opened);
	CHECK(same, "CSV and image both give the deck back");
}

/* ---- comparing ---- */

TEST(deck_compare)
{
	struct deck_diff diff;
	struct deck *before, *after = NULL;
	const struct deck_options options = { .currency = SLICE("EUR") };
	bool ok;

	before = parse(SLICE("prefix,rate,increment,valid from\n34,0.1,60,\n35,0.1,60,\n36,1,60,\n"
	                     "37,1,60,\n38,1,60,\n39,1,60,2030-01-01\n"));
	if (deck_parse(&after, SLICE("prefix,rate,increment,valid from\n34,0.1,60,\n"
	                             "35,0.2,60,\n36,0.5,60,\n37,1,1,\n39,2,60,2031-01-01\n"
	                             "40,1,60,\n41,1,60,\n"), &options, &mistakes) != TG_OK) {
		deck_free(before);
		CHECK(false, "no memory");
	}
	deck_compare(&diff, before, after);
	ok = diff.added == 2 && diff.removed == 1 && diff.dearer == 2 && diff.cheaper == 1 &&
	     diff.same == 2 && diff.terms == 1 && diff.changes_count == 3;
	ok = ok && diff.changes[0].difference == 3000000 && diff.changes[1].difference == -1500000;
	deck_compare(&diff, NULL, after);
	ok = ok && diff.added == 7 && diff.same == 0;
	deck_free(before);
	deck_free(after);
	CHECK(ok, "prefixes by their newest price, the largest change first");
}

/* ---- the dearest ---- */

TEST(deck_ceiling_is_never_passed)
{
	struct tg_rng rng;

	tg_rng_init(&rng, (const uint8_t[32]){ 3 });
	for (unsigned round = 0; round < 2000; round++) {
		struct tg_tariff t[4], top;

		for (size_t i = 0; i < COUNT(t); i++)
			t[i] = (struct tg_tariff){
				.per_minute = (tg_micro)tg_rng_below(&rng, 20000000),
				.connect = (tg_micro)tg_rng_below(&rng, 2000000),
				.first_s = (uint16_t)(1 + tg_rng_below(&rng, 90)),
				.next_s = (uint16_t)(1 + tg_rng_below(&rng, 90)),
			};
		top = deck_ceiling(t, COUNT(t));
		for (size_t i = 0; i < COUNT(t); i++) {
			uint64_t talk_ms = tg_rng_below(&rng, 600000);

			CHECK(tg_tariff_cost(&top, talk_ms) >= tg_tariff_cost(&t[i], talk_ms),
			      "increments that do not meet cost at most one more");
		}
	}
}
