/*
 * Addresses that clash, or that would open a door: a source address must have one meaning at one
 * interface, and nothing may be trusted that anybody can forge (R107).
 */
#include "conf/conf_priv.h"

#define AT(field) conf_place(job, &(field))
#define SHOW(slice) conf_cut(slice).s
#define SHOW_ADDR(addr) show_addr(addr).s

static struct conf_shown show_addr(const struct tg_addr *addr)
{
	struct conf_shown out = { { 0 } };
	struct buf b = buf_on(out.s, sizeof(out.s) - 1);

	tg_addr_write(&b, addr);
	return out;
}

static struct conf_shown show_prefix(const struct tg_prefix *prefix)
{
	struct conf_shown out = { { 0 } };
	struct buf b = buf_on(out.s, sizeof(out.s) - 1);

	tg_prefix_write(&b, prefix);
	return out;
}

static const struct conf_interface *interface_of(const struct conf_job *job,
                                                 const struct conf_ref *ref)
{
	return ref->index == CONF_NONE ? NULL : &job->conf->interfaces[ref->index];
}

static bool family_differs(const struct conf_interface *f, uint8_t family)
{
	return f != NULL && f->listen.family != TG_AF_NONE && family != TG_AF_NONE &&
	       f->listen.family != family;
}

static void check_interfaces(struct conf_job *job)
{
	const struct conf *c = job->conf;

	for (uint32_t i = 0; i < c->interfaces_count; i++) {
		const struct conf_interface *f = &c->interfaces[i];

		if (f->listen.family == TG_AF_NONE)
			continue;
		if (f->listen.family == TG_AF_INET6)
			conf_wrong(job, AT(f->listen), "interfaces.listen: IPv6 is not served yet; "
			           "write an IPv4 address");
		if (f->listen.port >= c->media.ports.lo && f->listen.port <= c->media.ports.hi)
			conf_wrong(job, AT(f->listen),
			           "interfaces.listen: port %u lies among the media ports "
			           "%u-%u; a call would take it",
			           f->listen.port, c->media.ports.lo, c->media.ports.hi);
		if (family_differs(f, f->advertise.family))
			conf_wrong(job, AT(f->advertise),
			           "interfaces.advertise: an address of the other IP "
			           "version than listen");
		for (uint32_t j = 0; j < i; j++)
			if (tg_addr_eq(&f->listen, &c->interfaces[j].listen))
				conf_wrong(job, AT(f->listen),
				           "interfaces.listen: \"%s\" listens on %s already; "
				           "one address and port is one interface",
				           SHOW(c->interfaces[j].name), SHOW_ADDR(&f->listen));
	}
}

/* Private ranges and the like come from the own side only; outside they are a forger's choice. */
static bool is_private(const struct tg_prefix *p)
{
	enum tg_addr_class class = tg_addr_class(&p->addr);

	return p->bits > 0 && (class == TG_ADDR_PRIVATE || class == TG_ADDR_LINK_LOCAL);
}

static void check_networks(struct conf_job *job)
{
	const struct conf *c = job->conf;

	for (uint32_t i = 0; i < c->networks_count; i++) {
		const struct conf_network *n = &c->networks[i];
		const struct conf_interface *f = interface_of(job, &n->interface);
		uint8_t least = n->prefix.addr.family == TG_AF_INET6 ? 16 : 8;

		if (n->host.len > 0 && n->prefix.addr.family != TG_AF_NONE)
			conf_wrong(job, AT(n->host),
			           "networks.host: \"%s\" has a prefix, too; write one of them",
			           SHOW(n->name));
		/* a prefix that was refused is none, too */
		if (n->host.len == 0 && n->prefix.addr.family == TG_AF_NONE &&
		    job->mistakes->count == 0)
			conf_wrong(job, AT(n->name),
			           "networks: \"%s\" needs a prefix or a host", SHOW(n->name));
		if (f == NULL || n->prefix.addr.family == TG_AF_NONE)
			continue;
		if (family_differs(f, n->prefix.addr.family))
			conf_wrong(job, AT(n->prefix),
			           "networks.prefix: interface \"%s\" has an address of the "
			           "other IP version",
			           SHOW(f->name));
		else if (f->side == CONF_OUTSIDE && is_private(&n->prefix))
			conf_wrong(
				job, AT(n->prefix),
				"networks.prefix: %s is a private range, and \"%s\" is "
				"outside, where anybody can forge such a sender; name an inside interface",
				show_prefix(&n->prefix).s, SHOW(f->name));
		else if (f->side == CONF_INSIDE && n->prefix.bits < least)
			conf_wrong(job, AT(n->prefix),
			           "networks.prefix: %s is far more than a network of your "
			           "own; write its real prefix, at least /%u",
			           show_prefix(&n->prefix).s, least);
	}
}

static void check_own(struct conf_job *job, const char *row, const struct conf_host *host)
{
	const struct conf *c = job->conf;

	for (uint32_t i = 0; i < c->interfaces_count; i++)
		if (host->addr.family != TG_AF_NONE &&
		    (tg_addr_eq(&host->addr, &c->interfaces[i].listen) ||
		     tg_addr_eq(&host->addr, &c->interfaces[i].advertise)))
			conf_wrong(job, AT(*host),
			           "%s: %s is our own interface \"%s\"; calls would run in a "
			           "circle",
			           row, SHOW_ADDR(&host->addr), SHOW(c->interfaces[i].name));
}

