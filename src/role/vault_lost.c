/*
 * Calls that outlive a vault: their records were open when it died.  The store hands them up at the
 * start and has them on disk as lost; the half-call A that still lives claims its own with the next
 * message, CALL_ANSWERED at once when the call is up, and so its record gets its real end.
 */
#include "role/vault_priv.h"

/** Index of the PBX or trunk with this name, 0 for an account, -1 when it is not configured. */
static int peer_named(const struct role_site *site, uint8_t party, const struct link_text *name)
{
	for (int i = 0; party == LINK_PARTY_PBX && i < site->pbxs; i++) {
		if (slice_eq(link_text(&site->pbx[i].name), link_text(name)))
			return i;
	}
	for (int i = 0; party == LINK_PARTY_TRUNK && i < site->trunks; i++) {
		if (slice_eq(link_text(&site->trunk[i].name), link_text(name)))
			return i;
	}
	return party == LINK_PARTY_ACCOUNT ? 0 : -1;
}

/** What a lockdown and the book ask of a call that is up; its ledgers are its attempts' own. */
static void load_way(const struct vault *v, struct vault_call *c)
{
	struct slice number = link_text(&c->record.number);

	c->way.class = c->record.class;
	if (v->rules.plan == NULL || number.len == 0)
		return;
	/* a short code is written without '+' */
	if (number.p[0] != '+' || number_parse(&c->way.number, number) != TG_OK)
		c->way.number.territory = v->rules.plan->home;
}

void vault_call_load(struct vault *v, const struct vault_record *record)
{
	int a = peer_named(v->env.site, record->a_party, &record->a_peer);
	int b = peer_named(v->env.site, record->b_party, &record->b_peer);
	uint64_t patience_ms = (uint64_t)v->env.site->ring_max_s * 1000 + VAULT_CLAIM_MS;
	struct vault_call *c;

	if (a < 0 || b < 0 || vault_call_find(v, record->call) != NULL)
		return;
	c = vault_call_take(v, record->call, record->emergency != 0);
	if (c == NULL)
		return;
	c->record = *record;
	c->a_party = record->a_party;
	c->b_party = record->b_party;
	c->a_peer = (uint16_t)a;
	c->b_peer = (uint16_t)b;
	c->emergency = record->emergency != 0;
	c->to = record->b_party == LINK_PARTY_ACCOUNT ? record->b_peer : record->dialled;
	c->signs = VAULT_SIGNS_MAX; /* its INVITE went out long ago */
	(void)vault_user_find(v, link_text(&record->account), &c->account);
	load_way(v, c);
	tg_wheel_start(v->wheel, &c->timer, VAULT_T_CLAIM, v->now_ms + patience_ms);
}

/** As for CALL_ASK; which of the edges had it is not kept, but its number cannot be guessed. */
static bool may_claim(const struct vault *v, const struct vault_call *c, struct link_proc who)
{
	if (c->a_party == LINK_PARTY_TRUNK)
		return who.role == LINK_CARRIER &&
		       v->env.site->trunk[c->a_peer].carrier == who.index;
	return who.role == LINK_EDGE;
}

void vault_call_claim(struct vault *v, struct vault_call *c, struct link_proc who)
{
	if (c->asker.role != LINK_NOBODY || !may_claim(v, c, who))
		return;
	c->asker = who;
	tg_wheel_stop(v->wheel, &c->timer);
	if (c->b_party == LINK_PARTY_TRUNK) {
		c->holds_trunk = true;
		v->trunk_calls[c->b_peer]++;
	}
	vault_call_write(v, c);
}

void vault_call_unclaimed(struct vault *v, struct vault_call *c)
{
	c->record.end_ms = vault_wall_ms(v);
	c->record.by = LINK_END_US;
	link_text_set(&c->record.rule, SLICE("process-lost"));
	c->over = true;
	if (c->attempt == 0)
		vault_call_close(v, c);
}
