/*
 * The messages of RFC 4475, RFC 5118 and of the call flow RFCs, as datagrams and as streams.
 * What these layers accept and a user agent must still answer with an error is in the column `ua`:
 * which question the role asks, and that the parser gives the right answer to it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/test.h"
#include "sip/framer.h"
#include "sip/writer.h"

/* What is left for the layer above. */
enum ua {
	UA_NOTHING, /* process it */
	UA_METHOD,  /* 501 or 405: m->method (edge, carrier) */
	UA_REQUIRE, /* 420: sip_message_unsupported() (leg) */
	UA_TYPE,    /* 415: sip_message_content_type() (leg) */
	UA_ACCEPT,  /* 406: Accept has no application/sdp (leg) */
	UA_HOPS,    /* 483 when forwarding: m->max_forwards (leg) */
	UA_AUTH,    /* 401: a scheme that we do not know (vault) */
	UA_STATE    /* a response without transaction: dropped (txn) */
};

static const struct {
	const char *file;
	const char *why;
	/* what the parser and check refuse with; 1 = refused, but never answered */
	unsigned status;
	const char *stream; /* events: M message, R refused, P ping, B border lost, C close */
	enum ua ua;
} torture[] = {
	{ "wsinv", "3.1.1.1: folding, LWS, compact forms", 0, "M", UA_NOTHING },
	{ "intmeth", "3.1.1.2: every character that is allowed", 0, "M", UA_METHOD },
	{ "esc01", "3.1.1.3: escapes in URIs", 0, "M", UA_NOTHING },
	{ "escnull", "3.1.1.4: %00 in URIs", 0, "M", UA_NOTHING },
	{ "esc02", "3.1.1.5: '%' that is no escape", 0, "M", UA_METHOD },
	{ "lwsdisp", "3.1.1.6: no LWS before '<'", 0, "M", UA_NOTHING },
	{ "longreq", "3.1.1.7: long values", 0, "M", UA_NOTHING },
	{ "dblreq", "3.1.1.8: octets behind the message: a stream reads on", 0, "MMC", UA_NOTHING },
	{ "semiuri", "3.1.1.9: ';' in a user part", 0, "M", UA_NOTHING },
	{ "transports", "3.1.1.10: any transport in Via", 0, "M", UA_NOTHING },
	{ "mpart01", "3.1.1.11: binary body", 0, "M", UA_NOTHING },
	{ "unreason", "3.1.1.12: UTF-8 reason", 0, "M", UA_STATE },
	{ "noreason", "3.1.1.13: no reason", 0, "M", UA_STATE },
	{ "badinv01", "3.1.2.1: extra ';' and ','", 400, "R", UA_NOTHING },
	{ "clerr", "3.1.2.2: Content-Length too large: a stream waits", 400, "", UA_NOTHING },
	{ "ncl", "3.1.2.3: negative Content-Length", 400, "B", UA_NOTHING },
	{ "scalar02", "3.1.2.4: numbers out of range", 400, "R", UA_NOTHING },
	{ "scalarlg", "3.1.2.5: the same in a response", 1, "R", UA_NOTHING },
	{ "quotbal", "3.1.2.6: quote without end", 400, "R", UA_NOTHING },
	{ "ltgtruri", "3.1.2.7: <> around the Request-URI", 400, "R", UA_NOTHING },
	{ "lwsruri", "3.1.2.8: LWS in the Request-URI", 400, "R", UA_NOTHING },
	{ "lwsstart", "3.1.2.9: two SPs in the request line", 400, "R", UA_NOTHING },
	{ "trws", "3.1.2.10: SP behind the request line", 400, "R", UA_NOTHING },
	{ "escruri", "3.1.2.11: headers in the Request-URI", 400, "R", UA_NOTHING },
	{ "baddate", "3.1.2.12: Date that is none, ignored", 0, "M", UA_NOTHING },
	{ "regbadct", "3.1.2.13: Contact without <>", 400, "R", UA_NOTHING },
	{ "badaspec", "3.1.2.14: LWS within <>", 400, "R", UA_NOTHING },
	{ "baddn", "3.1.2.15: comma in a display name, and no empty line", 400, "", UA_NOTHING },
	{ "badvers", "3.1.2.16: SIP/7.0", 505, "R", UA_NOTHING },
	{ "mismatch01", "3.1.2.17: CSeq of another method", 400, "R", UA_NOTHING },
	{ "mismatch02", "3.1.2.18: the same, unknown method", 501, "R", UA_METHOD },
	{ "bigcode", "3.1.2.19: status above 699", 1, "R", UA_NOTHING },
	{ "badbranch", "3.2.1: branch is the bare cookie", 400, "R", UA_NOTHING },
	{ "insuf", "3.3.1: headers are missing: nothing to answer with", 1, "R", UA_NOTHING },
	{ "unkscm", "3.3.2: unknown scheme", 416, "R", UA_NOTHING },
	{ "novelsc", "3.3.3: known scheme, but not ours", 416, "R", UA_NOTHING },
	{ "unksm2", "3.3.4: To of a REGISTER is no SIP URI", 400, "R", UA_NOTHING },
	{ "bext01", "3.3.5: Require and Proxy-Require", 0, "M", UA_REQUIRE },
	{ "invut", "3.3.6: unknown Content-Type", 0, "M", UA_TYPE },
	{ "regaut01", "3.3.7: unknown authorization scheme", 0, "M", UA_AUTH },
	{ "multi01", "3.3.8: doubled headers", 400, "R", UA_NOTHING },
	{ "mcl01", "3.3.9: two Content-Lengths", 400, "B", UA_NOTHING },
	{ "bcast", "3.3.10: a response with a broadcast Via", 0, "M", UA_STATE },
	{ "zeromf", "3.3.11: Max-Forwards 0", 0, "M", UA_HOPS },
	{ "cparam01", "3.3.12: Contact parameter without <>", 0, "M", UA_NOTHING },
	{ "cparam02", "3.3.13: URI parameter in Contact", 0, "M", UA_NOTHING },
	{ "regescrt", "3.3.14: escaped Route in Contact", 0, "M", UA_NOTHING },
	{ "sdp01", "3.3.15: Accept without SDP", 0, "M", UA_ACCEPT },
	{ "inv2543", "3.4.1: RFC 2543; a stream needs Content-Length", 0, "B", UA_NOTHING },
	{ "test", "of the archive, not in the RFC: no SIP version", 1, "C", UA_NOTHING },
};

