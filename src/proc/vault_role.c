/*
 * The vault's shell.  What the pure vault wants kept goes to the store's queue; what it needs at
 * the start is read before the first message; an edge that comes up gets its bindings in pages, so
 * that neither the loop nor the edge's ring is ever filled by them.
 */
#include "proc/vault_role.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "proc/vault_role_priv.h"
#include "store/chain.h"

enum {
	PAGE_ROWS = 64,
	PAGE_EVERY_MS = 3,   /* 20,000 bindings/s */
	LOOK_EVERY_MS = 1000,
	PATIENCE_MS = 3000   /* at the end, with a disk that refuses */
};

/* ---- what was kept ---- */

static uint64_t default_networks(const struct conf *conf)
{
	uint64_t bits = 0;

	for (uint32_t i = 0; i < conf->accounts.default_networks_count; i++)
		bits |= (uint64_t)1 << conf->accounts.default_networks[i].index;
	return bits;
}

uint64_t vault_role_networks(const struct vault_role *r, struct slice names)
{
	uint64_t bits = 0;
	struct slice name;

	if (names.len == 0)
		return default_networks(r->env.conf);
	while (names.len > 0) {
		uint16_t i;

		names = slice_cut(names, ',', &name);
		i = conf_network_find(r->env.conf, name);
		if (i != CONF_NONE) /* a network that is gone opens nothing */
			bits |= (uint64_t)1 << i;
	}
	return bits;
}

static void load_account(void *ctx, const struct vault_account *from, struct slice networks)
{
	struct vault_role *r = ctx;
	struct vault_account a = *from;

	a.networks = vault_role_networks(r, networks);
	if (vault_account_set(r->vault, &a, false) != TG_OK)
		log_event(r->env.log, EV_STORE_FAILED,
		          LOG_CAUSE("rule", SLICE("too-many-accounts")),
		          LOG_STR("why", SLICE("raise limits.registrations")), LOG_END);
	tg_wipe(&a, sizeof(a));
}

static void load_secret(void *ctx, struct slice name, struct slice secret)
{
	struct vault_role *r = ctx;

	/* a trunk that is no longer configured keeps its row, for when it comes back */
	if (vault_secret_set(r->vault, name, secret, false) != TG_OK)
		return;
}

/* The interface by its name: its number changes with the configuration. */
static bool find_iface(const struct vault_role *r, struct link_binding *b, struct slice iface)
{
	uint16_t i = conf_interface_find(r->env.conf, iface);

	b->flow.iface = i;
	return i != CONF_NONE;
}

static void load_binding(void *ctx, const struct link_binding *from, struct slice iface)
{
	struct vault_role *r = ctx;
	struct link_binding b = *from;

	if (find_iface(r, &b, iface))
		vault_binding_load(r->vault, &b);
}

static void load_record(void *ctx, const struct vault_record *record)
{
	struct vault_role *r = ctx;

	vault_call_load(r->vault, record);
}

/** What makes no sense any more, such as a hold of a trunk that is gone, is said once and left. */
static void left_out(struct vault_role *r, const char *what)
{
	log_event(r->env.log, EV_STORE_FAILED, LOG_CAUSE("rule", SLICE("row-left-out")),
	          LOG_STR("why", slice_str(what)), LOG_END);
}

static void load_state(void *ctx, struct slice kind, struct slice key, struct slice octets)
{
	struct vault_role *r = ctx;

	if (!vault_state_load(r->vault, kind, &(struct vault_blob){ key, octets }))
		left_out(r, "a state row");
}

static void load_total(void *ctx, struct slice key, struct slice octets)
{
	struct vault_role *r = ctx;

	if (!vault_total_load(r->vault, &(struct vault_blob){ key, octets }))
		left_out(r, "a ledger's total");
}

static void load_hold(void *ctx, const struct link_leg *leg, struct slice octets)
{
	struct vault_role *r = ctx;

	if (!vault_hold_load(r->vault, leg, octets))
		left_out(r, "a hold of a call or trunk that is gone");
}

