/*
 * The life of the children: start, work, death, start again, stop.
 *
 * A child is started with the next epoch and says PEER when it can work.  The warden then tells all
 * others that it is up, then tells it that it is up itself, and who else is, in this order: so
 * nobody hears from an incarnation before he hears of it, and who is told of peers can send.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "proc/spawn.h"
#include "proc/warden_priv.h"

enum {
	QUICK_MS = 1000,        /* a death this soon counts as one at once */
	BACKOFF_FIRST_MS = 50,
	BACKOFF_MAX_MS = 15000,
	HELLO_MS = 60000 /* to open a large database after a crash */
};

/* What the processes of each stage have to hang up and write, see worker.c. */
static const uint32_t stage_ms[PLAN_STOP_STAGES] = { 5000, 2000, 5000 };

static struct slice name_of(struct link_proc proc, char *mem, size_t cap)
{
	struct buf b = buf_on(mem, cap);

	buf_fmt(&b, "%s:%u", link_role_name((enum link_role)proc.role), proc.index);
	return buf_slice(&b);
}

static void tell_peer(struct warden *w, struct link_proc to, const struct child *about, bool up)
{
	struct link_msg msg;

	link_msg_init(&msg, LINK_PEER, to);
	msg.peer.proc = about->proc;
	msg.peer.up = up;
	msg.peer.epoch = about->epoch;
	bus_post_always(w->bus, &msg);
}

/* To all children that are up, but the one itself. */
static void tell_others(struct warden *w, const struct child *about, bool up)
{
	for (uint32_t i = 0; i < w->count; i++)
		if (w->children[i].state == CHILD_UP && &w->children[i] != about)
			tell_peer(w, w->children[i].proc, about, up);
}

static void plan_restart(struct child *c, uint64_t now_ms, bool quick)
{
	uint64_t pause = BACKOFF_FIRST_MS;

	c->quick = quick ? c->quick + 1 : 0;
	for (uint32_t i = 1; i < c->quick && pause < BACKOFF_MAX_MS; i++)
		pause *= 2;
	c->state = CHILD_DOWN;
	c->start_at_ms = now_ms + TG_MIN(pause, BACKOFF_MAX_MS);
}

static void start(struct warden *w, struct child *c, uint64_t now_ms)
{
	static struct boot boot;

	c->epoch++;
	warden_boot_fill(w, &boot, c);
	if (spawn_child(&c->pid, &boot, w->owner) != TG_OK) {
		c->pid = 0;
		plan_restart(c, now_ms, true);
		return;
	}
	bus_peer_set(w->bus, c->proc, false, c->epoch);
	c->state = CHILD_STARTING;
	c->since_ms = now_ms;
}

void warden_child_up(struct warden *w, struct link_proc proc, uint64_t now_ms)
{
	struct child *c = NULL;
	bool all = true;

	for (uint32_t i = 0; i < w->count; i++)
		if (w->children[i].proc.role == proc.role &&
		    w->children[i].proc.index == proc.index)
			c = &w->children[i];
	if (c == NULL || c->state != CHILD_STARTING)
		return;
	c->state = CHILD_UP;
	c->since_ms = now_ms;
	bus_peer_set(w->bus, c->proc, true, c->epoch);
	tell_others(w, c, true);
	tell_peer(w, c->proc, c, true);
	for (uint32_t i = 0; i < w->count; i++) {
		if (w->children[i].state == CHILD_UP && &w->children[i] != c)
			tell_peer(w, c->proc, &w->children[i], true);
		all = all && w->children[i].state == CHILD_UP;
	}
	w->ever_up = w->ever_up || all;
}

