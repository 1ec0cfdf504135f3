#include "sip/sdp.h"

#include <dirent.h>
#include <stdio.h>

#include "base/test.h"

#define HEAD "v=0\r\no=- 1 2 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
#define BARE "v=0\r\no=- 1 2 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n"
#define AUDIO HEAD "m=audio 4000 RTP/AVP 0\r\n"

static const struct {
	const char *why;
	struct slice in;
	enum tg_err want;
} rows[] = {
	{ "plain", SLICE_INIT(AUDIO), TG_OK },
	{ "no media lines at all", SLICE_INIT(HEAD), TG_OK },
	{ "§9 LF alone", SLICE_INIT("v=0\no=- 1 2 IN IP4 h\ns=-\nt=0 0\n"), TG_OK },
	{ "last line without its end", SLICE_INIT(HEAD "m=audio 4000 RTP/AVP 0"), TG_OK },
	{ "blank line at the end", SLICE_INIT(AUDIO "\r\n"), TG_OK },
	{ "blank line inside", SLICE_INIT(HEAD "\r\nm=audio 4000 RTP/AVP 0\r\n"), TG_EBAD },
	{ "three blank lines", SLICE_INIT(AUDIO "\r\n\r\n\r\n"), TG_EBAD },
	{ "CR alone", SLICE_INIT(AUDIO "a=x\ra=inactive\r\n"), TG_EBAD },
	{ "CR at the very end", SLICE_INIT(AUDIO "a=x\r"), TG_EBAD },
	{ "NUL hides a line", SLICE_INIT(AUDIO "a=x\0a=inactive\r\n"), TG_EBAD },
	{ "empty", SLICE_INIT(""), TG_EBAD },
	{ "other body", SLICE_INIT("hello\r\n"), TG_EBAD },
	{ "v= not first", SLICE_INIT("s=-\r\nv=0\r\no=- 1 2 IN IP4 h\r\nt=0 0\r\n"), TG_EBAD },
	{ "v=1", SLICE_INIT("v=1\r\no=- 1 2 IN IP4 h\r\ns=-\r\nt=0 0\r\n"), TG_EBAD },
	{ "no o=", SLICE_INIT("v=0\r\ns=-\r\nt=0 0\r\n"), TG_EBAD },
	{ "no t=", SLICE_INIT("v=0\r\no=- 1 2 IN IP4 h\r\ns=-\r\n"), TG_EBAD },
	{ "no s= before m=",
	  SLICE_INIT("v=0\r\no=- 1 2 IN IP4 h\r\nt=0 0\r\nm=audio 0 RTP/AVP 0\r\n"), TG_EBAD },
	{ "empty s= (RFC 5118 §4.8)", SLICE_INIT("v=0\r\no=- 1 2 IN IP4 h\r\ns=\r\nt=0 0\r\n"),
	  TG_OK },
	{ "two o=", SLICE_INIT(HEAD "o=- 1 2 IN IP4 192.0.2.1\r\n"), TG_EBAD },
	{ "two t=", SLICE_INIT(HEAD "t=0 0\r\n"), TG_EBAD },
	{ "two c= at session level", SLICE_INIT(HEAD "c=IN IP4 192.0.2.9\r\n"), TG_EBAD },
	{ "two c= in one media", SLICE_INIT(AUDIO "c=IN IP4 192.0.2.8\r\nc=IN IP4 192.0.2.9\r\n"),
	  TG_EBAD },
	{ "t= inside a media section", SLICE_INIT(AUDIO "t=0 0\r\n"), TG_EBAD },
	{ "unknown letter", SLICE_INIT(AUDIO "x=1\r\n"), TG_EBAD },
	{ "upper-case letter", SLICE_INIT(AUDIO "A=sendrecv\r\n"), TG_EBAD },
	{ "space before =", SLICE_INIT(AUDIO "a =x\r\n"), TG_EBAD },
	{ "space behind =", SLICE_INIT(AUDIO "a= x\r\n"), TG_EBAD },
	{ "no c= anywhere", SLICE_INIT(BARE "m=audio 4000 RTP/AVP 0\r\n"), TG_EBAD },
	{ "no c= is fine for a refused line", SLICE_INIT(BARE "m=audio 0 RTP/AVP 0\r\n"), TG_OK },
	{ "c= of the media", SLICE_INIT(BARE "m=audio 4 RTP/AVP 0\r\nc=IN IP4 192.0.2.1\r\n"),
	  TG_OK },
	{ "octal address", SLICE_INIT(BARE "c=IN IP4 192.0.02.1\r\n"), TG_EBAD },
	{ "name of digits", SLICE_INIT(BARE "c=IN IP4 127.1\r\n"), TG_EBAD },
	{ "name whose last label is a number", SLICE_INIT(BARE "c=IN IP4 a.1\r\n"), TG_EBAD },
	{ "name", SLICE_INIT(BARE "c=IN IP4 media.example.com\r\n"), TG_OK },
	{ "name with a space", SLICE_INIT(BARE "c=IN IP4 media .example.com\r\n"), TG_EBAD },
	{ "IP6 with an IPv4 address", SLICE_INIT(BARE "c=IN IP6 192.0.2.1\r\n"), TG_EBAD },
	{ "IP4 with an IPv6 address", SLICE_INIT(BARE "c=IN IP4 2001:db8::1\r\n"), TG_EBAD },
	{ "brackets are of URIs", SLICE_INIT(BARE "c=IN IP6 [2001:db8::1]\r\n"), TG_EBAD },
	{ "multicast with TTL", SLICE_INIT(BARE "c=IN IP4 224.2.1.1/127/3\r\n"), TG_OK },
	{ "slash behind unicast", SLICE_INIT(BARE "c=IN IP4 192.0.2.1/24\r\n"), TG_EBAD },
	{ "other network", SLICE_INIT(BARE "c=ATM NSAP 1\r\n"), TG_EBAD },
	{ "port above 65535", SLICE_INIT(HEAD "m=audio 65536 RTP/AVP 0\r\n"), TG_EBAD },
	{ "port with sign", SLICE_INIT(HEAD "m=audio +4000 RTP/AVP 0\r\n"), TG_EBAD },
	{ "port in hex", SLICE_INIT(HEAD "m=audio 0x10 RTP/AVP 0\r\n"), TG_EBAD },
	{ "no formats", SLICE_INIT(HEAD "m=audio 4000 RTP/AVP\r\n"), TG_EBAD },
	{ "payload type 128", SLICE_INIT(HEAD "m=audio 4000 RTP/AVP 128\r\n"), TG_EBAD },
	{ "payload type twice", SLICE_INIT(HEAD "m=audio 4000 RTP/AVP 8 0 8\r\n"), TG_EBAD },
	{ "formats of a refused line mean nothing", SLICE_INIT(HEAD "m=audio 0 RTP/AVP *\r\n"),
	  TG_OK },
	{ "spaces at the end of m=", SLICE_INIT(HEAD "m=audio 4000 RTP/AVP 0 8 \r\n"), TG_OK },
	{ "tab in m=", SLICE_INIT(HEAD "m=audio\t4000 RTP/AVP 0\r\n"), TG_EBAD },
	{ "empty protocol part", SLICE_INIT(HEAD "m=audio 4000 RTP//AVP 0\r\n"), TG_EBAD },
	{ "zero ports", SLICE_INIT(HEAD "m=audio 4000/0 RTP/AVP 0\r\n"), TG_EBAD },
	{ "T.38", SLICE_INIT(HEAD "m=image 4000 udptl t38\r\n"), TG_OK },
	{ "RFC 8841", SLICE_INIT(HEAD "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"),
	  TG_OK },
	{ "contradicting directions", SLICE_INIT(AUDIO "a=sendonly\r\na=sendrecv\r\n"), TG_EBAD },
	{ "the same direction twice", SLICE_INIT(AUDIO "a=sendonly\r\na=sendonly\r\n"), TG_OK },
	{ "direction with a value", SLICE_INIT(AUDIO "a=sendonly:1\r\n"), TG_EBAD },
	{ "attribute without a name", SLICE_INIT(AUDIO "a=:x\r\n"), TG_EBAD },
	{ "empty attribute", SLICE_INIT(AUDIO "a=\r\n"), TG_EBAD },
	{ "rtpmap twice", SLICE_INIT(AUDIO "a=rtpmap:0 PCMU/8000\r\na=rtpmap:0 G729/8000\r\n"),
	  TG_EBAD },
	{ "rtpmap without clock (sdp01)", SLICE_INIT(AUDIO "a=rtpmap:0 PCMU\r\n"), TG_OK },
	{ "rtpmap without value", SLICE_INIT(AUDIO "a=rtpmap\r\n"), TG_EBAD },
	{ "rtpmap of type 300", SLICE_INIT(AUDIO "a=rtpmap:300 PCMU/8000\r\n"), TG_OK },
	{ "fmtp twice", SLICE_INIT(AUDIO "a=fmtp:0 a=1\r\na=fmtp:0 a=2\r\n"), TG_EBAD },
	{ "a=rtcp twice", SLICE_INIT(AUDIO "a=rtcp:5\r\na=rtcp:6\r\n"), TG_EBAD },
	{ "a=rtcp with an address", SLICE_INIT(AUDIO "a=rtcp:5 IN IP4 192.0.2.7\r\n"), TG_OK },
	{ "a=rtcp with junk", SLICE_INIT(AUDIO "a=rtcp:5 IN IP4\r\n"), TG_EBAD },
	{ "o= of five fields", SLICE_INIT("v=0\r\no=1 2 IN IP4 h\r\ns=-\r\nt=0 0\r\n"), TG_EBAD },
	{ "o= id not a number", SLICE_INIT("v=0\r\no=- x 2 IN IP4 h\r\ns=-\r\nt=0 0\r\n"),
	  TG_EBAD },
	{ "8-bit in s= and i=",
	  SLICE_INIT("v=0\r\no=- 1 2 IN IP4 h\r\ns=\xc3\xa9\r\ni=\xff\r\nt=0 0\r\n"), TG_OK },
};

