#include "base/buf.h"

#include "base/test.h"

#define S SLICE_INIT

TEST(buf_json)
{
	static const struct {
		const char *why;
		struct slice in, want;
	} rows[] = {
		{ "plain", S("abc"), S("\"abc\"") },
		{ "quotes and backslash", S("a\"b\\c"), S("\"a\\\"b\\\\c\"") },
		{ "controls", S("a\r\n\t\x1b[2J"), S("\"a\\u000d\\u000a\\u0009\\u001b[2J\"") },
		{ "NUL and DEL", S("\0\x7f"), S("\"\\u0000\\u007f\"") },
		{ "UTF-8 stays", S("\xc3\xa9\xf0\x9f\x98\x80"), S("\"\xc3\xa9\xf0\x9f\x98\x80\"") },
		{ "Latin-1", S("\xe9t\xe9"), S("\"\xef\xbf\xbdt\xef\xbf\xbd\"") },
		{ "overlong", S("\xc0\xaf"), S("\"\xef\xbf\xbd\xef\xbf\xbd\"") },
		{ "surrogate", S("\xed\xa0\x80"), S("\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"") },
		{ "cut at the end", S("a\xe2\x82"), S("\"a\xef\xbf\xbd\xef\xbf\xbd\"") },
		{ "empty", S(""), S("\"\"") },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[64];
		struct buf b = buf_on(text, sizeof(text));

		buf_json(&b, test_guarded(rows[i].in));
		CHECK(!b.full && slice_eq(buf_slice(&b), rows[i].want), rows[i].why);
	}
}

static void write_all(struct buf *b)
{
	buf_lit(b, "ab");
	buf_chr(b, 'c');
	buf_u64(b, UINT64_MAX);
	buf_u64(b, 0);
	buf_hex(b, "\x00\xfe", 2);
	buf_str(b, "x");
	buf_fmt(b, "%d%%", 7);
}

TEST(buf_writers_at_every_capacity)
{
	static const struct slice want = S("abc18446744073709551615000fex7%");

	/* buf_fmt() needs an octet more, for the NUL of the C library */
	for (size_t cap = 0; cap <= want.len + 1; cap++) {
		struct slice room = test_guarded(want); /* its end cannot be written either */
		struct buf b;

		room.p += room.len - TG_MIN(cap, room.len);
		b = buf_on((char *)(uintptr_t)room.p, TG_MIN(cap, room.len));
		write_all(&b);
		CHECK(b.full && slice_eq(buf_slice(&b), slice_head(want, b.len)),
		      "a prefix, marked full");
	}
	{
		char text[64];
		struct buf b = buf_on(text, want.len + 1);

		write_all(&b);
		CHECK(!b.full && slice_eq(buf_slice(&b), want), "all of it");
	}
}

TEST(buf_full_stays_full)
{
	char text[4];
	struct buf b = buf_on(text, sizeof(text));

	buf_lit(&b, "abc");
	buf_lit(&b, "de");
	buf_lit(&b, "f");
	CHECK(b.full && b.len == 3, "nothing is appended after a write that did not fit");
}
