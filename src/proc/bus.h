/* A process's end of all its rings: posts, checks what comes, wakes the others, sleeps itself. */
#ifndef TG_PROC_BUS_H
#define TG_PROC_BUS_H

#include "base/log.h"
#include "link/msg.h"
#include "net/loop.h"

enum {
	BUS_PEERS_MAX = 128, /* processes that one process talks with */
	BUS_SLOTS = 256,     /* of a ring; power of two */
	BUS_SLOTS_PAGES = 1024 /* of a ring towards the console: pages come in bursts */
};

/** How a process reaches one other: inherited descriptors, the same in every incarnation. */
struct bus_channel {
	struct link_proc peer;
	int memory;             /* both rings, one behind the other; nobody else has it */
	int bell_in, bell_out;  /* eventfds */
	uint32_t slots_in, slots_out;
	uint8_t out_first;      /* 1: our outgoing ring lies first */
};

/** Bytes of a channel's memory. */
size_t bus_channel_bytes(uint32_t slots_in, uint32_t slots_out);

/** Who gets the messages. */
struct bus_sink {
	void *ctx;
	/** `msg` was checked, comes from `from`'s current incarnation, and is borrowed. */
	void (*message)(void *ctx, const struct link_msg *msg);
};

struct bus;

/**
 * A bus for process `self`.
 *
 * epoch  our incarnation, put into every message
 * log    borrowed; MESSAGE_REFUSED and RING_FULL go there
 *
 * NULL without memory.
 */
struct bus *bus_new(struct link_proc self, uint32_t epoch, struct net_loop *loop,
                    struct tg_log *log, struct bus_sink sink);

/** Unmaps the rings, closes the descriptors.  NULL is fine. */
void bus_free(struct bus *bus);

/**
 * Attach to a channel and take its descriptors over; what stands in the incoming ring is skipped.
 * Messages to ourselves need no channel.
 *
 * TG_ELIMIT  BUS_PEERS_MAX passed
 * TG_EBAD    such a peer cannot be, or is there already
 * TG_EIO     the memory cannot be mapped
 */
TG_MUST_USE enum tg_err bus_add(struct bus *bus, const struct bus_channel *channel);

/**
 * Say whether a peer is up and in which incarnation: for the warden, who knows.  In its children
 * the bus hears it from the warden's PEER messages, and hands those up like all others, but the
 * news of a death only after the last messages of the dead.  The warden always is up.
 */
void bus_peer_set(struct bus *bus, struct link_proc peer, bool up, uint32_t epoch);

/** Posting; to a peer that is down, or through a full ring, is counted and lost. */
struct link_out bus_out(struct bus *bus);

/** The same from the warden to a child before it is up. */
void bus_post_always(struct bus *bus, const struct link_msg *msg);

/**
 * Hand up what has come, some hundred messages a ring at most.  Before any message the warden's,
 * and before one of a half-call also the vault's, are handed up (link/msg.h tells why).
 * Returns the number of messages.
 */
unsigned bus_drain(struct bus *bus);

/** Ring the bells of the sleepers that got messages; at the end of each turn. */
void bus_flush(struct bus *bus);

/** True when nothing is there and others will ring: then sleep in the loop, then bus_awake(). */
bool bus_sleep(struct bus *bus);
void bus_awake(struct bus *bus);

/** Wake every peer, asleep or not: a former incarnation may have died before it rang. */
void bus_ring_all(struct bus *bus);

struct bus_stat {
	uint64_t sent, received;
	uint64_t down;    /* posts to a peer that is not up, or that we have no channel to */
	uint64_t full;    /* posts lost to a full ring */
	uint64_t refused; /* messages that make no sense */
	uint64_t stale;   /* messages of an older incarnation, or of one that is down */
};
const struct bus_stat *bus_stat(const struct bus *bus);

#endif