TEST(sdp_parse_rows)
{
	static struct sip_sdp sdp;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sip_sdp_fault fault = { 0 };
		enum tg_err err = sip_sdp_parse(&sdp, test_guarded(rows[i].in), &fault);

		CHECK(err == rows[i].want, rows[i].why);
		CHECK((fault.rule != NULL) == (err != TG_OK), rows[i].why);
		CHECK(fault.offset <= rows[i].in.len, rows[i].why);
	}
}

TEST(sdp_prefixes_never_crash)
{
	static const struct slice all =
		SLICE_INIT(AUDIO "a=rtcp:5 IN IP4 192.0.2.7\r\na=fmtp:0 x\r\n");
	static struct sip_sdp sdp;

	for (size_t n = 0; n < all.len; n++)
		(void)!sip_sdp_parse(&sdp, test_guarded(slice_head(all, n)), NULL);
}

TEST(sdp_parse_fields)
{
	static const struct slice in = SLICE_INIT(
		"v=0\r\no=alice 11 22 IN IP4 host.example.com\r\ns=talk\r\nc=IN IP4 192.0.2.1\r\n"
		"t=0 0\r\na=sendonly\r\n"
		"m=audio 4000 RTP/AVP 0  8 101\r\nb=AS:64\r\na=rtpmap:101 telephone-event/8000\r\n"
		"a=ptime:20\r\na=maxptime:60\r\na=rtcp:4999 IN IP4 192.0.2.9\r\na=rtcp-mux\r\n"
		"m=video 4002/2 RTP/SAVPF 96\nc=IN IP6 2001:db8::1\na=inactive\n");
	struct sip_sdp sdp;
	const struct sip_sdp_media *m = sdp.media;
	struct slice rest, value;
	char type;

	CHECK(sip_sdp_parse(&sdp, test_guarded(in), NULL) == TG_OK, "all fields");
	CHECK(slice_eq(sdp.origin.user, SLICE("alice")) && slice_eq(sdp.origin.id, SLICE("11")) &&
	              slice_eq(sdp.origin.version, SLICE("22")) &&
	              slice_eq(sdp.origin.address, SLICE("host.example.com")),
	      "§5.2");
	CHECK(slice_eq(sdp.name, SLICE("talk")) && sdp.media_count == 2, "§5.3");
	CHECK(m[0].kind == SIP_SDP_AUDIO && m[0].proto == SIP_SDP_RTP_AVP && m[0].port == 4000 &&
	              m[0].format_count == 3,
	      "§5.14");
	CHECK(sip_sdp_has_type(&m[0], 101) && sip_sdp_has_type(&m[0], 8) &&
	              !sip_sdp_has_type(&m[0], 9) && !sip_sdp_has_type(&m[0], 229),
	      "payload types");
	CHECK(m[0].dir == SIP_SDP_SENDONLY, "§6.7: the session's direction is the default");
	CHECK(slice_eq(m[0].conn.text, SLICE("192.0.2.1")), "the session's c=");
	CHECK(m[0].ptime_ms == 20 && m[0].maxptime_ms == 60 && m[0].rtcp_mux, "attributes");
	CHECK(m[0].rtcp_port == 4999 && slice_eq(m[0].rtcp_conn.text, SLICE("192.0.2.9")),
	      "RFC 3605");
	CHECK(m[1].kind == SIP_SDP_VIDEO && m[1].proto == SIP_SDP_RTP_SAVPF && m[1].port_count == 2,
	      "port count");
	CHECK(m[1].dir == SIP_SDP_INACTIVE && m[1].conn.addr.family == TG_AF_INET6, "its own c=");
	rest = m[1].section;
	CHECK(sip_sdp_next_line(&rest, &type, &value) && type == 'c', "first line of the section");
	CHECK(sip_sdp_next_line(&rest, &type, &value) && type == 'a' &&
	              slice_eq(value, SLICE("inactive")),
	      "second line");
	CHECK(!sip_sdp_next_line(&rest, &type, &value), "no third line");
}

