/*
 * URIs.
 *
 * RFC:  RFC 3261 §19.1 and §25.1, RFC 3966 §3.
 * OURS: '#' in a user part and '_' in a host name are accepted, because phones and LANs have them;
 *       a host that looks like a shortened or octal IPv4 address is not.
 */
#include "sip/uri.h"

#include "sip/chars_priv.h"

enum { HOST_MAX = 255, ESCAPE_LEN = 3 };

/** The address with its first ":::", if there is one, as "::". */
static void put_ipv6(struct buf *b, struct slice in)
{
	for (size_t at = 0; at + 2 < in.len; at++) {
		if (in.p[at] != ':' || in.p[at + 1] != ':' || in.p[at + 2] != ':')
			continue;
		buf_put(b, slice_head(in, at));
		buf_put(b, slice_skip(in, at + 1));
		return;
	}
	buf_put(b, in);
}

static bool ipv4_ok(const char *p, const char *end)
{
	for (int group = 0; group < 4; group++) {
		const char *from = p;
		unsigned v = 0;

		while (p < end && p - from < 4 && tg_isdigit(*p))
			v = v * 10 + (unsigned)(*p++ - '0');
		if (p == from || v > 255 || (p - from > 1 && *from == '0'))
			return false;
		if (group < 3 && (p == end || *p++ != '.'))
			return false;
	}
	return p == end;
}

/**
 * End of the name or IPv4 address at `p`: labels without an empty one; the last may be followed by
 * a dot.  NULL when it is none.
 */
static const char *name_end(const char *p, const char *end)
{
	const char *from = p, *label;

	for (;;) {
		label = p;
		p = ch_run(p, end, CH_LABEL);
		if (p == label || p == end || *p != '.')
			break;
		p++;
	}
	if (p == from || p - from > HOST_MAX)
		return NULL;
	if (p == label) { /* ends with a dot, or has two in a row */
		for (label--; label > from && label[-1] != '.'; label--)
			;
		return *label == '.' || tg_isdigit(*label) ? NULL : p; /* "10.0.0.1." */
	}
	return !tg_isdigit(*label) || ipv4_ok(from, p) ? p : NULL;
}

/** What stands in brackets.  The ":::" of RFC 3261's first ABNF is tolerated (RFC 5118 §4.10). */
static bool ipv6_ok(struct slice in)
{
	struct tg_addr unused;
	char text[64];
	struct buf b = buf_on(text, sizeof(text));

	put_ipv6(&b, in);
	return !b.full && slice_find(in, ':') < in.len &&
	       tg_addr_parse_ip(&unused, buf_slice(&b)) == TG_OK;
}

const char *sip_host_end(const char *p, const char *end, struct slice *host, bool *is_v6)
{
	const char *stop;

	if (p < end && *p == '[') {
		stop = memchr(p, ']', TG_MIN((size_t)(end - p), (size_t)HOST_MAX));
		if (stop == NULL || !ipv6_ok(ch_slice(p + 1, stop)))
			return NULL;
		*host = ch_slice(p + 1, stop);
		*is_v6 = true;
		return stop + 1;
	}
	stop = name_end(p, end);
	if (stop == NULL)
		return NULL;
	*host = ch_slice(p, stop);
	*is_v6 = false;
	return stop;
}

const char *sip_port_end(const char *p, const char *end, uint16_t *port)
{
	const char *from = p;
	unsigned v = 0;

	while (p < end && p - from < 6 && tg_isdigit(*p))
		v = v * 10 + (unsigned)(*p++ - '0');
	if (p == from || p - from > 5 || v == 0 || v > UINT16_MAX)
		return NULL;
	*port = (uint16_t)v;
	return p;
}

/**
 * "user[:password]@" at `p`; returns what follows it, `p` when there is no '@', NULL when broken.
 */
static const char *parse_user(struct sip_uri *u, const char *p, const char *end)
{
	const char *q = ch_run_escaped(p, end, CH_USER);
	const char *colon = NULL;

	if (q < end && *q == ':') {
		colon = q;
		q = ch_run_escaped(q + 1, end, CH_USER);
	}
	if (q == end || *q != '@')
		return p; /* a host; if it is none, its parser says so */
	if (q == p || colon == p)
		return NULL;
	u->user = ch_slice(p, colon != NULL ? colon : q);
	if (colon != NULL) {
		u->password = ch_slice(colon + 1, q);
		/* password has neither of ';' '?' '/' (§25.1), nor our '#' */
		for (const char *c = colon + 1; c < q; c++) {
			if (*c == ';' || *c == '?' || *c == '/' || *c == '#')
				return NULL;
		}
	}
	return q + 1;
}

