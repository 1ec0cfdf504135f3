#include "base/test.h"
#include "cli/cli.h"

#include <stdio.h>

static const struct cli_command command = { "try", NULL, "[WORD]", "Nothing." };

enum { ARGS_MAX = 5 };

static const struct {
	const char *why;
	const char *args[ARGS_MAX];
	int want;
	const char *file; /* value of --file */
	bool loud;
	uint32_t words;
} rows[] = {
	{ "nothing", { NULL }, CLI_GO, "default", false, 0 },
	{ "value", { "--file=a=b", NULL }, CLI_GO, "a=b", false, 0 },
	{ "flag between words", { "x", "--loud", "y", NULL }, CLI_GO, "default", true, 2 },
	{ "global", { "--json", "x", NULL }, CLI_GO, "default", false, 1 },
	{ "after -- all are words", { "--", "--file=a", "--", NULL }, CLI_GO, "default", false, 2 },
	{ "a dash alone is a word", { "-", NULL }, CLI_GO, "default", false, 1 },
	{ "value as the next word", { "--file", "a", "x", NULL }, CLI_GO, "a", false, 1 },
	{ "value missing", { "x", "--file", NULL }, CLI_USAGE },
	{ "an option is no value", { "--file", "--loud", NULL }, CLI_USAGE },
	{ "value empty", { "--file=", NULL }, CLI_USAGE },
	{ "flag with value", { "--loud=yes", NULL }, CLI_USAGE },
	{ "twice", { "--file=a", "--file=b", NULL }, CLI_USAGE },
	{ "unknown", { "--fole=a", NULL }, CLI_USAGE },
	{ "no prefixes", { "--fil=a", NULL }, CLI_USAGE },
	{ "one dash", { "-f", NULL }, CLI_USAGE },
	{ "too many words", { "a", "b", "c", NULL }, CLI_USAGE },
};

TEST(options_and_words)
{
	FILE *was = stderr;

	stderr = fopen("/dev/null", "we"); /* the sentences are not the point here */
	CHECK(stderr != NULL, "own");
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *file = "default";
		bool loud = false;
		const struct cli_option options[] = {
			{ "file", &file, NULL, "a file" },
			{ "loud", NULL, &loud, "be loud" },
		};
		char *argv[ARGS_MAX];
		struct cli cli = { .command = &command, .argv = argv };

		while (rows[i].args[cli.argc] != NULL) {
			argv[cli.argc] = (char *)(uintptr_t)rows[i].args[cli.argc];
			cli.argc++;
		}
		CHECK(cli_args(&cli, options, COUNT(options), 0, 2) == rows[i].want, rows[i].why);
		if (rows[i].want != CLI_GO)
			continue;
		CHECK(slice_eq(slice_str(file), slice_str(rows[i].file)), rows[i].why);
		CHECK(loud == rows[i].loud && cli.words_count == rows[i].words, rows[i].why);
	}
	fclose(stderr);
	stderr = was;
}

TEST(nearest_word)
{
	static const char *const words[] = { "check", "show", "init" };

	CHECK(slice_eq(slice_str(cli_nearest("chekc", words, COUNT(words))), SLICE("check")),
	      "swap");
	CHECK(slice_eq(slice_str(cli_nearest("inti", words, COUNT(words))), SLICE("init")), "swap");
	CHECK(cli_nearest("registrations", words, COUNT(words)) == NULL, "nothing near");
	CHECK(cli_nearest("", words, COUNT(words)) == NULL, "empty");
}
