/*
 * Runs scenarios: each .tg file is one world with its actors, told line by line.
 *
 *   run [--trace] [--seed N] FILE...
 *
 * The format is told in README.md beside this file.  A failure names file and line, what was
 * expected, what came instead and the last packets.
 */
#include "scenario/scenario.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- reading ---- */

static char *copy_text(const char *from, size_t len)
{
	char *to = malloc(len + 1);

	if (to == NULL)
		abort();
	memcpy(to, from, len);
	to[len] = '\0';
	return to;
}

static void add_line(struct scenario *s, const char *file, int number, const char *text)
{
	if (s->lines == SCENARIO_LINES_MAX)
		scenario_fail(s, "too many lines");
	s->line[s->lines++] = (struct line){ file, number, copy_text(text, strlen(text)) };
}

static void read_file(struct scenario *s, const char *path, int depth);

static void include(struct scenario *s, const char *path, const char *name, int depth)
{
	char mem[1024];
	struct buf other = buf_on(mem, sizeof(mem) - 1);
	const char *slash = strrchr(path, '/');

	buf_put(&other, slice_of(path, slash != NULL ? (size_t)(slash - path) + 1 : 0));
	buf_str(&other, name);
	mem[other.len] = '\0';
	read_file(s, mem, depth + 1);
}

static void read_file(struct scenario *s, const char *path, int depth)
{
	FILE *f = fopen(path, "r");
	char text[8192];
	int number = 0;
	const char *kept;

	if (f == NULL || depth > SCENARIO_DEPTH_MAX || s->file_count == (int)COUNT(s->files)) {
		(void)printf("%s: cannot be read\n", path);
		if (f != NULL)
			(void)fclose(f);
		longjmp(s->failed, 1);
	}
	kept = s->files[s->file_count++] = copy_text(path, strlen(path));
	while (fgets(text, sizeof(text), f) != NULL) {
		text[strcspn(text, "\r\n")] = '\0';
		number++;
		if (strncmp(text, "include ", 8) == 0)
			include(s, kept, text + 8, depth);
		else
			add_line(s, kept, number, text);
	}
	(void)fclose(f);
}

void scenario_words(struct scenario *s, const char *text)
{
	char *out = s->word_text;
	const char *p = text;

	s->words = 0;
	if (strlen(text) + SCENARIO_WORDS_MAX >= sizeof(s->word_text))
		scenario_fail(s, "the line is too long");
	for (;;) {
		while (*p == ' ' || *p == '\t')
			p++;
		if (*p == '\0' || *p == '#')
			return;
		if (s->words == SCENARIO_WORDS_MAX)
			scenario_fail(s, "too many words");
		s->word[s->words++] = out;
		if (*p == '"') {
			for (p++; *p != '\0' && *p != '"'; p++)
				*out++ = *p;
			p += *p == '"';
		} else {
			while (*p != '\0' && *p != ' ' && *p != '\t')
				*out++ = *p++;
		}
		*out++ = '\0';
	}
}

int scenario_word(const struct scenario *s, const char *word)
{
	for (int i = 0; i < s->words; i++) {
		if (strcmp(s->word[i], word) == 0)
			return i;
	}
	return -1;
}

const char *scenario_value(const struct scenario *s, const char *word)
{
	int i = scenario_word(s, word);

	return i >= 0 && i + 1 < s->words ? s->word[i + 1] : NULL;
}

double scenario_number(struct scenario *s, const char *text)
{
	char *end = NULL;
	double v = text != NULL ? strtod(text, &end) : 0;

	if (text == NULL || end == text || *end != '\0')
		scenario_fail(s, "a number is missing: %s", text != NULL ? text : "");
	return v;
}

const char *scenario_more(struct scenario *s, const char *mark)
{
	const char *text;

	if (s->at + 1 >= s->lines)
		return NULL;
	text = s->line[s->at + 1].text;
	text += strspn(text, " \t");
	if (strncmp(text, mark, strlen(mark)) != 0)
		return NULL;
	s->at++;
	text += strlen(mark);
	return *text == ' ' ? text + 1 : text;
}

