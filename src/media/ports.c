/*
 * Port pairs and when each may be used again.
 *
 * Free pairs lie in an array without order, so that a random one is drawn and taken out in two
 * steps; resting ones hang in a list in the order in which they were given back, which is the order
 * in which they become free.  So an attempt costs the same when nearly all are taken.
 */
#include "media/ports.h"

#include "base/macros.h"

#include <assert.h>
#include <stdlib.h>

enum pair_state { PAIR_FREE, PAIR_TAKEN, PAIR_RESTING };

/* No pair; there are fewer than this. */
#define NO_PAIR UINT16_MAX

struct pair {
	uint64_t free_ms;    /* RESTING: from when on it may be picked */
	uint16_t prev, next; /* RESTING: neighbours in the list, or NO_PAIR */
	uint16_t at;         /* FREE: place in `free` */
	uint8_t state;       /* enum pair_state */
	bool preferred;
};

struct media_ports {
	uint32_t rest_ms;
	uint32_t pairs;
	uint16_t first;              /* even */
	uint16_t free_count, preferred_count; /* in `free` */
	uint16_t rest_head, rest_tail; /* the oldest, the youngest */
	uint16_t *free;              /* [pairs], behind `pair` */
	struct pair pair[];
};

static void lay(struct media_ports *ports, uint16_t at, uint16_t i)
{
	ports->free[at] = i;
	ports->pair[i].at = at;
}

static void put_free(struct media_ports *ports, uint16_t i)
{
	ports->pair[i].state = PAIR_FREE;
	lay(ports, ports->free_count++, i);
	if (!ports->pair[i].preferred)
		return;
	lay(ports, ports->pair[i].at, ports->free[ports->preferred_count]);
	lay(ports, ports->preferred_count++, i);
}

struct media_ports *media_ports_new(uint16_t min, uint16_t max, uint32_t rest_ms)
{
	uint32_t first = ((uint32_t)min + 1) & ~1u;
	uint32_t pairs = max > first ? (max - first + 1) / 2 : 0;
	struct media_ports *ports;

	if (min == 0 || pairs == 0)
		return NULL;
	ports = calloc(1, sizeof(*ports) + pairs * (sizeof(ports->pair[0]) + sizeof(uint16_t)));
	if (ports == NULL)
		return NULL;
	ports->rest_ms = rest_ms;
	ports->pairs = pairs;
	ports->first = (uint16_t)first;
	ports->rest_head = ports->rest_tail = NO_PAIR;
	ports->free = (uint16_t *)(void *)&ports->pair[pairs];
	for (uint32_t i = 0; i < pairs; i++)
		put_free(ports, (uint16_t)i);
	return ports;
}

void media_ports_free(struct media_ports *ports)
{
	free(ports);
}

static uint16_t pair_of(const struct media_ports *ports, uint16_t port)
{
	assert(port >= ports->first && (uint32_t)(port - ports->first) / 2 < ports->pairs);
	return (uint16_t)((port - ports->first) / 2);
}

static void take_free(struct media_ports *ports, uint16_t i)
{
	uint16_t at = ports->pair[i].at;

	if (at < ports->preferred_count) {
		lay(ports, at, ports->free[--ports->preferred_count]);
		at = ports->preferred_count;
	}
	if (at != --ports->free_count)
		lay(ports, at, ports->free[ports->free_count]);
	ports->pair[i].state = PAIR_TAKEN;
}

static void take_resting(struct media_ports *ports, uint16_t i)
{
	struct pair *p = &ports->pair[i];

	if (p->prev == NO_PAIR)
		ports->rest_head = p->next;
	else
		ports->pair[p->prev].next = p->next;
	if (p->next == NO_PAIR)
		ports->rest_tail = p->prev;
	else
		ports->pair[p->next].prev = p->prev;
	p->state = PAIR_TAKEN;
}

static void wake_rested(struct media_ports *ports, uint64_t now_ms)
{
	uint16_t i;

	while ((i = ports->rest_head) != NO_PAIR && ports->pair[i].free_ms <= now_ms) {
		take_resting(ports, i);
		put_free(ports, i);
	}
}

enum tg_err media_ports_pick(struct media_ports *ports, struct tg_rng *rng, uint64_t now_ms,
                             uint16_t *port)
{
	uint16_t i;

	wake_rested(ports, now_ms);
	if (ports->free_count == 0)
		return TG_ELIMIT;
	i = ports->free[tg_rng_below(rng, ports->preferred_count > 0 ? ports->preferred_count :
	                                                               ports->free_count)];
	take_free(ports, i);
	*port = (uint16_t)(ports->first + 2 * i);
	return TG_OK;
}

enum tg_err media_ports_take(struct media_ports *ports, uint16_t port)
{
	uint16_t i;

	if (port % 2 != 0 || port < ports->first ||
	    (uint32_t)(port - ports->first) / 2 >= ports->pairs)
		return TG_EBAD;
	i = pair_of(ports, port);
	if (ports->pair[i].state == PAIR_TAKEN)
		return TG_EBUSY;
	if (ports->pair[i].state == PAIR_FREE)
		take_free(ports, i);
	else
		take_resting(ports, i);
	return TG_OK;
}

void media_ports_prefer(struct media_ports *ports, uint16_t port, bool preferred)
{
	struct pair *p = &ports->pair[pair_of(ports, port)];

	assert(p->state == PAIR_TAKEN);
	p->preferred = preferred;
}

void media_ports_give(struct media_ports *ports, uint16_t port, uint64_t now_ms)
{
	uint16_t i = pair_of(ports, port), tail = ports->rest_tail;
	struct pair *p = &ports->pair[i];

	assert(p->state == PAIR_TAKEN);
	p->free_ms = now_ms + ports->rest_ms;
	p->prev = tail;
	p->next = NO_PAIR;
	p->state = PAIR_RESTING;
	if (tail == NO_PAIR)
		ports->rest_head = i;
	else
		ports->pair[tail].next = i;
	ports->rest_tail = i;
}

void media_ports_undo(struct media_ports *ports, uint16_t port)
{
	uint16_t i = pair_of(ports, port);

	assert(ports->pair[i].state == PAIR_TAKEN);
	put_free(ports, i);
}
