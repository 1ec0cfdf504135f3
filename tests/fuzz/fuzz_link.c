/*
 * Messages of another process: nothing behind the claimed length is read, and of what is accepted
 * every text and body lies within it.
 */
#include "fuzz.h"
#include "link/msg.h"

static void inside(const struct link_msg *msg, struct slice s)
{
	MUST(fuzz_inside(s, slice_of(msg, msg->head.len)));
}

static void look_at_body(const struct link_msg *msg)
{
	switch (msg->head.type) {
	case LINK_CTL_ASK:
	case LINK_CTL_REPLY:
	case LINK_STRAY:
		inside(msg, link_body(msg));
		break;
	case LINK_SIGN_REPLY:
		inside(msg, slice_of(msg->sign_reply.value, msg->sign_reply.value_len));
		break;
	case LINK_DIALOG_SAVE:
	case LINK_DIALOG_ORPHAN:
		inside(msg, slice_of(msg->dialog.route, msg->dialog.route_len));
		inside(msg, link_long(&msg->dialog.target));
		break;
	case LINK_CALL_ASK:
		inside(msg, link_long(&msg->call_ask.digest.uri));
		inside(msg, link_text(&msg->call_ask.sip_call_id));
		MUST(msg->call_ask.flow.proto <= TG_PROTO_TLS);
		break;
	case LINK_RESOLVE_REPLY:
	case LINK_NETWORK_FOUND:
		MUST(msg->resolve_reply.count <= LINK_ADDRS_MAX);
		break;
	default:
		if (msg->head.type >= LINK_LEG_INVITE && msg->head.type <= LINK_LEG_REJECT)
			inside(msg, link_body(msg));
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct link_head head;
	struct link_msg *msg;
	const char *why = NULL;

	if (size < sizeof(head))
		return 0;
	memcpy(&head, data, sizeof(head));
	if (head.len < sizeof(head) || head.len > sizeof(*msg))
		return 0; /* what the bus hands on has a head, and a length that came with it */
	msg = calloc(1, head.len); /* exactly, so that a sanitizer sees what is read behind */
	if (msg == NULL)
		return 0;
	memcpy(msg, data, TG_MIN(size, head.len));
	if (link_msg_check(msg, &why) == TG_OK) {
		MUST(link_type_name((enum link_type)msg->head.type)[0] != '?');
		look_at_body(msg);
	} else {
		MUST(why != NULL);
	}
	free(msg);
	return 0;
}
