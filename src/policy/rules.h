/*
 * The rules' settings in two shapes: as the configuration has them (X_rows, texts), and as the
 * chain uses them (X, sets and indexes), made once by X_make() when a configuration is loaded.
 * Each pair lives in rules/X/X.h beside the rule's code, rows, manual page and test.
 */
#ifndef TG_POLICY_RULES_H
#define TG_POLICY_RULES_H

#include "policy/rules/first_use/first_use.h"
#include "policy/rules/hours/hours.h"
#include "policy/rules/pass/pass.h"
#include "policy/rules/plain.h"
#include "policy/rules/source/source.h"
#include "policy/rules/unattributed/unattributed.h"
#include "policy/rules/where/where.h"

/** The section `rules` of the configuration. */
struct policy_rows {
	struct source_rows source;
	struct plain_rows lockdown, caller_id, approval;
	struct pass_rows pass;
	struct unattributed_rows unattributed;
	struct hours_rows hours;
	struct first_use_rows first_use;
	struct where_rows where;
};

#endif
