#include "proc/site_judge.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "proc/site.h"

#define ZONES "/usr/share/zoneinfo/"

_Static_assert((int)CONF_TRUNKS_MAX <= (int)JUDGE_TRUNKS_MAX, "trunks");
_Static_assert((int)CONF_BUDGETS_MAX <= (int)JUDGE_BUDGETS_MAX, "budgets");
_Static_assert((int)CONF_RENDER_PLUS == (int)NUMBER_RENDER_PLUS &&
               (int)CONF_RENDER_INTERNATIONAL == (int)NUMBER_RENDER_IDD &&
               (int)CONF_RENDER_NATIONAL == (int)NUMBER_RENDER_NATIONAL &&
               (int)CONF_RENDER_E164 == (int)NUMBER_RENDER_E164, "one order of renderings");
_Static_assert((int)LEDGER_ENFORCE == (int)POLICY_ENFORCE &&
               (int)LEDGER_DRY_RUN == (int)POLICY_DRY_RUN &&
               (int)LEDGER_OFF == (int)POLICY_OFF, "one order of modes");

/* One block, so that there is one thing to free; `rules` is its first field. */
struct site_judge {
	struct judge_rules rules;
	struct policy *policy;
	struct number_plan plan;
	struct tg_zone zone;
	struct ledger_calendar calendar;
	struct judge_trunk trunk[CONF_TRUNKS_MAX];
	struct judge_budget budget[CONF_BUDGETS_MAX];
	struct slice group[CONF_GROUPS_MAX], pbx[CONF_PBXS_MAX];
};

/* ---- the zone ---- */

enum tg_err site_zone_read(struct tg_zone *out, struct slice name)
{
	static char octets[TG_ZONE_BYTES_MAX];
	char path[128];
	ssize_t n;
	int fd;

	if (name.len == 0 || name.p[0] == '/' || name.p[0] == '.' ||
	    (size_t)snprintf(path, sizeof(path), ZONES "%.*s", SLICE_FMT(name)) >= sizeof(path))
		return TG_ENOENT;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return TG_ENOENT;
	n = read(fd, octets, sizeof(octets));
	close(fd);
	return n > 0 ? tg_zone_parse(out, slice_of(octets, (size_t)n)) : TG_EBAD;
}

/* ---- the calendar ---- */

static void add_holiday(struct ledger_calendar *c, int64_t day)
{
	if (c->holidays < LEDGER_HOLIDAYS_MAX)
		c->holiday[c->holidays++] = (int32_t)day;
}

/** 20261224 is that day; 1224 is that day of last year, this one and the next two. */
static void make_holidays(struct ledger_calendar *c, const struct hours_profile *p, int32_t year)
{
	for (uint32_t i = 0; i < p->holidays_count; i++) {
		unsigned month = p->holidays[i] / 100 % 100, day = p->holidays[i] % 100;
		int32_t from = (int32_t)(p->holidays[i] / 10000);

		if (from != 0) {
			add_holiday(c, tg_days_of(from, month, day));
			continue;
		}
		for (from = year - 1; from <= year + 2; from++)
			add_holiday(c, tg_days_of(from, month, day));
	}
}

static bool make_calendar(struct site_judge *s, uint64_t wall_ms)
{
	const struct policy *policy = s->policy;
	const struct hours_profile *p;
	struct tg_local local;

	if (policy->mode[POLICY_HOURS] == POLICY_OFF ||
	    policy->hours.profile >= policy->profiles_count)
		return false;
	p = &policy->profiles[policy->hours.profile];
	for (unsigned i = 0; i < COUNT(s->calendar.open); i++) {
		if ((p->days >> i & 1) == 0)
			continue;
		s->calendar.open[i].from = p->from;
		s->calendar.open[i].to = p->to;
	}
	tg_zone_local(&s->zone, (int64_t)(wall_ms / 1000), &local);
	make_holidays(&s->calendar, p, local.year);
	return true;
}

/* ---- numbers and budgets ---- */

static void keep_prefix(char *to, size_t cap, struct slice from)
{
	if (from.len == 0 || from.len >= cap)
		return; /* the metadata's stays */
	memset(to, 0, cap);
	memcpy(to, from.p, from.len);
}

static bool make_plan(struct site_judge *s, const struct conf *conf)
{
	const struct conf_numbers *n = &conf->numbers;

	if (n->home.len == 0 || number_plan_init(&s->plan, number_territory_find(n->home),
	                                         n->outside_line) != TG_OK)
		return false;
	keep_prefix(s->plan.national, sizeof(s->plan.national), n->national);
	keep_prefix(s->plan.international, sizeof(s->plan.international), n->international);
	return true;
}

