/* Approvals, passes, lockdown and call-backs: what is written down, recalled, and expires. */
#include <assert.h>
#include <stdlib.h>

#include "policy/book_priv.h"

const struct slice book_kind_approval = SLICE_INIT("approval"),
		   book_kind_pass = SLICE_INIT("pass"), book_kind_lockdown = SLICE_INIT("lockdown"),
		   book_kind_first_use = SLICE_INIT("first-use"),
		   book_kind_call_back = SLICE_INIT("call-back");
static const struct slice site = SLICE_INIT("site");

struct book *book_new(const struct book_conf *conf)
{
	struct book *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return NULL;
	b->conf = *conf;
	b->subjects = tg_pool_new("first-use", sizeof(struct book_subject), conf->subjects, 0);
	b->approvals = tg_pool_new("approvals", sizeof(struct book_approval), conf->approvals, 0);
	b->passes = tg_pool_new("passes", sizeof(struct book_pass), conf->passes, 0);
	b->call_backs =
		tg_pool_new("call-backs", sizeof(struct book_call_back), conf->call_backs, 0);
	b->by_subject = tg_table_new(conf->subjects, &conf->key);
	b->by_approval = tg_table_new(conf->approvals, &conf->key);
	b->by_pass = tg_table_new(conf->passes, &conf->key);
	b->by_call_back = tg_table_new(conf->call_backs, &conf->key);
	if (b->subjects != NULL && b->approvals != NULL && b->passes != NULL &&
	    b->call_backs != NULL && b->by_subject != NULL && b->by_approval != NULL &&
	    b->by_pass != NULL && b->by_call_back != NULL)
		return b;
	book_free(b);
	return NULL;
}

void book_free(struct book *b)
{
	if (b == NULL)
		return;
	tg_pool_free(b->subjects);
	tg_pool_free(b->approvals);
	tg_pool_free(b->passes);
	tg_pool_free(b->call_backs);
	tg_table_free(b->by_subject);
	tg_table_free(b->by_approval);
	tg_table_free(b->by_pass);
	tg_table_free(b->by_call_back);
	free(b);
}

/* ---- small things ---- */

/* "101/+34911234567"; an account's name has no '/'. */
static struct slice join(struct buf *b, struct slice account, struct slice number)
{
	buf_put(b, account);
	buf_chr(b, '/');
	buf_put(b, number);
	return buf_slice(b);
}

static void until_write(struct buf *b, uint64_t until_s)
{
	if (until_s == BOOK_FOR_EVER)
		buf_lit(b, "-");
	else
		buf_u64(b, until_s);
}

void book_save(const struct book *b, struct slice kind, struct slice key, const struct buf *blob)
{
	assert(!blob->full && key.len <= BOOK_KEY_MAX);
	b->conf.save(b->conf.ctx, kind, key, buf_slice(blob));
}

void book_drop(const struct book *b, struct slice kind, struct slice key)
{
	b->conf.save(b->conf.ctx, kind, key, SLICE(""));
}

uint32_t book_slot(const struct tg_pool *pool, const void *object)
{
	return tg_pool_handle(pool, object).slot;
}

/* ---- approvals ---- */

static struct book_approval *find_approval(const struct book *b, struct slice account,
                                           struct slice number, uint64_t *hash)
{
	char mem[BOOK_KEY_MAX];
	struct buf key = buf_on(mem, sizeof(mem));
	uint32_t at = 0, slot;

	*hash = tg_table_hash(b->by_approval, join(&key, account, number));
	while ((slot = tg_table_find(b->by_approval, *hash, &at)) != 0) {
		struct book_approval *a = tg_pool_at(b->approvals, slot);

		if (a != NULL && slice_eq(book_text(&a->account), account) &&
		    slice_eq(book_number(a), number))
			return a;
	}
	return NULL;
}

