/* The load's engine: one thread, few sockets, many phones, a window of units under way. */
#include "bench/sip.h"
#include "sip/digest.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 64, DATAGRAM = 4096, SOCKET_BUF = 4 << 20, UNIT_MS = 15000, HOLD_WINDOW = 24 };

/* What is to leave one socket. */
struct outbox {
	struct buf buf[BATCH];
	char mem[BATCH][DATAGRAM];
	unsigned count;
};

static struct outbox outbox[SIP_SOCKETS];
static char inbox[BATCH][DATAGRAM];

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* ---- sockets ---- */

static bool open_socket(struct sip_sockets *s, unsigned i)
{
	struct sockaddr_in *at = &s->at[i];
	socklen_t len = sizeof(*at);
	int buf = SOCKET_BUF;
	char ip[INET_ADDRSTRLEN];

	at->sin_family = AF_INET;
	inet_pton(AF_INET,
	          i == SIP_PBX   ? SIP_PBX_IP :
	          i == SIP_TRUNK ? SIP_TRUNK_IP :
	                           SIP_PHONES_IP,
	          &at->sin_addr);
	s->fd[i] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd[i] < 0 || bind(s->fd[i], (struct sockaddr *)at, sizeof(*at)) != 0)
		return false;
	/* beyond the limit of other users where we may */
	if (setsockopt(s->fd[i], SOL_SOCKET, SO_RCVBUFFORCE, &buf, sizeof(buf)) != 0)
		(void)setsockopt(s->fd[i], SOL_SOCKET, SO_RCVBUF, &buf, sizeof(buf));
	if (getsockname(s->fd[i], (struct sockaddr *)at, &len) != 0)
		return false;
	inet_ntop(AF_INET, &at->sin_addr, ip, sizeof(ip));
	snprintf(s->text[i], sizeof(s->text[i]), "%s:%u", ip, ntohs(at->sin_port));
	return true;
}

static void flush(struct sip_load *load, unsigned socket)
{
	struct sockaddr_in *to = socket == SIP_TRUNK ? &load->server->at_trunk : &load->server->at;
	struct outbox *o = &outbox[socket];
	struct mmsghdr msg[BATCH] = { 0 };
	struct iovec iov[BATCH];
	unsigned sent = 0;

	for (unsigned i = 0; i < o->count; i++) {
		iov[i] = (struct iovec){ o->mem[i], o->buf[i].len };
		msg[i].msg_hdr = (struct msghdr){ .msg_name = to,
			                          .msg_namelen = sizeof(*to),
			                          .msg_iov = &iov[i],
			                          .msg_iovlen = 1 };
	}
	while (sent < o->count) {
		int n = sendmmsg(load->sockets.fd[socket], msg + sent, o->count - sent, 0);

		if (n < 0 && errno != EAGAIN && errno != EINTR && errno != ECONNREFUSED)
			break;
		sent += n > 0 ? (unsigned)n : 0;
	}
	load->result->sent += sent;
	o->count = 0;
}

struct buf *sip_send(struct sip_load *load, unsigned socket)
{
	struct outbox *o = &outbox[socket];

	if (o->count == BATCH)
		flush(load, socket);
	o->buf[o->count] = buf_on(o->mem[o->count], DATAGRAM);
	return &o->buf[o->count++];
}

static void receive(struct sip_load *load, unsigned socket)
{
	static struct iovec iov[BATCH];
	static struct mmsghdr msg[BATCH];
	int n;

	for (unsigned i = 0; i < BATCH; i++) {
		iov[i] = (struct iovec){ inbox[i], DATAGRAM };
		msg[i].msg_hdr = (struct msghdr){ .msg_iov = &iov[i], .msg_iovlen = 1 };
	}
	n = recvmmsg(load->sockets.fd[socket], msg, BATCH, 0, NULL);
	for (int i = 0; i < n; i++) {
		load->result->received++;
		sip_phones_input(load, socket, slice_of(inbox[i], msg[i].msg_len));
	}
}

/* ---- units ---- */