static void load_recipe(void *ctx, const struct link_leg *leg, struct slice octets)
{
	struct vault_role *r = ctx;

	if (!vault_recipe_load(r->vault, leg, octets))
		left_out(r, "how to end a call over a trunk that is gone");
}

static const char *load_all(struct vault_role *r)
{
	const struct store_sink sink = { .ctx = r,
		                         .account = load_account,
		                         .secret = load_secret,
		                         .binding = load_binding,
		                         .record = load_record,
		                         .hold = load_hold,
		                         .recipe = load_recipe,
		                         .total = load_total,
		                         .state = load_state };
	uint64_t after = 0;

	if (store_load(r->store, &sink) != TG_OK)
		return "a row of the database does not open under vault.key";
	while (store_load_bindings(r->store, &after, 1024, vault_role_wall_ms(r), &sink) > 0)
		;
	return NULL;
}

/* ---- bindings for an edge ---- */

struct one_edge {
	struct vault_role *role;
	struct link_proc edge;
};

static void post_binding(void *ctx, const struct link_binding *from, struct slice iface)
{
	const struct one_edge *one = ctx;
	struct vault_role *r = one->role;
	struct link_proc owner = role_edge_of(&r->site, link_text(&from->user));
	struct link_msg msg;

	if (owner.index != one->edge.index ||
	    vault_account_find(r->vault, link_text(&from->user)) == NULL)
		return;
	link_msg_init(&msg, LINK_BIND_LOAD, one->edge);
	msg.binding_load = *from;
	if (find_iface(r, &msg.binding_load, iface))
		r->env.out.post(r->env.out.ctx, &msg);
}

/* A page for each edge that waits; true when one is not done. */
static bool load_pages(struct vault_role *r, uint64_t written)
{
	bool more = false;

	for (unsigned i = 0; i < r->site.edges; i++) {
		struct vault_loading *l = &r->loading[i];
		struct one_edge one = { r, { LINK_EDGE, (uint8_t)i } };
		const struct store_sink sink = { .ctx = &one, .binding = post_binding };

		if (l->on && written >= l->job)
			l->on = store_load_bindings(r->store, &l->after, PAGE_ROWS,
			                            vault_role_wall_ms(r), &sink) > 0;
		more = more || l->on;
	}
	return more;
}

/* ---- the store's troubles ---- */

static void tell_troubles(struct vault_role *r, const struct store_stat *now)
{
	if (now->full != r->told.full)
		log_event(r->env.log, EV_STORE_FAILED, LOG_CAUSE("rule", SLICE("queue-full")),
		          LOG_STR("why", SLICE("the disk is slow; changes were lost")), LOG_END);
	if (now->failed != r->told.failed)
		log_event(r->env.log, EV_STORE_FAILED, LOG_CAUSE("rule", SLICE("row-refused")),
		          LOG_STR("why", SLICE("the database does not take a row")), LOG_END);
	if (now->retries != r->told.retries)
		log_event(r->env.log, EV_STORE_FAILED, LOG_CAUSE("rule", SLICE("disk")),
		          LOG_STR("why", slice_str(store_result_text(now->code))), LOG_END);
	r->told = *now;
}

/* ---- the role ---- */

/*
 * Secrets must not reach the swap (B15).  Only where the limit allows all of it: under a small one
 * MCL_FUTURE would make later allocations fail.
 */
static void lock_memory(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY)
		(void)mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
}

/* At every start until `tollgate records --accept`; calls go on. */
static void tell_damage(struct vault_role *r)
{
	struct chain_report report;

	store_damage(r->store, &report);
	if (report.first.fault != CHAIN_WHOLE)
		log_event(r->env.log, EV_LEDGER_DAMAGED,
		          LOG_CAUSE("rule", slice_str(chain_fault_name(report.first.fault))),
		          LOG_U64("id", report.first.id),
		          LOG_U64("records", report.first.count), LOG_END);
}

