/*
 * One SIP message, read once, without a copy.
 *
 * A message on its way through:
 *
 *   datagram ─▶ sip_message_parse()   frames it, indexes headers, parses what every message needs
 *            ─▶ sip_message_check()   refuses what no user agent may accept (400, 416, 501, 505)
 *            ─▶ the role looks at method, Require, Content-Type … and at lists, by sip_each_of()
 *            ─▶ sip/writer.h          writes the answer, or a new message from the values
 *
 * There is one reading: whoever wants a field takes it from here, nobody searches the text again.
 * Slices point into the input; values of several lines keep their folds, which every parser of
 * sip/header.h takes as white space and every writer turns into one SP (RFC 3261 §7.3.1).
 *
 * RFC 3261 §7, §18.3, §25; limits are OURS and stand below (A15).
 */
#ifndef TG_SIP_MESSAGE_H
#define TG_SIP_MESSAGE_H

#include "sip/header.h"

enum {
	SIP_MESSAGE_MAX = 65535, /* octets of a message */
	SIP_HEADERS_MAX = 128,   /* header fields */
	/* octets of the start line, and of one header field with its folds */
	SIP_LINE_MAX = 8192,
	SIP_VIAS_MAX = 70        /* Via values: as many hops as the usual Max-Forwards allows */
};

/** One header field. */
struct sip_header {
	struct slice name;  /* as written, without white space before the colon (A5) */
	struct slice value; /* trimmed; folds inside are kept */
	uint8_t id;         /* enum sip_hdr */
	/* index of the next header of the same known id; SIP_NO_HEADER = last */
	uint8_t next;
	bool folded;        /* the value holds CRLF + white space */
	bool escaped_ctl;   /* a quoted-pair holds a control octet (RFC 4475 §3.1.1.2) */
};

#define SIP_NO_HEADER 0xff

/** Why a message was refused.  `rule` is static text, fit for logs and a Reason phrase. */
struct sip_fault {
	const char *rule;  /* NULL = none */
	/* of the octet, line or value that broke it, from the start of the input */
	uint32_t offset;
	uint16_t status;   /* what a request should be answered with; 0 = never answer */
};

/* Which eager fields are usable. */
enum {
	SIP_HAS_VIA = 1,
	SIP_HAS_FROM = 2,
	SIP_HAS_TO = 4,
	SIP_HAS_CALL_ID = 8,
	SIP_HAS_CSEQ = 16,
	SIP_HAS_MAX_FORWARDS = 32,
	SIP_HAS_CONTENT_LENGTH = 64,
	SIP_HAS_EXPIRES = 128,
	SIP_HAS_DIALOG = SIP_HAS_VIA | SIP_HAS_FROM | SIP_HAS_TO | SIP_HAS_CALL_ID | SIP_HAS_CSEQ
};

/** About 5.5 KB, most of it untouched for a usual message; keep one per worker and reuse it. */
struct sip_message {
	struct slice input;       /* what was handed in */
	/* what of it belongs to the message: start line to end of the body */
	struct slice text;
	struct slice body;
	struct sip_fault fault;   /* set with TG_EBAD */
	/* with TG_EMORE: octets of the whole message, 0 = not known yet */
	size_t need;

	bool request;
	uint8_t method;           /* enum sip_method; of responses: that of CSeq */
	uint16_t status;          /* of responses, 100..699 */
	struct slice method_text; /* of requests */
	struct slice reason;      /* of responses; may be empty */
	struct sip_uri uri;       /* Request-URI; kind SIP_URI_NONE when it is broken */

	uint16_t has;             /* SIP_HAS_* */
	struct sip_via via;       /* the top one */
	struct sip_addr from, to;
	struct slice call_id;
	struct sip_cseq cseq;
	uint32_t max_forwards;    /* 0..255; larger ones count as 255 */
	/* seconds; saturates (RFC 4475 §3.1.2.4); broken = absent (§20.19) */
	uint32_t expires;
	uint32_t content_length;
	struct slice more_vias;   /* Vias behind the top one in the same header field */

	uint8_t doubled;          /* enum sip_hdr of a second single-value header; 0 = none (A10) */
	uint8_t header_count;
	uint8_t first[SIP_HDRS];  /* index of the first header of an id; SIP_NO_HEADER = none */
	uint8_t last[SIP_HDRS];   /* and of the last; meaningful only when there is a first */
	struct sip_header headers[SIP_HEADERS_MAX]; /* the first header_count are set */
};

