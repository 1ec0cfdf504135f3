/*
 * tollgate lockdown, unlock, allow, disallow, pass, passes: what the operator closes and opens from
 * day to day (R51, R52, R83, R90).  It is kept over restarts and expires by itself.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/money_text.h"
#include "cli/until.h"
#include "conf/conf.h"
#include "proc/site_judge.h"

/* ---- moments ---- */

static int read_zone(struct tg_zone *zone, const struct gate *gate)
{
	struct slice name = gate->conf->money.zone;

	if (site_zone_read(zone, name) == TG_OK)
		return CLI_GO;
	return cli_fail(CLI_FAILED, "the time zone %.*s is not installed", SLICE_FMT(name));
}

/* " 1927584000", or " -" for good. */
static int put_until(struct buf *words, const struct gate *gate, const char *until)
{
	static struct tg_zone zone;
	uint64_t now_s = (uint64_t)time(NULL), s;
	int status;

	if (until == NULL) {
		buf_lit(words, " -");
		return CLI_GO;
	}
	status = read_zone(&zone, gate);
	if (status != CLI_GO)
		return status;
	if (until_parse(&s, slice_str(until), &zone, now_s, true) != TG_OK)
		return cli_fail(CLI_USAGE,
		                "until when? Write 30m, 12h or 7d from now, 2031-01-31 or "
		                "2031-01-31T18:30");
	if (s <= now_s)
		return cli_fail(CLI_USAGE, "%s is over", until);
	buf_chr(words, ' ');
	buf_u64(words, s);
	return CLI_GO;
}

/* A moment on the site's clock, or "unlock" or the like for what does not end. */
static void put_moment(struct buf *b, const struct tg_zone *zone, const json_t *until)
{
	struct tg_local l;

	if (!json_is_integer(until)) {
		buf_lit(b, "it is removed");
		return;
	}
	tg_zone_local(zone, json_integer_value(until), &l);
	buf_fmt(b, "%04d-%02u-%02u %02u:%02u", l.year, l.month, l.mday, l.second / 3600,
	        l.second / 60 % 60);
}

static void print_until(const struct gate *gate, const json_t *until)
{
	static struct tg_zone zone;
	char mem[64];
	struct buf b = buf_on(mem, sizeof(mem));

	if (read_zone(&zone, gate) != CLI_GO)
		return;
	put_moment(&b, &zone, until);
	printf(" until %.*s", SLICE_FMT(buf_slice(&b)));
}

/* ---- asking ---- */

/* Words go to the vault separated by blanks. */
static bool is_plain(const char *word)
{
	return word[0] != '\0' && strpbrk(word, " \t\r\n") == NULL;
}

static int ask(const struct gate *gate, const struct buf *words, json_t **rows)
{
	if (words->full || slice_find(buf_slice(words), '\n') < words->len)
		return cli_fail(CLI_USAGE, "a name or number is too long, or holds a line break");
	return gate_ask(gate, buf_slice(words), rows);
}

/** The one object of an answer, as JSON or by `print`. */
static int answer(const struct cli *cli, const struct gate *gate, const struct buf *words,
                  void (*print)(const struct gate *, const json_t *))
{
	json_t *rows = NULL;
	int status = ask(gate, words, &rows);

	if (status == CLI_GO && cli->json) {
		status = gate_print_json(json_array_get(rows, 0));
	} else if (status == CLI_GO) {
		print(gate, json_array_get(rows, 0));
		status = gate_printed();
	}
	json_decref(rows);
	return status;
}

static void print_plain(const json_t *value)
{
	char mem[512];
	struct buf b = buf_on(mem, sizeof(mem));

	gate_put_plain(&b, slice_of(json_string_value(value), json_string_length(value)));
	fwrite(b.p, 1, b.len, stdout);
}

/* ---- lockdown, unlock ---- */

