/* The engine with real sockets on loopback addresses and a clock of our own. */
#include "base/test.h"
#include "media/relay.h"
#include "media/socket.h"

#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#define RTP                                                \
	"\x80\x00\x00\x01\x00\x00\x00\xa0\xde\xad\xbe\xef" \
	"audio"

enum { MSGS_MAX = 32 };

static const struct link_proc edge0 = { LINK_EDGE, 0 }, edge1 = { LINK_EDGE, 1 };

/* A relay, what it posted, and three hosts: a phone, a trunk and a stranger. */
struct world {
	struct relay *relay;
	struct link_msg got[MSGS_MAX];
	size_t count;
	uint64_t now_ms;
	int phone, trunk, stranger;
	struct tg_addr phone_at, trunk_at, stranger_at;
};

static void post(void *ctx, const struct link_msg *msg)
{
	struct world *w = ctx;
	const char *why = "";

	CHECK(link_msg_check(msg, &why) == TG_OK, why);
	if (w->count < MSGS_MAX)
		w->got[w->count++] = *msg;
}

/* Loopback addresses become this process's own, so that two runs side by side never meet. */
static struct tg_addr addr(const char *ip, uint16_t port)
{
	struct tg_addr a = { 0 };

	CHECK(tg_addr_parse_ip(&a, slice_str(ip)) == TG_OK, ip);
	a.port = port;
	if (a.ip[0] == 127)
		a.ip[1] = (uint8_t)(1 + getpid() % 250);
	return a;
}

/* A socket on a free port of a loopback address, chosen by us so that no helper is needed. */
static int host(const char *ip, struct tg_addr *at)
{
	int fd = -1;

	for (uint16_t port = 40000; port < 40100; port++) {
		*at = addr(ip, port);
		if (media_socket_open(&fd, at) == TG_OK)
			break;
	}
	CHECK(fd >= 0, ip);
	return fd;
}

/* The same with pairs that stay open between calls. */
static bool begin_ready(struct world *w, uint16_t port_min, uint16_t port_max, uint32_t sessions,
                        uint32_t ready)
{
	struct relay_iface iface[2] = { { addr("127.0.0.1", 0), false },
		                        { addr("127.0.0.2", 0), false } };
	struct relay_conf conf = { .self = { LINK_RELAY, 0 },
		                   .iface = iface,
		                   .iface_count = 2,
		                   .port_min = port_min,
		                   .port_max = port_max,
		                   .sessions = sessions,
		                   .reserve = 1,
		                   .ready = ready,
		                   .port_rest_ms = 30000 };
	struct tg_rng rng;

	memset(w, 0, sizeof(*w));
	tg_rng_init_os(&rng);
	w->now_ms = 1000000;
	w->relay = relay_new(&conf, (struct link_out){ w, post }, &rng, w->now_ms);
	if (w->relay == NULL && test_oom_round())
		return false;
	CHECK(w->relay != NULL, "relay_new");
	w->phone = host("127.0.1.1", &w->phone_at);
	w->trunk = host("127.0.1.2", &w->trunk_at);
	w->stranger = host("127.0.1.66", &w->stranger_at);
	return true;
}

static bool begin(struct world *w, uint16_t port_min, uint16_t port_max, uint32_t sessions)
{
	return begin_ready(w, port_min, port_max, sessions, 0);
}

static void end(struct world *w)
{
	relay_free(w->relay);
	close(w->phone);
	close(w->trunk);
	close(w->stranger);
}

static struct link_msg msg_of(enum link_type type, uint64_t call, struct link_proc from)
{
	struct link_msg msg;

	link_msg_init(&msg, type, (struct link_proc){ LINK_RELAY, 0 });
	msg.head.from = from;
	msg.head.epoch = 3;
	msg.head.leg.call = call;
	msg.head.ref = (struct tg_handle){ 7, 9 };
	return msg;
}

