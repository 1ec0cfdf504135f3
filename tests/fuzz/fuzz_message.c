/*
 * SIP messages as datagrams: every slice lies in the input, a refusal has its reason, and what is
 * accepted can be answered and sent on so that its reader sees the same fields (A11).
 */
#include "fuzz.h"
#include "sip/writer.h"

static struct sip_message first, second;
static char answer[4 * SIP_MESSAGE_MAX], rebuilt[4 * SIP_MESSAGE_MAX], again[4 * SIP_MESSAGE_MAX];

static void uri_inside(const struct sip_uri *u, struct slice in)
{
	MUST(fuzz_inside(u->text, in) && fuzz_inside(u->scheme, in) && fuzz_inside(u->user, in));
	MUST(fuzz_inside(u->password, in) && fuzz_inside(u->host, in));
	MUST(fuzz_inside(u->params, in) && fuzz_inside(u->headers, in));
}

static void addr_inside(const struct sip_addr *a, struct slice in)
{
	uri_inside(&a->uri, in);
	MUST(fuzz_inside(a->display, in) && fuzz_inside(a->params, in) && fuzz_inside(a->tag, in));
}

static void via_inside(const struct sip_via *v, struct slice in)
{
	MUST(fuzz_inside(v->text, in) && fuzz_inside(v->transport, in) && fuzz_inside(v->host, in));
	MUST(fuzz_inside(v->params, in) && fuzz_inside(v->branch, in));
	MUST(fuzz_inside(v->received, in) && fuzz_inside(v->maddr, in));
}

static void all_inside(const struct sip_message *m, struct slice in)
{
	MUST(fuzz_inside(m->text, in) && fuzz_inside(m->body, in) && fuzz_inside(m->reason, in));
	MUST(fuzz_inside(m->method_text, in) && fuzz_inside(m->call_id, in));
	MUST(fuzz_inside(m->more_vias, in) && m->header_count <= SIP_HEADERS_MAX);
	if (m->uri.kind != SIP_URI_NONE)
		uri_inside(&m->uri, in);
	if (m->has & SIP_HAS_VIA)
		via_inside(&m->via, in);
	if (m->has & SIP_HAS_FROM)
		addr_inside(&m->from, in);
	if (m->has & SIP_HAS_TO)
		addr_inside(&m->to, in);
	for (unsigned i = 0; i < m->header_count; i++) {
		MUST(fuzz_inside(m->headers[i].name, in) && fuzz_inside(m->headers[i].value, in));
		MUST(m->headers[i].next == SIP_NO_HEADER ||
		     (m->headers[i].next > i && m->headers[i].next < m->header_count));
	}
}

static void walk(const struct sip_message *m, struct slice in)
{
	static const enum sip_hdr ids[] = { SIP_HDR_CONTACT, SIP_HDR_ROUTE, SIP_HDR_RECORD_ROUTE,
		                            SIP_HDR_P_ASSERTED_IDENTITY, SIP_HDR_SUPPORTED };
	struct sip_via via;
	struct sip_each each = sip_each_of(m, SIP_HDR_VIA);

	while (sip_each_via(&each, &via) == TG_OK)
		via_inside(&via, in);
	for (size_t i = 0; i < COUNT(ids); i++) {
		struct sip_addr addr;
		struct slice one;

		each = sip_each_of(m, ids[i]);
		while (sip_each_addr(&each, &addr) == TG_OK)
			addr_inside(&addr, in);
		each = sip_each_of(m, ids[i]);
		while (sip_each_text(&each, &one) == TG_OK)
			MUST(fuzz_inside(one, in));
	}
	MUST(fuzz_inside(sip_message_content_type(m), in));
}

static void same_dialog(const struct sip_message *a, const struct sip_message *b)
{
	MUST(slice_eq(a->from.uri.text, b->from.uri.text) && slice_eq(a->from.tag, b->from.tag));
	MUST(slice_eq(a->to.uri.text, b->to.uri.text) && slice_eq(a->to.tag, b->to.tag));
	MUST(slice_eq(a->call_id, b->call_id) && a->cseq.number == b->cseq.number);
	MUST(slice_eq(a->cseq.method_text, b->cseq.method_text));
}

/**
 * A refusal of anything that we may answer is a message; of what passed the check, the same one.
 */
