/* Rows being collected for a deck. */
#include <stdlib.h>

#include "number/deck_priv.h"

enum { FIRST_CAP = 256, NAMES_MAX = 1 << 30 };

void deck_draft_free(struct deck_draft *d)
{
	free(d->rows);
	free(d->tariffs);
	free(d->names);
}

/* Room for one more item; the capacity doubles. */
static enum tg_err grow(void **items, uint32_t *cap, uint32_t need, size_t size)
{
	uint32_t more = TG_MAX(*cap, (uint32_t)FIRST_CAP);
	void *p;

	if (need <= *cap)
		return TG_OK;
	while (more < need)
		more *= 2;
	p = realloc(*items, more * size);
	if (p == NULL)
		return TG_ENOMEM;
	*items = p;
	*cap = more;
	return TG_OK;
}

/* A file that is made to collide costs repeated names, never time. */
static uint32_t hash_of(const void *octets, size_t len)
{
	const uint8_t *p = octets;
	uint64_t h = len, word;

	for (; len >= sizeof(word); len -= sizeof(word), p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 29;
	}
	for (; len > 0; len--)
		h = (h ^ *p++) * UINT64_C(0x9e3779b97f4a7c15);
	h ^= h >> 32;
	return (uint32_t)(h * UINT64_C(0x9e3779b97f4a7c15) >> 40);
}

static enum tg_err put_name(struct deck_draft *d, struct slice name, uint32_t *offset)
{
	uint32_t *seen = &d->name_seen[hash_of(name.p, name.len) % COUNT(d->name_seen)];
	void *names = d->names;
	enum tg_err err;

	if (*seen != 0 && slice_eq(name, slice_of(d->names + *seen, d->names[*seen - 1]))) {
		*offset = *seen - 1;
		return TG_OK;
	}
	if (d->names_octets > NAMES_MAX)
		return TG_ELIMIT;
	err = grow(&names, &d->names_cap, d->names_octets + 1 + (uint32_t)name.len, 1);
	if (err != TG_OK)
		return err;
	d->names = names;
	*offset = d->names_octets;
	d->names[d->names_octets++] = (uint8_t)name.len;
	*seen = d->names_octets;
	if (name.len > 0)
		memcpy(d->names + d->names_octets, name.p, name.len);
	d->names_octets += (uint32_t)name.len;
	return TG_OK;
}

static bool tariff_eq(const struct tg_tariff *a, const struct tg_tariff *b)
{
	return a->per_minute == b->per_minute && a->connect == b->connect &&
	       a->first_s == b->first_s && a->next_s == b->next_s;
}

static enum tg_err put_tariff(struct deck_draft *d, const struct tg_tariff *t, uint32_t *index)
{
	const uint64_t parts[] = { (uint64_t)t->per_minute, (uint64_t)t->connect,
		                   (uint64_t)t->first_s << 16 | t->next_s };
	uint32_t *seen = &d->tariff_seen[hash_of(parts, sizeof(parts)) % COUNT(d->tariff_seen)];
	void *tariffs = d->tariffs;
	enum tg_err err;

	if (*seen != 0 && tariff_eq(t, &d->tariffs[*seen - 1])) {
		*index = *seen - 1;
		return TG_OK;
	}
	err = grow(&tariffs, &d->tariffs_cap, d->tariffs_count + 1, sizeof(*t));
	if (err != TG_OK)
		return err;
	d->tariffs = tariffs;
	d->tariffs[d->tariffs_count] = *t;
	*index = d->tariffs_count++;
	*seen = d->tariffs_count;
	return TG_OK;
}

enum tg_err deck_draft_put(struct deck_draft *d, const struct deck_row *row, uint32_t line)
{
	struct deck_draft_row r = { .key = deck_key_of(slice_of(row->prefix, row->prefix_len)),
		                    .valid_from_s = (uint32_t)row->valid_from_s,
		                    .line = line };
	void *rows = d->rows;
	enum tg_err err;

	if (d->rows_count == DECK_ROWS_MAX)
		return TG_ELIMIT;
	err = grow(&rows, &d->rows_cap, d->rows_count + 1, sizeof(r));
	if (err != TG_OK)
		return err;
	d->rows = rows;
	err = put_name(d, row->name, &r.name);
	if (err == TG_OK)
		err = put_tariff(d, &row->tariff, &r.tariff);
	if (err == TG_OK)
		d->rows[d->rows_count++] = r;
	return err;
}

static int by_key(const void *a, const void *b)
{
	const struct deck_draft_row *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	if (x->valid_from_s != y->valid_from_s)
		return x->valid_from_s < y->valid_from_s ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

void deck_draft_sort(struct deck_draft *d)
{
	for (uint32_t i = 1; i < d->rows_count; i++) {
		if (by_key(&d->rows[i - 1], &d->rows[i]) <= 0)
			continue;
		qsort(d->rows, d->rows_count, sizeof(d->rows[0]), by_key);
		return;
	}
}
