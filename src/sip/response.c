/* Responses: what they echo of their request (RFC 3261 §8.2.6, RFC 3581 §4). */
#include "sip/chars_priv.h"
#include "sip/writer.h"

/**
 * The value as it came, with each fold as one SP.  Control octets in quoted-pairs stay, since the
 * peer compares what it gets back; of a value that was refused they are left out.
 */
static void put_echo(struct buf *b, const struct sip_header *h, struct slice value)
{
	const char *p = value.p, *end = ch_end(value);

	while (p < end) {
		const char *stop = ch_find_control(p, end);

		buf_put(b, ch_slice(p, stop));
		p = stop;
		if (p == end)
			break;
		if (h->folded && ch_is(*p, CH_LWS) && *p != '\t') {
			p = ch_skip_lws(p, end);
			buf_chr(b, ' ');
			continue;
		}
		if (*p == '\t' || (h->escaped_ctl && *p != '\r' && *p != '\n'))
			buf_chr(b, *p);
		p++;
	}
}

static void echo(struct buf *b, enum sip_hdr id, const struct sip_header *h)
{
	if (h == NULL)
		return;
	buf_put(b, sip_hdr_name(id));
	buf_lit(b, ": ");
	put_echo(b, h, h->value);
	buf_lit(b, "\r\n");
}

/** The top Via with our received and rport in place of those that the peer wrote. */
static void put_top_via(struct buf *b, const struct sip_header *h, const struct sip_via *via,
                        const struct tg_addr *source)
{
	struct slice params = via->params;
	struct sip_param param;
	char text[64];
	struct buf ip = buf_on(text, sizeof(text));

	buf_lit(b, "SIP/2.0/");
	buf_put(b, via->transport);
	buf_chr(b, ' ');
	if (via->host_is_v6)
		buf_chr(b, '[');
	buf_put(b, via->host);
	if (via->host_is_v6)
		buf_chr(b, ']');
	if (via->port != 0) {
		buf_chr(b, ':');
		buf_u64(b, via->port);
	}
	while (sip_param_next(&params, &param) == TG_OK) {
		if (slice_ieq(param.name, SLICE("received")) ||
		    slice_ieq(param.name, SLICE("rport")))
			continue;
		buf_chr(b, ';');
		buf_put(b, param.name);
		if (param.value.p != NULL) {
			buf_chr(b, '=');
			put_echo(b, h, param.value);
		}
	}
	tg_addr_write_ip(&ip, source);
	if (via->has_rport || !slice_eq(buf_slice(&ip), via->host)) {
		buf_lit(b, ";received=");
		buf_put(b, buf_slice(&ip));
	}
	if (via->has_rport) {
		buf_lit(b, ";rport=");
		buf_u64(b, source->port);
	}
	buf_lit(b, "\r\n");
}

static void put_vias(struct buf *b, const struct sip_message *req, const struct tg_addr *source)
{
	const struct sip_header *h = sip_message_header(req, SIP_HDR_VIA);

	if (h == NULL)
		return;
	if (source != NULL && (req->has & SIP_HAS_VIA) != 0 && !req->via.broken &&
	    req->via.version_ok) {
		buf_lit(b, "Via: ");
		put_top_via(b, h, &req->via, source);
		if (req->more_vias.len > 0) {
			buf_lit(b, "Via: ");
			put_echo(b, h, req->more_vias);
			buf_lit(b, "\r\n");
		}
		h = sip_message_next(req, h);
	}
	for (; h != NULL; h = sip_message_next(req, h))
		echo(b, SIP_HDR_VIA, h);
}

void sip_write_response(struct buf *b, const struct sip_message *req,
                        const struct sip_response *response)
{
	const struct sip_header *to = sip_message_header(req, SIP_HDR_TO);

	sip_write_status(b, response->status, response->reason);
	put_vias(b, req, response->source);
	if (response->record_route) {
		const struct sip_header *h = sip_message_header(req, SIP_HDR_RECORD_ROUTE);

		for (; h != NULL; h = sip_message_next(req, h))
			echo(b, SIP_HDR_RECORD_ROUTE, h);
	}
	echo(b, SIP_HDR_FROM, sip_message_header(req, SIP_HDR_FROM));
	if (to != NULL) {
		buf_lit(b, "To: ");
		put_echo(b, to, to->value);
		if (response->to_tag.p != NULL && (req->has & SIP_HAS_TO) != 0 &&
		    req->to.tag.p == NULL) {
			buf_lit(b, ";tag=");
			buf_put(b, response->to_tag);
		}
		buf_lit(b, "\r\n");
	}
	echo(b, SIP_HDR_CALL_ID, sip_message_header(req, SIP_HDR_CALL_ID));
	echo(b, SIP_HDR_CSEQ, sip_message_header(req, SIP_HDR_CSEQ));
	if (response->status == 100) /* §8.2.6.1 */
		echo(b, SIP_HDR_TIMESTAMP, sip_message_header(req, SIP_HDR_TIMESTAMP));
}

void sip_write_refusal(struct buf *b, const struct sip_message *req,
                       const struct sip_response *response)
{
	sip_write_response(b, req, response);
	sip_write_body(b, (struct slice){ NULL, 0 }, (struct slice){ NULL, 0 });
}
