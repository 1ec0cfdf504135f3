/* Which row of table `live` is whose. */
#include <assert.h>
#include <stdlib.h>

#include "store/store_priv.h"

enum { BRANCHES = 17 }; /* A has 0, B 1 to 16 */

static uint64_t hash_of(const struct store_live *live, uint64_t call, uint8_t side, uint8_t branch)
{
	char mem[10];

	memcpy(mem, &call, sizeof(call));
	mem[8] = (char)side;
	mem[9] = (char)branch;
	return tg_table_hash(live->by_leg, slice_of(mem, sizeof(mem)));
}

enum tg_err store_live_init(struct store_live *live)
{
	struct tg_rng rng;
	struct tg_key key;

	tg_rng_init_os(&rng);
	tg_rng_bytes(&rng, &key, sizeof(key));
	live->seats = calloc(STORE_LIVE_MAX + 1, sizeof(*live->seats));
	live->free = calloc(STORE_LIVE_MAX, sizeof(*live->free));
	live->by_leg = tg_table_new(STORE_LIVE_MAX, &key);
	return live->seats != NULL && live->free != NULL && live->by_leg != NULL ? TG_OK
	                                                                         : TG_ENOMEM;
}

void store_live_fini(struct store_live *live)
{
	tg_table_free(live->by_leg);
	free(live->free);
	free(live->seats);
}

static uint32_t find(const struct store_live *live, uint64_t call, uint8_t side, uint8_t branch)
{
	uint64_t hash = hash_of(live, call, side, branch);
	uint32_t at = 0, row;

	while ((row = tg_table_find(live->by_leg, hash, &at)) != 0) {
		const struct store_seat *seat = &live->seats[row];

		if (seat->call == call && seat->side == side && seat->branch == branch)
			return row;
		if (at == 0)
			break;
	}
	return 0;
}

uint32_t store_live_find(const struct store_live *live, const struct link_leg *leg)
{
	return find(live, leg->call, leg->side, leg->branch);
}

bool store_live_holds(const struct store_live *live, uint64_t call)
{
	for (uint8_t i = 0; i < 2 * BRANCHES; i++) {
		uint32_t row = find(live, call, i / BRANCHES, i % BRANCHES);

		if (row != 0 && (live->seats[row].parts & STORE_HAS_HOLD) != 0)
			return true;
	}
	return false;
}

static void add(struct store_live *live, uint32_t row, const struct store_seat *seat)
{
	enum tg_err err;

	live->seats[row] = *seat;
	err = tg_table_add(live->by_leg, hash_of(live, seat->call, seat->side, seat->branch), row);
	assert(err == TG_OK); /* as large as the table of rows */
	live->used++;
	live->losts += (seat->parts & STORE_LOST) != 0;
}

static void drop(struct store_live *live, uint32_t row)
{
	struct store_seat *seat = &live->seats[row];

	tg_table_remove(live->by_leg, hash_of(live, seat->call, seat->side, seat->branch), row);
	live->used--;
	live->losts -= (seat->parts & STORE_LOST) != 0;
	seat->parts = 0;
	live->free[live->frees++] = row;
}

static void remember(struct store_live *live, uint32_t row)
{
	assert(live->undos < COUNT(live->undo));
	live->undo[live->undos++] = (struct store_undo){ row, live->seats[row] };
}

uint32_t store_live_take(struct store_live *live, const struct link_leg *leg, uint8_t parts)
{
	const struct store_seat seat = { leg->call, leg->side, leg->branch, parts };
	uint32_t row;

	if (live->frees > 0)
		row = live->free[--live->frees];
	else if (live->fresh < STORE_LIVE_MAX)
		row = ++live->fresh;
	else
		return 0;
	remember(live, row);
	add(live, row, &seat);
	return row;
}

void store_live_set(struct store_live *live, uint32_t row, uint8_t parts)
{
	struct store_seat *seat = &live->seats[row];

	remember(live, row);
	if (parts == 0) {
		drop(live, row);
		return;
	}
	live->losts += (parts & STORE_LOST) != 0;
	live->losts -= (seat->parts & STORE_LOST) != 0;
	seat->parts = parts;
}

bool store_live_load(struct store_live *live, uint32_t row, const struct store_seat *seat)
{
	if (row == 0 || row > STORE_LIVE_MAX || seat->parts == 0 ||
	    find(live, seat->call, seat->side, seat->branch) != 0)
		return false;
	add(live, row, seat);
	live->fresh = TG_MAX(live->fresh, row);
	return true;
}

void store_live_loaded(struct store_live *live)
{
	for (uint32_t row = live->fresh; row > 0; row--) {
		if (live->seats[row].parts == 0)
			live->free[live->frees++] = row;
	}
}

void store_live_clear(struct store_live *live)
{
	for (uint32_t row = 1; row <= live->fresh; row++) {
		if (live->seats[row].parts != 0)
			drop(live, row);
	}
	live->frees = live->fresh = 0;
}

void store_live_keep(struct store_live *live)
{
	live->undos = 0;
}

/* Backwards, so that the row that was freed last is on top of the free ones again. */
void store_live_undo(struct store_live *live)
{
	while (live->undos > 0) {
		const struct store_undo *u = &live->undo[--live->undos];
		struct store_seat *seat = &live->seats[u->row];

		if (seat->parts != 0 && u->was.parts == 0) {
			drop(live, u->row);
		} else if (seat->parts == 0 && u->was.parts != 0) {
			live->frees--;
			assert(live->free[live->frees] == u->row);
			add(live, u->row, &u->was);
		} else if (seat->parts != 0) {
			live->losts += (u->was.parts & STORE_LOST) != 0;
			live->losts -= (seat->parts & STORE_LOST) != 0;
			*seat = u->was;
		}
	}
}
