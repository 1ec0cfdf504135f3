/* Between the files of number/: what a text says before the plan is asked, and how it is read. */
#ifndef TG_NUMBER_NUMBER_PRIV_H
#define TG_NUMBER_NUMBER_PRIV_H

#include "number/number.h"

enum { NUMBER_DIALLED_MAX = 40 };

/** Digits as dialled, separators and escapes gone. */
struct number_dialled {
	char digits[NUMBER_DIALLED_MAX];
	size_t len;
	bool plus;         /* a '+' stood in front */
	uint16_t context;  /* calling code of phone-context; 0 = none */
};

/** Read a user part.  TG_EBAD and TG_ELIMIT set *why; out is set only on TG_OK. */
TG_MUST_USE enum tg_err number_dialled_parse(struct number_dialled *out, struct slice user,
                                             const char **why);

/** What digits without '+' mean to `plan`, its outside line not considered. */
TG_MUST_USE enum tg_err number_read_home(struct number *out, const struct number_plan *plan,
                                         struct slice digits, const char **why);

/** A short or emergency code of the home; false when it is none. */
bool number_read_code(struct number *out, uint16_t home, struct slice digits);

/** A place with this calling code, or a code without a country; 0 = none. */
uint16_t number_code_territory(unsigned code);

/** What stands behind the calling code of the number; empty when the code is another one. */
struct slice number_national(const struct number *n, unsigned code);

#endif
