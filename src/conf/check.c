/*
 * What single rows cannot see: names that must exist, values made from other rows, clashes, and
 * combinations that would open a door (R107: each is refused with a sentence that says why).
 * A field that was wrong already is skipped: its index is CONF_NONE or its family TG_AF_NONE.
 */
#include "conf/conf_priv.h"

#define AT(field) conf_place(job, &(field))
/** A name of the file for "%s", and an address as text. */
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

/* ---- every section: references, names, repeated values ---- */

static void resolve(struct conf_job *job, const struct conf_section *section,
                    const struct conf_row *row, struct conf_ref *ref)
{
	const struct conf_section *target = conf_section_find(slice_str(row->target));
	uint32_t n = conf_count_of(job->conf, target);
	struct conf_guess guess = conf_guess(ref->name);
	char mem[192];
	struct buf b = buf_on(mem, sizeof(mem));

	for (uint32_t i = 0; i < n; i++) {
		struct slice name = *(const struct slice *)conf_item(job->conf, target, i);

		if (slice_eq(name, ref->name)) {
			ref->index = (uint16_t)i;
			return;
		}
		conf_guess_offer(&guess, name);
		if (name.len > 0)
			buf_fmt(&b, "%s %s", b.len > 0 ? "," : "", SHOW(name));
	}
	{
		char hint[96];
		struct buf h = buf_on(hint, sizeof(hint));

		conf_guess_write(&h, &guess);
		conf_wrong(job, AT(*ref), "%s.%s: there is no \"%s\" in %s; allowed:%.*s%.*s",
		           section->name, row->name, SHOW(ref->name), row->target,
		           SLICE_FMT(b.len > 0 ? buf_slice(&b) : SLICE(" none yet")),
		           SLICE_FMT(buf_slice(&h)));
	}
}

static bool same_value(const struct conf_row *row, const void *a, const void *b)
{
	const struct conf_number *x = a, *y = b;
	const struct tg_prefix *p = a, *q = b;

	switch (row->type) {
	case CONF_T_REF:
		return slice_eq(((const struct conf_ref *)a)->name,
		                ((const struct conf_ref *)b)->name);
	case CONF_T_NUMBER:
		return x->prefix == y->prefix && slice_eq(x->digits, y->digits);
	case CONF_T_PREFIX:
		return p->bits == q->bits && tg_addr_ip_eq(&p->addr, &q->addr);
	default:
		return false;
	}
}

static void check_repeats(struct conf_job *job, const struct conf_section *section,
                          const struct conf_row *row, const void *item)
{
	uint32_t n = conf_values(item, row);

	for (uint32_t i = 1; row->cap > 0 && i < n; i++)
		for (uint32_t j = 0; j < i; j++) {
			const void *field = conf_field(item, row, i);

			if (!same_value(row, field, conf_field(item, row, j)))
				continue;
			conf_wrong(job, conf_place(job, field),
			           "%s.%s: this stands in the list twice", section->name,
			           row->name);
			break;
		}
}

static void check_name(struct conf_job *job, const struct conf_section *section, uint32_t at)
{
	const struct slice *name = conf_item(job->conf, section, at);

	for (uint32_t j = 0; j < at; j++) {
		const struct slice *other = conf_item(job->conf, section, j);

		if (name->len == 0 || !slice_eq(*name, *other))
			continue;
		conf_wrong(job, conf_place(job, name), "%s: the name \"%s\" is taken in line %u",
		           section->name, SHOW(*name), conf_place(job, other).line);
		return;
	}
}

static void check_sections(struct conf_job *job)
{
	for (size_t s = 0; s < conf_sections_count; s++) {
		const struct conf_section *section = &conf_sections[s];
		uint32_t n = conf_count_of(job->conf, section);

		for (uint32_t i = 0; i < n; i++) {
			void *item = conf_item(job->conf, section, i);

			if (section->cap > 0 &&
			    slice_eq(slice_str(section->rows[0].name), SLICE("name")))
				check_name(job, section, i);
			for (size_t r = 0; r < section->rows_count; r++) {
				const struct conf_row *row = &section->rows[r];
				uint32_t values =
					row->type == CONF_T_REF ? conf_values(item, row) : 0;

				for (uint32_t v = 0; v < values; v++) {
					struct conf_ref *ref = conf_field(item, row, v);

					if (ref->name.len > 0)
						resolve(job, section, row, ref);
				}
				check_repeats(job, section, row, item);
			}
		}
	}
}

