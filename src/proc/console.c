/*
 * The console: the operator's words in, pages of JSON out.
 *
 * A unix socket in the data directory, mode 0600, for our own user and root.  One line of words
 * a connection; the first word decides which processes are asked.  Each object of their pages
 * becomes one line; a process that fails or does not answer becomes {"error":...}; the last line is
 * {"end":true,"failed":N}.
 */
#include "proc/console.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "conf/conf.h"
#include "net/loop.h"

enum {
	CLIENTS_MAX = 32,
	ANSWER_MS = 5000,         /* to a request, or to reading more of its answer */
	OUT_MAX = 32 * 1024 * 1024 /* octets that a slow reader may leave with us */
};

struct client {
	struct net_watch watch; /* fd -1: free */
	struct console *console;
	uint32_t gen;
	bool asked, ended;
	unsigned failed;
	uint64_t by_ms;
	uint16_t in_len;
	char in[LINK_BODY_MAX];
	char *out;
	size_t out_len, out_at, out_cap;
	uint8_t waiting[LINK_ROLES][256]; /* 1: has not said its last page */
};

struct console {
	struct proc_env env;
	struct net_watch listen;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	uint8_t up[LINK_ROLES][256];
	uint32_t gen;
	struct client clients[CLIENTS_MAX];
};

/* Who answers what; `as` replaces the first word. */
static const struct route {
	const char *word, *as;
	uint16_t roles;
} routes[] = {
#define ROLE(name) (1u << LINK_##name)
	{ "status", NULL, ROLE(WARDEN) | ROLE(VAULT) },
	{ "processes", NULL, ROLE(WARDEN) },
	{ "open", NULL, ROLE(VAULT) },
	{ "counters", NULL, ROLE(VAULT) | ROLE(EDGE) | ROLE(CARRIER) | ROLE(RELAY) | ROLE(RESOLVER) },
	{ "calls", NULL, ROLE(VAULT) },
	{ "legs", "calls", ROLE(EDGE) | ROLE(CARRIER) },
	{ "hangup", NULL, ROLE(EDGE) | ROLE(CARRIER) },
	{ "registrations", NULL, ROLE(EDGE) },
	{ "trunks", NULL, ROLE(CARRIER) },
	{ "media", "status", ROLE(RELAY) },
	{ "account", NULL, ROLE(VAULT) },
	{ "accounts", NULL, ROLE(VAULT) },
	{ "secret", NULL, ROLE(VAULT) },
	{ "key", NULL, ROLE(VAULT) },
	{ "records", NULL, ROLE(VAULT) },
	{ "rates-reload", NULL, ROLE(VAULT) },
	{ "limits", NULL, ROLE(VAULT) },
	{ "money", NULL, ROLE(VAULT) },
	{ "explain", NULL, ROLE(VAULT) },
	{ "lockdown", NULL, ROLE(VAULT) },
	{ "unlock", NULL, ROLE(VAULT) },
	{ "allow", NULL, ROLE(VAULT) },
	{ "disallow", NULL, ROLE(VAULT) },
	{ "pass", NULL, ROLE(VAULT) },
	{ "passes", NULL, ROLE(VAULT) },
#undef ROLE
};

static void close_client(struct client *c)
{
	net_loop_del(c->console->env.loop, &c->watch);
	close(c->watch.fd);
	c->watch.fd = -1;
	free(c->out);
	c->out = NULL;
	c->out_len = c->out_at = c->out_cap = 0;
}

static void want(struct client *c, int interest)
{
	net_loop_change(c->console->env.loop, &c->watch, interest);
}

/* Write what is queued; ends the connection when all of it is out and it was the last. */
static void flush(struct client *c)
{
	while (c->out_at < c->out_len) {
		ssize_t n = send(c->watch.fd, c->out + c->out_at, c->out_len - c->out_at,
		                 MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			want(c, NET_WRITE);
			return;
		}
		if (n <= 0) {
			close_client(c);
			return;
		}
		c->out_at += (size_t)n;
	}
	c->out_at = c->out_len = 0;
	if (c->ended)
		close_client(c);
	else if (c->asked)
		want(c, 0);
}

/* Queue octets; false: the reader is too slow, or there is no memory. */
static bool queue(struct client *c, struct slice s)
{
	size_t need = c->out_len + s.len;

	if (need > OUT_MAX)
		return false;
	if (need > c->out_cap) {
		size_t cap = TG_MAX(need * 2, 16384);
		char *more = realloc(c->out, cap);

		if (more == NULL)
			return false;
		c->out = more;
		c->out_cap = cap;
	}
	if (s.len > 0)
		memcpy(c->out + c->out_len, s.p, s.len);
	c->out_len = need;
	return true;
}

/* Each object of a page on a line of its own, whatever stands between them. */
static bool queue_objects(struct client *c, struct slice page)
{
	unsigned depth = 0;
	bool text = false, escaped = false;
	size_t start = 0;

	for (size_t i = 0; i < page.len; i++) {
		char ch = page.p[i];

		if (text) {
			text = escaped || ch != '"';
			escaped = !escaped && ch == '\\';
			continue;
		}
		if (ch == '"')
			text = true;
		if (ch == '{' && depth++ == 0)
			start = i;
		if (ch != '}' || depth == 0 || --depth > 0)
			continue;
		if (!queue(c, slice_of(page.p + start, i + 1 - start)) || !queue(c, SLICE("\n")))
			return false;
	}
	return true;
}

