/*
 * Streams: the events do not depend on how the octets were cut.  The first octet seeds the cuts.
 */
#include "fuzz.h"
#include "sip/framer.h"

enum { EVENTS_MAX = 4096 };

static char mem[2 * SIP_LINE_MAX];
static struct sip_message msg;

/** One number for an event and the message that came with it. */
static uint64_t event_of(enum sip_frame frame)
{
	uint64_t h = frame;

	if (frame != SIP_FRAME_MESSAGE && frame != SIP_FRAME_REFUSE)
		return h;
	for (size_t i = 0; i < msg.text.len; i++)
		h = h * 1099511628211u + (uint8_t)msg.text.p[i];
	return h * 31 + msg.fault.status;
}

static size_t run(uint64_t *events, struct slice in, unsigned seed)
{
	struct sip_framer f;
	size_t count = 0;

	sip_framer_init(&f, mem, sizeof(mem));
	while (in.len > 0 && !f.over) {
		struct buf room = sip_framer_room(&f);
		size_t n = TG_MIN(in.len, room.cap);
		enum sip_frame frame;

		if (seed != 0) {
			seed = seed * 1103515245u + 12345u;
			n = TG_MIN(n, 1 + (seed >> 16) % ((seed >> 8 & 1) ? 3 : 200));
		}
		MUST(room.cap > 0);
		memcpy(room.p, in.p, n);
		sip_framer_fed(&f, n);
		in = slice_skip(in, n);
		while (!f.over && (frame = sip_framer_next(&f, &msg)) != SIP_FRAME_MORE) {
			if (count < EVENTS_MAX)
				events[count++] = event_of(frame);
			MUST(frame != SIP_FRAME_CLOSE || f.rule != NULL);
			MUST((frame != SIP_FRAME_BAD && frame != SIP_FRAME_REFUSE) ||
			     msg.fault.rule != NULL);
		}
	}
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint64_t whole[EVENTS_MAX], cut[EVENTS_MAX];
	size_t n;

	if (size == 0)
		return 0;
	n = run(whole, slice_of(data + 1, size - 1), 0);
	MUST(run(cut, slice_of(data + 1, size - 1), data[0] | 256u) == n);
	MUST(memcmp(whole, cut, n * sizeof(whole[0])) == 0);
	(void)sip_probe_name(sip_probe_of(slice_of(data + 1, size - 1)));
	return 0;
}
