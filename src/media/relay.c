/* Sessions: opened and closed by messages of their owner, and by its death. */
#include "media/relay_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

static bool conf_lists(struct relay *r, const struct relay_conf *conf)
{
	r->iface = calloc(conf->iface_count, sizeof(*r->iface));
	r->never = calloc(conf->never_count + 1u, sizeof(*r->never));
	r->ports = calloc(conf->iface_count, sizeof(struct media_ports *));
	r->port = calloc(conf->iface_count, sizeof(struct relay_port *));
	r->parked = calloc(conf->iface_count, sizeof(*r->parked));
	if (r->iface == NULL || r->never == NULL || r->ports == NULL || r->port == NULL ||
	    r->parked == NULL)
		return false;
	memcpy(r->iface, conf->iface, conf->iface_count * sizeof(*r->iface));
	if (conf->never_count > 0)
		memcpy(r->never, conf->never, conf->never_count * sizeof(*r->never));
	r->conf.iface = r->iface;
	r->conf.never = r->never;
	for (uint16_t i = 0; i < conf->iface_count; i++) {
		r->ports[i] = media_ports_new(conf->port_min, conf->port_max, r->conf.port_rest_ms);
		r->port[i] = calloc(conf->port_max - conf->port_min + 1u, sizeof(*r->port[i]));
		if (r->ports[i] == NULL || r->port[i] == NULL)
			return false;
	}
	return true;
}

static void conf_defaults(struct relay_conf *conf)
{
	if (conf->streams < conf->sessions)
		conf->streams = conf->sessions;
	if (conf->port_rest_ms == 0)
		conf->port_rest_ms = 30000;
	if (conf->one_way_ms == 0)
		conf->one_way_ms = 8000;
	if (conf->idle_close_ms == 0)
		conf->idle_close_ms = 4 * 3600 * 1000;
	if (conf->packets_per_s == 0)
		conf->packets_per_s = 2000;
}

struct relay *relay_new(const struct relay_conf *conf, struct link_out out,
                        const struct tg_rng *rng, uint64_t now_ms)
{
	struct relay *r;
	struct tg_key key;

	if (conf->iface_count == 0 || conf->sessions == 0 || conf->reserve >= conf->sessions ||
	    conf->port_min < 1024 || conf->port_max <= conf->port_min) {
		errno = EINVAL;
		return NULL;
	}
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return NULL;
	r->conf = *conf;
	conf_defaults(&r->conf);
	r->out = out;
	r->rng = *rng;
	r->now_us = now_ms * 1000;
	r->tick_ms = now_ms + RELAY_TICK_MS;
	r->cursor = 1;
	tg_rng_bytes(&r->rng, &key, sizeof(key));
	r->sessions = tg_pool_new("relay sessions", sizeof(struct relay_session), conf->sessions,
	                          conf->reserve);
	r->streams = tg_pool_new("relay streams", sizeof(struct relay_stream), r->conf.streams,
	                         conf->reserve);
	r->table = tg_table_new(conf->sessions, &key);
	r->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (r->sessions == NULL || r->streams == NULL || r->table == NULL || r->epoll_fd < 0 ||
	    !conf_lists(r, conf)) {
		relay_free(r);
		return NULL;
	}
	relay_pairs_prepare(r);
	return r;
}

static struct relay_session *next_session(const struct relay *r, uint32_t from, uint32_t *slot)
{
	return tg_pool_next(r->sessions, from, slot);
}

void relay_free(struct relay *r)
{
	struct relay_session *session;
	uint32_t slot;

	if (r == NULL)
		return;
	if (r->open > 0)
		while ((session = next_session(r, 1, &slot)) != NULL)
			relay_session_close(r, session, false);
	if (r->port != NULL && r->parked != NULL)
		relay_pairs_close(r);
	if (r->epoll_fd >= 0)
		close(r->epoll_fd);
	for (uint16_t i = 0; i < r->conf.iface_count; i++) {
		if (r->ports != NULL)
			media_ports_free(r->ports[i]);
		if (r->port != NULL)
			free(r->port[i]);
	}
	free(r->ports);
	free(r->port);
	free(r->parked);
	free(r->iface);
	free(r->never);
	tg_table_free(r->table);
	tg_pool_free(r->streams);
	tg_pool_free(r->sessions);
	free(r);
}

int relay_fd(const struct relay *r)
{
	return r->epoll_fd;
}

