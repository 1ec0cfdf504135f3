/* What message.c and message_check.c share. */
#ifndef TG_SIP_MESSAGE_PRIV_H
#define TG_SIP_MESSAGE_PRIV_H

#include "sip/message.h"

/**
 * Note why the message is refused, unless an earlier reason stands; responses are never answered.
 */
void sip_fault_set(struct sip_message *m, const char *at, unsigned status, const char *rule);

#endif
