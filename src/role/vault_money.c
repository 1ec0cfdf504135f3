/*
 * What a call costs while it lives: one attempt after the other, each with its hold.
 *
 *   HELD     the hold is in memory and its row on the way to the disk
 *   GRANTED  it is on disk: grant and verdict are out, so is the INVITE
 *   UP       the carrier says that the provider answered; paid ahead again and again (CALL_RENEW)
 *   UNKNOWN  given up without a final response; a 2xx may still come for 64*T1 (C14)
 *   LOST     loaded after a restart, until its carrier speaks of it
 *
 * An attempt ends by what its carrier bills (CALL_BILL), and is settled then: the record's cost,
 * the hold's row and the ledgers' totals change in one transaction.  One of which nobody speaks is
 * settled as if all that was paid had been talked: money is never forgotten.
 */
#include "role/vault_priv.h"

#include <assert.h>

struct vault_attempt *vault_attempt_find(const struct vault *v, const struct link_leg *leg)
{
	const struct vault_call *c = vault_call_find(v, leg->call);
	uint32_t slot = c != NULL ? c->attempt : 0;

	while (slot != 0) {
		struct vault_attempt *a = tg_pool_at(v->attempts, slot);

		assert(a != NULL);
		if (a->leg.side == leg->side && a->leg.branch == leg->branch)
			return a;
		slot = a->before;
	}
	return NULL;
}

static const struct ledger_now *now(struct vault *v)
{
	return judge_time(v->judge, v->now_ms, vault_wall_ms(v));
}

/** Take it out of its call's list and the tables; the hold has its end already. */
static void forget(struct vault *v, struct vault_attempt *a)
{
	struct vault_call *c = vault_call_find(v, a->leg.call);
	uint32_t slot = tg_pool_handle(v->attempts, a).slot, *at = &c->attempt;

	while (*at != slot)
		at = &((struct vault_attempt *)tg_pool_at(v->attempts, *at))->before;
	*at = a->before;
	tg_wheel_stop(v->wheel, &a->timer);
	tg_pool_give(v->attempts, a);
}

/* ---- the disk ---- */

static struct slice hold_octets(struct vault *v, const struct vault_attempt *a)
{
	const struct vault_call *c = vault_call_find(v, a->leg.call);
	struct vault_hold_row *row = &v->hold_row;

	memset(row, 0, sizeof(*row));
	if (ledger_hold_export(judge_ledger(v->judge), a->hold, &row->ledger) != TG_OK)
		return (struct slice){ NULL, 0 };
	row->version = VAULT_HOLD_VERSION;
	row->trunk = v->env.site->trunk[a->trunk].name;
	row->account = c->record.account;
	row->longest_s = a->longest_s;
	return slice_of(row, sizeof(*row));
}

/** Let `a` go on when the job is on disk.  False: no place to wait. */
static bool wait_for(struct vault *v, const struct vault_attempt *a, uint64_t job)
{
	struct vault_wait *w;

	if (job == 0 || v->wait_count == v->wait_cap)
		return false;
	w = &v->waits[(v->wait_first + v->wait_count++) % v->wait_cap];
	*w = (struct vault_wait){ job, tg_pool_handle(v->attempts, a) };
	return true;
}

static uint32_t fill_totals(struct vault *v, const struct vault_attempt *a)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < a->aboves; i++) {
		struct ledger_total *t = &v->total[n];
		struct buf key;

		memset(t, 0, sizeof(*t));
		if (a->above[i] == 0 ||
		    ledger_total_export(judge_ledger(v->judge), a->above[i], t) != TG_OK)
			continue;
		key = buf_on(v->total_key[n], sizeof(v->total_key[n]));
		buf_fmt(&key, "%s/", ledger_kind_name(t->kind));
		buf_put(&key, slice_of(t->name, t->name_len));
		v->total_blob[n].key = buf_slice(&key);
		v->total_blob[n].octets = slice_of(t, sizeof(*t));
		n++;
	}
	return n;
}

