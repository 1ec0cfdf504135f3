#include "sip/sdp_write.h"

#include "base/test.h"

#define US "v=0\r\no=- 7 3 IN IP4 203.0.113.9\r\ns=-\r\nc=IN IP4 203.0.113.9\r\nt=0 0\r\n"
#define THEM "v=0\r\no=bob 1 2 IN IP4 10.0.0.5\r\ns=secret topic\r\nc=IN IP4 10.0.0.5\r\nt=0 0\r\n"

static const struct {
	const char *why, *in, *out;
} rows[] = {
	{ "one stream", THEM "m=audio 4000 RTP/AVP 0 8\r\na=rtpmap:0 PCMU/8000\r\n",
	  US "m=audio 20000 RTP/AVP 0 8\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n" },
	{ "our port is 20000 + 2 × line; RTP/AVPF keeps its feedback",
	  THEM "m=audio 4000 RTP/AVPF 0\r\na=rtcp-fb:* nack\r\na=rtcp-fb:0 ccm fir\r\n"
	       "a=rtcp-fb:9 nack\r\n",
	  US
	  "m=audio 20000 RTP/AVPF 0\r\na=rtcp-fb:* nack\r\na=rtcp-fb:0 ccm fir\r\na=sendrecv\r\n" },
	{ "RFC 5506: the relay drops reduced-size RTCP, so nobody may agree on it",
	  THEM "a=rtcp-rsize\r\nm=audio 4000 RTP/AVPF 0\r\na=rtcp-rsize\r\n",
	  US "m=audio 20000 RTP/AVPF 0\r\na=sendrecv\r\n" },
	{ "RTP/AVP has none", THEM "m=audio 4000 RTP/AVP 0\r\na=rtcp-fb:* nack\r\n",
	  US "m=audio 20000 RTP/AVP 0\r\na=sendrecv\r\n" },
	{ "RFC 3264 §6: what is not relayed keeps its place with port 0",
	  THEM
	  "m=video 4004 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\nm=audio 4000 RTP/AVP 0\r\n"
	  "m=image 5 udptl t38\r\nm=audio 6 RTP/SAVP 0\r\n"
	  "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n"
	  "m=gopher 7 X/Y z\r\n",
	  US
	  "m=video 0 RTP/AVP 96\r\nm=audio 20002 RTP/AVP 0\r\na=sendrecv\r\nm=image 0 udptl t38\r\n"
	  "m=audio 0 RTP/SAVP 0\r\nm=gopher 0 X/Y z\r\n" },
	{ "nothing of the inside is seen outside",
	  "v=0\r\no=bob 1 2 IN IP4 10.0.0.5\r\ns=-\r\ni=x\r\nu=http://10.0.0.5/\r\ne=a@10.0.0.5\r\n"
	  "p=+1\r\nc=IN IP4 10.0.0.5\r\nb=AS:100\r\nt=0 0\r\nk=clear:x\r\na=group:BUNDLE 0\r\n"
	  "a=ice-lite\r\na=tool:x\r\nm=audio 4000 RTP/AVP 0\r\n"
	  "i=y\r\nb=AS:80\r\nb=X-Y:5\r\nb=AS:1x\r\n"
	  "k=clear:x\r\na=candidate:1 1 UDP 1 10.0.0.5 4000 typ host\r\na=ice-ufrag:x\r\n"
	  "a=fingerprint:sha-1 00\r\na=setup:active\r\na=crypto:1 x inline:y\r\n"
	  "a=rtcp:4001 IN IP4 10.0.0.5\r\n"
	  "a=ssrc:1 cname:bob@10.0.0.5\r\na=mid:0\r\na=msid:a b\r\na=X-nat:10.0.0.5\r\n"
	  "a=rtcp-mux\r\na=silenceSupp:off - - - -\r\n",
	  US "m=audio 20000 RTP/AVP 0\r\nb=AS:80\r\na=sendrecv\r\n" },
	{ "attributes of payload types that are not listed do not pass",
	  THEM
	  "m=audio 4000 RTP/AVP 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n"
	  "a=rtpmap:9 G722/8000\r\na=fmtp:9 mode=1\r\n",
	  US "m=audio 20000 RTP/AVP 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n"
	     "a=sendrecv\r\n" },
	{ "an rtpmap that is none does not pass",
	  THEM "m=audio 4000 RTP/AVP 0 8\r\na=rtpmap:0 PCMU\r\na=rtpmap:8 x/8000 y\r\n",
	  US "m=audio 20000 RTP/AVP 0 8\r\na=sendrecv\r\n" },
	{ "8-bit octets do not pass", THEM "m=audio 4000 RTP/AVP 101\r\na=fmtp:101 \xe9=1\r\n",
	  US "m=audio 20000 RTP/AVP 101\r\na=sendrecv\r\n" },
	{ "a payload type with leading zeros is written without",
	  THEM "m=audio 4000 RTP/AVP 8\r\na=fmtp:008 a=1\r\n",
	  US "m=audio 20000 RTP/AVP 8\r\na=fmtp:8 a=1\r\na=sendrecv\r\n" },
	{ "ptime", THEM "m=audio 4000 RTP/AVP 0\r\na=maxptime:60\r\na=ptime:20\r\na=ptime:x\r\n",
	  US "m=audio 20000 RTP/AVP 0\r\na=ptime:20\r\na=maxptime:60\r\na=sendrecv\r\n" },
	{ "direction", THEM "m=audio 4000 RTP/AVP 0\r\na=sendonly\r\n",
	  US "m=audio 20000 RTP/AVP 0\r\na=sendonly\r\n" },
	{ "hold of RFC 2543 must not be lost with its address",
	  THEM "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n",
	  US "m=audio 20000 RTP/AVP 0\r\na=sendonly\r\n" },
	{ "spaces of the m= line", THEM "m=audio  4000 RTP/AVP  0   8 \r\n",
	  US "m=audio 20000 RTP/AVP 0 8\r\na=sendrecv\r\n" },
	{ "several ports", THEM "m=audio 4000/2 RTP/AVP 0\r\n", US "m=audio 0 RTP/AVP 0\r\n" },
};

