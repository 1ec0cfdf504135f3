/* The switch that every rule has, and the settings of rules that have nothing else. */
#ifndef TG_POLICY_RULES_PLAIN_H
#define TG_POLICY_RULES_PLAIN_H

#include <stdint.h>

enum policy_mode {
	POLICY_ENFORCE,
	POLICY_DRY_RUN, /* decides nothing; the verdict lists it when it would have refused */
	POLICY_OFF
};

struct plain_rows {
	uint8_t mode; /* enum policy_mode */
};

#endif
