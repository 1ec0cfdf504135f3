#include "base/test.h"
#include "number/number.h"

static const struct {
	const char *why;
	struct slice in;
	enum number_kind want;
} rows[] = {
	{ "international", SLICE_INIT("+34911234567"), NUMBER_DIGITS },
	{ "national", SLICE_INIT("911234567"), NUMBER_DIGITS },
	{ "feature code", SLICE_INIT("*97"), NUMBER_FEATURE },
	{ "C1: a '+' inside", SLICE_INIT("34+911"), NUMBER_NONE },
	{ "C1: separators are not skipped", SLICE_INIT("+34-911"), NUMBER_NONE },
	{ "C1: an escape that was escaped twice", SLICE_INIT("%30034"), NUMBER_NONE },
	{ "C1: full-width digit", SLICE_INIT("\xef\xbc\x91"), NUMBER_NONE },
	{ "NUL hides the rest", SLICE_INIT("911\0882"), NUMBER_NONE },
	{ "post-dial digits", SLICE_INIT("911;postd=12"), NUMBER_NONE },
	{ "only a plus", SLICE_INIT("+"), NUMBER_NONE },
	{ "empty", SLICE_INIT(""), NUMBER_NONE },
	{ "33 digits", SLICE_INIT("012345678901234567890123456789012"), NUMBER_NONE },
};

TEST(number_kind)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		CHECK(number_kind_of(test_guarded(rows[i].in)) == rows[i].want, rows[i].why);
}

TEST(number_matches)
{
	CHECK(number_matches(SLICE("+3491"), true, SLICE("+34911")), "prefix");
	CHECK(!number_matches(SLICE("+3491"), false, SLICE("+34911")), "exact is not a prefix");
	CHECK(!number_matches(SLICE("112"), false, SLICE("1123")), "an emergency number is whole");
	CHECK(!number_matches(SLICE("+34911"), true, SLICE("+3491")),
	      "longer than what was dialled");
}

TEST(number_territories)
{
	struct number_plan plan;

	CHECK(number_territory_find(SLICE("ES")) != 0, "Spain");
	CHECK(number_territory_code(number_territory_find(SLICE("GG"))) == 44, "Guernsey");
	CHECK(number_territory_zone(number_territory_find(SLICE("870"))) == 8, "Inmarsat");
	CHECK(number_plan_init(&plan, number_territory_find(SLICE("GB")), SLICE("9")) == TG_OK,
	      "a plan");
	CHECK(plan.code == 44 && strcmp(plan.national, "0") == 0, "trunk prefix");
	CHECK(strcmp(plan.international, "00") == 0, "international prefix");
	CHECK(number_plan_init(&plan, number_territory_find(SLICE("870")), SLICE("")) == TG_ENOENT,
	      "nobody's home");
}
