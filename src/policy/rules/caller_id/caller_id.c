/*
 * What the trunk sees as caller (C22): a number of the one who calls, whatever it claims.
 *
 * Diversion, P-Asserted-Identity and the like of phones are not even facts.
 */
#include "policy/rule_priv.h"

/* "+34911,+34912": one of them. */
static bool owns(struct slice numbers, struct slice number)
{
	struct slice one;

	while (number.len > 0 && numbers.len > 0) {
		numbers = slice_cut(numbers, ',', &one);
		if (slice_eq(one, number))
			return true;
	}
	return false;
}

static bool pbx_owns(const struct policy *p, uint16_t pbx, struct slice number)
{
	for (uint32_t i = 0; i < p->inbound_count && number.len > 0; i++)
		if (p->inbound[i].pbx == pbx && slice_eq(p->inbound[i].number, number))
			return true;
	for (uint32_t i = 0; pbx < p->pbxs_count && i < p->pbxs[pbx].numbers_count; i++)
		if (number_matches(p->pbxs[pbx].numbers[i].digits, p->pbxs[pbx].numbers[i].prefix,
		                   number))
			return true;
	return false;
}

static bool may_show(const struct policy *p, const struct policy_facts *f, struct slice number)
{
	return owns(f->account.numbers, number) ||
	       (f->party == POLICY_PBX && pbx_owns(p, f->peer, number));
}

enum rule_answer caller_id_decide(const struct policy *p, const struct policy_facts *f,
                                  struct policy_verdict *v)
{
	if (may_show(p, f, f->claimed))
		v->caller = f->claimed;
	else if (may_show(p, f, f->claimed_e164))
		v->caller = f->claimed_e164;
	else
		(void)slice_cut(f->account.numbers, ',', &v->caller);
	return RULE_NEXT;
}