static struct sip_sdp_write plain_write(void)
{
	struct sip_sdp_write how = { .id = 7, .version = 3 };

	CHECK(tg_addr_parse_ip(&how.addr, SLICE("203.0.113.9")) == TG_OK, "address");
	for (uint16_t i = 0; i < SIP_SDP_MEDIA_MAX; i++) {
		how.stream[i].addr = how.addr;
		how.stream[i].addr.port = (uint16_t)(20000 + 2 * i);
	}
	return how;
}

TEST(sdp_write_rows)
{
	struct sip_sdp_write how = plain_write();
	struct sip_sdp sdp, again;

	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[4096];
		struct buf b = buf_on(text, sizeof(text));

		CHECK(sip_sdp_parse(&sdp, slice_str(rows[i].in), NULL) == TG_OK, rows[i].why);
		sip_sdp_write(&b, &sdp, &how);
		CHECK(!b.full && slice_eq(buf_slice(&b), slice_str(rows[i].out)), rows[i].why);
		CHECK(sip_sdp_parse(&again, buf_slice(&b), NULL) == TG_OK, rows[i].why);
		CHECK(again.media_count == sdp.media_count, rows[i].why);
		for (uint8_t m = 0; m < sdp.media_count; m++) {
			CHECK(again.media[m].kind == sdp.media[m].kind &&
			              again.media[m].proto == sdp.media[m].proto &&
			              again.media[m].format_count == sdp.media[m].format_count,
			      rows[i].why);
			CHECK((again.media[m].port != 0) == sip_sdp_can_relay(&sdp.media[m]),
			      rows[i].why);
		}
	}
}

TEST(sdp_write_rtcp_and_addresses)
{
	static const struct slice want = SLICE_INIT(
		"v=0\r\no=- 7 3 IN IP4 203.0.113.9\r\ns=-\r\nc=IN IP4 203.0.113.9\r\nt=0 0\r\n"
		"m=audio 20000 RTP/AVP 0\r\nc=IN IP6 2001:db8::9\r\na=rtcp:30001\r\na=rtcp-mux\r\n"
		"a=sendrecv\r\nm=audio 0 RTP/AVP 8\r\n");
	struct sip_sdp_write how = plain_write();
	struct sip_sdp sdp;
	char text[1024];
	struct buf b = buf_on(text, sizeof(text));

	CHECK(sip_sdp_parse(&sdp, SLICE(THEM "m=audio 1 RTP/AVP 0\r\nm=audio 2 RTP/AVP 8\r\n"),
	                    NULL) == TG_OK,
	      "two streams");
	CHECK(tg_addr_parse(&how.stream[0].addr, SLICE("2001:db8::9"), 20000) == TG_OK, "IPv6");
	how.stream[0].rtcp_port = 30001;
	how.stream[0].rtcp_mux = true;
	how.stream[1] = (struct sip_sdp_stream){ 0 };
	sip_sdp_write(&b, &sdp, &how);
	CHECK(slice_eq(buf_slice(&b), want), "a=rtcp, a=rtcp-mux, own c=, refused stream");
	b = buf_on(text, want.len - 1);
	sip_sdp_write(&b, &sdp, &how);
	CHECK(b.full, "too little room is seen");
}

