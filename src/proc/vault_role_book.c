/*
 * What the operator writes into the book (policy/book.h), and what stands there.  Each change is in
 * force at once; the answer waits for the disk.
 *
 *   lockdown LEVEL UNTIL [running]
 *   unlock
 *   allow ACCOUNT UNTIL NUMBER
 *   disallow ACCOUNT NUMBER
 *   pass ACCOUNT UNTIL ES,FR
 *   pass ACCOUNT end
 *   passes
 *
 * UNTIL is Unix time, or "-" for good; ACCOUNT may be "-" for everybody in the first two.
 */
#include "number/number.h"
#include "policy/book.h"
#include "proc/vault_role_priv.h"

static struct book *book_of(const struct vault_role *r)
{
	return vault_book(r->vault);
}

static uint64_t now_s(const struct vault_role *r)
{
	return judge_clock(vault_judge(r->vault))->ledger_ms / 1000;
}

static bool take_until(uint64_t *out, struct slice word)
{
	*out = UINT64_MAX;
	return slice_eq(word, SLICE("-")) || slice_u64(out, word, UINT32_MAX) == TG_OK;
}

/** Empty for everybody; false: there is no such account. */
static bool take_account(const struct vault_role *r, struct slice *account)
{
	if (slice_eq(*account, SLICE("-"))) {
		*account = SLICE("");
		return true;
	}
	return vault_account_find(r->vault, *account) != NULL;
}

static void put_until(struct buf *b, uint64_t until_s)
{
	if (until_s == UINT64_MAX)
		buf_lit(b, ",\"until\":null");
	else
		buf_fmt(b, ",\"until\":%llu", (unsigned long long)until_s);
}

static void done(struct vault_role *r, const struct link_msg *ask, const struct buf *b,
                 const char *what, const struct slice who_to[2])
{
	log_event(r->env.log, EV_BOOK_CHANGED, LOG_STR("rule", slice_str(what)),
	          LOG_STR("account", who_to[0]), LOG_STR("to", who_to[1]), LOG_END);
	vault_role_reply_later(r, ask, buf_slice(b));
}

static const char *full(enum tg_err err)
{
	return err == TG_ENOMEM ? "there are too many; remove some (`tollgate passes` lists them)"
	                        : "the name or number is too long";
}

/* ---- lockdown ---- */

static void lockdown(struct vault_role *r, const struct link_msg *ask, struct slice words)
{
	struct slice level, until, rest = slice_cut(words, ' ', &level);
	uint64_t n, until_s;
	char mem[256];
	struct buf b = buf_on(mem, sizeof(mem));
	uint32_t stopped = 0;

	rest = slice_cut(rest, ' ', &until);
	if (slice_u64(&n, level, POLICY_EMERGENCY_ONLY) != TG_OK || !take_until(&until_s, until)) {
		vault_role_refuse(r, ask, "levels are 1, 2 and 3");
		return;
	}
	book_lock(book_of(r), (uint8_t)n, n == POLICY_OPEN ? UINT64_MAX : until_s);
	if (slice_eq(rest, SLICE("running")))
		stopped = vault_lock_running(r->vault);
	buf_fmt(&b, "{\"done\":\"%s\",\"level\":%u", n == POLICY_OPEN ? "unlocked" : "locked",
	        (unsigned)n);
	put_until(&b, until_s);
	buf_fmt(&b, ",\"stopped\":%u}", stopped);
	done(r, ask, &b, n == POLICY_OPEN ? "unlock" : "lockdown",
	     (struct slice[]){ SLICE(""), level });
}

/* ---- approvals ---- */

/** As the rule compares it: "+34911234567", or a short code. */
static const char *take_number(const struct vault_role *r, struct buf *out, struct slice dialled)
{
	struct number n;
	const char *why = NULL;

	if (r->rules->plan == NULL)
		return "numbers.home is not set: list the number in outbound.allow instead";
	if (number_normalise(&n, r->rules->plan, dialled, &why) != TG_OK)
		return why;
	number_write(out, &n);
	return NULL;
}

