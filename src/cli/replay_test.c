#include "cli/replay.h"

#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define HEAD                                                                                       \
	"accountcode,src,dst,dcontext,clid,channel,dstchannel,lastapp,lastdata,start,answer,end,"  \
	"duration,billsec,disposition,amaflags,uniqueid,userfield,rule,trunk\r\n"

struct told {
	uint32_t line, count;
	char why[128];
};

static void on_wrong(void *ctx, uint32_t line, const char *why)
{
	struct told *t = ctx;

	t->line = line;
	t->count++;
	snprintf(t->why, sizeof(t->why), "%s", why);
}

/** Read text as a file. */
static enum tg_err read_text(struct replay_records *out, const char *text, bool lenient,
                             struct told *told)
{
	static struct tg_zone zone;
	char path[] = "/tmp/tg_replay_XXXXXX";
	struct replay_reading how = { .path = path, .lenient = lenient, .zone = &zone, .ctx = told,
		                      .wrong = on_wrong };
	int fd = mkstemp(path);
	enum tg_err err;

	memset(told, 0, sizeof(*told));
	tg_zone_utc(&zone);
	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), "a file");
	close(fd);
	err = replay_read(out, &how);
	unlink(path);
	return err;
}

#define TIMES "2026-01-02 10:00:00,2026-01-02 10:00:05,2026-01-02 10:01:05"
#define ROW(dst) "101,101," dst ",from-internal,x,SIP/a-1,SIP/b-1,Dial,b," TIMES ",65,60,ANSWERED,"

static const struct {
	const char *why, *text;
	enum tg_err err;
	uint32_t line;
	const char *told;
} rows[] = {
	{ "Asterisk, 18 columns", ROW("911234567") "DOC,1.1,\n", TG_OK, 0, NULL },
	{ "16 columns, as cdr.conf has it", ROW("911234567") "DOC\n", TG_OK, 0, NULL },
	{ "our heading", HEAD ROW("911234567") "DOC,1.1,,where,b\r\n", TG_OK, 0, NULL },
	{ "no newline at the end", ROW("1") "DOC,1.1,", TG_OK, 0, NULL },
	{ "an empty file", "", TG_OK, 0, NULL },
	{ "blank lines", "\n\r\n", TG_OK, 0, NULL },
	{ "too few cells", HEAD "a,b\r\n", TG_EBAD, 2, "fewer than the 16" },
	{ "an open quote", "\"a,b\n", TG_EBAD, 1, "a quote" },
	{ "text behind a quote", "\"a\"b,c\n", TG_EBAD, 1, "a quote" },
	{ "no time", "1,1,2,c,c,c,c,c,c,yesterday,,2026-01-02 10:00:00,1,1,BUSY,D\n", TG_EBAD, 1,
	  "start is not a time" },
	{ "month 13", "1,1,2,c,c,c,c,c,c,2026-13-02 10:00:00,,2026-01-02 10:00:00,1,1,BUSY,D\n",
	  TG_EBAD, 1, "start is not a time" },
	{ "the end before the start",
	  "1,1,2,c,c,c,c,c,c,2026-01-02 10:00:00,,2026-01-02 09:00:00,1,0,BUSY,D\n", TG_EBAD, 1,
	  "end is not a time after" },
	{ "answered before it began",
	  "1,1,2,c,c,c,c,c,c,2026-01-02 10:00:00,2026-01-01 10:00:00,2026-01-02 10:00:00,1,0,"
	  "ANSWERED,D\n", TG_EBAD, 1, "answer is not a time after" },
	{ "negative talk", "1,1,2,c,c,c,c,c,c," TIMES ",1,-1,ANSWERED,D\n", TG_EBAD, 1, "billsec" },
	{ "talk for ever", "1,1,2,c,c,c,c,c,c," TIMES ",1,99999999999,ANSWERED,D\n", TG_EBAD, 1,
	  "billsec" },
};

TEST(replay_read)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct replay_records r;
		struct told told;
		enum tg_err err = read_text(&r, rows[i].text, false, &told);

		if (err == TG_OK)
			replay_free(&r);
		CHECK(err == rows[i].err, rows[i].why);
		CHECK(told.line == rows[i].line, rows[i].why);
		CHECK(rows[i].told == NULL || strncmp(told.why, rows[i].told,
		                                      strlen(rows[i].told)) == 0, rows[i].why);
		CHECK(read_text(&r, rows[i].text, true, &told) == TG_OK && told.count == 0 &&
		      r.skipped == (rows[i].err != TG_OK), rows[i].why);
		replay_free(&r);
	}
}

