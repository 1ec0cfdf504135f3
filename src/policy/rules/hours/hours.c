/*
 * OURS: a holiday has no office hours at all.  Hours over midnight belong to the day on which they
 * begin: 22:00-06:00 on Friday ends on Saturday morning, unless Saturday's own row says more.
 */
#include "policy/rule_priv.h"

static bool holiday(const struct hours_profile *h, uint32_t date)
{
	for (uint32_t i = 0; i < h->holidays_count; i++)
		if (h->holidays[i] == date || h->holidays[i] == date % 10000)
			return true;
	return false;
}

static bool day_open(const struct hours_profile *h, unsigned weekday, uint32_t date)
{
	return (h->days >> weekday & 1) != 0 && !holiday(h, date);
}

static bool is_open(const struct hours_profile *h, const struct policy_time *t)
{
	bool today = day_open(h, t->weekday, t->date);

	if (h->from < h->to)
		return today && t->minute >= h->from && t->minute < h->to;
	/* over midnight; yesterday's holiday is not known and does not matter: it opens less */
	return (today && t->minute >= h->from) ||
	       (t->minute < h->to && (h->days >> (t->weekday + 6) % 7 & 1) != 0 &&
	        !holiday(h, t->date));
}

bool policy_off_hours(const struct policy *p, uint16_t group, const struct policy_time *time)
{
	uint16_t at = p->hours.profile;

	if (group < p->groups_count && p->groups[group].hours != POLICY_NONE)
		at = p->groups[group].hours;
	return at < p->profiles_count && !is_open(&p->profiles[at], time);
}

enum rule_answer hours_decide(const struct policy *p, const struct policy_facts *f,
                              struct policy_verdict *v)
{
	const struct hours *h = &p->hours;

	if (p->home == 0 || !v->off_hours)
		return RULE_NEXT;
	if (v->by != POLICY_APPROVAL &&
	    (h->closed == HOURS_ALL ||
	     (h->closed == HOURS_INTERNATIONAL && rule_international(p, f))))
		return rule_refuse(v, SLICE("hours"),
		                   SLICE("Closed outside office hours (rules.hours.closed)."));
	if (h->calls > 0 && f->calls_own >= h->calls)
		return rule_refuse(v, SLICE("hours"),
		                   SLICE("Outside office hours so many calls are up already "
		                         "(rules.hours.calls)."));
	rule_shorten(v, h->longest_s);
	return RULE_NEXT;
}