enum sip_framing {
	SIP_DATAGRAM, /* `in` is one datagram: octets behind Content-Length are ignored (§18.3) */
	SIP_STREAM    /* `in` is the start of a stream at a message border */
};

/**
 * Read one message.
 *
 * m    overwritten; its slices live as long as `in`; no field of it needs to be set before
 * in   at most SIP_MESSAGE_MAX octets count; CRLFs before the start line are skipped (§7.5)
 *
 * TG_OK     m is filled; m->text and m->body say what belongs to it
 * TG_EMORE  SIP_STREAM only: a prefix; m->need set once Content-Length is known, nothing else is
 * TG_EBAD   m->fault says where and why.  Fields named by m->has are usable, and
 *           sip_message_answerable() tells whether a refusal can be sent.  With SIP_STREAM the
 *           border of the next message is known only if m->text.p != NULL, else close after the
 *           refusal.
 *
 * Linear in `in`; never allocates; any thread.
 */
TG_MUST_USE enum tg_err sip_message_parse(struct sip_message *m, struct slice in,
                                          enum sip_framing framing);

/**
 * Refuse what any user agent must: missing or doubled headers (A10), CSeq of another method, broken
 * Contact, Route and Record-Route, a Request-URI of unknown scheme (416), an unusable branch.
 * An unknown method (501, 405), Require (420) and bodies (415) are the role's to judge.
 *
 * m    as filled with TG_OK by sip_message_parse()
 *
 * TG_EBAD  m->fault is set
 */
TG_MUST_USE enum tg_err sip_message_check(struct sip_message *m);

/**
 * A request, not an ACK, with a Via that says where the answer goes, and with From, To, Call-ID and
 * CSeq to echo (they may be what is wrong).
 */
bool sip_message_answerable(const struct sip_message *m);

/** First header of the id, or NULL. */
static inline const struct sip_header *sip_message_header(const struct sip_message *m,
                                                          enum sip_hdr id)
{
	return m->first[id] != SIP_NO_HEADER ? &m->headers[m->first[id]] : NULL;
}

/** Next header of the same id behind `h`, or NULL. */
static inline const struct sip_header *sip_message_next(const struct sip_message *m,
                                                        const struct sip_header *h)
{
	return h->next != SIP_NO_HEADER ? &m->headers[h->next] : NULL;
}

/** Value of the first header of the id; p == NULL without one. */
static inline struct slice sip_message_value(const struct sip_message *m, enum sip_hdr id)
{
	const struct sip_header *h = sip_message_header(m, id);

	return h != NULL ? h->value : (struct slice){ NULL, 0 };
}

/** Walks the comma-separated values of all headers of one id, in their order. */
struct sip_each {
	const struct sip_message *m;
	struct slice rest;
	uint8_t next;  /* header to go on with; SIP_NO_HEADER = `rest` is the last */
	uint8_t count; /* values given so far, at most SIP_VALUES_MAX */
};

struct sip_each sip_each_of(const struct sip_message *m, enum sip_hdr id);

/** Next address; TG_ENOENT at the end, TG_EBAD malformed or more than SIP_VALUES_MAX. */
TG_MUST_USE enum tg_err sip_each_addr(struct sip_each *e, struct sip_addr *out);

/** Next Via; likewise. */
TG_MUST_USE enum tg_err sip_each_via(struct sip_each *e, struct sip_via *out);

/** Next element as text (option tags, methods, media types with parameters); likewise. */
TG_MUST_USE enum tg_err sip_each_text(struct sip_each *e, struct slice *out);

/**
 * True when an element of the headers of `id` is `token`, in any case: Supported, Require, Allow.
 */
bool sip_message_lists(const struct sip_message *m, enum sip_hdr id, struct slice token);

/**
 * Append to `unsupported`, comma-separated, the option tags of Require (or Proxy-Require: `id`)
 * that are not among `known`; returns their number.  0 = nothing to refuse, else 420 with
 * Unsupported.
 */
size_t sip_message_unsupported(const struct sip_message *m, enum sip_hdr id,
                               const struct slice *known, size_t known_count,
                               struct buf *unsupported);

/**
 * Media type of Content-Type without its parameters, as written ("application/sdp"); p == NULL
 * without a header, and empty when the header is broken.
 */
struct slice sip_message_content_type(const struct sip_message *m);

#endif
