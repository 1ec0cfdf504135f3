#include "sip/writer.h"

#include "base/test.h"
#include "sip/status.h"

#define S SLICE_INIT

static char text[4096];

static struct slice written(const struct buf *b)
{
	return b->full ? SLICE("(full)") : buf_slice(b);
}

TEST(a_request)
{
	struct buf b = buf_on(text, sizeof(text));
	struct tg_addr us;
	struct sip_write_addr from = { .display = SLICE("A \"B\""), .uri = SLICE("sip:a@h"),
		                       .tag = SLICE("t1") };
	struct sip_write_addr contact = { .uri = SLICE("sip:us"), .params = SLICE(";expires=60") };

	CHECK(tg_addr_parse(&us, SLICE("[2001:db8::1]:5060"), 0) == TG_OK, "address");
	sip_write_request(&b, SLICE("INVITE"), SLICE("sip:b@h"));
	sip_write_via(&b, TG_PROTO_UDP, &us, SLICE("z9hG4bKx"), true);
	sip_write_addr(&b, SIP_HDR_FROM, &from);
	sip_write_addr(&b, SIP_HDR_CONTACT, &contact);
	sip_write_cseq(&b, 7, SLICE("INVITE"));
	sip_write_number(&b, SIP_HDR_MAX_FORWARDS, 70);
	sip_write_named(&b, SLICE("X-Id"), SLICE("1"));
	sip_write_body(&b, SLICE("application/sdp"), SLICE("v=0\r\n"));
	CHECK(slice_eq(written(&b), SLICE("INVITE sip:b@h SIP/2.0\r\n"
	                                  "Via: SIP/2.0/UDP [2001:db8::1]:5060;branch=z9hG4bKx;rport\r\n"
	                                  "From: \"A \\\"B\\\"\" <sip:a@h>;tag=t1\r\n"
	                                  "Contact: <sip:us>;expires=60\r\n"
	                                  "CSeq: 7 INVITE\r\n"
	                                  "Max-Forwards: 70\r\n"
	                                  "X-Id: 1\r\n"
	                                  "Content-Type: application/sdp\r\n"
	                                  "Content-Length: 5\r\n"
	                                  "\r\n"
	                                  "v=0\r\n")),
	      "the whole text");
}

TEST(values_start_no_line)
{
	static const struct {
		const char *why;
		struct slice in, out;
	} rows[] = {
		{ "plain", S("abc"), S("Subject: abc\r\n") },
		{ "fold", S("a\r\n \t b"), S("Subject: a b\r\n") },
		{ "CR LF", S("a\r\nEvil: b"), S("Subject: aEvil: b\r\n") },
		{ "LF", S("a\nEvil: b"), S("Subject: aEvil: b\r\n") },
		{ "CR at the end", S("a\r"), S("Subject: a\r\n") },
		{ "CR LF at the end", S("a\r\n"), S("Subject: a\r\n") },
		{ "NUL, ESC and DEL", S("a\0b\033c\177d"), S("Subject: abcd\r\n") },
		{ "tab stays", S("a\tb"), S("Subject: a\tb\r\n") },
		{ "8 bit stays", S("\xc3\xa9"), S("Subject: \xc3\xa9\r\n") },
		{ "empty", { NULL, 0 }, S("Subject: \r\n") },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf b = buf_on(text, sizeof(text));

		sip_write_header(&b, SIP_HDR_SUBJECT, test_guarded(rows[i].in));
		CHECK(slice_eq(written(&b), rows[i].out), rows[i].why);
	}
}

TEST(quoted)
{
	static const struct {
		const char *why;
		struct slice in, out;
	} rows[] = {
		{ "quote and backslash", S("a\"\\"), S("\"a\\\"\\\\\"") },
		{ "control octets go", S("a\r\n\0b"), S("\"ab\"") },
		{ "UTF-8 stays", S("\xc3\xa9"), S("\"\xc3\xa9\"") },
		{ "what is none becomes '?'", S("\xc3\xff"), S("\"??\"") },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf b = buf_on(text, sizeof(text));

		sip_write_quoted(&b, test_guarded(rows[i].in));
		CHECK(slice_eq(written(&b), rows[i].out), rows[i].why);
	}
}

