/*
 * The ring of base/ring.h on C11 atomics.
 *
 * The shared memory: two cache lines of indexes that count up without end, then the slots, each a
 * length and its octets.  The producer writes a slot, then releases `head`; the consumer copies it
 * out, then releases `tail`.  A process that dies in between leaves an index that was not moved.
 * Slot contents are plain memory: a hostile producer may change them while they are copied, which
 * garbles the copy, and the copy is what gets checked.
 */
#include "base/ring.h"

#include <assert.h>
#include <stdatomic.h>

#include "base/macros.h"

static_assert(ATOMIC_INT_LOCK_FREE == 2, "an index shared by processes cannot hide a lock");

struct shared {
	TG_ALIGNED(64) atomic_uint head; /* written by the producer */
	TG_ALIGNED(64) atomic_uint tail; /* written by the consumer */
	atomic_uint sleeps;              /* set by the consumer, cleared by both */
};

/* Octets from one slot to the next: a length in front, whole cache lines. */
static size_t stride(uint32_t slot_bytes)
{
	return ((size_t)slot_bytes + sizeof(atomic_uint) + 63) / 64 * 64;
}

static char *slot_of(const struct tg_ring *r, uint32_t index)
{
	size_t i = index & (r->slots - 1);

	return (char *)r->mem + sizeof(struct shared) + i * stride(r->slot_bytes);
}

size_t tg_ring_bytes(uint32_t slots, uint32_t slot_bytes)
{
	return sizeof(struct shared) + slots * stride(slot_bytes);
}

static struct shared *attach(struct tg_ring *r, void *mem, uint32_t slots, uint32_t slot_bytes)
{
	assert(slots >= 2 && slots <= 65536 && (slots & (slots - 1)) == 0);
	assert(((uintptr_t)mem & 63) == 0);
	*r = (struct tg_ring){ .mem = mem, .slots = slots, .slot_bytes = slot_bytes };
	return mem;
}

void tg_ring_attach_producer(struct tg_ring *r, void *mem, uint32_t slots, uint32_t slot_bytes)
{
	struct shared *s = attach(r, mem, slots, slot_bytes);

	r->at = atomic_load_explicit(&s->head, memory_order_relaxed);
}

void tg_ring_attach_consumer(struct tg_ring *r, void *mem, uint32_t slots, uint32_t slot_bytes)
{
	struct shared *s = attach(r, mem, slots, slot_bytes);

	r->at = atomic_load_explicit(&s->head, memory_order_acquire);
	atomic_store_explicit(&s->tail, r->at, memory_order_release);
	atomic_store_explicit(&s->sleeps, 0, memory_order_relaxed);
}

enum tg_err tg_ring_push(struct tg_ring *r, struct slice head, struct slice rest)
{
	struct shared *s = r->mem;
	uint32_t used = r->at - atomic_load_explicit(&s->tail, memory_order_acquire);
	size_t len = head.len + rest.len;
	char *slot;

	if (len == 0 || len > r->slot_bytes)
		return TG_ELIMIT;
	if (used >= r->slots) {
		r->full++;
		if (used > r->slots) /* the consumer claims to have read what is not written */
			r->broken++;
		return TG_ELIMIT;
	}
	slot = slot_of(r, r->at);
	atomic_store_explicit((atomic_uint *)(void *)slot, (unsigned)len, memory_order_relaxed);
	slot += sizeof(atomic_uint);
	if (head.len > 0)
		memcpy(slot, head.p, head.len);
	if (rest.len > 0)
		memcpy(slot + head.len, rest.p, rest.len);
	r->at++;
	r->moved++;
	atomic_store_explicit(&s->head, r->at, memory_order_release);
	return TG_OK;
}

bool tg_ring_bell(struct tg_ring *r)
{
	struct shared *s = r->mem;

	/* against the fence of tg_ring_sleep(): one of both sees what the other wrote */
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&s->sleeps, memory_order_relaxed) == 0)
		return false;
	return atomic_exchange_explicit(&s->sleeps, 0, memory_order_relaxed) != 0;
}

/* Move on to `at` and let the producer have what lies before it. */
static void release(struct tg_ring *r, uint32_t at)
{
	struct shared *s = r->mem;

	r->at = at;
	atomic_store_explicit(&s->tail, at, memory_order_release);
}

size_t tg_ring_pop(struct tg_ring *r, void *out, size_t cap)
{
	struct shared *s = r->mem;
	uint32_t head = atomic_load_explicit(&s->head, memory_order_acquire);

	if (head - r->at > r->slots) { /* no producer of ours writes this: skip it all */
		r->broken++;
		release(r, head);
		return 0;
	}
	while (r->at != head) {
		char *slot = slot_of(r, r->at);
		/* atomic, so that it is read once: it may change under us */
		size_t len =
			atomic_load_explicit((atomic_uint *)(void *)slot, memory_order_relaxed);

		len = TG_MIN(len, TG_MIN(r->slot_bytes, cap));
		if (len > 0)
			memcpy(out, slot + sizeof(atomic_uint), len);
		release(r, r->at + 1);
		if (len > 0) {
			r->moved++;
			return len;
		}
		r->broken++;
	}
	return 0;
}

bool tg_ring_sleep(struct tg_ring *r)
{
	struct shared *s = r->mem;

	atomic_store_explicit(&s->sleeps, 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&s->head, memory_order_acquire) == r->at)
		return true;
	tg_ring_awake(r);
	return false;
}

void tg_ring_awake(struct tg_ring *r)
{
	struct shared *s = r->mem;

	atomic_store_explicit(&s->sleeps, 0, memory_order_relaxed);
}
