/* Tokens, and addresses as c= and a=rtcp write them (RFC 8866 §5.7, §9). */
#include "sip/sdp_priv.h"

struct slice sip_sdp_token(struct slice *rest)
{
	const char *p = rest->p, *end = rest->len > 0 ? p + rest->len : p, *from;
	struct slice token;

	if (rest->len == 0)
		return *rest = (struct slice){ NULL, 0 };
	while (p < end && *p == ' ')
		p++;
	for (from = p; p < end && *p != ' ';)
		p++;
	token = p > from ? slice_of(from, (size_t)(p - from)) : (struct slice){ NULL, 0 };
	while (p < end && *p == ' ')
		p++;
	*rest = p < end ? slice_of(p, (size_t)(end - p)) : (struct slice){ NULL, 0 };
	return token;
}

bool sip_sdp_is_token(struct slice s)
{
	/* a bit an octet: %x21 %x23-27 %x2A-2B %x2D-2E %x30-39 %x41-5A %x5E-7E */
	static const uint64_t is_token[4] = { 0x03ff6cfa00000000, 0x7fffffffc7fffffe };

	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = (uint8_t)s.p[i];

		if ((is_token[c / 64] >> c % 64 & 1) == 0)
			return false;
	}
	return s.len > 0;
}

/** A host name whose last label is not a number, so that nobody reads it as an address. */
static bool is_host_name(struct slice s)
{
	size_t last = 0;
	bool digits = true;

	if (s.len == 0 || s.len > 253 || s.p[0] == '.' || s.p[0] == '-')
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i], low = tg_lower(c);

		if (c == '.' && i > 0 && s.p[i - 1] == '.')
			return false;
		if (!tg_isdigit(c) && !(low >= 'a' && low <= 'z') && c != '-' && c != '.')
			return false;
		if (c == '.' && i + 1 < s.len)
			last = i + 1;
	}
	for (size_t i = last; i < s.len; i++)
		digits &= tg_isdigit(s.p[i]) || s.p[i] == '.';
	return !digits;
}

/* "/ttl" and "/count" are for multicast alone (RFC 8866 §5.7), which is never relayed. */
static bool is_multicast_tail(const struct tg_addr *addr, struct slice tail)
{
	if (tg_addr_class(addr) != TG_ADDR_MULTICAST || tail.len == 0)
		return false;
	for (size_t i = 0; i < tail.len; i++) {
		if (!tg_isdigit(tail.p[i]) && tail.p[i] != '/')
			return false;
	}
	return true;
}

enum tg_err sip_sdp_read_conn(struct sip_sdp_reader *r, struct sip_sdp_conn *out,
                              struct slice value)
{
	struct slice net = sip_sdp_token(&value), type = sip_sdp_token(&value);
	struct slice text = sip_sdp_token(&value), host, tail;
	struct tg_addr addr = { 0 };
	bool six = slice_eq(type, SLICE("IP6"));

	if (!slice_eq(net, SLICE("IN")) || (!six && !slice_eq(type, SLICE("IP4"))) || value.len > 0)
		return sip_sdp_bad(r, "c= is not IN IP4 or IN IP6 and one address");
	tail = slice_cut(text, '/', &host);
	if (host.len > 0 && host.p[0] != '[' && tg_addr_parse_ip(&addr, host) == TG_OK) {
		if (addr.family != (six ? TG_AF_INET6 : TG_AF_INET))
			return sip_sdp_bad(r, "c= address is not of the family it names");
		if (host.len != text.len && !is_multicast_tail(&addr, tail))
			return sip_sdp_bad(r, "c= with a slash behind a unicast address");
	} else if (host.len != text.len || !is_host_name(text)) {
		return sip_sdp_bad(r, "c= address is neither an address nor a host name");
	}
	out->text = text;
	out->addr = addr;
	return TG_OK;
}
