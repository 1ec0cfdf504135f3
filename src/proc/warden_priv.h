/* The parts of the warden: what it owns. */
#ifndef TG_PROC_WARDEN_PRIV_H
#define TG_PROC_WARDEN_PRIV_H

#include "base/log.h"
#include "proc/boot.h"
#include "proc/datadir.h"
#include "proc/plan.h"
#include "proc/sip_sockets.h"
#include "proc/warden.h"

enum child_state {
	CHILD_DOWN,     /* waits for start_at_ms */
	CHILD_STARTING, /* runs; has not said that it can work */
	CHILD_UP,
	CHILD_GONE /* stopped for good */
};

struct child {
	struct link_proc proc;
	enum child_state state;
	pid_t pid; /* 0 = none */
	uint32_t epoch;
	uint32_t quick;        /* deaths at once, one after another */
	uint64_t start_at_ms;  /* DOWN */
	uint64_t since_ms;     /* when it was started, or came up */
};

/* Memory and bells between two children, or between one and the warden (b = PLAN_PROCS_MAX). */
struct pair {
	uint32_t a, b; /* indexes of children, a < b */
	int memory;
	int bell_a, bell_b; /* rung to wake a, b */
	uint32_t slots_to_a, slots_to_b;
};

struct warden {
	const struct warden_options *options;
	struct conf *conf;
	struct plan plan;
	struct datadir_owner owner;
	struct net_loop *loop;
	struct bus *bus;
	struct tg_log log;
	struct net_watch signals;
	int conf_fd, lock_fd;
	struct sip_sockets sockets;
	struct trunk_addrs names[CONF_TRUNKS_MAX];
	uint64_t ask_at_ms[CONF_TRUNKS_MAX]; /* when a trunk's name is asked for again */
	struct child children[PLAN_PROCS_MAX];
	uint32_t count;
	struct pair *pairs;
	uint32_t pairs_count;
	uint64_t started_ms;
	bool ever_up;       /* all children have been up at once: the start has worked */
	bool failed;        /* it has not, and will not */
	bool stopping;
	unsigned stage;     /* of plan_stop_stage() */
	uint64_t stage_by_ms;
};

#define WARDEN_SELF ((struct link_proc){ LINK_WARDEN, 0 })

/** Make all rings and bells, and attach the warden's own.  False: no memory or descriptors. */
bool warden_pairs_open(struct warden *w);
void warden_pairs_close(struct warden *w);

/** What one child is to inherit. */
void warden_boot_fill(const struct warden *w, struct boot *out, const struct child *child);

/** Start what is due; end what hangs; go on with stopping.  Returns when to be called next. */
uint64_t warden_children_tick(struct warden *w, uint64_t now_ms);

/** SIGCHLD: take note of who died. */
void warden_children_reap(struct warden *w, uint64_t now_ms);

/** A child says that it can work. */
void warden_child_up(struct warden *w, struct link_proc proc, uint64_t now_ms);

/** Begin to stop everybody; again: at once. */
void warden_stop(struct warden *w, uint64_t now_ms);

/** True when no child is left. */
bool warden_all_gone(const struct warden *w);

/** Ask for names of trunks that are due; 0 answers are kept.  Returns when to be called next. */
uint64_t warden_names_tick(struct warden *w, uint64_t now_ms);
void warden_names_reply(struct warden *w, const struct link_msg *msg, uint64_t now_ms);

/** Answer the console. */
void warden_control(struct warden *w, const struct link_msg *ask, uint64_t now_ms);

#endif
