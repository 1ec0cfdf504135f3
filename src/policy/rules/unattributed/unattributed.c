#include "policy/rule_priv.h"

enum rule_answer unattributed_decide(const struct policy *p, const struct policy_facts *f,
                                     struct policy_verdict *v)
{
	const struct unattributed *u = &p->unattributed;

	/* without a home nothing is known about numbers: the list alone decides */
	if (p->home == 0 || f->party != POLICY_PBX || f->account.name.len > 0)
		return RULE_NEXT;
	if (!u->international && rule_international(p, f) && v->by != POLICY_APPROVAL)
		return rule_refuse(v, SLICE("unattributed"),
		                   SLICE("Let the PBX name the extension that calls, or set "
		                         "rules.unattributed.international."));
	if (u->calls > 0 && f->calls_own >= u->calls)
		return rule_refuse(v, SLICE("unattributed"),
		                   SLICE("Let the PBX name the extension that calls, or raise "
		                         "rules.unattributed.calls."));
	rule_shorten(v, u->longest_s);
	return RULE_NEXT;
}