/* ---- values made from other rows ---- */

/* The host of an address as it stands in a URI: IPv6 in brackets. */
static struct slice host_of(struct conf_job *job, const struct conf_host *host)
{
	struct tg_addr addr = host->addr;
	char *mem;
	struct buf b;

	if (addr.family != TG_AF_INET6)
		return host->name;
	mem = conf_arena_take(&job->conf->text, 64);
	if (mem == NULL) {
		job->nomem = true;
		return host->name;
	}
	b = buf_on(mem, 64);
	addr.port = 0;
	tg_addr_write(&b, &addr);
	return buf_slice(&b);
}

static void fill(struct conf_job *job)
{
	struct conf *c = job->conf;

	for (uint32_t i = 0; i < c->interfaces_count; i++) {
		struct conf_interface *f = &c->interfaces[i];

		if (f->advertise.family == TG_AF_NONE)
			f->advertise = f->listen;
		if (f->advertise.port == 0)
			f->advertise.port = f->listen.port;
	}
	for (uint32_t i = 0; i < c->pbxs_count; i++)
		if (c->pbxs[i].domain.len == 0)
			c->pbxs[i].domain = host_of(job, &c->pbxs[i].address);
	for (uint32_t i = 0; i < c->trunks_count; i++) {
		if (c->trunks[i].domain.len == 0)
			c->trunks[i].domain = host_of(job, &c->trunks[i].address);
		if (c->trunks[i].realm.len == 0)
			c->trunks[i].realm = c->trunks[i].domain;
	}
}

/* ---- addresses ---- */

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
		check_own(job, "trunks.address", &t->address);
		check_trunk_networks(job, t, f);
		check_trunk_alone(job, i);
	}
}

/* ---- numbers and sizes ---- */

static void check_inbound(struct conf_job *job)
{
	const struct conf *c = job->conf;

	for (uint32_t i = 0; i < c->inbound_count; i++) {
		const struct conf_inbound *in = &c->inbound[i];
		bool account = in->account.len > 0, pbx = in->pbx.name.len > 0;

		if (in->number.digits.len == 0)
			continue;
		if (account == pbx)
			conf_wrong(job, AT(in->number),
			           "inbound: %s goes %s; exactly one of account and pbx is "
			           "needed",
			           SHOW(in->number.digits),
			           account ? "to an account and to a PBX" : "nowhere");
		for (uint32_t j = 0; j < i; j++) {
			if (!slice_eq(in->number.digits, c->inbound[j].number.digits) ||
			    !slice_eq(in->trunk.name, c->inbound[j].trunk.name))
				continue;
			conf_wrong(job, AT(in->number), "inbound: %s stands already in line %u",
			           SHOW(in->number.digits), AT(c->inbound[j].number).line);
			break;
		}
	}
}

static void check_sizes(struct conf_job *job)
{
	const struct conf *c = job->conf;
	uint32_t ports = (uint32_t)(c->media.ports.hi - c->media.ports.lo + 1);

	if (c->outbound.allow_count > 0 && c->outbound.trunks_count == 0)
		conf_wrong(job, AT(c->outbound.allow[0]),
		           "outbound: numbers are allowed, but outbound.trunks "
		           "is empty, so that nothing can go out; list a trunk there");
	if (c->accounts.expires_min_s > c->accounts.expires_max_s)
		conf_wrong(job, AT(c->accounts.expires_min_s), "accounts.expires-min: %u is above "
		           "expires-max, %u", c->accounts.expires_min_s, c->accounts.expires_max_s);
	if (c->limits.calls > 0 && c->media.ports.hi > 0 && ports / 2 < c->limits.calls)
		conf_wrong(job, AT(c->limits.calls),
		           "limits.calls: %u calls need %u media ports, and "
		           "media.ports has %u",
		           c->limits.calls, c->limits.calls * 2, ports);
}

void conf_check(struct conf_job *job)
{
	check_sections(job);
	fill(job);
	check_interfaces(job);
	check_networks(job);
	check_pbxs(job);
	check_trunks(job);
	check_inbound(job);
	check_sizes(job);
}
