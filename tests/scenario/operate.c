/* What the operator does: rates, questions to a role, the clock. */
#include "scenario/scenario.h"

#include <stdlib.h>

/* rates TRUNK|site, and lines of CSV below: "> 34,0.01" */
void scenario_rates(struct scenario *s)
{
	struct deck_mistakes *mistakes = calloc(1, sizeof(*mistakes));
	struct deck_options options = { .currency = SLICE("EUR") };
	struct buf csv = buf_on(s->body, sizeof(s->body));
	struct scenario_deck *d = &s->deck[s->decks];
	enum tg_err err;
	const char *text;

	if (mistakes == NULL)
		abort();
	if (s->words != 2 || s->decks == COUNT(s->deck))
		scenario_fail(s, "rates TRUNK|site, at most %zu", COUNT(s->deck));
	d->trunk = -1;
	for (uint32_t i = 0; i < s->conf->trunks_count; i++) {
		if (slice_eq(s->conf->trunks[i].name, slice_str(s->word[1])))
			d->trunk = (int)i;
	}
	if (d->trunk < 0 && strcmp(s->word[1], "site") != 0)
		scenario_fail(s, "no such trunk");
	while ((text = scenario_more(s, ">")) != NULL)
		buf_fmt(&csv, "%s\n", text);
	err = deck_parse(&d->deck, buf_slice(&csv), &options, mistakes);
	s->decks += err == TG_OK;
	if (err != TG_OK) {
		struct deck_mistake first = mistakes->at[0];

		free(mistakes);
		scenario_fail(s, "line %u of the rates: %s", first.line, first.text);
	}
	free(mistakes);
}

const struct deck *scenario_deck(void *ctx, int trunk)
{
	const struct scenario *s = ctx;

	for (size_t i = 0; i < s->decks; i++) {
		if (s->deck[i].trunk == trunk)
			return s->deck[i].deck;
	}
	return NULL;
}

void scenario_decks_free(struct scenario *s)
{
	while (s->decks > 0)
		deck_free(s->deck[--s->decks].deck);
}

/* ask vault WORDS, and below what the answer has: "has text", "hasnt text" */
void scenario_ask(struct scenario *s)
{
	static char mem[1 << 16];
	struct buf answer = buf_on(mem, sizeof(mem) - 1), line = buf_on(s->body, sizeof(s->body));
	struct link_proc to = { LINK_VAULT, 0 };
	const char *want;

	if (s->words < 3 || strcmp(s->word[1], "vault") != 0)
		scenario_fail(s, "ask vault WORDS");
	for (int i = 2; i < s->words; i++)
		buf_fmt(&line, "%s%s", i > 2 ? " " : "", s->word[i]);
	world_ask(s->world, to, buf_slice(&line), &answer);
	mem[answer.len] = '\0';
	for (;;) {
		bool has = (want = scenario_more(s, "has ")) != NULL;

		if (!has && (want = scenario_more(s, "hasnt ")) == NULL)
			return;
		if ((strstr(mem, want) != NULL) != has)
			scenario_fail(s, "the answer is: %s", mem);
	}
}
