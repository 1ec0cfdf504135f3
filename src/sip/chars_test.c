#include "base/test.h"
#include "sip/chars_priv.h"

#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define UNRESERVED ALNUM "-_.!~*'()"

static const struct {
	const char *why;
	unsigned class;
	struct slice set;
} classes[] = {
	{ "§25.1 token", CH_TOKEN, SLICE_INIT(ALNUM "-.!%*_+`'~") },
	{ "§25.1 user, and '#'", CH_USER, SLICE_INIT(UNRESERVED "&=+$,;?/#") },
	{ "§25.1 paramchar", CH_PARAM, SLICE_INIT(UNRESERVED "[]/:&+$") },
	{ "§25.1 headers of a URI", CH_HEADERS, SLICE_INIT(UNRESERVED "[]/?:+$=&") },
	{ "§25.1 domainlabel, and '_'", CH_LABEL, SLICE_INIT(ALNUM "-_") },
	{ "§25.1 token / host", CH_VALUE, SLICE_INIT(ALNUM "-.!%*_+`'~[]:") },
	{ "§25.1 word", CH_WORD, SLICE_INIT(ALNUM "-.!%*_+`'~()<>:\\\"/[]?{}") },
	{ "§25.1 LWS", CH_LWS, SLICE_INIT(" \t\r\n") },
};

TEST(chars_are_the_sets_of_the_rfc)
{
	for (size_t i = 0; i < COUNT(classes); i++) {
		for (unsigned c = 0; c < 256; c++) {
			bool want = slice_find(classes[i].set, (char)c) < classes[i].set.len;

			CHECK(ch_is((char)c, classes[i].class) == want, classes[i].why);
		}
	}
}

TEST(find_control_agrees_with_a_plain_loop)
{
	static const uint8_t odd[] = { 0, 1, 9, 10, 13, 31, 32, 126, 127, 128, 160, 255 };
	char text[40];

	for (size_t at = 0; at < sizeof(text); at++) {
		for (size_t i = 0; i < COUNT(odd); i++) {
			struct slice in;
			bool control = odd[i] < 32 || odd[i] == 127;

			memset(text, 'x', sizeof(text));
			text[at] = (char)odd[i];
			in = test_guarded(slice_of(text, sizeof(text)));
			CHECK(ch_find_control(in.p, in.p + in.len) ==
			              in.p + (control ? at : in.len),
			      "each octet at each place of the eight");
		}
	}
}
