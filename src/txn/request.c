/* The two requests that belong to an INVITE's transaction: ACK of a refusal and CANCEL. */
#include "txn/layer_priv.h"

#include "sip/writer.h"

enum tg_err txn_request_write(struct buf *b, struct sip_message *scratch, struct slice invite,
                              const struct sip_message *refusal)
{
	struct slice method = sip_method_name(refusal != NULL ? SIP_ACK : SIP_CANCEL);
	const struct sip_message *to = refusal != NULL ? refusal : scratch;
	const struct sip_header *route;

	if (sip_message_parse(scratch, invite, SIP_DATAGRAM) != TG_OK ||
	    (scratch->has & SIP_HAS_DIALOG) != SIP_HAS_DIALOG)
		return TG_EBAD;
	sip_write_request(b, method, scratch->uri.text);
	/* One Via, equal to the INVITE's top one: the same branch (§17.1.1.3, §9.1). */
	sip_write_header(b, SIP_HDR_VIA, scratch->via.text);
	route = sip_message_header(scratch, SIP_HDR_ROUTE);
	for (; route != NULL; route = sip_message_next(scratch, route))
		sip_write_header(b, SIP_HDR_ROUTE, route->value);
	sip_write_number(b, SIP_HDR_MAX_FORWARDS, 70);
	sip_write_header(b, SIP_HDR_FROM, sip_message_value(scratch, SIP_HDR_FROM));
	sip_write_header(b, SIP_HDR_TO, sip_message_value(to, SIP_HDR_TO));
	sip_write_header(b, SIP_HDR_CALL_ID, scratch->call_id);
	sip_write_cseq(b, scratch->cseq.number, method);
	sip_write_body(b, (struct slice){ NULL, 0 }, (struct slice){ NULL, 0 });
	return TG_OK;
}
