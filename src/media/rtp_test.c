#include "base/test.h"
#include "media/rtp.h"

#define S SLICE_INIT
#define HEAD "\x80\x00\x00\x01\x00\x00\x00\xa0\xde\xad\xbe\xef"
#define HEAD_OF(first) first "\x00\x00\x01\x00\x00\x00\xa0\xde\xad\xbe\xef"

static const struct {
	const char *why;
	struct slice in;
	enum rtp_fault want;
} rtp_rows[] = {
	{ "plain header with payload", S(HEAD "abcd"), RTP_FINE },
	{ "RFC 6263 §4.6: no payload", S(HEAD), RTP_FINE },
	{ "nothing at all", S(""), RTP_SHORT },
	{ "one octet: CR keepalive of a phone", S("\x80"), RTP_SHORT },
	{ "eleven octets", S("\x80\x00\x00\x01\x00\x00\x00\xa0\xde\xad\xbe"), RTP_SHORT },
	{ "STUN: version 0",
	  S("\x00\x01\x00\x00\x21\x12\xa4\x42"
	    "123456789012"),
	  RTP_VERSION },
	{ "DTLS ClientHello", S("\x16\xfe\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
	  RTP_VERSION },
	{ "version 1", S(HEAD_OF("\x40")), RTP_VERSION },
	{ "version 3", S(HEAD_OF("\xc0")), RTP_VERSION },
	{ "one CSRC", S(HEAD_OF("\x81") "1234"), RTP_FINE },
	{ "CSRC count 15, none there", S(HEAD_OF("\x8f") "1234"), RTP_CSRC },
	{ "CSRC list one octet short", S(HEAD_OF("\x82") "1234567"), RTP_CSRC },
	{ "extension of two words",
	  S(HEAD_OF("\x90") "\xbe\xde\x00\x02"
	                    "12345678"),
	  RTP_FINE },
	{ "extension of no words", S(HEAD_OF("\x90") "\xbe\xde\x00\x00"), RTP_FINE },
	{ "extension bit, no extension", S(HEAD_OF("\x90") "\xbe\xde\x00"), RTP_EXTENSION },
	{ "extension of 65535 words",
	  S(HEAD_OF("\x90") "\xbe\xde\xff\xff"
	                    "1234"),
	  RTP_EXTENSION },
	{ "padding of 4 with payload", S(HEAD_OF("\xa0") "ab\x00\x00\x00\x04"), RTP_FINE },
	{ "padding is all there is", S(HEAD_OF("\xa0") "\x00\x00\x00\x04"), RTP_FINE },
	{ "padding of 0", S(HEAD_OF("\xa0") "abc\x00"), RTP_PADDING },
	{ "padding larger than the payload", S(HEAD_OF("\xa0") "ab\x00\x05"), RTP_PADDING },
	{ "padding of 255 (AST-2017-012 family)", S(HEAD_OF("\xa0") "abc\xff"), RTP_PADDING },
	{ "padding bit without a payload", S(HEAD_OF("\xa0")), RTP_PADDING },
	{ "padding reaches into the extension",
	  S(HEAD_OF("\xb0") "\xbe\xde\x00\x01"
	                    "123\x02"),
	  RTP_PADDING },
	{ "SR on the RTP port", S("\x80\xc8\x00\x06\x00\x00\x00\xa0\xde\xad\xbe\xef"), RTP_TYPE },
};

TEST(rtp_parse)
{
	for (size_t i = 0; i < COUNT(rtp_rows); i++) {
		struct rtp_head h = { 0 };

		CHECK(rtp_parse(&h, test_guarded(rtp_rows[i].in)) == rtp_rows[i].want,
		      rtp_rows[i].why);
		if (rtp_rows[i].want == RTP_FINE)
			CHECK(h.seq == 1 && h.time == 0xa0 && h.ssrc == 0xdeadbeef,
			      rtp_rows[i].why);
	}
}

#define SSRC "\xde\xad\xbe\xef"
#define INFO "12345678901234567890"
#define BLOCK "123456789012345678901234"
#define SR0 "\x80\xc8\x00\x06" SSRC INFO
#define RR0 "\x80\xc9\x00\x01" SSRC

static const struct {
	const char *why;
	struct slice in;
	enum rtp_fault want;
} rtcp_rows[] = {
	{ "empty RR", S(RR0), RTP_FINE },
	{ "SR", S(SR0), RTP_FINE },
	{ "SR with a block", S("\x81\xc8\x00\x0c" SSRC INFO BLOCK), RTP_FINE },
	{ "SR, SDES",
	  S(SR0 "\x81\xca\x00\x03" SSRC "\x01\x05"
	        "a@b.c"
	        "\x00"),
	  RTP_FINE },
	{ "RR, BYE with reason",
	  S(RR0 "\x81\xcb\x00\x02" SSRC "\x03"
	        "bye"),
	  RTP_FINE },
	{ "RR, BYE of nobody", S(RR0 "\x80\xcb\x00\x00"), RTP_FINE },
	{ "RR, PLI", S(RR0 "\x81\xce\x00\x02" SSRC SSRC), RTP_FINE },
	{ "last packet padded by 4",
	  S(RR0 "\xa0\xcc\x00\x03" SSRC "name"
	        "\x00\x00\x00\x04"),
	  RTP_FINE },
	{ "four octets (AST-2017-008)", S("\x80\xc9\x00\x00"), RTP_SHORT },
	{ "nothing", S(""), RTP_SHORT },
	{ "BYE alone is not compound: A.2", S("\x81\xcb\x00\x01" SSRC), RTP_TYPE },
	{ "RTP on the RTCP port", S("\x80\x00\x00\x01\x00\x00\x00\xa0\xde\xad\xbe\xef"), RTP_TYPE },
	{ "version 1", S("\x40\xc9\x00\x01" SSRC), RTP_VERSION },
	{ "second has version 0", S(RR0 "\x00\xcb\x00\x00"), RTP_VERSION },
	{ "second is no RTCP type", S(RR0 "\x80\x00\x00\x00"), RTP_TYPE },
	{ "length over the end", S("\x80\xc9\x00\x02" SSRC), RTP_LENGTH },
	{ "three octets left over", S(RR0 "abc"), RTP_LENGTH },
	{ "31 blocks in 8 octets", S("\x9f\xc9\x00\x01" SSRC), RTP_CONTENT },
	{ "SR without sender info", S("\x80\xc8\x00\x01" SSRC), RTP_CONTENT },
	{ "first is padded though another follows",
	  S("\xa0\xc9\x00\x02" SSRC "\x00\x00\x00\x04" RR0), RTP_PADDING },
	{ "padding of 0", S("\xa0\xc9\x00\x02" SSRC "\x00\x00\x00\x00"), RTP_PADDING },
	{ "padding of 3 is not a word", S("\xa0\xc9\x00\x02" SSRC "\x00\x00\x00\x03"),
	  RTP_PADDING },
	{ "padding larger than the packet", S("\xa0\xc9\x00\x02" SSRC "\x00\x00\x00\xf0"),
	  RTP_PADDING },
	{ "padding eats the SSRC", S("\xa0\xc9\x00\x01\x00\x00\x00\x04"), RTP_CONTENT },
	{ "SDES item over the end",
	  S(RR0 "\x81\xca\x00\x02" SSRC "\x01\xff"
	        "ab"),
	  RTP_CONTENT },
	{ "SDES without an end",
	  S(RR0 "\x81\xca\x00\x02" SSRC "\x01\x02"
	        "ab"),
	  RTP_CONTENT },
	{ "SDES promises two chunks", S(RR0 "\x82\xca\x00\x02" SSRC "\x00\x00\x00\x00"),
	  RTP_CONTENT },
	{ "BYE of 31 sources", S(RR0 "\x9f\xcb\x00\x01" SSRC), RTP_CONTENT },
	{ "BYE reason over the end",
	  S(RR0 "\x81\xcb\x00\x02" SSRC "\xff"
	        "abc"),
	  RTP_CONTENT },
	{ "APP without a name", S(RR0 "\x80\xcc\x00\x01" SSRC), RTP_CONTENT },
};

TEST(rtcp_check)
{
	for (size_t i = 0; i < COUNT(rtcp_rows); i++)
		CHECK(rtcp_check(test_guarded(rtcp_rows[i].in)) == rtcp_rows[i].want,
		      rtcp_rows[i].why);
}

TEST(rtp_is_rtcp)
{
	CHECK(!rtp_is_rtcp(SLICE("\x80")), "one octet decides nothing");
	CHECK(rtp_is_rtcp(SLICE(SR0)), "RFC 5761 §4");
	CHECK(!rtp_is_rtcp(SLICE("\x80\x80")), "PCMU with marker");
	CHECK(!rtp_is_rtcp(SLICE("\x80\xe0")), "dynamic type 96 with marker");
}

/* Packets of 20 ms at 8 kHz, `seq` as given, arriving `late_us` after their time. */
static void feed(struct rtp_stat *s, uint16_t seq, uint32_t n, uint32_t late_us)
{
	struct rtp_head h = { .type = 0, .seq = seq, .time = n * 160, .ssrc = 7 };

	rtp_stat_add(s, &h, 172, 1000000 + (uint64_t)n * 20000 + late_us, 0);
}

TEST(rtp_stat_loss)
{
	static const struct {
		const char *why;
		uint16_t seq[8];
		size_t count;
		uint64_t lost;
	} rows[] = {
		{ "in order", { 1, 2, 3, 4 }, 4, 0 },
		{ "one missing", { 1, 2, 4, 5 }, 4, 1 },
		{ "reordered", { 1, 3, 2, 4 }, 4, 0 },
		{ "duplicates hide no loss below zero", { 1, 1, 1, 2 }, 4, 0 },
		{ "wrap", { 65534, 65535, 0, 1 }, 4, 0 },
		{ "wrap with a loss", { 65534, 65535, 1, 2 }, 4, 1 },
		{ "late packet from before the wrap", { 65534, 0, 65535, 1 }, 4, 0 },
		{ "source restarts its numbers: A.1 believes the second",
		  { 1, 2, 30000, 30001, 30002 },
		  5,
		  0 },
		{ "a single wild number is no restart", { 1, 2, 30000, 3, 4 }, 5, 0 },
		{ "loss before a restart stays", { 1, 4, 30000, 30001, 30003 }, 5, 3 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rtp_stat s = { 0 };

		for (size_t n = 0; n < rows[i].count; n++)
			feed(&s, rows[i].seq[n], (uint32_t)n, 0);
		CHECK(rtp_stat_lost(&s) == rows[i].lost, rows[i].why);
		CHECK(s.packets == rows[i].count && s.octets == 172 * rows[i].count, rows[i].why);
	}
}

TEST(rtp_stat_ssrc)
{
	struct rtp_stat s = { 0 };
	struct rtp_head h = { .seq = 900, .time = 4711, .ssrc = 8 };

	CHECK(rtp_stat_lost(&s) == 0 && rtp_stat_jitter_us(&s, 0) == 0, "nothing came");
	feed(&s, 1, 0, 0);
	feed(&s, 3, 2, 0);
	rtp_stat_add(&s, &h, 172, 2000000, 0);
	CHECK(rtp_stat_lost(&s) == 1, "another source starts anew, losses add up");
}

TEST(rtp_stat_jitter)
{
	struct rtp_stat s = { 0 };
	struct rtp_head event = { .type = 101, .seq = 500, .time = 500 * 160, .ssrc = 7 };

	for (uint16_t n = 0; n < 500; n++)
		feed(&s, n, n, 0);
	CHECK(rtp_stat_jitter_us(&s, 0) == 0, "every packet on time");
	for (uint16_t n = 0; n < 3; n++) { /* RFC 4733 §2.5.1.2: same timestamp */
		rtp_stat_add(&s, &event, 16, 1000000 + 500 * 20000 + n * 20000ull, 0);
		event.seq++;
	}
	CHECK(rtp_stat_jitter_us(&s, 0) == 0, "events repeat their timestamp and are not late");
	for (uint16_t n = 503; n < 1503; n++)
		feed(&s, n, n, n % 2 * 4000);
	CHECK(rtp_stat_jitter_us(&s, 0) > 3500 && rtp_stat_jitter_us(&s, 0) < 4100,
	      "A.8: the mean of |D| is 4 ms");
	feed(&s, 1503, 900000, 0);
	CHECK(rtp_stat_jitter_us(&s, 0) < 4100, "a timestamp that leaps by hours is no jitter");
}

TEST(rtp_fault_text)
{
	CHECK(slice_eq(slice_str(rtp_fault_text(RTP_VERSION)), SLICE("version is not 2")), "table");
	CHECK(rtp_fault_text((enum rtp_fault)99) != NULL, "any number has a text");
}
