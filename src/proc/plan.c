#include "proc/plan.h"

static bool add(struct plan *plan, enum link_role role, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (plan->count == PLAN_PROCS_MAX)
			return false;
		plan->proc[plan->count++] = (struct link_proc){ (uint8_t)role, (uint8_t)i };
	}
	return true;
}

enum tg_err plan_make(struct plan *out, const struct conf *conf)
{
	struct plan plan = { .edges = conf->limits.edges,
		             .carriers = conf->limits.carriers,
		             .relays = conf->limits.relays };

	if (!add(&plan, LINK_VAULT, 1) || !add(&plan, LINK_RESOLVER, 1) ||
	    !add(&plan, LINK_RELAY, plan.relays) || !add(&plan, LINK_CARRIER, plan.carriers) ||
	    !add(&plan, LINK_EDGE, plan.edges) || !add(&plan, LINK_CONSOLE, 1))
		return TG_ELIMIT;
	*out = plan;
	return TG_OK;
}

bool plan_talk(struct link_proc a, struct link_proc b)
{
#define TO(role) (1u << LINK_##role)
	static const uint16_t talks[LINK_ROLES] = {
		[LINK_WARDEN] = TO(VAULT) | TO(EDGE) | TO(CARRIER) | TO(RELAY) | TO(RESOLVER) |
		                TO(CONSOLE),
		[LINK_VAULT] = TO(WARDEN) | TO(EDGE) | TO(CARRIER) | TO(RESOLVER) | TO(CONSOLE),
		[LINK_EDGE] = TO(WARDEN) | TO(VAULT) | TO(EDGE) | TO(CARRIER) | TO(RELAY) |
		              TO(CONSOLE),
		[LINK_CARRIER] = TO(WARDEN) | TO(VAULT) | TO(EDGE) | TO(CARRIER) | TO(RELAY) |
		                 TO(RESOLVER) | TO(CONSOLE),
		[LINK_RELAY] = TO(WARDEN) | TO(EDGE) | TO(CARRIER) | TO(CONSOLE),
		[LINK_RESOLVER] = TO(WARDEN) | TO(VAULT) | TO(CARRIER) | TO(CONSOLE),
		[LINK_CONSOLE] = TO(WARDEN) | TO(VAULT) | TO(EDGE) | TO(CARRIER) | TO(RELAY) |
		                 TO(RESOLVER),
	};
#undef TO
	if (a.role == b.role && a.index == b.index)
		return false;
	return (talks[a.role] >> b.role & 1) != 0;
}

uint8_t plan_trunk_carrier(uint32_t carriers, uint32_t trunk)
{
	return (uint8_t)(carriers == 0 ? 0 : trunk % carriers);
}

bool plan_interface_has_trunk(const struct conf *conf, uint32_t interface)
{
	for (uint32_t i = 0; i < conf->trunks_count; i++)
		if (conf->trunks[i].interface.index == interface)
			return true;
	return false;
}

unsigned plan_stop_stage(enum link_role role)
{
	switch (role) {
	case LINK_EDGE:
	case LINK_CARRIER:
		return 0; /* they hang up, which needs all the others */
	case LINK_VAULT:
		return 2; /* it has written the records of all calls by then */
	default:
		return 1;
	}
}
