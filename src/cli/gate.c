#include "cli/gate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/control.h"
#include "conf/conf.h"

enum { CELL_MAX = 256, COLUMNS_MAX = 16 };

int gate_open(struct gate *gate, const char *config)
{
	gate->conf = cli_conf(config);
	if (gate->conf == NULL)
		return CLI_FAILED;
	snprintf(gate->data, sizeof(gate->data), "%.*s", SLICE_FMT(gate->conf->site.data));
	return CLI_GO;
}

void gate_close(struct gate *gate)
{
	conf_free(gate->conf);
}

static void on_line(void *ctx, struct slice line)
{
	json_t *row = json_loadb(line.p, line.len, JSON_ALLOW_NUL, NULL);

	if (row != NULL && json_array_append_new(ctx, row) != 0)
		return; /* no memory: the caller sees fewer rows than there are */
}

int gate_ask(const struct gate *gate, struct slice words, json_t **rows)
{
	json_t *list = json_array();
	char error[512] = "out of memory";
	enum tg_err err = TG_ENOMEM;

	if (list != NULL)
		err = control_ask(gate->data, words, (struct control_sink){ list, on_line }, error,
		                  sizeof(error));
	if (err == TG_OK) {
		*rows = list;
		return CLI_GO;
	}
	json_decref(list);
	return cli_fail(CLI_FAILED, "%s", error);
}

/* ---- text ---- */

/* U+200B..200F, 202A..202E, 2028, 2029, 2060..2069, FEFF, and C1 controls. */
static bool steers(const unsigned char *p, size_t n)
{
	if (n == 2)
		return p[0] == 0xc2 && p[1] < 0xa0;
	if (n != 3)
		return false;
	if (p[0] == 0xe2 && p[1] == 0x80)
		return (p[2] >= 0x8b && p[2] <= 0x8f) || (p[2] >= 0xa8 && p[2] <= 0xae);
	if (p[0] == 0xe2 && p[1] == 0x81)
		return p[2] >= 0xa0 && p[2] <= 0xa9;
	return p[0] == 0xef && p[1] == 0xbb && p[2] == 0xbf;
}

void gate_put_plain(struct buf *b, struct slice s)
{
	while (s.len > 0) {
		size_t n = slice_utf8_len(s);
		unsigned char c = (unsigned char)s.p[0];

		if (n == 0 || c < 0x20 || c == 0x7f || steers((const unsigned char *)s.p, n)) {
			buf_chr(b, '?');
			n = TG_MAX(n, (size_t)1);
		} else {
			buf_put(b, slice_head(s, n));
		}
		s = slice_skip(s, n);
	}
}

static struct slice text_of(const json_t *value)
{
	return slice_of(json_string_value(value), json_string_length(value));
}

static void put_value(struct buf *b, const json_t *value)
{
	size_t i;
	const json_t *item;

	switch (value != NULL ? json_typeof(value) : JSON_NULL) {
	case JSON_STRING:
		gate_put_plain(b, slice_head(text_of(value), CELL_MAX / 4));
		break;
	case JSON_INTEGER:
		buf_fmt(b, "%lld", (long long)json_integer_value(value));
		break;
	case JSON_TRUE:
		buf_lit(b, "yes");
		break;
	case JSON_FALSE:
		buf_lit(b, "no");
		break;
	case JSON_ARRAY:
		json_array_foreach((json_t *)(uintptr_t)value, i, item) {
			buf_str(b, i > 0 ? "," : "");
			put_value(b, item);
		}
		break;
	default:
		buf_chr(b, '-');
	}
	if (b->len == 0)
		buf_chr(b, '-');
}

/* Characters, not octets: what a terminal shows, but for wide ones. */
static size_t width_of(struct slice s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

static struct buf cell_of(char mem[CELL_MAX], const json_t *row, const char *key)
{
	struct buf b = buf_on(mem, CELL_MAX);

	put_value(&b, json_object_get(row, key));
	return b;
}

static void print_cell(struct slice text, size_t width, bool right, bool last)
{
	size_t own = width_of(text), pad = width > own ? width - own : 0;

	if (right)
		printf("%*s", (int)pad, "");
	fwrite(text.p, 1, text.len, stdout);
	if (!last)
		printf("%*s", (int)(right ? 2 : pad + 2), "");
}

static void print_table(const json_t *rows, const struct gate_column *columns, size_t count)
{
	size_t width[COLUMNS_MAX], i;
	char mem[CELL_MAX];
	const json_t *row;

	for (size_t c = 0; c < count; c++) {
		width[c] = strlen(columns[c].title);
		json_array_foreach((json_t *)(uintptr_t)rows, i, row) {
			struct buf b = cell_of(mem, row, columns[c].key);

			width[c] = TG_MAX(width[c], width_of(buf_slice(&b)));
		}
	}
	for (size_t c = 0; c < count; c++)
		print_cell(slice_str(columns[c].title), width[c], columns[c].right, c + 1 == count);
	putchar('\n');
	json_array_foreach((json_t *)(uintptr_t)rows, i, row) {
		for (size_t c = 0; c < count; c++) {
			struct buf b = cell_of(mem, row, columns[c].key);

			print_cell(buf_slice(&b), width[c], columns[c].right, c + 1 == count);
		}
		putchar('\n');
	}
}

int gate_printed(void)
{
	if (fflush(stdout) != 0 || ferror(stdout))
		return cli_fail(CLI_FAILED, "cannot write the output: %s", strerror(errno));
	return CLI_DONE;
}

int gate_print_json(const json_t *value)
{
	/* ASCII, so that nothing in it can steer a terminal */
	json_dumpf(value, stdout, JSON_ENSURE_ASCII | JSON_PRESERVE_ORDER | JSON_ENCODE_ANY);
	putchar('\n');
	return gate_printed();
}

int gate_print(const struct cli *cli, const json_t *rows, const struct gate_column *columns,
               size_t count, const char *none)
{
	if (cli->json)
		return gate_print_json(rows);
	if (json_array_size(rows) == 0)
		puts(none);
	else
		print_table(rows, columns, TG_MIN(count, (size_t)COLUMNS_MAX));
	return gate_printed();
}

/* ---- order ---- */

struct keyed {
	struct slice key;
	json_t *row;
};

static int by_key(const void *a, const void *b)
{
	return slice_cmp(((const struct keyed *)a)->key, ((const struct keyed *)b)->key);
}

void gate_sort(json_t *rows, const char *key)
{
	size_t n = json_array_size(rows);
	struct keyed *list = n > 1 ? calloc(n, sizeof(*list)) : NULL;

	if (list == NULL)
		return; /* unsorted is better than nothing */
	for (size_t i = 0; i < n; i++) {
		list[i].row = json_incref(json_array_get(rows, i));
		list[i].key = text_of(json_object_get(list[i].row, key));
	}
	qsort(list, n, sizeof(*list), by_key);
	json_array_clear(rows);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(rows, list[i].row);
	free(list);
}
