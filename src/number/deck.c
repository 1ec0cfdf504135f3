/* The image of a deck: built, checked, asked. */
#include <assert.h>
#include <stdlib.h>

#include "base/hash.h"
#include "number/deck_priv.h"

_Static_assert(sizeof(struct deck_head) == 104, "the head has no holes");
_Static_assert(sizeof(struct deck_cell) == 16 && sizeof(struct tg_tariff) == 24, "nor has a row");

const uint64_t deck_pow10[DECK_PREFIX_MAX + 1] = {
	1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000,
	100000000000, 1000000000000, 10000000000000, 100000000000000, 1000000000000000,
};

deck_key deck_key_of(struct slice digits)
{
	uint64_t value = 0;

	assert(digits.len >= 1 && digits.len <= DECK_PREFIX_MAX);
	for (size_t i = 0; i < digits.len; i++)
		value = value * 10 + (uint64_t)(digits.p[i] - '0');
	return value * deck_pow10[DECK_PREFIX_MAX - digits.len] << 4 | digits.len;
}

/* ---- layout ---- */

struct layout {
	size_t keys, cells, tariffs, first, names, octets;
};

static struct layout layout_of(const struct deck_head *h)
{
	struct layout l;

	l.keys = sizeof(*h);
	l.cells = l.keys + (size_t)h->rows * sizeof(deck_key);
	l.tariffs = l.cells + (size_t)h->rows * sizeof(struct deck_cell);
	l.first = l.tariffs + (size_t)h->tariffs * sizeof(struct tg_tariff);
	l.names = l.first + ((size_t)deck_pow10[h->first_digits] + 1) * sizeof(uint32_t);
	l.octets = l.names + h->names_octets;
	return l;
}

/* Point into an image whose head is right. */
static void place(struct deck *d, void *image)
{
	const struct deck_head *h = image;
	struct layout l = layout_of(h);
	const uint8_t *at = image;

	*d = (struct deck){ .head = h,
		            .keys = (const void *)(at + l.keys),
		            .cells = (const void *)(at + l.cells),
		            .tariffs = (const void *)(at + l.tariffs),
		            .first = (const void *)(at + l.first),
		            .names = at + l.names,
		            .shift = deck_pow10[DECK_PREFIX_MAX - h->first_digits],
		            .image = image };
	d->dearest = deck_ceiling(d->tariffs, h->tariffs);
}

static void checksum(uint8_t out[32], const struct deck_head *h)
{
	const size_t skip = offsetof(struct deck_head, version);
	const struct slice part = slice_of((const uint8_t *)h + skip, (size_t)h->octets - skip);

	tg_digest(out, TG_DIGEST_SHA256, &part, 1);
}

/* ---- building ---- */

/* So many that the table costs about 4 octets a row. */
static uint32_t first_digits_for(uint32_t rows)
{
	uint32_t n = 1;

	while (n < DECK_FIRST_MAX && deck_pow10[n + 1] <= rows)
		n++;
	return n;
}

static void fill_rows(const struct deck_draft *draft, deck_key *keys, struct deck_cell *cells)
{
	/* the last row of each prefix of the current one, outermost first */
	uint32_t stack[DECK_PREFIX_MAX + 1];
	unsigned depth = 0;

	for (uint32_t i = 0; i < draft->rows_count; i++) {
		const struct deck_draft_row *r = &draft->rows[i];
		uint64_t value = deck_key_value(r->key);

		keys[i] = r->key;
		if (depth > 0 && keys[stack[depth - 1]] == r->key) {
			cells[i] = (struct deck_cell){ r->valid_from_s, r->tariff, r->name,
				                       cells[i - 1].parent };
			stack[depth - 1] = i;
			continue;
		}
		while (depth > 0) {
			deck_key top = keys[stack[depth - 1]];

			if (value - deck_key_value(top) <
			    deck_pow10[DECK_PREFIX_MAX - deck_key_len(top)])
				break;
			depth--;
		}
		cells[i] = (struct deck_cell){ r->valid_from_s, r->tariff, r->name,
			                       depth > 0 ? stack[depth - 1] : DECK_NONE };
		stack[depth++] = i;
	}
}

static void fill_first(uint32_t *first, const deck_key *keys, const struct deck_head *h)
{
	uint64_t shift = deck_pow10[DECK_PREFIX_MAX - h->first_digits];
	uint32_t all = (uint32_t)deck_pow10[h->first_digits], row = 0;

	for (uint32_t i = 0; i <= all; i++) {
		while (row < h->rows && deck_key_value(keys[row]) < i * shift)
			row++;
		first[i] = row;
	}
}

