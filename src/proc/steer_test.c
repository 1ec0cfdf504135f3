#include "base/test.h"
#include "net/udp.h"
#include "proc/steer.h"

#include <unistd.h>

enum { GROUP = 4, SPREAD = 3 };

struct counts {
	unsigned got[GROUP];
};

struct receiver {
	struct counts *counts;
	unsigned index;
};

static void on_packet(void *ctx, uint64_t now_ms, const struct tg_flow *flow, struct slice bytes)
{
	const struct receiver *r = ctx;

	(void)now_ms, (void)flow, (void)bytes;
	r->counts->got[r->index]++;
}

static struct tg_addr addr_of(const char *text)
{
	struct tg_addr a;

	CHECK(tg_addr_parse(&a, slice_str(text), 0) == TG_OK, text);
	return a;
}

static void ignore_packet(void *ctx, uint64_t now_ms, const struct tg_flow *flow,
                          struct slice bytes)
{
	(void)ctx, (void)now_ms, (void)flow, (void)bytes;
}

/* One datagram from a new socket at `from`. */
static void send_from(struct net_loop *loop, const char *from, const struct tg_addr *to)
{
	struct tg_addr local = addr_of(from);
	struct net_udp *udp = net_udp_new(loop, (struct net_udp_sink){ NULL, ignore_packet }, 1000);
	struct tg_flow flow = { .remote = *to, .proto = TG_PROTO_UDP };
	struct tg_net net;
	struct buf b;
	int fd;

	CHECK(udp != NULL, "memory");
	CHECK(net_udp_bind(&fd, &local, false) == TG_OK, "bind");
	CHECK(net_udp_add(udp, fd, 0) == TG_OK, "add");
	net = net_udp_sender(udp);
	b = net.begin(net.ctx, &flow);
	buf_lit(&b, "x");
	net.end(net.ctx, &b);
	net_udp_flush(udp);
	net_udp_free(udp);
}

TEST(steer_trunks_to_their_carrier_others_spread)
{
	struct net_loop *loop = net_loop_new();
	struct counts counts = { { 0 } };
	struct receiver receivers[GROUP];
	struct net_udp *udp[GROUP];
	struct tg_addr local = addr_of("127.0.0.1");
	struct steer_rule rules[2] = { { .socket = 3 }, { .socket = 3 } };
	int fds[GROUP];

	CHECK(loop != NULL, "memory");
	for (unsigned i = 0; i < GROUP; i++) {
		receivers[i] = (struct receiver){ &counts, i };
		udp[i] = net_udp_new(loop, (struct net_udp_sink){ &receivers[i], on_packet },
		                     1000);
		CHECK(udp[i] != NULL, "memory");
		CHECK(net_udp_bind(&fds[i], &local, true) == TG_OK, "bind");
		CHECK(net_udp_local(&local, fds[i]) == TG_OK, "the same port for all");
		CHECK(net_udp_add(udp[i], fds[i], 0) == TG_OK, "add");
	}
	CHECK(tg_prefix_parse(&rules[0].prefix, SLICE("127.0.9.0/24")) == TG_OK, "prefix");
	CHECK(tg_prefix_parse(&rules[1].prefix, SLICE("127.0.7.7")) == TG_OK, "address");
	CHECK(steer_attach(fds[1], rules, COUNT(rules), SPREAD) == TG_OK, "attach");
	for (int i = 0; i < 10; i++) {
		send_from(loop, "127.0.9.200", &local);
		send_from(loop, "127.0.7.7", &local);
		send_from(loop, "127.0.7.6", &local);
		send_from(loop, "127.0.8.1", &local);
		send_from(loop, "127.0.0.1", &local);
	}
	while (net_loop_turn(loop, 100) > 0)
		;
	CHECK(counts.got[3] == 20, "all of the trunk's, nobody else's");
	CHECK(counts.got[0] + counts.got[1] + counts.got[2] == 30, "none lost");
	CHECK(counts.got[0] > 0 && counts.got[1] > 0 && counts.got[2] > 0, "spread by source");
	CHECK(steer_attach(fds[0], rules, 1, SPREAD) == TG_OK, "replace");
	send_from(loop, "127.0.7.7", &local);
	while (net_loop_turn(loop, 100) > 0)
		;
	CHECK(counts.got[3] == 20, "the removed prefix is a stranger now");
	for (unsigned i = 0; i < GROUP; i++)
		net_udp_free(udp[i]);
	net_loop_free(loop);
}
