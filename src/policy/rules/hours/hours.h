/* Office hours: outside them, and on holidays, lower limits hold (R57, R64). */
#ifndef TG_POLICY_RULES_HOURS_HOURS_H
#define TG_POLICY_RULES_HOURS_HOURS_H

#include "base/slice.h"
#include "policy/rules/plain.h"

enum { HOURS_HOLIDAYS_MAX = 64 };

enum hours_closed { HOURS_NOTHING, HOURS_INTERNATIONAL, HOURS_ALL };

/** As configured. */
struct hours_rows {
	uint8_t mode;
	struct slice profile; /* name from `hours`; empty = its first one */
	uint8_t closed;       /* enum hours_closed: what is closed outside the hours */
	uint32_t calls;       /* at a time, of one account or PBX */
	uint32_t longest_s;   /* of a call; 0 = no own limit */
};

struct hours {
	uint16_t profile; /* index; one that does not exist = there are no off-hours */
	uint8_t closed;   /* enum hours_closed */
	uint32_t calls, longest_s;
};

/** One calendar. */
struct hours_profile {
	uint8_t days;       /* bit 0 = Monday: the days with office hours */
	uint16_t from, to;  /* minute of the day; from > to: over midnight */
	/* 20261224, or 1224 for every year */
	uint32_t holidays[HOURS_HOLIDAYS_MAX];
	uint32_t holidays_count;
};

#endif
