/* SIP status codes and their reason phrases (RFC 3261 §21 and the IANA registry). */
#ifndef TG_SIP_STATUS_H
#define TG_SIP_STATUS_H

#include "base/slice.h"

/**
 * Reason phrase of a status code, "Unknown" class text for codes that the table does not have.
 *
 * status  any value; 100..699 are answered by class when unknown
 *
 * Never empty; static memory.  Any thread.
 */
struct slice sip_status_reason(unsigned status);

#endif
