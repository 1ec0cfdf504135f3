#include "ledger/ledger_priv.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES = 32, LINE = 64 };

/* Not secret: names come from the operator.  The same in every process, for the disk. */
static const struct tg_key name_key = { "tollgate ledgers" };

static const char *const kind_names[LEDGER_KINDS] = {
	[LEDGER_SITE] = "site", [LEDGER_GROUP] = "group", [LEDGER_ACCOUNT] = "account",
	[LEDGER_PBX] = "pbx",   [LEDGER_TRUNK] = "trunk", [LEDGER_CLASS] = "class",
};

static const char *const limit_names[LEDGER_LIMITS] = {
	[LEDGER_HOUR] = "hour",
	[LEDGER_DAY] = "day",
	[LEDGER_WEEK] = "week",
	[LEDGER_MONTH] = "month",
	[LEDGER_OFF_HOURS] = "off-hours",
	[LEDGER_LIMIT_CALL] = "call",
	[LEDGER_LIMIT_CALLS] = "calls",
	[LEDGER_LIMIT_CALLS_MINUTE] = "calls-per-minute",
	[LEDGER_LIMIT_CALLS_HOUR] = "calls-per-hour",
	[LEDGER_LIMIT_DESTINATIONS] = "destinations",
	[LEDGER_LIMIT_LENGTH] = "call-length",
	[LEDGER_LIMIT_FULL] = "full",
};

const char *ledger_kind_name(unsigned kind)
{
	return kind >= 1 && kind < LEDGER_KINDS ? kind_names[kind] : "?";
}

const char *ledger_limit_name(unsigned what)
{
	return what < LEDGER_LIMITS ? limit_names[what] : "?";
}

/** Zeroed memory that begins with a cache line; pages that are never touched cost nothing. */
static void *lines_new(void **raw, size_t count, size_t size)
{
	*raw = calloc(count * size + LINE, 1);
	if (*raw == NULL)
		return NULL;
	return (char *)*raw + (LINE - (uintptr_t)*raw % LINE) % LINE;
}

struct ledger *ledger_new(const struct ledger_conf *conf)
{
	struct ledger *l = calloc(1, sizeof(*l));

	assert(conf->ledgers > 0 && conf->budgets > 0 && conf->holds > 0);
	if (l == NULL)
		return NULL;
	l->conf = *conf;
	l->names_cap = conf->ledgers * NAME_BYTES + LEDGER_NAME_MAX;
	l->entries = lines_new(&l->entries_raw, (size_t)conf->ledgers + 1, sizeof(*l->entries));
	l->chunks = lines_new(&l->chunks_raw, (size_t)conf->destinations + 1, sizeof(*l->chunks));
	l->names = calloc(l->names_cap, 1);
	l->budgets = calloc(conf->budgets, sizeof(*l->budgets));
	l->by_name = tg_table_new(conf->ledgers, &conf->key);
	l->by_call = tg_table_new(conf->holds, &conf->key);
	l->attempts = tg_pool_new("holds", sizeof(struct attempt), conf->holds, 0);
	if (l->entries == NULL || l->chunks == NULL || l->names == NULL || l->budgets == NULL ||
	    l->by_name == NULL || l->by_call == NULL || l->attempts == NULL) {
		ledger_free(l);
		return NULL;
	}
	for (uint32_t i = 0; i < conf->budgets; i++)
		l->budgets[i] = LEDGER_BUDGET_NONE;
	return l;
}

void ledger_free(struct ledger *l)
{
	if (l == NULL)
		return;
	free(l->entries_raw);
	free(l->chunks_raw);
	free(l->names);
	free(l->budgets);
	tg_table_free(l->by_name);
	tg_table_free(l->by_call);
	tg_pool_free(l->attempts);
	free(l);
}

/* ---- names and limits ---- */

uint64_t ledger_key(enum ledger_kind kind, struct slice name)
{
	char text[LEDGER_NAME_MAX + 1];
	uint64_t key;

	assert(name.len <= LEDGER_NAME_MAX);
	text[0] = (char)kind;
	if (name.len > 0)
		memcpy(text + 1, name.p, name.len);
	key = tg_siphash(&name_key, slice_of(text, name.len + 1));
	return key != 0 ? key : 1;
}

struct slice entry_name(const struct ledger *l, const struct entry *e)
{
	return slice_of(l->names + e->name + 1, (uint8_t)l->names[e->name]);
}

static uint32_t find_keyed(const struct ledger *l, uint64_t key, enum ledger_kind kind,
                           struct slice name)
{
	uint32_t at = 0, id;

	while ((id = tg_table_find(l->by_name, key, &at)) != 0) {
		const struct entry *e = entry_at(l, id);

		if (e->kind == kind && slice_eq(entry_name(l, e), name))
			return id;
	}
	return 0;
}

