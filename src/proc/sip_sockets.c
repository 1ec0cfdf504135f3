#include "proc/sip_sockets.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "net/udp.h"
#include "proc/steer.h"

/* Workers with a socket on an interface: edges first, which steering counts on. */
static uint32_t group_size(const struct conf *conf, const struct plan *plan, uint32_t iface)
{
	return plan->edges + (plan_interface_has_trunk(conf, iface) ? plan->carriers : 0);
}

static struct link_proc owner_of(const struct plan *plan, uint32_t n)
{
	if (n < plan->edges)
		return (struct link_proc){ LINK_EDGE, (uint8_t)n };
	return (struct link_proc){ LINK_CARRIER, (uint8_t)(n - plan->edges) };
}

static enum tg_err open_group(struct sip_sockets *out, const struct conf *conf,
                              const struct plan *plan, uint32_t iface)
{
	const struct tg_addr *listen = &conf->interfaces[iface].listen;
	uint32_t size = group_size(conf, plan, iface);
	int fd;

	/* alone first: SO_REUSEPORT would share the address with another tollgate in silence */
	if (net_udp_bind(&fd, listen, false) != TG_OK)
		return TG_EIO;
	if (size > 1)
		close(fd);
	for (uint32_t n = 0; n < size; n++) {
		if (size > 1 && net_udp_bind(&fd, listen, true) != TG_OK)
			return TG_EIO;
		out->at[out->count++] =
			(struct sip_socket){ fd, (uint16_t)iface, owner_of(plan, n) };
	}
	return TG_OK;
}

static void tell(struct tg_log *log, const struct conf_interface *iface)
{
	log_event(log, EV_LISTENING, LOG_STR("interface", iface->name),
	          LOG_ADDR("address", &iface->listen),
	          LOG_STR("side", iface->side == CONF_INSIDE ? SLICE("inside") : SLICE("outside")),
	          LOG_END);
}

enum tg_err sip_sockets_open(struct sip_sockets *out, const struct conf *conf,
                             const struct plan *plan, struct tg_log *log, char *error, size_t cap)
{
	out->count = 0;
	for (uint32_t i = 0; i < conf->interfaces_count; i++) {
		const struct conf_interface *iface = &conf->interfaces[i];
		char mem[64];
		struct buf addr = buf_on(mem, sizeof(mem));
		const char *why;

		if (open_group(out, conf, plan, i) == TG_OK) {
			tell(log, iface);
			continue;
		}
		why = strerror(errno);
		log_event(log, EV_LISTEN_FAILED, LOG_STR("interface", iface->name),
		          LOG_ADDR("address", &iface->listen), LOG_STR("why", slice_str(why)),
		          LOG_END);
		tg_addr_write(&addr, &iface->listen);
		snprintf(error, cap, "interface %.*s: cannot listen on %.*s: %s",
		         SLICE_FMT(iface->name), SLICE_FMT(buf_slice(&addr)), why);
		sip_sockets_close(out);
		return TG_EIO;
	}
	return TG_OK;
}

static void add_addr(struct steer_rule *rules, size_t *count, const struct tg_addr *addr,
                     uint32_t socket)
{
	if (addr->family != TG_AF_INET || *count == STEER_RULES_MAX)
		return;
	rules[*count] = (struct steer_rule){ { *addr, 32 }, socket };
	rules[(*count)++].prefix.addr.port = 0;
}

static void add_trunk(struct steer_rule *rules, size_t *count, const struct conf_trunk *trunk,
                      const struct trunk_addrs *names, uint32_t socket)
{
	add_addr(rules, count, &trunk->address.addr, socket);
	for (uint32_t i = 0; i < names->count; i++)
		add_addr(rules, count, &names->at[i], socket);
	for (uint32_t i = 0; i < trunk->networks_count && *count < STEER_RULES_MAX; i++)
		rules[(*count)++] = (struct steer_rule){ trunk->networks[i], socket };
}

enum tg_err sip_sockets_steer(const struct sip_sockets *sockets, const struct conf *conf,
                              const struct plan *plan, const struct trunk_addrs *names)
{
	static struct steer_rule rules[STEER_RULES_MAX];

	for (uint32_t s = 0; s < sockets->count;) {
		uint16_t iface = sockets->at[s].iface;
		uint32_t size = group_size(conf, plan, iface);
		size_t count = 0;

		for (uint32_t t = 0; t < conf->trunks_count; t++)
			if (conf->trunks[t].interface.index == iface)
				add_trunk(rules, &count, &conf->trunks[t], &names[t],
				          plan->edges + plan_trunk_carrier(plan->carriers, t));
		if (size > 1 &&
		    steer_attach(sockets->at[s].fd, rules, count, plan->edges) != TG_OK)
			return TG_EIO;
		s += size;
	}
	return TG_OK;
}

void sip_sockets_close(struct sip_sockets *sockets)
{
	while (sockets->count > 0)
		close(sockets->at[--sockets->count].fd);
}
