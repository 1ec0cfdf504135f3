#include "base/pool.h"

#include "base/hash.h"
#include "base/test.h"

enum { CAP = 40, RESERVE = 5 };

struct item {
	uint64_t a, b;
	char tail[5];
};

static struct tg_pool *new_pool(void)
{
	struct tg_pool *pool = tg_pool_new("items", sizeof(struct item), CAP, RESERVE);

	CHECK(pool != NULL, "memory");
	return pool;
}

TEST(pool_full_and_reserve)
{
	struct tg_pool *pool = new_pool();
	struct tg_pool_stat stat;

	for (int i = 0; i < CAP - RESERVE; i++)
		CHECK(tg_pool_take(pool) != NULL, "below the reserve");
	CHECK(tg_pool_take(pool) == NULL, "the reserve is for emergency calls");
	for (int i = 0; i < RESERVE; i++)
		CHECK(tg_pool_take_reserved(pool) != NULL, "emergency");
	CHECK(tg_pool_take_reserved(pool) == NULL, "all is taken");
	tg_pool_stat(pool, &stat);
	CHECK(stat.used == CAP && stat.peak == CAP && stat.refused == 2, "counted");
	tg_pool_free(pool);
}

TEST(pool_handles_die_with_their_object)
{
	struct tg_pool *pool = new_pool();
	struct item *first = tg_pool_take(pool), *again;
	struct tg_handle old;

	CHECK(first != NULL, "fresh pool");
	old = tg_pool_handle(pool, first);
	first->a = 7;
	CHECK(tg_pool_find(pool, old) == first, "alive");
	tg_pool_give(pool, first);
	CHECK(tg_pool_find(pool, old) == NULL, "given back");
	again = tg_pool_take(pool);
	CHECK(again == first && again->a == 0, "the slot is used again, zeroed");
	CHECK(tg_pool_find(pool, old) == NULL, "stale: a timer or message of the former object");
	tg_pool_give(pool, NULL);
	tg_pool_free(pool);
}

TEST(pool_find_survives_any_handle)
{
	struct tg_pool *pool = new_pool();
	struct tg_rng rng;

	tg_rng_init(&rng, (const uint8_t[32]){ 1 });
	for (int i = 0; i < 20; i++)
		(void)tg_pool_take(pool);
	for (int i = 0; i < 100000; i++) {
		uint32_t slot = (uint32_t)tg_rng_u64(&rng), gen = (uint32_t)tg_rng_below(&rng, 4);

		slot = i % 2 == 0 ? slot : slot % (CAP + 2);
		if (slot >= 1 && slot <= 20 && gen == 1)
			continue;
		CHECK(tg_pool_find(pool, (struct tg_handle){ slot, gen }) == NULL,
		      "a forged handle");
	}
	tg_pool_free(pool);
}

/** What is taken, by the test's own books. */
struct book {
	struct item *item;
	struct tg_handle handle;
	uint64_t mark;
};

static void check_walk(struct tg_pool *pool, const struct book *books)
{
	uint32_t slot = 0, seen = 0, want = 0;

	for (size_t i = 0; i < CAP; i++)
		want += books[i].item != NULL;
	for (struct item *it = tg_pool_next(pool, 1, &slot); it != NULL;
	     it = tg_pool_next(pool, slot + 1, &slot))
		seen++;
	CHECK(seen == want, "walk meets each taken object once");
}

TEST(pool_against_model)
{
	struct tg_pool *pool = new_pool();
	struct book books[CAP] = { 0 };
	struct tg_rng rng;

	tg_rng_init(&rng, (const uint8_t[32]){ 2 });
	for (int i = 0; i < 5000; i++) {
		struct book *b = &books[tg_rng_below(&rng, CAP)];

		if (b->item == NULL) {
			b->item = tg_pool_take_reserved(pool);
			CHECK(b->item != NULL, "the books say there is room");
			CHECK(b->item->a == 0 && b->item->tail[4] == 0, "zeroed");
			b->mark = tg_rng_u64(&rng);
			b->item->a = b->mark;
			memset(b->item->tail, 0xff, sizeof(b->item->tail));
			b->handle = tg_pool_handle(pool, b->item);
		} else {
			CHECK(tg_pool_find(pool, b->handle) == b->item, "found by handle");
			CHECK(b->item->a == b->mark, "nobody else wrote there");
			tg_pool_give(pool, b->item);
			CHECK(tg_pool_find(pool, b->handle) == NULL, "dead");
			b->item = NULL;
		}
		if (i % 100 == 0)
			check_walk(pool, books);
	}
	tg_pool_free(pool);
}

TEST(pool_at_finds_what_is_taken)
{
	struct tg_pool *pool = new_pool();
	struct item *first = tg_pool_take(pool), *second = tg_pool_take(pool);

	CHECK(tg_pool_at(pool, 1) == first && tg_pool_at(pool, 2) == second, "taken");
	tg_pool_give(pool, first);
	CHECK(tg_pool_at(pool, 1) == NULL, "given back");
	CHECK(tg_pool_at(pool, 0) == NULL && tg_pool_at(pool, 3) == NULL, "never taken");
	CHECK(tg_pool_at(pool, CAP + 1) == NULL && tg_pool_at(pool, UINT32_MAX) == NULL, "no slot");
	tg_pool_free(pool);
}
