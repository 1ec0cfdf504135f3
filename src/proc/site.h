/* What the roles need of the configuration, in their own words: role/ knows no conf/. */
#ifndef TG_PROC_SITE_H
#define TG_PROC_SITE_H

#include "conf/conf.h"
#include "policy/policy.h"
#include "role/role.h"

/**
 * The facts that all roles share.
 *
 * out  fields of `conf` are copied; a trunk known by name has the family TG_AF_NONE until
 *      site_trunk_found()
 *
 * Every process makes the same of the same configuration.
 */
void site_make(struct role_site *out, const struct conf *conf);

/**
 * Addresses that a trunk's name has: the first becomes its own, all of them may send.
 *
 * True when its own address has changed.
 */
bool site_trunk_found(struct role_site *site, const struct conf *conf, uint32_t trunk,
                      const struct link_resolve *found);

/** True when the configuration gives only a name for the trunk. */
bool site_trunk_by_name(const struct conf *conf, uint32_t trunk);

/** The trunks in the order in which calls out try them. */
void site_routes(struct role_routes *out, const struct conf *conf);

/**
 * The rules of who may call whom; its texts borrow from `conf`.  NULL without memory.
 * Free it with site_policy_free().
 */
struct policy *site_policy_new(const struct conf *conf);
/** NULL is fine. */
void site_policy_free(struct policy *policy);

#endif
