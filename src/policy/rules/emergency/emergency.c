/*
 * Emergency numbers (R59, C23, promise 4): first of all, from wherever a proven account calls.
 *
 * OURS: has no switch.  Without a trunk the call is not refused here: an account of that name or
 * the PBX may still take it.
 */
#include "policy/rule_priv.h"

static bool listed(const struct policy *p, struct slice dialled)
{
	for (uint32_t i = 0; i < p->emergency_count; i++)
		if (slice_eq(p->emergency[i].digits, dialled))
			return true;
	return false;
}

enum rule_answer emergency_decide(const struct policy *p, const struct policy_facts *f,
                                  struct policy_verdict *v)
{
	if (f->party == POLICY_TRUNK || !p->has_trunks ||
	    (!f->emergency && !listed(p, f->dialled)))
		return RULE_NEXT;
	v->emergency = true;
	(void)caller_id_decide(p, f, v); /* where the call can be answered to */
	return rule_allow(v, POLICY_TRUNK, f->dialled, SLICE("emergency"));
}
