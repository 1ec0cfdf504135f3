/*
 * RFC:  RFC 3264 §5 to §8, RFC 3605 (a=rtcp), RFC 5761 (a=rtcp-mux).
 * OURS: one c= at session level, a second one only where a stream sits elsewhere; t=0 0 always;
 *       refused lines carry no attributes.
 */
#include "sip/sdp_write.h"

#include "sip/sdp_priv.h"

/* What is relayed; everything else is kept with port 0. */
static const struct relay_row {
	uint8_t kind, proto;
} relayed[] = {
	{ SIP_SDP_AUDIO, SIP_SDP_RTP_AVP },
	{ SIP_SDP_AUDIO, SIP_SDP_RTP_AVPF },
};

bool sip_sdp_can_relay(const struct sip_sdp_media *media)
{
	if (media->port == 0 || media->port_count != 1)
		return false; /* several ports are for layered multicast (RFC 8866 §5.14) */
	for (size_t i = 0; i < COUNT(relayed); i++) {
		if (media->kind == relayed[i].kind && media->proto == relayed[i].proto)
			return true;
	}
	return false;
}

size_t sip_sdp_relay_lines(uint8_t *line, size_t max, const struct sip_sdp *sdp)
{
	size_t n = 0;

	for (uint8_t i = 0; i < sdp->media_count && n < max; i++) {
		if (sip_sdp_can_relay(&sdp->media[i]))
			line[n++] = i;
	}
	return n;
}

static bool is_on(const struct sip_sdp_media *media, const struct sip_sdp_stream *stream)
{
	return stream->addr.port != 0 && sip_sdp_can_relay(media);
}

static void write_addr(struct buf *b, const struct tg_addr *addr)
{
	if (addr->family == TG_AF_INET6)
		buf_lit(b, "IN IP6 ");
	else
		buf_lit(b, "IN IP4 ");
	tg_addr_write_ip(b, addr);
}

static void write_conn(struct buf *b, const struct tg_addr *addr)
{
	buf_lit(b, "c=");
	write_addr(b, addr);
	buf_lit(b, "\r\n");
}

/* Printable ASCII only: what passes is text that every parser reads alike. */
static bool is_plain(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] < 0x20 || s.p[i] > 0x7e)
			return false;
	}
	return s.len > 0;
}

/* b= of a relayed line (RFC 8866 §5.8, RFC 3556, RFC 3890), read as type and number. */
static void pass_bandwidth(struct buf *b, struct slice value)
{
	static const struct slice types[] = { SLICE_INIT("AS"), SLICE_INIT("TIAS"),
		                              SLICE_INIT("RS"), SLICE_INIT("RR") };
	struct slice type, number = slice_cut(value, ':', &type);
	uint64_t v;

	for (size_t i = 0; i < COUNT(types); i++) {
		if (!slice_eq(type, types[i]) || slice_u64(&v, number, UINT32_MAX) != TG_OK)
			continue;
		buf_lit(b, "b=");
		buf_put(b, types[i]);
		buf_chr(b, ':');
		buf_u64(b, v);
		buf_lit(b, "\r\n");
	}
}

typedef bool fits_fn(const struct sip_sdp_media *m, struct slice rest);

static bool fits_rtpmap(const struct sip_sdp_media *m, struct slice rest)
{
	(void)m;
	return sip_sdp_is_encoding(rest);
}

static bool fits_fmtp(const struct sip_sdp_media *m, struct slice rest)
{
	(void)m;
	return rest.len > 0; /* the codec's own words: printable is all that we ask */
}

static bool fits_feedback(const struct sip_sdp_media *m, struct slice rest)
{
	return m->proto == SIP_SDP_RTP_AVPF && rest.len > 0;
}

/* Attributes about one payload type: they pass when the m= line lists it. */
static const struct pass_row {
	struct slice name;
	bool star; /* '*' means all types (RFC 4585 §4.2) */
	fits_fn *fits;
} passed[] = {
	{ SLICE_INIT("rtpmap"), false, fits_rtpmap },
	{ SLICE_INIT("fmtp"), false, fits_fmtp },
	{ SLICE_INIT("rtcp-fb"), true, fits_feedback },
};

/* Write "a=name:type rest", or nothing when the type is not listed. */
static void pass_typed(struct buf *b, const struct sip_sdp_media *m, const struct pass_row *row,
                       struct slice value)
{
	bool star = row->star && slice_starts(value, SLICE("* "));
	unsigned type = 0;

	if (star)
		value = slice_skip(value, 2);
	else if (!sip_sdp_cut_type(&value, &type) || !sip_sdp_has_type(m, type))
		return;
	if (!row->fits(m, value))
		return;
	buf_lit(b, "a=");
	buf_put(b, row->name);
	buf_chr(b, ':');
	if (star)
		buf_chr(b, '*');
	else
		buf_u64(b, type);
	buf_chr(b, ' ');
	buf_put(b, value);
	buf_lit(b, "\r\n");
}

static void pass_attr(struct buf *b, const struct sip_sdp_media *m, struct slice attr)
{
	struct slice name, value = slice_cut(attr, ':', &name);

	for (size_t i = 0; i < COUNT(passed); i++) {
		if (slice_eq(name, passed[i].name) && is_plain(value))
			pass_typed(b, m, &passed[i], value);
	}
}

