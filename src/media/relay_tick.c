/* Watching sessions: silence, one-way audio, and those that everybody forgot. */
#include "media/relay_priv.h"

/* One report a stream and look is enough: the next look is a second later. */
static void watch_stream(struct relay *r, struct relay_session *session, uint8_t n)
{
	struct stream *s = &session->stream[n]->s;
	uint8_t side = 0;

	switch (stream_watch(s, r->now_us, (uint64_t)r->conf.one_way_ms * 1000, &side)) {
	case STREAM_ONE_WAY:
		relay_report(r, session, LINK_MEDIA_ONE_WAY, n, side);
		break;
	case STREAM_BACK:
		relay_report(r, session, LINK_MEDIA_BACK, n, side);
		break;
	case STREAM_SAME:
		break;
	}
}

static bool is_off(const struct stream *s)
{
	return s->side[0].off || s->side[1].off;
}

/* When anybody was heard last; UINT64_MAX when silence is no fault: not answered, or on hold. */
static uint64_t heard_us(const struct relay_session *session)
{
	uint64_t heard = 0;

	for (uint8_t n = 0; n < session->streams; n++) {
		const struct stream *s = &session->stream[n]->s;

		if (is_off(s))
			continue;
		if (!stream_watched(s))
			return UINT64_MAX;
		heard = TG_MAX(heard, stream_heard_us(s));
	}
	return heard != 0 ? heard : UINT64_MAX;
}

static bool is_forgotten(const struct relay *r, const struct relay_session *session)
{
	uint64_t last = session->touched_us;

	for (uint8_t n = 0; n < session->streams; n++)
		last = TG_MAX(last, stream_heard_us(&session->stream[n]->s));
	return r->now_us - last >= (uint64_t)r->conf.idle_close_ms * 1000;
}

static void watch_session(struct relay *r, struct relay_session *session)
{
	uint64_t after_us = (uint64_t)session->silent_after_ms * 1000, heard;

	if (is_forgotten(r, session)) {
		relay_session_close(r, session, true);
		return;
	}
	for (uint8_t n = 0; n < session->streams; n++)
		watch_stream(r, session, n);
	heard = heard_us(session);
	if (after_us == 0 || heard == UINT64_MAX)
		return;
	heard = TG_MAX(heard, session->silent_us);
	if (r->now_us - heard < after_us)
		return;
	session->silent_us = r->now_us;
	relay_report(r, session, LINK_MEDIA_SILENT, 0, 0);
}

void relay_tick(struct relay *r, uint64_t now_ms)
{
	uint32_t part = r->conf.sessions / RELAY_PARTS + 1, end = r->cursor + part, slot = 0;
	struct relay_session *session;

	relay_clock(r, now_ms * 1000);
	if (now_ms < r->tick_ms)
		return;
	r->tick_ms = now_ms + RELAY_TICK_MS;
	for (uint32_t from = r->cursor; from < end; from = slot + 1) {
		session = tg_pool_next(r->sessions, from, &slot);
		if (session == NULL || slot >= end)
			break;
		watch_session(r, session);
	}
	r->cursor = end > r->conf.sessions ? 1 : end;
}

uint64_t relay_next_ms(const struct relay *r)
{
	return r->open > 0 ? r->tick_ms : UINT64_MAX;
}
