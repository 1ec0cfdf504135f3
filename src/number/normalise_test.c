#include <stdio.h>

#include "base/test.h"
#include "number/number.h"

#define S SLICE_INIT

/* What is dialled becomes one number: `want` as number_write() writes it, "" when it is refused. */
static const struct {
	const char *why;
	const char *home, *outside;
	struct slice in;
	const char *want;
} rows[] = {
	/* the ways to write one number */
	{ "E.164", "ES", "", S("+34911234567"), "+34911234567" },
	{ "national, no trunk prefix", "ES", "", S("911234567"), "+34911234567" },
	{ "00", "ES", "", S("0034911234567"), "+34911234567" },
	{ "separators", "ES", "", S("+34 91-123.45(67)"), "+34911234567" },
	{ "parenthesis before the plus", "ES", "", S("(+34)911234567"), "+34911234567" },
	{ "trunk prefix", "GB", "", S("02079460958"), "+442079460958" },
	{ "trunk prefix in parentheses", "GB", "", S("(020) 7946 0958"), "+442079460958" },
	{ "00 from Great Britain", "GB", "", S("0034911234567"), "+34911234567" },
	{ "011", "US", "", S("01134911234567"), "+34911234567" },
	{ "NANP with 1", "US", "", S("12125550123"), "+12125550123" },
	{ "NANP without 1", "US", "", S("2125550123"), "+12125550123" },
	{ "R47 dialled like a number at home", "US", "", S("18765230123"), "+18765230123" },
	{ "0011 from Australia", "AU", "", S("001134911234567"), "+34911234567" },
	{ "001 and a carrier", "HK", "", S("00134911234567"), "+34911234567" },
	{ "810 from Russia", "RU", "", S("81034911234567"), "+34911234567" },
	{ "8 and ten digits", "RU", "", S("84951234567"), "+74951234567" },
	{ "06 from Hungary", "HU", "", S("0612345678"), "+3612345678" },
	{ "Italy keeps its 0", "IT", "", S("0669812345"), "+390669812345" },
	{ "119 from Cuba", "CU", "", S("11934911234567"), "+34911234567" },
	{ "carrier selection from Singapore", "SG", "", S("00134911234567"), "+34911234567" },
	{ "carrier selection from China", "CN", "", S("117930034911234567"), "+34911234567" },
	{ "1300 is dialled without 0", "AU", "", S("1300123456"), "+611300123456" },
	{ "mobile in Australia", "AU", "", S("0412345678"), "+61412345678" },

	{ "8 0 from Belarus", "BY", "", S("80152450911"), "+375152450911" },
	{ "1800 is dialled without 0", "IE", "", S("1800222222"), "+3531800222222" },

	/* the outside line */
	{ "outside line, national", "ES", "9", S("9911234567"), "+34911234567" },
	{ "outside line, 00", "ES", "0", S("00034911234567"), "+34911234567" },
	{ "a '+' needs no outside line", "ES", "9", S("+34911234567"), "+34911234567" },
	{ "Berlin, not Greece", "DE", "0", S("0030123456"), "+4930123456" },
	{ "Greece", "DE", "0", S("000302101234567"), "+302101234567" },
	{ "no outside line", "DE", "0", S("1234567"), "" },
	{ "emergency with it", "US", "9", S("9911"), "911" },
	{ "emergency without it", "US", "9", S("911"), "911" },

	/* C1: escapes and scripts */
	{ "C1: %39", "ES", "", S("%3911234567"), "+34911234567" },
	{ "C1: %30%30", "ES", "", S("%30%3034911234567"), "+34911234567" },
	{ "C1: %2B", "ES", "", S("%2b34911234567"), "+34911234567" },
	{ "C1: an escape within an escape", "ES", "", S("%253034911234567"), "" },
	{ "C1: a cut escape", "ES", "", S("91123456%3"), "" },
	{ "C1: not hex", "ES", "", S("91123456%3g"), "" },
	{ "C1: %00", "ES", "", S("911234567%00"), "" },
	{ "C1: NUL hides the rest", "ES", "", S("911234567\0882"), "" },
	{ "C1: full-width digits", "ES", "",
	  S("\xef\xbc\x99\xef\xbc\x91\xef\xbc\x91"
	    "234567"), "+34911234567" },
	{ "C1: full-width plus", "ES", "", S("\xef\xbc\x8b"
	    "34911234567"), "+34911234567" },
	{ "C1: Arabic-Indic digits", "ES", "", S("+34\xd9\xa9\xd9\xa1\xd9\xa1"
	    "234567"), "+34911234567" },
	{ "C1: Persian digits", "ES", "", S("+34\xdb\xb9\xdb\xb1\xdb\xb1"
	    "234567"), "+34911234567" },
	{ "C1: an escaped full-width digit", "ES", "", S("+3491123456%EF%BC%97"), "+34911234567" },
	{ "C1: a full-width letter", "ES", "", S("+3491123456\xef\xbc\xa1"), "" },
	{ "C1: a cut full-width digit", "ES", "", S("+34911234567\xef\xbc"), "" },
	{ "C1: a superscript", "ES", "", S("+3491123456\xc2\xb7"), "" },
	{ "C1: a Devanagari digit", "ES", "", S("+3491123456\xe0\xa5\xad"), "" },
	{ "C1: a mark that turns the direction", "ES", "", S("\xe2\x80\xaa+34911234567"), "" },
	{ "C1: tabulator", "ES", "", S("+34\t911234567"), "" },
	{ "C1: letters of the keypad", "US", "", S("1800FLOWERS"), "" },

	/* C1: parameters and post-dial digits */
	{ "phone-context with trunk prefix", "ES", "", S("020-7946-0958;phone-context=+44"),
	  "+442079460958" },
	{ "phone-context without it", "ES", "", S("2079460958;phone-context=+44"),
	  "+442079460958" },
	{ "phone-context of the home", "ES", "", S("112;phone-context=+34"), "112" },
	{ "phone-context in capitals", "ES", "", S("2079460958;PHONE-CONTEXT=+44"),
	  "+442079460958" },
	{ "phone-context turns 112 into a number", "ES", "", S("112;phone-context=+44"), "+44112" },
	{ "C1: phone-context on E.164", "ES", "", S("+34911234567;phone-context=+882"), "" },
	{ "C1: two contexts", "ES", "", S("911234567;phone-context=+34;phone-context=+882"), "" },
	{ "C1: a domain as context", "ES", "", S("911234567;phone-context=example.com"), "" },
	{ "C1: context longer than a code", "US", "", S("8631234;phone-context=+1914"), "" },
	{ "C1: context of no code", "ES", "", S("911234567;phone-context=+999"), "" },
	{ "C1: empty context", "ES", "", S("911234567;phone-context="), "" },
	{ "C1: postd", "ES", "", S("911234567;postd=pp22"), "" },
	{ "C1: escaped postd", "ES", "", S("911234567%3Bpostd=22"), "" },
	{ "C1: isub", "ES", "", S("911234567;isub=1"), "" },
	{ "C1: ext", "ES", "", S("911234567;ext=1"), "" },
	{ "C1: a routing number", "US", "", S("12125550123;npdi;rn=+18765230123"), "" },
	{ "npdi says nothing about the number", "US", "", S("12125550123;npdi"), "+12125550123" },
	{ "C1: npdi with a value", "US", "", S("12125550123;npdi=1"), "" },
	{ "C1: npdi with an empty value", "US", "", S("12125550123;npdi="), "" },
	{ "C1: nothing between two", "US", "", S("12125550123;;npdi"), "" },
	{ "C1: an unknown parameter", "ES", "", S("911234567;x"), "" },
	{ "C1: an empty parameter", "ES", "", S("911234567;"), "" },
	{ "C1: p", "ES", "", S("911234567p22"), "" },
	{ "C1: w", "ES", "", S("911234567w22"), "" },
	{ "C1: comma", "ES", "", S("911234567,22"), "" },
	{ "feature codes are for the PBX", "ES", "", S("*97"), "" },
	{ "C1: # hides the caller", "ES", "", S("#31#911234567"), "" },

	/* nothing is guessed */
	{ "a '+' inside", "ES", "", S("34+911234567"), "" },
	{ "two", "ES", "", S("++34911234567"), "" },
	{ "only a plus", "ES", "", S("+"), "" },
	{ "empty", "ES", "", S(""), "" },
	{ "only separators", "ES", "", S("()-. "), "" },
	{ "+0", "ES", "", S("+0911234567"), "" },
	{ "too short", "ES", "", S("+112"), "" },
	{ "16 digits", "ES", "", S("+3491123456789012"), "" },
	{ "15 digits of no range", "ES", "", S("+349112345678901"), "+349112345678901" },
	{ "the trunk prefix after the code", "ES", "", S("+44(0)2079460958"), "" },
	{ "the same after 00", "ES", "", S("0044 0 2079460958"), "" },
	{ "Italy's 0 is no trunk prefix", "ES", "", S("+390669812345"), "+390669812345" },
	{ "next door or in Berlin", "DE", "", S("30123456"), "" },
	{ "local dialling is of no range", "US", "", S("5550123"), "+15550123" },
	{ "the 15 of Argentina is not understood", "AR", "", S("01115512345678"),
	  "+541115512345678" },
	{ "no such code", "ES", "", S("+999123456"), "+999123456" },
	{ "00 and no such code", "GB", "", S("00999123456"), "+999123456" },

	/* short codes */
	{ "emergency", "ES", "", S("112"), "112" },
	{ "C23: emergency is whole", "ES", "", S("1125"), "+341125" },
	{ "directory", "ES", "", S("11811"), "11811" },
	{ "directory", "GB", "", S("118118"), "118118" },
	{ "harmonised service", "DE", "", S("116111"), "116111" },
	{ "not a code here", "ES", "", S("118118"), "+34118118" },
	{ "both a number and a code", "NO", "", S("02300"), "+4702300" },
};

