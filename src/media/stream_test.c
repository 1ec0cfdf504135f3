#include "base/test.h"
#include "media/stream.h"

#define RTP                                                \
	"\x80\x00\x00\x01\x00\x00\x00\xa0\xde\xad\xbe\xef" \
	"audio"
#define RR "\x80\xc9\x00\x01\xde\xad\xbe\xef"
#define MS 1000ull

static struct relay_iface iface[1];
static struct relay_conf conf = {
	.iface = iface, .iface_count = 1, .port_min = 20000, .port_max = 29999, .packets_per_s = 50
};

static struct tg_addr addr(const char *text)
{
	struct tg_addr a = { 0 };

	CHECK(text == NULL || tg_addr_parse(&a, slice_str(text), 0) == TG_OK, text);
	return a;
}

static void begin(struct stream *s)
{
	iface[0].addr = addr("203.0.113.2");
	stream_init(s, 0, 0, 1);
}

/* `rtcp` and `ip` may be NULL. */
static struct link_media_peer peer_of(uint8_t side, enum link_latch latch, const char *rtp,
                                      const char *rtcp, const char *ip)
{
	return (struct link_media_peer){ .side = side,
		                         .latch = (uint8_t)latch,
		                         .rtp = addr(rtp),
		                         .rtcp = addr(rtcp),
		                         .latch_ip = addr(ip) };
}

static enum stream_verdict send_to(struct stream *s, uint8_t side, uint8_t port, const char *from,
                                   struct slice bytes, struct stream_way *way)
{
	static uint64_t now_us = 1000 * MS;
	struct stream_packet packet = {
		.bytes = bytes, .from = addr(from), .now_us = now_us, .side = side, .port = port
	};

	now_us += 30 * MS;
	return stream_input(s, &conf, &packet, way);
}

static enum stream_verdict rtp_to(struct stream *s, uint8_t side, const char *from)
{
	struct stream_way way;

	return send_to(s, side, STREAM_RTP, from, SLICE(RTP), &way);
}

/* One step of a story: a peer is told, or a packet comes. */
struct step {
	const char *why;
	/* e = EXACT, l = FROM_IP, p = RTP, c = RTCP, j = junk, r = RTCP to the RTP port */
	char what;
	uint8_t side;
	const char *a, *b; /* e, l: address in the SDP, signalling address; packets: source */
	enum stream_verdict want;
};

static void play(const struct step *steps, size_t count)
{
	struct stream s;

	begin(&s);
	for (size_t i = 0; i < count; i++) {
		const struct step *t = &steps[i];
		enum link_latch latch = t->what == 'e' ? LINK_LATCH_EXACT : LINK_LATCH_FROM_IP;
		struct link_media_peer peer = { 0 };
		struct slice bytes = t->what == 'p' ? SLICE(RTP) :
		                     t->what == 'j' ? SLICE("junk") :
		                                      SLICE(RR);
		struct stream_way way;

		if (t->what == 'e' || t->what == 'l') {
			peer = peer_of(t->side, latch, t->a, NULL, t->b);
			CHECK(stream_peer(&s, &conf, &peer, 1) == MEDIA_PEER_OK, t->why);
			continue;
		}
		CHECK(send_to(&s, t->side, t->what == 'c' ? STREAM_RTCP : STREAM_RTP, t->a, bytes,
		              &way) == t->want,
		      t->why);
	}
}

