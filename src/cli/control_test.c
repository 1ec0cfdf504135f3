/* The control socket from end to end: real warden, console, relay and resolver; a vault that knows
 * its lines. */
#include "base/test.h"
#include "cli/control.h"
#include "proc/console.h"
#include "proc/relay_role.h"
#include "proc/resolver.h"
#include "proc/warden.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct actor {
	struct proc_env env;
};

static void *actor_create(const struct proc_env *env, const char **why)
{
	struct actor *a = calloc(1, sizeof(*a));

	*why = "no memory";
	if (a != NULL)
		a->env = *env;
	return a;
}

static void page(struct actor *a, const struct link_msg *ask, struct slice text, bool last,
                 bool failed)
{
	struct link_msg msg;

	link_msg_init(&msg, LINK_CTL_REPLY, ask->head.from);
	msg.head.ref = ask->head.ref;
	msg.ctl_reply.last = last;
	msg.ctl_reply.failed = failed;
	CHECK(link_body_set(&msg, text) == TG_OK, "fits");
	a->env.out.post(a->env.out.ctx, &msg);
}

static void actor_message(void *role, uint64_t now_ms, const struct link_msg *msg)
{
	struct actor *a = role;
	char text[64];

	(void)now_ms;
	if (msg->head.type != LINK_CTL_ASK)
		return;
	if (slice_eq(link_body(msg), SLICE("accounts"))) {
		page(a, msg, SLICE("{\"account\":\"1}{,\\\"\"},{\"account\":{\"x\":2}}"), false,
		     false);
		page(a, msg, SLICE(""), false, false);
		page(a, msg, SLICE("{\"account\":\"3\"}"), true, false);
	} else if (slice_eq(link_body(msg), SLICE("records"))) {
		for (int i = 0; i < 700; i++) { /* more than an ordinary ring holds */
			snprintf(text, sizeof(text), "{\"record\":%d}", i);
			page(a, msg, slice_str(text), i == 699, false);
		}
	} else if (slice_eq(link_body(msg), SLICE("secret set trunk/x"))) {
		page(a, msg, SLICE("no such \"trunk\""), true, true);
	} else if (slice_starts(link_body(msg), SLICE("account die"))) {
		_exit(0);
	} else if (slice_eq(link_body(msg), SLICE("status"))) {
		page(a, msg, SLICE("{\"accounts\":0}"), true, false);
	}
}

static void actor_packet(void *role, uint64_t now_ms, const struct tg_flow *flow,
                         struct slice bytes)
{
	(void)role, (void)now_ms, (void)flow, (void)bytes;
}

static void actor_tick(void *role, uint64_t now_ms)
{
	(void)role, (void)now_ms;
}

static uint64_t actor_next_ms(const void *role)
{
	(void)role;
	return UINT64_MAX;
}

static const struct proc_role_ops actor_ops = {
	actor_create, actor_packet, actor_message, actor_tick, actor_next_ms, NULL, free
};
static const struct proc_app app = { {
	[LINK_VAULT] = &actor_ops, [LINK_EDGE] = &actor_ops, [LINK_CARRIER] = &actor_ops,
	[LINK_RELAY] = &relay_role_ops, [LINK_RESOLVER] = &resolver_ops,
	[LINK_CONSOLE] = &console_ops,
} };

__attribute__((constructor)) static void be_child(int argc, char **argv)
{
	if (argc == 6 && strcmp(argv[1], "run") == 0 && strcmp(argv[4], "--fd") == 0)
		exit(worker_main(&app, atoi(argv[5])));
}

struct lines {
	unsigned count;
	char first[128], all[1024];
};

static void on_line(void *ctx, struct slice json)
{
	struct lines *l = ctx;

	if (l->count++ == 0)
		snprintf(l->first, sizeof(l->first), "%.*s", SLICE_FMT(json));
	if (strlen(l->all) + json.len + 2 < sizeof(l->all))
		snprintf(l->all + strlen(l->all), sizeof(l->all) - strlen(l->all), "%.*s\n",
		         SLICE_FMT(json));
}

