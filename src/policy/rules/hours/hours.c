/*
 * OURS: a holiday has no office hours.  Hours over midnight, such as 22:00-06:00, belong to the day
 * that the calendar shows: its first six hours and its last two (as in ledger/clock.h).
 */
#include "policy/rule_priv.h"

static bool is_open(const struct hours_profile *h, const struct policy_time *t)
{
	for (uint32_t i = 0; i < h->holidays_count; i++)
		if (h->holidays[i] == t->date || h->holidays[i] == t->date % 10000)
			return false;
	if ((h->days >> t->weekday & 1) == 0)
		return false;
	return h->from < h->to ? t->minute >= h->from && t->minute < h->to :
	                         t->minute >= h->from || t->minute < h->to;
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