/* MEDIA_OPEN of one stream; the answer, or NULL when there was none. */
static const struct link_msg *open_call(struct world *w, uint64_t call, bool emergency,
                                        const uint16_t port[2])
{
	struct link_msg msg = msg_of(LINK_MEDIA_OPEN, call, edge0);

	msg.media_open.streams = 1;
	msg.media_open.emergency = emergency;
	msg.media_open.silent_after_ms = 60000;
	msg.media_open.side[0][1].iface = 1;
	for (int i = 0; port != NULL && i < 2; i++)
		msg.media_open.side[0][i].rtp_port = port[i];
	w->count = 0;
	relay_message(w->relay, w->now_ms, &msg);
	return w->count == 1 ? &w->got[0] : NULL;
}

static void peer(struct world *w, uint64_t call, uint8_t side, enum link_latch latch,
                 struct tg_addr rtp, struct tg_addr ip)
{
	struct link_msg msg = msg_of(LINK_MEDIA_PEER, call, edge0);

	msg.media_peer.side = side;
	msg.media_peer.latch = (uint8_t)latch;
	msg.media_peer.up = 1;
	msg.media_peer.rtp = rtp;
	msg.media_peer.latch_ip = ip;
	relay_message(w->relay, w->now_ms, &msg);
}

static void close_call(struct world *w, uint64_t call)
{
	struct link_msg msg = msg_of(LINK_MEDIA_CLOSE, call, edge0);

	w->count = 0;
	relay_message(w->relay, w->now_ms, &msg);
}

/* Under load the kernel delivers from a thread of its own: wait until nothing more comes. */
static bool arrived(int fd, int wait_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, wait_ms) > 0;
}

static void run(struct world *w)
{
	while (arrived(relay_fd(w->relay), 5))
		(void)relay_readable(w->relay, w->now_ms * 1000);
}

static void send_from(int fd, struct tg_addr to, struct slice bytes)
{
	CHECK(media_socket_connect(fd, &to) == TG_OK, "loopback");
	(void)media_socket_send(fd, bytes);
	CHECK(media_socket_connect(fd, NULL) == TG_OK, "loopback");
}

/* How many packets wait at a host, and where the last came from. */
static unsigned received(int fd, struct tg_addr *from)
{
	char buf[64];
	unsigned n = 0;

	while (arrived(fd, 5) && media_socket_recv(fd, buf, sizeof(buf), from) >= 0)
		n++;
	return n;
}

static struct relay_stat stat_of(const struct world *w)
{
	struct relay_stat stat;

	relay_stat(w->relay, &stat);
	return stat;
}

