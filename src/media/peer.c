/* Where media may go (E5): SDP is a claim, and a relay that believes it is a packet cannon. */
#include "media/peer.h"

const char *media_peer_text(enum media_peer_verdict verdict)
{
	static const char *const text[] = {
#define X(name, what) [name] = (what),
		MEDIA_PEER_TABLE(X)
#undef X
	};

	return (size_t)verdict < COUNT(text) ? text[verdict] : "unknown verdict";
}

static bool is_own(const struct relay_conf *conf, const struct tg_addr *addr)
{
	for (uint16_t i = 0; i < conf->iface_count; i++)
		if (tg_addr_ip_eq(&conf->iface[i].addr, addr))
			return true;
	return false;
}

static bool is_never(const struct relay_conf *conf, const struct tg_addr *addr)
{
	for (uint16_t i = 0; i < conf->never_count; i++) {
		const struct tg_addr *never = &conf->never[i];

		if (tg_addr_ip_eq(never, addr) && (never->port == 0 || never->port == addr->port))
			return true;
	}
	return false;
}

static enum media_peer_verdict check_class(const struct relay_iface *iface,
                                           const struct tg_addr *addr, bool itself)
{
	switch (tg_addr_class(addr)) {
	case TG_ADDR_PUBLIC:
		return MEDIA_PEER_OK;
	case TG_ADDR_PRIVATE:
		return iface->private_ok || itself ? MEDIA_PEER_OK : MEDIA_PEER_PRIVATE;
	case TG_ADDR_LOOPBACK: /* an interface on loopback serves what runs on this machine */
		return tg_addr_class(&iface->addr) == TG_ADDR_LOOPBACK ? MEDIA_PEER_OK :
		                                                         MEDIA_PEER_CLASS;
	default:
		return MEDIA_PEER_CLASS;
	}
}

enum media_peer_verdict media_peer_check(const struct relay_conf *conf, uint16_t iface,
                                         const struct tg_addr *addr,
                                         const struct tg_addr *signalling)
{
	bool itself = signalling->family != TG_AF_NONE && tg_addr_ip_eq(addr, signalling);
	enum media_peer_verdict verdict;

	if (iface >= conf->iface_count || addr->family != conf->iface[iface].addr.family)
		return MEDIA_PEER_FAMILY;
	verdict = check_class(&conf->iface[iface], addr, itself);
	if (verdict != MEDIA_PEER_OK)
		return verdict;
	if (is_own(conf, addr)) {
		if (!itself)
			return MEDIA_PEER_OWN;
		if (addr->port >= conf->port_min && addr->port <= conf->port_max)
			return MEDIA_PEER_RANGE;
	}
	if (addr->port > 0 &&
	    addr->port < 1024) /* DNS and its like speak UDP there, phones do not */
		return MEDIA_PEER_PORT;
	return is_never(conf, addr) ? MEDIA_PEER_NEVER : MEDIA_PEER_OK;
}
