#include "sip/message.h"

#include <time.h>

#include "base/test.h"

#define S SLICE_INIT

/* A request around what a row is about. */
#define LINE "OPTIONS sip:a@h SIP/2.0\r\n"
#define VIA "Via: SIP/2.0/UDP h;branch=z9hG4bK1\r\n"
#define WHO "From: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\n"
#define IDS "Call-ID: c\r\nCSeq: 1 OPTIONS\r\n"
#define BASE LINE VIA WHO IDS
#define END "\r\n"

static struct sip_message msg;

static const struct {
	const char *why;
	struct slice in;
	unsigned status; /* 0 = accepted */
	const char *rule;
} rows[] = {
	{ "the least that passes", S(BASE END), 0, NULL },
	{ "§7.5: CRLFs before it", S("\r\n\r\n" BASE END), 0, NULL },
	{ "A5: blanks before the colon", S(BASE "Max-Forwards \t : 70\r\n" END), 0, NULL },
	{ "A5: and for what is refused twice", S(BASE "To : <sip:c@h>\r\n" END), 400,
	  "second value of a header that has one" },
	{ "A6: control octet before the colon", S(BASE "Max-Forwards\x01: 70\r\n" END), 400,
	  "control octet" },
	{ "A6: NUL before the colon", S(BASE "Max-Forwards\0: 70\r\n" END), 400, "control octet" },
	{ "name with a blank inside", S(BASE "Max Forwards: 70\r\n" END), 400, "header name" },
	{ "no colon", S(BASE "Foobar roobar\r\n" END), 400, "header name" },
	{ "no name", S(BASE ": x\r\n" END), 400, "header name" },
	{ "8-bit name", S(BASE "N\xc3\xa4me: x\r\n" END), 400, "header name" },
	{ "fold before the first header", S(LINE " x: y\r\n" VIA WHO IDS END), 400, "header name" },
	{ "A7: two Content-Lengths", S(BASE "Content-Length: 0\r\nl: 0\r\n" END), 400,
	  "two Content-Length headers" },
	{ "A7: two in one header", S(BASE "Content-Length: 0, 0\r\n" END), 400, "Content-Length" },
	{ "A8: 2^31", S(BASE "Content-Length: 2147483648\r\n" END), 400,
	  "Content-Length above what a message may have" },
	{ "A8: 2^32+32", S(BASE "Content-Length: 4294967328\r\n" END), 400, "Content-Length" },
	{ "A8: 2^64-1", S(BASE "Content-Length: 18446744073709551615\r\n" END), 400,
	  "Content-Length" },
	{ "A8: 2^64+0", S(BASE "Content-Length: 18446744073709551616\r\n" END), 400,
	  "Content-Length" },
	{ "A8: signed", S(BASE "Content-Length: +0\r\n" END), 400, "Content-Length" },
	{ "A8: negative", S(BASE "Content-Length: -1\r\n" END), 400, "Content-Length" },
	{ "A8: hex", S(BASE "Content-Length: 0x0\r\n" END), 400, "Content-Length" },
	{ "A8: empty", S(BASE "Content-Length:\r\n" END), 400, "Content-Length" },
	{ "A8: blanks inside", S(BASE "Content-Length: 0 0\r\n" END), 400, "Content-Length" },
	{ "A8: longer than the datagram", S(BASE "Content-Length: 1\r\n" END), 400,
	  "body shorter than Content-Length" },
	{ "shorter than the datagram", S(BASE "Content-Length: 1\r\n" END "xyz"), 0, NULL },
	{ "A12: bare LF ends no line", S(BASE "Max-Forwards: 70\n" END), 400, "CR or LF alone" },
	{ "A12: only LFs", S("OPTIONS sip:a@h SIP/2.0\nVia: x\n\n"), 400, "CR or LF alone" },
	{ "A12: bare CR", S(BASE "Subject: a\rb\r\n" END), 400, "CR or LF alone" },
	{ "A12: CR CR LF", S(BASE "Subject: a\r\r\n" END), 400, "CR or LF alone" },
	{ "A12: NUL in a value", S(BASE "Subject: a\0b\r\n" END), 400, "control octet" },
	{ "A12: NUL in quotes", S(BASE "Subject: \"a\0b\"\r\n" END), 400, "control octet" },
	{ "intmeth: a quoted-pair may be NUL", S(BASE "Subject: \"a\\\0b\"\r\n" END), 0, NULL },
	{ "no quoted-pair outside quotes", S(BASE "Subject: a\\\0b\r\n" END), 400,
	  "control octet" },
	{ "the backslash is itself quoted", S(BASE "Subject: \"a\\\\\0b\"\r\n" END), 400,
	  "control octet" },
	{ "A12: 8 bit and broken UTF-8 in text", S(BASE "Subject: \xff\xc3\r\n" END), 0, NULL },
	{ "A12: 8 bit in a URI", S("OPTIONS sip:\xff@h SIP/2.0\r\n" VIA WHO IDS END), 400,
	  "Request-URI" },
	{ "A12: DEL", S(BASE "Subject: \x7f\r\n" END), 400, "control octet" },
	{ "tab is a blank", S(BASE "Subject:\ta\tb\r\n" END), 0, NULL },
	{ "tab in the request line", S("OPTIONS\tsip:a@h\tSIP/2.0\r\n" VIA WHO IDS END), 400,
	  "request line" },
	{ "A14: folded CSeq", S(LINE VIA WHO "Call-ID:\r\n c\r\nCSeq: 1\r\n\tOPTIONS\r\n" END), 0,
	  NULL },
	{ "A14: folded Via",
	  S(LINE "Via:\r\n SIP/2.0/UDP\r\n h\r\n ;branch=z9hG4bK1\r\n" WHO IDS END), 0, NULL },
	{ "A14: a line of blanks", S(BASE "Subject: a\r\n \r\n" END), 0, NULL },
	{ "A10: second CSeq", S(BASE "CSeq: 1 OPTIONS\r\n" END), 400,
	  "second value of a header that has one" },
	{ "A10: compact and long", S(BASE "i: c\r\n" END), 400,
	  "second value of a header that has one" },
	{ "A10: second Max-Forwards", S(BASE "Max-Forwards: 1\r\nMax-Forwards: 1\r\n" END), 400,
	  "second value of a header that has one" },
	{ "A10: second Content-Type", S(BASE "Content-Type: a/b\r\nc: a/b\r\n" END), 400,
	  "second value of a header that has one" },
	{ "A10: second Expires", S(BASE "Expires: 1\r\nExpires: 1\r\n" END), 400,
	  "second value of a header that has one" },
	{ "A10: two Froms in one",
	  S(LINE VIA "From: <sip:a@h>,<sip:b@h>\r\nTo: <sip:b@h>\r\n" IDS END), 400, "From" },
	{ "many of a list are fine", S(BASE "Allow: A\r\nAllow: B\r\nv: SIP/2.0/TCP x\r\n" END), 0,
	  NULL },
	{ "A20: version 3.0", S("OPTIONS sip:a@h SIP/3.0\r\n" VIA WHO IDS END), 505,
	  "SIP version" },
	{ "A20: version 2.00", S("OPTIONS sip:a@h SIP/2.00\r\n" VIA WHO IDS END), 505,
	  "SIP version" },
	{ "version in any case", S("OPTIONS sip:a@h sip/2.0\r\n" VIA WHO IDS END), 0, NULL },
	{ "A20: unknown scheme", S("OPTIONS foo:bar SIP/2.0\r\n" VIA WHO IDS END), 416,
	  "scheme of the Request-URI" },
	{ "tel is known", S("OPTIONS tel:+1 SIP/2.0\r\n" VIA WHO IDS END), 0, NULL },
	{ "A20: unknown method is the role's",
	  S("FOO sip:a@h SIP/2.0\r\n" VIA WHO "Call-ID: c\r\nCSeq: 1 FOO\r\n" END), 0, NULL },
	{ "method in another case", S("options sip:a@h SIP/2.0\r\n" VIA WHO IDS END), 501,
	  "CSeq names another method" },
	{ "no method", S(" sip:a@h SIP/2.0\r\n" VIA WHO IDS END), 400, "request line" },
	{ "no URI", S("OPTIONS  SIP/2.0\r\n" VIA WHO IDS END), 400, "request line" },
	{ "no version", S("OPTIONS sip:a@h \r\n" VIA WHO IDS END), 400, "request line" },
	{ "no Via", S(LINE WHO IDS END), 400, "no Via" },
	{ "no From", S(LINE VIA "To: <sip:b@h>\r\n" IDS END), 400, "no From" },
	{ "no CSeq", S(LINE VIA WHO "Call-ID: c\r\n" END), 400, "no CSeq" },
	{ "empty Call-ID", S(LINE VIA WHO "Call-ID:\r\nCSeq: 1 OPTIONS\r\n" END), 400, "Call-ID" },
	{ "Call-ID with a blank", S(LINE VIA WHO "Call-ID: a b\r\nCSeq: 1 OPTIONS\r\n" END), 400,
	  "Call-ID" },
	{ "Call-ID ends with @", S(LINE VIA WHO "Call-ID: a@\r\nCSeq: 1 OPTIONS\r\n" END), 0,
	  NULL },
	{ "lower Via broken", S(BASE "Via: nonsense\r\n" END), 400, "Via" },
	{ "second Via in the same header",
	  S(LINE "Via: SIP/2.0/UDP h;branch=z9hG4bK1, x\r\n" WHO IDS END), 400, "Via" },
	{ "top Via of SIP/7.0", S(LINE "Via: SIP/7.0/UDP h;branch=z9hG4bK1\r\n" WHO IDS END), 400,
	  "protocol of the top Via" },
	{ "broken Contact", S(BASE "Contact: <sip:a@h>;;\r\n" END), 400, "Contact" },
	{ "star only in REGISTER", S(BASE "Contact: *\r\n" END), 400, "Contact" },
	{ "broken Route", S(BASE "Route: <sip:p;lr>,\r\n" END), 400, "Route" },
	{ "star as a Route", S(BASE "Route: *\r\n" END), 400, "Route" },
	{ "Max-Forwards no number", S(BASE "Max-Forwards: x\r\n" END), 400, "Max-Forwards" },
	{ "Max-Forwards above 255", S(BASE "Max-Forwards: 300\r\n" END), 0, NULL },
	{ "§20.19: Expires that is none", S(BASE "Expires: soon\r\n" END), 0, NULL },
	{ "no empty line", S(BASE), 400, "no empty line behind the headers" },
	{ "half an empty line", S(BASE "\r"), 400, "no empty line behind the headers" },
	{ "nothing", S(""), 400, "no empty line behind the headers" },
	{ "status line", S("SIP/2.0 200 OK\r\n" VIA WHO IDS END), 0, NULL },
	{ "no reason, no blank", S("SIP/2.0 200\r\n" VIA WHO IDS END), 0, NULL },
	{ "status of two digits", S("SIP/2.0 99 X\r\n" VIA WHO IDS END), 1, "status line" },
	{ "status 099", S("SIP/2.0 099 X\r\n" VIA WHO IDS END), 1, "status line" },
	{ "status 700", S("SIP/2.0 700 X\r\n" VIA WHO IDS END), 1, "status line" },
	{ "response of 3.0", S("SIP/3.0 200 OK\r\n" VIA WHO IDS END), 1, "status line" },
};