static struct number_plan plan_of(const char *home, const char *outside)
{
	struct number_plan plan = { 0 };

	CHECK(number_plan_init(&plan, number_territory_find(slice_str(home)),
	                       slice_str(outside)) == TG_OK, home);
	return plan;
}

TEST(number_normalise)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct number_plan plan = plan_of(rows[i].home, rows[i].outside);
		const char *why = NULL;
		char text[32];
		struct buf b = buf_on(text, sizeof(text));
		struct number n = { .len = 99 };
		enum tg_err err = number_normalise(&n, &plan, test_guarded(rows[i].in), &why);

		if (rows[i].want[0] == '\0') {
			CHECK(err != TG_OK && n.len == 99, rows[i].why);
			CHECK(why != NULL && why[0] != '\0', "a refusal says why");
			continue;
		}
		CHECK(err == TG_OK && why == NULL, rows[i].why);
		number_write(&b, &n);
		CHECK(slice_eq(buf_slice(&b), slice_str(rows[i].want)), rows[i].why);
	}
}

TEST(number_normalise_limits)
{
	struct number_plan plan = plan_of("ES", "");
	char long_text[NUMBER_TEXT_MAX + 1];
	struct number n;

	memset(long_text, '-', sizeof(long_text));
	memcpy(long_text, "911234567", 9);
	CHECK(number_normalise(&n, &plan, test_guarded(slice_of(long_text, NUMBER_TEXT_MAX)),
	                       NULL) == TG_OK, "256 octets");
	CHECK(number_normalise(&n, &plan, test_guarded(slice_of(long_text, sizeof(long_text))),
	                       NULL) == TG_ELIMIT, "257 octets");
	memset(long_text, '1', sizeof(long_text));
	CHECK(number_normalise(&n, &plan, slice_of(long_text, 200), NULL) != TG_OK, "200 digits");
	CHECK(number_plan_init(&plan, plan.home, SLICE("12345")) == TG_EBAD, "outside: 5 digits");
	CHECK(number_plan_init(&plan, plan.home, SLICE("*")) == TG_EBAD, "outside: no digit");
	CHECK(number_plan_init(&plan, 0, SLICE("")) == TG_ENOENT, "no territory");
	CHECK(number_plan_init(&plan, UINT16_MAX, SLICE("")) == TG_ENOENT, "no such territory");
}

