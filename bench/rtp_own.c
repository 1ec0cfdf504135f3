/* The yardstick, and tollgate's relay as the relay process runs it. */
#include "bench/rtp.h"
#include "media/relay.h"
#include "net/loop.h"

#include <arpa/inet.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 128, PACKET = 2048 };

pid_t rtp_fork(void)
{
	cpu_set_t cpus;
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	CPU_ZERO(&cpus);
	CPU_SET(CPU_RELAY, &cpus);
	(void)sched_setaffinity(0, sizeof(cpus), &cpus);
	return 0;
}

/* The child writes one port a stream and side. */
static bool read_ports(struct rtp_target *target, int fd)
{
	for (unsigned i = 0; i < target->streams; i++) {
		for (int side = 0; side < 2; side++) {
			struct sockaddr_in *at = &target->port[side][i];

			memset(at, 0, sizeof(*at));
			at->sin_family = AF_INET;
			at->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
			if (read(fd, &at->sin_port, sizeof(at->sin_port)) != sizeof(at->sin_port))
				return false;
		}
	}
	return true;
}

static bool start(struct rtp_target *target, const struct rtp_hosts *hosts,
                  void (*run)(unsigned streams, const struct rtp_hosts *hosts, int fd))
{
	int fd[2];
	bool ok;

	if (pipe(fd) != 0)
		return false;
	target->pid = rtp_fork();
	if (target->pid == 0) {
		close(fd[0]);
		run(target->streams, hosts, fd[1]);
		_exit(1);
	}
	close(fd[1]);
	ok = target->pid > 0 && read_ports(target, fd[0]);
	close(fd[0]);
	return ok;
}

struct end {
	int fd;
	struct end *other;
	struct sockaddr_in peer;
};

static bool end_open(struct end *e, const struct sockaddr_in *peer, int epoll_fd, int out_fd)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = e };

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	e->peer = *peer;
	e->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	return e->fd >= 0 && bind(e->fd, (struct sockaddr *)&at, sizeof(at)) == 0 &&
	       getsockname(e->fd, (struct sockaddr *)&at, &len) == 0 &&
	       epoll_ctl(epoll_fd, EPOLL_CTL_ADD, e->fd, &event) == 0 &&
	       write(out_fd, &at.sin_port, sizeof(at.sin_port)) == sizeof(at.sin_port);
}

static void floor_run(unsigned streams, const struct rtp_hosts *hosts, int fd)
{
	struct end *ends = calloc(2 * (size_t)streams, sizeof(*ends));
	int epoll_fd = epoll_create1(0);
	struct epoll_event events[EVENTS];
	static char packet[PACKET];

	if (ends == NULL || epoll_fd < 0)
		return;
	for (unsigned i = 0; i < 2 * streams; i++) {
		ends[i].other = &ends[i ^ 1];
		if (!end_open(&ends[i], &hosts->at[i & 1][i / 2 % RTP_HOSTS], epoll_fd, fd))
			return;
	}
	for (;;) {
		int n = epoll_wait(epoll_fd, events, EVENTS, -1);

		for (int i = 0; i < n; i++) {
			struct end *e = events[i].data.ptr;
			struct sockaddr_in from;
			socklen_t len = sizeof(from);
			ssize_t got = recvfrom(e->fd, packet, sizeof(packet), 0,
			                       (struct sockaddr *)&from, &len);

			if (got > 0 && from.sin_port == e->peer.sin_port &&
			    from.sin_addr.s_addr == e->peer.sin_addr.s_addr)
				(void)sendto(e->other->fd, packet, (size_t)got, 0,
				             (struct sockaddr *)&e->other->peer, sizeof(from));
		}
	}
}

bool rtp_floor_start(struct rtp_target *target, const struct rtp_hosts *hosts)
{
	return start(target, hosts, floor_run);
}

/* tollgate: what a half-call would post, and where its answers go */
struct owner {
	struct relay *relay;
	int fd;
	bool failed;
};

