#include "base/test.h"
#include "base/ring.h"

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SLOTS = 8, SLOT_BYTES = 256 };

static void *shared_memory(uint32_t slots, uint32_t slot_bytes)
{
	void *mem = mmap(NULL, tg_ring_bytes(slots, slot_bytes), PROT_READ | PROT_WRITE,
	                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(mem != MAP_FAILED, "memory");
	return mem;
}

/* In two parts, cut somewhere. */
static enum tg_err push(struct tg_ring *r, struct slice s)
{
	return tg_ring_push(r, slice_head(s, s.len / 3), slice_skip(s, s.len / 3));
}

static bool pop_is(struct tg_ring *r, const char *want)
{
	char got[SLOT_BYTES];
	size_t n = tg_ring_pop(r, got, sizeof(got));

	return slice_eq(slice_of(got, n), slice_str(want));
}

TEST(ring_keeps_order_and_counts_what_does_not_fit)
{
	void *mem = shared_memory(SLOTS, SLOT_BYTES);
	struct tg_ring in, out;
	char long_one[SLOT_BYTES + 1] = { 1 };

	tg_ring_attach_producer(&in, mem, SLOTS, SLOT_BYTES);
	tg_ring_attach_consumer(&out, mem, SLOTS, SLOT_BYTES);
	CHECK(pop_is(&out, ""), "empty at first");
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < SLOTS; i++) {
			char text[2] = { (char)('a' + i), (char)('0' + round) };

			CHECK(push(&in, slice_of(text, 2)) == TG_OK, "room");
		}
		CHECK(push(&in, SLICE("x")) == TG_ELIMIT, "full");
		for (int i = 0; i < SLOTS; i++) {
			char text[3] = { (char)('a' + i), (char)('0' + round), 0 };

			CHECK(pop_is(&out, text), "first in, first out");
		}
		CHECK(pop_is(&out, ""), "empty again");
	}
	CHECK(in.full == 5 && in.broken == 0 && out.broken == 0, "counted");
	CHECK(push(&in, slice_of(long_one, sizeof(long_one))) == TG_ELIMIT, "too long");
	CHECK(push(&in, slice_of(long_one, SLOT_BYTES)) == TG_OK, "just fits");
	CHECK(push(&in, slice_of(NULL, 0)) == TG_ELIMIT, "nothing is no message");
	CHECK(tg_ring_pop(&out, long_one, 4) == 4, "cut at cap");
	munmap(mem, tg_ring_bytes(SLOTS, SLOT_BYTES));
}

TEST(ring_ends_start_again)
{
	void *mem = shared_memory(SLOTS, SLOT_BYTES);
	struct tg_ring in, out;

	tg_ring_attach_producer(&in, mem, SLOTS, SLOT_BYTES);
	tg_ring_attach_consumer(&out, mem, SLOTS, SLOT_BYTES);
	for (int i = 0; i < 5; i++)
		CHECK(push(&in, SLICE("old")) == TG_OK, "room");
	CHECK(pop_is(&out, "old"), "one read");
	tg_ring_attach_consumer(&out, mem, SLOTS, SLOT_BYTES);
	CHECK(pop_is(&out, ""), "a new consumer skips");
	tg_ring_attach_producer(&in, mem, SLOTS, SLOT_BYTES);
	for (int i = 0; i < SLOTS; i++)
		CHECK(push(&in, SLICE("new")) == TG_OK, "skipped slots are free");
	tg_ring_attach_producer(&in, mem, SLOTS, SLOT_BYTES);
	CHECK(push(&in, SLICE("no")) == TG_ELIMIT, "a new producer goes on behind");
	for (int i = 0; i < SLOTS; i++)
		CHECK(pop_is(&out, "new"), "nothing lost by its start");
	munmap(mem, tg_ring_bytes(SLOTS, SLOT_BYTES));
}

