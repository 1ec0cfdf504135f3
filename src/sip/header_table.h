/*
 * The headers that tollgate knows by number, from one table.
 *
 * sip_hdr_of() finds them by a hash of length, first, middle (at length / 2) and last letter; each
 * row repeats these letters because C wants constants there.  Two rows with the same hash do not
 * compile (-Woverride-init), and header_test.c compares the letters with the names.
 */
#ifndef TG_SIP_HEADER_TABLE_H
#define TG_SIP_HEADER_TABLE_H

#include <stdbool.h>

/*
 * id, name, its letters in lower case, and whether a second one is refused (SINGLE: RFC 3261 §7.3.1
 * and table 2, RFC of the header).
 */
#define SIP_HDR_TABLE(X) \
	X(VIA, "Via", 'v', 'i', 'a', MANY)                                                  \
	X(FROM, "From", 'f', 'o', 'm', SINGLE)                                              \
	X(TO, "To", 't', 'o', 'o', SINGLE)                                                  \
	X(CALL_ID, "Call-ID", 'c', 'l', 'd', SINGLE)                                        \
	X(CSEQ, "CSeq", 'c', 'e', 'q', SINGLE)                                              \
	X(MAX_FORWARDS, "Max-Forwards", 'm', 'r', 's', SINGLE)                              \
	X(CONTENT_LENGTH, "Content-Length", 'c', '-', 'h', SINGLE)                          \
	X(CONTENT_TYPE, "Content-Type", 'c', 't', 'e', SINGLE)                              \
	X(CONTACT, "Contact", 'c', 't', 't', MANY)                                          \
	X(ROUTE, "Route", 'r', 'u', 'e', MANY)                                              \
	X(RECORD_ROUTE, "Record-Route", 'r', '-', 'e', MANY)                                \
	X(EXPIRES, "Expires", 'e', 'i', 's', SINGLE)                                        \
	X(REQUIRE, "Require", 'r', 'u', 'e', MANY)                                          \
	X(PROXY_REQUIRE, "Proxy-Require", 'p', 'r', 'e', MANY)                              \
	X(SUPPORTED, "Supported", 's', 'o', 'd', MANY)                                      \
	X(UNSUPPORTED, "Unsupported", 'u', 'p', 'd', MANY)                                  \
	X(ALLOW, "Allow", 'a', 'l', 'w', MANY)                                              \
	X(ACCEPT, "Accept", 'a', 'e', 't', MANY)                                            \
	X(ACCEPT_ENCODING, "Accept-Encoding", 'a', 'e', 'g', MANY)                          \
	X(ACCEPT_LANGUAGE, "Accept-Language", 'a', 'l', 'e', MANY)                          \
	X(AUTHORIZATION, "Authorization", 'a', 'i', 'n', MANY)                              \
	X(PROXY_AUTHORIZATION, "Proxy-Authorization", 'p', 'h', 'n', MANY)                  \
	X(WWW_AUTHENTICATE, "WWW-Authenticate", 'w', 'e', 'e', MANY)                        \
	X(PROXY_AUTHENTICATE, "Proxy-Authenticate", 'p', 'h', 'e', MANY)                    \
	X(AUTHENTICATION_INFO, "Authentication-Info", 'a', 'a', 'o', SINGLE)                \
	X(USER_AGENT, "User-Agent", 'u', 'a', 't', SINGLE)                                  \
	X(SERVER, "Server", 's', 'v', 'r', SINGLE)                                          \
	X(DATE, "Date", 'd', 't', 'e', SINGLE)                                              \
	X(TIMESTAMP, "Timestamp", 't', 's', 'p', SINGLE)                                    \
	X(RETRY_AFTER, "Retry-After", 'r', '-', 'r', SINGLE)                                \
	X(MIN_EXPIRES, "Min-Expires", 'm', 'x', 's', SINGLE)                                \
	X(SESSION_EXPIRES, "Session-Expires", 's', '-', 's', SINGLE)                        \
	X(MIN_SE, "Min-SE", 'm', '-', 'e', SINGLE)                                          \
	X(RSEQ, "RSeq", 'r', 'e', 'q', SINGLE)                                              \
	X(RACK, "RAck", 'r', 'c', 'k', SINGLE)                                              \
	X(REFER_TO, "Refer-To", 'r', 'r', 'o', SINGLE)                                      \
	X(REFERRED_BY, "Referred-By", 'r', 'r', 'y', SINGLE)                                \
	X(REPLACES, "Replaces", 'r', 'a', 's', SINGLE)                                      \
	X(JOIN, "Join", 'j', 'i', 'n', SINGLE)                                              \
	X(TARGET_DIALOG, "Target-Dialog", 't', '-', 'g', SINGLE)                            \
	X(EVENT, "Event", 'e', 'e', 't', SINGLE)                                            \
	X(ALLOW_EVENTS, "Allow-Events", 'a', 'e', 's', MANY)                                \
	X(SUBSCRIPTION_STATE, "Subscription-State", 's', 'i', 'e', SINGLE)                  \
	X(P_ASSERTED_IDENTITY, "P-Asserted-Identity", 'p', 'd', 'y', MANY)                  \
	X(P_PREFERRED_IDENTITY, "P-Preferred-Identity", 'p', 'd', 'y', MANY)                \
	X(REMOTE_PARTY_ID, "Remote-Party-ID", 'r', 'p', 'd', MANY)                          \
	X(PRIVACY, "Privacy", 'p', 'v', 'y', MANY)                                          \
	X(DIVERSION, "Diversion", 'd', 'r', 'n', MANY)                                      \
	X(HISTORY_INFO, "History-Info", 'h', 'y', 'o', MANY)                                \
	X(SUBJECT, "Subject", 's', 'j', 't', SINGLE)                                        \
	X(WARNING, "Warning", 'w', 'n', 'g', MANY)                                          \
	X(REASON, "Reason", 'r', 's', 'n', MANY)                                            \
	X(CONTENT_ENCODING, "Content-Encoding", 'c', 'e', 'g', MANY)                        \
	X(CONTENT_DISPOSITION, "Content-Disposition", 'c', 'i', 'n', SINGLE)                \
	X(CONTENT_LANGUAGE, "Content-Language", 'c', 'l', 'e', MANY)                        \
	X(MIME_VERSION, "MIME-Version", 'm', 'e', 'n', SINGLE)                              \
	X(ALERT_INFO, "Alert-Info", 'a', '-', 'o', MANY)                                    \
	X(CALL_INFO, "Call-Info", 'c', '-', 'o', MANY)                                      \
	X(ERROR_INFO, "Error-Info", 'e', '-', 'o', MANY)                                    \
	X(IN_REPLY_TO, "In-Reply-To", 'i', 'p', 'o', MANY)                                  \
	X(ORGANIZATION, "Organization", 'o', 'z', 'n', SINGLE)                              \
	X(PRIORITY, "Priority", 'p', 'r', 'y', SINGLE)                                      \
	X(REPLY_TO, "Reply-To", 'r', 'y', 'o', SINGLE)                                      \
	X(PATH, "Path", 'p', 't', 'h', MANY)                                                \
	X(SERVICE_ROUTE, "Service-Route", 's', 'e', 'e', MANY)                              \
	X(IDENTITY, "Identity", 'i', 't', 'y', MANY)                                        \
	X(SIP_ETAG, "SIP-ETag", 's', 'e', 'g', SINGLE)                                      \
	X(SIP_IF_MATCH, "SIP-If-Match", 's', '-', 'h', SINGLE)                              \
	X(FLOW_TIMER, "Flow-Timer", 'f', 't', 'r', SINGLE)                                  \
	X(ACCEPT_CONTACT, "Accept-Contact", 'a', 'c', 't', MANY)                            \
	X(REJECT_CONTACT, "Reject-Contact", 'r', 'c', 't', MANY)                            \
	X(REQUEST_DISPOSITION, "Request-Disposition", 'r', 'i', 'n', MANY)                  \
	X(MAX_BREADTH, "Max-Breadth", 'm', 'r', 'h', SINGLE)                                \
	X(INFO_PACKAGE, "Info-Package", 'i', 'a', 'e', SINGLE)                              \
	X(RECV_INFO, "Recv-Info", 'r', '-', 'o', MANY)

