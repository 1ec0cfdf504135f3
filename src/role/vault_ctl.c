/* What the operator asks the vault: accounts, calls, status. */
#include "role/vault_ctl_priv.h"

void vault_ctl_page(struct vault *v, const struct link_msg *ask, const struct buf *b, bool last,
                    bool failed)
{
	struct link_msg *m = &v->out;

	link_msg_init(m, LINK_CTL_REPLY, ask->head.from);
	m->head.ref = ask->head.ref;
	m->ctl_reply.last = last;
	m->ctl_reply.failed = failed;
	if (link_body_set(m, buf_slice(b)) == TG_OK)
		vault_post(v);
}

static void list_networks(const struct vault *v, struct buf *b, uint64_t bits)
{
	bool first = true;

	buf_chr(b, '[');
	for (unsigned i = 0; i < v->env.site->networks; i++) {
		if ((bits >> i & 1) == 0)
			continue;
		if (!first)
			buf_chr(b, ',');
		first = false;
		buf_json(b, link_text(&v->env.site->network[i].name));
	}
	buf_chr(b, ']');
}

static void write_account(const struct vault *v, struct buf *b, const void *object)
{
	const struct vault_account *a = &((const struct vault_user *)object)->a;

	buf_lit(b, "{\"account\":");
	buf_json(b, slice_of(a->user, a->user_len));
	buf_lit(b, ",\"number\":");
	buf_json(b, slice_of(a->number, a->number_len));
	buf_lit(b, ",\"group\":");
	buf_json(b, slice_of(a->group, a->group_len));
	buf_lit(b, ",\"networks\":");
	list_networks(v, b, a->networks);
	buf_fmt(b, ",\"bindings_max\":%u,\"disabled\":%s}",
	        a->max_bindings != 0 ? a->max_bindings : v->env.site->bindings_max,
	        a->disabled ? "true" : "false");
}

static void write_call(const struct vault *v, struct buf *b, const void *object)
{
	const struct vault_call *c = object;
	const struct vault_record *r = &c->record;
	uint64_t since = r->answer_ms != 0 ? r->answer_ms : r->start_ms;

	buf_fmt(b, "{\"call\":\"%016llx\",\"from\":", (unsigned long long)c->id);
	buf_json(b, link_text(&r->a_peer));
	buf_lit(b, ",\"dialled\":");
	buf_json(b, link_text(&r->dialled));
	buf_lit(b, ",\"to\":");
	buf_json(b, link_text(&r->b_peer));
	buf_lit(b, ",\"rule\":");
	buf_json(b, link_text(&r->rule));
	buf_fmt(b, ",\"state\":\"%s\",\"seconds\":%llu}", r->answer_ms != 0 ? "up" : "ringing",
	        (unsigned long long)((vault_wall_ms(v) - since) / 1000));
}

typedef void writer(const struct vault *v, struct buf *b, const void *object);

/** All objects of a pool as JSON objects, comma separated, in pages. */
static void list(struct vault *v, const struct link_msg *ask, const struct tg_pool *pool,
                 writer *write)
{
	char mem[LINK_BODY_MAX], one_mem[1024];
	struct buf b = buf_on(mem, sizeof(mem));
	uint32_t slot = 0;
	const void *object;

	while ((object = tg_pool_next(pool, slot + 1, &slot)) != NULL) {
		struct buf one = buf_on(one_mem, sizeof(one_mem));

		write(v, &one, object);
		if (one.full || one.len == 0)
			continue;
		if (b.len + one.len + 1 > sizeof(mem)) {
			vault_ctl_page(v, ask, &b, false, false);
			b.len = 0;
		}
		if (b.len > 0)
			buf_chr(&b, ',');
		buf_put(&b, buf_slice(&one));
	}
	vault_ctl_page(v, ask, &b, true, false);
}

static void status(struct vault *v, const struct link_msg *ask)
{
	char mem[LINK_BODY_MAX];
	struct buf b = buf_on(mem, sizeof(mem));
	struct tg_pool_stat accounts, calls;

	tg_pool_stat(v->accounts, &accounts);
	tg_pool_stat(v->calls, &calls);
	buf_fmt(&b, "{\"accounts\":%u,\"calls\":%u,\"granted\":%llu,\"refused\":%llu,"
	        "\"wrong_proofs\":%llu,\"trunks_without_secret\":[",
	        accounts.used, calls.used, (unsigned long long)v->granted,
	        (unsigned long long)v->refused, (unsigned long long)v->wrong);
	for (unsigned i = 0, n = 0; i < v->env.site->trunks; i++) {
		if (!v->env.site->trunk[i].registers || v->secret[i].len > 0)
			continue;
		if (n++ > 0)
			buf_chr(&b, ',');
		buf_json(&b, link_text(&v->env.site->trunk[i].name));
	}
	buf_lit(&b, "]}");
	vault_ctl_page(v, ask, &b, true, false);
}

void vault_ctl(struct vault *v, const struct link_msg *ask)
{
	struct slice verb, arg = slice_cut(link_body(ask), ' ', &verb);
	char mem[128];
	struct buf b = buf_on(mem, sizeof(mem));

	if (slice_eq(verb, SLICE("accounts"))) {
		list(v, ask, v->accounts, write_account);
	} else if (slice_eq(verb, SLICE("calls"))) {
		list(v, ask, v->calls, write_call);
	} else if (slice_eq(verb, SLICE("status"))) {
		status(v, ask);
	} else if (!vault_ctl_money(v, ask, verb, arg)) {
		buf_lit(&b, "the vault does not know this command");
		vault_ctl_page(v, ask, &b, true, true);
	}
}
