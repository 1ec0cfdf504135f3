#include "proc/bus.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/ring.h"

enum { BURST = 256 }; /* messages of one ring before the loop looks at the sockets again */

struct peer {
	struct link_proc proc;
	bool up, dirty;
	bool dying; /* dead, but what it said before is still in the ring */
	uint32_t epoch;
	struct tg_ring in, out;
	struct net_watch bell_in;
	int bell_out; /* -1: ourselves */
	void *memory;
	size_t bytes;
};

struct bus {
	struct link_proc self;
	uint32_t epoch;
	struct net_loop *loop;
	struct tg_log *log;
	struct bus_sink sink;
	struct bus_stat stat;
	unsigned count;
	struct peer *peers[BUS_PEERS_MAX + 1]; /* in the order of bus_add(); one is ourselves */
	struct peer *warden, *vault;           /* of these; NULL: no channel */
	struct peer *by_role[LINK_ROLES][256];
	bool any_dying;
	struct link_msg msg[3]; /* one being handed up, and those that had to come before it */
};

/* Cache lines between the two rings of a channel. */
static size_t ring_bytes(uint32_t slots)
{
	return (tg_ring_bytes(slots, LINK_MSG_MAX) + 4095) / 4096 * 4096;
}

size_t bus_channel_bytes(uint32_t slots_in, uint32_t slots_out)
{
	return ring_bytes(slots_in) + ring_bytes(slots_out);
}

/* The bell only has to end the wait: the rings are drained in every turn. */
static void on_bell(struct net_watch *watch, uint64_t now_ms, int events)
{
	(void)watch, (void)now_ms, (void)events;
}

static struct peer *add_peer(struct bus *bus, struct link_proc proc)
{
	struct peer *p;

	if (proc.role == LINK_NOBODY || proc.role >= LINK_ROLES ||
	    bus->by_role[proc.role][proc.index] != NULL || bus->count > BUS_PEERS_MAX)
		return NULL;
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return NULL;
	p->proc = proc;
	p->bell_out = -1;
	bus->peers[bus->count++] = p;
	bus->by_role[proc.role][proc.index] = p;
	return p;
}

static void attach(struct peer *p, const struct bus_channel *c)
{
	char *first = p->memory;
	char *second = first + ring_bytes(c->out_first ? c->slots_out : c->slots_in);

	tg_ring_attach_producer(&p->out, c->out_first ? first : second, c->slots_out,
	                        LINK_MSG_MAX);
	tg_ring_attach_consumer(&p->in, c->out_first ? second : first, c->slots_in, LINK_MSG_MAX);
}

/* Messages to ourselves go through a ring like all others, so that no role is entered twice. */
static bool add_self(struct bus *bus)
{
	struct peer *p = add_peer(bus, bus->self);

	if (p == NULL)
		return false;
	p->bytes = ring_bytes(BUS_SLOTS);
	p->memory = mmap(NULL, p->bytes, PROT_READ | PROT_WRITE,
	                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p->memory == MAP_FAILED)
		return false;
	tg_ring_attach_producer(&p->out, p->memory, BUS_SLOTS, LINK_MSG_MAX);
	tg_ring_attach_consumer(&p->in, p->memory, BUS_SLOTS, LINK_MSG_MAX);
	p->up = true;
	p->epoch = bus->epoch;
	return true;
}

struct bus *bus_new(struct link_proc self, uint32_t epoch, struct net_loop *loop,
                    struct tg_log *log, struct bus_sink sink)
{
	struct bus *bus = calloc(1, sizeof(*bus));

	if (bus == NULL)
		return NULL;
	bus->self = self;
	bus->epoch = epoch;
	bus->loop = loop;
	bus->log = log;
	bus->sink = sink;
	if (!add_self(bus)) {
		bus_free(bus);
		return NULL;
	}
	return bus;
}

void bus_free(struct bus *bus)
{
	if (bus == NULL)
		return;
	for (unsigned i = 0; i < bus->count; i++) {
		struct peer *p = bus->peers[i];

		if (p->bell_out >= 0) {
			net_loop_del(bus->loop, &p->bell_in);
			close(p->bell_in.fd);
			close(p->bell_out);
		}
		if (p->memory != NULL && p->memory != MAP_FAILED)
			munmap(p->memory, p->bytes);
		free(p);
	}
	free(bus);
}