static void log_death(struct warden *w, const struct child *c, int status, uint64_t now_ms)
{
	char mem[32];
	struct slice name = name_of(c->proc, mem, sizeof(mem));

	log_event(&w->log, EV_PROCESS_DIED, LOG_STR("role", name), LOG_I64("pid", c->pid),
	          LOG_I64("status", WIFEXITED(status) ? WEXITSTATUS(status) : -1),
	          LOG_I64("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0),
	          LOG_U64("restart_ms", c->start_at_ms - now_ms), LOG_END);
}

static void died(struct warden *w, struct child *c, int status, uint64_t now_ms)
{
	bool was_up = c->state == CHILD_UP;

	bus_peer_set(w->bus, c->proc, false, c->epoch);
	if (w->stopping) {
		c->state = CHILD_GONE;
	} else {
		plan_restart(c, now_ms, !was_up || now_ms - c->since_ms < QUICK_MS);
		log_death(w, c, status, now_ms);
		if (!w->ever_up && WIFEXITED(status) && !was_up) {
			w->failed = true; /* it has said why */
			warden_stop(w, now_ms);
		}
	}
	c->pid = 0;
	if (was_up)
		tell_others(w, c, false);
}

void warden_children_reap(struct warden *w, uint64_t now_ms)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (uint32_t i = 0; i < w->count; i++)
			if (w->children[i].pid == pid)
				died(w, &w->children[i], status, now_ms);
}

static void kill_child(const struct child *c)
{
	if (c->pid > 0)
		kill(c->pid, SIGKILL);
}

/* Tell those of a stage to stop; who cannot hear yet has nothing to hang up. */
static void stop_stage(struct warden *w, uint64_t now_ms)
{
	struct link_msg msg;

	for (uint32_t i = 0; i < w->count; i++) {
		struct child *c = &w->children[i];

		if (plan_stop_stage((enum link_role)c->proc.role) != w->stage)
			continue;
		if (c->state == CHILD_DOWN)
			c->state = CHILD_GONE;
		if (c->state == CHILD_STARTING)
			kill_child(c);
		if (c->state != CHILD_UP)
			continue;
		link_msg_init(&msg, LINK_STOP, c->proc);
		msg.stop.graceful = 1;
		bus_post_always(w->bus, &msg);
	}
	w->stage_by_ms = now_ms + stage_ms[w->stage];
}

static bool stage_gone(const struct warden *w)
{
	for (uint32_t i = 0; i < w->count; i++)
		if (w->children[i].state != CHILD_GONE &&
		    plan_stop_stage((enum link_role)w->children[i].proc.role) == w->stage)
			return false;
	return true;
}

bool warden_all_gone(const struct warden *w)
{
	for (uint32_t i = 0; i < w->count; i++)
		if (w->children[i].state != CHILD_GONE)
			return false;
	return true;
}

void warden_stop(struct warden *w, uint64_t now_ms)
{
	if (w->stopping) { /* told twice */
		for (uint32_t i = 0; i < w->count; i++) {
			kill_child(&w->children[i]);
			if (w->children[i].pid == 0)
				w->children[i].state = CHILD_GONE;
		}
		return;
	}
	w->stopping = true;
	w->stage = 0;
	stop_stage(w, now_ms);
}

static uint64_t stop_tick(struct warden *w, uint64_t now_ms)
{
	while (stage_gone(w) && w->stage + 1 < PLAN_STOP_STAGES) {
		w->stage++;
		stop_stage(w, now_ms);
	}
	if (now_ms < w->stage_by_ms)
		return w->stage_by_ms;
	for (uint32_t i = 0; i < w->count; i++)
		if (plan_stop_stage((enum link_role)w->children[i].proc.role) == w->stage)
			kill_child(&w->children[i]);
	return UINT64_MAX; /* their death wakes us */
}

uint64_t warden_children_tick(struct warden *w, uint64_t now_ms)
{
	uint64_t next = UINT64_MAX;

	if (w->stopping)
		return stop_tick(w, now_ms);
	for (uint32_t i = 0; i < w->count; i++) {
		struct child *c = &w->children[i];

		if (c->state == CHILD_DOWN && now_ms >= c->start_at_ms)
			start(w, c, now_ms);
		if (c->state == CHILD_STARTING && now_ms >= c->since_ms + HELLO_MS)
			kill_child(c);
		if (c->state == CHILD_DOWN)
			next = TG_MIN(next, c->start_at_ms);
		if (c->state == CHILD_STARTING && now_ms < c->since_ms + HELLO_MS)
			next = TG_MIN(next, c->since_ms + HELLO_MS);
	}
	return next;
}