/* E1, E2: a third host sprays before, during and after; E9, E10 on the way. */
static void spray(uint32_t ready)
{
	static struct world w;
	struct tg_addr from, a, b;
	const struct link_msg *opened;
	uint16_t port[2];

	if (!begin_ready(&w, 41000, 41019, 4, ready))
		return;
	opened = open_call(&w, 5, false, NULL);
	CHECK(opened != NULL && opened->media_opened.opened == 1, "opened");
	CHECK(opened->head.ref.slot == 7 && opened->head.leg.call == 5, "ref and leg come back");
	port[0] = opened->media_opened.side[0][0].rtp_port;
	port[1] = opened->media_opened.side[0][1].rtp_port;
	a = addr("127.0.0.1", port[0]);
	b = addr("127.0.0.2", port[1]);
	CHECK(a.port % 2 == 0 && a.port >= 41000 && a.port < 41020, "even and in the range");

	send_from(w.stranger, a, SLICE(RTP));
	send_from(w.phone, a, SLICE(RTP));
	run(&w);
	/* by the kernel, when the sockets are kept */
	CHECK(stat_of(&w).no_peer == (ready > 0 ? 0 : 2), "dropping until a peer is known");
	peer(&w, 5, 0, LINK_LATCH_FROM_IP, addr("10.0.0.7", 4000), addr("127.0.1.1", 0));
	peer(&w, 5, 1, LINK_LATCH_EXACT, w.trunk_at, addr("127.0.1.9", 0));
	send_from(w.trunk, b, SLICE(RTP));
	send_from(w.stranger, a, SLICE(RTP));
	send_from(w.stranger, b, SLICE(RTP));
	run(&w);
	CHECK(received(w.phone, &from) + received(w.stranger, &from) + received(w.trunk, &from) ==
	              0,
	      "E1, E2: the latch is open, and still nothing flows");
	CHECK(stat_of(&w).wrong_source == 1,
	      "counted; the kernel drops what comes to bound side B");

	send_from(w.phone, a, SLICE("\x80\x00"));
	run(&w);
	CHECK(received(w.trunk, &from) == 0 && stat_of(&w).malformed == 1, "E10");
	send_from(w.phone, a, SLICE(RTP));
	run(&w);
	CHECK(received(w.trunk, &from) == 1 && tg_addr_eq(&from, &b), "A to B, from our port");
	send_from(w.trunk, b, SLICE(RTP));
	send_from(w.stranger, a, SLICE(RTP));
	send_from(w.stranger, b, SLICE(RTP));
	run(&w);
	CHECK(received(w.phone, &from) == 1 && tg_addr_eq(&from, &a), "B to A, and no other");
	CHECK(received(w.trunk, &from) == 0 && received(w.stranger, &from) == 0, "E1, E2");

	close_call(&w, 5);
	CHECK(w.count == 1 && w.got[0].media_report.event == LINK_MEDIA_CLOSED &&
	              w.got[0].media_report.stat[0].packets == 1 &&
	              w.got[0].media_report.stat[1].packets == 2 &&
	              w.got[0].media_report.stat[0].dropped == (ready > 0 ? 2 : 4),
	      "the call's numbers");
	send_from(w.trunk, b, SLICE(RTP));
	send_from(w.stranger, a, SLICE(RTP));
	run(&w);
	CHECK(received(w.phone, &from) + received(w.trunk, &from) == 0, "R10: gone with the call");
	end(&w);
}

TEST(relay_spray)
{
	spray(0);
}

TEST(relay_spray_ready)
{
	spray(10);
}

/* What a stranger learns of a port: true when the kernel says that nobody is there. */
static bool is_refused(const struct world *w, struct tg_addr to)
{
	bool refused;

	CHECK(media_socket_connect(w->stranger, &to) == TG_OK, "loopback");
	CHECK(media_socket_send(w->stranger, SLICE(RTP)), "sent");
	refused = arrived(w->stranger, 50);
	(void)received(w->stranger, &to); /* clears the error */
	CHECK(media_socket_connect(w->stranger, NULL) == TG_OK, "loopback");
	return refused;
}

/* R10: kept sockets look closed between calls, and what came late for one call meets no other. */
TEST(relay_ready)
{
	static struct world w;
	struct tg_addr from, a, b;
	uint16_t port[2];

	if (!begin_ready(&w, 41000, 41003, 8, 2)) /* two pairs an interface */
		return;
	for (uint16_t n = 41000; n <= 41003; n++)
		CHECK(is_refused(&w, addr("127.0.0.1", n)), "before any call");
	for (uint64_t call = 1; call < 6; call++) {
		CHECK(open_call(&w, call, false, NULL)->media_opened.opened == 1, "opened");
		port[0] = w.got[0].media_opened.side[0][0].rtp_port;
		port[1] = w.got[0].media_opened.side[0][1].rtp_port;
		a = addr("127.0.0.1", port[0]);
		b = addr("127.0.0.2", port[1]);
		CHECK(is_refused(&w, a), "no peer yet");
		peer(&w, call, 0, LINK_LATCH_FROM_IP, w.phone_at, w.phone_at);
		peer(&w, call, 1, LINK_LATCH_EXACT, w.trunk_at, w.trunk_at);
		send_from(w.phone, a, SLICE(RTP));
		run(&w);
		CHECK(received(w.trunk, &from) == 1 && tg_addr_eq(&from, &b), "A to B");
		send_from(w.trunk, b, SLICE(RTP));
		close_call(&w, call); /* before that one was read */
		run(&w);
		CHECK(received(w.phone, &from) == 0, "late: gone with the call");
		CHECK(is_refused(&w, a) && is_refused(&w, b), "closed again");
		w.now_ms += 16000;
	}
	CHECK(stat_of(&w).packets == 5 && stat_of(&w).send_failed == 0, "counted");
	end(&w);
}

