/* Which worker's socket gets a datagram: the kernel asks a small program at each arrival. */
#ifndef TG_PROC_STEER_H
#define TG_PROC_STEER_H

#include "base/addr.h"

enum { STEER_RULES_MAX = 1000 };

/** Datagrams from `prefix` (IPv4) go to socket `socket` of the group. */
struct steer_rule {
	struct tg_prefix prefix;
	uint32_t socket; /* in the order in which the group's sockets were bound */
};

/**
 * Put the program on a group of SO_REUSEPORT sockets, in place of the one before.
 *
 * fd      any socket of the group
 * rules   the first that matches decides; what none matches is spread over the first `spread`
 *         sockets by its source, so that a peer stays with one worker
 * spread  ≥ 1
 *
 * So a trunk's packets reach its carrier and strangers' packets an edge, without a process between
 * them that would have to be trusted to sort.  No privilege needed.
 *
 * TG_ELIMIT  too many rules
 * TG_EIO     the kernel refused
 */
TG_MUST_USE enum tg_err steer_attach(int fd, const struct steer_rule *rules, size_t count,
                                     uint32_t spread);

#endif