/* ---- failing ---- */

static void print_packet(const struct scenario *s, const struct packet *p, bool whole)
{
	int len = whole ? (int)p->len : (int)strcspn(p->text, "\r\n");

	(void)printf("  %8.3f %s %s %.*s\n", (double)(p->at_ms - s->start_ms) / 1000,
	             s->actor[p->actor].name, p->in ? "->" : "<-", len, p->text);
}

void scenario_fail(struct scenario *s, const char *fmt, ...)
{
	va_list args;

	(void)printf("%s:%d: ", s->at < s->lines ? s->line[s->at].file : s->files[0],
	             s->at < s->lines ? s->line[s->at].number : 0);
	va_start(args, fmt);
	(void)vprintf(fmt, args);
	va_end(args);
	if (s->lines > 0)
		(void)printf("\n  %s\n", s->line[0].text);
	if (s->world != NULL)
		(void)printf("  the last packets:\n");
	for (unsigned i = s->last_at; i < s->last_at + COUNT(s->last); i++) {
		const struct packet *p = s->last[i % COUNT(s->last)];

		if (p != NULL)
			print_packet(s, p, i + 1 == s->last_at + COUNT(s->last));
	}
	if (s->log_len > 0)
		(void)printf("  the log:\n%.*s", (int)s->log_len, s->log);
	longjmp(s->failed, 1);
}

/* ---- steps ---- */

struct actor *scenario_actor(struct scenario *s, const char *name)
{
	for (int i = 0; i < s->actors; i++) {
		if (strcmp(s->actor[i].name, name) == 0)
			return &s->actor[i];
	}
	return NULL;
}

struct named_talk *scenario_talk(struct scenario *s, const char *name)
{
	for (int i = 0; i < s->talks; i++) {
		if (strcmp(s->talk[i].name, name) == 0)
			return &s->talk[i];
	}
	return NULL;
}

struct named_talk *scenario_talk_new(struct scenario *s, const char *name, int owner)
{
	struct named_talk *t = scenario_talk(s, name);

	if (t != NULL)
		scenario_fail(s, "%s names two dialogs", name);
	if (s->talks == SCENARIO_TALKS_MAX)
		scenario_fail(s, "too many dialogs");
	t = &s->talk[s->talks++];
	(void)snprintf(t->name, sizeof(t->name), "%s", name);
	t->owner = owner;
	return t;
}

static void run_process(struct scenario *s, bool start)
{
	static const struct {
		const char *name;
		enum link_role role;
	} roles[] = { { "edge", LINK_EDGE }, { "carrier", LINK_CARRIER }, { "vault", LINK_VAULT },
		      { "relay", LINK_RELAY } };

	for (size_t i = 0; i < COUNT(roles) && s->words > 1; i++) {
		uint8_t index = s->words > 2 ? (uint8_t)atoi(s->word[2]) : 0;
		struct link_proc p = { (uint8_t)roles[i].role, index };

		if (strcmp(s->word[1], roles[i].name) != 0)
			continue;
		if (!(start ? world_start(s->world, p) : world_kill(s->world, p)))
			scenario_fail(s, "%s", start ? "it runs" : "it does not run");
		return;
	}
	scenario_fail(s, "no such process");
}

static void hang_up(struct scenario *s)
{
	char line[64], mem[4096];
	struct world_sight sight;

	world_sight(s->world, &sight);
	(void)snprintf(line, sizeof(line), "hangup %016llx",
	               (unsigned long long)world_record(s->world, sight.records_open +
	                                                sight.records_over - 1)->call);
	for (uint8_t i = 0; i < world_site(s->world)->edges; i++) {
		struct buf b = buf_on(mem, sizeof(mem));

		world_ask(s->world, (struct link_proc){ LINK_EDGE, i }, slice_str(line), &b);
	}
}

