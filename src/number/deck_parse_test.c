#include "base/test.h"
#include "number/deck.h"

#define S SLICE_INIT

static struct deck_mistakes mistakes;

/* NULL when memory fails, which the oom suite makes it do */
static struct deck *parse(struct slice text)
{
	const struct deck_options options = { .currency = SLICE("EUR") };
	struct deck *deck = NULL;
	enum tg_err err = deck_parse(&deck, text, &options, &mistakes);

	CHECK(err == TG_OK, err == TG_EBAD ? mistakes.at[0].text : "no memory");
	return deck;
}

/* ---- one price ---- */

static const struct {
	const char *why;
	struct slice text;
	struct tg_tariff want; /* of the first row */
	uint64_t valid_from_s;
	struct slice name;
} cells[] = {
	{ "the plainest", S("prefix,rate\n34,0.5\n"), { 500000, 0, 60, 60 }, 0, S("") },
	{ "BOM, CRLF, semicolons, decimal commas",
	  S("\xef\xbb\xbf"
	    "Code;Rate\r\n34;0,5\r\n"), { 500000, 0, 60, 60 }, 0, S("") },
	{ "tabs, no newline at the end",
	  S("Dial code\tPrice\n34\t.5"), { 500000, 0, 60, 60 }, 0, S("") },
	{ "lines before the headings, comments, blank rows",
	  S("Provider Ltd\n\n# hello\nvalid,2031\nprefix,rate\n,,\n  \n# x\n34,1\n"),
	  { 1000000, 0, 60, 60 }, 0, S("") },
	{ "every column",
	  S("Destination,Dial Codes,Rate / min (EUR),Connection fee,Interval 1,"
	    "Interval N,Effective Date,Notes\nSpain,34,0.01,0.02,30,6,2031-01-31 08:00:00,x\n"),
	  { 10000, 20000, 30, 6 }, 1927612800, S("Spain") },
	{ "increments in one cell",
	  S("prefix,rate,Billing increment\n34,1,30/6\n"), { 1000000, 0, 30, 6 }, 0, S("") },
	{ "one increment for both",
	  S("prefix,rate,increment\n34,1,1\n"), { 1000000, 0, 1, 1 }, 0, S("") },
	{ "with a plus, as others write it",
	  S("prefix,rate,rounding\n34,1,60+1\n"), { 1000000, 0, 60, 1 }, 0, S("") },
	{ "a column of its own wins",
	  S("prefix,rate,increment,next increment\n34,1,60/60,1\n"),
	  { 1000000, 0, 60, 1 }, 0, S("") },
	{ "a seventh decimal rounds up: never cheaper than billed",
	  S("prefix,rate\n34,0.0123451\n"), { 12346, 0, 60, 60 }, 0, S("") },
	{ "zeros behind it do not",
	  S("prefix,rate\n34,0.01234500\n"), { 12345, 0, 60, 60 }, 0, S("") },
	{ "free", S("prefix,rate\n34,0\n"), { 0, 0, 60, 60 }, 0, S("") },
	{ "the dearest that is let in",
	  S("prefix,rate,setup\n34,10000,10000\n"),
	  { INT64_C(10000000000), INT64_C(10000000000), 60, 60 }, 0, S("") },
	{ "quotes around a separator and a quote",
	  S("prefix,name,rate\n34,\"a,\"\"b\"\"\" ,1\n"),
	  { 1000000, 0, 60, 60 }, 0, S("a,\"b\"") },
	{ "a name that a spreadsheet would take for a formula",
	  S("prefix,name,rate\n34,'=1+1,1\n"), { 1000000, 0, 60, 60 }, 0, S("=1+1") },
	{ "controls and broken UTF-8 in a name",
	  S("prefix,name,rate\n34,a\x1b[31m\xffz,1\n"),
	  { 1000000, 0, 60, 60 }, 0, S("a [31m\xef\xbf\xbdz") },
	{ "a date with dots",
	  S("prefix,rate,valid from\n34,1,31.01.2031\n"),
	  { 1000000, 0, 60, 60 }, 1927584000, S("") },
	{ "a date without marks",
	  S("prefix,rate,valid from\n34,1,20310131\n"),
	  { 1000000, 0, 60, 60 }, 1927584000, S("") },
	{ "a date as in XML",
	  S("prefix,rate,valid from\n34,1,2031-01-31T08:00:00.000Z\n"),
	  { 1000000, 0, 60, 60 }, 1927612800, S("") },
	{ "a leap day",
	  S("prefix,rate,valid from\n34,1,2028-02-29\n"),
	  { 1000000, 0, 60, 60 }, 1835395200, S("") },
	{ "the same row twice",
	  S("prefix,rate\n34,1\n34,1.00\n"), { 1000000, 0, 60, 60 }, 0, S("") },
	{ "an empty end date",
	  S("prefix,rate,end date\n34,1,\n"), { 1000000, 0, 60, 60 }, 0, S("") },
	{ "the file's own currency",
	  S("#Currency: eur, of course\nprefix,rate\n34,1\n"), { 1000000, 0, 60, 60 }, 0, S("") },
	{ "a currency a row",
	  S("prefix,rate,currency\n34,1,EUR\n35,1,eur\n"), { 1000000, 0, 60, 60 }, 0, S("") },
};