TEST(replay_read_cells)
{
	struct replay_records r;
	struct told told;
	const struct replay_call *c;

	CHECK(read_text(&r, HEAD
	                "bob,bob,\"'+34911234567\",account,\"\"\"B, x\"\" <bob>\",c,c,c,c," TIMES
	                ",65,60,ANSWERED,D,1,,r,t\r\n"
	                "101,101,112,pbx,c,SIP/my-pbx-0123456789abcdef,c,c,c,2026-01-02 09:00:00,,"
	                "2026-01-02 09:00:09,9,0,NO ANSWER,D,1,,r,t\r\n"
	                ",+349,9,trunk,c,c,c,c,c," TIMES ",65,60,ANSWERED,D,1,,r,t\r\n",
	                false, &told) == TG_OK && r.count == 3 && r.ours, "ours");
	c = &r.call[0];
	CHECK(c->line == 3 && c->party == POLICY_PBX && !c->answered && c->ring_s == 9 &&
	      slice_eq(replay_name(&r, c->peer), SLICE("my-pbx")), "by time; a PBX, not answered");
	c = &r.call[1];
	CHECK(slice_eq(replay_dialled(&r, c), SLICE("+34911234567")),
	      "F2: the apostrophe of a tame cell is not dialled");
	CHECK(slice_eq(replay_name(&r, c->account), SLICE("bob")) && c->party == POLICY_ACCOUNT &&
	      c->ring_s == 5 && c->talk_s == 60 && c->start_ms == UINT64_C(1767348000000), "bob");
	CHECK(r.call[2].party == POLICY_TRUNK && r.call[2].account == 0, "from outside");
	CHECK(replay_is_caller(&r, SLICE("101")) && !replay_is_caller(&r, SLICE("+349")), "names");
	replay_free(&r);
}

static const char site[] =
	"site: { name: t, data: /nonexistent/tollgate }\n"
	"interfaces: [{ name: lan, listen: 127.0.0.1:5060, side: inside },"
	" { name: wan, listen: 127.0.0.1:5080, side: outside }]\n"
	"trunks: [{ name: b, interface: wan, address: 198.51.100.5, register: false,"
	" username: u, calls: 9 }]\n"
	"numbers: { home: ES }\nmoney: { currency: EUR, zone: UTC }\n"
	"outbound: { emergency: [\"112\"], trunks: [b] }\n"
	"rules: { first-use: { mode: off }, hours: { mode: off } }\n";

static struct conf *conf_with(const char *more)
{
	static struct conf_mistakes mistakes;
	char mem[4096];
	struct conf *conf = NULL;
	struct buf b = buf_on(mem, sizeof(mem));

	buf_str(&b, site);
	buf_str(&b, more);
	if (conf_parse(&conf, buf_slice(&b), &mistakes) == TG_EBAD)
		fprintf(stderr, "%s\n", mistakes.at[0].text);
	return conf;
}

static const struct {
	const char *why, *dst, *more;
	enum replay_outcome outcome;
	const char *rule;
	tg_micro cost;
} verdicts[] = {
	/* 60 s at 0.10 a minute and 0.10 for the connection, by the band */
	{ "let out and billed", "911234567", "", REPLAY_ALLOWED, "where", 200000 },
	{ "closed", "0033140000000", "", REPLAY_REFUSED, "where-territory", 0 },
	{ "no money", "911234567", "budgets: [{ for: site, day: 0.10 }]\n", REPLAY_REFUSED,
	  "limit-day", 0 },
	{ "emergency", "112", "budgets: [{ for: site, day: 0.10 }]\n", REPLAY_EMERGENCY,
	  "emergency", 0 },
	{ "a colleague", "101", "", REPLAY_INSIDE, "account", 0 },
	{ "cut short by the length", "911234567", "budgets: [{ for: site, call-length: 30 }]\n",
	  REPLAY_CUT, "where", 200000 },
};

/** The one call of the records under this configuration; false without memory. */
static bool run_one(const struct conf *conf, const struct replay_records *r, size_t i)
{
	struct replay_side side = { .conf = conf };
	char why[REPLAY_WHY_MAX];
	bool ran = conf != NULL && replay_run(&side, r, NULL, NULL, why) == TG_OK, ok;

	ok = ran && side.result[0].outcome == verdicts[i].outcome &&
	     slice_eq(side.rule[side.result[0].rule], slice_str(verdicts[i].rule)) &&
	     side.cost == verdicts[i].cost;
	replay_side_free(&side);
	return ok;
}

TEST(replay_run)
{
	for (size_t i = 0; i < COUNT(verdicts); i++) {
		struct replay_records r = { 0 };
		struct conf *conf;
		struct told told;
		char text[512];
		bool ok;

		snprintf(text, sizeof(text), ROW("%s") "DOC,1.1,\n", verdicts[i].dst);
		CHECK(read_text(&r, text, false, &told) == TG_OK, "read");
		conf = conf_with(verdicts[i].more);
		ok = run_one(conf, &r, i);
		replay_free(&r);
		conf_free(conf);
		CHECK(ok, verdicts[i].why);
	}
}
