/* The event loop of a process: epoll, one clock reading a turn, nothing allocated while it runs. */
#ifndef TG_NET_LOOP_H
#define TG_NET_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct net_loop;

enum net_interest {
	NET_READ = 1,
	NET_WRITE = 2,
	NET_EDGE = 4 /* report once per arrival (EPOLLET); the callback empties the descriptor */
};

/** A descriptor that is watched, embedded in its owner. */
struct net_watch {
	int fd;
	/** `events`: what is possible now, NET_READ and NET_WRITE; errors show as both. */
	void (*ready)(struct net_watch *watch, uint64_t now_ms, int events);
};

/** NULL without memory or descriptors. */
struct net_loop *net_loop_new(void);

/** NULL is fine.  Watched descriptors stay open. */
void net_loop_free(struct net_loop *loop);

/**
 * Watch a descriptor.  The watch must stay where it is until net_loop_del().
 *
 * TG_EIO  the kernel refused (errno says why)
 */
TG_MUST_USE enum tg_err net_loop_add(struct net_loop *loop, struct net_watch *watch,
                                     int interest);

/** Change what is watched for.  A system call: not for every packet. */
void net_loop_change(struct net_loop *loop, struct net_watch *watch, int interest);

/** Stop watching, before the descriptor is closed; its callback is not called any more, not even
 *  for what this turn has already found. */
void net_loop_del(struct net_loop *loop, struct net_watch *watch);

/**
 * One turn: wait at most `timeout_ms` (0 = look only, -1 = for ever), read the clock once, call
 * what is ready.  Returns the number of callbacks.
 */
int net_loop_turn(struct net_loop *loop, int timeout_ms);

/** The monotonic clock as it was read in this turn. */
uint64_t net_loop_now_ms(const struct net_loop *loop);

/** The monotonic clock now: for start-up; inside a turn use net_loop_now_ms(). */
uint64_t net_clock_ms(void);

/** Wall clock, milliseconds since 1970. */
uint64_t net_wall_ms(void);

#endif
