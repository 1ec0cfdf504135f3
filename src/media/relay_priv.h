/* What the files of the relay share: sessions, their streams, and the sockets of these. */
#ifndef TG_MEDIA_RELAY_PRIV_H
#define TG_MEDIA_RELAY_PRIV_H

#include "base/table.h"
#include "media/ports.h"
#include "media/relay.h"
#include "media/stream.h"

enum {
	RELAY_BATCH = 128,   /* sockets looked at before the caller's loop goes on */
	RELAY_PACKET = 2048, /* longer datagrams are no RTP that anybody could use: dropped */
	RELAY_TICK_MS = 100, /* each tick watches one RELAY_PARTS-th of the sessions */
	RELAY_PARTS = 10
};

struct relay_session;

/**
 * One port of ours, and its socket while it has one; its address is the epoll cookie.  40 bytes a
 * port of the range.
 *
 * A socket that is kept for later calls is parked: connected to itself, so that the kernel refuses
 * what others send to it just as if the port were closed.
 */
struct relay_port {
	struct relay_stream *of;  /* NULL = parked, or closed */
	struct tg_addr connected; /* family NONE = not */
	int fd;                   /* while `open` */
	uint8_t side, kind;       /* kind: enum stream_port_kind */
	bool open, parked;
};

/** Two sides and their four sockets.  584 bytes, and 96 for the session. */
struct relay_stream {
	struct stream s;
	struct relay_port *port[2]; /* RTP, and RTCP behind it; NULL = not opened */
	int fd[2][STREAM_PORTS];    /* theirs, where the packets find them */
	struct relay_session *session;
	uint16_t local[2]; /* our even port a side */
};

struct relay_session {
	struct link_leg leg; /* of its owner; leg.call is the key, with owner */
	struct link_proc owner;
	uint32_t epoch; /* of the owner when it opened */
	struct tg_handle ref;
	uint32_t silent_after_ms;
	uint64_t touched_us; /* last message or silence report */
	uint64_t silent_us;  /* when silence was told last */
	uint8_t streams;
	bool emergency;
	struct relay_stream *stream[LINK_STREAMS_MAX];
};

struct relay {
	struct relay_conf conf; /* its lists are ours */
	struct link_out out;
	struct tg_rng rng;
	struct tg_pool *sessions, *streams;
	struct tg_table *table;     /* call and owner -> slot in `sessions` */
	struct media_ports **ports; /* one an interface */
	struct relay_port **port;   /* one array an interface, port_min first */
	uint32_t *parked;           /* pairs kept open for later calls, an interface */
	struct relay_iface *iface;
	struct tg_addr *never;
	struct relay_stat stat;
	uint64_t now_us; /* never runs back */
	uint64_t tick_ms;
	uint32_t open;   /* sessions */
	uint32_t cursor; /* slot that the next tick begins with */
	int epoll_fd;
	char packet[RELAY_PACKET];
};

/** Note the time; answers the later of it and what was known. */
static inline uint64_t relay_clock(struct relay *r, uint64_t now_us)
{
	if (now_us > r->now_us)
		r->now_us = now_us;
	return r->now_us;
}

/**
 * Open the four sockets of a stream.
 *
 * want  ports of both sides, 0 = choose; interfaces are checked here
 * out   set only on TG_OK; session is the caller's to set
 *
 * TG_EBAD    no such interface, or a wanted port outside the range
 * TG_EBUSY   a wanted port is taken
 * TG_ELIMIT  no pair, descriptor, or stream is left
 * TG_EIO     the kernel refused
 */
TG_MUST_USE enum tg_err relay_stream_open(struct relay *r, const struct link_media_side want[2],
                                          bool emergency, struct relay_stream **out);

/** Close its sockets; the ports rest. */
void relay_stream_close(struct relay *r, struct relay_stream *st);

/** Open and park `conf.ready` pairs of each interface; fewer if descriptors are few. */
void relay_pairs_prepare(struct relay *r);

/** Close all that is parked. */
void relay_pairs_close(struct relay *r);

/**
 * Take a pair of ports with both sockets open, each parked or hearing anybody.
 *
 * want  its port 0 = choose
 * out   set only on TG_OK: RTP, and RTCP behind it
 *
 * Errors as of relay_stream_open().
 */
TG_MUST_USE enum tg_err relay_pair_take(struct relay *r, const struct link_media_side *want,
                                        uint16_t *even, struct relay_port **out);

/** Give a pair back: it rests, parked if fewer than `conf.ready` are, else closed. */
void relay_pair_give(struct relay *r, uint16_t iface, uint16_t even);

/** Connect or disconnect sockets so that they agree with what stream_peer() decided. */
void relay_stream_sync(struct relay_stream *st);

/** Close a session and its streams.  report: tell its owner the numbers. */
void relay_session_close(struct relay *r, struct relay_session *session, bool report);

/** Post one MEDIA_REPORT. */
void relay_report(struct relay *r, const struct relay_session *session, enum link_media_event event,
                  uint8_t stream, uint8_t side);

#endif
