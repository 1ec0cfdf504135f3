/* What the name of a rule in a record means, and what its owner can do about it. */
#ifndef TG_CLI_WHY_TEXT_H
#define TG_CLI_WHY_TEXT_H

#include "base/slice.h"

struct why_rule {
	const char *rule, *means, *todo; /* todo may be "" */
};

/** Never NULL: an unknown name has a row of its own. */
const struct why_rule *why_rule_find(struct slice rule);

#endif