/** *( ";" name [ "=" value ] ) at `p`; sets u->params; returns what follows, NULL when broken. */
static const char *parse_params(struct sip_uri *u, const char *p, const char *end, enum tg_err *err)
{
	const char *from = p;
	unsigned count = 0;

	while (p < end && *p == ';') {
		const char *q = ch_run_escaped(p + 1, end, CH_PARAM);

		if (q == p + 1)
			return NULL;
		if (q < end && *q == '=') {
			p = q + 1;
			q = ch_run_escaped(p, end, CH_PARAM);
			if (q == p)
				return NULL;
		}
		p = q;
		if (++count > SIP_URI_PARAMS_MAX) {
			*err = TG_ELIMIT;
			return NULL;
		}
	}
	if (p > from)
		u->params = ch_slice(from, p);
	return p;
}

static enum tg_err parse_sip(struct sip_uri *u, const char *p, const char *end)
{
	enum tg_err err = TG_EBAD;

	p = parse_user(u, p, end);
	if (p == NULL)
		return TG_EBAD;
	p = sip_host_end(p, end, &u->host, &u->host_is_v6);
	if (p != NULL && p < end && *p == ':')
		p = sip_port_end(p + 1, end, &u->port);
	if (p == NULL)
		return TG_EBAD;
	p = parse_params(u, p, end, &err);
	if (p == NULL)
		return err;
	if (p < end && *p == '?') {
		const char *q = ch_run_escaped(p + 1, end, CH_HEADERS);

		if (q == p + 1)
			return TG_EBAD;
		u->headers = ch_slice(p + 1, q);
		p = q;
	}
	return p == end ? TG_OK : TG_EBAD;
}

/*
 * RFC 3966 §3: global-number-digits or local-number-digits; phone-context is the numbering's
 * concern.
 */
static enum tg_err parse_tel(struct sip_uri *u, const char *p, const char *end)
{
	enum tg_err err = TG_EBAD;
	const char *from = p;
	bool global = p < end && *p == '+';
	size_t digits = 0;

	if (global)
		p++;
	for (; p < end && *p != ';'; p++) {
		if (global ? tg_isdigit(*p) : tg_hexval(*p) >= 0 || *p == '*' || *p == '#')
			digits++;
		else if (*p != '-' && *p != '.' && *p != '(' && *p != ')')
			return TG_EBAD;
	}
	if (digits == 0)
		return TG_EBAD;
	u->user = ch_slice(from, p);
	p = parse_params(u, p, end, &err);
	if (p == NULL)
		return err;
	return p == end ? TG_OK : TG_EBAD;
}

/** Any other absolute URI: printable ASCII without blanks and delimiters (RFC 3986 §2). */
static enum tg_err parse_other(const char *p, const char *end)
{
	if (p == end)
		return TG_EBAD;
	for (; p < end; p++) {
		if ((uint8_t)*p <= 0x20 || (uint8_t)*p >= 0x7f || *p == '<' || *p == '>' ||
		    *p == '"')
			return TG_EBAD;
	}
	return TG_OK;
}

/** The scheme at the start of `in`; 0 when there is none, else what follows its ':'. */
static size_t parse_scheme(struct sip_uri *u, struct slice in)
{
	const char *p = in.p, *end = ch_end(in);

	while (p < end && (tg_isdigit(*p) || (tg_lower(*p) >= 'a' && tg_lower(*p) <= 'z') ||
	                   ((*p == '+' || *p == '-' || *p == '.') && p > in.p)))
		p++;
	if (p == in.p || p == end || *p != ':' || tg_isdigit(*in.p))
		return 0;
	u->scheme = ch_slice(in.p, p);
	if (ch_ieq(u->scheme, "sip"))
		u->kind = SIP_URI_SIP;
	else if (ch_ieq(u->scheme, "sips"))
		u->kind = SIP_URI_SIPS;
	else if (ch_ieq(u->scheme, "tel"))
		u->kind = SIP_URI_TEL;
	else
		u->kind = SIP_URI_OTHER;
	return u->scheme.len + 1;
}

