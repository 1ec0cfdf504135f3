/*
 * SIP load: phones that register and call through a server, and the servers that are compared.
 *
 * One unit of work, here a call with a challenge (P = sip_phones.c, L = sip_load.c):
 *
 *   L  picks the next account in random order and starts a unit for it
 *   P  writes the INVITE; the server challenges; P acknowledges and answers the challenge
 *   P  the callee's phone, at one of the same sockets, rings and answers
 *   P  acknowledges, hangs up, and hands the unit back as done
 *   L  starts the next one: as many are under way as the window says, so that nothing is lost
 */
#ifndef TG_BENCH_SIP_H
#define TG_BENCH_SIP_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/hash.h"

enum {
	SIP_ACCOUNTS = 100000,
	SIP_FIRST = 100000,      /* user name of account 0; the others follow */
	SIP_USER_DIGITS = 6,
	SIP_NUMBER = 911000000,  /* national number that account 0 dials; the others follow */
	SIP_HOSTS = 8,           /* sockets of phones: account i sits at socket i % SIP_HOSTS */
	SIP_PBX = SIP_HOSTS,     /* the socket of the PBX, which nobody challenges */
	SIP_TRUNK,               /* the socket of a provider, who answers every call */
	SIP_SOCKETS,
	SIP_NONCE_MAX = 96,
	SIP_PIDS_MAX = 32,
	SIP_UNITS_MAX = 4096,    /* under way at a time */
	SIP_CPU_LOAD = 0,        /* where the load runs */
	SIP_CPU_SERVER = 1       /* where the server runs, alone */
};

#define SIP_DOMAIN "bench.test"
#define SIP_PHONES_IP "127.0.0.2"
#define SIP_PBX_IP "127.0.0.3"
#define SIP_TRUNK_IP "127.0.0.4"


/** The sockets of all phones, of the PBX and of the provider. */
struct sip_sockets {
	int fd[SIP_SOCKETS];
	struct sockaddr_in at[SIP_SOCKETS];
	char text[SIP_SOCKETS][24]; /* "address:port" */
};

/** What a phone remembers of one server. */
struct sip_phone {
	char nonce[SIP_NONCE_MAX];
	uint32_t nc, cseq;
	uint32_t unit; /* 1 + the unit that registers it now; 0 = none */
};

/** A server that runs. */
struct sip_server {
	const char *name;
	pid_t root;
	pid_t pid[SIP_PIDS_MAX]; /* `root` and all that it started */
	unsigned pids;
	struct sockaddr_in at;
	struct sockaddr_in at_trunk; /* where the provider sends to */
	struct sip_phone *phone; /* [SIP_ACCOUNTS] */
	uint32_t cursor;         /* in the random order of the accounts */
	char dir[64];            /* its files */
	const char *preload;     /* a library that counts allocations, or NULL */
};

/** How a server is started.  False: it is not there, or does not work; the reason was printed. */
struct sip_kind {
	const char *name;
	bool (*start)(struct sip_server *server, const struct sip_sockets *sockets);
};

bool sip_floor_start(struct sip_server *server, const struct sip_sockets *sockets);
bool sip_kamailio_start(struct sip_server *server, const struct sip_sockets *sockets);
/** The same as an edge with all its guards, in front of a provider. */
bool sip_kamailio_edge_start(struct sip_server *server, const struct sip_sockets *sockets);
/** The program at sip_tollgate_path. */
bool sip_tollgate_start(struct sip_server *server, const struct sip_sockets *sockets);
/** The same without a PBX: what an account dials goes to the provider. */
bool sip_tollgate_checked_start(struct sip_server *server, const struct sip_sockets *sockets);
/** The same with every rule of the policy off, and no accounts. */
bool sip_tollgate_off_start(struct sip_server *server, const struct sip_sockets *sockets);
extern const char *sip_tollgate_path;
/** bench/malloc_count.so, or NULL. */
extern const char *sip_tollgate_preload;

/* ---- servers and their processes (sip_server.c) ---- */

/** Fork; the child runs on SIP_CPU_SERVER, dies with us, and may write to a file only.  As fork().
 */
pid_t sip_fork(const struct sip_server *server);

/** A free UDP port of 127.0.0.1 into server->at, and a folder of its own.  False with errno. */
bool sip_server_prepare(struct sip_server *server, const char *name);

/** Write a database for addresses as MMDB: that of the phones is in Spain.  False with errno. */
bool sip_mmdb_write(const char *path);

/** Wait until it answers OPTIONS, then find its processes.  False after `seconds`. */
bool sip_server_wait(struct sip_server *server, unsigned seconds);

