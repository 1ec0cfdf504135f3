/*
 * RFC:  RFC 7616 §3.3 (challenge), §3.4 (credentials), RFC 8760 §2.1; list syntax of RFC 7235 §2.1.
 * OURS: no parameter twice (B19), no empty list elements, no control octet in a quoted value; what
 *       the RFC quotes must be quoted; what it does not may be quoted all the same, as phones
 *       do with algorithm and qop.
 */
#include "sip/digest.h"

#include "sip/chars_priv.h"

/* The parameters that we know, in the order of their bits. */
enum field {
	F_REALM,
	F_NONCE,
	F_OPAQUE,
	F_USERNAME,
	F_URI,
	F_RESPONSE,
	F_CNONCE,
	F_NC,
	F_QOP,
	F_ALGORITHM,
	F_STALE,
	FIELDS
};

static const struct {
	struct slice name;
	bool quoted; /* must be */
} fields[FIELDS] = {
	[F_REALM] = { SLICE_INIT("realm"), true },
	[F_NONCE] = { SLICE_INIT("nonce"), true },
	[F_OPAQUE] = { SLICE_INIT("opaque"), true },
	[F_USERNAME] = { SLICE_INIT("username"), true },
	[F_URI] = { SLICE_INIT("uri"), true },
	[F_RESPONSE] = { SLICE_INIT("response"), true },
	[F_CNONCE] = { SLICE_INIT("cnonce"), true },
	[F_NC] = { SLICE_INIT("nc"), false },
	[F_QOP] = { SLICE_INIT("qop"), false },
	[F_ALGORITHM] = { SLICE_INIT("algorithm"), false },
	[F_STALE] = { SLICE_INIT("stale"), false },
};

/* The weakest first: sip_digest_choose() compares the indices. */
static const struct slice alg_names[] = {
	[TG_DIGEST_MD5] = SLICE_INIT("MD5"),
	[TG_DIGEST_SHA256] = SLICE_INIT("SHA-256"),
	[TG_DIGEST_SHA512_256] = SLICE_INIT("SHA-512-256"),
};

struct reader {
	struct slice rest;
	struct slice value[FIELDS];
	struct slice names[SIP_DIGEST_PARAMS_MAX];
	size_t count;
	const char *why;
};

static enum tg_err fail(struct reader *r, enum tg_err err, const char *why)
{
	r->why = why;
	return err;
}

static struct slice take_token(struct slice *rest)
{
	struct slice token;
	size_t n = 0;

	while (n < rest->len && ch_is(rest->p[n], CH_TOKEN))
		n++;
	token = slice_head(*rest, n);
	*rest = slice_skip(*rest, n);
	return token;
}

static void skip_blank(struct slice *rest)
{
	size_t n = 0;

	while (n < rest->len && ch_is(rest->p[n], CH_LWS))
		n++;
	*rest = slice_skip(*rest, n);
}

/* The text between the quotes, escapes kept.  A fold in a quoted value is refused: some readers
 * would hash it as a space, some as it stands. */
static enum tg_err take_quoted(struct reader *r, struct slice *value)
{
	struct slice in = slice_skip(r->rest, 1);

	for (size_t n = 0; n < in.len; n++) {
		uint8_t c = (uint8_t)in.p[n];

		if (c == '"') {
			*value = slice_of(in.p, n);
			r->rest = slice_skip(in, n + 1);
			return TG_OK;
		}
		if (c == '\\' && ++n < in.len)
			c = (uint8_t)in.p[n];
		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return fail(r, TG_EBAD, "control octet in a quoted value");
	}
	return fail(r, TG_EBAD, "a quote is not closed");
}

static enum tg_err keep(struct reader *r, struct slice name, struct slice value, bool quoted)
{
	for (size_t i = 0; i < r->count; i++) {
		if (slice_ieq(r->names[i], name))
			return fail(r, TG_EBAD, "a parameter twice");
	}
	if (r->count == SIP_DIGEST_PARAMS_MAX)
		return fail(r, TG_ELIMIT, "too many parameters");
	r->names[r->count++] = name;
	for (size_t i = 0; i < FIELDS; i++) {
		if (!slice_ieq(fields[i].name, name))
			continue;
		if (fields[i].quoted && !quoted)
			return fail(r, TG_EBAD, "a value that must be quoted is not");
		r->value[i] = value;
	}
	return TG_OK;
}