TEST(number_emergency)
{
	static const struct {
		const char *why, *home, *dialled;
		bool want;
	} codes[] = {
		{ "112", "ES", "112", true },
		{ "police", "ES", "091", true },
		{ "Guardia Civil", "ES", "062", true },
		{ "ambulance", "ES", "061", true },
		{ "999 is not Spanish", "ES", "999", false },
		{ "C23: longer", "ES", "1125", false },
		{ "C23: a number that begins so", "ES", "112345678", false },
		{ "C23: shorter", "ES", "11", false },
		{ "with a '+'", "ES", "+112", false },
		{ "with a separator", "ES", "1-12", false },
		{ "empty", "ES", "", false },
		{ "999", "GB", "999", true },
		{ "911", "US", "911", true },
		{ "911 and more", "US", "9112125550123", false },
		{ "110", "DE", "110", true },
		{ "000", "AU", "000", true },
	};

	for (size_t i = 0; i < COUNT(codes); i++) {
		uint16_t home = number_territory_find(slice_str(codes[i].home));
		struct slice in = test_guarded(slice_str(codes[i].dialled));

		CHECK(number_emergency(home, in) == codes[i].want, codes[i].why);
		CHECK(!codes[i].want || number_short(home, in), "also a short code");
	}
	CHECK(!number_emergency(0, SLICE("112")), "nowhere");
	CHECK(!number_emergency(UINT16_MAX, SLICE("112")), "no such territory");
	CHECK(number_short(number_territory_find(SLICE("ES")), SLICE("11811")), "short code");
	CHECK(!number_short(number_territory_find(SLICE("ES")), SLICE("911234567")), "a number");
}

