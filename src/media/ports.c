/* Port pairs and when each may be used again. */
#include "media/ports.h"

#include "base/macros.h"

#include <assert.h>
#include <stdlib.h>

/* Draws before the free pairs are counted out; with half of them free, 16 misses are 1 in 65536. */
enum { DRAWS = 16 };

struct media_ports {
	uint32_t rest_ms;
	uint32_t pairs;
	uint16_t first;     /* even */
	uint64_t free_ms[]; /* from when on it may be picked; UINT64_MAX = taken */
};

#define TAKEN UINT64_MAX

struct media_ports *media_ports_new(uint16_t min, uint16_t max, uint32_t rest_ms)
{
	uint32_t first = ((uint32_t)min + 1) & ~1u;
	uint32_t pairs = max > first ? (max - first + 1) / 2 : 0;
	struct media_ports *ports;

	if (min == 0 || pairs == 0)
		return NULL;
	ports = calloc(1, sizeof(*ports) + pairs * sizeof(ports->free_ms[0]));
	if (ports == NULL)
		return NULL;
	ports->rest_ms = rest_ms;
	ports->pairs = pairs;
	ports->first = (uint16_t)first;
	return ports;
}

void media_ports_free(struct media_ports *ports)
{
	free(ports);
}

static uint16_t port_at(const struct media_ports *ports, uint32_t pair)
{
	return (uint16_t)(ports->first + 2 * pair);
}

static uint32_t pair_of(const struct media_ports *ports, uint16_t port)
{
	assert(port >= ports->first && (uint32_t)(port - ports->first) / 2 < ports->pairs);
	return (uint32_t)(port - ports->first) / 2;
}

/* The n-th pair that is free, for when few are. */
static uint32_t nth_free(const struct media_ports *ports, uint64_t now_ms, uint64_t n)
{
	uint32_t pair = 0;

	for (;; pair++) {
		if (ports->free_ms[pair] > now_ms)
			continue;
		if (n-- == 0)
			return pair;
	}
}

static uint64_t count_free(const struct media_ports *ports, uint64_t now_ms)
{
	uint64_t n = 0;

	for (uint32_t pair = 0; pair < ports->pairs; pair++)
		n += ports->free_ms[pair] <= now_ms;
	return n;
}

enum tg_err media_ports_pick(struct media_ports *ports, struct tg_rng *rng, uint64_t now_ms,
                             uint16_t *port)
{
	uint32_t pair = 0;
	uint64_t n;

	for (int draw = 0; draw < DRAWS; draw++) {
		pair = (uint32_t)tg_rng_below(rng, ports->pairs);
		if (ports->free_ms[pair] <= now_ms)
			goto found;
	}
	n = count_free(ports, now_ms);
	if (n == 0)
		return TG_ELIMIT;
	pair = nth_free(ports, now_ms, tg_rng_below(rng, n));
found:
	ports->free_ms[pair] = TAKEN;
	*port = port_at(ports, pair);
	return TG_OK;
}

enum tg_err media_ports_take(struct media_ports *ports, uint16_t port)
{
	uint32_t pair;

	if (port % 2 != 0 || port < ports->first ||
	    (uint32_t)(port - ports->first) / 2 >= ports->pairs)
		return TG_EBAD;
	pair = pair_of(ports, port);
	if (ports->free_ms[pair] == TAKEN)
		return TG_EBUSY;
	ports->free_ms[pair] = TAKEN;
	return TG_OK;
}

void media_ports_give(struct media_ports *ports, uint16_t port, uint64_t now_ms)
{
	uint32_t pair = pair_of(ports, port);

	assert(ports->free_ms[pair] == TAKEN);
	ports->free_ms[pair] = now_ms + ports->rest_ms;
}

void media_ports_undo(struct media_ports *ports, uint16_t port)
{
	ports->free_ms[pair_of(ports, port)] = 0;
}
