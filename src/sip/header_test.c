#include "base/test.h"
#include "sip/header.h"

#define S SLICE_INIT
#define NONE { NULL, 0 }

TEST(names_are_found)
{
	static const struct {
		enum sip_hdr id;
		const char *name;
		char letters[3];
	} rows[] = {
#define X(id, name, first, mid, last, single) { SIP_HDR_##id, name, { first, mid, last } },
		SIP_HDR_TABLE(X)
#undef X
	};
	static const struct {
		enum sip_hdr id;
		char letter;
	} compact[] = {
#define X(id, letter) { SIP_HDR_##id, letter },
		SIP_HDR_COMPACT_TABLE(X)
#undef X
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct slice name = slice_str(rows[i].name);
		char upper[40];

		for (size_t at = 0; at < name.len; at++)
			upper[at] = (char)(name.p[at] >= 'a' && name.p[at] <= 'z' ?
			                           name.p[at] - 32 :
			                           name.p[at]);
		CHECK(tg_lower(name.p[0]) == rows[i].letters[0], rows[i].name);
		CHECK(tg_lower(name.p[name.len / 2]) == rows[i].letters[1], rows[i].name);
		CHECK(tg_lower(name.p[name.len - 1]) == rows[i].letters[2], rows[i].name);
		CHECK(sip_hdr_of(name) == rows[i].id, rows[i].name);
		CHECK(sip_hdr_of(slice_of(upper, name.len)) == rows[i].id, "§7.3.1: any case");
		CHECK(slice_eq(sip_hdr_name(rows[i].id), name), rows[i].name);
		upper[1] = '!';
		CHECK(sip_hdr_of(slice_of(upper, name.len)) == SIP_HDR_OTHER, "same hash");
	}
	for (size_t i = 0; i < COUNT(compact); i++)
		CHECK(sip_hdr_of(slice_of(&compact[i].letter, 1)) == compact[i].id, "§7.3.3");
	CHECK(sip_hdr_of(SLICE("V")) == SIP_HDR_VIA, "compact in upper case");
	CHECK(sip_hdr_of(SLICE("Z")) == SIP_HDR_OTHER, "no such compact form");
	CHECK(sip_hdr_of(SLICE("C%6Fntact")) == SIP_HDR_OTHER, "esc02: names have no escapes");
	CHECK(sip_hdr_of((struct slice){ 0 }) == SIP_HDR_OTHER, "empty");
}

TEST(params)
{
	struct slice rest = SLICE(" ; a ;b = c;q=\"x;,\\\"y\" ; host=[::1]\r\n ;e=f , <next>");
	struct sip_param p;
	static const struct {
		struct slice name, value;
	} want[] = {
		{ S("a"), NONE },      { S("b"), S("c") },
		{ S("q"), S("\"x;,\\\"y\"") }, { S("host"), S("[::1]") },
		{ S("e"), S("f") },
	};

	for (size_t i = 0; i < COUNT(want); i++) {
		CHECK(sip_param_next(&rest, &p) == TG_OK, "LWS between all parts");
		CHECK(slice_eq(p.name, want[i].name), "name");
		CHECK(slice_eq(p.value, want[i].value), "value");
	}
	CHECK(sip_param_next(&rest, &p) == TG_ENOENT, "stops before the comma");
	CHECK(slice_eq(rest, SLICE(", <next>")), "and leaves it");
}

TEST(broken_params)
{
	static const struct {
		const char *why;
		struct slice in;
	} bad[] = {
		{ "badinv01", S(";;,;,,") },         { "no value", S(";a=") },
		{ "open quote", S(";a=\"b") },       { "no semicolon", S("a=b") },
		{ "text behind", S(";a=b c") },      { "control octet", S(";a=\x01") },
		{ "quoted newline", S(";a=\"\\\n\"") }, { "ends in a backslash", S(";a=\"\\") },
	};

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct slice rest = test_guarded(bad[i].in);
		struct sip_param p;

		CHECK(sip_param_next(&rest, &p) == TG_EBAD, bad[i].why);
	}
}

TEST(param_find)
{
	struct slice v = { 0 };

	CHECK(sip_param_find(SLICE(";a;Expires=60"), SLICE("expires"), &v), "any case");
	CHECK(slice_eq(v, SLICE("60")), "value");
	CHECK(!sip_param_find(SLICE(";a"), SLICE("b"), NULL), "absent");
}

