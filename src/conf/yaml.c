/*
 * From YAML to a tree with positions, over libyaml's event interface.
 *
 * The subset is strict, so that a file has one reading: one document; maps, lists and scalars; no
 * anchors, aliases, tags, merge keys, directives or block texts.  A scalar stays the text that was
 * written: NO is not false, +882 is not a number.
 */
#include "conf/conf_priv.h"

#include <yaml.h>

struct build {
	struct conf_job *job;
	struct conf_node *root;
	struct conf_node *open[CONF_DEPTH_MAX]; /* maps and lists not yet closed */
	size_t depth;
	struct slice key; /* waiting for its value, when the innermost is a map */
	struct conf_mark key_mark;
	bool have_key;
	size_t nodes;
	bool stop; /* reading on makes no sense */
};

static struct conf_mark mark_of(const yaml_mark_t *m)
{
	return (struct conf_mark){ (uint32_t)m->line + 1, (uint32_t)m->column + 1 };
}

static struct slice copy(struct build *b, const yaml_char_t *p, size_t len)
{
	char *mem = conf_arena_take(&b->job->conf->text, len + 1);

	if (mem == NULL) {
		b->job->nomem = b->stop = true;
		return (struct slice){ 0 };
	}
	memcpy(mem, p, len);
	return slice_of(mem, len);
}

/* Anchors and tags are refused, but the node is read on for more mistakes. */
static void refuse_extras(struct build *b, const yaml_event_t *ev, const yaml_char_t *anchor,
                          const yaml_char_t *tag)
{
	struct conf_mark mark = mark_of(&ev->start_mark);

	if (anchor != NULL)
		conf_wrong(b->job, mark,
		           "anchors (&%s) are not used here; write the value out, or quote it",
		           conf_cut(slice_str((const char *)anchor)).s);
	if (tag != NULL)
		conf_wrong(b->job, mark,
		           "tags (%s) are not used here; quote a text that begins with '!'",
		           conf_cut(slice_str((const char *)tag)).s);
}

static bool key_is_taken(struct build *b, struct slice key, struct conf_mark mark)
{
	struct conf_node *map = b->open[b->depth - 1];

	for (const struct conf_node *n = map->first; n != NULL; n = n->next) {
		if (!slice_eq(n->key, key))
			continue;
		conf_wrong(b->job, mark, "\"%s\" stands here twice; it is already in line %u",
		           conf_cut(key).s, n->key_mark.line);
		return true;
	}
	return false;
}

/* Link a new node where it stands; NULL when there is no room for it. */
static struct conf_node *add(struct build *b, enum conf_kind kind, struct conf_mark mark)
{
	struct conf_node *up = b->depth > 0 ? b->open[b->depth - 1] : NULL;
	struct conf_node *n;

	if (++b->nodes > CONF_NODES_MAX) {
		conf_wrong(b->job, mark, "more than %d values in one file", CONF_NODES_MAX);
		b->stop = true;
		return NULL;
	}
	if (up != NULL && up->kind == CONF_MAP && up->count == CONF_KEYS_MAX) {
		conf_wrong(b->job, mark, "more than %d keys in one place", CONF_KEYS_MAX);
		b->stop = true;
		return NULL;
	}
	n = conf_arena_take(&b->job->nodes, sizeof(*n));
	if (n == NULL) {
		b->job->nomem = b->stop = true;
		return NULL;
	}
	n->kind = (uint8_t)kind;
	n->mark = mark;
	if (up == NULL) {
		b->root = n;
		return n;
	}
	if (up->kind == CONF_MAP) {
		n->key = b->key;
		n->key_mark = b->key_mark;
		b->have_key = false;
		if (key_is_taken(b, n->key, n->key_mark))
			/* not linked: its children hang in the air, the first one counts */
			return n;
	}
	if (up->last == NULL)
		up->first = n;
	else
		up->last->next = n;
	up->last = n;
	up->count++;
	return n;
}

static bool wants_key(const struct build *b)
{
	return b->depth > 0 && b->open[b->depth - 1]->kind == CONF_MAP && !b->have_key;
}

static void on_key(struct build *b, const yaml_event_t *ev)
{
	b->key = copy(b, ev->data.scalar.value, ev->data.scalar.length);
	b->key_mark = mark_of(&ev->start_mark);
	b->have_key = true;
	if (slice_eq(b->key, SLICE("<<")))
		conf_wrong(b->job, b->key_mark,
		           "merge keys (<<) are not used here; write the keys out");
}

static bool has_control(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return true;
	return false;
}

static void on_scalar(struct build *b, const yaml_event_t *ev)
{
	yaml_scalar_style_t style = ev->data.scalar.style;
	struct conf_mark mark = mark_of(&ev->start_mark);
	struct conf_node *n;

	refuse_extras(b, ev, ev->data.scalar.anchor, ev->data.scalar.tag);
	if (wants_key(b)) {
		on_key(b, ev);
		return;
	}
	n = add(b, CONF_SCALAR, mark);
	if (n == NULL)
		return;
	n->quoted = style != YAML_PLAIN_SCALAR_STYLE;
	n->broken = ev->data.scalar.anchor != NULL || ev->data.scalar.tag != NULL;
	if (ev->data.scalar.length > CONF_SCALAR_MAX) {
		conf_wrong(b->job, mark, "this value has %zu octets; at most %d are allowed",
		           ev->data.scalar.length, CONF_SCALAR_MAX);
		n->broken = true;
		return;
	}
	n->text = copy(b, ev->data.scalar.value, ev->data.scalar.length);
	if (style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE) {
		conf_wrong(b->job, mark, "block texts (| and >) are not used here; write one line");
		n->broken = true;
	} else if (has_control(n->text)) {
		conf_wrong(b->job, mark, "control characters are not allowed in a value");
		n->broken = true;
	}
}

