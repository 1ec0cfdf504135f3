/*
 * What the vault keeps for others: bindings across restarts, and how to hang up a trunk's dialogs.
 */
#include "role/vault_priv.h"

#include <assert.h>

void vault_bind_save(struct vault *v, const struct link_msg *msg)
{
	const struct link_binding *b = &msg->binding;
	uint32_t slot;
	struct vault_user *u = vault_user_find(v, link_text(&b->user), &slot);

	if (msg->head.from.role != LINK_EDGE || u == NULL)
		return; /* the account was removed meanwhile */
	if (b->expires_ms != 0)
		u->iface = b->flow.iface;
	v->store.binding(v->store.ctx, b);
}

void vault_binding_load(struct vault *v, const struct link_binding *b)
{
	uint32_t slot;
	struct vault_user *u = vault_user_find(v, link_text(&b->user), &slot);

	if (u != NULL)
		u->iface = b->flow.iface;
}

/* ---- dialogs ---- */

static struct slice key_of(char mem[10], const struct link_leg *leg)
{
	memcpy(mem, &leg->call, sizeof(leg->call));
	mem[8] = (char)leg->side;
	mem[9] = (char)leg->branch;
	return slice_of(mem, 10);
}

struct vault_dialog *vault_dialog_find(const struct vault *v, const struct link_leg *leg)
{
	char mem[10];
	uint64_t hash = tg_table_hash(v->by_dialog, key_of(mem, leg));
	uint32_t at = 0, value;

	while ((value = tg_table_find(v->by_dialog, hash, &at)) != 0) {
		struct vault_dialog *d = tg_pool_at(v->dialogs, value);

		assert(d != NULL);
		if (d->leg.call == leg->call && d->leg.side == leg->side &&
		    d->leg.branch == leg->branch)
			return d;
		if (at == 0)
			break;
	}
	return NULL;
}

static void forget(struct vault *v, struct vault_dialog *d)
{
	char mem[10];
	bool removed =
		tg_table_remove(v->by_dialog, tg_table_hash(v->by_dialog, key_of(mem, &d->leg)),
	                        tg_pool_handle(v->dialogs, d).slot);

	assert(removed);
	tg_pool_give(v->dialogs, d);
}

/** Pack the texts; false when they do not fit, then this dialog cannot be hung up after a crash. */
static bool pack(struct vault_dialog *d, const struct link_dialog *from)
{
	const struct slice part[8] = {
		link_text(&from->call_id), link_text(&from->local_tag),
		link_text(&from->remote_tag), link_long(&from->local_uri),
		link_long(&from->remote_uri), link_long(&from->target),
		slice_of(from->route, from->route_len), link_text(&from->branch),
	};
	size_t at = 0;

	for (size_t i = 0; i < COUNT(part); i++) {
		if (part[i].len > sizeof(d->text) - at)
			return false;
		if (part[i].len > 0)
			memcpy(d->text + at, part[i].p, part[i].len);
		at += part[i].len;
		d->len[i] = (uint16_t)part[i].len;
	}
	return true;
}

static void unpack(const struct vault_dialog *d, struct link_dialog *to)
{
	struct slice rest = slice_of(d->text, sizeof(d->text));
	struct slice part[8];

	for (size_t i = 0; i < COUNT(part); i++) {
		part[i] = slice_head(rest, d->len[i]);
		rest = slice_skip(rest, d->len[i]);
	}
	link_text_set(&to->call_id, part[0]);
	link_text_set(&to->local_tag, part[1]);
	link_text_set(&to->remote_tag, part[2]);
	link_long_set(&to->local_uri, part[3]);
	link_long_set(&to->remote_uri, part[4]);
	link_long_set(&to->target, part[5]);
	if (part[6].len > 0)
		memcpy(to->route, part[6].p, part[6].len);
	to->route_len = (uint16_t)part[6].len;
	link_text_set(&to->branch, part[7]);
	to->early = d->early;
	to->trunk = d->trunk;
	to->cseq = d->cseq;
	to->flow = d->flow;
}

bool vault_dialog_over(struct vault *v, const struct link_leg *leg)
{
	struct vault_dialog *d = vault_dialog_find(v, leg);
	bool on_disk = d != NULL && d->on_disk;

	if (d != NULL)
		forget(v, d);
	return on_disk;
}