/* Compact forms (RFC 3261 §7.3.3 and the IANA registry). */
#define SIP_HDR_COMPACT_TABLE(X) \
	X(VIA, 'v')                             \
	X(FROM, 'f')                            \
	X(TO, 't')                              \
	X(CALL_ID, 'i')                         \
	X(CONTENT_LENGTH, 'l')                  \
	X(CONTENT_TYPE, 'c')                    \
	X(CONTACT, 'm')                         \
	X(SUPPORTED, 'k')                       \
	X(SESSION_EXPIRES, 'x')                 \
	X(REFER_TO, 'r')                        \
	X(REFERRED_BY, 'b')                     \
	X(EVENT, 'o')                           \
	X(ALLOW_EVENTS, 'u')                    \
	X(SUBJECT, 's')                         \
	X(CONTENT_ENCODING, 'e')                \
	X(IDENTITY, 'y')                        \
	X(ACCEPT_CONTACT, 'a')                  \
	X(REJECT_CONTACT, 'j')                  \
	X(REQUEST_DISPOSITION, 'd')

/* Slot of a name in the look-up table; the factors make it free of collisions. */
#define SIP_HDR_HASH(len, first, mid, last) \
	(((unsigned)(len) * 234u + (unsigned)(first) * 362u + (unsigned)(mid) * 133u + \
	  (unsigned)(last) * 478u) & 511u)

enum sip_hdr {
	SIP_HDR_OTHER, /* not in the table */
#define X(id, name, first, mid, last, single) SIP_HDR_##id,
	SIP_HDR_TABLE(X)
#undef X
	SIP_HDRS
};

#endif