static void put_number_attr(struct buf *b, struct slice name, uint64_t v)
{
	if (v == 0)
		return;
	buf_lit(b, "a=");
	buf_put(b, name);
	buf_chr(b, ':');
	buf_u64(b, v);
	buf_lit(b, "\r\n");
}

static void write_m_line(struct buf *b, const struct sip_sdp_media *m, uint16_t port)
{
	struct slice rest = m->formats;

	buf_lit(b, "m=");
	buf_put(b, m->media);
	buf_chr(b, ' ');
	buf_u64(b, port);
	buf_chr(b, ' ');
	buf_put(b, m->protocol);
	while (rest.len > 0) {
		buf_chr(b, ' ');
		buf_put(b, sip_sdp_token(&rest));
	}
	buf_lit(b, "\r\n");
}

static void pass_section(struct buf *b, const struct sip_sdp_media *m, char wanted)
{
	struct slice rest = m->section, value;
	char type;

	while (sip_sdp_next_line(&rest, &type, &value)) {
		if (type != wanted)
			continue;
		if (type == 'b')
			pass_bandwidth(b, value);
		else
			pass_attr(b, m, value);
	}
}

static void write_media(struct buf *b, const struct sip_sdp_media *m,
                        const struct sip_sdp_write *how, const struct sip_sdp_stream *stream)
{
	static const struct slice dirs[] = { SLICE_INIT("a=sendrecv\r\n"),
		                             SLICE_INIT("a=sendonly\r\n"),
		                             SLICE_INIT("a=recvonly\r\n"),
		                             SLICE_INIT("a=inactive\r\n") };

	if (!is_on(m, stream)) {
		write_m_line(b, m, 0);
		return;
	}
	write_m_line(b, m, stream->addr.port);
	if (!tg_addr_ip_eq(&stream->addr, &how->addr))
		write_conn(b, &stream->addr);
	pass_section(b, m, 'b');
	pass_section(b, m, 'a');
	put_number_attr(b, SLICE("ptime"), m->ptime_ms);
	put_number_attr(b, SLICE("maxptime"), m->maxptime_ms);
	if (stream->rtcp_port != stream->addr.port + 1)
		put_number_attr(b, SLICE("rtcp"), stream->rtcp_port);
	if (stream->rtcp_mux)
		buf_lit(b, "a=rtcp-mux\r\n");
	buf_put(b, dirs[sip_sdp_dir_of(m)]);
}

void sip_sdp_write(struct buf *buf, const struct sip_sdp *sdp, const struct sip_sdp_write *how)
{
	buf_lit(buf, "v=0\r\no=- ");
	buf_u64(buf, how->id);
	buf_chr(buf, ' ');
	buf_u64(buf, how->version);
	buf_chr(buf, ' ');
	write_addr(buf, &how->addr);
	buf_lit(buf, "\r\ns=-\r\n");
	write_conn(buf, &how->addr);
	buf_lit(buf, "t=0 0\r\n");
	for (uint8_t i = 0; i < sdp->media_count; i++)
		write_media(buf, &sdp->media[i], how, &how->stream[i]);
}

void sip_sdp_shape_of(struct sip_sdp_shape *out, const struct sip_sdp *sdp,
                      const struct sip_sdp_write *how)
{
	struct sip_sdp_shape s = { .count = sdp->media_count };

	for (uint8_t i = 0; i < s.count; i++) {
		s.kind[i] = sdp->media[i].kind;
		if (is_on(&sdp->media[i], &how->stream[i]))
			s.on = (uint16_t)(s.on | 1u << i);
	}
	*out = s;
}

static enum tg_err bad(const char **why, const char *text)
{
	if (why != NULL)
		*why = text;
	return TG_EBAD;
}

static bool same_kinds(const struct sip_sdp_shape *shape, const struct sip_sdp *sdp)
{
	for (uint8_t i = 0; i < shape->count; i++) {
		if (shape->kind[i] != sdp->media[i].kind)
			return false;
	}
	return true;
}

enum tg_err sip_sdp_check_answer(const struct sip_sdp_shape *offer, const struct sip_sdp *answer,
                                 const char **why)
{
	if (answer->media_count != offer->count)
		return bad(why, "answer has another number of m= lines than the offer");
	if (!same_kinds(offer, answer))
		return bad(why, "answer changes the kind of an m= line");
	for (uint8_t i = 0; i < offer->count; i++) {
		if (answer->media[i].port == 0)
			continue;
		if ((offer->on >> i & 1) == 0)
			return bad(why, "answer switches on a line that was offered off");
		if (!sip_sdp_can_relay(&answer->media[i]))
			return bad(why, "answer changes the protocol of an m= line");
	}
	return TG_OK;
}

enum tg_err sip_sdp_check_reoffer(const struct sip_sdp_shape *before, const struct sip_sdp *offer,
                                  const char **why)
{
	if (offer->media_count < before->count)
		return bad(why, "offer has fewer m= lines than the one before");
	/* A refused line's slot may be used for another kind (RFC 3264 §8.1). */
	for (uint8_t i = 0; i < before->count; i++) {
		if ((before->on >> i & 1) != 0 && before->kind[i] != offer->media[i].kind)
			return bad(why, "offer changes the kind of an m= line in use");
	}
	return TG_OK;
}
