/*
 * Trunks that the configuration names by host name: their addresses decide whose socket gets their
 * packets, so the warden asks the resolver itself.  A taken-over resolver can make a stranger's
 * packets arrive at a carrier, or a trunk's at an edge; both check the source themselves.
 */
#include "proc/warden_priv.h"

enum {
	ASK_AGAIN_MS = 5000, /* without an answer */
	TTL_MIN_S = 30,
	TTL_MAX_S = 3600
};

static bool by_name(const struct conf_trunk *trunk)
{
	return trunk->address.addr.family == TG_AF_NONE && link_text_fits(trunk->address.name);
}

uint64_t warden_names_tick(struct warden *w, uint64_t now_ms)
{
	const struct link_proc resolver = { LINK_RESOLVER, 0 };
	struct link_out out = bus_out(w->bus);
	uint64_t next = UINT64_MAX;

	for (uint32_t i = 0; i < w->conf->trunks_count; i++) {
		struct link_msg msg;

		if (!by_name(&w->conf->trunks[i]))
			continue;
		if (now_ms >= w->ask_at_ms[i]) {
			link_msg_init(&msg, LINK_RESOLVE_ASK, resolver);
			link_text_set(&msg.resolve_ask.name, w->conf->trunks[i].address.name);
			msg.head.ref = (struct tg_handle){ i + 1, 0 };
			out.post(out.ctx, &msg);
			w->ask_at_ms[i] = now_ms + ASK_AGAIN_MS;
		}
		next = TG_MIN(next, w->ask_at_ms[i]);
	}
	return next;
}

/* The new addresses, and behind them those of the answer before. */
static bool merge(struct trunk_addrs *have, const struct link_resolve *r)
{
	struct trunk_addrs now = { .count = r->count };
	bool changed = false;

	for (uint32_t i = 0; i < r->count; i++) {
		bool known = false;

		now.at[i] = r->addr[i];
		for (uint32_t k = 0; k < have->count; k++)
			known = known || tg_addr_ip_eq(&have->at[k], &r->addr[i]);
		changed = changed || !known;
	}
	if (!changed)
		return false;
	for (uint32_t k = 0; k < have->count && now.count < COUNT(now.at); k++)
		now.at[now.count++] = have->at[k];
	*have = now;
	return true;
}

void warden_names_reply(struct warden *w, const struct link_msg *msg, uint64_t now_ms)
{
	const struct link_resolve *r = &msg->resolve_reply;
	uint32_t i = msg->head.ref.slot - 1;
	uint64_t ttl_s = TG_MIN(TG_MAX(r->ttl_s, TTL_MIN_S), TTL_MAX_S);

	if (i >= w->conf->trunks_count || !by_name(&w->conf->trunks[i]) || r->failed != 0 ||
	    !slice_ieq(link_text(&r->name), w->conf->trunks[i].address.name))
		return;
	w->ask_at_ms[i] = now_ms + ttl_s * 1000;
	if (merge(&w->names[i], r) &&
	    sip_sockets_steer(&w->sockets, w->conf, &w->plan, w->names) != TG_OK)
		log_event(&w->log, EV_LISTEN_FAILED,
		          LOG_STR("interface", w->conf->trunks[i].interface.name),
		          LOG_STR("why", SLICE("the kernel refuses the sorting program")),
		          LOG_END);
}