/* D20: fewer descriptors than wished for, and the pairs that are not kept find some. */
TEST(relay_ready_few)
{
	static struct world w;
	struct rlimit was, few;

	CHECK(getrlimit(RLIMIT_NOFILE, &was) == 0, "limit");
	few = was;
	few.rlim_cur = 60;
	CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0, "limit");
	if (begin_ready(&w, 41000, 41399, 8, 200)) {
		for (uint64_t call = 1; call < 7; call++)
			CHECK(open_call(&w, call, false, NULL)->media_opened.opened == 1, "opened");
		end(&w);
	}
	CHECK(setrlimit(RLIMIT_NOFILE, &was) == 0, "limit");
}

/* E9: a port that was given back rests, unless the call that had it asks. */
TEST(relay_tone)
{
	static struct world w;
	struct link_msg msg = msg_of(LINK_MEDIA_TONE, 5, edge0);
	const struct link_msg *opened;
	struct tg_addr a, b, from;
	char got[64];

	if (!begin(&w, 41000, 41007, 8))
		return;
	opened = open_call(&w, 5, false, NULL);
	a = addr("127.0.0.1", opened->media_opened.side[0][0].rtp_port);
	b = addr("127.0.0.2", opened->media_opened.side[0][1].rtp_port);
	peer(&w, 5, 0, LINK_LATCH_EXACT, w.phone_at, w.phone_at);
	peer(&w, 5, 1, LINK_LATCH_EXACT, w.trunk_at, w.trunk_at);
	msg.media_tone.side = LINK_A;
	msg.media_tone.ms = 400;
	relay_message(w.relay, w.now_ms, &msg);
	send_from(w.trunk, b, SLICE(RTP));
	run(&w);
	CHECK(media_socket_recv(w.phone, got, sizeof(got), &from) == 17, "same length");
	CHECK(memcmp(got, RTP, 12) == 0 && memcmp(got + 12, "audio", 5) != 0, "A hears a tone");
	send_from(w.phone, a, SLICE(RTP));
	run(&w);
	CHECK(media_socket_recv(w.trunk, got, sizeof(got), &from) == 17 &&
	              memcmp(got, RTP, 17) == 0, "B hears A");
	w.now_ms += 400;
	send_from(w.trunk, b, SLICE(RTP));
	run(&w);
	CHECK(media_socket_recv(w.phone, got, sizeof(got), &from) == 17 &&
	              memcmp(got, RTP, 17) == 0, "it is over");
	msg.head.from = edge1;
	relay_message(w.relay, w.now_ms, &msg);
	CHECK(stat_of(&w).strange == 1, "somebody else's call");
	close_call(&w, 5);
	end(&w);
}

TEST(relay_port_rest)
{
	static struct world w;
	const struct link_msg *opened;
	uint16_t port[2];

	if (!begin(&w, 41000, 41007, 8)) /* four pairs an interface */
		return;
	opened = open_call(&w, 5, false, NULL);
	CHECK(opened->media_opened.opened == 1, "opened");
	port[0] = opened->media_opened.side[0][0].rtp_port;
	port[1] = opened->media_opened.side[0][1].rtp_port;
	close_call(&w, 5);
	for (uint64_t call = 100; call < 103; call++) {
		opened = open_call(&w, call, false, NULL);
		CHECK(opened->media_opened.opened &&
		              opened->media_opened.side[0][0].rtp_port != port[0],
		      "another one, while it rests");
	}
	close_call(&w, 102);
	CHECK(open_call(&w, 103, false, NULL)->media_opened.opened == 0, "all taken or resting");
	opened = open_call(&w, 5, false, port);
	CHECK(opened->media_opened.opened == 1 &&
	              opened->media_opened.side[0][0].rtp_port == port[0],
	      "but given back to the call that had it");
	w.now_ms += 30000;
	CHECK(open_call(&w, 104, false, NULL)->media_opened.opened == 1, "rested");
	end(&w);
}

