/* A running tollgate, as the commands see it: ask words, get rows; show rows as table or JSON. */
#ifndef TG_CLI_GATE_H
#define TG_CLI_GATE_H

#include <jansson.h>

#include "cli/cli.h"

struct gate {
	struct conf *conf;
	char data[1024]; /* its data directory */
};

/** Read the configuration.  CLI_GO, or the exit status after telling why not. */
TG_MUST_USE int gate_open(struct gate *gate, const char *config);
void gate_close(struct gate *gate);

/**
 * Ask.  `*rows` becomes an array of objects; the caller gives it back with json_decref().
 *
 * Returns CLI_GO, or CLI_FAILED after telling why not.
 */
TG_MUST_USE int gate_ask(const struct gate *gate, struct slice words, json_t **rows);

/** A column of a table: the key of the rows' objects, its heading. */
struct gate_column {
	const char *key, *title;
	bool right; /* numbers */
};

/** Sort rows by the text of a key. */
void gate_sort(json_t *rows, const char *key);

/**
 * Print rows: an aligned table whose cells hold nothing that could steer a terminal (F3), or with
 * --json one array.  `none` is printed when there are none.  Returns the exit status.
 */
int gate_print(const struct cli *cli, const json_t *rows, const struct gate_column *columns,
               size_t count, const char *none);

/** Print one JSON value and a newline.  Returns the exit status. */
int gate_print_json(const json_t *value);

/** Append text for a terminal: controls, bidi marks and broken UTF-8 become '?'. */
void gate_put_plain(struct buf *b, struct slice s);

/** Exit status after everything was printed: a full disk is told. */
int gate_printed(void);

#endif
