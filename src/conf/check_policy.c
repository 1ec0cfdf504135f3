/*
 * Numbers, money and rules that contradict each other or themselves (R107), what follows from
 * other rows, and the budgets that hold when none is written.
 */
#include "conf/conf_priv.h"

#include "number/number.h"

#define AT(field) conf_place(job, &(field))
#define SHOW(slice) conf_cut(slice).s
#define SHOW_MONEY(amount) show_money(amount).s

static struct conf_shown show_money(tg_micro amount)
{
	struct conf_shown out = { { 0 } };
	struct buf b = buf_on(out.s, sizeof(out.s) - 1);

	tg_micro_write(&b, amount);
	return out;
}

static bool listed(const struct slice *names, uint32_t count, struct slice name)
{
	for (uint32_t i = 0; i < count; i++)
		if (slice_eq(names[i], name))
			return true;
	return false;
}

/* ---- without a home nothing is known about numbers ---- */

static void check_needs_home(struct conf_job *job)
{
	const struct conf *c = job->conf;
	const char *end = "needs numbers.home, because without it no number is known and priced";

	if (c->numbers.outside_line.len > 0)
		conf_wrong(job, AT(c->numbers.outside_line), "numbers.outside-line: this %s", end);
	if (c->budgets_count > 0)
		conf_wrong(job, AT(c->budgets[0].of), "budgets: a budget %s", end);
	if (c->rules.where.territories_count > 0)
		conf_wrong(job, AT(c->rules.where.territories[0]),
		           "rules.where.territories: this %s", end);
	if (c->rules.where.zones_count > 0)
		conf_wrong(job, AT(c->rules.where.zones[0]), "rules.where.zones: this %s", end);
	if (c->rules.where.ceiling > 0)
		conf_wrong(job, AT(c->rules.where.ceiling), "rules.where.ceiling: this %s", end);
	for (uint32_t i = 0; i < c->trunks_count; i++) {
		const struct conf_trunk *t = &c->trunks[i];

		if (t->render != CONF_RENDER_PLUS || t->tech_prefix.len > 0)
			conf_wrong(job, t->tech_prefix.len > 0 ? AT(t->tech_prefix) : AT(t->render),
			           "trunks: to write numbers anew for \"%s\" %s",
			           SHOW(t->name), end);
	}
}

static void check_home(struct conf_job *job)
{
	const struct conf *c = job->conf;
	uint16_t home = number_territory_find(c->numbers.home);
	struct number_plan plan;

	if (home != 0 && number_plan_init(&plan, home, c->numbers.outside_line) == TG_ENOENT)
		conf_wrong(job, AT(c->numbers.home), "numbers.home: nobody dials at home in %s",
		           SHOW(c->numbers.home));
	for (uint32_t i = 0; i < c->outbound.allow_count; i++) {
		const struct conf_number *n = &c->outbound.allow[i];

		if (n->digits.len > 0 && n->digits.p[0] != '+')
			conf_wrong(job, AT(*n),
			           "outbound.allow: with numbers.home set, a number is compared as "
			           "one whole number; write %s with a + and its country code",
			           SHOW(n->digits));
		for (uint32_t j = 0; j < c->rules.where.deny_count; j++)
			if (slice_starts(n->digits, c->rules.where.deny[j]))
				conf_wrong(job, AT(*n),
				           "outbound.allow: %s is allowed here and denied by "
				           "rules.where.deny",
				           SHOW(n->digits));
	}
}

/* ---- where ---- */

static void check_open(struct conf_job *job, const char *row, const struct slice *open,
                       uint32_t count)
{
	const struct where_rows *w = &job->conf->rules.where;

	for (uint32_t i = 0; i < count; i++)
		if (listed(w->deny_territories, w->deny_territories_count, open[i]))
			conf_wrong(job, AT(open[i]),
			           "%s: %s is opened here and closed by "
			           "rules.where.deny-territories",
			           row, SHOW(open[i]));
}

