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

	for (uint16_t t = 1; t <= number_territories(); t++) {
		CHECK(number_territory_find(slice_str(number_territory_name(t))) == t, "by name");
		CHECK(number_territory_zone(t) >= 1 && number_territory_zone(t) <= 9, "zone");
	}
	CHECK(strcmp(number_territory_name(0), "?") == 0, "none");
	CHECK(strcmp(number_territory_name(UINT16_MAX), "?") == 0, "out of range");
	CHECK(number_territory_find(SLICE("es")) == 0, "upper case only");
	CHECK(number_territory_find(SLICE("")) == 0, "empty");
	CHECK(number_territory_code(number_territory_find(SLICE("GG"))) == 44, "Guernsey");
	CHECK(number_territory_zone(number_territory_find(SLICE("870"))) == 8, "Inmarsat");
	CHECK(!number_territory_is_place(number_territory_find(SLICE("870"))), "no place");
	CHECK(number_plan_init(&plan, number_territory_find(SLICE("GB")), SLICE("9")) == TG_OK,
	      "a plan");
	CHECK(plan.code == 44 && strcmp(plan.national, "0") == 0, "trunk prefix");
	CHECK(strcmp(plan.international, "00") == 0, "international prefix");
	CHECK(number_plan_init(&plan, number_territory_find(SLICE("870")), SLICE("")) == TG_ENOENT,
	      "nobody's home");
}