static const struct {
	const char *file, *why;
	unsigned status;
} ipv6[] = {
	{ "ipv6-good", "4.1", 0 },
	{ "ipv6-bad", "4.2: no brackets", 400 },
	{ "port-ambiguous", "4.3: 5070 belongs to the address", 0 },
	{ "port-unambiguous", "4.4", 0 },
	{ "via-received-param-with-delim", "4.5", 0 },
	{ "via-received-param-no-delim", "4.5", 0 },
	{ "ipv6-in-sdp", "4.6", 0 },
	{ "mult-ip-in-header", "4.7", 0 },
	{ "mult-ip-in-sdp", "4.8", 0 },
	{ "ipv4-mapped-ipv6", "4.9", 0 },
	{ "ipv6-bug-abnf-3-colons", "4.10: tolerated", 0 },
	{ "ipv6-correct-abnf-2-colons", "4.10", 0 },
};

/* Messages of the call flow RFCs that break their own grammar, or are cut to fit the page. */
static const struct {
	const char *file, *why;
} broken_flows[] = {
	{ "rfc3261-005", "From and To without a scheme" },
	{ "rfc3666-032", "To with '>' and no '<'" },
	{ "rfc3666-038", "Route without a scheme" },
	{ "rfc3666-040", "Route without a scheme" },
	{ "rfc5626-001", "Contact with two ';' in a row" },
	{ "rfc5626-002", "To without a scheme" },
	{ "rfc7118-003", "Contact folded within <>" },
	{ "rfc7118-005", "Contact folded within <>" },
	{ "rfc7118-008", "Route ends with a comma" },
};

static char file_text[SIP_MESSAGE_MAX];
static struct sip_message msg;

/** Content of tests/vectors/DIR/NAME+SUFFIX; valid until the next call. */
static struct slice load(const char *dir, const char *name, const char *suffix)
{
	char path[512];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/vectors/%s/%s%s", test_data_dir(), dir, name, suffix);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0, path);
	n = read(fd, file_text, sizeof(file_text));
	close(fd);
	CHECK(n > 0, path);
	return slice_of(file_text, (size_t)n);
}

/** 0 accepted, 1 refused without an answer, else the status. */
static unsigned verdict(struct slice in)
{
	if (sip_message_parse(&msg, test_guarded(in), SIP_DATAGRAM) == TG_OK &&
	    sip_message_check(&msg) == TG_OK)
		return 0;
	CHECK(msg.fault.rule != NULL, "a refusal has its rule");
	CHECK(msg.fault.offset <= in.len, "and its place");
	return sip_message_answerable(&msg) ? msg.fault.status : 1;
}

