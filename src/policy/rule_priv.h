/* What the chain and the rules share: each rule is one function of this shape. */
#ifndef TG_POLICY_RULE_PRIV_H
#define TG_POLICY_RULE_PRIV_H

#include "policy/policy.h"

enum rule_answer {
	RULE_NEXT,  /* nothing to say, or opened or narrowed it */
	RULE_ALLOW, /* it goes where the verdict says; nobody else is asked */
	RULE_REFUSE
};

/** Judge: `v` is what the steps before have made of it. */
typedef enum rule_answer rule_decide(const struct policy *p, const struct policy_facts *f,
                                     struct policy_verdict *v);

rule_decide emergency_decide, source_decide, inbound_decide, inside_decide, caller_id_decide,
	approval_decide, lockdown_decide, pass_decide, where_decide, unattributed_decide,
	hours_decide, first_use_decide;

/** An earlier step has opened the number: a territory, type or price does not matter any more. */
static inline bool rule_opened(const struct policy_verdict *v)
{
	return v->rule.len > 0;
}

static inline void rule_open(struct policy_verdict *v, struct slice rule, uint8_t by)
{
	v->rule = rule;
	v->by = by;
}

static inline enum rule_answer rule_allow(struct policy_verdict *v, uint8_t party, struct slice to,
                                          struct slice rule)
{
	v->party = party;
	v->to = to;
	v->rule = rule;
	return RULE_ALLOW;
}

/* A refusal by policy is a 403 (RFC 3261 §21.4.4): asking again does not help. */
static inline enum rule_answer rule_refuse(struct policy_verdict *v, struct slice rule,
                                           struct slice reason)
{
	v->status = 403;
	v->rule = rule;
	v->reason = reason;
	return RULE_REFUSE;
}

/** The call may last at most so long; 0 = says nothing. */
static inline void rule_shorten(struct policy_verdict *v, uint32_t longest_s)
{
	if (longest_s > 0 && (v->longest_s == 0 || longest_s < v->longest_s))
		v->longest_s = longest_s;
}

static inline bool rule_international(const struct policy *p, const struct policy_facts *f)
{
	return f->called.territory != p->home;
}

/** What `where` would say by itself: empty = open, else the name of the refusal. */
struct slice where_closed(const struct policy *p, const struct policy_facts *f,
                          struct slice *reason);

#endif
