#include "base/secret.h"

#include "base/hash.h"

enum tg_err tg_secret_set(struct tg_secret *secret, struct slice s)
{
	if (s.len == 0)
		return TG_EBAD;
	if (s.len > TG_SECRET_MAX)
		return TG_ELIMIT;
	tg_secret_wipe(secret);
	memcpy(secret->hidden, s.p, s.len);
	secret->len = (uint8_t)s.len;
	return TG_OK;
}

struct slice tg_secret_reveal(const struct tg_secret *secret)
{
	return slice_of(secret->hidden, secret->len);
}

void tg_secret_wipe(struct tg_secret *secret)
{
	tg_wipe(secret, sizeof(*secret));
}