static void print_lock(const struct gate *gate, const json_t *row)
{
	static const char *const levels[] = {
		"Unlocked: the rules of the configuration hold again",
		"Locked, level 1: no call abroad goes out",
		"Locked, level 2: no call abroad, and one chargeable call at a time",
		"Locked, level 3: only emergency calls go out",
	};
	json_int_t level = json_integer_value(json_object_get(row, "level"));

	fputs(levels[level >= 0 && level < (json_int_t)COUNT(levels) ? level : 0], stdout);
	if (level > 0)
		print_until(gate, json_object_get(row, "until"));
	printf(".\n");
	if (json_integer_value(json_object_get(row, "stopped")) > 0)
		printf("%lld calls that were up are being hung up.\n",
		       (long long)json_integer_value(json_object_get(row, "stopped")));
	if (level > 0)
		puts("`tollgate unlock` ends it.");
}

int cmd_lockdown(struct cli *cli)
{
	const char *config = CLI_CONFIG_DEFAULT, *until = NULL;
	bool running = false;
	const struct cli_option options[] = {
		CLI_CONFIG_OPTION(&config),
		{ "until", &until, NULL, "TIME at which it ends by itself, as 12h, 2031-01-31 or "
		  "2031-01-31T18:30 (default: `tollgate unlock`)" },
		{ "running", NULL, &running, "hang up the calls, too, that would not go out now" },
	};
	int status = cli_args(cli, options, COUNT(options), 0, 1);
	const char *level = cli->words_count > 0 ? cli->words[0] : "2";
	char mem[128];
	struct buf words = buf_on(mem, sizeof(mem));
	struct gate gate;

	if (status != CLI_GO)
		return status;
	if (strlen(level) != 1 || level[0] < '1' || level[0] > '3')
		return cli_fail(CLI_USAGE,
		                "lockdown: levels are 1 (nothing abroad), 2 (and one call "
		                "at a time; the default) and 3 (emergency calls only)");
	status = gate_open(&gate, config);
	if (status != CLI_GO)
		return status;
	buf_fmt(&words, "lockdown %s", level);
	status = put_until(&words, &gate, until);
	if (running)
		buf_lit(&words, " running");
	if (status == CLI_GO)
		status = answer(cli, &gate, &words, print_lock);
	gate_close(&gate);
	return status;
}

int cmd_unlock(struct cli *cli)
{
	const char *config = CLI_CONFIG_DEFAULT;
	const struct cli_option options[] = { CLI_CONFIG_OPTION(&config) };
	int status = cli_args(cli, options, COUNT(options), 0, 0);
	char mem[16];
	struct buf words = buf_on(mem, sizeof(mem));
	struct gate gate;

	if (status != CLI_GO || (status = gate_open(&gate, config)) != CLI_GO)
		return status;
	buf_lit(&words, "unlock");
	status = answer(cli, &gate, &words, print_lock);
	gate_close(&gate);
	return status;
}

/* ---- allow, disallow ---- */

static void print_allowed(const struct gate *gate, const json_t *row)
{
	const char *account = json_text_of(row, "account");

	print_plain(json_object_get(row, "number"));
	if (strcmp(json_text_of(row, "done"), "allowed") != 0) {
		puts(" is judged by the rules again.");
		return;
	}
	fputs(" may be called by ", stdout);
	if (account[0] == '\0')
		fputs("everybody", stdout);
	else
		print_plain(json_object_get(row, "account"));
	print_until(gate, json_object_get(row, "until"));
	puts("; budgets hold as before.");
}

static int change_number(struct cli *cli, bool on)
{
	const char *config = CLI_CONFIG_DEFAULT, *account = "-", *until = NULL;
	const struct cli_option options[] = {
		CLI_CONFIG_OPTION(&config),
		{ "for", &account, NULL, "ACCOUNT alone (default: everybody)" },
		{ "until", &until, NULL, "TIME at which it ends by itself, as 12h, 2031-01-31 or "
		  "2031-01-31T18:30 (default: `tollgate disallow`)" },
	};
	int status = cli_args(cli, options, COUNT(options) - !on, 1, 1);
	char mem[512];
	struct buf words = buf_on(mem, sizeof(mem));
	struct gate gate;

	if (status != CLI_GO)
		return status;
	if (!is_plain(account))
		return cli_fail(CLI_USAGE, "no account has such a name");
	status = gate_open(&gate, config);
	if (status != CLI_GO)
		return status;
	buf_fmt(&words, "%s %s", on ? "allow" : "disallow", account);
	if (on)
		status = put_until(&words, &gate, until);
	buf_chr(&words, ' ');
	buf_str(&words, cli->words[0]);
	if (status == CLI_GO)
		status = answer(cli, &gate, &words, print_allowed);
	gate_close(&gate);
	return status;
}

