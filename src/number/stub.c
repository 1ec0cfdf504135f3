/* The simplest honest answers until the automaton is here: every range is unknown. */
#include "number/number.h"
#include "number/table_priv.h"

void number_classify(struct number *n)
{
	n->territory = 0;
	n->type = NUMBER_UNKNOWN;
	n->known = false;
}

enum tg_err number_plan_init(struct number_plan *out, uint16_t home, struct slice outside)
{
	const struct number_territory *t;
	struct number_plan p = { .home = home };

	if (home == 0 || home >= number_territory_total || !number_territory_table[home].place)
		return TG_ENOENT;
	if (outside.len >= sizeof(p.outside))
		return TG_EBAD;
	for (size_t i = 0; i < outside.len; i++) {
		if (!tg_isdigit(outside.p[i]))
			return TG_EBAD;
		p.outside[i] = outside.p[i];
	}
	t = &number_territory_table[home];
	p.code = t->code;
	memcpy(p.national, t->national, sizeof(p.national));
	memcpy(p.international, t->international, sizeof(p.international));
	*out = p;
	return TG_OK;
}

enum tg_err number_normalise(struct number *out, const struct number_plan *plan,
                             struct slice user, const char **why)
{
	enum tg_err err = number_parse(out, user);

	(void)plan;
	if (err != TG_OK && why != NULL)
		*why = "not a number";
	return err;
}

bool number_emergency(uint16_t territory, struct slice dialled)
{
	(void)territory;
	return slice_eq(dialled, SLICE("112"));
}

bool number_short(uint16_t territory, struct slice dialled)
{
	return number_emergency(territory, dialled);
}

const char *number_render_kind_name(enum number_render_kind kind)
{
	static const char *const names[] = {
#define X(name, text) text,
		NUMBER_RENDER_TABLE(X)
#undef X
	};

	return (unsigned)kind < NUMBER_RENDER_KINDS ? names[kind] : "?";
}

enum tg_err number_render(struct buf *b, const struct number_rendering *r, const struct number *n)
{
	(void)r;
	number_write(b, n);
	return b->full ? TG_ELIMIT : TG_OK;
}

enum tg_err number_unrender(struct number *out, const struct number_rendering *r, struct slice text)
{
	(void)r;
	return number_parse(out, text);
}
