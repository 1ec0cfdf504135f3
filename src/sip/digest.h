/*
 * Digest authentication (RFC 7616, RFC 8760, RFC 3261 §22): challenges and credentials, read and
 * written; MD5, SHA-256 and SHA-512-256 with qop=auth.
 *
 * Quoted values are kept as they stand between the quotes, escapes included, and are hashed like
 * that (RFC 7616 §3.4: unq() removes the quotes, nothing else).
 */
#ifndef TG_SIP_DIGEST_H
#define TG_SIP_DIGEST_H

#include "base/hash.h"

enum {
	SIP_DIGEST_PARAMS_MAX = 20,   /* parameters of one header (B19) */
	SIP_DIGEST_VALUE_MAX = 1022,  /* octets of one value */
	SIP_DIGEST_HEADER_MAX = 4096, /* octets of the header value */
	SIP_DIGEST_HEX_MAX = 2 * TG_DIGEST_MAX
};

/** The parameters of a challenge or of credentials.  Absent ones have p == NULL. */
struct sip_digest {
	struct slice realm, nonce, opaque;
	struct slice username, uri, response, cnonce, nc; /* credentials only */
	uint32_t nc_value;  /* of `nc`, when it is there; else 0 */
	uint8_t alg;        /* enum tg_digest_alg; MD5 when not given (RFC 7616 §3.3) */
	bool alg_known;     /* false: "MD5-sess", SHA-1, … : cannot be computed here */
	bool qop;           /* a qop parameter is there */
	bool qop_auth;      /* and it offers (challenge) or is (credentials) "auth" */
	bool stale;         /* challenge: stale=true */
};

/**
 * Parse the value of WWW-Authenticate or Proxy-Authenticate: one challenge.
 *
 * out  set only on TG_OK; borrows from `in`
 * why  optional; static text, set when the answer is not TG_OK
 *
 * TG_ENOENT  another scheme than Digest
 * TG_EBAD    malformed: no realm or nonce, an unterminated quote, a parameter twice
 * TG_ELIMIT  a cap above
 */
TG_MUST_USE enum tg_err sip_digest_parse_challenge(struct sip_digest *out, struct slice in,
                                                   const char **why);

/**
 * Parse the value of Authorization or Proxy-Authorization.  As above; username, realm, nonce, uri
 * and response must be there, and with qop also cnonce and nc.  Whether qop is there at all and
 * whether the algorithm is the one that was offered is the caller's to check (B7).
 */
TG_MUST_USE enum tg_err sip_digest_parse_credentials(struct sip_digest *out, struct slice in,
                                                     const char **why);

/**
 * The strongest of several challenges that we can answer: SHA-512-256, SHA-256, MD5; first wins
 * among equals.
 *
 * realm  only challenges of exactly this realm count (B11); p == NULL: any
 *
 * NULL when there is none.
 */
const struct sip_digest *sip_digest_choose(const struct sip_digest *list, size_t count,
                                           struct slice realm);

/** H(A1) (RFC 7616 §3.4.2); tg_digest_len(alg) octets into `out`.  Wipes its own copies. */
void sip_digest_ha1(uint8_t out[TG_DIGEST_MAX], enum tg_digest_alg alg, struct slice username,
                    struct slice realm, struct slice password);

/** What a response is computed over, beside H(A1). */
struct sip_digest_over {
	enum tg_digest_alg alg;
	bool qop_auth; /* false: RFC 2069 style, nc and cnonce are ignored */
	struct slice method, uri, nonce, nc, cnonce;
};

/** The response as lower-case hex (RFC 7616 §3.4.1).  Returns its length: 32 or 64. */
size_t sip_digest_response(char out[SIP_DIGEST_HEX_MAX], const uint8_t ha1[TG_DIGEST_MAX],
                           const struct sip_digest_over *over);

/**
 * True when `response` is the right one.  The time does not depend on what `response` holds or how
 * long it is (B8).  Lower-case hex only.
 */
bool sip_digest_verify(const uint8_t ha1[TG_DIGEST_MAX], const struct sip_digest_over *over,
                       struct slice response);

/**
 * Write a challenge value: Digest realm, nonce, algorithm, qop="auth", and stale=true when asked.
 * One header a call; the strongest algorithm first (RFC 8760 §2.4).
 *
 * realm, nonce  plain text; what would need escaping is escaped
 */
void sip_digest_write_challenge(struct buf *buf, struct slice realm, struct slice nonce,
                                enum tg_digest_alg alg, bool stale);

/**
 * Write a credentials value that answers `challenge`.
 *
 * username  plain text
 * over      method is not written; with qop_auth also nc (8 hex digits) and cnonce
 * response  from sip_digest_response()
 */
void sip_digest_write_credentials(struct buf *buf, const struct sip_digest *challenge,
                                  struct slice username, const struct sip_digest_over *over,
                                  struct slice response);

/** Name as in algorithm=; never NULL. */
const char *sip_digest_alg_name(enum tg_digest_alg alg);

#endif
