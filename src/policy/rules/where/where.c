/*
 * Where one may call.  Everything is closed that is not opened (R46).
 *
 * OURS: a listed number or prefix is open whatever its territory, type and price; denied beats
 * everything but an approval.  Without numbers.home no number is known: the list alone decides, and
 * compares octet for octet.
 */
#include "policy/rule_priv.h"

static bool set_has(uint64_t set, uint8_t bit)
{
	return bit < 64 && (set >> bit & 1) != 0;
}

static bool listed(const struct policy *p, const struct policy_facts *f)
{
	for (uint32_t i = 0; i < p->allow_count; i++) {
		struct slice digits = p->allow[i].digits;

		if (p->home == 0) {
			if (number_matches(digits, p->allow[i].prefix, f->dialled))
				return true;
		} else if (digits.len > 1 && digits.p[0] == '+' && policy_is_e164(&f->called) &&
		           number_matches(slice_skip(digits, 1), p->allow[i].prefix,
		                          f->called.digits)) {
			return true;
		}
	}
	return false;
}

static bool denied(const struct where *w, const struct policy_called *c)
{
	if (places_has(&w->denied, c->territory) ||
	    set_has(w->denied_classes, c->class))
		return true;
	for (uint32_t i = 0; policy_is_e164(c) && i < w->deny_count; i++)
		if (slice_starts(c->digits, slice_skip(w->deny[i], 1)))
			return true;
	return false;
}

static const struct where *where_of(const struct policy *p, const struct policy_facts *f)
{
	uint16_t group = f->account.group;

	return f->account.name.len > 0 && group < p->groups_count && p->groups[group].own_where ?
	               &p->groups[group].where :
	               &p->where;
}

/* The first thing that closes it; the order is that of the least surprise in `why`. */
static struct slice closed(const struct where *w, const struct policy_called *c,
                           struct slice *reason)
{
	*reason = SLICE("Allow this number with `tollgate allow`, or change rules.where.");
	if (denied(w, c))
		return SLICE("where-denied");
	if (!c->known)
		return SLICE("where-unknown");
	if (!places_has(&w->open, c->territory))
		return SLICE("where-territory");
	if (!set_has(w->types, c->type))
		return SLICE("where-type");
	if (w->ceiling > 0 && c->tariff.per_minute > w->ceiling)
		return SLICE("where-price");
	return SLICE("");
}

struct slice where_closed(const struct policy *p, const struct policy_facts *f,
                          struct slice *reason)
{
	const struct where *w = where_of(p, f);

	if (p->home == 0 || (listed(p, f) && !denied(w, &f->called)))
		return SLICE("");
	return closed(w, &f->called, reason);
}

enum rule_answer where_decide(const struct policy *p, const struct policy_facts *f,
                              struct policy_verdict *v)
{
	const struct where *w = where_of(p, f);
	struct slice rule, reason;

	if (rule_opened(v))
		return RULE_NEXT;
	if (p->home == 0 && !listed(p, f))
		return rule_refuse(v, SLICE("not-listed"),
		                   SLICE("List it in outbound.allow, or set numbers.home."));
	rule = where_closed(p, f, &reason);
	if (rule.len > 0)
		return rule_refuse(v, rule, reason);
	if (listed(p, f)) {
		rule_open(v, SLICE("outbound"), POLICY_WHERE);
	} else {
		rule_open(v, SLICE("where"), POLICY_WHERE);
		v->per_minute_max = w->ceiling;
	}
	return RULE_NEXT;
}

void where_make(struct where *w, const struct where_rows *rows, uint16_t home,
                const struct where_own *own)
{
	const struct where_own site = { rows->territories, rows->zones, rows->territories_count,
		                        rows->zones_count, rows->ceiling };
	const struct where_own *open =
		own != NULL && own->territories_count + own->zones_count > 0 ? own : &site;

	memset(w, 0, sizeof(*w));
	places_add(&w->open, home);
	places_add_rows(&w->open, open->territories, open->territories_count);
	for (uint32_t i = 0; i < open->zones_count; i++)
		places_add_zone(&w->open, open->zones[i]);
	places_add_rows(&w->denied, rows->deny_territories, rows->deny_territories_count);
	for (uint32_t i = 0; i < rows->types_count; i++) {
		int type = number_type_find(rows->types[i]);

		w->types |= type >= 0 ? UINT64_C(1) << type : 0;
	}
	for (uint32_t i = 0; i < rows->deny_classes_count; i++) {
		int class = number_class_find(rows->deny_classes[i]);

		w->denied_classes |= class >= 0 ? UINT64_C(1) << class : 0;
	}
	w->deny = rows->deny;
	w->deny_count = rows->deny_count;
	w->ceiling = own != NULL && own->ceiling > 0 ? own->ceiling : rows->ceiling;
}
