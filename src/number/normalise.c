/*
 * One number out of what was dialled.  Every way to read the digits is tried; the number is the
 * only one that exists.  When none exists, the first of international, trunk prefix, plain: it is
 * of an unknown range, and priced so.
 */
#include "number/number_priv.h"
#include "number/table_priv.h"

/* The ways in which digits can be read. */
struct readings {
	struct number known, unknown;
	bool has_known, has_unknown;
	bool two;          /* at least two that exist */
	bool too_long;     /* one had more than 15 digits */
	bool lacks_prefix; /* one would exist with the trunk prefix in front */
};

static bool add(struct readings *r, struct slice e164)
{
	struct number n;
	enum tg_err err = number_parse(&n, e164);

	if (err == TG_ELIMIT)
		r->too_long = true;
	if (err != TG_OK)
		return false;
	if (n.known) {
		r->two |= r->has_known && !number_eq(&n, &r->known);
		r->known = n;
		r->has_known = true;
	} else if (!r->has_unknown) {
		r->unknown = n;
		r->has_unknown = true;
	}
	return true;
}

/* "44" + "2079460958"; 20 octets are enough to see that it is too long. */
static struct slice with_code(char out[20], unsigned code, struct slice national)
{
	struct buf b = buf_on(out, 20);

	buf_u64(&b, code);
	buf_put(&b, slice_head(national, 20 - b.len));
	return buf_slice(&b);
}

/* Length of the international prefix in front of `digits`; 0 = none.  '.' is any digit. */
static size_t idd_len(const char *pattern, size_t cap, struct slice digits)
{
	size_t i = 0;

	for (; i < cap && pattern[i] != '\0'; i++) {
		if (i >= digits.len || (pattern[i] != '.' && pattern[i] != digits.p[i]))
			return 0;
	}
	return i;
}

static void read_international(struct readings *r, const struct number_plan *plan,
                               struct slice digits)
{
	const struct number_territory *t = &number_territory_table[plan->home];
	size_t n = idd_len(plan->international, sizeof(plan->international), digits);

	if (n > 0)
		(void)add(r, slice_skip(digits, n));
	for (unsigned i = 0; i < t->idd_count; i++) {
		n = idd_len(number_idd[t->idd + i], sizeof(number_idd[0]), digits);
		if (n > 0)
			(void)add(r, slice_skip(digits, n));
	}
}

static void read_trunk(struct readings *r, unsigned code, const char *trunk, struct slice digits)
{
	struct slice prefix = slice_str(trunk);
	char e164[20];

	if (prefix.len > 0 && digits.len > prefix.len && slice_starts(digits, prefix))
		(void)add(r, with_code(e164, code, slice_skip(digits, prefix.len)));
}

/* In Germany 30123456 is a number next door, and only 030123456 is one in Berlin. */
static void read_plain(struct readings *r, unsigned code, bool any, struct slice digits)
{
	char text[20];
	struct slice e164 = with_code(text, code, digits);
	struct readings alone = { 0 };
	unsigned trunk;

	if (!add(&alone, e164)) {
		r->too_long |= alone.too_long;
		return;
	}
	trunk = number_walk_e164(number_prefixes, e164.p, e164.len);
	if (any || trunk == NUMBER_TRUNK_WITHOUT || trunk == NUMBER_TRUNK_EITHER)
		(void)add(r, e164);
	else
		r->lacks_prefix = true;
}

/* "+44 (0)20 7946 0958": many write it, some switches dial it; what was meant is a guess. */
static bool has_trunk_inside(const struct number *n)
{
	const struct number_territory *t = &number_territory_table[n->territory];
	struct slice national, prefix;
	struct readings r = { 0 };

	for (uint16_t i = 1; t->code == 0 && i < number_territory_total; i++) {
		if (number_national(n, number_territory_table[i].code).len > 0)
			t = &number_territory_table[i];
	}
	prefix = slice_str(t->national);
	national = number_national(n, t->code);
	if (n->known || prefix.len == 0 || !slice_starts(national, prefix))
		return false;
	read_trunk(&r, t->code, t->national, national);
	return r.has_known;
}

static enum tg_err decide(struct number *out, const struct readings *r, const char **why)
{
	if (r->two) {
		*why = "can be read as two numbers";
		return TG_EBAD;
	}
	if (!r->has_known && r->has_unknown && has_trunk_inside(&r->unknown)) {
		*why = "a trunk prefix after the calling code";
		return TG_EBAD;
	}
	if (r->has_known || r->has_unknown) {
		*out = r->has_known ? r->known : r->unknown;
		return TG_OK;
	}
	if (r->too_long) {
		*why = "more than 15 digits";
		return TG_ELIMIT;
	}
	*why = r->lacks_prefix ? "the trunk prefix is missing" : "too short, or a 0 in front";
	return TG_EBAD;
}

enum tg_err number_read_home(struct number *out, const struct number_plan *plan,
                             struct slice digits, const char **why)
{
	struct readings r = { 0 };

	if (number_emergency(plan->home, digits) && number_read_code(out, plan->home, digits))
		return TG_OK;
	read_international(&r, plan, digits);
	read_trunk(&r, plan->code, plan->national, digits);
	read_plain(&r, plan->code, false, digits);
	/* a number that exists comes before a code: Norway's 02xxx is both, and both are one */
	if (!r.has_known && number_read_code(out, plan->home, digits))
		return TG_OK;
	return decide(out, &r, why);
}

/* tel:020-7946-0958;phone-context=+44, or without the 0 as many write it (RFC 3966 §5.1.5). */
static enum tg_err read_context(struct number *out, const struct number_plan *plan,
                                const struct number_dialled *d, const char **why)
{
	const struct number_territory *t =
		&number_territory_table[number_code_territory(d->context)];
	struct slice digits = slice_of(d->digits, d->len);
	struct readings r = { 0 };

	if (d->context == plan->code && number_emergency(plan->home, digits) &&
	    number_read_code(out, plan->home, digits))
		return TG_OK;
	read_trunk(&r, t->code, t->national, digits);
	read_plain(&r, t->code, true, digits);
	if (!r.has_known && d->context == plan->code && number_read_code(out, plan->home, digits))
		return TG_OK;
	return decide(out, &r, why);
}

static enum tg_err read_plus(struct number *out, struct slice digits, const char **why)
{
	struct readings r = { 0 };

	(void)add(&r, digits);
	return decide(out, &r, why);
}

enum tg_err number_normalise(struct number *out, const struct number_plan *plan,
                             struct slice user, const char **why)
{
	struct slice digits, outside = slice_str(plan->outside);
	struct number_dialled d;
	const char *unused;
	enum tg_err err;

	if (why == NULL)
		why = &unused;
	err = number_dialled_parse(&d, user, why);
	if (err != TG_OK)
		return err;
	digits = slice_of(d.digits, d.len);
	if (d.plus)
		return read_plus(out, digits, why);
	if (d.context != 0)
		return read_context(out, plan, &d, why);
	if (number_emergency(plan->home, digits) && number_read_code(out, plan->home, digits))
		return TG_OK; /* with or without the outside line */
	if (!slice_starts(digits, outside)) {
		*why = "the digits for an outside line are missing";
		return TG_EBAD;
	}
	return number_read_home(out, plan, slice_skip(digits, outside.len), why);
}