/** renew SECONDS [final RULE]: as the vault would for the last call that it granted. */
static void renew(struct scenario *s)
{
	const char *rule = scenario_value(s, "final");
	struct link_msg m;

	link_msg_init(&m, LINK_CALL_RENEW, s->carrier);
	m.head.leg = s->granted;
	m.renew.paid_ms = (uint32_t)(scenario_number(s, s->words > 1 ? s->word[1] : NULL) * 1000);
	if (rule != NULL) {
		m.renew.final = 1;
		link_text_set(&m.renew.rule, slice_str(rule));
	}
	world_post_as(s->world, (struct link_proc){ LINK_VAULT, 0 }, &m);
}

/** Drop the first `n` words. */
static void shift(struct scenario *s, int n)
{
	s->words -= n;
	for (int i = 0; i < s->words; i++)
		s->word[i] = s->word[i + n];
}

static void stop_all(struct scenario *s)
{
	struct link_msg m;

	for (uint8_t i = 0; i < world_site(s->world)->edges; i++) {
		link_msg_init(&m, LINK_STOP, (struct link_proc){ LINK_EDGE, i });
		m.stop.graceful = 1;
		world_post(s->world, &m);
	}
}

static void step_actor(struct scenario *s)
{
	struct actor *a = scenario_actor(s, s->word[0]);

	if (a == NULL || s->words < 3)
		scenario_fail(s, "no such step");
	if (strcmp(s->word[1], "->") == 0)
		scenario_say(s, a);
	else if (strcmp(s->word[1], "<-") == 0)
		scenario_expect(s, a);
	else
		scenario_fail(s, "-> or <- is missing");
}

/* disk refuses, disk takes, disk MS */
static void disk(struct scenario *s)
{
	struct world_disk_conf conf = { .refuses = strcmp(s->word[1], "refuses") == 0 };

	if (!conf.refuses && strcmp(s->word[1], "takes") != 0)
		conf.latency_min_ms = conf.latency_max_ms =
			(uint32_t)scenario_number(s, s->word[1]);
	world_disk_set(s->world, &conf);
}

static void step(struct scenario *s)
{
	if (strcmp(s->word[0], "at") == 0) {
		double at = scenario_number(s, s->words > 1 ? s->word[1] : NULL);
		uint64_t ms = s->start_ms + (uint64_t)(at * 1000 + 0.5);

		if (ms < world_now_ms(s->world))
			scenario_fail(s, "it is later already: %.3f",
			              (double)(world_now_ms(s->world) - s->start_ms) / 1000);
		world_run(s->world, ms);
		shift(s, 2);
		if (s->words == 0)
			return;
	}
	if (strcmp(s->word[0], "kill") == 0)
		run_process(s, false);
	else if (strcmp(s->word[0], "start") == 0)
		run_process(s, true);
	else if (strcmp(s->word[0], "silence") == 0)
		world_silence(s->world);
	else if (strcmp(s->word[0], "hangup") == 0)
		hang_up(s);
	else if (strcmp(s->word[0], "stop") == 0)
		stop_all(s);
	else if (strcmp(s->word[0], "disk") == 0 && s->words == 2)
		disk(s);
	else if (strcmp(s->word[0], "paid") == 0 && s->words == 2)
		s->paid_ms = (uint32_t)(scenario_number(s, s->word[1]) * 1000);
	else if (strcmp(s->word[0], "renew") == 0)
		renew(s);
	else if (strcmp(s->word[0], "ask") == 0)
		scenario_ask(s);
	else if (strcmp(s->word[0], "operate") == 0)
		scenario_operate(s);
	else if (strcmp(s->word[0], "wall-step") == 0 && s->words == 2)
		world_wall_step(s->world, (int64_t)(scenario_number(s, s->word[1]) * 1000));
	else if (strcmp(s->word[0], "check") == 0)
		scenario_check(s);
	else if (strcmp(s->word[0], "ignore") == 0 && s->words == 2 &&
	         scenario_actor(s, s->word[1]) != NULL)
		scenario_actor(s, s->word[1])->ignore = true;
	else if (strcmp(s->word[0], "unexpected-states") == 0)
		s->expects_unexpected = true;
	else
		step_actor(s);
}