/* D22: a description that repeats `line` until it holds `count` of them. */
static enum tg_err bomb(const char *head, const char *line, size_t count)
{
	static char text[100000];
	static struct sip_sdp sdp;
	struct sip_sdp_fault fault = { 0 };
	struct buf b = buf_on(text, sizeof(text));
	enum tg_err err;

	buf_str(&b, head);
	for (size_t i = 0; i < count; i++)
		buf_str(&b, line);
	err = sip_sdp_parse(&sdp, test_guarded(buf_slice(&b)), &fault);
	CHECK((err == TG_OK) == (fault.rule == NULL), "a refusal has a reason");
	return err;
}

TEST(sdp_bombs)
{
	CHECK(bomb(HEAD, "m=audio 4000 RTP/AVP 0\r\n", 16) == TG_OK, "as many m= as the cap");
	CHECK(bomb(HEAD, "m=audio 4000 RTP/AVP 0\r\n", 17) == TG_ELIMIT, "one more");
	CHECK(bomb(HEAD, "m=audio 4000 RTP/AVP 0\r\n", 1000) == TG_ELIMIT, "1,000 media lines");
	CHECK(bomb(AUDIO, "a=x\r\n", 500) == TG_OK, "500 attributes");
	CHECK(bomb(AUDIO, "a=x\r\n", 507) == TG_ELIMIT, "lines in all");
	CHECK(bomb(AUDIO, "a=x\r\n", 5000) == TG_ELIMIT, "5,000 attributes");
	CHECK(bomb(HEAD "m=audio 4000 X/Y", " z", 32) == TG_OK, "formats");
	CHECK(bomb(HEAD "m=audio 4000 X/Y", " z", 33) == TG_ELIMIT, "one format more");
	CHECK(bomb(AUDIO "a=x:", "y", 1020) == TG_OK, "longest line");
	CHECK(bomb(AUDIO "a=x:", "y", 1021) == TG_ELIMIT, "line one octet longer");
	CHECK(bomb(AUDIO, "a=x:yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n", 140) == TG_ELIMIT,
	      "description too long");
}

