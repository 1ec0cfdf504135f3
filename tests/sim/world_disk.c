/*
 * The disk of the simulated world.  Jobs are written in their order, each after its time, as the
 * store thread does; what the vault's death finds waiting is lost, but for as many of the first
 * jobs as chance has it: they were written, and nobody was told any more.
 */
#include "sim/world_priv.h"

#include <assert.h>
#include <stdlib.h>

enum { TOTALS_MAX = LEDGER_ABOVE_MAX };

/** Octets of the disk or on their way to it. */
struct octets {
	char *p;
	size_t len;
};

/** One job, copied. */
struct disk_job {
	struct disk_job *next;
	uint64_t number;
	struct link_leg leg;
	bool has_hold, has_recipe, has_record, over, is_state;
	struct octets hold, recipe, key[TOTALS_MAX], total[TOTALS_MAX], kind;
	uint32_t totals;
	struct vault_record record;
};

/** A row: of an attempt (by leg), a ledger or a state (by key). */
struct disk_row {
	struct disk_row *next;
	struct link_leg leg;
	struct octets kind, key, value;
};

struct world_disk {
	struct disk_job *first, **last;
	uint64_t number, written;
	struct disk_row *hold, *recipe, *total, *state;
};

static struct octets copy(struct slice s)
{
	struct octets o = { malloc(s.len + 1), s.len };

	assert(o.p != NULL);
	if (s.len > 0)
		memcpy(o.p, s.p, s.len);
	return o;
}

static struct slice view(const struct octets *o)
{
	return slice_of(o->p, o->len);
}

static void free_row(struct disk_row *r)
{
	free(r->kind.p);
	free(r->key.p);
	free(r->value.p);
	free(r);
}

static void free_job(struct disk_job *j)
{
	free(j->hold.p);
	free(j->recipe.p);
	free(j->kind.p);
	for (uint32_t i = 0; i < j->totals; i++) {
		free(j->key[i].p);
		free(j->total[i].p);
	}
	free(j);
}

/* ---- rows ---- */

static bool is_row(const struct disk_row *r, const struct disk_row *like)
{
	return r->leg.call == like->leg.call && r->leg.side == like->leg.side &&
	       r->leg.branch == like->leg.branch && slice_eq(view(&r->kind), view(&like->kind)) &&
	       slice_eq(view(&r->key), view(&like->key));
}

/** Replace the row, or with an empty value drop it. */
static void put_row(struct disk_row **list, const struct disk_row *like)
{
	struct disk_row *r, **at = list;

	while (*at != NULL && !is_row(*at, like))
		at = &(*at)->next;
	if (*at != NULL) {
		r = *at;
		*at = r->next;
		free_row(r);
	}
	if (like->value.len == 0)
		return;
	r = malloc(sizeof(*r));
	assert(r != NULL);
	*r = (struct disk_row){ NULL, like->leg, copy(view(&like->kind)), copy(view(&like->key)),
		                copy(view(&like->value)) };
	for (at = list; *at != NULL;) /* loaded in the order in which they came */
		at = &(*at)->next;
	*at = r;
}

static void put_record(struct world *w, const struct vault_record *record, bool over)
{
	for (uint32_t i = w->records; i-- > 0;) {
		struct kept_record *k = &w->record[i];

		if (k->record.call != record->call)
			continue;
		w->seen.record_faults += k->over;
		k->record = *record;
		k->over = over;
		return;
	}
	if (w->records == w->records_cap) {
		w->records_cap = w->records_cap * 2 + 16;
		w->record = realloc(w->record, w->records_cap * sizeof(*w->record));
		assert(w->record != NULL);
	}
	w->record[w->records++] = (struct kept_record){ *record, over };
}

static void apply(struct world *w, const struct disk_job *j)
{
	struct world_disk *d = w->disk;
	struct disk_row row = { .leg = j->leg };

	d->written = j->number;
	if (j->is_state) {
		put_row(&d->state, &(struct disk_row){ .kind = j->kind, .key = j->key[0],
			                               .value = j->total[0] });
		return;
	}
	row.value = j->hold;
	if (j->has_hold)
		put_row(&d->hold, &row);
	row.value = j->recipe;
	if (j->has_recipe)
		put_row(&d->recipe, &row);
	for (uint32_t i = 0; i < j->totals; i++)
		put_row(&d->total,
		        &(struct disk_row){ .key = j->key[i], .value = j->total[i] });
	if (j->has_record)
		put_record(w, &j->record, j->over);
}

static void write_first(struct world *w)
{
	struct world_disk *d = w->disk;
	struct disk_job *j = d->first;

	d->first = j->next;
	if (d->first == NULL)
		d->last = &d->first;
	apply(w, j);
	free_job(j);
}

/* ---- time ---- */

static void on_written(void *ctx, uint64_t number)
{
	struct world *w = ctx;
	struct world_disk *d = w->disk;
	struct proc *vault = world_proc(w, (struct link_proc){ LINK_VAULT, 0 });

	if (w->disk_conf.refuses)
		return; /* world_disk_set() begins anew */
	while (d->first != NULL && d->first->number <= number)
		write_first(w);
	if (!vault->up)
		return;
	log_set_time(&vault->log, w->now_ms, world_wall_ms(w));
	vault_stored(vault->vault, w->now_ms, d->written);
}

