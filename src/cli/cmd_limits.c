/* tollgate limits: every ledger with a limit or use, live (R66). */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/money_text.h"

static const char *const kinds[] = { "site", "group", "account", "pbx", "trunk", "class" };

/* "1/2", or "1" without a limit. */
static json_t *used_of(const json_t *row, const char *key, const char *limit_key)
{
	const json_t *limit = json_object_get(row, limit_key);
	char mem[64];

	if (json_is_integer(limit))
		snprintf(mem, sizeof(mem), "%lld/%lld",
		         (long long)json_integer_value(json_object_get(row, key)),
		         (long long)json_integer_value(limit));
	else
		snprintf(mem, sizeof(mem), "%lld",
		         (long long)json_integer_value(json_object_get(row, key)));
	return json_string(mem);
}

/* The counts stand in the ledger's first line. */
static void put_counts(json_t *to, const json_t *row)
{
	json_object_set(to, "ledger", json_object_get(row, "ledger"));
	json_object_set(to, "name", json_object_get(row, "name"));
	json_object_set_new(to, "calls", used_of(row, "calls", "calls_limit"));
	json_object_set_new(to, "minute", used_of(row, "calls_minute", "calls_minute_limit"));
	json_object_set_new(to, "numbers", used_of(row, "destinations", "destinations_limit"));
	json_object_set(to, "mode", json_object_get(row, "mode"));
}

/* One line of the table for each period, at least one for each ledger. */
static json_t *lines_of(const json_t *rows)
{
	json_t *lines = json_array();
	const json_t *row, *period;
	size_t i, n;

	json_array_foreach((json_t *)(uintptr_t)rows, i, row) {
		const json_t *money = json_object_get(row, "money");
		json_t *first = json_object();

		put_counts(first, row);
		json_array_append_new(lines, first);
		json_array_foreach((json_t *)(uintptr_t)money, n, period) {
			json_t *line = n == 0 ? first : json_object();

			if (n > 0) {
				json_object_set_new(line, "ledger", json_string(" "));
				json_object_set_new(line, "name", json_string(" "));
				json_object_set_new(line, "calls", json_string(" "));
				json_object_set_new(line, "minute", json_string(" "));
				json_object_set_new(line, "numbers", json_string(" "));
				json_object_set_new(line, "mode", json_string(" "));
				json_array_append_new(lines, line);
			}
			json_object_update(line, (json_t *)(uintptr_t)period);
		}
	}
	return lines;
}

static int print(const struct cli *cli, json_t *rows)
{
	static const struct gate_column columns[] = {
		{ "ledger", "LEDGER", false },     { "name", "NAME", false },
		{ "calls", "CALLS", true },        { "minute", "A MINUTE", true },
		{ "numbers", "NUMBERS", true },    { "period", "PERIOD", false },
		{ "limit", "LIMIT", true },        { "spent", "SPENT", true },
		{ "committed", "COMMITTED", true }, { "remaining", "REMAINING", true },
		{ "worst", "STILL POSSIBLE", true }, { "mode", "MODE", false },
	};
	json_t *lines;
	int status;

	if (cli->json)
		return gate_print_json(rows);
	lines = lines_of(rows);
	status = gate_print(cli, lines, columns, COUNT(columns),
	                    "no ledger has a limit or was used");
	json_decref(lines);
	return status;
}

static int once(const struct cli *cli, const struct gate *gate, struct slice words)
{
	json_t *rows = NULL;
	int status = gate_ask(gate, words, &rows);

	if (status == CLI_GO)
		status = print(cli, rows);
	json_decref(rows);
	return status;
}

/* Until Ctrl-C, or until nobody answers any more. */
static int watch(const struct cli *cli, const struct gate *gate, struct slice words)
{
	int status = CLI_DONE;

	while (status == CLI_DONE) {
		if (!cli->json && isatty(STDOUT_FILENO))
			fputs("\x1b[H\x1b[2J", stdout);
		status = once(cli, gate, words);
		if (status == CLI_DONE)
			sleep(1);
	}
	return status;
}

static int check_usage(const struct cli *cli)
{
	const char *near;

	if (cli->words_count == 0)
		return CLI_GO;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		if (strcmp(cli->words[0], kinds[i]) == 0)
			return CLI_GO;
	}
	near = cli_nearest(cli->words[0], kinds, COUNT(kinds));
	return cli_fail(CLI_USAGE,
	                "limits: there is no kind \"%s\"; allowed: site, group, account, "
	                "pbx, trunk, class%s%s%s",
	                cli->words[0], near != NULL ? "; did you mean " : "",
	                near != NULL ? near : "", near != NULL ? "?" : "");
}

int cmd_limits(struct cli *cli)
{
	const char *config = CLI_CONFIG_DEFAULT;
	bool live = false;
	const struct cli_option options[] = {
		CLI_CONFIG_OPTION(&config),
		{ "watch", NULL, &live, "show it again every second" },
	};
	int status = cli_args(cli, options, COUNT(options), 0, 2);
	char mem[512];
	struct buf words = buf_on(mem, sizeof(mem));
	struct gate gate;

	if (status != CLI_GO || (status = check_usage(cli)) != CLI_GO)
		return status;
	buf_lit(&words, "limits");
	for (uint32_t i = 0; i < cli->words_count; i++) {
		buf_chr(&words, ' ');
		buf_str(&words, cli->words[i]);
	}
	if (words.full || slice_find(buf_slice(&words), '\n') < words.len)
		return cli_fail(CLI_USAGE, "limits: such a name has no ledger");
	status = gate_open(&gate, config);
	if (status != CLI_GO)
		return status;
	status = live ? watch(cli, &gate, buf_slice(&words)) : once(cli, &gate, buf_slice(&words));
	gate_close(&gate);
	return status;
}
