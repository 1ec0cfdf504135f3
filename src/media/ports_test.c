#include "base/test.h"
#include "media/ports.h"

#include <stdlib.h>

static struct tg_rng rng_of(uint8_t n)
{
	uint8_t seed[32] = { n };
	struct tg_rng rng;

	tg_rng_init(&rng, seed);
	return rng;
}

TEST(ports_range)
{
	static const struct {
		const char *why;
		uint16_t min, max;
		unsigned pairs; /* 0 = refused */
	} rows[] = {
		{ "two pairs", 20000, 20003, 2 },
		{ "odd first port is lost", 20001, 20003, 1 },
		{ "even last port is lost", 20000, 20002, 1 },
		{ "one port is no pair", 20000, 20000, 0 },
		{ "turned around", 20010, 20000, 0 },
		{ "up to the last port", 65530, 65535, 3 },
		{ "port 0", 0, 100, 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct media_ports *p = media_ports_new(rows[i].min, rows[i].max, 1000);
		struct tg_rng rng = rng_of(1);
		uint16_t port = 0;
		unsigned n = 0;

		if (p == NULL && test_oom_round())
			return;
		CHECK((p != NULL) == (rows[i].pairs > 0), rows[i].why);
		while (p != NULL && media_ports_pick(p, &rng, 0, &port) == TG_OK) {
			CHECK(port % 2 == 0 && port >= rows[i].min && port < rows[i].max,
			      rows[i].why);
			n++;
		}
		CHECK(n == rows[i].pairs, rows[i].why);
		media_ports_free(p);
	}
}

TEST(ports_rest)
{
	struct media_ports *p = media_ports_new(20000, 20001, 30000);
	struct tg_rng rng = rng_of(2);
	uint16_t port = 0;

	if (p == NULL)
		return;
	CHECK(media_ports_pick(p, &rng, 1000, &port) == TG_OK && port == 20000, "the only one");
	media_ports_give(p, port, 5000);
	CHECK(media_ports_pick(p, &rng, 34999, &port) == TG_ELIMIT,
	      "E9: late packets reach nobody");
	CHECK(media_ports_pick(p, &rng, 35000, &port) == TG_OK, "rested");
	media_ports_undo(p, port);
	CHECK(media_ports_pick(p, &rng, 35000, &port) == TG_OK, "never bound: free at once");
	media_ports_free(p);
}

TEST(ports_take)
{
	struct media_ports *p = media_ports_new(20000, 20003, 30000);

	if (p == NULL)
		return;
	CHECK(media_ports_take(p, 20001) == TG_EBAD, "odd");
	CHECK(media_ports_take(p, 19998) == TG_EBAD, "below");
	CHECK(media_ports_take(p, 20004) == TG_EBAD, "above");
	CHECK(media_ports_take(p, 20002) == TG_OK, "free");
	CHECK(media_ports_take(p, 20002) == TG_EBUSY, "taken");
	media_ports_give(p, 20002, 100);
	CHECK(media_ports_take(p, 20002) == TG_OK, "the same call again, while it rests");
	media_ports_free(p);
}

/* The list of resting pairs keeps its order, whichever pair is taken out of it. */
TEST(ports_rest_order)
{
	static const uint16_t all[] = { 20000, 20002, 20004 };

	for (size_t again = 0; again < COUNT(all); again++) {
		struct media_ports *p = media_ports_new(20000, 20005, 1000);
		struct tg_rng rng = rng_of(4);
		uint16_t port = 0;
		unsigned n = 0;

		if (p == NULL)
			return;
		for (size_t i = 0; i < COUNT(all); i++) {
			CHECK(media_ports_take(p, all[i]) == TG_OK, "free");
			media_ports_give(p, all[i], i);
		}
		CHECK(media_ports_take(p, all[again]) == TG_OK, "first, middle and last");
		media_ports_give(p, all[again], 500);
		while (media_ports_pick(p, &rng, 1499, &port) == TG_OK) {
			CHECK(port != all[again], "it rests anew");
			n++;
		}
		CHECK(n == 2, "the others have rested");
		CHECK(media_ports_pick(p, &rng, 1500, &port) == TG_OK && port == all[again],
		      "and then it");
		media_ports_free(p);
	}
}

/* Any order of picking, taking and giving back: each pair has one holder at a time. */
TEST(ports_any_order)
{
	enum { PAIRS = 7 };
	struct media_ports *p = media_ports_new(20000, 20000 + 2 * PAIRS - 1, 3);
	struct tg_rng rng = rng_of(6);
	bool held[PAIRS] = { false };
	unsigned holds = 0;

	if (p == NULL)
		return;
	for (uint64_t now = 0; now < 20000; now++) {
		uint64_t what = tg_rng_below(&rng, 5), i = tg_rng_below(&rng, PAIRS);
		uint16_t port = (uint16_t)(20000 + 2 * i);

		if (what == 0 && media_ports_take(p, port) == TG_OK) {
			CHECK(!held[i], "taken once");
			held[i] = true;
			holds++;
		} else if (what == 1 && media_ports_pick(p, &rng, now, &port) == TG_OK) {
			CHECK(!held[(port - 20000) / 2], "picked once");
			held[(port - 20000) / 2] = true;
			holds++;
		} else if (what > 1 && held[i]) {
			media_ports_prefer(p, port, what == 2);
			if (what == 4)
				media_ports_undo(p, port);
			else
				media_ports_give(p, port, now);
			held[i] = false;
			holds--;
		}
		if (now % 100 != 0)
			continue;
		now += 3; /* all have rested */
		for (unsigned n = holds; n < PAIRS; n++) {
			CHECK(media_ports_pick(p, &rng, now, &port) == TG_OK, "all the others");
			CHECK(!held[(port - 20000) / 2], "picked once");
			held[(port - 20000) / 2] = true;
		}
		CHECK(media_ports_pick(p, &rng, now, &port) == TG_ELIMIT, "and no more");
		holds = PAIRS;
	}
	media_ports_free(p);
}

TEST(ports_prefer)
{
	struct media_ports *p = media_ports_new(20000, 20199, 1000);
	struct tg_rng rng = rng_of(5);
	uint16_t port = 0, seen[2] = { 0 };

	if (p == NULL)
		return;
	for (uint16_t wanted = 20100; wanted <= 20102; wanted += 2) {
		CHECK(media_ports_take(p, wanted) == TG_OK, "free");
		media_ports_prefer(p, wanted, true);
		media_ports_undo(p, wanted);
	}
	for (int round = 0; round < 50; round++) {
		for (int i = 0; i < 2; i++)
			CHECK(media_ports_pick(p, &rng, 0, &seen[i]) == TG_OK, "free");
		CHECK(seen[0] + seen[1] == 20100 + 20102, "these first");
		CHECK(media_ports_pick(p, &rng, 0, &port) == TG_OK && port / 4 != 20100 / 4,
		      "then the others");
		media_ports_undo(p, port);
		media_ports_undo(p, seen[round % 2]);
		media_ports_undo(p, seen[1 - round % 2]);
	}
	CHECK(media_ports_take(p, 20100) == TG_OK, "free");
	media_ports_prefer(p, 20100, false);
	media_ports_undo(p, 20100);
	CHECK(media_ports_pick(p, &rng, 0, &port) == TG_OK && port == 20102, "the one left");
	for (int i = 0; i < 99; i++)
		CHECK(media_ports_pick(p, &rng, 0, &port) == TG_OK && port != 20102, "all others");
	CHECK(media_ports_pick(p, &rng, 0, &port) == TG_ELIMIT, "each once");
	media_ports_free(p);
}

/* E9: nobody who sees ports of calls can tell the next.  Neighbours come by chance only. */
TEST(ports_unpredictable)
{
	struct media_ports *p = media_ports_new(20000, 29999, 30000);
	struct tg_rng rng = rng_of(3);
	unsigned neighbours = 0, upper = 0;
	uint16_t last = 0, port = 0;

	if (p == NULL)
		return;
	for (int i = 0; i < 4000; i++) {
		CHECK(media_ports_pick(p, &rng, 0, &port) == TG_OK, "4000 of 5000");
		neighbours += abs(port - last) <= 4;
		upper += port >= 25000;
		last = port;
	}
	CHECK(neighbours < 20, "expected about 3");
	CHECK(upper > 1900 && upper < 2100, "both halves alike");
	media_ports_free(p);
}
