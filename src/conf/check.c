/*
 * What single rows cannot see: names that must exist, values made from other rows, clashes, and
 * combinations that would open a door (R107: each is refused with a sentence that says why).
 * A field that was wrong already is skipped: its index is CONF_NONE or its family TG_AF_NONE.
 */
#include "conf/conf_priv.h"

#define AT(field) conf_place(job, &(field))
#define SHOW(slice) conf_cut(slice).s

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
	case CONF_T_TEXT:
		return slice_eq(*(const struct slice *)a, *(const struct slice *)b);
	case CONF_T_CHOICE:
		return *(const uint8_t *)a == *(const uint8_t *)b;
	case CONF_T_COUNT:
		return *(const uint32_t *)a == *(const uint32_t *)b;
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
	conf_check_addresses(job);
	check_inbound(job);
	check_sizes(job);
	conf_check_policy(job);
}