static const struct {
	const char *why, *media;
	enum sip_sdp_target target;
	bool off, sends, receives, hold;
	const char *rtp, *rtcp; /* NULL: none */
} wheres[] = {
	{ "public", "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 198.51.100.1\r\n", SIP_SDP_TARGET_OK, false,
	  true, true, false, "198.51.100.1:4000", "198.51.100.1:4001" },
	{ "private: latch", "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 192.168.1.5\r\n",
	  SIP_SDP_TARGET_LATCH, false, true, true, false, "192.168.1.5:4000", "192.168.1.5:4001" },
	{ "shared space: latch", "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 100.64.0.1\r\n",
	  SIP_SDP_TARGET_LATCH, false, true, true, false, "100.64.0.1:4000", "100.64.0.1:4001" },
	{ "name: latch", "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 m.example.com\r\n",
	  SIP_SDP_TARGET_LATCH, false, true, true, false, NULL, NULL },
	{ "E5 loopback", "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 127.0.0.1\r\n", SIP_SDP_TARGET_NEVER,
	  false, true, true, false, NULL, NULL },
	{ "E5 loopback, IPv6", "m=audio 4000 RTP/AVP 0\r\nc=IN IP6 ::1\r\n", SIP_SDP_TARGET_NEVER,
	  false, true, true, false, NULL, NULL },
	{ "E5 ourselves", "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 203.0.113.9\r\n",
	  SIP_SDP_TARGET_NEVER, false, true, true, false, NULL, NULL },
	{ "E5 link-local", "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 169.254.169.254\r\n",
	  SIP_SDP_TARGET_NEVER, false, true, true, false, NULL, NULL },
	{ "E5 multicast", "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 224.2.1.1/127\r\n",
	  SIP_SDP_TARGET_NEVER, false, true, true, false, NULL, NULL },
	{ "E5 broadcast", "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 255.255.255.255\r\n",
	  SIP_SDP_TARGET_NEVER, false, true, true, false, NULL, NULL },
	{ "E5 mapped", "m=audio 4000 RTP/AVP 0\r\nc=IN IP6 ::ffff:192.0.2.1\r\n",
	  SIP_SDP_TARGET_NEVER, false, true, true, false, NULL, NULL },
	{ "E5 IPv4 inside NAT64", "m=audio 4000 RTP/AVP 0\r\nc=IN IP6 64:ff9b::7f00:1\r\n",
	  SIP_SDP_TARGET_NEVER, false, true, true, false, NULL, NULL },
	{ "E5 IPv4 inside 6to4", "m=audio 4000 RTP/AVP 0\r\nc=IN IP6 2002:7f00:1::1\r\n",
	  SIP_SDP_TARGET_NEVER, false, true, true, false, NULL, NULL },
	{ "E5 this network", "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 0.0.0.1\r\n", SIP_SDP_TARGET_NEVER,
	  false, true, true, false, NULL, NULL },
	{ "hold of RFC 2543", "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n", SIP_SDP_TARGET_NONE,
	  false, true, false, true, NULL, NULL },
	{ "sendonly", "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 198.51.100.1\r\na=sendonly\r\n",
	  SIP_SDP_TARGET_OK, false, true, false, true, "198.51.100.1:4000", "198.51.100.1:4001" },
	{ "inactive", "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 198.51.100.1\r\na=inactive\r\n",
	  SIP_SDP_TARGET_OK, false, false, false, true, "198.51.100.1:4000", "198.51.100.1:4001" },
	{ "recvonly", "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 198.51.100.1\r\na=recvonly\r\n",
	  SIP_SDP_TARGET_OK, false, false, true, false, "198.51.100.1:4000", "198.51.100.1:4001" },
	{ "refused", "m=audio 0 RTP/AVP 0\r\nc=IN IP4 198.51.100.1\r\n", SIP_SDP_TARGET_NONE, true,
	  false, false, false, NULL, NULL },
	{ "RFC 3605",
	  "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 198.51.100.1\r\n"
	  "a=rtcp:5000 IN IP4 198.51.100.2\r\n",
	  SIP_SDP_TARGET_OK, false, true, true, false, "198.51.100.1:4000", "198.51.100.2:5000" },
	{ "E5 by way of RTCP",
	  "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 198.51.100.1\r\n"
	  "a=rtcp:53 IN IP4 127.0.0.1\r\n",
	  SIP_SDP_TARGET_OK, false, true, true, false, "198.51.100.1:4000", NULL },
	{ "RTCP to a private address",
	  "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 198.51.100.1\r\n"
	  "a=rtcp:53 IN IP4 10.0.0.1\r\n",
	  SIP_SDP_TARGET_OK, false, true, true, false, "198.51.100.1:4000", NULL },
	{ "RFC 5761", "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 198.51.100.1\r\na=rtcp-mux\r\n",
	  SIP_SDP_TARGET_OK, false, true, true, false, "198.51.100.1:4000", "198.51.100.1:4000" },
	{ "no port behind 65535", "m=audio 65535 RTP/AVP 0\r\nc=IN IP4 198.51.100.1\r\n",
	  SIP_SDP_TARGET_OK, false, true, true, false, "198.51.100.1:65535", NULL },
};

