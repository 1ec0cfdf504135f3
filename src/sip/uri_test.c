#include "base/test.h"
#include "sip/uri.h"

#define S SLICE_INIT
#define NONE { NULL, 0 }

static const struct {
	const char *why; /* printed on failure: the RFC section, or the attack */
	struct slice in;
	enum tg_err want;
	enum sip_uri_kind kind;
	struct slice user, host;
	uint16_t port;
	struct slice params;
} rows[] = {
	{ "§19.1.3 plain", S("sip:alice@atlanta.com"), TG_OK, SIP_URI_SIP, S("alice"),
	  S("atlanta.com"), 0, NONE },
	{ "§19.1.3 password", S("sip:alice:secretword@atlanta.com;transport=tcp"), TG_OK,
	  SIP_URI_SIP, S("alice"), S("atlanta.com"), 0, S(";transport=tcp") },
	{ "§19.1.3 headers", S("sips:alice@atlanta.com?subject=project%20x&priority=urgent"), TG_OK,
	  SIP_URI_SIPS, S("alice"), S("atlanta.com"), 0, NONE },
	{ "§19.1.3 telephone", S("sip:+1-212-555-1212:1234@gateway.com;user=phone"), TG_OK,
	  SIP_URI_SIP, S("+1-212-555-1212"), S("gateway.com"), 0, S(";user=phone") },
	{ "§19.1.3 address", S("sip:alice@192.0.2.4"), TG_OK, SIP_URI_SIP, S("alice"),
	  S("192.0.2.4"), 0, NONE },
	{ "§19.1.3 method in params", S("sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com"),
	  TG_OK, SIP_URI_SIP, NONE, S("atlanta.com"), 0, S(";method=REGISTER") },
	{ "§19.1.3 ; before @", S("sip:alice;day=tuesday@atlanta.com"), TG_OK, SIP_URI_SIP,
	  S("alice;day=tuesday"), S("atlanta.com"), 0, NONE },
	{ "port and param", S("sip:bob@h:5070;user=phone"), TG_OK, SIP_URI_SIP, S("bob"), S("h"),
	  5070, S(";user=phone") },
	{ "scheme in any case", S("SiP:bob@h"), TG_OK, SIP_URI_SIP, S("bob"), S("h"), 0, NONE },
	{ "IPv6", S("sip:[2001:db8::10]:5070"), TG_OK, SIP_URI_SIP, NONE, S("2001:db8::10"), 5070,
	  NONE },
	{ "RFC 5118 4.10 three colons", S("sip:user@[2001:db8:::192.0.2.1]"), TG_OK, SIP_URI_SIP,
	  S("user"), S("2001:db8:::192.0.2.1"), 0, NONE },
	{ "star and hash as dialled", S("sip:*21#@pbx"), TG_OK, SIP_URI_SIP, S("*21#"), S("pbx"),
	  0, NONE },
	{ "LAN name", S("sip:a_b.lan"), TG_OK, SIP_URI_SIP, NONE, S("a_b.lan"), 0, NONE },
	{ "absolute name", S("sip:a@example.com."), TG_OK, SIP_URI_SIP, S("a"), S("example.com."),
	  0, NONE },
	{ "escaped delimiter", S("sip:a%40b%3a@h"), TG_OK, SIP_URI_SIP, S("a%40b%3a"), S("h"), 0,
	  NONE },
	{ "RFC 3966 §6 global", S("tel:+1-201-555-0123"), TG_OK, SIP_URI_TEL, S("+1-201-555-0123"),
	  NONE, 0, NONE },
	{ "RFC 3966 §6 local", S("tel:7042;phone-context=example.com"), TG_OK, SIP_URI_TEL,
	  S("7042"), NONE, 0, S(";phone-context=example.com") },
	{ "unknown scheme", S("nobodyKnowsThisScheme:totallyopaquecontent"), TG_OK, SIP_URI_OTHER,
	  NONE, NONE, 0, NONE },
	{ "empty", NONE, TG_EBAD },
	{ "no scheme", S("alice@atlanta.com"), TG_EBAD },
	{ "only a scheme", S("sip:"), TG_EBAD },
	{ "empty user", S("sip:@h"), TG_EBAD },
	{ "empty user, password", S("sip::pw@h"), TG_EBAD },
	{ "two @", S("sip:a@b@h"), TG_EBAD },
	{ "port above 65535", S("sip:h:65536"), TG_EBAD },
	{ "port 0", S("sip:h:0"), TG_EBAD },
	{ "port empty", S("sip:h:"), TG_EBAD },
	{ "port of six digits", S("sip:h:005060"), TG_EBAD },
	{ "RFC 5118 4.2: IPv6 without brackets", S("sip:2001:db8::10"), TG_EBAD },
	{ "unclosed bracket", S("sip:[2001:db8::10"), TG_EBAD },
	{ "IPv4 in brackets", S("sip:[192.0.2.1]"), TG_EBAD },
	{ "short IPv4: 10.0.0.1 to some readers", S("sip:a@10.1"), TG_EBAD },
	{ "octal IPv4", S("sip:a@010.0.0.1"), TG_EBAD },
	{ "number as a host", S("sip:a@167772161"), TG_EBAD },
	{ "IPv4 out of range", S("sip:a@256.0.0.1"), TG_EBAD },
	{ "IPv4 with a last dot", S("sip:a@10.0.0.1."), TG_EBAD },
	{ "empty label", S("sip:a@b..c"), TG_EBAD },
	{ "leading dot", S("sip:a@.c"), TG_EBAD },
	{ "NUL hides the real host", S("sip:+882\0@good.example"), TG_EBAD },
	{ "blank", S("sip:a b@h"), TG_EBAD },
	{ "trailing blank", S("sip:a@h "), TG_EBAD },
	{ "brackets around it", S("<sip:a@h>"), TG_EBAD },
	{ "CR LF", S("sip:a@h\r\nVia:"), TG_EBAD },
	{ "broken escape", S("sip:a%4@h"), TG_EBAD },
	{ "escape at the end", S("sip:a%"), TG_EBAD },
	{ "escape in a host", S("sip:a@h%41"), TG_EBAD },
	{ "8-bit user", S("sip:\xc3\xa9@h"), TG_EBAD },
	{ "empty parameter", S("sip:h;"), TG_EBAD },
	{ "empty parameter value", S("sip:h;a="), TG_EBAD },
	{ "two empty parameters", S("sip:h;;a"), TG_EBAD },
	{ "empty headers", S("sip:h?"), TG_EBAD },
	{ "quote in a parameter", S("sip:h;a=\"b\""), TG_EBAD },
	{ "tel without a digit", S("tel:+"), TG_EBAD },
	{ "tel with letters behind +", S("tel:+1a"), TG_EBAD },
	{ "tel with a blank", S("tel:+1 2"), TG_EBAD },
	{ "other scheme, blank", S("http://a b"), TG_EBAD },
	{ "other scheme, nothing", S("http:"), TG_EBAD },
};

