#include "sim/world_priv.h"

#include "proc/site.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { STEPS_PER_MS_MAX = 200000, STALL_MS = 300, SOCKET_PATIENCE_MS = 20, ASK_REF = 77 };

/* ---- time ---- */

uint64_t world_now_ms(const struct world *w)
{
	return w->now_ms;
}

uint64_t world_wall_ms(const struct world *w)
{
	/* in 2001, and far from the monotonic clock */
	return (uint64_t)((int64_t)(1000000000000 + w->now_ms) + w->wall_step_ms);
}

void world_wall_step(struct world *w, int64_t ms)
{
	w->wall_step_ms += ms;
}

static bool sooner(const struct event *a, const struct event *b)
{
	return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->number < b->number;
}

static void heap_push(struct world *w, struct event e)
{
	size_t i = w->events;

	if (w->events == w->events_cap) {
		w->events_cap = w->events_cap * 2 + 64;
		w->heap = realloc(w->heap, w->events_cap * sizeof(*w->heap));
		assert(w->heap != NULL);
	}
	e.number = w->event_number++;
	w->events++;
	for (; i > 0 && sooner(&e, &w->heap[(i - 1) / 2]); i = (i - 1) / 2)
		w->heap[i] = w->heap[(i - 1) / 2];
	w->heap[i] = e;
}

static struct event heap_pop(struct world *w)
{
	struct event top = w->heap[0], last = w->heap[--w->events];
	size_t i = 0;

	for (;;) {
		size_t child = i * 2 + 1;

		if (child >= w->events)
			break;
		if (child + 1 < w->events && sooner(&w->heap[child + 1], &w->heap[child]))
			child++;
		if (!sooner(&w->heap[child], &last))
			break;
		w->heap[i] = w->heap[child];
		i = child;
	}
	if (w->events > 0)
		w->heap[i] = last;
	return top;
}

void world_at(struct world *w, uint64_t at_ms, void (*fire)(void *ctx, uint64_t value), void *ctx,
              uint64_t value)
{
	heap_push(w, (struct event){ .at_ms = TG_MAX(at_ms, w->now_ms), .kind = EVENT_CALL,
	                             .fire = fire, .ctx = ctx, .value = value });
}

/* ---- the network ---- */

static void mix(struct world *w, const void *octets, size_t n)
{
	const uint8_t *p = octets;

	for (size_t i = 0; i < n; i++)
		w->hash = (w->hash ^ p[i]) * 0x100000001b3; /* FNV-1a */
}

static void hash_packet(struct world *w, const struct tg_flow *flow, struct slice octets)
{
	mix(w, &w->now_ms, sizeof(w->now_ms));
	mix(w, flow, sizeof(*flow));
	mix(w, octets.p, octets.len);
}

static bool chance(struct world *w, uint32_t permille)
{
	return permille > 0 && tg_rng_below(&w->chance, 1000) < permille;
}

static uint64_t delay(struct world *w)
{
	const struct world_net *n = &w->conf.net;
	uint64_t ms = n->latency_min_ms;

	if (n->latency_max_ms > n->latency_min_ms)
		ms += tg_rng_below(&w->chance, n->latency_max_ms - n->latency_min_ms + 1);
	if (chance(w, n->stall))
		ms += tg_rng_below(&w->chance, STALL_MS);
	return ms;
}

static void launch(struct world *w, enum event_kind kind, const struct tg_flow *flow,
                   struct slice octets)
{
	int copies = chance(w, w->conf.net.loss) ? 0 : chance(w, w->conf.net.twice) ? 2 : 1;

	hash_packet(w, flow, octets);
	for (int i = 0; i < copies; i++) {
		char *copy = malloc(octets.len + 1);

		assert(copy != NULL);
		if (octets.len > 0)
			memcpy(copy, octets.p, octets.len);
		heap_push(w, (struct event){ .at_ms = w->now_ms + delay(w), .kind = kind,
		                             .flow = *flow,
		                             .octets = slice_of(copy, octets.len) });
	}
}

void world_send(struct world *w, const struct tg_addr *from, uint16_t iface, struct slice octets)
{
	struct tg_flow flow = { .remote = *from, .iface = iface, .proto = TG_PROTO_UDP };

	w->seen.packets_in++;
	launch(w, EVENT_IN, &flow, octets);
}