static unsigned verdict(struct slice in)
{
	if (sip_message_parse(&msg, in, SIP_DATAGRAM) == TG_OK && sip_message_check(&msg) == TG_OK)
		return 0;
	return msg.request ? msg.fault.status : 1;
}

TEST(verdicts)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		CHECK(verdict(test_guarded(rows[i].in)) == rows[i].status, rows[i].why);
		CHECK((msg.fault.rule == NULL) == (rows[i].rule == NULL), rows[i].why);
		CHECK(rows[i].rule == NULL || strcmp(rows[i].rule, msg.fault.rule) == 0,
		      rows[i].why);
	}
}

TEST(fields)
{
	struct slice in = SLICE("\r\n"
	                        "INVITE sip:+34911@pbx;user=phone SIP/2.0\r\n"
	                        "v: SIP/2.0/UDP 10.0.0.9:5070;rport;branch=z9hG4bKa, "
	                        "SIP/2.0/TCP p;branch=z9hG4bKb\r\n"
	                        "Via: SIP/2.0/TLS q\r\n"
	                        "f: \"A\" <sip:a@h>;tag=ft\r\n"
	                        "t: <sip:b@h>;tag=tt\r\n"
	                        "i: id@h\r\n"
	                        "CSeq: 7 INVITE\r\n"
	                        "Max-Forwards: 70\r\n"
	                        "Expires: 99999999999999999999\r\n"
	                        "m: <sip:a@10.0.0.9:5070>;q=1, <sip:b@h>\r\n"
	                        "Contact: <sip:c@h>\r\n"
	                        "k: timer , 100rel\r\n"
	                        "c: application/SDP ;x=y\r\n"
	                        "X-Other: 1\r\n"
	                        "l: 4\r\n"
	                        "\r\n"
	                        "bodymore");
	struct sip_each each;
	struct sip_addr addr;
	struct sip_via via;
	struct slice one;

	CHECK(verdict(test_guarded(in)) == 0, "it is well-formed");
	CHECK(msg.request && msg.method == SIP_INVITE, "method");
	CHECK(slice_eq(msg.uri.user, SLICE("+34911")), "Request-URI");
	CHECK(slice_eq(msg.body, SLICE("body")), "§18.3: the rest is ignored");
	CHECK(msg.text.len == in.len - 2 - 4, "without leading CRLF and trailing octets");
	CHECK(msg.via.proto == TG_PROTO_UDP && msg.via.port == 5070 && msg.via.has_rport, "Via");
	CHECK(slice_eq(msg.from.tag, SLICE("ft")) && slice_eq(msg.to.tag, SLICE("tt")), "tags");
	CHECK(slice_eq(msg.call_id, SLICE("id@h")) && msg.cseq.number == 7, "ids");
	CHECK(msg.max_forwards == 70 && msg.expires == UINT32_MAX, "numbers; Expires saturates");
	CHECK(slice_eq(sip_message_content_type(&msg), SLICE("application/SDP")), "media type");
	CHECK(sip_message_lists(&msg, SIP_HDR_SUPPORTED, SLICE("100REL")), "option tags");
	CHECK(!sip_message_lists(&msg, SIP_HDR_SUPPORTED, SLICE("100")), "whole tags");
	each = sip_each_of(&msg, SIP_HDR_CONTACT);
	CHECK(sip_each_addr(&each, &addr) == TG_OK && slice_eq(addr.uri.user, SLICE("a")), "1st");
	CHECK(sip_each_addr(&each, &addr) == TG_OK && slice_eq(addr.uri.user, SLICE("b")), "2nd");
	CHECK(sip_each_addr(&each, &addr) == TG_OK && slice_eq(addr.uri.user, SLICE("c")), "3rd");
	CHECK(sip_each_addr(&each, &addr) == TG_ENOENT, "no 4th");
	each = sip_each_of(&msg, SIP_HDR_VIA);
	CHECK(sip_each_via(&each, &via) == TG_OK && slice_eq(via.branch, SLICE("z9hG4bKa")), "top");
	CHECK(sip_each_via(&each, &via) == TG_OK && slice_eq(via.branch, SLICE("z9hG4bKb")), "2nd");
	CHECK(sip_each_via(&each, &via) == TG_OK && via.proto == TG_PROTO_TLS, "3rd");
	CHECK(sip_each_via(&each, &via) == TG_ENOENT, "no 4th");
	each = sip_each_of(&msg, SIP_HDR_ROUTE);
	CHECK(sip_each_text(&each, &one) == TG_ENOENT, "absent header");
	CHECK(sip_message_header(&msg, SIP_HDR_ROUTE) == NULL, "absent header");
}

