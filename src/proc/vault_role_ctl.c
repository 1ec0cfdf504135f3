/*
 * The operator's changes.  A secret comes sealed for this vault and for one name, so that the
 * console and the rings carry only what nobody else can use; the answer waits for the disk.
 *
 *   account add USER SEALED [networks=A,B] [number=N,M] [bindings=N] [group=G] [tls=only]
 *   account rotate USER SEALED
 *   account remove USER
 *   secret set trunk/NAME SEALED
 *   rates-reload [DECK]
 */
#include <stdio.h>

#include "number/number.h"
#include "proc/vault_role_priv.h"

enum { DISK_MS = 4000 }; /* less than the console's patience */

/* ---- answers ---- */

enum answer { PAGE, LAST, FAILED };

static void post_to(struct vault_role *r, struct link_proc to, struct tg_handle ref,
                    struct slice text, enum answer answer)
{
	struct link_msg msg;

	link_msg_init(&msg, LINK_CTL_REPLY, to);
	msg.head.ref = ref;
	msg.ctl_reply.last = answer != PAGE;
	msg.ctl_reply.failed = answer == FAILED;
	if (link_body_set(&msg, text) == TG_OK)
		r->env.out.post(r->env.out.ctx, &msg);
}

static void post(struct vault_role *r, const struct link_msg *ask, struct slice text,
                 enum answer answer)
{
	post_to(r, ask->head.from, ask->head.ref, text, answer);
}

void vault_role_refuse(struct vault_role *r, const struct link_msg *ask, const char *why)
{
	post(r, ask, slice_str(why), FAILED);
}

void vault_role_post(struct vault_role *r, const struct link_msg *ask, struct slice text, bool last)
{
	post(r, ask, text, last ? LAST : PAGE);
}

static struct vault_reply *free_reply(struct vault_role *r)
{
	for (size_t i = 0; i < VAULT_REPLIES_MAX; i++)
		if (!r->replies[i].used)
			return &r->replies[i];
	return NULL;
}

bool vault_role_can_reply(struct vault_role *r)
{
	return free_reply(r) != NULL;
}

/* Answer when the jobs queued so far are on disk. */
void vault_role_reply_later(struct vault_role *r, const struct link_msg *ask, struct slice text)
{
	struct vault_reply *reply = free_reply(r); /* looked for before the change was made */
	struct store_stat stat;

	if (reply == NULL || text.len > sizeof(reply->text))
		return;
	store_stat(r->store, &stat);
	*reply = (struct vault_reply){ .used = true,
		                       .to = ask->head.from,
		                       .ref = ask->head.ref,
		                       .job = stat.queued,
		                       .by_ms = r->now_ms + DISK_MS,
		                       .len = (uint16_t)text.len };
	memcpy(reply->text, text.p, text.len);
	r->own_ms = r->now_ms + 1;
}

void vault_role_replies(struct vault_role *r, uint64_t written)
{
	for (size_t i = 0; i < VAULT_REPLIES_MAX; i++) {
		struct vault_reply *reply = &r->replies[i];

		if (!reply->used || (written < reply->job && r->now_ms < reply->by_ms))
			continue;
		reply->used = false;
		if (written >= reply->job)
			post_to(r, reply->to, reply->ref, slice_of(reply->text, reply->len), LAST);
		else
			post_to(r, reply->to, reply->ref,
			        SLICE("the change is in force, but the disk has not taken it; a "
			              "restart would lose it"), FAILED);
	}
}

/* ---- accounts ---- */

static bool is_user(struct slice s)
{
	bool ok = s.len > 0 && s.len <= VAULT_USER_MAX;

	for (size_t i = 0; ok && i < s.len; i++) {
		char c = tg_lower(s.p[i]);

		ok = tg_isdigit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == '.' ||
		     (c == '+' && i == 0);
	}
	return ok;
}

static void ha1(uint8_t *out, enum tg_digest_alg alg, struct slice user, struct slice realm,
                const struct tg_secret *secret)
{
	const struct slice parts[] = { user, SLICE(":"), realm, SLICE(":"),
		                       tg_secret_reveal(secret) };

	tg_digest(out, alg, parts, COUNT(parts));
}