TEST(strict_places_refuse)
{
	static const struct slice bad[] = {
		S("sip:a@h\r\nEvil: x"), S("sip:a@h>"),  S("sip:a h"),
		S("sip:\"a@h"),          S("sip:a\0@h"), S("<sip:a@h"),
	};

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct buf b = buf_on(text, sizeof(text));
		struct sip_write_addr addr = { .uri = bad[i] };

		sip_write_addr(&b, SIP_HDR_TO, &addr);
		CHECK(b.full, "URI in <>");
		b = buf_on(text, sizeof(text));
		sip_write_request(&b, SLICE("BYE"), bad[i]);
		CHECK(b.full, "Request-URI");
		b = buf_on(text, sizeof(text));
		addr = (struct sip_write_addr){ .uri = SLICE("sip:a@h"), .tag = bad[i] };
		sip_write_addr(&b, SIP_HDR_TO, &addr);
		CHECK(b.full, "tag");
		b = buf_on(text, sizeof(text));
		sip_write_named(&b, bad[i], SLICE("x"));
		CHECK(b.full, "header name");
	}
}

#define REST                                                                       \
	"f: <sip:a@h>;tag=1\r\nt: \"B\r\n  C\" <sip:b@h>\r\ni: c\r\nCSeq: 1\r\n OPTIONS\r\n" \
	"Timestamp: 54\r\nRecord-Route: <sip:p;lr>\r\n\r\n"
#define OUT_REST \
	"From: <sip:a@h>;tag=1\r\nTo: \"B C\" <sip:b@h>;tag=ours\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n"

TEST(responses)
{
	static const struct {
		const char *why;
		struct slice vias, out;
	} rows[] = {
		{ "RFC 3581 §4: rport", S("v: SIP/2.0/UDP 10.1.1.1:4540;rport;branch=z9hG4bKk\r\n"),
		  S("Via: SIP/2.0/UDP 10.1.1.1:4540;branch=z9hG4bKk"
		    ";received=192.0.2.1;rport=9988\r\n") },
		{ "D4: what the peer wrote goes",
		  S("v: SIP/2.0/UDP h;received=8.8.8.8;rport=1;x\r\n"),
		  S("Via: SIP/2.0/UDP h;x;received=192.0.2.1;rport=9988\r\n") },
		{ "§18.2.1: same host, nothing to add", S("v: SIP/2.0/UDP 192.0.2.1;branch=b\r\n"),
		  S("Via: SIP/2.0/UDP 192.0.2.1;branch=b\r\n") },
		{ "§18.2.1: a name", S("v: SIP/2.0/UDP h;branch=b\r\n"),
		  S("Via: SIP/2.0/UDP h;branch=b;received=192.0.2.1\r\n") },
		{ "lower Vias as they are",
		  S("v: SIP/2.0/UDP 192.0.2.1, SIP/2.0/TCP p;received=1.1.1.1\r\n"
		    "Via: SIP/2.0/X q\r\n"),
		  S("Via: SIP/2.0/UDP 192.0.2.1\r\nVia: SIP/2.0/TCP p;received=1.1.1.1\r\n"
		    "Via: SIP/2.0/X q\r\n") },
		{ "folds", S("v: SIP/2.0/UDP\r\n h\r\n ;x=\"a\r\n b\"\r\n"),
		  S("Via: SIP/2.0/UDP h;x=\"a b\";received=192.0.2.1\r\n") },
	};
	struct tg_addr source;

	CHECK(tg_addr_parse(&source, SLICE("192.0.2.1:9988"), 0) == TG_OK, "source");
	for (size_t i = 0; i < COUNT(rows); i++) {
		char in_text[1024], want_text[1024];
		struct buf in = buf_on(in_text, sizeof(in_text));
		struct buf want = buf_on(want_text, sizeof(want_text)),
			   b = buf_on(text, sizeof(text));
		struct sip_response r = { .status = 200,
			                  .to_tag = SLICE("ours"),
			                  .source = &source };
		struct sip_message m;

		buf_lit(&in, "OPTIONS sip:h SIP/2.0\r\n");
		buf_put(&in, rows[i].vias);
		buf_lit(&in, REST);
		CHECK(sip_message_parse(&m, buf_slice(&in), SIP_DATAGRAM) == TG_OK, rows[i].why);
		sip_write_refusal(&b, &m, &r);
		buf_lit(&want, "SIP/2.0 200 OK\r\n");
		buf_put(&want, rows[i].out);
		buf_lit(&want, OUT_REST "Content-Length: 0\r\n\r\n");
		CHECK(slice_eq(written(&b), buf_slice(&want)), rows[i].why);
	}
}

