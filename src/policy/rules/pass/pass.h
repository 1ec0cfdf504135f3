/* A travel pass (R52): an account, some territories, until a date, one call at a time. */
#ifndef TG_POLICY_RULES_PASS_PASS_H
#define TG_POLICY_RULES_PASS_PASS_H

#include "base/money.h"
#include "policy/rules/plain.h"

/** As configured. */
struct pass_rows {
	uint8_t mode;
	uint32_t calls;     /* at a time */
	uint32_t longest_s; /* of a call */
};

struct pass {
	uint32_t calls, longest_s;
};

#endif