enum tg_err book_put_approval(struct book *b, struct slice account, struct slice number,
                                uint64_t until_s)
{
	struct book_approval *a;
	uint64_t hash;

	if (number.len == 0)
		return TG_EBAD;
	if (account.len > BOOK_NAME_MAX || number.len > BOOK_NUMBER_MAX)
		return TG_ELIMIT;
	a = find_approval(b, account, number, &hash);
	if (a == NULL) {
		a = tg_pool_take(b->approvals);
		if (a == NULL)
			return TG_ENOMEM;
		if (tg_table_add(b->by_approval, hash, book_slot(b->approvals, a)) != TG_OK) {
			tg_pool_give(b->approvals, a);
			return TG_ENOMEM;
		}
		(void)book_name_set(&a->account, account);
		a->number_len = (uint8_t)number.len;
		memcpy(a->number, number.p, number.len);
	}
	a->until_s = until_s;
	return TG_OK;
}

enum tg_err book_approve(struct book *b, struct slice account, struct slice number,
                         uint64_t until_s)
{
	char key_mem[BOOK_KEY_MAX], mem[32];
	struct buf key = buf_on(key_mem, sizeof(key_mem)), blob = buf_on(mem, sizeof(mem));
	enum tg_err err = book_put_approval(b, account, number, until_s);

	if (err != TG_OK)
		return err;
	until_write(&blob, until_s);
	book_save(b, book_kind_approval, join(&key, account, number), &blob);
	return TG_OK;
}

static void remove_approval(struct book *b, struct book_approval *a)
{
	char mem[BOOK_KEY_MAX];
	struct buf key = buf_on(mem, sizeof(mem));
	struct slice text = join(&key, book_text(&a->account), book_number(a));

	tg_table_remove(b->by_approval, tg_table_hash(b->by_approval, text),
	                book_slot(b->approvals, a));
	book_drop(b, book_kind_approval, text);
	tg_pool_give(b->approvals, a);
}

bool book_disapprove(struct book *b, struct slice account, struct slice number)
{
	struct book_approval *a;
	uint64_t hash;

	if (account.len > BOOK_NAME_MAX || number.len > BOOK_NUMBER_MAX)
		return false;
	a = find_approval(b, account, number, &hash);
	if (a != NULL)
		remove_approval(b, a);
	return a != NULL;
}

const struct book_approval *book_approval_next(const struct book *b, uint32_t *at)
{
	return tg_pool_next(b->approvals, *at + 1, at);
}

/* ---- passes ---- */

static struct book_pass *find_pass(const struct book *b, struct slice account, uint64_t *hash)
{
	uint32_t at = 0, slot;

	*hash = tg_table_hash(b->by_pass, account);
	while ((slot = tg_table_find(b->by_pass, *hash, &at)) != 0) {
		struct book_pass *p = tg_pool_at(b->passes, slot);

		if (p != NULL && slice_eq(book_text(&p->account), account))
			return p;
	}
	return NULL;
}

enum tg_err book_put_pass(struct book *b, struct slice account, const uint16_t *places,
                            uint32_t count, uint64_t until_s)
{
	struct book_pass *p;
	uint64_t hash;

	if (account.len == 0 || count == 0)
		return TG_EBAD;
	if (account.len > BOOK_NAME_MAX || count > BOOK_PLACES_MAX)
		return TG_ELIMIT;
	p = find_pass(b, account, &hash);
	if (p == NULL) {
		p = tg_pool_take(b->passes);
		if (p == NULL)
			return TG_ENOMEM;
		if (tg_table_add(b->by_pass, hash, book_slot(b->passes, p)) != TG_OK) {
			tg_pool_give(b->passes, p);
			return TG_ENOMEM;
		}
		(void)book_name_set(&p->account, account);
	}
	memcpy(p->places, places, count * sizeof(*places));
	p->places_count = (uint8_t)count;
	p->until_s = until_s;
	return TG_OK;
}

