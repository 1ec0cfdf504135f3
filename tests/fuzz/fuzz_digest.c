/*
 * Digest headers and nonces: any octets; an accepted challenge is answered, and the answer must be
 * accepted as credentials that say and prove the same.
 */
#include "sip/digest.h"
#include "sip/nonce.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void answer(const struct sip_digest *challenge)
{
	static char text[16384];
	struct buf b = buf_on(text, sizeof(text));
	struct sip_digest_over over = { .alg = (enum tg_digest_alg)challenge->alg,
		                        .qop_auth = challenge->qop_auth,
		                        .method = SLICE_INIT("INVITE"),
		                        .uri = SLICE_INIT("sip:1@example.com"),
		                        .nonce = challenge->nonce,
		                        .nc = SLICE_INIT("00000001"),
		                        .cnonce = SLICE_INIT("abc") };
	struct sip_digest back;
	uint8_t ha1[TG_DIGEST_MAX];
	char response[SIP_DIGEST_HEX_MAX];
	size_t len;

	sip_digest_ha1(ha1, over.alg, SLICE("u\"s"), challenge->realm, SLICE("secret"));
	len = sip_digest_response(response, ha1, &over);
	sip_digest_write_credentials(&b, challenge, SLICE("u\"s"), &over, slice_of(response, len));
	must(!b.full);
	if (b.len > SIP_DIGEST_HEADER_MAX)
		return;
	must(sip_digest_parse_credentials(&back, buf_slice(&b), NULL) == TG_OK);
	must(slice_eq(back.realm, challenge->realm) && slice_eq(back.nonce, challenge->nonce));
	must(slice_eq(back.opaque, challenge->opaque) && back.alg == challenge->alg);
	must(back.qop_auth == challenge->qop_auth);
	must(sip_digest_verify(ha1, &over, back.response));
}

static void check_nonce(struct slice text)
{
	static struct sip_nonce_maker maker = { .life_s = 300 };
	struct tg_flow flow = { .remote = { .family = TG_AF_INET } };
	struct sip_nonce nonce;

	must(sip_nonce_check(&nonce, &maker, 1000, &flow, text) != SIP_NONCE_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);
	struct sip_digest d;
	const char *why = NULL;

	if (sip_digest_parse_challenge(&d, in, &why) == TG_OK) {
		if (sip_digest_choose(&d, 1, d.realm) == &d)
			answer(&d);
	} else {
		must(why != NULL);
	}
	why = NULL;
	if (sip_digest_parse_credentials(&d, in, &why) != TG_OK) {
		must(why != NULL);
		return 0;
	}
	must(!d.qop || d.nc.len == 8);
	check_nonce(d.nonce);
	return 0;
}
