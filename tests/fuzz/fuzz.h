/* What the fuzz targets share: a violated invariant ends the run. */
#ifndef TG_TESTS_FUZZ_FUZZ_H
#define TG_TESTS_FUZZ_FUZZ_H

#include <stdio.h>
#include <stdlib.h>

#include "base/slice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(cond)                                                                     \
	do {                                                                           \
		if (!(cond)) {                                                         \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);     \
			abort();                                                       \
		}                                                                      \
	} while (0)

/** True when `s` is absent or lies within `in`. */
static inline bool fuzz_inside(struct slice s, struct slice in)
{
	return s.p == NULL || (s.p >= in.p && s.len <= in.len &&
	                       (size_t)(s.p - in.p) <= in.len - s.len);
}

#endif
