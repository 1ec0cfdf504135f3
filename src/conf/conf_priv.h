/* What the files of conf/ share: the tree of a file, the schema rows, and the list of mistakes. */
#ifndef TG_CONF_CONF_PRIV_H
#define TG_CONF_CONF_PRIV_H

#include "conf/conf.h"

/* ---- memory: blocks that are freed together ---- */

struct conf_arena {
	struct conf_arena *next;
	size_t used, cap;
	TG_ALIGNED(16) char mem[];
};

/** Zeroed memory for any type; NULL without memory.  `*arena` starts as NULL. */
void *conf_arena_take(struct conf_arena **arena, size_t bytes);

/** NULL is fine. */
void conf_arena_free(struct conf_arena *arena);

/* ---- the tree: the YAML file with positions ---- */

enum {
	CONF_DEPTH_MAX = 6,     /* nesting; the schema needs 4 */
	CONF_NODES_MAX = 65536, /* CONF_INBOUND_MAX items of 4 keys are a third of it */
	CONF_KEYS_MAX = 64,     /* of one map */
	CONF_SCALAR_MAX = 512   /* octets of one value */
};

struct conf_mark {
	uint32_t line, column; /* from 1 */
};

enum conf_kind { CONF_SCALAR, CONF_LIST, CONF_MAP };

struct conf_node {
	uint8_t kind;   /* enum conf_kind */
	bool quoted;    /* scalar: with quotes, so that it is meant even when empty */
	bool broken;    /* reported already; say no more about it */
	uint32_t count; /* children */
	struct conf_mark mark;
	struct slice text; /* scalar: content, borrowed from the text arena */
	struct slice key;  /* when the parent is a map */
	struct conf_mark key_mark;
	struct conf_node *first, *last, *next;
};

/** Field → position, for the checks that come after decoding. */
struct conf_place {
	const void *field;
	struct conf_mark mark;
};

/** One parse. */
struct conf_job {
	struct conf *conf;
	struct conf_arena *nodes; /* freed at the end of the parse */
	struct conf_place *places;
	size_t places_count, places_cap;
	struct conf_mistakes *mistakes;
	bool nomem;
};

/**
 * Make the tree of a file.  NULL when there is none: a mistake was added, or job->nomem set.
 * A file of comments only is an empty map.
 */
struct conf_node *conf_tree(struct conf_job *job, struct slice text);

/* ---- mistakes ---- */

/** Add one; `fmt` makes a sentence without a final dot.  Show text of the file by conf_cut(). */
void conf_wrong(struct conf_job *job, struct conf_mark mark, const char *fmt, ...) TG_PRINTF(3, 4);

/** Text of the file for a message: cut, control characters as '?', NUL-terminated. */
struct conf_shown {
	char s[72];
};
struct conf_shown conf_cut(struct slice s);

/** Where a field of job->conf stood in the file; {1, 1} when it did not. */
struct conf_mark conf_place(const struct conf_job *job, const void *field);

/* ---- did you mean ---- */

/** Append `; did you mean "best"?` when there is a good one. */
void conf_guess_write(struct buf *b, const struct conf_guess *guess);

/* ---- schema ---- */

enum conf_type {
	CONF_T_TEXT,   /* struct slice */
	CONF_T_COUNT,  /* uint32_t, min..max */
	CONF_T_SWITCH, /* bool */
	CONF_T_CHOICE, /* uint8_t, index into `names` */
	CONF_T_ADDR,   /* struct tg_addr */
	CONF_T_HOST,   /* struct conf_host */
	CONF_T_PREFIX, /* struct tg_prefix */
	CONF_T_PORTS,  /* struct conf_ports */
	CONF_T_NUMBER, /* struct conf_number */
	CONF_T_REF,    /* struct conf_ref */
	CONF_T_MONEY,  /* tg_micro, above 0 */
	CONF_TYPES
};

