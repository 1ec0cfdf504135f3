#include "proc/site_names.h"

#include <assert.h>

enum {
	ASK_AGAIN_MS = 5000, /* without an answer */
	TTL_MIN_S = 30,
	TTL_MAX_S = 3600
};

static bool by_name(const struct conf *conf, uint32_t network)
{
	return network < conf->networks_count && conf->networks[network].host.len > 0;
}

/* ---- what may be in a network ---- */

static bool is_ours(const struct role_site *site, const struct tg_addr *addr)
{
	for (unsigned i = 0; i < site->ifaces; i++)
		if (tg_addr_ip_eq(addr, &site->iface[i].listen) ||
		    tg_addr_ip_eq(addr, &site->iface[i].advertise))
			return true;
	return false;
}

static bool is_peers(const struct role_site *site, const struct tg_addr *addr)
{
	for (unsigned i = 0; i < site->pbxs; i++)
		if (tg_addr_ip_eq(addr, &site->pbx[i].addr))
			return true;
	for (unsigned i = 0; i < site->trunks; i++)
		for (unsigned k = 0; k < site->trunk[i].from_count; k++)
			if (tg_prefix_has(&site->trunk[i].from[k], addr))
				return true;
	return false;
}

static bool may_be_there(const struct role_site *site, const struct role_network *n,
                         const struct tg_addr *addr)
{
	const struct role_iface *f = &site->iface[n->iface];

	if (addr->family != f->listen.family || is_ours(site, addr) || is_peers(site, addr))
		return false;
	switch (tg_addr_class(addr)) {
	case TG_ADDR_PUBLIC:
		return true;
	case TG_ADDR_PRIVATE:
		return f->side == ROLE_INSIDE;
	case TG_ADDR_LOOPBACK:
		return f->side == ROLE_INSIDE && tg_addr_class(&f->listen) == TG_ADDR_LOOPBACK;
	default:
		return false;
	}
}

static bool holds(const struct role_network *n, const struct tg_addr *addr)
{
	for (unsigned i = 0; i < n->found_count; i++)
		if (tg_addr_ip_eq(&n->found[i], addr))
			return true;
	return false;
}

bool site_names_found(struct role_site *site, uint32_t network, const struct link_resolve *found,
                      struct tg_addr *refused)
{
	struct role_network *n = &site->network[network], now = *n;
	bool changed = false;

	memset(refused, 0, sizeof(*refused));
	now.found_count = 0;
	for (uint32_t i = 0; i < found->count; i++) {
		struct tg_addr addr = found->addr[i];

		addr.port = 0;
		if (!may_be_there(site, n, &addr)) {
			if (refused->family == TG_AF_NONE)
				*refused = addr;
			continue;
		}
		if (holds(&now, &addr))
			continue;
		changed = changed || !holds(n, &addr);
		now.found[now.found_count++] = addr;
	}
	changed = changed || now.found_count != n->found_count;
	*n = now;
	return changed;
}

/* ---- the vault's side ---- */

void site_names_init(struct site_names *s)
{
	for (uint32_t i = 0; i < CONF_NETWORKS_MAX; i++) {
		s->ask_at_ms[i] = by_name(s->conf, i) ? 0 : UINT64_MAX;
		s->until_ms[i] = 0;
	}
}

static void tell(struct site_names *s, uint32_t network, struct link_proc edge)
{
	const struct role_network *n = &s->site->network[network];
	struct link_msg msg;

	link_msg_init(&msg, LINK_NETWORK_FOUND, edge);
	msg.head.ref = (struct tg_handle){ network + 1, 0 };
	msg.network_found.count = n->found_count;
	memcpy(msg.network_found.addr, n->found, n->found_count * sizeof(n->found[0]));
	s->out.post(s->out.ctx, &msg);
}

static void tell_all(struct site_names *s, uint32_t network)
{
	for (unsigned i = 0; i < s->site->edges; i++)
		tell(s, network, (struct link_proc){ LINK_EDGE, (uint8_t)i });
}

