#include "proc/sip_role.h"

#include <stdlib.h>

#include "base/hash.h"
#include "conf/conf.h"
#include "proc/site.h"
#include "proc/site_names.h"
#include "role/carrier.h"
#include "role/edge.h"

enum {
	ASK_AGAIN_MS = 5000, /* without an answer */
	TTL_MIN_S = 30,
	TTL_MAX_S = 3600
};

/* Either role; the other pointer is NULL. */
struct sip_role {
	struct proc_env env;
	struct role_site site;
	struct tg_rng rng;
	struct edge *edge;
	struct carrier *carrier;
	bool resolver_up;
	uint64_t ask_at_ms[CONF_TRUNKS_MAX]; /* UINT64_MAX: never */
};

static struct role_env role_env_of(struct sip_role *r)
{
	return (struct role_env){ .site = &r->site,
		                  .self = r->env.self,
		                  .net = r->env.net,
		                  .link = r->env.out,
		                  .log = r->env.log,
		                  .rng = &r->rng,
		                  .now_ms = r->env.now_ms,
		                  .wall_ms = r->env.wall_ms };
}

static struct sip_role *make(const struct proc_env *env, const char **why)
{
	struct sip_role *r = calloc(1, sizeof(*r));

	*why = "no memory for the configured calls and registrations";
	if (r == NULL)
		return NULL;
	r->env = *env;
	site_make(&r->site, env->conf);
	tg_rng_init(&r->rng, env->seed);
	tg_wipe(r->env.seed, sizeof(r->env.seed));
	return r;
}

static void unmake(struct sip_role *r)
{
	tg_wipe(&r->rng, sizeof(r->rng));
	free(r);
}

/* ---- edge ---- */

static void *edge_create(const struct proc_env *env, const char **why)
{
	struct sip_role *r = make(env, why);
	struct role_env renv;

	if (r == NULL)
		return NULL;
	renv = role_env_of(r);
	r->edge = edge_new(&renv);
	if (r->edge != NULL)
		return r;
	unmake(r);
	return NULL;
}

static void edge_role_packet(void *role, uint64_t now_ms, const struct tg_flow *flow,
                             struct slice bytes)
{
	edge_packet(((struct sip_role *)role)->edge, now_ms, flow, bytes);
}

/* Where the phones of a network are that is known by name. */
static void on_network(struct sip_role *r, const struct link_msg *msg)
{
	uint32_t i = msg->head.ref.slot - 1;
	struct tg_addr refused;

	if (i < r->site.networks && r->site.network[i].by_name)
		(void)site_names_found(&r->site, i, &msg->network_found, &refused);
}

static void edge_role_message(void *role, uint64_t now_ms, const struct link_msg *msg)
{
	struct sip_role *r = role;

	if (msg->head.type == LINK_NETWORK_FOUND)
		on_network(r, msg);
	else
		edge_message(r->edge, now_ms, msg);
}

static void edge_role_tick(void *role, uint64_t now_ms)
{
	edge_tick(((struct sip_role *)role)->edge, now_ms);
}

static uint64_t edge_role_next_ms(const void *role)
{
	return edge_next_ms(((const struct sip_role *)role)->edge);
}

static bool edge_role_idle(const void *role)
{
	return edge_idle(((const struct sip_role *)role)->edge);
}

static void edge_role_free(void *role)
{
	struct sip_role *r = role;

	edge_free(r->edge);
	unmake(r);
}

const struct proc_role_ops edge_role_ops = {
	.create = edge_create,
	.packet = edge_role_packet,
	.message = edge_role_message,
	.tick = edge_role_tick,
	.next_ms = edge_role_next_ms,
	.idle = edge_role_idle,
	.free = edge_role_free,
};

/* ---- carrier: the same, and the addresses of trunks that the configuration names ---- */

static bool looked_up(const struct sip_role *r, uint32_t trunk)
{
	return site_trunk_by_name(r->env.conf, trunk) &&
	       r->site.trunk[trunk].carrier == r->env.self.index;
}

