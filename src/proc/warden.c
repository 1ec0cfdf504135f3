#include "proc/warden.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "proc/warden_priv.h"

static void on_signal(struct net_watch *watch, uint64_t now_ms, int events)
{
	struct warden *w = TG_CONTAINER(watch, struct warden, signals);
	struct signalfd_siginfo info;

	(void)events;
	while (read(watch->fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			warden_children_reap(w, now_ms);
		else if (info.ssi_signo != SIGHUP) /* SIGHUP: the terminal closed; go on */
			warden_stop(w, now_ms);
	}
}

static void on_message(void *ctx, const struct link_msg *msg)
{
	struct warden *w = ctx;
	uint64_t now_ms = net_loop_now_ms(w->loop);

	switch (msg->head.type) {
	case LINK_PEER:
		/* a process can speak for itself only */
		if (msg->peer.up != 0 && msg->peer.proc.role == msg->head.from.role &&
		    msg->peer.proc.index == msg->head.from.index)
			warden_child_up(w, msg->head.from, now_ms);
		if (msg->head.from.role == LINK_RESOLVER) /* what was asked is lost */
			memset(w->ask_at_ms, 0, sizeof(w->ask_at_ms));
		break;
	case LINK_RESOLVE_REPLY:
		warden_names_reply(w, msg, now_ms);
		break;
	case LINK_CTL_ASK:
		warden_control(w, msg, now_ms);
		break;
	default:
		break;
	}
}

static bool open_signals(struct warden *w)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return false;
	w->signals.ready = on_signal;
	w->signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return w->signals.fd >= 0 && net_loop_add(w->loop, &w->signals, NET_READ) == TG_OK;
}

/* No core file of ours, as many descriptors as we may have. */
static void set_limits(void)
{
	const struct rlimit none = { 0, 0 };
	struct rlimit files;

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
}

static void say(const char *sentence)
{
	fprintf(stderr, "tollgate: %s\n", sentence);
}

static bool read_conf(struct warden *w)
{
	static struct conf_mistakes mistakes;
	const char *path = w->options->conf_path;
	enum tg_err err = conf_read(&w->conf, path, &mistakes);

	if (err == TG_OK)
		return true;
	if (err == TG_EBAD) {
		for (uint32_t i = 0; i < mistakes.count; i++) {
			char line[CONF_MISTAKE_TEXT_MAX + 4096];
			struct buf b = buf_on(line, sizeof(line));

			conf_mistake_write(&b, slice_str(path), &mistakes.at[i]);
			fprintf(stderr, "%.*s", SLICE_FMT(buf_slice(&b)));
		}
		return false;
	}
	fprintf(stderr, "tollgate: the configuration %s cannot be read: %s\n", path,
	        err == TG_EIO ? strerror(errno) : tg_strerror(err));
	return false;
}

/* The children parse what we have checked, not what the file says by the time they start. */
static bool copy_conf(struct warden *w)
{
	char *text = malloc(CONF_TEXT_MAX);
	struct buf b = buf_on(text, CONF_TEXT_MAX);

	if (text == NULL)
		return false;
	conf_write(&b, w->conf);
	w->conf_fd = b.full ? -1 : boot_memfd("tollgate-conf", b.p, b.len);
	free(text);
	return w->conf_fd >= 0;
}

static bool plan_children(struct warden *w)
{
	if (plan_make(&w->plan, w->conf) != TG_OK)
		return false;
	w->count = w->plan.count;
	for (uint32_t i = 0; i < w->count; i++) {
		w->children[i].proc = w->plan.proc[i];
		if (w->options->app->ops[w->plan.proc[i].role] == NULL) {
			fprintf(stderr, "tollgate: this program has no %s\n",
			        link_role_name((enum link_role)w->plan.proc[i].role));
			return false;
		}
	}
	return true;
}

static bool find_owner(struct warden *w)
{
	const char *user = w->options->user;
	enum tg_err err = datadir_owner_find(&w->owner, user);

	if (err == TG_ENOENT)
		fprintf(stderr, "tollgate: there is no user %s\n", user);
	else if (err != TG_OK)
		fprintf(stderr, "tollgate: only root can run tollgate as another user\n");
	return err == TG_OK;
}

/* False: it has been said why. */
static bool open_all(struct warden *w)
{
	char error[512];

	w->loop = net_loop_new();
	if (w->loop == NULL || !open_signals(w)) {
		say("no memory or descriptors left");
		return false;
	}
	log_set_time(&w->log, net_clock_ms(), net_wall_ms());
	if (!read_conf(w) || !find_owner(w))
		return false;
	w->log.level = (enum log_level)w->conf->log.level;
	w->bus = bus_new(WARDEN_SELF, 1, w->loop, &w->log, (struct bus_sink){ w, on_message });
	if (w->bus == NULL || !plan_children(w) || !copy_conf(w)) {
		say("no memory or descriptors left");
		return false;
	}
	if (datadir_lock(&w->lock_fd, w->conf->site.data, w->owner, error, sizeof(error)) ||
	    sip_sockets_open(&w->sockets, w->conf, &w->plan, &w->log, error, sizeof(error))) {
		say(error);
		return false;
	}
	if (sip_sockets_steer(&w->sockets, w->conf, &w->plan, w->names) != TG_OK) {
		say("the kernel refuses the program that sorts packets (SO_ATTACH_REUSEPORT_CBPF)");
		return false;
	}
	if (!warden_pairs_open(w)) {
		say("no memory or descriptors left for the rings between the processes");
		return false;
	}
	return true;
}

static void close_all(struct warden *w)
{
	warden_pairs_close(w);
	bus_free(w->bus);
	sip_sockets_close(&w->sockets);
	if (w->signals.fd >= 0)
		close(w->signals.fd);
	if (w->conf_fd >= 0)
		close(w->conf_fd);
	if (w->lock_fd >= 0)
		close(w->lock_fd);
	net_loop_free(w->loop);
	conf_free(w->conf);
}

static void turn(struct warden *w)
{
	uint64_t now_ms = net_loop_now_ms(w->loop);
	uint64_t next = TG_MIN(warden_children_tick(w, now_ms), warden_names_tick(w, now_ms));
	bool asleep;
	int timeout = 1000;

	if (next < now_ms + 1000)
		timeout = next > now_ms ? (int)(next - now_ms) : 0;
	bus_flush(w->bus);
	asleep = timeout > 0 && bus_sleep(w->bus);
	net_loop_turn(w->loop, asleep ? timeout : 0);
	if (asleep)
		bus_awake(w->bus);
	log_set_time(&w->log, net_loop_now_ms(w->loop), net_wall_ms());
	bus_drain(w->bus);
}

static int run(struct warden *w)
{
	w->started_ms = net_loop_now_ms(w->loop);
	log_event(&w->log, EV_CONFIG_LOADED, LOG_STR("file", slice_str(w->options->conf_path)),
	          LOG_STR("site", w->conf->site.name), LOG_END);
	while (!w->stopping || !warden_all_gone(w))
		turn(w);
	log_event(&w->log, EV_PROCESS_STOPPED, LOG_STR("role", SLICE("warden")),
	          LOG_I64("pid", getpid()), LOG_END);
	return w->failed ? 1 : 0;
}

int warden_main(const struct warden_options *options)
{
	static struct warden w;
	int status = 1;

	w = (struct warden){ .options = options, .conf_fd = -1, .lock_fd = -1 };
	w.signals.fd = -1;
	log_init(&w.log, SLICE("warden"), log_sink_stderr, NULL);
	set_limits();
	if (open_all(&w))
		status = run(&w);
	close_all(&w);
	return status;
}
