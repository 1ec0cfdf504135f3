#include "base/test.h"
#include "conf/conf.h"

#include <stdio.h>

#define IFS                                                                                \
	"interfaces:\n"                                                                    \
	"- { name: lan, listen: 192.168.1.2, side: inside }\n"                             \
	"- { name: wan, listen: 203.0.113.2, side: outside }\n"
#define TRUNK                                                                              \
	"trunks:\n"                                                                        \
	"- { name: acme, interface: wan, address: 198.51.100.5, username: u1 }\n"
#define HOME "numbers: { home: ES }\n"

static const struct {
	const char *why;
	const char *in;
	const char *out; /* every mistake, one a line, without the file's name */
} bad[] = {
	{ "no such territory",
	  IFS "numbers: { home: Spain }\n",
	  "4:18: numbers.home: \"Spain\" is not right; allowed: a territory: a country's two capital "
	  "letters, such as ES, or a code without a country, such as 870\n" },
	{ "a satellite is no home",
	  IFS "numbers: { home: \"870\" }\n",
	  "4:18: numbers.home: nobody dials at home in 870\n" },
	{ "nothing is priced without a home",
	  IFS TRUNK "budgets: [{ for: site, day: 5 }]\n"
	      "rules: { where: { territories: [FR], zones: [3], ceiling: 1 } }\n",
	  "6:18: budgets: a budget needs numbers.home, because without it no number is known and "
	  "priced\n"
	  "7:33: rules.where.territories: this needs numbers.home, because without it no number is "
	  "known and priced\n"
	  "7:46: rules.where.zones: this needs numbers.home, because without it no number is known and "
	  "priced\n"
	  "7:59: rules.where.ceiling: this needs numbers.home, because without it no number is known "
	  "and priced\n" },
	{ "nothing is written anew without a home",
	  IFS "trunks: [{ name: a, interface: wan, address: b.example, username: u, "
	  "render: e164 }]\n"
	      "numbers: { outside-line: \"9\" }\n",
	  "4:78: trunks: to write numbers anew for \"a\" needs numbers.home, because without it no "
	  "number is known and priced\n"
	  "5:26: numbers.outside-line: this needs numbers.home, because without it no number is known "
	  "and priced\n" },
	{ "a national number in the list",
	  IFS TRUNK HOME "outbound: { trunks: [acme], allow: [\"91*\"] }\n",
	  "7:37: outbound.allow: with numbers.home set, a number is compared as one whole number; "
	  "write 91 with a + and its country code\n" },
	{ "allowed and denied",
	  IFS TRUNK HOME "outbound: { trunks: [acme], allow: [\"+34803*\"] }\n"
	      "rules: { where: { deny: [\"+3480\"] } }\n",
	  "7:37: outbound.allow: +34803 is allowed here and denied by rules.where.deny\n" },
	{ "open and closed",
	  IFS HOME "rules: { where: { territories: [FR, JM], deny-territories: [JM] } }\n"
	      "groups: [{ name: sales, territories: [JM] }]\n",
	  "5:37: rules.where.territories: JM is opened here and closed by "
	  "rules.where.deny-territories\n"
	  "6:39: groups.territories: JM is opened here and closed by rules.where.deny-territories\n" },
	{ "home closed",
	  IFS HOME "rules: { where: { deny-territories: [ES] } }\n",
	  "5:38: rules.where.deny-territories: ES is numbers.home\n" },
	{ "rule misspelt",
	  IFS "rules: { were: { mode: off } }\n",
	  "4:10: rules: unknown key \"were\"; allowed: source, caller-id, approval, lockdown, pass, "
	  "where, unattributed, hours, first-use; did you mean \"where\"?\n" },
	{ "setting of a rule misspelt",
	  IFS "rules: { where: { territory: [FR] } }\n",
	  "4:19: rules.where: unknown key \"territory\"; allowed: mode, territories, zones, types, "
	  "ceiling, deny-territories, deny-classes, deny; did you mean \"territories\"?\n" },
	{ "rules is a map",
	  IFS "rules: off\n",
	  "4:8: rules: \"key: value\" lines belong here\n" },
	{ "a rule is a map",
	  IFS "rules: { where: off }\n",
	  "4:17: rules.where: \"key: value\" lines belong here\n" },
	{ "switch misspelt",
	  IFS "rules: { where: { mode: dryrun } }\n",
	  "4:25: rules.where.mode: \"dryrun\" is not right; allowed: enforce, dry-run, off; did you "
	  "mean \"dry-run\"?\n" },
	{ "emergency has no switch",
	  IFS "rules: { emergency: { mode: off } }\n",
	  "4:10: rules: unknown key \"emergency\"; allowed: source, caller-id, approval, lockdown, "
	  "pass, where, unattributed, hours, first-use\n" },
	{ "class misspelt",
	  IFS HOME "rules: { where: { deny-classes: [zone3] } }\n",
	  "5:34: rules.where.deny-classes: \"zone3\" is not right; allowed: a class of numbers: "
	  "home-mobile, home-premium, zone3-fixed, satellite, ...\n" },
	{ "type misspelt",
	  IFS HOME "rules: { where: { types: [fixed, toll-free] } }\n",
	  "5:34: rules.where.types: \"toll-free\" is not right; allowed: a type of numbers: fixed, "
	  "mobile, fixed-or-mobile, tollfree, shared, premium, ...\n" },
	{ "a limit of nothing",
	  IFS HOME "budgets: [{ for: site, day: 0 }]\n",
	  "5:29: budgets.day: \"0\" is not right; allowed: an amount above 0, such as 12.50; without "
	  "the line there is no limit\n" },
	{ "negative money",
	  IFS HOME "budgets: [{ for: site, day: -5 }]\n",
	  "5:29: budgets.day: \"-5\" is not right; allowed: an amount above 0, such as 12.50; without "
	  "the line there is no limit\n" },
	{ "money with a comma",
	  IFS HOME "budgets: [{ for: site, day: \"5,00\" }]\n",
	  "5:29: budgets.day: \"5,00\" is not right; allowed: an amount above 0, such as 12.50; "
	  "without the line there is no limit\n" },
	{ "a call above the day",
	  IFS HOME "budgets: [{ for: account, per-call: 12, day: 10 }]\n",
	  "5:37: budgets.per-call: 12.00 is above the limit of the day, 10.00, so it would never be "
	  "reached\n" },
	{ "a day above the month",
	  IFS HOME "budgets: [{ for: site, day: 100, month: 50.50 }]\n",
	  "5:29: budgets.day: 100.00 is above the limit of the month, 50.50, so it would never be "
	  "reached\n" },
	{ "off-hours above the day",
	  IFS HOME "budgets: [{ for: site, day: 10, off-hours: 11 }]\n",
	  "5:44: budgets.off-hours: 11.00 is above the limit of the day, 10.00; off-hours limits are "
	  "the lower ones\n" },
	{ "a minute above the hour",
	  IFS HOME "budgets: [{ for: site, calls-minute: 9, calls-hour: 8 }]\n",
	  "5:38: budgets.calls-minute: 9 is above calls-hour, 8, so it would never be reached\n" },
	{ "off-hours calls above the usual",
	  IFS HOME "budgets: [{ for: account, calls: 2 }]\n"
	      "rules: { hours: { calls: 3 } }\n",
	  "6:26: rules.hours.calls: 3 is above the 2 calls that an account may have at any time; "
	  "off-hours limits are the lower ones\n" },
	{ "off-hours calls above the usual that nobody wrote",
	  IFS HOME "rules: { hours: { calls: 3 } }\n",
	  "5:26: rules.hours.calls: 3 is above the 2 calls that an account may have at any time; "
	  "off-hours limits are the lower ones\n" },
	{ "limits nothing",
	  IFS HOME "budgets: [{ for: pbx }]\n",
	  "5:18: budgets: this one has no limit; to have none on purpose write mode: off\n" },
	{ "two budgets for one",
	  IFS HOME "budgets: [{ for: site, day: 1 }, { for: site, hour: 1 }]\n",
	  "5:41: budgets: there is one for this already in line 5\n" },
	{ "site with a name",
	  IFS HOME "budgets: [{ for: site, name: a, day: 1 }]\n",
	  "5:30: budgets.name: there is one site; leave the name out\n" },
	{ "budget of nobody",
	  IFS TRUNK HOME "budgets: [{ for: group, name: sales, day: 1 }, { for: trunk, name: "
	  "acne, day: 1 },\n"
	      "  { for: pbx, name: a, day: 1 }, { for: class, name: moon, day: 1 }]\n",
	  "7:31: budgets.name: there is no group \"sales\"\n"
	  "7:68: budgets.name: there is no trunk \"acne\"\n"
	  "8:21: budgets.name: there is no pbx \"a\"\n"
	  "8:54: budgets.name: there is no class \"moon\"\n" },
	{ "group of nobody",
	  IFS "accounts: { default-group: sales }\n",
	  "4:28: accounts.default-group: there is no \"sales\" in groups; allowed: none yet\n" },
	{ "profile of nobody",
	  IFS "rules: { hours: { profile: night } }\n",
	  "4:28: rules.hours.profile: there is no \"night\" in hours\n" },
	{ "hours that are none",
	  IFS "hours: [{ name: a, open: 9-17 }, { name: b, open: \"08:00-08:00\" }, "
	  "{ name: c, open: \"08:00-24:01\" }]\n",
	  "4:26: hours.open: \"9-17\" is not right; allowed: from-to, such as 08:00-19:00; they "
	  "differ\n"
	  "4:51: hours.open: \"08:00-08:00\" is not right; allowed: from-to, such as 08:00-19:00; they "
	  "differ\n"
	  "4:85: hours.open: \"08:00-24:01\" is not right; allowed: from-to, such as 08:00-19:00; they "
	  "differ\n" },
	{ "no day",
	  IFS "hours: [{ name: a, days: [] }]\n",
	  "4:17: hours: \"a\" has no day; without office hours leave it out\n" },
	{ "days and dates",
	  IFS "hours: [{ name: a, days: [mon, mon, friday], holidays: [2026-02-30, 25-12] }]\n",
	  "4:32: hours.days: this stands in the list twice\n"
	  "4:37: hours.days: \"friday\" is not right; allowed: mon, tue, wed, thu, fri, sat, sun\n"
	  "4:57: hours.holidays: \"2026-02-30\" is not right; allowed: a date, such as 2026-12-24, or "
	  "12-24 for every year\n"
	  "4:69: hours.holidays: \"25-12\" is not right; allowed: a date, such as 2026-12-24, or 12-24 "
	  "for every year\n" },
	{ "no way out of the zone files",
	  IFS "money: { zone: ../../etc/passwd, currency: eur }\n",
	  "4:16: money.zone: \"../../etc/passwd\" is not right; allowed: a time zone's name, such as "
	  "Europe/Madrid\n"
	  "4:44: money.currency: \"eur\" is not right; allowed: three capital letters, such as EUR\n" },
	{ "renewal out of range",
	  IFS "money: { renew: 5 }\n",
	  "4:17: money.renew: \"5\" is not right; allowed: a whole number from 10 to 600 (seconds)\n" },
	{ "countries that nobody knows",
	  IFS "rules: { source: { countries: [ES] } }\n",
	  "4:32: rules.source.countries: without rules.source.database nobody knows the country of an "
	  "address\n" },
	{ "tech prefix",
	  IFS HOME "trunks: [{ name: a, interface: wan, address: b.example, username: u, "
	  "tech-prefix: \"12x\" }]\n",
	  "5:83: trunks.tech-prefix: \"12x\" is not right; allowed: 1 to 16 digits, * and #, at least "
	  "one digit\n" },
};

