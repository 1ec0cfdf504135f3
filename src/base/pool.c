#include "base/pool.h"

#include "base/macros.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* An odd generation means taken; giving back and taking each add one. */
struct head {
	uint32_t gen;
	uint32_t next; /* 1-based free list while free */
};

struct tg_pool {
	const char *name;
	size_t size, stride;
	uint32_t cap, reserve, used, peak;
	uint32_t free_head; /* 1-based; 0 = none */
	uint32_t fresh;     /* slots below this one were handed out at least once */
	uint64_t refused;
	char *mem;
};

enum { HEAD_BYTES = 16 };

struct tg_pool *tg_pool_new(const char *name, size_t size, uint32_t cap, uint32_t reserve)
{
	struct tg_pool *pool = calloc(1, sizeof(*pool));

	assert(size > 0 && cap > 0 && reserve < cap);
	if (pool == NULL)
		return NULL;
	pool->name = name;
	pool->size = size;
	pool->stride = (HEAD_BYTES + size + 15) / 16 * 16;
	pool->cap = cap;
	pool->reserve = reserve;
	pool->mem = calloc(cap, pool->stride); /* untouched pages cost nothing until used */
	if (pool->mem == NULL) {
		free(pool);
		return NULL;
	}
	return pool;
}

void tg_pool_free(struct tg_pool *pool)
{
	if (pool == NULL)
		return;
	free(pool->mem);
	free(pool);
}

static struct head *head_at(const struct tg_pool *pool, uint32_t slot)
{
	return (struct head *)(void *)(pool->mem + (size_t)(slot - 1) * pool->stride);
}

static uint32_t slot_of(const struct tg_pool *pool, const void *object)
{
	size_t at = (size_t)((const char *)object - HEAD_BYTES - pool->mem);

	assert(at % pool->stride == 0 && at / pool->stride < pool->cap);
	return (uint32_t)(at / pool->stride) + 1;
}

static void *take(struct tg_pool *pool, uint32_t keep)
{
	struct head *h;
	uint32_t slot;

	if (pool->cap - pool->used <= keep) {
		pool->refused++;
		return NULL;
	}
	if (pool->free_head != 0) {
		slot = pool->free_head;
		pool->free_head = head_at(pool, slot)->next;
	} else {
		slot = ++pool->fresh;
	}
	h = head_at(pool, slot);
	assert(h->gen % 2 == 0);
	h->gen++;
	h->next = 0;
	pool->used++;
	pool->peak = TG_MAX(pool->peak, pool->used);
	return memset((char *)h + HEAD_BYTES, 0, pool->size);
}

void *tg_pool_take(struct tg_pool *pool)
{
	return take(pool, pool->reserve);
}

void *tg_pool_take_reserved(struct tg_pool *pool)
{
	return take(pool, 0);
}

void tg_pool_give(struct tg_pool *pool, void *object)
{
	struct head *h;
	uint32_t slot;

	if (object == NULL)
		return;
	slot = slot_of(pool, object);
	h = head_at(pool, slot);
	assert(h->gen % 2 == 1);
	h->gen++;
	h->next = pool->free_head;
	pool->free_head = slot;
	pool->used--;
}

struct tg_handle tg_pool_handle(const struct tg_pool *pool, const void *object)
{
	uint32_t slot = slot_of(pool, object);
	const struct head *h = head_at(pool, slot);

	assert(h->gen % 2 == 1);
	return (struct tg_handle){ slot, h->gen };
}

void *tg_pool_find(const struct tg_pool *pool, struct tg_handle handle)
{
	struct head *h;

	if (handle.slot == 0 || handle.slot > pool->fresh || handle.gen % 2 == 0)
		return NULL;
	h = head_at(pool, handle.slot);
	return h->gen == handle.gen ? (char *)h + HEAD_BYTES : NULL;
}

void *tg_pool_at(const struct tg_pool *pool, uint32_t slot)
{
	struct head *h;

	if (slot == 0 || slot > pool->fresh)
		return NULL;
	h = head_at(pool, slot);
	return h->gen % 2 == 1 ? (char *)h + HEAD_BYTES : NULL;
}

void *tg_pool_next(const struct tg_pool *pool, uint32_t from, uint32_t *slot)
{
	for (uint32_t i = TG_MAX(from, 1u); i <= pool->fresh; i++) {
		struct head *h = head_at(pool, i);

		if (h->gen % 2 == 1) {
			*slot = i;
			return (char *)h + HEAD_BYTES;
		}
	}
	return NULL;
}

void tg_pool_stat(const struct tg_pool *pool, struct tg_pool_stat *out)
{
	*out = (struct tg_pool_stat){
		.name = pool->name,
		.cap = pool->cap,
		.used = pool->used,
		.peak = pool->peak,
		.item_bytes = (uint32_t)pool->stride,
		.refused = pool->refused,
	};
}
