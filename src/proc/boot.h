/* What the warden hands to a process that it starts: descriptors and their meaning. */
#ifndef TG_PROC_BOOT_H
#define TG_PROC_BOOT_H

#include <sys/types.h>

#include "net/udp.h"
#include "proc/bus.h"

/** A SIP socket and the configured interface that it belongs to. */
struct boot_socket {
	int fd;
	uint16_t iface;
};

/** Written into a sealed memfd by the warden, read by the child; both are the same binary. */
struct boot {
	uint32_t version; /* BOOT_VERSION */
	struct link_proc self;
	uint32_t epoch;
	pid_t warden;
	int conf_fd; /* sealed memfd with the text of the configuration */
	int lock_fd; /* the lock on the data directory, held until we die; -1 = not ours */
	uint32_t sockets, channels;
	struct boot_socket socket[NET_UDP_SOCKETS_MAX];
	struct bus_channel channel[BUS_PEERS_MAX];
};

enum { BOOT_VERSION = 1 };

/** A memfd with `size` octets of `data`, sealed against change; closed on exec.  -1: errno. */
int boot_memfd(const char *name, const void *data, size_t size);

/** A memfd of `size` zero octets whose size is sealed; closed on exec.  -1: errno. */
int boot_memory(const char *name, size_t size);

/**
 * Read the description and close the descriptor.
 *
 * TG_EBAD  not one of ours
 */
TG_MUST_USE enum tg_err boot_read(struct boot *out, int fd);

/**
 * Give this process the rights and limits of a child: dies with the warden, leaves no core, cannot
 * be traced by others of its user (F12), gains no privilege, ignores the terminal's signals.
 *
 * TG_EBUSY  the warden is gone already
 * TG_EIO    the kernel refused
 */
TG_MUST_USE enum tg_err boot_harden(pid_t warden);

#endif
