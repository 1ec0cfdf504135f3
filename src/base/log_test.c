#include "base/log.h"

#include "base/test.h"

#include <stdio.h>

#define S SLICE_INIT

/** A sink that keeps the last line and counts. */
struct kept {
	char text[LOG_LINE_MAX];
	size_t len;
	unsigned lines;
	size_t bytes;
};

static void keep(void *ctx, struct slice line)
{
	struct kept *k = ctx;

	CHECK(line.len > 0 && line.len <= sizeof(k->text), "never longer than the limit");
	CHECK(slice_find(line, '\n') == line.len - 1, "one event is one line");
	memcpy(k->text, line.p, line.len);
	k->len = line.len;
	k->lines++;
	k->bytes += line.len;
}

static bool kept_has(const struct kept *k, const char *part)
{
	return memmem(k->text, k->len, part, strlen(part)) != NULL;
}

TEST(log_line)
{
	struct kept k = { 0 };
	struct tg_log log;
	struct tg_addr from = { 0 };

	log_init(&log, SLICE("edge:0"), keep, &k);
	log_set_time(&log, 5, 978671045789); /* 2001-01-05 */
	CHECK(tg_addr_parse(&from, SLICE("192.0.2.7:5060"), 0) == TG_OK, "address");
	log_event(&log, EV_CALL_REFUSED, LOG_CAUSE("rule", SLICE("no-route")),
	          LOG_ADDR("from", &from), LOG_STR("to", SLICE("+34 911\"")),
	          LOG_U64("status", 403), LOG_END);
	CHECK(slice_eq(
		      slice_of(k.text, k.len),
		      SLICE("ts=2001-01-05T05:04:05.789Z level=warn proc=edge:0 event=call_refused "
	                    "rule=no-route from=192.0.2.7:5060 to=\"+34 911\\\"\" status=403\n")),
	      "the whole line");
	log_event(&log, EV_STATE_MOVED, LOG_END);
	CHECK(k.lines == 1 && log.count[EV_STATE_MOVED] == 1,
	      "below the level: counted, not written");
	log_event(&log, EV_CALL_ENDED, LOG_ADDR("from", NULL), LOG_I64("status", INT64_MIN),
	          LOG_END);
	CHECK(kept_has(&k, " from=- status=-9223372036854775808\n"), "no address; negative");
	log_event(NULL, EV_CALL_ENDED, LOG_END);
	log.sink = NULL;
	log_event(&log, EV_CALL_ENDED, LOG_END);
	CHECK(k.lines == 2, "no log, no line");
}

TEST(log_time)
{
	static const struct {
		uint64_t wall_ms;
		const char *want;
	} rows[] = {
		{ 0, "ts=1970-01-01T00:00:00.000Z " },
		{ 951782399999, "ts=2000-02-28T23:59:59.999Z " },
		{ 951782400000, "ts=2000-02-29T00:00:00.000Z " },
		{ 1709251199000, "ts=2024-02-29T23:59:59.000Z " },
		{ 4102444800000, "ts=2100-01-01T00:00:00.000Z " },
		{ 4107542400000, "ts=2100-03-01T00:00:00.000Z " },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct kept k = { 0 };
		struct tg_log log;

		log_init(&log, SLICE("t"), keep, &k);
		log_set_time(&log, 0, rows[i].wall_ms);
		log_event(&log, EV_PROCESS_STARTED, LOG_END);
		CHECK(kept_has(&k, rows[i].want), rows[i].want);
	}
}

