/*
 * CPU microseconds per OPTIONS, REGISTER and call: tollgate, Kamailio and a yardstick in one run.
 *
 * Usage: sip_bench [-t tollgate] [-m malloc_count.so] [-R rounds] [-s scale] [-o server,...] [-w
 * row]
 *
 * All servers run from the start with 100,000 registered phones; rounds alternate between them, so
 * that what else the machine does meets all of them, and the lower quartile of the rounds counts,
 * since other work only ever adds.  The CPU time of all processes of a server counts.  Loopback
 * charges the delivery of a datagram to its sender.  Prints a line a round to stderr and one JSON
 * object to stdout.
 */
#include "bench/sip.h"

#include <signal.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
	TOLLGATE,
	PEER,
	FLOOR,
	CHECKED,
	EDGE,
	RULES_OFF,
	KINDS,
	ROUNDS_MAX = 21,
	HELD = 500,
	WARM = 48
};

static const struct sip_kind kinds[KINDS] = {
	[TOLLGATE] = { "tollgate", sip_tollgate_start },
	[PEER] = { "kamailio", sip_kamailio_start },
	[FLOOR] = { "yardstick", sip_floor_start },
	[CHECKED] = { "checked", sip_tollgate_checked_start },
	[EDGE] = { "edge", sip_kamailio_edge_start },
	[RULES_OFF] = { "rules-off", sip_tollgate_off_start },
};

/*
 * Units of a round at scale 1, how many at a time, and the goal as a ratio to the peer, which is
 * not the same for all.  The peer of the plain calls is a bare proxy: no rate limits, no topology
 * hiding, no dialogs.  That of "policy" is tollgate itself with its rules off.
 */
static const struct row {
	const char *name;
	uint32_t units, window;
	double goal;
	unsigned own, peer;
	bool floor;
} rows[SIP_WORKS] = {
	[SIP_WORK_OPTIONS] = { "options", 30000, 64, 0.85, TOLLGATE, PEER, true },
	[SIP_WORK_REGISTER] = { "register", 12000, 64, 0.65, TOLLGATE, PEER, true },
	[SIP_WORK_REGISTER_KNOWN] = { "register_known", 20000, 64, 0.65, TOLLGATE, PEER, true },
	[SIP_WORK_CALL] = { "call", 250, 24, 0.70, TOLLGATE, PEER, true },
	[SIP_WORK_CALL_FREE] = { "call_unchallenged", 250, 24, 0.70, TOLLGATE, PEER, true },
	[SIP_WORK_CALL_CHECKED] = { "call_checked", 250, 24, 0.45, CHECKED, EDGE, false },
	[SIP_WORK_CALL_POLICY] = { "policy", 250, 24, 1.05, TOLLGATE, RULES_OFF, false },
};

/* What was learnt of one server. */
struct facts {
	bool runs;
	double us[SIP_WORKS][ROUNDS_MAX], mid[SIP_WORKS];
	double per_registration, per_call; /* octets */
	/* heap allocations a message: of the process that faces the network, and of all */
	double edge_heap[SIP_WORKS], heap[SIP_WORKS];
	uint64_t at_first; /* octets of all processes before any phone came */
	uint64_t failed;
};

static struct sip_server servers[KINDS];
static const char *only_row; /* NULL: all of them */
static struct facts facts[KINDS];

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void work_line(const struct sip_server *s, const char *what, const struct sip_result *r)
{
	fprintf(stderr, "%-10s %-18s %7llu done, %llu failed, %8.2f us, %.1f messages each\n",
	        s->name, what, (unsigned long long)r->done, (unsigned long long)r->failed,
	        r->cpu_us / (double)(r->done + 1),
	        (double)(r->sent + r->received) / (double)(r->done + 1));
}

/* Some seconds pass until it has read its accounts. */
static bool is_ready(struct sip_load *load, struct sip_server *s)
{
	struct sip_result r = { 0 };

	for (int i = 0; i < 50 && r.done == 0; i++) {
		usleep(i > 0 ? 200 * 1000 : 0);
		sip_load_run(load, s, SIP_WORK_REGISTER, 1, 1, &r);
	}
	return r.done > 0;
}

/* Which process grew by how much. */
static void growth(const struct sip_server *s, const uint64_t before[SIP_PIDS_MAX],
                   const uint64_t now[SIP_PIDS_MAX], unsigned units)
{
	for (unsigned i = 0; i < s->pids; i++) {
		int64_t octets = (int64_t)(now[i] - before[i]) / (int64_t)units;
		char name[128];

		sip_pid_name(s->pid[i], name, sizeof(name));
		if (octets > 0)
			fprintf(stderr, "           %8lld octets each: %.40s\n", (long long)octets,
			        name);
	}
}

