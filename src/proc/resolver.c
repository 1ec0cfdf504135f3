/*
 * RESOLVE_ASK -> one query for A or AAAA records -> RESOLVE_REPLY with at most LINK_ADDRS_MAX
 * addresses and the smallest TTL.  CNAMEs are followed by the name server; c-ares gives up by
 * itself (D21).
 */
#include "proc/resolver.h"

#include <ares.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/select.h>

#include "net/loop.h"

enum {
	QUERIES_MAX = 64,
	SOCKETS_MAX = 16,
	TRY_MS = 2000,
	TRIES = 3
};

struct resolver;

struct query {
	struct resolver *resolver;
	bool busy;
	struct link_head head; /* of the question */
	struct link_text name;
	uint8_t family;
};

struct watched {
	struct net_watch watch; /* fd -1: free */
	struct resolver *resolver;
};

struct resolver {
	struct proc_env env;
	ares_channel channel;
	bool open;
	uint64_t next_ms; /* c-ares wants to look at its timeouts */
	struct query queries[QUERIES_MAX];
	struct watched watched[SOCKETS_MAX];
};

static void reply(struct resolver *r, const struct query *q, struct link_msg *msg)
{
	msg->head.ref = q->head.ref;
	msg->head.leg = q->head.leg;
	msg->resolve_reply.name = q->name;
	r->env.out.post(r->env.out.ctx, msg);
}

static void add(struct link_resolve *r, uint8_t family, const void *ip, int ttl)
{
	struct tg_addr *addr = &r->addr[r->count];
	uint32_t ttl_s = ttl > 0 ? (uint32_t)ttl : 0;

	addr->family = family;
	memcpy(addr->ip, ip, family == TG_AF_INET6 ? 16 : 4);
	r->ttl_s = r->count == 0 ? ttl_s : TG_MIN(r->ttl_s, ttl_s);
	r->count++;
}

static void take_v4(struct link_resolve *r, const unsigned char *answer, int len)
{
	struct ares_addrttl found[LINK_ADDRS_MAX];
	int count = LINK_ADDRS_MAX;

	if (ares_parse_a_reply(answer, len, NULL, found, &count) != ARES_SUCCESS)
		return;
	for (int i = 0; i < count; i++)
		add(r, TG_AF_INET, &found[i].ipaddr, found[i].ttl);
}

static void take_v6(struct link_resolve *r, const unsigned char *answer, int len)
{
	struct ares_addr6ttl found[LINK_ADDRS_MAX];
	int count = LINK_ADDRS_MAX;

	if (ares_parse_aaaa_reply(answer, len, NULL, found, &count) != ARES_SUCCESS)
		return;
	for (int i = 0; i < count; i++)
		add(r, TG_AF_INET6, &found[i].ip6addr, found[i].ttl);
}

static void on_answer(void *arg, int status, int timeouts, unsigned char *answer, int len)
{
	struct query *q = arg;
	struct link_msg msg;

	(void)timeouts;
	if (status == ARES_EDESTRUCTION)
		return;
	link_msg_init(&msg, LINK_RESOLVE_REPLY, q->head.from);
	if (status == ARES_SUCCESS && q->family == TG_AF_INET6)
		take_v6(&msg.resolve_reply, answer, len);
	else if (status == ARES_SUCCESS)
		take_v4(&msg.resolve_reply, answer, len);
	msg.resolve_reply.failed = msg.resolve_reply.count == 0;
	msg.resolve_reply.family = q->family;
	reply(q->resolver, q, &msg);
	q->busy = false;
}

/* When c-ares wants to be called without a packet. */
static void plan_timeout(struct resolver *r, uint64_t now_ms)
{
	struct timeval tv, *t = ares_timeout(r->channel, NULL, &tv);

	r->next_ms = UINT64_MAX;
	if (t != NULL)
		r->next_ms = now_ms + (uint64_t)t->tv_sec * 1000 + (uint64_t)t->tv_usec / 1000 + 1;
}

static void on_ready(struct net_watch *watch, uint64_t now_ms, int events)
{
	struct watched *w = TG_CONTAINER(watch, struct watched, watch);
	struct resolver *r = w->resolver;
	int fd = watch->fd;

	ares_process_fd(r->channel, (events & NET_READ) != 0 ? fd : ARES_SOCKET_BAD,
	                (events & NET_WRITE) != 0 ? fd : ARES_SOCKET_BAD);
	plan_timeout(r, now_ms);
}

static struct watched *watched_of(struct resolver *r, int fd)
{
	for (size_t i = 0; i < SOCKETS_MAX; i++)
		if (r->watched[i].watch.fd == fd)
			return &r->watched[i];
	return NULL;
}

