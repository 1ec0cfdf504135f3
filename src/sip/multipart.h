/* The SDP of a message body: the body itself or one part of it (RFC 5621, RFC 2046 §5.1). */
#ifndef TG_SIP_MULTIPART_H
#define TG_SIP_MULTIPART_H

#include "base/slice.h"

enum {
	SIP_MULTIPART_PARTS_MAX = 8,     /* parts of one body */
	SIP_MULTIPART_HEADERS_MAX = 16,  /* header lines of one part */
	SIP_MULTIPART_HEAD_MAX = 2048,   /* octets of the headers of one part */
	SIP_MULTIPART_BOUNDARY_MAX = 70  /* RFC 2046 §5.1.1 */
};

/**
 * Find the session description of a body.  One pass, no recursion, never allocates (A16).
 *
 * out           the SDP text; set only on TG_OK; lives as long as `body`
 * content_type  value of the Content-Type header, "application/sdp" or "multipart/mixed;boundary=…"
 * body          body octets; not empty
 * why           optional; static text, set when the answer is not TG_OK
 *
 * TG_ENOENT  there is no SDP in it; no other type is required of us, so the caller decides
 * TG_EBAD    broken: no or odd boundary, no closing boundary, two SDP parts, an encoded SDP part,
 *            a multipart inside the multipart
 * TG_ELIMIT  a cap above
 * TG_EDENIED a part that we do not know says handling=required (RFC 3204 §4): answer 415
 */
TG_MUST_USE enum tg_err sip_multipart_sdp(struct slice *out, struct slice content_type,
                                          struct slice body, const char **why);

/**
 * A parameter of a header value such as Content-Type or Content-Disposition.
 *
 * value  without quotes when it was quoted; set only on TG_OK
 *
 * TG_ENOENT  not there
 * TG_EBAD    the parameters are malformed, or it stands there twice
 */
TG_MUST_USE enum tg_err sip_mime_param(struct slice *value, struct slice header,
                                       struct slice name);

#endif