TEST(unsupported_tags)
{
	static const struct slice known[] = { S("timer"), S("100rel") };
	char text[64];
	struct buf b = buf_on(text, sizeof(text));

	CHECK(verdict(SLICE(BASE "Require: 100rel, a\r\nRequire: TIMER,b\r\n" END)) == 0,
	      "Require");
	CHECK(sip_message_unsupported(&msg, SIP_HDR_REQUIRE, known, 2, &b) == 2, "two of four");
	CHECK(slice_eq(buf_slice(&b), SLICE("a, b")), "§20.40");
}

TEST(answerable)
{
	static const struct {
		const char *why;
		struct slice in;
		bool want;
	} cases[] = {
		{ "a request", S(BASE END), true },
		{ "ACK is never answered", S("ACK sip:a@h SIP/2.0\r\n" VIA WHO
		  "Call-ID: c\r\nCSeq: 1 ACK\r\n" END), false },
		{ "a response", S("SIP/2.0 200 OK\r\n" VIA WHO IDS END), false },
		{ "Via that says where from", S(LINE "Via: SIP/2.0/UDP h;;\r\n" WHO IDS END), true },
		{ "Via that does not", S(LINE "Via: x\r\n" WHO IDS END), false },
		{ "broken CSeq is echoed", S(LINE VIA WHO "Call-ID: c\r\nCSeq: x\r\n" END), true },
		{ "no From", S(LINE VIA "To: <sip:b@h>\r\n" IDS END), false },
		{ "fault in line 1", S("OPTIONS sip:a@h SIP/9.0\r\n" VIA WHO IDS END), true },
		{ "no empty line", S(BASE), true },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		(void)verdict(cases[i].in);
		CHECK(sip_message_answerable(&msg) == cases[i].want, cases[i].why);
	}
}

