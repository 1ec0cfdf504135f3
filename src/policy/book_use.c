/* What classes of numbers an account or PBX has called before. */
#include <inttypes.h>

#include "policy/book_priv.h"

/* The one whose habits these are: the account, or else the PBX. */
struct slice book_subject_name(const struct policy_facts *f, struct buf *b)
{
	if (f->account.name.len > 0 || f->party != POLICY_PBX)
		return f->account.name;
	buf_lit(b, "pbx/");
	if (f->peer_name.len > 0)
		buf_put(b, f->peer_name);
	else
		buf_u64(b, f->peer);
	return buf_slice(b);
}

struct book_subject *book_subject(const struct book *b, struct slice name, uint64_t *hash)
{
	uint32_t at = 0, slot;

	*hash = tg_table_hash(b->by_subject, name);
	while ((slot = tg_table_find(b->by_subject, *hash, &at)) != 0) {
		struct book_subject *s = tg_pool_at(b->subjects, slot);

		if (s != NULL && s->hash == *hash)
			return s;
	}
	return NULL;
}

struct book_subject *book_subject_add(struct book *b, uint64_t hash)
{
	struct book_subject *s = tg_pool_take(b->subjects);

	if (s == NULL)
		return NULL;
	if (tg_table_add(b->by_subject, hash, book_slot(b->subjects, s)) != TG_OK) {
		tg_pool_give(b->subjects, s);
		return NULL;
	}
	s->hash = hash;
	return s;
}

static int trial_of(const struct book_subject *s, uint8_t class)
{
	for (int i = 0; i < s->trials; i++)
		if (s->class[i] == class)
			return i;
	return -1;
}

bool book_is_new(const struct book *b, const struct book_subject *s, uint8_t class, uint64_t now_s)
{
	int i;

	if (s == NULL || class >= 64)
		return true;
	if ((s->known >> class & 1) != 0)
		return false;
	i = trial_of(s, class);
	return i < 0 || now_s < (uint64_t)s->since_s[i] + b->conf.trial_s;
}

/*
 * "1 known trial@since trial@since": classes by number.  The 1 is the version of their order in
 * number/class.h.
 */
static void save_subject(const struct book *b, struct slice name, const struct book_subject *s)
{
	char mem[BOOK_BLOB_MAX];
	struct buf blob = buf_on(mem, sizeof(mem));

	buf_fmt(&blob, "1 %016" PRIx64, s->known);
	for (int i = 0; i < s->trials; i++)
		buf_fmt(&blob, " %u@%u", s->class[i], s->since_s[i]);
	book_save(b, book_kind_first_use, name, &blob);
}

void book_answered(struct book *b, const struct policy_facts *f, uint64_t now_s)
{
	char mem[BOOK_KEY_MAX];
	struct buf key = buf_on(mem, sizeof(mem));
	struct slice name = book_subject_name(f, &key);
	uint8_t class = f->called.class;
	uint64_t hash;
	struct book_subject *s;
	int i;

	if (name.len == 0 || name.len > BOOK_KEY_MAX || key.full || class >= 64)
		return;
	s = book_subject(b, name, &hash);
	if (s == NULL)
		s = book_subject_add(b, hash);
	if (s == NULL || (s->known >> class & 1) != 0)
		return; /* without room it stays new */
	i = trial_of(s, class);
	if (i < 0 && s->trials == BOOK_TRIALS_MAX)
		return;
	if (i < 0) {
		s->class[s->trials] = class;
		s->since_s[s->trials++] = (uint32_t)now_s;
	} else if (!book_is_new(b, s, class, now_s)) {
		s->known |= UINT64_C(1) << class;
		s->trials--;
		s->class[i] = s->class[s->trials];
		s->since_s[i] = s->since_s[s->trials];
	} else {
		return;
	}
	save_subject(b, name, s);
}
