/*
 * Reading a message: lines, then the fields that every message needs.
 *
 * RFC:  RFC 3261 §7, §18.3, §20, §25.
 * OURS: lines end with CRLF and nothing else: a bare CR or LF is refused (A12), as is any other
 *       control octet outside a quoted-pair; on a stream Content-Length is required (§20.14).
 *       Reading goes on behind a fault, so that a refusal can be sent.
 */
#include "sip/message.h"

#include "sip/chars_priv.h"
#include "sip/message_priv.h"

/* Where the reader stands. */
struct reader {
	struct sip_message *m;
	const char *start; /* of the message, behind leading CRLFs */
	const char *p;
	const char *end;
	bool cut;          /* the head has no end: no line end, or no empty line */
	bool border_lost;  /* Content-Length is missing on a stream, broken, doubled or too large */
};

/* One line, or one header field with its folds, without the CRLF. */
struct line {
	const char *p;
	const char *end;
	bool folded;
	bool control; /* a control octet behind a backslash: fine within quotes only */
};

void sip_fault_set(struct sip_message *m, const char *at, unsigned status, const char *rule)
{
	if (m->fault.rule != NULL)
		return;
	m->fault.rule = rule;
	m->fault.status = (uint16_t)(m->request ? status : 0);
	m->fault.offset = (uint32_t)(at - m->input.p);
}

/** True when an odd number of backslashes stands before `at`. */
static bool is_escaped(const char *from, const char *at)
{
	const char *p = at;

	while (p > from && p[-1] == '\\')
		p--;
	return ((at - p) & 1) != 0;
}

/**
 * The next line, its folds included when `fold`.  False when its end is not in the input: r->cut is
 * then set.  A forbidden octet is a fault, and reading goes on to the CRLF.
 */
static bool read_line(struct reader *r, struct line *line, bool fold)
{
	const char *q = r->p, *end = r->end;

	line->p = r->p;
	line->folded = false;
	line->control = false;
	for (;; q++) {
		q = ch_find_control(q, end);
		if (q == end || (*q == '\r' && q + 1 == end))
			break;
		if (*q == '\r' && q[1] == '\n') {
			if (!fold || q + 2 == end || (q[2] != ' ' && q[2] != '\t')) {
				line->end = q;
				r->p = q + 2;
				if (q - line->p > SIP_LINE_MAX)
					sip_fault_set(r->m, line->p, 513,
					              "line longer than 8192 octets");
				return true;
			}
			line->folded = true;
			q++;
		} else if (*q == '\t') {
			continue;
		} else if (*q == '\r' || *q == '\n') {
			sip_fault_set(r->m, q, 400, "CR or LF alone");
		} else if (is_escaped(line->p, q)) {
			line->control = true;
		} else {
			sip_fault_set(r->m, q, 400, "control octet");
		}
	}
	r->cut = true;
	return false;
}

/** True when every control octet of the value stands within quotes. */
static bool controls_quoted(struct slice value)
{
	bool quoted = false;

	for (size_t i = 0; i < value.len; i++) {
		if (value.p[i] == '"')
			quoted = !quoted;
		else if (value.p[i] == '\\' && quoted)
			i++;
		else if (!ch_is(value.p[i], CH_LWS) &&
		         ((uint8_t)value.p[i] < 0x20 || value.p[i] == 0x7f))
			return false;
	}
	return true;
}

static void add_header(struct sip_message *m, const struct line *line, const char *name_end,
                       const char *colon)
{
	unsigned at = m->header_count;
	struct sip_header *h = &m->headers[at];

	h->name = ch_slice(line->p, name_end);
	h->value = ch_trim(colon + 1, line->end);
	h->id = (uint8_t)sip_hdr_of(h->name);
	h->next = SIP_NO_HEADER;
	h->folded = line->folded;
	h->escaped_ctl = line->control;
	m->header_count = (uint8_t)(at + 1);
	if (line->control && !controls_quoted(h->value)) {
		h->escaped_ctl = false;
		sip_fault_set(m, line->p, 400, "control octet");
	}
	if (h->id == SIP_HDR_OTHER)
		return;
	if (m->first[h->id] == SIP_NO_HEADER) {
		m->first[h->id] = (uint8_t)at;
	} else {
		m->headers[m->last[h->id]].next = (uint8_t)at;
		if (m->doubled == 0 && sip_hdr_single(h->id))
			m->doubled = h->id;
	}
	m->last[h->id] = (uint8_t)at;
}

