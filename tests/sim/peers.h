/*
 * The people of the simulator: phones, a PBX, providers and strangers, all acting from the world's
 * seed.  Each is a small user agent with retransmissions of its own, so that calls survive a
 * network that loses and doubles packets.
 */
#ifndef TG_TESTS_SIM_PEERS_H
#define TG_TESTS_SIM_PEERS_H

#include "sim/bills.h"
#include "sim/talk.h"
#include "sim/world.h"

enum peer_kind {
	PEER_PHONE,
	PEER_PBX,
	PEER_PROVIDER,
	PEER_STRANGER,
	PEER_DIALLER /* has an account, and calls premium numbers as fast as it can */
};

struct peers;

/** What one of them is. */
struct peer_conf {
	enum peer_kind kind;
	const char *addr; /* address:port */
	uint16_t iface;
	/* of its account; a provider: what tollgate proves itself with */
	const char *user, *password;
	const char *realm;           /* of a provider's challenges */
};

/** Borrowed: `rows`.  `fail` reports a broken promise and returns. */
struct peers *peers_new(const struct peer_conf *rows, size_t count,
                        void (*fail)(void *ctx, const char *why), void *ctx);
void peers_free(struct peers *p);

/** Providers charge by these from now on. */
void peers_charge(struct peers *p, struct bills *bills);

/** Everybody begins to act, until `until_ms`; from then on calls are only ended. */
void peers_start(struct peers *p, struct world *w, uint64_t until_ms);

/** The network has something for one of them. */
void peers_packet(struct peers *p, const struct tg_addr *to, struct slice octets);

/** True when the address is a stranger's. */
bool peers_stranger(const struct peers *p, const struct tg_addr *addr);

struct peers_count {
	uint32_t calls;        /* begun or taken */
	uint32_t answered;     /* of them */
	uint32_t registered;
	uint32_t provider_up;  /* confirmed calls at providers that nobody has ended */
	const char *provider_call; /* Call-ID of one of them, or NULL */
	uint32_t up;           /* at all others */
};
void peers_count(const struct peers *p, struct peers_count *out);

#endif
