/*
 * The library side of base/hash.h: libsodium for SipHash, ChaCha20 and wiping, OpenSSL for digests.
 */
#include "base/hash.h"

#include <assert.h>
#include <openssl/evp.h>
#include <sodium.h>

uint64_t tg_siphash(const struct tg_key *key, struct slice s)
{
	uint64_t out;

	static_assert(crypto_shorthash_BYTES == sizeof(out), "SipHash-2-4 gives 64 bits");
	(void)crypto_shorthash((unsigned char *)&out, (const unsigned char *)(s.p ? s.p : ""),
	                       s.len, key->octets);
	return out;
}

size_t tg_digest_len(enum tg_digest_alg alg)
{
	return alg == TG_DIGEST_MD5 ? 16 : 32;
}

static const EVP_MD *fetch(enum tg_digest_alg alg)
{
	static const char *const names[] = { "MD5", "SHA2-256", "SHA2-512/256" };
	static EVP_MD *md[COUNT(names)];

	if (md[alg] == NULL)
		md[alg] = EVP_MD_fetch(NULL, names[alg], NULL);
	assert(md[alg] != NULL); /* OpenSSL without MD5 or SHA-2 cannot speak SIP digest at all */
	return md[alg];
}

void tg_digest(uint8_t *out, enum tg_digest_alg alg, const struct slice *parts, size_t count)
{
	static EVP_MD_CTX *ctx;
	int ok;

	if (ctx == NULL)
		ctx = EVP_MD_CTX_new();
	assert(ctx != NULL);
	ok = EVP_DigestInit_ex2(ctx, fetch(alg), NULL);
	for (size_t i = 0; i < count; i++)
		ok &= EVP_DigestUpdate(ctx, parts[i].p, parts[i].len);
	ok &= EVP_DigestFinal_ex(ctx, out, NULL);
	assert(ok == 1);
}

bool tg_equal_ct(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || sodium_memcmp(a.p, b.p, a.len) == 0);
}

void tg_rng_init(struct tg_rng *rng, const uint8_t seed[32])
{
	memcpy(rng->key, seed, sizeof(rng->key));
	rng->block = 0;
	rng->used = sizeof(rng->pool);
}

void tg_rng_init_os(struct tg_rng *rng)
{
	uint8_t seed[32];
	int rc = sodium_init();

	assert(rc >= 0);
	randombytes_buf(seed, sizeof(seed));
	tg_rng_init(rng, seed);
	tg_wipe(seed, sizeof(seed));
}

static void refill(struct tg_rng *rng)
{
	uint8_t nonce[crypto_stream_chacha20_NONCEBYTES];

	static_assert(sizeof(nonce) == sizeof(rng->block), "the block number is the nonce");
	memcpy(nonce, &rng->block, sizeof(nonce));
	rng->block++;
	(void)crypto_stream_chacha20(rng->pool, sizeof(rng->pool), nonce, rng->key);
	rng->used = 0;
}

void tg_rng_bytes(struct tg_rng *rng, void *out, size_t n)
{
	uint8_t *to = out;

	while (n > 0) {
		size_t have, take;

		if (rng->used >= sizeof(rng->pool))
			refill(rng);
		have = sizeof(rng->pool) - rng->used;
		take = TG_MIN(n, have);
		memcpy(to, rng->pool + rng->used, take);
		rng->used = (uint16_t)(rng->used + take);
		to += take;
		n -= take;
	}
}

uint64_t tg_rng_u64(struct tg_rng *rng)
{
	uint64_t v;

	tg_rng_bytes(rng, &v, sizeof(v));
	return v;
}

uint64_t tg_rng_below(struct tg_rng *rng, uint64_t below)
{
	uint64_t limit, v;

	assert(below > 0);
	limit = UINT64_MAX - UINT64_MAX % below;
	do {
		v = tg_rng_u64(rng);
	} while (v >= limit);
	return v % below;
}

void tg_wipe(void *p, size_t n)
{
	sodium_memzero(p, n);
}