static struct conf_mistakes mistakes;

static struct conf *good(const char *text)
{
	struct conf *c = NULL;

	CHECK(conf_parse(&c, slice_str(text), &mistakes) == TG_OK, mistakes.at[0].text);
	return c;
}

TEST(a_policy_that_contradicts_itself_is_refused)
{
	static char text[8192];

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct conf *conf = NULL;
		struct buf b = buf_on(text, sizeof(text) - 1);
		enum tg_err err = conf_parse(&conf, test_guarded(slice_str(bad[i].in)), &mistakes);

		CHECK(err == TG_EBAD && conf == NULL, bad[i].why);
		for (uint32_t m = 0; m < mistakes.count; m++)
			buf_fmt(&b, "%u:%u: %s\n", mistakes.at[m].line, mistakes.at[m].column,
			        mistakes.at[m].text);
		if (!slice_eq(buf_slice(&b), slice_str(bad[i].out)))
			fprintf(stderr, "got:\n%.*swant:\n%s", SLICE_FMT(buf_slice(&b)),
			        bad[i].out);
		CHECK(slice_eq(buf_slice(&b), slice_str(bad[i].out)), bad[i].why);
	}
}

TEST(nothing_written_is_safe)
{
	struct conf *c = good(IFS);

	CHECK(c->budgets_count == 0, "without a home nothing is priced");
	CHECK(c->accounts.default_group.index == CONF_NONE, "no group");
	CHECK(c->rules.where.mode == POLICY_ENFORCE && c->rules.where.types_count == 4, "rules");
	CHECK(c->rules.hours.calls == 1, "R64");
	conf_free(c);
	c = good(IFS HOME);
	CHECK(c->budgets_count == 2, "the site and each account have one");
	CHECK(c->budgets[0].of == CONF_BUDGET_SITE && c->budgets[0].day == 50 * TG_MICRO_UNIT,
	      "site");
	CHECK(c->budgets[1].of == CONF_BUDGET_ACCOUNT && c->budgets[1].calls == 2, "account");
	conf_free(c);
	c = good(IFS HOME "budgets: [{ for: account, day: 7.25 }, { for: site, mode: off }]\n");
	CHECK(c->budgets_count == 2, "what is written replaces them, off included");
	CHECK(c->budgets[0].day == 7250000 && c->budgets[0].per_call == 0, "as written");
	conf_free(c);
	c = good(IFS HOME "budgets: [{ for: account, name: \"101\", day: 7.25 }]\n");
	CHECK(c->budgets_count == 3, "a budget of one account is not that of each");
	conf_free(c);
}

