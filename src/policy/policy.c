#include "policy/policy.h"

#include <string.h>

#include "policy/rule_priv.h"

/* ---- calls that stay inside ---- */

enum rule_answer inbound_decide(const struct policy *p, const struct policy_facts *f,
                                struct policy_verdict *v)
{
	if (f->party != POLICY_TRUNK)
		return RULE_NEXT;
	v->emergency = f->call_back; /* it may use the reserve */
	for (uint32_t i = 0; i < p->inbound_count; i++) {
		const struct policy_inbound *row = &p->inbound[i];

		if (!slice_eq(row->number, f->dialled) ||
		    (row->trunk >= 0 && row->trunk != f->peer))
			continue;
		if (row->pbx < 0)
			return rule_allow(v, POLICY_ACCOUNT, row->account, SLICE("inbound"));
		v->peer = (uint16_t)row->pbx;
		return rule_allow(v, POLICY_PBX, f->dialled, SLICE("inbound"));
	}
	if (f->call_back && f->call_back_account.len > 0)
		return rule_allow(v, POLICY_ACCOUNT, f->call_back_account,
		                  SLICE("emergency-call-back"));
	if (f->call_back) {
		v->peer = f->call_back_pbx;
		return rule_allow(v, POLICY_PBX, f->dialled, SLICE("emergency-call-back"));
	}
	rule_refuse(v, SLICE("no-inbound-number"),
	            SLICE("List the number in inbound, exactly as the trunk sends it."));
	v->status = 404;
	return RULE_REFUSE; /* never onward to a trunk: C12 */
}

enum rule_answer inside_decide(const struct policy *p, const struct policy_facts *f,
                               struct policy_verdict *v)
{
	if (f->dialled_is_account)
		return rule_allow(v, POLICY_ACCOUNT, f->dialled, SLICE("account"));
	if (f->party == POLICY_ACCOUNT && p->pbx >= 0) {
		v->peer = (uint16_t)p->pbx;
		return rule_allow(v, POLICY_PBX, f->dialled, SLICE("pbx"));
	}
	if (!p->has_trunks || (p->home == 0 && number_kind_of(f->dialled) != NUMBER_DIGITS))
		return rule_refuse(v, SLICE("not-listed"),
		                   SLICE("Neither an account nor a number that may be called."));
	if (p->home != 0 && f->called.digits.len == 0)
		return rule_refuse(v, SLICE("where-number"),
		                   SLICE("Neither an account nor a number that one could dial."));
	v->chargeable = true;
	v->caller = f->claimed;
	v->off_hours = policy_off_hours(p, f->account.group, &f->time);
	return RULE_NEXT;
}

/* ---- the chain ---- */

static const struct step {
	struct slice name;
	rule_decide *decide;
	bool always; /* has no switch: emergency calls and routing */
} steps[POLICY_RULES] = {
	[POLICY_EMERGENCY] = { SLICE_INIT("emergency"), emergency_decide, true },
	[POLICY_SOURCE] = { SLICE_INIT("source"), source_decide, false },
	[POLICY_INBOUND] = { SLICE_INIT("inbound"), inbound_decide, true },
	[POLICY_INSIDE] = { SLICE_INIT("inside"), inside_decide, true },
	[POLICY_CALLER_ID] = { SLICE_INIT("caller-id"), caller_id_decide, false },
	[POLICY_APPROVAL] = { SLICE_INIT("approval"), approval_decide, false },
	[POLICY_LOCKDOWN] = { SLICE_INIT("lockdown"), lockdown_decide, false },
	[POLICY_PASS] = { SLICE_INIT("pass"), pass_decide, false },
	[POLICY_WHERE] = { SLICE_INIT("where"), where_decide, false },
	[POLICY_UNATTRIBUTED] = { SLICE_INIT("unattributed"), unattributed_decide, false },
	[POLICY_HOURS] = { SLICE_INIT("hours"), hours_decide, false },
	[POLICY_FIRST_USE] = { SLICE_INIT("first-use"), first_use_decide, false },
};

/* Without a home the list is all there is, so that nothing may switch it off. */
static uint8_t mode_of(const struct policy *p, uint8_t rule)
{
	if (steps[rule].always || (rule == POLICY_WHERE && p->home == 0))
		return POLICY_ENFORCE;
	return p->mode[rule];
}

/* What a dry rule would do; the verdict stays as it is. */
static void try_dry(const struct policy *p, const struct policy_facts *f, struct policy_verdict *v,
                    uint8_t rule)
{
	struct policy_verdict copy = *v;

	if (steps[rule].decide(p, f, &copy) == RULE_REFUSE)
		v->would_refuse |= 1u << rule;
}

void policy_decide(struct policy_verdict *v, const struct policy *p, const struct policy_facts *f)
{
	memset(v, 0, sizeof(*v));
	for (uint8_t rule = 0; rule < POLICY_RULES; rule++) {
		uint8_t mode = mode_of(p, rule);
		enum rule_answer answer;

		if (mode == POLICY_OFF)
			continue;
		v->seen |= 1u << rule;
		if (mode == POLICY_DRY_RUN) {
			try_dry(p, f, v, rule);
			continue;
		}
		answer = steps[rule].decide(p, f, v);
		if (answer == RULE_NEXT)
			continue;
		v->by = rule;
		v->allow = answer == RULE_ALLOW;
		return;
	}
	v->allow = true;
	v->party = POLICY_TRUNK;
	v->to = f->dialled;
	if (!rule_opened(v))
		rule_open(v, SLICE("unchecked"), POLICY_WHERE);
}

struct slice policy_rule_name(uint8_t rule)
{
	return rule < POLICY_RULES ? steps[rule].name : SLICE("");
}

void policy_count(struct policy_counts *counts, const struct policy_verdict *v)
{
	for (uint8_t rule = 0; rule < POLICY_RULES; rule++) {
		counts->seen[rule] += v->seen >> rule & 1;
		counts->would_refuse[rule] += v->would_refuse >> rule & 1;
	}
	if (!v->allow)
		counts->refused[v->by]++;
}