static void check_ua(enum ua ua, const char *why)
{
	char text[128];
	struct buf b = buf_on(text, sizeof(text));

	switch (ua) {
	case UA_NOTHING:
		break;
	case UA_METHOD:
		CHECK(msg.method == SIP_METHOD_OTHER, why);
		break;
	case UA_REQUIRE:
		CHECK(sip_message_unsupported(&msg, SIP_HDR_REQUIRE, NULL, 0, &b) == 2, why);
		CHECK(slice_eq(buf_slice(&b),
		               SLICE("nothingSupportsThis, nothingSupportsThisEither")),
		      why);
		break;
	case UA_TYPE:
		CHECK(!slice_ieq(sip_message_content_type(&msg), SLICE("application/sdp")), why);
		CHECK(sip_message_content_type(&msg).len > 0, why);
		break;
	case UA_ACCEPT:
		CHECK(!sip_message_lists(&msg, SIP_HDR_ACCEPT, SLICE("application/sdp")), why);
		break;
	case UA_HOPS:
		CHECK((msg.has & SIP_HAS_MAX_FORWARDS) != 0 && msg.max_forwards == 0, why);
		break;
	case UA_AUTH:
		CHECK(slice_starts(sip_message_value(&msg, SIP_HDR_AUTHORIZATION),
		                   SLICE("NoOneKnowsThisScheme")), why);
		break;
	case UA_STATE:
		CHECK(!msg.request && msg.status >= 100, why);
		break;
	}
}

TEST(rfc4475_datagrams)
{
	CHECK(COUNT(torture) == 50, "49 of the RFC, one of its archive");
	for (size_t i = 0; i < COUNT(torture); i++) {
		CHECK(verdict(load("rfc4475", torture[i].file, ".dat")) == torture[i].status,
		      torture[i].why);
		check_ua(torture[i].ua, torture[i].why);
	}
}

TEST(rfc5118_datagrams)
{
	for (size_t i = 0; i < COUNT(ipv6); i++)
		CHECK(verdict(load("rfc5118/wire", ipv6[i].file, ".sip")) == ipv6[i].status,
		      ipv6[i].why);
}

/** Calls `each` with every message of tests/vectors/rfc-callflows. */
static void each_flow(void (*each)(struct slice in, size_t index, const char *broken))
{
	static char index[65536];
	struct slice list = load("rfc-callflows", "INDEX", ".tsv");
	size_t n = 0;

	memcpy(index, list.p, list.len);
	list = slice_of(index, list.len);
	while (list.len > 0) {
		struct slice line, name;
		char stem[64] = { 0 };
		const char *broken = NULL;

		list = slice_cut(list, '\n', &line);
		slice_cut(line, '.', &name);
		if (!slice_starts(name, SLICE("rfc")) || name.len >= sizeof(stem))
			continue;
		memcpy(stem, name.p, name.len);
		for (size_t i = 0; i < COUNT(broken_flows); i++) {
			if (slice_eq(slice_str(broken_flows[i].file), name))
				broken = broken_flows[i].why;
		}
		each(load("rfc-callflows", stem, ".sip"), n++, broken);
	}
	CHECK(n > 400, "all call flows were read");
}

static void flow_datagram(struct slice in, size_t index, const char *broken)
{
	(void)index;
	CHECK((verdict(in) == 0) == (broken == NULL), broken != NULL ? broken : in.p);
}

TEST(callflow_datagrams)
{
	each_flow(flow_datagram);
}

/* ---- the same as streams ---- */

static char framer_mem[SIP_MESSAGE_MAX];

/** Takes all events; appends their letters to `events`. */
static void drain(struct sip_framer *f, struct buf *events)
{
	static const char letters[] = {
		[SIP_FRAME_MORE] = '.', [SIP_FRAME_MESSAGE] = 'M', [SIP_FRAME_REFUSE] = 'R',
		[SIP_FRAME_PING] = 'P', [SIP_FRAME_BAD] = 'B', [SIP_FRAME_CLOSE] = 'C',
	};

	while (!f->over) {
		enum sip_frame frame = sip_framer_next(f, &msg);

		if (frame == SIP_FRAME_MORE)
			return;
		if (frame == SIP_FRAME_MESSAGE && sip_message_check(&msg) != TG_OK)
			frame = SIP_FRAME_REFUSE;
		buf_chr(events, letters[frame]);
	}
}

