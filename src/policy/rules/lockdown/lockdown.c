/*
 * `tollgate lockdown` (R83, R90): closes what could cost most, by one command.
 *
 * OURS: a number that was approved stays open at the levels 1 and 2.
 */
#include "policy/rule_priv.h"

enum rule_answer lockdown_decide(const struct policy *p, const struct policy_facts *f,
                                 struct policy_verdict *v)
{
	struct slice reason = SLICE("The site is locked down; `tollgate unlock` ends it.");

	if (f->lockdown >= POLICY_EMERGENCY_ONLY ||
	    (f->lockdown >= POLICY_NO_INTERNATIONAL && !rule_opened(v) &&
	     rule_international(p, f)) ||
	    (f->lockdown >= POLICY_ONE_CALL && f->calls_site > 0))
		return rule_refuse(v, SLICE("lockdown"), reason);
	return RULE_NEXT;
}
