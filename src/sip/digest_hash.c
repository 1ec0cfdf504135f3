/* The arithmetic of digests (RFC 7616 §3.4.1 to §3.4.3). */
#include "sip/digest.h"

static const struct slice colon = SLICE_INIT(":");

/* Digest of the parts as lower-case hex. */
static struct slice hex_of(char out[SIP_DIGEST_HEX_MAX], enum tg_digest_alg alg,
                           const struct slice *parts, size_t count)
{
	uint8_t octets[TG_DIGEST_MAX];
	struct buf b = buf_on(out, SIP_DIGEST_HEX_MAX);

	tg_digest(octets, alg, parts, count);
	buf_hex(&b, octets, tg_digest_len(alg));
	return buf_slice(&b);
}

void sip_digest_ha1(uint8_t out[TG_DIGEST_MAX], enum tg_digest_alg alg, struct slice username,
                    struct slice realm, struct slice password)
{
	const struct slice parts[] = { username, colon, realm, colon, password };

	tg_digest(out, alg, parts, COUNT(parts));
}

size_t sip_digest_response(char out[SIP_DIGEST_HEX_MAX], const uint8_t ha1[TG_DIGEST_MAX],
                           const struct sip_digest_over *over)
{
	const struct slice a2[] = { over->method, colon, over->uri };
	char ha1_text[SIP_DIGEST_HEX_MAX], ha2_text[SIP_DIGEST_HEX_MAX];
	struct buf b = buf_on(ha1_text, sizeof(ha1_text));
	struct slice ha2 = hex_of(ha2_text, over->alg, a2, COUNT(a2));
	struct slice done;

	buf_hex(&b, ha1, tg_digest_len(over->alg));
	if (over->qop_auth) {
		const struct slice parts[] = { buf_slice(&b),      colon, over->nonce,  colon,
			                       over->nc,           colon, over->cnonce, colon,
			                       SLICE_INIT("auth"), colon, ha2 };

		done = hex_of(out, over->alg, parts, COUNT(parts));
	} else {
		const struct slice parts[] = { buf_slice(&b), colon, over->nonce, colon, ha2 };

		done = hex_of(out, over->alg, parts, COUNT(parts));
	}
	tg_wipe(ha1_text, sizeof(ha1_text)); /* H(A1) is as good as the password */
	return done.len;
}

bool sip_digest_verify(const uint8_t ha1[TG_DIGEST_MAX], const struct sip_digest_over *over,
                       struct slice response)
{
	char want[SIP_DIGEST_HEX_MAX], got[SIP_DIGEST_HEX_MAX] = { 0 };
	size_t len = sip_digest_response(want, ha1, over);
	bool equal;

	/* A response of a wrong length is compared all the same, so that its time tells nothing. */
	if (response.len > 0)
		memcpy(got, response.p, TG_MIN(response.len, len));
	equal = tg_equal_ct(slice_of(want, len), slice_of(got, len));
	tg_wipe(want, sizeof(want));
	return equal && response.len == len;
}
