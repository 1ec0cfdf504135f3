/*
 * The branches that we issue: "z9hG4bK", process, slot, random number, all in lower-case hex.
 *
 * A response finds its transaction by the slot, without a hash table; that it was meant for it is
 * shown by the 64 random bits, which nobody off the path can guess.
 */
#include "txn/layer_priv.h"

#define COOKIE SLICE("z9hG4bK")

enum { PROC_DIGITS = 4, SLOT_DIGITS = 8, ID_DIGITS = 16 };

static char *put_hex(char *at, uint64_t v, int digits)
{
	for (int i = digits; i-- > 0;)
		*at++ = "0123456789abcdef"[v >> (4 * i) & 15];
	return at;
}

void txn_branch_text(char out[TXN_BRANCH_LEN + 1], uint16_t proc, uint32_t slot, uint64_t id)
{
	char *at = out + COOKIE.len;

	memcpy(out, COOKIE.p, COOKIE.len);
	at = put_hex(at, proc, PROC_DIGITS);
	at = put_hex(at, slot, SLOT_DIGITS);
	at = put_hex(at, id, ID_DIGITS);
	*at = '\0';
}

/* Only the digits that put_hex() writes: one branch, one spelling. */
static bool take_hex(struct slice *s, uint64_t *v, size_t digits)
{
	*v = 0;
	for (size_t i = 0; i < digits; i++) {
		char c = s->p[i];

		if (tg_hexval(c) < 0 || tg_lower(c) != c)
			return false;
		*v = *v << 4 | (uint64_t)tg_hexval(c);
	}
	*s = slice_skip(*s, digits);
	return true;
}

enum tg_err txn_branch_parse(struct txn_branch *out, struct slice branch)
{
	uint64_t proc, slot, id;

	if (branch.len != TXN_BRANCH_LEN || !slice_starts(branch, COOKIE))
		return TG_EBAD;
	branch = slice_skip(branch, COOKIE.len);
	if (!take_hex(&branch, &proc, PROC_DIGITS) || !take_hex(&branch, &slot, SLOT_DIGITS) ||
	    !take_hex(&branch, &id, ID_DIGITS))
		return TG_EBAD;
	*out = (struct txn_branch){ (uint16_t)proc, (uint32_t)slot, id };
	return TG_OK;
}

bool txn_branch_owner(struct slice branch, uint16_t *proc)
{
	struct txn_branch parsed;

	if (txn_branch_parse(&parsed, branch) != TG_OK)
		return false;
	*proc = parsed.proc;
	return true;
}

void txn_branch_write(struct txn_layer *layer, struct buf *b)
{
	char text[TXN_BRANCH_LEN + 1];

	txn_branch_text(text, layer->conf.proc, 0, tg_rng_u64(layer->conf.rng));
	buf_put(b, slice_of(text, TXN_BRANCH_LEN));
}
