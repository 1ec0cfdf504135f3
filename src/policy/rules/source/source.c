/*
 * From where an account may call.
 *
 * OURS: a country is looked at only when the operator lists some, only behind a network that admits
 * every address, and never refuses an address whose country is not known: the proof, the network
 * and the budgets hold then.  When the database itself cannot be used, roaming phones are refused
 * until it can: else to damage the file would be to open the door.
 */
#include "policy/rule_priv.h"

enum rule_answer source_decide(const struct policy *p, const struct policy_facts *f,
                               struct policy_verdict *v)
{
	if (f->party != POLICY_ACCOUNT)
		return RULE_NEXT; /* PBX and trunk are known by their address */
	if (!f->source.allowed)
		return rule_refuse(v, SLICE("source-not-allowed"),
		                   SLICE("Add the network to the account, if this is its owner."));
	if (f->account.tls_only && !f->source.tls)
		return rule_refuse(v, SLICE("source-not-tls"),
		                   SLICE("The account calls by TLS only; set the phone to TLS."));
	if (!p->source.by_country || !f->source.everywhere || f->source.country == 0)
		return RULE_NEXT;
	if (f->source.country == POLICY_NONE)
		return rule_refuse(v, SLICE("source-country"),
		                   SLICE("Repair the file of rules.source.database; `tollgate "
		                         "check` says what is wrong with it."));
	if (!places_has(&p->source.countries, f->source.country))
		return rule_refuse(v, SLICE("source-country"),
		                   SLICE("Add the country to rules.source.countries, or the "
		                         "address to a network of the account."));
	return RULE_NEXT;
}
