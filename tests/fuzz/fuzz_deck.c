/*
 * Rate decks: any octets as a provider's file, and as an image.  What is accepted must be found as
 * a plain search finds it, and must come back from its CSV and from its image.
 */
#include "number/deck.h"

#include <stdlib.h>

#include "base/hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { COMPARED_MAX = 400 }; /* rows of a deck that a plain search is done in */

static struct deck_mistakes mistakes;
static char csv[1 << 20];

/* Every row is looked at. */
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
			best = i;
		}
	}
	return best;
}

/* Each prefix, one digit less, one more, the last digit another; before and after each date. */
static void ask(const struct deck *deck)
{
	for (uint32_t i = 0; i < deck_rows(deck) && deck_rows(deck) <= COMPARED_MAX; i++) {
		struct deck_row row;
		char digits[DECK_PREFIX_MAX + 2];

		deck_row_get(deck, i, &row);
		memcpy(digits, row.prefix, row.prefix_len);
		digits[row.prefix_len] = '7';
		for (unsigned way = 0; way < 8; way++) {
			struct slice n = slice_of(digits, row.prefix_len - 1u + way % 3);
			uint64_t now_s = way < 4 ? row.valid_from_s : row.valid_from_s - 1;

			if (way % 4 == 3)
				digits[row.prefix_len - 1] = (char)('0' + i % 10);
			if (n.len > DECK_PREFIX_MAX || digits[0] == '0')
				continue;
			if (deck_find(deck, n, now_s) != find_plainly(deck, n, now_s))
				abort();
		}
	}
}

static void check_equal(const struct deck *a, const struct deck *b)
{
	if (deck_rows(a) != deck_rows(b) || !slice_eq(deck_currency(a), deck_currency(b)))
		abort();
	for (uint32_t i = 0; i < deck_rows(a); i++) {
		struct deck_row x, y;

		deck_row_get(a, i, &x);
		deck_row_get(b, i, &y);
		if (!slice_eq(slice_of(x.prefix, x.prefix_len), slice_of(y.prefix, y.prefix_len)) ||
		    !slice_eq(x.name, y.name) || x.valid_from_s != y.valid_from_s ||
		    x.tariff.per_minute != y.tariff.per_minute ||
		    x.tariff.connect != y.tariff.connect || x.tariff.first_s != y.tariff.first_s ||
		    x.tariff.next_s != y.tariff.next_s || !tg_tariff_valid(&x.tariff))
			abort();
	}
}

static void same_again(const struct deck *deck)
{
	const struct deck_options options = { .want = deck_currency(deck) };
	struct buf b = buf_on(csv, sizeof(csv));
	struct slice image = deck_image(deck);
	void *copy = malloc(image.len);
	struct deck *again = NULL;
	struct deck_diff diff;
	const char *why;

	if (copy == NULL)
		abort();
	memcpy(copy, image.p, image.len);
	if (deck_open(&again, copy, image.len, &why) != TG_OK)
		abort();
	check_equal(deck, again);
	deck_free(again);
	deck_csv_head(&b, deck);
	for (uint32_t i = 0; i < deck_rows(deck); i++)
		deck_csv_row(&b, deck, i);
	if (b.full)
		return;
	if (deck_parse(&again, buf_slice(&b), &options, &mistakes) != TG_OK)
		abort();
	check_equal(deck, again);
	deck_compare(&diff, deck, again);
	if (diff.added + diff.removed + diff.dearer + diff.cheaper + diff.terms > 0)
		abort();
	deck_free(again);
}

/* Octets behind a head that is right are what somebody may have made who can write the file. */
static void open_image(const uint8_t *data, size_t size)
{
	uint8_t *image = malloc(size);
	struct slice rest = slice_of(image + 40, size - 40);
	struct deck *deck = NULL;
	const char *why = NULL;

	if (image == NULL)
		abort();
	memcpy(image, data, size);
	tg_digest(image + 8, TG_DIGEST_SHA256, &rest, 1);
	if (deck_open(&deck, image, size, &why) != TG_OK) {
		if (why == NULL)
			abort();
		free(image);
		return;
	}
	for (uint64_t n = 1; n < 1000000; n = n * 3 + 1) {
		char digits[24];
		struct buf b = buf_on(digits, sizeof(digits));

		buf_u64(&b, n);
		(void)deck_find(deck, buf_slice(&b), 0);
	}
	for (uint32_t i = 0; i < deck_rows(deck); i++) {
		struct deck_row row;

		deck_row_get(deck, i, &row);
	}
	deck_free(deck);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct deck_options options = { .currency = SLICE("EUR") };
	struct deck *deck = NULL;
	enum tg_err err;

	if (size > 0)
		options.dates = data[size - 1] % 3;
	err = deck_parse(&deck, slice_of(data, size), &options, &mistakes);
	if ((err == TG_OK) != (mistakes.count == 0))
		abort(); /* a refusal says why */
	for (uint32_t i = 0; i < mistakes.count; i++)
		if (strlen(mistakes.at[i].text) == 0)
			abort();
	if (err == TG_OK) {
		ask(deck);
		same_again(deck);
	}
	deck_free(deck);
	if (size > 104 && memcmp(data, "tgrates\n", 8) == 0)
		open_image(data, size);
	return 0;
}
