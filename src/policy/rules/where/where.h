/* Where one may call: territories, world zones, types, classes, prefixes, price (R46, R50, R56). */
#ifndef TG_POLICY_RULES_WHERE_WHERE_H
#define TG_POLICY_RULES_WHERE_WHERE_H

#include "base/money.h"
#include "policy/rules/places.h"
#include "policy/rules/plain.h"

enum { WHERE_PREFIXES_MAX = 256, WHERE_NAMES_MAX = 64, WHERE_ZONES_MAX = 9 };

/** As configured. */
struct where_rows {
	uint8_t mode;
	struct slice territories[PLACES_ROWS_MAX]; /* open beside the home territory */
	uint32_t territories_count;
	uint32_t zones[WHERE_ZONES_MAX]; /* 1..9: all their territories are open */
	uint32_t zones_count;
	struct slice types[WHERE_NAMES_MAX]; /* open in open territories */
	uint32_t types_count;
	struct slice deny_territories[PLACES_ROWS_MAX];
	uint32_t deny_territories_count;
	struct slice deny_classes[WHERE_NAMES_MAX];
	uint32_t deny_classes_count;
	struct slice deny[WHERE_PREFIXES_MAX]; /* "+3480" */
	uint32_t deny_count;
	tg_micro ceiling; /* of a minute; 0 = none */
};

struct where {
	struct places open;      /* the home territory among them */
	struct places denied;
	uint64_t types;          /* bit: type */
	uint64_t denied_classes; /* bit: class */
	const struct slice *deny; /* prefixes, with '+'; borrowed */
	uint32_t deny_count;
	tg_micro ceiling;        /* 0 = none */
};

/** What a group has of its own; territories and zones together replace those of the site. */
struct where_own {
	const struct slice *territories;
	const uint32_t *zones;
	uint32_t territories_count, zones_count;
	tg_micro ceiling; /* 0 = that of the site */
};

/**
 * Make sets of names; `out->deny` borrows from `rows`.
 *
 * home  territory, always open; 0 = none
 * own   NULL, or what takes the place of the rows' own
 */
void where_make(struct where *out, const struct where_rows *rows, uint16_t home,
                const struct where_own *own);

#endif
