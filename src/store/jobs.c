/* Jobs: the owner's side of the queue. */
#include "base/hash.h"
#include "store/store_priv.h"

enum { AWAITED = true };

/* The place of the next job, or NULL when the queue is full.  Only the owner moves the tail. */
static struct store_job *begin(struct store *s, enum store_kind kind, bool drop)
{
	struct store_job *job = NULL;

	pthread_mutex_lock(&s->mutex);
	if (s->tail - s->folded < STORE_QUEUE)
		job = &s->jobs[s->tail % STORE_QUEUE];
	else
		s->stat.full++;
	pthread_mutex_unlock(&s->mutex);
	if (job != NULL) {
		job->kind = (uint8_t)kind;
		job->drop = drop;
	}
	return job;
}

/* awaited: somebody waits for it to be on disk. */
static uint64_t commit(struct store *s, bool awaited)
{
	uint64_t number;

	pthread_mutex_lock(&s->mutex);
	number = ++s->tail;
	s->stat.queued = number;
	if (awaited)
		s->awaited = number;
	if (s->gathers == GATHERS_NOT || (awaited && s->gathers == GATHERS_FOR_ANY) ||
	    s->tail - s->head >= STORE_BATCH_MAX)
		pthread_cond_signal(&s->more);
	pthread_mutex_unlock(&s->mutex);
	return number;
}

static struct slice row_name(char mem[SEAL_NAME_MAX], const char *kind, struct slice name)
{
	struct buf b = buf_on(mem, SEAL_NAME_MAX);

	buf_str(&b, kind);
	buf_put(&b, name);
	return buf_slice(&b);
}

uint64_t store_account_put(struct store *s, const struct vault_account *a, struct slice networks)
{
	struct store_job *job = begin(s, STORE_ACCOUNT, false);
	struct store_account_row *row;
	uint8_t ha1[STORE_HA1_BYTES];
	char name[SEAL_NAME_MAX];

	if (job == NULL || networks.len > sizeof(row->networks))
		return 0;
	row = &job->account;
	memcpy(row->user, a->user, sizeof(row->user));
	memcpy(row->number, a->number, sizeof(row->number));
	row->user_len = a->user_len;
	row->number_len = a->number_len;
	memcpy(row->group, a->group, sizeof(row->group));
	row->group_len = a->group_len;
	row->tls_only = a->tls_only;
	row->max_bindings = a->max_bindings;
	row->disabled = a->disabled;
	row->keep_networks = networks.p == NULL;
	row->networks_len = (uint16_t)networks.len;
	if (networks.len > 0)
		memcpy(row->networks, networks.p, networks.len);
	memcpy(ha1, a->ha1_md5, sizeof(a->ha1_md5));
	memcpy(ha1 + sizeof(a->ha1_md5), a->ha1_sha256, sizeof(a->ha1_sha256));
	seal_row(s->seal, row->sealed, row_name(name, "account/", slice_of(a->user, a->user_len)),
	         slice_of(ha1, sizeof(ha1)));
	tg_wipe(ha1, sizeof(ha1));
	return commit(s, AWAITED);
}

uint64_t store_account_drop(struct store *s, struct slice user)
{
	struct store_job *job = begin(s, STORE_ACCOUNT, true);
	struct store_account_row *row;

	if (job == NULL || user.len > sizeof(row->user))
		return 0;
	row = &job->account;
	memcpy(row->user, user.p, user.len);
	row->user_len = (uint8_t)user.len;
	return commit(s, AWAITED);
}

uint64_t store_secret_put(struct store *s, struct slice name, struct slice secret)
{
	struct store_job *job = begin(s, STORE_SECRET, false);

	if (job == NULL || secret.len > VAULT_SECRET_MAX || name.len > SEAL_NAME_MAX)
		return 0;
	link_text_set(&job->secret.name, name);
	job->secret.sealed_len = (uint16_t)(secret.len + SEAL_ROW_EXTRA);
	seal_row(s->seal, job->secret.sealed, name, secret);
	return commit(s, AWAITED);
}

uint64_t store_secret_drop(struct store *s, struct slice name)
{
	struct store_job *job = begin(s, STORE_SECRET, true);

	if (job == NULL)
		return 0;
	link_text_set(&job->secret.name, name);
	return commit(s, AWAITED);
}