static const char *open_store(struct vault_role *r)
{
	static char why[512];
	char dir[1024];

	snprintf(dir, sizeof(dir), "%.*s", SLICE_FMT(r->env.conf->site.data));
	return store_open(&r->store, dir, r->env.wall_ms, why, sizeof(why)) == TG_OK ? NULL : why;
}

/* Jobs are on disk, or the disk's health has changed: look at once. */
static void on_stored(struct net_watch *watch, uint64_t now_ms, int events)
{
	struct vault_role *r = TG_CONTAINER(watch, struct vault_role, stored);

	(void)events;
	r->own_ms = now_ms;
}

static const char *start_store(struct vault_role *r)
{
	r->stored = (struct net_watch){ eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), on_stored };
	if (r->stored.fd < 0)
		return "no descriptor for the store's wake-up";
	/* edge triggered: each write wakes us and the counter never has to be read */
	if (net_loop_add(r->env.loop, &r->stored, NET_READ | NET_EDGE) != TG_OK ||
	    store_start(r->store, r->stored.fd) != TG_OK)
		return "the store thread cannot start";
	return NULL;
}

static void stop_store(struct vault_role *r)
{
	store_close(r->store, PATIENCE_MS);
	if (r->stored.fd < 0)
		return;
	net_loop_del(r->env.loop, &r->stored);
	close(r->stored.fd);
}

static const struct deck *deck_of(void *ctx, int trunk)
{
	const struct vault_role *r = ctx;

	return trunk < 0 ? decks_site(r->decks) : decks_find(r->decks, (uint32_t)trunk);
}

/* ---- countries ---- */

static uint16_t country_of(void *ctx, const struct tg_addr *addr)
{
	const struct vault_role *r = ctx;

	return r->geo != NULL ? geo_country(r->geo, addr) : POLICY_NONE;
}

/*
 * A database that cannot be used stops nobody from starting, because emergency calls matter more;
 * the rule that needs it refuses meanwhile.
 */
static void open_geo(struct vault_role *r)
{
	struct slice path = r->env.conf->rules.source.database;
	char text[GEO_WHY_MAX];
	struct buf b = buf_on(text, sizeof(text));

	if (path.len == 0)
		return;
	r->rules->country = country_of;
	if (geo_open(&r->geo, path, text) != TG_OK) {
		log_event(r->env.log, EV_COUNTRIES_REFUSED, LOG_STR("why", slice_str(text)),
		          LOG_END);
		return;
	}
	geo_write(&b, r->geo, r->env.wall_ms / 1000);
	log_event(r->env.log, EV_COUNTRIES_LOADED, LOG_STR("database", buf_slice(&b)), LOG_END);
}

/** The kernel's name for the time since it booted; all zero when it says none. */
static void read_boot_id(uint8_t id[16])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	char text[36];

	if (fd < 0)
		return;
	if (read(fd, text, sizeof(text)) == (ssize_t)sizeof(text)) {
		memcpy(id, text, 8); /* of 32 random hex digits enough to tell boots apart */
		memcpy(id + 8, text + sizeof(text) - 8, 8);
	}
	close(fd);
}

static const char *open_vault(struct vault_role *r)
{
	static char reason[SITE_WHY_MAX];
	const struct vault_store keep = vault_role_keep(r);
	struct vault_conf conf = { .routes = &r->routes, .store = &keep,
		                   .epoch = r->env.epoch };
	const struct role_env env = { .site = &r->site,
		                      .self = r->env.self,
		                      .link = r->env.out,
		                      .log = r->env.log,
		                      .rng = &r->rng,
		                      .now_ms = r->env.now_ms,
		                      .wall_ms = r->env.wall_ms };
	const char *why;

	r->rules = site_judge_new(r->env.conf, r->env.wall_ms, reason);
	if (r->rules == NULL)
		return reason;
	r->rules->ctx = r;
	r->rules->deck = deck_of;
	open_geo(r);
	conf.rules = r->rules;
	read_boot_id(conf.boot);
	r->vault = vault_new(&env, &conf);
	if (r->vault == NULL)
		return "no memory for the configured calls and registrations";
	why = load_all(r);
	return why != NULL ? why : start_store(r);
}