TEST(sip_uri_parse)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sip_uri u = { 0 };
		struct slice in = test_guarded(rows[i].in); /* ends at an unreadable page */

		CHECK(sip_uri_parse(&u, in) == rows[i].want, rows[i].why);
		if (rows[i].want != TG_OK) {
			CHECK(u.text.p == NULL, "out is untouched");
			continue;
		}
		CHECK(u.kind == rows[i].kind, rows[i].why);
		CHECK(slice_eq(u.user, rows[i].user), rows[i].why);
		CHECK(slice_eq(u.host, rows[i].host), rows[i].why);
		CHECK(slice_eq(u.params, rows[i].params), rows[i].why);
		CHECK(u.port == rows[i].port, rows[i].why);
	}
}

TEST(sip_uri_limits)
{
	char text[SIP_URI_MAX + 8];
	struct sip_uri u;
	struct buf b = buf_on(text, sizeof(text));

	buf_lit(&b, "sip:");
	while (b.len < SIP_URI_MAX - 2)
		buf_chr(&b, 'a');
	buf_lit(&b, "@h");
	CHECK(sip_uri_parse(&u, buf_slice(&b)) == TG_OK, "the longest");
	buf_lit(&b, "h");
	CHECK(sip_uri_parse(&u, buf_slice(&b)) == TG_ELIMIT, "one octet more");

	b = buf_on(text, sizeof(text));
	buf_lit(&b, "sip:h");
	for (int i = 0; i < SIP_URI_PARAMS_MAX; i++)
		buf_lit(&b, ";a");
	CHECK(sip_uri_parse(&u, buf_slice(&b)) == TG_OK, "as many parameters as allowed");
	buf_lit(&b, ";a");
	CHECK(sip_uri_parse(&u, buf_slice(&b)) == TG_ELIMIT, "A15: one more");
}

TEST(sip_uri_param)
{
	struct slice params = SLICE(";transport=tcp;lr;x=1;X=2"), value = { 0 };

	CHECK(sip_uri_param(params, SLICE("Transport"), &value), "names in any case");
	CHECK(slice_eq(value, SLICE("tcp")), "its value");
	CHECK(sip_uri_param(params, SLICE("lr"), &value) && value.p == NULL, "without a value");
	CHECK(sip_uri_param(params, SLICE("x"), &value) && slice_eq(value, SLICE("1")),
	      "the first");
	CHECK(!sip_uri_param(params, SLICE("r"), &value), "no part of a name");
	CHECK(!sip_uri_param((struct slice){ 0 }, SLICE("lr"), NULL), "no parameters");
}

