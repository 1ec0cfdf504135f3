/* The load: sends in batches from few sockets, so that it costs less than what it measures. */
#include "bench/rtp.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 16, READ_BATCH = 64, HOST_BUF = 4 << 20 };

static bool host_open(int *fd, struct sockaddr_in *at, const char *ip)
{
	socklen_t len = sizeof(*at);
	int buf = HOST_BUF;

	memset(at, 0, sizeof(*at));
	at->sin_family = AF_INET;
	inet_pton(AF_INET, ip, &at->sin_addr);
	*fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (*fd < 0 || bind(*fd, (struct sockaddr *)at, sizeof(*at)) != 0)
		return false;
	(void)setsockopt(*fd, SOL_SOCKET, SO_RCVBUF, &buf, sizeof(buf));
	return getsockname(*fd, (struct sockaddr *)at, &len) == 0;
}

bool rtp_hosts_open(struct rtp_hosts *hosts)
{
	static const char *const ip[2] = { "127.0.0.2", "127.0.0.3" };

	for (int side = 0; side < 2; side++)
		for (int i = 0; i < RTP_HOSTS; i++)
			if (!host_open(&hosts->fd[side][i], &hosts->at[side][i], ip[side]))
				return false;
	return true;
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cpu_us(pid_t pid)
{
	struct timespec t = { 0 };
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) != 0)
		return 0;
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static uint64_t drain(const struct rtp_hosts *hosts)
{
	static char buf[READ_BATCH][256];
	struct iovec iov[READ_BATCH];
	struct mmsghdr msg[READ_BATCH];
	uint64_t got = 0;
	int n;

	memset(msg, 0, sizeof(msg));
	for (int i = 0; i < READ_BATCH; i++) {
		iov[i] = (struct iovec){ buf[i], sizeof(buf[i]) };
		msg[i].msg_hdr.msg_iov = &iov[i];
		msg[i].msg_hdr.msg_iovlen = 1;
	}
	for (int i = 0; i < 2 * RTP_HOSTS; i++)
		while ((n = recvmmsg(hosts->fd[i & 1][i >> 1], msg, READ_BATCH, 0, NULL)) > 0)
			got += (unsigned)n;
	return got;
}

/* The next BATCH streams of one socket, each one packet; sequence and time go on for all. */
static unsigned send_batch(const struct rtp_target *target, const struct rtp_hosts *hosts,
                           unsigned turn)
{
	static unsigned at[2][RTP_HOSTS];
	static uint16_t seq;
	unsigned side = turn & 1, host = (turn >> 1) % RTP_HOSTS, per = target->streams / RTP_HOSTS;
	char packet[RTP_OCTETS] = { (char)0x80 };
	struct iovec iov = { packet, sizeof(packet) };
	struct mmsghdr msg[BATCH];
	uint32_t time;
	uint16_t net_seq;
	int n;

	if (at[side][host] % per == 0 && host == 0 && side == 0)
		seq++;
	net_seq = htons(seq);
	time = htonl((uint32_t)seq * 160);
	memcpy(packet + 2, &net_seq, sizeof(net_seq));
	memcpy(packet + 4, &time, sizeof(time));
	memset(msg, 0, sizeof(msg));
	for (unsigned i = 0; i < BATCH; i++) {
		unsigned stream = at[side][host]++ % per * RTP_HOSTS + host;

		msg[i].msg_hdr = (struct msghdr){ .msg_name = &target->port[side][stream],
			                          .msg_namelen = sizeof(struct sockaddr_in),
			                          .msg_iov = &iov,
			                          .msg_iovlen = 1 };
	}
	n = sendmmsg(hosts->fd[side][host], msg, BATCH, 0);
	return n > 0 ? (unsigned)n : 0;
}

void rtp_load(const struct rtp_target *target, const struct rtp_hosts *hosts,
              unsigned packets_per_s, double seconds, struct rtp_result *out)
{
	double begin = now_s(), cpu = cpu_us(target->pid), spent;
	unsigned turn = 0;

	(void)drain(hosts);
	*out = (struct rtp_result){ 0 };
	while ((spent = now_s() - begin) < seconds) {
		uint64_t due = (uint64_t)(spent * packets_per_s);

		/* read in between: a host that does not listen would make the relay cheaper */
		for (int i = 0; i < 8 && out->sent < due; i++)
			out->sent += send_batch(target, hosts, turn++);
		out->received += drain(hosts);
	}
	usleep(200 * 1000);
	out->received += drain(hosts);
	out->cpu_us = cpu_us(target->pid) - cpu;
}
