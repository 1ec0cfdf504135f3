/* What the vault starts with. */
#include <stdlib.h>

#include "base/hash.h"
#include "store/store_priv.h"

static struct slice row_name(char mem[SEAL_NAME_MAX], struct slice user)
{
	struct buf b = buf_on(mem, SEAL_NAME_MAX);

	buf_lit(&b, "account/");
	buf_put(&b, user);
	return buf_slice(&b);
}

static enum tg_err load_account(struct store *s, sqlite3_stmt *st, const struct store_sink *sink)
{
	struct slice user = store_column(st, 0), sealed = store_column(st, 1);
	struct slice number = store_column(st, 5), group = store_column(st, 6);
	struct vault_account a = { 0 };
	uint8_t ha1[STORE_HA1_BYTES];
	char name[SEAL_NAME_MAX];

	if (user.len == 0 || user.len > sizeof(a.user) || number.len > sizeof(a.number) ||
	    group.len > sizeof(a.group) ||
	    sealed.len != STORE_HA1_SEALED ||
	    seal_row_open(s->seal, ha1, row_name(name, user), sealed) != TG_OK)
		return TG_EBAD;
	memcpy(a.user, user.p, user.len);
	a.user_len = (uint8_t)user.len;
	a.max_bindings = (uint8_t)sqlite3_column_int(st, 2);
	a.disabled = sqlite3_column_int(st, 3) != 0;
	if (number.len > 0)
		memcpy(a.number, number.p, number.len);
	a.number_len = (uint8_t)number.len;
	if (group.len > 0)
		memcpy(a.group, group.p, group.len);
	a.group_len = (uint8_t)group.len;
	a.tls_only = sqlite3_column_int(st, 7) != 0;
	memcpy(a.ha1_md5, ha1, sizeof(a.ha1_md5));
	memcpy(a.ha1_sha256, ha1 + sizeof(a.ha1_md5), sizeof(a.ha1_sha256));
	if (sink->account != NULL)
		sink->account(sink->ctx, &a, store_column(st, 4));
	tg_wipe(ha1, sizeof(ha1));
	tg_wipe(&a, sizeof(a));
	return TG_OK;
}

static enum tg_err load_secret(struct store *s, sqlite3_stmt *st, const struct store_sink *sink)
{
	struct slice name = store_column(st, 0), sealed = store_column(st, 1);
	uint8_t secret[VAULT_SECRET_MAX];

	if (sealed.len < SEAL_ROW_EXTRA || sealed.len - SEAL_ROW_EXTRA > sizeof(secret) ||
	    seal_row_open(s->seal, secret, name, sealed) != TG_OK)
		return TG_EBAD;
	if (sink->secret != NULL)
		sink->secret(sink->ctx, name, slice_of(secret, sealed.len - SEAL_ROW_EXTRA));
	tg_wipe(secret, sizeof(secret));
	return TG_OK;
}

static enum tg_err load_table(struct store *s, const char *sql, const struct store_sink *sink,
                              enum tg_err (*row)(struct store *, sqlite3_stmt *,
                                                 const struct store_sink *))
{
	enum tg_err err = TG_OK;
	sqlite3_stmt *st = NULL;

	if (sqlite3_prepare_v2(s->reader, sql, -1, &st, NULL) != SQLITE_OK)
		return TG_EIO;
	while (err == TG_OK && sqlite3_step(st) == SQLITE_ROW)
		err = row(s, st, sink);
	if (sqlite3_finalize(st) != SQLITE_OK && err == TG_OK)
		err = TG_EIO;
	return err;
}

static enum tg_err load_state(struct store *s, sqlite3_stmt *st, const struct store_sink *sink)
{
	(void)s;
	if (sink->state != NULL)
		sink->state(sink->ctx, store_column(st, 0), store_column(st, 1),
		            store_column(st, 2));
	return TG_OK;
}

static enum tg_err load_total(struct store *s, sqlite3_stmt *st, const struct store_sink *sink)
{
	(void)s;
	if (sink->total != NULL)
		sink->total(sink->ctx, store_column(st, 0), store_column(st, 1));
	return TG_OK;
}

static enum tg_err load_record(struct store *s, sqlite3_stmt *st, const struct store_sink *sink)
{
	struct vault_record r;

