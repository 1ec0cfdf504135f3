/* Fixed-size object pools: allocated at start, handed out by {slot, generation}, never grown. */
#ifndef TG_BASE_POOL_H
#define TG_BASE_POOL_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * Names an object across queues, timers and processes without keeping it alive: a handle of an
 * object that was given back finds nothing.  All zero is "none".
 */
struct tg_handle {
	uint32_t slot; /* 1-based; 0 = none */
	uint32_t gen;
};

struct tg_pool;

/**
 * All memory for `cap` objects of `size` bytes, at once.
 *
 * name     static string for counters and logs
 * reserve  the last `reserve` slots go only to tg_pool_take_reserved() (emergency calls); < cap
 *
 * Returns NULL without memory.  Cost: size + 8 bytes an object, rounded up to 16.
 */
struct tg_pool *tg_pool_new(const char *name, size_t size, uint32_t cap, uint32_t reserve);

/** Free the pool and all that it handed out.  NULL is fine. */
void tg_pool_free(struct tg_pool *pool);

/** A zeroed object, or NULL when only the reserve is left (counted). */
void *tg_pool_take(struct tg_pool *pool);

/** The same, allowed to use the reserve. */
void *tg_pool_take_reserved(struct tg_pool *pool);

/** Give an object back; its handles die now.  NULL is fine.  Asserts that it is taken. */
void tg_pool_give(struct tg_pool *pool, void *object);

/** Handle of a taken object. */
struct tg_handle tg_pool_handle(const struct tg_pool *pool, const void *object);

/** The object, or NULL when the handle is none, stale, or was never ours.  Any input is safe. */
void *tg_pool_find(const struct tg_pool *pool, struct tg_handle handle);

/** The taken object in this slot (1-based), or NULL: for tables of slots.  Any input is safe. */
void *tg_pool_at(const struct tg_pool *pool, uint32_t slot);

/** The taken object with the smallest slot ≥ `from` (1-based), or NULL; `*slot` tells which. */
void *tg_pool_next(const struct tg_pool *pool, uint32_t from, uint32_t *slot);

struct tg_pool_stat {
	const char *name;
	uint32_t cap, used, peak;
	uint32_t item_bytes;
	uint64_t refused; /* takes that found no free slot */
};
void tg_pool_stat(const struct tg_pool *pool, struct tg_pool_stat *out);

#endif