/** Other attempts of the call remember what it has cost before. */
static void write_others(struct vault *v, const struct vault_call *c, const struct vault_attempt *a)
{
	uint32_t slot = c->attempt;

	while (slot != 0) {
		const struct vault_attempt *other = tg_pool_at(v->attempts, slot);
		struct vault_change change = { .leg = other->leg };

		slot = other->before;
		if (other == a || other->state == VAULT_HELD)
			continue;
		change.hold = hold_octets(v, other);
		(void)v->store.change(v->store.ctx, &change);
	}
}

/** The attempt is over: its row and recipe go, the totals come, and the record as it is now. */
static void write_end(struct vault *v, struct vault_call *c, const struct vault_attempt *a)
{
	struct vault_change change = {
		.leg = a->leg,
		.hold = SLICE(""),
		.recipe = a->recipe_on_disk ? SLICE("") : (struct slice){ NULL, 0 },
		.record = &c->record,
		.over = c->over && c->attempt == tg_pool_handle(v->attempts, a).slot &&
			a->before == 0,
		.total = v->total_blob,
		.totals = fill_totals(v, a),
	};

	(void)v->store.change(v->store.ctx, &change);
	c->written = c->written || change.over;
	write_others(v, c, a);
}

/* ---- an attempt's end ---- */

static void finish(struct vault *v, struct vault_attempt *a)
{
	struct vault_call *c = vault_call_find(v, a->leg.call);

	assert(c != NULL); /* a call outlives its attempts */
	write_end(v, c, a);
	forget(v, a);
	if (c->over && c->attempt == 0)
		vault_call_close(v, c);
}

/**
 * How long the provider may count.  Its clock began when its 200 left, which we heard later, and if
 * that was lost twice, later by the guard; so that much more is charged, out of what is paid.
 */
static uint64_t counted_ms(const struct vault_attempt *a, uint64_t talk_ms)
{
	uint64_t paid_ms = (uint64_t)a->paid_s * 1000;

	return TG_MAX(talk_ms, TG_MIN(talk_ms + VAULT_GUARD_MS, paid_ms));
}

static void settle(struct vault *v, struct vault_attempt *a, uint64_t talk_ms)
{
	struct vault_call *c = vault_call_find(v, a->leg.call);
	tg_micro cost = 0;
	enum tg_err err;

	talk_ms = TG_MIN(talk_ms, (uint64_t)TG_TALK_MAX_S * 1000);
	if (a->answer_ms == 0 &&
	    ledger_answered(judge_ledger(v->judge), now(v), a->hold) != TG_OK)
		assert(false); /* an attempt has its hold until it is forgotten */
	if (talk_ms > (uint64_t)a->paid_s * 1000)
		log_event(v->env.log, EV_LEDGER_OVERRUN, LOG_U64("call", a->leg.call),
		          LOG_STR("trunk", link_text(&v->env.site->trunk[a->trunk].name)),
		          LOG_U64("talk_ms", talk_ms), LOG_U64("paid_s", a->paid_s), LOG_END);
	err = ledger_settle(judge_ledger(v->judge), now(v), a->hold, counted_ms(a, talk_ms),
	                    &cost);
	assert(err == TG_OK);
	c->record.cost += cost;
	finish(v, a);
}

static void release(struct vault *v, struct vault_attempt *a)
{
	enum tg_err err = ledger_release(judge_ledger(v->judge), now(v), a->hold);

	assert(err == TG_OK);
	finish(v, a);
}

/** Nobody says how long it was: all that was paid counts as talked. */
static void settle_in_full(struct vault *v, struct vault_attempt *a)
{
	settle(v, a, (uint64_t)a->paid_s * 1000);
}

/* ---- paying ahead ---- */

/** Talk time at which the carrier hangs up. */
static uint32_t cut_ms(const struct vault_attempt *a)
{
	return a->paid_s * 1000 - VAULT_GUARD_MS;
}

static void post_renew(struct vault *v, const struct vault_attempt *a, struct slice rule)
{
	link_msg_init(&v->out, LINK_CALL_RENEW, a->carrier);
	v->out.head.leg = a->leg;
	v->out.renew.paid_ms = cut_ms(a);
	v->out.renew.final = a->last;
	link_text_set(&v->out.renew.rule, rule);
	vault_post(v);
}

