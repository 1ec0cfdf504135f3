/*
 * The command line: what main.c and the commands share.
 *
 * main.c has one table of commands and finds the word; the command says which options and words it
 * takes by cli_args() and does its work.  Data goes to standard output, everything else to standard
 * error.  Exit status: 0 done, 1 failed or a finding, 2 wrong usage.
 */
#ifndef TG_CLI_CLI_H
#define TG_CLI_CLI_H

#include "base/buf.h"

struct conf;

enum { CLI_DONE = 0, CLI_FAILED = 1, CLI_USAGE = 2, CLI_GO = -1 };

#define CLI_CONFIG_DEFAULT "/etc/tollgate/tollgate.yaml"
#define CLI_DATA_DEFAULT "/var/lib/tollgate"

/** The option of every command that needs the configuration. */
#define CLI_CONFIG_OPTION(value) \
	{ "config", (value), NULL, "FILE to read (default " CLI_CONFIG_DEFAULT ")" }

enum { CLI_WORDS_MAX = 16 };

/** One run of one command. */
struct cli {
	const struct cli_command *command;
	int argc; /* what stands behind the command's name */
	char **argv;
	bool json; /* --json, known to every command */
	bool help; /* --help behind the command's name */
	/* after cli_args() */
	const char *words[CLI_WORDS_MAX];
	uint32_t words_count;
};

/** A row of the table in main.c. */
struct cli_command {
	const char *name;
	int (*run)(struct cli *cli); /* returns the exit status */
	const char *words;           /* what follows the name, for usage; may be "" */
	const char *help;            /* one sentence */
};

/**
 * An option of one command: --name=VALUE, or --name when it is a flag.  Exactly one pointer is set.
 */
struct cli_option {
	const char *name; /* without the dashes */
	const char **value; /* set to the text behind '='; keeps its default otherwise */
	bool *flag;
	const char *help; /* of a value with its default: "FILE to read (default ...)" */
};

/**
 * Read the rest of the command line into the options' variables and cli->words.
 *
 * Options and words may be mixed; after "--" everything is a word.  An option may be given once.
 *
 * Returns CLI_GO, or the exit status when the command shall end at once: help was asked for and
 * printed, or the usage was wrong and standard error says how.
 */
TG_MUST_USE int cli_args(struct cli *cli, const struct cli_option *options, size_t count,
                         uint32_t least_words, uint32_t most_words);

/** Write "tollgate: sentence" to standard error and return `status`. */
int cli_fail(int status, const char *fmt, ...) TG_PRINTF(2, 3);

/**
 * Read the configuration; mistakes go to standard error, one a line.
 * NULL after telling what was wrong.  Free it with conf_free().
 */
struct conf *cli_conf(const char *path);

/** Put text on standard output; false after telling that it could not be written (a full disk). */
TG_MUST_USE bool cli_print(const struct buf *b);

/** Nearest of `count` words to `word`, or NULL when none is near; for "did you mean". */
const char *cli_nearest(const char *word, const char *const *words, size_t count);

int cmd_check(struct cli *cli);
int cmd_init(struct cli *cli);
int cmd_run(struct cli *cli);
int cmd_show(struct cli *cli);
int cmd_status(struct cli *cli);
int cmd_calls(struct cli *cli);
int cmd_hangup(struct cli *cli);
int cmd_account(struct cli *cli);
int cmd_secret(struct cli *cli);
int cmd_registrations(struct cli *cli);
int cmd_trunks(struct cli *cli);
int cmd_rates(struct cli *cli);
int cmd_records(struct cli *cli);
int cmd_limits(struct cli *cli);
int cmd_replay(struct cli *cli);
int cmd_why(struct cli *cli);
int cmd_policy(struct cli *cli);
int cmd_lockdown(struct cli *cli);
int cmd_unlock(struct cli *cli);
int cmd_allow(struct cli *cli);
int cmd_disallow(struct cli *cli);
int cmd_pass(struct cli *cli);
int cmd_passes(struct cli *cli);

#endif