static uint64_t memory_of(const struct sip_server *s, uint64_t each[SIP_PIDS_MAX])
{
	uint64_t all = 0;

	for (unsigned i = 0; i < s->pids; i++)
		all += each[i] = sip_pid_pss(s->pid[i]);
	return all;
}

/* All phones register; then many calls are up at once: what the memory grows by. */
static void prepare(struct sip_load *load, unsigned k)
{
	struct sip_server *s = &servers[k];
	uint64_t before, at_first[SIP_PIDS_MAX], registered[SIP_PIDS_MAX];
	struct sip_result r;

	facts[k].runs = kinds[k].start(s, sip_load_sockets(load)) &&
	                (k == RULES_OFF || is_ready(load, s));
	if (facts[k].runs)
		facts[k].at_first = sip_server_pss(s);
	if (!facts[k].runs || k > FLOOR)
		return;
	before = memory_of(s, at_first);
	sip_load_run(load, s, SIP_WORK_REGISTER, SIP_ACCOUNTS, 64, &r);
	work_line(s, "(all register)", &r);
	facts[k].failed += r.failed;
	facts[k].per_registration = (double)(memory_of(s, registered) - before) / SIP_ACCOUNTS;
	growth(s, at_first, registered, SIP_ACCOUNTS);
	/* what is touched once, such as the rings, belongs to no call */
	sip_load_run(load, s, SIP_WORK_CALL, WARM, WARM, &r);
	facts[k].failed += r.failed;
	before = memory_of(s, registered);
	sip_load_hold(load, s, HELD, &r);
	work_line(s, "(held calls)", &r);
	facts[k].failed += r.failed;
	facts[k].per_call = ((double)r.pss - (double)before) / HELD;
	growth(s, registered, r.pid_pss, HELD);
}

/* What the processes of a server had used before a round. */
struct used {
	double cpu_us[SIP_PIDS_MAX];
	uint64_t allocations[SIP_PIDS_MAX];
};

static struct used used_by(const struct sip_server *s)
{
	struct used u = { 0 };

	for (unsigned i = 0; i < s->pids; i++) {
		u.cpu_us[i] = sip_pid_cpu_us(s->pid[i]);
		u.allocations[i] = sip_pid_allocations(s, s->pid[i]);
	}
	return u;
}

/* Which process spent what. */
static void shares(const struct sip_server *s, const struct used *before, struct facts *f,
                   enum sip_work w, const struct sip_result *r)
{
	struct used now = used_by(s);
	double units = (double)r->done + 1, messages = (double)(r->sent + r->received) + 1;

	f->heap[w] = 0;
	for (unsigned i = 0; i < s->pids; i++) {
		double us = (now.cpu_us[i] - before->cpu_us[i]) / units;
		double heap = (double)(now.allocations[i] - before->allocations[i]) / messages;
		char name[128];

		sip_pid_name(s->pid[i], name, sizeof(name));
		f->heap[w] += heap;
		if (strstr(name, "edge:") != NULL)
			f->edge_heap[w] = heap;
		if (us >= 0.05)
			fprintf(stderr, "           %8.2f us, %.3f allocations a message: %.40s\n",
			        us, heap, name);
	}
}

static void round_of(struct sip_load *load, unsigned k, enum sip_work w, unsigned round,
                     double scale)
{
	struct sip_server *s = &servers[k];
	struct used before = used_by(s);
	struct sip_result r;

	sip_load_run(load, s, w, (uint32_t)(rows[w].units * scale), rows[w].window, &r);
	work_line(s, rows[w].name, &r);
	facts[k].failed += r.failed;
	if (sip_server_restarted(s))
		facts[k].failed++;
	if (k != FLOOR)
		shares(s, &before, &facts[k], w, &r);
	facts[k].us[w][round] = r.done > 0 ? r.cpu_us / (double)r.done : 0;
}

/* An account that no phone has used: what the same program is smaller by that has none. */
static void print_account(void)
{
	double octets = (double)facts[TOLLGATE].at_first - (double)facts[RULES_OFF].at_first;

	if (!facts[TOLLGATE].runs || !facts[RULES_OFF].runs)
		octets = 0;
	printf("{\"name\":\"account\",\"tollgate_bytes\":%.0f,\"peer_bytes\":0,\"goal\":0}],",
	       octets / SIP_ACCOUNTS);
}