TEST(a_response_to_what_is_broken)
{
	struct slice in = SLICE("OPTIONS sip:h SIP/2.0\r\nVia: SIP/2.0/UDP h;;,\r\n"
	                        "From: \"x <sip:a@h>\nEvil: 1\r\nTo: \"y\r\nCall-ID: c\r\n"
	                        "CSeq: 99999999999 X\r\nTimestamp: 54\r\n\r\n");
	struct buf b = buf_on(text, sizeof(text));
	struct sip_response r = { .status = 100, .to_tag = SLICE("ours"),
		                  .reason = SLICE("No\r\nway") };
	struct sip_message m;

	CHECK(sip_message_parse(&m, in, SIP_DATAGRAM) == TG_EBAD, "broken");
	CHECK(sip_message_answerable(&m), "but answerable");
	sip_write_refusal(&b, &m, &r);
	CHECK(slice_eq(written(&b), SLICE("SIP/2.0 100 Noway\r\nVia: SIP/2.0/UDP h;;,\r\n"
	                                  "From: \"x <sip:a@h>Evil: 1\r\nTo: \"y\r\nCall-ID: c\r\n"
	                                  "CSeq: 99999999999 X\r\nTimestamp: 54\r\n"
	                                  "Content-Length: 0\r\n\r\n")),
	      "echoed without a new line; no tag on a To that is none");
}

TEST(record_route_and_quoted_controls)
{
	struct slice in = SLICE("OPTIONS sip:h SIP/2.0\r\nVia: SIP/2.0/UDP h\r\n"
	                        "From: \"\\\0\" <sip:a@h>;tag=1\r\nTo: <sip:b@h>;tag=2\r\n"
	                        "Call-ID: c\r\nCSeq: 1 OPTIONS\r\n"
	                        "Record-Route: <sip:p;lr>\r\nRecord-Route: <sip:q;lr>\r\n\r\n");
	struct buf b = buf_on(text, sizeof(text));
	struct sip_response r = { .status = 200, .to_tag = SLICE("ours"), .record_route = true };
	struct sip_message m;

	CHECK(sip_message_parse(&m, in, SIP_DATAGRAM) == TG_OK, "intmeth's display name");
	sip_write_refusal(&b, &m, &r);
	CHECK(slice_eq(written(&b), SLICE("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h\r\n"
	                                  "Record-Route: <sip:p;lr>\r\nRecord-Route: <sip:q;lr>\r\n"
	                                  "From: \"\\\0\" <sip:a@h>;tag=1\r\nTo: <sip:b@h>;tag=2\r\n"
	                                  "Call-ID: c\r\nCSeq: 1 OPTIONS\r\n"
	                                  "Content-Length: 0\r\n\r\n")),
	      "§8.2.6.2: the same values, the same octets");
}

TEST(no_room)
{
	struct buf b = buf_on(text, 40);

	sip_write_request(&b, SLICE("INVITE"), SLICE("sip:b@h"));
	CHECK(!b.full, "fits");
	sip_write_header(&b, SIP_HDR_SUBJECT, SLICE("0123456789"));
	CHECK(b.full, "does not");
}

TEST(reasons)
{
	CHECK(slice_eq(sip_status_reason(100), SLICE("Trying")), "first");
	CHECK(slice_eq(sip_status_reason(607), SLICE("Unwanted")), "last");
	CHECK(slice_eq(sip_status_reason(481), SLICE("Call/Transaction Does Not Exist")), "middle");
	CHECK(slice_eq(sip_status_reason(499), SLICE("Request Failure")), "by class");
	CHECK(sip_status_reason(0).len > 0 && sip_status_reason(99999).len > 0, "never empty");
}
