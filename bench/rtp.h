/* RTP through a relay: the hosts that talk, the relays that are compared, and the load. */
#ifndef TG_BENCH_RTP_H
#define TG_BENCH_RTP_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	RTP_HOSTS = 16,   /* sockets a side of the load; stream i uses socket i % RTP_HOSTS */
	RTP_OCTETS = 172, /* 20 ms of G.711 */
	CPU_LOAD = 0,     /* where the load generator runs */
	CPU_RELAY = 1     /* where the relay runs, alone */
};

/** Phones (side 0) and trunks (side 1). */
struct rtp_hosts {
	int fd[2][RTP_HOSTS];
	struct sockaddr_in at[2][RTP_HOSTS];
};

/** A relay with its streams open. */
struct rtp_target {
	pid_t pid;
	unsigned streams;
	struct sockaddr_in *port[2]; /* where side s of stream i sends to: port[s][i] */
};

/** One relay that can be measured. */
struct rtp_kind {
	const char *name;
	/** Start it on CPU_RELAY, open all streams.  False: it is not there, or does not work. */
	bool (*start)(struct rtp_target *target, const struct rtp_hosts *hosts);
};

/** The least that a relay can do: receive, compare the source, send. */
bool rtp_floor_start(struct rtp_target *target, const struct rtp_hosts *hosts);
bool rtp_tollgate_start(struct rtp_target *target, const struct rtp_hosts *hosts);
/** Debian's rtpengine in user space, asked by its ng protocol. */
bool rtp_rtpengine_start(struct rtp_target *target, const struct rtp_hosts *hosts);

/** Fork; the child runs on CPU_RELAY and dies with us.  As fork(). */
pid_t rtp_fork(void);

struct rtp_result {
	uint64_t sent, received;
	double cpu_us; /* of the relay, all its threads */
};

/** Open the hosts' sockets.  False with errno. */
bool rtp_hosts_open(struct rtp_hosts *hosts);

/** Send `packets_per_s` for `seconds` through all streams in turn, both ways. */
void rtp_load(const struct rtp_target *target, const struct rtp_hosts *hosts,
              unsigned packets_per_s, double seconds, struct rtp_result *out);

#endif
