/* The list of mistakes, and guessing what was meant. */
#include "conf/conf_priv.h"

#include <stdarg.h>
#include <stdio.h>

enum { GUESS_MAX = 40 }; /* longer words are not guessed at */

void conf_wrong(struct conf_job *job, struct conf_mark mark, const char *fmt, ...)
{
	struct conf_mistakes *all = job->mistakes;
	struct conf_mistake *m;
	va_list args;

	if (all->count == CONF_MISTAKES_MAX) {
		all->dropped++;
		return;
	}
	m = &all->at[all->count++];
	m->line = mark.line;
	m->column = mark.column;
	va_start(args, fmt);
	vsnprintf(m->text, sizeof(m->text), fmt, args);
	va_end(args);
}

struct conf_shown conf_cut(struct slice s)
{
	struct conf_shown out = { { 0 } };
	size_t room = sizeof(out.s) - 4;
	size_t n = TG_MIN(s.len, room);

	/* never half of a UTF-8 character */
	while (n < s.len && n > 0 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		out.s[i] = c < 0x20 || c == 0x7f ? '?' : (char)c;
	}
	if (n < s.len)
		memcpy(out.s + n, "...", 3);
	return out;
}

struct conf_mark conf_place(const struct conf_job *job, const void *field)
{
	for (size_t i = 0; i < job->places_count; i++)
		if (job->places[i].field == field)
			return job->places[i].mark;
	return (struct conf_mark){ 1, 1 };
}

void conf_mistake_write(struct buf *b, struct slice file, const struct conf_mistake *mistake)
{
	buf_put(b, file);
	buf_chr(b, ':');
	if (mistake->line > 0) {
		buf_u64(b, mistake->line);
		buf_chr(b, ':');
		buf_u64(b, mistake->column);
		buf_chr(b, ':');
	}
	buf_chr(b, ' ');
	buf_str(b, mistake->text);
	buf_chr(b, '\n');
}

/* Edits (insert, delete, replace, swap of neighbours) from one word to another. */
static uint32_t edits(struct slice a, struct slice b)
{
	uint32_t row[3][GUESS_MAX + 1];
	uint32_t *before = row[0], *above = row[1], *now = row[2];

	for (uint32_t j = 0; j <= b.len; j++)
		above[j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		uint32_t *spare = before;

		now[0] = (uint32_t)i;
		for (size_t j = 1; j <= b.len; j++) {
			bool same = tg_lower(a.p[i - 1]) == tg_lower(b.p[j - 1]);
			uint32_t best = above[j - 1] + (same ? 0 : 1);

			best = TG_MIN(best, above[j] + 1);
			best = TG_MIN(best, now[j - 1] + 1);
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1])
				best = TG_MIN(best, before[j - 2] + 1);
			now[j] = best;
		}
		before = above;
		above = now;
		now = spare;
	}
	return above[b.len];
}

struct conf_guess conf_guess(struct slice in)
{
	return (struct conf_guess){ in, { NULL, 0 }, UINT32_MAX };
}

void conf_guess_offer(struct conf_guess *guess, struct slice candidate)
{
	uint32_t distance, most;

	if (guess->in.len == 0 || guess->in.len > GUESS_MAX || candidate.len > GUESS_MAX)
		return;
	most = TG_MAX((uint32_t)1, (uint32_t)TG_MAX(guess->in.len, candidate.len) / 3);
	distance = edits(guess->in, candidate);
	if (distance > most || distance >= candidate.len || distance >= guess->distance)
		return;
	guess->distance = distance;
	guess->best = candidate;
}

void conf_guess_write(struct buf *b, const struct conf_guess *guess)
{
	if (guess->best.len > 0)
		buf_fmt(b, "; did you mean \"%s\"?", conf_cut(guess->best).s);
}