enum tg_err bus_add(struct bus *bus, const struct bus_channel *channel)
{
	struct peer *p;

	if (bus->count > BUS_PEERS_MAX)
		return TG_ELIMIT;
	p = add_peer(bus, channel->peer);
	if (p == NULL)
		return TG_EBAD;
	p->bytes = bus_channel_bytes(channel->slots_in, channel->slots_out);
	p->memory = mmap(NULL, p->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, channel->memory, 0);
	if (p->memory == MAP_FAILED)
		return TG_EIO;
	close(channel->memory);
	attach(p, channel);
	p->bell_in = (struct net_watch){ channel->bell_in, on_bell };
	p->bell_out = channel->bell_out;
	if (p->proc.role == LINK_WARDEN) {
		bus->warden = p;
		p->up = true;
		p->epoch = 1;
	}
	if (p->proc.role == LINK_VAULT)
		bus->vault = p;
	/* edge triggered: each write wakes us and the counter never has to be read */
	return net_loop_add(bus->loop, &p->bell_in, NET_READ | NET_EDGE);
}

void bus_peer_set(struct bus *bus, struct link_proc peer, bool up, uint32_t epoch)
{
	struct peer *p = peer.role < LINK_ROLES ? bus->by_role[peer.role][peer.index] : NULL;

	if (p == NULL || p->proc.role == LINK_WARDEN || p->bell_out < 0)
		return;
	p->up = up;
	p->epoch = epoch;
}

/* Nothing of a dead peer is left: say so. */
static void bury(struct bus *bus, struct peer *p)
{
	static struct link_msg msg;

	p->dying = false;
	p->up = false;
	link_msg_init(&msg, LINK_PEER, bus->self);
	msg.head.from = bus->warden->proc;
	msg.head.epoch = bus->warden->epoch;
	msg.peer.proc = p->proc;
	msg.peer.epoch = p->epoch;
	bus->sink.message(bus->sink.ctx, &msg);
}

/* The warden says who is up.  True: the message waits for the last words of the dead. */
static bool on_peer(struct bus *bus, const struct link_peer *news)
{
	struct peer *p = bus->by_role[news->proc.role][news->proc.index];

	if (p == NULL || p->bell_out < 0)
		return false;
	if (news->up == 0 && p->up) {
		p->dying = bus->any_dying = true;
		return true;
	}
	if (p->dying)
		bury(bus, p); /* it is back already; what it said before is stale now */
	bus_peer_set(bus, news->proc, news->up != 0, news->epoch);
	return false;
}

static struct slice proc_name(struct link_proc proc, char *mem, size_t cap)
{
	struct buf b = buf_on(mem, cap);

	buf_fmt(&b, "%s:%u", link_role_name((enum link_role)proc.role), proc.index);
	return buf_slice(&b);
}

static void push(struct bus *bus, struct peer *p, const struct link_msg *msg)
{
	struct link_head head = msg->head;
	char name[32];

	head.from = bus->self;
	head.epoch = bus->epoch;
	assert(head.len >= sizeof(head) && head.len <= sizeof(*msg));
	p->dirty = true;
	if (tg_ring_push(&p->out, slice_of(&head, sizeof(head)),
	                 slice_of((const char *)msg + sizeof(head),
	                          head.len - sizeof(head))) == TG_OK) {
		bus->stat.sent++;
		return;
	}
	bus->stat.full++;
	log_event(bus->log, EV_RING_FULL,
	          LOG_CAUSE("ring", proc_name(p->proc, name, sizeof(name))),
	          LOG_U64("lost", p->out.full), LOG_END);
}

static void post(void *ctx, const struct link_msg *msg)
{
	struct bus *bus = ctx;
	struct link_proc to = msg->head.to;
	struct peer *p = to.role < LINK_ROLES ? bus->by_role[to.role][to.index] : NULL;

	if (p == NULL || !p->up) {
		bus->stat.down++;
		return;
	}
	push(bus, p, msg);
}

struct link_out bus_out(struct bus *bus)
{
	return (struct link_out){ bus, post };
}

void bus_post_always(struct bus *bus, const struct link_msg *msg)
{
	struct link_proc to = msg->head.to;
	struct peer *p = to.role < LINK_ROLES ? bus->by_role[to.role][to.index] : NULL;

	if (p != NULL)
		push(bus, p, msg);
}