static void try_answer(const struct sip_message *m, bool checked)
{
	struct tg_addr source;
	struct sip_response response = { .status = 400, .source = &source, .record_route = true };
	struct buf b = buf_on(answer, sizeof(answer));

	MUST(tg_addr_parse(&source, SLICE("192.0.2.1:5060"), 0) == TG_OK);
	sip_write_refusal(&b, m, &response);
	MUST(!b.full);
	if (!checked)
		return;
	MUST(sip_message_parse(&second, buf_slice(&b), SIP_STREAM) == TG_OK);
	MUST(sip_message_check(&second) == TG_OK);
	MUST(second.text.len == b.len && second.status == 400);
	same_dialog(m, &second);
	MUST(slice_eq(m->via.host, second.via.host) && m->via.port == second.via.port);
	MUST(m->via.version_ok);
}

/** An address header from its parts, as half-calls do it. */
static void put_addr(struct buf *b, enum sip_hdr id, const struct sip_addr *a)
{
	char display[SIP_LINE_MAX];
	struct buf text = buf_on(display, sizeof(display));
	struct sip_write_addr out = { .uri = a->uri.text, .tag = a->tag };

	sip_display_text(&text, a->display);
	if (a->display.p != NULL)
		out.display = buf_slice(&text);
	sip_write_addr(b, id, &out);
}

/** The message from its parts; every header that is not among these goes through as a value. */
static void rebuild(struct buf *b, const struct sip_message *m)
{
	if (m->request)
		sip_write_request(b, m->method_text, m->uri.text);
	else
		sip_write_status(b, m->status, m->reason);
	put_addr(b, SIP_HDR_FROM, &m->from);
	put_addr(b, SIP_HDR_TO, &m->to);
	sip_write_header(b, SIP_HDR_CALL_ID, m->call_id);
	sip_write_cseq(b, m->cseq.number, m->cseq.method_text);
	for (unsigned i = 0; i < m->header_count; i++) {
		const struct sip_header *h = &m->headers[i];

		switch (h->id) {
		case SIP_HDR_FROM:
		case SIP_HDR_TO:
		case SIP_HDR_CALL_ID:
		case SIP_HDR_CSEQ:
		case SIP_HDR_CONTENT_LENGTH:
		case SIP_HDR_CONTENT_TYPE:
			break;
		default:
			/* a quoted-pair of a control octet loses the octet: not passed on */
			if (!h->escaped_ctl)
				sip_write_named(b, h->name, h->value);
		}
	}
	sip_write_body(b, SLICE("text/plain"), m->body);
}

static void try_forward(const struct sip_message *m)
{
	struct buf a = buf_on(rebuilt, sizeof(rebuilt)), b = buf_on(again, sizeof(again));
	const struct sip_header *via = sip_message_header(m, SIP_HDR_VIA);

	for (; via != NULL; via = sip_message_next(m, via)) {
		if (via->escaped_ctl)
			return;
	}
	rebuild(&a, m);
	MUST(!a.full);
	MUST(sip_message_parse(&second, buf_slice(&a), SIP_STREAM) == TG_OK);
	MUST(sip_message_check(&second) == TG_OK || m->header_count == SIP_HEADERS_MAX);
	same_dialog(m, &second);
	MUST(slice_eq(m->body, second.body) && m->request == second.request);
	MUST(m->status == second.status && m->method == second.method);
	MUST(m->max_forwards == second.max_forwards && m->expires == second.expires);
	rebuild(&b, &second);
	MUST(slice_eq(buf_slice(&a), buf_slice(&b)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);
	enum tg_err err = sip_message_parse(&first, in, SIP_DATAGRAM);
	bool checked = false;

	MUST(err == TG_OK || err == TG_EBAD);
	MUST((err == TG_OK) == (first.fault.rule == NULL));
	MUST(first.fault.offset <= size);
	all_inside(&first, in);
	walk(&first, in);
	if (err == TG_OK) {
		checked = sip_message_check(&first) == TG_OK;
		MUST(checked == (first.fault.rule == NULL));
	}
	if (sip_message_answerable(&first))
		try_answer(&first, checked);
	/* a message that fills the limits may not fit once it is spelled out */
	if (checked && size < SIP_MESSAGE_MAX / 2)
		try_forward(&first);
	err = sip_message_parse(&second, in, SIP_STREAM);
	if (err == TG_OK)
		MUST(sip_message_parse(&first, in, SIP_DATAGRAM) == TG_OK &&
		     slice_eq(first.text, second.text));
	return 0;
}
