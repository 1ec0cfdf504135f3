/*
 * The real warden, workers, rings and sockets around a role that only asks and answers.  The test
 * program is the program that the warden starts again, as tollgate is.
 */
#include "base/test.h"
#include "net/udp.h"
#include "proc/boot.h"
#include "proc/warden.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conf/conf.h"

/* What a child tells the test, in a file that all of them map. */
struct report {
	pid_t pid;
	uint32_t epoch;
	uint32_t replies; /* to our questions */
	uint32_t reply_epoch; /* of the last one's sender */
	uint32_t packets;
	uint32_t downs; /* peers of which we were told that they died */
};

struct pad {
	struct proc_env env;
	struct report *report;
	uint64_t next_ms;
};

static const uint8_t ask_whom[LINK_ROLES] = {
	[LINK_EDGE] = LINK_VAULT, [LINK_CARRIER] = LINK_RESOLVER, [LINK_CONSOLE] = LINK_RELAY,
	[LINK_VAULT] = LINK_RESOLVER,
};

static struct report *map_reports(struct slice data)
{
	char path[256];
	void *mem;
	int fd;

	snprintf(path, sizeof(path), "%.*s/reports", SLICE_FMT(data));
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, 4096) != 0)
		return NULL;
	mem = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return mem == MAP_FAILED ? NULL : mem;
}

static void *pad_create(const struct proc_env *env, const char **why)
{
	struct pad *p = calloc(1, sizeof(*p));
	struct report *reports = map_reports(env->conf->site.data);

	if (p == NULL || reports == NULL) {
		*why = "no memory";
		free(p);
		return NULL;
	}
	if (slice_eq(env->conf->site.name, SLICE("broken")) && env->self.role == LINK_VAULT) {
		*why = "the test wants it";
		free(p);
		return NULL;
	}
	p->env = *env;
	p->report = &reports[env->self.role];
	p->report->epoch = env->epoch;
	p->report->pid = getpid();
	return p;
}

static void pad_packet(void *role, uint64_t now_ms, const struct tg_flow *flow, struct slice bytes)
{
	struct pad *p = role;
	struct buf b = p->env.net.begin(p->env.net.ctx, flow);

	(void)now_ms;
	p->report->packets++;
	buf_put(&b, bytes);
	p->env.net.end(p->env.net.ctx, &b);
}

static enum link_type question(uint8_t role)
{
	switch (ask_whom[role]) {
	case LINK_VAULT:
		return LINK_AUTH_ASK;
	case LINK_RESOLVER:
		return LINK_RESOLVE_ASK;
	default:
		return LINK_CTL_ASK;
	}
}

static void answer(struct pad *p, const struct link_msg *msg, enum link_type type)
{
	struct link_msg reply;

	link_msg_init(&reply, type, msg->head.from);
	p->env.out.post(p->env.out.ctx, &reply);
}

static void pad_message(void *role, uint64_t now_ms, const struct link_msg *msg)
{
	struct pad *p = role;

	(void)now_ms;
	switch (msg->head.type) {
	case LINK_AUTH_ASK:
		answer(p, msg, LINK_AUTH_REPLY);
		break;
	case LINK_RESOLVE_ASK:
		answer(p, msg, LINK_RESOLVE_REPLY);
		break;
	case LINK_CTL_ASK:
		answer(p, msg, LINK_CTL_REPLY);
		break;
	case LINK_PEER:
		p->report->downs += msg->peer.up == 0;
		break;
	case LINK_AUTH_REPLY:
	case LINK_RESOLVE_REPLY:
	case LINK_CTL_REPLY:
		p->report->replies++;
		p->report->reply_epoch = msg->head.epoch;
		break;
	default:
		break;
	}
}

static void pad_tick(void *role, uint64_t now_ms)
{
	struct pad *p = role;
	struct link_proc self = p->env.self;
	struct link_msg msg;

	p->next_ms = now_ms + 10;
	if (slice_eq(p->env.conf->site.name, SLICE("crashing")) && self.role == LINK_RELAY &&
	    p->env.epoch > 1)
		_exit(9);
	if (ask_whom[self.role] == LINK_NOBODY)
		return;
	link_msg_init(&msg, question(self.role), (struct link_proc){ ask_whom[self.role], 0 });
	p->env.out.post(p->env.out.ctx, &msg);
}

