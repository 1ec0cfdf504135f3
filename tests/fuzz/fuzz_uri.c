/*
 * URIs and user parts: what is accepted is written so that it reads the same, and any text survives
 * being written as a user part.
 */
#include "fuzz.h"
#include "sip/uri.h"

static char first[4 * SIP_URI_MAX], second[4 * SIP_URI_MAX];

static void same_again(const struct sip_uri *u)
{
	struct buf a = buf_on(first, sizeof(first)), b = buf_on(second, sizeof(second));
	struct sip_uri again;

	sip_uri_write(&a, u);
	MUST(!a.full && sip_uri_parse(&again, buf_slice(&a)) == TG_OK);
	MUST(again.kind == u->kind && again.port == u->port);
	MUST(slice_eq(again.user, u->user) && slice_eq(again.params, u->params));
	MUST(again.password.p == NULL && again.headers.p == NULL);
	sip_uri_write(&b, &again);
	MUST(slice_eq(buf_slice(&a), buf_slice(&b)));
}

static void user_survives(struct slice in)
{
	struct buf a = buf_on(first, sizeof(first)), b = buf_on(second, sizeof(second));

	if (in.len > SIP_URI_MAX)
		return;
	sip_user_write(&a, in);
	MUST(sip_unescape(&b, buf_slice(&a), SIP_UNESCAPE_ANY) == TG_OK);
	MUST(slice_eq(buf_slice(&b), in));
	MUST(sip_user_eq(buf_slice(&a), buf_slice(&a)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size), value;
	struct sip_uri u;

	user_survives(in);
	(void)sip_uri_param(in, SLICE("lr"), &value);
	if (sip_uri_parse(&u, in) != TG_OK)
		return 0;
	MUST(fuzz_inside(u.user, in) && fuzz_inside(u.host, in) && fuzz_inside(u.params, in));
	MUST(u.kind == SIP_URI_OTHER || u.kind == SIP_URI_TEL || u.host.len > 0);
	same_again(&u);
	return 0;
}
