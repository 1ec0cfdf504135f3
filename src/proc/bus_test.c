/* Buses of four processes in one: what is handed up, in which order, and what is not. */
#include "base/test.h"
#include "proc/boot.h"
#include "proc/bus.h"

#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { WARDEN, VAULT, EDGE, CARRIER, NODES };

static const struct link_proc procs[NODES] = {
	{ LINK_WARDEN, 0 }, { LINK_VAULT, 0 }, { LINK_EDGE, 0 }, { LINK_CARRIER, 0 },
};

/* One process: what it heard, as "TYPE<sender " words. */
struct node {
	struct net_loop *loop;
	struct bus *bus;
	struct tg_log log;
	char heard[512];
};

struct net4 {
	struct node node[NODES];
	int memory[NODES][NODES], bell[NODES][NODES]; /* [a][b], a < b; bell: rung for b by a */
};

static void on_message(void *ctx, const struct link_msg *msg)
{
	struct node *n = ctx;
	size_t at = strlen(n->heard);
	const char *down = msg->head.type == LINK_PEER && msg->peer.up == 0 ? "-" : "";

	snprintf(n->heard + at, sizeof(n->heard) - at, "%s%s<%s ", down,
	         link_type_name((enum link_type)msg->head.type),
	         link_role_name((enum link_role)msg->head.from.role));
}

static void attach(struct net4 *net, int me, int other)
{
	int a = me < other ? me : other, b = me < other ? other : me;
	const struct bus_channel c = { .peer = procs[other],
		                       .memory = dup(net->memory[a][b]),
		                       .bell_in = dup(net->bell[other][me]),
		                       .bell_out = dup(net->bell[me][other]),
		                       .slots_in = BUS_SLOTS,
		                       .slots_out = BUS_SLOTS,
		                       .out_first = me == a };

	CHECK(bus_add(net->node[me].bus, &c) == TG_OK, "attach");
}

/* Start, or start again, one process in an incarnation. */
static void start(struct net4 *net, int me, uint32_t epoch)
{
	struct node *n = &net->node[me];

	bus_free(n->bus);
	net_loop_free(n->loop);
	memset(n, 0, sizeof(*n));
	log_init(&n->log, SLICE("test"), NULL, NULL);
	n->loop = net_loop_new();
	CHECK(n->loop != NULL, "memory");
	n->bus = bus_new(procs[me], epoch, n->loop, &n->log, (struct bus_sink){ n, on_message });
	CHECK(n->bus != NULL, "memory");
	for (int other = 0; other < NODES; other++)
		if (other != me)
			attach(net, me, other);
}

static void tell(struct net4 *net, int to, int about, bool up, uint32_t epoch)
{
	struct link_msg msg;

	link_msg_init(&msg, LINK_PEER, procs[to]);
	msg.peer.proc = procs[about];
	msg.peer.up = up;
	msg.peer.epoch = epoch;
	bus_post_always(net->node[WARDEN].bus, &msg);
}

static struct net4 *make_net(void)
{
	static struct net4 net;

	memset(&net, 0, sizeof(net));
	for (int a = 0; a < NODES; a++) {
		for (int b = 0; b < NODES; b++) {
			net.bell[a][b] = eventfd(0, EFD_NONBLOCK);
			if (a < b)
				net.memory[a][b] = boot_memory(
					"test", bus_channel_bytes(BUS_SLOTS, BUS_SLOTS));
		}
	}
	for (int i = 0; i < NODES; i++)
		start(&net, i, 1);
	for (int to = VAULT; to < NODES; to++)
		for (int about = VAULT; about < NODES; about++)
			if (to != about)
				tell(&net, to, about, true, 1);
	for (int i = VAULT; i < NODES; i++) {
		bus_drain(net.node[i].bus);
		net.node[i].heard[0] = '\0';
	}
	return &net;
}

static void free_net(struct net4 *net)
{
	for (int a = 0; a < NODES; a++) {
		bus_free(net->node[a].bus);
		net_loop_free(net->node[a].loop);
		for (int b = 0; b < NODES; b++) {
			close(net->bell[a][b]);
			if (a < b)
				close(net->memory[a][b]);
		}
	}
}

/* Post the least that is valid of a type. */
static void post(struct net4 *net, int from, int to, enum link_type type)
{
	struct link_out out = bus_out(net->node[from].bus);
	struct link_msg msg;

	link_msg_init(&msg, type, procs[to]);
	if (type == LINK_CALL_GRANT)
		msg.grant.party = LINK_PARTY_TRUNK;
	out.post(out.ctx, &msg);
}