/** When to pay again, or to give the attempt up. */
static void plan(struct vault *v, struct vault_attempt *a)
{
	uint64_t end_ms = a->answer_ms + cut_ms(a);

	if (a->last) /* its BYE has as long as any request */
		tg_wheel_start(v->wheel, &a->timer, VAULT_T_SILENT, end_ms + 2 * VAULT_T1_64_MS);
	else
		tg_wheel_start(v->wheel, &a->timer, VAULT_T_RENEW,
		               end_ms > VAULT_RENEW_MS ? end_ms - VAULT_RENEW_MS : v->now_ms);
}

static void renew(struct vault *v, struct vault_attempt *a)
{
	struct ledger_answer answer;
	uint32_t left_s = a->longest_s > a->paid_s ? a->longest_s - a->paid_s : 0;
	uint32_t want_s = a->longest_s == 0 ? v->rules.renew_s : TG_MIN(left_s, v->rules.renew_s);
	const struct vault_change change = { .leg = a->leg };
	struct vault_change with;

	if (want_s == 0) { /* the longest call is paid for: no money is short */
		a->last = true;
		post_renew(v, a, SLICE("max-call-duration"));
		plan(v, a);
		return;
	}
	if (ledger_renew(judge_ledger(v->judge), now(v), a->hold, want_s, &answer) != TG_OK) {
		a->last = true;
		vault_tell_limit(v, a->leg.call, &answer.block);
		post_renew(v, a, judge_block_rule(&answer.block));
		plan(v, a);
		return;
	}
	a->paid_s = answer.paid_s;
	with = change;
	with.hold = hold_octets(v, a);
	/*
	 * A disk that takes nothing does not end calls that are up (D18): the limits hold as long
	 * as this process lives.
	 */
	if (!wait_for(v, a, v->store.change(v->store.ctx, &with)) ||
	    !v->store.healthy(v->store.ctx))
		post_renew(v, a, (struct slice){ NULL, 0 });
	plan(v, a);
}

/* ---- a new attempt ---- */

struct vault_attempt *vault_attempt_new(struct vault *v, struct vault_call *c,
                                        const struct judge_attempt *from)
{
	struct vault_attempt *a = tg_pool_take(v->attempts);

	if (a == NULL)
		return NULL;
	a->leg = (struct link_leg){ .call = c->id, .side = LINK_B,
		                    .branch = (uint8_t)(c->branch + 1) };
	a->trunk = from->trunk;
	a->carrier = (struct link_proc){ LINK_CARRIER, v->env.site->trunk[from->trunk].carrier };
	a->hold = from->answer.hold;
	a->paid_s = from->answer.paid_s;
	a->longest_s = from->longest_s;
	a->aboves = judge_above(v->judge, &c->way, from->trunk, a->above);
	a->before = c->attempt;
	c->attempt = tg_pool_handle(v->attempts, a).slot;
	return a;
}

/** Whom the call's ledgers have called today, for those that count them. */
static void write_destinations(struct vault *v, const struct vault_attempt *a, uint16_t changed)
{
	for (uint32_t i = 0; i < a->aboves; i++) {
		struct ledger_view view;
		struct vault_destinations *row = &v->destinations;
		struct vault_blob blob;
		struct buf key = buf_on(v->total_key[0], sizeof(v->total_key[0]));

		if ((changed >> i & 1) == 0 ||
		    ledger_view(judge_ledger(v->judge), now(v), a->above[i], &view) != TG_OK)
			continue;
		buf_fmt(&key, "%s/", ledger_kind_name(view.kind));
		buf_put(&key, view.name);
		row->minute = (uint32_t)(now(v)->ms / 60000);
		row->count = ledger_destinations(judge_ledger(v->judge), a->above[i], row->hash);
		blob = (struct vault_blob){ buf_slice(&key), slice_of(row, sizeof(*row)) };
		(void)v->store.state(v->store.ctx, VAULT_DESTINATIONS, &blob);
	}
}