TEST(relay_caps)
{
	static struct world w;
	const struct link_msg *opened;
	struct link_msg msg;
	uint16_t port;

	if (!begin(&w, 41000, 41019, 3))
		return;
	CHECK(open_call(&w, 1, false, NULL)->media_opened.opened == 1, "first of two");
	port = w.got[0].media_opened.side[0][0].rtp_port;
	opened = open_call(&w, 1, false, NULL);
	CHECK(opened->media_opened.opened == 1 && opened->media_opened.side[0][0].rtp_port == port,
	      "asked twice: the same ports");
	CHECK(open_call(&w, 2, false, NULL)->media_opened.opened == 1, "second");
	CHECK(open_call(&w, 3, false, NULL)->media_opened.opened == 0, "the reserve is not for it");
	CHECK(open_call(&w, 4, true, NULL)->media_opened.opened == 1, "emergency");
	CHECK(stat_of(&w).sessions == 3 && stat_of(&w).streams == 3 && stat_of(&w).refused == 1,
	      "counted");

	msg = msg_of(LINK_MEDIA_CLOSE, 1, edge1);
	relay_message(w.relay, w.now_ms, &msg);
	CHECK(stat_of(&w).sessions == 3 && stat_of(&w).strange == 1, "not its call");
	msg = msg_of(LINK_MEDIA_PEER, 1, edge0);
	msg.media_peer.stream = 1;
	relay_message(w.relay, w.now_ms, &msg);
	CHECK(stat_of(&w).strange == 2, "no such stream");
	w.count = 0;
	peer(&w, 1, 0, LINK_LATCH_EXACT, addr("224.0.0.1", 4000), addr("127.0.1.1", 0));
	CHECK(w.count == 1 && w.got[0].media_report.event == LINK_MEDIA_REFUSED, "E5");

	msg = msg_of(LINK_PEER, 0, (struct link_proc){ LINK_WARDEN, 0 });
	msg.peer.proc = edge1;
	msg.peer.epoch = 9;
	relay_message(w.relay, w.now_ms, &msg);
	CHECK(stat_of(&w).sessions == 3, "another process died");
	msg.peer.proc = edge0;
	msg.peer.epoch = 3;
	msg.peer.up = 1;
	relay_message(w.relay, w.now_ms, &msg);
	CHECK(stat_of(&w).sessions == 3, "the owner is up, as it was");
	msg.peer.up = 0;
	relay_message(w.relay, w.now_ms, &msg);
	CHECK(stat_of(&w).sessions == 0 && stat_of(&w).streams == 0, "the owner died");
	CHECK(relay_next_ms(w.relay) == UINT64_MAX, "nothing to watch");
	end(&w);
}

/* D20: no descriptors left is a refusal, nothing leaks, and it works again afterwards. */
TEST(relay_descriptors)
{
	static struct world w;
	struct rlimit was, few;

	if (!begin(&w, 41000, 41019, 4))
		return;
	CHECK(getrlimit(RLIMIT_NOFILE, &was) == 0, "limit");
	few = was;
	few.rlim_cur = (rlim_t)(w.stranger + 4); /* three more: one pair and a half */
	CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0, "limit");
	CHECK(open_call(&w, 1, false, NULL)->media_opened.opened == 0, "refused");
	CHECK(stat_of(&w).sessions == 0 && stat_of(&w).streams == 0, "nothing is left open");
	CHECK(setrlimit(RLIMIT_NOFILE, &was) == 0, "limit");
	CHECK(open_call(&w, 1, false, NULL)->media_opened.opened == 1, "recovers");
	end(&w);
}