static struct buf on_begin(void *ctx, const struct tg_flow *flow)
{
	struct proc *p = ctx;

	p->to = *flow;
	return buf_on(p->datagram, sizeof(p->datagram));
}

static void on_end(void *ctx, const struct buf *datagram)
{
	struct proc *p = ctx;
	struct world *w = p->world;

	if (datagram->full || datagram->len == 0)
		return;
	w->seen.packets_out++;
	if (w->conf.watch.sent != NULL)
		w->conf.watch.sent(w->conf.watch.ctx, p->id, &p->to, buf_slice(datagram));
	launch(w, EVENT_OUT, &p->to, buf_slice(datagram));
}

/* ---- messages ---- */

struct vault *world_vault(const struct world *w)
{
	const struct proc *p = world_proc((struct world *)(uintptr_t)w,
	                                  (struct link_proc){ LINK_VAULT, 0 });

	return p->up ? p->vault : NULL;
}

struct judge *world_judge(const struct world *w)
{
	const struct proc *p = world_proc((struct world *)(uintptr_t)w,
	                                  (struct link_proc){ LINK_VAULT, 0 });

	return p->up ? vault_judge(p->vault) : NULL;
}

struct proc *world_proc(struct world *w, struct link_proc id)
{
	for (uint32_t i = 0; i < w->procs; i++) {
		if (w->proc[i].id.role == id.role && w->proc[i].id.index == id.index)
			return &w->proc[i];
	}
	return NULL;
}

static void enqueue(struct world *w, struct proc *to, uint32_t ring, const struct link_msg *msg)
{
	size_t len = msg->head.len;
	struct ring_queue *q = &to->in[ring];
	struct ring_msg *m;

	assert(len >= sizeof(struct link_head) && len <= sizeof(*msg));
	if (q->count >= WORLD_RING_SLOTS) {
		w->seen.overflows++;
		return;
	}
	m = malloc(offsetof(struct ring_msg, head) + len);
	assert(m != NULL);
	m->next = NULL;
	memcpy(&m->head, msg, len);
	*q->last = m;
	q->last = &m->next;
	q->count++;
	w->waiting++;
}

static void take_answer(struct world *w, const struct link_msg *msg)
{
	if (msg->head.type != LINK_CTL_REPLY || w->answer == NULL)
		return;
	if (w->answer->len > 0 && link_body(msg).len > 0)
		buf_chr(w->answer, ',');
	buf_put(w->answer, link_body(msg));
	w->answered = msg->ctl_reply.last;
}

void world_push(struct world *w, struct proc *from, const struct link_msg *msg)
{
	struct proc *to = world_proc(w, msg->head.to);
	struct link_msg *m = (struct link_msg *)(uintptr_t)msg; /* the ring sets the sender */

	m->head.from = from->id;
	m->head.epoch = from->epoch;
	if (msg->head.to.role == LINK_CONSOLE) {
		take_answer(w, msg);
		return;
	}
	if (to == NULL || !to->up) {
		w->seen.messages_lost++;
		return;
	}
	enqueue(w, to, (uint32_t)(from - w->proc), msg);
}

static void on_post(void *ctx, const struct link_msg *msg)
{
	struct proc *p = ctx;

	world_push(p->world, p, msg);
}

static void from_warden(struct world *w, struct proc *to, struct link_msg *msg)
{
	msg->head.from = (struct link_proc){ LINK_WARDEN, 0 };
	enqueue(w, to, WORLD_PROCS_MAX, msg);
}

void world_post(struct world *w, const struct link_msg *msg)
{
	struct proc *to = world_proc(w, msg->head.to);

	w->out = *msg;
	if (to != NULL && to->up)
		from_warden(w, to, &w->out);
}

void world_post_as(struct world *w, struct link_proc from, const struct link_msg *msg)
{
	struct proc *p = world_proc(w, from);

	if (p == NULL || !p->up)
		return;
	w->out = *msg;
	world_push(w, p, &w->out);
}

static void tell_peer(struct world *w, struct proc *to, const struct proc *about, bool up)
{
	if (!to->up)
		return;
	link_msg_init(&w->out, LINK_PEER, to->id);
	w->out.peer = (struct link_peer){ about->id, up, about->epoch };
	from_warden(w, to, &w->out);
}

