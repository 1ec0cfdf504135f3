/*
 * Keyed hashes, digests and random numbers for the pure folders; the work is libsodium's and
 * OpenSSL's.
 */
#ifndef TG_BASE_HASH_H
#define TG_BASE_HASH_H

#include "base/buf.h"

/** Key of a SipHash-2-4; every table and stateless tag has its own, from the process's rng. */
struct tg_key {
	uint8_t octets[16];
};

/** SipHash-2-4 of `s` under `key`.  Any thread, never fails. */
uint64_t tg_siphash(const struct tg_key *key, struct slice s);

enum tg_digest_alg { TG_DIGEST_MD5, TG_DIGEST_SHA256, TG_DIGEST_SHA512_256 };

#define TG_DIGEST_MAX 32
/** Octets of a digest: 16 or 32. */
size_t tg_digest_len(enum tg_digest_alg alg);

/**
 * Digest of the parts put one after another (no separator).
 *
 * out  at least tg_digest_len(alg) octets
 *
 * The algorithm objects are fetched once per process (OpenSSL 3 looks them up anew otherwise, at
 * 2.5 times the cost).  One thread per process.
 */
void tg_digest(uint8_t *out, enum tg_digest_alg alg, const struct slice *parts, size_t count);

/** True when both are equal; time depends on the length alone. */
bool tg_equal_ct(struct slice a, struct slice b);

/**
 * A stream of random octets (ChaCha20) from a seed: unpredictable without the seed, and the same
 * seed gives the same stream, which is what the simulator needs.
 */
struct tg_rng {
	uint8_t key[32];
	uint64_t block;
	uint8_t pool[512];
	uint16_t used;
};

void tg_rng_init(struct tg_rng *rng, const uint8_t seed[32]);

/** Seed from the operating system's generator. */
void tg_rng_init_os(struct tg_rng *rng);

void tg_rng_bytes(struct tg_rng *rng, void *out, size_t n);

uint64_t tg_rng_u64(struct tg_rng *rng);

/** A number in 0..below-1 without bias; below ≥ 1. */
uint64_t tg_rng_below(struct tg_rng *rng, uint64_t below);

/** Wipe memory that held a secret; the compiler may not remove it. */
void tg_wipe(void *p, size_t n);

#endif