uint64_t store_binding_put(struct store *s, const struct link_binding *b, struct slice iface)
{
	struct store_job *job = begin(s, STORE_BINDING, b->expires_ms == 0);

	if (job == NULL)
		return 0;
	job->binding.b = *b;
	link_text_set(&job->binding.iface, iface);
	return commit(s, !AWAITED);
}

/* ---- calls ---- */

static bool fits(const struct store_change *c)
{
	bool ok = c->hold.len <= STORE_HOLD_MAX && c->recipe.len <= STORE_RECIPE_MAX &&
	          c->totals <= STORE_TOTALS_MAX;

	for (uint32_t i = 0; ok && i < c->totals; i++)
		ok = c->total[i].key.len <= STORE_KEY_MAX &&
		     c->total[i].blob.len <= STORE_TOTAL_MAX;
	return ok;
}

static uint8_t *put(uint8_t *to, struct slice s)
{
	if (s.len > 0)
		memcpy(to, s.p, s.len);
	return to + s.len;
}

static int16_t length(struct slice s)
{
	return s.p == NULL ? STORE_KEEP : (int16_t)s.len;
}

uint64_t store_change(struct store *s, const struct store_change *c)
{
	struct store_job *job = fits(c) ? begin(s, STORE_CHANGE, false) : NULL;
	struct store_change_row *row;
	uint8_t *to;

	if (job == NULL)
		return 0;
	row = &job->change;
	row->leg = c->leg;
	row->hold_len = length(c->hold);
	row->recipe_len = length(c->recipe);
	row->totals = (uint8_t)c->totals;
	row->has_record = c->record != NULL;
	row->over = c->over;
	if (c->record != NULL)
		row->record = *c->record;
	to = put(put(row->bytes, c->hold), c->recipe);
	for (uint32_t i = 0; i < c->totals; i++) {
		const uint16_t lens[2] = { (uint16_t)c->total[i].key.len,
			                   (uint16_t)c->total[i].blob.len };

		to = put(to, slice_of((const char *)lens, sizeof(lens)));
		to = put(put(to, c->total[i].key), c->total[i].blob);
	}
	row->bytes_len = (uint32_t)(to - row->bytes);
	return commit(s, c->hold.len > 0 || c->recipe.len > 0);
}

uint64_t store_hold_put(struct store *s, const struct link_leg *leg, struct slice hold)
{
	return store_change(s, &(struct store_change){ .leg = *leg, .hold = hold });
}

uint64_t store_hold_drop(struct store *s, const struct link_leg *leg)
{
	return store_change(s, &(struct store_change){ .leg = *leg, .hold = SLICE("") });
}

uint64_t store_recipe_put(struct store *s, const struct link_leg *leg, struct slice recipe)
{
	return store_change(s, &(struct store_change){ .leg = *leg, .recipe = recipe });
}

uint64_t store_recipe_drop(struct store *s, const struct link_leg *leg)
{
	return store_change(s, &(struct store_change){ .leg = *leg, .recipe = SLICE("") });
}

uint64_t store_record(struct store *s, const struct vault_record *record, bool over)
{
	const struct link_leg leg = { .call = record->call, .side = LINK_B, .branch = 1 };

	return store_change(s, &(struct store_change){ .leg = leg, .record = record,
	                                               .over = over });
}

uint64_t store_settle(struct store *s, const struct store_change *change)
{
	struct store_change c = *change;

	c.hold = c.recipe = SLICE("");
	return store_change(s, &c);
}

/* ---- small rows ---- */

static uint64_t state(struct store *s, bool drop, struct slice kind, struct slice key,
                      struct slice blob)
{
	bool ok = kind.len <= STORE_KIND_MAX && key.len <= STORE_KEY_MAX &&
	          blob.len <= STORE_STATE_MAX;
	struct store_job *job = ok ? begin(s, STORE_STATE, drop) : NULL;

	if (job == NULL)
		return 0;
	job->state.kind_len = (uint16_t)kind.len;
	job->state.key_len = (uint16_t)key.len;
	job->state.blob_len = (uint16_t)blob.len;
	put(put(put(job->state.bytes, kind), key), blob);
	return commit(s, AWAITED);
}

uint64_t store_state_put(struct store *s, struct slice kind, struct slice key, struct slice blob)
{
	return state(s, false, kind, key, blob);
}

uint64_t store_state_drop(struct store *s, struct slice kind, struct slice key)
{
	return state(s, true, kind, key, SLICE(""));
}
