/* Addresses in headers: name-addr and addr-spec (RFC 3261 §20.10, §25.1). */
#include "sip/chars_priv.h"
#include "sip/header.h"

/** The parameters at `*p`; sets params and tag, moves *p to the ',' or the end. */
static enum tg_err parse_params(struct sip_addr *a, const char **p, const char *end)
{
	struct slice rest = ch_slice(*p, end);
	struct sip_param param;
	enum tg_err err;
	unsigned count = 0;

	while ((err = sip_param_next(&rest, &param)) == TG_OK) {
		if (++count > SIP_PARAMS_MAX)
			return TG_EBAD;
		if (!ch_ieq(param.name, "tag"))
			continue;
		if (a->tag.p != NULL || param.value.p == NULL)
			return TG_EBAD; /* two readers would choose two tags */
		a->tag = param.value;
	}
	if (err != TG_ENOENT)
		return TG_EBAD;
	if (count > 0)
		a->params = ch_trim(*p, rest.p);
	*p = rest.p;
	return TG_OK;
}

/**
 * The display name and '<' at `p`, both optional: sets a->display.  Returns the '<', or `p` when an
 * addr-spec starts there, or NULL when it is neither (baddn: an unquoted comma; quotbal).
 */
static const char *parse_display(struct sip_addr *a, const char *p, const char *end)
{
	const char *q;

	if (*p == '<')
		return p;
	if (*p == '"') {
		struct slice rest = ch_slice(p, end), inside;

		if (sip_quoted_next(&rest, &inside) != TG_OK)
			return NULL;
		a->display = ch_slice(p, rest.p);
		q = ch_skip_lws(rest.p, end);
		return q < end && *q == '<' ? q : NULL;
	}
	q = ch_run(p, end, CH_TOKEN | CH_LWS);
	if (q == end)
		return NULL;
	if (*q == ':')
		return p;
	if (*q != '<')
		return NULL;
	a->display = ch_trim(p, q);
	return q;
}

enum tg_err sip_addr_next(struct slice *rest, struct sip_addr *out)
{
	const char *end = ch_end(*rest);
	const char *p = ch_skip_lws(rest->p, end), *q;
	struct sip_addr a = { 0 };

	if (p == end)
		return TG_ENOENT;
	q = ch_skip_lws(p + 1, end);
	if (*p == '*' && (q == end || *q == ',')) {
		a.star = true;
		p = q;
	} else {
		p = parse_display(&a, p, end);
		if (p == NULL)
			return TG_EBAD;
		if (*p == '<') {
			p++;
			q = memchr(p, '>', (size_t)(end - p));
		} else {
			q = p;
			while (q < end && *q != ';' && *q != ',' && *q != '?' && !ch_is(*q, CH_LWS))
				q++;
		}
		if (q == NULL || sip_uri_parse(&a.uri, ch_slice(p, q)) != TG_OK)
			return TG_EBAD;
		if (q < end && *q == '>')
			q++;
		p = q;
		if (parse_params(&a, &p, end) != TG_OK)
			return TG_EBAD;
	}
	if (p < end) { /* a ',': something must follow it */
		p = ch_skip_lws(p + 1, end);
		if (p == end)
			return TG_EBAD;
	}
	*rest = ch_slice(p, end);
	*out = a;
	return TG_OK;
}

enum tg_err sip_addr_parse(struct sip_addr *out, struct slice in)
{
	struct sip_addr a;

	if (sip_addr_next(&in, &a) != TG_OK || in.len > 0 || a.star)
		return TG_EBAD;
	*out = a;
	return TG_OK;
}

void sip_display_text(struct buf *dst, struct slice display)
{
	struct slice inside;

	if (sip_quoted_next(&display, &inside) == TG_OK)
		sip_quoted_text(dst, inside);
	else
		sip_quoted_text(dst, display); /* tokens: only the folds matter */
}
