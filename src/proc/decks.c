#include "proc/decks.h"

#include <stdio.h>
#include <stdlib.h>

#include "conf/conf.h"

/** A deck by its name; several trunks may have it. */
struct slot {
	struct slice name; /* borrowed from the configuration */
	struct deck *deck; /* NULL: there is none */
	bool wanted;       /* the configuration names it */
};

struct decks {
	const struct conf *conf;
	uint32_t count;
	struct slot slots[CONF_TRUNKS_MAX + 1]; /* [0] is the site's */
	uint32_t slot_of[CONF_TRUNKS_MAX];
};

struct slice decks_name(const struct conf *conf, uint32_t trunk)
{
	const struct conf_trunk *t = &conf->trunks[trunk];

	return t->rates.len > 0 ? t->rates : t->name;
}

static uint32_t slot_for(struct decks *d, struct slice name)
{
	for (uint32_t i = 0; i < d->count; i++)
		if (slice_eq(d->slots[i].name, name))
			return i;
	d->slots[d->count].name = name;
	return d->count++;
}

struct decks *decks_new(const struct conf *conf)
{
	struct decks *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return NULL;
	d->conf = conf;
	(void)slot_for(d, SLICE(DECKS_SITE));
	for (uint32_t i = 0; i < conf->trunks_count; i++) {
		d->slot_of[i] = slot_for(d, decks_name(conf, i));
		d->slots[d->slot_of[i]].wanted |= conf->trunks[i].rates.len > 0;
	}
	return d;
}

void decks_free(struct decks *d)
{
	for (uint32_t i = 0; d != NULL && i < d->count; i++)
		deck_free(d->slots[i].deck);
	free(d);
}

static bool right_currency(const struct decks *d, const struct deck *deck, char *why)
{
	struct slice want = d->conf->money.currency;
	bool ok = want.len == 0 || slice_ieq(want, deck_currency(deck));

	if (!ok)
		snprintf(why, DECKS_WHY_MAX, "the deck is in %.*s, but money.currency is %.*s",
		         SLICE_FMT(deck_currency(deck)), SLICE_FMT(want));
	return ok;
}

/* True unless the deck was refused; then the one in force stays. */
static bool reload_one(struct decks *d, struct slot *slot, const struct decks_sink *sink)
{
	char why[DECKS_WHY_MAX];
	struct deck *deck = NULL;
	enum tg_err err = decks_read(&deck, d->conf->site.data, slot->name, why);

	if (err == TG_OK && !right_currency(d, deck, why)) {
		deck_free(deck);
		err = TG_EBAD;
	}
	if (err == TG_OK || (err == TG_ENOENT && !slot->wanted)) {
		deck_free(slot->deck);
		slot->deck = deck;
		if (deck != NULL)
			sink->taken(sink->ctx, slot->name, deck);
		return true;
	}
	sink->refused(sink->ctx, slot->name, why);
	return false;
}

uint32_t decks_reload(struct decks *d, struct slice name, const struct decks_sink *sink)
{
	uint32_t refused = 0;

	for (uint32_t i = 0; i < d->count; i++)
		if (name.len == 0 || slice_eq(name, d->slots[i].name))
			refused += !reload_one(d, &d->slots[i], sink);
	return refused;
}

const struct deck *decks_find(const struct decks *d, uint32_t trunk)
{
	uint32_t slot = trunk < d->conf->trunks_count ? d->slot_of[trunk] : 0;

	return slot > 0 ? d->slots[slot].deck : NULL;
}

const struct deck *decks_site(const struct decks *d)
{
	return d->slots[0].deck;
}