/** Events of `in`, cut into pieces: [0, at) and the rest, or octet by octet when `at` is 0. */
static void stream_events(struct slice in, size_t at, struct buf *events)
{
	struct sip_framer f;

	sip_framer_init(&f, framer_mem, sizeof(framer_mem));
	while (in.len > 0 && !f.over) {
		size_t n = at > 0 ? TG_MIN(at, in.len) : 1;
		struct buf room = sip_framer_room(&f);

		CHECK(room.cap >= n, "room for a piece");
		memcpy(room.p, in.p, n);
		sip_framer_fed(&f, n);
		in = slice_skip(in, n);
		drain(&f, events);
		at = at > 0 ? in.len : 0;
	}
}

static void check_stream(struct slice in, const char *want, size_t step, const char *why)
{
	for (size_t at = 0; at <= in.len; at += step) {
		char text[64];
		struct buf events = buf_on(text, sizeof(text));

		stream_events(in, at, &events);
		CHECK(slice_eq(buf_slice(&events), slice_str(want)), why);
	}
}

TEST(rfc4475_streams_split_at_every_octet)
{
	for (size_t i = 0; i < COUNT(torture); i++)
		check_stream(load("rfc4475", torture[i].file, ".dat"), torture[i].stream, 1,
		             torture[i].why);
}

TEST(rfc5118_streams_split_at_every_octet)
{
	for (size_t i = 0; i < COUNT(ipv6); i++)
		check_stream(load("rfc5118/wire", ipv6[i].file, ".sip"), ipv6[i].status ? "R" : "M",
		             1, ipv6[i].why);
}

static void flow_stream(struct slice in, size_t index, const char *broken)
{
	char whole[64], text[64];
	struct buf want = buf_on(whole, sizeof(whole));

	(void)broken;
	stream_events(in, in.len, &want);
	for (size_t at = index % 16; at <= in.len; at += 16) {
		struct buf events = buf_on(text, sizeof(text));

		stream_events(in, at, &events);
		CHECK(slice_eq(buf_slice(&events), buf_slice(&want)), "the split does not matter");
	}
}

TEST(callflow_streams)
{
	each_flow(flow_stream);
}

static void flow_prefixes(struct slice in, size_t index, const char *broken)
{
	size_t whole;

	if (sip_message_parse(&msg, in, SIP_STREAM) != TG_OK || broken != NULL || index % 4 != 0)
		return; /* no Content-Length, or a body that is shorter than it */
	whole = msg.text.len;
	for (size_t n = 0; n < whole; n++)
		CHECK(sip_message_parse(&msg, slice_of(in.p, n), SIP_STREAM) == TG_EMORE,
		      "every proper prefix needs more");
}

TEST(prefixes_need_more)
{
	each_flow(flow_prefixes);
	for (size_t i = 0; i < COUNT(torture); i++) {
		if (torture[i].stream[0] == 'M')
			flow_prefixes(load("rfc4475", torture[i].file, ".dat"), 0, NULL);
	}
}

/* ---- what goes in comes out ---- */

/** A response to each message holds the same fields again (A11). */
static void flow_round_trip(struct slice in, size_t index, const char *broken)
{
	static struct sip_message again;
	static char text[SIP_MESSAGE_MAX];
	struct buf b = buf_on(text, sizeof(text));
	struct tg_addr source;
	struct sip_response response = { .status = 200, .source = &source, .record_route = true };

	(void)index;
	if (broken != NULL || verdict(in) != 0 || !sip_message_answerable(&msg))
		return;
	CHECK(tg_addr_parse(&source, SLICE("192.0.2.99:5070"), 0) == TG_OK, "source");
	sip_write_refusal(&b, &msg, &response);
	CHECK(!b.full && sip_message_parse(&again, buf_slice(&b), SIP_STREAM) == TG_OK, in.p);
	CHECK(sip_message_check(&again) == TG_OK, in.p);
	CHECK(slice_eq(again.via.branch, msg.via.branch), in.p);
	CHECK(slice_eq(again.via.host, msg.via.host) && again.via.port == msg.via.port, in.p);
	CHECK(slice_eq(again.from.tag, msg.from.tag), in.p);
	CHECK(slice_eq(again.from.uri.text, msg.from.uri.text), in.p);
	CHECK(slice_eq(again.to.uri.text, msg.to.uri.text), in.p);
	CHECK(slice_eq(again.call_id, msg.call_id), in.p);
	CHECK(again.cseq.number == msg.cseq.number, in.p);
	CHECK(slice_eq(again.cseq.method_text, msg.cseq.method_text), in.p);
	CHECK(slice_eq(again.via.received, SLICE("192.0.2.99")), in.p);
}

TEST(responses_hold_the_same_fields)
{
	each_flow(flow_round_trip);
	for (size_t i = 0; i < COUNT(torture); i++)
		flow_round_trip(load("rfc4475", torture[i].file, ".dat"), 0, NULL);
}