/* Open the sealed word and put the two HA1s of it into the account (RFC 7616 §3.4.2). */
static const char *take_secret(struct vault_role *r, struct vault_account *a, struct slice word)
{
	char mem[SEAL_NAME_MAX];
	struct buf name = buf_on(mem, sizeof(mem));
	struct slice user = slice_of(a->user, a->user_len);
	struct tg_secret secret = { 0 };
	enum tg_err err;

	buf_lit(&name, "account/");
	buf_put(&name, user);
	err = seal_word_open(store_seal(r->store), &secret, buf_slice(&name),
	                     vault_role_wall_ms(r) / 1000, word);
	if (err != TG_OK)
		return err == TG_EBUSY ? "the sealed secret is too old; is the clock right?"
		                       : "the secret is not sealed for this vault and account";
	ha1(a->ha1_md5, TG_DIGEST_MD5, user, vault_realm(r->vault), &secret);
	ha1(a->ha1_sha256, TG_DIGEST_SHA256, user, vault_realm(r->vault), &secret);
	tg_secret_wipe(&secret);
	return NULL;
}

static const char *take_networks(struct vault_role *r, struct slice value)
{
	struct slice rest = value, name;

	if (value.len == 0 || value.len > STORE_NETWORKS_MAX)
		return "networks: names of configured networks, comma separated";
	while (rest.len > 0) {
		rest = slice_cut(rest, ',', &name);
		if (conf_network_find(r->env.conf, name) == CONF_NONE)
			return "networks: one of them is not in the configuration";
	}
	r->networks = value;
	return NULL;
}

static const char *take_numbers(struct vault_account *a, struct slice value)
{
	struct slice rest = value, number;

	if (value.len == 0 || value.len > sizeof(a->number))
		return "number: at most 64 octets of numbers, comma separated";
	while (rest.len > 0) {
		rest = slice_cut(rest, ',', &number);
		if (number_kind_of(number) != NUMBER_DIGITS)
			return "number: digits with at most one leading '+'";
	}
	memcpy(a->number, value.p, value.len);
	a->number_len = (uint8_t)value.len;
	return NULL;
}

static const char *take_group(const struct vault_role *r, struct vault_account *a,
                              struct slice value)
{
	if (value.len == 0 || value.len > sizeof(a->group) ||
	    conf_group_find(r->env.conf, value) == CONF_NONE)
		return "group: one of the configuration's groups";
	memcpy(a->group, value.p, value.len);
	a->group_len = (uint8_t)value.len;
	return NULL;
}

static const char *take_option(struct vault_role *r, struct vault_account *a, struct slice option)
{
	struct slice key, value = slice_cut(option, '=', &key);
	uint64_t n;

	if (slice_eq(key, SLICE("networks")))
		return take_networks(r, value);
	if (slice_eq(key, SLICE("number")))
		return take_numbers(a, value);
	if (slice_eq(key, SLICE("group")))
		return take_group(r, a, value);
	if (slice_eq(key, SLICE("tls"))) {
		a->tls_only = slice_eq(value, SLICE("only"));
		return a->tls_only ? NULL : "tls: only";
	}
	if (slice_eq(key, SLICE("bindings"))) {
		if (slice_u64(&n, value, 32) != TG_OK || n == 0)
			return "bindings: 1 to 32";
		a->max_bindings = (uint8_t)n;
		return NULL;
	}
	return "the vault does not know this option";
}

static void write_account(const struct vault_role *r, struct buf *b, const struct vault_account *a,
                          const char *done)
{
	bool first = true;

	buf_fmt(b, "{\"done\":\"%s\",\"account\":", done);
	buf_json(b, slice_of(a->user, a->user_len));
	buf_lit(b, ",\"realm\":");
	buf_json(b, vault_realm(r->vault));
	buf_lit(b, ",\"networks\":[");
	for (unsigned i = 0; i < r->site.networks; i++) {
		size_t before = b->len;

		if ((a->networks >> i & 1) == 0)
			continue;
		buf_str(b, first ? "" : ",");
		buf_json(b, link_text(&r->site.network[i].name));
		if (b->cap - b->len < 16) { /* enough is shown */
			b->len = before;
			break;
		}
		first = false;
	}
	buf_lit(b, "]}");
}

