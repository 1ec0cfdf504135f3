#include "cli/csv.h"

#include <stdio.h>

#include "base/test.h"

static const struct {
	const char *why, *in, *tame, *raw;
} cells[] = {
	{ "plain", "101", "101", "101" },
	{ "empty", "", "", "" },
	{ "comma", "a,b", "\"a,b\"", "\"a,b\"" },
	{ "quote", "a\"b", "\"a\"\"b\"", "\"a\"\"b\"" },
	{ "F2: formula", "=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\"", "=cmd|' /C calc'!A0" },
	{ "F2: plus", "+34911234567", "\"'+34911234567\"", "+34911234567" },
	{ "F2: minus", "-1+1", "\"'-1+1\"", "-1+1" },
	{ "F2: at", "@SUM(1)", "\"'@SUM(1)\"", "@SUM(1)" },
	{ "F2: tab before a formula", "\t=1", "\"' =1\"", "\" =1\"" },
	{ "F2: carriage return", "\r=1", "\"' =1\"", "\" =1\"" },
	{ "F3: one record, one line", "a\r\nb", "a  b", "a  b" },
	{ "F3: escape", "a\x1b[2J", "a [2J", "a [2J" },
	{ "C1 control", "a\xc2\x9b" "b", "a b", "a b" },
	{ "blanks survive", " a ", "\" a \"", "\" a \"" },
	{ "UTF-8", "Jos\xc3\xa9", "Jos\xc3\xa9", "Jos\xc3\xa9" },
	{ "broken UTF-8", "a\xff", "a\xef\xbf\xbd", "a\xef\xbf\xbd" },
	{ "F5: never a format", "%n%s${jndi:x}", "%n%s${jndi:x}", "%n%s${jndi:x}" },
};

TEST(cells_are_quoted_and_tamed)
{
	for (size_t i = 0; i < COUNT(cells); i++) {
		char mem[64];
		struct buf b = buf_on(mem, sizeof(mem));

		csv_cell(&b, test_guarded(slice_str(cells[i].in)), true);
		CHECK(slice_eq(buf_slice(&b), slice_str(cells[i].tame)), cells[i].why);
		b.len = 0;
		csv_cell(&b, test_guarded(slice_str(cells[i].in)), false);
		CHECK(slice_eq(buf_slice(&b), slice_str(cells[i].raw)), cells[i].why);
	}
}

static void set(struct link_text *to, const char *s)
{
	link_text_set(to, slice_str(s));
}

static struct vault_record record(void)
{
	struct vault_record r = { .call = 0x1234, .start_ms = 981173106000,
		                  .answer_ms = 981173109500, .end_ms = 981173119000,
		                  .talk_ms = 9500, .status = 200,
		                  .cause = 16, .by = LINK_END_A, .a_party = LINK_PARTY_ACCOUNT,
		                  .b_party = LINK_PARTY_TRUNK };

	set(&r.account, "101");
	set(&r.source, "101");
	set(&r.dialled, "0034911");
	set(&r.name, "Ana \"=1\"");
	set(&r.a_peer, "101");
	set(&r.b_peer, "acme");
	set(&r.rule, "outbound");
	r.media[0] = (struct link_media_stat){ .packets = 99, .lost = 1, .jitter_us = 2345 };
	return r;
}

TEST(records_begin_as_asterisk_writes_them)
{
	static const char want[] =
		"101,101,0034911,account,\"\"\"Ana \"\"=1\"\"\"\" <101>\","
		"SIP/101-0000000000001234,SIP/acme-0000000000001234,Dial,acme,"
		"2001-02-03 04:05:06,2001-02-03 04:05:09,2001-02-03 04:05:19,13,9,ANSWERED,"
		"DOCUMENTATION,981173106.0000000000001234,,"
		"outbound,acme,200,16,a,,b,99,1.00,2.3,0,0.00,0.0\r\n";
	struct vault_record r = record();
	char mem[CSV_LINE_MAX];
	struct buf b = buf_on(mem, sizeof(mem));

	csv_record(&b, &r, true);
	if (!slice_eq(buf_slice(&b), SLICE(want)))
		fprintf(stderr, "got:\n%.*swant:\n%s", SLICE_FMT(buf_slice(&b)), want);
	CHECK(slice_eq(buf_slice(&b), SLICE(want)), "R118");
	b.len = 0;
	csv_heading(&b);
	CHECK(slice_starts(buf_slice(&b),
	                   SLICE("accountcode,src,dst,dcontext,clid,channel,dstchannel,lastapp,"
	                         "lastdata,start,answer,end,duration,billsec,disposition,amaflags,"
	                         "uniqueid,userfield,rule,trunk,")), "R118: the order");
}

static size_t columns(struct slice line)
{
	bool quoted = false;
	size_t n = 1;

	for (size_t i = 0; i < line.len; i++) {
		if (line.p[i] == '"')
			quoted = !quoted;
		n += line.p[i] == ',' && !quoted;
	}
	return n;
}

TEST(whatever_stands_in_it_a_record_is_one_line_of_as_many_columns)
{
	char longest[128], mem[CSV_LINE_MAX], head[1024];
	struct buf heading = buf_on(head, sizeof(head)), b = buf_on(mem, sizeof(mem));
	struct vault_record r = record();
	struct link_text *texts[] = { &r.account, &r.source, &r.dialled, &r.name, &r.a_peer,
		                      &r.b_peer, &r.rule };

	csv_heading(&heading);
	memset(longest, '"', sizeof(longest));
	for (size_t i = 0; i < COUNT(texts); i++)
		link_text_set(texts[i], slice_of(longest, 127));
	csv_record(&b, &r, true);
	CHECK(!b.full, "CSV_LINE_MAX is enough for the worst");
	CHECK(columns(buf_slice(&b)) == columns(buf_slice(&heading)), "quotes");
	for (size_t i = 0; i < COUNT(texts); i++)
		set(texts[i], "=1,\r\n\"x");
	b.len = 0;
	csv_record(&b, &r, true);
	CHECK(columns(buf_slice(&b)) == columns(buf_slice(&heading)), "commas");
	CHECK(slice_find(buf_slice(&b), '\n') == b.len - 1, "one line");
}
