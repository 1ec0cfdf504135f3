/*
 * CPU microseconds per RTP packet: tollgate's relay, rtpengine and a yardstick in one run.
 *
 * Usage: rtp_bench [-n streams] [-r packets per second] [-s seconds a round] [-R rounds]
 *
 * Rounds alternate between the relays, so that what else the machine does meets all of them; the
 * median of the rounds counts.  A round that lost packets is run again: a relay that was kept from
 * running, or its load, tells nothing.  Prints a line a round to stderr and one JSON row to stdout.
 * Loopback charges the delivery of a packet to its sender: of the load's packets to the load, of
 * relayed ones to the relay.
 */
#include "base/macros.h"
#include "bench/rtp.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TOLLGATE, PEER, FLOOR, KINDS, ROUNDS_MAX = 21, TRIES = 4 };

#define LOSS_MAX 0.01

static const struct rtp_kind kinds[KINDS] = {
	[TOLLGATE] = { "tollgate", rtp_tollgate_start },
	[PEER] = { "rtpengine", rtp_rtpengine_start },
	[FLOOR] = { "yardstick", rtp_floor_start },
};

struct options {
	unsigned streams, rate, rounds;
	double seconds;
};

static bool options_parse(struct options *o, int argc, char **argv)
{
	int c;

	*o = (struct options){ .streams = 512, .rate = 50000, .rounds = 7, .seconds = 1 };
	while ((c = getopt(argc, argv, "n:r:s:R:")) != -1) {
		switch (c) {
		case 'n':
			o->streams = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'r':
			o->rate = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 's':
			o->seconds = strtod(optarg, NULL);
			break;
		case 'R':
			o->rounds = (unsigned)strtoul(optarg, NULL, 10);
			break;
		default:
			return false;
		}
	}
	return o->streams >= RTP_HOSTS && o->streams % RTP_HOSTS == 0 && o->rounds > 0 &&
	       o->rounds <= ROUNDS_MAX && o->seconds > 0;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void stop(struct rtp_target *target)
{
	if (target->pid > 0) {
		kill(target->pid, SIGKILL);
		(void)waitpid(target->pid, NULL, 0);
	}
	free(target->port[0]);
	free(target->port[1]);
}

static double loss_of(const struct rtp_result *r)
{
	double loss = r->sent > 0 ? 1.0 - (double)r->received / (double)r->sent : 1.0;

	return loss < 0 ? -loss : loss; /* more than was sent: left over from the warm-up */
}

/* One round of one relay; 0 when it does not run, or loses packets each time. */
static double round_of(const struct rtp_kind *kind, const struct rtp_hosts *hosts,
                       const struct options *o)
{
	struct rtp_target target = { .streams = o->streams };
	struct rtp_result warm, result = { 0 };
	bool runs;

	target.port[0] = calloc(o->streams, sizeof(struct sockaddr_in));
	target.port[1] = calloc(o->streams, sizeof(struct sockaddr_in));
	runs = target.port[0] != NULL && target.port[1] != NULL && kind->start(&target, hosts);
	if (!runs)
		fprintf(stderr, "%-10s does not run\n", kind->name);
	for (int i = 0; runs && i < TRIES; i++) {
		rtp_load(&target, hosts, o->rate / 2, 0.3, &warm);
		rtp_load(&target, hosts, o->rate, o->seconds, &result);
		fprintf(stderr, "%-10s %9.0f packets/s, lost %.3f %%, %.2f us a packet\n",
		        kind->name, (double)result.sent / o->seconds, 100.0 * loss_of(&result),
		        result.cpu_us / (double)(result.received + 1));
		if (loss_of(&result) <= LOSS_MAX)
			break;
	}
	stop(&target);
	return runs && loss_of(&result) <= LOSS_MAX ? result.cpu_us / (double)result.received : 0;
}

/* Median of the rounds that count. */
static double median(double *us, unsigned rounds)
{
	unsigned bad = 0;

	qsort(us, rounds, sizeof(*us), by_value);
	while (bad < rounds && us[bad] <= 0)
		bad++;
	return bad < rounds ? us[bad + (rounds - bad) / 2] : 0;
}

int main(int argc, char **argv)
{
	static struct rtp_hosts hosts;
	static double us[KINDS][ROUNDS_MAX];
	double mid[KINDS];
	struct options o;
	struct rlimit files;
	cpu_set_t cpus;

	if (!options_parse(&o, argc, argv)) {
		fprintf(stderr,
		        "usage: rtp_bench [-n streams, a multiple of %d] [-r packets/s] "
		        "[-s seconds] [-R rounds]\n",
		        RTP_HOSTS);
		return 2;
	}
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	CPU_ZERO(&cpus);
	CPU_SET(CPU_LOAD, &cpus);
	(void)sched_setaffinity(0, sizeof(cpus), &cpus);
	if (!rtp_hosts_open(&hosts)) {
		perror("rtp_bench");
		return 1;
	}
	for (unsigned i = 0; i < o.rounds; i++)
		for (unsigned k = 0; k < KINDS; k++)
			us[k][i] = round_of(&kinds[k], &hosts, &o);
	for (unsigned k = 0; k < KINDS; k++)
		mid[k] = median(us[k], o.rounds);
	printf("{\"name\":\"rtp\",\"tollgate_us\":%.3f,\"peer_us\":%.3f,\"floor_us\":%.3f}\n",
	       mid[TOLLGATE], mid[PEER], mid[FLOOR]);
	return mid[TOLLGATE] > 0 ? 0 : 1;
}
