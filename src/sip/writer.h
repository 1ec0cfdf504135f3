/*
 * Writes SIP messages into a buf, header by header.
 *
 * One message: a start line, headers in any order, then sip_write_body(), which ends it.  Too
 * little room sets b->full and the message is not sent.
 *
 * OURS: no value can start a new line.  In text values (sip_write_header, display names) each fold
 * becomes one SP and every other control octet is left out.  In a URI, a token or a parameter such
 * an octet, a blank, '<', '>' or '"' refuses the message: b->full is set.
 */
#ifndef TG_SIP_WRITER_H
#define TG_SIP_WRITER_H

#include "sip/message.h"

/** "METHOD uri SIP/2.0". */
void sip_write_request(struct buf *b, struct slice method, struct slice uri);

/** "SIP/2.0 status reason"; reason with p == NULL: the usual phrase. */
void sip_write_status(struct buf *b, unsigned status, struct slice reason);

/** "Name: value". */
void sip_write_header(struct buf *b, enum sip_hdr id, struct slice value);

/** The same for a header without an id; a name that is no token refuses the message. */
void sip_write_named(struct buf *b, struct slice name, struct slice value);

/** "Name: number". */
void sip_write_number(struct buf *b, enum sip_hdr id, uint64_t value);

/**
 * "Via: SIP/2.0/UDP host:port;branch=…;rport".
 *
 * sent_by  our address as the peer shall see it
 * rport    ask for it (RFC 3581); we always do on UDP
 */
void sip_write_via(struct buf *b, enum tg_proto proto, const struct tg_addr *sent_by,
                   struct slice branch, bool rport);

/** What an address header is written from; what has p == NULL is left out. */
struct sip_write_addr {
	struct slice display; /* plain text as from sip_display_text(); written quoted */
	struct slice uri;     /* written in <> */
	struct slice tag;
	struct slice params;  /* further parameters with their leading ';' */
};

/** "From: "display" <uri>;tag=…": From, To, Contact, Record-Route, P-Asserted-Identity … */
void sip_write_addr(struct buf *b, enum sip_hdr id, const struct sip_write_addr *addr);

/** "CSeq: number METHOD". */
void sip_write_cseq(struct buf *b, uint32_t number, struct slice method);

/**
 * Append a quoted string with its quotes: '"' and '\' escaped, control octets left out, octets that
 * are not UTF-8 as '?'.
 */
void sip_write_quoted(struct buf *b, struct slice text);

/**
 * Content-Type when there is a body, Content-Length, the empty line and the body: the last call.
 *
 * type  p == NULL with an empty body
 */
void sip_write_body(struct buf *b, struct slice type, struct slice body);

/** What a response takes besides its request. */
struct sip_response {
	unsigned status;            /* 100..699 */
	struct slice reason;        /* p == NULL: the usual phrase */
	/* added when the request's To has none; p == NULL: not added (100) */
	struct slice to_tag;
	/* where the request came from: received and rport (RFC 3581 §4) */
	const struct tg_addr *source;
	bool record_route;          /* copy Record-Route (RFC 3261 §12.1.1) */
};

/**
 * Start of a response to `req`: status line, every Via (the top one with received and rport of the
 * source, whatever the peer wrote there), From, To, Call-ID, CSeq, and Timestamp in a 100
 * (§8.2.6.1).  The values are echoed as they came, unfolded.  Further headers and sip_write_body()
 * follow.
 *
 * req  parsed, or refused but sip_message_answerable()
 */
void sip_write_response(struct buf *b, const struct sip_message *req,
                        const struct sip_response *response);

/** sip_write_response() and an empty body: a complete refusal. */
void sip_write_refusal(struct buf *b, const struct sip_message *req,
                       const struct sip_response *response);

#endif
