/* Silence, one-way audio (C16, R93), and the numbers of a side.  Time is passed in. */
#include "media/stream.h"

/* A side that sent within this time is heard; comfort noise may come less than once a second. */
enum { HEARD_US = 2000000 };

bool stream_watched(const struct stream *s)
{
	const struct stream_side *a = &s->side[0], *b = &s->side[1];

	return a->up && b->up && !a->off && !b->off && !a->hold && !b->hold;
}

static uint64_t heard_us(const struct stream_side *side)
{
	return TG_MAX(side->last_us, side->watch_us);
}

uint64_t stream_heard_us(const struct stream *s)
{
	return TG_MAX(heard_us(&s->side[0]), heard_us(&s->side[1]));
}

static bool heard_now(const struct stream_side *side, uint64_t now_us)
{
	return side->last_us >= side->watch_us && side->last_us != 0 &&
	       now_us - side->last_us < HEARD_US;
}

enum stream_watch stream_watch(struct stream *s, uint64_t now_us, uint64_t one_way_us,
                               uint8_t *side)
{
	if (!stream_watched(s))
		return STREAM_SAME;
	for (uint8_t i = 0; i < 2; i++) {
		bool silent = now_us - heard_us(&s->side[i]) >= one_way_us;

		if (s->one_way[i] && heard_now(&s->side[i], now_us)) {
			s->one_way[i] = false;
			*side = i;
			return STREAM_BACK;
		}
		if (!s->one_way[i] && silent && heard_now(&s->side[1 - i], now_us)) {
			s->one_way[i] = true;
			*side = i;
			return STREAM_ONE_WAY;
		}
	}
	return STREAM_SAME;
}

void stream_stat_add(const struct stream *s, uint8_t side, uint64_t now_us,
                     struct link_media_stat *out)
{
	const struct stream_side *from = &s->side[side];
	uint64_t since_us = from->last_us != 0 ? from->last_us : from->watch_us;
	uint64_t silent_ms = (now_us - since_us) / 1000;

	out->packets += from->stat.packets;
	out->octets += from->stat.octets;
	out->dropped += from->dropped;
	out->lost += rtp_stat_lost(&from->stat);
	out->jitter_us = TG_MAX(out->jitter_us, rtp_stat_jitter_us(&from->stat, from->clock_hz));
	out->silent_ms = (uint32_t)TG_MIN((uint64_t)out->silent_ms, silent_ms);
}