TEST(stream_hushed_until_the_answer)
{
	struct link_media_peer a = peer_of(0, LINK_LATCH_FROM_IP, NULL, NULL, "198.51.100.1");
	struct link_media_peer b = peer_of(1, LINK_LATCH_EXACT, "198.51.100.2:5000", NULL,
	                                   "198.51.100.2");
	struct stream_way way;
	struct stream s;

	begin(&s);
	stream_hush(&s);
	CHECK(stream_peer(&s, &conf, &a, 1) == MEDIA_PEER_OK, "A");
	CHECK(stream_peer(&s, &conf, &b, 1) == MEDIA_PEER_OK, "B");
	CHECK(rtp_to(&s, 0, "198.51.100.1:4000") == STREAM_EARLY, "C13 the caller talks early");
	CHECK(s.side[0].port[STREAM_RTP].state == STREAM_BOUND, "its NAT is learnt all the same");
	CHECK(rtp_to(&s, 1, "198.51.100.2:5000") == STREAM_FORWARD, "the ringing is heard");
	CHECK(send_to(&s, 0, STREAM_RTCP, "198.51.100.1:4001", SLICE(RR), &way) == STREAM_EARLY,
	      "C13 talk inside RTCP");
	b.up = 1;
	CHECK(stream_peer(&s, &conf, &b, 1) == MEDIA_PEER_OK, "answered");
	CHECK(rtp_to(&s, 0, "198.51.100.1:4000") == STREAM_FORWARD, "now it is charged");
	b.up = 0;
	CHECK(stream_peer(&s, &conf, &b, 1) == MEDIA_PEER_OK, "a re-INVITE");
	CHECK(rtp_to(&s, 0, "198.51.100.1:4000") == STREAM_FORWARD, "an answer is for good");
}

TEST(stream_exact)
{
	static const struct step steps[] = {
		{ "before anybody is known", 'p', 0, "198.51.100.1:4000", NULL, STREAM_NO_PEER },
		{ "side A is told", 'e', 0, "198.51.100.1:4000", NULL, 0 },
		{ "B not known yet", 'p', 0, "198.51.100.1:4000", NULL, STREAM_NO_PEER },
		{ "B not known: whoever sends to its port", 'p', 1, "198.51.100.2:5000", NULL,
		  STREAM_NO_PEER },
		{ "side B is told", 'e', 1, "198.51.100.2:5000", NULL, 0 },
		{ "A to B", 'p', 0, "198.51.100.1:4000", NULL, STREAM_FORWARD },
		{ "B to A", 'p', 1, "198.51.100.2:5000", NULL, STREAM_FORWARD },
		{ "E2 sprayed", 'p', 0, "198.51.100.66:4000", NULL, STREAM_SOURCE },
		{ "E2 right address, wrong port", 'p', 0, "198.51.100.1:4002", NULL,
		  STREAM_SOURCE },
		{ "E2 the other side's peer", 'p', 0, "198.51.100.2:5000", NULL, STREAM_SOURCE },
		{ "E10 malformed from the peer", 'j', 0, "198.51.100.1:4000", NULL,
		  STREAM_MALFORMED },
		{ "RTCP is the port after RTP", 'c', 0, "198.51.100.1:4001", NULL, STREAM_FORWARD },
		{ "E3 RTCP from elsewhere", 'c', 0, "198.51.100.66:4001", NULL, STREAM_SOURCE },
		{ "E3 RTCP from the RTP port", 'c', 0, "198.51.100.1:4000", NULL, STREAM_SOURCE },
		{ "RTCP on the RTP port was not agreed", 'r', 0, "198.51.100.1:4000", NULL,
		  STREAM_MALFORMED },
		{ "A moves (re-INVITE)", 'e', 0, "198.51.100.1:4100", NULL, 0 },
		{ "its old port", 'p', 0, "198.51.100.1:4000", NULL, STREAM_SOURCE },
		{ "its new port", 'p', 0, "198.51.100.1:4100", NULL, STREAM_FORWARD },
	};

	play(steps, COUNT(steps));
}

