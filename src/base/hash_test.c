#include "base/hash.h"

#include "base/secret.h"
#include "base/test.h"

TEST(siphash_vectors)
{
	/* Aumasson, Bernstein: SipHash, reference vectors: key 00..0f, input 00..n-1 */
	static const struct {
		size_t n;
		uint8_t want[8];
	} rows[] = {
		{ 0, { 0x31, 0x0e, 0x0e, 0xdd, 0x47, 0xdb, 0x6f, 0x72 } },
		{ 1, { 0xfd, 0x67, 0xdc, 0x93, 0xc5, 0x39, 0xf8, 0x74 } },
		{ 15, { 0xe5, 0x45, 0xbe, 0x49, 0x61, 0xca, 0x29, 0xa1 } },
	};
	struct tg_key key;
	char in[16];

	for (uint8_t i = 0; i < 16; i++) {
		key.octets[i] = i;
		in[i] = (char)i;
	}
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint64_t h = tg_siphash(&key, test_guarded(slice_of(in, rows[i].n)));

		CHECK(memcmp(&h, rows[i].want, sizeof(h)) == 0, "SipHash-2-4 vector");
	}
}

TEST(digest_vectors)
{
	static const struct {
		const char *why;
		enum tg_digest_alg alg;
		const char *want;
	} rows[] = {
		{ "RFC 1321 §A.5", TG_DIGEST_MD5, "900150983cd24fb0d6963f7d28e17f72" },
		{ "FIPS 180-2 §B.1", TG_DIGEST_SHA256,
		  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "FIPS 180-4 SHA-512/256", TG_DIGEST_SHA512_256,
		  "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23" },
	};
	const struct slice parts[] = { SLICE("a"), slice_of(NULL, 0), SLICE("bc") };

	for (int round = 0; round < 2; round++) { /* the context is used again */
		for (size_t i = 0; i < COUNT(rows); i++) {
			uint8_t out[TG_DIGEST_MAX];
			char hex[2 * TG_DIGEST_MAX];
			struct buf b = buf_on(hex, sizeof(hex));

			tg_digest(out, rows[i].alg, parts, COUNT(parts));
			buf_hex(&b, out, tg_digest_len(rows[i].alg));
			CHECK(slice_eq(buf_slice(&b), slice_str(rows[i].want)), rows[i].why);
		}
	}
}

TEST(rng_stream)
{
	static const uint8_t zero_seed[32] = { 0 };
	static const uint8_t chacha[8] = { 0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90 };
	struct tg_rng a, b;
	uint8_t whole[3000], pieces[3000];

	tg_rng_init(&a, zero_seed);
	tg_rng_init(&b, zero_seed);
	tg_rng_bytes(&a, whole, sizeof(whole));
	for (size_t at = 0, n; at < sizeof(pieces); at += n) {
		n = TG_MIN(at % 13 + 1, sizeof(pieces) - at);
		tg_rng_bytes(&b, pieces + at, n);
	}
	CHECK(memcmp(whole, chacha, sizeof(chacha)) == 0, "ChaCha20, zero key and nonce");
	CHECK(memcmp(whole, pieces, sizeof(whole)) == 0, "however it is asked, the stream is one");
	CHECK(memcmp(whole, whole + 512, 512) != 0, "blocks differ");
}

TEST(rng_below)
{
	struct tg_rng rng;
	unsigned seen[7] = { 0 };

	tg_rng_init_os(&rng);
	for (int i = 0; i < 70000; i++)
		seen[tg_rng_below(&rng, COUNT(seen))]++;
	for (size_t i = 0; i < COUNT(seen); i++)
		CHECK(seen[i] > 9000 && seen[i] < 11000, "even, within ten standard deviations");
	CHECK(tg_rng_below(&rng, 1) == 0, "one choice");
}

TEST(secret)
{
	struct tg_secret secret = { 0 }, blank = { 0 };
	char longest[TG_SECRET_MAX + 1] = { 'x' };

	CHECK(tg_secret_set(&secret, SLICE("")) == TG_EBAD, "no secret is no secret");
	CHECK(tg_secret_set(&secret, slice_of(longest, sizeof(longest))) == TG_ELIMIT, "too long");
	CHECK(tg_secret_set(&secret, SLICE("correct horse")) == TG_OK, "plain");
	CHECK(tg_secret_set(&secret, SLICE("battery")) == TG_OK, "replaced");
	CHECK(slice_eq(tg_secret_reveal(&secret), SLICE("battery")), "revealed");
	CHECK(secret.hidden[8] == 0, "nothing of the longer one is left");
	tg_secret_wipe(&secret);
	CHECK(memcmp(&secret, &blank, sizeof(secret)) == 0, "wiped");
	CHECK(tg_equal_ct(SLICE("abc"), SLICE("abc")) && !tg_equal_ct(SLICE("abc"), SLICE("abd")) &&
	              !tg_equal_ct(SLICE("abc"), SLICE("ab")),
	      "constant-time comparison");
}
