#include "proc/relay_role.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/hash.h"
#include "conf/conf.h"
#include "media/relay.h"
#include "net/loop.h"

enum {
	RESERVE_PART = 20, /* one in so many sessions is for emergency calls */
	STREAMS_PER_CALL = 2 /* audio, and now and then a second line */
};

struct relay_role {
	struct proc_env env;
	struct relay *relay;
	struct net_watch watch;
};

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* One bounded batch a turn; jitter needs the time of the batch in microseconds. */
static void on_media(struct net_watch *watch, uint64_t now_ms, int events)
{
	struct relay_role *r = TG_CONTAINER(watch, struct relay_role, watch);

	(void)now_ms, (void)events;
	relay_readable(r->relay, now_us());
}

/* The ports of relay `index` of `count`: even parts, no two share one. */
static void split_ports(const struct conf *conf, struct relay_conf *out, uint8_t index)
{
	uint32_t count = conf->limits.relays;
	uint32_t part = (conf->media.ports.hi - conf->media.ports.lo + 1u) / count & ~1u;

	out->port_min = (uint16_t)(conf->media.ports.lo + part * index);
	out->port_max = (uint16_t)(out->port_min + part - 1);
}

/* Where media never goes: the SIP ports of trunks, whatever an SDP says. */
static uint16_t trunk_ports(const struct conf *conf, struct tg_addr *out)
{
	uint16_t n = 0;

	for (uint32_t i = 0; i < conf->trunks_count; i++)
		if (conf->trunks[i].address.addr.family != TG_AF_NONE)
			out[n++] = conf->trunks[i].address.addr;
	return n;
}

static struct relay *make_relay(const struct proc_env *env)
{
	const struct conf *conf = env->conf;
	uint32_t calls = conf->limits.calls / conf->limits.relays + 1;
	struct relay_iface ifaces[CONF_INTERFACES_MAX];
	struct tg_addr never[CONF_TRUNKS_MAX];
	struct relay_conf rc = { .self = env->self,
		                 .iface = ifaces,
		                 .iface_count = (uint16_t)conf->interfaces_count,
		                 .sessions = calls + calls / RESERVE_PART + 1,
		                 .reserve = calls / RESERVE_PART + 1,
		                 .ready = conf->media.ready / conf->limits.relays,
		                 .never = never };
	struct tg_rng rng;

	rc.streams = rc.sessions * STREAMS_PER_CALL;
	rc.never_count = trunk_ports(conf, never);
	for (uint32_t i = 0; i < conf->interfaces_count; i++)
		ifaces[i] = (struct relay_iface){ conf->interfaces[i].listen,
			                          conf->interfaces[i].side == CONF_INSIDE };
	split_ports(conf, &rc, env->self.index);
	tg_rng_init(&rng, env->seed);
	return relay_new(&rc, env->out, &rng, env->now_ms);
}

static void *relay_role_create(const struct proc_env *env, const char **why)
{
	struct relay_role *r = calloc(1, sizeof(*r));

	*why = "no memory for the relay";
	if (r == NULL)
		return NULL;
	r->env = *env;
	r->relay = make_relay(env);
	if (r->relay == NULL) {
		*why = errno == EINVAL ? "too few media ports for the configured calls" : *why;
		free(r);
		return NULL;
	}
	r->watch = (struct net_watch){ relay_fd(r->relay), on_media };
	if (net_loop_add(env->loop, &r->watch, NET_READ) != TG_OK) {
		relay_free(r->relay);
		free(r);
		return NULL;
	}
	return r;
}

static void write_stat(struct buf *b, const struct relay_role *r)
{
	struct relay_stat s;

	relay_stat(r->relay, &s);
	buf_fmt(b, "{\"relay\":%u,\"calls\":%u,\"streams\":%u,\"opened\":%llu,\"refused\":%llu,"
	        "\"packets\":%llu,\"octets\":%llu,\"malformed\":%llu,\"wrong_source\":%llu,"
	        "\"no_peer\":%llu,\"over_rate\":%llu,\"send_failed\":%llu}",
	        r->env.self.index, s.sessions, s.streams, (unsigned long long)s.opened,
	        (unsigned long long)s.refused, (unsigned long long)s.packets,
	        (unsigned long long)s.octets, (unsigned long long)s.malformed,
	        (unsigned long long)s.wrong_source, (unsigned long long)s.no_peer,
	        (unsigned long long)s.over_rate, (unsigned long long)s.send_failed);
}

static void answer(struct relay_role *r, const struct link_msg *ask)
{
	char page[1024];
	struct buf b = buf_on(page, sizeof(page));
	struct link_msg msg;

	write_stat(&b, r);
	link_msg_init(&msg, LINK_CTL_REPLY, ask->head.from);
	msg.head.ref = ask->head.ref;
	msg.ctl_reply.last = 1;
	if (link_body_set(&msg, buf_slice(&b)) == TG_OK)
		r->env.out.post(r->env.out.ctx, &msg);
}

static void relay_role_message(void *role, uint64_t now_ms, const struct link_msg *msg)
{
	struct relay_role *r = role;

	if (msg->head.type == LINK_CTL_ASK)
		answer(r, msg);
	else
		relay_message(r->relay, now_ms, msg);
}

static void relay_role_tick(void *role, uint64_t now_ms)
{
	relay_tick(((struct relay_role *)role)->relay, now_ms);
}

static uint64_t relay_role_next_ms(const void *role)
{
	return relay_next_ms(((const struct relay_role *)role)->relay);
}

static void relay_role_free(void *role)
{
	struct relay_role *r = role;

	net_loop_del(r->env.loop, &r->watch);
	relay_free(r->relay);
	free(r);
}

const struct proc_role_ops relay_role_ops = {
	.create = relay_role_create,
	.message = relay_role_message,
	.tick = relay_role_tick,
	.next_ms = relay_role_next_ms,
	.free = relay_role_free,
};
