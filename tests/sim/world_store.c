/* The disk of the simulated world: what the vault says must be kept, in memory. */
#include "sim/world_priv.h"

#include "sip/digest.h"

#include <assert.h>
#include <stdlib.h>

static bool same_binding(const struct link_binding *a, const struct link_binding *b)
{
	return slice_eq(link_text(&a->user), link_text(&b->user)) &&
	       slice_eq(link_long(&a->contact), link_long(&b->contact));
}

static void on_binding(void *ctx, const struct link_binding *b)
{
	struct world *w = ctx;
	int place = -1;

	for (int i = 0; i < WORLD_BINDINGS_MAX; i++) {
		if (w->binding_used[i] && same_binding(&w->binding[i], b)) {
			place = i;
			break;
		}
		if (!w->binding_used[i] && place < 0)
			place = i;
	}
	assert(place >= 0);
	w->binding[place] = *b;
	w->binding_used[place] = b->expires_ms != 0;
}

static void on_load_bindings(void *ctx, struct link_proc edge)
{
	struct world *w = ctx;
	struct proc *vault = world_proc(w, (struct link_proc){ LINK_VAULT, 0 });

	for (int i = 0; i < WORLD_BINDINGS_MAX; i++) {
		if (!w->binding_used[i] ||
		    role_edge_of(&w->site, link_text(&w->binding[i].user)).index != edge.index)
			continue;
		link_msg_init(&w->out, LINK_BIND_LOAD, edge);
		w->out.binding_load = w->binding[i];
		world_push(w, vault, &w->out);
	}
}

static uint64_t on_change(void *ctx, const struct vault_change *change)
{
	return world_disk_change(ctx, change);
}

static uint64_t on_state(void *ctx, struct slice kind, const struct vault_blob *row)
{
	return world_disk_state(ctx, kind, row);
}

static bool on_healthy(void *ctx)
{
	const struct world *w = ctx;

	return !w->disk_conf.refuses;
}

static void on_account(void *ctx, const struct vault_account *account, bool drop)
{
	(void)ctx;
	(void)account;
	(void)drop;
}

static void on_secret(void *ctx, struct slice name, struct slice secret, bool drop)
{
	(void)ctx;
	(void)name;
	(void)secret;
	(void)drop;
}

struct vault_store store_sim(struct world *w)
{
	return (struct vault_store){ .ctx = w, .account = on_account, .secret = on_secret,
		                     .binding = on_binding, .load_bindings = on_load_bindings,
		                     .change = on_change, .state = on_state,
		                     .healthy = on_healthy };
}

static uint64_t default_networks(const struct conf *conf)
{
	uint64_t bits = 0;

	for (uint32_t i = 0; i < conf->accounts.default_networks_count; i++)
		bits |= (uint64_t)1 << conf->accounts.default_networks[i].index;
	return bits;
}

static bool load_account(struct world *w, struct vault *vault, const struct world_account *from)
{
	struct vault_account a = { .max_bindings = from->max_bindings };
	struct slice user = slice_str(from->user), number = slice_str(from->number);
	struct slice realm = link_text(&w->site.domain), password = slice_str(from->password);
	uint8_t ha1[TG_DIGEST_MAX];

	memcpy(a.user, user.p, user.len);
	a.user_len = (uint8_t)user.len;
	if (number.len > 0)
		memcpy(a.number, number.p, number.len);
	a.number_len = (uint8_t)number.len;
	if (from->group != NULL)
		memcpy(a.group, from->group, a.group_len = (uint8_t)strlen(from->group));
	a.networks = from->networks != 0 ? from->networks : default_networks(w->conf.conf);
	sip_digest_ha1(ha1, TG_DIGEST_MD5, user, realm, password);
	memcpy(a.ha1_md5, ha1, sizeof(a.ha1_md5));
	sip_digest_ha1(ha1, TG_DIGEST_SHA256, user, realm, password);
	memcpy(a.ha1_sha256, ha1, sizeof(a.ha1_sha256));
	return vault_account_set(vault, &a, false) == TG_OK;
}

bool store_sim_load(struct world *w, struct vault *vault)
{
	for (size_t i = 0; i < w->conf.account_count; i++) {
		if (!load_account(w, vault, &w->conf.accounts[i]))
			return false;
	}
	for (size_t i = 0; i < w->conf.secret_count; i++) {
		char mem[128];
		struct buf name = buf_on(mem, sizeof(mem));

		buf_fmt(&name, "trunk/%s", w->conf.secrets[i].trunk);
		if (vault_secret_set(vault, buf_slice(&name),
		                     slice_str(w->conf.secrets[i].secret), false) != TG_OK)
			return false;
	}
	for (int i = 0; i < WORLD_BINDINGS_MAX; i++) {
		if (w->binding_used[i])
			vault_binding_load(vault, &w->binding[i]);
	}
	world_disk_load(w, vault);
	return true;
}

uint32_t world_bindings(const struct world *w, struct slice user)
{
	uint32_t n = 0;

	for (int i = 0; i < WORLD_BINDINGS_MAX; i++)
		n += w->binding_used[i] &&
		     (user.len == 0 || slice_eq(link_text(&w->binding[i].user), user));
	return n;
}

const struct vault_record *world_record(const struct world *w, uint32_t i)
{
	return i < w->records ? &w->record[i].record : NULL;
}