static uint64_t pad_next_ms(const void *role)
{
	return ((const struct pad *)role)->next_ms;
}

static void pad_free(void *role)
{
	struct pad *p = role;

	munmap((void *)(p->report - p->env.self.role), 4096);
	free(p);
}

static const struct proc_role_ops pad_ops = {
	pad_create, pad_packet, pad_message, pad_tick, pad_next_ms, NULL, pad_free
};
static const struct proc_role_ops quiet_ops = {
	pad_create, NULL, pad_message, pad_tick, pad_next_ms, NULL, pad_free
};
static const struct proc_app app = { {
	[LINK_VAULT] = &quiet_ops, [LINK_EDGE] = &pad_ops, [LINK_CARRIER] = &pad_ops,
	[LINK_RELAY] = &quiet_ops, [LINK_RESOLVER] = &quiet_ops, [LINK_CONSOLE] = &quiet_ops,
} };

/* Started by the warden: be the child before the harness sees the arguments. */
__attribute__((constructor)) static void be_child(int argc, char **argv)
{
	if (argc == 6 && strcmp(argv[1], "run") == 0 && strcmp(argv[4], "--fd") == 0)
		exit(worker_main(&app, atoi(argv[5])));
}

struct world {
	const char *user; /* whom the children run as; NULL: as we */
	char dir[64], conf[96];
	pid_t warden;
	struct tg_addr sip; /* where the edge listens */
	struct report *reports;
};

static void pause_ms(unsigned ms)
{
	usleep(ms * 1000);
}

/* Wait until a condition on the reports holds; false after 2 s (F13), twice that to start. */
static bool wait_for(bool (*holds)(const struct world *w, uint32_t arg), const struct world *w,
                     uint32_t arg, unsigned within_ms)
{
	uint64_t end = net_clock_ms() + within_ms;

	while (!holds(w, arg)) {
		if (net_clock_ms() > end)
			return false;
		pause_ms(2);
	}
	return true;
}

static bool all_answered(const struct world *w, uint32_t than)
{
	for (int r = LINK_VAULT; r < LINK_ROLES; r++)
		if (w->reports[r].pid == 0 ||
		    (ask_whom[r] != LINK_NOBODY && w->reports[r].replies <= than))
			return false;
	return true;
}

static uint16_t free_port(void)
{
	struct tg_addr a;
	int fd;

	CHECK(tg_addr_parse(&a, SLICE("127.0.0.1"), 0) == TG_OK, "address");
	CHECK(net_udp_bind(&fd, &a, false) == TG_OK && net_udp_local(&a, fd) == TG_OK, "port");
	close(fd);
	return a.port;
}

static void make_world(struct world *w, const char *site)
{
	char text[1024];
	int fd, n;

	memset(w, 0, sizeof(*w));
	snprintf(w->dir, sizeof(w->dir), "/tmp/tollgate-test-XXXXXX");
	CHECK(mkdtemp(w->dir) != NULL, "directory");
	snprintf(w->conf, sizeof(w->conf), "%s/tollgate.yaml", w->dir);
	CHECK(tg_addr_parse(&w->sip, SLICE("127.0.0.1"), free_port()) == TG_OK, "address");
	n = snprintf(text, sizeof(text),
	             "site: { name: %s, data: %s }\n"
	             "interfaces:\n- { name: lo, listen: 127.0.0.1:%u, side: inside }\n"
	             "trunks:\n- { name: acme, interface: lo, address: 127.0.9.1, username: u }\n"
	             "log: { level: error }\n",
	             site, w->dir, w->sip.port);
	fd = open(w->conf, O_WRONLY | O_CREAT, 0600);
	CHECK(fd >= 0 && write(fd, text, (size_t)n) == n, "file");
	close(fd);
	w->reports = map_reports(slice_str(w->dir));
	CHECK(w->reports != NULL, "reports");
}

