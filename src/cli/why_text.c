#include "cli/why_text.h"

#define BUDGET "`tollgate limits` shows what is left; raise the budget in the configuration"

static const struct why_rule rows[] = {
	/* policy */
	{ "emergency", "an emergency number: every limit stands aside", "" },
	{ "source-not-allowed", "the account may not call from that address",
	  "add the network to the account (`tollgate account`), if it is really you" },
	{ "source-not-tls", "the account calls over TLS only", "let the phone register over TLS" },
	{ "source-country", "a country that rules.source does not list",
	  "list it in rules.source, if it is really you" },
	{ "inbound", "a number in `inbound` leads there", "" },
	{ "emergency-call-back", "it calls back who made an emergency call", "" },
	{ "no-inbound-number", "no row of `inbound` has this number",
	  "list the number exactly as the trunk sends it" },
	{ "account", "the name of an account was dialled: it stays inside", "" },
	{ "pbx", "it goes to the PBX as it was dialled", "" },
	{ "approval", "this number is open by `tollgate allow`", "`tollgate disallow` takes it back" },
	{ "lockdown", "the site is locked down", "`tollgate unlock` ends it" },
	{ "pass", "a travel pass covers the territory", "`tollgate pass ACCOUNT --end` takes it back" },
	{ "pass-calls", "the travel pass allows one call at a time", "hang up the other one" },
	{ "outbound", "the number is listed in outbound.allow", "" },
	{ "where", "territory, type and price are open", "" },
	{ "unchecked", "rules.where is off or on dry-run, and nobody refused", "" },
	{ "not-listed", "numbers.home is not set, and the number is not listed",
	  "set numbers.home, or list it in outbound.allow" },
	{ "where-number", "what was dialled is no number that could be sent",
	  "`tollgate policy explain` says how it is read" },
	{ "where-denied", "rules.where.deny names its territory, prefix or class",
	  "`tollgate allow NUMBER` opens this one number" },
	{ "where-unknown", "no such range of numbers exists", "`tollgate allow NUMBER` opens it all the same" },
	{ "where-territory", "its territory is closed",
	  "`tollgate allow NUMBER`, `tollgate pass`, or open it in rules.where" },
	{ "where-type", "its type of number is closed",
	  "`tollgate allow NUMBER`, or open the type in rules.where" },
	{ "where-price", "a minute costs more than the ceiling",
	  "import the trunk's rates, `tollgate allow NUMBER`, or raise the ceiling" },
	{ "unattributed", "no extension owns the call that came through the PBX",
	  "let the PBX name the extension, or widen rules.unattributed" },
	{ "hours", "closed outside office hours", "change rules.hours, or `tollgate allow NUMBER`" },
	{ "first-use", "a class of numbers that is new to the caller, and a call is up already",
	  "wait for that call to end" },
	/* budgets */
	{ "limit-hour", "the hour's money is used up", BUDGET },
	{ "limit-day", "the day's money is used up", BUDGET },
	{ "limit-week", "the week's money is used up", BUDGET },
	{ "limit-month", "the month's money is used up", BUDGET },
	{ "limit-off-hours", "the money of these off-hours is used up", BUDGET },
	{ "limit-call", "one call may not cost more", BUDGET " (per-call)" },
	{ "limit-calls", "as many calls are up as the budget allows", BUDGET " (calls)" },
	{ "limit-calls-minute", "too many calls began within a minute", BUDGET " (calls-minute)" },
	{ "limit-calls-hour", "too many calls began within an hour", BUDGET " (calls-hour)" },
	{ "limit-destinations", "too many different numbers in a day", BUDGET " (destinations)" },
	{ "limit-longest", "the call was as long as its budget allows", BUDGET " (call-length)" },
	{ "ledger-full", "no memory is left for another call", "raise limits.calls" },
	/* the vault */
	{ "trunks-full", "every trunk has its most calls up", "raise `calls` of a trunk" },
	{ "no-route-left", "no other trunk was left to try", "add a trunk to outbound.trunks" },
	{ "not-yours-to-ask", "a process asked for what is not its own", "the log names it" },
	{ "calls-full", "as many calls are up as limits.calls allows", "raise limits.calls" },
	{ "disk-slow", "the hold of its cost was not on disk within 2 s", "look at the disk" },
	{ "disk-failed", "the disk takes nothing, so no call may cost money", "look at the disk" },
	{ "process-lost", "a process that kept the call died", "the log says which" },
	{ "emergency-needs-the-line", "an emergency call needed the trunk", "" },
	{ "no-renewal", "the vault did not renew what was paid", "the log says why" },
};

const struct why_rule *why_rule_find(struct slice rule)
{
	static const struct why_rule other = { "", "see the manual for this name", "" };

	for (size_t i = 0; i < COUNT(rows); i++) {
		if (slice_eq(rule, slice_str(rows[i].rule)))
			return &rows[i];
	}
	return &other;
}
