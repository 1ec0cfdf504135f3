/* The types of single values: how each is read, and written so that it reads the same. */
#include "conf/conf_priv.h"

static bool ask_check(const struct conf_row *row, struct slice text, struct buf *why)
{
	const char *allowed = row->check != NULL ? row->check(text) : NULL;

	if (allowed != NULL)
		buf_fmt(why, "; allowed: %s", allowed);
	return allowed == NULL;
}

static bool text_parse(const struct conf_row *row, struct slice text, void *field, struct buf *why)
{
	if (!ask_check(row, text, why))
		return false;
	*(struct slice *)field = text;
	return true;
}

static void text_write(const struct conf_row *row TG_UNUSED, const void *field, struct buf *b)
{
	buf_put(b, *(const struct slice *)field);
}

static bool count_parse(const struct conf_row *row, struct slice text, void *field, struct buf *why)
{
	uint64_t v = 0;

	if (slice_u64(&v, text, row->max) != TG_OK || v < row->min) {
		buf_fmt(why, "; allowed: a whole number from %u to %u", row->min, row->max);
		if (row->unit != NULL)
			buf_fmt(why, " (%s)", row->unit);
		return false;
	}
	*(uint32_t *)field = (uint32_t)v;
	return true;
}

static void count_write(const struct conf_row *row TG_UNUSED, const void *field, struct buf *b)
{
	buf_u64(b, *(const uint32_t *)field);
}

static bool switch_parse(const struct conf_row *row TG_UNUSED, struct slice text, void *field,
                         struct buf *why)
{
	static const char *const yes[] = { "yes", "on", "y", "1" };
	static const char *const no[] = { "no", "off", "n", "0" };
	const char *meant = NULL;

	if (slice_eq(text, SLICE("true")) || slice_eq(text, SLICE("false"))) {
		*(bool *)field = text.len == 4;
		return true;
	}
	for (size_t i = 0; i < COUNT(yes); i++) {
		if (slice_ieq(text, slice_str(yes[i])))
			meant = "true";
		if (slice_ieq(text, slice_str(no[i])))
			meant = "false";
	}
	buf_lit(why, "; allowed: true or false");
	if (meant != NULL) {
		buf_fmt(why, "; did you mean %s?", meant);
	} else {
		struct conf_guess guess = conf_guess(text);

		conf_guess_offer(&guess, SLICE("true"));
		conf_guess_offer(&guess, SLICE("false"));
		conf_guess_write(why, &guess);
	}
	return false;
}

static void switch_write(const struct conf_row *row TG_UNUSED, const void *field, struct buf *b)
{
	buf_str(b, *(const bool *)field ? "true" : "false");
}

static bool choice_parse(const struct conf_row *row, struct slice text, void *field,
                         struct buf *why)
{
	struct conf_guess guess = conf_guess(text);

	for (size_t i = 0; row->names[i] != NULL; i++) {
		if (slice_eq(text, slice_str(row->names[i]))) {
			*(uint8_t *)field = (uint8_t)i;
			return true;
		}
		conf_guess_offer(&guess, slice_str(row->names[i]));
	}
	buf_lit(why, "; allowed:");
	for (size_t i = 0; row->names[i] != NULL; i++)
		buf_fmt(why, "%s %s", i > 0 ? "," : "", row->names[i]);
	conf_guess_write(why, &guess);
	return false;
}

static void choice_write(const struct conf_row *row, const void *field, struct buf *b)
{
	buf_str(b, row->names[*(const uint8_t *)field]);
}

static bool addr_is_usable(const struct tg_addr *addr, struct buf *why)
{
	switch (tg_addr_class(addr)) {
	case TG_ADDR_UNSPECIFIED:
		buf_lit(why,
		        "; it stands for every address, and one certain address is needed here");
		return false;
	case TG_ADDR_MULTICAST:
	case TG_ADDR_BROADCAST:
	case TG_ADDR_MAPPED:
	case TG_ADDR_RESERVED:
		buf_lit(why, "; no single machine can have this address");
		return false;
	default:
		return true;
	}
}

