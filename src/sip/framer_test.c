#include "sip/framer.h"

#include "base/test.h"

#define S SLICE_INIT
#define HEAD                                                                                      \
	"OPTIONS sip:a@h SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nFrom: <sip:a@h>;tag=1\r\n" \
	"To: <sip:b@h>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n"
#define ONE HEAD "Content-Length: 0\r\n\r\n"

static char mem[SIP_LINE_MAX + 1024];
static struct sip_message msg;

static const struct {
	const char *why;
	struct slice in;
	const char *events; /* M message, R refused, P ping, B border lost, C close */
	enum sip_probe probe; /* with C */
	unsigned crlfs;
} rows[] = {
	{ "one", S(ONE), "M", 0, 0 },
	{ "three in one piece", S(ONE ONE ONE), "MMM", 0, 0 },
	{ "body", S(HEAD "l: 5\r\n\r\n\r\n\r\nx" ONE), "MM", 0, 0 },
	{ "RFC 5626 ping", S("\r\n\r\n"), "P", 0, 2 },
	{ "RFC 5626 pong", S("\r\n"), "", 0, 1 },
	{ "two pings", S("\r\n\r\n\r\n\r\n"), "PP", 0, 4 },
	{ "ping and message", S("\r\n\r\n" ONE "\r\n\r\n"), "PMP", 0, 4 },
	{ "pong, message, pong are no ping", S("\r\n" ONE "\r\n" ONE), "MM", 0, 2 },
	{ "refused, then the next", S("OPTIONS x SIP/2.0\r\nContent-Length: 0\r\n\r\n" ONE), "RM",
	  0, 0 },
	{ "A7: border lost", S(HEAD "l: 0\r\nl: 0\r\n\r\n" ONE), "B", 0, 0 },
	{ "A8: the octets behind it are no request", S(HEAD "l: 4294967296\r\n\r\n" ONE), "B", 0,
	  0 },
	{ "A9: 100 MB", S(HEAD "l: 100000000\r\n\r\n"), "B", 0, 0 },
	{ "larger than this connection may", S(HEAD "l: 20000\r\n\r\n"), "B", 0, 0 },
	{ "no Content-Length", S(HEAD "\r\n" ONE), "B", 0, 0 },
	{ "A12: bare LF", S("OPTIONS sip:a@h SIP/2.0\nVia: x\n\n"), "B", 0, 0 },
	{ "A18: HTTP", S("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), "C", SIP_PROBE_HTTP, 0 },
	{ "A18: WebSocket upgrade", S("GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"), "C",
	  SIP_PROBE_HTTP, 0 },
	{ "A18: HTTP answer", S("HTTP/1.1 200 OK\r\n\r\n"), "C", SIP_PROBE_HTTP, 0 },
	{ "A18: TLS hello", S("\x16\x03\x01\x02\x00\x01"), "C", SIP_PROBE_TLS, 0 },
	{ "A18: STUN", S("\x00\x01\x00\x00\x21\x12\xa4\x42"), "C", SIP_PROBE_STUN, 0 },
	{ "A18: WebSocket frame", S("\x82\x05hello"), "C", SIP_PROBE_WEBSOCKET, 0 },
	{ "A19: HTTP POST that carries SIP", S("POST / HTTP/1.1\r\n\r\n" ONE), "C", SIP_PROBE_HTTP,
	  0 },
	{ "A19: junk before a message", S("junk\r\n" ONE), "C", SIP_PROBE_OTHER, 0 },
	{ "A19: a blank before it", S(" " ONE), "C", SIP_PROBE_OTHER, 0 },
	{ "bare CR before it", S("\r" ONE), "C", SIP_PROBE_OTHER, 0 },
	{ "nothing comes behind a close", S("junk\r\n\r\n\r\n" ONE), "C", SIP_PROBE_OTHER, 0 },
};

static void run(struct slice in, size_t piece, struct buf *events, struct sip_framer *f)
{
	static const char letters[] = {
		[SIP_FRAME_MORE] = '.', [SIP_FRAME_MESSAGE] = 'M', [SIP_FRAME_REFUSE] = 'R',
		[SIP_FRAME_PING] = 'P', [SIP_FRAME_BAD] = 'B', [SIP_FRAME_CLOSE] = 'C',
	};

	sip_framer_init(f, mem, sizeof(mem));
	while (in.len > 0 && !f->over) {
		struct buf room = sip_framer_room(f);
		size_t n = TG_MIN(TG_MIN(piece, in.len), room.cap);
		enum sip_frame frame;

		CHECK(n > 0, "there is always room");
		memcpy(room.p, in.p, n);
		sip_framer_fed(f, n);
		in = slice_skip(in, n);
		while (!f->over && (frame = sip_framer_next(f, &msg)) != SIP_FRAME_MORE)
			buf_chr(events, letters[frame]);
	}
}

TEST(frames)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (size_t piece = 1; piece <= rows[i].in.len; piece++) {
			char text[64];
			struct buf events = buf_on(text, sizeof(text));
			struct sip_framer f;

			run(rows[i].in, piece, &events, &f);
			CHECK(slice_eq(buf_slice(&events), slice_str(rows[i].events)), rows[i].why);
			CHECK(f.crlfs == rows[i].crlfs, rows[i].why);
			CHECK(rows[i].events[0] != 'C' || f.probe == rows[i].probe, rows[i].why);
			CHECK(rows[i].events[0] != 'C' || f.rule != NULL, rows[i].why);
			CHECK(!f.over || sip_framer_next(&f, &msg) == SIP_FRAME_CLOSE, "stays so");
			CHECK(!f.over || sip_framer_room(&f).cap == 0, "takes no more");
		}
	}
}