	(void)s;
	if (store_record_unpack(&r, (uint64_t)sqlite3_column_int64(st, 0), store_column(st, 1)) !=
	    TG_OK)
		return TG_EBAD;
	if (sink->record != NULL)
		sink->record(sink->ctx, &r);
	return TG_OK;
}

static struct link_leg leg_of(sqlite3_stmt *st)
{
	return (struct link_leg){ .call = (uint64_t)sqlite3_column_int64(st, 0),
		                  .side = (uint8_t)sqlite3_column_int(st, 1),
		                  .branch = (uint8_t)sqlite3_column_int(st, 2) };
}

static enum tg_err load_hold(struct store *s, sqlite3_stmt *st, const struct store_sink *sink)
{
	const struct link_leg leg = leg_of(st);

	(void)s;
	if (sink->hold != NULL)
		sink->hold(sink->ctx, &leg, store_column(st, 3));
	return TG_OK;
}

static enum tg_err load_recipe(struct store *s, sqlite3_stmt *st, const struct store_sink *sink)
{
	const struct link_leg leg = leg_of(st);

	(void)s;
	if (sink->recipe != NULL)
		sink->recipe(sink->ctx, &leg, store_column(st, 3));
	return TG_OK;
}

enum tg_err store_load(struct store *s, const struct store_sink *sink)
{
	static const struct {
		const char *sql;
		enum tg_err (*row)(struct store *, sqlite3_stmt *, const struct store_sink *);
	} tables[] = {
		{ "SELECT user, sealed, max_bindings, disabled, networks, number, team, tls_only"
		  " FROM account",
		  load_account },
		{ "SELECT name, sealed FROM secret", load_secret },
		{ "SELECT kind, key, value FROM state ORDER BY kind, key", load_state },
		{ "SELECT key, total FROM ledger", load_total },
		{ "SELECT call, record FROM live WHERE length(record) > 0 ORDER BY start_ms",
		  load_record },
		{ "SELECT call, side, branch, hold FROM live WHERE length(hold) > 0", load_hold },
		{ "SELECT call, side, branch, recipe FROM live WHERE length(recipe) > 0",
		  load_recipe },
	};
	enum tg_err err = TG_OK;

	for (size_t i = 0; err == TG_OK && i < COUNT(tables); i++)
		err = load_table(s, tables[i].sql, sink, tables[i].row);
	return err;
}

static void load_binding(sqlite3_stmt *st, uint64_t wall_ms, const struct store_sink *sink)
{
	struct slice remote = store_column(st, 9);
	struct link_binding b = { 0 };

	b.expires_ms = (uint64_t)sqlite3_column_int64(st, 11);
	if (b.expires_ms <= wall_ms || (remote.len != 4 && remote.len != 16))
		return;
	link_text_set(&b.user, store_column(st, 1));
	link_long_set(&b.contact, store_column(st, 2));
	link_text_set(&b.instance, store_column(st, 3));
	link_text_set(&b.agent, store_column(st, 4));
	link_text_set(&b.call_id, store_column(st, 5));
	b.cseq = (uint32_t)sqlite3_column_int64(st, 6);
	b.flow.proto = (uint8_t)sqlite3_column_int(st, 8);
	b.flow.remote.family = remote.len == 4 ? TG_AF_INET : TG_AF_INET6;
	memcpy(b.flow.remote.ip, remote.p, remote.len);
	b.flow.remote.port = (uint16_t)sqlite3_column_int(st, 10);
	sink->binding(sink->ctx, &b, store_column(st, 7));
}

uint32_t store_load_bindings(struct store *s, uint64_t *after, uint32_t max, uint64_t wall_ms,
                             const struct store_sink *sink)
{
	uint32_t rows = 0;

	sqlite3_bind_int64(s->bindings, 1, (sqlite3_int64)*after);
	sqlite3_bind_int64(s->bindings, 2, max);
	while (sqlite3_step(s->bindings) == SQLITE_ROW) {
		*after = (uint64_t)sqlite3_column_int64(s->bindings, 0);
		load_binding(s->bindings, wall_ms, sink);
		rows++;
	}
	sqlite3_reset(s->bindings);
	return rows;
}
