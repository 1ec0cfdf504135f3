/* The runner behind base/test.h. */
#include "base/test.h"

#include "harness_oom.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { TESTS_MAX = 256, GUARDS_MAX = 64, FILES_MAX = 2048 };

static const struct tg_test *tests[TESTS_MAX];
static size_t test_count;

static struct {
	void *map;
	size_t bytes;
} guards[GUARDS_MAX];
static size_t guard_count;

static char *files[FILES_MAX];
static size_t file_count;

void tg_test_add(const struct tg_test *test)
{
	if (test_count == TESTS_MAX)
		abort();
	tests[test_count++] = test;
}

void tg_test_check(bool ok, const char *expr, const char *why, const char *file, int line)
{
	if (ok)
		return;
	if (!oom_refused())
		print_error("%s:%d: %s: %s\n", file, line, expr, why);
	oom_stopped();
	_fail(file, line);
}

struct slice test_guarded(struct slice s)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t bytes = (s.len + page - 1) / page * page + page;
	char *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *at = map + bytes - page - s.len;

	if (map == MAP_FAILED || mprotect(map + bytes - page, page, PROT_NONE) != 0)
		tg_test_check(false, "mmap", "no memory for a guarded copy", __FILE__, __LINE__);
	if (guard_count == GUARDS_MAX) { /* recycle the oldest: tables have many rows */
		munmap(guards[0].map, guards[0].bytes);
		memmove(guards, guards + 1, sizeof(guards[0]) * --guard_count);
	}
	guards[guard_count].map = map;
	guards[guard_count++].bytes = bytes;
	if (s.len > 0)
		memcpy(at, s.p, s.len);
	return slice_of(at, s.len);
}

struct slice test_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	char *text = NULL;
	size_t len = 0;

	tg_test_check(file_count < FILES_MAX, "test_file", "too many files in one test", path, 0);
	tg_test_check(f != NULL, "fopen", path, __FILE__, __LINE__);
	for (;;) {
		char *more = test_realloc(text, len + 65537);
		size_t n;

		text = more;
		n = fread(text + len, 1, 65536, f);
		len += n;
		if (n < 65536)
			break;
	}
	fclose(f);
	text = test_realloc(text, len + 1);
	text[len] = '\0';
	files[file_count++] = text;
	return slice_of(text, len);
}

const char *test_data_dir(void)
{
	const char *dir = getenv("TG_TEST_DATA");

	return dir != NULL ? dir : "tests";
}

static void run_row(void **state)
{
	const struct tg_test *t = *state;

	oom_stopped(); /* the test before failed through cmocka itself in a child of its sweep */
	if (oom_wanted()) {
		CHECK(oom_sweep(t), "a failed allocation must end in a clean refusal");
		return;
	}
	t->run();
	while (guard_count > 0) {
		guard_count--;
		munmap(guards[guard_count].map, guards[guard_count].bytes);
	}
	while (file_count > 0)
		test_free(files[--file_count]);
}

int main(void)
{
	struct CMUnitTest rows[TESTS_MAX] = { 0 };
	int failed;

	for (size_t i = 0; i < test_count; i++) {
		rows[i].name = tests[i]->name;
		rows[i].test_func = run_row;
		rows[i].initial_state = (void *)(uintptr_t)tests[i];
	}
	failed = _cmocka_run_group_tests("unit", rows, test_count, NULL, NULL);
	oom_stopped(); /* the same for the last test */
	printf("%d passed, %d failed\n", (int)test_count - failed, failed);
	return failed != 0;
}
