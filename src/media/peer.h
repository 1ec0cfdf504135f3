/* Addresses where the relay may send media at all, whoever asks for it (E5). */
#ifndef TG_MEDIA_PEER_H
#define TG_MEDIA_PEER_H

#include "media/relay.h"

/* name, text: why an address gets no media.  Enum and text follow. */
#define MEDIA_PEER_TABLE(X)                                                     \
	X(MEDIA_PEER_OK, "allowed")                                             \
	X(MEDIA_PEER_FAMILY, "not an address of the interface's IP version")    \
	X(MEDIA_PEER_CLASS, "not a unicast address that hosts may have")        \
	X(MEDIA_PEER_PRIVATE, "a private address that only SDP names")          \
	X(MEDIA_PEER_OWN, "our own address, named by somebody who is not here") \
	X(MEDIA_PEER_RANGE, "a port of the relay itself")                       \
	X(MEDIA_PEER_PORT, "a port below 1024")                                 \
	X(MEDIA_PEER_NEVER, "on the list of addresses that never get media")

enum media_peer_verdict {
#define X(name, text) name,
	MEDIA_PEER_TABLE(X)
#undef X
};

/** Text of a verdict; never NULL. */
const char *media_peer_text(enum media_peer_verdict verdict);

/**
 * May media go to `addr`?
 *
 * conf        its iface and never lists count
 * iface       index of the interface that would send; checked
 * addr        port 0 = the address alone is asked about, its port is not known yet
 * signalling  where the peer's signalling came from: it may always name its own address, be that
 *             private or one of this machine; family NONE = not known
 */
enum media_peer_verdict media_peer_check(const struct relay_conf *conf, uint16_t iface,
                                         const struct tg_addr *addr,
                                         const struct tg_addr *signalling);

#endif
