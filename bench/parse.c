/*
 * What reading and answering one message costs: nanoseconds of CPU time, the best of many rounds.
 * Usage: parse [rounds]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "sip/writer.h"

enum { PER_ROUND = 2000 };

static const struct {
	const char *name;
	struct slice text;
} messages[] = {
	{ "REGISTER", SLICE_INIT(
	  "REGISTER sip:pbx.example.com SIP/2.0\r\n"
	  "Via: SIP/2.0/UDP 192.168.1.20:5060;branch=z9hG4bK7d8f2a91c3;rport\r\n"
	  "Max-Forwards: 70\r\n"
	  "From: \"Alice\" <sip:101@pbx.example.com>;tag=4fb2a1c9\r\n"
	  "To: \"Alice\" <sip:101@pbx.example.com>\r\n"
	  "Call-ID: 8f14e45fceea167a5a36dedd4bea2543\r\n"
	  "CSeq: 2 REGISTER\r\n"
	  "Contact: <sip:101@192.168.1.20:5060;transport=udp>;expires=600\r\n"
	  "Authorization: Digest username=\"101\", realm=\"pbx.example.com\", "
	  "nonce=\"5f2b8c1e9a7d4f3380c1d2e4f5a6b7c8\", uri=\"sip:pbx.example.com\", "
	  "response=\"6629fae49393a05397450978507c4ef1\", algorithm=MD5, qop=auth, "
	  "cnonce=\"0a4f113b\", nc=00000001\r\n"
	  "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, INFO, UPDATE\r\n"
	  "User-Agent: Phone/1.2.3\r\n"
	  "Content-Length: 0\r\n"
	  "\r\n") },
	{ "INVITE", SLICE_INIT(
	  "INVITE sip:+34911234567@pbx.example.com;user=phone SIP/2.0\r\n"
	  "Via: SIP/2.0/UDP 192.168.1.20:5060;branch=z9hG4bK1b2c3d4e5f;rport\r\n"
	  "Max-Forwards: 70\r\n"
	  "From: \"Alice\" <sip:101@pbx.example.com>;tag=9ab8c7d6\r\n"
	  "To: <sip:+34911234567@pbx.example.com;user=phone>\r\n"
	  "Call-ID: 1679091c5a880faf6fb5e6087eb1b2dc\r\n"
	  "CSeq: 1 INVITE\r\n"
	  "Contact: <sip:101@192.168.1.20:5060;transport=udp>\r\n"
	  "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, INFO, UPDATE\r\n"
	  "Supported: replaces, timer, 100rel\r\n"
	  "Session-Expires: 1800\r\n"
	  "User-Agent: Phone/1.2.3\r\n"
	  "Content-Type: application/sdp\r\n"
	  "Content-Length: 184\r\n"
	  "\r\n"
	  "v=0\r\no=- 3915 3915 IN IP4 192.168.1.20\r\ns=-\r\nc=IN IP4 192.168.1.20\r\nt=0 0\r\n"
	  "m=audio 4000 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
	  "a=rtpmap:101 telephone-event/8000\r\n") },
	{ "200", SLICE_INIT(
	  "SIP/2.0 200 OK\r\n"
	  "Via: SIP/2.0/UDP 203.0.113.2:5060;branch=z9hG4bK0001a2b3c4d5e6f7;rport=5060\r\n"
	  "From: \"Alice\" <sip:101@pbx.example.com>;tag=0001f7e6d5c4\r\n"
	  "To: <sip:+34911234567@sip.provider.example>;tag=as4f2c1b0a\r\n"
	  "Call-ID: 0001a87ff679a2f3e71d9181a67b7542\r\n"
	  "CSeq: 1 INVITE\r\n"
	  "Record-Route: <sip:198.51.100.5;lr>\r\n"
	  "Contact: <sip:198.51.100.6:5060>\r\n"
	  "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE\r\n"
	  "Server: Provider\r\n"
	  "Content-Length: 0\r\n"
	  "\r\n") },
};

static struct sip_message msg;
static char out[4096];

enum work { PARSE, PARSE_CHECK, PARSE_CHECK_ANSWER, WORKS };

/** One message; false when it is not accepted. */
static bool once(enum work work, struct slice in, const struct tg_addr *source)
{
	struct sip_response response = { .status = 200, .to_tag = SLICE("0001a2b3c4d5"),
		                         .source = source };
	struct buf b = buf_on(out, sizeof(out));

	if (sip_message_parse(&msg, in, SIP_DATAGRAM) != TG_OK)
		return false;
	if (work > PARSE && sip_message_check(&msg) != TG_OK)
		return false;
	if (work > PARSE_CHECK)
		sip_write_refusal(&b, &msg, &response);
	return !b.full;
}

static double best_ns(enum work work, struct slice in, unsigned rounds)
{
	struct tg_addr source = { .family = TG_AF_INET, .port = 5060, .ip = { 203, 0, 113, 9 } };
	double best = 1e9;

	for (unsigned r = 0; r < rounds; r++) {
		struct timespec from, to;
		double ns;

		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
		for (unsigned i = 0; i < PER_ROUND; i++) {
			if (!once(work, in, &source)) {
				printf("refused: %s\n", msg.fault.rule);
				exit(1);
			}
		}
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
		ns = (double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec);
		if (ns / PER_ROUND < best)
			best = ns / PER_ROUND;
	}
	return best;
}

int main(int argc, char **argv)
{
	unsigned rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 300;

	printf("%-10s %7s %10s %10s %10s  ns\n", "message", "octets", "parse", "+check", "+answer");
	for (size_t i = 0; i < COUNT(messages); i++) {
		printf("%-10s %7zu", messages[i].name, messages[i].text.len);
		for (unsigned w = 0; w < WORKS; w++)
			printf(" %10.0f", best_ns((enum work)w, messages[i].text, rounds));
		printf("\n");
	}
	return 0;
}