static void start_writing(struct world *w, uint64_t number)
{
	uint64_t ms = w->disk_conf.latency_min_ms;

	if (w->disk_conf.latency_max_ms > ms)
		ms += tg_rng_below(&w->chance, w->disk_conf.latency_max_ms - ms + 1);
	world_at(w, w->now_ms + ms, on_written, w, number);
}

void world_disk_set(struct world *w, const struct world_disk_conf *conf)
{
	w->disk_conf = *conf;
	if (!conf->refuses && w->disk->first != NULL)
		start_writing(w, w->disk->number);
}

static uint64_t queue(struct world *w, struct disk_job *j)
{
	struct world_disk *d = w->disk;

	j->number = ++d->number;
	*d->last = j;
	d->last = &j->next;
	start_writing(w, j->number);
	return j->number;
}

static struct disk_job *new_job(void)
{
	struct disk_job *j = calloc(1, sizeof(*j));

	assert(j != NULL);
	return j;
}

uint64_t world_disk_change(struct world *w, const struct vault_change *c)
{
	struct disk_job *j = new_job();

	assert(c->totals <= TOTALS_MAX);
	j->leg = c->leg;
	j->has_hold = c->hold.p != NULL;
	j->has_recipe = c->recipe.p != NULL;
	j->has_record = c->record != NULL;
	j->over = c->over;
	j->hold = copy(c->hold);
	j->recipe = copy(c->recipe);
	j->totals = c->totals;
	for (uint32_t i = 0; i < c->totals; i++) {
		j->key[i] = copy(c->total[i].key);
		j->total[i] = copy(c->total[i].octets);
	}
	if (c->record != NULL)
		j->record = *c->record;
	return queue(w, j);
}

uint64_t world_disk_state(struct world *w, struct slice kind, const struct vault_blob *row)
{
	struct disk_job *j = new_job();

	j->is_state = true;
	j->kind = copy(kind);
	j->totals = 1;
	j->key[0] = copy(row->key);
	j->total[0] = copy(row->octets);
	return queue(w, j);
}

/* ---- life and death ---- */

bool world_disk_open(struct world *w)
{
	w->disk = calloc(1, sizeof(*w->disk));
	if (w->disk == NULL)
		return false;
	w->disk->last = &w->disk->first;
	return true;
}

static void free_rows(struct disk_row *r)
{
	while (r != NULL) {
		struct disk_row *next = r->next;

		free_row(r);
		r = next;
	}
}

void world_disk_close(struct world *w)
{
	struct world_disk *d = w->disk;

	if (d == NULL)
		return;
	while (d->first != NULL) {
		struct disk_job *next = d->first->next;

		free_job(d->first);
		d->first = next;
	}
	free_rows(d->hold);
	free_rows(d->recipe);
	free_rows(d->total);
	free_rows(d->state);
	free(d);
	w->disk = NULL;
}

void world_disk_died(struct world *w)
{
	struct world_disk *d = w->disk;

	while (d->first != NULL && !w->disk_conf.refuses && tg_rng_below(&w->chance, 2) == 0)
		write_first(w);
	while (d->first != NULL) {
		struct disk_job *next = d->first->next;

		free_job(d->first);
		d->first = next;
	}
	d->last = &d->first;
}

static void load_open_records(struct world *w, struct vault *vault)
{
	for (uint32_t i = 0; i < w->records; i++) {
		struct vault_record *r = &w->record[i].record;

		if (w->record[i].over)
			continue;
		vault_call_load(vault, r);
		/* so it shows until somebody claims it */
		link_text_set(&r->rule, SLICE("process-lost"));
		r->by = LINK_END_US;
	}
}

/** As the database gives them: the clock comes before what needs to know the time. */
static void load_state(struct world *w, struct vault *vault, bool clock)
{
	for (const struct disk_row *r = w->disk->state; r != NULL; r = r->next) {
		const struct vault_blob row = { view(&r->key), view(&r->value) };

		if (slice_eq(view(&r->kind), SLICE("clock")) == clock)
			w->seen.rows_left_out += !vault_state_load(vault, view(&r->kind), &row);
	}
}

void world_disk_load(struct world *w, struct vault *vault)
{
	const struct world_disk *d = w->disk;

	load_state(w, vault, true);
	load_state(w, vault, false);
	for (const struct disk_row *r = d->total; r != NULL; r = r->next) {
		const struct vault_blob row = { view(&r->key), view(&r->value) };

		w->seen.rows_left_out += !vault_total_load(vault, &row);
	}
	load_open_records(w, vault);
	for (const struct disk_row *r = d->hold; r != NULL; r = r->next)
		w->seen.rows_left_out += !vault_hold_load(vault, &r->leg, view(&r->value));
	for (const struct disk_row *r = d->recipe; r != NULL; r = r->next)
		w->seen.rows_left_out += !vault_recipe_load(vault, &r->leg, view(&r->value));
}
