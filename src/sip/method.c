#include "sip/method.h"

static const struct slice names[SIP_METHODS] = {
#define X(name) [SIP_##name] = SLICE_INIT(#name),
	SIP_METHOD_TABLE(X)
#undef X
};

enum sip_method sip_method_of(struct slice token)
{
	for (unsigned i = SIP_METHOD_OTHER + 1; i < SIP_METHODS; i++) {
		if (names[i].len == token.len && names[i].p[0] == token.p[0] &&
		    memcmp(names[i].p, token.p, token.len) == 0)
			return (enum sip_method)i;
	}
	return SIP_METHOD_OTHER;
}

struct slice sip_method_name(enum sip_method method)
{
	return names[method];
}
