/*
 * Networks that the configuration names by host name (dynamic DNS, R95a): the vault has the
 * resolver look them up again and again, and tells the edges what it found.
 *
 * A lookup that fails leaves the addresses of the last answer in force, for at most an hour.  A
 * name opens a place to call from and nothing more: the account's secret is asked for all the same.
 */
#ifndef TG_PROC_SITE_NAMES_H
#define TG_PROC_SITE_NAMES_H

#include "base/log.h"
#include "conf/conf.h"
#include "role/role.h"

enum { SITE_NAMES_KEEP_S = 3600 /* after the last answer */ };

struct site_names {
	const struct conf *conf; /* borrowed, as all below */
	struct role_site *site;  /* whose networks are kept up to date */
	struct link_out out;
	struct tg_log *log;
	bool resolver_up;
	uint64_t ask_at_ms[CONF_NETWORKS_MAX];
	uint64_t until_ms[CONF_NETWORKS_MAX]; /* of what is in force; 0: nothing is */
};

/** Begin with conf, site, out and log set and everything else zero: nothing is known yet. */
void site_names_init(struct site_names *names);

/** Messages of any type: RESOLVE_REPLY, and PEER of the resolver or an edge; others are left. */
void site_names_message(struct site_names *names, uint64_t now_ms, const struct link_msg *msg);

/** Ask for what is due, and forget what is too old. */
void site_names_tick(struct site_names *names, uint64_t now_ms);

/** When site_names_tick() is wanted next; UINT64_MAX = not at all. */
uint64_t site_names_next_ms(const struct site_names *names);

/**
 * Put the addresses of a name into its network; those that may not be there are left out: our own,
 * a PBX's, a trunk's, of another IP version, and on an outside interface every one that is not
 * public, because anybody can forge it there (R12).
 *
 * found     count and addresses
 * refused   set to the first address that was left out, family TG_AF_NONE when there is none
 *
 * True when the network's addresses have changed.  Any process.
 */
bool site_names_found(struct role_site *site, uint32_t network, const struct link_resolve *found,
                      struct tg_addr *refused);

#endif
