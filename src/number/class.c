/* Names of territories, types and classes; which class a number belongs to. */
#include "number/number.h"
#include "number/table_priv.h"

static const char *const type_names[] = {
#define X(name, text, help) text,
	NUMBER_TYPE_TABLE(X)
#undef X
};

static const char *const type_helps[] = {
#define X(name, text, help) help,
	NUMBER_TYPE_TABLE(X)
#undef X
};

static const char *const class_names[] = {
#define X(name, text, help) text,
	NUMBER_CLASS_TABLE(X)
#undef X
};

static const char *const class_helps[] = {
#define X(name, text, help) help,
	NUMBER_CLASS_TABLE(X)
#undef X
};

_Static_assert(NUMBER_CLASSES <= 64, "a set of classes is a uint64_t");

static int find(const char *const *names, int count, struct slice name)
{
	for (int i = 0; i < count; i++) {
		if (slice_eq(slice_str(names[i]), name))
			return i;
	}
	return -1;
}

const char *number_type_name(enum number_type type)
{
	return (unsigned)type < NUMBER_TYPES ? type_names[type] : "?";
}

const char *number_type_help(enum number_type type)
{
	return (unsigned)type < NUMBER_TYPES ? type_helps[type] : "?";
}

int number_type_find(struct slice name)
{
	return find(type_names, NUMBER_TYPES, name);
}

const char *number_class_name(enum number_class c)
{
	return (unsigned)c < NUMBER_CLASSES ? class_names[c] : "?";
}

const char *number_class_help(enum number_class c)
{
	return (unsigned)c < NUMBER_CLASSES ? class_helps[c] : "?";
}

int number_class_find(struct slice name)
{
	return find(class_names, NUMBER_CLASSES, name);
}

uint16_t number_territories(void)
{
	return (uint16_t)(number_territory_total - 1);
}

static const struct number_territory *row(uint16_t territory)
{
	return &number_territory_table[territory < number_territory_total ? territory : 0];
}

const char *number_territory_name(uint16_t territory)
{
	return row(territory)->name;
}

uint16_t number_territory_find(struct slice name)
{
	for (uint16_t t = 1; t < number_territory_total; t++) {
		if (slice_eq(slice_str(number_territory_table[t].name), name))
			return t;
	}
	return 0;
}

uint16_t number_territory_code(uint16_t territory)
{
	return row(territory)->code;
}

unsigned number_territory_zone(uint16_t territory)
{
	unsigned code = row(territory)->code;

	while (code >= 10)
		code /= 10;
	return code;
}

bool number_territory_is_place(uint16_t territory)
{
	return row(territory)->place;
}

/* Four classes a zone, in the order of NUMBER_ZONE_TABLE. */
enum { ZONE_FIXED, ZONE_MOBILE, ZONE_SPECIAL, ZONE_PREMIUM, ZONE_CLASSES };

static const uint8_t home_of[NUMBER_TYPES] = {
	[NUMBER_FIXED] = NUMBER_CLASS_HOME_FIXED,
	[NUMBER_FIXED_OR_MOBILE] = NUMBER_CLASS_HOME_FIXED,
	[NUMBER_MOBILE] = NUMBER_CLASS_HOME_MOBILE,
	[NUMBER_PREMIUM] = NUMBER_CLASS_HOME_PREMIUM,
	[NUMBER_SHARED] = NUMBER_CLASS_HOME_SHARED,
	[NUMBER_PERSONAL] = NUMBER_CLASS_HOME_PERSONAL,
	[NUMBER_TOLLFREE] = NUMBER_CLASS_TOLLFREE,
	[NUMBER_VOIP] = NUMBER_CLASS_HOME_SPECIAL,
	[NUMBER_UAN] = NUMBER_CLASS_HOME_SPECIAL,
	[NUMBER_PAGER] = NUMBER_CLASS_HOME_SPECIAL,
	[NUMBER_VOICEMAIL] = NUMBER_CLASS_HOME_SPECIAL,
};

/* What is the same from everywhere. */
static const uint8_t world_of[NUMBER_TYPES] = {
	[NUMBER_SATELLITE] = NUMBER_CLASS_SATELLITE,
	[NUMBER_GLOBAL] = NUMBER_CLASS_GLOBAL,
	[NUMBER_UIFN] = NUMBER_CLASS_TOLLFREE,
	[NUMBER_INTL_SHARED] = NUMBER_CLASS_INTL_SHARED,
	[NUMBER_INTL_PREMIUM] = NUMBER_CLASS_INTL_PREMIUM,
	[NUMBER_SHORT] = NUMBER_CLASS_HOME_SHORT,
	[NUMBER_EMERGENCY] = NUMBER_CLASS_EMERGENCY,
};

static const uint8_t zone_of[NUMBER_TYPES] = {
	[NUMBER_FIXED] = ZONE_FIXED,       [NUMBER_FIXED_OR_MOBILE] = ZONE_FIXED,
	[NUMBER_MOBILE] = ZONE_MOBILE,     [NUMBER_PREMIUM] = ZONE_PREMIUM,
	[NUMBER_PERSONAL] = ZONE_PREMIUM,  [NUMBER_SHARED] = ZONE_SPECIAL,
	[NUMBER_TOLLFREE] = ZONE_SPECIAL,  [NUMBER_VOIP] = ZONE_SPECIAL,
	[NUMBER_UAN] = ZONE_SPECIAL,       [NUMBER_PAGER] = ZONE_SPECIAL,
	[NUMBER_VOICEMAIL] = ZONE_SPECIAL,
};

static bool has_place(uint8_t type)
{
	return type == NUMBER_FIXED || type == NUMBER_MOBILE || type == NUMBER_FIXED_OR_MOBILE;
}

/* +1 outside of the United States and Canada. */
static bool is_caribbean(const struct number_territory *t)
{
	return t->code == 1 && memcmp(t->name, "US", 3) != 0 && memcmp(t->name, "CA", 3) != 0;
}

enum number_class number_class_of(uint16_t home, const struct number *n)
{
	const struct number_territory *t = row(n->territory);
	uint8_t type = n->known && n->type < NUMBER_TYPES ? n->type : NUMBER_UNKNOWN;

	if (type == NUMBER_UNKNOWN)
		return NUMBER_CLASS_UNKNOWN;
	if (world_of[type] != 0)
		return (enum number_class)world_of[type];
	if (n->territory == home || (t->code == row(home)->code && !has_place(type)))
		return (enum number_class)home_of[type];
	if (is_caribbean(t))
		return has_place(type) ? NUMBER_CLASS_CARIBBEAN : NUMBER_CLASS_CARIBBEAN_SPECIAL;
	return (enum number_class)(NUMBER_CLASS_ZONE1_FIXED + zone_of[type] +
	                           ZONE_CLASSES * (number_territory_zone(n->territory) - 1));
}
