/*
 * Who is registered where (RFC 3261 §10): the bindings of one edge worker's share of the accounts.
 *
 * OURS: a binding's destination is the flow that it was registered over, never the host of its
 * Contact (C11); the Contact is kept only because the phone wants to see it in Request-URIs.
 * Bindings are told apart by their Contact URI, octet for octet.
 */
#ifndef TG_LOCATION_LOCATION_H
#define TG_LOCATION_LOCATION_H

#include "base/flow.h"
#include "base/hash.h"

enum {
	LOCATION_USER_MAX = 64,
	LOCATION_CONTACT_MAX = 512,
	LOCATION_AGENT_MAX = 64
};

struct location;

/**
 * A binding as it is given and shown.  Slices borrow: from the caller, or until the next change.
 */
struct location_binding {
	struct slice user;    /* AoR user, unescaped */
	struct slice contact; /* URI without brackets */
	struct slice agent;   /* User-Agent, cut */
	struct tg_flow flow;
	uint64_t expires_ms;  /* monotonic */
	uint64_t interval_ms; /* what it was asked for; for location_put() only */
	uint64_t call_hash;   /* of the REGISTER's Call-ID: location_call_hash() */
	uint32_t cseq;
	uint32_t account;     /* the vault's number */
};

struct location_conf {
	uint32_t cap;       /* bindings; LOCATION_BYTES each, long ones thrice that */
	struct tg_rng *rng; /* for the table's keys; used during _new only */
	void *ctx;
	/** A binding has expired; told before it goes.  May be NULL. */
	void (*expired)(void *ctx, const struct location_binding *binding);
};

/** Octets of an ordinary binding, its share of the table included (DESIGN: at most 384). */
enum { LOCATION_BYTES = 304 };

/** NULL without memory. */
struct location *location_new(const struct location_conf *conf, uint64_t now_ms);
void location_free(struct location *location);

/** Keyed hash of a Call-ID, to recognise the registration that a binding came from. */
uint64_t location_call_hash(const struct location *location, struct slice call_id);

/**
 * Add or refresh a binding.
 *
 * max         bindings that the account may have
 * keep_until  optional: 0 when what the disk was told before still covers this refresh, else the
 *             deadline to tell it: one interval longer than asked, so that a phone that refreshes
 *             costs a write every second or third time only. After a restart a phone that went away
 *             may so be listed for one interval too long.
 *
 * TG_EBUSY   the same Call-ID with a CSeq that is not higher (RFC 3261 §10.3 step 7)
 * TG_ELIMIT  the account has `max` other bindings, or a text is too long
 * TG_ENOMEM  the table is full
 */
TG_MUST_USE enum tg_err location_put(struct location *location,
                                     const struct location_binding *binding, uint32_t max,
                                     uint64_t *keep_until);

/**
 * Remove one binding.  TG_ENOENT: there is none (fine for the caller of REGISTER with expires 0);
 * TG_EBUSY as above.
 */
TG_MUST_USE enum tg_err location_remove(struct location *location,
                                        const struct location_binding *binding);

/** Remove all bindings of a user; returns how many there were. */
uint32_t location_remove_user(struct location *location, struct slice user);

enum { LOCATION_FIND_MAX = 32 };

/** The bindings of a user, the one refreshed last first; at most `max` are written to `out`. */
uint32_t location_find(const struct location *location, struct slice user,
                       struct location_binding *out, uint32_t max);

/** Walk all bindings: set *at to 0, call until false. */
bool location_next(const struct location *location, uint32_t *at, struct location_binding *out);

uint32_t location_count(const struct location *location);

/** Drop what has expired. */
void location_tick(struct location *location, uint64_t now_ms);
uint64_t location_next_ms(const struct location *location);

#endif