/* ---- A15, A17: bombs ---- */

static char bomb_text[70000];

struct bomb {
	const char *why;
	const char *before, *unit, *after; /* `unit` as often as fits */
	size_t times;
	unsigned status; /* 0 = accepted */
};

static const struct bomb bombs[] = {
	{ "1,500 Vias, a header each", BASE, "v:SIP/2.0/UDP h\r\n", END, 1500, 400 },
	{ "500 Vias in one header", LINE "Via: SIP/2.0/UDP h;branch=z9hG4bK1", ",SIP/2.0/UDP h",
	  "\r\n" WHO IDS END, 500, 400 },
	{ "10,000 headers", BASE, "a:b\r\n", END, 10000, 400 },
	{ "60 KB header", BASE "Subject: ", "a", "\r\n" END, 60000, 513 },
	{ "60 KB of folds", BASE "Subject: a", "\r\n b", "\r\n" END, 15000, 513 },
	{ "60 KB URI", "OPTIONS sip:", "a", "@h SIP/2.0\r\n" VIA WHO IDS END, 60000, 513 },
	{ "4 KB URI", "OPTIONS sip:", "a", "@h SIP/2.0\r\n" VIA WHO IDS END, 4000, 414 },
	{ "3,000 URI parameters", "OPTIONS sip:h", ";a", " SIP/2.0\r\n" VIA WHO IDS END, 3000,
	  414 },
	{ "3,000 header parameters", LINE VIA IDS "From: <sip:a@h>", ";a",
	  "\r\nTo: <sip:a@h>\r\n" END, 3000, 400 },
	{ "3,000 Via parameters", LINE WHO IDS "Via: SIP/2.0/UDP h", ";a", "\r\n" END, 3000, 400 },
	{ "500 Contacts in one header", BASE "Contact: <sip:a@h>", ",<sip:a@h>", "\r\n" END, 500,
	  400 },
	{ "A17: 50 long Accepts", BASE,
	  "Accept: application/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n",
	  END, 50, 0 },
	{ "A17: 400-octet CSeq method", LINE VIA WHO "Call-ID: c\r\nCSeq: 1 ", "A", "\r\n" END, 400,
	  400 },
	{ "A17: 500-octet branch", LINE WHO IDS "Via: SIP/2.0/UDP h;branch=z9hG4bK", "a",
	  "\r\n" END, 500, 0 },
	{ "A17: 500-octet tag", LINE VIA IDS "To: <sip:b@h>\r\nFrom: <sip:a@h>;tag=", "a",
	  "\r\n" END, 500, 0 },
	{ "backslashes before control octets", BASE "Subject: \"", "\\\x01", "\"\r\n" END, 4000,
	  0 },
	{ "60 KB of backslashes and one", BASE "Subject: ", "\\", "\x01\r\n" END, 60000, 400 },
	{ "60 KB of bare CRs", BASE "Subject: ", "\r", "\r\n" END, 60000, 400 },
	{ "60 KB of commas", BASE "Contact: ", ",", "\r\n" END, 8000, 400 },
	{ "60 KB of quotes", BASE "Contact: ", "\"\"", "\r\n" END, 4000, 400 },
	{ "60 KB of '<'", BASE "Contact: ", "<", "\r\n" END, 8000, 400 },
	{ "only CRLFs", "", "\r\n", "", 30000, 400 },
};

