#include "cli/until.h"

#include "base/test.h"

enum { NOW = 1000000000 };

static const struct {
	const char *why;
	struct slice word;
	enum tg_err err;
	uint64_t begin, end;
} rows[] = {
	{ "minutes", SLICE_INIT("30m"), TG_OK, NOW + 1800, NOW + 1800 },
	{ "hours", SLICE_INIT("12h"), TG_OK, NOW + 43200, NOW + 43200 },
	{ "days", SLICE_INIT("7d"), TG_OK, NOW + 604800, NOW + 604800 },
	{ "a day begins, or ends", SLICE_INIT("2031-01-31"), TG_OK, 1927584000, 1927670400 },
	{ "a minute", SLICE_INIT("2031-01-31T18:30"), TG_OK, 1927650600, 1927650600 },
	{ "a second", SLICE_INIT("2031-01-31T18:30:01"), TG_OK, 1927650601, 1927650601 },
	{ "a leap day", SLICE_INIT("2028-02-29"), TG_OK, 1835395200, 1835481600 },
	{ "no leap year", SLICE_INIT("2031-02-29"), TG_EBAD, 0, 0 },
	{ "31 April", SLICE_INIT("2031-04-31"), TG_EBAD, 0, 0 },
	{ "month 0", SLICE_INIT("2031-00-01"), TG_EBAD, 0, 0 },
	{ "hour 24", SLICE_INIT("2031-01-31T24:00"), TG_EBAD, 0, 0 },
	{ "half a minute", SLICE_INIT("2031-01-31T10:3"), TG_EBAD, 0, 0 },
	{ "behind it", SLICE_INIT("2031-01-31T10:30:00Z"), TG_EBAD, 0, 0 },
	{ "other unit", SLICE_INIT("3w"), TG_EBAD, 0, 0 },
	{ "no unit", SLICE_INIT("30"), TG_EBAD, 0, 0 },
	{ "negative", SLICE_INIT("-3d"), TG_EBAD, 0, 0 },
	{ "for ages", SLICE_INIT("999999999d"), TG_EBAD, 0, 0 },
	{ "nothing", SLICE_INIT(""), TG_EBAD, 0, 0 },
};

TEST(until_parse)
{
	struct tg_zone zone;

	tg_zone_utc(&zone);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct slice word = test_guarded(rows[i].word);
		uint64_t begin = 0, end = 0;

		CHECK(until_parse(&begin, word, &zone, NOW, false) == rows[i].err, rows[i].why);
		CHECK(until_parse(&end, word, &zone, NOW, true) == rows[i].err, rows[i].why);
		CHECK(begin == rows[i].begin && end == rows[i].end, rows[i].why);
	}
}
