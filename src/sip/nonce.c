/*
 * RFC:  RFC 7616 §3.3 (nonce), §3.4 (nc), §5.4 (replay).
 * OURS: bound to the source address and the interface; a set-associative table of used nonces, so
 *       that a look-up and an eviction touch 16 entries at most, whatever an attacker sends.
 */
#include "sip/nonce.h"

#include <assert.h>
#include <stdlib.h>

enum {
	OCTETS = 18,      /* 4 time, 1 worker, 5 number, 8 mark */
	TEXT_OCTETS = 10, /* those before the mark */
	WAYS = 8          /* entries of one set */
};

#define NUMBER_MASK 0xffffffffffull /* 40 bits */

static_assert(OCTETS * 4 / 3 == SIP_NONCE_LEN, "base64url without padding bits");

void sip_nonce_init(struct sip_nonce_maker *maker, struct tg_rng *rng, uint8_t worker,
                    uint32_t life_s)
{
	assert(life_s >= 1 && life_s <= 86400);
	*maker = (struct sip_nonce_maker){ .life_s = life_s, .worker = worker };
	tg_rng_bytes(rng, maker->key.octets, sizeof(maker->key.octets));
	maker->number = tg_rng_u64(rng) & NUMBER_MASK;
}

void sip_nonce_set_key(struct sip_nonce_maker *maker, const struct tg_key *key)
{
	maker->key = *key;
}

