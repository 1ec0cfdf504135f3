#include "harness_oom.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A child's exit status; anything else is a finding. */
enum { ROUND_CLEAN = 40, ROUND_REFUSED = 41, ROUND_LEAKED = 42 };
enum { ROUND_SECONDS = 60, SWEEP_SECONDS = 60, EACH_UNTIL = 64 };

static bool in_child;
static atomic_uint countdown; /* 0 = off; the allocation that takes it from 1 to 0 fails */
static atomic_bool has_failed;

/*
 * The linker sends the calls of our objects here (-Wl,--wrap); libraries' own calls are not
 * touched.
 */
#define WRAPPED(result, name, params, args)            \
	result __real_##name params;                   \
	result __wrap_##name params;                   \
	result __wrap_##name params                    \
	{                                              \
		if (fails_now())                       \
			return FAIL_##name;            \
		return __real_##name args;             \
	}
#define FAIL_malloc NULL
#define FAIL_calloc NULL
#define FAIL_realloc NULL
#define FAIL_strdup NULL
#define FAIL_strndup NULL
#define FAIL_aligned_alloc NULL
#define FAIL_posix_memalign ENOMEM

static bool fails_now(void)
{
	if (atomic_load(&countdown) == 0 || atomic_fetch_sub(&countdown, 1) != 1)
		return false;
	atomic_store(&has_failed, true);
	errno = ENOMEM;
	return true;
}

WRAPPED(void *, malloc, (size_t n), (n))
WRAPPED(void *, calloc, (size_t count, size_t n), (count, n))
WRAPPED(void *, realloc, (void *p, size_t n), (p, n))
WRAPPED(char *, strdup, (const char *s), (s))
WRAPPED(char *, strndup, (const char *s, size_t n), (s, n))
WRAPPED(void *, aligned_alloc, (size_t align, size_t n), (align, n))
WRAPPED(int, posix_memalign, (void **p, size_t align, size_t n), (p, align, n))

/* Of LeakSanitizer, when it is built in. */
int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

static bool leaked(void)
{
	return __lsan_do_recoverable_leak_check != NULL && __lsan_do_recoverable_leak_check() != 0;
}

bool oom_wanted(void)
{
	const char *wanted = getenv("TG_TEST_OOM");

	return wanted != NULL && wanted[0] == '1';
}

bool test_oom_round(void)
{
	return in_child;
}

bool oom_refused(void)
{
	return atomic_load(&has_failed);
}

void oom_stopped(void)
{
	if (!in_child)
		return;
	atomic_store(&countdown, 0);
	fflush(NULL);
	if (!oom_refused())
		_exit(EXIT_FAILURE);
	/* what the test itself holds is still within reach of its stack, so it is no leak */
	_exit(leaked() ? ROUND_LEAKED : ROUND_REFUSED);
}

static void run_child(const struct tg_test *test, unsigned nth)
{
	in_child = true;
	alarm(ROUND_SECONDS);
	atomic_store(&countdown, nth);
	test->run();
	atomic_store(&countdown, 0);
	fflush(NULL);
	if (leaked())
		_exit(ROUND_LEAKED);
	_exit(oom_refused() ? ROUND_REFUSED : ROUND_CLEAN);
}

/** Exit status of the round, or minus the signal that ended it. */
static int run_round(const struct tg_test *test, unsigned nth)
{
	int status = 0;
	pid_t child;

	fflush(NULL);
	child = fork();
	if (child == 0)
		run_child(test, nth);
	if (child < 0 || waitpid(child, &status, 0) != child)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

bool oom_sweep(const struct tg_test *test)
{
	time_t end = time(NULL) + SWEEP_SECONDS;
	unsigned rounds = 0;

	for (unsigned nth = 1;; nth += nth < EACH_UNTIL ? 1 : nth / 16) {
		int status = run_round(test, nth);

		rounds++;
		if (status == ROUND_CLEAN)
			break;
		if (status != ROUND_REFUSED) {
			printf("%s: allocation %u fails: %s (status %d)\n", test->name, nth,
			       status == ROUND_LEAKED ? "memory leaked" :
			       status == -SIGALRM     ? "hangs" :
			       status < 0             ? "crashed" :
			                                "failed",
			       status);
			return false;
		}
		if (time(NULL) > end) {
			printf("%s: stopped after %u allocations for want of time\n", test->name,
			       nth);
			return true;
		}
	}
	printf("%s: %u runs\n", test->name, rounds);
	return true;
}
