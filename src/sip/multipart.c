/*
 * RFC:  RFC 2046 §5.1.1 (delimiters), RFC 5621 §3 (multipart in SIP), RFC 3204 §4 (handling).
 * OURS: multipart/mixed only; one level; the preamble holds nothing but line ends; a lone LF ends a
 *       line too; what stands behind the closing boundary is not looked at.
 */
#include "sip/multipart.h"

#include "sip/chars_priv.h"

static enum tg_err fail(const char **why, enum tg_err err, const char *text)
{
	if (why != NULL)
		*why = text;
	return err;
}

static size_t token_len(struct slice s)
{
	size_t n = 0;

	while (n < s.len && ch_is(s.p[n], CH_TOKEN))
		n++;
	return n;
}

static struct slice skip_blank(struct slice s)
{
	size_t n = 0;

	while (n < s.len && ch_is(s.p[n], CH_LWS))
		n++;
	return slice_skip(s, n);
}

/* A token or a quoted string without escapes (no boundary or handling needs one). */
static bool take_value(struct slice *rest, struct slice *value)
{
	size_t n;

	if (rest->len == 0 || rest->p[0] != '"') {
		n = token_len(*rest);
		*value = slice_head(*rest, n);
		*rest = slice_skip(*rest, n);
		return n > 0;
	}
	*rest = slice_skip(*rest, 1);
	n = slice_find(*rest, '"');
	*value = slice_head(*rest, n);
	if (n == rest->len || slice_find(*value, '\\') < n || slice_find(*value, '\n') < n ||
	    slice_find(*value, '\r') < n || slice_find(*value, '\0') < n)
		return false;
	*rest = slice_skip(*rest, n + 1);
	return true;
}

enum tg_err sip_mime_param(struct slice *value, struct slice header, struct slice name)
{
	struct slice head, found = { NULL, 0 };
	struct slice rest = slice_trim(slice_cut(header, ';', &head));
	bool more = head.len != header.len;

	while (more) {
		struct slice key, v = { NULL, 0 };

		rest = skip_blank(rest);
		key = slice_head(rest, token_len(rest));
		rest = skip_blank(slice_skip(rest, key.len));
		if (key.len == 0)
			return TG_EBAD;
		if (rest.len > 0 && rest.p[0] == '=') {
			rest = skip_blank(slice_skip(rest, 1));
			if (!take_value(&rest, &v))
				return TG_EBAD;
			rest = skip_blank(rest);
		}
		if (slice_ieq(key, name) && found.p != NULL)
			return TG_EBAD;
		if (slice_ieq(key, name))
			found = v.p != NULL ? v : slice_of("", 0);
		more = rest.len > 0;
		if (more && rest.p[0] != ';')
			return TG_EBAD;
		rest = slice_skip(rest, 1);
	}
	if (found.p == NULL)
		return TG_ENOENT;
	*value = found;
	return TG_OK;
}

/* "type/subtype" before the parameters. */
static bool is_type(struct slice header, struct slice want)
{
	struct slice head;

	(void)slice_cut(header, ';', &head);
	return slice_ieq(slice_trim(head), want);
}

static bool is_multipart(struct slice header)
{
	return slice_ieq(slice_head(slice_trim(header), 10), SLICE("multipart/"));
}

static bool is_boundary(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = tg_lower(s.p[i]);

		if (!tg_isdigit(c) && !(c >= 'a' && c <= 'z') &&
		    memchr("'()+_,-./:=? ", c, 13) == NULL)
			return false;
	}
	return s.len > 0 && s.len <= SIP_MULTIPART_BOUNDARY_MAX && s.p[s.len - 1] != ' ';
}

/* What a part says of itself. */
struct part {
	struct slice type, disposition, encoding;
	struct slice body;
};

static struct slice take_line(struct slice *rest)
{
	struct slice line;

	*rest = slice_cut(*rest, '\n', &line);
	if (line.len > 0 && line.p[line.len - 1] == '\r')
		line.len--;
	return line;
}

static enum tg_err set_once(struct slice *to, struct slice value, const char **why)
{
	if (to->p != NULL)
		return fail(why, TG_EBAD, "a header twice in one part");
	*to = value;
	return TG_OK;
}

static enum tg_err read_header(struct part *part, struct slice line, const char **why)
{
	struct slice name, value = slice_trim(slice_cut(line, ':', &name));

	name = slice_trim(name);
	if (name.len == line.len || token_len(name) != name.len || name.len == 0)
		return fail(why, TG_EBAD, "a part's header has no name");
	if (value.p == NULL)
		value = slice_of("", 0);
	if (slice_ieq(name, SLICE("Content-Type")) || slice_ieq(name, SLICE("c")))
		return set_once(&part->type, value, why);
	if (slice_ieq(name, SLICE("Content-Disposition")))
		return set_once(&part->disposition, value, why);
	if (slice_ieq(name, SLICE("Content-Transfer-Encoding")))
		return set_once(&part->encoding, value, why);
	return TG_OK;
}

/* Headers, an empty line, the body.  A folded header is refused: it could hide a type. */
static enum tg_err read_part(struct part *part, struct slice text, const char **why)
{
	struct slice rest = text;

