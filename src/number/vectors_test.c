/*
 * 50,000 numbers against libphonenumber-js (tests/vectors/number), and each rendered for every kind
 * of trunk and turned back.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/test.h"
#include "number/number.h"

enum { NUMBERS_MIN = 50000, DIFFERENT_PER_MILLE_MAX = 5, LISTED_MAX = 512 };

struct answer {
	struct slice territory, type;
	bool valid;
};

/** Calls `each` with every number of the file and the library's answer. */
static size_t walk(void (*each)(struct slice digits, const struct answer *answer))
{
	struct answer answer = { 0 };
	struct slice rest, line, word;
	char path[512];
	size_t count = 0;

	snprintf(path, sizeof(path), "%s/vectors/number/libphonenumber.txt", test_data_dir());
	rest = test_file(path);
	while (rest.len > 0) {
		rest = slice_cut(rest, '\n', &line);
		if (line.len == 0 || line.p[0] == '#')
			continue;
		if (line.p[0] == '=') {
			line = slice_cut(slice_skip(line, 2), ' ', &answer.territory);
			line = slice_cut(line, ' ', &answer.type);
			answer.valid = slice_eq(line, SLICE("V"));
			continue;
		}
		while (line.len > 0) {
			line = slice_cut(line, ' ', &word);
			each(word, &answer);
			count++;
		}
	}
	return count;
}

/* differences.txt: digits, a blank, the reason's class; sorted by digits. */
static struct {
	struct slice digits;
	bool seen;
} listed[LISTED_MAX];
static size_t listed_count, different, unlisted;

static void read_listed(void)
{
	struct slice rest, line, reason;
	char path[512];

	snprintf(path, sizeof(path), "%s/vectors/number/differences.txt", test_data_dir());
	rest = test_file(path);
	listed_count = 0;
	while (rest.len > 0) {
		rest = slice_cut(rest, '\n', &line);
		if (line.len == 0 || line.p[0] == '#')
			continue;
		CHECK(listed_count < LISTED_MAX, "no more than 1 % are listed");
		reason = slice_cut(line, ' ', &listed[listed_count].digits);
		CHECK(reason.len > 0, "a difference has a reason");
		listed[listed_count++].seen = false;
	}
}

static bool is_listed(struct slice digits)
{
	for (size_t i = 0; i < listed_count; i++) {
		if (slice_eq(listed[i].digits, digits)) {
			listed[i].seen = true;
			return true;
		}
	}
	return false;
}

static void compare(struct slice digits, const struct answer *answer)
{
	struct number n;

	CHECK(number_parse(&n, digits) == TG_OK, "5 to 15 digits");
	CHECK(n.known == (n.type != NUMBER_UNKNOWN), "type and known agree");
	if (n.known == answer->valid &&
	    slice_eq(slice_str(number_territory_name(n.territory)), answer->territory) &&
	    slice_eq(slice_str(number_type_name((enum number_type)n.type)), answer->type))
		return;
	different++;
	if (is_listed(digits))
		return;
	unlisted++;
	printf("%.*s ours %s %s, the library's %.*s %.*s\n", SLICE_FMT(digits),
	       number_territory_name(n.territory), number_type_name((enum number_type)n.type),
	       SLICE_FMT(answer->territory), SLICE_FMT(answer->type));
}

TEST(number_like_libphonenumber)
{
	size_t count;

	read_listed();
	different = unlisted = 0;
	count = walk(compare);
	CHECK(count >= NUMBERS_MIN, "50,000 numbers");
	printf("%zu numbers, %zu different, %zu of them not listed\n", count, different, unlisted);
	CHECK(unlisted == 0, "every difference is listed with its reason");
	CHECK(different * 1000 <= count * DIFFERENT_PER_MILLE_MAX, "at least 99.5 % are equal");
	for (size_t i = 0; i < listed_count; i++)
		CHECK(listed[i].seen, "what is listed differs");
}

static struct number_rendering rendering;
static size_t rendered, refused;

static void there_and_back(struct slice digits, const struct answer *answer)
{
	char text[NUMBER_RENDERED_MAX];
	struct buf b = buf_on(text, sizeof(text));
	struct number n, again;

	(void)answer;
	CHECK(number_parse(&n, digits) == TG_OK, "5 to 15 digits");
	if (number_render(&b, &rendering, &n) != TG_OK) {
		CHECK(b.len == 0, "a refusal writes nothing");
		CHECK(!n.known, "a number that exists can be sent");
		refused++;
		return;
	}
	CHECK(number_unrender(&again, &rendering, buf_slice(&b)) == TG_OK, "C1: turned back");
	CHECK(number_eq(&n, &again), "C1: what was priced is what is sent");
	rendered++;
}

