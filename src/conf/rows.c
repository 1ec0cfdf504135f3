/*
 * The schema: one table a section.  Parser, printer, help and defaults follow from these rows; to
 * add a setting, add its field to conf.h and its row here.
 */
#include "conf/conf_priv.h"

#include <stddef.h>

static const char *const sides[] = { "inside", "outside", NULL };
static const char *const digests[] = { "md5", "both", "sha-256", NULL };
static const char *const renders[] = { "plus", "international", "national", "e164", NULL };
static const char *const modes[] = { "enforce", "dry-run", "off", NULL }; /* policy_mode */
static const char *const closed[] = { "nothing", "international", "all", NULL }; /* hours_closed */
static const char *const scopes[] = { "site", "account", "group", "pbx", "trunk", "class", NULL };
static const char *const days[] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun", NULL };
static const char *const levels[] = { "debug", "info", "warn", "error", NULL }; /* log_level */

#define AT(type, field) .offset = offsetof(struct type, field)
#define LIST(type, field, n) \
	.offset = offsetof(struct type, field), \
	.count_offset = offsetof(struct type, field##_count), .cap = (n)

static const struct conf_row site[] = {
	{ "name", CONF_T_TEXT, AT(conf_site, name), .def = "tollgate", .check = conf_text_name,
	  .help = "How this tollgate calls itself in logs and records." },
	{ "domain", CONF_T_TEXT, AT(conf_site, domain), .def = "tollgate",
	  .check = conf_text_domain,
	  .help = "Host part of the accounts' addresses and realm of their passwords. Phones may use an "
	          "address of an interface instead. Changing it makes every account's secret invalid." },
	{ "data", CONF_T_TEXT, AT(conf_site, data), .def = "/var/lib/tollgate",
	  .check = conf_text_path,
	  .help = "Directory of the database and the keys; only tollgate may read it." },
};

static const struct conf_row interfaces[] = {
	{ "name", CONF_T_TEXT, AT(conf_interface, name), .check = conf_text_name,
	  .help = "Name by which other sections refer to it." },
	{ "listen", CONF_T_ADDR, AT(conf_interface, listen), .port = 5060,
	  .help = "The one address for SIP over UDP; media uses the same address." },
	{ "side", CONF_T_CHOICE, AT(conf_interface, side), .names = sides,
	  .help = "inside: only people you know can send packets to it. outside: everybody can." },
	{ "advertise", CONF_T_ADDR, AT(conf_interface, advertise), .def = "", .from = "listen",
	  .help = "The address that peers see when a router translates it. Without a port it has that "
	          "of listen." },
};

static const struct conf_row networks[] = {
	{ "name", CONF_T_TEXT, AT(conf_network, name), .check = conf_text_name,
	  .help = "Name by which accounts refer to it." },
	{ "interface", CONF_T_REF, AT(conf_network, interface), .target = "interfaces",
	  .check = conf_text_name, .help = "Interface at which its packets must arrive." },
	{ "prefix", CONF_T_PREFIX, AT(conf_network, prefix), .def = "",
	  .help = "Addresses from which phones may register and call. 0.0.0.0/0 on an outside interface "
	          "admits phones from everywhere; they still prove themselves by their secret." },
	{ "host", CONF_T_TEXT, AT(conf_network, host), .def = "", .check = conf_text_host,
	  .help = "Instead of a prefix, a host name whose addresses it has, such as that of a router "
	          "with dynamic DNS. It is looked up again and again; private addresses and those of "
	          "PBXs and trunks are left out." },
};

static const struct conf_row pbxs[] = {
	{ "name", CONF_T_TEXT, AT(conf_pbx, name), .check = conf_text_name,
	  .help = "Name by which inbound numbers refer to it." },
	{ "interface", CONF_T_REF, AT(conf_pbx, interface), .target = "interfaces",
	  .check = conf_text_name, .help = "Inside interface at which it is reached." },
	{ "address", CONF_T_HOST, AT(conf_pbx, address), .port = 5060,
	  .help = "Its fixed address; who sends from there at that interface is the PBX." },
	{ "domain", CONF_T_TEXT, AT(conf_pbx, domain), .def = "", .from = "address",
	  .check = conf_text_domain, .help = "Host part of the addresses that it wants to see." },
	{ "numbers", CONF_T_NUMBER, LIST(conf_pbx, numbers, CONF_PBX_NUMBERS_MAX), .def = "",
	  .check = conf_text_shown,
	  .help = "What it may show as caller on a trunk, beside the inbound numbers that lead to it; "
	          "else the trunk's own number is shown." },
};

static const struct conf_row trunks[] = {
	{ "name", CONF_T_TEXT, AT(conf_trunk, name), .check = conf_text_name,
	  .help = "Name of it; its secret is set with `tollgate secret set trunk/NAME`." },
	{ "interface", CONF_T_REF, AT(conf_trunk, interface), .target = "interfaces",
	  .check = conf_text_name, .help = "Interface at which the provider is reached." },
	{ "address", CONF_T_HOST, AT(conf_trunk, address), .port = 5060,
	  .help = "Where its requests go." },
	{ "networks", CONF_T_PREFIX, LIST(conf_trunk, networks, CONF_TRUNK_NETWORKS_MAX), .def = "",
	  .help = "More addresses from which the provider sends calls." },
	{ "domain", CONF_T_TEXT, AT(conf_trunk, domain), .def = "", .from = "address",
	  .check = conf_text_domain,
	  .help = "Host part of our address there and of the numbers dialled." },
	{ "realm", CONF_T_TEXT, AT(conf_trunk, realm), .def = "", .from = "domain",
	  .check = conf_text_realm,
	  .help = "The only realm for which the secret is ever used (the provider's support knows it)." },
	{ "register", CONF_T_SWITCH, AT(conf_trunk, reg), .def = "true",
	  .help = "Register there, so that calls come in at a changing address, too." },
	{ "username", CONF_T_TEXT, AT(conf_trunk, username), .def = "", .check = conf_text_login,
	  .help = "Login at the provider. Without one it knows us by our address alone." },
	{ "expires", CONF_T_COUNT, AT(conf_trunk, expires_s), .min = 60, .max = 86400, .def = "600",
	  .unit = "seconds", .help = "How long a registration there is asked to last." },
	{ "calls", CONF_T_COUNT, AT(conf_trunk, calls), .min = 1, .max = 60000, .def = "10",
	  .help = "Most calls at a time, in and out; set what the contract allows." },
	{ "render", CONF_T_CHOICE, AT(conf_trunk, render), .names = renders, .def = "plus",
	  .help = "How it wants numbers: +34911234567, 0034911234567, 911234567, 34911234567." },
	{ "tech-prefix", CONF_T_TEXT, AT(conf_trunk, tech_prefix), .def = "",
	  .check = conf_text_tech, .help = "Put before every number that is sent there." },
	{ "caller", CONF_T_TEXT, AT(conf_trunk, caller), .def = "", .from = "username",
	  .check = conf_text_user, .help = "Shown for callers that have no number of their own." },
	{ "rates", CONF_T_TEXT, AT(conf_trunk, rates), .def = "", .check = conf_text_name,
	  .help = "Name of its imported rate deck; without one the site's prices hold." },
};

static const struct conf_row inbound[] = {
	{ "number", CONF_T_NUMBER, AT(conf_inbound, number), .check = conf_text_inbound,
	  .help = "One of our numbers, as the provider sends it." },
	{ "trunk", CONF_T_REF, AT(conf_inbound, trunk), .def = "", .target = "trunks",
	  .check = conf_text_name, .help = "Only from this trunk; without it from any." },
	{ "account", CONF_T_TEXT, AT(conf_inbound, account), .def = "", .check = conf_text_user,
	  .help = "Rings the phones of this account; this or pbx." },
	{ "pbx", CONF_T_REF, AT(conf_inbound, pbx), .def = "", .target = "pbxs",
	  .check = conf_text_name, .help = "Goes to this PBX; this or account." },
};

static const struct conf_row outbound[] = {
	{ "emergency", CONF_T_NUMBER, LIST(conf_outbound, emergency, CONF_EMERGENCY_MAX),
	  .def = "112", .check = conf_text_emergency,
	  .help = "Always go out by a trunk, past every limit, for phones and PBXs that are known." },
	{ "allow", CONF_T_NUMBER, LIST(conf_outbound, allow, CONF_ALLOW_MAX), .def = "",
	  .check = conf_text_allow,
	  .help = "Numbers that may be called over the trunks; a final * means all that begin so. "
	          "Everything else is refused." },
	{ "trunks", CONF_T_REF, LIST(conf_outbound, trunks, CONF_TRUNKS_MAX), .def = "",
	  .target = "trunks", .check = conf_text_name,
	  .help = "In this order; the next one after a timeout, a 5xx answer or a dead connection." },
};

static const struct conf_row accounts[] = {
	{ "expires-min", CONF_T_COUNT, AT(conf_accounts, expires_min_s), .min = 30, .max = 86400,
	  .def = "60", .unit = "seconds", .help = "Shortest registration of a phone." },
	{ "expires-max", CONF_T_COUNT, AT(conf_accounts, expires_max_s), .min = 30, .max = 86400,
	  .def = "3600", .unit = "seconds", .help = "Longest registration of a phone." },
	{ "bindings", CONF_T_COUNT, AT(conf_accounts, bindings), .min = 1, .max = 20, .def = "5",
	  .help = "Most phones registered for one account." },
	{ "digest", CONF_T_CHOICE, AT(conf_accounts, digest), .names = digests, .def = "md5",
	  .help = "What phones are asked for. Many phones give up when they meet SHA-256 in a "
	          "challenge, even beside MD5; generated secrets are too long to be guessed from "
	          "either." },
	{ "default-networks", CONF_T_REF,
	  LIST(conf_accounts, default_networks, CONF_NETWORKS_MAX), .def = "", .target = "networks",
	  .check = conf_text_name,
	  .help = "Where accounts without networks of their own may come from; none = nowhere." },
	{ "default-group", CONF_T_REF, AT(conf_accounts, default_group), .def = "",
	  .target = "groups", .check = conf_text_name, .help = "Group of accounts that name none." },
};

static const struct conf_row numbers[] = {
	{ "home", CONF_T_TEXT, AT(conf_numbers, home), .def = "", .check = conf_text_territory,
	  .help = "The territory in which people dial here, such as ES. With it every number is known "
	          "and priced before it is dialled, and rules and budgets below hold; without it only "
	          "the numbers of outbound.allow go out, as they are dialled." },
	{ "outside-line", CONF_T_TEXT, AT(conf_numbers, outside_line), .def = "",
	  .check = conf_text_outside,
	  .help = "Digits that people dial before every number outside; numbers with a + need none." },
	{ "international", CONF_T_TEXT, AT(conf_numbers, international), .def = "",
	  .check = conf_text_international,
	  .help = "Prefix that trunks with render: international get; without one that of home." },
	{ "national", CONF_T_TEXT, AT(conf_numbers, national), .def = "",
	  .check = conf_text_national,
	  .help = "Digit before numbers within the country; without one that of home." },
};

static const struct conf_row money[] = {
	{ "currency", CONF_T_TEXT, AT(conf_money, currency), .def = "EUR",
	  .check = conf_text_currency, .help = "Of all amounts here and of the rate decks." },
	{ "zone", CONF_T_TEXT, AT(conf_money, zone), .def = "UTC", .check = conf_text_zone,
	  .help = "Time zone in which days, weeks, months and office hours are counted." },
	{ "renew", CONF_T_COUNT, AT(conf_money, renew_s), .min = 10, .max = 600, .def = "60",
	  .unit = "seconds",
	  .help = "Talk that is paid ahead of time; without more money the call is hung up then." },
};

static const struct conf_row hours[] = {
	{ "name", CONF_T_TEXT, AT(conf_hours, name), .check = conf_text_name,
	  .help = "Name by which rules.hours and groups refer to it." },
	{ "days", CONF_T_CHOICE, LIST(conf_hours, days, 7), .names = days,
	  .def = "mon, tue, wed, thu, fri", .help = "Days with office hours." },
	{ "open", CONF_T_TEXT, AT(conf_hours, open), .def = "08:00-19:00",
	  .check = conf_text_hours, .help = "Office hours of these days." },
	{ "holidays", CONF_T_TEXT, LIST(conf_hours, holidays, HOURS_HOLIDAYS_MAX), .def = "",
	  .check = conf_text_holiday,
	  .help = "Days without office hours: 2026-12-24, or 12-24 for every year." },
};

static const struct conf_row groups[] = {
	{ "name", CONF_T_TEXT, AT(conf_group, name), .check = conf_text_name,
	  .help = "Name by which accounts and budgets refer to it." },
	{ "hours", CONF_T_REF, AT(conf_group, hours), .def = "", .target = "hours",
	  .check = conf_text_name, .help = "Its office hours; without them those of rules.hours." },
	{ "territories", CONF_T_TEXT, LIST(conf_group, territories, PLACES_ROWS_MAX), .def = "",
	  .check = conf_text_territory,
	  .help = "Open for it beside the home territory. With territories or zones of its own it does "
	          "not have those of rules.where; what is denied there is denied here." },
	{ "zones", CONF_T_COUNT, LIST(conf_group, zones, WHERE_ZONES_MAX), .min = 1, .max = 9,
	  .def = "", .help = "World zones that are open for it." },
	{ "ceiling", CONF_T_MONEY, AT(conf_group, ceiling), .def = "", .unit = "a minute",
	  .help = "Its own in the place of that of rules.where." },
};

static const struct conf_row budgets[] = {
	{ "for", CONF_T_CHOICE, AT(conf_budget, of), .names = scopes,
	  .help = "What it limits; a call counts on all of its budgets, and each must allow it." },
	{ "name", CONF_T_TEXT, AT(conf_budget, name), .def = "", .check = conf_text_user,
	  .help = "Of the account, group, PBX, trunk or class; without one it is that of each." },
	{ "mode", CONF_T_CHOICE, AT(conf_budget, mode), .names = modes, .def = "enforce",
	  .help = "enforce, dry-run (only the log says what it would refuse), off." },
	{ "per-call", CONF_T_MONEY, AT(conf_budget, per_call), .def = "",
	  .help = "Money for one call; then it is hung up." },
	{ "hour", CONF_T_MONEY, AT(conf_budget, hour), .def = "", .help = "Money in an hour." },
	{ "day", CONF_T_MONEY, AT(conf_budget, day), .def = "", .help = "Money in a day." },
	{ "week", CONF_T_MONEY, AT(conf_budget, week), .def = "",
	  .help = "Money in a week, from Monday." },
	{ "month", CONF_T_MONEY, AT(conf_budget, month), .def = "", .help = "Money in a month." },
	{ "off-hours", CONF_T_MONEY, AT(conf_budget, off_hours), .def = "",
	  .help = "Money from the end of office hours to their next beginning." },
	{ "calls", CONF_T_COUNT, AT(conf_budget, calls), .min = 1, .max = 100000, .def = "",
	  .help = "Calls at a time." },
	{ "calls-minute", CONF_T_COUNT, AT(conf_budget, calls_minute), .min = 1, .max = 1000000,
	  .def = "", .help = "Calls that begin in a minute." },
	{ "calls-hour", CONF_T_COUNT, AT(conf_budget, calls_hour), .min = 1, .max = 10000000,
	  .def = "", .help = "Calls that begin in an hour." },
	{ "destinations", CONF_T_COUNT, AT(conf_budget, destinations), .min = 1, .max = 64,
	  .def = "", .help = "Different numbers in a day." },
	{ "call-length", CONF_T_COUNT, AT(conf_budget, longest_s), .min = 10, .max = 86400,
	  .def = "", .unit = "seconds", .help = "The longest call." },
};

static const struct conf_row rule_source[] = {
#include "policy/rules/source/rows.inc"
};
static const struct conf_row rule_caller_id[] = {
#include "policy/rules/caller_id/rows.inc"
};
static const struct conf_row rule_approval[] = {
#include "policy/rules/approval/rows.inc"
};
static const struct conf_row rule_lockdown[] = {
#include "policy/rules/lockdown/rows.inc"
};
static const struct conf_row rule_pass[] = {
#include "policy/rules/pass/rows.inc"
};
static const struct conf_row rule_where[] = {
#include "policy/rules/where/rows.inc"
};
static const struct conf_row rule_unattributed[] = {
#include "policy/rules/unattributed/rows.inc"
};
static const struct conf_row rule_hours[] = {
#include "policy/rules/hours/rows.inc"
};
static const struct conf_row rule_first_use[] = {
#include "policy/rules/first_use/rows.inc"
};

static const struct conf_row media[] = {
	{ "ports", CONF_T_PORTS, AT(conf_media, ports), .min = 1024, .max = 65535,
	  .def = "20000-29999", .help = "UDP ports for RTP and RTCP; a call takes two on each side." },
	{ "ready", CONF_T_COUNT, AT(conf_media, ready), .min = 0, .max = 32256, .def = "0",
	  .unit = "port pairs", .help = "Kept open on each interface between calls, where hundreds of calls a "
	  "second begin; 6 KB of the kernel's memory each.  To others they are closed." },
	{ "silence", CONF_T_COUNT, AT(conf_media, silence_s), .min = 0, .max = 3600, .def = "60",
	  .unit = "seconds", .help = "Hang up a call after so long without any media; 0 = never." },
};

static const struct conf_row limits[] = {
	{ "calls", CONF_T_COUNT, AT(conf_limits, calls), .min = 1, .max = 100000, .def = "500",
	  .help = "Calls at a time, on the whole machine." },
	{ "registrations", CONF_T_COUNT, AT(conf_limits, registrations), .min = 1, .max = 4000000,
	  .def = "10000", .help = "Registered phones." },
	{ "edges", CONF_T_COUNT, AT(conf_limits, edges), .min = 1, .max = 32, .def = "1",
	  .help = "Processes that face phones, PBXs and strangers; one a processor core." },
	{ "carriers", CONF_T_COUNT, AT(conf_limits, carriers), .min = 1, .max = 32, .def = "1",
	  .help = "Processes that face the trunks." },
	{ "relays", CONF_T_COUNT, AT(conf_limits, relays), .min = 1, .max = 32, .def = "1",
	  .help = "Processes that relay media." },
	{ "max-call", CONF_T_COUNT, AT(conf_limits, max_call_s), .min = 60, .max = 86400,
	  .def = "7200", .unit = "seconds", .help = "The longest call; then it is hung up." },
};

static const struct conf_row log_rows[] = {
	{ "level", CONF_T_CHOICE, AT(conf_log, level), .def = "info", .names = levels,
	  .help = "What is written: this level and the graver ones." },
};

#define ONE(name, help, rows, field) \
	{ name, help, rows, COUNT(rows), offsetof(struct conf, field), 0, 0, 0, 0 }
#define MANY(name, help, rows, field, cap, least) \
	{ name, help, rows, COUNT(rows), offsetof(struct conf, field), \
	  sizeof(((struct conf *)NULL)->field[0]), cap, least, \
	  offsetof(struct conf, field##_count) }

const struct conf_section conf_sections[] = {
	ONE("site", "This machine.", site, site),
	MANY("interfaces", "Addresses on which tollgate speaks SIP.", interfaces, interfaces,
	     CONF_INTERFACES_MAX, 1),
	MANY("networks",
	     "Where phones may come from. Trust is an interface and a prefix together, because a sender's "
	     "address alone can be forged.",
	     networks, networks, CONF_NETWORKS_MAX, 0),
	MANY("pbxs",
	     "PBXs at fixed addresses. What an account dials that is neither another account nor an "
	     "emergency number goes to the first PBX as dialled; without a PBX it goes out by outbound.",
	     pbxs, pbxs, CONF_PBXS_MAX, 0),
	MANY("trunks", "Providers. No secret stands in this file.", trunks, trunks, CONF_TRUNKS_MAX,
	     0),
	MANY("inbound", "Where calls to our numbers go; a number that is not listed is refused.",
	     inbound, inbound, CONF_INBOUND_MAX, 0),
	ONE("outbound", "What may be called over the trunks.", outbound, outbound),
	ONE("accounts", "Phones that register here; they are made with `tollgate account add`.",
	    accounts, accounts),
	ONE("numbers", "How people dial here.", numbers, numbers),
	ONE("money", "How money and time are counted.", money, money),
	MANY("hours", "Calendars of office hours.", hours, hours, CONF_HOURS_MAX, 0),
	MANY("groups", "Accounts that share rules or a budget; `tollgate account` puts them in.",
	     groups, groups, CONF_GROUPS_MAX, 0),
	MANY("budgets",
	     "What may be spent and done at most. With numbers.home, and without a budget for the site: "
	     "per-call 5.00, day 50.00, month 500.00, off-hours 10.00; without one for accounts: "
	     "per-call 5.00, day 10.00, off-hours 5.00, calls 2, calls-minute 10, destinations 50.",
	     budgets, budgets, CONF_BUDGETS_MAX, 0),
	ONE("rules.source", "From where an account may call.", rule_source, rules.source),
	ONE("rules.caller-id", "What a trunk sees as caller: a number of the one who calls.",
	    rule_caller_id, rules.caller_id),
	ONE("rules.approval", "Single numbers that `tollgate allow` opens.", rule_approval,
	    rules.approval),
	ONE("rules.lockdown", "What `tollgate lockdown` closes.", rule_lockdown, rules.lockdown),
	ONE("rules.pass", "Travel passes: `tollgate pass`.", rule_pass, rules.pass),
	ONE("rules.where",
	    "Where one may call: the home territory, what is listed here and in outbound.allow, and "
	    "nothing else. off opens the whole world, held by the budgets alone.",
	    rule_where, rules.where),
	ONE("rules.unattributed", "Calls through a PBX that belong to no extension.",
	    rule_unattributed, rules.unattributed),
	ONE("rules.hours", "What changes outside the office hours.", rule_hours, rules.hours),
	ONE("rules.first-use", "The first calls of an account to a new class of numbers.",
	    rule_first_use, rules.first_use),
	ONE("media", "Voice.", media, media),
	ONE("limits", "Sizes; all memory is taken at the start.", limits, limits),
	ONE("log", "Lines on standard error.", log_rows, log),
};
const size_t conf_sections_count = COUNT(conf_sections);

const struct conf_section *conf_section_find(struct slice name)
{
	for (size_t i = 0; i < COUNT(conf_sections); i++)
		if (slice_eq(slice_str(conf_sections[i].name), name))
			return &conf_sections[i];
	return NULL;
}

struct slice conf_section_key(const struct conf_section *section, struct slice *leaf)
{
	struct slice key;

	*leaf = slice_cut(slice_str(section->name), '.', &key);
	return key;
}
