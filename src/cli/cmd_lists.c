/* tollgate calls, registrations, trunks, hangup: what runs now, as its processes tell it. */
#include "cli/gate.h"

#include <stdio.h>

#include "cli/cli.h"

struct list {
	const char *words, *sort, *none;
	const struct gate_column *columns;
	size_t count;
};

static int show(struct cli *cli, const struct list *list)
{
	const char *config = CLI_CONFIG_DEFAULT;
	const struct cli_option options[] = { CLI_CONFIG_OPTION(&config) };
	int status = cli_args(cli, options, COUNT(options), 0, 0);
	json_t *rows = NULL;
	struct gate gate;

	if (status != CLI_GO || (status = gate_open(&gate, config)) != CLI_GO)
		return status;
	status = gate_ask(&gate, slice_str(list->words), &rows);
	if (status == CLI_GO) {
		gate_sort(rows, list->sort);
		status = gate_print(cli, rows, list->columns, list->count, list->none);
	}
	json_decref(rows);
	gate_close(&gate);
	return status;
}

int cmd_calls(struct cli *cli)
{
	static const struct gate_column columns[] = {
		{ "call", "CALL", false },   { "state", "STATE", false },
		{ "seconds", "S", true },    { "from", "FROM", false },
		{ "dialled", "DIALLED", false }, { "to", "TO", false },
		{ "rule", "RULE", false },
	};
	static const struct list list = { "calls", "call", "no calls", columns, COUNT(columns) };

	return show(cli, &list);
}

int cmd_registrations(struct cli *cli)
{
	static const struct gate_column columns[] = {
		{ "account", "ACCOUNT", false },     { "from", "FROM", false },
		{ "interface", "INTERFACE", false }, { "expires_s", "EXPIRES S", true },
		{ "agent", "PHONE", false },         { "contact", "CONTACT", false },
	};
	static const struct list list = { "registrations", "account", "nobody is registered",
		                          columns, COUNT(columns) };

	return show(cli, &list);
}

int cmd_trunks(struct cli *cli)
{
	static const struct gate_column columns[] = {
		{ "trunk", "TRUNK", false },       { "address", "ADDRESS", false },
		{ "registers", "REGISTERS", false }, { "state", "STATE", false },
		{ "usable", "USABLE", false },     { "holds_s", "HOLDS S", true },
		{ "last_status", "LAST STATUS", true }, { "calls_out", "CALLS OUT", true },
	};
	static const struct list list = { "trunks", "trunk", "no trunk is configured", columns,
		                          COUNT(columns) };

	return show(cli, &list);
}

static bool is_call(const char *word)
{
	struct slice s = slice_str(word);

	for (size_t i = 0; i < s.len; i++)
		if (tg_hexval(s.p[i]) < 0)
			return false;
	return s.len > 0 && s.len <= 16;
}

static int report(const struct cli *cli, const json_t *rows)
{
	long long n = 0;
	const json_t *row;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)rows, i, row)
		n += json_integer_value(json_object_get(row, "hung_up"));
	if (cli->json)
		printf("{\"hung_up\":%lld}\n", n);
	else if (n > 0)
		printf("hung up %lld %s\n", n, n == 1 ? "call" : "half-calls");
	return gate_printed();
}

int cmd_hangup(struct cli *cli)
{
	const char *config = CLI_CONFIG_DEFAULT;
	const struct cli_option options[] = { CLI_CONFIG_OPTION(&config) };
	int status = cli_args(cli, options, COUNT(options), 1, 1);
	bool all = status == CLI_GO && strcmp(cli->words[0], "all") == 0;
	char mem[64];
	struct buf words = buf_on(mem, sizeof(mem));
	json_t *rows = NULL;
	struct gate gate;

	if (status != CLI_GO)
		return status;
	if (!all && !is_call(cli->words[0]))
		return cli_fail(CLI_USAGE,
		                "hangup: name a call as `tollgate calls` shows it, or all");
	status = gate_open(&gate, config);
	if (status != CLI_GO)
		return status;
	buf_lit(&words, "hangup ");
	buf_str(&words, cli->words[0]);
	status = gate_ask(&gate, buf_slice(&words), &rows);
	if (status == CLI_GO && !all && json_array_size(rows) == 0)
		status = cli_fail(CLI_FAILED, "there is no call %s", cli->words[0]);
	if (status == CLI_GO)
		status = report(cli, rows);
	json_decref(rows);
	gate_close(&gate);
	return status;
}