static void check_addr(const struct tg_addr *have, const char *want, const char *why)
{
	struct tg_addr a = { 0 };

	if (want != NULL)
		CHECK(tg_addr_parse(&a, slice_str(want), 0) == TG_OK, why);
	CHECK(have->family == a.family && (want == NULL || tg_addr_eq(have, &a)), why);
}

TEST(sdp_where)
{
	static const struct slice own_text[] = { SLICE_INIT("192.168.1.1"),
		                                 SLICE_INIT("203.0.113.9") };
	struct tg_addr own[COUNT(own_text)];
	struct sip_sdp_us us = { .own = own, .own_count = COUNT(own) };
	struct sip_sdp sdp;
	struct sip_sdp_where w;

	for (size_t i = 0; i < COUNT(own); i++)
		CHECK(tg_addr_parse_ip(&own[i], own_text[i]) == TG_OK, "own address");
	for (size_t i = 0; i < COUNT(wheres); i++) {
		const char *why = wheres[i].why;
		char text[1024];
		struct buf b = buf_on(text, sizeof(text));

		buf_str(&b, BARE);
		buf_str(&b, wheres[i].media);
		CHECK(sip_sdp_parse(&sdp, buf_slice(&b), NULL) == TG_OK, why);
		sip_sdp_where(&w, &sdp.media[0], &us);
		CHECK(w.target == wheres[i].target, why);
		CHECK(w.off == wheres[i].off && w.sends == wheres[i].sends &&
		              w.receives == wheres[i].receives && w.hold == wheres[i].hold,
		      why);
		check_addr(&w.rtp, wheres[i].rtp, why);
		check_addr(&w.rtcp, wheres[i].rtcp, why);
	}
	CHECK(tg_addr_parse_ip(&own[0], SLICE("127.0.0.1")) == TG_OK, "own address");
	us.loopback = true;
	CHECK(sip_sdp_target_of(&own[0], &us) == SIP_SDP_TARGET_OK, "loopback talks to loopback");
}

