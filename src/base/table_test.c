#include "base/table.h"

#include "base/test.h"

#include <time.h>

enum { KEYS = 100000, KEY_BYTES = 34 };

static const struct tg_key table_key = { { 3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3 } };

TEST(table_add_find_remove)
{
	struct tg_table *t = tg_table_new(3, &table_key);
	uint64_t h;
	uint32_t at = 0;

	CHECK(t != NULL, "memory");
	h = tg_table_hash(t, SLICE("a84b4c76e66710@pc33.atlanta.com"));
	CHECK(tg_table_find(t, h, &at) == 0, "empty");
	CHECK(tg_table_add(t, h, 11) == TG_OK, "first");
	CHECK(tg_table_add(t, h, 12) == TG_OK, "two may share a hash");
	CHECK(tg_table_add(t, h + 1, 13) == TG_OK, "third");
	CHECK(tg_table_add(t, h, 14) == TG_ELIMIT, "cap");
	at = 0;
	CHECK(tg_table_find(t, h, &at) + tg_table_find(t, h, &at) == 11 + 12, "both are met");
	CHECK(tg_table_find(t, h, &at) == 0, "and no more");
	CHECK(!tg_table_remove(t, h, 13), "hash and value both count");
	CHECK(tg_table_remove(t, h, 11), "removed");
	CHECK(!tg_table_remove(t, h, 11), "once");
	at = 0;
	CHECK(tg_table_find(t, h, &at) == 12 && tg_table_count(t) == 2, "the other stays");
	tg_table_free(t);
}

/* Few distinct hashes in a small table, so that runs wrap around and gaps close all the time. */
TEST(table_against_model)
{
	enum { CAP = 50 };
	struct tg_table *t = tg_table_new(CAP, &table_key);
	struct {
		uint64_t hash;
		bool in;
	} model[CAP + 1] = { 0 }; /* by value */
	struct tg_rng rng;

	CHECK(t != NULL, "memory");
	tg_rng_init(&rng, (const uint8_t[32]){ 4 });
	for (int i = 0; i < 50000; i++) {
		uint32_t v = 1 + (uint32_t)tg_rng_below(&rng, CAP), at = 0, met, seen = 0;

		if (model[v].in) {
			CHECK(tg_table_remove(t, model[v].hash, v), "the model has it");
		} else {
			model[v].hash = 100 + tg_rng_below(&rng, 40);
			CHECK(tg_table_add(t, model[v].hash, v) == TG_OK, "room by the model");
		}
		model[v].in = !model[v].in;
		while ((met = tg_table_find(t, model[v].hash, &at)) != 0) {
			CHECK(model[met].in && model[met].hash == model[v].hash, "no stranger");
			seen++;
		}
		for (uint32_t j = 1; j <= CAP; j++)
			seen -= model[j].in && model[j].hash == model[v].hash;
		CHECK(seen == 0, "each once");
	}
	tg_table_free(t);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/** CPU seconds to add, find and remove all keys; the best of a few runs. */
static double time_keys(const char *keys)
{
	double best = 1e9;

	for (int run = 0; run < 4; run++) {
		struct tg_table *t = tg_table_new(KEYS, &table_key);
		double start = seconds();

		CHECK(t != NULL, "memory");
		for (uint32_t i = 0; i < KEYS; i++) {
			struct slice key = slice_of(keys + (size_t)i * KEY_BYTES, KEY_BYTES);

			CHECK(tg_table_add(t, tg_table_hash(t, key), i + 1) == TG_OK, "room");
		}
		for (uint32_t i = 0; i < KEYS; i++) {
			struct slice key = slice_of(keys + (size_t)i * KEY_BYTES, KEY_BYTES);
			uint64_t h = tg_table_hash(t, key);
			uint32_t at = 0;

			CHECK(tg_table_find(t, h, &at) != 0, "is in");
			CHECK(tg_table_remove(t, h, i + 1), "was in");
		}
		best = TG_MIN(best, seconds() - start);
		tg_table_free(t);
	}
	return best;
}

TEST(table_crafted_keys)
{
	static char crafted[KEYS * KEY_BYTES], random[KEYS * KEY_BYTES];
	struct tg_rng rng;

	/*
	 * "Ez" and "FY" collide under the hash times 33, which many SIP servers use without a key
	 */
	for (uint32_t i = 0; i < KEYS; i++) {
		for (uint32_t bit = 0; bit < KEY_BYTES / 2; bit++)
			memcpy(crafted + (size_t)i * KEY_BYTES + (size_t)bit * 2,
			       i >> bit & 1 ? "Ez" : "FY", 2);
	}
	tg_rng_init(&rng, (const uint8_t[32]){ 5 });
	tg_rng_bytes(&rng, random, sizeof(random));
	CHECK(time_keys(crafted) < 2 * time_keys(random), "D11: no slower than twice random keys");
}