static enum tg_err read_param(struct reader *r)
{
	struct slice name = take_token(&r->rest), value = { NULL, 0 };
	enum tg_err err = TG_OK;
	bool quoted;

	skip_blank(&r->rest);
	if (name.len == 0 || r->rest.len == 0 || r->rest.p[0] != '=')
		return fail(r, TG_EBAD, "a parameter is not name=value");
	r->rest = slice_skip(r->rest, 1);
	skip_blank(&r->rest);
	quoted = r->rest.len > 0 && r->rest.p[0] == '"';
	if (quoted)
		err = take_quoted(r, &value);
	else
		value = take_token(&r->rest);
	if (err != TG_OK)
		return err;
	if (!quoted && value.len == 0)
		return fail(r, TG_EBAD, "a parameter without a value");
	if (value.len > SIP_DIGEST_VALUE_MAX)
		return fail(r, TG_ELIMIT, "a value is too long");
	return keep(r, name, value, quoted);
}

static enum tg_err read_all(struct reader *r, struct slice in)
{
	struct slice scheme;

	if (in.len > SIP_DIGEST_HEADER_MAX)
		return fail(r, TG_ELIMIT, "the header is too long");
	r->rest = slice_trim(in);
	scheme = take_token(&r->rest);
	if (scheme.len == 0)
		return fail(r, TG_EBAD, "no scheme");
	if (!slice_ieq(scheme, SLICE("Digest")))
		return fail(r, TG_ENOENT, "another scheme than Digest");
	if (r->rest.len > 0 && ch_is(r->rest.p[0], CH_TOKEN))
		return fail(r, TG_EBAD, "no space behind the scheme");
	skip_blank(&r->rest);
	for (;;) {
		enum tg_err err = read_param(r);

		if (err != TG_OK)
			return err;
		skip_blank(&r->rest);
		if (r->rest.len == 0)
			return TG_OK;
		if (r->rest.p[0] != ',')
			return fail(r, TG_EBAD, "no comma between parameters");
		r->rest = slice_skip(r->rest, 1);
		skip_blank(&r->rest);
	}
}

/* "auth" among the comma-separated options of a challenge. */
static bool offers_auth(struct slice options)
{
	while (options.len > 0) {
		struct slice option;

		options = slice_cut(options, ',', &option);
		if (slice_ieq(slice_trim(option), SLICE("auth")))
			return true;
	}
	return false;
}

static void set_alg(struct sip_digest *d, struct slice name)
{
	d->alg_known = name.p == NULL;
	for (size_t i = 0; i < COUNT(alg_names); i++) {
		if (name.p == NULL || !slice_ieq(alg_names[i], name))
			continue;
		d->alg = (uint8_t)i;
		d->alg_known = true;
	}
}

static void common(struct sip_digest *d, const struct reader *r)
{
	d->realm = r->value[F_REALM];
	d->nonce = r->value[F_NONCE];
	d->opaque = r->value[F_OPAQUE];
	d->qop = r->value[F_QOP].p != NULL;
	set_alg(d, r->value[F_ALGORITHM]);
}

static enum tg_err answer(const struct reader *r, enum tg_err err, const char **why)
{
	if (err != TG_OK && why != NULL)
		*why = r->why;
	return err;
}

enum tg_err sip_digest_parse_challenge(struct sip_digest *out, struct slice in, const char **why)
{
	struct reader r = { 0 };
	struct sip_digest d = { 0 };
	enum tg_err err = read_all(&r, in);

	if (err == TG_OK && (r.value[F_REALM].p == NULL || r.value[F_NONCE].p == NULL))
		err = fail(&r, TG_EBAD, "a challenge without realm or nonce");
	if (err != TG_OK)
		return answer(&r, err, why);
	common(&d, &r);
	d.qop_auth = offers_auth(r.value[F_QOP]);
	d.stale = slice_ieq(r.value[F_STALE], SLICE("true"));
	*out = d;
	return TG_OK;
}

/* Eight hex digits (RFC 7616 §3.4). */
static bool read_nc(struct sip_digest *d, struct slice nc)
{
	uint32_t v = 0;

	for (size_t i = 0; i < nc.len; i++) {
		if (tg_hexval(nc.p[i]) < 0)
			return false;
		v = v << 4 | (uint32_t)tg_hexval(nc.p[i]);
	}
	d->nc = nc;
	d->nc_value = v;
	return nc.len == 8;
}

