#include "cli/cli.h"

#include "conf/conf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTIONS_MAX = 32 };

int cli_fail(int status, const char *fmt, ...)
{
	va_list args;

	fputs("tollgate: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	return status;
}

bool cli_print(const struct buf *b)
{
	if (b->full) {
		cli_fail(CLI_FAILED, "the answer is longer than its buffer");
		return false;
	}
	if (fwrite(b->p, 1, b->len, stdout) != b->len || fflush(stdout) != 0) {
		cli_fail(CLI_FAILED, "cannot write the answer: %s", strerror(errno));
		return false;
	}
	return true;
}

const char *cli_nearest(const char *word, const char *const *words, size_t count)
{
	struct conf_guess guess = conf_guess(slice_str(word));

	for (size_t i = 0; i < count; i++)
		conf_guess_offer(&guess, slice_str(words[i]));
	return guess.best.p; /* a literal, so its NUL is there */
}

static void print_help(const struct cli *cli, const struct cli_option *options, size_t count)
{
	printf("usage: tollgate %s %s%s\n\n%s\n", cli->command->name, cli->command->words,
	       cli->command->words[0] != '\0' ? " [options]" : "[options]", cli->command->help);
	printf("\noptions:\n");
	for (size_t i = 0; i < count; i++)
		printf("  --%s%s\n      %s\n", options[i].name,
		       options[i].flag != NULL ? "" : "=VALUE", options[i].help);
	printf("  --json\n      print data as JSON\n  --help\n      print this\n");
}

static int wrong(const struct cli *cli, const char *what, const char *arg, const char *hint)
{
	cli_fail(CLI_USAGE, "%s: %s%s%s%s%s%s", cli->command->name, what, arg,
	         hint != NULL ? "; did you mean " : "", hint != NULL ? "--" : "",
	         hint != NULL ? hint : "", hint != NULL ? "?" : "");
	fprintf(stderr, "usage: tollgate %s %s [options]; `tollgate %s --help` lists them\n",
	        cli->command->name, cli->command->words, cli->command->name);
	return CLI_USAGE;
}

/*
 * One "--name", "--name=value" or "--name value", of which *at moves to the value; seen[i] guards
 * against two.
 */
static int take_option(const struct cli *cli, const struct cli_option *options, size_t count,
                       int *at, bool *seen)
{
	const char *arg = cli->argv[*at];
	size_t len = strcspn(arg + 2, "=");
	const char *value = arg[2 + len] == '=' ? arg + 2 + len + 1 : NULL;
	const char *names[OPTIONS_MAX + 2];
	char name[64];

	for (size_t i = 0; i < count; i++) {
		const struct cli_option *o = &options[i];

		names[i] = o->name;
		if (strlen(o->name) != len || memcmp(o->name, arg + 2, len) != 0)
			continue;
		if (seen[i])
			return wrong(cli, "given twice: ", arg, NULL);
		seen[i] = true;
		if (o->flag != NULL && value != NULL)
			return wrong(cli, "takes no value: ", arg, NULL);
		if (o->flag == NULL && value == NULL && *at + 1 < cli->argc &&
		    cli->argv[*at + 1][0] != '-')
			value = cli->argv[++*at];
		if (o->flag == NULL && (value == NULL || value[0] == '\0'))
			return wrong(cli, "needs a value, as in --name=VALUE: ", arg, NULL);
		if (o->flag != NULL)
			*o->flag = true;
		else
			*o->value = value;
		return CLI_GO;
	}
	snprintf(name, sizeof(name), "%.*s", (int)TG_MIN(len, sizeof(name) - 1), arg + 2);
	names[count] = "json";
	names[count + 1] = "help";
	return wrong(cli, "there is no option ", arg, cli_nearest(name, names, count + 2));
}

int cli_args(struct cli *cli, const struct cli_option *options, size_t count, uint32_t least_words,
             uint32_t most_words)
{
	bool seen[OPTIONS_MAX] = { 0 };
	bool words_only = false;

	if (cli->help) {
		print_help(cli, options, count);
		return CLI_DONE;
	}
	cli->words_count = 0;
	for (int i = 0; i < cli->argc; i++) {
		const char *arg = cli->argv[i];
		int status;

		if (!words_only && strcmp(arg, "--") == 0) {
			words_only = true;
			continue;
		}
		if (!words_only && strcmp(arg, "--json") == 0)
			continue; /* main.c took it */
		if (!words_only && strncmp(arg, "--", 2) == 0) {
			status = take_option(cli, options, count, &i, seen);
			if (status != CLI_GO)
				return status;
			continue;
		}
		if (!words_only && arg[0] == '-' && arg[1] != '\0')
			return wrong(cli, "options begin with two dashes: ", arg, NULL);
		if (cli->words_count == TG_MIN(most_words, (uint32_t)CLI_WORDS_MAX))
			return wrong(cli, "one word too many: ", arg, NULL);
		cli->words[cli->words_count++] = arg;
	}
	if (cli->words_count < least_words)
		return wrong(cli, "something is missing", "", NULL);
	return CLI_GO;
}

struct conf *cli_conf(const char *path)
{
	static struct conf_mistakes mistakes;
	struct conf *conf = NULL;
	enum tg_err err = conf_read(&conf, path, &mistakes);
	char line[CONF_MISTAKE_TEXT_MAX + 4200];

	if (err == TG_OK)
		return conf;
	if (err == TG_ENOENT)
		cli_fail(CLI_FAILED,
		         "there is no %s; `tollgate init` writes a first one, --config=FILE names "
		         "another",
		         path);
	else if (err == TG_EIO)
		cli_fail(CLI_FAILED, "cannot read %s: %s", path, strerror(errno));
	else if (err == TG_ELIMIT)
		cli_fail(CLI_FAILED, "%s is longer than %d octets", path, CONF_TEXT_MAX);
	else if (err != TG_EBAD)
		cli_fail(CLI_FAILED, "%s: %s", path, tg_strerror(err));
	for (uint32_t i = 0; i < mistakes.count; i++) {
		struct buf b = buf_on(line, sizeof(line));

		conf_mistake_write(&b, slice_str(path), &mistakes.at[i]);
		fwrite(b.p, 1, b.len, stderr);
	}
	if (mistakes.dropped > 0)
		fprintf(stderr, "%s: and %u more\n", path, mistakes.dropped);
	return NULL;
}
