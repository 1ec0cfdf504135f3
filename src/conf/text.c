/* What the texts of single rows may hold; each check answers NULL, or what is allowed. */
#include "conf/conf_priv.h"

#include "number/number.h"

static bool is_word(char c)
{
	char l = tg_lower(c);

	return tg_isdigit(c) || (l >= 'a' && l <= 'z') || c == '-' || c == '_' || c == '.';
}

const char *conf_text_name(struct slice s)
{
	bool ok = s.len > 0 && s.len <= CONF_NAME_MAX && s.p[0] != '-' && s.p[0] != '.';

	for (size_t i = 0; ok && i < s.len; i++)
		ok = is_word(s.p[i]);
	return ok ? NULL :
	            "1 to 32 of a-z, A-Z, 0-9, '-', '_' and '.', the first a letter or digit";
}

const char *conf_text_user(struct slice s)
{
	bool ok = s.len > 0 && s.len <= 64;

	for (size_t i = 0; ok && i < s.len; i++)
		ok = is_word(s.p[i]) || (s.p[i] == '+' && i == 0);
	return ok ? NULL : "1 to 64 of a-z, A-Z, 0-9, '-', '_' and '.', or a number with '+'";
}

/* RFC 3261 §25.1 `user` without escapes, and '@' for providers whose login is an address. */
const char *conf_text_login(struct slice s)
{
	bool ok = s.len > 0 && s.len <= 64;

	for (size_t i = 0; ok && i < s.len; i++)
		ok = is_word(s.p[i]) || memchr("!~*'()&=+$,?/@", s.p[i], 14) != NULL;
	return ok ? NULL : "1 to 64 letters, digits and -_.!~*'()&=+$,?/@";
}

const char *conf_text_domain(struct slice s)
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
const char *conf_text_realm(struct slice s)
{
	bool ok = s.len > 0 && s.len <= 120;

	for (size_t i = 0; ok && i < s.len; i++)
		ok = s.p[i] >= 0x20 && s.p[i] < 0x7f && s.p[i] != '"' && s.p[i] != '\\';
	return ok ? NULL : "1 to 120 printable ASCII characters without quotes and backslashes";
}

const char *conf_text_host(struct slice s)
{
	struct slice rest = s, last = s;

	while (rest.len > 0)
		rest = slice_cut(rest, '.', &last);
	/* a last part of digits is an address, right or wrong (RFC 1123 2.1) */
	return conf_text_domain(s) == NULL && last.len > 0 && last.len < s.len && s.p[0] != '[' &&
	       !tg_isdigit(last.p[0]) ? NULL : "a host name such as home.example.net";
}

const char *conf_text_path(struct slice s)
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

const char *conf_text_inbound(struct slice s)
{
	return is_number(s, "") ? NULL :
	                          "one whole number as the provider sends it: digits, with or "
	                          "without a leading +";
}

const char *conf_text_emergency(struct slice s)
{
	return is_number(s, "") && s.p[0] != '+' && s.len <= 8 ? NULL :
	                                                         "2 to 8 digits, as people dial it";
}

/* R107: a rule that opens every country is never meant. */
const char *conf_text_allow(struct slice s)
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

/* ---- numbers, money, rules ---- */

const char *conf_text_territory(struct slice s)
{
	return number_territory_find(s) != 0 ? NULL :
	                                       "a territory: a country's two capital letters, such "
	                                       "as ES, or a code without a country, such as 870";
}

const char *conf_text_type(struct slice s)
{
	return number_type_find(s) >= 0 ? NULL :
	                                  "a type of numbers: fixed, mobile, fixed-or-mobile, "
	                                  "tollfree, shared, premium, ...";
}

const char *conf_text_class(struct slice s)
{
	return number_class_find(s) >= 0 ? NULL :
	                                   "a class of numbers: home-mobile, home-premium, "
	                                   "zone3-fixed, satellite, ...";
}

/* Digits, the first not 0, behind a '+'. */
const char *conf_text_e164(struct slice s)
{
	return is_number(s, "") && s.p[0] == '+' && s.p[1] != '0' && s.len <= 16 ?
	               NULL :
	               "a + and the first digits of the whole number, such as +3480";
}

