/*
 * What is dialled, from any home: a refusal gives a reason; what is accepted is written so that it
 * reads the same, keeps its meaning when every octet is escaped, has a class, and whatever a trunk
 * is sent turns back into it.  What we did not write is refused or read as a sound number.
 *
 * The first octet picks the home, the second the rendering; the rest was dialled.
 */
#include "fuzz.h"
#include "number/number.h"

static void check_number(const struct number *n)
{
	MUST(n->len >= (n->short_code ? 1 : NUMBER_E164_MIN) && n->len <= NUMBER_E164_MAX);
	MUST(n->known == (n->type != NUMBER_UNKNOWN) && n->type < NUMBER_TYPES);
	MUST(n->territory <= number_territories() && (!n->known || n->territory != 0));
	for (size_t i = 0; i < sizeof(n->digits); i++)
		MUST(i < n->len ? tg_isdigit(n->digits[i]) : n->digits[i] == '\0');
	MUST(n->short_code == (n->type == NUMBER_SHORT || n->type == NUMBER_EMERGENCY));
}

static void escaped_is_the_same(const struct number_plan *plan, struct slice in,
                                const struct number *n)
{
	char text[3 * NUMBER_TEXT_MAX];
	struct buf b = buf_on(text, sizeof(text));
	struct number again;

	if (in.len > NUMBER_TEXT_MAX / 3 || slice_find(in, '%') < in.len)
		return;
	for (size_t i = 0; i < in.len; i++) {
		buf_chr(&b, '%');
		buf_hex(&b, in.p + i, 1);
	}
	MUST(number_normalise(&again, plan, buf_slice(&b), NULL) == TG_OK);
	MUST(number_eq(n, &again));
}

static void plain_is_the_same(const struct number_plan *plan, const struct number *n)
{
	char text[NUMBER_RENDERED_MAX];
	struct buf b = buf_on(text, sizeof(text));
	struct number again;

	number_write(&b, n);
	MUST(!b.full);
	if (n->short_code) {
		MUST(number_short(plan->home, buf_slice(&b)));
		return;
	}
	MUST(number_parse(&again, buf_slice(&b)) == TG_OK && number_eq(n, &again));
	MUST(number_normalise(&again, plan, buf_slice(&b), NULL) == TG_OK);
	MUST(number_eq(n, &again));
}

static void trunk_is_the_same(const struct number_rendering *r, const struct number *n)
{
	char text[NUMBER_RENDERED_MAX];
	struct buf b = buf_on(text, sizeof(text));
	struct number again;

	if (number_render(&b, r, n) != TG_OK) {
		MUST(b.len == 0);
		return;
	}
	MUST(number_unrender(&again, r, buf_slice(&b)) == TG_OK && number_eq(n, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct slice techs[] = { SLICE_INIT(""), SLICE_INIT("12#"), SLICE_INIT("0") };
	static const struct slice outsides[] = { SLICE_INIT(""), SLICE_INIT("0"), SLICE_INIT("9") };
	struct number_rendering r = { 0 };
	struct number_plan plan;
	struct number n;
	const char *why = NULL;
	struct slice in;

	if (size < 2)
		return 0;
	in = slice_of(data + 2, size - 2);
	if (number_plan_init(&plan, (uint16_t)(data[0] + 1),
	                     outsides[(data[1] >> 4) % COUNT(outsides)]) != TG_OK)
		return 0;
	r.plan = &plan;
	r.kind = (enum number_render_kind)(data[1] & 3);
	r.tech = techs[(data[1] >> 2 & 3) % COUNT(techs)];
	if (number_unrender(&n, &r, in) == TG_OK)
		check_number(&n);
	(void)number_emergency(plan.home, in);
	if (number_normalise(&n, &plan, in, &why) != TG_OK) {
		MUST(why != NULL && why[0] != '\0');
		return 0;
	}
	MUST(why == NULL);
	check_number(&n);
	MUST(number_class_of(plan.home, &n) < NUMBER_CLASSES);
	escaped_is_the_same(&plan, in, &n);
	plain_is_the_same(&plan, &n);
	trunk_is_the_same(&r, &n);
	return 0;
}