static void print_json(unsigned rounds)
{
	const char *comma = "";

	for (unsigned k = 0; k < KINDS; k++) {
		for (unsigned w = 0; w < SIP_WORKS; w++) {
			qsort(facts[k].us[w], rounds, sizeof(double), by_value);
			facts[k].mid[w] = facts[k].us[w][rounds / 4];
		}
	}
	printf("{\"rows\":[");
	for (unsigned w = 0; w < SIP_WORKS; w++) {
		printf("%s{\"name\":\"%s\",\"tollgate_us\":%.3f,\"peer_us\":%.3f,\"floor_us\":%.3f,"
		       "\"goal\":%.2f}",
		       comma, rows[w].name, facts[rows[w].own].mid[w],
		       facts[rows[w].peer].mid[w],
		       rows[w].floor ? facts[FLOOR].mid[w] : 0, rows[w].goal);
		comma = ",";
	}
	printf("],\"memory\":[{\"name\":\"registration\",\"tollgate_bytes\":%.0f,"
	       "\"peer_bytes\":%.0f,\"goal\":384},",
	       facts[TOLLGATE].per_registration, facts[PEER].per_registration);
	printf("{\"name\":\"call\",\"tollgate_bytes\":%.0f,\"peer_bytes\":%.0f,\"goal\":4096},",
	       facts[TOLLGATE].per_call, facts[PEER].per_call);
	print_account();
	printf("\"heap\":[");
	for (unsigned w = 0; w < SIP_WORKS; w++)
		printf("%s{\"name\":\"%s\",\"edge_per_message\":%.4f,\"all_per_message\":%.4f}",
		       w > 0 ? "," : "", rows[w].name, facts[TOLLGATE].edge_heap[w],
		       facts[TOLLGATE].heap[w]);
	printf("],\"failed\":{");
	for (unsigned k = 0; k < KINDS; k++)
		printf("%s\"%s\":%llu", k > 0 ? "," : "", kinds[k].name,
		       (unsigned long long)facts[k].failed);
	printf("}}\n");
}

static bool is_wanted(unsigned w)
{
	return only_row == NULL || strcmp(only_row, rows[w].name) == 0;
}

static bool takes_part(unsigned k, unsigned w)
{
	return k == rows[w].own || k == rows[w].peer || (k == FLOOR && rows[w].floor);
}

static void measure(struct sip_load *load, unsigned rounds, double scale)
{
	for (unsigned i = 0; i < rounds; i++)
		for (unsigned w = 0; w < SIP_WORKS; w++)
			for (unsigned k = 0; k < KINDS; k++)
				if (facts[k].runs && is_wanted(w) && takes_part(k, w))
					round_of(load, k, (enum sip_work)w, i, scale);
}

/* Told to stop: nothing that we started stays. */
static void on_signal(int number)
{
	(void)number;
	for (unsigned k = 0; k < KINDS; k++)
		if (servers[k].root > 0)
			(void)kill(-servers[k].root, SIGKILL); /* its session: see sip_fork() */
	_exit(1);
}

static void pin(void)
{
	struct rlimit files;
	cpu_set_t cpus;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	CPU_ZERO(&cpus);
	CPU_SET(SIP_CPU_LOAD, &cpus);
	(void)sched_setaffinity(0, sizeof(cpus), &cpus);
}

int main(int argc, char **argv)
{
	unsigned rounds = 5;
	double scale = 1;
	const char *only = NULL;
	struct sip_load *load;
	int c;
	bool ok = true;

	while ((c = getopt(argc, argv, "t:m:R:s:o:w:")) != -1) {
		if (c == 't')
			sip_tollgate_path = optarg;
		else if (c == 'm')
			sip_tollgate_preload = optarg;
		else if (c == 'R')
			rounds = (unsigned)strtoul(optarg, NULL, 10);
		else if (c == 's')
			scale = strtod(optarg, NULL);
		else if (c == 'o')
			only = optarg;
		else if (c == 'w')
			only_row = optarg;
		else
			rounds = 0;
	}
	if (rounds == 0 || rounds > ROUNDS_MAX || scale <= 0 || scale > 10) {
		fprintf(stderr, "usage: sip_bench [-t tollgate] [-m malloc_count.so] [-R rounds] "
		                "[-s scale] [-o server,...] [-w row]\n");
		return 2;
	}
	pin();
	(void)signal(SIGTERM, on_signal);
	(void)signal(SIGINT, on_signal);
	(void)signal(SIGHUP, on_signal);
	load = sip_load_new();
	if (load == NULL) {
		perror("sip_bench");
		return 1;
	}
	for (unsigned k = 0; k < KINDS; k++)
		if (only == NULL || strstr(only, kinds[k].name) != NULL)
			prepare(load, k);
	measure(load, rounds, scale);
	for (unsigned k = 0; k < KINDS; k++) {
		if (servers[k].dir[0] != '\0')
			sip_server_stop(&servers[k]);
		ok = ok && facts[k].failed == 0;
	}
	print_json(rounds);
	sip_load_free(load);
	return ok ? 0 : 1;
}