const char *conf_text_shown(struct slice s)
{
	if (s.len > 1 && s.p[s.len - 1] == '*')
		s.len--;
	return is_number(s, "") && s.len >= 3 ? NULL :
	                                        "digits, with or without a leading +; a final * "
	                                        "means every number that begins so";
}

const char *conf_text_tech(struct slice s)
{
	return is_number(s, "*#") && s.p[0] != '+' && s.len <= 16 ?
	               NULL :
	               "1 to 16 digits, * and #, at least one digit";
}

const char *conf_text_outside(struct slice s)
{
	return is_number(s, "") && s.p[0] != '+' && s.len <= 4 ? NULL : "1 to 4 digits";
}

const char *conf_text_national(struct slice s)
{
	return is_number(s, "") && s.p[0] != '+' && s.len <= 3 ? NULL : "1 to 3 digits";
}

const char *conf_text_international(struct slice s)
{
	return is_number(s, "") && s.p[0] != '+' && s.len <= 7 ? NULL : "1 to 7 digits";
}

/* ISO 4217 */
const char *conf_text_currency(struct slice s)
{
	bool ok = s.len == 3;

	for (size_t i = 0; ok && i < s.len; i++)
		ok = s.p[i] >= 'A' && s.p[i] <= 'Z';
	return ok ? NULL : "three capital letters, such as EUR";
}

/* It becomes a path below /usr/share/zoneinfo, and may not leave it. */
const char *conf_text_zone(struct slice s)
{
	bool ok = s.len > 0 && s.len <= 64 && tg_lower(s.p[0]) >= 'a' && tg_lower(s.p[0]) <= 'z';

	for (size_t i = 1; ok && i < s.len; i++)
		ok = (is_word(s.p[i]) && s.p[i] != '.') || s.p[i] == '+' ||
		     (s.p[i] == '/' && s.p[i - 1] != '/' && i + 1 < s.len);
	return ok ? NULL : "a time zone's name, such as Europe/Madrid";
}

static bool digits_at(struct slice s, size_t at, size_t n, unsigned *out)
{
	*out = 0;
	for (size_t i = at; i < at + n; i++) {
		if (i >= s.len || !tg_isdigit(s.p[i]))
			return false;
		*out = *out * 10 + (unsigned)(s.p[i] - '0');
	}
	return true;
}

bool conf_read_hours(struct slice s, uint16_t *from, uint16_t *to)
{
	unsigned h1, m1, h2, m2;

	if (s.len != 11 || s.p[2] != ':' || s.p[5] != '-' || s.p[8] != ':' ||
	    !digits_at(s, 0, 2, &h1) || !digits_at(s, 3, 2, &m1) || !digits_at(s, 6, 2, &h2) ||
	    !digits_at(s, 9, 2, &m2) || h1 > 23 || m1 > 59 || m2 > 59 ||
	    h2 * 60 + m2 > 24 * 60 || h1 * 60 + m1 == h2 * 60 + m2)
		return false;
	*from = (uint16_t)(h1 * 60 + m1);
	*to = (uint16_t)(h2 * 60 + m2);
	return true;
}

const char *conf_text_hours(struct slice s)
{
	uint16_t from, to;

	return conf_read_hours(s, &from, &to) ? NULL : "from-to, such as 08:00-19:00; they differ";
}

uint32_t conf_holiday(struct slice s)
{
	static const uint8_t days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	unsigned year = 0, month, day;
	bool dated = s.len == 10;

	if (dated && (!digits_at(s, 0, 4, &year) || s.p[4] != '-' || year < 2000 || year > 2199))
		return 0;
	if (dated)
		s = slice_skip(s, 5);
	if (s.len != 5 || s.p[2] != '-' || !digits_at(s, 0, 2, &month) ||
	    !digits_at(s, 3, 2, &day) || month < 1 || month > 12 || day < 1 ||
	    day > days[month - 1])
		return 0;
	return year * 10000 + month * 100 + day;
}

const char *conf_text_holiday(struct slice s)
{
	return conf_holiday(s) != 0 ? NULL :
	                                   "a date, such as 2026-12-24, or 12-24 for every year";
}
