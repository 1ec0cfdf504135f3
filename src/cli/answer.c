#include "cli/answer.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/control.h"
#include "conf/conf.h"

enum { COLUMNS_MAX = 16, CELL_MAX = 128 };

/* ---- asking ---- */

static void on_line(void *ctx, struct slice line)
{
	struct cli_objects *o = ctx;
	json_t *object = json_loadb(line.p, line.len, 0, NULL);
	const char *error = json_string_value(json_object_get(object, "error"));

	if (object == NULL) {
		o->broken = true;
		return;
	}
	if (error != NULL) {
		if (o->failed++ == 0)
			snprintf(o->why, sizeof(o->why), "%s", error);
		json_decref(object);
		return;
	}
	if (json_is_true(json_object_get(object, "end"))) {
		json_decref(object);
		return;
	}
	json_array_append_new((json_t *)o->list, object);
}

bool cli_objects_ask(struct cli_objects *out, const char *config, const char *words)
{
	struct conf *conf = cli_conf(config);
	char data[1024], error[256] = "";
	enum tg_err err;

	*out = (struct cli_objects){ 0 };
	if (conf == NULL)
		return false;
	snprintf(data, sizeof(data), "%.*s", SLICE_FMT(conf->site.data));
	conf_free(conf);
	out->list = (struct json_t *)json_array();
	if (out->list == NULL) {
		cli_fail(CLI_FAILED, "out of memory");
		return false;
	}
	err = control_ask(data, slice_str(words), (struct control_sink){ out, on_line }, error,
	                  sizeof(error));
	if (err == TG_OK && !out->broken)
		return true;
	cli_fail(CLI_FAILED, "%s", err == TG_OK ? "the answer could not be read" : error);
	cli_objects_free(out);
	return false;
}

void cli_objects_free(struct cli_objects *o)
{
	json_decref((json_t *)o->list);
	o->list = NULL;
}

/* ---- showing ---- */

/** One value as people read it; lists are joined. */
static void cell(char out[CELL_MAX], const json_t *value)
{
	struct buf b = buf_on(out, CELL_MAX - 1);

	if (json_is_string(value))
		buf_put(&b, slice_head(slice_of(json_string_value(value),
		                                json_string_length(value)), CELL_MAX - 1));
	else if (json_is_integer(value))
		buf_fmt(&b, "%lld", (long long)json_integer_value(value));
	else if (json_is_boolean(value))
		buf_str(&b, json_is_true(value) ? "yes" : "no");
	for (size_t i = 0; i < json_array_size(value); i++) {
		const char *s = json_string_value(json_array_get(value, i));

		if (i > 0)
			buf_chr(&b, ',');
		buf_str(&b, s != NULL ? s : "");
	}
	out[b.len] = '\0';
	for (char *c = out; *c != '\0'; c++) { /* network text must not drive the terminal (F3) */
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	}
}

static void print_table(const json_t *list, const struct cli_question *q)
{
	int width[COLUMNS_MAX] = { 0 };
	char text[CELL_MAX];

	for (size_t c = 0; c < q->column_count; c++)
		width[c] = (int)strlen(q->columns[c].title);
	for (size_t i = 0; i < json_array_size(list); i++) {
		for (size_t c = 0; c < q->column_count; c++) {
			cell(text, json_object_get(json_array_get(list, i), q->columns[c].key));
			width[c] = TG_MAX(width[c], (int)strlen(text));
		}
	}
	for (size_t c = 0; c < q->column_count; c++)
		printf("%-*s%s", width[c], q->columns[c].title,
		       c + 1 < q->column_count ? "  " : "\n");
	for (size_t i = 0; i < json_array_size(list); i++) {
		for (size_t c = 0; c < q->column_count; c++) {
			cell(text, json_object_get(json_array_get(list, i), q->columns[c].key));
			printf("%-*s%s", width[c], text, c + 1 < q->column_count ? "  " : "\n");
		}
	}
}

int cli_answer(const struct cli *cli, const struct cli_question *q)
{
	struct cli_objects o;
	int status;

	if (!cli_objects_ask(&o, q->config, q->words))
		return CLI_FAILED;
	if (cli->json) {
		json_dumpf((json_t *)o.list, stdout, JSON_COMPACT);
		putchar('\n');
	} else if (json_array_size((json_t *)o.list) == 0) {
		printf("%s\n", q->none);
	} else {
		print_table((json_t *)o.list, q);
	}
	if (o.failed > 0)
		cli_fail(CLI_FAILED, "not all of tollgate answered: %s", o.why);
	status = o.failed > 0 || fflush(stdout) != 0 ? CLI_FAILED : CLI_DONE;
	cli_objects_free(&o);
	return status;
}
