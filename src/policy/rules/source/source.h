/* Who may call from where (R31, R12, R41, R44): networks, TLS, and countries as one input. */
#ifndef TG_POLICY_RULES_SOURCE_SOURCE_H
#define TG_POLICY_RULES_SOURCE_SOURCE_H

#include "policy/rules/places.h"
#include "policy/rules/plain.h"

/** As configured. */
struct source_rows {
	uint8_t mode;
	struct slice countries[PLACES_ROWS_MAX]; /* none = a country is never looked at */
	uint32_t countries_count;
	struct slice database; /* path of an MMDB; empty = none */
};

struct source {
	bool by_country;
	struct places countries;
};

#endif