TEST(number_rendered_and_back)
{
	static const char *const homes[] = { "ES", "GB", "US", "DE", "RU", "IT", "AU", "HU", "NO" };
	static const struct slice techs[] = { SLICE_INIT(""), SLICE_INIT("1234#") };
	struct number_plan plan;

	for (size_t i = 0; i < COUNT(homes); i++) {
		CHECK(number_plan_init(&plan, number_territory_find(slice_str(homes[i])),
		                       SLICE("9")) == TG_OK, homes[i]);
		for (unsigned kind = 0; kind < NUMBER_RENDER_KINDS; kind++) {
			rendering = (struct number_rendering){ &plan, (enum number_render_kind)kind,
				                               techs[i % COUNT(techs)] };
			rendered = refused = 0;
			CHECK(walk(there_and_back) >= NUMBERS_MIN, "50,000 numbers");
			printf("%s %s: %zu rendered and turned back, %zu refused\n",
			       homes[i], number_render_kind_name(rendering.kind), rendered,
			       refused);
			CHECK(refused <= NUMBERS_MIN / 100, "few are refused");
		}
	}
}

/* "National" at every home: what exists is written as people dial it there, and read again. */
static size_t homes;

static void at_every_home(struct slice digits, const struct answer *answer)
{
	struct number n;

	(void)answer;
	CHECK(number_parse(&n, digits) == TG_OK, "5 to 15 digits");
	for (uint16_t home = 1; n.known && home <= number_territories(); home++) {
		struct number_plan plan;
		struct number_rendering r = { &plan, NUMBER_RENDER_NATIONAL, SLICE("") };
		char text[NUMBER_RENDERED_MAX];
		struct buf b = buf_on(text, sizeof(text));
		struct number again;

		if (number_territory_code(home) != number_territory_code(n.territory) ||
		    number_plan_init(&plan, home, SLICE("")) != TG_OK)
			continue;
		CHECK(number_render(&b, &r, &n) == TG_OK, number_territory_name(home));
		CHECK(number_normalise(&again, &plan, buf_slice(&b), NULL) == TG_OK &&
		      number_eq(&n, &again), "R48: dialled as it is written at home");
		homes++;
	}
}

TEST(number_national_at_every_home)
{
	homes = 0;
	CHECK(walk(at_every_home) >= NUMBERS_MIN, "50,000 numbers");
	CHECK(homes > 2 * NUMBERS_MIN, "+1 has 25 homes");
	printf("%zu numbers at their homes\n", homes);
}

/* emergency.txt: territory, count of short codes of up to four digits, emergency numbers. */
struct codes {
	uint16_t territory;
	uint64_t count; /* to come */
	struct slice emergency;
	bool spain; /* rows of overrides.txt */
};

static bool is_emergency(const struct codes *c, struct slice code)
{
	static const struct slice spain[] = { SLICE_INIT("061"), SLICE_INIT("062"),
		                              SLICE_INIT("080"), SLICE_INIT("091"),
		                              SLICE_INIT("092") };
	struct slice rest = c->emergency, word;

	while (rest.len > 0) {
		rest = slice_cut(rest, ' ', &word);
		if (slice_eq(word, code))
			return true;
	}
	for (size_t i = 0; c->spain && i < COUNT(spain); i++) {
		if (slice_eq(spain[i], code))
			return true;
	}
	return false;
}

static void check_codes(struct codes *c)
{
	for (unsigned length = 1, top = 10; length <= 4; length++, top *= 10) {
		for (unsigned i = 0; i < top; i++) {
			char text[8];
			struct slice code = slice_of(text, length);
			bool emergency;

			for (unsigned at = length, left = i; at-- > 0; left /= 10)
				text[at] = (char)('0' + left % 10);
			emergency = number_emergency(c->territory, code);
			if (number_short(c->territory, code))
				c->count--;
			else
				CHECK(!emergency, "an emergency number is a short code");
			if (emergency || length == 3)
				CHECK(emergency == is_emergency(c, code), "R59, C23");
		}
	}
	CHECK(c->count == 0, number_territory_name(c->territory));
}

TEST(number_codes_like_libphonenumber)
{
	struct slice rest, line, name, count;
	size_t territories = 0;
	char path[512];

	snprintf(path, sizeof(path), "%s/vectors/number/emergency.txt", test_data_dir());
	rest = test_file(path);
	while (rest.len > 0) {
		struct codes c = { 0 };

		rest = slice_cut(rest, '\n', &line);
		if (line.len == 0 || line.p[0] == '#')
			continue;
		line = slice_cut(line, ' ', &name);
		c.emergency = slice_cut(line, ' ', &count);
		c.territory = number_territory_find(name);
		c.spain = slice_eq(name, SLICE("ES"));
		CHECK(c.territory != 0 && slice_u64(&c.count, count, 11110) == TG_OK, "a row");
		check_codes(&c);
		territories++;
	}
	CHECK(territories > 230, "all territories");
}
