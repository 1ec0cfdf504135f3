#include "base/table.h"

#include <assert.h>
#include <stdlib.h>

/* Linear probing with backward-shift deletion: no tombstones, so it never degrades. */
struct place {
	uint32_t hash;  /* folded; its low bits are the home place */
	uint32_t value; /* 0 = empty */
};

struct tg_table {
	struct tg_key key;
	uint32_t cap, count;
	uint32_t mask;
	struct place *places;
};

static uint32_t home(const struct tg_table *t, uint32_t hash)
{
	return hash & t->mask;
}

static uint32_t fold(uint64_t hash)
{
	return (uint32_t)(hash ^ hash >> 32);
}

struct tg_table *tg_table_new(uint32_t cap, const struct tg_key *key)
{
	struct tg_table *t;
	uint32_t places = 2;

	assert(cap > 0 && cap <= UINT32_MAX / 4);
	while (places < cap * 2)
		places *= 2;
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return NULL;
	t->places = calloc(places, sizeof(*t->places));
	if (t->places == NULL) {
		free(t);
		return NULL;
	}
	t->key = *key;
	t->cap = cap;
	t->mask = places - 1;
	return t;
}

void tg_table_free(struct tg_table *table)
{
	if (table == NULL)
		return;
	free(table->places);
	free(table);
}

uint64_t tg_table_hash(const struct tg_table *table, struct slice s)
{
	return tg_siphash(&table->key, s);
}

enum tg_err tg_table_add(struct tg_table *table, uint64_t hash, uint32_t value)
{
	uint32_t h = fold(hash), at = home(table, h);

	assert(value != 0);
	if (table->count >= table->cap)
		return TG_ELIMIT;
	while (table->places[at].value != 0)
		at = (at + 1) & table->mask;
	table->places[at] = (struct place){ h, value };
	table->count++;
	return TG_OK;
}

static void close_gap(struct tg_table *t, uint32_t gap)
{
	uint32_t at = gap;

	for (;;) {
		uint32_t want;

		at = (at + 1) & t->mask;
		if (t->places[at].value == 0)
			break;
		want = home(t, t->places[at].hash);
		/* movable when its home does not lie cyclically in (gap, at] */
		if (((at - want) & t->mask) >= ((at - gap) & t->mask)) {
			t->places[gap] = t->places[at];
			gap = at;
		}
	}
	t->places[gap].value = 0;
}

bool tg_table_remove(struct tg_table *table, uint64_t hash, uint32_t value)
{
	uint32_t h = fold(hash), at = home(table, h);

	for (; table->places[at].value != 0; at = (at + 1) & table->mask) {
		if (table->places[at].hash == h && table->places[at].value == value) {
			close_gap(table, at);
			table->count--;
			return true;
		}
	}
	return false;
}

uint32_t tg_table_find(const struct tg_table *table, uint64_t hash, uint32_t *at)
{
	uint32_t h = fold(hash), start = home(table, h);

	for (uint32_t i = *at; i <= table->mask; i++) {
		const struct place *p = &table->places[(start + i) & table->mask];

		if (p->value == 0)
			break;
		if (p->hash == h) {
			*at = i + 1;
			return p->value;
		}
	}
	*at = 0;
	return 0;
}

uint32_t tg_table_count(const struct tg_table *table)
{
	return table->count;
}
