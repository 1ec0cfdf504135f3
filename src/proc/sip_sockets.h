/* The SIP sockets of all workers: bound once by the warden, so that a restart loses no datagram. */
#ifndef TG_PROC_SIP_SOCKETS_H
#define TG_PROC_SIP_SOCKETS_H

#include "base/log.h"
#include "proc/plan.h"

/** One socket: whose it is, and which interface. */
struct sip_socket {
	int fd;
	uint16_t iface;
	struct link_proc owner;
};

struct sip_sockets {
	uint32_t count;
	struct sip_socket at[CONF_INTERFACES_MAX * PLAN_PROCS_MAX];
};

/** Addresses that a trunk's name has now; those that it had before stay sorted to its carrier. */
struct trunk_addrs {
	uint32_t count;
	struct tg_addr at[2 * LINK_ADDRS_MAX];
};

/**
 * Bind a socket for every edge on every interface, and for every carrier where trunks are.  An
 * address that another program has is an error, even when it would share it.
 *
 * error  on failure: a sentence for the operator, NUL-terminated
 *
 * TG_EIO  one cannot be bound; nothing stays open
 */
TG_MUST_USE enum tg_err sip_sockets_open(struct sip_sockets *out, const struct conf *conf,
                                         const struct plan *plan, struct tg_log *log, char *error,
                                         size_t cap);

/**
 * Sort what arrives at the shared addresses: from a trunk's addresses and networks to its carrier,
 * everything else to the edges.  `names` has an entry for each trunk.
 */
TG_MUST_USE enum tg_err sip_sockets_steer(const struct sip_sockets *sockets,
                                          const struct conf *conf, const struct plan *plan,
                                          const struct trunk_addrs *names);

void sip_sockets_close(struct sip_sockets *sockets);

#endif
