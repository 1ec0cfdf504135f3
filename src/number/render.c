/*
 * What a trunk is sent, and back.  number_render() writes nothing that does not turn back into the
 * number that was priced (C1).
 */
#include "number/number_priv.h"
#include "number/table_priv.h"

enum { TECH_MAX = 16 };

const char *number_render_kind_name(enum number_render_kind kind)
{
	static const char *const names[] = {
#define X(name, text) text,
		NUMBER_RENDER_TABLE(X)
#undef X
	};

	return (unsigned)kind < NUMBER_RENDER_KINDS ? names[kind] : "?";
}

static void write_idd(struct buf *b, const struct number_plan *plan, struct slice digits)
{
	if (plan->international[0] == '\0')
		b->full = true;
	buf_str(b, plan->international);
	buf_put(b, digits);
}

static void write_national(struct buf *b, const struct number_plan *plan, const struct number *n)
{
	struct slice national = number_national(n, plan->code);
	unsigned trunk = number_walk_e164(number_prefixes, n->digits, n->len);

	if (!n->known || national.len == 0 || trunk == NUMBER_TRUNK_NEVER) {
		write_idd(b, plan, slice_of(n->digits, n->len));
		return;
	}
	if (trunk != NUMBER_TRUNK_WITHOUT)
		buf_str(b, plan->national);
	buf_put(b, national);
}

static void write_kind(struct buf *b, const struct number_rendering *r, const struct number *n)
{
	struct slice digits = slice_of(n->digits, n->len);

	if (n->short_code) {
		buf_put(b, digits);
		return;
	}
	switch (r->kind) {
	case NUMBER_RENDER_PLUS:
		buf_chr(b, '+');
		buf_put(b, digits);
		break;
	case NUMBER_RENDER_IDD:
		write_idd(b, r->plan, digits);
		break;
	case NUMBER_RENDER_NATIONAL:
		write_national(b, r->plan, n);
		break;
	case NUMBER_RENDER_E164:
		buf_put(b, digits);
		break;
	case NUMBER_RENDER_KINDS:
	default:
		b->full = true;
		break;
	}
}

enum tg_err number_render(struct buf *b, const struct number_rendering *r, const struct number *n)
{
	char text[NUMBER_RENDERED_MAX];
	struct buf t = buf_on(text, sizeof(text));
	struct number again;

	if (r->tech.len > TECH_MAX)
		return TG_EBAD;
	buf_put(&t, r->tech);
	write_kind(&t, r, n);
	if (t.full || number_unrender(&again, r, buf_slice(&t)) != TG_OK || !number_eq(&again, n))
		return TG_EBAD;
	if (b->full || t.len > b->cap - b->len)
		return TG_ELIMIT;
	buf_put(b, buf_slice(&t));
	return TG_OK;
}

/* What has a prefix is E.164 behind it; what has none is a short code. */
static enum tg_err read_prefixed(struct number *out, const struct number_rendering *r,
                                 struct slice prefix, struct slice text)
{
	if (prefix.len > 0 && slice_starts(text, prefix)) {
		text = slice_skip(text, prefix.len);
		return text.len > 0 && text.p[0] == '+' ? TG_EBAD : number_parse(out, text);
	}
	return number_read_code(out, r->plan->home, text) ? TG_OK : TG_EBAD;
}

static enum tg_err read_bare(struct number *out, const struct number_rendering *r,
                             struct slice text)
{
	struct number n;
	enum tg_err err = text.len > 0 && text.p[0] == '+' ? TG_EBAD : number_parse(&n, text);

	if ((err != TG_OK || !n.known) && number_read_code(out, r->plan->home, text))
		return TG_OK;
	if (err == TG_OK)
		*out = n;
	return err;
}

static bool only_digits(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!tg_isdigit(s.p[i]))
			return false;
	}
	return s.len > 0;
}

enum tg_err number_unrender(struct number *out, const struct number_rendering *r, struct slice text)
{
	const char *why;

	if (!slice_starts(text, r->tech))
		return TG_EBAD;
	text = slice_skip(text, r->tech.len);
	switch (r->kind) {
	case NUMBER_RENDER_PLUS:
		return read_prefixed(out, r, SLICE("+"), text);
	case NUMBER_RENDER_IDD:
		return read_prefixed(out, r, slice_str(r->plan->international), text);
	case NUMBER_RENDER_NATIONAL:
		return only_digits(text) ? number_read_home(out, r->plan, text, &why) : TG_EBAD;
	case NUMBER_RENDER_E164:
		return read_bare(out, r, text);
	case NUMBER_RENDER_KINDS:
	default:
		return TG_EBAD;
	}
}
