#include "cli/control.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { LINE_MAX_OCTETS = 64 * 1024, WAIT_S = 15 };

/* One answer as it comes in. */
struct answer {
	struct control_sink sink;
	char *error;
	size_t cap;
	bool ended, failed, any_error;
};

static enum tg_err refuse(struct answer *a, enum tg_err err, const char *why)
{
	snprintf(a->error, a->cap, "%s", why);
	return err;
}

static enum tg_err dial(int *out, const char *data_dir, struct answer *a)
{
	const struct timeval wait = { .tv_sec = WAIT_S };
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int n = snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/control", data_dir);
	int fd;

	if (n < 0 || (size_t)n >= sizeof(addr.sun_path))
		return refuse(a, TG_EIO, "the path of the data directory is too long");
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return refuse(a, TG_EIO, strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0) {
		*out = fd;
		return TG_OK;
	}
	n = errno;
	close(fd);
	if (n == EACCES || n == EPERM)
		return refuse(a, TG_EDENIED, "the control socket belongs to another user");
	snprintf(a->error, a->cap, "tollgate does not run on %s (%s)", data_dir, strerror(n));
	return TG_ENOENT;
}

static enum tg_err send_all(int fd, struct slice s, struct answer *a)
{
	while (s.len > 0) {
		ssize_t n = send(fd, s.p, s.len, MSG_NOSIGNAL);

		if (n <= 0)
			return refuse(a, TG_EIO, "the control socket broke");
		s = slice_skip(s, (size_t)n);
	}
	return TG_OK;
}

/* {"error":...}: the first one is told to the caller. */
static void on_error(struct answer *a, json_t *line)
{
	const char *why = json_string_value(json_object_get(line, "error"));
	const char *process = json_string_value(json_object_get(line, "process"));

	if (a->any_error)
		return;
	a->any_error = true;
	if (process != NULL)
		snprintf(a->error, a->cap, "%s: %s", process, why != NULL ? why : "?");
	else
		snprintf(a->error, a->cap, "%s", why != NULL ? why : "?");
}

/* The console's own lines begin with the keys that no process uses first. */
static void on_line(struct answer *a, struct slice s)
{
	json_t *line;

	if (!slice_starts(s, SLICE("{\"error\":")) && !slice_starts(s, SLICE("{\"end\":"))) {
		a->sink.line(a->sink.ctx, s);
		return;
	}
	line = json_loadb(s.p, s.len, 0, NULL);
	if (json_object_get(line, "error") != NULL) {
		on_error(a, line);
	} else {
		a->ended = true;
		a->failed = json_integer_value(json_object_get(line, "failed")) != 0;
	}
	json_decref(line);
}

static enum tg_err read_answer(int fd, char *mem, struct answer *a)
{
	size_t len = 0;

	while (!a->ended) {
		ssize_t n = recv(fd, mem + len, LINE_MAX_OCTETS - len, 0);
		struct slice rest, line;

		if (n < 0 && errno == EAGAIN)
			return refuse(a, TG_EBUSY, "tollgate does not answer");
		if (n <= 0)
			return refuse(a, TG_EIO, "tollgate closed the control socket");
		rest = slice_of(mem, len + (size_t)n);
		while (!a->ended && slice_find(rest, '\n') < rest.len) {
			rest = slice_cut(rest, '\n', &line);
			on_line(a, line);
		}
		len = rest.len;
		if (len > 0)
			memmove(mem, rest.p, len);
		if (len == LINE_MAX_OCTETS)
			return refuse(a, TG_EIO, "tollgate sent a line that is too long");
	}
	return a->failed ? TG_EBAD : TG_OK;
}

enum tg_err control_ask(const char *data_dir, struct slice words, struct control_sink sink,
                        char *error, size_t cap)
{
	struct answer a = { .sink = sink, .error = error, .cap = cap };
	char *mem = malloc(LINE_MAX_OCTETS);
	enum tg_err err;
	int fd = -1;

	if (mem == NULL)
		return refuse(&a, TG_EIO, "no memory");
	err = dial(&fd, data_dir, &a);
	if (err == TG_OK)
		err = send_all(fd, words, &a);
	if (err == TG_OK)
		err = send_all(fd, SLICE("\n"), &a);
	if (err == TG_OK)
		err = read_answer(fd, mem, &a);
	if (fd >= 0)
		close(fd);
	free(mem);
	return err;
}