/* Who opened a session and for which call; another process naming the same call finds nothing. */
static uint64_t key_hash(const struct relay *r, uint64_t call, struct link_proc owner)
{
	uint8_t key[10];

	memcpy(key, &call, sizeof(call));
	key[8] = owner.role;
	key[9] = owner.index;
	return tg_table_hash(r->table, slice_of(key, sizeof(key)));
}

static bool same_proc(struct link_proc a, struct link_proc b)
{
	return a.role == b.role && a.index == b.index;
}

static struct relay_session *find_session(const struct relay *r, const struct link_head *head)
{
	uint64_t hash = key_hash(r, head->leg.call, head->from);
	uint32_t at = 0, slot;

	while ((slot = tg_table_find(r->table, hash, &at)) != 0) {
		struct relay_session *session = tg_pool_at(r->sessions, slot);

		if (session != NULL && session->leg.call == head->leg.call &&
		    same_proc(session->owner, head->from))
			return session;
	}
	return NULL;
}

static struct relay_session *new_session(struct relay *r, const struct link_msg *msg)
{
	const struct link_head *head = &msg->head;
	struct relay_session *session = msg->media_open.emergency ?
	                                        tg_pool_take_reserved(r->sessions) :
	                                        tg_pool_take(r->sessions);

	if (session == NULL)
		return NULL;
	session->leg = head->leg;
	session->owner = head->from;
	session->epoch = head->epoch;
	session->emergency = msg->media_open.emergency != 0;
	if (tg_table_add(r->table, key_hash(r, head->leg.call, head->from),
	                 tg_pool_handle(r->sessions, session).slot) != TG_OK) {
		tg_pool_give(r->sessions, session);
		return NULL;
	}
	r->open++;
	return session;
}

void relay_report(struct relay *r, const struct relay_session *session, enum link_media_event event,
                  uint8_t stream, uint8_t side)
{
	struct link_msg msg;

	link_msg_init(&msg, LINK_MEDIA_REPORT, session->owner);
	msg.head.from = r->conf.self;
	msg.head.leg = session->leg;
	msg.head.ref = session->ref;
	msg.media_report.event = (uint8_t)event;
	msg.media_report.stream = stream;
	msg.media_report.side = side;
	for (uint8_t i = 0; i < 2; i++) {
		struct link_media_stat *stat = &msg.media_report.stat[i];

		stat->silent_ms = UINT32_MAX;
		for (uint8_t n = 0; n < session->streams; n++)
			stream_stat_add(&session->stream[n]->s, i, r->now_us, stat);
	}
	r->out.post(r->out.ctx, &msg);
}

void relay_session_close(struct relay *r, struct relay_session *session, bool report)
{
	uint64_t hash = key_hash(r, session->leg.call, session->owner);

	if (report)
		relay_report(r, session, LINK_MEDIA_CLOSED, 0, 0);
	for (uint8_t i = 0; i < session->streams; i++)
		relay_stream_close(r, session->stream[i]);
	r->stat.streams -= session->streams;
	(void)tg_table_remove(r->table, hash, tg_pool_handle(r->sessions, session).slot);
	tg_pool_give(r->sessions, session);
	r->open--;
}

static void answer_open(struct relay *r, const struct link_msg *ask,
                        const struct relay_session *session)
{
	struct link_msg msg;

	link_msg_init(&msg, LINK_MEDIA_OPENED, ask->head.from);
	msg.head.from = r->conf.self;
	msg.head.leg = ask->head.leg;
	msg.head.ref = ask->head.ref;
	msg.media_opened = ask->media_open;
	msg.media_opened.opened = session != NULL;
	if (session != NULL)
		msg.media_opened.streams = session->streams;
	for (uint8_t i = 0; session != NULL && i < session->streams; i++) {
		for (uint8_t side = 0; side < 2; side++) {
			msg.media_opened.side[i][side].iface = session->stream[i]->s.iface[side];
			msg.media_opened.side[i][side].rtp_port = session->stream[i]->local[side];
		}
	}
	r->out.post(r->out.ctx, &msg);
}

/* Open what the session has not yet.  All or nothing: a call with half its audio helps nobody. */
static bool open_streams(struct relay *r, struct relay_session *session,
                         const struct link_media_open *open)
{
	uint8_t had = session->streams;

	while (session->streams < open->streams) {
		struct relay_stream *st = NULL;

		if (relay_stream_open(r, open->side[session->streams], open->emergency != 0, &st) !=
		    TG_OK)
			break;
		if (open->one_way)
			stream_hush(&st->s);
		st->session = session;
		session->stream[session->streams++] = st;
		r->stat.streams++;
	}
	if (session->streams >= open->streams)
		return true;
	while (session->streams > had) {
		relay_stream_close(r, session->stream[--session->streams]);
		r->stat.streams--;
	}
	return false;
}

