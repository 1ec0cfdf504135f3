#include "sip/writer.h"

#include "sip/chars_priv.h"
#include "sip/status.h"

/** Append a text value: each fold becomes one SP, other control octets are left out. */
static void put_text(struct buf *b, struct slice value)
{
	const char *p = value.p, *end = ch_end(value);

	while (p < end) {
		const char *stop = ch_find_control(p, end);

		if (stop < end && *stop == '\t')
			stop++; /* a blank like any other */
		buf_put(b, ch_slice(p, stop));
		p = stop;
		if (end - p > 2 && p[0] == '\r' && p[1] == '\n' && (p[2] == ' ' || p[2] == '\t')) {
			p = ch_skip_lws(p, end);
			buf_chr(b, ' ');
		} else if (p < end && ((uint8_t)*p < 0x20 || *p == 0x7f) && *p != '\t') {
			p++;
		}
	}
}

/** Append a URI, token or parameters; anything that could end them refuses the message. */
static void put_strict(struct buf *b, struct slice s, const char *forbidden)
{
	for (size_t i = 0; i < s.len; i++) {
		if ((uint8_t)s.p[i] <= 0x20 || s.p[i] == 0x7f ||
		    strchr(forbidden, s.p[i]) != NULL) {
			b->full = true;
			return;
		}
	}
	buf_put(b, s);
}

static void put_name(struct buf *b, enum sip_hdr id)
{
	buf_put(b, sip_hdr_name(id));
	buf_lit(b, ": ");
}

void sip_write_request(struct buf *b, struct slice method, struct slice uri)
{
	put_strict(b, method, "<>\"");
	buf_chr(b, ' ');
	put_strict(b, uri, "<>\"");
	buf_lit(b, " SIP/2.0\r\n");
}

void sip_write_status(struct buf *b, unsigned status, struct slice reason)
{
	buf_lit(b, "SIP/2.0 ");
	buf_u64(b, status);
	buf_chr(b, ' ');
	put_text(b, reason.p != NULL ? reason : sip_status_reason(status));
	buf_lit(b, "\r\n");
}

void sip_write_header(struct buf *b, enum sip_hdr id, struct slice value)
{
	put_name(b, id);
	put_text(b, value);
	buf_lit(b, "\r\n");
}

void sip_write_named(struct buf *b, struct slice name, struct slice value)
{
	if (!sip_is_token(name))
		b->full = true;
	buf_put(b, name);
	buf_lit(b, ": ");
	put_text(b, value);
	buf_lit(b, "\r\n");
}

void sip_write_number(struct buf *b, enum sip_hdr id, uint64_t value)
{
	put_name(b, id);
	buf_u64(b, value);
	buf_lit(b, "\r\n");
}

void sip_write_via(struct buf *b, enum tg_proto proto, const struct tg_addr *sent_by,
                   struct slice branch, bool rport)
{
	static const struct slice names[] = {
		[TG_PROTO_NONE] = SLICE_INIT("UDP"),
		[TG_PROTO_UDP] = SLICE_INIT("UDP"),
		[TG_PROTO_TCP] = SLICE_INIT("TCP"),
		[TG_PROTO_TLS] = SLICE_INIT("TLS"),
	};

	buf_lit(b, "Via: SIP/2.0/");
	buf_put(b, names[proto]);
	buf_chr(b, ' ');
	tg_addr_write(b, sent_by);
	buf_lit(b, ";branch=");
	put_strict(b, branch, "<>\";,");
	if (rport)
		buf_lit(b, ";rport");
	buf_lit(b, "\r\n");
}

void sip_write_addr(struct buf *b, enum sip_hdr id, const struct sip_write_addr *addr)
{
	put_name(b, id);
	if (addr->display.p != NULL) {
		sip_write_quoted(b, addr->display);
		buf_chr(b, ' ');
	}
	buf_chr(b, '<');
	put_strict(b, addr->uri, "<>\"");
	buf_chr(b, '>');
	if (addr->tag.p != NULL) {
		buf_lit(b, ";tag=");
		put_strict(b, addr->tag, "<>\";,");
	}
	put_text(b, addr->params);
	buf_lit(b, "\r\n");
}

void sip_write_cseq(struct buf *b, uint32_t number, struct slice method)
{
	buf_lit(b, "CSeq: ");
	buf_u64(b, number);
	buf_chr(b, ' ');
	put_strict(b, method, "<>\";,");
	buf_lit(b, "\r\n");
}

void sip_write_quoted(struct buf *b, struct slice text)
{
	buf_chr(b, '"');
	while (text.len > 0) {
		size_t n = slice_utf8_len(text);

		if (n == 0) {
			buf_chr(b, '?');
			n = 1;
		} else if (text.p[0] == '"' || text.p[0] == '\\') {
			buf_chr(b, '\\');
			buf_chr(b, text.p[0]);
		} else if ((uint8_t)text.p[0] >= 0x20 && text.p[0] != 0x7f) {
			buf_put(b, slice_head(text, n));
		}
		text = slice_skip(text, n);
	}
	buf_chr(b, '"');
}

void sip_write_body(struct buf *b, struct slice type, struct slice body)
{
	if (body.len > 0)
		sip_write_header(b, SIP_HDR_CONTENT_TYPE, type);
	sip_write_number(b, SIP_HDR_CONTENT_LENGTH, body.len);
	buf_lit(b, "\r\n");
	buf_put(b, body);
}