/* The body of a SIP message in a file: what stands behind the empty line. */
static struct slice body_of(const char *folder, const char *file)
{
	char path[512];
	struct slice all;

	snprintf(path, sizeof(path), "%s/vectors/%s/%s", test_data_dir(), folder, file);
	all = test_file(path);
	for (size_t i = 0; i + 4 <= all.len; i++) {
		if (memcmp(all.p + i, "\r\n\r\n", 4) == 0)
			return slice_skip(all, i + 4);
	}
	return slice_of(all.p, 0);
}

static bool ends_in(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n > m && strcmp(name + n - m, end) == 0;
}

TEST(sdp_call_flows)
{
	static struct sip_sdp sdp;
	char path[512];
	size_t count = 0;
	struct dirent *e;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/vectors/rfc-callflows", test_data_dir());
	dir = opendir(path);
	CHECK(dir != NULL, "the call flows are there");
	while ((e = readdir(dir)) != NULL) {
		struct slice body;

		if (!ends_in(e->d_name, ".sip"))
			continue;
		body = body_of("rfc-callflows", e->d_name);
		if (!slice_starts(body, SLICE("v=")))
			continue;
		count++;
		CHECK(sip_sdp_parse(&sdp, test_guarded(body), NULL) == TG_OK, e->d_name);
		CHECK(sdp.media_count == 1 && sip_sdp_has_type(&sdp.media[0], 0), e->d_name);
	}
	closedir(dir);
	CHECK(count >= 100, "all bodies were seen");
}