TEST(ring_bell_rings_once_for_a_sleeper)
{
	void *mem = shared_memory(SLOTS, SLOT_BYTES);
	struct tg_ring in, out;

	tg_ring_attach_producer(&in, mem, SLOTS, SLOT_BYTES);
	tg_ring_attach_consumer(&out, mem, SLOTS, SLOT_BYTES);
	CHECK(push(&in, SLICE("a")) == TG_OK && !tg_ring_bell(&in), "awake: no bell");
	CHECK(!tg_ring_sleep(&out), "something is there: no sleep");
	CHECK(pop_is(&out, "a") && tg_ring_sleep(&out), "empty: sleep");
	CHECK(push(&in, SLICE("b")) == TG_OK, "room");
	CHECK(tg_ring_bell(&in) && !tg_ring_bell(&in), "once");
	tg_ring_awake(&out);
	CHECK(pop_is(&out, "b"), "there");
	munmap(mem, tg_ring_bytes(SLOTS, SLOT_BYTES));
}

/* A taken-over process writes what it likes into the memory that it shares with us. */
TEST(ring_survives_a_hostile_end)
{
	size_t bytes = tg_ring_bytes(SLOTS, SLOT_BYTES);
	void *mem = shared_memory(SLOTS, SLOT_BYTES);
	struct tg_ring in, out;
	uint64_t x = 88172645463325252u;

	tg_ring_attach_producer(&in, mem, SLOTS, SLOT_BYTES);
	tg_ring_attach_consumer(&out, mem, SLOTS, SLOT_BYTES);
	for (int i = 0; i < 20000; i++) {
		char got[SLOT_BYTES];
		size_t at;

		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		at = (i & 1) != 0 ? x % 160 : x % (bytes - 8);
		memcpy((char *)mem + at, &x, sizeof(x));
		CHECK(tg_ring_pop(&out, got, sizeof(got)) <= sizeof(got), "within cap");
		(void)tg_ring_sleep(&out);
		if (push(&in, SLICE("abc")) == TG_OK)
			(void)tg_ring_bell(&in);
	}
	CHECK(out.broken > 0, "noticed");
	munmap(mem, bytes);
}

/* What a pushed message looks like: its number, then octets that follow from it. */
static void fill(char *msg, uint32_t n, size_t len)
{
	memcpy(msg, &n, sizeof(n));
	for (size_t i = sizeof(n); i < len; i++)
		msg[i] = (char)(n * 31 + i);
}

static bool whole(const char *msg, size_t len, uint32_t *n)
{
	char want[SLOT_BYTES];

	if (len < sizeof(*n))
		return false;
	memcpy(n, msg, sizeof(*n));
	fill(want, *n, len);
	return memcmp(want, msg, len) == 0;
}

static void push_for_ever(void *mem, int round)
{
	struct tg_ring in;
	char msg[SLOT_BYTES];

	tg_ring_attach_producer(&in, mem, SLOTS, SLOT_BYTES);
	for (uint32_t n = (uint32_t)round << 24;; n++) {
		size_t len = 4 + n % (SLOT_BYTES - 4);

		fill(msg, n, len);
		while (push(&in, slice_of(msg, len)) != TG_OK)
			sched_yield();
	}
}

static uint64_t ms_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/*
 * F13: the producer dies at any instruction; what is read is whole, in order, and the next goes on.
 */
TEST(ring_producer_killed_in_mid_push)
{
	void *mem = shared_memory(SLOTS, SLOT_BYTES);
	struct tg_ring out;

	tg_ring_attach_consumer(&out, mem, SLOTS, SLOT_BYTES);
	for (int round = 1; round <= 25; round++) {
		pid_t pid = fork();
		uint64_t end = ms_now() + 5 + (uint64_t)round % 3;
		uint32_t last = 0;
		uint64_t got = 0;

		CHECK(pid >= 0, "fork");
		if (pid == 0) {
			push_for_ever(mem, round);
			_exit(0);
		}
		while (ms_now() < end || got == 0) {
			char msg[SLOT_BYTES];
			size_t len = tg_ring_pop(&out, msg, sizeof(msg));
			uint32_t n = 0;

			if (len == 0)
				continue;
			CHECK(whole(msg, len, &n), "half a message");
			/* what the former one had published comes first; then in order, no gap */
			CHECK(n == last + 1 || n == (uint32_t)round << 24 || last == 0, "order");
			last = n;
			got++;
		}
		kill(pid, SIGKILL);
		CHECK(waitpid(pid, NULL, 0) == pid, "gone");
	}
	CHECK(out.broken == 0, "indexes stay sane");
	munmap(mem, tg_ring_bytes(SLOTS, SLOT_BYTES));
}

