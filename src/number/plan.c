/* How people dial in a territory; its short and emergency codes. */
#include "number/number_priv.h"
#include "number/table_priv.h"

enum { CODE_DIGITS_MAX = 8 }; /* no short code is longer */

enum tg_err number_plan_init(struct number_plan *out, uint16_t home, struct slice outside)
{
	const struct number_territory *t;
	struct number_plan p = { .home = home };

	if (!number_territory_is_place(home))
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

uint16_t number_code_territory(unsigned code)
{
	for (uint16_t t = 1; t < number_territory_total; t++) {
		if (number_territory_table[t].code == code)
			return t;
	}
	return 0;
}

static unsigned code_of(uint16_t territory, struct slice digits)
{
	if (!number_territory_is_place(territory) || digits.len == 0 ||
	    digits.len > CODE_DIGITS_MAX)
		return NUMBER_CODE_NONE;
	for (size_t i = 0; i < digits.len; i++) {
		if (!tg_isdigit(digits.p[i]))
			return NUMBER_CODE_NONE;
	}
	return number_walk(number_codes[territory], digits.p, digits.len);
}

bool number_emergency(uint16_t territory, struct slice dialled)
{
	return code_of(territory, dialled) == NUMBER_CODE_EMERGENCY;
}

bool number_short(uint16_t territory, struct slice dialled)
{
	return code_of(territory, dialled) != NUMBER_CODE_NONE;
}

bool number_read_code(struct number *out, uint16_t home, struct slice digits)
{
	struct number n = { .territory = home, .known = true, .short_code = true };
	unsigned code = code_of(home, digits);

	if (code == NUMBER_CODE_NONE)
		return false;
	n.type = code == NUMBER_CODE_EMERGENCY ? NUMBER_EMERGENCY : NUMBER_SHORT;
	n.len = (uint8_t)digits.len;
	memcpy(n.digits, digits.p, digits.len);
	*out = n;
	return true;
}

struct slice number_national(const struct number *n, unsigned code)
{
	unsigned high = code >= 100 ? 100 : code >= 10 ? 10 : 1;
	size_t i = 0;

	for (; high > 0; high /= 10, i++) {
		if (i >= n->len || n->digits[i] - '0' != (int)(code / high % 10))
			return SLICE("");
	}
	return slice_of(n->digits + i, n->len - i);
}
