/* Two decks side by side, each prefix by its newest row. */
#include "number/deck_priv.h"

enum { SAMPLE_MS = 180000 }; /* the call that is compared */

/* Last row of the prefix of `row`. */
static uint32_t newest(const struct deck *d, uint32_t row)
{
	while (row + 1 < d->head->rows && d->keys[row + 1] == d->keys[row])
		row++;
	return row;
}

static void keep(struct deck_diff *out, const struct deck_change *change)
{
	tg_micro size = change->difference < 0 ? -change->difference : change->difference;
	uint32_t at = out->changes_count;

	while (at > 0) {
		tg_micro other = out->changes[at - 1].difference;

		if ((other < 0 ? -other : other) >= size)
			break;
		at--;
	}
	if (at == DECK_CHANGES_MAX)
		return;
	if (out->changes_count < DECK_CHANGES_MAX)
		out->changes_count++;
	memmove(&out->changes[at + 1], &out->changes[at],
	        (out->changes_count - at - 1) * sizeof(*change));
	out->changes[at] = *change;
}

static void weigh(struct deck_diff *out, const struct deck *before, uint32_t b,
                  const struct deck *after, uint32_t a)
{
	const struct tg_tariff *x = deck_tariff(before, b), *y = deck_tariff(after, a);
	struct deck_change change = {
		.before = b,
		.after = a,
		.difference = tg_tariff_cost(y, SAMPLE_MS) - tg_tariff_cost(x, SAMPLE_MS),
	};

	if (change.difference == 0) {
		out->same++;
		out->terms += x->per_minute != y->per_minute || x->connect != y->connect ||
		              x->first_s != y->first_s || x->next_s != y->next_s;
		return;
	}
	out->dearer += change.difference > 0;
	out->cheaper += change.difference < 0;
	keep(out, &change);
}

void deck_compare(struct deck_diff *out, const struct deck *before, const struct deck *after)
{
	uint32_t b = 0, a = 0, befores = before != NULL ? before->head->rows : 0;

	*out = (struct deck_diff){ 0 };
	while (b < befores || a < after->head->rows) {
		bool only_before = a == after->head->rows ||
		                   (b < befores && before->keys[b] < after->keys[a]);
		bool only_after = b == befores ||
		                  (a < after->head->rows && after->keys[a] < before->keys[b]);

		if (!only_after)
			b = newest(before, b);
		if (!only_before)
			a = newest(after, a);
		if (!only_after && !only_before)
			weigh(out, before, b, after, a);
		out->removed += only_before;
		out->added += only_after;
		b += !only_after;
		a += !only_before;
	}
}
