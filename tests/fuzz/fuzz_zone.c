/* TZif files: any octets; what is accepted answers for every moment, and its inverse agrees. */
#include "base/zone.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct tg_zone zone;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int64_t moments[] = { -TG_ZONE_UTC_MAX, -3000000000, 0, 1774746000, 1792890000,
		                           4102444800, TG_ZONE_UTC_MAX };

	if (tg_zone_parse(&zone, slice_of(data, size)) != TG_OK)
		return 0;
	for (size_t i = 0; i < COUNT(moments); i++) {
		struct tg_local local;

		tg_zone_local(&zone, moments[i], &local);
		if (local.day != tg_days_of(local.year, local.month, local.mday) ||
		    local.second >= 86400 || local.weekday > 6)
			abort();
		if (i == 0 || i == COUNT(moments) - 1)
			continue; /* two days further is outside */
		if (tg_zone_first(&zone, moments[i] + local.offset) > moments[i] + 2 * 86400)
			abort();
	}
	return 0;
}
