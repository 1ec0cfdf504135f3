/*
 * The simulated world: tollgate's real roles in one process, under a clock, a network and a disk
 * that obey one seed.
 *
 * Nothing here sleeps or asks the system for anything: world_run() jumps from deadline to deadline,
 * packets wait in a queue ordered by time, messages between roles in one queue per ordered pair, as
 * the rings of proc/ do.  The vault's messages to a process are handed over before those of a
 * half-call (link/msg.h).  The relay is a stand-in that leases ports and reports as src/media does.
 *
 * One seed gives one run: world_hash() covers every octet that crossed the network, with its time.
 */
#ifndef TG_TESTS_SIM_WORLD_H
#define TG_TESTS_SIM_WORLD_H

#include "base/flow.h"
#include "base/hash.h"
#include "conf/conf.h"
#include "link/msg.h"
#include "role/vault.h"

struct world;

/** What the network does to packets, each way. */
struct world_net {
	uint32_t latency_min_ms, latency_max_ms;
	uint32_t loss, twice; /* of 1000 packets */
	uint32_t stall;       /* of 1000 packets: they come up to 300 ms late */
};

/** How long the disk takes for a job, and whether it takes any (full, read-only). */
struct world_disk_conf {
	uint32_t latency_min_ms, latency_max_ms;
	bool refuses;
};

struct world_account {
	const char *user, *password;
	const char *number;   /* shown on trunks; NULL = none */
	const char *group;    /* NULL = the configured default */
	uint64_t networks;    /* 0 = the default networks of the configuration */
	uint8_t max_bindings; /* 0 = as configured */
};

struct world_secret {
	const char *trunk, *secret;
};

/** How the world tells what happens; any function may be NULL. */
struct world_watch {
	void *ctx;
	/** A packet of tollgate arrives at somebody outside. */
	void (*packet)(void *ctx, const struct tg_addr *from, const struct tg_addr *to,
	               struct slice octets);
	/** Every packet of tollgate at the moment when it leaves, before the network loses it. */
	void (*sent)(void *ctx, struct link_proc by, const struct tg_flow *to, struct slice octets);
	void (*log)(void *ctx, struct slice line);
	/** A message between roles, before it is handed over: a test may bend it. */
	void (*bend)(void *ctx, struct link_msg *msg);
	/** A message between roles is handed over. */
	void (*message)(void *ctx, const struct link_msg *msg);
	/** After each step: one packet, message or tick; invariants are checked here. */
	void (*stepped)(void *ctx);
};

struct world_conf {
	const struct conf *conf; /* borrowed while the world lives */
	uint64_t seed;
	const struct world_account *accounts;
	size_t account_count;
	const struct world_secret *secrets;
	size_t secret_count;
	/* optional: the deck of a trunk, or with -1 of the site; NULL = none */
	const struct deck *(*deck)(void *ctx, int trunk);
	void *deck_ctx;
	struct world_net net;
	struct world_watch watch;
};

/** Every role is up and told so.  NULL without memory or when the configuration cannot be. */
struct world *world_new(const struct world_conf *conf);
void world_free(struct world *w);

uint64_t world_now_ms(const struct world *w);
struct tg_rng *world_rng(struct world *w);
/** So that watchers may be set once the owner of `ctx` exists. */
void world_net_set(struct world *w, const struct world_net *net);

/** The wall clock steps by so many ms (C5). */
void world_wall_step(struct world *w, int64_t ms);
void world_disk_set(struct world *w, const struct world_disk_conf *disk);

/** A packet from outside goes on its way to the interface with this address. */
void world_send(struct world *w, const struct tg_addr *from, uint16_t iface, struct slice octets);

/** A call back at a time: for phones that wait.  Never cancelled. */
void world_at(struct world *w, uint64_t at_ms, void (*fire)(void *ctx, uint64_t value), void *ctx,
              uint64_t value);

/** Do everything that is due until then; the clock stands at `until_ms` afterwards. */
void world_run(struct world *w, uint64_t until_ms);

/** Do the next thing that is due, not later than `until_ms`.  False: nothing was. */
bool world_step(struct world *w, uint64_t until_ms);

/** Kill a role: its state and all messages to and from it are gone.  False: it was down. */
bool world_kill(struct world *w, struct link_proc proc);
/** Start it anew.  False: it was up, or there is no memory. */
bool world_start(struct world *w, struct link_proc proc);
bool world_up(const struct world *w, struct link_proc proc);

/** A message of the warden or console to a role. */
void world_post(struct world *w, const struct link_msg *msg);

/** A message of one role to another that the first one did not think of. */
void world_post_as(struct world *w, struct link_proc from, const struct link_msg *msg);

/** Ask a role what `tollgate calls` and the like ask; its pages are put together in `out`. */
void world_ask(struct world *w, struct link_proc proc, struct slice line, struct buf *out);

/** Every leased session says that nobody sends any more. */
void world_silence(struct world *w);

/* ---- what can be seen ---- */

struct world_sight {
	uint32_t half_calls;    /* in all edges and carriers */
	uint32_t media;         /* sessions of the relays */
	uint32_t bindings;      /* on disk */
	uint32_t records_open, records_over;
	uint64_t packets_in, packets_out;
	uint64_t messages, messages_lost; /* lost = to a role that is down */
	uint64_t bad_messages;  /* refused by link_msg_check() */
	uint64_t overflows;     /* rings that held more than those of proc/ can */
	uint64_t record_faults; /* records closed twice */
	uint64_t rows_left_out; /* of the disk, by a vault that started */
};
void world_sight(const struct world *w, struct world_sight *out);
uint32_t world_bindings(const struct world *w, struct slice user);
/** The i-th record in the order in which calls began; NULL behind the last. */
const struct vault_record *world_record(const struct world *w, uint32_t i);
/** For what the operator does; NULL while it is down. */
struct vault *world_vault(const struct world *w);
/** Its ledgers; NULL while the vault is down. */
struct judge *world_judge(const struct world *w);
const struct role_site *world_site(const struct world *w);
/** Of all octets on the network until now. */
uint64_t world_hash(const struct world *w);

#endif