TEST(sdp_relay_lines)
{
	struct sip_sdp sdp;
	uint8_t line[4];

	CHECK(sip_sdp_parse(&sdp,
	                    SLICE(THEM "m=video 1 RTP/AVP 0\r\nm=audio 2 RTP/AVP 8\r\n"
	                               "m=audio 0 RTP/AVP 8\r\nm=audio 3 RTP/AVPF 8\r\n"),
	                    NULL) == TG_OK,
	      "four lines");
	CHECK(sip_sdp_relay_lines(line, 4, &sdp) == 2 && line[0] == 1 && line[1] == 3,
	      "audio only");
	CHECK(sip_sdp_relay_lines(line, 1, &sdp) == 1, "no more than asked for");
}

static const struct {
	const char *why, *answer;
	bool ok;
} answers[] = {
	{ "as offered", "m=audio 1 RTP/AVP 0\r\nm=video 0 RTP/AVP 96\r\n", true },
	{ "audio refused", "m=audio 0 RTP/AVP 0\r\nm=video 0 RTP/AVP 96\r\n", true },
	{ "one line short", "m=audio 1 RTP/AVP 0\r\n", false },
	{ "one line more", "m=audio 1 RTP/AVP 0\r\nm=video 0 X/Y 96\r\nm=audio 0 RTP/AVP 0\r\n",
	  false },
	{ "order", "m=video 0 RTP/AVP 96\r\nm=audio 1 RTP/AVP 0\r\n", false },
	{ "switches on what was off", "m=audio 1 RTP/AVP 0\r\nm=video 5 RTP/AVP 96\r\n", false },
	{ "changes to SRTP", "m=audio 1 RTP/SAVP 0\r\nm=video 0 RTP/AVP 96\r\n", false },
};

TEST(sdp_answers)
{
	struct sip_sdp_write how = plain_write();
	struct sip_sdp_shape shape;
	struct sip_sdp sdp;
	const char *why = NULL;

	CHECK(sip_sdp_parse(&sdp, SLICE(THEM "m=audio 1 RTP/AVP 0\r\nm=video 5 RTP/AVP 96\r\n"),
	                    NULL) == TG_OK,
	      "offer");
	sip_sdp_shape_of(&shape, &sdp, &how);
	CHECK(shape.count == 2 && shape.on == 1, "video left with port 0");
	for (size_t i = 0; i < COUNT(answers); i++) {
		char text[1024];
		struct buf b = buf_on(text, sizeof(text));

		buf_str(&b, THEM);
		buf_str(&b, answers[i].answer);
		CHECK(sip_sdp_parse(&sdp, buf_slice(&b), NULL) == TG_OK, answers[i].why);
		CHECK((sip_sdp_check_answer(&shape, &sdp, &why) == TG_OK) == answers[i].ok,
		      answers[i].why);
	}
	CHECK(sip_sdp_parse(&sdp,
	                    SLICE(THEM "m=audio 1 RTP/AVP 0\r\nm=audio 5 RTP/AVP 0\r\n"
	                               "m=audio 5 RTP/AVP 0\r\n"),
	                    NULL) == TG_OK,
	      "re-offer");
	CHECK(sip_sdp_check_reoffer(&shape, &sdp, &why) == TG_OK, "§8.1: a refused slot is free");
	CHECK(sip_sdp_parse(&sdp, SLICE(THEM "m=video 1 RTP/AVP 0\r\nm=audio 5 RTP/AVP 0\r\n"),
	                    NULL) == TG_OK,
	      "re-offer");
	CHECK(sip_sdp_check_reoffer(&shape, &sdp, &why) == TG_EBAD, "a line in use keeps its kind");
	CHECK(sip_sdp_parse(&sdp, SLICE(THEM "m=audio 1 RTP/AVP 0\r\n"), NULL) == TG_OK,
	      "re-offer");
	CHECK(sip_sdp_check_reoffer(&shape, &sdp, &why) == TG_EBAD, "§8: lines never go away");
}
