/*
 * What was dialled, as a number that can be priced: one E.164 number or a short code of the home
 * country, with its territory and type.
 *
 * A chargeable call asks here in this order:
 *   number_normalise()  what the phone dialled becomes one number, or is refused with a reason
 *   number_class_of()   what budgets and first-use rules speak of: "home-mobile", "zone3-premium"
 *   number_render()     what a trunk is sent; proven to turn back into that very number (C1)
 *
 * Nothing is guessed: what can be read in two ways is refused.  Ported numbers are judged by their
 * prefix.  Everything is pure and allocates nothing; any thread.
 */
#ifndef TG_NUMBER_NUMBER_H
#define TG_NUMBER_NUMBER_H

#include "base/buf.h"
#include "number/class.h"

enum {
	NUMBER_MAX = 32,        /* octets of a dialled string that number_kind_of() looks at */
	NUMBER_TEXT_MAX = 256,  /* octets that number_normalise() looks at */
	NUMBER_E164_MIN = 5,    /* digits that number_parse() wants at least */
	NUMBER_E164_MAX = 15,   /* digits, E.164 §6.1 */
	NUMBER_RENDERED_MAX = 48 /* octets that number_render() may write */
};

enum number_kind {
	NUMBER_NONE,    /* not dialable: letters, or nothing at all */
	NUMBER_DIGITS,  /* digits with at most one leading '+' */
	NUMBER_FEATURE  /* digits with '*' or '#': a feature code, never sent to a trunk */
};

/**
 * Judge a dialled string, octet for octet: nothing is skipped, so what was judged is what is sent
 * (C1).  Visual separators, %-escapes left over and letters make it NUMBER_NONE.  For what goes to
 * a PBX or is compared with the configuration; chargeable legs use number_normalise().
 */
enum number_kind number_kind_of(struct slice dialled);

/** True when `dialled` equals `number`, or begins with it when `prefix`. */
bool number_matches(struct slice number, bool prefix, struct slice dialled);

/** A number.  Compare with number_eq(); octets behind `len` are 0, so its bytes can be hashed. */
struct number {
	char digits[16];    /* E.164 without '+'; of a short code what is dialled at home */
	uint8_t len;        /* E.164: 5..15; short codes 2..6 */
	uint8_t type;       /* enum number_type; NUMBER_UNKNOWN exactly unless known */
	uint16_t territory; /* see class.h; 0 = none can be told */
	bool known;         /* false: no such range, or not this long */
	bool short_code;    /* not E.164: a short code of the home, which is `territory` */
};

bool number_eq(const struct number *a, const struct number *b);

/** How people dial here. */
struct number_plan {
	uint16_t home;         /* territory */
	uint16_t code;         /* its calling code: 44 */
	char national[4];      /* trunk prefix: "0", "1", "8", "06"; "" when there is none */
	char international[8]; /* what number_render() writes: "00"; "" = none of its own */
	char outside[5];       /* dialled before everything but '+' and emergency; "" = none */
};

/**
 * The plan of a territory.
 *
 * home     see number_territory_find()
 * outside  digit(s) for an outside line, at most 4, usually empty.  Once set it must be dialled
 *          before everything but '+' numbers and emergency numbers, for "0030…" would otherwise be
 *          Greece or Berlin
 * out      set only on TG_OK; `national` and `international` may be changed afterwards
 *
 * TG_ENOENT  no such territory, or one without a plan for dialling (+870)
 * TG_EBAD    `outside` is not digits or too long
 */
TG_MUST_USE enum tg_err number_plan_init(struct number_plan *out, uint16_t home,
                                         struct slice outside);

/**
 * What a phone dialled, as one number.
 *
 * user  user part of a SIP URI or what follows "tel:", with its parameters, escaped or not.
 *       Read: '+', every international prefix of the plan, the trunk prefix, the outside line,
 *       %-escapes (once), separators "-.() ", full-width and Arabic-Indic digits,
 *       ";phone-context=+44", ";npdi".  Everything else is refused: what has no place in a number
 *       cannot be sent as it was priced
 * out   set only on TG_OK; `known` may be false: the dearest class, not a refusal
 * why   optional; set to static text unless TG_OK
 *
 * TG_EBAD    not one number: letters, post-dial digits, extensions, two readings, …
 * TG_ELIMIT  more than 15 digits, or a text above NUMBER_TEXT_MAX
 */
TG_MUST_USE enum tg_err number_normalise(struct number *out, const struct number_plan *plan,
                                         struct slice user, const char **why);

/**
 * One number from its plain form: "+34911234567" or "34911234567", nothing else.
 *
 * TG_EBAD    no digits, fewer than 5, or a leading 0
 * TG_ELIMIT  more than 15
 */
TG_MUST_USE enum tg_err number_parse(struct number *out, struct slice e164);

/** Set territory, type and known from `digits` and `len` (not for short codes). */
void number_classify(struct number *n);

/** "+34911234567"; a short code as it is dialled: "118118". */
void number_write(struct buf *b, const struct number *n);

/**
 * True when `dialled` is, as a whole, an emergency number of the territory: digits only, nothing is
 * skipped.  1125 is not 112.
 */
bool number_emergency(uint16_t territory, struct slice dialled);

/** True when `dialled` is, as a whole, a short code of the territory; emergency included. */
bool number_short(uint16_t territory, struct slice dialled);

/* name, text in the configuration */
#define NUMBER_RENDER_TABLE(X)                                                   \
	X(NUMBER_RENDER_PLUS, "plus")          /* +34911234567 */                \
	X(NUMBER_RENDER_IDD, "international")  /* 0034911234567 */               \
	X(NUMBER_RENDER_NATIONAL, "national")  /* 911234567; abroad 0044… */     \
	X(NUMBER_RENDER_E164, "e164")          /* 34911234567 */

enum number_render_kind {
#define X(name, text) name,
	NUMBER_RENDER_TABLE(X)
#undef X
	NUMBER_RENDER_KINDS
};

const char *number_render_kind_name(enum number_render_kind kind);

/** How a trunk wants numbers. */
struct number_rendering {
	const struct number_plan *plan; /* borrowed; its outside line is not used */
	enum number_render_kind kind;
	struct slice tech; /* borrowed; put in front of everything, at most 16 */
};

/**
 * Write a number for a trunk.  Short codes are written as they are dialled.
 *
 * TG_EBAD    it would not turn back into `n` (also: a plan without an international prefix);
 *            nothing is written
 * TG_ELIMIT  no room in `b`
 */
TG_MUST_USE enum tg_err number_render(struct buf *b, const struct number_rendering *r,
                                      const struct number *n);

/** The inverse: the number that a trunk understands.  TG_EBAD, TG_ELIMIT; out only on TG_OK. */
TG_MUST_USE enum tg_err number_unrender(struct number *out, const struct number_rendering *r,
                                        struct slice text);

#endif
