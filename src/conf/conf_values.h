/* Values of settings that are more than a text or a number. */
#ifndef TG_CONF_CONF_VALUES_H
#define TG_CONF_CONF_VALUES_H

#include "base/addr.h"

enum { CONF_NONE = 0xffff /* index of a reference that is not given */ };

/** Names an item of another list. */
struct conf_ref {
	struct slice name; /* empty = not given */
	uint16_t index;    /* into that list, or CONF_NONE */
};

/** A dialled number, or all that begin with it. */
struct conf_number {
	struct slice digits; /* digits, one leading +, * and # where the row allows them */
	bool prefix;         /* it was written with a final '*', which is not in `digits` */
};

/** Where a peer lives: an address, or a name for the resolver. */
struct conf_host {
	struct slice name;   /* host name or address as text, without port */
	/* its port is always set; family TG_AF_NONE when `name` must be resolved */
	struct tg_addr addr;
};

struct conf_ports {
	uint16_t lo, hi; /* lo < hi, both included */
};

#endif