TEST(stream_latch)
{
	static const struct step steps[] = {
		{ "B is told", 'e', 1, "198.51.100.2:5000", NULL, 0 },
		{ "A sits behind NAT", 'l', 0, "192.168.1.7:4000", "198.51.100.1", 0 },
		{ "E1 nothing is sent before the latch", 'p', 1, "198.51.100.2:5000", NULL,
		  STREAM_NO_PEER },
		{ "E4 not the signalling address", 'p', 0, "198.51.100.66:7000", NULL,
		  STREAM_SOURCE },
		{ "E4 the address that SDP claims", 'p', 0, "192.168.1.7:4000", NULL,
		  STREAM_SOURCE },
		{ "malformed does not latch", 'j', 0, "198.51.100.1:6999", NULL, STREAM_MALFORMED },
		{ "RTCP does not latch RTP", 'r', 0, "198.51.100.1:6999", NULL, STREAM_SOURCE },
		{ "RTCP before RTP", 'c', 0, "198.51.100.1:7001", NULL, STREAM_SOURCE },
		{ "still nothing is sent", 'p', 1, "198.51.100.2:5000", NULL, STREAM_NO_PEER },
		{ "the first good packet", 'p', 0, "198.51.100.1:7000", NULL, STREAM_FORWARD },
		{ "now B reaches A", 'p', 1, "198.51.100.2:5000", NULL, STREAM_FORWARD },
		{ "E4 only once: the same address, another port", 'p', 0, "198.51.100.1:7002", NULL,
		  STREAM_SOURCE },
		{ "E3 RTCP of somebody else", 'c', 0, "198.51.100.66:7001", NULL, STREAM_SOURCE },
		{ "RTCP latches likewise, on any port of that address", 'c', 0, "198.51.100.1:7009",
		  NULL, STREAM_FORWARD },
		{ "and once", 'c', 0, "198.51.100.1:7001", NULL, STREAM_SOURCE },
		{ "E4 the same message again arms nothing", 'l', 0, "192.168.1.7:4000",
		  "198.51.100.1", 0 },
		{ "so the latch holds", 'p', 0, "198.51.100.1:7002", NULL, STREAM_SOURCE },
		{ "and its peer too", 'p', 0, "198.51.100.1:7000", NULL, STREAM_FORWARD },
		{ "a changed address arms it again", 'l', 0, "192.168.1.7:4100", "198.51.100.1",
		  0 },
		{ "nothing is sent to the old one", 'p', 1, "198.51.100.2:5000", NULL,
		  STREAM_NO_PEER },
		{ "the new one", 'p', 0, "198.51.100.1:7102", NULL, STREAM_FORWARD },
		{ "a changed signalling address does, too", 'l', 0, "192.168.1.7:4100",
		  "198.51.100.3", 0 },
		{ "the phone has moved", 'p', 0, "198.51.100.1:7102", NULL, STREAM_SOURCE },
		{ "to here", 'p', 0, "198.51.100.3:7102", NULL, STREAM_FORWARD },
		{ "from latched to exact", 'e', 0, "198.51.100.4:4000", "198.51.100.3", 0 },
		{ "not the latched one", 'p', 0, "198.51.100.3:7102", NULL, STREAM_SOURCE },
		{ "the exact one", 'p', 0, "198.51.100.4:4000", NULL, STREAM_FORWARD },
	};

	play(steps, COUNT(steps));
}

TEST(stream_refused_peer)
{
	struct stream s;
	struct link_media_peer loop =
		peer_of(0, LINK_LATCH_EXACT, "127.0.0.1:4000", NULL, "198.51.100.1");
	struct link_media_peer lo_ip =
		peer_of(0, LINK_LATCH_FROM_IP, "10.0.0.1:4000", NULL, "127.0.0.1");
	struct link_media_peer zero = peer_of(0, LINK_LATCH_EXACT, "198.51.100.1", NULL, NULL);

	begin(&s);
	CHECK(stream_peer(&s, &conf, &loop, 1) == MEDIA_PEER_CLASS, "E5");
	CHECK(rtp_to(&s, 0, "127.0.0.1:4000") == STREAM_NO_PEER, "shut");
	CHECK(stream_peer(&s, &conf, &lo_ip, 1) == MEDIA_PEER_CLASS, "E5 signalling address");
	CHECK(stream_peer(&s, &conf, &zero, 1) == MEDIA_PEER_PORT, "port 0 without off");
}

TEST(stream_latch_never_list)
{
	struct stream s;
	struct tg_addr never[] = { addr("198.51.100.1:5060") };
	struct link_media_peer a =
		peer_of(0, LINK_LATCH_FROM_IP, "10.0.0.1:4000", NULL, "198.51.100.1");

	begin(&s);
	conf.never = never;
	conf.never_count = 1;
	CHECK(stream_peer(&s, &conf, &a, 1) == MEDIA_PEER_OK, "the address alone is fine");
	CHECK(rtp_to(&s, 0, "198.51.100.1:5060") == STREAM_SOURCE,
	      "forged source: RTP into a SIP port");
	CHECK(rtp_to(&s, 0, "198.51.100.1:4000") == STREAM_NO_PEER, "latched, B unknown");
	CHECK(s.side[0].port[STREAM_RTP].state == STREAM_BOUND, "latched");
	conf.never_count = 0;
}

