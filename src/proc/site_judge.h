/* What the judge needs of the configuration and the system: zone, plan, budgets, rules. */
#ifndef TG_PROC_SITE_JUDGE_H
#define TG_PROC_SITE_JUDGE_H

#include "conf/conf.h"
#include "role/judge.h"

enum { SITE_WHY_MAX = 256 };

/**
 * Make what a judge is made with; its texts borrow from `conf`.  `deck` and `recall` are left out.
 *
 * wall_ms  for holidays of every year: those around now are meant
 * why      set on failure: a sentence for the operator, NUL-terminated
 *
 * NULL without memory, or when the time zone of the configuration is not installed.  Free with
 * site_judge_free().
 */
struct judge_rules *site_judge_new(const struct conf *conf, uint64_t wall_ms,
                                   char why[SITE_WHY_MAX]);
/** NULL is fine. */
void site_judge_free(struct judge_rules *rules);

/**
 * Read a time zone of the system.
 *
 * TG_ENOENT  there is none of that name
 * TG_EBAD    not a zone
 */
TG_MUST_USE enum tg_err site_zone_read(struct tg_zone *out, struct slice name);

#endif
