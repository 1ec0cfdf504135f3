/*
 * tollgate calls, registrations, trunks, processes, hangup: what a running tollgate says at once.
 */
#include <stdio.h>
#include <string.h>

#include "cli/answer.h"
#include "cli/cli.h"

static int ask(struct cli *cli, const char *words, const struct cli_column *columns, size_t count,
               const char *none)
{
	struct cli_question q = { .config = CLI_CONFIG_DEFAULT, .words = words,
		                  .columns = columns, .column_count = count, .none = none };
	const struct cli_option options[] = {
		{ "config", &q.config, NULL,
		  "configuration of the running tollgate (default " CLI_CONFIG_DEFAULT ")" },
	};
	int status = cli_args(cli, options, COUNT(options), 0, 0);

	return status != CLI_GO ? status : cli_answer(cli, &q);
}

int cmd_calls(struct cli *cli)
{
	static const struct cli_column columns[] = {
		{ "call", "CALL" }, { "from", "FROM" }, { "dialled", "DIALLED" }, { "to", "TO" },
		{ "state", "STATE" }, { "seconds", "SECONDS" }, { "rule", "RULE" },
	};

	return ask(cli, "calls", columns, COUNT(columns), "No calls.");
}

int cmd_registrations(struct cli *cli)
{
	static const struct cli_column columns[] = {
		{ "account", "ACCOUNT" }, { "from", "FROM" }, { "interface", "INTERFACE" },
		{ "expires_s", "EXPIRES" }, { "agent", "AGENT" }, { "contact", "CONTACT" },
	};

	return ask(cli, "registrations", columns, COUNT(columns), "No phone is registered.");
}

int cmd_trunks(struct cli *cli)
{
	static const struct cli_column columns[] = {
		{ "trunk", "TRUNK" }, { "address", "ADDRESS" }, { "registers", "REGISTERS" },
		{ "state", "STATE" }, { "usable", "USABLE" }, { "holds_s", "HOLDS" },
		{ "last_status", "STATUS" }, { "calls_out", "CALLS" },
	};

	return ask(cli, "trunks", columns, COUNT(columns), "No trunk is configured.");
}

int cmd_processes(struct cli *cli)
{
	static const struct cli_column columns[] = {
		{ "process", "PROCESS" }, { "state", "STATE" }, { "pid", "PID" },
		{ "for_s", "SECONDS" }, { "starts", "STARTS" },
	};

	return ask(cli, "processes", columns, COUNT(columns), "No process answers.");
}

int cmd_hangup(struct cli *cli)
{
	static const struct cli_column columns[] = { { "hung_up", "HUNG UP" } };
	char words[64];
	struct cli_question q = { .config = CLI_CONFIG_DEFAULT, .words = words,
		                  .columns = columns, .column_count = COUNT(columns),
		                  .none = "There is no such call." };
	const struct cli_option options[] = {
		{ "config", &q.config, NULL,
		  "configuration of the running tollgate (default " CLI_CONFIG_DEFAULT ")" },
	};
	int status = cli_args(cli, options, COUNT(options), 1, 1);

	if (status != CLI_GO)
		return status;
	if (strlen(cli->words[0]) > 16 ||
	    (strcmp(cli->words[0], "all") != 0 &&
	     strspn(cli->words[0], "0123456789abcdef") != strlen(cli->words[0])))
		return cli_fail(CLI_USAGE,
		                "a call is named by the hex digits that `tollgate calls` "
		                "shows, or \"all\"");
	snprintf(words, sizeof(words), "hangup %s", cli->words[0]);
	return cli_answer(cli, &q);
}
