#include "base/test.h"
#include "media/tone.h"

#define S SLICE_INIT
#define HEAD(first, type, time) first type "\x00\x01\x00\x00\x00" time "\xde\xad\xbe\xef"
#define ULAW "\x3e\x2b\x2b\x3e\xbe\xab\xab\xbe"

TEST(tone_over_audio)
{
	static const struct {
		const char *why;
		struct slice in, out; /* out of length 0: unchanged */
	} rows[] = {
		{ "PCMU", S(HEAD("\x80", "\x00", "\x00") "abcdefgh"),
		  S(HEAD("\x80", "\x00", "\x00") ULAW) },
		{ "PCMA, marked", S(HEAD("\x80", "\x88", "\x00") "abcd"),
		  S(HEAD("\x80", "\x88", "\x00") "\x14\x01\x01\x14") },
		{ "the wave goes on where the last packet ended",
		  S(HEAD("\x80", "\x00", "\xa4") "abcd"),
		  S(HEAD("\x80", "\x00", "\xa4") "\xbe\xab\xab\xbe") },
		{ "behind a CSRC", S(HEAD("\x81", "\x00", "\x00") "CSRCab"),
		  S(HEAD("\x81", "\x00", "\x00") "CSRC\x3e\x2b") },
		{ "behind an extension",
		  S(HEAD("\x90", "\x00", "\x00") "\xbe\xde\x00\x01" "extnab"),
		  S(HEAD("\x90", "\x00", "\x00") "\xbe\xde\x00\x01" "extn\x3e\x2b") },
		{ "before padding", S(HEAD("\xa0", "\x00", "\x00") "ab\x00\x02"),
		  S(HEAD("\xa0", "\x00", "\x00") "\x3e\x2b\x00\x02") },
		{ "no payload", S(HEAD("\x80", "\x00", "\x00")), { 0 } },
		{ "nothing but padding", S(HEAD("\xa0", "\x00", "\x00") "\x00\x02"), { 0 } },
		{ "another codec", S(HEAD("\x80", "\x09", "\x00") "abcdefgh"), { 0 } },
		{ "DTMF", S(HEAD("\x80", "\x65", "\x00") "\x01\x0a\x00\xa0"), { 0 } },
		{ "too short", S("\x80\x00\x00"), { 0 } },
		{ "another version", S(HEAD("\x00", "\x00", "\x00") "abcd"), { 0 } },
		{ "extension over the end", S(HEAD("\x90", "\x00", "\x00") "\xbe\xde\x00\x09"),
		  { 0 } },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char mem[64];
		struct slice want = rows[i].out.len > 0 ? rows[i].out : rows[i].in;

		memcpy(mem, rows[i].in.p, rows[i].in.len);
		CHECK(tone_over(mem, rows[i].in.len) == (rows[i].out.len > 0), rows[i].why);
		CHECK(slice_eq(slice_of(mem, rows[i].in.len), want), rows[i].why);
	}
}