enum tg_err deck_draft_build(struct deck **out, const struct deck_draft *draft)
{
	struct deck_head head = { .magic = DECK_MAGIC,
		                  .version = DECK_VERSION,
		                  .order = DECK_ORDER,
		                  .rows = draft->rows_count,
		                  .tariffs = draft->tariffs_count,
		                  .names_octets = draft->names_octets,
		                  .first_digits = first_digits_for(draft->rows_count) };
	struct layout l = layout_of(&head);
	struct deck *d = malloc(sizeof(*d));
	uint8_t *image = calloc(1, l.octets); /* no octet of an image is left to chance */

	if (d == NULL || image == NULL) {
		free(d);
		free(image);
		return TG_ENOMEM;
	}
	head.octets = l.octets;
	memcpy(head.currency, draft->currency, sizeof(head.currency));
	memcpy(image, &head, sizeof(head));
	fill_rows(draft, (void *)(image + l.keys), (void *)(image + l.cells));
	for (uint32_t i = 0; i < draft->tariffs_count; i++) {
		struct tg_tariff *to = (void *)(image + l.tariffs);

		to[i].per_minute = draft->tariffs[i].per_minute;
		to[i].connect = draft->tariffs[i].connect;
		to[i].first_s = draft->tariffs[i].first_s;
		to[i].next_s = draft->tariffs[i].next_s;
	}
	fill_first((void *)(image + l.first), (const void *)(image + l.keys), &head);
	memcpy(image + l.names, draft->names, draft->names_octets);
	checksum(((struct deck_head *)(void *)image)->checksum, (const void *)image);
	place(d, image);
	*out = d;
	return TG_OK;
}

/* ---- checking ---- */

static bool head_right(const struct deck_head *h, size_t len)
{
	uint64_t octets;

	if (h->rows == 0 || h->rows > DECK_ROWS_MAX || h->tariffs == 0 || h->tariffs > h->rows ||
	    h->first_digits == 0 || h->first_digits > DECK_FIRST_MAX || h->currency[3] != '\0')
		return false;
	octets = layout_of(h).octets;
	return octets == len && h->octets == len;
}

/* Whatever the checksum says: nothing in the image leads outside it or in a circle. */
static bool rows_right(const struct deck *d)
{
	const struct deck_head *h = d->head;

	for (uint32_t i = 0; i < h->rows; i++) {
		const struct deck_cell *c = &d->cells[i];
		unsigned len = deck_key_len(d->keys[i]);

		if (len == 0 || len > DECK_PREFIX_MAX || c->tariff >= h->tariffs ||
		    deck_key_value(d->keys[i]) >= deck_pow10[DECK_PREFIX_MAX] ||
		    (i > 0 && d->keys[i] < d->keys[i - 1]) ||
		    (c->parent != DECK_NONE && c->parent >= i) || c->name >= h->names_octets ||
		    d->names[c->name] > h->names_octets - c->name - 1)
			return false;
	}
	for (uint32_t i = 0; i < h->tariffs; i++)
		if (!tg_tariff_valid(&d->tariffs[i]))
			return false;
	for (uint64_t i = 0; i <= deck_pow10[h->first_digits]; i++)
		if (d->first[i] > h->rows || (i > 0 && d->first[i] < d->first[i - 1]))
			return false;
	return true;
}

enum tg_err deck_open(struct deck **out, void *image, size_t len, const char **why)
{
	const struct deck_head *h = image;
	struct deck *d;
	uint8_t sum[32];
	char known[4];

	*why = "this is not a rate deck that tollgate wrote";
	if (len < sizeof(*h) || memcmp(h->magic, DECK_MAGIC, sizeof(h->magic)) != 0)
		return TG_EBAD;
	*why = "it was written by another version of tollgate or on another kind of machine: "
	       "import the rates again";
	if (h->version != DECK_VERSION || h->order != DECK_ORDER)
		return TG_EBAD;
	*why = "it is damaged: import the rates again";
	if (!head_right(h, len) || !deck_currency_known(known, slice_of(h->currency, 3)))
		return TG_EBAD;
	checksum(sum, h);
	if (memcmp(sum, h->checksum, sizeof(sum)) != 0)
		return TG_EBAD;
	d = malloc(sizeof(*d));
	if (d == NULL) {
		*why = tg_strerror(TG_ENOMEM);
		return TG_ENOMEM;
	}
	place(d, image);
	if (!rows_right(d)) {
		free(d);
		return TG_EBAD;
	}
	*out = d;
	return TG_OK;
}

void deck_free(struct deck *d)
{
	if (d == NULL)
		return;
	free(d->image);
	free(d);
}