static bool addr_parse(const struct conf_row *row, struct slice text, void *field, struct buf *why)
{
	struct tg_addr addr = { 0 };

	/* a row without a default port takes it from another row (check.c) */
	if (tg_addr_parse(&addr, text, row->port) != TG_OK || (addr.port == 0 && row->port != 0)) {
		buf_lit(why, "; allowed: an IP address, with or without :port (1 to 65535)");
		return false;
	}
	if (!addr_is_usable(&addr, why))
		return false;
	*(struct tg_addr *)field = addr;
	return true;
}

static void addr_write(const struct conf_row *row TG_UNUSED, const void *field, struct buf *b)
{
	tg_addr_write(b, field);
}

/* RFC 1123 §2.1, and no name that looks like an address. */
static bool is_host_name(struct slice s)
{
	bool letter = false;
	size_t label = 0;

	if (s.len == 0 || s.len > 120) /* of 255 (RFC 1035), what our messages carry */
		return false;
	for (size_t i = 0; i <= s.len; i++) {
		char c = i < s.len ? s.p[i] : '.';

		if (c == '.') {
			if (label == 0 || label > 63 || s.p[i - 1] == '-')
				return false;
			label = 0;
			continue;
		}
		if (!tg_isdigit(c) && !(tg_lower(c) >= 'a' && tg_lower(c) <= 'z') &&
		    (c != '-' || label == 0))
			return false;
		letter = letter || !tg_isdigit(c);
		label++;
	}
	return letter;
}

static bool host_parse(const struct conf_row *row, struct slice text, void *field, struct buf *why)
{
	struct conf_host host = { 0 };
	struct slice name = text, rest;
	uint64_t port = row->port;

	if (tg_addr_parse(&host.addr, text, row->port) == TG_OK) {
		size_t end = text.p[0] == '[' ? slice_find(text, ']') : slice_find(text, ':');

		if (host.addr.port == 0) {
			buf_lit(why, "; a port is a number from 1 to 65535");
			return false;
		}
		if (!addr_is_usable(&host.addr, why))
			return false;
		if (host.addr.family == TG_AF_INET6 && text.p[0] != '[')
			end = text.len;
		host.name =
			text.p[0] == '[' ? slice_of(text.p + 1, end - 1) : slice_head(text, end);
		*(struct conf_host *)field = host;
		return true;
	}
	rest = slice_cut(text, ':', &name);
	if (rest.p != NULL && (slice_u64(&port, rest, 65535) != TG_OK || port == 0)) {
		buf_lit(why, "; a port is a number from 1 to 65535");
		return false;
	}
	if (!is_host_name(name)) {
		buf_lit(why, "; allowed: an IP address or a host name, with or without :port");
		return false;
	}
	host.name = name;
	host.addr = (struct tg_addr){ .port = (uint16_t)port };
	*(struct conf_host *)field = host;
	return true;
}

static void host_write(const struct conf_row *row TG_UNUSED, const void *field, struct buf *b)
{
	const struct conf_host *host = field;

	if (host->addr.family != TG_AF_NONE) {
		tg_addr_write(b, &host->addr);
		return;
	}
	buf_put(b, host->name);
	buf_fmt(b, ":%u", host->addr.port);
}

static bool prefix_parse(const struct conf_row *row TG_UNUSED, struct slice text, void *field,
                         struct buf *why)
{
	struct slice ip, bits = slice_cut(text, '/', &ip);
	struct tg_addr addr;

	if (tg_prefix_parse(field, text) == TG_OK)
		return true;
	if (bits.p != NULL && tg_addr_parse_ip(&addr, ip) == TG_OK)
		buf_lit(why, "; bits are set behind the prefix, or it is too long");
	buf_lit(why,
	        "; allowed: an address and the number of its fixed bits, such as 192.168.1.0/24");
	return false;
}

static void prefix_write(const struct conf_row *row TG_UNUSED, const void *field, struct buf *b)
{
	tg_prefix_write(b, field);
}

