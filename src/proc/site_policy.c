/* The rules, from the texts of the configuration to the sets and indexes of policy/. */
#include "proc/site.h"

#include <stdlib.h>

_Static_assert((int)CONF_NONE == (int)POLICY_NONE, "no group, no profile");

/* One block, so that there is one thing to free. */
struct rules {
	struct policy policy;
	struct policy_number emergency[CONF_EMERGENCY_MAX];
	struct policy_number allow[CONF_ALLOW_MAX];
	struct policy_inbound inbound[CONF_INBOUND_MAX];
	struct policy_pbx pbxs[CONF_PBXS_MAX];
	struct policy_number shown[CONF_PBXS_MAX][CONF_PBX_NUMBERS_MAX];
	struct policy_group groups[CONF_GROUPS_MAX];
	struct hours_profile profiles[CONF_HOURS_MAX + 1]; /* the last one is ours */
};

static void make_numbers(struct policy_number *to, const struct conf_number *from, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		to[i] = (struct policy_number){ from[i].digits, from[i].prefix };
}

static int index_of(const struct conf_ref *ref)
{
	return ref->index == CONF_NONE ? -1 : ref->index;
}

static void make_lists(struct rules *r, const struct conf *conf)
{
	make_numbers(r->emergency, conf->outbound.emergency, conf->outbound.emergency_count);
	make_numbers(r->allow, conf->outbound.allow, conf->outbound.allow_count);
	for (uint32_t i = 0; i < conf->inbound_count; i++) {
		const struct conf_inbound *in = &conf->inbound[i];

		r->inbound[i] = (struct policy_inbound){ .number = in->number.digits,
			                                 .trunk = index_of(&in->trunk),
			                                 .account = in->account,
			                                 .pbx = index_of(&in->pbx) };
	}
	for (uint32_t i = 0; i < conf->pbxs_count; i++) {
		make_numbers(r->shown[i], conf->pbxs[i].numbers, conf->pbxs[i].numbers_count);
		r->pbxs[i] = (struct policy_pbx){ r->shown[i], conf->pbxs[i].numbers_count };
	}
}

static void make_groups(struct rules *r, const struct conf *conf, uint16_t home)
{
	for (uint32_t i = 0; i < conf->groups_count; i++) {
		const struct conf_group *g = &conf->groups[i];
		const struct where_own own = { g->territories, g->zones, g->territories_count,
			                       g->zones_count, g->ceiling };

		where_make(&r->groups[i].where, &conf->rules.where, home, &own);
		r->groups[i].own_where = true;
		r->groups[i].hours = g->hours.index;
	}
}

/* Returns the index of the site's own. */
static uint16_t make_profiles(struct rules *r, const struct conf *conf)
{
	for (uint32_t i = 0; i < conf->hours_count; i++) {
		const struct conf_hours *from = &conf->hours[i];
		struct hours_profile *to = &r->profiles[i];

		for (uint32_t d = 0; d < from->days_count; d++)
			to->days |= (uint8_t)(1u << from->days[d]);
		to->from = from->from;
		to->to = from->to;
		for (uint32_t h = 0; h < from->holidays_count; h++)
			to->holidays[to->holidays_count++] = conf_holiday(from->holidays[h]);
	}
	r->profiles[conf->hours_count] =
		(struct hours_profile){ .days = 0x7f, .from = 7 * 60, .to = 22 * 60 };
	if (conf->rules.hours.profile.len > 0)
		return conf_hours_find(conf, conf->rules.hours.profile);
	return 0; /* the first, or ours */
}

static void make_rules(struct policy *p, const struct policy_rows *rows, uint16_t profile)
{
	p->mode[POLICY_SOURCE] = rows->source.mode;
	p->mode[POLICY_CALLER_ID] = rows->caller_id.mode;
	p->mode[POLICY_APPROVAL] = rows->approval.mode;
	p->mode[POLICY_LOCKDOWN] = rows->lockdown.mode;
	p->mode[POLICY_PASS] = rows->pass.mode;
	p->mode[POLICY_WHERE] = rows->where.mode;
	p->mode[POLICY_UNATTRIBUTED] = rows->unattributed.mode;
	p->mode[POLICY_HOURS] = rows->hours.mode;
	p->mode[POLICY_FIRST_USE] = rows->first_use.mode;
	p->source.by_country = rows->source.countries_count > 0;
	places_add_rows(&p->source.countries, rows->source.countries,
	                rows->source.countries_count);
	p->pass = (struct pass){ rows->pass.calls, rows->pass.longest_s };
	p->unattributed = (struct unattributed){ rows->unattributed.international,
		                                 rows->unattributed.calls,
		                                 rows->unattributed.longest_s };
	p->hours = (struct hours){ profile, rows->hours.closed, rows->hours.calls,
		                   rows->hours.longest_s };
	p->first_use = (struct first_use){ rows->first_use.longest_s, rows->first_use.trial_s };
	where_make(&p->where, &rows->where, p->home, NULL);
}

struct policy *site_policy_new(const struct conf *conf)
{
	uint16_t home = number_territory_find(conf->numbers.home);
	struct rules *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	make_lists(r, conf);
	make_groups(r, conf, home);
	r->policy = (struct policy){
		.emergency = r->emergency,
		.emergency_count = conf->outbound.emergency_count,
		.allow = r->allow,
		.allow_count = conf->outbound.allow_count,
		.inbound = r->inbound,
		.inbound_count = conf->inbound_count,
		.pbx = conf->pbxs_count > 0 ? 0 : -1, /* the first takes what accounts dial */
		.has_trunks = conf->outbound.trunks_count > 0,
		.home = home,
		.pbxs = r->pbxs,
		.pbxs_count = conf->pbxs_count,
		.groups = r->groups,
		.groups_count = conf->groups_count,
		.profiles = r->profiles,
		.profiles_count = conf->hours_count + 1,
	};
	make_rules(&r->policy, &conf->rules, make_profiles(r, conf));
	return &r->policy;
}

void site_policy_free(struct policy *policy)
{
	free(policy); /* the first field of its block */
}
