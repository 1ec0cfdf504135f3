/* A set of territories. */
#ifndef TG_POLICY_RULES_PLACES_H
#define TG_POLICY_RULES_PLACES_H

#include "base/slice.h"

enum {
	PLACES_MAX = 512,     /* territories that there may be */
	PLACES_ROWS_MAX = 256 /* that one list names */
};

struct places {
	uint64_t bits[PLACES_MAX / 64];
};

static inline void places_add(struct places *set, uint16_t territory)
{
	if (territory != 0 && territory < PLACES_MAX)
		set->bits[territory / 64] |= UINT64_C(1) << territory % 64;
}

static inline bool places_has(const struct places *set, uint16_t territory)
{
	return territory < PLACES_MAX && (set->bits[territory / 64] >> territory % 64 & 1) != 0;
}

/** Add those that are named, as "ES"; false when one is not known (the others are added). */
bool places_add_rows(struct places *set, const struct slice *names, uint32_t count);

/**
 * Add the countries of a world zone, 1..9: those whose code begins with that digit, satellites and
 * networks without a country excepted.  Zone 1 is the United States and Canada alone.
 */
void places_add_zone(struct places *set, unsigned zone);

#endif
