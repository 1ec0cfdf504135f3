/*
 * Time zones: TZif files (RFC 9636, once 8536) read from octets; UTC to local time.  No libc time.
 *
 * Versions 2 and later, 64-bit times; a version 1 file is refused, every system's is later since
 * 2014.  After the last transition the footer's TZ string goes on for ever (POSIX, with the hours
 * -167..167 of RFC 9636 §3.3.1).  Leap second records are skipped: UTC here counts 86400 s a day.
 */
#ifndef TG_BASE_ZONE_H
#define TG_BASE_ZONE_H

#include "base/slice.h"

enum {
	TG_ZONE_BYTES_MAX = 64 * 1024, /* of a file; the longest there is has 4 KB */
	TG_ZONE_CHANGES_MAX = 512,     /* the most there are: 236 (2024) */
	TG_ZONE_TYPES_MAX = 64
};

/** A day of the year on which daylight saving begins or ends, as the footer's rule says. */
struct tg_zone_rule {
	/* 'M' = month, week and weekday; 'J' = day 1..365, never 29 Feb; 'N' = 0..365 */
	uint8_t form;
	uint8_t month, week, weekday; /* weekday 0 = Sunday; week 5 = the last */
	uint16_t day;
	int32_t at_s; /* local seconds after that day's midnight */
};

/** One zone; 7 KB.  Set by tg_zone_parse() or tg_zone_utc(); nothing to free. */
struct tg_zone {
	uint16_t changes, types;
	int64_t at[TG_ZONE_CHANGES_MAX]; /* UTC seconds, ascending */
	uint8_t type[TG_ZONE_CHANGES_MAX];
	int32_t offset[TG_ZONE_TYPES_MAX]; /* seconds east of Greenwich */
	bool tail;     /* the footer has a rule */
	bool tail_dst; /* … with daylight saving */
	int32_t tail_offset[2]; /* standard, daylight */
	struct tg_zone_rule tail_rule[2]; /* its begin, its end */
};

/** A moment as the clock on the wall there shows it. */
struct tg_local {
	int64_t day;       /* since 1970-01-01, local */
	int32_t year;
	uint8_t month;     /* 1..12 */
	uint8_t mday;      /* 1..31 */
	uint8_t weekday;   /* 0 = Monday */
	uint32_t second;   /* of the day, 0..86399 */
	int32_t offset;    /* seconds east of Greenwich */
};

/** Seconds that tg_zone_local() takes: 400 years around 1970 many times over. */
#define TG_ZONE_UTC_MAX INT64_C(1000000000000)

/** Always +00:00. */
void tg_zone_utc(struct tg_zone *out);

/**
 * Read a TZif file.
 *
 * out  undefined but on TG_OK; copies everything
 *
 * TG_EBAD    not such a file, or broken anywhere
 * TG_ELIMIT  larger than the caps
 */
TG_MUST_USE enum tg_err tg_zone_parse(struct tg_zone *out, struct slice file);

/** Seconds east of Greenwich at this moment (|utc_s| ≤ TG_ZONE_UTC_MAX). */
int32_t tg_zone_offset(const struct tg_zone *zone, int64_t utc_s);

/** The local time of a moment (|utc_s| ≤ TG_ZONE_UTC_MAX). */
void tg_zone_local(const struct tg_zone *zone, int64_t utc_s, struct tg_local *out);

/**
 * The first moment whose local time is `local_s` (seconds since 1970-01-01T00:00 local) or later:
 * of a repeated hour the first pass, of a skipped one its end.
 */
int64_t tg_zone_first(const struct tg_zone *zone, int64_t local_s);

/** Days since 1970-01-01 of a date (proleptic Gregorian); month 1..12. */
int64_t tg_days_of(int32_t year, unsigned month, unsigned mday);

#endif
