/* A deck as CSV, such that importing it gives an equal deck. */
#include "number/deck_priv.h"

void deck_csv_head(struct buf *b, const struct deck *d)
{
	static const uint8_t columns[] = { COLUMN_PREFIX, COLUMN_NAME, COLUMN_RATE, COLUMN_CONNECT,
		                           COLUMN_FIRST, COLUMN_NEXT, COLUMN_FROM };

	buf_fmt(b, "# currency: %.*s\r\n", SLICE_FMT(deck_currency(d)));
	for (size_t i = 0; i < COUNT(columns); i++)
		buf_fmt(b, "%s%s", i > 0 ? "," : "",
		        deck_column_name((enum deck_column)columns[i]));
	buf_lit(b, "\r\n");
}

static void put_name(struct buf *b, struct slice name)
{
	/* a name that a spreadsheet would take for a formula gets an apostrophe (F2) */
	bool formula = name.len > 0 && memchr("=+-@", name.p[0], 4) != NULL;

	buf_chr(b, '"');
	if (formula)
		buf_chr(b, '\'');
	for (size_t i = 0; i < name.len; i++) {
		if (name.p[i] == '"')
			buf_chr(b, '"');
		buf_chr(b, name.p[i]);
	}
	buf_chr(b, '"');
}

/* "2031-01-31 08:00:00", by the civil-from-days rule of the proleptic Gregorian calendar. */
static void put_time(struct buf *b, uint64_t s)
{
	uint64_t day = s / 86400, rest = s % 86400;
	uint64_t shifted = day + 719468; /* days since 0000-03-01 */
	uint64_t era = shifted / 146097, doe = shifted % 146097;
	uint64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	uint64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
	uint64_t month = mp < 10 ? mp + 3 : mp - 9;

	buf_fmt(b, "%04u-%02u-%02u", (unsigned)(yoe + era * 400 + (month <= 2)), (unsigned)month,
	        (unsigned)(doy - (153 * mp + 2) / 5 + 1));
	if (rest > 0)
		buf_fmt(b, " %02u:%02u:%02u", (unsigned)(rest / 3600),
		        (unsigned)(rest / 60 % 60), (unsigned)(rest % 60));
}

void deck_csv_row(struct buf *b, const struct deck *d, uint32_t row)
{
	struct deck_row r;

	deck_row_get(d, row, &r);
	buf_put(b, slice_of(r.prefix, r.prefix_len));
	buf_chr(b, ',');
	put_name(b, r.name);
	buf_chr(b, ',');
	tg_micro_write(b, r.tariff.per_minute);
	buf_chr(b, ',');
	tg_micro_write(b, r.tariff.connect);
	buf_fmt(b, ",%u,%u,", r.tariff.first_s, r.tariff.next_s);
	if (r.valid_from_s > 0)
		put_time(b, r.valid_from_s);
	buf_lit(b, "\r\n");
}
