/*
 * One turn: wait; datagrams to the role; messages to the role; its deadlines; then everything that
 * it sent leaves in one batch a socket and at most one bell a process.  The clock is read once.
 *
 * A role starts to work when the warden says that we are up, which it says to all others first: so
 * nobody gets a message from an incarnation that he does not know.
 */
#include "proc/worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/hash.h"
#include "conf/conf.h"
#include "proc/boot.h"

enum {
	SLEEP_MAX_MS = 1000,
	WALL_EVERY_MS = 1000, /* how often the wall clock is asked, against slewing and steps */
	STOP_GRACE_MS = 4000  /* less than the warden's patience */
};

struct worker {
	struct boot boot;
	char name[16]; /* "edge:0" */
	struct net_loop *loop;
	struct bus *bus;
	struct net_udp *udp;
	struct conf *conf;
	struct tg_log log;
	const struct proc_role_ops *ops;
	void *role;
	uint64_t wall_at_ms, wall_ms; /* the wall clock, as it was at a monotonic instant */
	bool up;                      /* the warden has told everybody about us */
	bool stop, graceful;
	uint64_t stop_by_ms;
};

static void say_time(struct worker *w, uint64_t now_ms)
{
	if (w->wall_ms == 0 || now_ms - w->wall_at_ms >= WALL_EVERY_MS) {
		w->wall_ms = net_wall_ms();
		w->wall_at_ms = now_ms;
	}
	log_set_time(&w->log, now_ms, w->wall_ms + (now_ms - w->wall_at_ms));
}

static void on_packet(void *ctx, uint64_t now_ms, const struct tg_flow *flow, struct slice bytes)
{
	struct worker *w = ctx;

	w->ops->packet(w->role, now_ms, flow, bytes);
}

/* From now on the role gets packets and ticks. */
static void go(struct worker *w)
{
	w->up = true;
	for (uint32_t i = 0; w->udp != NULL && i < w->boot.sockets; i++) {
		const struct boot_socket *s = &w->boot.socket[i];

		if (net_udp_add(w->udp, s->fd, s->iface) != TG_OK) {
			fprintf(stderr, "tollgate: %s: cannot watch a socket\n", w->name);
			w->stop = true;
		}
	}
	log_event(&w->log, EV_PROCESS_STARTED, LOG_STR("role", slice_str(w->name)),
	          LOG_I64("pid", getpid()), LOG_END);
}

/* Not at the first start, when everybody comes up. */
static void log_peer(struct worker *w, const struct link_peer *peer)
{
	char name[32];
	struct buf b = buf_on(name, sizeof(name));

	buf_fmt(&b, "%s:%u", link_role_name((enum link_role)peer->proc.role), peer->proc.index);
	if (peer->up == 0)
		log_event(&w->log, EV_PEER_DOWN, LOG_STR("role", buf_slice(&b)),
		          LOG_U64("epoch", peer->epoch), LOG_END);
	else if (peer->epoch > 1)
		log_event(&w->log, EV_PEER_UP, LOG_STR("role", buf_slice(&b)),
		          LOG_U64("epoch", peer->epoch), LOG_END);
}

static void count(struct buf *b, const char *name, uint64_t value)
{
	buf_fmt(b, ",\"%s\":%llu", name, (unsigned long long)value);
}

/* What sockets and rings of any process counted. */
static void counters(struct worker *w, const struct link_msg *ask)
{
	const struct bus_stat *bus = bus_stat(w->bus);
	char page[1024];
	struct buf b = buf_on(page, sizeof(page));
	struct link_msg msg;

	buf_fmt(&b, "{\"process\":\"%s\"", w->name);
	count(&b, "messages_out", bus->sent);
	count(&b, "messages_in", bus->received);
	count(&b, "messages_to_down", bus->down);
	count(&b, "messages_lost", bus->full);
	count(&b, "messages_refused", bus->refused);
	count(&b, "messages_stale", bus->stale);
	if (w->udp != NULL) {
		const struct net_udp_stat *udp = net_udp_stat(w->udp);

		count(&b, "packets_in", udp->rx);
		count(&b, "packets_in_calls", udp->rx_calls);
		count(&b, "packets_too_long", udp->rx_too_long);
		count(&b, "packets_in_errors", udp->rx_errors);
		count(&b, "packets_out", udp->tx);
		count(&b, "packets_out_calls", udp->tx_calls);
		count(&b, "packets_out_refused", udp->tx_refused);
		count(&b, "packets_out_bad", udp->tx_bad);
	}
	buf_chr(&b, '}');
	link_msg_init(&msg, LINK_CTL_REPLY, ask->head.from);
	msg.head.ref = ask->head.ref;
	msg.ctl_reply.last = 1;
	if (link_body_set(&msg, buf_slice(&b)) == TG_OK)
		bus_out(w->bus).post(w->bus, &msg);
}

static void on_message(void *ctx, const struct link_msg *msg)
{
	struct worker *w = ctx;
	uint64_t now_ms = net_loop_now_ms(w->loop);
	const struct link_proc self = w->boot.self;

	if (msg->head.type == LINK_PEER) {
		if (msg->peer.proc.role == self.role && msg->peer.proc.index == self.index) {
			if (!w->up)
				go(w);
			return;
		}
		log_peer(w, &msg->peer);
	}
	if (msg->head.type == LINK_CTL_ASK && slice_eq(link_body(msg), SLICE("counters"))) {
		counters(w, msg);
		return;
	}
	if (msg->head.type == LINK_STOP && !w->stop) {
		w->stop = true;
		w->graceful = msg->stop.graceful != 0;
		w->stop_by_ms = now_ms + STOP_GRACE_MS;
	}
	w->ops->message(w->role, now_ms, msg);
}