void sip_unit_done(struct sip_load *load, struct sip_unit *u, const char *failure)
{
	if (failure != NULL) {
		if (load->result->failed++ == 0)
			snprintf(load->why, sizeof(load->why), "%s (account %u, step %d)", failure,
			         SIP_FIRST + u->account, u->step);
	} else {
		load->result->done++;
	}
	if (load->server->phone[u->account].unit == u->index + 1)
		load->server->phone[u->account].unit = 0;
	u->step = SIP_FREE;
	load->active--;
}

static uint32_t next_account(struct sip_load *load)
{
	struct sip_server *s = load->server;

	s->cursor = (s->cursor + 1) % SIP_ACCOUNTS;
	return load->order[s->cursor];
}

static void begin(struct sip_load *load, struct sip_unit *u)
{
	*u = (struct sip_unit){ .step = SIP_ASKED,
		                .work = load->work,
		                .index = (uint32_t)(u - load->unit),
		                .seq = ++load->seq,
		                .account = next_account(load),
		                .holds = load->holds,
		                .deadline_ms = now_ms() + UNIT_MS };
	u->socket = (uint8_t)(sip_work_free(u->work) ? SIP_PBX : u->account % SIP_HOSTS);
	/* some other account; as random as the first, and never the same */
	u->callee = load->order[(load->server->cursor + SIP_ACCOUNTS / 2) % SIP_ACCOUNTS];
	load->active++;
	load->started++;
	sip_unit_begin(load, u);
}

static void expire(struct sip_load *load)
{
	uint64_t now = now_ms();

	for (unsigned i = 0; i < load->window; i++) {
		struct sip_unit *u = &load->unit[i];

		if (u->step != SIP_FREE && u->step != SIP_HELD && now >= u->deadline_ms)
			sip_unit_done(load, u, "no answer");
	}
}

static void refill(struct sip_load *load)
{
	for (unsigned i = 0; i < load->window && load->started < load->units; i++)
		if (load->unit[i].step == SIP_FREE)
			begin(load, &load->unit[i]);
}

/* One turn: read what is there, start what fits, send it all.  False when nobody said anything. */
static bool turn(struct sip_load *load, int epoll_fd, int timeout_ms)
{
	struct epoll_event ev[SIP_SOCKETS];
	int n;

	for (unsigned i = 0; i < SIP_SOCKETS; i++)
		if (outbox[i].count > 0)
			flush(load, i);
	n = epoll_wait(epoll_fd, ev, SIP_SOCKETS, timeout_ms);
	for (int i = 0; i < n; i++)
		receive(load, ev[i].data.u32);
	return n > 0;
}

static int open_epoll(struct sip_load *load)
{
	int fd = epoll_create1(EPOLL_CLOEXEC);

	for (unsigned i = 0; fd >= 0 && i < SIP_SOCKETS; i++) {
		struct epoll_event ev = { .events = EPOLLIN, .data.u32 = i };

		(void)epoll_ctl(fd, EPOLL_CTL_ADD, load->sockets.fd[i], &ev);
	}
	return fd;
}

static void drive(struct sip_load *load, int epoll_fd, bool until_held)
{
	refill(load);
	while (load->active > 0 && !(until_held && load->held == load->active)) {
		if (!turn(load, epoll_fd, 100))
			expire(load);
		if (!until_held)
			refill(load);
	}
	/* ACKs and copies that are still on their way */
	while (turn(load, epoll_fd, 20))
		;
}

static void prepare(struct sip_load *load, struct sip_server *server, struct sip_result *out)
{
	load->server = server;
	load->result = out;
	load->started = load->active = load->held = 0;
	load->holds = false;
	load->why[0] = '\0';
	*out = (struct sip_result){ 0 };
	memset(load->unit, 0, sizeof(load->unit));
}

static void report(const struct sip_load *load)
{
	if (load->why[0] != '\0')
		fprintf(stderr, "%s: the first of %llu failures: %s\n", load->server->name,
		        (unsigned long long)load->result->failed, load->why);
}