TEST(deck_parse_cells)
{
	for (size_t i = 0; i < COUNT(cells); i++) {
		struct deck *deck = parse(test_guarded(cells[i].text));
		struct deck_row row;
		bool ok;

		deck_row_get(deck, 0, &row);
		ok = row.tariff.per_minute == cells[i].want.per_minute &&
		     row.tariff.connect == cells[i].want.connect &&
		     row.tariff.first_s == cells[i].want.first_s &&
		     row.tariff.next_s == cells[i].want.next_s &&
		     row.valid_from_s == cells[i].valid_from_s &&
		     slice_eq(row.name, cells[i].name) &&
		     slice_eq(deck_currency(deck), SLICE("EUR"));
		deck_free(deck);
		CHECK(ok, cells[i].why);
	}
}

/* ---- prefixes of a cell ---- */

TEST(deck_parse_prefixes)
{
	static const struct {
		const char *why;
		struct slice text, want; /* prefixes, a blank behind each */
	} rows[] = {
		{ "as others write them", S("prefix,rate\n+34,1\n0035,1\n"), S("34 35 ") },
		{ "several in a cell", S("prefix,rate\n\"4477, 4478|4479;4470\",1\n"),
		  S("4470 4477 4478 4479 ") },
		{ "a range", S("prefix;rate\n4477,4479-4481;1\n"), S("4477 4479 4480 4481 ") },
		{ "a range with a short end", S("prefix,rate\n4478-9,1\n"), S("4478 4479 ") },
		{ "a range of one", S("prefix,rate\n44-44,1\n"), S("44 ") },
		{ "a comma at the end of the list", S("prefix;rate\n44, ;1\n"), S("44 ") },
		{ "country and area code",
		  S("country code,area codes,rate\n44,\"20, 161-162\",1\n"),
		  S("44161 44162 4420 ") },
		{ "an empty area code is the country", S("country code,area code,rate\n+44,,1\n"),
		  S("44 ") },
		{ "a country code alone is a prefix", S("country code,rate\n44,1\n"), S("44 ") },
		{ "a prefix column makes them unimportant",
		  S("country code,area code,prefix,rate\n44,20,4420,1\n"), S("4420 ") },
		{ "15 digits", S("prefix,rate\n123456789012345,1\n"), S("123456789012345 ") },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct deck *deck = parse(test_guarded(rows[i].text));
		char mem[256];
		struct buf b = buf_on(mem, sizeof(mem));

		for (uint32_t n = 0; n < deck_rows(deck); n++) {
			struct deck_row row;

			deck_row_get(deck, n, &row);
			buf_fmt(&b, "%s ", row.prefix);
		}
		deck_free(deck);
		CHECK(slice_eq(buf_slice(&b), rows[i].want), rows[i].why);
	}
}

/* ---- what is refused ---- */

