#include "base/test.h"
#include "net/udp.h"

#include <errno.h>
#include <unistd.h>

/* What a socket's owner saw, in short. */
struct seen {
	unsigned packets;
	size_t octets, last_len;
	char last[64];
	struct tg_flow flow;
	struct net_udp *echo; /* answer each datagram through it */
};

static void on_packet(void *ctx, uint64_t now_ms, const struct tg_flow *flow, struct slice bytes)
{
	struct seen *seen = ctx;

	CHECK(now_ms > 0, "the turn's clock");
	seen->packets++;
	seen->octets += bytes.len;
	seen->last_len = bytes.len;
	seen->flow = *flow;
	if (bytes.len > 0)
		memcpy(seen->last, bytes.p, bytes.len < 64 ? bytes.len : 64);
	if (seen->echo != NULL) {
		struct tg_net net = net_udp_sender(seen->echo);
		struct buf b = net.begin(net.ctx, flow);

		buf_put(&b, bytes);
		net.end(net.ctx, &b);
	}
}

static struct tg_addr loopback(void)
{
	struct tg_addr a;

	CHECK(tg_addr_parse(&a, SLICE("127.0.0.1"), 0) == TG_OK, "address");
	return a;
}

static struct net_loop *new_loop(void)
{
	struct net_loop *loop = net_loop_new();

	CHECK(loop != NULL, "memory");
	return loop;
}

/* A socket owner on a port of its own, as interface `iface`. */
static struct net_udp *owner(struct net_loop *loop, struct seen *seen, uint16_t iface, size_t max,
                             struct tg_addr *local)
{
	struct tg_addr any = loopback();
	struct net_udp *udp;
	int fd = -1;

	CHECK(loop != NULL, "memory");
	udp = net_udp_new(loop, (struct net_udp_sink){ seen, on_packet }, max);
	CHECK(udp != NULL, "memory");
	CHECK(net_udp_bind(&fd, &any, false) == TG_OK, "bind");
	CHECK(net_udp_local(local, fd) == TG_OK && local->port != 0, "a port");
	CHECK(net_udp_add(udp, fd, iface) == TG_OK, "add");
	return udp;
}

static void send_to(struct net_udp *udp, uint16_t iface, const struct tg_addr *to, struct slice s)
{
	struct tg_net net = net_udp_sender(udp);
	struct tg_flow flow = { .remote = *to, .iface = iface, .proto = TG_PROTO_UDP };
	struct buf b = net.begin(net.ctx, &flow);

	buf_put(&b, s);
	net.end(net.ctx, &b);
}

TEST(net_udp_there_and_back_in_batches)
{
	struct net_loop *loop = new_loop();
	struct seen a_seen = { 0 }, b_seen = { 0 };
	struct tg_addr a_addr, b_addr;
	struct net_udp *a = owner(loop, &a_seen, 3, TG_DATAGRAM_MAX, &a_addr);
	struct net_udp *b = owner(loop, &b_seen, 7, TG_DATAGRAM_MAX, &b_addr);

	b_seen.echo = b;
	for (int i = 0; i < 200; i++)
		send_to(a, 3, &b_addr, SLICE("OPTIONS sip:x SIP/2.0\r\n"));
	net_udp_flush(a);
	while (net_loop_turn(loop, 200) > 0)
		net_udp_flush(b);
	CHECK(b_seen.packets == 200 && a_seen.packets == 200, "all there, all back");
	CHECK(b_seen.flow.iface == 7 && b_seen.flow.proto == TG_PROTO_UDP, "facts of the socket");
	CHECK(tg_addr_eq(&b_seen.flow.remote, &a_addr), "facts of the source");
	CHECK(net_udp_stat(a)->tx_calls == 4, "64 a system call");
	CHECK(net_udp_stat(b)->rx_calls <= 5 && net_udp_stat(b)->tx_calls <= 5, "the same back");
	net_udp_free(a);
	net_udp_free(b);
	net_loop_free(loop);
}

TEST(net_udp_sizes)
{
	static char big[65507];
	static const struct {
		const char *why;
		size_t len, cap;
		bool up;
	} rows[] = {
		{ "keepalive of two CRLF as such (RFC 5626 §3.5.1)", 4, 65535, true },
		{ "the largest IPv4 datagram", 65507, 65535, true },
		{ "exactly the cap", 1000, 1000, true },
		{ "D23: one above the cap is dropped whole", 1001, 1000, false },
		{ "D23: far above the cap", 65507, 1000, false },
	};

	memcpy(big, "\r\n\r\n", 4);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct net_loop *loop = new_loop();
		struct seen a_seen = { 0 }, b_seen = { 0 };
		struct tg_addr a_addr, b_addr;
		struct net_udp *a = owner(loop, &a_seen, 0, TG_DATAGRAM_MAX, &a_addr);
		struct net_udp *b = owner(loop, &b_seen, 0, rows[i].cap, &b_addr);

		send_to(a, 0, &b_addr, slice_of(big, rows[i].len));
		send_to(a, 0, &b_addr, SLICE("after"));
		net_udp_flush(a);
		while (net_loop_turn(loop, 100) > 0)
			;
		CHECK(b_seen.octets == (rows[i].up ? rows[i].len : 0) + 5, rows[i].why);
		CHECK(net_udp_stat(b)->rx_too_long == !rows[i].up, "counted");
		CHECK(memcmp(b_seen.last, "after", 5) == 0, "the next one is whole");
		net_udp_free(a);
		net_udp_free(b);
		net_loop_free(loop);
	}
}

