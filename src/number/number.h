/* What was dialled, as far as it can be judged without knowing the world's numbering plans. */
#ifndef TG_NUMBER_NUMBER_H
#define TG_NUMBER_NUMBER_H

#include "base/slice.h"

enum { NUMBER_MAX = 32 };

enum number_kind {
	NUMBER_NONE,    /* not dialable: letters, or nothing at all */
	NUMBER_DIGITS,  /* digits with at most one leading '+' */
	NUMBER_FEATURE  /* digits with '*' or '#': a feature code, never sent to a trunk */
};

/**
 * Judge a dialled string, octet for octet: nothing is skipped, so what was judged is what is sent
 * (C1).  Visual separators, %-escapes left over and letters make it NUMBER_NONE.
 */
enum number_kind number_kind_of(struct slice dialled);

/** True when `dialled` equals `number`, or begins with it when `prefix`. */
bool number_matches(struct slice number, bool prefix, struct slice dialled);

#endif