static void done(struct vault_role *r, const struct link_msg *ask, const struct vault_account *a,
                 const char *what)
{
	char mem[sizeof(r->replies[0].text)];
	struct buf b = buf_on(mem, sizeof(mem));

	log_event(r->env.log, EV_ACCOUNT_CHANGED,
	          LOG_STR("account", slice_of(a->user, a->user_len)),
	          LOG_STR("rule", slice_str(what)), LOG_END);
	write_account(r, &b, a, what);
	vault_role_reply_later(r, ask, buf_slice(&b));
}

static void account_add(struct vault_role *r, const struct link_msg *ask, struct slice user,
                        struct slice rest)
{
	struct vault_account a = { .user_len = (uint8_t)user.len };
	struct slice word, option;
	const char *why;

	if (vault_account_find(r->vault, user) != NULL) {
		vault_role_refuse(
			r, ask,
			"there is an account of this name; `account rotate` gives it a new "
			"secret");
		return;
	}
	memcpy(a.user, user.p, user.len);
	r->networks = SLICE("");
	rest = slice_cut(rest, ' ', &word);
	why = take_secret(r, &a, word);
	while (why == NULL && rest.len > 0) {
		rest = slice_cut(rest, ' ', &option);
		why = take_option(r, &a, option);
	}
	if (why == NULL) {
		a.networks = vault_role_networks(r, r->networks);
		if (vault_account_set(r->vault, &a, true) != TG_OK)
			why = "there are as many accounts as limits.registrations allows";
	}
	if (why != NULL)
		vault_role_refuse(r, ask, why);
	else
		done(r, ask, &a, "added");
	tg_wipe(&a, sizeof(a));
}

static void account_rotate(struct vault_role *r, const struct link_msg *ask, struct slice user,
                           struct slice word)
{
	const struct vault_account *have = vault_account_find(r->vault, user);
	struct vault_account a;
	const char *why;

	if (have == NULL) {
		vault_role_refuse(r, ask, "there is no account of this name");
		return;
	}
	a = *have;
	r->networks = (struct slice){ NULL, 0 };
	why = take_secret(r, &a, word);
	if (why == NULL && vault_account_set(r->vault, &a, true) != TG_OK)
		why = "no memory";
	if (why != NULL)
		vault_role_refuse(r, ask, why);
	else
		done(r, ask, &a, "rotated");
	tg_wipe(&a, sizeof(a));
}

static void account_remove(struct vault_role *r, const struct link_msg *ask, struct slice user)
{
	const struct vault_account *have = vault_account_find(r->vault, user);
	struct vault_account a = { 0 };

	if (have == NULL) {
		vault_role_refuse(r, ask, "there is no account of this name");
		return;
	}
	memcpy(a.user, have->user, have->user_len);
	a.user_len = have->user_len;
	if (vault_account_remove(r->vault, user) == TG_OK)
		done(r, ask, &a, "removed");
}

static void account(struct vault_role *r, const struct link_msg *ask, struct slice words)
{
	struct slice verb, user, rest = slice_cut(words, ' ', &verb);

	rest = slice_cut(rest, ' ', &user);
	if (!is_user(user))
		vault_role_refuse(r, ask,
		                  "an account has a name of 1 to 64 of a-z, A-Z, 0-9, '-', '_' and "
		                  "'.', or of a number with '+'");
	else if (slice_eq(verb, SLICE("add")))
		account_add(r, ask, user, rest);
	else if (slice_eq(verb, SLICE("rotate")))
		account_rotate(r, ask, user, rest);
	else if (slice_eq(verb, SLICE("remove")))
		account_remove(r, ask, user);
	else
		vault_role_refuse(r, ask, "the vault does not know this command");
}

/* ---- trunks ---- */

