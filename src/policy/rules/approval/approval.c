/* One number that was allowed by one approval, without opening its country (R51). */
#include "policy/rule_priv.h"

enum rule_answer approval_decide(const struct policy *p TG_UNUSED, const struct policy_facts *f,
                                 struct policy_verdict *v)
{
	if (f->approved)
		rule_open(v, SLICE("approval"), POLICY_APPROVAL);
	return RULE_NEXT;
}