/* R47, and what fraud lives on: `class` is seen from Great Britain. */
static const struct {
	const char *why, *digits, *territory, *type, *class;
} ranges[] = {
	{ "Madrid", "+34911234567", "ES", "fixed", "zone3-fixed" },
	{ "Spain, mobile", "+34612345678", "ES", "mobile", "zone3-mobile" },
	{ "Spain, premium", "+34803123456", "ES", "premium", "zone3-premium" },
	{ "New York", "+12125550123", "US", "fixed-or-mobile", "zone1-fixed" },
	{ "Toronto", "+14165550123", "CA", "fixed-or-mobile", "zone1-fixed" },
	{ "R47: Jamaica", "+18765230123", "JM", "fixed-or-mobile", "caribbean" },
	{ "R47: Dominican Republic", "+18092345678", "DO", "fixed-or-mobile", "caribbean" },
	{ "R47: Bahamas", "+12423456789", "BS", "fixed", "caribbean" },
	{ "R47: Barbados", "+12464123456", "BB", "fixed", "caribbean" },
	{ "R47: Anguilla", "+12644612345", "AI", "fixed", "caribbean" },
	{ "R47: Antigua", "+12684601234", "AG", "fixed", "caribbean" },
	{ "R47: British Virgin Islands", "+12842291234", "VG", "fixed", "caribbean" },
	{ "R47: US Virgin Islands", "+13406421234", "VI", "fixed-or-mobile", "caribbean" },
	{ "R47: Cayman Islands", "+13452221234", "KY", "fixed", "caribbean" },
	{ "R47: Bermuda", "+14414123456", "BM", "fixed", "caribbean" },
	{ "R47: Grenada", "+14732691234", "GD", "fixed", "caribbean" },
	{ "R47: Turks and Caicos", "+16497121234", "TC", "fixed", "caribbean" },
	{ "R47: Montserrat", "+16644912345", "MS", "fixed", "caribbean" },
	{ "R47: Guam", "+16713001234", "GU", "fixed-or-mobile", "caribbean" },
	{ "R47: American Samoa", "+16846221234", "AS", "fixed", "caribbean" },
	{ "R47: Sint Maarten", "+17215425678", "SX", "fixed", "caribbean" },
	{ "R47: Saint Lucia", "+17584305678", "LC", "fixed", "caribbean" },
	{ "R47: Dominica", "+17674201234", "DM", "fixed", "caribbean" },
	{ "R47: Saint Vincent", "+17842661234", "VC", "fixed", "caribbean" },
	{ "R47: Puerto Rico", "+17872345678", "PR", "fixed-or-mobile", "caribbean" },
	{ "R47: Trinidad", "+18682211234", "TT", "fixed", "caribbean" },
	{ "R47: Saint Kitts", "+18692361234", "KN", "fixed", "caribbean" },
	{ "NANP premium", "+19002345678", "US", "premium", "zone1-premium" },
	{ "NANP free", "+18002345678", "US", "tollfree", "zone1-special" },
	{ "London", "+442079460958", "GB", "fixed", "home-fixed" },
	{ "Great Britain, mobile", "+447400123456", "GB", "mobile", "home-mobile" },
	{ "R47: Guernsey", "+441481256789", "GG", "fixed", "zone4-fixed" },
	{ "R47: Guernsey, mobile", "+447781123456", "GG", "mobile", "zone4-mobile" },
	{ "R47: Jersey", "+441534456789", "JE", "fixed", "zone4-fixed" },
	{ "R47: Jersey, mobile", "+447797712345", "JE", "mobile", "zone4-mobile" },
	{ "R47: Isle of Man", "+441624756789", "IM", "fixed", "zone4-fixed" },
	{ "R47: Isle of Man, mobile", "+447924123456", "IM", "mobile", "zone4-mobile" },
	{ "084 is shared", "+448450123456", "GB", "shared", "home-shared" },
	{ "087 is premium", "+448712345678", "GB", "premium", "home-premium" },
	{ "09 is premium", "+449012345678", "GB", "premium", "home-premium" },
	{ "070 is personal", "+447012345678", "GB", "personal", "home-personal" },
	{ "03 is a company's", "+443001234567", "GB", "uan", "home-special" },
	{ "0800 is free", "+448001234567", "GB", "tollfree", "tollfree" },
	{ "Moscow", "+74951234567", "RU", "fixed", "zone7-fixed" },
	{ "R47: Kazakhstan", "+77172123456", "KZ", "fixed", "zone7-fixed" },
	{ "R47: Kazakhstan, mobile", "+77710009998", "KZ", "mobile", "zone7-mobile" },
	{ "Rome", "+390612345678", "IT", "fixed", "zone3-fixed" },
	{ "R47: Vatican", "+390669812345", "VA", "fixed", "zone3-fixed" },
	{ "Oslo", "+4721234567", "NO", "fixed", "zone4-fixed" },
	{ "R47: Svalbard", "+4779123456", "SJ", "fixed", "zone4-fixed" },
	{ "R47: Aland", "+35818123456", "AX", "fixed", "zone3-fixed" },
	{ "R47: Reunion", "+262262161234", "RE", "fixed", "zone2-fixed" },
	{ "R47: Mayotte", "+262269601234", "YT", "fixed", "zone2-fixed" },
	{ "R47: Christmas Island", "+61891641234", "CX", "fixed", "zone6-fixed" },
	{ "R47: Cocos Islands", "+61891621234", "CC", "fixed", "zone6-fixed" },
	{ "R47: Western Sahara", "+212528812345", "EH", "fixed", "zone2-fixed" },
	{ "R47: Tristan da Cunha", "+2908999", "TA", "fixed-or-mobile", "zone2-fixed" },
	{ "R47: Bonaire", "+5997151234", "BQ", "fixed", "zone5-fixed" },
	{ "R47: Curacao", "+59994351234", "CW", "fixed", "zone5-fixed" },
	{ "Inmarsat", "+870301234567", "870", "satellite", "satellite" },
	{ "Iridium", "+881612345678", "iridium", "satellite", "satellite" },
	{ "Iridium, too short", "+88161234567", "iridium", "unknown", "unknown" },
	{ "Thuraya", "+8821612345", "thuraya", "satellite", "satellite" },
	{ "a global network", "+883510001234567", "883", "global-network", "global-network" },
	{ "iNum", "+883510012345", "883", "global-network", "global-network" },
	{ "UIFN", "+80012345678", "800", "uifn", "tollfree" },
	{ "shared cost", "+80812345678", "808", "international-shared", "international-shared" },
	{ "premium", "+979123456789", "979", "international-premium", "international-premium" },
	{ "no such code", "+999123456", "?", "unknown", "unknown" },
	{ "no such range in Jersey", "+441534300000", "JE", "unknown", "unknown" },
	{ "one digit too few", "+3491123456", "ES", "unknown", "unknown" },
	{ "one digit too many", "+349112345678", "ES", "unknown", "unknown" },
	{ "only the code", "+34000", "ES", "unknown", "unknown" },
};