static void on_change(struct site_names *s, uint32_t network)
{
	const struct role_network *n = &s->site->network[network];

	if (n->found_count > 0)
		log_event(s->log, EV_NETWORK_MOVED,
		          LOG_STR("network", link_text(&n->name)),
		          LOG_ADDR("address", &n->found[0]),
		          LOG_U64("addresses", n->found_count), LOG_END);
	else
		log_event(s->log, EV_NETWORK_LOST, LOG_STR("network", link_text(&n->name)),
		          LOG_STR("why", s->conf->networks[network].host), LOG_END);
	tell_all(s, network);
}

static void on_reply(struct site_names *s, uint64_t now_ms, const struct link_msg *msg)
{
	const struct link_resolve *found = &msg->resolve_reply;
	uint32_t i = msg->head.ref.slot - 1;
	uint64_t ttl_s = TG_MIN(TG_MAX(found->ttl_s, TTL_MIN_S), TTL_MAX_S);
	struct tg_addr refused;
	bool changed;

	if (!by_name(s->conf, i) || found->failed != 0 || found->count == 0 ||
	    !slice_ieq(link_text(&found->name), s->conf->networks[i].host))
		return;
	s->ask_at_ms[i] = now_ms + ttl_s * 1000;
	s->until_ms[i] = s->ask_at_ms[i] + (uint64_t)SITE_NAMES_KEEP_S * 1000;
	changed = site_names_found(s->site, i, found, &refused);
	if (refused.family != TG_AF_NONE)
		log_event(s->log, EV_NETWORK_REFUSED,
		          LOG_STR("network", s->conf->networks[i].name),
		          LOG_ADDR("address", &refused), LOG_END);
	if (changed)
		on_change(s, i);
}

static void on_peer(struct site_names *s, const struct link_peer *peer)
{
	if (peer->proc.role == LINK_RESOLVER) {
		s->resolver_up = peer->up != 0;
		for (uint32_t i = 0; i < s->conf->networks_count; i++)
			if (by_name(s->conf, i)) /* what was asked is lost */
				s->ask_at_ms[i] = 0;
		return;
	}
	if (peer->proc.role != LINK_EDGE || peer->up == 0)
		return;
	for (uint32_t i = 0; i < s->conf->networks_count; i++)
		if (s->until_ms[i] != 0)
			tell(s, i, peer->proc);
}

void site_names_message(struct site_names *s, uint64_t now_ms, const struct link_msg *msg)
{
	if (msg->head.type == LINK_RESOLVE_REPLY)
		on_reply(s, now_ms, msg);
	else if (msg->head.type == LINK_PEER)
		on_peer(s, &msg->peer);
}

static void ask(struct site_names *s, uint32_t network)
{
	const struct role_network *n = &s->site->network[network];
	struct link_msg msg;

	link_msg_init(&msg, LINK_RESOLVE_ASK, (struct link_proc){ LINK_RESOLVER, 0 });
	link_text_set(&msg.resolve_ask.name, s->conf->networks[network].host);
	msg.resolve_ask.family = s->site->iface[n->iface].listen.family;
	msg.head.ref = (struct tg_handle){ network + 1, 0 };
	s->out.post(s->out.ctx, &msg);
}

void site_names_tick(struct site_names *s, uint64_t now_ms)
{
	for (uint32_t i = 0; i < s->conf->networks_count; i++) {
		struct link_resolve nothing = { 0 };
		struct tg_addr refused;

		if (!by_name(s->conf, i))
			continue;
		if (s->until_ms[i] != 0 && now_ms >= s->until_ms[i]) {
			s->until_ms[i] = 0;
			if (site_names_found(s->site, i, &nothing, &refused))
				on_change(s, i);
		}
		if (s->resolver_up && now_ms >= s->ask_at_ms[i]) {
			ask(s, i);
			s->ask_at_ms[i] = now_ms + ASK_AGAIN_MS;
		}
	}
}

uint64_t site_names_next_ms(const struct site_names *s)
{
	uint64_t next = UINT64_MAX;

	for (uint32_t i = 0; i < s->conf->networks_count; i++) {
		if (s->resolver_up)
			next = TG_MIN(next, s->ask_at_ms[i]);
		if (s->until_ms[i] != 0)
			next = TG_MIN(next, s->until_ms[i]);
	}
	return next;
}