TEST(rules_arrive)
{
	struct conf *c = good(
		IFS TRUNK HOME
		"hours:\n- { name: day }\n"
		"- { name: night, days: [sun, mon], open: \"22:00-06:30\", holidays: [12-24] }\n"
		"groups: [{ name: sales, hours: night, zones: [3, 4], ceiling: 0.5 }]\n"
		"accounts: { default-group: sales }\n"
		"budgets: [{ for: group, name: sales, week: 20 }, { for: trunk, name: acme,\n"
		"  calls: 4 }, { for: class, name: satellite, month: 1 }]\n"
		"rules:\n  hours: { profile: night, closed: all }\n"
		"  where: { mode: dry-run, types: [mobile], deny-classes: [home-premium] }\n");

	CHECK(c->hours[0].from == 480 && c->hours[0].to == 1140 && c->hours[0].days_count == 5,
	      "the usual hours");
	CHECK(c->hours[1].days[0] == 6 && c->hours[1].from == 1320 && c->hours[1].to == 390,
	      "hours over midnight");
	CHECK(c->groups[0].hours.index == 1 && c->groups[0].zones[1] == 4 &&
	      c->groups[0].ceiling == 500000, "group");
	CHECK(c->accounts.default_group.index == 0, "its reference");
	CHECK(c->budgets[0].index == 0 && c->budgets[1].index == 0, "names are found");
	CHECK(c->budgets[2].index != CONF_NONE && c->budgets[2].index != 0, "a class, too");
	CHECK(c->rules.hours.closed == HOURS_ALL, "choice");
	CHECK(c->rules.where.mode == POLICY_DRY_RUN, "switch");
	CHECK(c->rules.where.types_count == 1, "a list replaces its default");
	conf_free(c);
}
