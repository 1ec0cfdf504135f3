/*
 * Which country an address is thought to be in: a database in MaxMind's format (MMDB), any that has
 * countries.
 *
 * A guess by address: providers route, sell and renumber.  So it is one fact among others, and its
 * age is shown.  The file is copied once into memory: one that is replaced or cut short later harms
 * nobody, and holds from the next start of the vault.
 */
#ifndef TG_PROC_GEO_H
#define TG_PROC_GEO_H

#include "base/addr.h"

struct conf;
struct geo;

enum { GEO_WHY_MAX = 512 };

/**
 * Open a database.
 *
 * path  of the file; at most 256 MiB
 * out   set only on TG_OK; free with geo_free()
 * why   GEO_WHY_MAX octets; set on failure: a sentence that says what to do, NUL-terminated
 *
 * TG_ENOENT  there is no such file
 * TG_EIO     it cannot be read
 * TG_EBAD    not a database, a damaged one, or one without countries
 * TG_ENOMEM  out of memory
 */
TG_MUST_USE enum tg_err geo_open(struct geo **out, struct slice path, char *why);
/** NULL is fine. */
void geo_free(struct geo *geo);

/** The territory (number_territory_find()) of an address; 0 = not known.  Any thread. */
uint16_t geo_country(const struct geo *geo, const struct tg_addr *addr);

/** Write "DBIP-Country-Lite of 2026-03-01, 31 days old"; now_s since 1970. */
void geo_write(struct buf *b, const struct geo *geo, uint64_t now_s);

/**
 * One line about the configured database, or about what is wrong with it; nothing without one.
 *
 * False when it cannot be used.
 */
bool geo_open_write(struct buf *b, const struct conf *conf, uint64_t now_s);

#endif
