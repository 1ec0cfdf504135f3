/*
 * The lines of a session description.
 *
 * RFC:  RFC 8866 §5, §9; RFC 3264 §5 (one t=).
 * OURS: o=, s=, t=, c= at most once a section; one t= in all; o=, s= and t= stand before the
 *       first m=; k= (a key in clear) is read over; unknown letters refuse it, as §5 says.
 */
#include "sip/chars_priv.h"
#include "sip/sdp_priv.h"

/* Where a letter may stand, and whether once only. */
struct letter_row {
	bool known, session, media, once;
};

static const struct letter_row letters[26] = {
	['v' - 'a'] = { true, true, false, true },  ['o' - 'a'] = { true, true, false, true },
	['s' - 'a'] = { true, true, false, true },  ['i' - 'a'] = { true, true, true, true },
	['u' - 'a'] = { true, true, false, true },  ['e' - 'a'] = { true, true, false, false },
	['p' - 'a'] = { true, true, false, false }, ['c' - 'a'] = { true, true, true, true },
	['b' - 'a'] = { true, true, true, false },  ['t' - 'a'] = { true, true, false, true },
	['r' - 'a'] = { true, true, false, false }, ['z' - 'a'] = { true, true, false, true },
	['k' - 'a'] = { true, true, true, true },   ['a' - 'a'] = { true, true, true, false },
	['m' - 'a'] = { true, true, true, false },
};

struct word_row {
	struct slice text;
	uint8_t value;
};

static const struct word_row kinds[] = {
	{ SLICE_INIT("audio"), SIP_SDP_AUDIO },
	{ SLICE_INIT("video"), SIP_SDP_VIDEO },
	{ SLICE_INIT("image"), SIP_SDP_IMAGE },
	{ SLICE_INIT("text"), SIP_SDP_TEXT },
	{ SLICE_INIT("application"), SIP_SDP_APPLICATION },
	{ SLICE_INIT("message"), SIP_SDP_MESSAGE },
};

static const struct word_row protos[] = {
	{ SLICE_INIT("RTP/AVP"), SIP_SDP_RTP_AVP },
	{ SLICE_INIT("RTP/AVPF"), SIP_SDP_RTP_AVPF },
	{ SLICE_INIT("RTP/SAVP"), SIP_SDP_RTP_SAVP },
	{ SLICE_INIT("RTP/SAVPF"), SIP_SDP_RTP_SAVPF },
	{ SLICE_INIT("UDP/TLS/RTP/SAVP"), SIP_SDP_DTLS_SAVP },
	{ SLICE_INIT("UDP/TLS/RTP/SAVPF"), SIP_SDP_DTLS_SAVPF },
	{ SLICE_INIT("udptl"), SIP_SDP_UDPTL },
};

static uint8_t word_find(const struct word_row *rows, size_t count, struct slice s)
{
	for (size_t i = 0; i < count; i++) {
		if (slice_ieq(rows[i].text, s))
			return rows[i].value;
	}
	return 0;
}

enum tg_err sip_sdp_bad(struct sip_sdp_reader *r, const char *rule)
{
	r->rule = rule;
	return TG_EBAD;
}

enum tg_err sip_sdp_over(struct sip_sdp_reader *r, const char *rule)
{
	r->rule = rule;
	return TG_ELIMIT;
}

bool sip_sdp_is_rtp(uint8_t proto)
{
	return proto != SIP_SDP_OTHER_PROTO && proto != SIP_SDP_UDPTL;
}

static bool is_number(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!tg_isdigit(s.p[i]))
			return false;
	}
	return s.len > 0 && s.len <= 20;
}

static enum tg_err read_origin(struct sip_sdp_reader *r, struct slice value)
{
	struct sip_sdp_origin o = { 0 };
	struct slice net, type;

	o.user = sip_sdp_token(&value);
	o.id = sip_sdp_token(&value);
	o.version = sip_sdp_token(&value);
	net = sip_sdp_token(&value);
	type = sip_sdp_token(&value);
	o.address = sip_sdp_token(&value);
	if (o.address.len == 0 || value.len > 0)
		return sip_sdp_bad(r, "o= does not have six fields");
	if (!is_number(o.id) || !is_number(o.version))
		return sip_sdp_bad(r, "o= id or version is not a number");
	if (!sip_sdp_is_token(net) || !sip_sdp_is_token(type))
		return sip_sdp_bad(r, "o= network or address type");
	r->sdp->origin = o;
	return TG_OK;
}

static enum tg_err read_time(struct sip_sdp_reader *r, struct slice value)
{
	struct slice start = sip_sdp_token(&value), stop = sip_sdp_token(&value);

	if (!is_number(start) || !is_number(stop) || value.len > 0)
		return sip_sdp_bad(r, "t= is not two numbers");
	return TG_OK;
}

