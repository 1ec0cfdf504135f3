/* What message.c and message_check.c share. */
#ifndef TG_SIP_MESSAGE_PRIV_H
#define TG_SIP_MESSAGE_PRIV_H

#include "sip/message.h"

/**
 * Note why the message is refused, unless an earlier reason stands; responses are never answered.
 */
void sip_fault_set(struct sip_message *m, const char *at, unsigned status, const char *rule);

/** True when the message at `in` starts as a response does: "SIP/" in any case. */
bool sip_start_line_is_status(struct slice in);

/** Parse the start line, without its CRLF, into `m`; m->request is set.  Faults are noted there. */
void sip_start_line_parse(struct sip_message *m, struct slice line);

#endif
