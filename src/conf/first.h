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

/** Where the machine stands, as far as it knows; NUL-terminated, empty = it does not. */
struct conf_first_place {
	char zone[65]; /* IANA name */
	char home[3];  /* territory, "ES" */
	bool by_zone;  /* `home` follows from the zone, else from the language */
};

/**
 * Guess it.
 *
 * zone      what /etc/localtime points to: ".../zoneinfo/Europe/Madrid"; may be empty
 * zone_tab  /usr/share/zoneinfo/zone.tab: country, position and name of each zone; may be empty
 * language  "es_ES.UTF-8"; may be empty
 */
void conf_first_guess(struct conf_first_place *out, struct slice zone, struct slice zone_tab,
                      struct slice language);

/**
 * Write a commented configuration: every private IPv4 address becomes an inside interface with its
 * network; public ones only a comment; without any private one it listens on loopback.  It has no
 * trunk, no PBX and allows no number, so nothing can cost money.
 *
 * data   directory for site.data, absolute
 * place  its home and zone are written with a word to check them
 *
 * The text parses without a mistake unless `b` is full.
 */
void conf_first_write(struct buf *b, const struct conf_first_addr *addrs, size_t count,
                      struct slice data, const struct conf_first_place *place);

/**
 * Create a file with mode 0600 that did not exist, and make it durable (file and directory synced).
 *
 * TG_EEXIST  something of that name is there; untouched
 * TG_EIO     errno tells; nothing is left behind
 */
TG_MUST_USE enum tg_err conf_first_create(const char *path, struct slice text);

#endif
