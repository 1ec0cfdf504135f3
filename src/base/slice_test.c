#include "base/slice.h"

#include "base/test.h"

#define S SLICE_INIT

TEST(slice_u64)
{
	static const struct {
		const char *why;
		struct slice in;
		uint64_t max;
		enum tg_err want;
		uint64_t value;
	} rows[] = {
		{ "zero", S("0"), 10, TG_OK, 0 },
		{ "leading zeros", S("0000000000000000000000007"), 10, TG_OK, 7 },
		{ "the maximum", S("65535"), 65535, TG_OK, 65535 },
		{ "one above", S("65536"), 65535, TG_ELIMIT, 0 },
		{ "64 bits", S("18446744073709551615"), UINT64_MAX, TG_OK, UINT64_MAX },
		{ "wraps around in 64 bits", S("18446744073709551616"), UINT64_MAX, TG_ELIMIT, 0 },
		{ "wraps to a small number", S("36893488147419103233"), 100, TG_ELIMIT, 0 },
		{ "max 0", S("1"), 0, TG_ELIMIT, 0 },
		{ "empty", S(""), 10, TG_EBAD, 0 },
		{ "sign", S("+1"), 10, TG_EBAD, 0 },
		{ "minus", S("-1"), 10, TG_EBAD, 0 },
		{ "blank", S(" 1"), 10, TG_EBAD, 0 },
		{ "NUL hides the rest", S("1\0"), 10, TG_EBAD, 0 },
		{ "malformed wins over too large", S("99999x"), 10, TG_EBAD, 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		uint64_t v = 99;

		CHECK(slice_u64(&v, test_guarded(rows[i].in), rows[i].max) == rows[i].want,
		      rows[i].why);
		CHECK(v == (rows[i].want == TG_OK ? rows[i].value : 99), rows[i].why);
	}
}

TEST(slice_cut_and_trim)
{
	struct slice head, rest;

	rest = slice_cut(test_guarded(SLICE("a;b;c")), ';', &head);
	CHECK(slice_eq(head, SLICE("a")) && slice_eq(rest, SLICE("b;c")), "at the first");
	rest = slice_cut(test_guarded(SLICE("abc")), ';', &head);
	CHECK(slice_eq(head, SLICE("abc")) && rest.p == NULL, "without a separator");
	rest = slice_cut(test_guarded(SLICE("abc;")), ';', &head);
	CHECK(slice_eq(head, SLICE("abc")) && rest.len == 0, "separator at the end");
	CHECK(slice_eq(slice_trim(test_guarded(SLICE(" \t\r\n x y\r\n "))), SLICE("x y")),
	      "both ends");
	CHECK(slice_trim(test_guarded(SLICE(" \r\n\t"))).len == 0, "blanks alone");
	CHECK(slice_skip(SLICE("abc"), 5).len == 0, "skip past the end");
	CHECK(slice_eq(slice_head(SLICE("abc"), 2), SLICE("ab")), "head");
	CHECK(slice_find(slice_of(NULL, 0), 'x') == 0, "nothing in nothing");
}

TEST(slice_compare)
{
	CHECK(slice_ieq(test_guarded(SLICE("SIP/2.0")), SLICE("sip/2.0")), "ASCII case");
	CHECK(!slice_ieq(SLICE("\xc4"), SLICE("\xe4")), "no locale");
	CHECK(!slice_ieq(SLICE("@"), SLICE("`")), "32 apart, but no letters");
	CHECK(!slice_eq(SLICE("a\0b"), SLICE("a\0c")), "behind a NUL");
	CHECK(slice_starts(SLICE("+34911"), SLICE("+34")), "prefix");
	CHECK(!slice_starts(SLICE("+3"), SLICE("+34")), "prefix longer than the text");
	CHECK(slice_cmp(SLICE("a"), SLICE("ab")) < 0, "shorter first");
	CHECK(slice_cmp(SLICE("\xff"), SLICE("a")) > 0, "octets are unsigned");
	CHECK(slice_cmp(slice_of(NULL, 0), SLICE("")) == 0, "empty");
}

TEST(slice_copy)
{
	char room[4] = { 'x', 'x', 'x', 'x' };
	uint16_t len = 9;

	CHECK(slice_copy(room, sizeof(room), &len, SLICE("abcde")) == TG_ELIMIT, "too long");
	CHECK(len == 9 && room[0] == 'x', "nothing is touched");
	CHECK(slice_copy(room, sizeof(room), &len, SLICE("abcd")) == TG_OK && len == 4,
	      "just fits");
	CHECK(slice_copy(room, sizeof(room), &len, SLICE("ab")) == TG_OK && room[2] == 0,
	      "with a NUL");
}

TEST(slice_utf8_len)
{
	static const struct {
		const char *why;
		struct slice in;
		size_t want;
	} rows[] = {
		{ "ASCII", S("a"), 1 },
		{ "NUL is a character", S("\0"), 1 },
		{ "two", S("\xc3\xa9"), 2 },
		{ "three", S("\xe2\x82\xac"), 3 },
		{ "four", S("\xf0\x9f\x98\x80"), 4 },
		{ "last code point", S("\xf4\x8f\xbf\xbf"), 4 },
		{ "above U+10FFFF", S("\xf4\x90\x80\x80"), 0 },
		{ "overlong slash", S("\xc0\xaf"), 0 },
		{ "overlong in three", S("\xe0\x80\xaf"), 0 },
		{ "surrogate", S("\xed\xa0\x80"), 0 },
		{ "continuation alone", S("\x80"), 0 },
		{ "cut", S("\xe2\x82"), 0 },
		{ "second is no continuation", S("\xe2(\xac"), 0 },
		{ "third is no continuation", S("\xe2\x82("), 0 },
		{ "empty", S(""), 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		CHECK(slice_utf8_len(test_guarded(rows[i].in)) == rows[i].want, rows[i].why);
}
