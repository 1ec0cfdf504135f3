/*
 * Session descriptions (RFC 8866) as offered and answered in SIP (RFC 3264): read without copying
 * or allocating, in one pass.
 *
 * What two readers could understand differently is refused: a second c=, o=, s= or t= of a section,
 * contradicting directions, two rtpmaps of one payload type, a bare CR, a NUL, an IPv4 address with
 * leading zeros.  Lines may end in CRLF or LF (RFC 8866 §9), the last may lack its end, and the
 * lines within a section may stand in any order: neither changes the meaning, and what leaves
 * tollgate is always rebuilt (sip/sdp_write.h).
 */
#ifndef TG_SIP_SDP_H
#define TG_SIP_SDP_H

#include "base/addr.h"

/* The caps; passing one is TG_ELIMIT (D22).  All stand in the manual. */
enum {
	SIP_SDP_BYTES_MAX = 6144,  /* a whole description */
	SIP_SDP_LINE_MAX = 1024,   /* one line without its end */
	SIP_SDP_LINES_MAX = 512,   /* lines in all, attributes included */
	SIP_SDP_MEDIA_MAX = 16,    /* m= lines */
	SIP_SDP_FORMATS_MAX = 32   /* formats of one m= line */
};

enum sip_sdp_kind {
	SIP_SDP_OTHER_KIND,
	SIP_SDP_AUDIO,
	SIP_SDP_VIDEO,
	SIP_SDP_IMAGE,
	SIP_SDP_TEXT,
	SIP_SDP_APPLICATION,
	SIP_SDP_MESSAGE
};

enum sip_sdp_proto {
	SIP_SDP_OTHER_PROTO,
	SIP_SDP_RTP_AVP,
	SIP_SDP_RTP_AVPF,
	SIP_SDP_RTP_SAVP,  /* SDES (RFC 4568) or, by attribute, DTLS */
	SIP_SDP_RTP_SAVPF,
	SIP_SDP_DTLS_SAVP, /* UDP/TLS/RTP/SAVP (RFC 5764) */
	SIP_SDP_DTLS_SAVPF,
	SIP_SDP_UDPTL      /* T.38 */
};

/* RFC 3264 §5.1; the default comes first. */
enum sip_sdp_dir { SIP_SDP_SENDRECV, SIP_SDP_SENDONLY, SIP_SDP_RECVONLY, SIP_SDP_INACTIVE };

/** A c= line, or the address part of a=rtcp. */
struct sip_sdp_conn {
	struct slice text;   /* the address as written; p == NULL: there is none */
	struct tg_addr addr; /* port 0; family TG_AF_NONE when `text` is a host name */
};

/** o= (RFC 8866 §5.2).  Ids are digits only, at most 20. */
struct sip_sdp_origin {
	struct slice user, id, version;
	struct slice address; /* as written, not interpreted */
};

/** One m= line with its section.  Slices borrow from the parsed text. */
struct sip_sdp_media {
	struct slice media;   /* "audio" */
	struct slice protocol; /* "RTP/AVP" */
	struct slice formats; /* "0 8 101": tokens with one or more spaces between them */
	struct slice section; /* the lines behind the m= line, to the next one */
	struct sip_sdp_conn conn; /* its own c=, else the session's */
	struct sip_sdp_conn rtcp_conn; /* address of a=rtcp (RFC 3605); usually none */
	uint64_t types[2];    /* RTP: bit i of the 128 is set when payload type i is listed */
	uint16_t port;        /* 0 = refused or not wanted */
	uint16_t port_count;  /* "port/count" (RFC 8866 §5.14); 1 when absent */
	uint16_t rtcp_port;   /* a=rtcp; 0 = not given */
	uint16_t ptime_ms;    /* a=ptime, a=maxptime; 0 = not given */
	uint16_t maxptime_ms;
	uint8_t kind;         /* enum sip_sdp_kind */
	uint8_t proto;        /* enum sip_sdp_proto */
	uint8_t format_count; /* at least 1 */
	uint8_t dir;          /* enum sip_sdp_dir: its own, else the session's, else sendrecv */
	bool rtcp_mux;        /* RFC 5761 */
};