static void secret_set(struct vault_role *r, const struct link_msg *ask, struct slice words)
{
	struct slice verb, name, word = slice_cut(slice_cut(words, ' ', &verb), ' ', &name);
	struct tg_secret secret = { 0 };
	enum tg_err err = TG_EBAD;
	char mem[256];
	struct buf b = buf_on(mem, sizeof(mem));

	if (slice_eq(verb, SLICE("set")))
		err = seal_word_open(store_seal(r->store), &secret, name,
		                     vault_role_wall_ms(r) / 1000, word);
	if (err == TG_EBUSY) {
		vault_role_refuse(r, ask, "the sealed secret is too old; is the clock right?");
		return;
	}
	if (err != TG_OK) {
		vault_role_refuse(r, ask, "the secret is not sealed for this vault and name");
		return;
	}
	err = vault_secret_set(r->vault, name, tg_secret_reveal(&secret), true);
	tg_secret_wipe(&secret);
	if (err != TG_OK) {
		vault_role_refuse(r, ask,
		                  err == TG_ENOENT ? "no trunk of this name is configured; secrets "
		                                     "are called trunk/NAME" :
		                                     "the secret is too long");
		return;
	}
	buf_lit(&b, "{\"done\":\"set\",\"secret\":");
	buf_json(&b, name);
	buf_chr(&b, '}');
	vault_role_reply_later(r, ask, buf_slice(&b));
}

/* ---- rate decks ---- */

static void deck_taken(void *ctx, struct slice name, const struct deck *deck)
{
	struct vault_role *r = ctx;

	log_event(r->env.log, EV_RATES_LOADED, LOG_STR("deck", name),
	          LOG_U64("rows", deck_rows(deck)), LOG_STR("currency", deck_currency(deck)),
	          LOG_END);
}

static void deck_refused(void *ctx, struct slice name, const char *why)
{
	struct vault_role *r = ctx;

	log_event(r->env.log, EV_RATES_REFUSED, LOG_STR("deck", name),
	          LOG_STR("why", slice_str(why)), LOG_END);
}

uint32_t vault_role_rates(struct vault_role *r, struct slice name)
{
	const struct decks_sink sink = { r, deck_taken, deck_refused };

	return decks_reload(r->decks, name, &sink);
}

static void rates_reload(struct vault_role *r, const struct link_msg *ask, struct slice name)
{
	if (vault_role_rates(r, name) > 0)
		vault_role_refuse(
			r, ask,
			"a rate deck was refused, and the one in force stays; the log says "
			"why (rates_refused)");
	else
		post(r, ask, SLICE("{\"done\":\"reloaded\"}"), LAST);
}

/* ---- what is open: by the configuration that runs, not the file as it is now ---- */

static void say_open(struct vault_role *r, const struct link_msg *ask)
{
	static char mem[65536];
	char page[LINK_BODY_MAX];
	struct buf all = buf_on(mem, sizeof(mem)), b = buf_on(page, sizeof(page));
	struct slice rest, line;

	conf_open_write(&all, r->env.conf);
	if (r->geo != NULL) {
		buf_lit(&all, "Countries of callers are guessed by ");
		geo_write(&all, r->geo, vault_role_wall_ms(r) / 1000);
		buf_lit(&all, ".\n");
	} else {
		(void)geo_open_write(&all, r->env.conf, vault_role_wall_ms(r) / 1000);
	}
	for (rest = buf_slice(&all); rest.len > 0;) {
		size_t before = b.len;
		struct slice after = slice_cut(rest, '\n', &line);

		buf_lit(&b, "{\"line\":");
		buf_json(&b, line);
		buf_lit(&b, "}\n");
		if (!b.full) {
			rest = after;
			continue;
		}
		b = buf_on(page, sizeof(page));
		b.len = before;
		post(r, ask, buf_slice(&b), PAGE); /* and the line begins the next page */
		b.len = 0;
		if (before == 0)
			rest = after;
	}
	post(r, ask, buf_slice(&b), LAST);
}

bool vault_role_ctl(struct vault_role *r, const struct link_msg *ask)
{
	struct slice verb, rest = slice_cut(link_body(ask), ' ', &verb);
	bool is_account = slice_eq(verb, SLICE("account"));
	bool is_open = slice_eq(verb, SLICE("open"));
	bool is_rates = slice_eq(verb, SLICE("rates-reload"));

	if (!is_account && !is_open && !is_rates && !slice_eq(verb, SLICE("secret")))
		return vault_role_book(r, ask, verb, rest);
	if (ask->head.from.role != LINK_CONSOLE)
		return true; /* nobody else has an operator behind him */
	if (is_open)
		say_open(r, ask);
	else if (is_rates)
		rates_reload(r, ask, rest);
	else if (free_reply(r) == NULL)
		vault_role_refuse(r, ask, "the disk does not keep up; try again");
	else if (is_account)
		account(r, ask, rest);
	else
		secret_set(r, ask, rest);
	return true;
}
