/*
 * Copies of messages for retransmission, in buffers of three sizes.
 *
 * Most responses and requests without SDP fit the small ones, those with SDP the middle ones; the
 * large ones are for what is rare.  Most of the memory is untouched until a transaction needs it.
 */
#include "txn/layer_priv.h"

static const struct {
	const char *name;
	size_t bytes;
	uint32_t per; /* one buffer for so many transactions */
} classes[TXN_COPY_CLASSES] = {
	{ "txn-copy-small", 768, 1 },
	{ "txn-copy-middle", 2048, 2 },
	{ "txn-copy-large", TXN_MESSAGE_MAX, 64 },
};

enum tg_err txn_copies_init(struct txn_copies *copies, uint32_t cap, uint32_t reserve)
{
	for (size_t i = 0; i < TXN_COPY_CLASSES; i++) {
		uint32_t count = cap / classes[i].per + 1;
		uint32_t keep = TG_MIN(reserve, count - 1);

		copies->pools[i] = tg_pool_new(classes[i].name, classes[i].bytes, count, keep);
		if (copies->pools[i] == NULL)
			return TG_ENOMEM;
	}
	return TG_OK;
}

void txn_copies_fini(struct txn_copies *copies)
{
	for (size_t i = 0; i < TXN_COPY_CLASSES; i++)
		tg_pool_free(copies->pools[i]);
}

enum tg_err txn_copy_set(struct txn_copies *copies, struct txn_copy *copy, struct slice text,
                         bool reserved)
{
	if (text.len > TXN_MESSAGE_MAX)
		return TG_ELIMIT;
	for (uint8_t i = 0; i < TXN_COPY_CLASSES; i++) {
		struct tg_pool *pool = copies->pools[i];
		char *mem;

		if (text.len > classes[i].bytes)
			continue;
		if (copy->mem != NULL && copy->size_class == i)
			mem = copy->mem; /* the old one has the right size */
		else
			mem = reserved ? tg_pool_take_reserved(pool) : tg_pool_take(pool);
		if (mem == NULL)
			continue; /* a larger one will do */
		if (mem != copy->mem)
			txn_copy_drop(copies, copy);
		memcpy(mem, text.p, text.len);
		*copy = (struct txn_copy){ mem, (uint32_t)text.len, i };
		return TG_OK;
	}
	return TG_ENOMEM;
}

void txn_copy_drop(struct txn_copies *copies, struct txn_copy *copy)
{
	if (copy->mem != NULL)
		tg_pool_give(copies->pools[copy->size_class], copy->mem);
	*copy = (struct txn_copy){ 0 };
}

size_t txn_copies_bytes(const struct txn_copies *copies)
{
	size_t sum = 0;

	for (size_t i = 0; i < TXN_COPY_CLASSES; i++) {
		struct tg_pool_stat stat;

		tg_pool_stat(copies->pools[i], &stat);
		sum += (size_t)stat.cap * stat.item_bytes;
	}
	return sum;
}
