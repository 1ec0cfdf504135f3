/* What a configuration opens, to whom and why, in words (R106). */
#include "conf/conf.h"

#include "number/bands.h"
#include "number/number.h"

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
		if (n->host.len > 0) {
			buf_fmt(b, "    phones from where %.*s is", SLICE_FMT(n->host));
		} else if (n->prefix.bits == 0) {
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

static void names_write(struct buf *b, const struct slice *names, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		buf_fmt(b, "%s %.*s", i > 0 ? "," : "", SLICE_FMT(names[i]));
}

/* What is assumed at home until rates are imported may be dearer than the ceiling. */
static void ceiling_write(struct buf *b, const struct conf *c)
{
	uint16_t home = number_territory_find(c->numbers.home);
	tg_micro ceiling = c->rules.where.ceiling;
	struct tg_tariff fixed, mobile;

	if (ceiling == 0)
		return;
	buf_lit(b, "; at most ");
	tg_micro_write(b, ceiling);
	buf_fmt(b, " %.*s a minute", SLICE_FMT(c->money.currency));
	bands_price(home, NUMBER_FIXED, true, &fixed);
	bands_price(home, NUMBER_MOBILE, true, &mobile);
	if (fixed.per_minute > ceiling || mobile.per_minute > ceiling) {
		buf_fmt(b, ".\n  Until rates are imported, %s is taken to cost ",
		        fixed.per_minute > ceiling ? "a fixed line at home" :
		                                     "a mobile phone at home");
		tg_micro_write(b, fixed.per_minute > ceiling ? fixed.per_minute :
		                                               mobile.per_minute);
		buf_lit(b, " and is refused");
	}
}

static void where_write(struct buf *b, const struct conf *c)
{
	const struct where_rows *w = &c->rules.where;

	if (w->mode != POLICY_ENFORCE) {
		buf_fmt(b, "  Every country is open, because rules.where is %s.\n",
		        w->mode == POLICY_OFF ? "off" : "on dry-run");
		return;
	}
	buf_fmt(b, "  Open: %.*s%s", SLICE_FMT(c->numbers.home),
	        w->territories_count > 0 ? "," : "");
	names_write(b, w->territories, w->territories_count);
	for (uint32_t i = 0; i < w->zones_count; i++)
		buf_fmt(b, "%s %u", i == 0 ? ", world zones" : ",", w->zones[i]);
	buf_lit(b, "; numbers:");
	names_write(b, w->types, w->types_count);
	buf_str(b, w->types_count == 0 ? " none" : "");
	ceiling_write(b, c);
	buf_chr(b, '\n');
	for (uint32_t i = 0; i < c->groups_count; i++)
		if (c->groups[i].territories_count + c->groups[i].zones_count > 0)
			buf_fmt(b, "  Group %.*s has countries of its own.\n",
			        SLICE_FMT(c->groups[i].name));
}

static void amount_write(struct buf *b, tg_micro amount, const char *of, bool *first)
{
	if (amount == 0)
		return;
	buf_str(b, *first ? " " : ", ");
	*first = false;
	tg_micro_write(b, amount);
	buf_fmt(b, " %s", of);
}

static void budgets_write(struct buf *b, const struct conf *c)
{
	static const char *const who[] = { "the site", "each account", "each group", "each PBX",
		                           "each trunk", "each class of numbers" };
	static const char *const one[] = { "",     "account ", "group ",
		                           "PBX ", "trunk ",   "class " };

	for (uint32_t i = 0; i < c->budgets_count; i++) {
		const struct conf_budget *l = &c->budgets[i];
		bool first = true;

		if (l->name.len > 0)
			buf_fmt(b, "  %s%.*s", one[l->of], SLICE_FMT(l->name));
		else
			buf_fmt(b, "  %s", who[l->of]);
		if (l->mode != POLICY_ENFORCE) {
			buf_fmt(b, ": its budget is %s\n",
			        l->mode == POLICY_OFF ? "off" : "on dry-run");
			continue;
		}
		buf_lit(b, " may spend at most");
		amount_write(b, l->per_call, "a call", &first);
		amount_write(b, l->hour, "an hour", &first);
		amount_write(b, l->day, "a day", &first);
		amount_write(b, l->week, "a week", &first);
		amount_write(b, l->month, "a month", &first);
		amount_write(b, l->off_hours, "outside office hours", &first);
		buf_str(b, first ? " what the others leave\n" : "\n");
	}
}

static void outbound_write(struct buf *b, const struct conf *c)
{
	const struct conf_outbound *o = &c->outbound;
	bool priced = c->numbers.home.len > 0;

	if (o->trunks_count == 0) {
		buf_lit(b,
		        "No call can cost money: outbound.trunks is empty, so nothing goes out, not even "
		        "emergency calls.\n");
		return;
	}
	buf_lit(b, "Calls go out over");
	for (uint32_t i = 0; i < o->trunks_count; i++)
		buf_fmt(b, "%s %.*s", i > 0 ? ", then" : "", SLICE_FMT(o->trunks[i].name));
	buf_fmt(b, ", at most %u s each%s", c->limits.max_call_s, priced ? ".\n" : ", to:");
	if (priced) {
		where_write(b, c);
		buf_lit(b, "  Listed numbers:");
	}
	list_write(b, o->allow, o->allow_count);
	buf_str(b, o->allow_count == 0 ? " no number" : "");
	buf_lit(b, "\n  and in an emergency to:");
	list_write(b, o->emergency, o->emergency_count);
	if (priced)
		buf_fmt(b, "%s the numbers of %.*s\n", o->emergency_count > 0 ? " and" : "",
		        SLICE_FMT(c->numbers.home));
	else
		buf_str(b, o->emergency_count == 0 ? " no number\n" : "\n");
	if (!priced)
		return;
	buf_fmt(b, "Money, in %.*s, by the clock of %.*s:\n", SLICE_FMT(c->money.currency),
	        SLICE_FMT(c->money.zone));
	budgets_write(b, c);
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
