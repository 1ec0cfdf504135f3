#include "base/money.h"
#include "base/test.h"

#define S SLICE_INIT

static const struct {
	const char *why;
	struct tg_tariff t;
	uint64_t talk_ms;
	uint32_t billed_s;
	tg_micro cost;
} rows[] = {
	{ "nothing said yet: the first increment is due", { 600000, 0, 60, 60 }, 0, 60, 600000 },
	{ "exactly one increment pays one", { 600000, 0, 60, 60 }, 60000, 60, 600000 },
	{ "a millisecond more begins the next", { 600000, 0, 60, 60 }, 60001, 120, 1200000 },
	{ "by the second", { 600000, 0, 1, 1 }, 1500, 2, 20000 },
	{ "30 and then 6", { 600000, 0, 30, 6 }, 31000, 36, 360000 },
	{ "the fee comes on top", { 600000, 100000, 1, 1 }, 1000, 1, 110000 },
	{ "rounded up once, to the micro", { 1, 0, 1, 1 }, 1000, 1, 1 },
	{ "rounded up once, not for each increment", { 1, 0, 1, 1 }, 61000, 61, 2 },
	{ "free", { 0, 0, 1, 1 }, 86400000, 86400, 0 },
	{ "the dearest day", { TG_TARIFF_MICRO_MAX, TG_TARIFF_MICRO_MAX, 3600, 3600 }, 86400000,
	  86400, TG_TARIFF_MICRO_MAX * 1441 },
};

TEST(tariff_cost)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		CHECK(tg_tariff_valid(&rows[i].t), rows[i].why);
		CHECK(tg_tariff_billed_s(&rows[i].t, rows[i].talk_ms) == rows[i].billed_s,
		      rows[i].why);
		CHECK(tg_tariff_cost(&rows[i].t, rows[i].talk_ms) == rows[i].cost, rows[i].why);
	}
}

static const struct tg_tariff odd[] = {
	{ 600000, 0, 60, 60 }, { 599999, 7, 30, 6 }, { 1, 0, 1, 1 }, { 0, 500, 1, 1 },
	{ 9999999, 123456, 3600, 7 }, { TG_TARIFF_MICRO_MAX, 0, 1, 1 },
};

/* What is covered costs no more than the money, and one increment more costs more. */
TEST(tariff_covered)
{
	static const tg_micro money[] = { 0, 1, 499, 500, 10000, 600000, 600001, 123456789,
		                          TG_MICRO_MAX };

	for (size_t i = 0; i < COUNT(odd); i++) {
		for (size_t m = 0; m < COUNT(money); m++) {
			uint32_t s = tg_tariff_covered_s(&odd[i], money[m]);

			CHECK(s <= TG_TALK_MAX_S, "never above the longest call");
			if (s == 0)
				CHECK(tg_tariff_cost(&odd[i], 0) > money[m], "not even the first");
			else
				CHECK(tg_tariff_cost(&odd[i], s * 1000ull) <= money[m], "covered");
			if (s > 0 && s + odd[i].next_s <= TG_TALK_MAX_S)
				CHECK(tg_tariff_cost(&odd[i], s * 1000ull + 1) > money[m],
				      "one increment more is not");
		}
	}
}

TEST(tariff_valid)
{
	struct tg_tariff t = { 0, 0, 1, 1 };

	CHECK(tg_tariff_valid(&t), "free is fine");
	t.first_s = 0;
	CHECK(!tg_tariff_valid(&t), "an increment of nothing");
	t = (struct tg_tariff){ -1, 0, 1, 1 };
	CHECK(!tg_tariff_valid(&t), "a rate that pays the caller");
	t = (struct tg_tariff){ 0, TG_TARIFF_MICRO_MAX + 1, 1, 1 };
	CHECK(!tg_tariff_valid(&t), "an absurd fee");
}

static const struct {
	const char *why;
	struct slice in;
	enum tg_err err;
	tg_micro value;
	struct slice out;
} texts[] = {
	{ "whole", S("12"), TG_OK, 12000000, S("12.00") },
	{ "cents", S("0.5"), TG_OK, 500000, S("0.50") },
	{ "a third place", S("0.015"), TG_OK, 15000, S("0.015") },
	{ "micros", S("0.000001"), TG_OK, 1, S("0.000001") },
	{ "finer than a micro", S("0.0000001"), TG_EBAD, 0, { 0 } },
	{ "empty", S(""), TG_EBAD, 0, { 0 } },
	{ "no digit before the point", S(".5"), TG_EBAD, 0, { 0 } },
	{ "no digit behind the point", S("5."), TG_EBAD, 0, { 0 } },
	{ "negative", S("-1"), TG_EBAD, 0, { 0 } },
	{ "two points", S("1.2.3"), TG_EBAD, 0, { 0 } },
	{ "exponent", S("1e9"), TG_EBAD, 0, { 0 } },
	{ "the most", S("1000000000"), TG_OK, TG_MICRO_MAX, S("1000000000.00") },
	{ "one micro more", S("1000000000.000001"), TG_ELIMIT, 0, { 0 } },
	{ "digits that would wrap", S("99999999999999999999999"), TG_ELIMIT, 0, { 0 } },
};

TEST(micro_text)
{
	for (size_t i = 0; i < COUNT(texts); i++) {
		tg_micro value = -7;
		char mem[32];
		struct buf b = buf_on(mem, sizeof(mem));

		CHECK(tg_micro_parse(&value, test_guarded(texts[i].in)) == texts[i].err,
		      texts[i].why);
		if (texts[i].err != TG_OK) {
			CHECK(value == -7, "untouched");
			continue;
		}
		CHECK(value == texts[i].value, texts[i].why);
		tg_micro_write(&b, value);
		CHECK(slice_eq(buf_slice(&b), texts[i].out), texts[i].why);
	}
}

TEST(micro_minus)
{
	char mem[32];
	struct buf b = buf_on(mem, sizeof(mem));

	tg_micro_write(&b, -1500000);
	CHECK(slice_eq(buf_slice(&b), SLICE("-1.50")), "a difference may be negative");
}