static void queue_error(struct client *c, struct slice why, struct link_proc proc)
{
	char line[LINK_BODY_MAX * 6 + 128];
	struct buf b = buf_on(line, sizeof(line));

	c->failed++;
	buf_lit(&b, "{\"error\":");
	buf_json(&b, why);
	if (proc.role != LINK_NOBODY)
		buf_fmt(&b, ",\"process\":\"%s:%u\"",
		        link_role_name((enum link_role)proc.role), proc.index);
	buf_lit(&b, "}\n");
	(void)queue(c, buf_slice(&b)); /* without memory the end, which counts it, is all */
}

static void end(struct client *c)
{
	char line[64];
	struct buf b = buf_on(line, sizeof(line));

	buf_fmt(&b, "{\"end\":true,\"failed\":%u}\n", c->failed);
	c->ended = true;
	if (queue(c, buf_slice(&b)))
		flush(c);
	else
		close_client(c);
}

static bool anybody_waiting(const struct client *c)
{
	return memchr(c->waiting, 1, sizeof(c->waiting)) != NULL;
}

static void refuse(struct client *c, const char *why)
{
	c->asked = true;
	queue_error(c, slice_str(why), (struct link_proc){ 0 });
	end(c);
}

static void ask(struct client *c, struct link_proc to, struct slice words)
{
	struct console *con = c->console;
	struct link_msg msg;

	link_msg_init(&msg, LINK_CTL_ASK, to);
	msg.head.ref = (struct tg_handle){ (uint32_t)(c - con->clients) + 1, c->gen };
	if (link_body_set(&msg, words) != TG_OK)
		return;
	c->waiting[to.role][to.index] = 1;
	con->env.out.post(con->env.out.ctx, &msg);
}

static const struct route *route_of(struct slice word)
{
	for (size_t i = 0; i < COUNT(routes); i++)
		if (slice_eq(word, slice_str(routes[i].word)))
			return &routes[i];
	return NULL;
}

/* A whole line is there: ask everybody whom it concerns. */
static void on_line(struct client *c, struct slice line, uint64_t now_ms)
{
	struct slice word, rest = slice_cut(line, ' ', &word);
	const struct route *route = route_of(word);
	char mem[LINK_BODY_MAX];
	struct buf words = buf_on(mem, sizeof(mem));
	bool found = false;

	if (route == NULL) {
		refuse(c, "there is no such request");
		return;
	}
	c->asked = true;
	c->by_ms = now_ms + ANSWER_MS;
	buf_put(&words, route->as != NULL ? slice_str(route->as) : word);
	if (rest.p != NULL) {
		buf_chr(&words, ' ');
		buf_put(&words, rest);
	}
	for (uint8_t role = LINK_WARDEN; role < LINK_ROLES; role++) {
		for (unsigned i = 0; (route->roles >> role & 1) != 0 && i < 256; i++) {
			if (c->console->up[role][i] == 0)
				continue;
			ask(c, (struct link_proc){ role, (uint8_t)i }, buf_slice(&words));
			found = true;
		}
	}
	if (!found)
		refuse(c, "the process that answers this is not up; try again in a second");
	else
		want(c, 0);
}

static void on_client(struct net_watch *watch, uint64_t now_ms, int events)
{
	struct client *c = TG_CONTAINER(watch, struct client, watch);
	struct slice line, all;
	ssize_t n;

	if (c->asked) {
		if ((events & NET_READ) != 0) /* not asked for: the other end is gone */
			close_client(c);
		else
			flush(c);
		return;
	}
	n = recv(watch->fd, c->in + c->in_len, sizeof(c->in) - c->in_len, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		close_client(c);
		return;
	}
	c->in_len = (uint16_t)(c->in_len + n);
	all = slice_of(c->in, c->in_len);
	if (slice_find(all, '\n') < all.len) {
		slice_cut(all, '\n', &line);
		on_line(c, slice_trim(line), now_ms);
	} else if (c->in_len == sizeof(c->in)) {
		refuse(c, "the request is too long");
	}
}

/* Only our own user and root (the file's mode says the same, where it counts). */
static bool peer_ok(int fd)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0 &&
	       (cred.uid == geteuid() || cred.uid == 0);
}