/* Everything but the role. */
static const char *open_shell(struct worker *w)
{
	static struct conf_mistakes mistakes;

	w->loop = net_loop_new();
	if (w->loop == NULL)
		return "no memory or descriptors for the loop";
	if (conf_read_fd(&w->conf, w->boot.conf_fd, &mistakes) != TG_OK)
		return "the configuration that the warden checked does not parse";
	close(w->boot.conf_fd);
	w->log.level = (enum log_level)w->conf->log.level;
	say_time(w, net_loop_now_ms(w->loop));
	w->bus = bus_new(w->boot.self, w->boot.epoch, w->loop, &w->log,
	                 (struct bus_sink){ w, on_message });
	if (w->bus == NULL)
		return "no memory for the rings";
	for (uint32_t i = 0; i < w->boot.channels; i++)
		if (bus_add(w->bus, &w->boot.channel[i]) != TG_OK)
			return "a ring cannot be attached";
	if (w->ops->packet == NULL)
		return NULL;
	w->udp = net_udp_new(w->loop, (struct net_udp_sink){ w, on_packet }, TG_DATAGRAM_MAX);
	return w->udp != NULL ? NULL : "no memory for the sockets";
}

static const char *open_role(struct worker *w)
{
	struct proc_env env = { .self = w->boot.self,
		                .epoch = w->boot.epoch,
		                .now_ms = net_loop_now_ms(w->loop),
		                .wall_ms = net_wall_ms(),
		                .out = bus_out(w->bus),
		                .log = &w->log,
		                .conf = w->conf,
		                .loop = w->loop };
	const char *why = "the role cannot be made";
	struct tg_rng rng;

	if (w->udp != NULL)
		env.net = net_udp_sender(w->udp);
	tg_rng_init_os(&rng);
	tg_rng_bytes(&rng, env.seed, sizeof(env.seed));
	tg_wipe(&rng, sizeof(rng));
	w->role = w->ops->create(&env, &why);
	tg_wipe(env.seed, sizeof(env.seed));
	return w->role != NULL ? NULL : why;
}

/* Tell the warden that we can work; it answers with all peers that are up, ourselves last. */
static void say_hello(struct worker *w)
{
	struct link_msg msg;

	link_msg_init(&msg, LINK_PEER, (struct link_proc){ LINK_WARDEN, 0 });
	msg.peer.proc = w->boot.self;
	msg.peer.up = 1;
	msg.peer.epoch = w->boot.epoch;
	bus_post_always(w->bus, &msg);
	bus_ring_all(w->bus);
}

static int sleep_ms(const struct worker *w, uint64_t now_ms)
{
	uint64_t at = now_ms + SLEEP_MAX_MS;

	if (w->up)
		at = TG_MIN(at, w->ops->next_ms(w->role));
	if (w->stop)
		at = TG_MIN(at, w->stop_by_ms);
	return at > now_ms ? (int)(at - now_ms) : 0;
}

static bool may_leave(const struct worker *w, uint64_t now_ms)
{
	if (!w->stop)
		return false;
	return !w->graceful || w->ops->idle == NULL || w->ops->idle(w->role) ||
	       now_ms >= w->stop_by_ms;
}

static void turn(struct worker *w)
{
	int timeout = sleep_ms(w, net_loop_now_ms(w->loop));
	bool asleep = timeout > 0 && bus_sleep(w->bus);
	uint64_t now_ms;

	net_loop_turn(w->loop, asleep ? timeout : 0);
	if (asleep)
		bus_awake(w->bus);
	now_ms = net_loop_now_ms(w->loop);
	say_time(w, now_ms);
	bus_drain(w->bus);
	if (w->up && now_ms >= w->ops->next_ms(w->role))
		w->ops->tick(w->role, now_ms);
	if (w->udp != NULL)
		net_udp_flush(w->udp);
	bus_flush(w->bus);
}

static void run(struct worker *w)
{
	say_hello(w);
	while (!may_leave(w, net_loop_now_ms(w->loop)))
		turn(w);
	log_event(&w->log, EV_PROCESS_STOPPED, LOG_STR("role", slice_str(w->name)),
	          LOG_I64("pid", getpid()), LOG_END);
}

static void close_all(struct worker *w)
{
	if (w->role != NULL)
		w->ops->free(w->role);
	net_udp_free(w->udp);
	bus_free(w->bus);
	net_loop_free(w->loop);
	conf_free(w->conf);
	free(w);
}

int worker_main(const struct proc_app *app, int boot_fd)
{
	struct worker *w = calloc(1, sizeof(*w));
	const char *why = "no memory";
	int status = WORKER_EXIT_REFUSED;

	if (w == NULL || boot_read(&w->boot, boot_fd) != TG_OK) {
		fputs("tollgate: --role is for tollgate itself; see `tollgate run`\n", stderr);
		free(w);
		return 2;
	}
	snprintf(w->name, sizeof(w->name), "%s:%u",
	         link_role_name((enum link_role)w->boot.self.role), w->boot.self.index);
	log_init(&w->log, slice_str(w->name), log_sink_stderr, NULL);
	w->ops = w->boot.self.role < LINK_ROLES ? app->ops[w->boot.self.role] : NULL;
	if (boot_harden(w->boot.warden) != TG_OK)
		why = "the warden is gone, or the kernel refuses to protect the process";
	else if (w->ops == NULL)
		why = "this program has no such role";
	else
		why = open_shell(w);
	if (why == NULL)
		why = open_role(w);
	if (why == NULL) {
		run(w);
		status = 0;
	} else {
		fprintf(stderr, "tollgate: %s cannot start: %s\n", w->name, why);
	}
	close_all(w);
	return status;
}