/* The formats; for RTP each is a payload type and stands once. */
static enum tg_err read_formats(struct sip_sdp_reader *r, struct sip_sdp_media *m)
{
	struct slice rest = m->formats;
	bool rtp = sip_sdp_is_rtp(m->proto) && m->port != 0;

	while (rest.len > 0) {
		struct slice format = sip_sdp_token(&rest);
		uint64_t type;

		if (m->format_count++ == SIP_SDP_FORMATS_MAX)
			return sip_sdp_over(r, "too many formats in one m=");
		if (!sip_sdp_is_token(format))
			return sip_sdp_bad(r, "m= format is not a token");
		if (!rtp)
			continue;
		if (format.len > 3 || slice_u64(&type, format, 127) != TG_OK)
			return sip_sdp_bad(r, "m= payload type is not 0 to 127");
		if (sip_sdp_has_type(m, (unsigned)type))
			return sip_sdp_bad(r, "m= names a payload type twice");
		m->types[type / 64] |= 1ull << (type % 64);
	}
	return m->format_count > 0 ? TG_OK : sip_sdp_bad(r, "m= without a format");
}

static bool is_protocol(struct slice s)
{
	struct slice part;

	do {
		s = slice_cut(s, '/', &part);
		if (!sip_sdp_is_token(part))
			return false;
	} while (s.p != NULL);
	return true;
}

static enum tg_err read_media(struct sip_sdp_reader *r, struct slice value)
{
	struct sip_sdp_media *m;
	struct slice port, count;
	uint64_t v = 0, n = 1;

	if (r->sdp->media_count == SIP_SDP_MEDIA_MAX)
		return sip_sdp_over(r, "too many m= lines");
	m = &r->sdp->media[r->sdp->media_count];
	*m = (struct sip_sdp_media){ .conn = r->sdp->conn, .dir = r->sdp->dir };
	m->media = sip_sdp_token(&value);
	count = slice_cut(sip_sdp_token(&value), '/', &port);
	m->protocol = sip_sdp_token(&value);
	m->formats = value;
	while (m->formats.len > 0 && m->formats.p[m->formats.len - 1] == ' ')
		m->formats.len--;
	if (!sip_sdp_is_token(m->media) || !is_protocol(m->protocol))
		return sip_sdp_bad(r, "m= kind or protocol");
	if (port.len > 5 || slice_u64(&v, port, 65535) != TG_OK)
		return sip_sdp_bad(r, "m= port is not 0 to 65535");
	if (count.p != NULL && (count.len > 5 || slice_u64(&n, count, 65535) != TG_OK || n == 0))
		return sip_sdp_bad(r, "m= port count");
	m->port = (uint16_t)v;
	m->port_count = (uint16_t)n;
	m->kind = word_find(kinds, COUNT(kinds), m->media);
	m->proto = word_find(protos, COUNT(protos), m->protocol);
	r->sdp->media_count++;
	r->media = m;
	r->seen = 0;
	r->dir_seen = false;
	memset(r->mapped, 0, sizeof(r->mapped));
	memset(r->described, 0, sizeof(r->described));
	return read_formats(r, m);
}

static uint32_t bit_of(char letter)
{
	return 1u << (letter - 'a');
}

static enum tg_err check_letter(struct sip_sdp_reader *r, char letter)
{
	const struct letter_row *row = NULL;
	uint32_t need = bit_of('v') | bit_of('o') | bit_of('s') | bit_of('t');

	if (letter >= 'a' && letter <= 'z')
		row = &letters[letter - 'a'];
	if (row == NULL || !row->known)
		return sip_sdp_bad(r, "unknown line type");
	if (r->seen == 0 && r->media == NULL && letter != 'v')
		return sip_sdp_bad(r, "does not begin with v=");
	if (!(r->media != NULL ? row->media : row->session))
		return sip_sdp_bad(r, "line type at the wrong level");
	if (row->once && (r->seen & bit_of(letter)) != 0)
		return sip_sdp_bad(r, "line twice in one section");
	if (letter == 'm' && r->media == NULL && (r->seen & need) != need)
		return sip_sdp_bad(r, "v=, o=, s= or t= is missing");
	r->seen |= bit_of(letter);
	return TG_OK;
}

static enum tg_err read_line(struct sip_sdp_reader *r, struct slice line)
{
	struct slice value = slice_skip(line, 2);
	enum tg_err err;