static void allow(struct vault_role *r, const struct link_msg *ask, struct slice words, bool on)
{
	char number_mem[32], mem[512];
	struct buf number = buf_on(number_mem, sizeof(number_mem)), b = buf_on(mem, sizeof(mem));
	struct slice account, until = SLICE("-"), rest = slice_cut(words, ' ', &account);
	const char *why = NULL;
	uint64_t until_s = 0;
	enum tg_err err;

	if (on)
		rest = slice_cut(rest, ' ', &until);
	if (!take_account(r, &account) && on)
		why = "there is no account of this name";
	if (why == NULL && !take_until(&until_s, until))
		why = "until when?";
	if (why == NULL)
		why = take_number(r, &number, rest);
	if (why == NULL && on &&
	    (err = book_approve(book_of(r), account, buf_slice(&number), until_s)) != TG_OK)
		why = full(err);
	if (why == NULL && !on && !book_disapprove(book_of(r), account, buf_slice(&number)))
		why = "this number was not allowed; `tollgate passes` lists what is";
	if (why != NULL) {
		vault_role_refuse(r, ask, why);
		return;
	}
	buf_fmt(&b, "{\"done\":\"%s\",\"number\":", on ? "allowed" : "disallowed");
	buf_json(&b, buf_slice(&number));
	buf_lit(&b, ",\"account\":");
	buf_json(&b, account);
	if (on)
		put_until(&b, until_s);
	buf_chr(&b, '}');
	done(r, ask, &b, on ? "allow" : "disallow",
	     (struct slice[]){ account, buf_slice(&number) });
}

/* ---- passes ---- */

static const char *take_places(struct slice list, uint16_t places[BOOK_PLACES_MAX],
                               uint32_t *count)
{
	struct slice rest = list, name;

	*count = 0;
	while (rest.len > 0) {
		rest = slice_cut(rest, ',', &name);
		if (*count == BOOK_PLACES_MAX)
			return "a pass has at most 16 territories";
		places[*count] = number_territory_find(name);
		if (places[*count] == 0)
			return "territories are written ES,FR: two capital letters as a rule; "
			       "`tollgate policy explain` shows that of a number";
		++*count;
	}
	return *count > 0 ? NULL : "name at least one territory";
}

static void put_places(struct buf *b, const uint16_t *places, uint32_t count)
{
	buf_lit(b, ",\"to\":[");
	for (uint32_t i = 0; i < count; i++) {
		buf_str(b, i > 0 ? "," : "");
		buf_json(b, slice_str(number_territory_name(places[i])));
	}
	buf_chr(b, ']');
}

static void pass_give(struct vault_role *r, const struct link_msg *ask, struct slice account,
                      struct slice until, struct slice list)
{
	uint16_t places[BOOK_PLACES_MAX];
	uint32_t count = 0;
	uint64_t until_s;
	char mem[512];
	struct buf b = buf_on(mem, sizeof(mem));
	const char *why = take_places(list, places, &count);
	enum tg_err err;

	if (why == NULL && vault_account_find(r->vault, account) == NULL)
		why = "there is no account of this name";
	if (why == NULL && (!take_until(&until_s, until) || until_s == UINT64_MAX))
		why = "a travel pass ends some day: until when?";
	if (why == NULL && (err = book_pass_give(book_of(r), account, places, count,
	                                         until_s)) != TG_OK)
		why = full(err);
	if (why != NULL) {
		vault_role_refuse(r, ask, why);
		return;
	}
	buf_lit(&b, "{\"done\":\"given\",\"pass\":");
	buf_json(&b, account);
	put_places(&b, places, count);
	put_until(&b, until_s);
	buf_chr(&b, '}');
	done(r, ask, &b, "pass", (struct slice[]){ account, list });
}