/** All header fields up to the empty line. */
static void read_headers(struct reader *r)
{
	struct sip_message *m = r->m;
	struct line line;

	for (;;) {
		const char *name_end, *colon;

		if (r->end - r->p < 2) {
			r->cut = true;
			return;
		}
		if (r->p[0] == '\r' && r->p[1] == '\n') {
			r->p += 2;
			return;
		}
		if (!read_line(r, &line, true))
			return;
		name_end = ch_run(line.p, line.end, CH_TOKEN);
		colon = name_end;
		while (colon < line.end && (*colon == ' ' || *colon == '\t'))
			colon++; /* A5; a control octet there is no blank (A6) */
		if (name_end == line.p || colon == line.end || *colon != ':')
			sip_fault_set(m, line.p, 400, "header name");
		else if (m->header_count == SIP_HEADERS_MAX)
			sip_fault_set(m, line.p, 400, "more than 128 headers");
		else
			add_header(m, &line, name_end, colon);
	}
}

static void parse_via(struct sip_message *m)
{
	struct slice rest = sip_message_value(m, SIP_HDR_VIA);
	const char *at = rest.p;
	enum tg_err err;

	if (rest.p == NULL)
		return;
	m->via.broken = false;
	err = sip_via_next(&rest, &m->via);
	if (err == TG_OK || m->via.broken)
		m->has |= SIP_HAS_VIA;
	if (err != TG_OK)
		sip_fault_set(m, at, 400, "Via");
	else
		m->more_vias = rest;
}

static void parse_address(struct sip_message *m, enum sip_hdr id, struct sip_addr *out,
                          unsigned has, const char *rule)
{
	struct slice value = sip_message_value(m, id);

	if (value.p == NULL)
		return;
	if (sip_addr_parse(out, value) == TG_OK)
		m->has |= (uint16_t)has;
	else
		sip_fault_set(m, value.p, 400, rule);
}

/** Call-ID = word [ "@" word ]; more than one '@' is seen and harmless: it is compared whole. */
static void parse_call_id(struct sip_message *m)
{
	struct slice value = sip_message_value(m, SIP_HDR_CALL_ID);

	if (value.p == NULL)
		return;
	for (const char *p = value.p; p <= ch_end(value); p++) {
		p = ch_run(p, ch_end(value), CH_WORD);
		if (p == ch_end(value) && value.len > 0)
			break;
		if (value.len == 0 || *p != '@') {
			sip_fault_set(m, value.p, 400, "Call-ID");
			return;
		}
	}
	m->call_id = value;
	m->has |= SIP_HAS_CALL_ID;
}

/** A number that counts as UINT32_MAX when it is larger.  False when it is none. */
static bool saturating(uint32_t *out, struct slice value)
{
	uint64_t v = UINT32_MAX;

	if (slice_u64(&v, value, UINT32_MAX) == TG_EBAD)
		return false;
	*out = (uint32_t)v;
	return true;
}

static void parse_numbers(struct sip_message *m)
{
	struct slice cseq = sip_message_value(m, SIP_HDR_CSEQ);
	struct slice forwards = sip_message_value(m, SIP_HDR_MAX_FORWARDS);
	struct slice expires = sip_message_value(m, SIP_HDR_EXPIRES);

	if (cseq.p != NULL) {
		if (sip_cseq_parse(&m->cseq, cseq) == TG_OK)
			m->has |= SIP_HAS_CSEQ;
		else
			sip_fault_set(m, cseq.p, 400, "CSeq");
	}
	if (forwards.p != NULL) {
		if (saturating(&m->max_forwards, forwards))
			m->has |= SIP_HAS_MAX_FORWARDS;
		else
			sip_fault_set(m, forwards.p, 400, "Max-Forwards");
		m->max_forwards = TG_MIN(m->max_forwards, 255u);
	}
	if (expires.p != NULL && saturating(&m->expires, expires))
		m->has |= SIP_HAS_EXPIRES;
	if (!m->request && (m->has & SIP_HAS_CSEQ))
		m->method = m->cseq.method;
}

