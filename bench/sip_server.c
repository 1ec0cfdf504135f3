/* Servers under test: their folder, their processes, their CPU time and memory. */
#include "bench/sip.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STOP_MS = 3000 };

bool sip_server_prepare(struct sip_server *server, const char *name)
{
	struct sockaddr_in *at = &server->at;
	socklen_t len = sizeof(*at);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool ok;

	server->name = name;
	at->sin_family = AF_INET;
	at->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ok = fd >= 0 && bind(fd, (struct sockaddr *)at, sizeof(*at)) == 0 &&
	     getsockname(fd, (struct sockaddr *)at, &len) == 0;
	server->at_trunk = *at;
	if (fd >= 0)
		close(fd);
	snprintf(server->dir, sizeof(server->dir), "/tmp/tollgate-bench-XXXXXX");
	server->phone = calloc(SIP_ACCOUNTS, sizeof(*server->phone));
	return ok && server->phone != NULL && mkdtemp(server->dir) != NULL;
}

pid_t sip_fork(const struct sip_server *server)
{
	pid_t pid;
	cpu_set_t cpus;
	char path[96];
	int fd;

	fflush(NULL);
	pid = fork();
	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)signal(SIGTERM, SIG_DFL);
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGHUP, SIG_DFL);
	(void)setsid(); /* a signal to the group that ends it meets nobody else */
	CPU_ZERO(&cpus);
	CPU_SET(SIP_CPU_SERVER, &cpus);
	(void)sched_setaffinity(0, sizeof(cpus), &cpus);
	snprintf(path, sizeof(path), "%s/log", server->dir);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd >= 0) {
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
	}
	if (server->preload != NULL) {
		setenv("LD_PRELOAD", server->preload, 1);
		setenv("BENCH_MALLOC", server->dir, 1);
	}
	return 0;
}

/* ---- is it there? ---- */

static void write_options(struct buf *b, const struct sockaddr_in *from, int n)
{
	buf_fmt(b,
	        "OPTIONS sip:" SIP_DOMAIN " SIP/2.0\r\n"
	        "Via: SIP/2.0/UDP 127.0.0.1:%u;rport;branch=z9hG4bKup%d\r\nMax-Forwards: 70\r\n"
	        "From: <sip:up@" SIP_DOMAIN ">;tag=up\r\nTo: <sip:" SIP_DOMAIN ">\r\n"
	        "Call-ID: up%d@bench\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
	        ntohs(from->sin_port), n, n);
}

static void show_log(const struct sip_server *server)
{
	char path[96], text[2048];
	size_t n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/log", server->dir);
	f = fopen(path, "re");
	if (f == NULL)
		return;
	if (fseek(f, -(long)sizeof(text), SEEK_END) != 0)
		rewind(f);
	n = fread(text, 1, sizeof(text), f);
	fclose(f);
	fwrite(text, 1, n, stderr);
}

bool sip_server_wait(struct sip_server *server, unsigned seconds)
{
	struct sockaddr_in from = { .sin_family = AF_INET };
	socklen_t len = sizeof(from);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool up = false;

	from.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&from, len) != 0 ||
	    getsockname(fd, (struct sockaddr *)&from, &len) != 0)
		seconds = 0;
	for (int i = 0; !up && i < (int)seconds * 5; i++) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		char mem[1024];
		struct buf b = buf_on(mem, sizeof(mem));

		if (waitpid(server->root, NULL, WNOHANG) == server->root) {
			server->root = 0;
			break;
		}
		write_options(&b, &from, i);
		(void)sendto(fd, b.p, b.len, 0, (struct sockaddr *)&server->at, sizeof(server->at));
		up = poll(&p, 1, 200) > 0 && recv(fd, mem, sizeof(mem), 0) > 0;
	}
	if (fd >= 0)
		close(fd);
	if (!up) {
		fprintf(stderr, "%s does not run; its log ends with:\n", server->name);
		show_log(server);
	}
	sip_server_pids(server);
	return up;
}

/* ---- its processes ---- */

