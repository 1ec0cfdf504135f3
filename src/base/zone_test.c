#include "base/zone.h"

#include "base/buf.h"
#include "base/test.h"

#define S SLICE_INIT

static struct slice zone_file(const char *name)
{
	char path[512];
	struct buf b = buf_on(path, sizeof(path));

	buf_fmt(&b, "%s/vectors/zone/%s%c", test_data_dir(), name, 0);
	CHECK(!b.full, "a path that fits");
	return test_file(path);
}

static void load(struct tg_zone *z, const char *name)
{
	CHECK(tg_zone_parse(z, test_guarded(zone_file(name))) == TG_OK, name);
}

/* Expected values from Python's zoneinfo. */
static const struct {
	const char *why, *zone;
	int64_t utc;
	int32_t offset, year;
	uint8_t month, mday, weekday;
	uint32_t second;
} rows[] = {
	{ "the second before summer time", "Madrid", 1774745999, 3600, 2026, 3, 29, 6, 7199 },
	{ "summer time: 02:00 becomes 03:00", "Madrid", 1774746000, 7200, 2026, 3, 29, 6, 10800 },
	{ "the last second of summer time", "Madrid", 1792889999, 7200, 2026, 10, 25, 6, 10799 },
	{ "03:00 becomes 02:00", "Madrid", 1792890000, 3600, 2026, 10, 25, 6, 7200 },
	{ "footer: a summer beyond the table", "Madrid", 7268400000, 7200, 2200, 4, 30, 2, 7200 },
	{ "footer: the last Sunday of March", "Madrid", 7265725200 - 1, 3600, 2200, 3, 30, 6, 7199 },
	{ "footer: a leap year's end", "Madrid", 13569465599, 3600, 2400, 1, 1, 5, 3599 },
	{ "before all tables: local mean time", "Madrid", -3000000000, -884, 1874, 12, 7, 0, 66316 },
	{ "half an hour of daylight saving ends", "Lord_Howe", 1775314800 - 1, 39600, 2026, 4, 5, 6, 7199 },
	{ "02:00 becomes 01:30", "Lord_Howe", 1775314800, 37800, 2026, 4, 5, 6, 5400 },
	{ "it begins: 02:00 becomes 02:30", "Lord_Howe", 1791041400, 39600, 2026, 10, 4, 6, 9000 },
	{ "southern: January is summer, by footer", "Lord_Howe", 4102444800, 39600, 2100, 1, 1, 4, 39600 },
	{ "southern: July is winter, by footer", "Lord_Howe", 4118083200, 37800, 2100, 7, 1, 3, 37800 },
	{ "Samoa before the day that was not", "Apia", 1325239199, -36000, 2011, 12, 29, 3, 86399 },
	{ "and after", "Apia", 1325239200, 50400, 2011, 12, 31, 5, 0 },
	{ "a summer that ended a minute after midnight", "St_Johns", 1162089060, -12600, 2006, 10, 28, 5, 82860 },
	{ "negative daylight saving, by footer", "Casablanca", 4102444800, 3600, 2100, 1, 1, 4, 3600 },
};

TEST(zone_local)
{
	static struct tg_zone z;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct tg_local l;

		load(&z, rows[i].zone);
		tg_zone_local(&z, rows[i].utc, &l);
		CHECK(l.offset == rows[i].offset, rows[i].why);
		CHECK(l.year == rows[i].year && l.month == rows[i].month && l.mday == rows[i].mday,
		      rows[i].why);
		CHECK(l.weekday == rows[i].weekday && l.second == rows[i].second, rows[i].why);
		CHECK(l.day == tg_days_of(l.year, l.month, l.mday), "the date is that of the day");
	}
}

TEST(zone_leap_seconds)
{
	static struct tg_zone leap;

	/* the wrong file for a clock that counts none, but it is read, the records skipped */
	load(&leap, "Madrid_leap");
	CHECK(tg_zone_offset(&leap, 1774746000 - 3600) == 3600, "winter");
	CHECK(tg_zone_offset(&leap, 1774746000 + 3600) == 7200, "summer");
}

static const struct {
	const char *why, *zone;
	int64_t local, utc;
} firsts[] = {
	{ "an ordinary midnight", "Madrid", 1774742400, 1774742400 - 3600 },
	{ "a skipped time: the end of the gap", "Madrid", 1774746000 + 3600 + 1800, 1774746000 },
	{ "the first instant of the gap", "Madrid", 1774746000 + 3600, 1774746000 },
	{ "a repeated time: the first pass", "Madrid", 1792890000 + 3600 + 60, 1792886400 + 60 },
	{ "the end of the repeated hour", "Madrid", 1792890000 + 7200, 1792890000 + 3600 },
	{ "a day that was not", "Apia", 1325203200, 1325239200 },
	{ "midnight that was seen, then left again", "St_Johns", 1162080000, 1162089000 },
};

TEST(zone_first)
{
	static struct tg_zone z;

	for (size_t i = 0; i < COUNT(firsts); i++) {
		load(&z, firsts[i].zone);
		CHECK(tg_zone_first(&z, firsts[i].local) == firsts[i].utc, firsts[i].why);
	}
}

TEST(zone_days)
{
	CHECK(tg_days_of(1970, 1, 1) == 0, "the epoch");
	CHECK(tg_days_of(2000, 3, 1) - tg_days_of(2000, 2, 28) == 2, "2000 was a leap year");
	CHECK(tg_days_of(2100, 3, 1) - tg_days_of(2100, 2, 28) == 1, "2100 will be none");
	CHECK(tg_days_of(1969, 12, 31) == -1, "before the epoch");
}