	if (line.len < 2 || line.p[1] != '=')
		return sip_sdp_bad(r, "line is not letter=value");
	err = check_letter(r, line.p[0]);
	if (err != TG_OK)
		return err;
	if (line.p[0] != 's' && (value.len == 0 || value.p[0] == ' '))
		return sip_sdp_bad(r, "line without a value, or a space behind the =");
	switch (line.p[0]) {
	case 'v':
		return slice_eq(value, SLICE("0")) ? TG_OK : sip_sdp_bad(r, "v= is not 0");
	case 'o':
		return read_origin(r, value);
	case 's':
		r->sdp->name = value;
		return TG_OK;
	case 't':
		return read_time(r, value);
	case 'c':
		return sip_sdp_read_conn(r, r->media != NULL ? &r->media->conn : &r->sdp->conn,
		                         value);
	case 'm':
		return read_media(r, value);
	case 'a':
		return sip_sdp_read_attr(r, value);
	default:
		return TG_OK; /* b= is read by the writer; the rest never passes */
	}
}

/* Everything that only a whole description shows. */
static enum tg_err check_whole(struct sip_sdp_reader *r)
{
	uint32_t need = bit_of('v') | bit_of('o') | bit_of('s') | bit_of('t');

	if (r->media == NULL && (r->seen & need) != need)
		return sip_sdp_bad(r, "v=, o=, s= or t= is missing");
	for (uint8_t i = 0; i < r->sdp->media_count; i++) {
		if (r->sdp->media[i].port != 0 && r->sdp->media[i].conn.text.p == NULL)
			return sip_sdp_bad(r, "m= without any c=");
	}
	return TG_OK;
}

/* Cut the next line off: CRLF or LF, the last may lack it.  Control octets are refused. */
static enum tg_err take_line(struct sip_sdp_reader *r, struct slice *rest, struct slice *line)
{
	size_t n = slice_find(*rest, '\n'), len = n;

	if (n < rest->len && len > 0 && rest->p[len - 1] == '\r')
		len--;
	if (len > SIP_SDP_LINE_MAX)
		return sip_sdp_over(r, "line too long");
	for (const char *p = rest->p, *end = p + len; p < end; p++) {
		p = ch_find_control(p, end);
		if (p < end && *p != '\t')
			return sip_sdp_bad(r, "control octet in a line");
	}
	*line = slice_head(*rest, len);
	*rest = slice_skip(*rest, n + 1);
	return TG_OK;
}

static bool only_line_ends(struct slice s)
{
	while (s.len > 0) {
		size_t n = s.p[0] == '\r' ? 1 : 0;

		if (n >= s.len || s.p[n] != '\n')
			return false;
		s = slice_skip(s, n + 1);
	}
	return true;
}

static enum tg_err read_all(struct sip_sdp_reader *r, struct slice in, size_t *offset)
{
	struct slice rest = in, line = { 0 };
	size_t lines = 0;

	while (rest.len > 0) {
		enum tg_err err = TG_OK;

		*offset = (size_t)(rest.p - in.p);
		if ((rest.p[0] == '\r' || rest.p[0] == '\n') && rest.len <= 4 &&
		    only_line_ends(rest))
			break; /* a blank line at the end: common, harmless */
		if (lines++ == SIP_SDP_LINES_MAX)
			return sip_sdp_over(r, "too many lines");
		err = take_line(r, &rest, &line);
		if (err == TG_OK)
			err = read_line(r, line);
		if (err != TG_OK)
			return err;
		if (r->media != NULL && line.p[0] == 'm')
			r->media->section = slice_of(rest.p, 0);
		else if (r->media != NULL)
			r->media->section.len = (size_t)(line.p + line.len - r->media->section.p);
	}
	return check_whole(r);
}

enum tg_err sip_sdp_parse(struct sip_sdp *out, struct slice in, struct sip_sdp_fault *fault)
{
	struct sip_sdp sdp;
	struct sip_sdp_reader r = { .sdp = &sdp };
	size_t offset = 0;
	enum tg_err err;

	memset(&sdp, 0, offsetof(struct sip_sdp, media)); /* read_media() sets the lines it adds */
	if (in.len > SIP_SDP_BYTES_MAX)
		err = sip_sdp_over(&r, "description too long");
	else
		err = read_all(&r, in, &offset);
	if (err == TG_OK)
		memcpy(out, &sdp, offsetof(struct sip_sdp, media) +
		                          sdp.media_count * sizeof(sdp.media[0]));
	else if (fault != NULL)
		*fault = (struct sip_sdp_fault){ r.rule, offset };
	return err;
}

bool sip_sdp_next_line(struct slice *section, char *type, struct slice *value)
{
	size_t n = slice_find(*section, '\n'), len = n;

	if (section->len < 2)
		return false;
	if (n < section->len && section->p[len - 1] == '\r')
		len--;
	*type = section->p[0];
	*value = slice_skip(slice_head(*section, len), 2);
	*section = slice_skip(*section, n + 1);
	return true;
}
