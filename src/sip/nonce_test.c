#include "sip/nonce.h"

#include "base/test.h"

enum { LIFE_S = 300 };

/* A maker, a flow and a nonce issued at second 1000. */
struct world {
	struct tg_rng rng;
	struct sip_nonce_maker maker;
	struct tg_flow flow;
	char text[64];
	struct slice nonce;
};

static struct world *world(void)
{
	static struct world w;
	uint8_t seed[32] = { 1 };
	struct buf b;

	tg_rng_init(&w.rng, seed);
	sip_nonce_init(&w.maker, &w.rng, 3, LIFE_S);
	w.flow = (struct tg_flow){ .iface = 1, .proto = TG_PROTO_UDP };
	CHECK(tg_addr_parse(&w.flow.remote, SLICE("198.51.100.7:5060"), 0) == TG_OK, "address");
	b = buf_on(w.text, sizeof(w.text));
	sip_nonce_write(&b, &w.maker, 1000000, &w.flow);
	w.nonce = buf_slice(&b);
	CHECK(w.nonce.len == SIP_NONCE_LEN, "length");
	return &w;
}

TEST(nonce_check)
{
	struct world *w = world();
	struct sip_nonce n = { 0 };
	struct tg_flow other = w->flow;

	CHECK(sip_nonce_check(&n, &w->maker, 1000000, &w->flow, w->nonce) == SIP_NONCE_OK, "fresh");
	CHECK(n.expires_s == 1000 + LIFE_S, "expiry");
	CHECK(sip_nonce_check(&n, &w->maker, 1299999, &w->flow, w->nonce) == SIP_NONCE_OK,
	      "last ms");
	CHECK(sip_nonce_check(&n, &w->maker, 1300000, &w->flow, w->nonce) == SIP_NONCE_STALE,
	      "B6: older than its life");
	CHECK(sip_nonce_check(&n, &w->maker, 900000, &w->flow, w->nonce) == SIP_NONCE_STALE,
	      "from the future");
	other.remote.port = 40000;
	CHECK(sip_nonce_check(&n, &w->maker, 1000000, &other, w->nonce) == SIP_NONCE_OK,
	      "a NAT changed the port");
	other.iface = 2;
	CHECK(sip_nonce_check(&n, &w->maker, 1000000, &other, w->nonce) == SIP_NONCE_FORGED,
	      "another interface");
	other = w->flow;
	other.remote.ip[3] ^= 1;
	CHECK(sip_nonce_check(&n, &w->maker, 1000000, &other, w->nonce) == SIP_NONCE_FORGED,
	      "B5: another address");
}

TEST(nonce_other_makers)
{
	struct world *w = world();
	struct sip_nonce_maker again, sibling;
	struct sip_nonce n = { 0 };

	sip_nonce_init(&again, &w->rng, 3, LIFE_S);
	CHECK(sip_nonce_check(&n, &again, 1000000, &w->flow, w->nonce) == SIP_NONCE_FORGED,
	      "B6: from before a restart");
	sip_nonce_init(&sibling, &w->rng, 4, LIFE_S);
	sip_nonce_set_key(&sibling, &w->maker.key);
	CHECK(sip_nonce_check(&n, &sibling, 1000000, &w->flow, w->nonce) == SIP_NONCE_STALE,
	      "B4: another worker does not know whether it was used");
}

TEST(nonce_forgeries)
{
	struct world *w = world();
	struct sip_nonce n = { 0 };
	static char big[10240];

	for (size_t i = 0; i < w->nonce.len; i++) {
		char text[SIP_NONCE_LEN];

		memcpy(text, w->nonce.p, sizeof(text));
		text[i] = text[i] == 'A' ? 'B' : 'A';
		CHECK(sip_nonce_check(&n, &w->maker, 1000000, &w->flow,
		                      test_guarded(slice_of(text, sizeof(text)))) ==
		              SIP_NONCE_FORGED,
		      "B6: one character changed");
		text[i] = "=+/\0 \xff"[i % 6];
		CHECK(sip_nonce_check(&n, &w->maker, 1000000, &w->flow,
		                      slice_of(text, sizeof(text))) == SIP_NONCE_FORGED,
		      "not of the alphabet");
		CHECK(sip_nonce_check(&n, &w->maker, 1000000, &w->flow,
		                      test_guarded(slice_head(w->nonce, i))) == SIP_NONCE_FORGED,
		      "cut");
	}
	memset(big, 'A', sizeof(big));
	CHECK(sip_nonce_check(&n, &w->maker, 1000000, &w->flow, slice_of(big, sizeof(big))) ==
	              SIP_NONCE_FORGED,
	      "B6: 10 KB");
}