TEST(net_udp_what_is_not_sent)
{
	struct net_loop *loop = new_loop();
	struct seen seen = { 0 };
	struct tg_addr addr, nowhere;
	struct net_udp *udp = owner(loop, &seen, 2, TG_DATAGRAM_MAX, &addr);
	struct tg_net net = net_udp_sender(udp);
	struct tg_flow flow = { .remote = addr, .iface = 2, .proto = TG_PROTO_UDP };
	struct buf b = net.begin(net.ctx, &flow);

	CHECK(b.cap >= TG_DATAGRAM_MAX, "room as promised");
	net.end(net.ctx, &b);
	CHECK(net_udp_stat(udp)->tx_bad == 1, "empty");
	b = net.begin(net.ctx, &flow);
	b.full = true;
	net.end(net.ctx, &b);
	CHECK(net_udp_stat(udp)->tx_bad == 2, "cut");
	send_to(udp, 9, &addr, SLICE("x"));
	CHECK(net_udp_stat(udp)->tx_bad == 3, "no such interface");
	b = net.begin(net.ctx, &flow);
	send_to(udp, 2, &addr, SLICE("y"));
	CHECK(net_udp_stat(udp)->tx_bad == 4, "begun and forgotten");
	CHECK(tg_addr_parse(&nowhere, SLICE("198.51.100.1:9"), 0) == TG_OK, "address");
	send_to(udp, 2, &nowhere, SLICE("from loopback to nowhere"));
	send_to(udp, 2, &addr, SLICE("z"));
	net_udp_flush(udp);
	CHECK(net_udp_stat(udp)->tx_refused == 1, "the kernel refuses one");
	while (net_loop_turn(loop, 100) > 0)
		;
	CHECK(seen.packets == 2 && seen.last[0] == 'z', "and the others go out");
	net_udp_free(udp);
	net_loop_free(loop);
}

TEST(net_udp_bind_errors)
{
	struct tg_addr addr, got;
	int fd = -1, other = -1;

	CHECK(tg_addr_parse(&addr, SLICE("198.51.100.1:5060"), 0) == TG_OK, "address");
	CHECK(net_udp_bind(&fd, &addr, false) == TG_EIO && errno == EADDRNOTAVAIL && fd == -1,
	      "not our address");
	addr = loopback();
	CHECK(net_udp_bind(&fd, &addr, true) == TG_OK && net_udp_local(&addr, fd) == TG_OK, "ours");
	CHECK(net_udp_bind(&other, &addr, true) == TG_OK, "shared");
	close(other);
	CHECK(net_udp_bind(&other, &addr, false) == TG_EIO && errno == EADDRINUSE, "not shared");
	close(fd);
	CHECK(net_udp_local(&got, STDERR_FILENO) == TG_EIO, "not a socket");
}

/* A callback may delete a watch whose event is still to come in the same turn. */
struct pair {
	struct net_watch watch;
	struct net_loop *loop;
	struct pair *other;
	int called;
};

static void on_ready(struct net_watch *watch, uint64_t now_ms, int events)
{
	struct pair *p = TG_CONTAINER(watch, struct pair, watch);

	(void)now_ms;
	CHECK(events == NET_READ, "readable");
	p->called++;
	net_loop_del(p->loop, &p->other->watch);
}

TEST(net_loop_deleted_in_the_same_turn)
{
	struct net_loop *loop = new_loop();
	int a[2], b[2];
	struct pair pa, pb;

	CHECK(loop != NULL, "memory");
	CHECK(pipe(a) == 0 && pipe(b) == 0, "pipes");
	pa = (struct pair){ { a[0], on_ready }, loop, &pb, 0 };
	pb = (struct pair){ { b[0], on_ready }, loop, &pa, 0 };
	CHECK(net_loop_add(loop, &pa.watch, NET_READ) == TG_OK, "add");
	CHECK(net_loop_add(loop, &pb.watch, NET_READ) == TG_OK, "add");
	CHECK(write(a[1], "x", 1) == 1 && write(b[1], "x", 1) == 1, "both ready");
	CHECK(net_loop_turn(loop, 1000) == 1, "one only");
	CHECK(pa.called + pb.called == 1, "the other was deleted");
	for (int i = 0; i < 2; i++) {
		close(a[i]);
		close(b[i]);
	}
	net_loop_free(loop);
}