static void check_pbxs(struct conf_job *job)
{
	const struct conf *c = job->conf;

	for (uint32_t i = 0; i < c->pbxs_count; i++) {
		const struct conf_pbx *p = &c->pbxs[i];
		const struct conf_interface *f = interface_of(job, &p->interface);

		if (p->address.name.len > 0 && p->address.addr.family == TG_AF_NONE)
			conf_wrong(job, AT(p->address),
			           "pbxs.address: a PBX is known by its address, and a name "
			           "can change; write the address of \"%s\"",
			           SHOW(p->address.name));
		if (f != NULL && f->side == CONF_OUTSIDE)
			conf_wrong(
				job, AT(p->interface),
				"pbxs.interface: \"%s\" is outside, where anybody can "
				"forge the address of the PBX and call for its money; name an inside interface",
				SHOW(f->name));
		if (family_differs(f, p->address.addr.family))
			conf_wrong(job, AT(p->address),
			           "pbxs.address: interface \"%s\" has an address of the "
			           "other IP version",
			           SHOW(f->name));
		check_own(job, "pbxs.address", &p->address);
		for (uint32_t j = 0; j < i; j++)
			if (p->address.addr.family != TG_AF_NONE &&
			    tg_addr_eq(&p->address.addr, &c->pbxs[j].address.addr))
				conf_wrong(job, AT(p->address),
				           "pbxs.address: \"%s\" has this address, too, so who "
				           "calls could not be told",
				           SHOW(c->pbxs[j].name));
	}
}

static void check_trunk_networks(struct conf_job *job, const struct conf_trunk *t,
                                 const struct conf_interface *f)
{
	for (uint32_t i = 0; i < t->networks_count; i++) {
		const struct tg_prefix *p = &t->networks[i];
		uint8_t least = p->addr.family == TG_AF_INET6 ? 32 : 16;

		if (family_differs(f, p->addr.family))
			conf_wrong(job, AT(*p),
			           "trunks.networks: interface \"%s\" has an address of the other "
			           "IP version",
			           SHOW(f->name));
		else if (p->bits < least)
			conf_wrong(
				job, AT(*p),
				"trunks.networks: %s is far more than one provider has; at "
				"least /%u, because calls from there are believed to be the provider's",
				show_prefix(p).s, least);
		else if (f != NULL && f->side == CONF_OUTSIDE && is_private(p))
			conf_wrong(job, AT(*p),
			           "trunks.networks: %s is a private range, and \"%s\" is outside, "
			           "where anybody can forge such a sender",
			           show_prefix(p).s, SHOW(f->name));
	}
}

/* A source address must have one meaning at one interface. */
static void check_trunk_alone(struct conf_job *job, uint32_t at)
{
	const struct conf *c = job->conf;
	const struct conf_trunk *t = &c->trunks[at];
	const struct tg_addr *addr = &t->address.addr;

	if (addr->family == TG_AF_NONE || t->interface.index == CONF_NONE)
		return;
	for (uint32_t i = 0; i < c->pbxs_count; i++)
		if (c->pbxs[i].interface.index == t->interface.index &&
		    tg_addr_ip_eq(addr, &c->pbxs[i].address.addr))
			conf_wrong(job, AT(t->address),
			           "trunks.address: this is also the address of PBX \"%s\"; "
			           "who calls could not be told",
			           SHOW(c->pbxs[i].name));
	for (uint32_t i = 0; i < c->networks_count; i++)
		if (c->networks[i].interface.index == t->interface.index &&
		    c->networks[i].prefix.bits > 0 && tg_prefix_has(&c->networks[i].prefix, addr))
			conf_wrong(job, AT(t->address),
			           "trunks.address: it lies in network \"%s\", where phones "
			           "are; a phone could pass for the provider",
			           SHOW(c->networks[i].name));
	for (uint32_t j = 0; j < at; j++)
		if (tg_addr_eq(addr, &c->trunks[j].address.addr) &&
		    c->trunks[j].interface.index == t->interface.index &&
		    (!t->reg || !c->trunks[j].reg))
			conf_wrong(job, AT(t->address),
			           "trunks.address: trunk \"%s\" has it, too; calls from "
			           "there can be told apart only when both register",
			           SHOW(c->trunks[j].name));
}

static void check_trunks(struct conf_job *job)
{
	const struct conf *c = job->conf;
	uint32_t sources = 0;

	for (uint32_t i = 0; i < c->trunks_count; i++) {
		const struct conf_trunk *t = &c->trunks[i];
		const struct conf_interface *f = interface_of(job, &t->interface);

		if (family_differs(f, t->address.addr.family))
			conf_wrong(job, AT(t->address),
			           "trunks.address: interface \"%s\" has an address of the "
			           "other IP version",
			           SHOW(f->name));
		if (t->reg && t->username.len == 0 && t->name.len > 0)
			conf_wrong(job, AT(t->name),
			           "trunks: \"%s\" registers but has no username; add one, or "
			           "\"register: false\" when the provider knows your address",
			           SHOW(t->name));
		sources += 1 + t->networks_count;
		if (sources > CONF_TRUNK_SOURCES_MAX && t->networks_count > 0)
			conf_wrong(job, AT(t->networks[0]),
			           "trunks.networks: up to here trunks have %u "
			           "addresses and networks; at most %d are allowed",
			           sources, CONF_TRUNK_SOURCES_MAX);
		check_own(job, "trunks.address", &t->address);
		check_trunk_networks(job, t, f);
		check_trunk_alone(job, i);
	}
}

void conf_check_addresses(struct conf_job *job)
{
	check_interfaces(job);
	check_networks(job);
	check_pbxs(job);
	check_trunks(job);
}