/** Find all processes below `root`. */
void sip_server_pids(struct sip_server *server);

/** True, with a look at its log, when one of its processes has ended; the others are found anew. */
bool sip_server_restarted(struct sip_server *server);

/** CPU time of all its processes, or of one, so far. */
double sip_server_cpu_us(const struct sip_server *server);
double sip_pid_cpu_us(pid_t pid);

/** Its memory: proportional set size of all its processes, or of one. */
uint64_t sip_server_pss(const struct sip_server *server);
uint64_t sip_pid_pss(pid_t pid);

/** End it and what it started; remove its folder. */
void sip_server_stop(struct sip_server *server);

/** Heap allocations of a process so far; 0 when nobody counts them. */
uint64_t sip_pid_allocations(const struct sip_server *server, pid_t pid);

/** Command line of a process, for reports. */
void sip_pid_name(pid_t pid, char *out, size_t cap);

/* ---- load (sip_load.c) ---- */

enum sip_work {
	SIP_WORK_OPTIONS,        /* request and reply */
	SIP_WORK_REGISTER,       /* 401, then 200 */
	SIP_WORK_REGISTER_KNOWN, /* 200 at once, nonce count one higher */
	SIP_WORK_CALL,           /* account calls account: 401, 100, 180, 200, ACK, BYE, 200 */
	SIP_WORK_CALL_FREE,      /* the same from the PBX, without a challenge */
	SIP_WORK_CALL_CHECKED,   /* account calls a number behind the provider: challenged */
	SIP_WORK_CALL_POLICY,    /* the PBX does: not challenged */
	SIP_WORKS
};

/** It comes from the PBX, whom nobody challenges. */
static inline bool sip_work_free(enum sip_work work)
{
	return work == SIP_WORK_CALL_FREE || work == SIP_WORK_CALL_POLICY;
}

struct sip_result {
	uint64_t done, failed;
	uint64_t sent, received; /* messages, as the load counts them */
	double cpu_us;           /* of the server, all its processes */
	uint64_t pss;            /* of the server while all units were held */
	uint64_t pid_pss[SIP_PIDS_MAX]; /* the same of each of its processes */
};

struct sip_load;

/** Open the sockets, compute the secrets, shuffle the accounts.  NULL with errno. */
struct sip_load *sip_load_new(void);
void sip_load_free(struct sip_load *load);
const struct sip_sockets *sip_load_sockets(const struct sip_load *load);

/** `units` units of work, `window` at a time. */
void sip_load_run(struct sip_load *load, struct sip_server *server, enum sip_work work,
                  uint32_t units, uint32_t window, struct sip_result *out);

/** `units` calls, all up at the same time; out->pss is measured in between. */
void sip_load_hold(struct sip_load *load, struct sip_server *server, uint32_t units,
                   struct sip_result *out);

/* ---- for sip_phones.c ---- */

/** One unit of work under way; 0 = free. */
enum sip_step { SIP_FREE, SIP_ASKED, SIP_PROVING, SIP_HELD, SIP_LEAVING };

struct sip_unit {
	enum sip_step step;
	enum sip_work work;
	uint32_t index, seq;     /* seq tells it from those that used the slot before */
	uint32_t account, callee;
	uint32_t cseq, nc;
	bool holds;              /* stays up until it is told to leave */
	uint8_t socket;          /* of the caller */
	uint8_t proofs;          /* requests with credentials so far */
	uint64_t deadline_ms;
	char nonce[SIP_NONCE_MAX];
	char to[192];            /* value of To, with the tag of the other side */
	char target[192];        /* URI of the other side's Contact */
	char route[384];         /* value of Route; empty = none */
};

struct sip_load {
	struct sip_sockets sockets;
	struct sip_server *server;
	struct sip_result *result;
	uint32_t *order;         /* the accounts, shuffled */
	uint8_t (*ha1)[16];
	uint32_t seq, active, held;
	uint32_t started, units, window;
	bool holds;
	enum sip_work work;
	struct sip_unit unit[SIP_UNITS_MAX];
	char why[128];           /* the first failure */
};

/** Room for one datagram from `socket` to the server; sent with the others later. */
struct buf *sip_send(struct sip_load *load, unsigned socket);

/** Send the first request of a unit. */
void sip_unit_begin(struct sip_load *load, struct sip_unit *u);
/** Hang up a held call. */
void sip_unit_leave(struct sip_load *load, struct sip_unit *u);
/** What came to `socket`. */
void sip_phones_input(struct sip_load *load, unsigned socket, struct slice bytes);
/** A unit is over; with a reason it failed. */
void sip_unit_done(struct sip_load *load, struct sip_unit *u, const char *failure);

#endif
