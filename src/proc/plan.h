/* Which processes there are, who talks with whom, and which trunk belongs to which carrier. */
#ifndef TG_PROC_PLAN_H
#define TG_PROC_PLAN_H

#include "conf/conf.h"
#include "link/msg.h"

enum { PLAN_PROCS_MAX = 128 };

/** The children of the warden, in the order in which they are started. */
struct plan {
	uint32_t count;
	struct link_proc proc[PLAN_PROCS_MAX];
	uint32_t edges, carriers, relays;
};

/**
 * The processes that a configuration asks for.
 *
 * TG_ELIMIT  more than PLAN_PROCS_MAX
 */
TG_MUST_USE enum tg_err plan_make(struct plan *out, const struct conf *conf);

/** True when the two exchange messages: all others have no ring, so nothing to forge. */
bool plan_talk(struct link_proc a, struct link_proc b);

/** Index of the carrier that has a trunk: its registration, its calls, and what it sends us. */
uint8_t plan_trunk_carrier(uint32_t carriers, uint32_t trunk);

/** True when some trunk uses the interface, so that carriers need sockets on it. */
bool plan_interface_has_trunk(const struct conf *conf, uint32_t interface);

/** Stages in which processes are stopped, so that each can tell the next one its last news. */
enum { PLAN_STOP_STAGES = 3 };
unsigned plan_stop_stage(enum link_role role);

#endif