static void role_message(struct world *w, struct proc *p, const struct link_msg *msg)
{
	switch (p->id.role) {
	case LINK_EDGE:
		edge_message(p->edge, w->now_ms, msg);
		return;
	case LINK_CARRIER:
		carrier_message(p->carrier, w->now_ms, msg);
		return;
	case LINK_VAULT:
		vault_message(p->vault, w->now_ms, msg);
		return;
	default:
		relay_sim_message(w, p, msg);
	}
}

/** The ring to read next: the warden's, then the vault's (link/msg.h), then any. */
static struct ring_queue *choose_ring(struct world *w, struct proc *p)
{
	uint32_t vault = (uint32_t)(world_proc(w, (struct link_proc){ LINK_VAULT, 0 }) - w->proc);
	uint32_t n = 0, pick;

	if (p->in[WORLD_PROCS_MAX].count > 0)
		return &p->in[WORLD_PROCS_MAX];
	if (p->in[vault].count > 0)
		return &p->in[vault];
	for (uint32_t i = 0; i < w->procs; i++)
		n += p->in[i].count > 0;
	pick = (uint32_t)tg_rng_below(&w->chance, n);
	for (uint32_t i = 0; i < w->procs; i++) {
		if (p->in[i].count > 0 && pick-- == 0)
			return &p->in[i];
	}
	return NULL;
}

static uint32_t waiting_for(const struct proc *p)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i <= WORLD_PROCS_MAX; i++)
		n += p->in[i].count;
	return n;
}

static struct proc *choose_reader(struct world *w)
{
	uint32_t n = 0, pick;

	for (uint32_t i = 0; i < w->procs; i++)
		n += waiting_for(&w->proc[i]) > 0;
	pick = (uint32_t)tg_rng_below(&w->chance, n);
	for (uint32_t i = 0; i < w->procs; i++) {
		if (waiting_for(&w->proc[i]) > 0 && pick-- == 0)
			return &w->proc[i];
	}
	return NULL;
}

static void deliver(struct world *w)
{
	struct proc *p = choose_reader(w);
	struct ring_queue *q = choose_ring(w, p);
	struct ring_msg *m = q->first;
	const char *why;

	q->first = m->next;
	if (q->first == NULL)
		q->last = &q->first;
	q->count--;
	w->waiting--;
	memset(&w->msg, 0xa5, sizeof(w->msg)); /* what is not sent must not be read */
	memcpy(&w->msg, &m->head, m->head.len);
	free(m);
	w->seen.messages++;
	if (link_msg_check(&w->msg, &why) != TG_OK) {
		w->seen.bad_messages++;
		return;
	}
	if (w->conf.watch.bend != NULL)
		w->conf.watch.bend(w->conf.watch.ctx, &w->msg);
	if (w->conf.watch.message != NULL)
		w->conf.watch.message(w->conf.watch.ctx, &w->msg);
	log_set_time(&p->log, w->now_ms, world_wall_ms(w));
	role_message(w, p, &w->msg);
}

/* ---- roles ---- */

static void on_log(void *ctx, struct slice line)
{
	struct world *w = ctx;

	if (w->conf.watch.log != NULL)
		w->conf.watch.log(w->conf.watch.ctx, line);
}

static bool make_role(struct world *w, struct proc *p)
{
	struct role_env env = {
		.site = &w->site,
		.self = p->id,
		.net = { p, on_begin, on_end },
		.link = { p, on_post },
		.log = &p->log,
		.rng = &p->rng,
		.now_ms = w->now_ms,
		.wall_ms = world_wall_ms(w),
	};
	const struct vault_store store = store_sim(w);
	const struct vault_conf conf = { &w->routes, w->rules, &store, { 1 }, p->epoch };

	switch (p->id.role) {
	case LINK_EDGE:
		p->edge = edge_new(&env);
		return p->edge != NULL;
	case LINK_CARRIER:
		p->carrier = carrier_new(&env);
		return p->carrier != NULL;
	case LINK_VAULT:
		p->vault = vault_new(&env, &conf);
		if (p->vault == NULL || !store_sim_load(w, p->vault))
			return false;
		vault_wall(p->vault, w->now_ms, world_wall_ms(w)); /* as the shell's first tick */
		return true;
	default:
		return true;
	}
}

