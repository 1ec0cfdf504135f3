#include "net/loop.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS_A_TURN = 64 };

struct net_loop {
	int epoll;
	int found; /* events of this turn, from `next` on still to be told */
	int next;
	uint64_t now_ms;
	struct epoll_event events[EVENTS_A_TURN];
};

static uint64_t clock_ms(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

uint64_t net_clock_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

uint64_t net_wall_ms(void)
{
	return clock_ms(CLOCK_REALTIME);
}

struct net_loop *net_loop_new(void)
{
	struct net_loop *loop = calloc(1, sizeof(*loop));

	if (loop == NULL)
		return NULL;
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0) {
		free(loop);
		return NULL;
	}
	loop->now_ms = net_clock_ms();
	return loop;
}

void net_loop_free(struct net_loop *loop)
{
	if (loop == NULL)
		return;
	close(loop->epoll);
	free(loop);
}

static struct epoll_event event_of(struct net_watch *watch, int interest)
{
	struct epoll_event ev = { .data.ptr = watch };

	if ((interest & NET_READ) != 0)
		ev.events |= EPOLLIN;
	if ((interest & NET_WRITE) != 0)
		ev.events |= EPOLLOUT;
	if ((interest & NET_EDGE) != 0)
		ev.events |= EPOLLET;
	return ev;
}

enum tg_err net_loop_add(struct net_loop *loop, struct net_watch *watch, int interest)
{
	struct epoll_event ev = event_of(watch, interest);

	return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, watch->fd, &ev) == 0 ? TG_OK : TG_EIO;
}

void net_loop_change(struct net_loop *loop, struct net_watch *watch, int interest)
{
	struct epoll_event ev = event_of(watch, interest);

	epoll_ctl(loop->epoll, EPOLL_CTL_MOD, watch->fd, &ev);
}

void net_loop_del(struct net_loop *loop, struct net_watch *watch)
{
	epoll_ctl(loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
	for (int i = loop->next; i < loop->found; i++)
		if (loop->events[i].data.ptr == watch)
			loop->events[i].data.ptr = NULL;
}

int net_loop_turn(struct net_loop *loop, int timeout_ms)
{
	int called = 0;
	int n = epoll_wait(loop->epoll, loop->events, EVENTS_A_TURN, timeout_ms);

	loop->now_ms = net_clock_ms();
	loop->found = n > 0 ? n : 0;
	for (loop->next = 0; loop->next < loop->found;) {
		const struct epoll_event *ev = &loop->events[loop->next++];
		struct net_watch *watch = ev->data.ptr;
		int events = 0;

		if (watch == NULL)
			continue; /* deleted by a callback of this turn */
		if ((ev->events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0)
			events |= NET_READ;
		if ((ev->events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0)
			events |= NET_WRITE;
		watch->ready(watch, loop->now_ms, events);
		called++;
	}
	loop->found = 0;
	return called;
}

uint64_t net_loop_now_ms(const struct net_loop *loop)
{
	return loop->now_ms;
}