/* c-ares opens, closes or wants to write a socket. */
static void on_socket(void *arg, ares_socket_t fd, int readable, int writable)
{
	struct resolver *r = arg;
	struct watched *w = watched_of(r, fd);
	int interest = (readable != 0 ? NET_READ : 0) | (writable != 0 ? NET_WRITE : 0);

	if (w != NULL && interest == 0) {
		net_loop_del(r->env.loop, &w->watch);
		w->watch.fd = -1;
	} else if (w != NULL) {
		net_loop_change(r->env.loop, &w->watch, interest);
	} else if (interest != 0 && (w = watched_of(r, -1)) != NULL) {
		w->watch = (struct net_watch){ fd, on_ready };
		if (net_loop_add(r->env.loop, &w->watch, interest) != TG_OK)
			w->watch.fd = -1; /* its query times out */
	}
}

static void on_ask(struct resolver *r, uint64_t now_ms, const struct link_msg *msg)
{
	char name[sizeof(msg->resolve_ask.name.s) + 1];
	struct slice text = link_text(&msg->resolve_ask.name);
	struct query *q = NULL;
	struct link_msg refusal;

	for (size_t i = 0; i < QUERIES_MAX && q == NULL; i++)
		if (!r->queries[i].busy)
			q = &r->queries[i];
	if (q == NULL || text.len == 0 || memchr(text.p, '\0', text.len) != NULL) {
		struct query none = { .head = msg->head, .name = msg->resolve_ask.name };

		link_msg_init(&refusal, LINK_RESOLVE_REPLY, msg->head.from);
		refusal.resolve_reply.failed = 1;
		reply(r, &none, &refusal);
		return;
	}
	snprintf(name, sizeof(name), "%.*s", SLICE_FMT(text));
	*q = (struct query){ r, true, msg->head, msg->resolve_ask.name, msg->resolve_ask.family };
	ares_query(r->channel, name, 1 /* IN */,
	           q->family == TG_AF_INET6 ? 28 /* AAAA */ : 1 /* A */, on_answer, q);
	plan_timeout(r, now_ms);
}

static void status(struct resolver *r, const struct link_msg *ask)
{
	char page[128];
	struct buf b = buf_on(page, sizeof(page));
	struct link_msg msg;
	unsigned busy = 0;

	for (size_t i = 0; i < QUERIES_MAX; i++)
		busy += r->queries[i].busy;
	buf_fmt(&b, "{\"resolver\":0,\"queries\":%u}", busy);
	link_msg_init(&msg, LINK_CTL_REPLY, ask->head.from);
	msg.head.ref = ask->head.ref;
	msg.ctl_reply.last = 1;
	if (link_body_set(&msg, buf_slice(&b)) == TG_OK)
		r->env.out.post(r->env.out.ctx, &msg);
}

static void resolver_message(void *role, uint64_t now_ms, const struct link_msg *msg)
{
	if (msg->head.type == LINK_RESOLVE_ASK)
		on_ask(role, now_ms, msg);
	else if (msg->head.type == LINK_CTL_ASK)
		status(role, msg);
}

static void resolver_tick(void *role, uint64_t now_ms)
{
	struct resolver *r = role;

	ares_process_fd(r->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	plan_timeout(r, now_ms);
}

static uint64_t resolver_next_ms(const void *role)
{
	return ((const struct resolver *)role)->next_ms;
}

static void resolver_free(void *role)
{
	struct resolver *r = role;

	if (r->open) {
		ares_destroy(r->channel);
		ares_library_cleanup();
	}
	free(r);
}

static void *resolver_create(const struct proc_env *env, const char **why)
{
	struct resolver *r = calloc(1, sizeof(*r));
	struct ares_options options = { .flags = ARES_FLAG_NOALIASES,
		                        .timeout = TRY_MS,
		                        .tries = TRIES,
		                        .sock_state_cb = on_socket,
		                        .sock_state_cb_data = r };

	*why = "no memory";
	if (r == NULL)
		return NULL;
	r->env = *env;
	r->next_ms = UINT64_MAX;
	for (size_t i = 0; i < SOCKETS_MAX; i++)
		r->watched[i] = (struct watched){ { -1, on_ready }, r };
	*why = "c-ares does not start";
	if (ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS) {
		r->open = ares_init_options(&r->channel, &options,
		                            ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
		                                    ARES_OPT_SOCK_STATE_CB) == ARES_SUCCESS;
		if (!r->open)
			ares_library_cleanup();
	}
	if (r->open)
		return r;
	free(r);
	return NULL;
}

const struct proc_role_ops resolver_ops = {
	.create = resolver_create,
	.message = resolver_message,
	.tick = resolver_tick,
	.next_ms = resolver_next_ms,
	.free = resolver_free,
};