TEST(log_value_escapes)
{
	static const struct {
		const char *why;
		struct slice in;
		const char *want;
	} rows[] = {
		{ "plain", S("sip:101@pbx"), "sip:101@pbx" },
		{ "empty", S(""), "\"\"" },
		{ "blank", S("a b"), "\"a b\"" },
		{ "looks like a field", S("a=b"), "\"a=b\"" },
		{ "quote and backslash", S("\"\\"), "\"\\\"\\\\\"" },
		{ "F3 forges a line", S("x\r\nts=1 event=y"), "\"x\\r\\nts=1 event=y\"" },
		{ "F3 ESC clears the screen", S("\x1b[2J"), "\"\\x1b[2J\"" },
		{ "F3 NUL ends it for C", S("a\0b"), "\"a\\x00b\"" },
		{ "F3 bidi override", S("\xe2\x80\xae" "abc"), "\"\\u{202e}abc\"" },
		{ "F3 bidi isolate", S("\xe2\x81\xa6" "abc"), "\"\\u{2066}abc\"" },
		{ "F3 zero width space", S("a\xe2\x80\x8b" "b"), "\"a\\u{200b}b\"" },
		{ "line separator", S("\xe2\x80\xa8"), "\"\\u{2028}\"" },
		{ "C1 CSI in UTF-8", S("\xc2\x9b" "2J"), "\"\\u{9b}2J\"" },
		{ "C1 CSI as one octet", S("\x9b" "2J"), "\"\\x9b2J\"" },
		{ "tag characters", S("\xf3\xa0\x81\x81"), "\"\\u{e0041}\"" },
		{ "letters stay", S("Jos\xc3\xa9"), "\"Jos\xc3\xa9\"" },
		{ "F5 stays literal", S("%n${jndi:x}"), "%n${jndi:x}" },
		{ "tab and DEL", S("\t\x7f"), "\"\\t\\x7f\"" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[256];
		struct buf b = buf_on(text, sizeof(text));

		log_write_value(&b, test_guarded(rows[i].in));
		CHECK(slice_eq(buf_slice(&b), slice_str(rows[i].want)), rows[i].why);
	}
}

TEST(log_cut)
{
	struct kept k = { 0 };
	struct tg_log log;
	char big[3000], text[256];
	struct buf b = buf_on(text, sizeof(text));

	memset(big, 'a', sizeof(big));
	log_write_value(&b, slice_of(big, LOG_TEXT_MAX));
	CHECK(b.len == LOG_TEXT_MAX, "just fits");
	b.len = 0;
	log_write_value(&b, slice_of(big, sizeof(big)));
	CHECK(b.len == LOG_TEXT_MAX + 5 && slice_eq(slice_of(text + b.len - 4, 4), SLICE("…\"")),
	      "cut");
	memcpy(big + LOG_TEXT_MAX - 1, "\xc3\xa9", 2);
	b.len = 0;
	log_write_value(&b, slice_of(big, sizeof(big)));
	CHECK(slice_eq(slice_of(text + LOG_TEXT_MAX, 4), SLICE("…\"")), "no half character");
	memset(big, 1, sizeof(big)); /* four octets each once escaped */
	log_init(&log, SLICE("edge:0"), keep, &k);
	log.suppressed[EV_CALL_ENDED] = UINT64_MAX;
	log_event(&log, EV_CALL_ENDED, LOG_STR("from", slice_of(big, sizeof(big))),
	          LOG_STR("to", slice_of(big, sizeof(big))), LOG_U64("status", 200), LOG_END);
	CHECK(kept_has(&k, " status=200 suppressed=18446744073709551615 cut=1\n"),
	      "a field that does not fit is left out whole, and the line says so");
	CHECK(!kept_has(&k, " to="), "left out");
}

TEST(log_limits_per_cause)
{
	struct kept k = { 0 };
	struct tg_log log;

	log_init(&log, SLICE("edge:0"), keep, &k);
	for (int i = 0; i < 1000; i++)
		log_event(&log, EV_CALL_REFUSED, LOG_CAUSE("rule", SLICE("stranger")), LOG_END);
	CHECK(k.lines == LOG_CAUSE_BURST, "a burst of one cause");
	log_event(&log, EV_CALL_REFUSED, LOG_CAUSE("rule", SLICE("no-route")), LOG_END);
	CHECK(k.lines == LOG_CAUSE_BURST + 1, "another cause is still heard");
	CHECK(kept_has(&k, " suppressed=990\n"), "and tells what was not written");
	for (int i = 0; i < 1000; i++)
		log_event(&log, EV_STRAY_REPLY, LOG_END);
	CHECK(k.lines == LOG_CAUSE_BURST + 1 + LOG_EVENT_BURST, "each event has its own limit");
	log_set_time(&log, LOG_EVENT_PERIOD_MS, 0);
	log_event(&log, EV_STRAY_REPLY, LOG_END);
	log_event(&log, EV_STRAY_REPLY, LOG_END);
	CHECK(k.lines == LOG_CAUSE_BURST + 2 + LOG_EVENT_BURST, "then one a period");
	for (int i = 0; i < 1000; i++)
		log_event(&log, EV_CALL_ENDED, LOG_END);
	CHECK(k.lines == LOG_CAUSE_BURST + 2 + LOG_EVENT_BURST + 1000, "FREE rows are not limited");
}

TEST(log_under_attack)
{
	struct kept k = { 0 };
	struct tg_log log;
	char nasty[LOG_TEXT_MAX];

	memset(nasty, 0x1b, sizeof(nasty));
	log_init(&log, SLICE("edge:0"), keep, &k);
	for (uint64_t ms = 0; ms < 60000; ms++) { /* 50,000 bad packets a second, of five kinds */
		log_set_time(&log, ms, ms);
		for (int i = 0; i < 10; i++) {
			struct slice text = slice_of(nasty, sizeof(nasty));
			char cause[8];

			(void)snprintf(cause, sizeof(cause), "rule%d", (int)(ms % 30));
			for (enum log_event_id e = EV_PACKET_REFUSED; e <= EV_STRAY_REPLY; e++)
				log_event(&log, e, LOG_CAUSE("rule", slice_str(cause)),
				          LOG_STR("from", text), LOG_END);
			log_event(&log, EV_REGISTER_REFUSED, LOG_STR("account", text), LOG_END);
			log_event(&log, EV_CALL_REFUSED, LOG_STR("to", text), LOG_END);
			log_event(&log, EV_UNEXPECTED_STATE, LOG_STR("state", text), LOG_END);
		}
	}
	CHECK(k.bytes < 1000000, "D17: less than 1 MB a minute");
	CHECK(k.lines > 100, "but not silent");
}

TEST(log_rows)
{
	for (unsigned e = 0; e < EV_COUNT; e++) {
		const struct log_row *row = log_row((enum log_event_id)e);
		struct slice name = slice_str(row->name);

		for (size_t i = 0; i < name.len; i++)
			CHECK((name.p[i] >= 'a' && name.p[i] <= 'z') || name.p[i] == '_',
			      row->name);
		CHECK(row->help[0] != '\0' && row->fields[0] != '\0', row->name);
		CHECK(strcmp(log_level_name(row->level), "unknown") != 0, row->name);
	}
}
