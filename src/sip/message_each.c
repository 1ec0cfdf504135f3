/* Walks over the values of a message's list headers. */
#include "sip/message.h"

struct sip_each sip_each_of(const struct sip_message *m, enum sip_hdr id)
{
	const struct sip_header *h = sip_message_header(m, id);

	if (h == NULL)
		return (struct sip_each){ .m = m, .next = SIP_NO_HEADER };
	return (struct sip_each){ .m = m, .rest = h->value, .next = h->next };
}

/** Go on with the next header field; false at the end. */
static bool advance(struct sip_each *e)
{
	const struct sip_header *h;

	if (e->next == SIP_NO_HEADER)
		return false;
	h = &e->m->headers[e->next];
	e->rest = h->value;
	e->next = h->next;
	return true;
}

static enum tg_err counted(struct sip_each *e, enum tg_err err)
{
	if (err == TG_OK && ++e->count > SIP_VALUES_MAX)
		return TG_EBAD;
	return err;
}

enum tg_err sip_each_addr(struct sip_each *e, struct sip_addr *out)
{
	enum tg_err err;

	do
		err = sip_addr_next(&e->rest, out);
	while (err == TG_ENOENT && advance(e));
	return counted(e, err);
}

enum tg_err sip_each_via(struct sip_each *e, struct sip_via *out)
{
	enum tg_err err;

	do
		err = sip_via_next(&e->rest, out);
	while (err == TG_ENOENT && advance(e));
	return counted(e, err);
}

enum tg_err sip_each_text(struct sip_each *e, struct slice *out)
{
	enum tg_err err;

	do
		err = sip_list_next(&e->rest, out);
	while (err == TG_ENOENT && advance(e));
	return counted(e, err);
}

bool sip_message_lists(const struct sip_message *m, enum sip_hdr id, struct slice token)
{
	struct sip_each each = sip_each_of(m, id);
	struct slice one;

	while (sip_each_text(&each, &one) == TG_OK) {
		if (slice_ieq(one, token))
			return true;
	}
	return false;
}

size_t sip_message_unsupported(const struct sip_message *m, enum sip_hdr id,
                               const struct slice *known, size_t known_count,
                               struct buf *unsupported)
{
	struct sip_each each = sip_each_of(m, id);
	struct slice tag;
	size_t count = 0;

	while (sip_each_text(&each, &tag) == TG_OK) {
		size_t i = 0;

		while (i < known_count && !slice_ieq(known[i], tag))
			i++;
		if (i < known_count || !sip_is_token(tag))
			continue;
		if (count++ > 0)
			buf_lit(unsupported, ", ");
		buf_put(unsupported, tag);
	}
	return count;
}

struct slice sip_message_content_type(const struct sip_message *m)
{
	struct slice value = sip_message_value(m, SIP_HDR_CONTENT_TYPE), type, sub;

	if (value.p == NULL)
		return value;
	(void)slice_cut(value, ';', &type);
	type = slice_trim(type);
	sub = slice_cut(type, '/', &value);
	if (!sip_is_token(value) || !sip_is_token(sub))
		return slice_of(type.p, 0);
	return type;
}