/* "national" of a trunk in Guernsey is the whole of +44; unknown ranges are not abbreviated. */
TEST(number_render)
{
	static const struct {
		const char *why, *home;
		enum number_render_kind kind;
		struct slice tech;
		const char *number, *want;
	} cells[] = {
		{ "plus", "ES", NUMBER_RENDER_PLUS, S(""), "911234567", "+34911234567" },
		{ "00", "ES", NUMBER_RENDER_IDD, S(""), "911234567", "0034911234567" },
		{ "011", "US", NUMBER_RENDER_IDD, S(""), "2125550123", "01112125550123" },
		{ "national", "ES", NUMBER_RENDER_NATIONAL, S(""), "911234567", "911234567" },
		{ "trunk prefix", "GB", NUMBER_RENDER_NATIONAL, S(""), "+442079460958",
		  "02079460958" },
		{ "abroad", "GB", NUMBER_RENDER_NATIONAL, S(""), "+34911234567", "0034911234567" },
		{ "one code, two territories", "GG", NUMBER_RENDER_NATIONAL, S(""),
		  "+442079460958", "02079460958" },
		{ "without trunk prefix", "AU", NUMBER_RENDER_NATIONAL, S(""), "+611300123456",
		  "1300123456" },
		{ "NANP", "US", NUMBER_RENDER_NATIONAL, S(""), "12125550123", "2125550123" },
		{ "other digits at home", "AR", NUMBER_RENDER_NATIONAL, S(""), "+5491123456789",
		  "005491123456789" },
		{ "bare", "ES", NUMBER_RENDER_E164, S(""), "911234567", "34911234567" },
		{ "tech prefix", "ES", NUMBER_RENDER_E164, S("99#"), "911234567", "99#34911234567" },
		{ "short code", "GB", NUMBER_RENDER_PLUS, S(""), "118118", "118118" },
		{ "short code, tech prefix", "GB", NUMBER_RENDER_IDD, S("7"), "118118", "7118118" },
		{ "no range", "GB", NUMBER_RENDER_NATIONAL, S(""), "+44123", "0044123" },
		{ "emergency", "ES", NUMBER_RENDER_NATIONAL, S(""), "112", "112" },
		{ "reads as a short code", "US", NUMBER_RENDER_E164, S(""), "+24280", "" },
		{ "no prefix of its own", "BR", NUMBER_RENDER_IDD, S(""), "+34911234567", "" },
		{ "tech prefix too long", "ES", NUMBER_RENDER_PLUS, S("12345678901234567"),
		  "911234567", "" },
	};

	for (size_t i = 0; i < COUNT(cells); i++) {
		struct number_plan plan = plan_of(cells[i].home, "");
		struct number_rendering r = { &plan, cells[i].kind, cells[i].tech };
		char text[NUMBER_RENDERED_MAX];
		struct buf b = buf_on(text, sizeof(text));
		struct number n, again;

		CHECK(number_normalise(&n, &plan, slice_str(cells[i].number), NULL) == TG_OK,
		      cells[i].why);
		if (cells[i].want[0] == '\0') {
			CHECK(number_render(&b, &r, &n) == TG_EBAD && b.len == 0, cells[i].why);
			continue;
		}
		CHECK(number_render(&b, &r, &n) == TG_OK, cells[i].why);
		CHECK(slice_eq(buf_slice(&b), slice_str(cells[i].want)), cells[i].why);
		CHECK(number_unrender(&again, &r, test_guarded(buf_slice(&b))) == TG_OK,
		      cells[i].why);
		CHECK(number_eq(&n, &again), cells[i].why);
		b = buf_on(text, b.len - 1);
		CHECK(number_render(&b, &r, &n) == TG_ELIMIT && b.len == 0, "no room");
	}
}