/** A whole description; about 3 KB, meant for the stack. */
struct sip_sdp {
	struct sip_sdp_origin origin;
	struct slice name; /* s= */
	struct sip_sdp_conn conn; /* session level */
	uint8_t dir;       /* session level */
	uint8_t media_count;
	struct sip_sdp_media media[SIP_SDP_MEDIA_MAX]; /* those behind media_count are not set */
};

/** Why a description was refused. */
struct sip_sdp_fault {
	const char *rule; /* static text for logs and Warning headers */
	size_t offset;    /* of the line that broke it */
};

/**
 * Parse a description.  Linear in its length, never allocates.  Any thread.
 *
 * out    set only on TG_OK; its slices live as long as `in`
 * in     body octets, any content
 * fault  optional; set only when the answer is not TG_OK
 *
 * TG_EBAD    RFC 8866 is broken, or the text could be read in two ways
 * TG_ELIMIT  one of the caps above
 */
TG_MUST_USE enum tg_err sip_sdp_parse(struct sip_sdp *out, struct slice in,
                                      struct sip_sdp_fault *fault);

/**
 * Take the next line of a parsed section.
 *
 * section  moved behind the line
 * type     letter before the '='
 * value    what stands behind it, without the line end
 *
 * False at the end.
 */
bool sip_sdp_next_line(struct slice *section, char *type, struct slice *value);

/**
 * RTP clock of the first payload type of an m= line by its a=rtpmap (RFC 8866 §6.6), in Hz; 0 when
 * it has none.
 */
uint32_t sip_sdp_clock_hz(const struct sip_sdp_media *media);

/** True when payload type `type` (0..127) is listed in the m= line. */
static inline bool sip_sdp_has_type(const struct sip_sdp_media *m, unsigned type)
{
	return type < 128 && (m->types[type / 64] >> (type % 64) & 1) != 0;
}

/**
 * The direction of a line with the hold of RFC 2543 phones counted in: at 0.0.0.0 its owner
 * receives nothing (RFC 3264 §8.4), so sendrecv is sendonly there and recvonly is inactive.
 */
enum sip_sdp_dir sip_sdp_dir_of(const struct sip_sdp_media *media);

/* May we send media to an address that an SDP names (E5)? */
enum sip_sdp_target {
	SIP_SDP_TARGET_OK,    /* a public address */
	SIP_SDP_TARGET_LATCH, /* private, shared space or a host name: only after latching */
	SIP_SDP_TARGET_NONE,  /* refused stream or hold: there is no address */
	SIP_SDP_TARGET_NEVER  /* loopback, our own, link-local, multicast, broadcast, mapped, … */
};

/** What the judgement needs to know about us. */
struct sip_sdp_us {
	const struct tg_addr *own; /* our addresses on all interfaces; ports are ignored */
	size_t own_count;
	bool loopback; /* our interface is a loopback address (tests, demos): theirs may be too */
};

/** Where the media of one stream is expected and what its owner wants (RFC 3264 §5.1, §8.4). */
struct sip_sdp_where {
	struct tg_addr rtp;  /* family TG_AF_NONE when unknown or never acceptable */
	struct tg_addr rtcp; /* the same; mux: equal to rtp (RFC 5761), else a=rtcp or port + 1 */
	uint8_t target;      /* enum sip_sdp_target, of rtp */
	bool off;            /* port 0 */
	bool sends;          /* its owner may send to us */
	bool receives;       /* its owner wants media from us */
	bool hold;           /* not off, and wants none: sendonly, inactive, or 0.0.0.0 */
	bool rtcp_mux;
};

/**
 * Say where the media of a line goes.  RTCP to an address that is never acceptable, or that needs
 * latching when RTP does not, becomes TG_AF_NONE: such RTCP is not sent.
 */
void sip_sdp_where(struct sip_sdp_where *out, const struct sip_sdp_media *media,
                   const struct sip_sdp_us *us);

/** The judgement alone; the port is ignored. */
enum sip_sdp_target sip_sdp_target_of(const struct tg_addr *addr, const struct sip_sdp_us *us);

#endif