TEST(stream_mux)
{
	struct stream s;
	struct stream_way way;
	struct link_media_peer a = peer_of(0, LINK_LATCH_EXACT, "198.51.100.1:4000", NULL, NULL);
	struct link_media_peer b =
		peer_of(1, LINK_LATCH_EXACT, "198.51.100.2:5000", "198.51.100.2:5777", NULL);

	begin(&s);
	a.rtcp_mux = 1;
	CHECK(stream_peer(&s, &conf, &a, 1) == MEDIA_PEER_OK &&
	              stream_peer(&s, &conf, &b, 1) == MEDIA_PEER_OK,
	      "told");
	CHECK(send_to(&s, 0, STREAM_RTP, "198.51.100.1:4000", SLICE(RR), &way) == STREAM_FORWARD &&
	              way.port == STREAM_RTCP,
	      "RFC 5761: from one port to a port of its own");
	CHECK(send_to(&s, 1, STREAM_RTCP, "198.51.100.2:5777", SLICE(RR), &way) == STREAM_FORWARD &&
	              way.port == STREAM_RTP,
	      "RFC 3605 port, onto the shared port");
	CHECK(send_to(&s, 1, STREAM_RTCP, "198.51.100.2:5777", SLICE(RTP), &way) ==
	              STREAM_MALFORMED,
	      "RTP on an RTCP port");
	CHECK(send_to(&s, 1, STREAM_RTP, "198.51.100.2:5000", SLICE(RTP), &way) == STREAM_FORWARD &&
	              way.port == STREAM_RTP,
	      "RTP");
}

TEST(stream_off_and_hold)
{
	struct stream s;
	struct link_media_peer a = peer_of(0, LINK_LATCH_EXACT, "198.51.100.1:4000", NULL, NULL);
	struct link_media_peer b = peer_of(1, LINK_LATCH_EXACT, "198.51.100.2:5000", NULL, NULL);

	begin(&s);
	CHECK(stream_peer(&s, &conf, &a, 1) == MEDIA_PEER_OK &&
	              stream_peer(&s, &conf, &b, 1) == MEDIA_PEER_OK,
	      "told");
	a.hold = 1;
	CHECK(stream_peer(&s, &conf, &a, 1) == MEDIA_PEER_OK, "hold");
	CHECK(rtp_to(&s, 1, "198.51.100.2:5000") == STREAM_FORWARD, "music still flows");
	a.rtp = addr("0.0.0.0:4000");
	CHECK(stream_peer(&s, &conf, &a, 1) == MEDIA_PEER_OK, "hold as of RFC 2543 is no fault");
	CHECK(rtp_to(&s, 1, "198.51.100.2:5000") == STREAM_NO_PEER, "nothing is sent to 0.0.0.0");
	CHECK(rtp_to(&s, 0, "198.51.100.1:4000") == STREAM_FORWARD, "its own RTP may still come");
	a.rtp = addr("198.51.100.1:4000");
	a.hold = 0;
	a.off = 1;
	CHECK(stream_peer(&s, &conf, &a, 1) == MEDIA_PEER_OK, "off");
	CHECK(rtp_to(&s, 0, "198.51.100.1:4000") == STREAM_NO_PEER, "off");
	CHECK(rtp_to(&s, 1, "198.51.100.2:5000") == STREAM_NO_PEER, "off means both ways");
	a.off = 0;
	CHECK(stream_peer(&s, &conf, &a, 1) == MEDIA_PEER_OK, "on again");
	CHECK(rtp_to(&s, 1, "198.51.100.2:5000") == STREAM_FORWARD, "on again");
}

