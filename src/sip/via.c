/* Via: where a request came from and where its answer goes (RFC 3261 §20.42, RFC 3581). */
#include "sip/chars_priv.h"
#include "sip/header.h"

enum { SIP_PORT = 5060 };

static enum tg_proto proto_of(struct slice transport)
{
	if (transport.len != 3)
		return TG_PROTO_NONE;
	if (ch_ieq(transport, "UDP"))
		return TG_PROTO_UDP;
	if (ch_ieq(transport, "TCP"))
		return TG_PROTO_TCP;
	return ch_ieq(transport, "TLS") ? TG_PROTO_TLS : TG_PROTO_NONE;
}

/**
 * A token at `p` with the LWS behind it, and the '/' with its LWS; NULL when it is something else.
 */
static const char *token_slash(const char *p, const char *end, struct slice *token)
{
	const char *q = ch_run(p, end, CH_TOKEN);

	if (q == p)
		return NULL;
	*token = ch_slice(p, q);
	q = ch_skip_lws(q, end);
	return q < end && *q == '/' ? ch_skip_lws(q + 1, end) : NULL;
}

/** "SIP / 2.0 / UDP" and the LWS behind it. */
static const char *parse_protocol(struct sip_via *v, const char *p, const char *end)
{
	const char *q;

	if (end - p > 8 && memcmp(p, "SIP/2.0/", 8) == 0) {
		v->version_ok = true;
		p += 8;
	} else {
		struct slice name = { 0 }, version = { 0 };

		p = token_slash(p, end, &name);
		p = p != NULL ? token_slash(p, end, &version) : NULL;
		if (p == NULL)
			return NULL;
		v->version_ok = ch_ieq(name, "SIP") && slice_eq(version, SLICE("2.0"));
	}
	q = ch_run(p, end, CH_TOKEN);
	v->transport = ch_slice(p, q);
	v->proto = (uint8_t)proto_of(v->transport);
	if (q == p)
		return NULL;
	p = ch_skip_lws(q, end);
	return p > q ? p : NULL;
}

/** "host [ : port ]" and the LWS behind it. */
static const char *parse_sent_by(struct sip_via *v, const char *p, const char *end)
{
	p = sip_host_end(p, end, &v->host, &v->host_is_v6);
	if (p == NULL)
		return NULL;
	p = ch_skip_lws(p, end);
	if (p < end && *p == ':') {
		p = sip_port_end(ch_skip_lws(p + 1, end), end, &v->port);
		if (p == NULL)
			return NULL;
		p = ch_skip_lws(p, end);
	}
	return p;
}

/** Keep the parameters that matter; one that stands twice is refused (two readers, two answers). */
static enum tg_err keep_param(struct sip_via *v, const struct sip_param *param)
{
	struct slice *into = NULL;
	uint64_t port;

	if (ch_ieq(param->name, "branch"))
		into = &v->branch;
	else if (ch_ieq(param->name, "received"))
		into = &v->received;
	else if (ch_ieq(param->name, "maddr"))
		into = &v->maddr;
	if (into != NULL) {
		if (into->p != NULL || param->value.p == NULL)
			return TG_EBAD;
		*into = param->value;
	} else if (ch_ieq(param->name, "rport")) {
		if (v->has_rport)
			return TG_EBAD;
		v->has_rport = true;
		if (param->value.p != NULL) {
			if (slice_u64(&port, param->value, UINT16_MAX) != TG_OK)
				return TG_EBAD;
			v->rport = (uint16_t)port;
		}
	}
	return TG_OK;
}

enum tg_err sip_via_next(struct slice *rest, struct sip_via *out)
{
	const char *end = ch_end(*rest);
	const char *from = ch_skip_lws(rest->p, end), *p;
	struct sip_via v = { 0 };
	struct sip_param param;
	struct slice params;
	enum tg_err err;
	unsigned count = 0;

	if (from == end)
		return TG_ENOENT;
	p = parse_protocol(&v, from, end);
	p = p != NULL ? parse_sent_by(&v, p, end) : NULL;
	if (p == NULL)
		return TG_EBAD;
	params = ch_slice(p, end);
	while ((err = sip_param_next(&params, &param)) == TG_OK) {
		if (++count > SIP_PARAMS_MAX || keep_param(&v, &param) != TG_OK) {
			err = TG_EBAD;
			break;
		}
	}
	v.text = ch_trim(from, err == TG_ENOENT ? params.p : end);
	if (count > 0)
		v.params = ch_trim(p, params.p);
	if (params.len > 0 && err == TG_ENOENT) { /* a ',': something must follow it */
		params.p = ch_skip_lws(params.p + 1, end);
		params.len = (size_t)(end - params.p);
		if (params.len == 0)
			err = TG_EBAD;
	}
	v.broken = err != TG_ENOENT;
	*rest = params;
	*out = v;
	return err == TG_ENOENT ? TG_OK : TG_EBAD;
}

bool sip_via_has_cookie(const struct sip_via *via)
{
	static const struct slice cookie = SLICE_INIT("z9hG4bK");

	/* any case: tokens are case-insensitive (§7.3.1), and proxies are seen that change it */
	return via->branch.len > cookie.len &&
	       slice_ieq(slice_head(via->branch, cookie.len), cookie);
}

struct tg_addr sip_via_reply_to(const struct sip_via *via, const struct tg_addr *source)
{
	struct tg_addr to = *source;

	if (!via->has_rport)
		to.port = via->port != 0 ? via->port : SIP_PORT;
	return to;
}
