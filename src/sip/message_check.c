/*
 * What any user agent must refuse.
 *
 * RFC:  RFC 3261 §8.1.1 and §8.2, §7.3.1 (one value), §20; the verdicts of RFC 4475.
 * OURS: the branch must be unique, so the bare cookie is refused (RFC 4475 §3.2.1); a request
 * without
 *       any branch, From tag or Max-Forwards passes (RFC 2543 peers, RFC 4475 §3.4.1).
 */
#include "sip/chars_priv.h"
#include "sip/message.h"
#include "sip/message_priv.h"

static bool has_all(struct sip_message *m)
{
	static const struct {
		enum sip_hdr id;
		const char *rule;
	} needed[] = {
		{ SIP_HDR_VIA, "no Via" },
		{ SIP_HDR_FROM, "no From" },
		{ SIP_HDR_TO, "no To" },
		{ SIP_HDR_CALL_ID, "no Call-ID" },
		{ SIP_HDR_CSEQ, "no CSeq" },
	};

	for (size_t i = 0; i < COUNT(needed); i++) {
		if (m->first[needed[i].id] == SIP_NO_HEADER) {
			sip_fault_set(m, m->text.p, 400, needed[i].rule);
			return false;
		}
	}
	return true;
}

/** Vias below the top one: echoed in the answer, so they must be some. */
static bool vias_ok(struct sip_message *m)
{
	const struct sip_header *h = sip_message_header(m, SIP_HDR_VIA);
	struct slice rest = m->more_vias;
	unsigned count = 1;

	for (;;) {
		struct sip_via via;
		const char *at = rest.p;
		enum tg_err err = sip_via_next(&rest, &via);

		if (err == TG_EBAD || ++count > SIP_VIAS_MAX + 1) {
			sip_fault_set(m, at, 400, err == TG_EBAD ? "Via" : "more than 70 Vias");
			return false;
		}
		if (err == TG_OK)
			continue;
		count--;
		h = sip_message_next(m, h);
		if (h == NULL)
			return true;
		rest = h->value;
	}
}

/** Every value of an address header; `sip_only`: the next hop must be one that SIP can reach. */
static bool addresses_ok(struct sip_message *m, enum sip_hdr id, const char *rule)
{
	struct sip_each each = sip_each_of(m, id);
	struct sip_addr addr;
	bool star = false;
	unsigned count = 0;
	enum tg_err err;

	while ((err = sip_each_addr(&each, &addr)) == TG_OK) {
		count++;
		star = star || addr.star;
	}
	if (err == TG_ENOENT && !(star && (count > 1 || id != SIP_HDR_CONTACT ||
	                                   m->method != SIP_REGISTER)))
		return true;
	sip_fault_set(m, sip_message_header(m, id)->value.p, 400, rule);
	return false;
}

static bool lists_ok(struct sip_message *m)
{
	static const struct {
		enum sip_hdr id;
		const char *rule;
	} lists[] = {
		{ SIP_HDR_CONTACT, "Contact" },
		{ SIP_HDR_ROUTE, "Route" },
		{ SIP_HDR_RECORD_ROUTE, "Record-Route" },
	};

	for (size_t i = 0; i < COUNT(lists); i++) {
		if (m->first[lists[i].id] != SIP_NO_HEADER &&
		    !addresses_ok(m, lists[i].id, lists[i].rule))
			return false;
	}
	return true;
}

static bool request_ok(struct sip_message *m)
{
	const char *cseq = m->cseq.method_text.p;

	if (!slice_eq(m->cseq.method_text, m->method_text)) {
		/* mismatch02: of an unknown method we say so, whatever CSeq holds */
		sip_fault_set(m, cseq, m->method == SIP_METHOD_OTHER ? 501 : 400,
		              "CSeq names another method");
		return false;
	}
	if (m->uri.kind == SIP_URI_OTHER) {
		sip_fault_set(m, m->uri.text.p, 416, "scheme of the Request-URI"); /* §8.2.2.1 */
		return false;
	}
	if (!m->via.version_ok) {
		sip_fault_set(m, m->via.text.p, 400, "protocol of the top Via");
		return false;
	}
	if (m->via.branch.p != NULL && !sip_via_has_cookie(&m->via) &&
	    slice_ieq(m->via.branch, SLICE("z9hG4bK"))) {
		sip_fault_set(m, m->via.branch.p, 400, "branch is the bare cookie");
		return false;
	}
	if (m->method == SIP_REGISTER && m->to.uri.kind != SIP_URI_SIP &&
	    m->to.uri.kind != SIP_URI_SIPS) {
		/* §10.2 */
		sip_fault_set(m, m->to.uri.text.p, 400, "To of a REGISTER is no SIP URI");
		return false;
	}
	return true;
}

enum tg_err sip_message_check(struct sip_message *m)
{
	if (!has_all(m))
		return TG_EBAD;
	if (m->doubled != 0) {
		sip_fault_set(m, m->headers[m->last[m->doubled]].name.p, 400,
		              "second value of a header that has one");
		return TG_EBAD;
	}
	if (m->request && !request_ok(m))
		return TG_EBAD;
	return vias_ok(m) && lists_ok(m) ? TG_OK : TG_EBAD;
}

bool sip_message_answerable(const struct sip_message *m)
{
	return m->request && m->method_text.len > 0 && m->method != SIP_ACK &&
	       (m->has & SIP_HAS_VIA) != 0 && m->first[SIP_HDR_FROM] != SIP_NO_HEADER &&
	       m->first[SIP_HDR_TO] != SIP_NO_HEADER &&
	       m->first[SIP_HDR_CALL_ID] != SIP_NO_HEADER &&
	       m->first[SIP_HDR_CSEQ] != SIP_NO_HEADER;
}
