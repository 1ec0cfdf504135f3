/*
 * A disk for SQLite that forgets: below the store it keeps, for every file, what has been synced
 * and what has only been written, can stop the world at any write or sync, and then show what a
 * power failure may have left: any part, by sectors of 512 octets, of what was not synced.
 */
#ifndef TG_TESTS_PROMISES_MONEY_SHIM_H
#define TG_TESTS_PROMISES_MONEY_SHIM_H

#include <stdbool.h>
#include <stdint.h>

enum shim_survives {
	SHIM_NOTHING, /* of what was not synced */
	SHIM_ALL,
	SHIM_TORN /* sectors at random, in any order */
};

enum shim_trouble { SHIM_FINE, SHIM_FULL, SHIM_READ_ONLY, SHIM_STALLED };

/** Becomes SQLite's default VFS.  False: SQLite refused. */
bool shim_register(void);

/** Forget all files, and watch again; stop at this write, truncation or sync, from 1; 0 = never. */
void shim_start(uint64_t stop_at);
/** Was the stop reached?  Any thread. */
bool shim_stopped(void);
/** Writes, truncations and syncs since shim_start(). */
uint64_t shim_count(void);
/** Stop now. */
void shim_stop(void);

/**
 * After everything was closed: put on the real disk what survives, and let SQLite work again,
 * unwatched.  Again and again, with another choice.
 */
void shim_power_fails(enum shim_survives survives, uint64_t seed);

/** From now on writes fail in this way, or syncs wait. */
void shim_trouble(enum shim_trouble trouble);

#endif