static enum tg_err ask(const char *dir, const char *words, struct lines *l, char error[256])
{
	memset(l, 0, sizeof(*l));
	error[0] = '\0';
	return control_ask(dir, slice_str(words), (struct control_sink){ l, on_line }, error, 256);
}

static unsigned free_port(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&a, len) == 0 &&
	      getsockname(fd, (struct sockaddr *)&a, &len) == 0, "a free port");
	close(fd);
	return ntohs(a.sin_port);
}

static void write_conf(const char *dir, char *path, size_t cap)
{
	char text[512];
	int fd, n;

	n = snprintf(text, sizeof(text),
	             "site: { data: %s }\n"
	             "interfaces:\n- { name: lo, listen: 127.0.0.1:%u, side: inside }\n"
	             "limits: { calls: 10 }\nlog: { level: error }\n", dir, free_port());
	snprintf(path, cap, "%s/tollgate.yaml", dir);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	CHECK(fd >= 0 && write(fd, text, (size_t)n) == n, "file");
	close(fd);
}

static void check_answers(const char *dir)
{
	struct lines l;
	struct stat st;
	char error[256], path[128];

	snprintf(path, sizeof(path), "%s/control", dir);
	CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600, "F12: nobody else may open it");
	CHECK(ask(dir, "accounts", &l, error) == TG_OK && l.count == 3, "objects of all pages");
	CHECK(strcmp(l.all, "{\"account\":\"1}{,\\\"\"}\n{\"account\":{\"x\":2}}\n"
	                    "{\"account\":\"3\"}\n") == 0, "one a line");
	CHECK(ask(dir, "records", &l, error) == TG_OK && l.count == 700, "more than a ring holds");
	CHECK(ask(dir, "processes", &l, error) == TG_OK && l.count == 7, "the site and six");
	CHECK(ask(dir, "status", &l, error) == TG_OK && l.count == 8, "warden and vault");
	CHECK(ask(dir, "counters", &l, error) == TG_OK && l.count == 5, "all but the console");
	CHECK(ask(dir, "media", &l, error) == TG_OK && l.count == 1, "the relay");
	CHECK(strncmp(l.first, "{\"relay\":0,\"calls\":0", 20) == 0, "its numbers");
	CHECK(ask(dir, "secret set trunk/x", &l, error) == TG_EBAD && l.count == 0, "refused");
	CHECK(strcmp(error, "vault:0: no such \"trunk\"") == 0, "in the vault's words");
	CHECK(ask(dir, "nonsense", &l, error) == TG_EBAD, "no such word");
	CHECK(strcmp(error, "there is no such request") == 0, "says so");
	CHECK(ask(dir, "account die", &l, error) == TG_EBAD, "the vault dies over it");
	CHECK(strcmp(error, "vault:0: the process died over this request") == 0, "says so");
}

TEST(control_from_end_to_end)
{
	char dir[] = "/tmp/tollgate-test-XXXXXX", conf[128], error[256], lock[128];
	const struct warden_options options = { conf, NULL, &app };
	time_t end = time(NULL) + 10;
	struct lines l;
	pid_t pid;
	int status;

	if (test_oom_round())
		return;
	CHECK(mkdtemp(dir) != NULL, "directory");
	write_conf(dir, conf, sizeof(conf));
	CHECK(ask(dir, "status", &l, error) == TG_ENOENT, "nobody there");
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* when the test fails */
		exit(warden_main(&options));
	}
	while (ask(dir, "counters", &l, error) != TG_OK || l.count < 5) {
		CHECK(time(NULL) < end, "up");
		usleep(5000);
	}
	check_answers(dir);
	CHECK(kill(pid, SIGTERM) == 0 && waitpid(pid, &status, 0) == pid && status == 0, "stopped");
	CHECK(ask(dir, "status", &l, error) == TG_ENOENT, "gone");
	snprintf(lock, sizeof(lock), "%s/lock", dir);
	unlink(lock);
	unlink(conf);
	CHECK(rmdir(dir) == 0, "nothing else is left");
}
