#include "base/test.h"
#include "leg/leg_priv.h"

#define S SLICE_INIT

TEST(leg_session_expires)
{
	static const struct {
		const char *why;
		struct slice in;
		enum tg_err want;
		uint32_t seconds;
		enum leg_refresher refresher;
	} rows[] = {
		{ "alone", S("90"), TG_OK, 90, LEG_REFRESHER_NONE },
		{ "uac", S("90;refresher=uac"), TG_OK, 90, LEG_REFRESHER_UAC },
		{ "uas", S("1800;refresher=uas"), TG_OK, 1800, LEG_REFRESHER_UAS },
		{ "blanks and case", S("1800 ; Refresher = UAS"), TG_OK, 1800, LEG_REFRESHER_UAS },
		{ "other parameters", S("120;x=1;refresher=uac"), TG_OK, 120, LEG_REFRESHER_UAC },
		{ "none of ours", S("120;x=1"), TG_OK, 120, LEG_REFRESHER_NONE },
		{ "a day", S("86400"), TG_OK, 86400, LEG_REFRESHER_NONE },
		{ "more than a day", S("86401"), TG_ELIMIT, 0, LEG_REFRESHER_NONE },
		{ "overflow", S("99999999999999999999"), TG_ELIMIT, 0, LEG_REFRESHER_NONE },
		{ "empty", S(""), TG_EBAD, 0, LEG_REFRESHER_NONE },
		{ "no number", S("soon"), TG_EBAD, 0, LEG_REFRESHER_NONE },
		{ "negative", S("-90"), TG_EBAD, 0, LEG_REFRESHER_NONE },
		{ "nobody refreshes", S("90;refresher=me"), TG_EBAD, 0, LEG_REFRESHER_NONE },
		{ "nobody is named", S("90;refresher"), TG_EBAD, 0, LEG_REFRESHER_NONE },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		enum leg_refresher refresher = LEG_REFRESHER_NONE;
		uint32_t seconds = 0;
		struct slice in = test_guarded(rows[i].in);

		CHECK(leg_session_parse(in, &seconds, &refresher) == rows[i].want, rows[i].why);
		CHECK(seconds == rows[i].seconds, rows[i].why);
		CHECK(refresher == rows[i].refresher, rows[i].why);
	}
}