void sip_load_run(struct sip_load *load, struct sip_server *server, enum sip_work work,
                  uint32_t units, uint32_t window, struct sip_result *out)
{
	int epoll_fd = open_epoll(load);
	double cpu = sip_server_cpu_us(server);

	prepare(load, server, out);
	load->work = work;
	load->units = units;
	load->window = TG_MIN(window, (uint32_t)SIP_UNITS_MAX);
	drive(load, epoll_fd, false);
	out->cpu_us = sip_server_cpu_us(server) - cpu;
	close(epoll_fd);
	report(load);
}

void sip_load_hold(struct sip_load *load, struct sip_server *server, uint32_t units,
                   struct sip_result *out)
{
	int epoll_fd = open_epoll(load);

	prepare(load, server, out);
	load->work = SIP_WORK_CALL;
	load->holds = true;
	/* few at a time come up, all stay */
	for (uint32_t up = 0; up < units && load->active == up && out->failed == 0;
	     up = load->active) {
		load->units = load->window =
			TG_MIN(up + HOLD_WINDOW, TG_MIN(units, (uint32_t)SIP_UNITS_MAX));
		drive(load, epoll_fd, true);
	}
	for (unsigned i = 0; i < server->pids; i++)
		out->pss += out->pid_pss[i] = sip_pid_pss(server->pid[i]);
	for (uint32_t i = 0; i < load->window; i++) {
		if (load->unit[i].step != SIP_HELD)
			continue;
		load->held--;
		load->unit[i].deadline_ms = now_ms() + UNIT_MS;
		sip_unit_leave(load, &load->unit[i]);
		while (load->active - load->held >= HOLD_WINDOW && turn(load, epoll_fd, 1000))
			;
	}
	drive(load, epoll_fd, false);
	close(epoll_fd);
	report(load);
}

/* ---- the load as a whole ---- */

static void shuffle(uint32_t *order)
{
	uint64_t x = 88172645463325252ull; /* fixed: every run has the same order */

	for (uint32_t i = 0; i < SIP_ACCOUNTS; i++)
		order[i] = i;
	for (uint32_t i = SIP_ACCOUNTS - 1; i > 0; i--) {
		uint32_t j, keep = order[i];

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		j = (uint32_t)(x % (i + 1));
		order[i] = order[j];
		order[j] = keep;
	}
}

static void make_secrets(struct sip_load *load)
{
	for (uint32_t i = 0; i < SIP_ACCOUNTS; i++) {
		uint8_t ha1[TG_DIGEST_MAX];
		char user[16], password[16];

		snprintf(user, sizeof(user), "%u", SIP_FIRST + i);
		snprintf(password, sizeof(password), "pw%u", SIP_FIRST + i);
		sip_digest_ha1(ha1, TG_DIGEST_MD5, slice_str(user), SLICE(SIP_DOMAIN),
		               slice_str(password));
		memcpy(load->ha1[i], ha1, sizeof(load->ha1[i]));
	}
}

struct sip_load *sip_load_new(void)
{
	struct sip_load *load = calloc(1, sizeof(*load));

	if (load == NULL)
		return NULL;
	load->order = calloc(SIP_ACCOUNTS, sizeof(*load->order));
	load->ha1 = calloc(SIP_ACCOUNTS, sizeof(*load->ha1));
	for (unsigned i = 0; i < SIP_SOCKETS; i++) {
		if (load->order == NULL || load->ha1 == NULL || !open_socket(&load->sockets, i)) {
			sip_load_free(load);
			return NULL;
		}
	}
	shuffle(load->order);
	make_secrets(load);
	return load;
}

void sip_load_free(struct sip_load *load)
{
	if (load == NULL)
		return;
	for (unsigned i = 0; i < SIP_SOCKETS; i++)
		if (load->sockets.fd[i] > 0)
			close(load->sockets.fd[i]);
	free(load->ha1);
	free(load->order);
	free(load);
}

const struct sip_sockets *sip_load_sockets(const struct sip_load *load)
{
	return &load->sockets;
}