TEST(stream_rate)
{
	struct stream s;
	struct stream_way way;
	struct link_media_peer a = peer_of(0, LINK_LATCH_EXACT, "198.51.100.1:4000", NULL, NULL);
	struct stream_packet packet = { .bytes = SLICE(RTP), .from = a.rtp, .now_us = 5000 * MS };
	unsigned over = 0;

	begin(&s);
	CHECK(stream_peer(&s, &conf, &a, 1) == MEDIA_PEER_OK, "told");
	for (int i = 0; i < 200; i++)
		over += stream_input(&s, &conf, &packet, &way) == STREAM_RATE;
	CHECK(over == 150, "E6: 50 a second and not one more");
	packet.now_us += 1000 * MS;
	CHECK(stream_input(&s, &conf, &packet, &way) == STREAM_NO_PEER,
	      "a second later it counts anew");
}

TEST(stream_watch)
{
	struct stream s;
	struct stream_way way;
	struct link_media_peer a = peer_of(0, LINK_LATCH_EXACT, "198.51.100.1:4000", NULL, NULL);
	struct link_media_peer b = peer_of(1, LINK_LATCH_EXACT, "198.51.100.2:5000", NULL, NULL);
	struct stream_packet pa = { .bytes = SLICE(RTP), .from = a.rtp, .side = 0 };
	struct stream_packet pb = { .bytes = SLICE(RTP), .from = b.rtp, .side = 1 };
	uint64_t t = 1000 * MS;
	uint8_t side = 9;

	begin(&s);
	CHECK(stream_peer(&s, &conf, &a, t) == MEDIA_PEER_OK &&
	              stream_peer(&s, &conf, &b, t) == MEDIA_PEER_OK,
	      "told");
	for (; t < 30000 * MS; t += 100 * MS) { /* ringing with early media */
		pb.now_us = t;
		CHECK(stream_input(&s, &conf, &pb, &way) == STREAM_FORWARD, "ring-back tone");
		CHECK(stream_watch(&s, t, 8000 * MS, &side) == STREAM_SAME,
		      "one way is right before the answer");
	}
	a.up = b.up = 1;
	CHECK(stream_peer(&s, &conf, &a, t) == MEDIA_PEER_OK &&
	              stream_peer(&s, &conf, &b, t) == MEDIA_PEER_OK,
	      "answer");
	for (uint64_t end = t + 7900 * MS; t < end; t += 100 * MS) {
		pb.now_us = t;
		CHECK(stream_input(&s, &conf, &pb, &way) == STREAM_FORWARD, "B talks");
		CHECK(stream_watch(&s, t, 8000 * MS, &side) == STREAM_SAME, "not yet");
	}
	t += 200 * MS;
	CHECK(stream_watch(&s, t, 8000 * MS, &side) == STREAM_ONE_WAY && side == 0,
	      "R93: A is silent");
	CHECK(stream_watch(&s, t, 8000 * MS, &side) == STREAM_SAME, "told once");
	pa.now_us = t;
	CHECK(stream_input(&s, &conf, &pa, &way) == STREAM_FORWARD, "A talks");
	CHECK(stream_watch(&s, t, 8000 * MS, &side) == STREAM_BACK && side == 0, "heard");
	t += 20000 * MS;
	CHECK(stream_watch(&s, t, 8000 * MS, &side) == STREAM_SAME,
	      "both silent is not one-way audio");
	CHECK(t - stream_heard_us(&s) == 20000 * MS, "silence of the call");
	a.hold = 1;
	CHECK(stream_peer(&s, &conf, &a, t) == MEDIA_PEER_OK && !stream_watched(&s),
	      "hold: silence is no fault");
}

TEST(stream_stat)
{
	struct stream s;
	struct link_media_stat stat = { .silent_ms = UINT32_MAX };
	struct link_media_peer a = peer_of(0, LINK_LATCH_EXACT, "198.51.100.1:4000", NULL, NULL);

	begin(&s);
	CHECK(stream_peer(&s, &conf, &a, 1) == MEDIA_PEER_OK, "told");
	(void)rtp_to(&s, 0, "198.51.100.1:4000");
	(void)rtp_to(&s, 0, "198.51.100.66:4000");
	stream_stat_add(&s, 0, s.side[0].last_us + 1500 * MS, &stat);
	CHECK(stat.packets == 1 && stat.octets == sizeof(RTP) - 1 && stat.dropped == 1 &&
	              stat.lost == 0 && stat.silent_ms == 1500,
	      "what A sent");
}