/* Run the clock; answers how many reports of `event` came, the last one's side in `*side`. */
static unsigned reports(struct world *w, uint64_t for_ms, int talk_fd, struct tg_addr talk_to,
                        enum link_media_event event, uint8_t *side)
{
	unsigned n = 0;

	w->count = 0;
	for (uint64_t until = w->now_ms + for_ms; w->now_ms < until; w->now_ms += 100) {
		if (talk_fd >= 0) {
			send_from(talk_fd, talk_to, SLICE(RTP));
			run(w);
		}
		CHECK(relay_next_ms(w->relay) <= w->now_ms + 100, "watching");
		relay_tick(w->relay, w->now_ms);
	}
	for (size_t i = 0; i < w->count; i++) {
		if (w->got[i].media_report.event != event)
			continue;
		*side = w->got[i].media_report.side;
		n++;
	}
	return n;
}

TEST(relay_silence)
{
	static struct world w;
	struct tg_addr a, b, from;
	uint8_t side = 9;

	if (!begin(&w, 41000, 41019, 4))
		return;
	CHECK(open_call(&w, 1, false, NULL)->media_opened.opened == 1, "opened");
	a = addr("127.0.0.1", w.got[0].media_opened.side[0][0].rtp_port);
	b = addr("127.0.0.2", w.got[0].media_opened.side[0][1].rtp_port);
	peer(&w, 1, 0, LINK_LATCH_EXACT, w.phone_at, w.phone_at);
	peer(&w, 1, 1, LINK_LATCH_EXACT, w.trunk_at, w.trunk_at);
	CHECK(reports(&w, 10000, w.phone, a, LINK_MEDIA_ONE_WAY, &side) == 1 && side == 1,
	      "R93: within 10 s");
	CHECK(w.count == 1, "once, and no silence");
	CHECK(reports(&w, 2000, w.trunk, b, LINK_MEDIA_BACK, &side) == 1 && side == 1, "back");
	CHECK(reports(&w, 59000, -1, a, LINK_MEDIA_SILENT, &side) == 0, "C16: not yet");
	CHECK(reports(&w, 2500, -1, a, LINK_MEDIA_SILENT, &side) == 1, "C16");
	CHECK(reports(&w, 121000, -1, a, LINK_MEDIA_SILENT, &side) == 2, "until somebody listens");
	(void)received(w.trunk, &from);
	w.now_ms += 4ull * 3600 * 1000;
	CHECK(reports(&w, 100, -1, a, LINK_MEDIA_CLOSED, &side) <= 1, "an early part of the scan");
	for (int i = 0; i < 11 && stat_of(&w).sessions > 0; i++, w.now_ms += 100)
		relay_tick(w.relay, w.now_ms);
	CHECK(stat_of(&w).sessions == 0, "forgotten by everybody: closed");
	end(&w);
}

TEST(relay_conf)
{
	struct relay_iface iface = { addr("127.0.0.1", 0), false };
	struct relay_conf good = { .iface = &iface,
		                   .iface_count = 1,
		                   .port_min = 41000,
		                   .port_max = 41001,
		                   .sessions = 1 };
	struct relay_conf bad[] = { good, good, good, good };
	struct tg_rng rng;

	tg_rng_init_os(&rng);
	bad[0].iface_count = 0;
	bad[1].port_max = 41000;
	bad[2].sessions = 0;
	bad[3].reserve = 1;
	for (size_t i = 0; i < COUNT(bad); i++)
		CHECK(relay_new(&bad[i], (struct link_out){ 0 }, &rng, 0) == NULL, "refused");
	relay_free(NULL);
}