static const struct {
	const char *why;
	struct slice in;
	enum sip_unescape mode;
	enum tg_err want;
	struct slice out;
} escapes[] = {
	{ "plain", S("alice"), SIP_UNESCAPE_TEXT, TG_OK, S("alice") },
	{ "RFC 4475 esc01", S("sips%3Auser%40example.com"), SIP_UNESCAPE_TEXT, TG_OK,
	  S("sips:user@example.com") },
	{ "once only", S("%2540"), SIP_UNESCAPE_TEXT, TG_OK, S("%40") },
	{ "C1: escaped digits", S("%30%30"), SIP_UNESCAPE_TEXT, TG_OK, S("00") },
	{ "A13: NUL where text is wanted", S("a%00"), SIP_UNESCAPE_TEXT, TG_EBAD, NONE },
	{ "F3: newline where text is wanted", S("a%0a"), SIP_UNESCAPE_TEXT, TG_EBAD, NONE },
	{ "NUL where any octet will do", S("a%00"), SIP_UNESCAPE_ANY, TG_OK, S("a\0") },
	{ "broken", S("a%0"), SIP_UNESCAPE_ANY, TG_EBAD, NONE },
	{ "no hex", S("a%zz"), SIP_UNESCAPE_ANY, TG_EBAD, NONE },
	{ "no room", S("12345678901234567890123456789012345"), SIP_UNESCAPE_ANY, TG_ELIMIT, NONE },
};

TEST(sip_unescape)
{
	for (size_t i = 0; i < COUNT(escapes); i++) {
		char text[32];
		struct buf b = buf_on(text, sizeof(text));

		CHECK(sip_unescape(&b, test_guarded(escapes[i].in), escapes[i].mode) ==
		          escapes[i].want,
		      escapes[i].why);
		CHECK(slice_eq(buf_slice(&b), escapes[i].out), escapes[i].why);
	}
}

TEST(sip_user_eq)
{
	static const struct {
		const char *why;
		struct slice a, b;
		bool want;
	} users[] = {
		{ "same", S("alice"), S("alice"), true },
		{ "§19.1.4 escapes", S("%61lice@transport=Tcp"), S("alice@transport=Tcp"), true },
		{ "§19.1.4 case matters", S("Alice"), S("alice"), false },
		{ "A13: %00 ends nothing", S("alice%00"), S("alice"), false },
		{ "A13: %00 twice", S("alice%00%00"), S("alice%00"), false },
		{ "A13: escaped @", S("alice%40x"), S("alice"), false },
		{ "hex in any case", S("a%3A"), S("a%3a"), true },
		{ "broken equals nothing", S("a%"), S("a%"), false },
		{ "empty", NONE, NONE, true },
		{ "empty and not", NONE, S("a"), false },
	};

	for (size_t i = 0; i < COUNT(users); i++) {
		CHECK(sip_user_eq(users[i].a, users[i].b) == users[i].want, users[i].why);
		CHECK(sip_user_eq(users[i].b, users[i].a) == users[i].want, users[i].why);
	}
}

TEST(sip_uri_write)
{
	static const struct {
		const char *why;
		struct slice in, out;
	} uris[] = {
		{ "as it came", S("sip:a@h:5070;x=1"), S("sip:a@h:5070;x=1") },
		{ "password and headers go", S("SIP:a:pw@h;lr?x=y"), S("sip:a@h;lr") },
		{ "brackets", S("sips:[::1]:5061"), S("sips:[::1]:5061") },
		{ "RFC 5118 4.10", S("sip:[1:::2]"), S("sip:[1::2]") },
		{ "tel", S("TEL:+1;ext=2"), S("tel:+1;ext=2") },
		{ "other", S("urn:service:sos"), S("urn:service:sos") },
	};

	for (size_t i = 0; i < COUNT(uris); i++) {
		char text[64];
		struct buf b = buf_on(text, sizeof(text));
		struct sip_uri u = { 0 };

		CHECK(sip_uri_parse(&u, uris[i].in) == TG_OK, uris[i].why);
		sip_uri_write(&b, &u);
		CHECK(slice_eq(buf_slice(&b), uris[i].out), uris[i].why);
	}
}

TEST(sip_user_write_comes_back)
{
	char all[256], written[800], back[256];
	struct buf w = buf_on(written, sizeof(written)), r = buf_on(back, sizeof(back));

	for (unsigned c = 0; c < 256; c++)
		all[c] = (char)c;
	sip_user_write(&w, slice_of(all, sizeof(all)));
	CHECK(sip_unescape(&r, buf_slice(&w), SIP_UNESCAPE_ANY) == TG_OK, "all octets");
	CHECK(slice_eq(buf_slice(&r), slice_of(all, sizeof(all))), "all octets come back");
	w = buf_on(written, sizeof(written));
	sip_user_write(&w, SLICE("*21#@;?/a"));
	CHECK(slice_eq(buf_slice(&w), SLICE("*21%23%40%3b%3f%2fa")), "delimiters are escaped");
}
