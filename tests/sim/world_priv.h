/* What the files of the simulated world share. */
#ifndef TG_TESTS_SIM_WORLD_PRIV_H
#define TG_TESTS_SIM_WORLD_PRIV_H

#include "proc/site_judge.h"
#include "role/carrier.h"
#include "role/edge.h"
#include "sim/world.h"

enum {
	WORLD_EDGES_MAX = 4,
	WORLD_CARRIERS_MAX = 4,
	WORLD_RELAYS_MAX = 2,
	WORLD_PROCS_MAX = 1 + WORLD_EDGES_MAX + WORLD_CARRIERS_MAX + WORLD_RELAYS_MAX,
	WORLD_RING_SLOTS = 1024, /* as many as the rings of proc/ at least */
	WORLD_SESSIONS_MAX = 256,
	WORLD_BINDINGS_MAX = 256
};

/** A message in a ring: only the octets that count. */
struct ring_msg {
	struct ring_msg *next;
	struct link_head head; /* of the message; the rest follows in memory */
};

struct ring_queue {
	struct ring_msg *first, **last;
	uint32_t count;
};

struct world;

/** A role as a process has it. */
struct proc {
	struct world *world;
	struct link_proc id;
	uint32_t epoch; /* 0 = never started */
	bool up;
	union {
		struct edge *edge;
		struct carrier *carrier;
		struct vault *vault;
	};
	struct tg_log log;
	struct tg_rng rng;
	char name[16];
	struct tg_flow to; /* of the datagram being written */
	char datagram[TG_DATAGRAM_MAX];
	struct ring_queue in[WORLD_PROCS_MAX + 1]; /* by sender; the last is the warden's */
};

/** One call's lease at the stand-in for the relay. */
struct session {
	bool open;
	struct link_proc owner, relay;
	struct link_leg leg;
	struct link_media_open lease;
	struct link_media_peer peer[LINK_STREAMS_MAX][2];
};

enum event_kind { EVENT_IN, EVENT_OUT, EVENT_CALL };

struct event {
	uint64_t at_ms, number;
	enum event_kind kind;
	struct tg_flow flow; /* IN, OUT: interface and the peer outside */
	struct slice octets; /* owned */
	void (*fire)(void *ctx, uint64_t value);
	void *ctx;
	uint64_t value;
};

struct kept_record {
	struct vault_record record;
	bool over;
};

struct world {
	struct world_conf conf;
	struct role_site site;
	struct role_routes routes;
	struct judge_rules *rules;
	struct world_disk *disk;
	struct world_disk_conf disk_conf;
	uint64_t now_ms;
	int64_t wall_step_ms;
	struct tg_rng rng, chance; /* chance: of the network alone */
	struct proc proc[WORLD_PROCS_MAX];
	uint32_t procs;
	struct event *heap;
	size_t events, events_cap;
	uint64_t event_number;
	uint32_t waiting; /* messages in all rings */
	uint64_t hash;
	uint16_t next_port;
	uint32_t steps_now; /* at this millisecond, against a loop without end */
	struct session session[WORLD_SESSIONS_MAX];
	struct link_binding binding[WORLD_BINDINGS_MAX];
	bool binding_used[WORLD_BINDINGS_MAX];
	struct kept_record *record;
	uint32_t records, records_cap;
	struct buf *answer; /* of world_ask() */
	bool answered;
	struct link_msg msg, out;
	struct world_sight seen;
};

struct proc *world_proc(struct world *w, struct link_proc id);
/** Put a message into the ring of its receiver; `from` and `epoch` are those of the sender. */
void world_push(struct world *w, struct proc *from, const struct link_msg *msg);
uint64_t world_wall_ms(const struct world *w);

/* world_relay.c */
void relay_sim_message(struct world *w, struct proc *relay, const struct link_msg *msg);
void relay_sim_died(struct world *w, struct link_proc relay);

/* world_disk.c */
bool world_disk_open(struct world *w);
void world_disk_close(struct world *w);
uint64_t world_disk_change(struct world *w, const struct vault_change *change);
uint64_t world_disk_state(struct world *w, struct slice kind, const struct vault_blob *row);
void world_disk_died(struct world *w);
void world_disk_load(struct world *w, struct vault *vault);

/* world_store.c */
struct vault_store store_sim(struct world *w);
/** What the shell of the vault loads at its start. */
bool store_sim_load(struct world *w, struct vault *vault);

#endif