static bool heard(struct net4 *net, int who, const char *want)
{
	struct node *n = &net->node[who];
	bool same;

	bus_drain(n->bus);
	same = strcmp(n->heard, want) == 0;
	if (!same)
		fprintf(stderr, "heard \"%s\", want \"%s\"\n", n->heard, want);
	n->heard[0] = '\0';
	return same;
}

TEST(bus_grant_comes_before_the_invite_that_it_allows)
{
	struct net4 *net = make_net();

	/* the carrier reads its rings in the order of its peers; the edge's comes late */
	post(net, EDGE, CARRIER, LINK_LEG_ACK);
	post(net, VAULT, CARRIER, LINK_CALL_GRANT);
	post(net, EDGE, CARRIER, LINK_LEG_INVITE);
	CHECK(heard(net, CARRIER, "CALL_GRANT<vault LEG_ACK<edge LEG_INVITE<edge "), "vault first");
	post(net, CARRIER, CARRIER, LINK_LEG_BYE);
	post(net, VAULT, CARRIER, LINK_CALL_GRANT);
	CHECK(heard(net, CARRIER, "CALL_GRANT<vault LEG_BYE<carrier "), "to itself, likewise");
	free_net(net);
}

TEST(bus_incarnations)
{
	struct net4 *net = make_net();

	post(net, EDGE, CARRIER, LINK_LEG_ACK);
	tell(net, CARRIER, EDGE, false, 1);
	CHECK(heard(net, CARRIER, "LEG_ACK<edge -PEER<warden "), "last words before the death");
	post(net, CARRIER, EDGE, LINK_LEG_ACK);
	CHECK(bus_stat(net->node[CARRIER].bus)->down == 1, "nothing is posted to the dead");
	post(net, EDGE, CARRIER, LINK_LEG_BYE);
	CHECK(heard(net, CARRIER, ""), "nothing is heard of the dead");
	CHECK(bus_stat(net->node[CARRIER].bus)->stale == 1, "counted");

	post(net, VAULT, EDGE, LINK_CALL_GRANT);
	start(net, EDGE, 2);
	tell(net, CARRIER, EDGE, true, 2);
	tell(net, EDGE, CARRIER, true, 1);
	CHECK(heard(net, EDGE, "PEER<warden "), "a new consumer skips what stood there");
	post(net, EDGE, CARRIER, LINK_LEG_OFFER);
	CHECK(heard(net, CARRIER, "PEER<warden LEG_OFFER<edge "), "the next incarnation");

	tell(net, CARRIER, EDGE, false, 2);
	post(net, EDGE, CARRIER, LINK_LEG_BYE);
	tell(net, CARRIER, EDGE, true, 3);
	CHECK(heard(net, CARRIER, "-PEER<warden PEER<warden "), "back before we looked");
	free_net(net);
}

TEST(bus_refuses_what_makes_no_sense)
{
	struct net4 *net = make_net();
	struct link_msg msg;

	/* a taken-over edge */
	post(net, EDGE, CARRIER, LINK_CALL_GRANT);
	post(net, EDGE, VAULT, LINK_SIGN_ASK);
	link_msg_init(&msg, LINK_PEER, procs[CARRIER]);
	msg.peer.proc = procs[VAULT];
	bus_post_always(net->node[EDGE].bus, &msg);
	CHECK(heard(net, CARRIER, "") && heard(net, VAULT, ""), "not heard");
	CHECK(bus_stat(net->node[CARRIER].bus)->refused == 2, "counted");
	CHECK(bus_stat(net->node[VAULT].bus)->refused == 1, "counted");
	post(net, EDGE, CARRIER, LINK_LEG_ACK);
	CHECK(heard(net, CARRIER, "LEG_ACK<edge "), "the ring goes on");
	free_net(net);
}

TEST(bus_full_ring_and_sleep)
{
	struct net4 *net = make_net();
	struct bus *carrier = net->node[CARRIER].bus, *edge = net->node[EDGE].bus;

	bus_drain(carrier);
	CHECK(bus_sleep(carrier), "nothing there");
	for (int i = 0; i < BUS_SLOTS + 5; i++)
		post(net, EDGE, CARRIER, LINK_LEG_ACK);
	CHECK(bus_stat(edge)->full == 5, "lost ones are counted");
	CHECK(net_loop_turn(net->node[CARRIER].loop, 0) == 0, "no bell before the flush");
	bus_flush(edge);
	CHECK(net_loop_turn(net->node[CARRIER].loop, 1000) == 1, "one bell for all");
	bus_awake(carrier);
	CHECK(bus_drain(carrier) == BUS_SLOTS, "all there");
	post(net, EDGE, CARRIER, LINK_LEG_ACK);
	CHECK(!bus_sleep(carrier), "something came meanwhile");
	free_net(net);
}
