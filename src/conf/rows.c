/*
 * The schema: one table a section.  Parser, printer, help and defaults follow from these rows; to
 * add a setting, add its field to conf.h and its row here.
 */
#include "conf/conf_priv.h"

#include <stddef.h>

static bool is_word(char c)
{
	char l = tg_lower(c);

	return tg_isdigit(c) || (l >= 'a' && l <= 'z') || c == '-' || c == '_' || c == '.';
}

static const char *check_name(struct slice s)
{
	bool ok = s.len > 0 && s.len <= CONF_NAME_MAX && s.p[0] != '-' && s.p[0] != '.';

	for (size_t i = 0; ok && i < s.len; i++)
		ok = is_word(s.p[i]);
	return ok ? NULL :
	            "1 to 32 of a-z, A-Z, 0-9, '-', '_' and '.', the first a letter or digit";
}

static const char *check_user(struct slice s)
{
	bool ok = s.len > 0 && s.len <= 64;

	for (size_t i = 0; ok && i < s.len; i++)
		ok = is_word(s.p[i]) || (s.p[i] == '+' && i == 0);
	return ok ? NULL : "1 to 64 of a-z, A-Z, 0-9, '-', '_' and '.', or a number with '+'";
}

/* RFC 3261 §25.1 `user` without escapes, and '@' for providers whose login is an address. */
static const char *check_login(struct slice s)
{
	bool ok = s.len > 0 && s.len <= 64;

	for (size_t i = 0; ok && i < s.len; i++)
		ok = is_word(s.p[i]) || memchr("!~*'()&=+$,?/@", s.p[i], 14) != NULL;
	return ok ? NULL : "1 to 64 letters, digits and -_.!~*'()&=+$,?/@";
}

static const char *check_domain(struct slice s)
{
	struct tg_addr addr;
	size_t label = 0;
	bool ok = s.len > 0 && s.len <= 120;

	if (ok && s.p[0] == '[' && tg_addr_parse_ip(&addr, s) == TG_OK)
		return NULL;
	for (size_t i = 0; ok && i < s.len; i++) {
		label = s.p[i] == '.' ? 0 : label + 1;
		ok = is_word(s.p[i]) && label <= 63 && (label > 0 || (i > 0 && s.p[i - 1] != '.'));
	}
	return ok && label > 0 ? NULL : "a host name or an address, without port";
}

/* A quoted-string's content that needs no escapes. */
static const char *check_realm(struct slice s)
{
	bool ok = s.len > 0 && s.len <= 120;

	for (size_t i = 0; ok && i < s.len; i++)
		ok = s.p[i] >= 0x20 && s.p[i] < 0x7f && s.p[i] != '"' && s.p[i] != '\\';
	return ok ? NULL : "1 to 120 printable ASCII characters without quotes and backslashes";
}

static const char *check_path(struct slice s)
{
	bool ok = s.len > 0 && s.len <= 200 && s.p[0] == '/';

	for (size_t i = 0; ok && i < s.len; i++)
		ok = (unsigned char)s.p[i] >= 0x20 && s.p[i] != '"' && s.p[i] != '\\' &&
		     s.p[i] != 0x7f;
	return ok ? NULL : "an absolute path of at most 200 octets";
}

/* Digits with one leading '+', and also the characters of `more`. */
static bool is_number(struct slice s, const char *more)
{
	size_t digits = 0;

	if (s.len == 0 || s.len > 32)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (tg_isdigit(s.p[i]))
			digits++;
		else if (!(s.p[i] == '+' && i == 0) && memchr(more, s.p[i], strlen(more)) == NULL)
			return false;
	}
	return digits > 0;
}

static const char *check_inbound(struct slice s)
{
	return is_number(s, "") ? NULL :
	                          "one whole number as the provider sends it: digits, with or "
	                          "without a leading +";
}

static const char *check_emergency(struct slice s)
{
	return is_number(s, "") && s.p[0] != '+' && s.len <= 8 ? NULL :
	                                                         "2 to 8 digits, as people dial it";
}

/* R107: a rule that opens every country is never meant. */
static const char *check_allow(struct slice s)
{
	static const char *const all[] = { "*", "+*", "0*", "00*", "000*", "011*", "0011*" };

	for (size_t i = 0; i < COUNT(all); i++)
		if (slice_eq(s, slice_str(all[i])))
			return "a prefix that names a country or an area at least; this one opens calls to "
			       "every country, the dearest included";
	if (s.len > 1 && s.p[s.len - 1] == '*')
		s.len--;
	return is_number(s, "*#") ? NULL :
	                            "digits, with or without a leading +, also * and # inside; a "
	                            "final * means every number that begins so";
}

static const char *const sides[] = { "inside", "outside", NULL };
static const char *const digests[] = { "md5", "both", "sha-256", NULL };
static const char *const levels[] = { "debug", "info", "warn", "error", NULL }; /* log_level */