static void start_warden(struct world *w)
{
	const struct warden_options options = { w->conf, w->user, &app };

	fflush(NULL);
	w->warden = fork();
	CHECK(w->warden >= 0, "fork");
	if (w->warden == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* when the test fails */
		exit(warden_main(&options));
	}
}

static int exit_status(pid_t pid)
{
	int status = 0;

	CHECK(waitpid(pid, &status, 0) == pid, "wait");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

static bool nobody_left(const struct world *w, uint32_t arg)
{
	(void)arg;
	for (int r = LINK_VAULT; r < LINK_ROLES; r++)
		if (kill(w->reports[r].pid, 0) == 0 || errno != ESRCH)
			return false;
	return true;
}

static void remove_world(struct world *w)
{
	static const char *const files[] = { "reports", "lock", "tollgate.yaml" };
	char path[128];

	munmap(w->reports, 4096);
	for (size_t i = 0; i < COUNT(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", w->dir, files[i]);
		unlink(path);
	}
	CHECK(rmdir(w->dir) == 0, "nothing else was written");
}

static void on_echo(void *ctx, uint64_t now_ms, const struct tg_flow *flow, struct slice bytes)
{
	(void)now_ms, (void)flow;
	*(unsigned *)ctx += slice_eq(bytes, SLICE("\r\n\r\n"));
}

/* A packet to the edge comes back, through sockets that outlive it. */
static bool echoes(const struct world *w)
{
	struct net_loop *loop = net_loop_new();
	unsigned got = 0;
	struct net_udp *udp = net_udp_new(loop, (struct net_udp_sink){ &got, on_echo }, 1000);
	struct tg_flow flow = { .remote = w->sip, .proto = TG_PROTO_UDP };
	struct tg_net net = net_udp_sender(udp);
	struct tg_addr local = w->sip;
	struct buf b;
	int fd;

	local.port = 0;
	CHECK(net_udp_bind(&fd, &local, false) == TG_OK && net_udp_add(udp, fd, 0) == TG_OK, "me");
	b = net.begin(net.ctx, &flow);
	buf_lit(&b, "\r\n\r\n");
	net.end(net.ctx, &b);
	net_udp_flush(udp);
	net_loop_turn(loop, 2000);
	net_udp_free(udp);
	net_loop_free(loop);
	return got == 1;
}

TEST(warden_restarts_each_process)
{
	struct world w;

	if (test_oom_round())
		return;
	make_world(&w, "test");
	start_warden(&w);
	CHECK(wait_for(all_answered, &w, 3, 10000), "all are up and answer each other");
	CHECK(echoes(&w), "the edge has its socket");
	for (uint32_t r = LINK_VAULT; r < LINK_ROLES; r++) {
		struct report *me = &w.reports[r];
		uint64_t end = net_clock_ms() + 2000;
		uint32_t epoch = me->epoch;
		pid_t old = me->pid;

		CHECK(kill(old, SIGKILL) == 0, "F13: kill -9");
		while (me->pid == old || me->epoch != epoch + 1) {
			CHECK(net_clock_ms() < end, "back within 2 s, in the next epoch");
			pause_ms(2);
		}
		for (int i = LINK_VAULT; i < LINK_ROLES; i++)
			w.reports[i].replies = 0;
		CHECK(wait_for(all_answered, &w, 3, 2000), "and the rings work for all");
		for (int i = LINK_VAULT; i < LINK_ROLES; i++)
			CHECK(ask_whom[i] != r || w.reports[i].reply_epoch == epoch + 1,
			      "the answer is the new one's");
		CHECK(echoes(&w), "and the edge hears packets");
	}
	CHECK(kill(w.warden, SIGTERM) == 0, "stop");
	CHECK(exit_status(w.warden) == 0, "stopped as told");
	CHECK(nobody_left(&w, 0), "no process is left");
	remove_world(&w);
}

TEST(warden_killed_takes_all_with_it)
{
	struct world w;

	if (test_oom_round())
		return;
	make_world(&w, "test");
	start_warden(&w);
	CHECK(wait_for(all_answered, &w, 0, 10000), "up");
	CHECK(kill(w.warden, SIGKILL) == 0, "F13: kill -9");
	CHECK(exit_status(w.warden) == 256 + SIGKILL, "killed");
	CHECK(wait_for(nobody_left, &w, 0, 10000), "no process is left");
	start_warden(&w); /* on the same directory and port, at once */
	w.reports[LINK_EDGE].replies = 0;
	CHECK(wait_for(all_answered, &w, 0, 10000), "up again");
	CHECK(kill(w.warden, SIGINT) == 0 && exit_status(w.warden) == 0, "stopped");
	remove_world(&w);
}

TEST(warden_starts_what_crashes_less_and_less_often)
{
	struct world w;
	uint32_t epoch;

	if (test_oom_round())
		return;
	make_world(&w, "crashing");
	start_warden(&w);
	CHECK(wait_for(all_answered, &w, 0, 10000), "up");
	CHECK(kill(w.reports[LINK_RELAY].pid, SIGKILL) == 0, "from now on it crashes at once");
	pause_ms(1500);
	epoch = w.reports[LINK_RELAY].epoch;
	CHECK(epoch >= 3 && epoch <= 8, "after 50, 50, 100, 200, 400, 800 ms");
	CHECK(w.reports[LINK_EDGE].epoch == 1 && echoes(&w), "nobody else minds");
	CHECK(kill(w.warden, SIGTERM) == 0 && exit_status(w.warden) == 0, "stopped");
	remove_world(&w);
}

static bool runs_as(pid_t pid, uid_t uid)
{
	char path[64], line[256];
	unsigned real = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "r");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "Uid: %u", &real) == 1)
			break;
	if (f != NULL)
		fclose(f);
	return f != NULL && real == uid;
}