static bool same_proc(struct link_proc a, struct link_proc b)
{
	return a.role == b.role && a.index == b.index;
}

/* Copy the next message of a ring out; false when there is none. */
static bool take(struct peer *p, struct link_msg *msg)
{
	size_t n = tg_ring_pop(&p->in, msg, sizeof(*msg));

	if (n == 0)
		return false;
	if (n < sizeof(msg->head))
		msg->head = (struct link_head){ 0 }; /* refused by the check */
	else if (msg->head.len != n)
		msg->head.len = 0; /* likewise: what the head claims is not what came */
	return true;
}

/* Hand one message up, unless it makes no sense or is from before the sender's last start. */
static void hand_up(struct bus *bus, struct peer *p, const struct link_msg *msg)
{
	const char *why = "sender";
	char name[32];

	if (link_msg_check(msg, &why) != TG_OK || !same_proc(msg->head.from, p->proc) ||
	    !same_proc(msg->head.to, bus->self)) {
		bus->stat.refused++;
		log_event(bus->log, EV_MESSAGE_REFUSED, LOG_CAUSE("rule", slice_str(why)),
		          LOG_STR("peer", proc_name(p->proc, name, sizeof(name))),
		          LOG_STR("kind",
		                  slice_str(link_type_name((enum link_type)msg->head.type))),
		          LOG_END);
		return;
	}
	/* a child says that it is there in an incarnation which the warden knows already */
	if (msg->head.epoch != p->epoch || (!p->up && msg->head.type != LINK_PEER)) {
		bus->stat.stale++;
		return;
	}
	bus->stat.received++;
	if (p == bus->warden && msg->head.type == LINK_PEER && on_peer(bus, &msg->peer))
		return;
	bus->sink.message(bus->sink.ctx, msg);
}

static unsigned drain_peer(struct bus *bus, struct peer *p, unsigned depth)
{
	bool half_call = p->proc.role == LINK_EDGE || p->proc.role == LINK_CARRIER;
	struct link_msg *msg = &bus->msg[depth];
	unsigned n = 0;

	while (n < BURST && take(p, msg)) {
		/* the look at the other rings comes after this message was taken out */
		if (bus->warden != NULL && p != bus->warden)
			n += drain_peer(bus, bus->warden, 2);
		if (half_call && bus->vault != NULL)
			n += drain_peer(bus, bus->vault, 1);
		hand_up(bus, p, msg);
		n++;
	}
	return n;
}

unsigned bus_drain(struct bus *bus)
{
	unsigned n = 0;

	if (bus->warden != NULL)
		n += drain_peer(bus, bus->warden, 2);
	for (unsigned i = 0; i < bus->count; i++)
		n += drain_peer(bus, bus->peers[i], 0);
	for (unsigned i = 0; bus->any_dying && i < bus->count; i++) {
		struct peer *p = bus->peers[i];

		if (!p->dying)
			continue;
		/* it is dead: its ring holds no more than it can hold */
		for (uint32_t k = 0; k < p->in.slots && drain_peer(bus, p, 0) > 0; k += BURST)
			n++;
		if (p->dying)
			bury(bus, p);
	}
	bus->any_dying = false;
	return n;
}

static void ring(struct peer *p)
{
	const uint64_t one = 1;

	if (p->bell_out >= 0 && write(p->bell_out, &one, sizeof(one)) < 0)
		return; /* only when the counter is full, and then it is readable */
}

void bus_flush(struct bus *bus)
{
	for (unsigned i = 0; i < bus->count; i++) {
		struct peer *p = bus->peers[i];

		if (!p->dirty)
			continue;
		p->dirty = false;
		if (tg_ring_bell(&p->out))
			ring(p);
	}
}

void bus_ring_all(struct bus *bus)
{
	for (unsigned i = 0; i < bus->count; i++)
		ring(bus->peers[i]);
}

bool bus_sleep(struct bus *bus)
{
	for (unsigned i = 0; i < bus->count; i++) {
		if (tg_ring_sleep(&bus->peers[i]->in))
			continue;
		bus_awake(bus);
		return false;
	}
	return true;
}

void bus_awake(struct bus *bus)
{
	for (unsigned i = 0; i < bus->count; i++)
		tg_ring_awake(&bus->peers[i]->in);
}

const struct bus_stat *bus_stat(const struct bus *bus)
{
	return &bus->stat;
}
