/* What the pure vault wants kept, on its way to the store's queue. */
#include "proc/vault_role_priv.h"

static void keep_account(void *ctx, const struct vault_account *a, bool drop)
{
	struct vault_role *r = ctx;

	if (drop)
		(void)store_account_drop(r->store, slice_of(a->user, a->user_len));
	else
		(void)store_account_put(r->store, a, r->networks);
}

static void keep_secret(void *ctx, struct slice name, struct slice secret, bool drop)
{
	struct vault_role *r = ctx;

	if (drop)
		(void)store_secret_drop(r->store, name);
	else
		(void)store_secret_put(r->store, name, secret);
}

static void keep_binding(void *ctx, const struct link_binding *b)
{
	struct vault_role *r = ctx;

	if (b->flow.iface < r->site.ifaces)
		(void)store_binding_put(r->store, b, link_text(&r->site.iface[b->flow.iface].name));
}

static uint64_t keep_change(void *ctx, const struct vault_change *c)
{
	struct vault_role *r = ctx;
	struct store_total total[STORE_TOTALS_MAX];
	const struct store_change change = { .leg = c->leg,
		                             .hold = c->hold,
		                             .recipe = c->recipe,
		                             .record = c->record,
		                             .over = c->over,
		                             .total = total,
		                             .totals = c->totals };

	_Static_assert((int)STORE_TOTALS_MAX >= (int)LEDGER_ABOVE_MAX, "totals of a change");
	for (uint32_t i = 0; i < c->totals; i++)
		total[i] = (struct store_total){ c->total[i].key, c->total[i].octets };
	return store_change(r->store, &change);
}

static uint64_t keep_state(void *ctx, struct slice kind, const struct vault_blob *row)
{
	struct vault_role *r = ctx;

	return row->octets.len > 0 ? store_state_put(r->store, kind, row->key, row->octets)
	                           : store_state_drop(r->store, kind, row->key);
}

static bool disk_healthy(void *ctx)
{
	struct vault_role *r = ctx;

	return store_healthy(r->store);
}

static void start_loading(void *ctx, struct link_proc edge)
{
	struct vault_role *r = ctx;
	struct store_stat stat;

	store_stat(r->store, &stat);
	r->loading[edge.index] = (struct vault_loading){ true, stat.queued, 0 };
	r->own_ms = r->now_ms;
}

struct vault_store vault_role_keep(struct vault_role *r)
{
	return (struct vault_store){ .ctx = r,
		                     .account = keep_account,
		                     .secret = keep_secret,
		                     .binding = keep_binding,
		                     .load_bindings = start_loading,
		                     .change = keep_change,
		                     .state = keep_state,
		                     .healthy = disk_healthy };
}