static const struct {
	const char *why;
	struct slice in;
	enum tg_err want;
	struct slice display, uri, tag;
} addresses[] = {
	{ "§20.20", S("\"A. G. Bell\" <sip:agb@bell-telephone.com> ;tag=a48s"), TG_OK,
	  S("\"A. G. Bell\""), S("sip:agb@bell-telephone.com"), S("a48s") },
	{ "§20.20 addr-spec", S("sip:+12125551212@server.phone2net.com;tag=887s"), TG_OK, NONE,
	  S("sip:+12125551212@server.phone2net.com"), S("887s") },
	{ "§20.20 token", S("Anonymous <sip:c8oqz84zk7z@privacy.org>;tag=hyh8"), TG_OK,
	  S("Anonymous"), S("sip:c8oqz84zk7z@privacy.org"), S("hyh8") },
	{ "lwsdisp", S("caller<sip:caller@example.com>;tag=323"), TG_OK, S("caller"),
	  S("sip:caller@example.com"), S("323") },
	{ "URI parameters stay inside", S("<sip:a@h;tag=no>"), TG_OK, NONE, S("sip:a@h;tag=no"),
	  NONE },
	{ "cparam01: they are the header's", S("sip:a@h;tag=x"), TG_OK, NONE, S("sip:a@h"), S("x") },
	{ "wsinv", S("\"J Rosenberg \\\\\\\"\"  <sip:j@e.c>\r\n  ;\r\n  tag = 98asjd8"), TG_OK,
	  S("\"J Rosenberg \\\\\\\"\""), S("sip:j@e.c"), S("98asjd8") },
	{ "other scheme", S("<http://www.example.com>;tag=1"), TG_OK, NONE,
	  S("http://www.example.com"), S("1") },
	{ "utf-8 in quotes", S("\"\xc3\xa9\" <sip:a@h>"), TG_OK, S("\"\xc3\xa9\""), S("sip:a@h"),
	  NONE },
	{ "empty", S(" "), TG_EBAD },
	{ "quotbal", S("\"Mr. J. User <sip:j.user@example.com>"), TG_EBAD },
	{ "baddn", S("Bell, Alexander <sip:a.g.bell@example.com>;tag=43"), TG_EBAD },
	{ "badaspec", S("\"Watson, Thomas\" < sip:t.watson@example.org >"), TG_EBAD },
	{ "regbadct", S("sip:user@example.com?Route=%3Csip:sip.example.com%3E"), TG_EBAD },
	{ "no end", S("<sip:a@h"), TG_EBAD },
	{ "text behind", S("<sip:a@h> x"), TG_EBAD },
	{ "two addresses", S("<sip:a@h>, <sip:b@h>"), TG_EBAD },
	{ "comma at the end", S("<sip:a@h>,"), TG_EBAD },
	{ "two tags", S("<sip:a@h>;tag=1;tag=2"), TG_EBAD },
	{ "tag without a value", S("<sip:a@h>;tag"), TG_EBAD },
	{ "star", S("*"), TG_EBAD },
	{ "display without <>", S("Bob sip:a@h"), TG_EBAD },
	{ "quoted, no <", S("\"Bob\" sip:a@h"), TG_EBAD },
};

TEST(addresses)
{
	for (size_t i = 0; i < COUNT(addresses); i++) {
		struct sip_addr a = { 0 };

		CHECK(sip_addr_parse(&a, test_guarded(addresses[i].in)) == addresses[i].want,
		      addresses[i].why);
		CHECK(slice_eq(a.display, addresses[i].display), addresses[i].why);
		CHECK(slice_eq(a.uri.text, addresses[i].uri), addresses[i].why);
		CHECK(slice_eq(a.tag, addresses[i].tag), addresses[i].why);
	}
}

TEST(address_lists)
{
	struct slice rest = SLICE("\"a,b\" <sip:a@h;x=,y>;q=0.1 , sip:b@h;q=1,\r\n <sip:c@h>");
	struct slice wrong = rest;
	struct sip_addr a;

	CHECK(sip_addr_next(&wrong, &a) == TG_EBAD, "',' is no URI parameter");
	rest = SLICE("\"a,b\" <sip:a@h>;q=0.1 , sip:b@h;q=1,\r\n <sip:c@h>");
	CHECK(sip_addr_next(&rest, &a) == TG_OK && slice_eq(a.uri.user, SLICE("a")), "first");
	CHECK(slice_eq(a.params, SLICE(";q=0.1")), "its parameters");
	CHECK(sip_addr_next(&rest, &a) == TG_OK && slice_eq(a.uri.user, SLICE("b")), "second");
	CHECK(sip_addr_next(&rest, &a) == TG_OK && slice_eq(a.uri.user, SLICE("c")), "third");
	CHECK(sip_addr_next(&rest, &a) == TG_ENOENT, "end");
	rest = SLICE(" * ");
	CHECK(sip_addr_next(&rest, &a) == TG_OK && a.star, "§10.2.2");
	rest = SLICE("*foo <sip:a@h>");
	CHECK(sip_addr_next(&rest, &a) == TG_OK && !a.star, "'*' begins a token, too");
}