static void pass(struct vault_role *r, const struct link_msg *ask, struct slice words)
{
	struct slice account, until, rest = slice_cut(words, ' ', &account);
	char mem[256];
	struct buf b = buf_on(mem, sizeof(mem));

	rest = slice_cut(rest, ' ', &until);
	if (!slice_eq(until, SLICE("end"))) {
		pass_give(r, ask, account, until, rest);
		return;
	}
	if (!book_pass_end(book_of(r), account)) {
		vault_role_refuse(r, ask, "this account has no travel pass");
		return;
	}
	buf_lit(&b, "{\"done\":\"ended\",\"pass\":");
	buf_json(&b, account);
	buf_chr(&b, '}');
	done(r, ask, &b, "pass-ended", (struct slice[]){ account, SLICE("") });
}

/* ---- what stands there ---- */

static void put_row(struct vault_role *r, const struct link_msg *ask, struct buf *page,
                    const struct buf *row)
{
	if (page->len + row->len > page->cap) {
		vault_role_post(r, ask, buf_slice(page), false);
		page->len = 0;
	}
	buf_put(page, buf_slice(row));
}

static struct slice name_of(const struct book_name *n)
{
	return slice_of(n->text, n->len);
}

static void passes(struct vault_role *r, const struct link_msg *ask)
{
	const struct book_lockdown lock = book_lockdown_at(book_of(r), now_s(r));
	const struct book_approval *a;
	const struct book_pass *p;
	char page_mem[LINK_BODY_MAX], mem[512];
	struct buf page = buf_on(page_mem, sizeof(page_mem)), b = buf_on(mem, sizeof(mem));
	uint32_t at = 0;

	if (lock.level != POLICY_OPEN) {
		buf_fmt(&b, "{\"what\":\"lockdown\",\"level\":%u", lock.level);
		put_until(&b, lock.until_s);
		buf_chr(&b, '}');
		put_row(r, ask, &page, &b);
	}
	while ((a = book_approval_next(book_of(r), &at)) != NULL) {
		if (a->until_s <= now_s(r))
			continue;
		b = buf_on(mem, sizeof(mem));
		buf_lit(&b, "{\"what\":\"number\",\"account\":");
		buf_json(&b, name_of(&a->account));
		buf_lit(&b, ",\"to\":[");
		buf_json(&b, slice_of(a->number, a->number_len));
		buf_chr(&b, ']');
		put_until(&b, a->until_s);
		buf_chr(&b, '}');
		put_row(r, ask, &page, &b);
	}
	at = 0;
	while ((p = book_pass_next(book_of(r), &at)) != NULL) {
		if (p->until_s <= now_s(r))
			continue;
		b = buf_on(mem, sizeof(mem));
		buf_lit(&b, "{\"what\":\"pass\",\"account\":");
		buf_json(&b, name_of(&p->account));
		put_places(&b, p->places, p->places_count);
		put_until(&b, p->until_s);
		buf_chr(&b, '}');
		put_row(r, ask, &page, &b);
	}
	vault_role_post(r, ask, buf_slice(&page), true);
}

bool vault_role_book(struct vault_role *r, const struct link_msg *ask, struct slice verb,
                     struct slice rest)
{
	static const char *const verbs[] = { "lockdown", "unlock", "allow", "disallow", "pass",
		                             "passes" };
	size_t i = 0;

	while (i < COUNT(verbs) && !slice_eq(verb, slice_str(verbs[i])))
		i++;
	if (i == COUNT(verbs))
		return false;
	if (ask->head.from.role != LINK_CONSOLE)
		return true; /* nobody else has an operator behind him */
	if (i == 5)
		passes(r, ask);
	else if (!vault_role_can_reply(r))
		vault_role_refuse(r, ask, "the disk does not keep up; try again");
	else if (i <= 1)
		lockdown(r, ask, i == 0 ? rest : SLICE("0 -"));
	else if (i <= 3)
		allow(r, ask, rest, i == 2);
	else
		pass(r, ask, rest);
	return true;
}
