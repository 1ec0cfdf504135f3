/* Allocation failures for the unit tests: every allocation of ours fails once, in turn (D19). */
#ifndef TG_TESTS_HARNESS_OOM_H
#define TG_TESTS_HARNESS_OOM_H

#include "base/test.h"

/** True when the program runs as part of suite `oom`. */
bool oom_wanted(void);

/**
 * Run one test in a child process again and again, the n-th allocation failing in the n-th run,
 * until a run meets no failure.  From the 64th on some are stepped over, so that a test of a
 * thousand allocations still ends.  False, with a message, when a run crashed, leaked, hung, or
 * failed without a failed allocation.
 */
bool oom_sweep(const struct tg_test *test);

/** True when an allocation has failed in this process: what a check says then is no finding. */
bool oom_refused(void);

/** Called where a test has failed: ends a child of the sweep with its verdict; else returns. */
void oom_stopped(void);

#endif
