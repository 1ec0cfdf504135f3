/* What the operator does: rates, questions to a role, the clock. */
#include "policy/book.h"
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
	world_run(s->world, world_now_ms(s->world)); /* what is due now comes first */
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

static const struct {
	const char *name;
	uint8_t level;
} levels[] = { { "open", POLICY_OPEN }, { "no-international", POLICY_NO_INTERNATIONAL },
	       { "one-call", POLICY_ONE_CALL }, { "emergency-only", POLICY_EMERGENCY_ONLY } };

static void lockdown(struct scenario *s, struct vault *v, const char *name, uint64_t until_s)
{
	for (size_t i = 0; i < COUNT(levels); i++) {
		if (strcmp(levels[i].name, name) != 0)
			continue;
		book_lock(vault_book(v), levels[i].level, until_s);
		if (scenario_word(s, "running") > 0)
			(void)vault_lock_running(v);
		return;
	}
	scenario_fail(s, "no such level: %s", name);
}

static enum tg_err pass(struct scenario *s, struct vault *v, uint64_t until_s)
{
	uint16_t places[BOOK_PLACES_MAX];
	struct slice rest = slice_str(s->word[3]), name;
	uint32_t count = 0;

	while (rest.len > 0 && count < COUNT(places)) {
		rest = slice_cut(rest, ',', &name);
		places[count++] = number_territory_find(name);
	}
	return book_pass_give(vault_book(v), slice_str(s->word[2]), places, count, until_s);
}

/*
 * operate lockdown LEVEL [running], operate allow NUMBER [for USER], operate pass USER PLACES,
 * operate revoke NUMBER [for USER]; each may end with: seconds S
 */
void scenario_operate(struct scenario *s)
{
	struct vault *v = world_vault(s->world);
	const char *what = s->words > 2 ? s->word[1] : "";
	struct slice user = slice_str(scenario_value(s, "for"));
	uint64_t until_s = UINT64_MAX;
	enum tg_err err = TG_OK;

	if (v == NULL)
		scenario_fail(s, "the vault is down");
	world_run(s->world, world_now_ms(s->world));
	if (scenario_word(s, "seconds") > 0)
		until_s = judge_now(world_judge(s->world))->ms / 1000 +
			  (uint64_t)scenario_number(s, scenario_value(s, "seconds"));
	if (strcmp(what, "lockdown") == 0)
		lockdown(s, v, s->word[2], until_s);
	else if (strcmp(what, "allow") == 0)
		err = book_approve(vault_book(v), user, slice_str(s->word[2]), until_s);
	else if (strcmp(what, "revoke") == 0)
		err = book_disapprove(vault_book(v), user, slice_str(s->word[2]))
			? TG_OK : TG_ENOENT;
	else if (strcmp(what, "pass") == 0 && s->words > 3)
		err = pass(s, v, until_s);
	else
		scenario_fail(s, "operate lockdown, allow, revoke or pass");
	if (err != TG_OK)
		scenario_fail(s, "it does not: %s", tg_strerror(err));
}
