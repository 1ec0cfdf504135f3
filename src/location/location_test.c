#include "base/test.h"
#include "location/location.h"

#include <stdio.h>

static struct tg_rng rng;

static struct location *make(uint32_t cap, struct location_conf *conf)
{
	uint8_t seed[32] = { 7 };

	tg_rng_init(&rng, seed);
	conf->cap = cap;
	conf->rng = &rng;
	return location_new(conf, 1000);
}

static struct location_binding bind(const char *user, const char *contact, uint64_t expires_ms,
                                    uint32_t cseq)
{
	return (struct location_binding){ .user = slice_str(user), .contact = slice_str(contact),
		                          .expires_ms = expires_ms, .call_hash = 42, .cseq = cseq };
}

TEST(put_refresh_remove)
{
	struct location_conf conf = { 0 };
	struct location *loc = make(8, &conf);
	struct location_binding b = bind("101", "sip:101@10.0.0.1", 5000, 1), got[4];

	if (loc == NULL)
		return; /* an allocation-failure round */
	CHECK(location_put(loc, &b, 2, NULL) == TG_OK, "first");
	CHECK(location_put(loc, &b, 2, NULL) == TG_EBUSY, "RFC 3261 §10.3: CSeq must grow");
	b.cseq = 2;
	CHECK(location_put(loc, &b, 2, NULL) == TG_OK, "refresh");
	CHECK(location_count(loc) == 1, "a refresh adds nothing");
	b = bind("101", "sip:101@10.0.0.2", 6000, 3);
	CHECK(location_put(loc, &b, 2, NULL) == TG_OK, "second device");
	b = bind("101", "sip:101@10.0.0.3", 6000, 3);
	CHECK(location_put(loc, &b, 2, NULL) == TG_ELIMIT, "third is one too many");
	CHECK(location_find(loc, SLICE("101"), got, 4) == 2, "both");
	CHECK(slice_eq(got[0].contact, SLICE("sip:101@10.0.0.2")), "youngest first");
	CHECK(location_find(loc, SLICE("10"), got, 4) == 0, "A13: no prefix of a user");
	b = bind("101", "sip:101@10.0.0.2", 0, 2);
	CHECK(location_remove(loc, &b) == TG_EBUSY, "an old un-REGISTER that comes late");
	b.cseq = 9;
	CHECK(location_remove(loc, &b) == TG_OK, "removed");
	CHECK(location_remove(loc, &b) == TG_ENOENT, "gone");
	CHECK(location_remove_user(loc, SLICE("101")) == 1, "the rest");
	CHECK(location_count(loc) == 0, "empty");
	location_free(loc);
}

static uint32_t expired;

static void count_expired(void *ctx, const struct location_binding *b)
{
	(void)ctx;
	(void)b;
	expired++;
}

TEST(expiry_and_full_table)
{
	struct location_conf conf = { .expired = count_expired };
	struct location *loc = make(64, &conf);
	char user[16];

	if (loc == NULL)
		return;
	expired = 0;
	for (uint32_t i = 0; i < 64; i++) {
		struct location_binding b;

		snprintf(user, sizeof(user), "%u", i);
		b = bind(user, "sip:x@10.0.0.1", 2000 + i, 1);
		CHECK(location_put(loc, &b, 1, NULL) == TG_OK, "room");
	}
	struct location_binding more = bind("more", "sip:x@10.0.0.1", 9000, 1);
	CHECK(location_put(loc, &more, 1, NULL) == TG_ENOMEM, "a full table refuses");
	CHECK(location_next_ms(loc) == 2000, "the first deadline");
	location_tick(loc, 2031);
	CHECK(expired == 32 && location_count(loc) == 32, "exactly those that are due");
	CHECK(location_put(loc, &more, 1, NULL) == TG_OK, "room again");
	location_free(loc);
}

TEST(long_texts)
{
	struct location_conf conf = { 0 };
	struct location *loc = make(16, &conf);
	char contact[LOCATION_CONTACT_MAX + 1];
	struct location_binding b = { .user = SLICE("u"), .expires_ms = 9999, .cseq = 1 }, got;
	uint32_t at = 0, seen = 0;

	if (loc == NULL)
		return;
	memset(contact, 'c', sizeof(contact));
	b.contact = slice_of(contact, LOCATION_CONTACT_MAX + 1);
	CHECK(location_put(loc, &b, 9, NULL) == TG_ELIMIT, "A15: too long");
	b.contact.len--;
	CHECK(location_put(loc, &b, 9, NULL) == TG_OK, "the longest");
	b.contact.len = 20;
	CHECK(location_put(loc, &b, 9, NULL) == TG_OK, "a short one beside it");
	while (location_next(loc, &at, &got))
		seen++;
	CHECK(seen == 2, "both pools are walked");
	location_free(loc);
}

TEST(writes_for_refreshes)
{
	struct location_conf conf = { 0 };
	struct location *loc = make(8, &conf);
	struct location_binding b = bind("101", "sip:101@10.0.0.1", 61000, 1);
	uint64_t keep = 0;

	if (loc == NULL)
		return;
	b.interval_ms = 60000;
	CHECK(location_put(loc, &b, 1, &keep) == TG_OK && keep == 121000, "a new one is written");
	b.cseq++;
	b.expires_ms = 91000; /* refreshed after half a minute */
	CHECK(location_put(loc, &b, 1, &keep) == TG_OK && keep == 0, "the disk knows enough");
	b.cseq++;
	b.expires_ms = 121000;
	CHECK(location_put(loc, &b, 1, &keep) == TG_OK && keep == 0, "just enough");
	b.cseq++;
	b.expires_ms = 151000;
	CHECK(location_put(loc, &b, 1, &keep) == TG_OK && keep == 211000, "now it must learn");
	b.cseq++;
	b.flow.iface = 1;
	CHECK(location_put(loc, &b, 1, &keep) == TG_OK && keep != 0, "the phone has moved");
	location_free(loc);
}
