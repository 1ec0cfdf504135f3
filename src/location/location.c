#include "location/location.h"

#include "base/pool.h"
#include "base/table.h"
#include "base/timer.h"

#include <assert.h>
#include <stdlib.h>

enum {
	SHORT_TEXT = 136, /* user, contact and agent together; most phones stay below */
	LONG_TEXT = LOCATION_USER_MAX + LOCATION_CONTACT_MAX + LOCATION_AGENT_MAX,
	LONG_SHARE = 8 /* one in so many bindings may have long texts */
};

/* A binding in one of two pools; the table's value is its slot, long ones with the top bit. */
struct node {
	struct tg_timer timer;
	struct tg_flow flow;
	uint64_t call_hash;
	uint64_t stamp; /* order of refreshing */
	uint64_t kept_ms; /* until when the disk knows it */
	uint32_t cseq, account;
	uint16_t contact_len;
	uint8_t user_len, agent_len;
	bool is_long;
	char text[]; /* user, contact, agent */
};

#define LONG_BIT 0x80000000u

static_assert(sizeof(struct node) + SHORT_TEXT + 32 <= LOCATION_BYTES, "as the header says");

struct location {
	struct location_conf conf;
	struct tg_pool *shorts, *longs;
	struct tg_table *by_user;
	struct tg_wheel *wheel;
	struct tg_key call_key;
	uint64_t stamp;
};

struct location *location_new(const struct location_conf *conf, uint64_t now_ms)
{
	struct location *loc = calloc(1, sizeof(*loc));
	uint32_t longs = conf->cap / LONG_SHARE + 1;
	struct tg_key key;

	if (loc == NULL)
		return NULL;
	loc->conf = *conf;
	tg_rng_bytes(conf->rng, &key, sizeof(key));
	tg_rng_bytes(conf->rng, &loc->call_key, sizeof(loc->call_key));
	loc->shorts = tg_pool_new("bindings", sizeof(struct node) + SHORT_TEXT, conf->cap, 0);
	loc->longs = tg_pool_new("long bindings", sizeof(struct node) + LONG_TEXT, longs, 0);
	loc->by_user = tg_table_new(conf->cap + longs, &key);
	loc->wheel = tg_wheel_new(now_ms);
	if (loc->shorts != NULL && loc->longs != NULL && loc->by_user != NULL && loc->wheel != NULL)
		return loc;
	location_free(loc);
	return NULL;
}

void location_free(struct location *loc)
{
	if (loc == NULL)
		return;
	tg_wheel_free(loc->wheel);
	tg_table_free(loc->by_user);
	tg_pool_free(loc->longs);
	tg_pool_free(loc->shorts);
	free(loc);
}

uint64_t location_call_hash(const struct location *loc, struct slice call_id)
{
	return tg_siphash(&loc->call_key, call_id);
}

static struct slice user_of(const struct node *n)
{
	return slice_of(n->text, n->user_len);
}

static struct slice contact_of(const struct node *n)
{
	return slice_of(n->text + n->user_len, n->contact_len);
}

static void show(const struct node *n, struct location_binding *out)
{
	*out = (struct location_binding){
		.user = user_of(n),
		.contact = contact_of(n),
		.agent = slice_of(n->text + n->user_len + n->contact_len, n->agent_len),
		.flow = n->flow,
		.expires_ms = n->timer.at_ms,
		.call_hash = n->call_hash,
		.cseq = n->cseq,
		.account = n->account,
	};
}

static struct node *node_at(const struct location *loc, uint32_t value)
{
	struct node *n = value & LONG_BIT ? tg_pool_at(loc->longs, value & ~LONG_BIT)
	                                  : tg_pool_at(loc->shorts, value);

	assert(n != NULL);
	return n;
}

static uint32_t value_of(const struct location *loc, const struct node *n)
{
	if (n->is_long)
		return tg_pool_handle(loc->longs, n).slot | LONG_BIT;
	return tg_pool_handle(loc->shorts, n).slot;
}

static void drop(struct location *loc, struct node *n)
{
	bool removed = tg_table_remove(loc->by_user, tg_table_hash(loc->by_user, user_of(n)),
	                               value_of(loc, n));

	assert(removed);
	tg_wheel_stop(loc->wheel, &n->timer);
	tg_pool_give(n->is_long ? loc->longs : loc->shorts, n);
}

/** The user's binding with this contact (NULL: none), and how many others there are. */
static struct node *find(const struct location *loc, struct slice user, struct slice contact,
                         uint32_t *others)
{
	uint64_t hash = tg_table_hash(loc->by_user, user);
	struct node *found = NULL;
	uint32_t at = 0, value;

	*others = 0;
	while ((value = tg_table_find(loc->by_user, hash, &at)) != 0) {
		struct node *n = node_at(loc, value);

		if (!slice_eq(user_of(n), user))
			continue;
		if (slice_eq(contact_of(n), contact))
			found = n;
		else
			++*others;
	}
	return found;
}

static struct node *take(struct location *loc, const struct location_binding *b)
{
	size_t len = b->user.len + b->contact.len + b->agent.len;
	bool is_long = len > SHORT_TEXT;
	struct node *n = tg_pool_take(is_long ? loc->longs : loc->shorts);
	enum tg_err err;

