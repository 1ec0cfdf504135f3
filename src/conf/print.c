/* The configuration as text, by the rows: YAML that parses to the same, JSON, and the help. */
#include "conf/conf_priv.h"

enum { HELP_WIDTH = 78, VALUE_MAX = 1024 };

/* Nothing was given and there is no default: the row is left out. */
static bool is_absent(const struct conf_row *row, const void *item)
{
	const void *field = conf_field(item, row, 0);

	if (row->cap > 0 || row->def == NULL || row->def[0] != '\0')
		return false;
	switch (row->type) {
	case CONF_T_TEXT:
		return ((const struct slice *)field)->len == 0;
	case CONF_T_PREFIX:
		return ((const struct tg_prefix *)field)->addr.family == TG_AF_NONE;
	case CONF_T_REF:
		return ((const struct conf_ref *)field)->name.len == 0;
	case CONF_T_COUNT:
		return *(const uint32_t *)field == 0;
	case CONF_T_MONEY:
		return *(const tg_micro *)field == 0;
	default:
		return false;
	}
}

static void write_value(const struct conf_row *row, const void *field, struct buf *b)
{
	char mem[VALUE_MAX];
	struct buf v = buf_on(mem, sizeof(mem));

	conf_types[row->type].write(row, field, &v);
	if (v.full)
		b->full = true;
	else if (conf_types[row->type].bare || row->type == CONF_T_CHOICE)
		buf_put(b, buf_slice(&v));
	else /* no check lets a quote or backslash through, so this is YAML as well */
		buf_fmt(b, "\"%.*s\"", SLICE_FMT(buf_slice(&v)));
}

static void write_row(const struct conf_row *row, const void *item, struct buf *b)
{
	uint32_t n = conf_values(item, row);

	buf_fmt(b, "%s: ", row->name);
	if (row->cap > 0)
		buf_chr(b, '[');
	for (uint32_t i = 0; i < n; i++) {
		if (i > 0)
			buf_lit(b, ", ");
		write_value(row, conf_field(item, row, i), b);
	}
	buf_str(b, row->cap > 0 ? "]\n" : "\n");
}

/* "site:" or, in a map of sections, "rules:" before its first one and "  where:". */
static const char *write_head(struct buf *b, const struct conf_section *section, bool empty,
                              struct slice *last)
{
	struct slice leaf, key = conf_section_key(section, &leaf);

	if (leaf.len == 0 || !slice_eq(key, *last))
		buf_fmt(b, "%.*s:%s\n", SLICE_FMT(key), empty ? " []" : "");
	*last = key;
	if (leaf.len == 0)
		return "  ";
	buf_fmt(b, "  %.*s:\n", SLICE_FMT(leaf));
	return "    ";
}

void conf_write(struct buf *b, const struct conf *conf)
{
	struct slice last = SLICE("");

	for (size_t s = 0; s < conf_sections_count; s++) {
		const struct conf_section *section = &conf_sections[s];
		uint32_t n = conf_count_of(conf, section);
		const char *indent = write_head(b, section, n == 0, &last);

		for (uint32_t i = 0; i < n; i++) {
			const void *item = conf_item(conf, section, i);
			bool first = section->cap > 0;

			for (size_t r = 0; r < section->rows_count; r++) {
				if (is_absent(&section->rows[r], item))
					continue;
				buf_str(b, first ? "  - " : section->cap > 0 ? "    " : indent);
				write_row(&section->rows[r], item, b);
				first = false;
			}
		}
	}
}

static void json_value(const struct conf_row *row, const void *field, struct buf *b)
{
	char mem[VALUE_MAX];
	struct buf v = buf_on(mem, sizeof(mem));

	conf_types[row->type].write(row, field, &v);
	if (conf_types[row->type].bare)
		buf_put(b, buf_slice(&v));
	else
		buf_json(b, buf_slice(&v));
}

static void json_item(const struct conf_section *section, const void *item, struct buf *b)
{
	bool first = true;

	buf_chr(b, '{');
	for (size_t r = 0; r < section->rows_count; r++) {
		const struct conf_row *row = &section->rows[r];
		uint32_t n = conf_values(item, row);

		if (is_absent(row, item))
			continue;
		buf_fmt(b, "%s\"%s\":%s", first ? "" : ",", row->name, row->cap > 0 ? "[" : "");
		first = false;
		for (uint32_t i = 0; i < n; i++) {
			if (i > 0)
				buf_chr(b, ',');
			json_value(row, conf_field(item, row, i), b);
		}
		if (row->cap > 0)
			buf_chr(b, ']');
	}
	buf_chr(b, '}');
}

static void json_section(const struct conf *conf, const struct conf_section *section,
                         struct slice name, struct buf *b)
{
	uint32_t n = conf_count_of(conf, section);

	buf_fmt(b, "\"%.*s\":%s", SLICE_FMT(name), section->cap > 0 ? "[" : "");
	for (uint32_t i = 0; i < n; i++) {
		if (i > 0)
			buf_chr(b, ',');
		json_item(section, conf_item(conf, section, i), b);
	}
	if (section->cap > 0)
		buf_chr(b, ']');
}