static void on_connect(struct net_watch *watch, uint64_t now_ms, int events)
{
	struct console *con = TG_CONTAINER(watch, struct console, listen);
	int fd = accept4(watch->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct client *c = NULL;

	(void)events;
	if (fd < 0)
		return;
	for (size_t i = 0; i < CLIENTS_MAX && c == NULL; i++)
		if (con->clients[i].watch.fd < 0)
			c = &con->clients[i];
	if (c == NULL || !peer_ok(fd)) {
		close(fd);
		return;
	}
	memset(c, 0, sizeof(*c));
	c->console = con;
	c->gen = ++con->gen;
	c->by_ms = now_ms + ANSWER_MS;
	c->watch = (struct net_watch){ fd, on_client };
	if (net_loop_add(con->env.loop, &c->watch, NET_READ) != TG_OK) {
		close(fd);
		c->watch.fd = -1;
	}
}

static void on_reply(struct console *con, uint64_t now_ms, const struct link_msg *msg)
{
	uint32_t i = msg->head.ref.slot - 1;
	struct client *c = i < CLIENTS_MAX ? &con->clients[i] : NULL;
	struct link_proc from = msg->head.from;

	if (c == NULL || c->watch.fd < 0 || c->gen != msg->head.ref.gen ||
	    c->waiting[from.role][from.index] == 0)
		return; /* late, or never asked */
	c->by_ms = now_ms + ANSWER_MS;
	if (msg->ctl_reply.last != 0)
		c->waiting[from.role][from.index] = 0;
	if (msg->ctl_reply.failed != 0) {
		queue_error(c, link_body(msg), from);
	} else if (!queue_objects(c, link_body(msg))) {
		close_client(c);
		return;
	}
	if (!anybody_waiting(c))
		end(c);
	else if (c->out_len > OUT_MAX / 2)
		flush(c);
}

/* All that was not answered, by one process or by all that are still waited for. */
static void give_up(struct client *c, const struct link_proc *only, const char *why)
{
	for (uint8_t role = 0; role < LINK_ROLES; role++) {
		for (unsigned i = 0; i < 256; i++) {
			struct link_proc proc = { role, (uint8_t)i };

			if (c->waiting[role][i] == 0 ||
			    (only != NULL && (only->role != role || only->index != i)))
				continue;
			c->waiting[role][i] = 0;
			queue_error(c, slice_str(why), proc);
		}
	}
	if (!anybody_waiting(c))
		end(c);
}

static void on_peer(struct console *con, const struct link_peer *peer)
{
	con->up[peer->proc.role][peer->proc.index] = peer->up;
	for (size_t i = 0; i < CLIENTS_MAX && peer->up == 0; i++) {
		struct client *c = &con->clients[i];

		if (c->watch.fd >= 0 && c->waiting[peer->proc.role][peer->proc.index] != 0)
			give_up(c, &peer->proc, "the process died over this request");
	}
}

static void console_message(void *role, uint64_t now_ms, const struct link_msg *msg)
{
	struct console *con = role;

	if (msg->head.type == LINK_CTL_REPLY)
		on_reply(con, now_ms, msg);
	else if (msg->head.type == LINK_PEER)
		on_peer(con, &msg->peer);
}

static void console_tick(void *role, uint64_t now_ms)
{
	struct console *con = role;

	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		struct client *c = &con->clients[i];

		if (c->watch.fd < 0 || now_ms < c->by_ms)
			continue;
		if (!c->asked || c->ended) {
			close_client(c);
			continue;
		}
		c->by_ms = now_ms + ANSWER_MS;
		give_up(c, NULL, "no answer in time");
	}
}

static uint64_t console_next_ms(const void *role)
{
	const struct console *con = role;
	uint64_t next = UINT64_MAX;

	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (con->clients[i].watch.fd >= 0)
			next = TG_MIN(next, con->clients[i].by_ms);
	return next;
}

/* The lock on the data directory is the warden's, so an old socket there is nobody's. */
static const char *open_socket(struct console *con, struct slice data)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int n = snprintf(con->path, sizeof(con->path), "%.*s/control", SLICE_FMT(data));
	int fd;
	mode_t old;

	if (n < 0 || (size_t)n >= sizeof(con->path))
		return "the path of the data directory is too long for a socket in it";
	memcpy(addr.sun_path, con->path, (size_t)n + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return "no descriptor for the control socket";
	unlink(con->path);
	old = umask(0177);
	n = bind(fd, (struct sockaddr *)&addr, sizeof(addr));
	umask(old);
	con->listen = (struct net_watch){ fd, on_connect };
	if (n != 0 || listen(fd, CLIENTS_MAX) != 0 ||
	    net_loop_add(con->env.loop, &con->listen, NET_READ) != TG_OK) {
		close(fd);
		return "the control socket cannot be made in the data directory";
	}
	return NULL;
}

static void *console_create(const struct proc_env *env, const char **why)
{
	struct console *con = calloc(1, sizeof(*con));

	if (con == NULL) {
		*why = "no memory";
		return NULL;
	}
	con->env = *env;
	con->up[LINK_WARDEN][0] = 1;
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		con->clients[i].watch.fd = -1;
	*why = open_socket(con, env->conf->site.data);
	if (*why != NULL) {
		free(con);
		return NULL;
	}
	return con;
}

static void console_free(void *role)
{
	struct console *con = role;

	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (con->clients[i].watch.fd >= 0)
			close_client(&con->clients[i]);
	net_loop_del(con->env.loop, &con->listen);
	close(con->listen.fd);
	unlink(con->path);
	free(con);
}

const struct proc_role_ops console_ops = {
	.create = console_create,
	.message = console_message,
	.tick = console_tick,
	.next_ms = console_next_ms,
	.free = console_free,
};