static void *carrier_create(const struct proc_env *env, const char **why)
{
	struct sip_role *r = make(env, why);
	struct role_env renv;

	if (r == NULL)
		return NULL;
	for (uint32_t i = 0; i < CONF_TRUNKS_MAX; i++)
		r->ask_at_ms[i] = i < r->site.trunks && looked_up(r, i) ? 0 : UINT64_MAX;
	renv = role_env_of(r);
	r->carrier = carrier_new(&renv);
	if (r->carrier != NULL)
		return r;
	unmake(r);
	return NULL;
}

static void carrier_role_packet(void *role, uint64_t now_ms, const struct tg_flow *flow,
                                struct slice bytes)
{
	carrier_packet(((struct sip_role *)role)->carrier, now_ms, flow, bytes);
}

static void on_found(struct sip_role *r, uint64_t now_ms, const struct link_msg *msg)
{
	const struct link_resolve *found = &msg->resolve_reply;
	uint32_t i = msg->head.ref.slot - 1;
	uint64_t ttl_s = TG_MIN(TG_MAX(found->ttl_s, TTL_MIN_S), TTL_MAX_S);

	if (i >= r->site.trunks || !looked_up(r, i) ||
	    !slice_ieq(link_text(&found->name), r->env.conf->trunks[i].address.name))
		return;
	if (found->failed != 0 || found->count == 0)
		return; /* what was found before goes on to hold */
	r->ask_at_ms[i] = now_ms + ttl_s * 1000;
	if (site_trunk_found(&r->site, r->env.conf, i, found))
		carrier_trunk_moved(r->carrier, now_ms, i);
}

static void carrier_role_message(void *role, uint64_t now_ms, const struct link_msg *msg)
{
	struct sip_role *r = role;

	if (msg->head.type == LINK_RESOLVE_REPLY) {
		on_found(r, now_ms, msg);
		return;
	}
	if (msg->head.type == LINK_PEER && msg->peer.proc.role == LINK_RESOLVER)
		r->resolver_up = msg->peer.up != 0;
	carrier_message(r->carrier, now_ms, msg);
}

static void ask(struct sip_role *r, uint32_t trunk)
{
	struct link_msg msg;

	link_msg_init(&msg, LINK_RESOLVE_ASK, (struct link_proc){ LINK_RESOLVER, 0 });
	link_text_set(&msg.resolve_ask.name, r->env.conf->trunks[trunk].address.name);
	msg.head.ref = (struct tg_handle){ trunk + 1, 0 };
	r->env.out.post(r->env.out.ctx, &msg);
}

static void carrier_role_tick(void *role, uint64_t now_ms)
{
	struct sip_role *r = role;

	for (uint32_t i = 0; r->resolver_up && i < r->site.trunks; i++) {
		if (now_ms < r->ask_at_ms[i])
			continue;
		ask(r, i);
		r->ask_at_ms[i] = now_ms + ASK_AGAIN_MS;
	}
	carrier_tick(r->carrier, now_ms);
}

static uint64_t carrier_role_next_ms(const void *role)
{
	const struct sip_role *r = role;
	uint64_t next = carrier_next_ms(r->carrier);

	for (uint32_t i = 0; r->resolver_up && i < r->site.trunks; i++)
		next = TG_MIN(next, r->ask_at_ms[i]);
	return next;
}

static bool carrier_role_idle(const void *role)
{
	return carrier_idle(((const struct sip_role *)role)->carrier);
}

static void carrier_role_free(void *role)
{
	struct sip_role *r = role;

	carrier_free(r->carrier);
	unmake(r);
}

const struct proc_role_ops carrier_role_ops = {
	.create = carrier_create,
	.packet = carrier_role_packet,
	.message = carrier_role_message,
	.tick = carrier_role_tick,
	.next_ms = carrier_role_next_ms,
	.idle = carrier_role_idle,
	.free = carrier_role_free,
};