void conf_write_json(struct buf *b, const struct conf *conf)
{
	struct slice map = SLICE(""); /* that is open */

	buf_chr(b, '{');
	for (size_t s = 0; s < conf_sections_count; s++) {
		const struct conf_section *section = &conf_sections[s];
		struct slice leaf, key = conf_section_key(section, &leaf);
		bool same = leaf.len > 0 && slice_eq(key, map);

		if (map.len > 0 && !same)
			buf_chr(b, '}');
		buf_str(b, s > 0 ? "," : "");
		if (leaf.len > 0 && !same)
			buf_fmt(b, "\"%.*s\":{", SLICE_FMT(key));
		map = leaf.len > 0 ? key : SLICE("");
		json_section(conf, section, leaf.len > 0 ? leaf : key, b);
	}
	buf_str(b, map.len > 0 ? "}}\n" : "}\n");
}

/* Break a sentence into lines behind an indentation. */
static void wrap(struct buf *b, const char *text, const char *indent)
{
	struct slice rest = slice_str(text), word;
	size_t column = 0;

	while (rest.len > 0) {
		rest = slice_cut(rest, ' ', &word);
		if (column > 0 && column + 1 + word.len > HELP_WIDTH) {
			buf_chr(b, '\n');
			column = 0;
		}
		if (column == 0) {
			buf_str(b, indent);
			column = strlen(indent);
		} else {
			buf_chr(b, ' ');
			column++;
		}
		buf_put(b, word);
		column += word.len;
	}
	buf_chr(b, '\n');
}

static void help_row(const struct conf_row *row, struct buf *b)
{
	buf_fmt(b, "    %s: %s%s", row->name, row->cap > 0 ? "list of " : "",
	        conf_types[row->type].what);
	if (row->target != NULL)
		buf_fmt(b, " %s", row->target);
	for (size_t i = 0; row->names != NULL && row->names[i] != NULL; i++)
		buf_fmt(b, "%s %s", i > 0 ? "," : "", row->names[i]);
	if (row->max > 0)
		buf_fmt(b, ", %u to %u", row->min, row->max);
	if (row->unit != NULL)
		buf_fmt(b, " %s", row->unit);
	if (row->cap > 0)
		buf_fmt(b, ", at most %u", row->cap);
	if (row->def == NULL)
		buf_lit(b, "; must be given");
	else if (row->from != NULL)
		buf_fmt(b, "; default: that of %s", row->from);
	else if (row->def[0] != '\0')
		buf_fmt(b, "; default: %s", row->def);
	buf_chr(b, '\n');
	wrap(b, row->help, "        ");
}

void conf_help_write(struct buf *b)
{
	for (size_t s = 0; s < conf_sections_count; s++) {
		const struct conf_section *section = &conf_sections[s];

		buf_fmt(b, "%s%s:", s > 0 ? "\n" : "", section->name);
		if (section->cap > 0)
			buf_fmt(b, " (a list of %u to %u)", section->least, section->cap);
		buf_chr(b, '\n');
		wrap(b, section->help, "  ");
		for (size_t r = 0; r < section->rows_count; r++)
			help_row(&section->rows[r], b);
	}
}

static void help_row_json(const struct conf_section *section, const struct conf_row *row,
                          struct buf *b)
{
	buf_fmt(b, "{\"section\":\"%s\",\"name\":\"%s\",\"type\":\"%s\",\"list\":%s", section->name,
	        row->name, conf_types[row->type].what, row->cap > 0 ? "true" : "false");
	if (row->max > 0)
		buf_fmt(b, ",\"min\":%u,\"max\":%u", row->min, row->max);
	for (size_t i = 0; row->names != NULL && row->names[i] != NULL; i++)
		buf_fmt(b, "%s\"%s\"%s", i == 0 ? ",\"names\":[" : ",", row->names[i],
		        row->names[i + 1] == NULL ? "]" : "");
	if (row->target != NULL)
		buf_fmt(b, ",\"target\":\"%s\"", row->target);
	if (row->unit != NULL)
		buf_fmt(b, ",\"unit\":\"%s\"", row->unit);
	if (row->from != NULL)
		buf_fmt(b, ",\"default_from\":\"%s\"", row->from);
	if (row->def != NULL)
		buf_fmt(b, ",\"default\":\"%s\"", row->def);
	buf_fmt(b, ",\"required\":%s,\"help\":", row->def == NULL ? "true" : "false");
	buf_json(b, slice_str(row->help));
	buf_chr(b, '}');
}

void conf_help_write_json(struct buf *b)
{
	bool first = true;

	buf_chr(b, '[');
	for (size_t s = 0; s < conf_sections_count; s++)
		for (size_t r = 0; r < conf_sections[s].rows_count; r++) {
			if (!first)
				buf_chr(b, ',');
			first = false;
			help_row_json(&conf_sections[s], &conf_sections[s].rows[r], b);
		}
	buf_lit(b, "]\n");
}
