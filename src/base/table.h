/* A keyed hash table from octets to pool slots; fixed size, no allocation after the start (D11). */
#ifndef TG_BASE_TABLE_H
#define TG_BASE_TABLE_H

#include "base/hash.h"

struct tg_table;

/**
 * Memory for `cap` entries.  Cost: 16 bytes an entry (load at most one half of the places).
 *
 * key  random key of this table's SipHash, so that crafted Call-IDs do not collide
 *
 * Returns NULL without memory.
 */
struct tg_table *tg_table_new(uint32_t cap, const struct tg_key *key);

/** NULL is fine. */
void tg_table_free(struct tg_table *table);

/** Hash of `s` under the table's key. */
uint64_t tg_table_hash(const struct tg_table *table, struct slice s);

/**
 * Add an entry; several entries may share a hash (the owner compares the full keys).
 *
 * value  not 0; usually a pool slot
 *
 * TG_ELIMIT  `cap` entries are in
 */
TG_MUST_USE enum tg_err tg_table_add(struct tg_table *table, uint64_t hash, uint32_t value);

/** Remove the entry that has both.  False when there is none. */
bool tg_table_remove(struct tg_table *table, uint64_t hash, uint32_t value);

/**
 * Walk the values of a hash: set `*at` to 0, call until it answers 0.  The table must not change
 * in between.
 */
uint32_t tg_table_find(const struct tg_table *table, uint64_t hash, uint32_t *at);

uint32_t tg_table_count(const struct tg_table *table);

#endif