enum tg_err sip_uri_parse(struct sip_uri *out, struct slice in)
{
	struct sip_uri u = { .text = in };
	size_t at;
	enum tg_err err;

	if (in.len > SIP_URI_MAX)
		return TG_ELIMIT;
	if (in.len > 4 && memcmp(in.p, "sip:", 4) == 0) { /* the usual one */
		u.kind = SIP_URI_SIP;
		u.scheme = slice_of(in.p, 3);
		at = 4;
	} else {
		at = parse_scheme(&u, in);
	}
	if (at == 0)
		return TG_EBAD;
	if (u.kind == SIP_URI_TEL)
		err = parse_tel(&u, in.p + at, ch_end(in));
	else if (u.kind == SIP_URI_OTHER)
		err = parse_other(in.p + at, ch_end(in));
	else
		err = parse_sip(&u, in.p + at, ch_end(in));
	if (err == TG_OK)
		*out = u;
	return err;
}

bool sip_uri_param(struct slice params, struct slice name, struct slice *value)
{
	while (params.len > 0) {
		struct slice one, key, val;

		params = slice_cut(slice_skip(params, 1), ';', &one);
		if (params.p != NULL || params.len > 0)
			params = slice_of(params.p - 1, params.len + 1); /* keep its ';' */
		val = slice_cut(one, '=', &key);
		if (!slice_ieq(key, name))
			continue;
		if (value != NULL)
			*value = val;
		return true;
	}
	return false;
}

/** Next octet of an escaped text; advances *p.  -1 for a broken escape. */
static int next_octet(const char **p, const char *end)
{
	int high, low;

	if (**p != '%')
		return (uint8_t)*(*p)++;
	if (end - *p < ESCAPE_LEN)
		return -1;
	high = tg_hexval((*p)[1]);
	low = tg_hexval((*p)[2]);
	*p += ESCAPE_LEN;
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

enum tg_err sip_unescape(struct buf *dst, struct slice in, enum sip_unescape mode)
{
	const char *p = in.p, *end = ch_end(in);
	size_t len = dst->len;

	while (p < end) {
		int c = next_octet(&p, end);

		if (c < 0 || (mode == SIP_UNESCAPE_TEXT && (c < 0x20 || c == 0x7f)))
			return TG_EBAD;
		if (len == dst->cap)
			return TG_ELIMIT;
		dst->p[len++] = (char)c;
	}
	dst->len = len;
	return TG_OK;
}

bool sip_user_eq(struct slice a, struct slice b)
{
	const char *p = a.p, *p_end = ch_end(a);
	const char *q = b.p, *q_end = ch_end(b);

	while (p < p_end && q < q_end) {
		int c = next_octet(&p, p_end);

		if (c < 0 || c != next_octet(&q, q_end))
			return false;
	}
	return p == p_end && q == q_end;
}

void sip_uri_write_hostport(struct buf *b, const struct sip_uri *uri)
{
	if (uri->host_is_v6) {
		buf_chr(b, '[');
		put_ipv6(b, uri->host);
		buf_chr(b, ']');
	} else {
		buf_put(b, uri->host);
	}
	if (uri->port != 0) {
		buf_chr(b, ':');
		buf_u64(b, uri->port);
	}
}

void sip_uri_write(struct buf *b, const struct sip_uri *uri)
{
	if (uri->kind == SIP_URI_OTHER) {
		buf_put(b, uri->text);
		return;
	}
	if (uri->kind == SIP_URI_TEL) {
		buf_lit(b, "tel:");
		buf_put(b, uri->user);
	} else {
		buf_put(b, uri->kind == SIP_URI_SIPS ? SLICE("sips:") : SLICE("sip:"));
		buf_put(b, uri->user);
		if (uri->user.p != NULL)
			buf_chr(b, '@');
		sip_uri_write_hostport(b, uri);
	}
	buf_put(b, uri->params);
}

void sip_user_write(struct buf *b, struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.p[i];

		/* ';' '?' and '/' may stand there, but not every reader knows it */
		if (ch_is(c, CH_USER) && c != '#' && c != ';' && c != '?' && c != '/') {
			buf_chr(b, c);
		} else {
			buf_chr(b, '%');
			buf_hex(b, &c, 1);
		}
	}
}
