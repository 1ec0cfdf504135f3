/*
 * Rows of the policy's book as if a stranger had written them to the disk, one "kind key blob" a
 * line: what is accepted is kept within its caps, is said again as a row, and that row is accepted.
 */
#include "fuzz.h"
#include "policy/book.h"

enum { NOW = 1700000000 };

static struct book *fresh(void *ctx, void (*save)(void *, struct slice, struct slice,
                                                  struct slice))
{
	const struct book_conf conf = { .subjects = 8, .approvals = 8, .passes = 8,
		                        .call_backs = 8, .trial_s = 86400, .ctx = ctx,
		                        .save = save };
	struct book *b = book_new(&conf);

	MUST(b != NULL);
	return b;
}

static void nowhere(void *ctx, struct slice kind, struct slice key, struct slice blob)
{
	(void)ctx;
	MUST(kind.len <= BOOK_KIND_MAX && key.len <= BOOK_KEY_MAX && blob.len <= BOOK_BLOB_MAX);
}

/* Into a second book, which must take it. */
static void again(void *ctx, struct slice kind, struct slice key, struct slice blob)
{
	nowhere(NULL, kind, key, blob);
	if (blob.len > 0)
		MUST(book_load(ctx, kind, key, blob, 0) == TG_OK);
}

static void say_again(struct book *b)
{
	const struct book_approval *a;
	const struct book_pass *p;

	for (uint32_t at = 0; (a = book_approval_next(b, &at)) != NULL;) {
		MUST(a->until_s > NOW && a->number_len > 0 && a->number_len <= BOOK_NUMBER_MAX);
		MUST(book_approve(b, slice_of(a->account.text, a->account.len),
		                  slice_of(a->number, a->number_len), a->until_s) == TG_OK);
	}
	for (uint32_t at = 0; (p = book_pass_next(b, &at)) != NULL;) {
		MUST(p->until_s > NOW && p->places_count > 0);
		MUST(book_pass_give(b, slice_of(p->account.text, p->account.len), p->places,
		                    p->places_count, p->until_s) == TG_OK);
	}
}

static void ask(struct book *b, struct slice account)
{
	struct policy_facts out = { .party = POLICY_ACCOUNT,
		                    .account.name = account,
		                    .called = { .digits = account, .territory = 1 } };
	struct policy_facts in = { .party = POLICY_TRUNK, .dialled = account };

	book_recall(b, NOW, &out);
	MUST(out.lockdown <= POLICY_EMERGENCY_ONLY);
	book_answered(b, &out, NOW);
	book_recall(b, NOW, &in);
	MUST(!in.call_back || in.call_back_account.len <= BOOK_NAME_MAX);
	book_emergency(b, &out, account, NOW);
	book_forget(b, account);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct book *second = fresh(NULL, nowhere), *b = fresh(second, again);
	struct slice rest = slice_of(data, size), line, kind, key = SLICE(""), blob;

	while (rest.len > 0) {
		rest = slice_cut(rest, '\n', &line);
		blob = slice_cut(slice_cut(line, ' ', &kind), ' ', &key);
		if (key.len > BOOK_KEY_MAX || blob.len > BOOK_BLOB_MAX)
			continue; /* the store has none */
		(void)!book_load(b, kind, key, blob, NOW);
	}
	say_again(b);
	ask(b, key);
	book_tick(b, UINT64_MAX - 1);
	book_free(b);
	book_free(second);
	return 0;
}
