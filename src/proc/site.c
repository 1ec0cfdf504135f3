#include "proc/site.h"

#include "proc/plan.h"

/* Longest ringing: RFC 3261 §16.6 wants timer C above 3 minutes; phones give up before. */
enum { RING_MAX_S = 181 };

_Static_assert((int)CONF_INTERFACES_MAX <= (int)ROLE_IFACES_MAX, "interfaces");
_Static_assert((int)CONF_NETWORKS_MAX <= (int)ROLE_NETWORKS_MAX, "networks");
_Static_assert((int)CONF_PBXS_MAX <= (int)ROLE_PBXS_MAX, "pbxs");
_Static_assert((int)CONF_TRUNKS_MAX <= (int)ROLE_TRUNKS_MAX, "trunks");
_Static_assert((int)CONF_EMERGENCY_MAX <= (int)ROLE_EMERGENCY_MAX, "emergency numbers");
_Static_assert((int)CONF_TRUNK_NETWORKS_MAX < (int)ROLE_PREFIXES_MAX,
               "a trunk's networks and its address");

static struct tg_prefix host_prefix(const struct tg_addr *addr)
{
	struct tg_prefix p = { *addr, addr->family == TG_AF_INET6 ? 128 : 32 };

	p.addr.port = 0;
	return p;
}

static void make_ifaces(struct role_site *site, const struct conf *conf)
{
	site->ifaces = (uint16_t)conf->interfaces_count;
	for (uint32_t i = 0; i < conf->interfaces_count; i++) {
		const struct conf_interface *from = &conf->interfaces[i];
		struct role_iface *to = &site->iface[i];

		link_text_set(&to->name, from->name);
		to->listen = from->listen;
		to->advertise = from->advertise;
		to->side = from->side == CONF_INSIDE ? ROLE_INSIDE : ROLE_OUTSIDE;
	}
}

static void make_networks(struct role_site *site, const struct conf *conf)
{
	site->networks = (uint16_t)conf->networks_count;
	for (uint32_t i = 0; i < conf->networks_count; i++) {
		link_text_set(&site->network[i].name, conf->networks[i].name);
		site->network[i].iface = conf->networks[i].interface.index;
		site->network[i].prefix = conf->networks[i].prefix;
		site->network[i].by_name = conf->networks[i].host.len > 0;
	}
	site->pbxs = (uint16_t)conf->pbxs_count;
	for (uint32_t i = 0; i < conf->pbxs_count; i++) {
		link_text_set(&site->pbx[i].name, conf->pbxs[i].name);
		site->pbx[i].iface = conf->pbxs[i].interface.index;
		site->pbx[i].addr = conf->pbxs[i].address.addr;
		link_text_set(&site->pbx[i].domain, conf->pbxs[i].domain);
	}
}

static void add_source(struct role_trunk *t, struct tg_prefix prefix)
{
	if (t->from_count < ROLE_PREFIXES_MAX)
		t->from[t->from_count++] = prefix;
}

static void make_trunk(struct role_trunk *to, const struct conf_trunk *from, uint8_t carrier)
{
	link_text_set(&to->name, from->name);
	to->iface = from->interface.index;
	to->addr = from->address.addr;
	if (to->addr.family != TG_AF_NONE)
		add_source(to, host_prefix(&to->addr));
	for (uint32_t i = 0; i < from->networks_count; i++)
		add_source(to, from->networks[i]);
	to->carrier = carrier;
	to->registers = from->reg;
	to->calls_max = (uint16_t)TG_MIN(from->calls, UINT16_MAX);
	to->expires_s = from->expires_s;
	link_text_set(&to->domain, from->domain);
	link_text_set(&to->realm, from->realm);
	link_text_set(&to->user, from->username);
	link_text_set(&to->caller, from->caller);
}

void site_make(struct role_site *out, const struct conf *conf)
{
	memset(out, 0, sizeof(*out));
	link_text_set(&out->domain, conf->site.domain);
	make_ifaces(out, conf);
	make_networks(out, conf);
	out->trunks = (uint16_t)conf->trunks_count;
	for (uint32_t i = 0; i < conf->trunks_count; i++)
		make_trunk(&out->trunk[i], &conf->trunks[i],
		           plan_trunk_carrier(conf->limits.carriers, i));
	out->emergencies = (uint16_t)conf->outbound.emergency_count;
	for (uint32_t i = 0; i < conf->outbound.emergency_count; i++)
		link_text_set(&out->emergency[i], conf->outbound.emergency[i].digits);
	out->edges = (uint8_t)conf->limits.edges;
	out->carriers = (uint8_t)conf->limits.carriers;
	out->relays = (uint8_t)conf->limits.relays;
	out->calls_max = conf->limits.calls;
	out->registrations_max = conf->limits.registrations;
	out->expires_min_s = conf->accounts.expires_min_s;
	out->expires_max_s = conf->accounts.expires_max_s;
	out->digest_md5 = conf->accounts.digest != CONF_DIGEST_SHA256;
	out->digest_sha256 = conf->accounts.digest != CONF_DIGEST_MD5;
	out->bindings_max = (uint8_t)TG_MIN(conf->accounts.bindings, UINT8_MAX);
	out->ring_max_s = RING_MAX_S;
	out->call_max_s = conf->limits.max_call_s;
	out->silent_after_s = conf->media.silence_s;
}

bool site_trunk_by_name(const struct conf *conf, uint32_t trunk)
{
	return conf->trunks[trunk].address.addr.family == TG_AF_NONE;
}

bool site_trunk_found(struct role_site *site, const struct conf *conf, uint32_t trunk,
                      const struct link_resolve *found)
{
	const struct conf_trunk *from = &conf->trunks[trunk];
	struct role_trunk *to = &site->trunk[trunk];
	struct tg_addr before = to->addr;

	if (found->failed != 0 || found->count == 0)
		return false;
	/* the configured networks stay; only the name's addresses change */
	to->from_count = 0;
	for (uint32_t i = 0; i < from->networks_count; i++)
		add_source(to, from->networks[i]);
	to->addr = found->addr[0];
	to->addr.port = from->address.addr.port;
	for (uint32_t i = 0; i < found->count; i++) {
		/* an answer in another order is no news */
		if (tg_addr_ip_eq(&found->addr[i], &before))
			to->addr = before;
		add_source(to, host_prefix(&found->addr[i]));
	}
	return !tg_addr_eq(&before, &to->addr);
}

void site_routes(struct role_routes *out, const struct conf *conf)
{
	out->count = 0;
	for (uint32_t i = 0; i < conf->outbound.trunks_count; i++)
		out->trunk[out->count++] = conf->outbound.trunks[i].index;
}
