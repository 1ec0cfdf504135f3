/* Test harness: table-driven checks over cmocka, and inputs that end at an unreadable page. */
#ifndef TG_BASE_TEST_H
#define TG_BASE_TEST_H

#include "base/slice.h"

/**
 * Register a test of the file; each *_test.c is one program whose main() the build links in
 * (tests/harness.c).  Runs once plainly and, as suite `oom` with TG_TEST_OOM=1, with the n-th
 * allocation failing for n = 1, 2, … until a run meets no failure, each run in a process of its
 * own. A CHECK that fails after the failed allocation ends its run well, provided that nothing
 * leaked.
 */
#define TEST(name)                                                                     \
	static void test_##name(void);                                                 \
	static const struct tg_test test_row_##name = { #name, test_##name };          \
	__attribute__((constructor)) static void test_add_##name(void)                 \
	{                                                                              \
		tg_test_add(&test_row_##name);                                         \
	}                                                                              \
	static void test_##name(void)

/** Fail the test, naming file, line, the expression and `why` (RFC section, attack, reason). */
#define CHECK(cond, why) tg_test_check((cond), #cond, (why), __FILE__, __LINE__)

struct tg_test {
	const char *name;
	void (*run)(void);
};

void tg_test_add(const struct tg_test *test);

/** Counts the check; longjmps out of the test on failure (through cmocka). */
void tg_test_check(bool ok, const char *expr, const char *why, const char *file, int line);

/**
 * A copy whose last octet is followed by a page that cannot be read, so that an over-read by one
 * octet crashes.  Freed when the test ends.  At most 64 copies a test of at most 1 MiB each.
 */
struct slice test_guarded(struct slice s);

/**
 * Whole content of a file, NUL-terminated behind the end; fails the test when it cannot.  Freed
 * when the test ends; at most 2048 a test.
 */
struct slice test_file(const char *path);

/**
 * Directory of test data: $TG_TEST_DATA, which the build sets to <source>/tests.
 */
const char *test_data_dir(void);

/** True while allocations fail (suite `oom`): a refusal for want of memory is then expected. */
bool test_oom_round(void);

#endif