/* The same for the consumer: the producer goes on, the next consumer reads whole messages. */
TEST(ring_consumer_killed_in_mid_pop)
{
	void *mem = shared_memory(SLOTS, SLOT_BYTES);
	struct tg_ring in;
	uint32_t n = 0;

	tg_ring_attach_producer(&in, mem, SLOTS, SLOT_BYTES);
	for (int round = 1; round <= 25; round++) {
		pid_t pid = fork();
		uint64_t end = ms_now() + 5;
		int status;

		CHECK(pid >= 0, "fork");
		if (pid == 0) {
			struct tg_ring out;
			char msg[SLOT_BYTES];
			uint32_t last = 0, got;

			tg_ring_attach_consumer(&out, mem, SLOTS, SLOT_BYTES);
			for (;;) {
				size_t len = tg_ring_pop(&out, msg, sizeof(msg));

				if (len == 0)
					continue;
				if (!whole(msg, len, &got) || (last != 0 && got != last + 1))
					_exit(1);
				last = got;
			}
		}
		while (ms_now() < end) {
			char msg[SLOT_BYTES];
			size_t len = 4 + n % (SLOT_BYTES - 4);

			fill(msg, n, len);
			if (push(&in, slice_of(msg, len)) == TG_OK)
				n++;
		}
		kill(pid, SIGKILL);
		CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status),
		      "read well until killed");
	}
	CHECK(n > SLOTS && in.broken == 0, "went on"); /* how far is the scheduler's to say */
	munmap(mem, tg_ring_bytes(SLOTS, SLOT_BYTES));
}

/* The doorbell: with sleeping and waking on both sides no message is ever left lying. */
TEST(ring_no_lost_wake_up)
{
	enum { COUNT_OF = 30000 };
	void *mem = shared_memory(SLOTS, SLOT_BYTES);
	struct tg_ring in, out;
	int bell[2];
	pid_t pid;
	int status;

	CHECK(pipe(bell) == 0, "pipe");
	tg_ring_attach_consumer(&out, mem, SLOTS, SLOT_BYTES);
	pid = fork();
	CHECK(pid >= 0, "fork");
	if (pid == 0) {
		alarm(60);
		for (uint32_t want = 0; want < COUNT_OF;) {
			char msg[SLOT_BYTES], b;
			uint32_t n;
			size_t len;

			while ((len = tg_ring_pop(&out, msg, sizeof(msg))) > 0)
				if (!whole(msg, len, &n) || n != want++)
					_exit(1);
			if (want < COUNT_OF && tg_ring_sleep(&out)) {
				if (read(bell[0], &b, 1) != 1)
					_exit(2);
				tg_ring_awake(&out);
			}
		}
		_exit(0);
	}
	tg_ring_attach_producer(&in, mem, SLOTS, SLOT_BYTES);
	for (uint32_t n = 0; n < COUNT_OF;) {
		char msg[SLOT_BYTES];

		fill(msg, n, 8);
		if (push(&in, slice_of(msg, 8)) == TG_OK)
			n++;
		if (tg_ring_bell(&in))
			CHECK(write(bell[1], "", 1) == 1, "bell");
	}
	CHECK(waitpid(pid, &status, 0) == pid, "ended");
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "all came, none was waited for");
	close(bell[0]);
	close(bell[1]);
	munmap(mem, tg_ring_bytes(SLOTS, SLOT_BYTES));
}
