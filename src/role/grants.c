/*
 * Grants wait here for the LEG_INVITE that uses them.  A grant that nobody uses within UA_GRANT_MS
 * is void: the caller gave up meanwhile.  The vault holds money for it until it hears so.
 */
#include "base/pool.h"
#include "role/ua.h"

#include <stdlib.h>

enum { UA_GRANT_MS = 10000 };

struct grant {
	struct link_leg id;
	struct grant *next; /* by age */
	uint64_t until_ms;
	struct link_call_grant what;
};

struct ua_grants {
	struct tg_pool *pool;
	struct grant *oldest, **youngest;
};

struct ua_grants *ua_grants_new(uint32_t cap)
{
	struct ua_grants *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return NULL;
	g->youngest = &g->oldest;
	g->pool = tg_pool_new("grants", sizeof(struct grant), cap, 0);
	if (g->pool != NULL)
		return g;
	free(g);
	return NULL;
}

void ua_grants_free(struct ua_grants *g)
{
	if (g == NULL)
		return;
	tg_pool_free(g->pool);
	free(g);
}

static void unlink_grant(struct ua_grants *g, struct grant **at)
{
	struct grant *gone = *at;

	*at = gone->next;
	if (g->youngest == &gone->next)
		g->youngest = at;
	tg_pool_give(g->pool, gone);
}

bool ua_grants_put(struct ua_grants *g, uint64_t now_ms, const struct link_msg *msg)
{
	struct grant *grant = tg_pool_take(g->pool);

	if (grant == NULL)
		return false; /* A is told 481 by its LEG_INVITE */
	grant->id = msg->head.leg;
	grant->until_ms = now_ms + UA_GRANT_MS;
	grant->what = msg->grant;
	*g->youngest = grant;
	g->youngest = &grant->next;
	return true;
}

bool ua_grants_expire(struct ua_grants *g, uint64_t now_ms, struct link_leg *id, uint8_t *party)
{
	if (g->oldest == NULL || g->oldest->until_ms > now_ms)
		return false;
	*id = g->oldest->id;
	*party = g->oldest->what.party;
	unlink_grant(g, &g->oldest);
	return true;
}

uint64_t ua_grants_next_ms(const struct ua_grants *g)
{
	return g->oldest != NULL ? g->oldest->until_ms : UINT64_MAX;
}

bool ua_grants_take(struct ua_grants *g, uint64_t now_ms, const struct link_leg *id,
                    struct link_call_grant *out)
{
	/* few wait at a time: the LEG_INVITE is one round of messages behind its grant */
	for (struct grant **at = &g->oldest; *at != NULL; at = &(*at)->next) {
		if ((*at)->id.call != id->call || (*at)->id.branch != id->branch)
			continue;
		if ((*at)->until_ms <= now_ms)
			return false;
		*out = (*at)->what;
		unlink_grant(g, at);
		return true;
	}
	return false;
}