static void free_role(struct proc *p)
{
	switch (p->id.role) {
	case LINK_EDGE:
		edge_free(p->edge);
		p->edge = NULL;
		return;
	case LINK_CARRIER:
		carrier_free(p->carrier);
		p->carrier = NULL;
		return;
	case LINK_VAULT:
		vault_free(p->vault);
		p->vault = NULL;
		return;
	default:
		return;
	}
}

bool world_up(const struct world *w, struct link_proc proc)
{
	const struct proc *p = world_proc((struct world *)(uintptr_t)w, proc);

	return p != NULL && p->up;
}

bool world_start(struct world *w, struct link_proc id)
{
	struct proc *p = world_proc(w, id);
	uint8_t seed[32];

	if (p == NULL || p->up)
		return false;
	p->epoch++;
	tg_rng_bytes(&w->rng, seed, sizeof(seed));
	tg_rng_init(&p->rng, seed);
	log_init(&p->log, slice_str(p->name), on_log, w);
	log_set_time(&p->log, w->now_ms, world_wall_ms(w));
	if (!make_role(w, p))
		return false;
	p->up = true;
	for (uint32_t i = 0; i < w->procs; i++) {
		if (&w->proc[i] != p)
			tell_peer(w, &w->proc[i], p, true);
	}
	for (uint32_t i = 0; i < w->procs; i++) {
		if (&w->proc[i] != p && w->proc[i].up)
			tell_peer(w, p, &w->proc[i], true);
	}
	tell_peer(w, p, p, true);
	return true;
}

static void empty_ring(struct world *w, struct ring_queue *q)
{
	struct ring_msg *m, *next;

	for (m = q->first; m != NULL; m = next) {
		next = m->next;
		free(m);
		w->waiting--;
	}
	q->first = NULL;
	q->last = &q->first;
	q->count = 0;
}

bool world_kill(struct world *w, struct link_proc id)
{
	struct proc *p = world_proc(w, id);

	if (p == NULL || !p->up)
		return false;
	p->up = false;
	free_role(p);
	if (id.role == LINK_VAULT)
		world_disk_died(w);
	if (id.role == LINK_RELAY)
		relay_sim_died(w, id);
	for (uint32_t i = 0; i <= WORLD_PROCS_MAX; i++)
		empty_ring(w, &p->in[i]); /* its successor skips what stands there */
	for (uint32_t i = 0; i < w->procs; i++) {
		empty_ring(w, &w->proc[i].in[p - w->proc]); /* of an old epoch */
		tell_peer(w, &w->proc[i], p, false);
	}
	return true;
}

static void add_proc(struct world *w, enum link_role role, uint8_t index)
{
	struct proc *p = &w->proc[w->procs++];

	p->world = w;
	p->id = (struct link_proc){ (uint8_t)role, index };
	(void)snprintf(p->name, sizeof(p->name), "%s:%u", link_role_name(role), index);
	for (uint32_t i = 0; i <= WORLD_PROCS_MAX; i++)
		p->in[i].last = &p->in[i].first;
}

static void seed_rngs(struct world *w)
{
	uint8_t seed[32] = { 0 };

	memcpy(seed, &w->conf.seed, sizeof(w->conf.seed));
	tg_rng_init(&w->rng, seed);
	seed[31] = 1;
	tg_rng_init(&w->chance, seed);
}

enum { WALL_EVERY_MS = 1000 };

/** The vault's shell looks at the wall clock. */
static void on_second(void *ctx, uint64_t value)
{
	struct world *w = ctx;
	struct proc *vault = world_proc(w, (struct link_proc){ LINK_VAULT, 0 });

	(void)value;
	if (vault->up)
		vault_wall(vault->vault, w->now_ms, world_wall_ms(w));
	world_at(w, w->now_ms + WALL_EVERY_MS, on_second, w, 0);
}

static bool start_all(struct world *w)
{
	for (uint32_t i = 0; i < w->procs; i++) {
		if (!world_start(w, w->proc[i].id))
			return false;
	}
	world_at(w, w->now_ms + WALL_EVERY_MS, on_second, w, 0);
	return true;
}