	if (n == NULL)
		return NULL;
	n->is_long = is_long;
	n->user_len = (uint8_t)b->user.len;
	n->contact_len = (uint16_t)b->contact.len;
	n->agent_len = (uint8_t)b->agent.len;
	memcpy(n->text, b->user.p, b->user.len);
	memcpy(n->text + b->user.len, b->contact.p, b->contact.len);
	if (b->agent.len > 0)
		memcpy(n->text + b->user.len + b->contact.len, b->agent.p, b->agent.len);
	err = tg_table_add(loc->by_user, tg_table_hash(loc->by_user, b->user), value_of(loc, n));
	assert(err == TG_OK); /* as large as both pools */
	return n;
}

static bool out_of_order(const struct node *n, const struct location_binding *b)
{
	return n->call_hash == b->call_hash && b->cseq <= n->cseq;
}

/** Does the disk have to learn of this refresh, and until when? */
static uint64_t keep_until(struct node *n, const struct location_binding *b)
{
	if (tg_flow_eq(&n->flow, &b->flow) && n->account == b->account &&
	    n->kept_ms >= b->expires_ms)
		return 0;
	n->kept_ms = b->expires_ms + b->interval_ms;
	return n->kept_ms;
}

enum tg_err location_put(struct location *loc, const struct location_binding *given, uint32_t max,
                         uint64_t *keep)
{
	struct location_binding b = *given;
	uint32_t others;
	struct node *n;

	b.agent = slice_head(b.agent, LOCATION_AGENT_MAX);
	if (b.user.len == 0 || b.user.len > LOCATION_USER_MAX || b.contact.len == 0 ||
	    b.contact.len > LOCATION_CONTACT_MAX)
		return TG_ELIMIT;
	n = find(loc, b.user, b.contact, &others);
	if (n != NULL && out_of_order(n, &b))
		return TG_EBUSY;
	if (n == NULL && others >= max)
		return TG_ELIMIT;
	if (n == NULL)
		n = take(loc, &b);
	if (n == NULL)
		return TG_ENOMEM;
	if (keep != NULL)
		*keep = keep_until(n, &b);
	else
		n->kept_ms = b.expires_ms; /* it comes from there */
	n->flow = b.flow;
	n->call_hash = b.call_hash;
	n->cseq = b.cseq;
	n->account = b.account;
	n->stamp = ++loc->stamp;
	tg_wheel_start(loc->wheel, &n->timer, 0, b.expires_ms);
	return TG_OK;
}

enum tg_err location_remove(struct location *loc, const struct location_binding *b)
{
	uint32_t others;
	struct node *n = find(loc, b->user, b->contact, &others);

	if (n == NULL)
		return TG_ENOENT;
	if (out_of_order(n, b))
		return TG_EBUSY;
	drop(loc, n);
	return TG_OK;
}

uint32_t location_remove_user(struct location *loc, struct slice user)
{
	uint64_t hash = tg_table_hash(loc->by_user, user);
	uint32_t count = 0, at = 0, value;

	while ((value = tg_table_find(loc->by_user, hash, &at)) != 0) {
		struct node *n = node_at(loc, value);

		if (!slice_eq(user_of(n), user))
			continue;
		drop(loc, n);
		count++;
		at = 0; /* the table has changed */
	}
	return count;
}

/** Keep `out` sorted by age, youngest first; the oldest falls off. */
static uint32_t insert(const struct node **out, uint32_t count, uint32_t max, const struct node *n)
{
	uint32_t i = count < max ? count : max - 1;

	if (count == max && out[i]->stamp > n->stamp)
		return count;
	for (; i > 0 && out[i - 1]->stamp < n->stamp; i--)
		out[i] = out[i - 1];
	out[i] = n;
	return TG_MIN(count + 1, max);
}

uint32_t location_find(const struct location *loc, struct slice user,
                       struct location_binding *out, uint32_t max)
{
	uint64_t hash = tg_table_hash(loc->by_user, user);
	const struct node *found[LOCATION_FIND_MAX];
	uint32_t count = 0, at = 0, value;

	max = TG_MIN(max, (uint32_t)LOCATION_FIND_MAX);
	if (max == 0)
		return 0;
	while ((value = tg_table_find(loc->by_user, hash, &at)) != 0) {
		const struct node *n = node_at(loc, value);

		if (slice_eq(user_of(n), user))
			count = insert(found, count, max, n);
	}
	for (uint32_t i = 0; i < count; i++)
		show(found[i], &out[i]);
	return count;
}

bool location_next(const struct location *loc, uint32_t *at, struct location_binding *out)
{
	const struct node *n = NULL;

	if ((*at & LONG_BIT) == 0) {
		n = tg_pool_next(loc->shorts, *at + 1, at);
		if (n == NULL)
			*at = LONG_BIT;
	}
	if (n == NULL) {
		uint32_t slot = *at & ~LONG_BIT;

		n = tg_pool_next(loc->longs, slot + 1, &slot);
		*at = slot | LONG_BIT;
	}
	if (n == NULL)
		return false;
	show(n, out);
	return true;
}

uint32_t location_count(const struct location *loc)
{
	return tg_table_count(loc->by_user);
}

void location_tick(struct location *loc, uint64_t now_ms)
{
	struct tg_timer *t;

	while ((t = tg_wheel_expire(loc->wheel, now_ms)) != NULL) {
		struct node *n = TG_CONTAINER(t, struct node, timer);
		struct location_binding b;

		show(n, &b);
		if (loc->conf.expired != NULL)
			loc->conf.expired(loc->conf.ctx, &b);
		drop(loc, n);
	}
}

uint64_t location_next_ms(const struct location *loc)
{
	return tg_wheel_next_ms(loc->wheel);
}
