/* The strings of a dialog, its tags, and what is kept while an INVITE is unanswered. */
#include "leg/leg_priv.h"

#include "sip/writer.h"

#include <assert.h>

struct slice leg_str(const struct leg *g, struct leg_str s)
{
	return slice_of(g->text + s.off, s.len);
}

bool leg_str_set(struct leg *g, struct leg_str *s, struct slice from)
{
	if (from.len > s->len) {
		if (from.len > LEG_TEXT_MAX - (size_t)g->text_len)
			return false;
		s->off = g->text_len;
		g->text_len = (uint16_t)(g->text_len + from.len);
	}
	if (from.len > 0)
		memcpy(g->text + s->off, from.p, from.len);
	s->len = (uint16_t)from.len;
	return true;
}

bool leg_tag_new(struct leg_layer *l, struct leg *g)
{
	char tag[LEG_TAG_LEN];
	struct buf b = buf_on(tag, sizeof(tag));
	uint32_t slot = tg_pool_handle(l->pool, g).slot;
	uint8_t head[5] = { l->conf.self.index, (uint8_t)(slot >> 24), (uint8_t)(slot >> 16),
	                    (uint8_t)(slot >> 8), (uint8_t)slot };
	uint64_t random = tg_rng_u64(l->conf.rng);

	buf_hex(&b, head, sizeof(head));
	buf_hex(&b, &random, sizeof(random));
	assert(!b.full && b.len == LEG_TAG_LEN);
	return leg_str_set(g, &g->local_tag, buf_slice(&b));
}

/** Value of `n` hex digits; false for anything else. */
static bool read_hex(uint32_t *out, const char *p, size_t n)
{
	uint32_t v = 0;

	for (size_t i = 0; i < n; i++) {
		int digit = tg_hexval(p[i]);

		if (digit < 0)
			return false;
		v = v << 4 | (uint32_t)digit;
	}
	*out = v;
	return true;
}

static struct leg *adopted(const struct leg_layer *l, struct slice tag)
{
	uint64_t hash = tg_table_hash(l->by_tag, tag);
	uint32_t at = 0, slot;

	while ((slot = tg_table_find(l->by_tag, hash, &at)) != 0) {
		struct leg *g = tg_pool_at(l->pool, slot);

		assert(g != NULL);
		if (tg_equal_ct(leg_str(g, g->local_tag), tag))
			return g;
		if (at == 0)
			break;
	}
	return NULL;
}

struct leg *leg_by_tag(const struct leg_layer *l, struct slice tag)
{
	uint32_t worker, slot;
	struct leg *g;

	if (tag.len != LEG_TAG_LEN || !read_hex(&worker, tag.p, 2) ||
	    !read_hex(&slot, tag.p + 2, 8) || worker != l->conf.self.index || slot == 0)
		return NULL;
	g = tg_pool_at(l->pool, slot);
	if (g != NULL && tg_equal_ct(leg_str(g, g->local_tag), tag))
		return g;
	return adopted(l, tag);
}

int leg_tag_owner(struct slice tag)
{
	uint32_t worker;

	return tag.len == LEG_TAG_LEN && read_hex(&worker, tag.p, 2) ? (int)worker : -1;
}

static bool keep(struct leg_layer *l, struct leg *g)
{
	if (g->keep == NULL)
		g->keep = g->emergency ? tg_pool_take_reserved(l->keeps) : tg_pool_take(l->keeps);
	return g->keep != NULL;
}

bool leg_keep_sdp(struct leg_layer *l, struct leg *g, struct slice sdp)
{
	if (!keep(l, g) || sdp.len > sizeof(g->keep->sdp))
		return false;
	if (sdp.len > 0)
		memcpy(g->keep->sdp, sdp.p, sdp.len);
	g->keep->sdp_len = (uint16_t)sdp.len;
	return true;
}

struct slice leg_kept_sdp(const struct leg *g)
{
	return g->keep != NULL ? slice_of(g->keep->sdp, g->keep->sdp_len) : (struct slice){ 0 };
}

bool leg_keep_head(struct leg_layer *l, struct leg *g, const struct sip_message *req,
                   const struct tg_flow *flow)
{
	const struct sip_response how = {
		.status = 200,
		.to_tag = leg_str(g, g->local_tag),
		.source = &flow->remote,
		.record_route = true,
	};
	struct slice rest, line;
	struct buf b;

	if (!keep(l, g))
		return false;
	b = buf_on(g->keep->head, sizeof(g->keep->head));
	sip_write_response(&b, req, &how);
	if (b.full)
		return false;
	rest = slice_cut(buf_slice(&b), '\n', &line); /* all but the status line */
	memmove(g->keep->head, rest.p, rest.len);
	g->keep->head_len = (uint16_t)rest.len;
	return true;
}

void leg_keep_drop(struct leg_layer *l, struct leg *g)
{
	tg_pool_give(l->keeps, g->keep);
	g->keep = NULL;
}