TEST(bombs)
{
	for (size_t i = 0; i < COUNT(bombs); i++) {
		struct buf b = buf_on(bomb_text, sizeof(bomb_text));
		clock_t from, used;
		struct slice in;
		unsigned status;

		buf_str(&b, bombs[i].before);
		for (size_t n = 0; n < bombs[i].times; n++)
			buf_str(&b, bombs[i].unit);
		buf_str(&b, bombs[i].after);
		CHECK(!b.full, bombs[i].why);
		in = test_guarded(buf_slice(&b));
		from = clock();
		status = verdict(in);
		used = clock() - from;
		CHECK(status == bombs[i].status, bombs[i].why);
		/* 10 ms are allowed; sanitizers take a multiple of what production takes */
		CHECK(used <= CLOCKS_PER_SEC / 100, bombs[i].why);
	}
}

TEST(too_many_headers_and_vias)
{
	for (unsigned extra = 0; extra < 2; extra++) {
		struct buf b = buf_on(bomb_text, sizeof(bomb_text));

		buf_lit(&b, BASE);
		for (unsigned n = 5; n < SIP_HEADERS_MAX + extra; n++)
			buf_lit(&b, "a:b\r\n");
		buf_lit(&b, END);
		CHECK(verdict(buf_slice(&b)) == (extra ? 400 : 0), "128 headers, not 129");
		b = buf_on(bomb_text, sizeof(bomb_text));
		buf_lit(&b, BASE);
		for (unsigned n = 1; n < SIP_VIAS_MAX + extra; n++)
			buf_lit(&b, "v:SIP/2.0/UDP h\r\n");
		buf_lit(&b, END);
		CHECK(verdict(buf_slice(&b)) == (extra ? 400 : 0), "70 Vias, not 71");
	}
}