TEST(sdp_clock)
{
#define LINE(formats) "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\n" \
	"c=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP " formats "\r\n"
	static const struct {
		const char *why;
		struct slice in;
		uint32_t hz;
	} clocks[] = {
		{ "RFC 7587",
		  SLICE_INIT(LINE("96 0") "a=rtpmap:0 x/8000\r\na=rtpmap:96 opus/48000/2\r\n"),
		  48000 },
		{ "static, and nothing said",
		  SLICE_INIT(LINE("0 96") "a=rtpmap:96 opus/48000/2\r\n"), 0 },
		{ "an rtpmap that is none", SLICE_INIT(LINE("96") "a=rtpmap:96 opus\r\n"), 0 },
		{ "RFC 3551 §4.5.2: G722's clock is 8000",
		  SLICE_INIT(LINE("9") "a=rtpmap:9 G722/8000\r\n"), 8000 },
		{ "only up to the next line",
		  SLICE_INIT(LINE("96") "m=audio 4002 RTP/AVP 96\r\na=rtpmap:96 L16/44100\r\n"),
		  0 },
	};
	struct sip_sdp sdp;

	for (size_t i = 0; i < COUNT(clocks); i++) {
		struct slice in = test_guarded(clocks[i].in);

		CHECK(sip_sdp_parse(&sdp, in, NULL) == TG_OK, clocks[i].why);
		CHECK(sip_sdp_clock_hz(&sdp.media[0]) == clocks[i].hz, clocks[i].why);
	}
#undef LINE
}

TEST(sdp_torture)
{
	static const struct {
		const char *folder, *file;
		uint8_t media;
	} files[] = {
		{ "rfc4475", "sdp01.dat", 2 },
		{ "rfc5118/wire", "ipv6-in-sdp.sip", 2 },
		{ "rfc5118/wire", "mult-ip-in-sdp.sip", 2 },
		{ "rfc5118/wire", "ipv4-mapped-ipv6.sip", 2 },
	};
	static struct sip_sdp sdp;

	for (size_t i = 0; i < COUNT(files); i++) {
		struct slice body = body_of(files[i].folder, files[i].file);

		CHECK(sip_sdp_parse(&sdp, test_guarded(body), NULL) == TG_OK, files[i].file);
		CHECK(sdp.media_count == files[i].media, files[i].file);
	}
}