bool vault_destinations_load(struct vault *v, const struct vault_blob *blob)
{
	struct vault_destinations *row = &v->destinations;
	struct slice kind, name = slice_cut(blob->key, '/', &kind);
	uint32_t id = 0;

	(void)now(v); /* the windows stand from here on */
	if (blob->octets.len != sizeof(*row))
		return false;
	memcpy(row, blob->octets.p, sizeof(*row));
	for (unsigned k = LEDGER_SITE; k < LEDGER_KINDS && id == 0; k++) {
		if (slice_eq(kind, slice_str(ledger_kind_name(k))))
			id = judge_ledger_of(v->judge, (enum ledger_kind)k, name);
	}
	if (id == 0 || row->count > LEDGER_DESTINATIONS_MAX)
		return false;
	for (uint32_t i = 0; i < row->count; i++) {
		if (ledger_destination_import(judge_ledger(v->judge), id, row->hash[i],
		                              row->minute) != TG_OK)
			return false;
	}
	return true;
}

bool vault_attempt_write(struct vault *v, struct vault_call *c, struct vault_attempt *a,
                         const struct judge_attempt *from)
{
	const struct vault_change change = { .leg = a->leg, .hold = hold_octets(v, a),
		                             .record = &c->record };

	write_destinations(v, a, from->answer.new_destination);
	a->state = VAULT_HELD;
	tg_wheel_start(v->wheel, &a->timer, VAULT_T_DISK, v->now_ms + VAULT_DISK_MS);
	return v->store.healthy(v->store.ctx) &&
	       wait_for(v, a, v->store.change(v->store.ctx, &change));
}

void vault_attempt_undo(struct vault *v, struct vault_attempt *a)
{
	release(v, a);
}

uint32_t vault_attempt_cut_ms(const struct vault_attempt *a)
{
	return cut_ms(a);
}

/** What waited for this job may go on. */
static void let_go(struct vault *v, struct vault_attempt *a)
{
	uint64_t patience_ms = (uint64_t)v->env.site->ring_max_s * 1000 + 2 * VAULT_T1_64_MS;

	if (a->state == VAULT_UP) {
		post_renew(v, a, (struct slice){ NULL, 0 });
		return;
	}
	if (a->state != VAULT_HELD)
		return;
	a->state = VAULT_GRANTED;
	tg_wheel_start(v->wheel, &a->timer, VAULT_T_SILENT, v->now_ms + patience_ms);
	vault_call_grant(v, vault_call_find(v, a->leg.call), a);
}

/** Calls that are up go on with a disk that takes nothing (D18). */
static void renew_without_disk(struct vault *v)
{
	for (uint32_t i = 0; i < v->wait_count; i++) {
		const struct vault_wait *w = &v->waits[(v->wait_first + i) % v->wait_cap];
		const struct vault_attempt *a = tg_pool_find(v->attempts, w->attempt);

		if (a != NULL && a->state == VAULT_UP)
			post_renew(v, a, (struct slice){ NULL, 0 });
	}
}

void vault_stored(struct vault *v, uint64_t now_ms, uint64_t job)
{
	v->now_ms = now_ms;
	while (v->wait_count > 0 && v->waits[v->wait_first].job <= job) {
		struct vault_attempt *a =
			tg_pool_find(v->attempts, v->waits[v->wait_first].attempt);

		v->wait_first = (v->wait_first + 1) % v->wait_cap;
		v->wait_count--;
		if (a != NULL)
			let_go(v, a);
	}
	if (v->wait_count > 0 && !v->store.healthy(v->store.ctx))
		renew_without_disk(v);
}

/* ---- what the carrier says ---- */

static void answered(struct vault *v, struct vault_attempt *a, const struct link_call_bill *bill)
{
	if (a->answer_ms != 0)
		return; /* said again after our restart */
	a->unsure = a->state == VAULT_LOST && bill->talk_ms == 0;
	a->state = VAULT_UP;
	a->answer_ms = v->now_ms - TG_MIN(v->now_ms - 1, (uint64_t)bill->talk_ms);
	if (ledger_answered(judge_ledger(v->judge), now(v), a->hold) != TG_OK)
		assert(false); /* an attempt has its hold until it is forgotten */
	vault_book_answered(v, vault_call_find(v, a->leg.call));
	plan(v, a);
}

