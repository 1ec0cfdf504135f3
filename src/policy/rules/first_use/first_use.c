#include "policy/rule_priv.h"

enum rule_answer first_use_decide(const struct policy *p, const struct policy_facts *f,
                                  struct policy_verdict *v)
{
	/* a number that was approved was thought about */
	if (p->home == 0 || !f->first_use || v->by == POLICY_APPROVAL)
		return RULE_NEXT;
	if (f->calls_own > 0)
		return rule_refuse(v, SLICE("first-use"),
		                   SLICE("A new kind of destination: one call at a time yet."));
	rule_shorten(v, p->first_use.longest_s);
	v->first_use = true;
	return RULE_NEXT;
}
