/* The headings and currencies that providers write. */
#include "number/deck_priv.h"

enum { HEADING_MAX = 48 };

/* Compared without case, blanks and punctuation, and without a currency's name. */
static const struct {
	const char *name;
	uint8_t column;
} headings[] = {
	{ "prefix", COLUMN_PREFIX },
	{ "prefixes", COLUMN_PREFIX },
	{ "code", COLUMN_PREFIX },
	{ "codes", COLUMN_PREFIX },
	{ "dialcode", COLUMN_PREFIX },
	{ "dialcodes", COLUMN_PREFIX },
	{ "dialingcode", COLUMN_PREFIX },
	{ "diallingcode", COLUMN_PREFIX },
	{ "dialprefix", COLUMN_PREFIX },
	{ "destinationcode", COLUMN_PREFIX },
	{ "destcode", COLUMN_PREFIX },
	{ "numberprefix", COLUMN_PREFIX },
	{ "e164", COLUMN_PREFIX },
	{ "name", COLUMN_NAME },
	{ "destination", COLUMN_NAME },
	{ "destinationname", COLUMN_NAME },
	{ "description", COLUMN_NAME },
	{ "zone", COLUMN_NAME },
	{ "rateperminute", COLUMN_RATE },
	{ "rate", COLUMN_RATE },
	{ "ratemin", COLUMN_RATE },
	{ "permin", COLUMN_RATE },
	{ "perminute", COLUMN_RATE },
	{ "price", COLUMN_RATE },
	{ "pricemin", COLUMN_RATE },
	{ "pricepermin", COLUMN_RATE },
	{ "priceperminute", COLUMN_RATE },
	{ "ratepermin", COLUMN_RATE },
	{ "min", COLUMN_RATE }, /* "EUR/min" */
	{ "newrate", COLUMN_RATE },
	{ "newprice", COLUMN_RATE },
	{ "costperminute", COLUMN_RATE },
	{ "connectfee", COLUMN_CONNECT },
	{ "connect", COLUMN_CONNECT },
	{ "connection", COLUMN_CONNECT },
	{ "connectionfee", COLUMN_CONNECT },
	{ "connectioncharge", COLUMN_CONNECT },
	{ "connectcharge", COLUMN_CONNECT },
	{ "setup", COLUMN_CONNECT },
	{ "setupfee", COLUMN_CONNECT },
	{ "callsetup", COLUMN_CONNECT },
	{ "percall", COLUMN_CONNECT },
	{ "increment", COLUMN_INCREMENT },
	{ "increments", COLUMN_INCREMENT },
	{ "billingincrement", COLUMN_INCREMENT },
	{ "billingincrements", COLUMN_INCREMENT },
	{ "billing", COLUMN_INCREMENT },
	{ "billinginterval", COLUMN_INCREMENT },
	{ "interval", COLUMN_INCREMENT },
	{ "intervals", COLUMN_INCREMENT },
	{ "rounding", COLUMN_INCREMENT },
	{ "tick", COLUMN_INCREMENT },
	{ "firstincrement", COLUMN_FIRST },
	{ "initialincrement", COLUMN_FIRST },
	{ "interval1", COLUMN_FIRST },
	{ "increment1", COLUMN_FIRST },
	{ "firstinterval", COLUMN_FIRST },
	{ "minimum", COLUMN_FIRST },
	{ "minimumduration", COLUMN_FIRST },
	{ "minimumtime", COLUMN_FIRST },
	{ "mintime", COLUMN_FIRST },
	{ "nextincrement", COLUMN_NEXT },
	{ "intervaln", COLUMN_NEXT },
	{ "interval2", COLUMN_NEXT },
	{ "incrementn", COLUMN_NEXT },
	{ "increment2", COLUMN_NEXT },
	{ "nextinterval", COLUMN_NEXT },
	{ "additionalincrement", COLUMN_NEXT },
	{ "subsequentincrement", COLUMN_NEXT },
	{ "validfrom", COLUMN_FROM },
	{ "effective", COLUMN_FROM },
	{ "effectivedate", COLUMN_FROM },
	{ "effectivefrom", COLUMN_FROM },
	{ "startdate", COLUMN_FROM },
	{ "activationdate", COLUMN_FROM },
	{ "validto", COLUMN_UNTIL },
	{ "validuntil", COLUMN_UNTIL },
	{ "enddate", COLUMN_UNTIL },
	{ "expires", COLUMN_UNTIL },
	{ "expirydate", COLUMN_UNTIL },
	{ "expirationdate", COLUMN_UNTIL },
	{ "effectivetill", COLUMN_UNTIL },
	{ "effectiveto", COLUMN_UNTIL },
	{ "effectiveuntil", COLUMN_UNTIL },
	{ "currency", COLUMN_CURRENCY },
	{ "countrycode", COLUMN_COUNTRY },
	{ "areacode", COLUMN_AREA },
	{ "areacodes", COLUMN_AREA },
	{ "citycode", COLUMN_AREA },
	{ "citycodes", COLUMN_AREA },
};