struct world *world_new(const struct world_conf *conf)
{
	struct world *w = calloc(1, sizeof(*w));
	char why[SITE_WHY_MAX];

	if (w == NULL)
		return NULL;
	w->conf = *conf;
	w->now_ms = 5000000;
	w->hash = 0xcbf29ce484222325;
	w->next_port = 20000;
	seed_rngs(w);
	site_make(&w->site, conf->conf);
	site_routes(&w->routes, conf->conf);
	w->rules = site_judge_new(conf->conf, world_wall_ms(w), why);
	if (w->rules != NULL) {
		w->rules->deck = conf->deck;
		w->rules->ctx = conf->deck_ctx;
	}
	assert(w->site.edges <= WORLD_EDGES_MAX && w->site.carriers <= WORLD_CARRIERS_MAX &&
	       w->site.relays <= WORLD_RELAYS_MAX);
	add_proc(w, LINK_VAULT, 0);
	for (uint8_t i = 0; i < w->site.edges; i++)
		add_proc(w, LINK_EDGE, i);
	for (uint8_t i = 0; i < w->site.carriers; i++)
		add_proc(w, LINK_CARRIER, i);
	for (uint8_t i = 0; i < w->site.relays; i++)
		add_proc(w, LINK_RELAY, i);
	if (w->rules != NULL && world_disk_open(w) && start_all(w))
		return w;
	world_free(w);
	return NULL;
}

void world_free(struct world *w)
{
	if (w == NULL)
		return;
	for (uint32_t i = 0; i < w->procs; i++) {
		free_role(&w->proc[i]);
		for (uint32_t k = 0; k <= WORLD_PROCS_MAX; k++)
			empty_ring(w, &w->proc[i].in[k]);
	}
	while (w->events > 0) {
		struct event e = heap_pop(w);

		free((void *)(uintptr_t)e.octets.p);
	}
	world_disk_close(w);
	site_judge_free(w->rules);
	free(w->record);
	free(w->heap);
	free(w);
}

/* ---- steps ---- */

/** Whose socket gets it: as proc/steer does it in the kernel. */
static struct proc *reader_of(struct world *w, const struct tg_flow *flow)
{
	static const struct tg_key key = { { 's', 't', 'e', 'e', 'r' } };
	int trunk = role_trunk_of(&w->site, flow);
	uint64_t hash = tg_siphash(&key, slice_of(&flow->remote, sizeof(flow->remote)));

	if (trunk >= 0)
		return world_proc(w, (struct link_proc){ LINK_CARRIER,
		                                         w->site.trunk[trunk].carrier });
	return world_proc(w, (struct link_proc){ LINK_EDGE, (uint8_t)(hash % w->site.edges) });
}

static void packet_in(struct world *w, struct event *e)
{
	struct proc *p = reader_of(w, &e->flow);

	if (!p->up) {
		e->at_ms = w->now_ms + SOCKET_PATIENCE_MS; /* it waits in the socket */
		heap_push(w, *e);
		e->octets = (struct slice){ 0 };
		return;
	}
	log_set_time(&p->log, w->now_ms, world_wall_ms(w));
	if (p->id.role == LINK_EDGE)
		edge_packet(p->edge, w->now_ms, &e->flow, e->octets);
	else
		carrier_packet(p->carrier, w->now_ms, &e->flow, e->octets);
}

static void fire(struct world *w, struct event *e)
{
	switch (e->kind) {
	case EVENT_IN:
		packet_in(w, e);
		break;
	case EVENT_OUT:
		if (w->conf.watch.packet != NULL)
			w->conf.watch.packet(w->conf.watch.ctx,
			                     &w->site.iface[e->flow.iface].listen,
			                     &e->flow.remote, e->octets);
		break;
	case EVENT_CALL:
		e->fire(e->ctx, e->value);
		break;
	}
	free((void *)(uintptr_t)e->octets.p);
}

static uint64_t role_next(const struct proc *p)
{
	if (!p->up)
		return UINT64_MAX;
	switch (p->id.role) {
	case LINK_EDGE:
		return edge_next_ms(p->edge);
	case LINK_CARRIER:
		return carrier_next_ms(p->carrier);
	case LINK_VAULT:
		return vault_next_ms(p->vault);
	default:
		return UINT64_MAX;
	}
}