static uint64_t talk_of(const struct vault *v, const struct vault_attempt *a,
                        const struct link_call_bill *bill)
{
	if (bill->talk_ms != 0)
		return bill->talk_ms;
	if (a->unsure) /* what is hung up from a recipe began before its carrier did */
		return TG_MAX(v->now_ms - a->answer_ms, (uint64_t)a->paid_s * 1000);
	if (a->answer_ms != 0)
		return v->now_ms - a->answer_ms;
	return a->state == VAULT_LOST ? (uint64_t)a->paid_s * 1000 : 0;
}

/** Its BYE was confirmed: nobody has to know any more how it is hung up. */
static void dialog_over(struct vault *v, const struct link_msg *msg, struct vault_attempt *a)
{
	const struct vault_change change = { .leg = msg->head.leg, .recipe = SLICE("") };
	bool on_disk = vault_dialog_over(v, &msg->head.leg);

	if (a != NULL)
		a->recipe_on_disk = on_disk; /* goes with the hold */
	else if (on_disk)
		(void)v->store.change(v->store.ctx, &change);
}

/** No final response: it costs nothing unless a 2xx still comes. */
static void give_up(struct vault *v, struct vault_attempt *a)
{
	a->state = VAULT_UNKNOWN;
	tg_wheel_start(v->wheel, &a->timer, VAULT_T_SILENT, v->now_ms + VAULT_T1_64_MS);
}

void vault_carrier_lost(struct vault *v, struct link_proc carrier)
{
	uint32_t slot = 0;
	struct vault_attempt *a;

	while ((a = tg_pool_next(v->attempts, slot + 1, &slot)) != NULL) {
		if (a->carrier.index != carrier.index)
			continue;
		if (a->state == VAULT_HELD) /* nobody would take its grant */
			vault_call_unpaid(v, vault_call_find(v, a->leg.call),
			                  SLICE("process-lost"));
		else if (a->state == VAULT_GRANTED && vault_dialog_find(v, &a->leg) == NULL)
			give_up(v, a); /* its recipe is posted ahead of its INVITE */
	}
}

void vault_bill(struct vault *v, const struct link_msg *msg)
{
	const struct link_call_bill *bill = &msg->bill;
	struct vault_attempt *a = vault_attempt_find(v, &msg->head.leg);

	if (bill->what == LINK_BILL_OVER && !bill->unconfirmed &&
	    msg->head.from.role == LINK_CARRIER)
		dialog_over(v, msg, a);
	if (a == NULL || a->state == VAULT_HELD || msg->head.from.role != a->carrier.role ||
	    msg->head.from.index != a->carrier.index)
		return; /* nothing is metered there, or not by this one */
	switch (bill->what) {
	case LINK_BILL_ANSWERED:
		answered(v, a, bill);
		return;
	case LINK_BILL_OVER:
		/* unheard, the provider counts until its session timer ends the call (RFC 4028) */
		settle(v, a, talk_of(v, a, bill) + (bill->unconfirmed ? VAULT_UNHEARD_MS : 0));
		return;
	case LINK_BILL_FAILED:
		if (a->answer_ms == 0)
			release(v, a);
		else
			settle(v, a, v->now_ms - a->answer_ms);
		return;
	default:
		if (a->answer_ms == 0)
			give_up(v, a);
	}
}

/* ---- time ---- */

/** The hold did not reach the disk in time: no INVITE of it ever leaves. */
static void disk_too_slow(struct vault *v, const struct vault_attempt *a)
{
	vault_call_unpaid(v, vault_call_find(v, a->leg.call),
	                  v->store.healthy(v->store.ctx) ? SLICE("disk-slow")
	                                                 : SLICE("disk-failed"));
}

static void silent(struct vault *v, struct vault_attempt *a)
{
	if (a->state == VAULT_UNKNOWN)
		release(v, a);
	else
		settle_in_full(v, a);
}