static void put_be(uint8_t *to, size_t n, uint64_t v)
{
	for (size_t i = 0; i < n; i++)
		to[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
}

static uint64_t get_be(const uint8_t *from, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | from[i];
	return v;
}

/* The mark: who asked, when, and which nonce it is. */
static uint64_t mark_of(const struct sip_nonce_maker *maker, const uint8_t *text,
                        const struct tg_flow *flow)
{
	uint8_t over[TEXT_OCTETS + 2 + 1 + sizeof(flow->remote.ip)];

	memcpy(over, text, TEXT_OCTETS);
	put_be(over + TEXT_OCTETS, 2, flow->iface);
	over[TEXT_OCTETS + 2] = flow->remote.family;
	memcpy(over + TEXT_OCTETS + 3, flow->remote.ip, sizeof(flow->remote.ip));
	return tg_siphash(&maker->key, slice_of(over, sizeof(over)));
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static int value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (tg_isdigit(c))
		return c - '0' + 52;
	return c == '-' ? 62 : c == '_' ? 63 : -1;
}

void sip_nonce_write(struct buf *buf, struct sip_nonce_maker *maker, uint64_t now_ms,
                     const struct tg_flow *flow)
{
	uint8_t o[OCTETS];
	char text[SIP_NONCE_LEN];

	put_be(o, 4, now_ms / 1000);
	o[4] = maker->worker;
	put_be(o + 5, 5, maker->number);
	maker->number = (maker->number + 1) & NUMBER_MASK;
	put_be(o + TEXT_OCTETS, 8, mark_of(maker, o, flow));
	for (size_t i = 0; i < OCTETS / 3; i++) {
		uint64_t v = get_be(o + 3 * i, 3);

		for (size_t j = 0; j < 4; j++)
			text[4 * i + j] = alphabet[v >> (18 - 6 * j) & 63];
	}
	buf_put(buf, slice_of(text, sizeof(text)));
}

static bool decode(uint8_t o[OCTETS], struct slice text)
{
	int wrong = 0;

	if (text.len != SIP_NONCE_LEN)
		return false;
	for (size_t i = 0; i < OCTETS / 3; i++) {
		uint64_t v = 0;

		for (size_t j = 0; j < 4; j++) {
			int six = value_of(text.p[4 * i + j]);

			wrong |= six;
			v = v << 6 | (uint64_t)(six & 63);
		}
		put_be(o + 3 * i, 3, v);
	}
	return wrong >= 0; /* any -1 makes it negative */
}

enum sip_nonce_verdict sip_nonce_check(struct sip_nonce *out, const struct sip_nonce_maker *maker,
                                       uint64_t now_ms, const struct tg_flow *flow,
                                       struct slice text)
{
	uint8_t o[OCTETS], mark[8];
	uint32_t now_s = (uint32_t)(now_ms / 1000), issued_s;

	if (!decode(o, text))
		return SIP_NONCE_FORGED;
	put_be(mark, sizeof(mark), mark_of(maker, o, flow));
	if (!tg_equal_ct(slice_of(mark, sizeof(mark)), slice_of(o + TEXT_OCTETS, sizeof(mark))))
		return SIP_NONCE_FORGED;
	issued_s = (uint32_t)get_be(o, 4);
	/* the subtraction also refuses one from the future: its age wraps to a huge one */
	if (o[4] != maker->worker || (uint32_t)(now_s - issued_s) >= maker->life_s)
		return SIP_NONCE_STALE;
	out->number = get_be(o + 5, 5);
	out->expires_s = issued_s + maker->life_s;
	return SIP_NONCE_OK;
}

/* One used nonce. */
struct use {
	uint64_t number;
	uint64_t window;  /* bit i: count `highest` - i was used */
	uint32_t highest; /* 0 = the entry is free */
	uint32_t expires_s;
};

static_assert(sizeof(struct use) == 24, "the header states the cost");

struct sip_nonce_uses {
	struct tg_key key;
	uint64_t full;
	uint32_t set_mask;
	struct use *uses; /* (set_mask + 1) × WAYS */
};

struct sip_nonce_uses *sip_nonce_uses_new(uint32_t cap, struct tg_rng *rng)
{
	struct sip_nonce_uses *u;
	uint32_t sets = 1;

	assert(cap > 0 && cap <= 1u << 28);
	while (sets * WAYS < cap)
		sets *= 2;
	u = calloc(1, sizeof(*u));
	if (u == NULL)
		return NULL;
	u->uses = calloc((size_t)sets * WAYS, sizeof(*u->uses));
	if (u->uses == NULL) {
		free(u);
		return NULL;
	}
	u->set_mask = sets - 1;
	tg_rng_bytes(rng, u->key.octets, sizeof(u->key.octets));
	return u;
}

void sip_nonce_uses_free(struct sip_nonce_uses *uses)
{
	if (uses == NULL)
		return;
	free(uses->uses);
	free(uses);
}

/*
 * The two sets in which `number` may stand.  New ones go where there is more room, so that sets
 * fill evenly: with one set for each, 2 % of the nonces would find theirs full while half of the
 * table is free.
 */
struct sets {
	struct use *set[2];
};

static struct sets sets_of(const struct sip_nonce_uses *u, uint64_t number)
{
	uint64_t hash = tg_siphash(&u->key, slice_of(&number, sizeof(number)));

	return (struct sets){ { u->uses + (size_t)(hash & u->set_mask) * WAYS,
		                u->uses + (size_t)(hash >> 32 & u->set_mask) * WAYS } };
}

static struct use *find(const struct sets *sets, const struct sip_nonce *nonce)
{
	for (size_t k = 0; k < COUNT(sets->set); k++) {
		struct use *set = sets->set[k];

		for (size_t i = 0; i < WAYS; i++) {
			if (set[i].highest != 0 && set[i].number == nonce->number &&
			    set[i].expires_s == nonce->expires_s)
				return &set[i];
		}
	}
	return NULL;
}

static bool is_new_count(const struct use *use, uint32_t nc)
{
	if (nc > use->highest)
		return true;
	return use->highest - nc < 64 && (use->window >> (use->highest - nc) & 1) == 0;
}

bool sip_nonce_fresh(const struct sip_nonce_uses *uses, const struct sip_nonce *nonce, uint32_t nc)
{
	const struct sets sets = sets_of(uses, nonce->number);
	const struct use *use = find(&sets, nonce);

	return nc != 0 && (use == NULL || is_new_count(use, nc));
}

static void note_count(struct use *use, uint32_t nc)
{
	if (nc > use->highest) {
		uint32_t up = nc - use->highest;

		use->window = up < 64 ? use->window << up : 0;
		use->highest = nc;
	}
	use->window |= 1ull << (use->highest - nc);
}

/* True when second `at_s` has passed, on a clock that may wrap. */
static bool has_passed(uint32_t at_s, uint32_t now_s)
{
	return (int32_t)(now_s - at_s) >= 0;
}

/* A free entry of the set with more of them; NULL when both are full. */
static struct use *find_room(const struct sets *sets, uint32_t now_s)
{
	struct use *room = NULL;
	unsigned most = 0;

	for (size_t k = 0; k < COUNT(sets->set); k++) {
		struct use *set = sets->set[k], *free_one = NULL;
		unsigned n = 0;

		for (size_t i = 0; i < WAYS; i++) {
			if (set[i].highest != 0 && !has_passed(set[i].expires_s, now_s))
				continue;
			free_one = &set[i];
			n++;
		}
		if (n > most) {
			most = n;
			room = free_one;
		}
	}
	return room;
}

enum sip_nonce_verdict sip_nonce_use(struct sip_nonce_uses *uses, uint64_t now_ms,
                                     const struct sip_nonce *nonce, uint32_t nc)
{
	uint32_t now_s = (uint32_t)(now_ms / 1000);
	const struct sets sets = sets_of(uses, nonce->number);
	struct use *use = find(&sets, nonce);

	if (nc == 0 || has_passed(nonce->expires_s, now_s))
		return SIP_NONCE_STALE;
	if (use != NULL) {
		if (!is_new_count(use, nc))
			return SIP_NONCE_STALE;
		note_count(use, nc);
		return SIP_NONCE_OK;
	}
	use = find_room(&sets, now_s);
	if (use == NULL) {
		uses->full++;
		return SIP_NONCE_STALE; /* fails closed: the next nonce has another set */
	}
	*use = (struct use){ nonce->number, 1, nc, nonce->expires_s };
	return SIP_NONCE_OK;
}

uint64_t sip_nonce_uses_full(const struct sip_nonce_uses *uses)
{
	return uses->full;
}