int cmd_allow(struct cli *cli)
{
	return change_number(cli, true);
}

int cmd_disallow(struct cli *cli)
{
	return change_number(cli, false);
}

/* ---- pass, passes ---- */

static void print_places(const json_t *places)
{
	const json_t *place;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)places, i, place) {
		fputs(i > 0 ? ", " : "", stdout);
		print_plain(place);
	}
}

static void print_pass(const struct gate *gate, const json_t *row)
{
	fputs("Account ", stdout);
	print_plain(json_object_get(row, "pass"));
	if (strcmp(json_text_of(row, "done"), "given") != 0) {
		puts(" has no travel pass any more.");
		return;
	}
	fputs(" may call ", stdout);
	print_places(json_object_get(row, "to"));
	print_until(gate, json_object_get(row, "until"));
	puts(", one call at a time; budgets hold as before.");
}

int cmd_pass(struct cli *cli)
{
	const char *config = CLI_CONFIG_DEFAULT, *to = NULL, *until = NULL;
	bool end = false;
	const struct cli_option options[] = {
		CLI_CONFIG_OPTION(&config),
		{ "to", &to, NULL, "ES,FR: the territories" },
		{ "until", &until, NULL, "TIME at which it ends by itself: 2031-01-31 (that day is "
		  "in), 2031-01-31T18:30, 7d" },
		{ "end", NULL, &end, "end the account's pass now" },
	};
	int status = cli_args(cli, options, COUNT(options), 1, 1);
	char mem[512];
	struct buf words = buf_on(mem, sizeof(mem));
	struct gate gate;

	if (status != CLI_GO)
		return status;
	if (end ? to != NULL || until != NULL : to == NULL || until == NULL)
		return cli_fail(CLI_USAGE, "pass: either --to=ES,FR and --until=TIME, or --end");
	if (!is_plain(cli->words[0]) || (to != NULL && !is_plain(to)))
		return cli_fail(CLI_USAGE, "pass: names hold no blanks");
	status = gate_open(&gate, config);
	if (status != CLI_GO)
		return status;
	buf_fmt(&words, "pass %s", cli->words[0]);
	if (end)
		buf_lit(&words, " end");
	else
		status = put_until(&words, &gate, until);
	if (!end)
		buf_fmt(&words, " %s", to);
	if (status == CLI_GO)
		status = answer(cli, &gate, &words, print_pass);
	gate_close(&gate);
	return status;
}

/* "until" in words, for the table. */
static int word_moments(const struct gate *gate, json_t *rows)
{
	static struct tg_zone zone;
	int status = read_zone(&zone, gate);
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row) {
		char mem[64];
		struct buf b = buf_on(mem, sizeof(mem));

		if (status != CLI_GO)
			return status;
		put_moment(&b, &zone, json_object_get(row, "until"));
		json_object_set_new(row, "until", json_stringn(b.p, b.len));
		if (json_object_get(row, "account") != NULL &&
		    json_text_of(row, "account")[0] == '\0')
			json_object_set_new(row, "account", json_string("everybody"));
	}
	return CLI_GO;
}

int cmd_passes(struct cli *cli)
{
	static const struct gate_column columns[] = {
		{ "what", "WHAT", false }, { "level", "LEVEL", false },
		{ "account", "ACCOUNT", false }, { "to", "MAY CALL", false },
		{ "until", "UNTIL", false },
	};
	const char *config = CLI_CONFIG_DEFAULT;
	const struct cli_option options[] = { CLI_CONFIG_OPTION(&config) };
	int status = cli_args(cli, options, COUNT(options), 0, 0);
	json_t *rows = NULL;
	struct gate gate;

	if (status != CLI_GO || (status = gate_open(&gate, config)) != CLI_GO)
		return status;
	status = gate_ask(&gate, SLICE("passes"), &rows);
	if (status == CLI_GO && !cli->json)
		status = word_moments(&gate, rows);
	if (status == CLI_GO)
		status = gate_print(cli, rows, columns, COUNT(columns),
		                    "nothing is open or closed by hand");
	json_decref(rows);
	gate_close(&gate);
	return status;
}