TEST(warden_gives_its_rights_away)
{
	const struct passwd *pw = getpwnam("nobody");
	struct world w;
	char path[128];

	if (test_oom_round() || geteuid() != 0 || pw == NULL)
		return; /* only root can */
	make_world(&w, "test");
	snprintf(path, sizeof(path), "%s/reports", w.dir);
	CHECK(chown(w.dir, pw->pw_uid, pw->pw_gid) == 0, "its directory");
	CHECK(chown(path, pw->pw_uid, pw->pw_gid) == 0, "and our file in it");
	w.user = "nobody";
	/* the leak check needs to trace, which is what F12 forbids */
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	start_warden(&w);
	CHECK(wait_for(all_answered, &w, 0, 10000), "up");
	for (int r = LINK_VAULT; r < LINK_ROLES; r++)
		CHECK(runs_as(w.reports[r].pid, pw->pw_uid), "F12: no rights of root");
	CHECK(kill(w.reports[LINK_VAULT].pid, SIGKILL) == 0, "the next one as well");
	w.reports[LINK_EDGE].replies = 0;
	CHECK(wait_for(all_answered, &w, 0, 2000), "back");
	CHECK(runs_as(w.reports[LINK_VAULT].pid, pw->pw_uid), "F12: no rights of root");
	CHECK(kill(w.warden, SIGTERM) == 0 && exit_status(w.warden) == 0, "stopped");
	remove_world(&w);
}

TEST(warden_refuses)
{
	struct world w, broken;
	struct warden_options options = { .app = &app };
	pid_t pid;

	if (test_oom_round())
		return;
	make_world(&w, "test");
	start_warden(&w);
	CHECK(wait_for(all_answered, &w, 0, 10000), "up");
	fflush(NULL);
	options.conf_path = w.conf;
	pid = fork();
	if (pid == 0)
		exit(warden_main(&options));
	CHECK(exit_status(pid) == 1, "F16: a second tollgate on the same data directory");
	CHECK(echoes(&w), "which leaves the first one alone");
	CHECK(kill(w.warden, SIGTERM) == 0 && exit_status(w.warden) == 0, "stopped");
	remove_world(&w);

	make_world(&broken, "broken");
	start_warden(&broken);
	CHECK(exit_status(broken.warden) == 1, "a role that cannot be made ends the start");
	remove_world(&broken);

	options.conf_path = "/nonexistent/tollgate.yaml";
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		exit(warden_main(&options));
	CHECK(exit_status(pid) == 1, "no configuration");
}