static bool ports_parse(const struct conf_row *row, struct slice text, void *field, struct buf *why)
{
	struct slice lo, hi = slice_cut(text, '-', &lo);
	uint64_t from = 0, to = 0;

	if (slice_u64(&from, slice_trim(lo), row->max) != TG_OK ||
	    slice_u64(&to, slice_trim(hi), row->max) != TG_OK || from < row->min || from >= to) {
		buf_fmt(why, "; allowed: first-last, both from %u to %u", row->min, row->max);
		return false;
	}
	*(struct conf_ports *)field = (struct conf_ports){ (uint16_t)from, (uint16_t)to };
	return true;
}

static void ports_write(const struct conf_row *row TG_UNUSED, const void *field, struct buf *b)
{
	const struct conf_ports *ports = field;

	buf_fmt(b, "%u-%u", ports->lo, ports->hi);
}

static bool number_parse(const struct conf_row *row, struct slice text, void *field,
                         struct buf *why)
{
	if (!ask_check(row, text, why))
		return false;
	/* only the rows that allow prefixes let a final '*' through */
	*(struct conf_number *)field = (struct conf_number){ text, text.p[text.len - 1] == '*' };
	if (text.p[text.len - 1] == '*')
		((struct conf_number *)field)->digits.len--;
	return true;
}

static void number_write(const struct conf_row *row TG_UNUSED, const void *field, struct buf *b)
{
	const struct conf_number *number = field;

	buf_put(b, number->digits);
	if (number->prefix)
		buf_chr(b, '*');
}

static bool ref_parse(const struct conf_row *row, struct slice text, void *field, struct buf *why)
{
	if (!ask_check(row, text, why))
		return false;
	*(struct conf_ref *)field = (struct conf_ref){ text, CONF_NONE };
	return true;
}

static void ref_write(const struct conf_row *row TG_UNUSED, const void *field, struct buf *b)
{
	buf_put(b, ((const struct conf_ref *)field)->name);
}

static bool money_parse(const struct conf_row *row TG_UNUSED, struct slice text, void *field,
                        struct buf *why)
{
	tg_micro v = 0;

	if (tg_micro_parse(&v, text) != TG_OK || v == 0) {
		buf_lit(why, "; allowed: an amount above 0, such as 12.50; without the line there "
		             "is no limit");
		return false;
	}
	*(tg_micro *)field = v;
	return true;
}

static void money_write(const struct conf_row *row TG_UNUSED, const void *field, struct buf *b)
{
	tg_micro_write(b, *(const tg_micro *)field);
}

const struct conf_type_ops conf_types[CONF_TYPES] = {
	[CONF_T_TEXT] = { "text", sizeof(struct slice), text_parse, text_write, false },
	[CONF_T_COUNT] = { "whole number", sizeof(uint32_t), count_parse, count_write, true },
	[CONF_T_SWITCH] = { "true or false", sizeof(bool), switch_parse, switch_write, true },
	[CONF_T_CHOICE] = { "one of", sizeof(uint8_t), choice_parse, choice_write, false },
	[CONF_T_ADDR] = { "address[:port]", sizeof(struct tg_addr), addr_parse, addr_write, false },
	[CONF_T_HOST] = { "address or host name[:port]", sizeof(struct conf_host), host_parse,
	                  host_write, false },
	[CONF_T_PREFIX] = { "prefix", sizeof(struct tg_prefix), prefix_parse, prefix_write, false },
	[CONF_T_PORTS] = { "first-last", sizeof(struct conf_ports), ports_parse, ports_write,
	                   false },
	[CONF_T_NUMBER] = { "number", sizeof(struct conf_number), number_parse, number_write,
	                    false },
	[CONF_T_REF] = { "name from", sizeof(struct conf_ref), ref_parse, ref_write, false },
	/* as text in JSON, because a reader's floating point would change it */
	[CONF_T_MONEY] = { "amount of money", sizeof(tg_micro), money_parse, money_write, false },
};
