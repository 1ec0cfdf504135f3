/* From the tree to struct conf, by the rows; knows no setting by name. */
#include "conf/conf_priv.h"

#include <assert.h>
#include <stdlib.h>

static void remember(struct conf_job *job, const void *field, struct conf_mark mark)
{
	if (job->places_count == job->places_cap) {
		size_t cap = job->places_cap * 2 + 64;
		struct conf_place *more = realloc(job->places, cap * sizeof(*more));

		if (more == NULL) {
			job->nomem = true;
			return;
		}
		job->places = more;
		job->places_cap = cap;
	}
	job->places[job->places_count++] = (struct conf_place){ field, mark };
}

/* "key:" with nothing behind it, as when all items of a list are commented out. */
static bool is_nothing(const struct conf_node *n)
{
	return n->kind == CONF_SCALAR && n->text.len == 0 && !n->quoted && !n->broken;
}

static bool is_secret(struct slice key)
{
	static const char *const words[] = { "password", "passwd", "pass", "secret",
		                             "auth-password" };

	for (size_t i = 0; i < COUNT(words); i++)
		if (slice_ieq(key, slice_str(words[i])))
			return true;
	return false;
}

/* The keys that may stand in a place, for the message; each once. */
struct keys {
	struct conf_guess guess;
	struct buf list;
	struct slice last;
};

static void offer(struct keys *keys, struct slice name)
{
	if (slice_eq(name, keys->last))
		return; /* the next one of the same map */
	keys->last = name;
	conf_guess_offer(&keys->guess, name);
	buf_fmt(&keys->list, "%s %.*s", keys->list.len > 0 ? "," : "", SLICE_FMT(name));
}

/* where  "" or "media: " */
static void unknown_key(struct conf_job *job, const struct conf_node *n, struct slice where,
                        const struct keys *keys)
{
	char hint[96];
	struct buf h = buf_on(hint, sizeof(hint) - 1);

	if (slice_eq(n->key, SLICE("<<")))
		return; /* reported by the reader */
	if (is_secret(n->key)) {
		conf_wrong(job, n->key_mark,
		           "secrets do not stand in this file: remove the line and use "
		           "`tollgate secret set trunk/NAME`");
		return;
	}
	conf_guess_write(&h, &keys->guess);
	conf_wrong(job, n->key_mark, "%.*s%sunknown key \"%s\"; allowed:%.*s%.*s",
	           SLICE_FMT(where), where.len > 0 ? ": " : "", conf_cut(n->key).s,
	           SLICE_FMT(buf_slice(&keys->list)), SLICE_FMT(buf_slice(&h)));
}

static bool decode_value(struct conf_job *job, const struct conf_section *section,
                         const struct conf_row *row, const struct conf_node *n, void *field)
{
	char mem[CONF_MISTAKE_TEXT_MAX];
	struct buf why = buf_on(mem, sizeof(mem));

	if (n->broken)
		return false;
	if (n->kind != CONF_SCALAR) {
		conf_wrong(job, n->mark, "%s.%s: a single value belongs here, not a %s",
		           section->name, row->name, n->kind == CONF_LIST ? "list" : "map");
		return false;
	}
	if (n->text.len == 0) {
		conf_wrong(job, n->mark,
		           "%s.%s: the value is missing (a text that begins with # needs quotes)",
		           section->name, row->name);
		return false;
	}
	if (!conf_types[row->type].parse(row, n->text, field, &why)) {
		conf_wrong(job, n->mark, "%s.%s: \"%s\" is not right%.*s", section->name, row->name,
		           conf_cut(n->text).s, SLICE_FMT(buf_slice(&why)));
		return false;
	}
	remember(job, field, n->mark);
	return true;
}

static void set_default(const struct conf_row *row, void *item)
{
	struct buf none = buf_on(NULL, 0);
	struct slice rest, one;
	uint32_t n = 0;

	if (row->type == CONF_T_REF)
		((struct conf_ref *)conf_field(item, row, 0))->index = CONF_NONE;
	if (row->def == NULL || row->def[0] == '\0')
		return; /* all zero means none */
	for (rest = slice_str(row->def); rest.len > 0; n++) {
		bool ok;

		one = rest;
		rest = row->cap > 0 ? slice_cut(rest, ',', &one) : SLICE("");
		ok = conf_types[row->type].parse(row, slice_trim(one), conf_field(item, row, n),
		                                 &none);
		assert(ok);
		(void)ok;
	}
	if (row->cap > 0)
		memcpy((char *)item + row->count_offset, &n, sizeof(n));
}

static void decode_list(struct conf_job *job, const struct conf_section *section,
                        const struct conf_row *row, const struct conf_node *n, void *item)
{
	uint32_t count = 0;

	if (n->broken || is_nothing(n))
		return;
	if (n->kind != CONF_LIST) {
		conf_wrong(job, n->mark, "%s.%s: a list belongs here: [%s]", section->name,
		           row->name, n->kind == CONF_SCALAR ? conf_cut(n->text).s : "...");
		return;
	}
	if (n->count > row->cap) {
		conf_wrong(job, n->mark, "%s.%s: %u values; at most %u are allowed", section->name,
		           row->name, n->count, row->cap);
		return;
	}
	for (const struct conf_node *v = n->first; v != NULL; v = v->next)
		if (decode_value(job, section, row, v, conf_field(item, row, count)))
			count++;
	memcpy((char *)item + row->count_offset, &count, sizeof(count));
}

static const struct conf_node *child(const struct conf_node *map, struct slice key)
{
	for (const struct conf_node *n = map != NULL ? map->first : NULL; n != NULL; n = n->next)
		if (slice_eq(n->key, key))
			return n;
	return NULL;
}

