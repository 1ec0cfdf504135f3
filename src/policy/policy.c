#include "policy/policy.h"

#include <string.h>

static bool listed(const struct policy_number *list, uint32_t count, struct slice dialled)
{
	for (uint32_t i = 0; i < count; i++) {
		if (number_matches(list[i].digits, list[i].prefix, dialled))
			return true;
	}
	return false;
}

static void refuse(struct policy_verdict *v, uint16_t status, struct slice rule)
{
	v->allow = false;
	v->status = status;
	v->rule = rule;
}

static void allow(struct policy_verdict *v, uint8_t party, struct slice to, struct slice rule)
{
	v->allow = true;
	v->party = party;
	v->to = to;
	v->rule = rule;
}

static void decide_inbound(struct policy_verdict *v, const struct policy *p,
                           const struct policy_facts *f)
{
	for (uint32_t i = 0; i < p->inbound_count; i++) {
		const struct policy_inbound *row = &p->inbound[i];

		if (!slice_eq(row->number, f->dialled) ||
		    (row->trunk >= 0 && row->trunk != f->peer))
			continue;
		if (row->pbx >= 0) {
			allow(v, POLICY_PBX, f->dialled, SLICE("inbound"));
			v->peer = (uint16_t)row->pbx;
		} else {
			allow(v, POLICY_ACCOUNT, row->account, SLICE("inbound"));
		}
		return;
	}
	refuse(v, 404, SLICE("no-inbound-number"));
}

void policy_decide(struct policy_verdict *v, const struct policy *p, const struct policy_facts *f)
{
	memset(v, 0, sizeof(*v));
	if (f->party == POLICY_TRUNK) {
		decide_inbound(v, p, f); /* never onward to a trunk: C12 */
		return;
	}
	if (p->has_trunks && listed(p->emergency, p->emergency_count, f->dialled)) {
		allow(v, POLICY_TRUNK, f->dialled, SLICE("emergency"));
		v->emergency = true; /* from wherever a proven account calls (promise 4) */
	} else if (f->party == POLICY_ACCOUNT && !f->source_allowed) {
		refuse(v, 403, SLICE("source-not-allowed"));
	} else if (f->dialled_is_account) {
		allow(v, POLICY_ACCOUNT, f->dialled, SLICE("account"));
	} else if (f->party == POLICY_ACCOUNT && p->pbx >= 0) {
		allow(v, POLICY_PBX, f->dialled, SLICE("pbx"));
		v->peer = (uint16_t)p->pbx;
	} else if (p->has_trunks && number_kind_of(f->dialled) == NUMBER_DIGITS &&
	           listed(p->allow, p->allow_count, f->dialled)) {
		allow(v, POLICY_TRUNK, f->dialled, SLICE("outbound"));
	} else {
		refuse(v, 403, SLICE("not-listed"));
	}
}
