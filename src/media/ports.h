/* Which even/odd port pair a stream gets: unpredictable, and none that was used lately (E9). */
#ifndef TG_MEDIA_PORTS_H
#define TG_MEDIA_PORTS_H

#include "base/hash.h"

struct media_ports;

/**
 * All pairs of a range: RTP on the even port, RTCP on the next (RFC 3550 §11).
 *
 * min, max  the range, both ends included; an odd min or even max loses that port
 * rest_ms   a pair given back is not picked again for so long
 *
 * NULL without memory, or when the range holds no pair.  18 bytes a pair.
 */
struct media_ports *media_ports_new(uint16_t min, uint16_t max, uint32_t rest_ms);

/** NULL is fine. */
void media_ports_free(struct media_ports *ports);

/**
 * Take a random free pair, a preferred one if any is free; each of these is as likely, so ports
 * tell nothing about each other.
 * Costs the same however many are free.
 *
 * now_ms  never earlier than in a call before
 * port    the even one; set only on TG_OK
 *
 * TG_ELIMIT  all are taken or resting
 */
TG_MUST_USE enum tg_err media_ports_pick(struct media_ports *ports, struct tg_rng *rng,
                                         uint64_t now_ms, uint16_t *port);

/**
 * Take this very pair again, resting or not: the call that had it goes on.
 *
 * TG_EBAD    odd, or outside the range
 * TG_EBUSY   taken
 */
TG_MUST_USE enum tg_err media_ports_take(struct media_ports *ports, uint16_t port);

/** Pick this taken pair, once it is free again, before any that is not preferred; or no longer. */
void media_ports_prefer(struct media_ports *ports, uint16_t port, bool preferred);

/** Give a taken pair back; it rests from now.  Also when another program holds its port. */
void media_ports_give(struct media_ports *ports, uint16_t port, uint64_t now_ms);

/** Give back a pair that was never bound: free at once. */
void media_ports_undo(struct media_ports *ports, uint16_t port);

#endif