TEST(display_text)
{
	static const struct {
		const char *why;
		struct slice in, out;
	} rows[] = {
		{ "quoted", S("\"A \\\"B\\\\\""), S("A \"B\\") },
		{ "token", S("A  B"), S("A  B") },
		{ "fold", S("\"A\r\n  B\""), S("A B") },
		{ "intmeth: control octets go", S("\"BEL:\\\a NUL:\\\0 DEL:\\\x7f\""),
		  S("BEL: NUL: DEL:") },
		{ "none", NONE, NONE },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[64];
		struct buf b = buf_on(text, sizeof(text));

		sip_display_text(&b, test_guarded(rows[i].in));
		CHECK(slice_eq(buf_slice(&b), rows[i].out), rows[i].why);
	}
}

static const struct {
	const char *why;
	struct slice in;
	enum tg_err want;
	struct slice transport, host;
	uint16_t port;
	struct slice branch;
	bool rport;
} vias[] = {
	{ "§20.42", S("SIP/2.0/UDP erlang.bell-telephone.com:5060;branch=z9hG4bK87asdks7"), TG_OK,
	  S("UDP"), S("erlang.bell-telephone.com"), 5060, S("z9hG4bK87asdks7"), false },
	{ "§20.42 spaces",
	  S("SIP / 2.0 / UDP first.example.com: 4000;ttl=16\r\n ;maddr=224.2.0.1 "
	    ";branch=z9hG4bKa7c6a8dlze.1"),
	  TG_OK, S("UDP"), S("first.example.com"), 4000, S("z9hG4bKa7c6a8dlze.1"), false },
	{ "RFC 3581 §3", S("SIP/2.0/UDP 10.1.1.1:4540;rport;branch=z9hG4bKkjshdyff"), TG_OK,
	  S("UDP"), S("10.1.1.1"), 4540, S("z9hG4bKkjshdyff"), true },
	{ "RFC 3581 §4", S("SIP/2.0/UDP 10.1.1.1;rport=9988;received=192.0.2.1"), TG_OK, S("UDP"),
	  S("10.1.1.1"), 0, NONE, true },
	{ "RFC 5118 4.5", S("SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z"),
	  TG_OK, S("UDP"), S("2001:db8::9:1"), 0, S("z"), false },
	{ "transports", S("SIP/2.0/UNKNOWN t4.example.com;branch=z9hG4bKasd0f3en"), TG_OK,
	  S("UNKNOWN"), S("t4.example.com"), 0, S("z9hG4bKasd0f3en"), false },
	{ "badinv01", S("SIP/2.0/UDP 192.0.2.15;;,;,,"), TG_EBAD, S("UDP"), S("192.0.2.15"), 0,
	  NONE, false },
	{ "two branches", S("SIP/2.0/UDP h;branch=a;branch=b"), TG_EBAD, S("UDP"), S("h"), 0,
	  S("a"), false },
	{ "two rports", S("SIP/2.0/UDP h;rport;rport"), TG_EBAD, S("UDP"), S("h"), 0, NONE, true },
	{ "two received", S("SIP/2.0/UDP h;received=1.1.1.1;received=2.2.2.2"), TG_EBAD, S("UDP"),
	  S("h"), 0, NONE, false },
	{ "rport no number", S("SIP/2.0/UDP h;rport=x"), TG_EBAD, S("UDP"), S("h"), 0, NONE, true },
	{ "comma at the end", S("SIP/2.0/UDP h,"), TG_EBAD, S("UDP"), S("h"), 0, NONE, false },
	{ "no transport", S("SIP/2.0 h"), TG_EBAD },
	{ "no host", S("SIP/2.0/UDP"), TG_EBAD },
	{ "no host but blanks", S("SIP/2.0/UDP "), TG_EBAD },
	{ "bad port", S("SIP/2.0/UDP h:99999"), TG_EBAD },
};

TEST(vias)
{
	for (size_t i = 0; i < COUNT(vias); i++) {
		struct slice rest = test_guarded(vias[i].in);
		struct sip_via v = { 0 };

		CHECK(sip_via_next(&rest, &v) == vias[i].want, vias[i].why);
		CHECK(slice_eq(v.transport, vias[i].transport), vias[i].why);
		CHECK(slice_eq(v.host, vias[i].host), vias[i].why);
		CHECK(v.port == vias[i].port, vias[i].why);
		CHECK(slice_eq(v.branch, vias[i].branch), vias[i].why);
		CHECK(v.has_rport == vias[i].rport, vias[i].why);
		CHECK(v.broken == (vias[i].want != TG_OK && v.host.p != NULL), vias[i].why);
	}
}

