/* A beep in the audio that passes: its payload is written over, nothing is sent besides. */
#ifndef TG_MEDIA_TONE_H
#define TG_MEDIA_TONE_H

#include "base/slice.h"

/**
 * Write 1 kHz at -12 dBm0 over the payload of a PCMU or PCMA packet (RFC 3551 §4.5.14).  Sequence
 * number, timestamp, SSRC and length stay, so the receiver sees one stream without a gap.
 *
 * packet  well-formed RTP (rtp_parse() said so), not encrypted; changed in place
 *
 * False, and nothing is changed: another codec, or no payload.
 */
bool tone_over(char *packet, size_t len);

#endif