/* ISO 4217, without funds, metals and test codes. */
static const char currencies[] =
	"AEDAFNALLAMDANGAOAARSAUDAWGAZNBAMBBDBDTBGNBHDBIFBMDBNDBOBBRLBSDBTNBWPBYNBZDCADCDFCHFCLP"
	"CNYCOPCRCCUPCVECZKDJFDKKDOPDZDEGPERNETBEURFJDFKPGBPGELGHSGIPGMDGNFGTQGYDHKDHNLHTGHUFIDR"
	"ILSINRIQDIRRISKJMDJODJPYKESKGSKHRKMFKPWKRWKWDKYDKZTLAKLBPLKRLRDLSLLYDMADMDLMGAMKDMMKMNT"
	"MOPMRUMURMVRMWKMXNMYRMZNNADNGNNIONOKNPRNZDOMRPABPENPGKPHPPKRPLNPYGQARRONRSDRUBRWFSARSBD"
	"SCRSDGSEKSGDSHPSLESOSSRDSSPSTNSVCSYPSZLTHBTJSTMTTNDTOPTRYTTDTWDTZSUAHUGXUSDUYUUZSVESVND"
	"VUVWSTXAFXCDXOFXPFYERZARZMWZWL";

bool deck_currency_known(char out[4], struct slice text)
{
	char upper[4] = { 0 };

	if (text.len != 3)
		return false;
	for (size_t i = 0; i < 3; i++) {
		char c = tg_lower(text.p[i]);

		if (c < 'a' || c > 'z')
			return false;
		upper[i] = (char)(c - 'a' + 'A');
	}
	for (size_t i = 0; i + 3 < sizeof(currencies); i += 3)
		if (memcmp(currencies + i, upper, 3) == 0) {
			memcpy(out, upper, sizeof(upper));
			return true;
		}
	return false;
}

const char *deck_column_name(enum deck_column column)
{
	static const char *const names[DECK_COLUMNS] = {
		[COLUMN_PREFIX] = "prefix",
		[COLUMN_NAME] = "name",
		[COLUMN_RATE] = "rate per minute",
		[COLUMN_CONNECT] = "connect fee",
		[COLUMN_INCREMENT] = "increment",
		[COLUMN_FIRST] = "first increment",
		[COLUMN_NEXT] = "next increment",
		[COLUMN_FROM] = "valid from",
		[COLUMN_UNTIL] = "valid until",
		[COLUMN_CURRENCY] = "currency",
		[COLUMN_COUNTRY] = "country code",
		[COLUMN_AREA] = "area code",
	};

	return names[column];
}

static bool is_word(char c)
{
	return tg_isdigit(c) || (tg_lower(c) >= 'a' && tg_lower(c) <= 'z');
}

enum deck_column deck_column_of(struct slice heading, char found[4])
{
	char mem[HEADING_MAX], known[4];
	struct buf b = buf_on(mem, sizeof(mem));
	size_t at = 0;

	memset(found, 0, 4);
	while (at < heading.len) {
		size_t start = at;
		struct slice word;

		while (at < heading.len && is_word(heading.p[at]))
			at++;
		word = slice_of(heading.p + start, at - start);
		at += at == start;
		if (deck_currency_known(known, word) && memcmp(known, word.p, 3) == 0) {
			memcpy(found, known, sizeof(known));
			continue;
		}
		for (size_t i = 0; i < word.len; i++)
			buf_chr(&b, tg_lower(word.p[i]));
	}
	for (size_t i = 0; i < COUNT(headings) && !b.full; i++)
		if (slice_eq(buf_slice(&b), slice_str(headings[i].name)))
			return (enum deck_column)headings[i].column;
	return COLUMN_OTHER;
}
