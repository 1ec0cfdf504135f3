/*
 * Validity of RTP and RTCP.
 *
 * RFC:  RFC 3550 §5.1, §5.3.1, §6.4 to §6.6, A.1, A.2; RFC 5761 §4.
 * OURS: RTCP must be compound (no RFC 5506: we never offer it), and what its counts promise must
 *       be there, so that no peer behind us reads beyond a packet (E10, AST-2017-012).
 */
#include "media/rtp.h"

#include "base/macros.h"

enum {
	RTP_HEAD = 12,
	RTCP_SR = 200,
	RTCP_RR = 201,
	RTCP_SDES = 202,
	RTCP_BYE = 203,
	RTCP_APP = 204,
	RTCP_RTPFB = 205,
	RTCP_PSFB = 206,
	SENDER_INFO = 20,
	REPORT_BLOCK = 24
};

static inline uint32_t u8(const char *p)
{
	return (uint8_t)*p;
}

static inline uint32_t u16(const char *p)
{
	return u8(p) << 8 | u8(p + 1);
}

static inline uint32_t u32(const char *p)
{
	return u16(p) << 16 | u16(p + 2);
}

const char *rtp_fault_text(enum rtp_fault fault)
{
	static const char *const text[] = {
#define X(name, what) [name] = (what),
		RTP_FAULT_TABLE(X)
#undef X
	};

	return (size_t)fault < COUNT(text) ? text[fault] : "unknown fault";
}

enum rtp_fault rtp_parse(struct rtp_head *out, struct slice packet)
{
	const char *p = packet.p;
	size_t need = RTP_HEAD;
	uint32_t first, type;

	if (TG_UNLIKELY(packet.len < RTP_HEAD))
		return RTP_SHORT;
	first = u8(p);
	type = u8(p + 1) & 0x7f;
	if (TG_UNLIKELY(first >> 6 != 2))
		return RTP_VERSION;
	if (TG_UNLIKELY(type >= 72 && type <= 76))
		return RTP_TYPE;
	need += 4 * (size_t)(first & 0x0f);
	if (TG_UNLIKELY(packet.len < need))
		return RTP_CSRC;
	if (TG_UNLIKELY((first & 0x10) != 0)) {
		if (packet.len < need + 4)
			return RTP_EXTENSION;
		need += 4 + 4 * (size_t)u16(p + need + 2);
		if (packet.len < need)
			return RTP_EXTENSION;
	}
	if (TG_UNLIKELY((first & 0x20) != 0)) {
		uint32_t pad = u8(p + packet.len - 1);

		if (packet.len == need || pad == 0 || pad > packet.len - need)
			return RTP_PADDING;
	}
	*out = (struct rtp_head){ (uint8_t)type, (uint16_t)u16(p + 2), u32(p + 4), u32(p + 8) };
	return RTP_FINE;
}

/* RFC 3550 §6.5: chunks of SSRC and items, the list ended by a zero and padded to 32 bits. */
static bool sdes_fits(const char *p, size_t len, uint32_t chunks)
{
	size_t at = 4;

	for (; chunks > 0; chunks--) {
		if (len - at < 8) /* SSRC and at least the end of the items */
			return false;
		at += 4;
		while (at < len && p[at] != 0) {
			if (len - at < 2 || len - at - 2 < u8(p + at + 1))
				return false;
			at += 2 + u8(p + at + 1);
		}
		if (at >= len)
			return false;
		at = (at + 4) & ~(size_t)3; /* past the zero, up to the boundary */
	}
	return at <= len;
}

static bool bye_fits(const char *p, size_t len, uint32_t count)
{
	size_t at = 4 + 4 * (size_t)count;

	return len >= at && (len == at || len - at - 1 >= u8(p + at));
}

/* One packet of the compound, without its padding. */
static bool content_fits(uint32_t type, const char *p, size_t len)
{
	uint32_t count = u8(p) & 0x1f;

	switch (type) {
	case RTCP_SR:
		return len >= 8 + SENDER_INFO + REPORT_BLOCK * (size_t)count;
	case RTCP_RR:
		return len >= 8 + REPORT_BLOCK * (size_t)count;
	case RTCP_SDES:
		return sdes_fits(p, len, count);
	case RTCP_BYE:
		return bye_fits(p, len, count);
	case RTCP_APP:
	case RTCP_RTPFB:
	case RTCP_PSFB:
		return len >= 12;
	default:
		return true;
	}
}

enum rtp_fault rtcp_check(struct slice packet)
{
	struct slice rest = packet;

	if (packet.len < 8)
		return RTP_SHORT;
	if (u8(packet.p + 1) != RTCP_SR && u8(packet.p + 1) != RTCP_RR)
		return RTP_TYPE;
	while (rest.len > 0) {
		uint32_t type;
		size_t len, content;

		if (rest.len < 4)
			return RTP_LENGTH;
		if (u8(rest.p) >> 6 != 2)
			return RTP_VERSION;
		type = u8(rest.p + 1);
		if (type < 192 || type > 223)
			return RTP_TYPE;
		len = content = 4 + 4 * (size_t)u16(rest.p + 2);
		if (len > rest.len)
			return RTP_LENGTH;
		if ((u8(rest.p) & 0x20) != 0) { /* A.2: only the last may be padded */
			uint32_t pad = u8(rest.p + len - 1);

			if (len != rest.len || pad == 0 || pad % 4 != 0 || pad > len - 4)
				return RTP_PADDING;
			content -= pad;
		}
		if (!content_fits(type, rest.p, content))
			return RTP_CONTENT;
		rest = slice_skip(rest, len);
	}
	return RTP_FINE;
}
