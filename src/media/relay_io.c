/* The path of a packet: read, decide, send.  Nothing is allocated; two system calls a packet. */
#include "media/relay_priv.h"
#include "media/socket.h"
#include "media/tone.h"

#include <sys/epoll.h>

static void count_drop(struct relay_stat *stat, enum stream_verdict verdict)
{
	switch (verdict) {
	case STREAM_SOURCE:
		stat->wrong_source++;
		break;
	case STREAM_RATE:
		stat->over_rate++;
		break;
	case STREAM_MALFORMED:
		stat->malformed++;
		break;
	default:
		stat->no_peer++;
		break;
	}
}

static void relay_one(struct relay *r, struct relay_port *in)
{
	struct relay_stream *st = in->of;
	struct stream_packet packet = { .now_us = r->now_us, .side = in->side, .port = in->kind };
	ssize_t len = media_socket_recv(in->fd, r->packet, sizeof(r->packet), &packet.from);
	enum stream_verdict verdict;
	struct stream_way way;

	if (TG_UNLIKELY(len < 0 || st == NULL)) /* NULL: a late one of the call that had the port */
		return;
	/* a cut packet becomes an empty one, and so a malformed one, for the same counters */
	packet.bytes = slice_of(r->packet, (size_t)len <= sizeof(r->packet) ? (size_t)len : 0);
	verdict = stream_input(&st->s, &r->conf, &packet, &way);
	if (TG_UNLIKELY(way.bound))
		relay_stream_sync(st);
	if (TG_UNLIKELY(verdict != STREAM_FORWARD)) {
		count_drop(&r->stat, verdict);
		return;
	}
	if (TG_UNLIKELY(st->s.tone_us[1 - in->side] > r->now_us) && way.port == STREAM_RTP)
		(void)tone_over(r->packet, packet.bytes.len);
	if (TG_UNLIKELY(!media_socket_send(st->fd[1 - in->side][way.port], packet.bytes))) {
		r->stat.send_failed++;
		return;
	}
	r->stat.packets++;
	r->stat.octets += packet.bytes.len;
}

uint32_t relay_readable(struct relay *r, uint64_t now_us)
{
	struct epoll_event event[RELAY_BATCH];
	int n = epoll_wait(r->epoll_fd, event, RELAY_BATCH, 0);

	relay_clock(r, now_us);
	for (int i = 0; i < n;
	     i++) /* one packet a socket and turn: a flood at one starves no other */
		relay_one(r, event[i].data.ptr);
	return n > 0 ? (uint32_t)n : 0;
}