struct slice deck_image(const struct deck *d)
{
	return slice_of(d->image, (size_t)d->head->octets);
}

/* ---- asking ---- */

/* Rows in lo..hi-1 whose key is not above `key`, by halves. */
static uint32_t halve(const deck_key *keys, uint32_t lo, uint32_t hi, deck_key key)
{
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (keys[mid] <= key)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/*
 * Last row whose key is not above `key`, or DECK_NONE.  The first digits give a run of rows; in it
 * we begin where the row would be if prefixes were spread evenly, which they nearly are, and widen
 * the step from there: few cache lines where it is so, never more than twice the halving.
 */
static uint32_t last_not_above(const struct deck *d, deck_key key)
{
	uint64_t value = deck_key_value(key), bucket = value / d->shift;
	uint32_t lo = d->first[bucket], hi = d->first[bucket + 1], step = 1, at;

	if (lo == hi)
		return lo - 1; /* DECK_NONE when there is no row before */
	at = lo + (uint32_t)((hi - lo) * ((value - bucket * d->shift) >> 16) / (d->shift >> 16));
	at = TG_MIN(at, hi - 1);
	TG_PREFETCH(&d->cells[at]);
	if (d->keys[at] <= key) {
		for (lo = at + 1; hi - lo > step && d->keys[lo + step - 1] <= key; step *= 2)
			lo += step;
		return halve(d->keys, lo, lo + TG_MIN(hi - lo, step), key) - 1;
	}
	for (hi = at; hi - lo > step && d->keys[hi - step] > key; step *= 2)
		hi -= step;
	return halve(d->keys, hi - TG_MIN(hi - lo, step), hi, key) - 1;
}

uint32_t deck_find(const struct deck *d, struct slice digits, uint64_t now_s)
{
	deck_key key;
	uint32_t row;

	if (digits.len == 0)
		return DECK_NONE;
	key = deck_key_of(slice_head(digits, DECK_PREFIX_MAX));
	row = last_not_above(d, key);
	while (row != DECK_NONE) {
		deck_key own = d->keys[row];
		const struct deck_cell *c = &d->cells[row];

		if (deck_key_value(key) - deck_key_value(own) >=
		    deck_pow10[DECK_PREFIX_MAX - deck_key_len(own)])
			row = c->parent; /* not a prefix of the number */
		else if (c->valid_from_s <= now_s)
			return row;
		else if (row > 0 && d->keys[row - 1] == own)
			row--; /* not yet: the price before */
		else
			row = c->parent;
	}
	return DECK_NONE;
}

const struct tg_tariff *deck_tariff(const struct deck *d, uint32_t row)
{
	return &d->tariffs[d->cells[row].tariff];
}

unsigned deck_prefix_len(const struct deck *d, uint32_t row)
{
	return deck_key_len(d->keys[row]);
}

void deck_row_get(const struct deck *d, uint32_t row, struct deck_row *out)
{
	const struct deck_cell *c = &d->cells[row];
	unsigned len = deck_key_len(d->keys[row]);
	uint64_t value = deck_key_value(d->keys[row]) / deck_pow10[DECK_PREFIX_MAX - len];

	*out = (struct deck_row){ .prefix_len = (uint8_t)len,
		                  .name = slice_of(d->names + c->name + 1, d->names[c->name]),
		                  .tariff = d->tariffs[c->tariff],
		                  .valid_from_s = c->valid_from_s };
	for (unsigned i = len; i > 0; i--) {
		out->prefix[i - 1] = (char)('0' + value % 10);
		value /= 10;
	}
}

uint32_t deck_rows(const struct deck *d)
{
	return d->head->rows;
}

struct slice deck_currency(const struct deck *d)
{
	return slice_of(d->head->currency, 3);
}

const struct tg_tariff *deck_dearest(const struct deck *d)
{
	return &d->dearest;
}

struct tg_tariff deck_ceiling(const struct tg_tariff *t, size_t count)
{
	struct tg_tariff out = t[0];
	bool differ = false;

	for (size_t i = 1; i < count; i++) {
		differ = differ || t[i].first_s != t[0].first_s || t[i].next_s != t[0].next_s;
		out.per_minute = TG_MAX(out.per_minute, t[i].per_minute);
		out.connect = TG_MAX(out.connect, t[i].connect);
		out.first_s = TG_MAX(out.first_s, t[i].first_s);
		out.next_s = TG_MAX(out.next_s, t[i].next_s);
	}
	if (differ)
		out.connect += (out.per_minute * out.next_s + 59) / 60;
	out.connect = TG_MIN(out.connect, TG_TARIFF_MICRO_MAX);
	return out;
}