static void check_where(struct conf_job *job)
{
	const struct conf *c = job->conf;
	const struct where_rows *w = &c->rules.where;

	if (listed(w->deny_territories, w->deny_territories_count, c->numbers.home) &&
	    c->numbers.home.len > 0)
		conf_wrong(job, AT(w->deny_territories[0]),
		           "rules.where.deny-territories: %s is numbers.home",
		           SHOW(c->numbers.home));
	check_open(job, "rules.where.territories", w->territories, w->territories_count);
	for (uint32_t i = 0; i < c->groups_count; i++)
		check_open(job, "groups.territories", c->groups[i].territories,
		           c->groups[i].territories_count);
}

/* ---- hours ---- */

static void check_hours(struct conf_job *job)
{
	struct conf *c = job->conf;
	struct slice profile = c->rules.hours.profile;

	for (uint32_t i = 0; i < c->hours_count; i++) {
		struct conf_hours *h = &c->hours[i];

		(void)conf_read_hours(h->open, &h->from, &h->to); /* its row has checked it */
		if (h->days_count == 0 && h->name.len > 0)
			conf_wrong(job, AT(h->name), "hours: \"%s\" has no day; without office "
			           "hours leave it out", SHOW(h->name));
	}
	if (profile.len > 0 && conf_hours_find(c, profile) == CONF_NONE)
		conf_wrong(job, AT(c->rules.hours.profile),
		           "rules.hours.profile: there is no \"%s\" in hours", SHOW(profile));
}

/* ---- budgets ---- */

static const char *const scopes[] = { "site", "account", "group", "pbx", "trunk", "class" };

static uint16_t class_find(struct slice name)
{
	int class = number_class_find(name);

	return class < 0 ? CONF_NONE : (uint16_t)class;
}

static void find_name(struct conf_job *job, struct conf_budget *b)
{
	const struct conf *c = job->conf;

	b->index = CONF_NONE;
	switch (b->name.len > 0 ? b->of : CONF_BUDGET_ACCOUNT) {
	case CONF_BUDGET_SITE:
		conf_wrong(job, AT(b->name), "budgets.name: there is one site; leave the name out");
		return;
	case CONF_BUDGET_GROUP:
		b->index = conf_group_find(c, b->name);
		break;
	case CONF_BUDGET_PBX:
		b->index = conf_pbx_find(c, b->name);
		break;
	case CONF_BUDGET_TRUNK:
		b->index = conf_trunk_find(c, b->name);
		break;
	case CONF_BUDGET_CLASS:
		b->index = class_find(b->name);
		break;
	default:
		return; /* accounts are made later than this file */
	}
	if (b->index == CONF_NONE)
		conf_wrong(job, AT(b->name), "budgets.name: there is no %s \"%s\"", scopes[b->of],
		           SHOW(b->name));
}

/* Of two limits that are both set the first must not be above the second, or it means nothing. */
static void check_order(struct conf_job *job, const struct conf_budget *b)
{
	const struct {
		const char *name;
		const tg_micro *limit;
	} money[] = { { "per-call", &b->per_call }, { "hour", &b->hour }, { "day", &b->day },
		      { "week", &b->week },         { "month", &b->month } };

	for (size_t i = 0; i < COUNT(money); i++)
		for (size_t j = i + 1; j < COUNT(money); j++) {
			if (*money[i].limit == 0 || *money[j].limit == 0 ||
			    *money[i].limit <= *money[j].limit)
				continue;
			conf_wrong(job, conf_place(job, money[i].limit),
			           "budgets.%s: %s is above the limit of the %s, %s, so it would "
			           "never be reached",
			           money[i].name, SHOW_MONEY(*money[i].limit), money[j].name,
			           SHOW_MONEY(*money[j].limit));
			break;
		}
	if (b->off_hours > 0 && b->day > 0 && b->off_hours > b->day)
		conf_wrong(job, AT(b->off_hours),
		           "budgets.off-hours: %s is above the limit of the day, %s; off-hours "
		           "limits are the lower ones",
		           SHOW_MONEY(b->off_hours), SHOW_MONEY(b->day));
	if (b->calls_minute > 0 && b->calls_hour > 0 && b->calls_minute > b->calls_hour)
		conf_wrong(job, AT(b->calls_minute),
		           "budgets.calls-minute: %u is above calls-hour, %u, so it would never be "
		           "reached",
		           b->calls_minute, b->calls_hour);
}