static const struct {
	const char *why;
	struct slice text;
	uint32_t line, mistakes;
	struct slice want; /* begins the first mistake */
} refused[] = {
	{ "nothing at all", S(""), 0, 2, S("no line of headings") },
	{ "headings alone", S("# currency: EUR\nprefix,rate\n"), 0, 1, S("no row") },
	{ "no rate", S("# currency: EUR\nprefix,name\n34,x\n"), 0, 1, S("no line of headings") },
	{ "a rate a second is another thing", S("# currency: EUR\nprefix,rate per second\n34,1\n"),
	  0, 1, S("no line of headings") },
	{ "two columns for one thing", S("# currency: EUR\nprefix,rate,price\n34,1,2\n"), 2, 1,
	  S("rate per minute \"price\" stands twice") },
	{ "UTF-16", S("\xff\xfep\0r\0"), 0, 1, S("this is UTF-16") },
	{ "a spreadsheet", S("PK\x03\x04zip"), 0, 1, S("this is a spreadsheet") },
	{ "negative", S("# currency: EUR\nprefix,rate\n34,-1\n"), 3, 1,
	  S("rate per minute \"-1\" is negative") },
	{ "absurd", S("# currency: EUR\nprefix,rate\n34,10000.000001\n"), 3, 1,
	  S("rate per minute \"10000.000001\" is above 10000") },
	{ "more absurd than 64 bits", S("# currency: EUR\nprefix,rate\n34,99999999999999999999\n"),
	  3, 1, S("rate per minute \"99999999999999999999\" is above") },
	{ "no price", S("# currency: EUR\nprefix,rate\n34,\n"), 3, 1,
	  S("rate per minute \"\" is empty") },
	{ "not a number", S("# currency: EUR\nprefix,rate\n34,1x\n"), 3, 1,
	  S("rate per minute \"1x\" is not a number") },
	{ "a mark alone", S("# currency: EUR\nprefix,rate\n34,.\n"), 3, 1,
	  S("rate per minute \".\" is not a number") },
	{ "NaN", S("# currency: EUR\nprefix,rate\n34,nan\n"), 3, 1,
	  S("rate per minute \"nan\" is") },
	{ "a spreadsheet's exponent", S("# currency: EUR\nprefix,rate\n34,1E-2\n"), 3, 1,
	  S("rate per minute \"1E-2\" is in scientific") },
	{ "thousands", S("# currency: EUR\nprefix;rate\n34;1.234,5\n"), 3, 1,
	  S("rate per minute \"1.234,5\" has a mark for thousands") },
	{ "a decimal comma between commas", S("# currency: EUR\nprefix,rate\n34,\"0,5\"\n"), 3, 1,
	  S("rate per minute \"0,5\" has a mark") },
	{ "the same without quotes shifts cells", S("# currency: EUR\nprefix,rate\n34,0,5\n"), 3, 1,
	  S("more cells than headings") },
	{ "0.5 and 1,234 in one file: which is thousands?",
	  S("# currency: EUR\nprefix;rate\n34;0.5\n35;1,234\n"), 4, 1,
	  S("rate per minute \"1,234\" has another decimal mark") },
	{ "a letter in a prefix", S("# currency: EUR\nprefix,rate\n34x,1\n"), 3, 1,
	  S("prefix \"34x\" is not a prefix") },
	{ "no prefix", S("# currency: EUR\nprefix,rate\n,1\n"), 3, 1,
	  S("prefix \"\" is not a prefix") },
	{ "national", S("# currency: EUR\nprefix,rate\n020,1\n"), 3, 1,
	  S("prefix \"020\" is not") },
	{ "16 digits", S("# currency: EUR\nprefix,rate\n1234567890123456,1\n"), 3, 1,
	  S("prefix \"1234567890123456\" is not a prefix") },
	{ "a range backwards", S("# currency: EUR\nprefix,rate\n4479-4477,1\n"), 3, 1,
	  S("prefix \"4479-4477\" has a range that ends before") },
	{ "a range of other length", S("# currency: EUR\nprefix,rate\n44-445,1\n"), 3, 1,
	  S("prefix \"44-445\" has a range whose ends differ") },
	{ "a slip of the pen is no short end",
	  S("# currency: EUR\nprefix,rate\n42474-4479,1\n"), 3, 1,
	  S("prefix \"42474-4479\" has a range whose ends differ") },
	{ "a range that fills the memory", S("# currency: EUR\nprefix,rate\n100000-999999,1\n"), 3,
	  1, S("prefix \"100000-999999\" has a range of more than 1000") },
	{ "an increment of nothing", S("# currency: EUR\nprefix,rate,increment\n34,1,0/1\n"), 3, 1,
	  S("increment \"0/1\" is not first and next") },
	{ "an increment of a day", S("# currency: EUR\nprefix,rate,interval 1\n34,1,86400\n"), 3, 1,
	  S("first increment \"86400\" is not") },
	{ "day or month?", S("# currency: EUR\nprefix,rate,effective\n34,1,01/02/2031\n"), 3, 1,
	  S("valid from \"01/02/2031\" may be day/month") },
	{ "the 30th of February", S("# currency: EUR\nprefix,rate,effective\n34,1,2031-02-30\n"), 3,
	  1, S("valid from \"2031-02-30\" is not a date") },
	{ "a spreadsheet's day number", S("# currency: EUR\nprefix,rate,effective\n34,1,44927\n"),
	  3, 1, S("valid from \"44927\" is not a date") },
	{ "a price that ends", S("# currency: EUR\nprefix,rate,end date\n34,1,2031-01-01\n"), 3, 1,
	  S("valid until \"2031-01-01\" ends a price") },
	{ "two prices", S("# currency: EUR\nprefix,rate\n34,1\n35,1\n34,2\n"), 5, 1,
	  S("prefix 34 has another price for the same time in line 3") },
	{ "two prices by a range", S("# currency: EUR\nprefix,rate\n34-36,1\n35,2\n"), 4, 1,
	  S("prefix 35 has another price") },
	{ "an open quote", S("# currency: EUR\nprefix,rate\n\"34,1\n"), 3, 1,
	  S("a quote is not closed") },
	{ "text behind a quote", S("# currency: EUR\nprefix,rate\n\"34\"5,1\n"), 3, 1,
	  S("something stands behind") },
	{ "no currency", S("prefix,rate\n34,1\n"), 0, 1, S("the file does not say its currency") },
	{ "no such currency", S("# currency: EUX\nprefix,rate\n34,1\n"), 1, 2,
	  S("currency \"EUX\" is unknown") },
	{ "two currencies", S("prefix,rate,currency\n34,1,EUR\n35,1,USD\n"), 3, 1,
	  S("currency \"USD\" is another") },
	{ "heading against comment", S("# currency: EUR\nprefix,rate USD\n34,1\n"), 2, 1,
	  S("currency \"USD\" is another") },
	{ "not the site's", S("# currency: USD\nprefix,rate\n34,1\n"), 0, 1,
	  S("the deck is in USD, but money.currency is EUR") },
	{ "every mistake of a row, every row",
	  S("# currency: EUR\nprefix,rate,increment\n"
	    "34,-1,0\nx,1,1\n"),
	  3, 3, S("rate per minute") },
	{ "the cell is shown without what could steer a terminal",
	  S("# currency: EUR\nprefix,rate\n3\x1b[2J4,1\n"), 3, 1, S("prefix \"3?[2J4\" is not") },
};

