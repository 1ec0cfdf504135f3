#include "role/role.h"

#include "base/hash.h"

static bool is_from(const struct role_network *n, const struct tg_addr *addr)
{
	if (!n->by_name)
		return tg_prefix_has(&n->prefix, addr);
	for (unsigned i = 0; i < n->found_count; i++)
		if (tg_addr_ip_eq(&n->found[i], addr))
			return true;
	return false;
}

uint64_t role_networks_of(const struct role_site *site, const struct tg_flow *flow)
{
	uint64_t bits = 0;

	for (unsigned i = 0; i < site->networks; i++) {
		const struct role_network *n = &site->network[i];

		if (n->iface == flow->iface && is_from(n, &flow->remote))
			bits |= (uint64_t)1 << i;
	}
	return bits;
}

bool role_is_everywhere(const struct role_site *site, uint64_t networks)
{
	for (unsigned i = 0; i < site->networks; i++)
		if ((networks >> i & 1) != 0 &&
		    (site->network[i].by_name || site->network[i].prefix.bits > 0))
			return false;
	return networks != 0;
}

int role_pbx_of(const struct role_site *site, const struct tg_flow *flow)
{
	for (int i = 0; i < site->pbxs; i++) {
		const struct role_pbx *p = &site->pbx[i];

		if (p->iface == flow->iface && tg_addr_ip_eq(&p->addr, &flow->remote))
			return i;
	}
	return -1;
}

int role_trunk_of(const struct role_site *site, const struct tg_flow *flow)
{
	for (int i = 0; i < site->trunks; i++) {
		const struct role_trunk *t = &site->trunk[i];

		if (t->iface != flow->iface)
			continue;
		for (unsigned k = 0; k < t->from_count; k++) {
			if (tg_prefix_has(&t->from[k], &flow->remote))
				return i;
		}
	}
	return -1;
}

bool role_is_emergency(const struct role_site *site, struct slice dialled)
{
	for (unsigned i = 0; i < site->emergencies; i++) {
		if (slice_eq(link_text(&site->emergency[i]), dialled))
			return true;
	}
	return false;
}

bool role_dialled(struct buf *out, const struct sip_uri *uri)
{
	return sip_unescape(out, uri->user, SIP_UNESCAPE_TEXT) == TG_OK &&
	       (uri->kind != SIP_URI_TEL ||
	        sip_unescape(out, uri->params, SIP_UNESCAPE_TEXT) == TG_OK) && !out->full;
}

struct link_proc role_edge_of(const struct role_site *site, struct slice user)
{
	/* Public and fixed: every process must agree, and an attacker who can choose the names of
	 * accounts is the administrator. */
	static const struct tg_key key = { { 't', 'o', 'l', 'l' } };
	uint64_t hash = tg_siphash(&key, user);

	return (struct link_proc){ LINK_EDGE, (uint8_t)(hash % site->edges) };
}
