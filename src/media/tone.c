/*
 * OURS: a warning takes the place of what the other party says in these 20 ms packets instead of a
 *       stream of its own, which would need its own clock, sequence numbers and SSRC, and a change
 *       of SSRC in the middle of a call that phones take badly.  Where the other party sends
 *       nothing, or in another codec, there is no beep: the call ends with a BYE all the same.
 */
#include "media/tone.h"

#include "media/rtp.h"

enum { PCMU = 0, PCMA = 8, HEAD = 12 };

/* One period of 1 kHz at 8000 Hz: the digital milliwatt of ITU-T G.711, two segments lower. */
static const uint8_t wave[2][8] = {
	{ 0x3e, 0x2b, 0x2b, 0x3e, 0xbe, 0xab, 0xab, 0xbe }, /* PCMU */
	{ 0x14, 0x01, 0x01, 0x14, 0x94, 0x81, 0x81, 0x94 }, /* PCMA */
};

static unsigned u8(const char *p)
{
	return (unsigned char)*p;
}

bool tone_over(char *packet, size_t len)
{
	struct rtp_head head;
	size_t at = HEAD, end = len;

	if (rtp_parse(&head, slice_of(packet, len)) != RTP_FINE ||
	    (head.type != PCMU && head.type != PCMA))
		return false;
	at += 4 * (size_t)(u8(packet) & 0x0f); /* CSRCs; all of it was checked by rtp_parse() */
	if ((u8(packet) & 0x10) != 0)
		at += 4 + 4 * (size_t)(u8(packet + at + 2) << 8 | u8(packet + at + 3));
	if ((u8(packet) & 0x20) != 0)
		end -= u8(packet + len - 1);
	if (at >= end)
		return false;
	/* the timestamp counts samples, so the wave goes on from packet to packet */
	for (size_t i = 0; at + i < end; i++)
		packet[at + i] = (char)wave[head.type == PCMA][(head.time + i) & 7];
	return true;
}
