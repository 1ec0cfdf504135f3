/* tollgate rates check and import: a provider's file becomes the deck in force, or nothing does. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/control.h"
#include "cli/rates.h"
#include "conf/conf.h"
#include "proc/decks.h"

enum { PROGRESS_AFTER_S = 1 };

static struct deck_mistakes mistakes; /* 26 KB */

/* ---- the file ---- */

/* Mapped, for it may be large; gone when the deck is made. */
static int map_file(struct slice *out, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *p;

	if (fd < 0)
		return cli_fail(CLI_FAILED, "cannot read %s: %s", path, strerror(errno));
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return cli_fail(CLI_FAILED, "%s is not a file", path);
	}
	*out = (struct slice){ NULL, 0 };
	p = st.st_size > 0 ? mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
	close(fd);
	if (p == MAP_FAILED)
		return cli_fail(CLI_FAILED, "cannot read %s: %s", path, strerror(errno));
	*out = slice_of(p, (size_t)st.st_size);
	return CLI_GO;
}

static void unmap_file(struct slice text)
{
	if (text.len > 0)
		munmap((void *)(uintptr_t)text.p, text.len);
}

/* ---- progress: after a second, on a terminal in place, else a line a second ---- */

struct progress {
	time_t told;
	bool terminal, any;
};

static void show_progress(void *ctx, size_t done, size_t all)
{
	struct progress *p = ctx;
	time_t now = time(NULL);

	if (now - p->told < PROGRESS_AFTER_S)
		return;
	p->told = now;
	p->any = true;
	fprintf(stderr, p->terminal ? "\r%3u %% of %zu MB read" : "%3u %% of %zu MB read\n",
	        (unsigned)(done * 100 / all), all / 1000000);
}

/* ---- reading ---- */

static void tell_mistakes(const char *path)
{
	char mem[DECK_MISTAKE_TEXT_MAX * 3 + 4096];

	for (uint32_t i = 0; i < mistakes.count; i++) {
		char line[DECK_MISTAKE_TEXT_MAX + 4096];
		struct buf b = buf_on(line, sizeof(line)), plain = buf_on(mem, sizeof(mem));

		deck_mistake_write(&b, slice_str(path), &mistakes.at[i]);
		b.len -= b.len > 0; /* the newline */
		gate_put_plain(&plain, buf_slice(&b));
		fprintf(stderr, "%.*s\n", SLICE_FMT(buf_slice(&plain)));
	}
	if (mistakes.dropped > 0)
		fprintf(stderr, "%s: and %u more\n", path, mistakes.dropped);
}

static json_t *mistakes_json(void)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < mistakes.count; i++) {
		char mem[DECK_MISTAKE_TEXT_MAX * 6];
		struct buf b = buf_on(mem, sizeof(mem));
		json_t *text;

		buf_json(&b, slice_str(mistakes.at[i].text)); /* broken UTF-8 becomes U+FFFD */
		text = json_loadb(b.p, b.len, JSON_DECODE_ANY, NULL);
		if (json_array_append_new(list, json_pack("{s:i,s:o}", "line",
		                                          (int)mistakes.at[i].line, "text",
		                                          text)) != 0)
			break; /* no memory: fewer are shown */
	}
	return list;
}

static int refuse(const struct cli *cli, const char *path)
{
	json_t *answer;

	if (!cli->json) {
		tell_mistakes(path);
		return cli_fail(CLI_FAILED, "%s was refused as a whole", path);
	}
	answer = json_pack("{s:b,s:s,s:o,s:i}", "ok", 0, "file", path, "mistakes", mistakes_json(),
	                   "more", (int)mistakes.dropped);
	(void)gate_print_json(answer);
	json_decref(answer);
	return CLI_FAILED;
}

static int read_deck(struct deck **out, const struct cli *cli, const struct rates_options *o,
                     struct slice want)
{
	struct progress progress = { time(NULL), isatty(STDERR_FILENO) == 1, false };
	struct deck_options options = { .want = want,
		                        .progress = show_progress,
		                        .ctx = &progress };
	const char *path = cli->words[1];
	struct slice text;
	enum tg_err err;
	int status;

	if (o->currency != NULL)
		options.currency = slice_str(o->currency);
	if (o->dates != NULL)
		options.dates = strcmp(o->dates, "dmy") == 0 ? DECK_DATES_DMY : DECK_DATES_MDY;
	status = map_file(&text, path);
	if (status != CLI_GO)
		return status;
	err = deck_parse(out, text, &options, &mistakes);
	unmap_file(text);
	if (progress.any && progress.terminal)
		fputc('\n', stderr);
	if (err == TG_EBAD)
		return refuse(cli, path);
	return err == TG_OK ? CLI_GO : cli_fail(CLI_FAILED, "%s", tg_strerror(err));
}

int rates_check(const struct cli *cli, const struct rates_options *o)
{
	struct deck *deck = NULL;
	struct gate gate = { 0 };
	int status = CLI_GO;

	if (o->config != NULL) /* only then is there a currency to compare with */
		status = gate_open(&gate, o->config);
	if (status == CLI_GO)
		status = read_deck(&deck, cli, o,
		                   gate.conf != NULL ? gate.conf->money.currency : SLICE(""));
	gate_close(&gate);
	if (status != CLI_GO)
		return status;
	if (cli->json)
		printf("{\"ok\":true,\"rows\":%u,\"currency\":\"%.*s\"}\n", deck_rows(deck),
		       SLICE_FMT(deck_currency(deck)));
	else
		printf("%s has no mistakes: %u rows in %.*s\n", cli->words[1], deck_rows(deck),
		       SLICE_FMT(deck_currency(deck)));
	deck_free(deck);
	return gate_printed();
}