static const char *open_decks(struct vault_role *r)
{
	r->decks = decks_new(r->env.conf);
	if (r->decks == NULL)
		return "no memory for the rate decks";
	(void)vault_role_rates(r, SLICE(""));
	return NULL;
}

static void vault_role_free(void *role)
{
	struct vault_role *r = role;

	vault_free(r->vault);
	stop_store(r);
	site_judge_free(r->rules);
	decks_free(r->decks);
	geo_free(r->geo);
	tg_wipe(r, sizeof(*r));
	free(r);
}

static void *vault_role_create(const struct proc_env *env, const char **why)
{
	struct vault_role *r = calloc(1, sizeof(*r));

	if (r == NULL) {
		*why = "no memory";
		return NULL;
	}
	lock_memory();
	r->env = *env;
	r->stored.fd = -1;
	r->now_ms = r->own_ms = env->now_ms;
	site_make(&r->site, env->conf);
	site_routes(&r->routes, env->conf);
	r->names = (struct site_names){ .conf = r->env.conf, .site = &r->site,
		                        .out = r->env.out, .log = r->env.log };
	site_names_init(&r->names);
	tg_rng_init(&r->rng, env->seed);
	tg_wipe(r->env.seed, sizeof(r->env.seed));
	*why = open_decks(r);
	if (*why == NULL)
		*why = open_store(r);
	if (*why == NULL) {
		tell_damage(r);
		*why = open_vault(r);
	}
	if (*why == NULL)
		return r;
	vault_role_free(r);
	return NULL;
}

static void vault_role_message(void *role, uint64_t now_ms, const struct link_msg *msg)
{
	struct vault_role *r = role;

	r->now_ms = now_ms;
	if (msg->head.type == LINK_PEER && msg->peer.proc.role == LINK_EDGE && !msg->peer.up)
		r->loading[msg->peer.proc.index].on = false;
	site_names_message(&r->names, now_ms, msg);
	if (msg->head.type != LINK_CTL_ASK || !vault_role_ctl(r, msg))
		vault_message(r->vault, now_ms, msg);
}

static void vault_role_tick(void *role, uint64_t now_ms)
{
	struct vault_role *r = role;
	struct store_stat stat;
	bool busy;

	r->now_ms = now_ms;
	site_names_tick(&r->names, now_ms);
	vault_tick(r->vault, now_ms);
	if (now_ms < r->own_ms)
		return;
	store_stat(r->store, &stat);
	vault_stored(r->vault, now_ms, stat.written);
	if (now_ms >= r->wall_ms) {
		r->wall_ms = now_ms + LOOK_EVERY_MS;
		vault_wall(r->vault, now_ms, net_wall_ms());
	}
	tell_troubles(r, &stat);
	vault_role_replies(r, stat.written);
	busy = load_pages(r, stat.written);
	for (size_t i = 0; i < VAULT_REPLIES_MAX; i++)
		busy = busy || r->replies[i].used;
	r->own_ms = now_ms + (busy ? PAGE_EVERY_MS : LOOK_EVERY_MS);
}

static uint64_t vault_role_next_ms(const void *role)
{
	const struct vault_role *r = role;
	uint64_t next = TG_MIN(vault_next_ms(r->vault), site_names_next_ms(&r->names));

	return TG_MIN(next, r->own_ms);
}

const struct proc_role_ops vault_role_ops = {
	.create = vault_role_create,
	.message = vault_role_message,
	.tick = vault_role_tick,
	.next_ms = vault_role_next_ms,
	.free = vault_role_free,
};
