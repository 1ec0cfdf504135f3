/* Names of the world's numbers: territories, types of numbers, and the classes that budgets use. */
#ifndef TG_NUMBER_CLASS_H
#define TG_NUMBER_CLASS_H

#include "base/slice.h"

struct number;

/* name, text, help */
#define NUMBER_TYPE_TABLE(X)                                                                       \
	X(NUMBER_UNKNOWN, "unknown", "no such range, or a length that the range does not have")    \
	X(NUMBER_FIXED, "fixed", "a line at a place")                                              \
	X(NUMBER_MOBILE, "mobile", "a mobile phone")                                               \
	X(NUMBER_FIXED_OR_MOBILE, "fixed-or-mobile", "the plan does not tell them apart (+1)")     \
	X(NUMBER_PREMIUM, "premium", "the caller pays the callee")                                 \
	X(NUMBER_SHARED, "shared", "the cost is shared")                                           \
	X(NUMBER_PERSONAL, "personal", "follow-me numbers, a favourite of fraud (+44 70)")         \
	X(NUMBER_VOIP, "voip", "numbers of internet telephony")                                    \
	X(NUMBER_UAN, "uan", "companies' numbers without a place")                                 \
	X(NUMBER_PAGER, "pager", "pagers")                                                         \
	X(NUMBER_VOICEMAIL, "voicemail", "mailboxes")                                              \
	X(NUMBER_TOLLFREE, "tollfree", "free for the caller")                                      \
	X(NUMBER_SATELLITE, "satellite", "+870, +881, Thuraya: several units of money a minute")   \
	X(NUMBER_GLOBAL, "global-network", "networks without a country: +882, +883, +878, +888")   \
	X(NUMBER_UIFN, "uifn", "+800, universal freephone")                                        \
	X(NUMBER_INTL_SHARED, "international-shared", "+808")                                      \
	X(NUMBER_INTL_PREMIUM, "international-premium", "+979")                                    \
	X(NUMBER_SHORT, "short", "a short code of the home country")                               \
	X(NUMBER_EMERGENCY, "emergency", "an emergency number of the home country")

enum number_type {
#define X(name, text, help) name,
	NUMBER_TYPE_TABLE(X)
#undef X
	NUMBER_TYPES
};

const char *number_type_name(enum number_type type);
const char *number_type_help(enum number_type type);
/** enum number_type, or -1. */
int number_type_find(struct slice name);

/** Territories are 1..number_territories(); 0 is none.  The numbers change with the table. */
uint16_t number_territories(void);
/** "ES", "GG", "JM"; of codes without a country their digits ("870") or operator ("iridium");
 *  "?" for 0. */
const char *number_territory_name(uint16_t territory);
/** 0 when there is none of that name (exact, upper case). */
uint16_t number_territory_find(struct slice name);
/** Calling code: 34, 1, 870; 0 for none. */
uint16_t number_territory_code(uint16_t territory);
/** First digit of the calling code, 1..9; 0 for none. */
unsigned number_territory_zone(uint16_t territory);
/** True for what lies on earth: "ES"; false for "870" and 0. */
bool number_territory_is_place(uint16_t territory);

/* name, text, help.  The four of each zone stand in the order of number_class_of(). */
#define NUMBER_ZONE_TABLE(X, n)                                                                   \
	X(NUMBER_CLASS_ZONE##n##_FIXED, "zone" #n "-fixed", "fixed lines abroad, codes +" #n)     \
	X(NUMBER_CLASS_ZONE##n##_MOBILE, "zone" #n "-mobile", "mobile phones abroad, codes +" #n) \
	X(NUMBER_CLASS_ZONE##n##_SPECIAL, "zone" #n "-special",                                   \
	  "other numbers abroad, codes +" #n ": companies, voip, pagers, tollfree, shared")       \
	X(NUMBER_CLASS_ZONE##n##_PREMIUM, "zone" #n "-premium",                                   \
	  "premium and personal numbers abroad, codes +" #n)

#define NUMBER_CLASS_TABLE(X)                                                                     \
	X(NUMBER_CLASS_UNKNOWN, "unknown", "no such range anywhere")                              \
	X(NUMBER_CLASS_EMERGENCY, "emergency", "emergency numbers at home")                       \
	X(NUMBER_CLASS_TOLLFREE, "tollfree", "free numbers at home, and +800")                    \
	X(NUMBER_CLASS_HOME_FIXED, "home-fixed", "fixed lines at home; where the plan does not "  \
	  "tell, mobile phones too")                                                              \
	X(NUMBER_CLASS_HOME_MOBILE, "home-mobile", "mobile phones at home")                       \
	X(NUMBER_CLASS_HOME_SHARED, "home-shared", "shared cost at home")                         \
	X(NUMBER_CLASS_HOME_PREMIUM, "home-premium", "premium numbers at home")                   \
	X(NUMBER_CLASS_HOME_PERSONAL, "home-personal", "personal numbers at home")                \
	X(NUMBER_CLASS_HOME_SPECIAL, "home-special", "companies, voip, pagers, mailboxes at home") \
	X(NUMBER_CLASS_HOME_SHORT, "home-short", "short codes at home")                           \
	X(NUMBER_CLASS_CARIBBEAN, "caribbean", "fixed and mobile under +1 outside the United "    \
	  "States and Canada, Bermuda and the Pacific islands included")                          \
	X(NUMBER_CLASS_CARIBBEAN_SPECIAL, "caribbean-special", "every other number there")        \
	X(NUMBER_CLASS_SATELLITE, "satellite", "+870, +881, Thuraya")                             \
	X(NUMBER_CLASS_GLOBAL, "global-network", "+878, +882, +883, +888")                        \
	X(NUMBER_CLASS_INTL_SHARED, "international-shared", "+808")                               \
	X(NUMBER_CLASS_INTL_PREMIUM, "international-premium", "+979")                             \
	NUMBER_ZONE_TABLE(X, 1)                                                                   \
	NUMBER_ZONE_TABLE(X, 2)                                                                   \
	NUMBER_ZONE_TABLE(X, 3)                                                                   \
	NUMBER_ZONE_TABLE(X, 4)                                                                   \
	NUMBER_ZONE_TABLE(X, 5)                                                                   \
	NUMBER_ZONE_TABLE(X, 6)                                                                   \
	NUMBER_ZONE_TABLE(X, 7)                                                                   \
	NUMBER_ZONE_TABLE(X, 8)                                                                   \
	NUMBER_ZONE_TABLE(X, 9)

enum number_class {
#define X(name, text, help) name,
	NUMBER_CLASS_TABLE(X)
#undef X
	NUMBER_CLASSES /* at most 64, so that a set of them is a uint64_t */
};

/**
 * The class of a number for somebody whose home is `home`.  Fixed and mobile are at home only in
 * the very territory (from Great Britain, Guernsey is zone 4); what has no place is at home under
 * the same calling code.
 */
enum number_class number_class_of(uint16_t home, const struct number *n);

const char *number_class_name(enum number_class c);
const char *number_class_help(enum number_class c);
/** enum number_class, or -1. */
int number_class_find(struct slice name);

#endif
