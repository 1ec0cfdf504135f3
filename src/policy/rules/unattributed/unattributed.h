/* Calls through the PBX that no extension owns: what they may do is narrower, never wider. */
#ifndef TG_POLICY_RULES_UNATTRIBUTED_UNATTRIBUTED_H
#define TG_POLICY_RULES_UNATTRIBUTED_UNATTRIBUTED_H

#include <stdbool.h>

#include "policy/rules/plain.h"

/** As configured. */
struct unattributed_rows {
	uint8_t mode;
	bool international; /* may leave the home territory */
	uint32_t calls;     /* at a time, of one PBX */
	uint32_t longest_s; /* of a call */
};

struct unattributed {
	bool international;
	uint32_t calls, longest_s;
};

#endif