enum tg_err book_pass_give(struct book *b, struct slice account, const uint16_t *places,
                           uint32_t count, uint64_t until_s)
{
	char mem[BOOK_BLOB_MAX];
	struct buf blob = buf_on(mem, sizeof(mem));
	enum tg_err err = book_put_pass(b, account, places, count, until_s);

	if (err != TG_OK)
		return err;
	until_write(&blob, until_s);
	/* by name, since the numbers of territories change with the table */
	for (uint32_t i = 0; i < count; i++)
		buf_fmt(&blob, " %s", number_territory_name(places[i]));
	book_save(b, book_kind_pass, account, &blob);
	return TG_OK;
}

static void remove_pass(struct book *b, struct book_pass *p)
{
	tg_table_remove(b->by_pass, tg_table_hash(b->by_pass, book_text(&p->account)),
	                book_slot(b->passes, p));
	book_drop(b, book_kind_pass, book_text(&p->account));
	tg_pool_give(b->passes, p);
}

bool book_pass_end(struct book *b, struct slice account)
{
	uint64_t hash;
	struct book_pass *p = find_pass(b, account, &hash);

	if (p != NULL)
		remove_pass(b, p);
	return p != NULL;
}

const struct book_pass *book_pass_next(const struct book *b, uint32_t *at)
{
	return tg_pool_next(b->passes, *at + 1, at);
}

/* ---- lockdown ---- */

void book_lock(struct book *b, uint8_t level, uint64_t until_s)
{
	char mem[32];
	struct buf blob = buf_on(mem, sizeof(mem));

	b->lockdown = (struct book_lockdown){ level, level == POLICY_OPEN ? 0 : until_s };
	if (level == POLICY_OPEN) {
		book_drop(b, book_kind_lockdown, site);
		return;
	}
	until_write(&blob, until_s);
	buf_fmt(&blob, " %u", level);
	book_save(b, book_kind_lockdown, site, &blob);
}

struct book_lockdown book_lockdown_at(const struct book *b, uint64_t now_s)
{
	return b->lockdown.until_s > now_s ? b->lockdown : (struct book_lockdown){ 0 };
}

/* ---- call-back ---- */

static struct book_call_back *find_call_back(const struct book *b, struct slice caller,
                                             uint64_t *hash)
{
	uint32_t at = 0, slot;

	*hash = tg_table_hash(b->by_call_back, caller);
	while ((slot = tg_table_find(b->by_call_back, *hash, &at)) != 0) {
		struct book_call_back *c = tg_pool_at(b->call_backs, slot);

		if (c != NULL && slice_eq(slice_of(c->caller, c->caller_len), caller))
			return c;
	}
	return NULL;
}

struct book_call_back *book_take_call_back(struct book *b, struct slice caller)
{
	uint64_t hash;
	struct book_call_back *c = find_call_back(b, caller, &hash);

	if (c != NULL || caller.len == 0 || caller.len > sizeof(c->caller))
		return c;
	c = tg_pool_take(b->call_backs);
	if (c == NULL)
		return NULL;
	if (tg_table_add(b->by_call_back, hash, book_slot(b->call_backs, c)) != TG_OK) {
		tg_pool_give(b->call_backs, c);
		return NULL;
	}
	c->caller_len = (uint8_t)caller.len;
	memcpy(c->caller, caller.p, caller.len);
	return c;
}

void book_emergency(struct book *b, const struct policy_facts *f, struct slice caller,
                    uint64_t now_s)
{
	char mem[BOOK_BLOB_MAX];
	struct buf blob = buf_on(mem, sizeof(mem));
	struct book_call_back *c =
		f->account.name.len <= BOOK_NAME_MAX ? book_take_call_back(b, caller) : NULL;

	if (c == NULL)
		return;
	(void)book_name_set(&c->account, f->account.name);
	c->pbx = f->peer;
	c->until_s = now_s + BOOK_CALL_BACK_S;
	until_write(&blob, c->until_s);
	buf_fmt(&blob, " %u %.*s", c->pbx, SLICE_FMT(f->account.name));
	book_save(b, book_kind_call_back, caller, &blob);
}

static void remove_call_back(struct book *b, struct book_call_back *c)
{
	struct slice caller = slice_of(c->caller, c->caller_len);

	tg_table_remove(b->by_call_back, tg_table_hash(b->by_call_back, caller),
	                book_slot(b->call_backs, c));
	book_drop(b, book_kind_call_back, caller);
	tg_pool_give(b->call_backs, c);
}