void vault_attempt_fire(struct vault *v, struct tg_timer *t)
{
	struct vault_attempt *a = TG_CONTAINER(t, struct vault_attempt, timer);

	switch (t->kind) {
	case VAULT_T_DISK:
		disk_too_slow(v, a);
		return;
	case VAULT_T_RENEW:
		renew(v, a);
		return;
	default:
		silent(v, a);
	}
}

/* ---- after a restart ---- */

int vault_trunk_named(const struct vault *v, struct slice name)
{
	for (int i = 0; i < v->env.site->trunks; i++) {
		if (slice_eq(link_text(&v->env.site->trunk[i].name), name))
			return i;
	}
	return -1;
}

/** Nobody will ever bill it, for its call or trunk is gone: what was paid for is spent. */
static bool spend(struct vault *v, const struct link_leg *leg, const struct vault_hold_row *row)
{
	struct ledger *l = judge_ledger(v->judge);
	struct vault_attempt a = { .leg = *leg };
	struct vault_change change = { .leg = *leg, .hold = SLICE(""), .total = v->total_blob };
	tg_micro cost;

	if (ledger_hold_import(l, &row->ledger, &a.hold) != TG_OK)
		return false;
	a.aboves = ledger_hold_above(l, a.hold, a.above);
	if (ledger_settle(l, now(v), a.hold, (uint64_t)row->ledger.paid_s * 1000, &cost) != TG_OK)
		assert(false); /* it was imported just now */
	change.totals = fill_totals(v, &a);
	(void)v->store.change(v->store.ctx, &change);
	return true;
}

bool vault_hold_load(struct vault *v, const struct link_leg *leg, struct slice octets)
{
	struct vault_hold_row *row = &v->hold_row;
	struct vault_call *c = vault_call_find(v, leg->call);
	struct vault_attempt *a;
	int trunk;

	if (octets.len != sizeof(*row))
		return false;
	memcpy(row, octets.p, sizeof(*row));
	if (row->version != VAULT_HOLD_VERSION)
		return false;
	(void)now(v); /* the windows stand from here on */
	(void)judge_ledger_of(v->judge, LEDGER_ACCOUNT, link_text(&row->account));
	trunk = vault_trunk_named(v, link_text(&row->trunk));
	a = trunk >= 0 && c != NULL ? tg_pool_take(v->attempts) : NULL;
	if (a == NULL)
		return spend(v, leg, row);
	if (ledger_hold_import(judge_ledger(v->judge), &row->ledger, &a->hold) != TG_OK) {
		tg_pool_give(v->attempts, a);
		return false;
	}
	a->leg = *leg;
	a->trunk = (uint16_t)trunk;
	a->carrier = (struct link_proc){ LINK_CARRIER, v->env.site->trunk[trunk].carrier };
	a->state = VAULT_LOST;
	a->paid_s = row->ledger.paid_s;
	a->longest_s = row->longest_s;
	a->aboves = ledger_hold_above(judge_ledger(v->judge), a->hold, a->above);
	a->before = c->attempt;
	c->attempt = tg_pool_handle(v->attempts, a).slot;
	c->branch = TG_MAX(c->branch, leg->branch);
	tg_wheel_start(v->wheel, &a->timer, VAULT_T_SILENT,
	               v->now_ms + (uint64_t)v->env.site->ring_max_s * 1000 + 2 * VAULT_T1_64_MS);
	return true;
}

bool vault_total_load(struct vault *v, const struct vault_blob *total)
{
	struct ledger_total t;

	(void)now(v); /* the windows stand from here on */
	if (total->octets.len != sizeof(t))
		return false;
	memcpy(&t, total->octets.p, sizeof(t));
	if (t.kind < LEDGER_SITE || t.kind >= LEDGER_KINDS || t.name_len > LEDGER_NAME_MAX)
		return false;
	/* the ledger comes with its budget: one that the import made would have no limits */
	(void)judge_ledger_of(v->judge, (enum ledger_kind)t.kind, slice_of(t.name, t.name_len));
	return ledger_total_import(judge_ledger(v->judge), &t) == TG_OK;
}
