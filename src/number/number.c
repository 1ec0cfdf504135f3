/* Numbers as they are: what is dialable, plain E.164, comparing and writing. */
#include "number/number.h"
#include "number/table_priv.h"

enum number_kind number_kind_of(struct slice dialled)
{
	enum number_kind kind = NUMBER_DIGITS;
	size_t digits = 0;

	if (dialled.len > NUMBER_MAX)
		return NUMBER_NONE;
	for (size_t i = 0; i < dialled.len; i++) {
		char c = dialled.p[i];

		if (tg_isdigit(c))
			digits++;
		else if (c == '*' || c == '#')
			kind = NUMBER_FEATURE;
		else if (c != '+' || i != 0)
			return NUMBER_NONE;
	}
	return digits > 0 || kind == NUMBER_FEATURE ? kind : NUMBER_NONE;
}

bool number_matches(struct slice number, bool prefix, struct slice dialled)
{
	return prefix ? slice_starts(dialled, number) : slice_eq(dialled, number);
}

bool number_eq(const struct number *a, const struct number *b)
{
	return a->len == b->len && memcmp(a->digits, b->digits, sizeof(a->digits)) == 0 &&
	       a->type == b->type && a->territory == b->territory && a->known == b->known &&
	       a->short_code == b->short_code;
}

enum tg_err number_parse(struct number *out, struct slice e164)
{
	struct number n = { 0 };

	if (e164.len > 0 && e164.p[0] == '+')
		e164 = slice_skip(e164, 1);
	if (e164.len > NUMBER_E164_MAX)
		return TG_ELIMIT;
	if (e164.len < NUMBER_E164_MIN || e164.p[0] == '0')
		return TG_EBAD;
	for (size_t i = 0; i < e164.len; i++) {
		if (!tg_isdigit(e164.p[i]))
			return TG_EBAD;
		n.digits[i] = e164.p[i];
	}
	n.len = (uint8_t)e164.len;
	number_classify(&n);
	*out = n;
	return TG_OK;
}

void number_classify(struct number *n)
{
	unsigned out = 0;

	if (n->len >= 3) /* the automaton takes three at once */
		out = number_walk_e164(number_ranges, n->digits, n->len);
	n->territory = (uint16_t)(out >> NUMBER_OUT_SHIFT);
	n->type = (uint8_t)(out & ((1U << NUMBER_OUT_SHIFT) - 1));
	n->known = n->type != NUMBER_UNKNOWN;
}

void number_write(struct buf *b, const struct number *n)
{
	if (!n->short_code)
		buf_chr(b, '+');
	buf_put(b, slice_of(n->digits, n->len));
}
