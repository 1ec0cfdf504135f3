/*
 * Cuts a TCP or TLS stream into SIP messages, and tells what is no SIP at all.
 *
 * Use: read into sip_framer_room(), tell sip_framer_fed(), call sip_framer_next() until it answers
 * SIP_FRAME_MORE.  The verdicts do not depend on how the octets were split.
 *
 * RFC 3261 §18.3 and §7.5, RFC 5626 §3.5.1 (keepalives).
 * OURS: only octet 0 of the connection, and the octet behind a whole message, start a message
 * (A19); after SIP_FRAME_BAD and SIP_FRAME_CLOSE the stream is over: a border that is lost is never
 * sought.
 */
#ifndef TG_SIP_FRAMER_H
#define TG_SIP_FRAMER_H

#include "sip/message.h"

/** What the first octets of a datagram or stream are. */
enum sip_probe {
	SIP_PROBE_SIP,       /* may be SIP */
	/* nothing but CRLFs, blanks and NULs (datagrams; phones keep NATs open so) */
	SIP_PROBE_KEEPALIVE,
	SIP_PROBE_TLS,       /* a TLS record */
	SIP_PROBE_STUN,      /* RFC 8489, or RTP keepalive shapes with the top bits 00 */
	SIP_PROBE_HTTP,      /* a request or answer of HTTP, the WebSocket upgrade included */
	SIP_PROBE_WEBSOCKET, /* a WebSocket frame without upgrade */
	SIP_PROBE_OTHER      /* anything else that cannot start a SIP message */
};

/** Classify a whole datagram, or the first line of a stream, by its beginning (A18).  Linear. */
enum sip_probe sip_probe_of(struct slice in);

/** Name for logs and counters: "sip", "keepalive", "tls", … */
const char *sip_probe_name(enum sip_probe probe);

enum sip_frame {
	SIP_FRAME_MORE,    /* nothing to do before more octets come */
	SIP_FRAME_MESSAGE, /* *m is a whole message */
	/* *m is a whole message that parse refused: answer it; the stream goes on */
	SIP_FRAME_REFUSE,
	SIP_FRAME_PING,    /* CRLF CRLF between messages: answer CRLF (RFC 5626 §3.5.1) */
	SIP_FRAME_BAD,     /* *m refused and the border lost: answer if answerable, then close */
	SIP_FRAME_CLOSE    /* no SIP: close without an answer; probe and rule say why */
};

/** One connection's input.  Opaque but for the counters and the reason. */
struct sip_framer {
	char *p;            /* the caller's memory */
	uint32_t cap;
	uint32_t len;       /* octets held */
	uint32_t begin;     /* octets given away already: the next message starts here */
	uint32_t scanned;   /* from `begin`: searched for the end of the head */
	uint32_t need;      /* octets of the whole message, 0 = not known yet */
	uint8_t crlf;       /* 1: half of a ping was seen */
	bool over;          /* BAD or CLOSE was answered */
	bool first_line_ok;
	uint8_t probe;      /* enum sip_probe; with SIP_FRAME_CLOSE */
	const char *rule;   /* static text; with SIP_FRAME_CLOSE */
	/* single CRLFs seen between messages: an answer to our own ping is one */
	uint64_t crlfs;
	uint64_t pings;     /* of these, pairs that SIP_FRAME_PING reported */
	uint64_t messages;
};

/**
 * mem, cap  at least SIP_LINE_MAX octets, owned by the caller; a message larger than `cap` is
 *           refused with 513
 */
void sip_framer_init(struct sip_framer *f, void *mem, size_t cap);

/**
 * Room for more octets: at least 1 unless the stream is over.  Moves what is held to the front, so
 * slices of the message given last are dead afterwards.
 */
struct buf sip_framer_room(struct sip_framer *f);

/** `n` octets were put into the room. */
void sip_framer_fed(struct sip_framer *f, size_t n);

/**
 * The next event of the stream.
 *
 * m    filled with MESSAGE, REFUSE and BAD; its slices live until sip_framer_room()
 *
 * Linear in the octets fed, whatever their split, but for one extra look at the head of a message
 * whose body comes late.
 */
enum sip_frame sip_framer_next(struct sip_framer *f, struct sip_message *m);

#endif