TEST(streams)
{
	static const struct {
		const char *why;
		struct slice in;
		enum tg_err want;
		size_t need;
		bool border;
	} cases[] = {
		{ "no Content-Length", S(BASE END), TG_EBAD, 0, false },
		{ "whole", S(BASE "l: 1\r\n" END "x"), TG_OK, sizeof(BASE "l: 1\r\n" END), true },
		{ "body to come", S(BASE "l: 9\r\n" END "x"), TG_EMORE,
		  sizeof(BASE "l: 9\r\n" END) + 8, false },
		{ "next one behind it", S(BASE "l: 0\r\n" END "SIP/2.0"), TG_OK,
		  sizeof(BASE "l: 0\r\n" END) - 1, true },
		{ "A9: 100 MB", S(BASE "l: 100000000\r\n" END), TG_EBAD, 0, false },
		{ "refused, border known", S("OPTIONS x SIP/2.0\r\n" VIA WHO IDS "l: 0\r\n" END),
		  TG_EBAD, sizeof("OPTIONS x SIP/2.0\r\n" VIA WHO IDS "l: 0\r\n" END) - 1, true },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		CHECK(sip_message_parse(&msg, test_guarded(cases[i].in), SIP_STREAM) ==
		          cases[i].want,
		      cases[i].why);
		CHECK(msg.need == cases[i].need, cases[i].why);
		CHECK(msg.fault.rule == NULL || (msg.text.p != NULL) == cases[i].border,
		      cases[i].why);
	}
}

TEST(methods_and_reasons)
{
	for (unsigned m = SIP_METHOD_OTHER + 1; m < SIP_METHODS; m++)
		CHECK(sip_method_of(sip_method_name((enum sip_method)m)) == m, "there and back");
	CHECK(sip_method_of(SLICE("")) == SIP_METHOD_OTHER, "empty");
	CHECK(sip_method_of(SLICE("INVITES")) == SIP_METHOD_OTHER, "longer");
	CHECK(sip_method_name(SIP_METHOD_OTHER).len == 0, "no name");
}