TEST(number_unrender_refuses)
{
	struct number_plan plan = plan_of("ES", "");
	static const struct {
		const char *why;
		enum number_render_kind kind;
		struct slice tech, in;
	} bad[] = {
		{ "another tech prefix", NUMBER_RENDER_PLUS, S("99#"), S("98#+34911234567") },
		{ "no tech prefix", NUMBER_RENDER_PLUS, S("99#"), S("+34911234567") },
		{ "no plus", NUMBER_RENDER_PLUS, S(""), S("34911234567") },
		{ "two", NUMBER_RENDER_PLUS, S(""), S("++34911234567") },
		{ "a plus behind 00", NUMBER_RENDER_IDD, S(""), S("00+34911234567") },
		{ "a plus, bare", NUMBER_RENDER_E164, S(""), S("+34911234567") },
		{ "a plus, national", NUMBER_RENDER_NATIONAL, S(""), S("+34911234567") },
		{ "separator", NUMBER_RENDER_NATIONAL, S(""), S("91-1234567") },
		{ "empty", NUMBER_RENDER_NATIONAL, S(""), S("") },
		{ "empty, bare", NUMBER_RENDER_E164, S(""), S("") },
		{ "empty, plus", NUMBER_RENDER_PLUS, S(""), S("") },
		{ "no such kind", NUMBER_RENDER_KINDS, S(""), S("+34911234567") },
	};

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct number_rendering r = { &plan, bad[i].kind, bad[i].tech };
		struct number n = { .len = 99 };

		CHECK(number_unrender(&n, &r, test_guarded(bad[i].in)) != TG_OK && n.len == 99,
		      bad[i].why);
	}
}