/** To the disk, or from it. */
static void write_recipe(struct vault *v, struct vault_dialog *d, bool keep)
{
	struct vault_change change = { .leg = d->leg, .recipe = SLICE("") };

	if (!keep && !d->on_disk)
		return;
	d->on_disk = keep;
	memset(&v->recipe_row, 0, sizeof(v->recipe_row));
	v->recipe_row.version = VAULT_RECIPE_VERSION;
	v->recipe_row.trunk = v->env.site->trunk[d->trunk].name;
	v->recipe_row.dialog = *d;
	if (keep)
		change.recipe = slice_of(&v->recipe_row, sizeof(v->recipe_row));
	(void)v->store.change(v->store.ctx, &change);
}

bool vault_recipe_load(struct vault *v, const struct link_leg *leg, struct slice octets)
{
	const struct vault_recipe_row *row = &v->recipe_row;
	struct vault_dialog *d;
	char mem[10];
	int trunk;

	if (octets.len != sizeof(*row) || vault_dialog_find(v, leg) != NULL)
		return false;
	memcpy(&v->recipe_row, octets.p, sizeof(*row));
	trunk = row->version == VAULT_RECIPE_VERSION ? vault_trunk_named(v, link_text(&row->trunk))
	                                             : -1;
	d = trunk >= 0 ? tg_pool_take(v->dialogs) : NULL;
	if (d == NULL)
		return false;
	*d = row->dialog;
	d->leg = *leg;
	d->trunk = (uint16_t)trunk;
	d->owner = (struct link_proc){ LINK_CARRIER, v->env.site->trunk[trunk].carrier };
	d->flow.iface = v->env.site->trunk[trunk].iface;
	d->on_disk = true;
	if (v->epoch <= 1) /* all of us are new, so whoever made it is gone */
		d->epoch = 0;
	if (tg_table_add(v->by_dialog, tg_table_hash(v->by_dialog, key_of(mem, &d->leg)),
	                 tg_pool_handle(v->dialogs, d).slot) != TG_OK)
		assert(false); /* as large as the pool */
	return true;
}

void vault_dialog_save(struct vault *v, const struct link_msg *msg)
{
	const struct link_dialog *from = &msg->dialog;
	struct vault_dialog *d = vault_dialog_find(v, &msg->head.leg);
	bool on_disk;
	char mem[10];
	enum tg_err err;

	if (msg->head.from.role != LINK_CARRIER || from->trunk >= v->env.site->trunks)
		return;
	if (d != NULL && from->drop)
		write_recipe(v, d, false);
	on_disk = d != NULL && d->on_disk;
	if (d != NULL)
		forget(v, d);
	if (from->drop)
		return;
	d = tg_pool_take(v->dialogs);
	if (d == NULL)
		return; /* counted by the pool */
	d->leg = msg->head.leg;
	d->owner = msg->head.from;
	d->epoch = msg->head.epoch;
	d->flow = from->flow;
	d->trunk = from->trunk;
	d->cseq = from->cseq;
	d->early = from->early;
	if (!pack(d, from)) {
		tg_pool_give(v->dialogs, d);
		return;
	}
	err = tg_table_add(v->by_dialog, tg_table_hash(v->by_dialog, key_of(mem, &d->leg)),
	                   tg_pool_handle(v->dialogs, d).slot);
	assert(err == TG_OK); /* as large as the pool */
	d->on_disk = on_disk;
	/* a 2xx of an INVITE that nobody knows any more is hung up all the same */
	if (!from->early)
		write_recipe(v, d, true);
}

void vault_dialogs_orphan(struct vault *v, struct link_proc carrier, uint32_t epoch)
{
	uint32_t slot = 0;
	const struct vault_dialog *d;

	while ((d = tg_pool_next(v->dialogs, slot + 1, &slot)) != NULL) {
		if (d->owner.role != carrier.role || d->owner.index != carrier.index ||
		    d->epoch == epoch)
			continue; /* another's, or its own: it is we who are new */
		link_msg_init(&v->out, LINK_DIALOG_ORPHAN, carrier);
		v->out.head.leg = d->leg;
		unpack(d, &v->out.orphan);
		vault_post(v);
	}
}