TEST(replies_go_to_the_source)
{
	static const struct {
		const char *why;
		struct slice via;
		uint16_t port;
	} rows[] = {
		{ "D4: rport gives the source port",
		  S("SIP/2.0/UDP 9.9.9.9:99;rport;maddr=8.8.8.8"), 4321 },
		{ "D4: without it the port of sent-by",
		  S("SIP/2.0/UDP 9.9.9.9:99;received=8.8.8.8"), 99 },
		{ "D4: or 5060", S("SIP/2.0/UDP 9.9.9.9"), 5060 },
	};
	struct tg_addr source;

	CHECK(tg_addr_parse(&source, SLICE("192.0.2.7:4321"), 0) == TG_OK, "source");
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct slice rest = rows[i].via;
		struct sip_via v;
		struct tg_addr to;

		CHECK(sip_via_next(&rest, &v) == TG_OK, rows[i].why);
		to = sip_via_reply_to(&v, &source);
		CHECK(tg_addr_ip_eq(&to, &source) && to.port == rows[i].port, rows[i].why);
	}
}

TEST(cookies)
{
	static const struct {
		const char *why;
		struct slice branch;
		bool want;
	} rows[] = {
		{ "cookie and more", S("z9hG4bK1"), true },
		{ "other case", S("Z9hg4bk1"), true },
		{ "badbranch: bare", S("z9hG4bK"), false },
		{ "none", NONE, false },
		{ "RFC 2543", S("390skdjuw"), false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sip_via v = { .branch = rows[i].branch };

		CHECK(sip_via_has_cookie(&v) == rows[i].want, rows[i].why);
	}
}

TEST(cseq)
{
	static const struct {
		const char *why;
		struct slice in;
		enum tg_err want;
		uint32_t number;
		enum sip_method method;
	} rows[] = {
		{ "§20.16", S("4711 INVITE"), TG_OK, 4711, SIP_INVITE },
		{ "wsinv", S("0009\r\n  INVITE"), TG_OK, 9, SIP_INVITE },
		{ "largest", S("4294967295 BYE"), TG_OK, UINT32_MAX, SIP_BYE },
		{ "unknown method", S("1 NEWMETHOD"), TG_OK, 1, SIP_METHOD_OTHER },
		{ "methods have a case", S("1 invite"), TG_OK, 1, SIP_METHOD_OTHER },
		{ "2^32", S("4294967296 BYE"), TG_EBAD, 0, SIP_METHOD_NONE },
		{ "scalar02", S("36893488147419103232 REGISTER"), TG_EBAD, 0, SIP_METHOD_NONE },
		{ "no method", S("1"), TG_EBAD, 0, SIP_METHOD_NONE },
		{ "no blank", S("1INVITE"), TG_EBAD, 0, SIP_METHOD_NONE },
		{ "signed", S("-1 INVITE"), TG_EBAD, 0, SIP_METHOD_NONE },
		{ "two methods", S("1 INVITE BYE"), TG_EBAD, 0, SIP_METHOD_NONE },
		{ "empty", NONE, TG_EBAD, 0, SIP_METHOD_NONE },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sip_cseq c = { 0 };

		CHECK(sip_cseq_parse(&c, test_guarded(rows[i].in)) == rows[i].want, rows[i].why);
		CHECK(c.number == rows[i].number && c.method == rows[i].method, rows[i].why);
	}
}

TEST(lists)
{
	struct slice rest = SLICE(",a , \"b,c\" ;x,, <d,e> \r\n ,"), one;

	CHECK(sip_list_next(&rest, &one) == TG_OK && slice_eq(one, SLICE("a")), "plain");
	CHECK(sip_list_next(&rest, &one) == TG_OK && slice_eq(one, SLICE("\"b,c\" ;x")), "quotes");
	CHECK(sip_list_next(&rest, &one) == TG_OK && slice_eq(one, SLICE("<d,e>")), "<>");
	CHECK(sip_list_next(&rest, &one) == TG_ENOENT, "empty elements are skipped");
	rest = test_guarded(SLICE("a, \"b"));
	CHECK(sip_list_next(&rest, &one) == TG_OK, "before the broken one");
	CHECK(sip_list_next(&rest, &one) == TG_EBAD, "A17: a quote without an end");
}

TEST(tokens)
{
	CHECK(sip_is_token(SLICE("a-b.%")), "token");
	CHECK(!sip_is_token(SLICE("")), "empty");
	CHECK(!sip_is_token(SLICE("a b")), "blank");
	CHECK(!sip_is_token(SLICE("a\xff")), "8 bit");
}