static void role_tick(struct world *w, struct proc *p)
{
	log_set_time(&p->log, w->now_ms, world_wall_ms(w));
	if (p->id.role == LINK_EDGE)
		edge_tick(p->edge, w->now_ms);
	else if (p->id.role == LINK_CARRIER)
		carrier_tick(p->carrier, w->now_ms);
	else
		vault_tick(p->vault, w->now_ms);
}

/** The role whose timer is the next, not later than `*at`; NULL when a packet or call is. */
static struct proc *next_timer(struct world *w, uint64_t *at)
{
	struct proc *best = NULL;

	*at = w->events > 0 ? w->heap[0].at_ms : UINT64_MAX;
	for (uint32_t i = 0; i < w->procs; i++) {
		uint64_t t = role_next(&w->proc[i]);

		if (t < *at) {
			*at = t;
			best = &w->proc[i];
		}
	}
	return best;
}

bool world_step(struct world *w, uint64_t until_ms)
{
	uint64_t at = w->now_ms;

	if (w->waiting > 0) {
		deliver(w);
	} else {
		struct proc *p = next_timer(w, &at);

		if (at > until_ms)
			return false;
		if (at > w->now_ms) {
			w->now_ms = at;
			w->steps_now = 0;
		}
		if (p != NULL) {
			role_tick(w, p);
		} else {
			struct event e = heap_pop(w);

			fire(w, &e);
		}
	}
	assert(++w->steps_now < STEPS_PER_MS_MAX); /* somebody's timer does not move on */
	if (w->conf.watch.stepped != NULL)
		w->conf.watch.stepped(w->conf.watch.ctx);
	return true;
}

void world_run(struct world *w, uint64_t until_ms)
{
	while (world_step(w, until_ms))
		;
	if (until_ms > w->now_ms) {
		w->now_ms = until_ms;
		w->steps_now = 0;
	}
}

/* ---- what can be seen ---- */

struct tg_rng *world_rng(struct world *w)
{
	return &w->rng;
}

void world_net_set(struct world *w, const struct world_net *net)
{
	w->conf.net = *net;
}

const struct role_site *world_site(const struct world *w)
{
	return &w->site;
}

uint64_t world_hash(const struct world *w)
{
	return w->hash;
}

void world_ask(struct world *w, struct link_proc proc, struct slice line, struct buf *out)
{
	struct proc *p = world_proc(w, proc);

	if (p == NULL || !p->up)
		return;
	link_msg_init(&w->out, LINK_CTL_ASK, proc);
	w->out.head.ref.slot = ASK_REF;
	if (link_body_set(&w->out, line) != TG_OK)
		return;
	w->out.head.from = (struct link_proc){ LINK_CONSOLE, 0 };
	w->answer = out;
	w->answered = false;
	enqueue(w, p, WORLD_PROCS_MAX, &w->out);
	while (w->waiting > 0)
		deliver(w);
	w->answer = NULL;
}

static uint32_t count_legs(struct world *w, struct link_proc proc)
{
	static char mem[1 << 16];
	struct buf b = buf_on(mem, sizeof(mem));
	uint32_t n = 0;

	world_ask(w, proc, SLICE("calls"), &b);
	for (size_t i = 0; i < b.len; i++)
		n += b.p[i] == '{';
	return n;
}

void world_sight(const struct world *w, struct world_sight *out)
{
	struct world *mutable = (struct world *)(uintptr_t)w; /* asking takes a message */

	*out = w->seen;
	for (uint32_t i = 0; i < w->procs; i++) {
		uint8_t role = w->proc[i].id.role;

		if (role == LINK_EDGE || role == LINK_CARRIER)
			out->half_calls += count_legs(mutable, w->proc[i].id);
	}
	for (int i = 0; i < WORLD_SESSIONS_MAX; i++)
		out->media += w->session[i].open;
	out->bindings = world_bindings(w, (struct slice){ 0 });
	for (uint32_t i = 0; i < w->records; i++) {
		out->records_over += w->record[i].over;
		out->records_open += !w->record[i].over;
	}
}