static void make_trunks(struct site_judge *s, const struct conf *conf)
{
	for (uint32_t i = 0; i < conf->trunks_count; i++)
		s->trunk[i] = (struct judge_trunk){
			.name = conf->trunks[i].name,
			.rendering = { &s->plan, conf->trunks[i].render,
			               conf->trunks[i].tech_prefix },
		};
}

static tg_micro money_or_none(tg_micro amount)
{
	return amount != 0 ? amount : LEDGER_NO_MONEY;
}

static uint32_t count_or_none(uint32_t count)
{
	return count != 0 ? count : LEDGER_NO_COUNT;
}

static struct ledger_budget limits_of(const struct conf_budget *b)
{
	struct ledger_budget l = LEDGER_BUDGET_NONE;

	l.money[LEDGER_HOUR] = money_or_none(b->hour);
	l.money[LEDGER_DAY] = money_or_none(b->day);
	l.money[LEDGER_WEEK] = money_or_none(b->week);
	l.money[LEDGER_MONTH] = money_or_none(b->month);
	l.money[LEDGER_OFF_HOURS] = money_or_none(b->off_hours);
	l.call = money_or_none(b->per_call);
	l.calls = count_or_none(b->calls);
	l.calls_minute = count_or_none(b->calls_minute);
	l.calls_hour = count_or_none(b->calls_hour);
	l.destinations = count_or_none(b->destinations);
	l.call_s = count_or_none(b->longest_s);
	l.mode = b->mode;
	return l;
}

static void make_names(struct site_judge *s, const struct conf *conf)
{
	for (uint32_t i = 0; i < conf->pbxs_count; i++)
		s->pbx[i] = conf->pbxs[i].name;
	for (uint32_t i = 0; i < conf->groups_count; i++)
		s->group[i] = conf->groups[i].name;
}

static void make_budgets(struct site_judge *s, const struct conf *conf)
{
	static const uint8_t kinds[] = {
		[CONF_BUDGET_SITE] = LEDGER_SITE,       [CONF_BUDGET_ACCOUNT] = LEDGER_ACCOUNT,
		[CONF_BUDGET_GROUP] = LEDGER_GROUP,     [CONF_BUDGET_PBX] = LEDGER_PBX,
		[CONF_BUDGET_TRUNK] = LEDGER_TRUNK,     [CONF_BUDGET_CLASS] = LEDGER_CLASS,
	};

	for (uint32_t i = 0; i < conf->budgets_count; i++)
		s->budget[i] = (struct judge_budget){
			.kind = kinds[conf->budgets[i].of],
			.name = conf->budgets[i].name,
			.limits = limits_of(&conf->budgets[i]),
		};
}

/* ---- all of it ---- */

struct judge_rules *site_judge_new(const struct conf *conf, uint64_t wall_ms,
                                   char why[SITE_WHY_MAX])
{
	struct site_judge *s = calloc(1, sizeof(*s));
	bool priced, hours;

	snprintf(why, SITE_WHY_MAX, "no memory for the rules");
	if (s == NULL)
		return NULL;
	s->policy = site_policy_new(conf);
	if (s->policy == NULL || site_zone_read(&s->zone, conf->money.zone) != TG_OK) {
		if (s->policy != NULL)
			snprintf(why, SITE_WHY_MAX, "the time zone %.*s is not in " ZONES
			         ": install tzdata, or correct money.zone",
			         SLICE_FMT(conf->money.zone));
		site_judge_free(&s->rules);
		return NULL;
	}
	priced = make_plan(s, conf);
	hours = make_calendar(s, wall_ms);
	make_trunks(s, conf);
	make_names(s, conf);
	make_budgets(s, conf);
	s->rules = (struct judge_rules){
		.policy = s->policy,
		.plan = priced ? &s->plan : NULL,
		.zone = &s->zone,
		.calendar = hours ? &s->calendar : NULL,
		.trunk = s->trunk,
		.trunks = (uint16_t)conf->trunks_count,
		.first_trunk = conf->outbound.trunks_count > 0 ? conf->outbound.trunks[0].index : 0,
		.budget = s->budget,
		.budgets = conf->budgets_count,
		.pbx = s->pbx,
		.pbxs = (uint16_t)conf->pbxs_count,
		.group = s->group,
		.groups = (uint16_t)conf->groups_count,
		.default_group = conf->accounts.default_group.index,
		.currency = conf->money.currency,
		.renew_s = conf->money.renew_s,
	};
	return &s->rules;
}

void site_judge_free(struct judge_rules *rules)
{
	struct site_judge *s = (struct site_judge *)rules;

	if (s == NULL)
		return;
	site_policy_free(s->policy);
	free(s);
}
