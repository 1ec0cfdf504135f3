#include "base/test.h"
#include "media/peer.h"

static struct tg_addr addr(const char *text)
{
	struct tg_addr a = { 0 };

	CHECK(text == NULL || tg_addr_parse(&a, slice_str(text), 0) == TG_OK, text);
	return a;
}

enum { WAN, LAN, LO, SIX };
static const struct {
	const char *why, *peer, *signalling;
	uint16_t iface;
	enum media_peer_verdict want;
} rows[] = {
	{ "public", "198.51.100.9:4000", NULL, WAN, MEDIA_PEER_OK },
	{ "E5 loopback", "127.0.0.1:4000", NULL, WAN, MEDIA_PEER_CLASS },
	{ "E5 loopback, even of itself", "127.0.0.1:4000", "127.0.0.1", WAN, MEDIA_PEER_CLASS },
	{ "loopback on loopback", "127.0.0.9:4000", NULL, LO, MEDIA_PEER_OK },
	{ "E5 link-local", "169.254.169.254:8080", NULL, LAN, MEDIA_PEER_CLASS },
	{ "E5 multicast", "224.0.0.1:4000", NULL, LAN, MEDIA_PEER_CLASS },
	{ "E5 broadcast", "255.255.255.255:4000", NULL, LAN, MEDIA_PEER_CLASS },
	{ "E5 unspecified", "0.0.0.0:4000", NULL, LAN, MEDIA_PEER_CLASS },
	{ "E5 v4-mapped", "[::ffff:192.0.2.1]:4000", NULL, SIX, MEDIA_PEER_CLASS },
	{ "other IP version", "[2001:db8::1]:4000", NULL, WAN, MEDIA_PEER_FAMILY },
	{ "IPv6", "[2001:db8::9]:4000", NULL, SIX, MEDIA_PEER_OK },
	{ "private outside: only SDP says so", "10.0.0.5:4000", "198.51.100.9", WAN,
	  MEDIA_PEER_PRIVATE },
	{ "private outside: it signals from there", "10.0.0.5:4000", "10.0.0.5", WAN,
	  MEDIA_PEER_OK },
	{ "private inside", "192.168.1.44:4000", NULL, LAN, MEDIA_PEER_OK },
	{ "own address of another interface", "192.168.1.2:4000", "198.51.100.9", LAN,
	  MEDIA_PEER_OWN },
	{ "own address: a PBX on this machine", "192.168.1.2:4000", "192.168.1.2", LAN,
	  MEDIA_PEER_OK },
	{ "own address in our range: a loop", "192.168.1.2:20000", "192.168.1.2", LAN,
	  MEDIA_PEER_RANGE },
	{ "own SIP port", "203.0.113.2:5060", "198.51.100.9", WAN, MEDIA_PEER_OWN },
	{ "DNS", "198.51.100.9:53", NULL, WAN, MEDIA_PEER_PORT },
	{ "SIP port of a trunk", "198.51.100.5:5060", NULL, WAN, MEDIA_PEER_NEVER },
	{ "another port of that trunk", "198.51.100.5:5062", NULL, WAN, MEDIA_PEER_OK },
	{ "address with all ports barred", "198.51.100.6:6000", NULL, WAN, MEDIA_PEER_NEVER },
	{ "address alone", "198.51.100.5", NULL, WAN, MEDIA_PEER_OK },
	{ "no such interface", "198.51.100.9:4000", NULL, 9, MEDIA_PEER_FAMILY },
};

TEST(media_peer_check)
{
	struct relay_iface iface[] = {
		[WAN] = { addr("203.0.113.2"), false },
		[LAN] = { addr("192.168.1.2"), true },
		[LO] = { addr("127.0.0.1"), false },
		[SIX] = { addr("2001:db8::2"), false },
	};
	struct tg_addr never[] = { addr("198.51.100.5:5060"), addr("198.51.100.6") };
	struct relay_conf conf = { .iface = iface,
		                   .iface_count = COUNT(iface),
		                   .port_min = 20000,
		                   .port_max = 29999,
		                   .never = never,
		                   .never_count = COUNT(never) };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct tg_addr peer = addr(rows[i].peer), from = addr(rows[i].signalling);

		CHECK(media_peer_check(&conf, rows[i].iface, &peer, &from) == rows[i].want,
		      rows[i].why);
	}
	CHECK(media_peer_text(MEDIA_PEER_OWN) != NULL &&
	              media_peer_text((enum media_peer_verdict)99) != NULL,
	      "every number has a text");
}
