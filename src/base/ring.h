/* A one-way queue of fixed slots between two processes that share memory but no trust. */
#ifndef TG_BASE_RING_H
#define TG_BASE_RING_H

#include "base/slice.h"

/**
 * One end of a ring: the producer's or the consumer's own view.  Nothing in it is shared; what the
 * other end writes into the shared memory can lose or garble messages of this ring and no more:
 * indexes are masked, lengths clamped, and each end believes its own position, not the memory.
 *
 * Either end may be killed at any instruction.  A message is visible only after it was written
 * whole; a producer that starts again goes on behind the last visible one; a consumer that starts
 * again skips what it finds.
 */
struct tg_ring {
	void *mem;
	uint32_t slots;      /* power of two */
	uint32_t slot_bytes; /* of a message, at most */
	uint32_t at;         /* our position, counting up without end */
	uint64_t moved;      /* messages pushed or popped */
	uint64_t full;       /* producer: messages lost to a full ring */
	uint64_t broken;     /* times the other end left nonsense in the shared memory */
};

/** Octets of shared memory that a ring needs.  slots: power of two, 2..65536. */
size_t tg_ring_bytes(uint32_t slots, uint32_t slot_bytes);

/** Become the one producer.  `mem` is aligned to 64, all zero when the ring is new. */
void tg_ring_attach_producer(struct tg_ring *r, void *mem, uint32_t slots, uint32_t slot_bytes);

/** Become the one consumer; messages that stand in the ring are skipped. */
void tg_ring_attach_consumer(struct tg_ring *r, void *mem, uint32_t slots, uint32_t slot_bytes);

/**
 * Copy one message in (1..slot_bytes octets), given as two parts.  Producer only; never blocks.
 *
 * TG_ELIMIT  the ring is full (counted) or the message too long
 */
TG_MUST_USE enum tg_err tg_ring_push(struct tg_ring *r, struct slice head, struct slice rest);

/**
 * True when the consumer sleeps and has not been called yet: the producer then writes the doorbell,
 * once however many messages it pushed.  Producer only, after the pushes.
 */
bool tg_ring_bell(struct tg_ring *r);

/**
 * Copy the oldest message out, cut at `cap`.  Consumer only.
 *
 * Returns its octets, 0 when the ring is empty.  The copy is private: check that, never the ring.
 */
size_t tg_ring_pop(struct tg_ring *r, void *out, size_t cap);

/**
 * Say that the consumer is going to sleep.  False: something has come meanwhile, do not.
 * Whoever gets true sleeps on the doorbell and calls tg_ring_awake() afterwards.
 */
bool tg_ring_sleep(struct tg_ring *r);

void tg_ring_awake(struct tg_ring *r);

#endif
