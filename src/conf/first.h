/* The first configuration of a machine: closed, LAN only, written once (R34, R103). */
#ifndef TG_CONF_FIRST_H
#define TG_CONF_FIRST_H

#include "base/addr.h"

/** One address of the machine, as the caller enumerated it. */
struct conf_first_addr {
	char device[16];     /* NUL-terminated, such as "eth0" */
	struct tg_addr addr; /* port ignored */
	uint8_t bits;        /* of its network */
};

/**
 * Write a commented configuration: every private IPv4 address becomes an inside interface with its
 * network; public ones only a comment; without any private one it listens on loopback.  It has no
 * trunk, no PBX and allows no number, so nothing can cost money.
 *
 * data  directory for site.data, absolute
 *
 * The text parses without a mistake unless `b` is full.
 */
void conf_first_write(struct buf *b, const struct conf_first_addr *addrs, size_t count,
                      struct slice data);

/**
 * Create a file with mode 0600 that did not exist, and make it durable (file and directory synced).
 *
 * TG_EEXIST  something of that name is there; untouched
 * TG_EIO     errno tells; nothing is left behind
 */
TG_MUST_USE enum tg_err conf_first_create(const char *path, struct slice text);

#endif
