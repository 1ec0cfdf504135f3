#include "policy/rule_test.h"

#define S(text) SLICE_INIT(text)

static const struct where_rows rows = {
	.territories = { S("FR"), S("US"), S("AU") },
	.territories_count = 3,
	.zones = { 4 },
	.zones_count = 1,
	.types = { S("fixed"), S("mobile"), S("fixed-or-mobile"), S("tollfree") },
	.types_count = 4,
	.deny_territories = { S("GG") },
	.deny_territories_count = 1,
	.deny_classes = { S("zone4-mobile") },
	.deny_classes_count = 1,
	.deny = { S("+33899") },
	.deny_count = 1,
	.ceiling = 500000,
};

static const struct policy_number allow[] = { { S("+34803"), true },
	                                      { S("+18765550100"), false },
	                                      { S("+441481"), true } };

static const struct {
	const char *why;
	const char *digits, *place;
	uint8_t type, class;
	tg_micro per_minute;
	const char *rule;
} calls[] = {
	{ "home, fixed", "34911234567", "ES", NUMBER_FIXED, NUMBER_CLASS_HOME_FIXED, 0, "where" },
	{ "home, premium", "34807123456", "ES", NUMBER_PREMIUM, NUMBER_CLASS_HOME_PREMIUM, 0,
	  "-where-type" },
	{ "a short code", "118118", "ES", NUMBER_SHORT, NUMBER_CLASS_HOME_SHORT, 0, "-where-type" },
	{ "a territory", "33140000000", "FR", NUMBER_FIXED, NUMBER_CLASS_ZONE3_FIXED, 0, "where" },
	{ "its premium numbers", "33899123456", "FR", NUMBER_PREMIUM, NUMBER_CLASS_ZONE3_PREMIUM, 0,
	  "-where-denied" },
	{ "R46: another of its zone", "351210000000", "PT", NUMBER_FIXED, NUMBER_CLASS_ZONE3_FIXED,
	  0, "-where-territory" },
	{ "a zone", "442070000000", "GB", NUMBER_FIXED, NUMBER_CLASS_ZONE4_FIXED, 0, "where" },
	{ "R47: Guernsey is not Great Britain", "441534000000", "GG", NUMBER_FIXED,
	  NUMBER_CLASS_ZONE4_FIXED, 0, "-where-denied" },
	{ "denied though listed", "441481000000", "GG", NUMBER_FIXED, NUMBER_CLASS_ZONE4_FIXED, 0,
	  "-where-denied" },
	{ "a class", "447700900000", "GB", NUMBER_MOBILE, NUMBER_CLASS_ZONE4_MOBILE, 0,
	  "-where-denied" },
	{ "R47: the United States", "12125550100", "US", NUMBER_FIXED_OR_MOBILE,
	  NUMBER_CLASS_ZONE1_FIXED, 0, "where" },
	{ "R47: Jamaica is not the United States", "18765550101", "JM", NUMBER_FIXED_OR_MOBILE,
	  NUMBER_CLASS_CARIBBEAN, 0, "-where-territory" },
	{ "one number of Jamaica that is listed", "18765550100", "JM", NUMBER_FIXED_OR_MOBILE,
	  NUMBER_CLASS_CARIBBEAN, 0, "outbound" },
	{ "a listed prefix of dear numbers", "34803123456", "ES", NUMBER_PREMIUM,
	  NUMBER_CLASS_HOME_PREMIUM, 9000000, "outbound" },
	{ "R49: no such range", "34011111111", "ES", NUMBER_UNKNOWN, NUMBER_CLASS_UNKNOWN, 0,
	  "-where-unknown" },
	{ "R50: the ceiling itself", "33140000000", "FR", NUMBER_FIXED, NUMBER_CLASS_ZONE3_FIXED,
	  500000, "where" },
	{ "R50: above it", "33140000000", "FR", NUMBER_FIXED, NUMBER_CLASS_ZONE3_FIXED, 500001,
	  "-where-price" },
};

TEST(where_one_may_call)
{
	struct policy p = rule_site();

	where_make(&p.where, &rows, p.home, NULL);
	p.allow = allow;
	p.allow_count = COUNT(allow);
	for (size_t i = 0; i < COUNT(calls); i++) {
		struct policy_facts f = rule_call(calls[i].digits, calls[i].place, calls[i].type,
		                                  calls[i].class);

		f.called.tariff.per_minute = calls[i].per_minute;
		rule_check(&p, &f, calls[i].rule, calls[i].why);
	}
}

TEST(zones_hold_countries_only)
{
	struct where w;
	struct where_rows all = { .zones = { 1, 2, 3, 4, 5, 6, 7, 8, 9 }, .zones_count = 9 };

	where_make(&w, &all, 0, NULL);
	CHECK(places_has(&w.open, rule_place("US")) && places_has(&w.open, rule_place("CA")),
	      "zone 1");
	CHECK(!places_has(&w.open, rule_place("JM")) && !places_has(&w.open, rule_place("DO")),
	      "R47: not the islands");
	CHECK(!places_has(&w.open, rule_place("870")), "no satellites");
	CHECK(places_has(&w.open, rule_place("AU")) && places_has(&w.open, rule_place("JP")),
	      "the rest of the world");
	CHECK(!places_has(&w.open, 0), "nothing is not a place");
	CHECK(number_territories() < PLACES_MAX, "every territory fits the set");
}

TEST(a_group_has_places_of_its_own)
{
	static const struct slice own_places[] = { S("MA") };
	const struct where_own own = { own_places, NULL, 1, 0, 0 }, dear = { .ceiling = 7 };
	struct policy_group group = { .own_where = true, .hours = POLICY_NONE };
	struct policy p = rule_site();
	struct policy_facts f = rule_abroad();

	where_make(&p.where, &rows, p.home, NULL);
	where_make(&group.where, &rows, p.home, &own);
	p.groups = &group;
	p.groups_count = 1;
	rule_check(&p, &f, "where", "the site's");
	f.account.group = 0;
	rule_check(&p, &f, "-where-territory", "not the group's");
	f.called.territory = rule_place("MA");
	rule_check(&p, &f, "where", "the group's");
	f.account.name = SLICE("");
	rule_check(&p, &f, "-where-territory", "not of somebody without a name");
	where_make(&group.where, &rows, p.home, &dear);
	f = rule_abroad();
	f.account.group = 0;
	f.called.tariff.per_minute = 8;
	rule_check(&p, &f, "-where-price", "a ceiling of its own keeps the site's places");
}

TEST(without_a_home_the_list_decides)
{
	const struct policy_number list[] = { { SLICE("+3491"), true } };
	struct policy p = rule_site();
	struct policy_facts f = rule_home();

	p.home = 0;
	p.allow = list;
	p.allow_count = 1;
	p.mode[POLICY_WHERE] = POLICY_OFF;
	rule_check(&p, &f, "-not-listed", "even when the rule is off: octets are compared");
	f.dialled = SLICE("+34911234567");
	rule_check(&p, &f, "outbound", "listed");
}