static void check_end(struct scenario *s)
{
	struct world_sight sight;

	world_run(s->world, world_now_ms(s->world) + 1);
	for (int i = 0; i < s->actors; i++) {
		struct actor *a = &s->actor[i];

		if (a->waiting > 0 && !a->ignore)
			scenario_fail(s, "%s got something that no line expects: %.*s", a->name,
			              (int)strcspn(a->inbox[0]->text, "\r\n"), a->inbox[0]->text);
	}
	world_sight(s->world, &sight);
	if (sight.bad_messages > 0 || sight.overflows > 0 || sight.record_faults > 0)
		scenario_fail(s, "%llu bad messages, %llu overflows, %llu wrong records",
		              (unsigned long long)sight.bad_messages,
		              (unsigned long long)sight.overflows,
		              (unsigned long long)sight.record_faults);
	if (!s->expects_unexpected && s->log_len > 0 &&
	    strstr(s->log, "event=unexpected_state") != NULL)
		scenario_fail(s, "a state machine met what it did not expect");
}

static void run_lines(struct scenario *s)
{
	bool config = false;

	for (s->at = 0; s->at < s->lines; s->at++) {
		const char *text = s->line[s->at].text;

		if (config && (text[0] == ' ' || text[0] == '\t')) {
			size_t len = strlen(s->yaml);

			(void)snprintf(s->yaml + len, sizeof(s->yaml) - len, "%s\n", text);
			continue;
		}
		config = false;
		scenario_words(s, text);
		if (s->words == 0)
			continue;
		config = strcmp(s->word[0], "config") == 0;
		if (config || scenario_config(s))
			continue;
		if (s->world == NULL)
			scenario_world(s);
		step(s);
	}
	if (s->world == NULL)
		scenario_fail(s, "nothing happens in this file");
	check_end(s);
}

/* ---- the program ---- */

static void free_packets(struct packet *p)
{
	while (p != NULL) {
		struct packet *next = p->next;

		free(p);
		p = next;
	}
}

static void scenario_free(struct scenario *s)
{
	world_free(s->world);
	scenario_decks_free(s);
	conf_free(s->conf);
	free(s->mistakes);
	for (int i = 0; i < s->talks; i++)
		talk_fini(&s->talk[i].talk);
	for (int i = 0; i < s->actors; i++)
		free_packets(s->actor[i].seen);
	free_packets(s->sent);
	for (int i = 0; i < s->lines; i++)
		free(s->line[i].text);
	for (int i = 0; i < s->file_count; i++)
		free(s->files[i]);
	for (int i = 0; i < s->kept; i++)
		free(s->words_kept[i]);
	free(s->line);
	free(s->log);
	free(s);
}

static bool run_file(const char *path, uint64_t seed, bool trace)
{
	struct scenario *s = calloc(1, sizeof(*s));
	volatile bool ok = false; /* lives across longjmp() */

	if (s == NULL || (s->line = calloc(SCENARIO_LINES_MAX, sizeof(*s->line))) == NULL ||
	    (s->mistakes = calloc(1, sizeof(*s->mistakes))) == NULL)
		abort();
	s->seed = seed;
	s->trace = trace;
	if (setjmp(s->failed) == 0) {
		read_file(s, path, 0);
		if (s->lines == 0 || s->line[0].text[0] != '#')
			scenario_fail(s, "the first line must say why");
		run_lines(s);
		ok = true;
	}
	scenario_free(s);
	return ok;
}

int main(int argc, char **argv)
{
	int passed = 0, failed = 0;
	uint64_t seed = 1;
	bool trace = false;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--trace") == 0) {
			trace = true;
		} else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc) {
			seed = strtoull(argv[++i], NULL, 10);
		} else if (run_file(argv[i], seed, trace)) {
			passed++;
		} else {
			failed++;
			(void)printf("FAILED %s\n\n", argv[i]);
		}
	}
	(void)printf("%d passed, %d failed\n", passed, failed);
	return failed > 0 || passed == 0;
}
