/* Rows from disk, at the start: read as if a stranger had written them. */
#include "policy/book_priv.h"

static bool until_read(struct slice text, uint64_t *until_s)
{
	*until_s = BOOK_FOR_EVER;
	return slice_eq(text, SLICE("-")) || slice_u64(until_s, text, BOOK_FOR_EVER - 1) == TG_OK;
}

static bool load_pass(struct book *b, struct slice account, struct slice blob, uint64_t until_s)
{
	uint16_t places[BOOK_PLACES_MAX];
	uint32_t count = 0;
	struct slice word;

	while (blob.len > 0) {
		blob = slice_cut(blob, ' ', &word);
		if (count == BOOK_PLACES_MAX)
			return false;
		places[count] = number_territory_find(word);
		count += places[count] != 0; /* one that is gone opens nothing */
	}
	return book_put_pass(b, account, places, count, until_s) == TG_OK;
}

static bool hex_read(uint64_t *out, struct slice word)
{
	*out = 0;
	for (size_t i = 0; i < word.len; i++) {
		int digit = tg_hexval(word.p[i]);

		if (digit < 0)
			return false;
		*out = *out << 4 | (unsigned)digit;
	}
	return word.len == 16;
}

static enum tg_err load_subject(struct book *b, struct slice name, struct slice blob)
{
	struct book_subject in = { 0 }, *s;
	struct slice word;
	uint64_t hash;

	blob = slice_cut(blob, ' ', &word);
	if (!slice_eq(word, SLICE("1")))
		return TG_EBAD;
	blob = slice_cut(blob, ' ', &word);
	if (!hex_read(&in.known, word))
		return TG_EBAD;
	while (blob.len > 0) {
		uint64_t class, since;
		struct slice left, right;

		blob = slice_cut(blob, ' ', &word);
		right = slice_cut(word, '@', &left);
		if (in.trials == BOOK_TRIALS_MAX || slice_u64(&class, left, 63) != TG_OK ||
		    slice_u64(&since, right, UINT32_MAX) != TG_OK)
			return TG_EBAD;
		in.class[in.trials] = (uint8_t)class;
		in.since_s[in.trials++] = (uint32_t)since;
	}
	s = book_subject(b, name, &hash);
	if (s == NULL)
		s = book_subject_add(b, hash);
	if (s == NULL)
		return TG_ENOMEM;
	in.hash = hash;
	*s = in;
	return TG_OK;
}

static enum tg_err load_approval(struct book *b, struct slice key, struct slice rest,
                                 uint64_t until_s)
{
	struct slice account, number = slice_cut(key, '/', &account);

	return rest.len > 0 ? TG_EBAD : book_put_approval(b, account, number, until_s);
}

static enum tg_err load_call_back(struct book *b, struct slice caller, struct slice rest,
                                  uint64_t until_s)
{
	struct slice pbx, account = slice_cut(rest, ' ', &pbx);
	struct book_call_back *c;
	uint64_t index;

	if (slice_u64(&index, pbx, UINT16_MAX) != TG_OK || account.len > BOOK_NAME_MAX)
		return TG_EBAD;
	c = book_take_call_back(b, caller);
	if (c == NULL)
		return TG_ENOMEM;
	(void)book_name_set(&c->account, account);
	c->pbx = (uint16_t)index;
	c->until_s = until_s;
	return TG_OK;
}

/* A row that cannot be read closes all that it could have closed. */
static enum tg_err load_lockdown(struct book *b, struct slice text, uint64_t until_s)
{
	uint64_t level = POLICY_EMERGENCY_ONLY;
	enum tg_err err = slice_u64(&level, text, POLICY_EMERGENCY_ONLY);

	b->lockdown = (struct book_lockdown){ (uint8_t)level, until_s };
	return err == TG_OK ? TG_OK : TG_EBAD;
}

enum tg_err book_load(struct book *b, struct slice kind, struct slice key, struct slice blob,
                      uint64_t now_s)
{
	struct slice until, rest = slice_cut(blob, ' ', &until);
	uint64_t until_s = 0;

	if (slice_eq(kind, book_kind_first_use))
		return load_subject(b, key, blob);
	if (!slice_eq(kind, book_kind_approval) && !slice_eq(kind, book_kind_pass) &&
	    !slice_eq(kind, book_kind_lockdown) && !slice_eq(kind, book_kind_call_back))
		return TG_ENOENT;
	if (slice_eq(kind, book_kind_lockdown) && !until_read(until, &until_s))
		return load_lockdown(b, SLICE("?"), BOOK_FOR_EVER);
	if (!until_read(until, &until_s))
		return TG_EBAD;
	if (until_s <= now_s) {
		book_drop(b, kind, key);
		return TG_OK;
	}
	if (slice_eq(kind, book_kind_approval))
		return load_approval(b, key, rest, until_s);
	if (slice_eq(kind, book_kind_pass))
		return load_pass(b, key, rest, until_s) ? TG_OK : TG_EBAD;
	if (slice_eq(kind, book_kind_call_back))
		return load_call_back(b, key, rest, until_s);
	return load_lockdown(b, rest, until_s);
}
