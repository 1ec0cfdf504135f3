/*
 * Reception statistics of one source.
 *
 * RFC:  RFC 3550 A.1 (sequence numbers), A.3 (loss), A.8 (jitter).
 * OURS: no probation: who the source is was decided by its address.  Packets that repeat a
 *       timestamp (RFC 4733 events, video) or change the payload type do not count for jitter, and
 *       a timestamp that leaps by more than two seconds starts jitter anew.
 */
#include "media/rtp.h"

#include "base/macros.h"

enum { MAX_DROPOUT = 3000, MAX_MISORDER = 100 };
enum rtp_stat_flag { STARTED = 1, HAS_TRANSIT = 2, HAS_BAD = 4 };

/* RFC 3551 tables 4 and 5; what is 0 there or dynamic counts as 8000. */
static uint32_t clock_of(uint8_t type, uint32_t clock_hz)
{
	static const struct {
		uint8_t type;
		uint32_t hz;
	} rows[] = {
		{ 6, 16000 },  { 10, 44100 }, { 11, 44100 },
		{ 14, 90000 }, { 16, 11025 }, { 17, 22050 },
	};

	/* the peer may send a static type, whatever it lists first */
	if (type >= 35 && clock_hz != 0)
		return clock_hz;
	if (type < 6)
		return 8000;
	if (type >= 25 && type <= 34)
		return 90000;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].type == type)
			return rows[i].hz;
	return 8000;
}

static uint64_t lost_now(const struct rtp_stat *s)
{
	uint32_t expected = s->cycles + s->max - s->base + 1;

	return s->counted > 0 && expected > s->counted ? expected - s->counted : 0;
}

static void restart(struct rtp_stat *s, const struct rtp_head *head)
{
	s->lost_before += lost_now(s);
	s->ssrc = head->ssrc;
	s->cycles = 0;
	s->base = s->max = head->seq;
	s->counted = 1;
	s->flags = STARTED;
}

static void count_seq(struct rtp_stat *s, const struct rtp_head *head)
{
	uint16_t delta = (uint16_t)(head->seq - s->max);

	if (TG_UNLIKELY((s->flags & STARTED) == 0 || head->ssrc != s->ssrc)) {
		restart(s, head);
	} else if (TG_LIKELY(delta < MAX_DROPOUT)) { /* in order, perhaps with a gap */
		if (head->seq < s->max)
			s->cycles += 1u << 16;
		s->max = head->seq;
		s->counted++;
	} else if (delta <=
	           (1u << 16) - MAX_MISORDER) { /* a leap: believed when the next follows */
		if ((s->flags & HAS_BAD) != 0 && head->seq == s->bad) {
			restart(s, head);
		} else {
			s->bad = (uint16_t)(head->seq + 1);
			s->flags |= HAS_BAD;
		}
	} else { /* late or double */
		s->counted++;
	}
}

static void count_jitter(struct rtp_stat *s, const struct rtp_head *head, uint64_t now_us,
                         uint32_t hz)
{
	uint32_t transit = (uint32_t)(now_us * hz / 1000000) - head->time;
	int32_t d = (int32_t)(transit - s->transit);
	uint32_t size = d < 0 ? 0 - (uint32_t)d : (uint32_t)d;

	if (TG_LIKELY((s->flags & HAS_TRANSIT) != 0 && head->type == s->type)) {
		if (head->time == s->time)
			return;
		if (size <= 2 * hz)
			s->jitter += size - ((s->jitter + 8) >> 4);
	}
	s->flags |= HAS_TRANSIT;
	s->transit = transit;
	s->time = head->time;
	s->type = head->type;
}

void rtp_stat_add(struct rtp_stat *s, const struct rtp_head *head, size_t octets, uint64_t now_us,
                  uint32_t clock_hz)
{
	s->packets++;
	s->octets += octets;
	count_seq(s, head);
	count_jitter(s, head, now_us, clock_of(head->type, clock_hz));
}

uint64_t rtp_stat_lost(const struct rtp_stat *s)
{
	return s->lost_before + lost_now(s);
}

uint32_t rtp_stat_jitter_us(const struct rtp_stat *s, uint32_t clock_hz)
{
	return (uint32_t)(((uint64_t)s->jitter >> 4) * 1000000 / clock_of(s->type, clock_hz));
}
