/*
 * Different destinations a day: exact sets of hashes, paid for only by ledgers with such a limit.
 */
#include "ledger/ledger_priv.h"

#include <assert.h>
#include <string.h>

enum { SWEEP = 64 }; /* chunks looked at when none is free */

enum seen seen_find(const struct ledger *l, const struct entry *e, uint64_t hash, uint32_t *count)
{
	bool room = false;

	hash += hash == 0;
	*count = 0;
	for (uint32_t i = e->seen; i != 0; i = l->chunks[i].next) {
		const struct chunk *c = &l->chunks[i];

		for (unsigned k = 0; k < COUNT(c->hash); k++) {
			if (c->hash[k] == hash)
				return SEEN_KNOWN;
			if (c->hash[k] == 0)
				room = true;
			else
				++*count;
		}
	}
	return room ? SEEN_NEW : SEEN_NEW_CHUNK;
}

void seen_clear(struct ledger *l, struct entry *e)
{
	while (e->seen != 0) {
		struct chunk *c = &l->chunks[e->seen];
		uint32_t next = c->next;

		memset(c, 0, sizeof(*c));
		c->next = l->chunks_free;
		l->chunks_free = e->seen;
		l->chunks_used--;
		e->seen = next;
	}
}

/** Free the sets of yesterday, a few at a time: their ledgers may never be touched again. */
static void sweep(struct ledger *l)
{
	uint32_t steps = TG_MIN((uint32_t)SWEEP, l->chunks_fresh);

	for (uint32_t i = 0; i < steps; i++) {
		struct entry *e;

		l->sweep = l->sweep % l->chunks_fresh + 1;
		if (l->chunks[l->sweep].owner == 0)
			continue;
		e = entry_at(l, l->chunks[l->sweep].owner);
		if (e->minute < l->start[LEDGER_DAY])
			seen_clear(l, e);
	}
}

bool seen_room(struct ledger *l, uint32_t chunks)
{
	if (l->conf.destinations - l->chunks_used < chunks)
		sweep(l);
	return l->conf.destinations - l->chunks_used >= chunks;
}

void seen_add(struct ledger *l, uint32_t id, uint64_t hash)
{
	struct entry *e = entry_at(l, id);
	struct chunk *c = &l->chunks[e->seen];
	uint32_t at;

	hash += hash == 0;
	/* only the first of a chain has room */
	if (e->seen == 0 || c->hash[COUNT(c->hash) - 1] != 0) {
		assert(l->chunks_used < l->conf.destinations);
		at = l->chunks_free;
		if (at != 0)
			l->chunks_free = l->chunks[at].next;
		else
			at = ++l->chunks_fresh;
		c = &l->chunks[at];
		c->owner = id;
		c->next = e->seen;
		e->seen = at;
		l->chunks_used++;
	}
	for (unsigned k = 0; k < COUNT(c->hash); k++) {
		if (c->hash[k] == 0) {
			c->hash[k] = hash;
			return;
		}
	}
}

uint32_t ledger_destinations(const struct ledger *l, uint32_t id,
                             uint64_t out[LEDGER_DESTINATIONS_MAX])
{
	const struct entry *e;
	uint32_t count = 0;

	if (id == 0 || id > l->count)
		return 0;
	e = entry_at(l, id);
	if (e->minute < l->start[LEDGER_DAY])
		return 0;
	for (uint32_t i = e->seen; i != 0; i = l->chunks[i].next) {
		for (unsigned k = 0; k < COUNT(l->chunks[i].hash); k++) {
			if (l->chunks[i].hash[k] != 0 && count < LEDGER_DESTINATIONS_MAX)
				out[count++] = l->chunks[i].hash[k];
		}
	}
	return count;
}

enum tg_err ledger_destination_import(struct ledger *l, uint32_t id, uint64_t hash,
                                      uint32_t minute)
{
	struct entry *e;
	uint32_t count;
	enum seen seen;

	if (id == 0 || id > l->count)
		return TG_ENOENT;
	if (minute < l->start[LEDGER_DAY])
		return TG_OK;
	e = entry_at(l, id);
	entry_touch(l, e);
	seen = seen_find(l, e, hash, &count);
	if (seen == SEEN_KNOWN)
		return TG_OK;
	if (count >= LEDGER_DESTINATIONS_MAX || (seen == SEEN_NEW_CHUNK && !seen_room(l, 1)))
		return TG_ENOMEM;
	seen_add(l, id, hash);
	return TG_OK;
}