static void on_open(struct relay *r, const struct link_msg *msg)
{
	const struct link_media_open *open = &msg->media_open;
	struct relay_session *session = find_session(r, &msg->head);
	bool fresh = session == NULL;

	if (msg->head.leg.call == 0 || open->streams == 0 || open->streams > LINK_STREAMS_MAX) {
		r->stat.strange++;
		return;
	}
	if (fresh)
		session = new_session(r, msg);
	if (session == NULL || !open_streams(r, session, open)) {
		r->stat.refused++;
		answer_open(r, msg, NULL);
		if (fresh && session != NULL)
			relay_session_close(r, session, false);
		return;
	}
	session->leg = msg->head.leg;
	session->ref = msg->head.ref;
	session->silent_after_ms = open->silent_after_ms;
	session->touched_us = r->now_us;
	r->stat.opened += fresh;
	answer_open(r, msg, session);
}

static void on_peer(struct relay *r, const struct link_msg *msg)
{
	const struct link_media_peer *peer = &msg->media_peer;
	struct relay_session *session = find_session(r, &msg->head);
	struct relay_stream *st;
	enum media_peer_verdict verdict;

	if (session == NULL || peer->stream >= session->streams || peer->side > 1 ||
	    peer->latch > LINK_LATCH_FROM_IP) {
		r->stat.strange++;
		return;
	}
	session->touched_us = r->now_us;
	st = session->stream[peer->stream];
	verdict = stream_peer(&st->s, &r->conf, peer, r->now_us);
	relay_stream_sync(st);
	/* exact peers are connected at once, so a missing route shows here */
	if (verdict == MEDIA_PEER_OK && peer->latch == LINK_LATCH_EXACT && !peer->off &&
	    st->s.side[peer->side].rtp.family != TG_AF_NONE &&
	    st->s.side[peer->side].port[STREAM_RTP].state != STREAM_BOUND)
		verdict = MEDIA_PEER_CLASS;
	if (verdict == MEDIA_PEER_OK)
		return;
	r->stat.peers_refused++;
	relay_report(r, session, LINK_MEDIA_REFUSED, peer->stream, peer->side);
}

static void on_tone(struct relay *r, const struct link_msg *msg)
{
	const struct link_media_tone *tone = &msg->media_tone;
	struct relay_session *session = find_session(r, &msg->head);

	if (session == NULL || tone->side > 1) {
		r->stat.strange++;
		return;
	}
	for (uint8_t i = 0; i < session->streams; i++)
		session->stream[i]->s.tone_us[tone->side] =
			r->now_us + (uint64_t)tone->ms * 1000;
}

static void on_close(struct relay *r, const struct link_msg *msg)
{
	struct relay_session *session = find_session(r, &msg->head);

	if (session == NULL)
		r->stat.strange++;
	else
		relay_session_close(r, session, true);
}

/* A process that died owns nothing any more: nobody would ever close its sessions. */
static void on_process(struct relay *r, const struct link_peer *peer)
{
	struct relay_session *session;
	uint32_t slot, from = 1;

	while ((session = next_session(r, from, &slot)) != NULL) {
		bool older =
			peer->up ? session->epoch < peer->epoch : session->epoch <= peer->epoch;

		if (same_proc(session->owner, peer->proc) && older)
			relay_session_close(r, session, false);
		from = slot + 1;
	}
}

void relay_message(struct relay *r, uint64_t now_ms, const struct link_msg *msg)
{
	relay_clock(r, now_ms * 1000);
	switch (msg->head.type) {
	case LINK_MEDIA_OPEN:
		on_open(r, msg);
		break;
	case LINK_MEDIA_PEER:
		on_peer(r, msg);
		break;
	case LINK_MEDIA_TONE:
		on_tone(r, msg);
		break;
	case LINK_MEDIA_CLOSE:
		on_close(r, msg);
		break;
	case LINK_PEER:
		on_process(r, &msg->peer);
		break;
	default:
		r->stat.strange++;
		break;
	}
}

void relay_stat(const struct relay *r, struct relay_stat *out)
{
	*out = r->stat;
	out->sessions = r->open;
}
