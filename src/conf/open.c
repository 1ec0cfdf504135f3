/* What a configuration opens, to whom and why, in words (R106). */
#include "conf/conf.h"

static void plural(struct buf *b, uint32_t n, const char *one, const char *many)
{
	buf_u64(b, n);
	buf_chr(b, ' ');
	buf_str(b, n == 1 ? one : many);
}

static void phones_write(struct buf *b, const struct conf *c, uint16_t at)
{
	for (uint32_t i = 0; i < c->networks_count; i++) {
		const struct conf_network *n = &c->networks[i];

		if (n->interface.index != at)
			continue;
		if (n->prefix.bits == 0) {
			buf_lit(b, "    phones from everywhere");
		} else {
			buf_lit(b, "    phones from ");
			tg_prefix_write(b, &n->prefix);
		}
		buf_fmt(b, " (network %.*s) with an account and its secret\n", SLICE_FMT(n->name));
	}
}

static void pbxs_write(struct buf *b, const struct conf *c, uint16_t at)
{
	for (uint32_t i = 0; i < c->pbxs_count; i++) {
		const struct conf_pbx *p = &c->pbxs[i];

		if (p->interface.index != at)
			continue;
		buf_fmt(b, "    PBX %.*s at ", SLICE_FMT(p->name));
		tg_addr_write_ip(b, &p->address.addr);
		buf_lit(b, ", known by this address: it needs no secret\n");
	}
}

static uint32_t numbers_of(const struct conf *c, uint16_t trunk)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < c->inbound_count; i++)
		n += c->inbound[i].trunk.index == CONF_NONE || c->inbound[i].trunk.index == trunk;
	return n;
}

static void trunks_write(struct buf *b, const struct conf *c, uint16_t at)
{
	for (uint32_t i = 0; i < c->trunks_count; i++) {
		const struct conf_trunk *t = &c->trunks[i];

		if (t->interface.index != at)
			continue;
		buf_fmt(b, "    trunk %.*s at %.*s", SLICE_FMT(t->name),
		        SLICE_FMT(t->address.name));
		if (t->networks_count > 0) {
			buf_lit(b, " and ");
			plural(b, t->networks_count, "network", "networks");
		}
		buf_lit(b, ", for calls to ");
		plural(b, numbers_of(c, (uint16_t)i), "number", "numbers");
		buf_lit(b, " of ours\n");
	}
}

static void list_write(struct buf *b, const struct conf_number *numbers, uint32_t count)
{
	enum { SHOWN = 12 };

	for (uint32_t i = 0; i < count && i < SHOWN; i++)
		buf_fmt(b, "%s %.*s%s", i > 0 ? "," : "", SLICE_FMT(numbers[i].digits),
		        numbers[i].prefix ? "*" : "");
	if (count > SHOWN)
		buf_fmt(b, " and %u more", count - SHOWN);
}

static void inbound_write(struct buf *b, const struct conf *c)
{
	enum { SHOWN = 20 };

	if (c->inbound_count == 0)
		return;
	buf_lit(b, "Calls in ring, and nothing else does:\n");
	for (uint32_t i = 0; i < c->inbound_count && i < SHOWN; i++) {
		const struct conf_inbound *in = &c->inbound[i];

		buf_fmt(b, "  %.*s from ", SLICE_FMT(in->number.digits));
		if (in->trunk.index == CONF_NONE)
			buf_lit(b, "any trunk: ");
		else
			buf_fmt(b, "trunk %.*s: ", SLICE_FMT(in->trunk.name));
		if (in->account.len > 0)
			buf_fmt(b, "account %.*s\n", SLICE_FMT(in->account));
		else
			buf_fmt(b, "PBX %.*s\n", SLICE_FMT(in->pbx.name));
	}
	if (c->inbound_count > SHOWN)
		buf_fmt(b, "  and %u numbers more\n", c->inbound_count - SHOWN);
}

static void outbound_write(struct buf *b, const struct conf *c)
{
	const struct conf_outbound *o = &c->outbound;

	if (o->trunks_count == 0) {
		buf_lit(b,
		        "No call can cost money: outbound.trunks is empty, so nothing goes out, not even "
		        "emergency calls.\n");
		return;
	}
	buf_lit(b, "Calls go out over");
	for (uint32_t i = 0; i < o->trunks_count; i++)
		buf_fmt(b, "%s %.*s", i > 0 ? ", then" : "", SLICE_FMT(o->trunks[i].name));
	buf_fmt(b, ", at most %u s each, to:", c->limits.max_call_s);
	list_write(b, o->allow, o->allow_count);
	buf_str(b, o->allow_count == 0 ? " no number" : "");
	buf_lit(b, "\n  and in an emergency to:");
	list_write(b, o->emergency, o->emergency_count);
	buf_str(b, o->emergency_count == 0 ? " no number\n" : "\n");
}

void conf_open_write(struct buf *b, const struct conf *conf)
{
	for (uint32_t i = 0; i < conf->interfaces_count; i++) {
		const struct conf_interface *f = &conf->interfaces[i];
		size_t before;

		buf_lit(b, "UDP ");
		tg_addr_write(b, &f->listen);
		buf_fmt(b, " (%.*s, %s) answers\n", SLICE_FMT(f->name),
		        f->side == CONF_INSIDE ? "inside" : "outside");
		before = b->len;
		phones_write(b, conf, (uint16_t)i);
		pbxs_write(b, conf, (uint16_t)i);
		trunks_write(b, conf, (uint16_t)i);
		buf_str(b, b->len == before ? "    nobody\n" : "  and nobody else\n");
	}
	buf_fmt(b,
	        "UDP ports %u-%u on the same addresses carry voice; one is open only while its call is "
	        "up, for that call's two peers.\n",
	        conf->media.ports.lo, conf->media.ports.hi);
	inbound_write(b, conf);
	outbound_write(b, conf);
}
