#include "number/number.h"

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