struct conf_row {
	const char *name;
	enum conf_type type;
	size_t offset; /* of the field in its section's struct */
	uint32_t min, max;
	/* as written in a file, a list with commas; NULL = must be given, "" = none */
	const char *def;
	const char *from; /* when not given it is made from this row (help only; check.c does it) */
	const char *unit;
	const char *help;
	/* NULL = fine, else what is allowed */
	const char *(*check)(struct slice text);
	const char *const *names; /* CHOICE: NULL-terminated */
	const char *target;       /* REF: section */
	uint16_t port;            /* ADDR, HOST: when none is written */
	uint32_t cap;             /* list of at most so many; 0 = a single value */
	size_t count_offset;      /* list: its uint32_t count */
};

struct conf_section {
	const char *name; /* "site", or "rules.where": a map in the map `rules` */
	const char *help;
	const struct conf_row *rows;
	size_t rows_count;
	size_t offset, item_bytes;
	uint32_t cap; /* list of at most so many items; 0 = one map */
	uint32_t least;
	size_t count_offset;
};

extern const struct conf_section conf_sections[];
extern const size_t conf_sections_count;

struct conf_type_ops {
	const char *what; /* what may be written, for messages and help */
	size_t bytes;
	/* Fill `field`; false: `why` says what is allowed.  `text` outlives the configuration. */
	bool (*parse)(const struct conf_row *row, struct slice text, void *field, struct buf *why);
	void (*write)(const struct conf_row *row, const void *field, struct buf *b);
	bool bare; /* a JSON number or word, never quoted */
};
extern const struct conf_type_ops conf_types[CONF_TYPES];

/** Items of a section, its count. */
static inline uint32_t conf_count_of(const struct conf *conf, const struct conf_section *section)
{
	uint32_t n = 1;

	if (section->cap > 0)
		memcpy(&n, (const char *)conf + section->count_offset, sizeof(n));
	return n;
}

static inline void *conf_item(const struct conf *conf, const struct conf_section *section, size_t i)
{
	return (char *)(uintptr_t)conf + section->offset + i * section->item_bytes;
}

static inline void *conf_field(const void *item, const struct conf_row *row, size_t i)
{
	return (char *)(uintptr_t)item + row->offset + i * conf_types[row->type].bytes;
}

/** Values of a field: 0.. of a list, else 1. */
static inline uint32_t conf_values(const void *item, const struct conf_row *row)
{
	uint32_t n = 1;

	if (row->cap > 0)
		memcpy(&n, (const char *)item + row->count_offset, sizeof(n));
	return n;
}

const struct conf_section *conf_section_find(struct slice name);

/** The key at the top of the file; `*leaf`: the key inside it, empty when there is none. */
struct slice conf_section_key(const struct conf_section *section, struct slice *leaf);

/* ---- texts of single rows (text.c): NULL, or what is allowed ---- */

const char *conf_text_name(struct slice s);
const char *conf_text_user(struct slice s);
const char *conf_text_login(struct slice s);
const char *conf_text_domain(struct slice s);
const char *conf_text_host(struct slice s); /* a name, never an address */
const char *conf_text_realm(struct slice s);
const char *conf_text_path(struct slice s);
const char *conf_text_inbound(struct slice s);
const char *conf_text_emergency(struct slice s);
const char *conf_text_allow(struct slice s);
const char *conf_text_territory(struct slice s);
const char *conf_text_type(struct slice s);
const char *conf_text_class(struct slice s);
const char *conf_text_e164(struct slice s);
const char *conf_text_shown(struct slice s);
const char *conf_text_tech(struct slice s);
const char *conf_text_outside(struct slice s);
const char *conf_text_national(struct slice s);
const char *conf_text_international(struct slice s);
const char *conf_text_currency(struct slice s);
const char *conf_text_zone(struct slice s);
const char *conf_text_hours(struct slice s);
const char *conf_text_holiday(struct slice s);

/** "08:00-19:00" as minutes of the day; false when it is none. */
bool conf_read_hours(struct slice s, uint16_t *from, uint16_t *to);

/** Fill job->conf from the tree by the rows; every mistake is added. */
void conf_decode(struct conf_job *job, const struct conf_node *root);

/** Resolve references, fill in what is made from other rows, and check across rows. */
void conf_check(struct conf_job *job);
/** The part of it that looks at addresses. */
void conf_check_addresses(struct conf_job *job);
/** The part that looks at numbers, money and rules; it also adds the budgets that are not given. */
void conf_check_policy(struct conf_job *job);

#endif
