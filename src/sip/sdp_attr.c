/* Attributes that mean something to us (RFC 8866 §6, RFC 3605, RFC 5761). */
#include "sip/sdp_priv.h"

typedef enum tg_err attr_fn(struct sip_sdp_reader *r, struct slice value, unsigned arg);

struct attr_row {
	struct slice name;
	bool has_value, session;
	attr_fn *read;
	unsigned arg;
};

static enum tg_err read_dir(struct sip_sdp_reader *r, struct slice value, unsigned arg)
{
	uint8_t *dir = r->media != NULL ? &r->media->dir : &r->sdp->dir;

	(void)value;
	if (r->dir_seen && *dir != arg)
		return sip_sdp_bad(r, "two directions that contradict each other");
	r->dir_seen = true;
	*dir = (uint8_t)arg;
	return TG_OK;
}

static enum tg_err read_mux(struct sip_sdp_reader *r, struct slice value, unsigned arg)
{
	(void)value;
	(void)arg;
	r->media->rtcp_mux = true;
	return TG_OK;
}

static enum tg_err read_rtcp(struct sip_sdp_reader *r, struct slice value, unsigned arg)
{
	struct slice port = sip_sdp_token(&value);
	uint64_t v;

	(void)arg;
	if (r->media->rtcp_port != 0)
		return sip_sdp_bad(r, "a=rtcp twice");
	if (port.len > 5 || slice_u64(&v, port, 65535) != TG_OK)
		return sip_sdp_bad(r, "a=rtcp port is not 0 to 65535");
	/* Port 0 is written by refusers of the stream; there is nothing behind it then. */
	r->media->rtcp_port = (uint16_t)v;
	if (value.len == 0 || v == 0)
		return TG_OK;
	return sip_sdp_read_conn(r, &r->media->rtcp_conn, value);
}

/* A real number (RFC 8866 §6.4 allows it) or nonsense is no ptime for us: it is only a wish. */
static enum tg_err read_ptime(struct sip_sdp_reader *r, struct slice value, unsigned max)
{
	uint16_t *to = max ? &r->media->maxptime_ms : &r->media->ptime_ms;
	uint64_t v;

	if (slice_u64(&v, value, 1000) == TG_OK && v > 0 && *to == 0)
		*to = (uint16_t)v;
	return TG_OK;
}

bool sip_sdp_cut_type(struct slice *value, unsigned *type)
{
	struct slice rest = *value, token;
	uint64_t v;

	if (rest.len == 0 || rest.p[0] == ' ')
		return false;
	token = sip_sdp_token(&rest);
	if (token.len > 3 || rest.len == 0 || slice_u64(&v, token, 127) != TG_OK)
		return false;
	*type = (unsigned)v;
	*value = rest;
	return true;
}

/** Cut "encoding/clock[/channels]"; `hz` is set only when it is that. */
static bool read_encoding(struct slice s, uint64_t *hz)
{
	struct slice name, clock, channels;
	uint64_t rate, v;

	while (s.len > 0 && s.p[s.len - 1] == ' ')
		s.len--;
	s = slice_cut(s, '/', &name);
	channels = slice_cut(s, '/', &clock);
	if (!sip_sdp_is_token(name) || slice_u64(&rate, clock, 10000000) != TG_OK)
		return false;
	if (channels.p != NULL && slice_u64(&v, channels, 255) != TG_OK)
		return false;
	*hz = rate;
	return true;
}

bool sip_sdp_is_encoding(struct slice s)
{
	uint64_t hz;

	return read_encoding(s, &hz);
}

uint32_t sip_sdp_clock_hz(const struct sip_sdp_media *m)
{
	struct slice formats = m->formats, first = sip_sdp_token(&formats);
	struct slice rest = m->section, value, name;
	uint64_t wanted, hz = 0;
	unsigned of;
	char type;

	if (!sip_sdp_is_rtp(m->proto) || slice_u64(&wanted, first, 127) != TG_OK)
		return 0;
	while (sip_sdp_next_line(&rest, &type, &value)) {
		value = slice_cut(value, ':', &name);
		if (type == 'a' && slice_eq(name, SLICE("rtpmap")) &&
		    sip_sdp_cut_type(&value, &of) && of == wanted && read_encoding(value, &hz))
			break;
	}
	return (uint32_t)hz;
}

static enum tg_err read_rtpmap(struct sip_sdp_reader *r, struct slice value, unsigned arg)
{
	unsigned type;
	uint64_t bit;

	(void)arg;
	if (!sip_sdp_is_rtp(r->media->proto))
		return TG_OK;
	if (!sip_sdp_cut_type(&value, &type) || !sip_sdp_is_encoding(value))
		return TG_OK; /* as in RFC 4475 §3.3.15 (no clock): it does not pass */
	bit = 1ull << (type % 64);
	if ((r->mapped[type / 64] & bit) != 0)
		return sip_sdp_bad(r, "a=rtpmap twice for one payload type");
	r->mapped[type / 64] |= bit;
	return TG_OK;
}

static enum tg_err read_fmtp(struct sip_sdp_reader *r, struct slice value, unsigned arg)
{
	unsigned type;
	uint64_t bit;

	(void)arg;
	if (!sip_sdp_is_rtp(r->media->proto) || !sip_sdp_cut_type(&value, &type))
		return TG_OK; /* formats of others are tokens; such a line does not pass */
	bit = 1ull << (type % 64);
	if ((r->described[type / 64] & bit) != 0)
		return sip_sdp_bad(r, "a=fmtp twice for one payload type");
	r->described[type / 64] |= bit;
	return TG_OK;
}

static const struct attr_row rows[] = {
	{ SLICE_INIT("sendrecv"), false, true, read_dir, SIP_SDP_SENDRECV },
	{ SLICE_INIT("sendonly"), false, true, read_dir, SIP_SDP_SENDONLY },
	{ SLICE_INIT("recvonly"), false, true, read_dir, SIP_SDP_RECVONLY },
	{ SLICE_INIT("inactive"), false, true, read_dir, SIP_SDP_INACTIVE },
	{ SLICE_INIT("rtcp-mux"), false, false, read_mux, 0 },
	{ SLICE_INIT("rtcp"), true, false, read_rtcp, 0 },
	{ SLICE_INIT("rtpmap"), true, false, read_rtpmap, 0 },
	{ SLICE_INIT("fmtp"), true, false, read_fmtp, 0 },
	{ SLICE_INIT("ptime"), true, false, read_ptime, 0 },
	{ SLICE_INIT("maxptime"), true, false, read_ptime, 1 },
};

enum tg_err sip_sdp_read_attr(struct sip_sdp_reader *r, struct slice value)
{
	struct slice name, rest = slice_cut(value, ':', &name);
	bool has_value = name.len != value.len;

	if (!sip_sdp_is_token(name))
		return sip_sdp_bad(r, "a= name is not a token");
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (!slice_eq(rows[i].name, name))
			continue;
		if (rows[i].has_value != has_value)
			return sip_sdp_bad(r, has_value ? "flag attribute with a value" :
			                                  "attribute without its value");
		/* A media attribute at session level means nothing (§6) and never passes. */
		if (r->media == NULL && !rows[i].session)
			return TG_OK;
		return rows[i].read(r, rest, rows[i].arg);
	}
	return TG_OK;
}
