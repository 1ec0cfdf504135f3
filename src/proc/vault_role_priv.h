/* What the files of the vault's shell share. */
#ifndef TG_PROC_VAULT_ROLE_PRIV_H
#define TG_PROC_VAULT_ROLE_PRIV_H

#include "base/hash.h"
#include "conf/conf.h"
#include "net/loop.h"
#include "proc/decks.h"
#include "proc/geo.h"
#include "proc/role_ops.h"
#include "proc/site.h"
#include "proc/site_judge.h"
#include "proc/site_names.h"
#include "role/vault.h"
#include "store/store.h"

enum {
	VAULT_REPLIES_MAX = 16, /* operators who wait for the disk */
	VAULT_EDGES_MAX = 256
};

/** An answer that is given once the change is on disk. */
struct vault_reply {
	bool used;
	struct link_proc to;
	struct tg_handle ref;
	uint64_t job;    /* done when so many jobs are written */
	uint64_t by_ms;
	uint16_t len;
	char text[1024]; /* JSON */
};

/** An edge that is being told its bindings. */
struct vault_loading {
	bool on;
	uint64_t job;   /* first the jobs that waited when it asked */
	uint64_t after; /* row */
};

struct vault_role {
	struct proc_env env;
	struct role_site site;
	struct role_routes routes;
	struct judge_rules *rules;
	struct tg_rng rng;
	struct store *store;
	struct net_watch stored; /* the store thread's wake-up; fd -1 before it starts */
	struct vault *vault;
	uint64_t now_ms, own_ms; /* when the shell wants a tick */
	uint64_t wall_ms;        /* when to look at the wall clock */
	/* names of the networks of the account that is being set; p NULL: as they are */
	struct slice networks;
	struct vault_loading loading[VAULT_EDGES_MAX];
	struct vault_reply replies[VAULT_REPLIES_MAX];
	struct store_stat told; /* what was logged */
	struct decks *decks;
	struct site_names names;
	struct geo *geo; /* NULL: none is configured, or it cannot be used */
};

static inline uint64_t vault_role_wall_ms(const struct vault_role *r)
{
	return r->env.wall_ms + (r->now_ms - r->env.now_ms);
}

/** What the vault wants kept: to the store's queue (vault_role_keep.c). */
struct vault_store vault_role_keep(struct vault_role *r);

/** Bits of the networks with these names, comma separated; empty: the configured default. */
uint64_t vault_role_networks(const struct vault_role *r, struct slice names);

/** True when the request was one of the shell's and has its answer, now or later. */
bool vault_role_ctl(struct vault_role *r, const struct link_msg *ask);

/** lockdown, allow, pass, …; the same of those (vault_role_book.c). */
bool vault_role_book(struct vault_role *r, const struct link_msg *ask, struct slice verb,
                     struct slice rest);

/* vault_role_ctl.c: answers to the operator */
void vault_role_post(struct vault_role *r, const struct link_msg *ask, struct slice text,
                     bool last);
void vault_role_refuse(struct vault_role *r, const struct link_msg *ask, const char *why);
/** False: too many wait for the disk, and vault_role_reply_later() would say nothing. */
bool vault_role_can_reply(struct vault_role *r);
/** Answer when the jobs queued so far are on disk. */
void vault_role_reply_later(struct vault_role *r, const struct link_msg *ask, struct slice text);

/** Take the rate decks, all or the named one; refusals are logged.  Returns how many there were. */
uint32_t vault_role_rates(struct vault_role *r, struct slice name);

/** Answer those whose change is on disk, and those who have waited too long. */
void vault_role_replies(struct vault_role *r, uint64_t written);

#endif