static bool has_row(const struct conf_section *section, struct slice key)
{
	for (size_t i = 0; i < section->rows_count; i++)
		if (slice_eq(slice_str(section->rows[i].name), key))
			return true;
	return false;
}

static void unknown_row(struct conf_job *job, const struct conf_section *section,
                        const struct conf_node *n)
{
	char mem[CONF_MISTAKE_TEXT_MAX];
	struct keys keys = { conf_guess(n->key), buf_on(mem, sizeof(mem) - 1), SLICE("") };

	for (size_t i = 0; i < section->rows_count; i++)
		offer(&keys, slice_str(section->rows[i].name));
	unknown_key(job, n, slice_str(section->name), &keys);
}

/* map is NULL when the section is not in the file. */
static void decode_item(struct conf_job *job, const struct conf_section *section,
                        const struct conf_node *map, void *item)
{
	for (const struct conf_node *n = map != NULL ? map->first : NULL; n != NULL; n = n->next)
		if (!has_row(section, n->key))
			unknown_row(job, section, n);
	for (size_t i = 0; i < section->rows_count; i++) {
		const struct conf_row *row = &section->rows[i];
		const struct conf_node *n = child(map, slice_str(row->name));

		if (n == NULL || (row->type == CONF_T_REF && row->cap == 0))
			set_default(row, item);
		if (n == NULL && row->def == NULL)
			conf_wrong(job, map->mark, "%s: \"%s\" is missing: %s", section->name,
			           row->name, row->help);
		else if (n != NULL && row->cap > 0)
			decode_list(job, section, row, n, item);
		else if (n != NULL)
			decode_value(job, section, row, n, conf_field(item, row, 0));
	}
}

static void decode_section(struct conf_job *job, const struct conf_section *section,
                           const struct conf_node *n)
{
	uint32_t count = 0;

	if (n->kind != CONF_LIST) {
		if (!n->broken && !is_nothing(n))
			conf_wrong(job, n->mark,
			           "%s: a list of items belongs here, each with \"- \" before it",
			           section->name);
		return;
	}
	if (n->count > section->cap) {
		conf_wrong(job, n->mark, "%s: %u items; at most %u are allowed", section->name,
		           n->count, section->cap);
		return;
	}
	for (const struct conf_node *item = n->first; item != NULL; item = item->next) {
		if (item->kind == CONF_MAP)
			decode_item(job, section, item, conf_item(job->conf, section, count++));
		else if (!item->broken)
			conf_wrong(job, item->mark, "%s: each item is a map of \"key: value\"",
			           section->name);
	}
	memcpy((char *)job->conf + section->count_offset, &count, sizeof(count));
}

/*
 * Keys of the top of the file, or of a map like `rules` there: those of the sections whose key is
 * `map`, or of all when that is empty.
 */
static void check_keys(struct conf_job *job, const struct conf_node *at, struct slice map)
{
	for (const struct conf_node *n = at->first; n != NULL; n = n->next) {
		char mem[CONF_MISTAKE_TEXT_MAX];
		struct keys keys = { conf_guess(n->key), buf_on(mem, sizeof(mem) - 1), SLICE("") };
		bool known = false;

		for (size_t i = 0; i < conf_sections_count; i++) {
			struct slice leaf, key = conf_section_key(&conf_sections[i], &leaf);

			if (map.len > 0 && !slice_eq(key, map))
				continue;
			key = map.len > 0 ? leaf : key;
			known = known || slice_eq(key, n->key);
			offer(&keys, key);
		}
		if (!known)
			unknown_key(job, n, map, &keys);
	}
}

/* A map of sections, such as `rules`. */
static const struct conf_node *decode_map(struct conf_job *job, const struct conf_node *n,
                                          struct slice key, bool first)
{
	if (n == NULL || (n->kind != CONF_MAP && (n->broken || is_nothing(n))))
		return NULL;
	if (n->kind != CONF_MAP) {
		if (first)
			conf_wrong(job, n->mark, "%.*s: \"key: value\" lines belong here",
			           SLICE_FMT(key));
		return NULL;
	}
	if (first)
		check_keys(job, n, key);
	return n;
}

static void decode_one(struct conf_job *job, const struct conf_section *section,
                       const struct conf_node *n, struct conf_mark mark)
{
	uint32_t given = n != NULL && n->kind == CONF_LIST ? n->count : 0;

	if (given < section->least && (n == NULL || n->kind == CONF_LIST || is_nothing(n)))
		conf_wrong(job, n != NULL ? n->key_mark : mark, "%s: at least %u is needed: %s",
		           section->name, section->least, section->help);
	if (section->cap > 0) {
		if (n != NULL)
			decode_section(job, section, n);
		return;
	}
	if (n != NULL && n->kind != CONF_MAP && !n->broken && !is_nothing(n))
		conf_wrong(job, n->mark, "%s: \"key: value\" lines belong here", section->name);
	decode_item(job, section, n != NULL && n->kind == CONF_MAP ? n : NULL,
	            conf_item(job->conf, section, 0));
}

void conf_decode(struct conf_job *job, const struct conf_node *root)
{
	struct slice last = SLICE("");

	if (root->kind != CONF_MAP) {
		if (!root->broken)
			conf_wrong(
				job, root->mark,
				"the file is a map of sections: \"site:\", \"interfaces:\", ...");
		return;
	}
	check_keys(job, root, SLICE(""));
	for (size_t i = 0; i < conf_sections_count; i++) {
		const struct conf_section *section = &conf_sections[i];
		struct slice leaf, key = conf_section_key(section, &leaf);
		const struct conf_node *n = child(root, key);

		if (leaf.len > 0)
			n = child(decode_map(job, n, key, !slice_eq(key, last)), leaf);
		last = key;
		decode_one(job, section, n, root->mark);
	}
}