static void owner_post(void *ctx, const struct link_msg *msg)
{
	struct owner *owner = ctx;

	if (msg->head.type != LINK_MEDIA_OPENED)
		return;
	for (int side = 0; side < 2; side++) {
		uint16_t port = htons(msg->media_opened.side[0][side].rtp_port);

		if (!msg->media_opened.opened ||
		    write(owner->fd, &port, sizeof(port)) != sizeof(port))
			owner->failed = true;
	}
}

static struct tg_addr addr_of(const struct sockaddr_in *in)
{
	struct tg_addr addr = { .family = TG_AF_INET, .port = ntohs(in->sin_port) };

	memcpy(addr.ip, &in->sin_addr, 4);
	return addr;
}

static void open_stream(struct owner *owner, uint64_t now_ms, unsigned n,
                        const struct rtp_hosts *hosts)
{
	struct link_proc self = { LINK_RELAY, 0 }, edge = { LINK_EDGE, 0 };
	struct link_msg msg;

	link_msg_init(&msg, LINK_MEDIA_OPEN, self);
	msg.head.from = edge;
	msg.head.leg.call = n + 1;
	msg.media_open.streams = 1;
	msg.media_open.silent_after_ms = 60000;
	relay_message(owner->relay, now_ms, &msg);
	for (uint8_t side = 0; side < 2; side++) {
		link_msg_init(&msg, LINK_MEDIA_PEER, self);
		msg.head.from = edge;
		msg.head.leg.call = n + 1;
		msg.media_peer.side = side;
		msg.media_peer.up = 1;
		/* one side as a phone behind NAT, one as a trunk: both ways to be known */
		msg.media_peer.latch = side == 0 ? LINK_LATCH_FROM_IP : LINK_LATCH_EXACT;
		msg.media_peer.rtp = addr_of(&hosts->at[side][n % RTP_HOSTS]);
		msg.media_peer.latch_ip = msg.media_peer.rtp;
		relay_message(owner->relay, now_ms, &msg);
	}
}

struct shell {
	struct net_watch watch;
	struct relay *relay;
};

static void relay_ready(struct net_watch *watch, uint64_t now_ms, int events)
{
	struct timespec t;

	(void)now_ms;
	(void)events;
	clock_gettime(CLOCK_MONOTONIC, &t);
	(void)relay_readable(TG_CONTAINER(watch, struct shell, watch)->relay,
	                     (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000);
}

static void tollgate_run(unsigned streams, const struct rtp_hosts *hosts, int fd)
{
	struct relay_iface iface = { { .family = TG_AF_INET, .ip = { 127, 0, 0, 1 } }, false };
	struct relay_conf conf = { .self = { LINK_RELAY, 0 },
		                   .iface = &iface,
		                   .iface_count = 1,
		                   .port_min = 10000,
		                   .port_max = 29999,
		                   .packets_per_s = 1000000, /* the load is uneven, a call is not */
		                   .sessions = streams };
	struct owner owner = { .fd = fd };
	struct net_loop *loop = net_loop_new();
	struct shell shell = { .watch = { .ready = relay_ready } };
	struct tg_rng rng;

	tg_rng_init_os(&rng);
	owner.relay =
		relay_new(&conf, (struct link_out){ &owner, owner_post }, &rng, net_clock_ms());
	if (owner.relay == NULL || loop == NULL)
		return;
	for (unsigned i = 0; i < streams && !owner.failed; i++)
		open_stream(&owner, net_clock_ms(), i, hosts);
	shell.relay = owner.relay;
	shell.watch.fd = relay_fd(owner.relay);
	if (owner.failed || net_loop_add(loop, &shell.watch, NET_READ) != TG_OK)
		return;
	for (;;) {
		(void)net_loop_turn(loop, 100);
		if (net_loop_now_ms(loop) >= relay_next_ms(owner.relay))
			relay_tick(owner.relay, net_loop_now_ms(loop));
	}
}

bool rtp_tollgate_start(struct rtp_target *target, const struct rtp_hosts *hosts)
{
	return start(target, hosts, tollgate_run);
}
