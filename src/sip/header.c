#include "sip/header.h"

#include "sip/chars_priv.h"

#define SINGLE true
#define MANY false

/* Two names of one hash are one initialiser that overrides another: refused by -Woverride-init. */
static const uint8_t slots[512] = {
#define X(id, name, first, mid, last, single) \
	[SIP_HDR_HASH(sizeof(name) - 1, first, mid, last)] = SIP_HDR_##id,
	SIP_HDR_TABLE(X)
#undef X
};

static const struct {
	struct slice name;
	bool single;
} headers[SIP_HDRS] = {
#define X(id, text, first, mid, last, one) [SIP_HDR_##id] = { SLICE_INIT(text), one },
	SIP_HDR_TABLE(X)
#undef X
};

static const uint8_t compact[26] = {
#define X(id, letter) [letter - 'a'] = SIP_HDR_##id,
	SIP_HDR_COMPACT_TABLE(X)
#undef X
};

enum sip_hdr sip_hdr_of(struct slice name)
{
	char first, mid, last;
	unsigned id;

	if (name.len == 0)
		return SIP_HDR_OTHER;
	first = (char)(name.p[0] | 0x20); /* lower case of letters; '-' stays */
	if (name.len == 1)
		return first >= 'a' && first <= 'z' ? (enum sip_hdr)compact[first - 'a'] :
		                                      SIP_HDR_OTHER;
	mid = (char)(name.p[name.len / 2] | 0x20);
	last = (char)(name.p[name.len - 1] | 0x20);
	id = slots[SIP_HDR_HASH(name.len, (uint8_t)first, (uint8_t)mid, (uint8_t)last)];
	if (id == SIP_HDR_OTHER || headers[id].name.len != name.len)
		return SIP_HDR_OTHER;
	if (memcmp(headers[id].name.p, name.p, name.len) == 0 || slice_ieq(headers[id].name, name))
		return (enum sip_hdr)id;
	return SIP_HDR_OTHER;
}

struct slice sip_hdr_name(enum sip_hdr id)
{
	return headers[id].name;
}

bool sip_hdr_single(enum sip_hdr id)
{
	return headers[id].single;
}

/**
 * End of the quoted string whose opening quote is at `p`: behind the closing one; NULL without it.
 */
static const char *quoted_end(const char *p, const char *end)
{
	for (p++; p < end; p++) {
		if (*p == '"')
			return p + 1;
		if (*p == '\\' && (++p == end || *p == '\r' || *p == '\n'))
			return NULL;
	}
	return NULL;
}

enum tg_err sip_param_next(struct slice *rest, struct sip_param *out)
{
	const char *end = ch_end(*rest);
	const char *p = ch_skip_lws(rest->p, end), *q;
	struct sip_param param = { 0 };

	if (p == end || *p == ',') {
		*rest = ch_slice(p, end);
		return TG_ENOENT;
	}
	if (*p != ';')
		return TG_EBAD;
	p = ch_skip_lws(p + 1, end);
	q = ch_run(p, end, CH_TOKEN);
	if (q == p)
		return TG_EBAD;
	param.name = ch_slice(p, q);
	p = ch_skip_lws(q, end);
	if (p < end && *p == '=') {
		p = ch_skip_lws(p + 1, end);
		q = p < end && *p == '"' ? quoted_end(p, end) : ch_run(p, end, CH_VALUE);
		if (q == NULL || q == p)
			return TG_EBAD;
		param.value = ch_slice(p, q);
		p = ch_skip_lws(q, end);
	}
	if (p < end && *p != ';' && *p != ',')
		return TG_EBAD;
	*rest = ch_slice(p, end);
	*out = param;
	return TG_OK;
}

bool sip_param_find(struct slice params, struct slice name, struct slice *value)
{
	struct sip_param param;

	while (sip_param_next(&params, &param) == TG_OK) {
		if (!slice_ieq(param.name, name))
			continue;
		if (value != NULL)
			*value = param.value;
		return true;
	}
	return false;
}

enum tg_err sip_cseq_parse(struct sip_cseq *out, struct slice in)
{
	const char *p = in.p, *end = ch_end(in), *q;
	uint64_t number = 0;

	while (p < end && tg_isdigit(*p) && number <= UINT32_MAX)
		number = number * 10 + (uint64_t)(*p++ - '0');
	q = ch_skip_lws(p, end);
	if (p == in.p || number > UINT32_MAX || q == p || q == end ||
	    ch_run(q, end, CH_TOKEN) != end)
		return TG_EBAD;
	out->number = (uint32_t)number;
	out->method_text = ch_slice(q, end);
	out->method = (uint8_t)sip_method_of(out->method_text);
	return TG_OK;
}

enum tg_err sip_list_next(struct slice *rest, struct slice *out)
{
	const char *p = rest->p, *end = ch_end(*rest), *from;
	bool angle = false;

	while (p < end && (*p == ',' || ch_is(*p, CH_LWS)))
		p++;
	if (p == end) {
		*rest = (struct slice){ NULL, 0 };
		return TG_ENOENT;
	}
	for (from = p; p < end && (angle || *p != ','); p++) {
		if (*p == '<' || *p == '>') {
			angle = *p == '<';
		} else if (*p == '"') {
			p = quoted_end(p, end);
			if (p == NULL)
				return TG_EBAD;
			p--;
		}
	}
	*out = ch_trim(from, p);
	*rest = p < end ? ch_slice(p + 1, end) : (struct slice){ NULL, 0 };
	return TG_OK;
}

bool sip_is_token(struct slice s)
{
	return s.len > 0 && ch_run(s.p, ch_end(s), CH_TOKEN) == ch_end(s);
}

enum tg_err sip_quoted_next(struct slice *rest, struct slice *out)
{
	const char *end = ch_end(*rest);
	const char *stop = rest->len > 0 && rest->p[0] == '"' ? quoted_end(rest->p, end) : NULL;

	if (stop == NULL)
		return TG_EBAD;
	*out = ch_slice(rest->p + 1, stop - 1);
	*rest = ch_slice(stop, end);
	return TG_OK;
}

void sip_quoted_text(struct buf *dst, struct slice inside)
{
	const char *p = inside.p, *end = ch_end(inside);

	while (p < end) {
		if (*p == '\r' || *p == '\n') {
			p = ch_skip_lws(p, end);
			buf_chr(dst, ' ');
			continue;
		}
		if (*p == '\\' && p + 1 < end)
			p++;
		if ((uint8_t)*p >= 0x20 && *p != 0x7f)
			buf_chr(dst, *p);
		else if (*p == '\t')
			buf_chr(dst, ' ');
		p++;
	}
}