/* ---- the facts of a call ---- */

static bool covers(const struct book_pass *p, uint16_t territory)
{
	for (uint8_t i = 0; i < p->places_count; i++)
		if (p->places[i] == territory && territory != 0)
			return true;
	return false;
}

static void recall_inbound(const struct book *b, uint64_t now_s, struct policy_facts *f)
{
	uint64_t hash;
	const struct book_call_back *c = find_call_back(b, f->dialled, &hash);

	if (c == NULL || c->until_s <= now_s)
		return;
	f->call_back = true;
	f->call_back_account = book_text(&c->account);
	f->call_back_pbx = c->pbx;
}

static bool approved(const struct book *b, uint64_t now_s, struct slice account,
                     struct slice number)
{
	uint64_t hash;
	const struct book_approval *a;

	if (account.len > BOOK_NAME_MAX || number.len > BOOK_NUMBER_MAX)
		return false;
	a = find_approval(b, account, number, &hash);
	return a != NULL && a->until_s > now_s;
}

void book_recall(const struct book *b, uint64_t now_s, struct policy_facts *f)
{
	char mem[BOOK_KEY_MAX], text[BOOK_NUMBER_MAX + 1];
	struct buf key = buf_on(mem, sizeof(mem)), number = buf_on(text, sizeof(text));
	struct slice account = f->account.name;
	const struct book_pass *p;
	uint64_t hash;

	f->lockdown = book_lockdown_at(b, now_s).level;
	if (f->party == POLICY_TRUNK) {
		recall_inbound(b, now_s, f);
		return;
	}
	if (f->called.digits.len == 0)
		return;
	if (policy_is_e164(&f->called))
		buf_chr(&number, '+');
	buf_put(&number, f->called.digits);
	f->approved = !number.full && (approved(b, now_s, SLICE(""), buf_slice(&number)) ||
	                               (account.len > 0 &&
	                                approved(b, now_s, account, buf_slice(&number))));
	p = account.len > 0 ? find_pass(b, account, &hash) : NULL;
	f->pass = p != NULL && p->until_s > now_s && covers(p, f->called.territory);
	f->first_use = book_is_new(b, book_subject(b, book_subject_name(f, &key), &hash),
	                           f->called.class, now_s);
}

/* ---- from disk, and away ---- */

void book_tick(struct book *b, uint64_t now_s)
{
	struct book_approval *a;
	struct book_pass *p;
	struct book_call_back *c;

	for (uint32_t at = 0; (a = tg_pool_next(b->approvals, at + 1, &at)) != NULL;)
		if (a->until_s <= now_s)
			remove_approval(b, a);
	for (uint32_t at = 0; (p = tg_pool_next(b->passes, at + 1, &at)) != NULL;)
		if (p->until_s <= now_s)
			remove_pass(b, p);
	for (uint32_t at = 0; (c = tg_pool_next(b->call_backs, at + 1, &at)) != NULL;)
		if (c->until_s <= now_s)
			remove_call_back(b, c);
	if (b->lockdown.level != POLICY_OPEN && b->lockdown.until_s <= now_s)
		book_lock(b, POLICY_OPEN, 0);
}

void book_forget(struct book *b, struct slice account)
{
	struct book_approval *a;
	struct book_subject *s;
	uint64_t hash;

	if (account.len == 0 || account.len > BOOK_NAME_MAX)
		return;
	for (uint32_t at = 0; (a = tg_pool_next(b->approvals, at + 1, &at)) != NULL;)
		if (slice_eq(book_text(&a->account), account))
			remove_approval(b, a);
	book_pass_end(b, account);
	s = book_subject(b, account, &hash);
	if (s == NULL)
		return;
	tg_table_remove(b->by_subject, hash, book_slot(b->subjects, s));
	tg_pool_give(b->subjects, s);
	book_drop(b, book_kind_first_use, account);
}
