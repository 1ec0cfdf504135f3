/* rtpengine as the peer: started, asked with offer and answer over ng (bencode on UDP). */
#include "base/buf.h"
#include "bench/rtp.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NG_PORT = 42222, REPLY = 8192, TRIES = 50 };

static void put(struct buf *b, const char *text)
{
	buf_fmt(b, "%zu:%s", strlen(text), text);
}

static void pair(struct buf *b, const char *key, const char *value)
{
	put(b, key);
	put(b, value);
}

/* One request, one reply; asked again when there is no answer within 100 ms. */
static bool ask(int fd, struct buf *request, char *reply, size_t cap)
{
	for (int i = 0; i < TRIES; i++) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t n;

		(void)send(fd, request->p, request->len, 0);
		if (poll(&p, 1, 100) <= 0)
			continue;
		n = recv(fd, reply, cap - 1, 0);
		if (n > 0) {
			reply[n] = '\0';
			return true;
		}
		usleep(100 * 1000); /* not up yet: connection refused */
	}
	return false;
}

/* Offer or answer of one stream; the port that the other side is told. */
static uint16_t command(int fd, const char *what, unsigned stream, const struct sockaddr_in *host)
{
	static unsigned cookie;
	char text[2048], sdp[512], ip[INET_ADDRSTRLEN], id[32], reply[REPLY];
	struct buf b = buf_on(text, sizeof(text));
	const char *media;

	inet_ntop(AF_INET, &host->sin_addr, ip, sizeof(ip));
	snprintf(sdp, sizeof(sdp),
	         "v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n"
	         "m=audio %u RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n",
	         ip, ip, ntohs(host->sin_port));
	snprintf(id, sizeof(id), "bench-%u", stream);
	buf_fmt(&b, "%u_%d d", ++cookie, (int)getpid());
	pair(&b, "call-id", id);
	pair(&b, "command", what);
	buf_lit(&b, "5:flagsl13:trust-addresse");
	pair(&b, "from-tag", "a");
	buf_lit(&b, "7:replacel6:origin18:session-connectione");
	pair(&b, "sdp", sdp);
	if (strcmp(what, "answer") == 0)
		pair(&b, "to-tag", "b");
	buf_lit(&b, "e");
	if (b.full || !ask(fd, &b, reply, sizeof(reply)))
		return 0;
	media = strstr(reply, "m=audio ");
	return media != NULL ? (uint16_t)strtoul(media + 8, NULL, 10) : 0;
}

static int ng_open(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(NG_PORT) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static void become_rtpengine(void)
{
	char ng[32];

	snprintf(ng, sizeof(ng), "127.0.0.1:%d", NG_PORT);
	/* no kernel table; one media thread, which is the cheapest for it on one processor */
	execlp("rtpengine", "rtpengine", "--foreground", "--log-stderr", "--log-level=2",
	       "--table=-1", "--interface=127.0.0.1", "--port-min=10000", "--port-max=29999",
	       "--num-threads=1", "--timeout=600", "--listen-ng", ng, (char *)NULL);
	_exit(127);
}

bool rtp_rtpengine_start(struct rtp_target *target, const struct rtp_hosts *hosts)
{
	int fd;

	target->pid = rtp_fork();
	if (target->pid == 0)
		become_rtpengine();
	fd = ng_open();
	if (target->pid < 0 || fd < 0)
		return false;
	for (unsigned i = 0; i < target->streams; i++) {
		uint16_t port[2];

		/* the answer to an offer names the port for the other side */
		port[1] = command(fd, "offer", i, &hosts->at[0][i % RTP_HOSTS]);
		port[0] = port[1] != 0 ? command(fd, "answer", i, &hosts->at[1][i % RTP_HOSTS]) : 0;
		for (int side = 0; side < 2; side++) {
			target->port[side][i].sin_family = AF_INET;
			target->port[side][i].sin_addr.s_addr = htonl(INADDR_LOOPBACK);
			target->port[side][i].sin_port = htons(port[side]);
		}
		if (port[0] == 0) {
			close(fd);
			return false;
		}
	}
	close(fd);
	return true;
}
