/*
 * What every role gets and gives: a role is a pure composition that is handed packets, messages and
 * the time, and answers with packets, messages and log events.  No sockets, clocks, threads or
 * files.
 *
 * The shells in proc/ and the world of tests/sim drive the very same functions.
 */
#ifndef TG_ROLE_ROLE_H
#define TG_ROLE_ROLE_H

#include "base/log.h"
#include "link/msg.h"
#include "sip/uri.h"

enum {
	ROLE_IFACES_MAX = 64,
	ROLE_NETWORKS_MAX = 64,
	ROLE_PBXS_MAX = 16,
	ROLE_TRUNKS_MAX = 64,
	ROLE_PREFIXES_MAX = 32,
	ROLE_EMERGENCY_MAX = 32
};

/**
 * How far an interface is believed.  Phones, PBXs and trunks may share one: the kernel steers what
 * a trunk's address set sends to the carrier, and all else to an edge (proc/steer).
 */
enum role_iface_side { ROLE_INSIDE, ROLE_OUTSIDE };

/** A configured interface; its index is the `iface` of flows everywhere. */
struct role_iface {
	struct link_text name;
	struct tg_addr listen;    /* where the socket is bound */
	/* what Via, Contact and SDP say; equals `listen` unless configured */
	struct tg_addr advertise;
	uint8_t side;             /* enum role_iface_side */
};

/** A named network: interface and prefix, never a prefix alone (R12). */
struct role_network {
	struct link_text name;
	uint16_t iface;
	struct tg_prefix prefix;
	/* known by host name: not `prefix`, but what the name had when it was looked up last */
	bool by_name;
	uint8_t found_count;
	struct tg_addr found[LINK_ADDRS_MAX]; /* port 0 */
};

struct role_pbx {
	struct link_text name;
	uint16_t iface;
	struct tg_addr addr;
	struct link_text domain; /* host part of what it is sent; empty = its address */
};

struct role_trunk {
	struct link_text name;
	uint16_t iface;
	struct tg_addr addr; /* where requests go */
	/* where its packets may come from, `addr` included */
	struct tg_prefix from[ROLE_PREFIXES_MAX];
	uint8_t from_count;
	uint8_t carrier; /* index of the carrier process that serves it */
	bool registers;
	uint16_t calls_max;
	uint32_t expires_s;
	struct link_text domain; /* host part of its AoR and Request-URIs */
	struct link_text realm;  /* pinned for signing */
	struct link_text user;   /* AoR user and digest username */
	struct link_text caller; /* shown for callers without a number; empty = user */
};

/** The trunks in the order in which calls out try them. */
struct role_routes {
	uint16_t trunk[ROLE_TRUNKS_MAX];
	uint16_t count;
};

/** Facts that all roles share; borrowed by them, immutable while they live. */
struct role_site {
	struct link_text domain; /* AoR domain and digest realm of the accounts */
	struct role_iface iface[ROLE_IFACES_MAX];
	struct role_network network[ROLE_NETWORKS_MAX];
	struct role_pbx pbx[ROLE_PBXS_MAX];
	struct role_trunk trunk[ROLE_TRUNKS_MAX];
	struct link_text emergency[ROLE_EMERGENCY_MAX]; /* numbers, for role_is_emergency() */
	uint16_t ifaces, networks, pbxs, trunks, emergencies;
	uint8_t edges, carriers, relays; /* processes of each role */
	uint32_t calls_max;              /* half-calls in one process = 2 × this */
	uint32_t registrations_max;
	uint32_t expires_min_s, expires_max_s; /* of bindings */
	/* of one account, unless the account says otherwise */
	bool digest_md5, digest_sha256; /* what challenges offer; at least one */
	uint8_t bindings_max;
	uint32_t ring_max_s;                   /* no answer for so long: 408/CANCEL */
	uint32_t call_max_s;                   /* longest call */
	/* no media for so long ends the call; 0 = never (C16) */
	uint32_t silent_after_s;
};

/** The world as a role sees it; the pointers outlive the role. */
struct role_env {
	const struct role_site *site;
	struct link_proc self;
	struct tg_net net;
	struct link_out link;
	struct tg_log *log;
	struct tg_rng *rng;
	uint64_t now_ms;  /* monotonic, at the start */
	uint64_t wall_ms; /* wall clock at the same instant, ms since 1970 */
};

/** Bit i is set when the flow comes from network i.  Any process. */
uint64_t role_networks_of(const struct role_site *site, const struct tg_flow *flow);

/**
 * True when the networks of these bits hold every address and nothing smaller is among them: who
 * comes from there may be anywhere.  False without a bit.
 */
bool role_is_everywhere(const struct role_site *site, uint64_t networks);

/** Index of the PBX at the other end of the flow, or -1. */
int role_pbx_of(const struct role_site *site, const struct tg_flow *flow);

/** Index of the trunk that the flow belongs to (its interface and address set, R3), or -1. */
int role_trunk_of(const struct role_site *site, const struct tg_flow *flow);

/**
 * True when exactly an emergency number is dialled: the call may take the places that are kept for
 * such calls.  Whether it goes through is the vault's to say.
 */
bool role_is_emergency(const struct role_site *site, struct slice dialled);

/**
 * What a Request-URI dials, unescaped: its user part, and of a tel: URI the parameters too, for
 * they may make another number of it (C1).  False: controls, or no room.
 */
bool role_dialled(struct buf *out, const struct sip_uri *uri);

/** The edge worker that keeps an AoR user's bindings: the same answer in every process. */
struct link_proc role_edge_of(const struct role_site *site, struct slice user);

#endif