/** Where the body ends (§18.3). */
static void frame_body(struct reader *r, enum sip_framing framing)
{
	struct sip_message *m = r->m;
	const struct sip_header *h = sip_message_header(m, SIP_HDR_CONTENT_LENGTH);
	size_t head = (size_t)(r->p - r->start);
	uint64_t n = 0;

	r->border_lost = true;
	if (h == NULL) {
		if (framing == SIP_STREAM) {
			sip_fault_set(m, r->p, 400, "no Content-Length on a stream");
			return;
		}
		n = (uint64_t)(r->end - r->p);
	} else if (h->next != SIP_NO_HEADER) {
		/* A7: equal or not */
		sip_fault_set(m, h->value.p, 400, "two Content-Length headers");
		return;
	} else if (slice_u64(&n, h->value, UINT32_MAX) != TG_OK) {
		sip_fault_set(m, h->value.p, 400, "Content-Length"); /* A8 */
		return;
	} else if (n > SIP_MESSAGE_MAX - TG_MIN(head, (size_t)SIP_MESSAGE_MAX)) {
		sip_fault_set(m, h->value.p, framing == SIP_STREAM ? 513 : 400,
		              "Content-Length above what a message may have"); /* A9 */
		return;
	} else if (framing == SIP_DATAGRAM && n > (uint64_t)(r->end - r->p)) {
		sip_fault_set(m, h->value.p, 400, "body shorter than Content-Length"); /* clerr */
		return;
	}
	r->border_lost = false;
	m->content_length = (uint32_t)n;
	if (h != NULL)
		m->has |= SIP_HAS_CONTENT_LENGTH;
	m->need = (size_t)(r->p - m->input.p) + n;
	m->body = slice_of(r->p, n);
}

static void reset(struct sip_message *m, struct slice in)
{
	m->input = in;
	m->text = (struct slice){ NULL, 0 };
	m->body = (struct slice){ NULL, 0 };
	m->fault = (struct sip_fault){ 0 };
	m->need = 0;
	m->request = true;
	m->method = SIP_METHOD_NONE;
	m->status = 0;
	m->method_text = m->body;
	m->reason = m->body;
	m->call_id = m->body;
	m->more_vias = m->body;
	m->uri.kind = SIP_URI_NONE;
	m->has = 0;
	m->max_forwards = 0;
	m->expires = 0;
	m->content_length = 0;
	m->doubled = 0;
	m->header_count = 0;
	memset(m->first, SIP_NO_HEADER, sizeof(m->first));
}

enum tg_err sip_message_parse(struct sip_message *m, struct slice in, enum sip_framing framing)
{
	struct reader r = { .m = m, .p = in.p, .end = ch_end(in) };
	struct line line;

	reset(m, in);
	if (in.len > SIP_MESSAGE_MAX)
		r.end = in.p + SIP_MESSAGE_MAX;
	while (r.end - r.p >= 2 && r.p[0] == '\r' && r.p[1] == '\n')
		r.p += 2;
	r.start = r.p;
	m->request = !sip_start_line_is_status(ch_slice(r.p, r.end));
	if (read_line(&r, &line, false)) {
		if (line.control)
			sip_fault_set(m, line.p, 400, "control octet");
		sip_start_line_parse(m, ch_slice(line.p, line.end));
		read_headers(&r);
	}
	if (r.cut && framing == SIP_STREAM && in.len < SIP_MESSAGE_MAX)
		return TG_EMORE;
	if (!r.cut)
		frame_body(&r, framing);
	else
		sip_fault_set(m, r.p, in.len > SIP_MESSAGE_MAX ? 513 : 400,
		              "no empty line behind the headers");
	if (!r.cut && !r.border_lost && m->body.len > (size_t)(r.end - r.p))
		return TG_EMORE; /* only on a stream: a short datagram is a fault */
	parse_via(m);
	parse_address(m, SIP_HDR_FROM, &m->from, SIP_HAS_FROM, "From");
	parse_address(m, SIP_HDR_TO, &m->to, SIP_HAS_TO, "To");
	parse_call_id(m);
	parse_numbers(m);
	if (!r.cut && !r.border_lost)
		m->text = ch_slice(r.start, r.p + m->body.len);
	return m->fault.rule == NULL ? TG_OK : TG_EBAD;
}
