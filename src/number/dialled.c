/*
 * The text of a number: RFC 3966 §3 and §5 (tel URIs), RFC 3261 §19.1.6 (the same in a user part).
 *
 * OURS: what would not be sent to a trunk is refused, not dropped: extensions, subaddresses,
 * post-dial digits and routing numbers change whom one talks to (C1).
 */
#include "number/number_priv.h"

struct job {
	struct number_dialled out;
	const char *why;
};

/* One %XX level; a '%' that comes out of it is refused later, as any other octet. */
static bool unescape(char *out, size_t *len, struct slice in)
{
	size_t n = 0;

	for (size_t i = 0; i < in.len; i++) {
		char c = in.p[i];

		if (c == '%') {
			int high = i + 2 < in.len ? tg_hexval(in.p[i + 1]) : -1;
			int low = i + 2 < in.len ? tg_hexval(in.p[i + 2]) : -1;

			if (high < 0 || low < 0)
				return false;
			c = (char)(high * 16 + low);
			i += 2;
		}
		out[n++] = c;
	}
	*len = n;
	return true;
}

/* A digit, or '+', of another script: what it means in ASCII and how many octets it has. */
static char foreign(struct slice s, size_t *octets)
{
	const unsigned char *p = (const unsigned char *)s.p;

	if (s.len >= 3 && p[0] == 0xef && p[1] == 0xbc) {
		*octets = 3;
		if (p[2] >= 0x90 && p[2] <= 0x99) /* full-width digits, U+FF10..FF19 */
			return (char)('0' + p[2] - 0x90);
		return p[2] == 0x8b ? '+' : '\0'; /* full-width plus, U+FF0B */
	}
	*octets = 2;
	if (s.len >= 2 && p[0] == 0xd9 && p[1] >= 0xa0 && p[1] <= 0xa9) /* Arabic, U+0660..0669 */
		return (char)('0' + p[1] - 0xa0);
	if (s.len >= 2 && p[0] == 0xdb && p[1] >= 0xb0 && p[1] <= 0xb9) /* U+06F0..06F9 */
		return (char)('0' + p[1] - 0xb0);
	return '\0';
}

static const char *wrong_octet(char c)
{
	switch (c) {
	case '*':
	case '#':
		return "a feature code is for the PBX, not for a trunk";
	case ',':
	case 'p':
	case 'P':
	case 'w':
	case 'W':
		return "digits to be sent after the answer are not part of a number";
	case '%':
		return "an escape within an escape";
	default:
		return "not a digit";
	}
}

static bool read_digits(struct job *j, struct slice in)
{
	struct number_dialled *d = &j->out;
	size_t octets;

	for (; in.len > 0; in = slice_skip(in, octets)) {
		char c = in.p[0];

		octets = 1;
		if ((unsigned char)c >= 0x80)
			c = foreign(in, &octets);
		if (c == '+' && !d->plus && d->len == 0) {
			d->plus = true;
		} else if (tg_isdigit(c)) {
			if (d->len == sizeof(d->digits)) {
				j->why = "more digits than any number has";
				return false;
			}
			d->digits[d->len++] = c;
		} else if (c == '+') {
			j->why = "a '+' inside";
			return false;
		} else if (c != '-' && c != '.' && c != '(' && c != ')' && c != ' ') {
			j->why = wrong_octet(c);
			return false;
		}
	}
	if (d->len == 0)
		j->why = "no digits";
	return d->len > 0;
}

/* RFC 3966 §5.1.5.  OURS: a calling code and nothing else, for a longer prefix leaves open which
 * digits of the number it replaces. */
static bool read_context(struct job *j, struct slice value)
{
	unsigned code = 0;

	j->why = "phone-context is not a calling code";
	if (j->out.plus || j->out.context != 0) {
		j->why = "phone-context where none belongs";
		return false;
	}
	if (value.len < 2 || value.len > 4 || value.p[0] != '+')
		return false;
	for (size_t i = 1; i < value.len; i++) {
		if (!tg_isdigit(value.p[i]))
			return false;
		code = code * 10 + (unsigned)(value.p[i] - '0');
	}
	if (value.p[1] == '0' || number_code_territory(code) == 0)
		return false;
	j->out.context = (uint16_t)code;
	return true;
}

static const struct {
	struct slice name;
	const char *why;
} refused[] = {
	{ SLICE_INIT("postd"), "digits to be sent after the answer are not part of a number" },
	{ SLICE_INIT("isub"), "a subaddress cannot be sent to a trunk" },
	{ SLICE_INIT("ext"), "an extension cannot be sent to a trunk" },
	{ SLICE_INIT("rn"), "a routing number would send the call elsewhere" },
	{ SLICE_INIT("cic"), "a carrier code would send the call elsewhere" },
};

static bool read_param(struct job *j, struct slice param)
{
	struct slice name, value = slice_cut(param, '=', &name);

	if (slice_ieq(name, SLICE("phone-context")))
		return read_context(j, value);
	if (slice_ieq(name, SLICE("npdi")) && name.len == param.len)
		return true; /* RFC 4694: the database was asked; says nothing about the number */
	j->why = "an unknown parameter";
	for (size_t i = 0; i < COUNT(refused); i++) {
		if (slice_ieq(name, refused[i].name))
			j->why = refused[i].why;
	}
	return false;
}

enum tg_err number_dialled_parse(struct number_dialled *out, struct slice user, const char **why)
{
	struct job j = { .why = NULL };
	char text[NUMBER_TEXT_MAX];
	struct slice digits, params, param;
	size_t len;

	if (user.len > sizeof(text)) {
		*why = "a text longer than any number";
		return TG_ELIMIT;
	}
	if (!unescape(text, &len, user)) {
		*why = "a broken escape";
		return TG_EBAD;
	}
	j.why = "an empty parameter";
	if (len > 0 && text[len - 1] == ';') /* slice_cut() drops it */
		goto bad;
	params = slice_cut(slice_of(text, len), ';', &digits);
	if (!read_digits(&j, digits))
		goto bad;
	while (params.p != NULL) {
		params = slice_cut(params, ';', &param);
		if (!read_param(&j, param))
			goto bad;
	}
	*out = j.out;
	return TG_OK;
bad:
	*why = j.why;
	return TG_EBAD;
}
