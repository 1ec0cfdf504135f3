/* What a role is to the process that runs it, and what the process gives to the role. */
#ifndef TG_PROC_ROLE_OPS_H
#define TG_PROC_ROLE_OPS_H

#include "base/flow.h"
#include "link/msg.h"

struct conf;
struct net_loop;
struct tg_log;

/** Everything a role gets; valid until its free().  The pure roles use no field below the line. */
struct proc_env {
	struct link_proc self;
	uint32_t epoch;       /* how often this process was started, from 1 */
	uint8_t seed[32];     /* from the operating system; wiped after create() */
	uint64_t now_ms;      /* monotonic */
	uint64_t wall_ms;     /* wall clock at now_ms */
	struct tg_net net;    /* edge and carrier only */
	struct link_out out;  /* posts to a process that is not up are dropped and counted */
	struct tg_log *log;
	const struct conf *conf; /* the same text in every process, parsed by each */
	/* ---- for roles with descriptors of their own: relay, resolver, console, vault's store */
	struct net_loop *loop;
};

/**
 * One role.  All functions are called on the one thread of the process.
 * What a role posts or sends leaves at the end of the turn.
 */
struct proc_role_ops {
	/** NULL: the process ends with an error and starts again later; `*why` is static text. */
	void *(*create)(const struct proc_env *env, const char **why);
	/** A datagram; NULL for roles without SIP sockets. */
	void (*packet)(void *role, uint64_t now_ms, const struct tg_flow *flow,
	               struct slice bytes);
	/** A checked message of that sender's current epoch; PEER and STOP included. */
	void (*message)(void *role, uint64_t now_ms, const struct link_msg *msg);
	void (*tick)(void *role, uint64_t now_ms);
	/** When tick() is wanted next; UINT64_MAX = not at all. */
	uint64_t (*next_ms)(const void *role);
	/** After a graceful STOP: true when nothing is left to hang up.  NULL: at once. */
	bool (*idle)(const void *role);
	void (*free)(void *role);
};

#endif