static void on_open(struct build *b, const yaml_event_t *ev, enum conf_kind kind)
{
	struct conf_mark mark = mark_of(&ev->start_mark);
	struct conf_node *n;

	if (kind == CONF_MAP)
		refuse_extras(b, ev, ev->data.mapping_start.anchor, ev->data.mapping_start.tag);
	else
		refuse_extras(b, ev, ev->data.sequence_start.anchor, ev->data.sequence_start.tag);
	if (wants_key(b)) {
		conf_wrong(b->job, mark, "a key is a plain word, not a map or list");
		b->stop = true;
		return;
	}
	if (b->depth == CONF_DEPTH_MAX) {
		conf_wrong(b->job, mark, "nested deeper than %d", CONF_DEPTH_MAX);
		b->stop = true;
		return;
	}
	n = add(b, kind, mark);
	if (n != NULL)
		b->open[b->depth++] = n;
}

static void on_alias(struct build *b, const yaml_event_t *ev)
{
	struct conf_mark mark = mark_of(&ev->start_mark);
	struct conf_node *n;

	conf_wrong(b->job, mark, "a value that begins with '*' needs quotes: \"*%s\"",
	           conf_cut(slice_str((const char *)ev->data.alias.anchor)).s);
	if (wants_key(b)) {
		b->stop = true;
		return;
	}
	n = add(b, CONF_SCALAR, mark);
	if (n != NULL)
		n->broken = true;
}

static void on_document(struct build *b, const yaml_event_t *ev)
{
	struct conf_mark mark = mark_of(&ev->start_mark);

	if (b->root != NULL) {
		conf_wrong(b->job, mark,
		           "a second document begins here; one file holds one document");
		b->stop = true;
	}
	if (ev->data.document_start.version_directive != NULL ||
	    ev->data.document_start.tag_directives.start !=
	            ev->data.document_start.tag_directives.end)
		conf_wrong(b->job, mark, "directives (%%YAML, %%TAG) are not used here");
}

static void on_event(struct build *b, const yaml_event_t *ev)
{
	switch (ev->type) {
	case YAML_DOCUMENT_START_EVENT:
		on_document(b, ev);
		break;
	case YAML_SCALAR_EVENT:
		on_scalar(b, ev);
		break;
	case YAML_ALIAS_EVENT:
		on_alias(b, ev);
		break;
	case YAML_MAPPING_START_EVENT:
		on_open(b, ev, CONF_MAP);
		break;
	case YAML_SEQUENCE_START_EVENT:
		on_open(b, ev, CONF_LIST);
		break;
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		b->depth--;
		break;
	case YAML_STREAM_END_EVENT:
		b->stop = true;
		break;
	default:
		break;
	}
}

/* libyaml's own words, with a hint for the two slips that everybody makes. */
static void on_syntax(struct build *b, const yaml_parser_t *p)
{
	const char *problem = p->problem != NULL ? p->problem : "unreadable";
	const char *hint = "";
	struct conf_mark mark = mark_of(&p->problem_mark);

	if (p->error == YAML_MEMORY_ERROR) {
		b->job->nomem = true;
		return;
	}
	if (p->error == YAML_READER_ERROR)
		mark = mark_of(&p->mark); /* problem_mark is not set by the reader */
	if (strstr(problem, "cannot start any token") != NULL)
		hint = "; indent with blanks, not tabs, and quote values that begin with @, ` or %";
	else if (strstr(problem, "mapping values are not allowed") != NULL)
		hint = "; a value with \": \" in it needs quotes, and keys of one map the same indentation";
	else if (strstr(problem, "did not find expected") != NULL)
		hint = "; is a quote, bracket or comma missing, or the indentation uneven?";
	conf_wrong(b->job, mark, "this is not YAML: %s%s%s%s", problem,
	           p->context != NULL ? " " : "", p->context != NULL ? p->context : "", hint);
}

struct conf_node *conf_tree(struct conf_job *job, struct slice text)
{
	struct build b = { .job = job };
	yaml_parser_t parser;

	if (yaml_parser_initialize(&parser) == 0) {
		job->nomem = true;
		return NULL;
	}
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text.p, text.len);
	while (!b.stop) {
		yaml_event_t ev;

		if (yaml_parser_parse(&parser, &ev) == 0) {
			on_syntax(&b, &parser);
			b.root = NULL;
			break;
		}
		on_event(&b, &ev);
		/*
		 * stopped early: what follows is unknown, so half a tree would bring false mistakes
		 */
		if (b.stop && ev.type != YAML_STREAM_END_EVENT)
			b.root = NULL;
		else if (ev.type == YAML_STREAM_END_EVENT && b.root == NULL && !job->nomem)
			b.root = add(&b, CONF_MAP, (struct conf_mark){ 1, 1 });
		yaml_event_delete(&ev);
	}
	yaml_parser_delete(&parser);
	return job->nomem ? NULL : b.root;
}
