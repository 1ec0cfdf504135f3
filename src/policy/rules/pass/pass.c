#include "policy/rule_priv.h"

enum rule_answer pass_decide(const struct policy *p, const struct policy_facts *f,
                             struct policy_verdict *v)
{
	struct slice reason;

	/* what is open without it needs no pass and is not limited by it */
	if (!f->pass || rule_opened(v) || where_closed(p, f, &reason).len == 0)
		return RULE_NEXT;
	if (p->pass.calls > 0 && f->calls_own >= p->pass.calls)
		return rule_refuse(v, SLICE("pass-calls"),
		                   SLICE("The travel pass has its calls up already; hang up one."));
	rule_shorten(v, p->pass.longest_s);
	rule_open(v, SLICE("pass"), POLICY_PASS);
	return RULE_NEXT;
}
