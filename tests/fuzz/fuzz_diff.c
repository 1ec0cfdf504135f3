/*
 * What tollgate accepts and sends on, two other parsers read the same way (A11): libosip2 and
 * sofia-sip, for this test only.
 *
 * A request that passes the check is written as a half-call writes it: rebuilt from the values that
 * we read. Both parsers must take that text and find the same method, numbers, hosts, tags and ids.
 * What the peers are known to read more narrowly than RFC 3261 allows is left out, each with its
 * reason, at the top of comparable().
 */
#include <sys/types.h>

#include <osipparser2/osip_parser.h>
#include "diff_sofia.h"
#include "fuzz.h"
#include "sip/writer.h"

static struct sip_message first;
static char text[4 * SIP_MESSAGE_MAX + 1];

static bool same(struct slice ours, const char *theirs)
{
	return slice_eq(ours, slice_str(theirs != NULL ? theirs : ""));
}

static bool plain(struct slice s, const char *extra)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = tg_lower(s.p[i]);

		if (!(c >= 'a' && c <= 'z') && !tg_isdigit(c) && strchr(extra, c) == NULL)
			return false;
		if (c == '\0')
			return false;
	}
	return s.len > 0;
}

static bool comparable_uri(const struct sip_uri *u)
{
	/* other schemes and tel: have no host that both would name */
	if (u->kind != SIP_URI_SIP && u->kind != SIP_URI_SIPS)
		return false;
	/* both unescape or fold case in their own ways; only what is plain can be compared; and
	 * libosip2 takes no host of one letter */
	return u->host.len > 1 && (u->user.p == NULL || plain(u->user, "+-._*#")) &&
	       plain(u->host, "-.") &&
	       u->password.p == NULL && u->headers.p == NULL && u->params.len == 0;
}

static bool comparable(const struct sip_message *m)
{
	/* sofia-sip knows ids of 1000 octets at most, libosip2 splits a Call-ID at '@' */
	return m->request && (m->has & SIP_HAS_DIALOG) == SIP_HAS_DIALOG &&
	       comparable_uri(&m->uri) && comparable_uri(&m->from.uri) &&
	       comparable_uri(&m->to.uri) && plain(m->call_id, "-._") && m->call_id.len < 500 &&
	       plain(m->from.tag, "-._") && (m->to.tag.p == NULL || plain(m->to.tag, "-._")) &&
	       plain(m->via.branch, "-._") && plain(m->method_text, "") &&
	       m->method != SIP_METHOD_OTHER;
}

static void put_addr(struct buf *b, enum sip_hdr id, const struct sip_addr *a)
{
	char display[SIP_LINE_MAX], uri_text[SIP_URI_MAX * 2];
	struct buf shown = buf_on(display, sizeof(display));
	struct buf uri = buf_on(uri_text, sizeof(uri_text));
	struct sip_write_addr out = { .tag = a->tag };

	sip_display_text(&shown, a->display);
	if (a->display.p != NULL && plain(buf_slice(&shown), " \"\\<>,;:@"))
		out.display = buf_slice(&shown); /* others: libosip2 knows no UTF-8 in quotes */
	sip_uri_write(&uri, &a->uri);
	out.uri = buf_slice(&uri);
	sip_write_addr(b, id, &out);
}

/** The request as a half-call sends it on; only values, no header as it came. */
static struct slice rebuild(const struct sip_message *m)
{
	struct buf b = buf_on(text, sizeof(text) - 1);
	char uri_text[SIP_URI_MAX * 2];
	struct buf uri = buf_on(uri_text, sizeof(uri_text));
	struct tg_addr us;

	MUST(tg_addr_parse(&us, SLICE("192.0.2.1:5060"), 0) == TG_OK);
	sip_uri_write(&uri, &m->uri);
	sip_write_request(&b, m->method_text, buf_slice(&uri));
	sip_write_via(&b, TG_PROTO_UDP, &us, m->via.branch, true);
	sip_write_number(&b, SIP_HDR_MAX_FORWARDS, 70);
	put_addr(&b, SIP_HDR_FROM, &m->from);
	put_addr(&b, SIP_HDR_TO, &m->to);
	sip_write_header(&b, SIP_HDR_CALL_ID, m->call_id);
	sip_write_cseq(&b, m->cseq.number, m->cseq.method_text);
	sip_write_body(&b, SLICE("application/sdp"), m->body);
	MUST(!b.full);
	text[b.len] = '\0';
	return buf_slice(&b);
}

static void osip_reads(const struct sip_message *m, struct slice out)
{
	osip_generic_param_t *tag = NULL, *branch = NULL;
	osip_body_t *body = NULL;
	osip_message_t *sip = NULL;
	osip_via_t *via = NULL;

	MUST(osip_message_init(&sip) == 0);
	MUST(osip_message_parse(sip, out.p, out.len) == 0);
	MUST(same(m->method_text, sip->sip_method));
	MUST(same(m->uri.user, sip->req_uri->username) && same(m->uri.host, sip->req_uri->host));
	MUST(sip->call_id->host == NULL && same(m->call_id, sip->call_id->number));
	MUST(strtoul(sip->cseq->number, NULL, 10) == m->cseq.number);
	MUST(same(m->cseq.method_text, sip->cseq->method));
	MUST(same(m->from.uri.user, sip->from->url->username));
	MUST(same(m->from.uri.host, sip->from->url->host));
	MUST(same(m->to.uri.user, sip->to->url->username));
	osip_from_get_tag(sip->from, &tag);
	MUST(tag != NULL && same(m->from.tag, tag->gvalue));
	MUST(osip_message_get_via(sip, 0, &via) == 0);
	osip_via_param_get_byname(via, (char *)"branch", &branch);
	MUST(branch != NULL && same(m->via.branch, branch->gvalue));
	MUST(osip_list_size(&sip->vias) == 1);
	osip_message_get_body(sip, 0, &body);
	MUST((body != NULL ? body->length : 0) == m->body.len);
	MUST(m->body.len == 0 || memcmp(body->body, m->body.p, m->body.len) == 0);
	osip_message_free(sip);
}

static void sofia_reads(const struct sip_message *m, struct slice out)
{
	struct sofia_view v;

	MUST(sofia_read(&v, out.p, out.len) == 1);
	MUST(same(m->method_text, v.method));
	MUST(same(m->uri.user, v.uri_user) && same(m->uri.host, v.uri_host));
	MUST(same(m->call_id, v.call_id) && v.cseq == m->cseq.number);
	MUST(same(m->cseq.method_text, v.cseq_method));
	MUST(same(m->from.uri.user, v.from_user) && same(m->from.uri.host, v.from_host));
	MUST(same(m->from.tag, v.from_tag) && same(m->to.tag, v.to_tag));
	MUST(same(m->to.uri.user, v.to_user));
	MUST(same(m->via.branch, v.branch) && v.vias == 1);
	MUST(v.body_len == m->body.len);
	sofia_done(&v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool ready;
	struct slice out;

	if (!ready)
		ready = parser_init() == 0;
	if (size > SIP_MESSAGE_MAX / 2 ||
	    sip_message_parse(&first, slice_of(data, size), SIP_DATAGRAM) != TG_OK ||
	    sip_message_check(&first) != TG_OK || !comparable(&first))
		return 0;
	out = rebuild(&first);
	osip_reads(&first, out);
	sofia_reads(&first, out);
	return 0;
}
