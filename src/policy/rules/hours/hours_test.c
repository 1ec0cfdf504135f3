#include "policy/rule_test.h"

static const struct hours_profile profiles[] = {
	{ .days = 0x1f, .from = 480, .to = 1140, .holidays = { 20261224, 501 }, .holidays_count = 2 },
	{ .days = 0x60, .from = 1320, .to = 360 }, /* the night shift of the weekend */
};

static const struct {
	const char *why;
	uint16_t profile;
	struct policy_time time;
	bool off;
} times[] = {
	{ "Monday at eight", 0, { 20261123, 480, 0 }, false },
	{ "a minute before", 0, { 20261123, 479, 0 }, true },
	{ "the last minute", 0, { 20261127, 1139, 4 }, false },
	{ "closed", 0, { 20261127, 1140, 4 }, true },
	{ "Saturday", 0, { 20261128, 600, 5 }, true },
	{ "R57: a holiday", 0, { 20261224, 600, 3 }, true },
	{ "the same day of another year", 0, { 20271224, 600, 4 }, false },
	{ "a holiday of every year", 0, { 20280501, 600, 0 }, true },
	{ "the night shift before midnight", 1, { 20261128, 1400, 5 }, false },
	{ "and after it", 1, { 20261129, 100, 6 }, false },
	{ "noon between", 1, { 20261129, 720, 6 }, true },
	{ "no profile: always open", POLICY_NONE, { 20261129, 100, 6 }, false },
};

TEST(office_hours)
{
	for (size_t i = 0; i < COUNT(times); i++) {
		struct policy p = rule_site();

		p.profiles = profiles;
		p.profiles_count = COUNT(profiles);
		p.hours.profile = times[i].profile;
		CHECK(policy_off_hours(&p, POLICY_NONE, &times[i].time) == times[i].off,
		      times[i].why);
	}
}

static const struct {
	const char *why;
	uint8_t closed;
	bool abroad, approved;
	uint32_t calls;
	const char *rule;
} rows[] = {
	{ "R64: the first call", HOURS_NOTHING, false, false, 0, "where" },
	{ "R64: a second one", HOURS_NOTHING, false, false, 1, "-hours" },
	{ "abroad is closed", HOURS_INTERNATIONAL, true, false, 0, "-hours" },
	{ "home is not", HOURS_INTERNATIONAL, false, false, 0, "where" },
	{ "approved is not", HOURS_INTERNATIONAL, true, true, 0, "approval" },
	{ "all is closed", HOURS_ALL, false, false, 0, "-hours" },
	{ "approved, but a second one", HOURS_ALL, true, true, 1, "-hours" },
};

TEST(lower_limits_hold_outside_them)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct policy p = rule_site();
		struct policy_facts f = rows[i].abroad ? rule_abroad() : rule_home();
		struct policy_verdict v;

		places_add(&p.where.open, rule_place("FR"));
		p.profiles = profiles;
		p.profiles_count = COUNT(profiles);
		p.hours = (struct hours){ 0, rows[i].closed, 1, 900 };
		f.time = (struct policy_time){ 20261128, 180, 5 };
		f.approved = rows[i].approved;
		f.calls_own = rows[i].calls;
		v = rule_check(&p, &f, rows[i].rule, rows[i].why);
		CHECK(v.off_hours && (!v.allow || v.longest_s == 900), rows[i].why);
		f.emergency = true;
		rule_check(&p, &f, "emergency", "R59 at night, too");
	}
}

TEST(a_group_has_hours_of_its_own)
{
	const struct policy_group group = { .hours = 1 };
	const struct policy_time night = { 20261128, 1400, 5 };
	struct policy p = rule_site();

	p.profiles = profiles;
	p.profiles_count = COUNT(profiles);
	p.hours.profile = 0;
	p.groups = &group;
	p.groups_count = 1;
	CHECK(policy_off_hours(&p, POLICY_NONE, &night), "the site's");
	CHECK(!policy_off_hours(&p, 0, &night), "the night shift's");
}