static size_t first(struct slice want)
{
	/* in the order of lines: a file-wide one comes first */
	for (uint32_t i = 0; i < mistakes.count; i++)
		if (slice_starts(slice_str(mistakes.at[i].text), want))
			return i;
	return mistakes.count;
}

TEST(deck_parse_refuses)
{
	const struct deck_options options = { .want = SLICE("EUR") };

	for (size_t i = 0; i < COUNT(refused); i++) {
		struct deck *deck = NULL;
		enum tg_err err = deck_parse(&deck, test_guarded(refused[i].text), &options,
		                             &mistakes);
		size_t at;

		CHECK(err != TG_ENOMEM, "no memory");
		at = first(refused[i].want);
		CHECK(err == TG_EBAD && deck == NULL, refused[i].why);
		CHECK(at < mistakes.count && mistakes.at[at].line == refused[i].line,
		      refused[i].why);
		CHECK(mistakes.count == refused[i].mistakes, refused[i].why);
	}
}

TEST(deck_mistakes_are_counted)
{
	static char mem[20000];
	struct buf b = buf_on(mem, sizeof(mem));
	const struct deck_options options = { .currency = SLICE("EUR") };
	struct deck *deck = NULL;
	char line[512];
	struct buf out = buf_on(line, sizeof(line));
	enum tg_err err;

	buf_lit(&b, "prefix,rate\n");
	for (unsigned i = 0; i < 250; i++)
		buf_lit(&b, "34,-1\n");
	err = deck_parse(&deck, buf_slice(&b), &options, &mistakes);
	CHECK(err != TG_ENOMEM, "no memory");
	CHECK(err == TG_EBAD && mistakes.count == DECK_MISTAKES_MAX && mistakes.dropped == 150,
	      "a hundred are shown, the others are counted");
	deck_mistake_write(&out, SLICE("r.csv"), &mistakes.at[0]);
	CHECK(slice_eq(buf_slice(&out), SLICE("r.csv:2: rate per minute \"-1\" is negative\n")),
	      "file:line: text");
}

TEST(deck_dates_as_said)
{
	static const struct {
		uint8_t dates;
		uint64_t want;
	} rows[] = { { DECK_DATES_DMY, 1927843200 }, { DECK_DATES_MDY, 1930176000 } };

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct deck_options options = { .currency = SLICE("EUR"),
			                              .dates = rows[i].dates };
		struct deck *deck = NULL;
		struct deck_row row;

		CHECK(deck_parse(&deck, SLICE("prefix,rate,effective\n34,1,03/02/2031\n"), &options,
		                 &mistakes) == TG_OK, "no memory, or the order was said");
		deck_row_get(deck, 0, &row);
		deck_free(deck);
		CHECK(row.valid_from_s == rows[i].want, "day and month");
	}
}