uint32_t ledger_find(const struct ledger *l, enum ledger_kind kind, struct slice name)
{
	if (name.len > LEDGER_NAME_MAX)
		return 0;
	return find_keyed(l, ledger_key(kind, name), kind, name);
}

enum tg_err ledger_add(struct ledger *l, enum ledger_kind kind, struct slice name, uint32_t *id)
{
	struct entry *e;
	uint64_t key;
	uint32_t found;

	assert(kind >= 1 && kind < LEDGER_KINDS);
	if (name.len > LEDGER_NAME_MAX)
		return TG_ELIMIT;
	key = ledger_key(kind, name);
	found = find_keyed(l, key, kind, name);
	if (found == 0) {
		if (l->count == l->conf.ledgers || name.len + 1 > l->names_cap - l->names_len ||
		    tg_table_add(l->by_name, key, l->count + 1) != TG_OK)
			return TG_ENOMEM;
		found = ++l->count;
		e = entry_at(l, found);
		e->kind = (uint8_t)kind;
		e->name = l->names_len;
		e->minute = l->minute;
		l->names[l->names_len] = (char)name.len;
		if (name.len > 0)
			memcpy(l->names + l->names_len + 1, name.p, name.len);
		l->names_len += (uint32_t)name.len + 1;
	}
	*id = found;
	return TG_OK;
}

static bool budget_valid(const struct ledger *l, const struct ledger_budget *b)
{
	for (unsigned p = 0; p < LEDGER_PERIODS; p++) {
		if (b->money[p] < 0 || b->money[p] > LEDGER_NO_MONEY)
			return false;
	}
	return b->call >= 0 && b->call <= LEDGER_NO_MONEY && b->mode <= LEDGER_OFF &&
	       (b->destinations <= LEDGER_DESTINATIONS_MAX || b->destinations == LEDGER_NO_COUNT) &&
	       b->off_row < l->conf.budgets;
}

enum tg_err ledger_budget_set(struct ledger *l, uint32_t row, const struct ledger_budget *budget)
{
	if (row == 0 || row >= l->conf.budgets)
		return TG_ENOENT;
	if (!budget_valid(l, budget))
		return TG_EBAD;
	l->budgets[row] = *budget;
	return TG_OK;
}

const struct ledger_budget *ledger_budget_of(const struct ledger *l, uint32_t row)
{
	return row < l->conf.budgets ? &l->budgets[row] : NULL;
}

void ledger_use(struct ledger *l, uint32_t id, uint32_t row)
{
	assert(id >= 1 && id <= l->count && row < l->conf.budgets);
	entry_at(l, id)->row = row;
}

void ledger_override(struct ledger *l, uint32_t kinds, const struct ledger_budget *budget)
{
	assert(budget == NULL || budget_valid(l, budget));
	l->override_kinds = budget != NULL ? kinds : 0;
	if (budget != NULL)
		l->override = *budget;
}

tg_micro entry_limit(const struct ledger *l, const struct entry *e, unsigned period, bool off_hours)
{
	const struct ledger_budget *own = &l->budgets[e->row], *off = &l->budgets[own->off_row];
	tg_micro limit = LEDGER_NO_MONEY;

	if (own->mode == LEDGER_ENFORCE)
		limit = own->money[period];
	if (off_hours && off->mode == LEDGER_ENFORCE)
		limit = TG_MIN(limit, off->money[period]);
	if ((l->override_kinds >> e->kind & 1) != 0 && l->override.mode == LEDGER_ENFORCE)
		limit = TG_MIN(limit, l->override.money[period]);
	return limit;
}

/* ---- windows ---- */

void ledger_advance(struct ledger *l, const struct ledger_now *now)
{
	uint32_t minute = (uint32_t)(now->ms / 60000);

	l->off_hours = now->off_hours;
	if (minute > l->minute)
		l->minute = minute;
	for (unsigned p = 0; p < LEDGER_PERIODS; p++) {
		/* never back, so that no window opens twice, and never ahead of time */
		if (now->start[p] > l->start[p] && now->start[p] <= l->minute)
			l->start[p] = now->start[p];
	}
}

void entry_roll(struct ledger *l, struct entry *e)
{
	for (unsigned p = 0; p < LEDGER_PERIODS; p++) {
		if (e->minute < l->start[p])
			e->used[p] = e->held[p] = 0;
	}
	if (e->seen != 0 && e->minute < l->start[LEDGER_DAY])
		seen_clear(l, e);
	e->calls_minute = e->done_minute = 0;
	if (e->minute / 60 != l->minute / 60)
		e->calls_hour = e->done_hour = 0;
	e->minute = l->minute;
}