TEST(number_classify)
{
	uint16_t home = number_territory_find(SLICE("GB"));

	for (size_t i = 0; i < COUNT(ranges); i++) {
		struct number n;
		enum number_class c;

		CHECK(number_parse(&n, test_guarded(slice_str(ranges[i].digits))) == TG_OK,
		      ranges[i].why);
		CHECK(strcmp(number_territory_name(n.territory), ranges[i].territory) == 0,
		      ranges[i].why);
		CHECK(strcmp(number_type_name((enum number_type)n.type), ranges[i].type) == 0,
		      ranges[i].why);
		c = number_class_of(home, &n);
		CHECK(strcmp(number_class_name(c), ranges[i].class) == 0, ranges[i].why);
		CHECK(n.known == (n.type != NUMBER_UNKNOWN), ranges[i].why);
	}
}

TEST(number_parse_refuses)
{
	static const struct {
		const char *why;
		struct slice in;
		enum tg_err want;
	} bad[] = {
		{ "empty", SLICE_INIT(""), TG_EBAD },
		{ "only a plus", SLICE_INIT("+"), TG_EBAD },
		{ "4 digits", SLICE_INIT("+3491"), TG_EBAD },
		{ "16 digits", SLICE_INIT("+1234567890123456"), TG_ELIMIT },
		{ "a leading 0", SLICE_INIT("0034911234567"), TG_EBAD },
		{ "a separator", SLICE_INIT("+34-911234567"), TG_EBAD },
		{ "two plus", SLICE_INIT("++34911234567"), TG_EBAD },
	};

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct number n = { .len = 99 };

		CHECK(number_parse(&n, test_guarded(bad[i].in)) == bad[i].want, bad[i].why);
		CHECK(n.len == 99, "untouched");
	}
}

TEST(number_names)
{
	for (int t = 0; t < NUMBER_TYPES; t++)
		CHECK(number_type_find(slice_str(number_type_name((enum number_type)t))) == t,
		      "type by name");
	for (int c = 0; c < NUMBER_CLASSES; c++)
		CHECK(number_class_find(slice_str(number_class_name((enum number_class)c))) == c,
		      "class by name");
	CHECK(number_type_find(SLICE("x")) == -1 && number_class_find(SLICE("x")) == -1, "none");
	CHECK(number_class_find(SLICE("zone9-premium")) == NUMBER_CLASSES - 1, "the last one");
}

/* From every home, every type has a class, and only at home is it a home class. */
TEST(number_classes)
{
	uint16_t us = number_territory_find(SLICE("US")), jm = number_territory_find(SLICE("JM"));
	struct number n = { .known = true };

	for (uint16_t t = 1; t <= number_territories(); t++) {
		for (unsigned type = NUMBER_UNKNOWN + 1; type < NUMBER_TYPES; type++) {
			n.territory = t;
			n.type = (uint8_t)type;
			CHECK(number_class_of(us, &n) != NUMBER_CLASS_UNKNOWN, "a class");
			CHECK(number_class_of(us, &n) < NUMBER_CLASSES, "a class");
		}
	}
	n = (struct number){ .known = true, .territory = jm, .type = NUMBER_MOBILE };
	CHECK(number_class_of(us, &n) == NUMBER_CLASS_CARIBBEAN, "R47 from the United States");
	CHECK(number_class_of(jm, &n) == NUMBER_CLASS_HOME_MOBILE, "at home in Jamaica");
	CHECK(number_class_of(0, &n) == NUMBER_CLASS_CARIBBEAN, "no home");
	n.territory = us;
	CHECK(number_class_of(jm, &n) == NUMBER_CLASS_ZONE1_MOBILE, "from Jamaica");
	n.type = NUMBER_TOLLFREE;
	CHECK(number_class_of(jm, &n) == NUMBER_CLASS_TOLLFREE, "one plan: free from Jamaica too");
	n.known = false;
	CHECK(number_class_of(us, &n) == NUMBER_CLASS_UNKNOWN, "no such range");
}
