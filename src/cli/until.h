/* Moments as an operator writes them. */
#ifndef TG_CLI_UNTIL_H
#define TG_CLI_UNTIL_H

#include "base/zone.h"

/**
 * "30m", "12h", "7d" from `now_s`; "2031-01-31T18:30" or with seconds, on the zone's clock;
 * "2031-01-31": that day's beginning, or its end.
 *
 * day_end  a day without a time means its end: what is open until then is open on that day
 * out      Unix time; set only on TG_OK
 *
 * TG_EBAD  anything else
 */
TG_MUST_USE enum tg_err until_parse(uint64_t *out, struct slice word, const struct tg_zone *zone,
                                    uint64_t now_s, bool day_end);

#endif
