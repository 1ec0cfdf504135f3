/* The first calls of an account to a class of destinations (R63, C20): short, one at a time. */
#ifndef TG_POLICY_RULES_FIRST_USE_FIRST_USE_H
#define TG_POLICY_RULES_FIRST_USE_FIRST_USE_H

#include "policy/rules/plain.h"

/** As configured. */
struct first_use_rows {
	uint8_t mode;
	uint32_t longest_s; /* of a call to a new class */
	uint32_t trial_s;   /* a class is new for so long after its first answered call */
};

struct first_use {
	uint32_t longest_s, trial_s;
};

#endif
