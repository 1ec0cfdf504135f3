/* Shared by the SDP parser's files. */
#ifndef TG_SIP_SDP_PRIV_H
#define TG_SIP_SDP_PRIV_H

#include "sip/sdp.h"

/** The state of one parse. */
struct sip_sdp_reader {
	struct sip_sdp *sdp;
	struct sip_sdp_media *media; /* of the current section; NULL at session level */
	const char *rule;            /* the rule that broke */
	uint32_t seen;               /* bit per letter: lines of the current section */
	uint64_t mapped[2];          /* payload types that have an rtpmap in this section */
	uint64_t described[2];       /* … an fmtp */
	bool dir_seen;               /* a direction attribute in this section */
};

/** Note the rule that broke. */
enum tg_err sip_sdp_bad(struct sip_sdp_reader *r, const char *rule);
enum tg_err sip_sdp_over(struct sip_sdp_reader *r, const char *rule);

/** Cut the next token off (spaces around it are eaten); empty at the end. */
struct slice sip_sdp_token(struct slice *rest);

/** All octets are token characters of RFC 8866 §9, and there is at least one. */
bool sip_sdp_is_token(struct slice s);

/** True for the protocols whose formats are payload types. */
bool sip_sdp_is_rtp(uint8_t proto);

/** Parse "IN IP4 address" and nothing behind it. */
TG_MUST_USE enum tg_err sip_sdp_read_conn(struct sip_sdp_reader *r, struct sip_sdp_conn *out,
                                          struct slice value);

/** One a= line. */
TG_MUST_USE enum tg_err sip_sdp_read_attr(struct sip_sdp_reader *r, struct slice value);

/**
 * Cut "type rest" of rtpmap, fmtp, rtcp-fb: a payload type 0..127 in front.
 * False when there is none.
 */
bool sip_sdp_cut_type(struct slice *value, unsigned *type);

/** "encoding/clock[/channels]" of rtpmap (RFC 8866 §6.6). */
bool sip_sdp_is_encoding(struct slice s);

#endif