enum tg_err sip_digest_parse_credentials(struct sip_digest *out, struct slice in, const char **why)
{
	static const enum field must[] = { F_USERNAME, F_REALM, F_NONCE, F_URI, F_RESPONSE };
	struct reader r = { 0 };
	struct sip_digest d = { 0 };
	enum tg_err err = read_all(&r, in);

	for (size_t i = 0; i < COUNT(must) && err == TG_OK; i++) {
		if (r.value[must[i]].p == NULL)
			err = fail(&r, TG_EBAD, "credentials lack a parameter");
	}
	if (err == TG_OK && r.value[F_QOP].p != NULL && r.value[F_CNONCE].p == NULL)
		err = fail(&r, TG_EBAD, "qop without cnonce");
	if (err == TG_OK && r.value[F_QOP].p != NULL && !read_nc(&d, r.value[F_NC]))
		err = fail(&r, TG_EBAD, "nc is not eight hex digits");
	if (err != TG_OK)
		return answer(&r, err, why);
	common(&d, &r);
	d.username = r.value[F_USERNAME];
	d.uri = r.value[F_URI];
	d.response = r.value[F_RESPONSE];
	d.cnonce = r.value[F_CNONCE];
	d.qop_auth = slice_ieq(r.value[F_QOP], SLICE("auth"));
	*out = d;
	return TG_OK;
}

const struct sip_digest *sip_digest_choose(const struct sip_digest *list, size_t count,
                                           struct slice realm)
{
	const struct sip_digest *best = NULL;

	for (size_t i = 0; i < count; i++) {
		const struct sip_digest *d = &list[i];

		if (!d->alg_known || (d->qop && !d->qop_auth))
			continue;
		if (realm.p != NULL && !slice_eq(realm, d->realm))
			continue;
		if (best == NULL || d->alg > best->alg)
			best = d;
	}
	return best;
}

const char *sip_digest_alg_name(enum tg_digest_alg alg)
{
	return (size_t)alg < COUNT(alg_names) ? alg_names[alg].p : "unknown";
}

/* Quoted, with what needs it escaped (RFC 3261 §25.1 quoted-pair). */
static void put_quoted(struct buf *b, struct slice s)
{
	buf_chr(b, '"');
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			buf_chr(b, '\\');
		buf_chr(b, s.p[i]);
	}
	buf_chr(b, '"');
}

/* ", name=" and a quoted value that is escaped already. */
static void put_raw(struct buf *b, struct slice name, struct slice raw)
{
	buf_lit(b, ", ");
	buf_put(b, name);
	buf_lit(b, "=\"");
	buf_put(b, raw);
	buf_chr(b, '"');
}

void sip_digest_write_challenge(struct buf *buf, struct slice realm, struct slice nonce,
                                enum tg_digest_alg alg, bool stale)
{
	buf_lit(buf, "Digest realm=");
	put_quoted(buf, realm);
	buf_lit(buf, ", nonce=");
	put_quoted(buf, nonce);
	buf_lit(buf, ", algorithm=");
	buf_put(buf, alg_names[alg]);
	buf_lit(buf, ", qop=\"auth\"");
	if (stale)
		buf_lit(buf, ", stale=true");
}

void sip_digest_write_credentials(struct buf *buf, const struct sip_digest *challenge,
                                  struct slice username, const struct sip_digest_over *over,
                                  struct slice response)
{
	buf_lit(buf, "Digest username=");
	put_quoted(buf, username);
	put_raw(buf, fields[F_REALM].name, challenge->realm);
	put_raw(buf, fields[F_NONCE].name, challenge->nonce);
	put_raw(buf, fields[F_URI].name, over->uri);
	put_raw(buf, fields[F_RESPONSE].name, response);
	buf_lit(buf, ", algorithm=");
	buf_put(buf, alg_names[over->alg]);
	if (challenge->opaque.p != NULL)
		put_raw(buf, fields[F_OPAQUE].name, challenge->opaque);
	if (!over->qop_auth)
		return;
	buf_lit(buf, ", qop=auth, nc=");
	buf_put(buf, over->nc);
	put_raw(buf, fields[F_CNONCE].name, over->cnonce);
}