/* Parent of a process; 0 when it is gone. */
static pid_t parent_of(pid_t pid)
{
	char path[64], text[512], *end;
	FILE *f;
	int parent = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (f == NULL)
		return 0;
	if (fgets(text, sizeof(text), f) != NULL && (end = strrchr(text, ')')) != NULL)
		(void)sscanf(end, ") %*c %d", &parent);
	fclose(f);
	return parent;
}

static bool is_ours(const struct sip_server *server, pid_t pid)
{
	for (unsigned i = 0; i < server->pids; i++)
		if (server->pid[i] == pid)
			return true;
	return false;
}

void sip_server_pids(struct sip_server *server)
{
	unsigned before;

	server->pids = 0;
	if (server->root <= 0)
		return;
	server->pid[server->pids++] = server->root;
	do { /* grandchildren may have lower numbers than children */
		DIR *proc = opendir("/proc");
		struct dirent *e;

		before = server->pids;
		while (proc != NULL && (e = readdir(proc)) != NULL) {
			pid_t pid = (pid_t)strtol(e->d_name, NULL, 10);

			if (pid > 0 && !is_ours(server, pid) && is_ours(server, parent_of(pid)) &&
			    server->pids < SIP_PIDS_MAX)
				server->pid[server->pids++] = pid;
		}
		if (proc != NULL)
			closedir(proc);
	} while (server->pids > before);
}

bool sip_server_restarted(struct sip_server *server)
{
	bool gone = false;

	for (unsigned i = 0; i < server->pids; i++)
		gone = gone || kill(server->pid[i], 0) != 0;
	if (!gone)
		return false;
	fprintf(stderr, "%s lost a process; its log ends with:\n", server->name);
	show_log(server);
	sip_server_pids(server);
	return true;
}

double sip_pid_cpu_us(pid_t pid)
{
	struct timespec t = { 0 };
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) != 0)
		return 0;
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

double sip_server_cpu_us(const struct sip_server *server)
{
	double us = 0;

	for (unsigned i = 0; i < server->pids; i++)
		us += sip_pid_cpu_us(server->pid[i]);
	return us;
}

uint64_t sip_pid_pss(pid_t pid)
{
	char path[64], line[256];
	unsigned long n, kib = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
	f = fopen(path, "re");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "Pss: %lu", &n) == 1)
			kib = n;
	if (f != NULL)
		fclose(f);
	return (uint64_t)kib * 1024;
}

uint64_t sip_server_pss(const struct sip_server *server)
{
	uint64_t pss = 0;

	for (unsigned i = 0; i < server->pids; i++)
		pss += sip_pid_pss(server->pid[i]);
	return pss;
}

uint64_t sip_pid_allocations(const struct sip_server *server, pid_t pid)
{
	char path[96];
	uint64_t n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%d", server->dir, (int)pid);
	f = fopen(path, "re");
	if (f != NULL) {
		if (fread(&n, sizeof(n), 1, f) != 1)
			n = 0;
		fclose(f);
	}
	return n;
}

void sip_pid_name(pid_t pid, char *out, size_t cap)
{
	char path[64];
	FILE *f;
	size_t n = 0;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	f = fopen(path, "re");
	if (f != NULL) {
		n = fread(out, 1, cap - 1, f);
		fclose(f);
	}
	for (size_t i = 0; i + 1 < n; i++)
		if (out[i] == '\0')
			out[i] = ' ';
	out[n] = '\0';
}

/* ---- its end ---- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void sip_server_stop(struct sip_server *server)
{
	bool gone = server->root <= 0;

	if (!gone)
		(void)kill(server->root, SIGTERM);
	for (int i = 0; !gone && i < STOP_MS / 20; i++) {
		gone = waitpid(server->root, NULL, WNOHANG) == server->root;
		if (!gone)
			usleep(20 * 1000);
	}
	if (!gone) {
		(void)kill(-server->root, SIGKILL); /* its session: see sip_fork() */
		(void)kill(server->root, SIGKILL);
		(void)waitpid(server->root, NULL, 0);
	}
	server->root = 0;
	free(server->phone);
	server->phone = NULL;
	if (server->dir[0] != '\0' && getenv("BENCH_KEEP") == NULL)
		(void)nftw(server->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