static bool limits_nothing(const struct conf_budget *b)
{
	return (b->per_call | b->hour | b->day | b->week | b->month | b->off_hours) == 0 &&
	       (b->calls | b->calls_minute | b->calls_hour | b->destinations | b->longest_s) == 0;
}

static void check_budgets(struct conf_job *job)
{
	struct conf *c = job->conf;

	for (uint32_t i = 0; i < c->budgets_count; i++) {
		struct conf_budget *b = &c->budgets[i];

		find_name(job, b);
		check_order(job, b);
		/* a limit that was refused is zero, too */
		if (limits_nothing(b) && b->mode != POLICY_OFF && job->mistakes->count == 0)
			conf_wrong(job, AT(b->of),
			           "budgets: this one has no limit; to have none on purpose write "
			           "mode: off");
		for (uint32_t j = 0; j < i; j++)
			if (b->of == c->budgets[j].of && slice_eq(b->name, c->budgets[j].name))
				conf_wrong(job, AT(b->of),
				           "budgets: there is one for this already in line %u",
				           AT(c->budgets[j].of).line);
	}
}

/** Also against the budget that holds when none is written. */
static void check_hours_calls(struct conf_job *job)
{
	struct conf *c = job->conf;

	for (uint32_t i = 0; i < c->budgets_count; i++) {
		const struct conf_budget *b = &c->budgets[i];

		if (b->of == CONF_BUDGET_ACCOUNT && b->calls > 0 && b->name.len == 0 &&
		    c->rules.hours.mode != POLICY_OFF && c->rules.hours.calls > b->calls)
			conf_wrong(job, AT(c->rules.hours.calls),
			           "rules.hours.calls: %u is above the %u calls that an account may "
			           "have at any time; off-hours limits are the lower ones",
			           c->rules.hours.calls, b->calls);
	}
}

/* What holds when nothing is written for the site, or for accounts. */
static const struct conf_budget usual[] = {
	{ .of = CONF_BUDGET_SITE,
	  .index = CONF_NONE,
	  .per_call = 5 * TG_MICRO_UNIT,
	  .day = 50 * TG_MICRO_UNIT,
	  .month = 500 * TG_MICRO_UNIT,
	  .off_hours = 10 * TG_MICRO_UNIT },
	{ .of = CONF_BUDGET_ACCOUNT,
	  .index = CONF_NONE,
	  .per_call = 5 * TG_MICRO_UNIT,
	  .day = 10 * TG_MICRO_UNIT,
	  .off_hours = 5 * TG_MICRO_UNIT,
	  .calls = 2,
	  .calls_minute = 10,
	  .destinations = 50 },
};

static void add_budgets(struct conf_job *job)
{
	struct conf *c = job->conf;

	for (size_t i = 0; i < COUNT(usual); i++) {
		bool given = false;

		for (uint32_t j = 0; j < c->budgets_count; j++)
			given = given || (c->budgets[j].of == usual[i].of &&
			                  c->budgets[j].name.len == 0);
		if (given)
			continue;
		if (c->budgets_count == CONF_BUDGETS_MAX)
			conf_wrong(job, AT(c->budgets[0].of),
			           "budgets: %d are allowed, and one of these must be for every "
			           "%s, without a name",
			           CONF_BUDGETS_MAX, scopes[usual[i].of]);
		else
			c->budgets[c->budgets_count++] = usual[i];
	}
}

static void check_source(struct conf_job *job)
{
	const struct source_rows *s = &job->conf->rules.source;

	if (s->countries_count > 0 && s->database.len == 0)
		conf_wrong(job, AT(s->countries[0]),
		           "rules.source.countries: without rules.source.database nobody knows the "
		           "country of an address");
}

void conf_check_policy(struct conf_job *job)
{
	check_source(job);
	check_hours(job);
	check_where(job);
	check_budgets(job);
	if (job->conf->numbers.home.len == 0) {
		check_needs_home(job);
	} else {
		check_home(job);
		add_budgets(job);
	}
	check_hours_calls(job);
}