TEST(limits)
{
	static char big[SIP_LINE_MAX + 4096];
	char text[8];
	struct buf b = buf_on(big, sizeof(big)), events = buf_on(text, sizeof(text));
	struct sip_framer f;

	while (b.len < sizeof(big))
		buf_chr(&b, 'a');
	run(buf_slice(&b), 100, &events, &f);
	CHECK(slice_eq(buf_slice(&events), SLICE("C")), "A15: a first line without end");

	b = buf_on(big, sizeof(big));
	events = buf_on(text, sizeof(text));
	buf_lit(&b, HEAD);
	while (b.len < sizeof(big) - 8)
		buf_lit(&b, "a:b\r\n");
	run(buf_slice(&b), 100, &events, &f);
	CHECK(slice_eq(buf_slice(&events), SLICE("B")), "A15: a head without end");
	CHECK(msg.fault.status != 0 && sip_message_answerable(&msg), "it can be told so");
}

TEST(probes)
{
	static const struct {
		const char *why;
		struct slice in;
		enum sip_probe want;
	} probes[] = {
		{ "request", S(ONE), SIP_PROBE_SIP },
		{ "response", S("SIP/2.0 200 OK\r\n"), SIP_PROBE_SIP },
		{ "CRLF before it", S("\r\n\r\n" ONE), SIP_PROBE_SIP },
		{ "other version", S("OPTIONS sip:h SIP/7.0\r\n"), SIP_PROBE_SIP },
		{ "blanks behind the version", S("OPTIONS sip:h SIP/2.0  \r\n"), SIP_PROBE_SIP },
		{ "CRLF keepalive", S("\r\n\r\n"), SIP_PROBE_KEEPALIVE },
		{ "zeros keepalive", S("\0\0\0\0"), SIP_PROBE_KEEPALIVE },
		{ "empty", { NULL, 0 }, SIP_PROBE_KEEPALIVE },
		{ "STUN", S("\x00\x01\x00\x08\x21\x12\xa4\x42"), SIP_PROBE_STUN },
		{ "TLS", S("\x16\x03\x01"), SIP_PROBE_TLS },
		{ "HTTP", S("GET / HTTP/1.0\r\n"), SIP_PROBE_HTTP },
		{ "SIP in the path is no SIP", S("GET /SIP/2.0 HTTP/1.0\r\n"), SIP_PROBE_HTTP },
		{ "text", S("hello"), SIP_PROBE_OTHER },
		{ "RTP", S("\x80\x00\x12\x34"), SIP_PROBE_OTHER },
	};

	for (size_t i = 0; i < COUNT(probes); i++)
		CHECK(sip_probe_of(test_guarded(probes[i].in)) == probes[i].want, probes[i].why);
	CHECK(strcmp(sip_probe_name(SIP_PROBE_OTHER), "other") == 0, "names");
}
