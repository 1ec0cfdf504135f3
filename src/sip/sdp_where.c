/* Where media of a stream goes, and where it never goes (E5, RFC 3264 §8.4). */
#include "sip/sdp.h"

/*
 * IPv6 outside 2000::/3 and fc00::/7 is nobody's host: ::/96 and 64:ff9b::/96 hide IPv4 addresses,
 * and so does 2002::/16 (6to4).
 */
static bool is_odd_v6(const struct tg_addr *a)
{
	if (a->family != TG_AF_INET6)
		return false;
	if (a->ip[0] == 0x20 && a->ip[1] == 0x02)
		return true;
	return (a->ip[0] & 0xe0) != 0x20 && (a->ip[0] & 0xfe) != 0xfc;
}

enum sip_sdp_target sip_sdp_target_of(const struct tg_addr *addr, const struct sip_sdp_us *us)
{
	enum tg_addr_class class = tg_addr_class(addr);

	if (class == TG_ADDR_LOOPBACK)
		return us->loopback ? SIP_SDP_TARGET_OK : SIP_SDP_TARGET_NEVER;
	for (size_t i = 0; i < us->own_count; i++) {
		if (tg_addr_ip_eq(addr, &us->own[i]))
			return SIP_SDP_TARGET_NEVER; /* a loop through ourselves */
	}
	if (is_odd_v6(addr))
		return SIP_SDP_TARGET_NEVER;
	if (class == TG_ADDR_PUBLIC)
		return SIP_SDP_TARGET_OK;
	return class == TG_ADDR_PRIVATE ? SIP_SDP_TARGET_LATCH : SIP_SDP_TARGET_NEVER;
}

/* 0.0.0.0 is hold of RFC 2543 phones (RFC 3264 §8.4); "::" says the same in IPv6. */
static bool is_zero(const struct sip_sdp_conn *conn)
{
	static const uint8_t zeros[16];

	return conn->addr.family != TG_AF_NONE && memcmp(conn->addr.ip, zeros, sizeof(zeros)) == 0;
}

enum sip_sdp_dir sip_sdp_dir_of(const struct sip_sdp_media *media)
{
	if (!is_zero(&media->conn))
		return (enum sip_sdp_dir)media->dir;
	if (media->dir == SIP_SDP_SENDRECV)
		return SIP_SDP_SENDONLY;
	return media->dir == SIP_SDP_RECVONLY ? SIP_SDP_INACTIVE : (enum sip_sdp_dir)media->dir;
}

static void where_rtcp(struct sip_sdp_where *out, const struct sip_sdp_media *media,
                       const struct sip_sdp_us *us)
{
	struct tg_addr rtcp = out->rtp;
	enum sip_sdp_target target;

	if (media->rtcp_mux || rtcp.family == TG_AF_NONE) {
		out->rtcp = rtcp;
		return;
	}
	if (media->rtcp_port == 0 && media->port == 65535)
		return;
	if (media->rtcp_conn.text.p != NULL)
		rtcp = media->rtcp_conn.addr;
	if (rtcp.family == TG_AF_NONE)
		return; /* a host name: RTCP is not worth a lookup */
	rtcp.port = media->rtcp_port != 0 ? media->rtcp_port : (uint16_t)(media->port + 1);
	target = sip_sdp_target_of(&rtcp, us);
	if (target == SIP_SDP_TARGET_OK || target == out->target)
		out->rtcp = rtcp;
}

void sip_sdp_where(struct sip_sdp_where *out, const struct sip_sdp_media *media,
                   const struct sip_sdp_us *us)
{
	struct sip_sdp_where w = { .target = SIP_SDP_TARGET_NONE, .rtcp_mux = media->rtcp_mux };
	enum sip_sdp_dir dir = sip_sdp_dir_of(media);

	*out = w;
	if (media->port == 0) {
		out->off = true;
		return;
	}
	w.sends = dir == SIP_SDP_SENDRECV || dir == SIP_SDP_SENDONLY;
	w.receives = dir == SIP_SDP_SENDRECV || dir == SIP_SDP_RECVONLY;
	if (media->conn.addr.family == TG_AF_NONE) {
		w.target = SIP_SDP_TARGET_LATCH; /* a host name: no lookups for strangers */
	} else if (!is_zero(&media->conn)) {
		w.target = (uint8_t)sip_sdp_target_of(&media->conn.addr, us);
		if (w.target != SIP_SDP_TARGET_NEVER) {
			w.rtp = media->conn.addr;
			w.rtp.port = media->port;
		}
	}
	w.hold = !w.receives;
	where_rtcp(&w, media, us);
	*out = w;
}
