#include "conf/conf_priv.h"

#include <stdalign.h>
#include <stdlib.h>

enum { BLOCK = 32768 };

void *conf_arena_take(struct conf_arena **arena, size_t bytes)
{
	size_t need = (bytes + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	struct conf_arena *a = *arena;
	void *p;

	if (a == NULL || need > a->cap - a->used) {
		size_t cap = TG_MAX(need, (size_t)BLOCK);

		a = calloc(1, sizeof(*a) + cap);
		if (a == NULL)
			return NULL;
		a->cap = cap;
		a->next = *arena;
		*arena = a;
	}
	p = a->mem + a->used;
	a->used += need;
	return p;
}

void conf_arena_free(struct conf_arena *arena)
{
	while (arena != NULL) {
		struct conf_arena *next = arena->next;

		free(arena);
		arena = next;
	}
}