	*part = (struct part){ 0 };
	for (int i = 0; i <= SIP_MULTIPART_HEADERS_MAX; i++) {
		bool ended = slice_find(rest, '\n') == rest.len;
		struct slice line = take_line(&rest);
		enum tg_err err;

		if ((rest.p == NULL ? text.len : (size_t)(rest.p - text.p)) >
		    SIP_MULTIPART_HEAD_MAX + line.len)
			return fail(why, TG_ELIMIT, "the headers of a part are too long");
		if (line.len == 0) {
			part->body = rest; /* none at all when the part ends here */
			return TG_OK;
		}
		if (ended)
			return fail(why, TG_EBAD,
			            "a part without an empty line behind its headers");
		if (line.p[0] == ' ' || line.p[0] == '\t')
			return fail(why, TG_EBAD, "a folded header in a part");
		err = read_header(part, line, why);
		if (err != TG_OK)
			return err;
	}
	return fail(why, TG_ELIMIT, "too many headers in a part");
}

static bool is_required(struct slice disposition)
{
	struct slice handling;

	return sip_mime_param(&handling, disposition, SLICE("handling")) == TG_OK &&
	       slice_ieq(handling, SLICE("required"));
}

static enum tg_err judge_part(struct slice *sdp, const struct part *part, const char **why)
{
	if (is_multipart(part->type))
		return fail(why, TG_EBAD, "a multipart inside a multipart");
	if (!is_type(part->type, SLICE("application/sdp"))) {
		if (part->disposition.p != NULL && is_required(part->disposition))
			return fail(why, TG_EDENIED, "a required part of an unknown type");
		return TG_OK;
	}
	if (part->encoding.p != NULL && !slice_ieq(part->encoding, SLICE("binary")) &&
	    !slice_ieq(part->encoding, SLICE("8bit")) && !slice_ieq(part->encoding, SLICE("7bit")))
		return fail(why, TG_EBAD, "an encoded SDP part");
	if (sdp->p != NULL)
		return fail(why, TG_EBAD, "two SDP parts");
	if (part->body.len == 0)
		return fail(why, TG_EBAD, "an empty SDP part");
	*sdp = part->body;
	return TG_OK;
}

enum delimiter { NO_DELIMITER, NEXT_PART, LAST_PART };

/* "--boundary" or "--boundary--" and blanks (RFC 2046 §5.1.1). */
static enum delimiter delimiter_of(struct slice line, struct slice boundary)
{
	enum delimiter kind = NEXT_PART;

	if (!slice_starts(line, SLICE("--")) || !slice_starts(slice_skip(line, 2), boundary))
		return NO_DELIMITER;
	line = slice_skip(line, 2 + boundary.len);
	if (slice_starts(line, SLICE("--"))) {
		kind = LAST_PART;
		line = slice_skip(line, 2);
	}
	return skip_blank(line).len == 0 ? kind : NO_DELIMITER;
}

/* Text of a part: from `start` to the line end that belongs to the delimiter at `end`. */
static struct slice part_text(struct slice body, size_t start, size_t end)
{
	if (end > start && body.p[end - 1] == '\n')
		end--;
	if (end > start && body.p[end - 1] == '\r')
		end--;
	return slice_of(body.p + start, end - start);
}

static enum tg_err walk(struct slice *sdp, struct slice body, struct slice boundary,
                        const char **why)
{
	struct slice rest = body;
	size_t start = 0, parts = 0;
	bool inside = false;

	while (rest.len > 0) {
		size_t at = (size_t)(rest.p - body.p);
		struct slice line = take_line(&rest);
		enum delimiter kind = delimiter_of(line, boundary);
		struct part part;
		enum tg_err err;

		if (kind == NO_DELIMITER) {
			if (!inside && line.len > 0)
				return fail(why, TG_EBAD, "text before the first boundary");
			continue;
		}
		if (inside) {
			if (parts++ == SIP_MULTIPART_PARTS_MAX)
				return fail(why, TG_ELIMIT, "too many parts");
			err = read_part(&part, part_text(body, start, at), why);
			if (err == TG_OK)
				err = judge_part(sdp, &part, why);
			if (err != TG_OK)
				return err;
		}
		if (kind == LAST_PART)
			return parts > 0 ? TG_OK : fail(why, TG_EBAD, "no part in the multipart");
		inside = true;
		start = rest.p != NULL ? (size_t)(rest.p - body.p) : body.len;
	}
	return fail(why, TG_EBAD, "no closing boundary");
}

enum tg_err sip_multipart_sdp(struct slice *out, struct slice content_type, struct slice body,
                              const char **why)
{
	struct slice boundary, sdp = { NULL, 0 };
	enum tg_err err;

	if (is_type(content_type, SLICE("application/sdp"))) {
		*out = body;
		return TG_OK;
	}
	if (!is_type(content_type, SLICE("multipart/mixed")))
		return fail(why, TG_ENOENT, "another type than SDP");
	if (sip_mime_param(&boundary, content_type, SLICE("boundary")) != TG_OK ||
	    !is_boundary(boundary))
		return fail(why, TG_EBAD, "no or odd boundary");
	err = walk(&sdp, body, boundary, why);
	if (err != TG_OK)
		return err;
	if (sdp.p == NULL)
		return fail(why, TG_ENOENT, "no SDP in the multipart");
	*out = sdp;
	return TG_OK;
}