/* ---- what changes ---- */

static json_t *change_json(const struct deck *before, const struct deck *after,
                           const struct deck_change *change)
{
	json_t *row = rates_row_json(after, change->after), *old = rates_row_json(before,
	                                                                          change->before);
	char mem[32];
	struct buf b = rates_money(mem, sizeof(mem), change->difference);

	if (json_object_set(row, "before", json_object_get(old, "per_minute")) != 0 ||
	    json_object_set_new(row, "difference", json_stringn(b.p, b.len)) != 0) {
		json_decref(row);
		row = NULL;
	}
	json_decref(old);
	return row;
}

static json_t *diff_json(const struct deck_diff *d, const struct deck *before,
                         const struct deck *after)
{
	json_t *changes = json_array();

	for (uint32_t i = 0; i < d->changes_count; i++)
		if (json_array_append_new(changes, change_json(before, after, &d->changes[i])) != 0)
			break; /* no memory: fewer are shown */
	return json_pack("{s:b,s:i,s:s%,s:i,s:i,s:i,s:i,s:i,s:i,s:o}", "ok", 1, "rows",
	                 (int)deck_rows(after), "currency", deck_currency(after).p,
	                 deck_currency(after).len, "added", (int)d->added, "removed",
	                 (int)d->removed, "dearer", (int)d->dearer, "cheaper", (int)d->cheaper,
	                 "same", (int)d->same, "other_terms", (int)d->terms, "changes", changes);
}

static void print_diff(const struct cli *cli, json_t *diff)
{
	static const struct gate_column columns[] = {
		{ "prefix", "PREFIX", false },    { "name", "NAME", false },
		{ "before", "BEFORE", true },     { "per_minute", "AFTER", true },
		{ "connect", "CONNECT", true },   { "difference", "CHANGE OF 3 MIN", true },
	};
	static const char *const counts[] = { "added", "removed", "dearer", "cheaper", "same" };
	const json_t *changes = json_object_get(diff, "changes");

	printf("%s: %lld rows in %s; prefixes", cli->words[1],
	       (long long)json_integer_value(json_object_get(diff, "rows")),
	       json_string_value(json_object_get(diff, "currency")));
	for (size_t i = 0; i < COUNT(counts); i++)
		printf("%s %s %lld", i > 0 ? "," : "", counts[i],
		       (long long)json_integer_value(json_object_get(diff, counts[i])));
	printf(" (of these with other fees or increments %lld)\n",
	       (long long)json_integer_value(json_object_get(diff, "other_terms")));
	if (json_array_size(changes) > 0) {
		puts("\nThe largest changes, by what a call of three minutes costs:");
		gate_print(cli, changes, columns, COUNT(columns), "");
		putchar('\n');
	}
}

/* ---- into force ---- */

static void no_line(void *ctx, struct slice json)
{
	(void)ctx;
	(void)json;
}

/* Returns the sentence to end with, and sets *failed when the running tollgate did not take it. */
static const char *activate(const struct gate *gate, struct slice name, bool *failed)
{
	static char error[512];
	char mem[DECKS_NAME_MAX + 32];
	struct buf words = buf_on(mem, sizeof(mem));
	enum tg_err err;

	buf_fmt(&words, "rates-reload %.*s", SLICE_FMT(name));
	err = control_ask(gate->data, buf_slice(&words), (struct control_sink){ NULL, no_line },
	                  error, sizeof(error));
	*failed = err != TG_OK && err != TG_ENOENT;
	if (err == TG_OK)
		return "in force";
	return err == TG_ENOENT ? "in force at the next start: tollgate does not run" : error;
}

static int put_in_force(const struct cli *cli, const struct gate *gate,
                        const struct rates_options *o, const struct deck *deck, json_t *diff)
{
	const char *done = "dry run: nothing was changed";
	char why[DECKS_WHY_MAX];
	bool failed = false;
	struct slice name;
	int status = rates_deck_name(&name, gate, o->trunk);

	if (status == CLI_GO && !o->dry_run) {
		if (decks_write(deck, slice_str(gate->data), name, why) != TG_OK)
			return cli_fail(CLI_FAILED, "%s", why);
		done = activate(gate, name, &failed);
	}
	if (failed)
		return cli_fail(CLI_FAILED, "the deck is written, but not taken: %s", done);
	if (cli->json)
		return json_object_set_new(diff, "done", json_string(done)) == 0
		       ? gate_print_json(diff) : CLI_FAILED;
	puts(done);
	return gate_printed();
}

int rates_import(const struct cli *cli, const struct gate *gate, const struct rates_options *o)
{
	struct deck *before = NULL, *after = NULL;
	char why[DECKS_WHY_MAX];
	struct deck_diff diff;
	struct slice name;
	enum tg_err err;
	json_t *shown;
	int status = rates_deck_name(&name, gate, o->trunk);

	if (status == CLI_GO)
		status = read_deck(&after, cli, o, gate->conf->money.currency);
	if (status != CLI_GO)
		return status;
	err = decks_read(&before, slice_str(gate->data), name, why);
	if (err != TG_OK && err != TG_ENOENT)
		cli_fail(CLI_FAILED, "the deck so far counts as empty: %s", why);
	deck_compare(&diff, before, after);
	shown = diff_json(&diff, before, after);
	if (shown == NULL)
		status = cli_fail(CLI_FAILED, "%s", tg_strerror(TG_ENOMEM));
	if (shown != NULL && !cli->json)
		print_diff(cli, shown);
	if (shown != NULL)
		status = put_in_force(cli, gate, o, after, shown);
	json_decref(shown);
	deck_free(before);
	deck_free(after);
	return status;
}