TEST(nonce_numbers_differ)
{
	struct world *w = world();
	struct sip_nonce a = { 0 }, b = { 0 };
	char text[64];
	struct buf buf = buf_on(text, sizeof(text));

	w->maker.number = 0xffffffffffull;
	sip_nonce_write(&buf, &w->maker, 1000000, &w->flow);
	sip_nonce_write(&buf, &w->maker, 1000000, &w->flow);
	CHECK(sip_nonce_check(&a, &w->maker, 1000000, &w->flow, slice_of(text, SIP_NONCE_LEN)) ==
	              SIP_NONCE_OK,
	      "before the wrap");
	CHECK(sip_nonce_check(&b, &w->maker, 1000000, &w->flow,
	                      slice_of(text + SIP_NONCE_LEN, SIP_NONCE_LEN)) == SIP_NONCE_OK,
	      "behind the wrap");
	CHECK(a.number != b.number, "two nonces of one second and source differ");
}

TEST(nonce_replay)
{
	static const struct {
		const char *why;
		uint32_t nc;
		enum sip_nonce_verdict want;
	} steps[] = {
		{ "a count of zero", 0, SIP_NONCE_STALE },
		{ "first", 1, SIP_NONCE_OK },
		{ "B4: the same again", 1, SIP_NONCE_STALE },
		{ "next", 2, SIP_NONCE_OK },
		{ "a gap", 10, SIP_NONCE_OK },
		{ "overtaken", 5, SIP_NONCE_OK },
		{ "overtaken, again", 5, SIP_NONCE_STALE },
		{ "far ahead", 74, SIP_NONCE_OK },
		{ "below the window", 10, SIP_NONCE_STALE },
		{ "its last place", 11, SIP_NONCE_OK },
		{ "very far", 0xffffffff, SIP_NONCE_OK },
		{ "old", 75, SIP_NONCE_STALE },
		{ "just below", 0xfffffffe, SIP_NONCE_OK },
		{ "again", 0xffffffff, SIP_NONCE_STALE },
	};
	struct world *w = world();
	struct sip_nonce_uses *u = sip_nonce_uses_new(16, &w->rng);
	struct sip_nonce n = { 0 };

	if (u == NULL)
		return; /* the round in which this allocation fails */
	CHECK(sip_nonce_check(&n, &w->maker, 1000000, &w->flow, w->nonce) == SIP_NONCE_OK, "fresh");
	for (size_t i = 0; i < COUNT(steps); i++) {
		CHECK(sip_nonce_fresh(u, &n, steps[i].nc) == (steps[i].want == SIP_NONCE_OK),
		      steps[i].why);
		CHECK(sip_nonce_use(u, 1000000, &n, steps[i].nc) == steps[i].want, steps[i].why);
	}
	CHECK(sip_nonce_use(u, 1300000, &n, 0xfffffff0) == SIP_NONCE_STALE, "expired meanwhile");
	sip_nonce_uses_free(u);
}

TEST(nonce_table_fills_evenly)
{
	enum { PLACES = 16384 };
	struct world *w = world();
	struct sip_nonce_uses *u = sip_nonce_uses_new(PLACES, &w->rng);

	if (u == NULL)
		return;
	for (uint64_t i = 0; i < PLACES * 3 / 4; i++) {
		struct sip_nonce n = { i, 1300 };

		CHECK(sip_nonce_use(u, 1000000, &n, 1) == SIP_NONCE_OK, "three quarters fit");
		CHECK(!sip_nonce_fresh(u, &n, 1), "B4: and are found again");
	}
	CHECK(sip_nonce_uses_full(u) == 0, "none was refused");
	sip_nonce_uses_free(u);
}

TEST(nonce_table_fails_closed)
{
	struct world *w = world();
	struct sip_nonce_uses *u = sip_nonce_uses_new(64, &w->rng);
	uint64_t ok = 0;

	if (u == NULL)
		return;
	for (uint64_t i = 0; i < 1000; i++) {
		struct sip_nonce n = { i, 1300 };

		ok += sip_nonce_use(u, 1000000, &n, 1) == SIP_NONCE_OK;
	}
	CHECK(ok == 64, "every place is used, and no more");
	CHECK(sip_nonce_uses_full(u) == 1000 - 64, "counted");
	for (uint64_t i = 0; i < 1000; i++) {
		struct sip_nonce n = { i, 1300 };

		CHECK(!sip_nonce_fresh(u, &n, 1) ||
		              sip_nonce_use(u, 1000000, &n, 1) == SIP_NONCE_STALE,
		      "B4: a full table never forgets a use");
	}
	for (uint64_t i = 2000; i < 2020; i++) {
		struct sip_nonce n = { i, 1700 };

		CHECK(sip_nonce_use(u, 1300000, &n, 1) == SIP_NONCE_OK, "expired ones make room");
	}
	sip_nonce_uses_free(u);
	sip_nonce_uses_free(NULL);
}
