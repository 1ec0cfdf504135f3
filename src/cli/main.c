/* The program: one table of commands; usage and suggestions follow from it. */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

static const struct cli_command commands[] = {
	{ "init", cmd_init, "", "Write a first configuration for this machine: closed, LAN only." },
	{ "run", cmd_run, "", "Start tollgate; it runs in the foreground until SIGTERM or Ctrl-C." },
	{ "check", cmd_check, "[FILE]", "List all mistakes of a configuration, or say what it opens." },
	{ "show", cmd_show, "config|options",
	  "Print the whole configuration with its defaults, or explain every setting." },
	{ "status", cmd_status, "", "Say what is open, to whom and why, and how it goes." },
	{ "calls", cmd_calls, "", "List the calls that ring or are up." },
	{ "hangup", cmd_hangup, "CALL|all", "End a call, or all." },
	{ "account", cmd_account, "list|add|rotate|remove [NAME]",
	  "Show and change who may register; a new secret is shown once." },
	{ "secret", cmd_secret, "set trunk/NAME",
	  "Give the vault a trunk's secret, read from the terminal or standard input." },
	{ "registrations", cmd_registrations, "", "List the phones that are registered." },
	{ "trunks", cmd_trunks, "", "List the trunks and how they are." },
	{ "rates", cmd_rates, "import|check|show|list|export",
	  "Import a provider's rates, and show what a number costs." },
	{ "limits", cmd_limits, "[KIND [NAME]]",
	  "Show each budget: spent, committed, remaining, and what is still possible." },
	{ "why", cmd_why, "CALL|NUMBER|ACCOUNT|ADDRESS",
	  "Say which rule or budget decided about calls, and what to do about it." },
	{ "policy", cmd_policy, "explain NUMBER --as=ACCOUNT",
	  "Say what would become of a call and why, without calling." },
	{ "lockdown", cmd_lockdown, "[1|2|3]", "Close what could cost most: abroad, more than one call, all." },
	{ "unlock", cmd_unlock, "", "End the lockdown." },
	{ "allow", cmd_allow, "NUMBER", "Open one number, for everybody or one account." },
	{ "disallow", cmd_disallow, "NUMBER", "Take that back." },
	{ "pass", cmd_pass, "ACCOUNT --to=ES,FR --until=TIME",
	  "Let an account call territories until a day, one call at a time." },
	{ "passes", cmd_passes, "", "List the lockdown, the numbers and the passes." },
	{ "records", cmd_records, "", "Print the records of calls, as a table, JSON or CSV." },
	{ "replay", cmd_replay, "RECORDS.csv --policy=FILE",
	  "Say what recorded calls would have become, and cost, under another configuration." },
};

static void print_usage(FILE *to)
{
	fputs("usage: tollgate COMMAND [words] [options]\n\n", to);
	for (size_t i = 0; i < COUNT(commands); i++)
		fprintf(to, "  %-13s %-29s %s\n", commands[i].name, commands[i].words,
		        commands[i].help);
	fputs("\n  --json prints data as JSON, --help after a command explains it,\n"
	      "  --version names this version. Exit status: 0 done, 1 failed or a finding, 2 wrong usage.\n",
	      to);
}

static int unknown(const char *word)
{
	const char *names[COUNT(commands)], *near;

	for (size_t i = 0; i < COUNT(commands); i++)
		names[i] = commands[i].name;
	near = cli_nearest(word, names, COUNT(names));
	if (near != NULL)
		cli_fail(CLI_USAGE, "there is no command \"%s\"; did you mean \"%s\"?", word, near);
	else
		cli_fail(CLI_USAGE, "there is no command \"%s\"", word);
	print_usage(stderr);
	return CLI_USAGE;
}

/* --json, --help and --version count wherever they stand, but not behind "--". */
static bool has_global(int argc, char **argv, const char *option)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], option) == 0)
			return true;
	return false;
}

int main(int argc, char **argv)
{
	struct cli cli = { .json = has_global(argc, argv, "--json"),
		           .help = has_global(argc, argv, "--help") };
	int at = 1;

	if (has_global(argc, argv, "--version")) {
		printf(cli.json ? "{\"version\":\"%s\"}\n" : "tollgate %s\n", TG_VERSION);
		return CLI_DONE;
	}
	while (at < argc && (strcmp(argv[at], "--json") == 0 || strcmp(argv[at], "--help") == 0))
		at++;
	if (at == argc) {
		print_usage(cli.help ? stdout : stderr);
		return cli.help ? CLI_DONE : CLI_USAGE;
	}
	for (size_t i = 0; i < COUNT(commands); i++) {
		if (strcmp(argv[at], commands[i].name) != 0)
			continue;
		cli.command = &commands[i];
		cli.argc = argc - at - 1;
		cli.argv = argv + at + 1;
		return commands[i].run(&cli);
	}
	return unknown(argv[at]);
}
