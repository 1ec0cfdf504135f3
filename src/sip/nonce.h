/*
 * The edge's challenges without state: a nonce says when it was issued and to whom, under a key
 * that dies with the process (B4 to B6).  Only nonces that were used with success are remembered.
 *
 * A nonce is 24 base64url characters of 18 octets: issue time in s (4), worker (1), number (5), and
 * a SipHash-2-4 (8) over these, the source address and the interface.  The port is left out: NATs
 * change it between requests.
 */
#ifndef TG_SIP_NONCE_H
#define TG_SIP_NONCE_H

#include "base/flow.h"
#include "base/hash.h"

enum { SIP_NONCE_LEN = 24 };

/** Makes and checks nonces; one a worker. */
struct sip_nonce_maker {
	struct tg_key key;
	uint64_t number; /* of the next nonce; 40 bits count */
	uint32_t life_s;
	uint8_t worker;
};

enum sip_nonce_verdict {
	SIP_NONCE_OK,
	SIP_NONCE_STALE, /* ours, but old, another worker's, or used: challenge, stale=true */
	SIP_NONCE_FORGED /* not ours, or issued to another address: challenge */
};

/** A nonce that was checked: how the table of used ones knows it. */
struct sip_nonce {
	uint64_t number;
	uint32_t expires_s; /* on the clock of now_ms / 1000 */
};

/**
 * A new key; nonces of an earlier start are forged from now on.
 *
 * rng     seeded by the process
 * life_s  1..86400
 */
void sip_nonce_init(struct sip_nonce_maker *maker, struct tg_rng *rng, uint8_t worker,
                    uint32_t life_s);

/**
 * Workers that may get each other's packets share one key: a nonce of another worker is then STALE,
 * not forged, and never accepted, since only its issuer knows whether it was used.
 */
void sip_nonce_set_key(struct sip_nonce_maker *maker, const struct tg_key *key);

/** Write a nonce for the source of `flow`; SIP_NONCE_LEN octets. */
void sip_nonce_write(struct buf *buf, struct sip_nonce_maker *maker, uint64_t now_ms,
                     const struct tg_flow *flow);

/**
 * Check what came back.  Constant work, whatever `text` holds.
 *
 * out  set only on SIP_NONCE_OK
 */
enum sip_nonce_verdict sip_nonce_check(struct sip_nonce *out, const struct sip_nonce_maker *maker,
                                       uint64_t now_ms, const struct tg_flow *flow,
                                       struct slice text);

/** The nonces that were used with success, each with the nonce counts seen (RFC 7616 §3.4). */
struct sip_nonce_uses;

/**
 * Memory for `cap` nonces (rounded up to a power of two of at least 8).  Cost: 24 bytes an entry.
 * One request for each unexpired used nonce: accounts × (life ÷ registration interval), doubled, is
 * plenty.  NULL without memory.
 */
struct sip_nonce_uses *sip_nonce_uses_new(uint32_t cap, struct tg_rng *rng);

/** NULL is fine. */
void sip_nonce_uses_free(struct sip_nonce_uses *uses);

/**
 * Ask before the proof goes to the vault: has this (nonce, nc) been used?  Changes nothing, so that
 * requests without proof cost no memory.
 *
 * nc  the nonce count; 0 is never fresh
 */
bool sip_nonce_fresh(const struct sip_nonce_uses *uses, const struct sip_nonce *nonce, uint32_t nc);

/**
 * Note a use after the vault found the proof right.  The answer counts: two copies of one request
 * may both have been fresh when they were asked about, and only the first gets OK.
 *
 * SIP_NONCE_STALE  used before, older than 64 counts below the highest, expired meanwhile, or no
 *                  room in its set of the table (fails closed; counted)
 */
TG_MUST_USE enum sip_nonce_verdict sip_nonce_use(struct sip_nonce_uses *uses, uint64_t now_ms,
                                                 const struct sip_nonce *nonce, uint32_t nc);

/** How often sip_nonce_use() found no room. */
uint64_t sip_nonce_uses_full(const struct sip_nonce_uses *uses);

#endif