#define AT(type, field) .offset = offsetof(struct type, field)
#define LIST(type, field, n) \
	.offset = offsetof(struct type, field), \
	.count_offset = offsetof(struct type, field##_count), .cap = (n)

static const struct conf_row site[] = {
	{ "name", CONF_T_TEXT, AT(conf_site, name), .def = "tollgate", .check = check_name,
	  .help = "How this tollgate calls itself in logs and records." },
	{ "domain", CONF_T_TEXT, AT(conf_site, domain), .def = "tollgate", .check = check_domain,
	  .help = "Host part of the accounts' addresses and realm of their passwords. Phones may use an "
	          "address of an interface instead. Changing it makes every account's secret invalid." },
	{ "data", CONF_T_TEXT, AT(conf_site, data), .def = "/var/lib/tollgate", .check = check_path,
	  .help = "Directory of the database and the keys; only tollgate may read it." },
};

static const struct conf_row interfaces[] = {
	{ "name", CONF_T_TEXT, AT(conf_interface, name), .check = check_name,
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
	{ "name", CONF_T_TEXT, AT(conf_network, name), .check = check_name,
	  .help = "Name by which accounts refer to it." },
	{ "interface", CONF_T_REF, AT(conf_network, interface), .target = "interfaces",
	  .check = check_name, .help = "Interface at which its packets must arrive." },
	{ "prefix", CONF_T_PREFIX, AT(conf_network, prefix),
	  .help = "Addresses from which phones may register and call. 0.0.0.0/0 on an outside interface "
	          "admits phones from everywhere; they still prove themselves by their secret." },
};

static const struct conf_row pbxs[] = {
	{ "name", CONF_T_TEXT, AT(conf_pbx, name), .check = check_name,
	  .help = "Name by which inbound numbers refer to it." },
	{ "interface", CONF_T_REF, AT(conf_pbx, interface), .target = "interfaces",
	  .check = check_name, .help = "Inside interface at which it is reached." },
	{ "address", CONF_T_HOST, AT(conf_pbx, address), .port = 5060,
	  .help = "Its fixed address; who sends from there at that interface is the PBX." },
	{ "domain", CONF_T_TEXT, AT(conf_pbx, domain), .def = "", .from = "address",
	  .check = check_domain, .help = "Host part of the addresses that it wants to see." },
};

static const struct conf_row trunks[] = {
	{ "name", CONF_T_TEXT, AT(conf_trunk, name), .check = check_name,
	  .help = "Name of it; its secret is set with `tollgate secret set trunk/NAME`." },
	{ "interface", CONF_T_REF, AT(conf_trunk, interface), .target = "interfaces",
	  .check = check_name, .help = "Interface at which the provider is reached." },
	{ "address", CONF_T_HOST, AT(conf_trunk, address), .port = 5060,
	  .help = "Where its requests go." },
	{ "networks", CONF_T_PREFIX, LIST(conf_trunk, networks, CONF_TRUNK_NETWORKS_MAX), .def = "",
	  .help = "More addresses from which the provider sends calls." },
	{ "domain", CONF_T_TEXT, AT(conf_trunk, domain), .def = "", .from = "address",
	  .check = check_domain,
	  .help = "Host part of our address there and of the numbers dialled." },
	{ "realm", CONF_T_TEXT, AT(conf_trunk, realm), .def = "", .from = "domain",
	  .check = check_realm,
	  .help = "The only realm for which the secret is ever used (the provider's support knows it)." },
	{ "register", CONF_T_SWITCH, AT(conf_trunk, reg), .def = "true",
	  .help = "Register there, so that calls come in at a changing address, too." },
	{ "username", CONF_T_TEXT, AT(conf_trunk, username), .def = "", .check = check_login,
	  .help = "Login at the provider. Without one it knows us by our address alone." },
	{ "expires", CONF_T_COUNT, AT(conf_trunk, expires_s), .min = 60, .max = 86400, .def = "600",
	  .unit = "seconds", .help = "How long a registration there is asked to last." },
	{ "calls", CONF_T_COUNT, AT(conf_trunk, calls), .min = 1, .max = 60000, .def = "10",
	  .help = "Most calls at a time, in and out; set what the contract allows." },
};

static const struct conf_row inbound[] = {
	{ "number", CONF_T_NUMBER, AT(conf_inbound, number), .check = check_inbound,
	  .help = "One of our numbers, as the provider sends it." },
	{ "trunk", CONF_T_REF, AT(conf_inbound, trunk), .def = "", .target = "trunks",
	  .check = check_name, .help = "Only from this trunk; without it from any." },
	{ "account", CONF_T_TEXT, AT(conf_inbound, account), .def = "", .check = check_user,
	  .help = "Rings the phones of this account; this or pbx." },
	{ "pbx", CONF_T_REF, AT(conf_inbound, pbx), .def = "", .target = "pbxs",
	  .check = check_name, .help = "Goes to this PBX; this or account." },
};

static const struct conf_row outbound[] = {
	{ "emergency", CONF_T_NUMBER, LIST(conf_outbound, emergency, CONF_EMERGENCY_MAX),
	  .def = "112", .check = check_emergency,
	  .help = "Always go out by a trunk, past every limit, for phones and PBXs that are known." },
	{ "allow", CONF_T_NUMBER, LIST(conf_outbound, allow, CONF_ALLOW_MAX), .def = "",
	  .check = check_allow,
	  .help = "Numbers that may be called over the trunks; a final * means all that begin so. "
	          "Everything else is refused." },
	{ "trunks", CONF_T_REF, LIST(conf_outbound, trunks, CONF_TRUNKS_MAX), .def = "",
	  .target = "trunks", .check = check_name,
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
	  .check = check_name,
	  .help = "Where accounts without networks of their own may come from; none = nowhere." },
};

static const struct conf_row media[] = {
	{ "ports", CONF_T_PORTS, AT(conf_media, ports), .min = 1024, .max = 65535,
	  .def = "20000-29999", .help = "UDP ports for RTP and RTCP; a call takes two on each side." },
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
