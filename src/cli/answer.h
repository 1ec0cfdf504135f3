/* The answer of a running tollgate, object by object: as JSON, or as a table for people. */
#ifndef TG_CLI_ANSWER_H
#define TG_CLI_ANSWER_H

#include "base/buf.h"

struct cli;

/** A column of a table: the key of the objects, and what stands above it. */
struct cli_column {
	const char *key, *title;
};

/** What is asked and how it is shown. */
struct cli_question {
	const char *config; /* path of the configuration: says where the control socket is */
	const char *words;
	const struct cli_column *columns; /* of the table */
	size_t column_count;
	const char *none; /* sentence when there is nothing to show */
};

/**
 * Ask, and print a table, or with --json an array of the objects as they came.
 * Returns the exit status; what went wrong stands on standard error.
 */
int cli_answer(const struct cli *cli, const struct cli_question *question);

struct json_t;

/** Collects the objects of an answer. */
struct cli_objects {
	struct json_t *list; /* a jansson array; owned */
	bool broken;         /* an object could not be read */
	uint32_t failed;     /* processes that did not answer or refused */
	char why[256];       /* of the first of them */
};

/** Ask and collect; false after telling why it failed as a whole.  Free with cli_objects_free(). */
TG_MUST_USE bool cli_objects_ask(struct cli_objects *out, const char *config, const char *words);
void cli_objects_free(struct cli_objects *objects);

#endif
