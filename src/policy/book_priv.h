/* What the files of the book share. */
#ifndef TG_POLICY_BOOK_PRIV_H
#define TG_POLICY_BOOK_PRIV_H

#include "base/pool.h"
#include "base/table.h"
#include "policy/book.h"

#define BOOK_FOR_EVER UINT64_MAX

/* What an account or PBX has called before; known by the keyed hash of its name alone. */
struct book_subject {
	uint64_t hash;
	uint64_t known;  /* classes */
	uint8_t trials;
	uint8_t class[BOOK_TRIALS_MAX]; /* on trial ... */
	uint32_t since_s[BOOK_TRIALS_MAX]; /* ... since their first answered call */
};

/* Who made an emergency call. */
struct book_call_back {
	uint8_t caller_len;
	char caller[BOOK_NAME_MAX]; /* the number that was shown */
	struct book_name account;   /* empty: the PBX */
	uint16_t pbx;
	uint64_t until_s;
};

struct book {
	struct book_conf conf;
	struct tg_pool *subjects, *approvals, *passes, *call_backs;
	struct tg_table *by_subject, *by_approval, *by_pass, *by_call_back;
	struct book_lockdown lockdown;
};

extern const struct slice book_kind_approval, book_kind_pass, book_kind_lockdown,
	book_kind_first_use, book_kind_call_back;

static inline struct slice book_text(const struct book_name *name)
{
	return slice_of(name->text, name->len);
}

static inline struct slice book_number(const struct book_approval *a)
{
	return slice_of(a->number, a->number_len);
}

/** False when it is too long. */
static inline bool book_name_set(struct book_name *to, struct slice from)
{
	if (from.len > BOOK_NAME_MAX)
		return false;
	memset(to, 0, sizeof(*to));
	to->len = (uint8_t)from.len;
	if (from.len > 0)
		memcpy(to->text, from.p, from.len);
	return true;
}

/** Tell the owner. */
void book_save(const struct book *b, struct slice kind, struct slice key, const struct buf *blob);
void book_drop(const struct book *b, struct slice kind, struct slice key);

uint32_t book_slot(const struct tg_pool *pool, const void *object);

/** Add or change without telling the owner; errors as book_approve() and book_pass_give(). */
enum tg_err book_put_approval(struct book *b, struct slice account, struct slice number,
                              uint64_t until_s);
enum tg_err book_put_pass(struct book *b, struct slice account, const uint16_t *places,
                          uint32_t count, uint64_t until_s);
/** The one of this number, or a new one; NULL without room. */
struct book_call_back *book_take_call_back(struct book *b, struct slice caller);

/* book_use.c */

/** Whose habits these are: the account, or else the PBX; may be written into `mem`. */
struct slice book_subject_name(const struct policy_facts *f, struct buf *mem);
/** NULL when there is none; `*hash` is set always. */
struct book_subject *book_subject(const struct book *b, struct slice name, uint64_t *hash);
/** NULL without room. */
struct book_subject *book_subject_add(struct book *b, uint64_t hash);
bool book_is_new(const struct book *b, const struct book_subject *s, uint8_t class,
                 uint64_t now_s);

#endif