TEST(zone_prefixes)
{
	static struct tg_zone z;
	struct slice file = zone_file("Lord_Howe");

	for (size_t n = 0; n < file.len; n++)
		CHECK(tg_zone_parse(&z, test_guarded(slice_head(file, n))) == TG_EBAD,
		      "a file that ends too early");
}

/* A file with no change, one type of +01:00 and this footer. */
static struct slice made(char *mem, size_t cap, struct slice footer)
{
	static const char zeros[64];
	struct buf b = buf_on(mem, cap);
	struct slice head = SLICE("TZif2");
	struct slice counts = SLICE("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\4");

	buf_put(&b, head);
	buf_put(&b, slice_of(zeros, 15));
	buf_put(&b, slice_of(zeros, 24)); /* the version 1 block is empty */
	buf_put(&b, head);
	buf_put(&b, slice_of(zeros, 15));
	buf_put(&b, counts);
	buf_put(&b, SLICE("\0\0\x0e\x10\0\0X+1\0"));
	buf_chr(&b, '\n');
	buf_put(&b, footer);
	buf_chr(&b, '\n');
	CHECK(!b.full, "room for the file");
	return buf_slice(&b);
}

static const struct {
	const char *why;
	struct slice footer;
	enum tg_err err;
	int64_t utc;
	int32_t offset;
} footers[] = {
	{ "none: the type holds", S(""), TG_OK, 0, 3600 },
	{ "a fixed offset, west is positive", S("EST5"), TG_OK, 0, -18000 },
	{ "quoted name, minutes", S("<+0545>-5:45"), TG_OK, 0, 20700 },
	{ "RFC 9636 §3.3.1: hours beyond a day", S("<-02>2<-01>,M3.5.0/-1,M10.5.0/0"), TG_OK,
	  1782864000, -3600 },
	{ "RFC 9636 §3.3.2: daylight saving all year", S("XXX3EDT4,0/0,J365/23"), TG_OK, 1782864000,
	  -14400 },
	{ "all year, at the seam", S("XXX3EDT4,0/0,J365/23"), TG_OK, 1767236400, -14400 },
	{ "J60 is 1 March in a leap year, too", S("AAA0BBB,J60/0,J300"), TG_OK, 1709251200 - 1, 0 },
	{ "J60 is 1 March in a leap year, too", S("AAA0BBB,J60/0,J300"), TG_OK, 1709251200, 3600 },
	{ "59 is 29 February then", S("AAA0BBB,59/0,J300"), TG_OK, 1709164800, 3600 },
	{ "name too short", S("ES5"), TG_EBAD, 0, 0 },
	{ "name not closed", S("<EST5"), TG_EBAD, 0, 0 },
	{ "no offset", S("EST"), TG_EBAD, 0, 0 },
	{ "offset beyond a day", S("EST25"), TG_EBAD, 0, 0 },
	{ "daylight saving without a rule", S("EST5EDT"), TG_EBAD, 0, 0 },
	{ "half a rule", S("EST5EDT,M3.2.0"), TG_EBAD, 0, 0 },
	{ "month 13", S("EST5EDT,M13.2.0,M11.1.0"), TG_EBAD, 0, 0 },
	{ "week 0", S("EST5EDT,M3.0.0,M11.1.0"), TG_EBAD, 0, 0 },
	{ "J0", S("EST5EDT,J0,J300"), TG_EBAD, 0, 0 },
	{ "a rule at hour 168", S("EST5EDT,M3.2.0/168,M11.1.0"), TG_EBAD, 0, 0 },
	{ "something behind", S("EST5EDT,M3.2.0,M11.1.0x"), TG_EBAD, 0, 0 },
	{ "a second line", S("EST5\nEST5"), TG_EBAD, 0, 0 },
};

TEST(zone_footers)
{
	static struct tg_zone z;
	char mem[256];

	for (size_t i = 0; i < COUNT(footers); i++) {
		struct slice file = made(mem, sizeof(mem), footers[i].footer);

		CHECK(tg_zone_parse(&z, test_guarded(file)) == footers[i].err, footers[i].why);
		if (footers[i].err == TG_OK)
			CHECK(tg_zone_offset(&z, footers[i].utc) == footers[i].offset,
			      footers[i].why);
	}
}

/* One octet of Lord_Howe's file changed: version 2 header at 732. */
TEST(zone_broken)
{
	static struct tg_zone z;
	static char mem[4096];
	struct slice file = zone_file("Lord_Howe");
	static const struct {
		const char *why;
		size_t at;
		char to;
		enum tg_err err;
	} breaks[] = {
		{ "no magic", 0, 'X', TG_EBAD },
		{ "version 1", 4, 0, TG_EBAD },
		{ "a first block beyond the end", 32, 1, TG_EBAD },
		{ "leap records beyond the end", 28, 0x7f, TG_EBAD },
	};

	for (size_t i = 0; i < COUNT(breaks); i++) {
		memcpy(mem, file.p, file.len);
		mem[breaks[i].at] = breaks[i].to;
		CHECK(tg_zone_parse(&z, test_guarded(slice_of(mem, file.len))) == breaks[i].err,
		      breaks[i].why);
	}
	CHECK(tg_zone_parse(&z, slice_of(mem, TG_ZONE_BYTES_MAX + 1)) == TG_ELIMIT, "too large");
}

TEST(zone_utc)
{
	static struct tg_zone z;
	struct tg_local l;

	tg_zone_utc(&z);
	tg_zone_local(&z, 951782400, &l);
	CHECK(l.year == 2000 && l.month == 2 && l.mday == 29 && l.weekday == 1, "a leap day");
	tg_zone_local(&z, -1, &l);
	CHECK(l.year == 1969 && l.second == 86399 && l.weekday == 2, "before the epoch");
}
