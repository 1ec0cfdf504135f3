/* tollgate as it is run in production: its own program, with sizes for a provider's edge. */
#include "bench/sip.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sip/digest.h"
#include "store/store.h"

const char *sip_tollgate_path = "build/src/tollgate";
const char *sip_tollgate_preload;

/*
 * The phones and the PBX meet it at one address, the provider at another.  Budgets are on all that
 * a call counts on, wide enough for the load; rules are as shipped, but for as many calls as a load
 * makes at any hour.
 */
static const char config[] =
	"site:       { name: bench, domain: " SIP_DOMAIN ", data: %s/data }\n"
	"interfaces:\n"
	"  - { name: lan, listen: %s:%u, side: inside }\n"
	"  - { name: wan, listen: %s:%u, side: outside }\n"
	"networks:\n  - { name: phones, interface: lan, prefix: " SIP_PHONES_IP "/32 }\n"
	"%s%s%s"
	"trunks:\n"
	"  - { name: provider, interface: wan, address: %s, register: false, calls: 10000 }\n"
	"outbound:   { trunks: [provider] }\n"
	"accounts:   { default-networks: [phones], expires-max: 3600 }\n"
	"numbers:    { home: ES }\n"
	"budgets:\n"
	"  - { for: site, per-call: 5.00, hour: 1000000.00, day: 1000000.00, month: 9000000.00 }\n"
	"  - { for: trunk, day: 1000000.00, calls: 10000 }\n"
	"  - { for: pbx, day: 1000000.00, calls: 10000 }\n"
	"  - { for: class, day: 1000000.00 }\n"
	"  - { for: account, per-call: 5.00, day: 1000.00, calls: 10000, calls-minute: 600 }\n"
	"%s"
	/*
	 * Below the ports that the kernel picks for us.  A port rests after each call, so the pairs
	 * that are kept open are enough for 3,750 calls in half a minute.
	 */
	"media:      { ports: 1024-31999, ready: 15000 }\n"
	"limits:     { calls: 10000, registrations: 400000, relays: 2 }\n"
	"log:        { level: warn }\n";

static const char rules_on[] =
	"rules:\n"
	"  unattributed: { calls: 10000 }\n"
	"  hours: { calls: 10000 }\n"
	"  first-use: { mode: dry-run }\n";

static const char rules_off[] =
	"rules:\n"
	"  source: { mode: off }\n  caller-id: { mode: off }\n  approval: { mode: off }\n"
	"  lockdown: { mode: off }\n  pass: { mode: off }\n  where: { mode: off }\n"
	"  unattributed: { mode: off }\n  hours: { mode: off }\n  first-use: { mode: off }\n";

static void become_tollgate(const char *dir)
{
	char option[96];

	snprintf(option, sizeof(option), "--config=%s/tollgate.yaml", dir);
	execl(sip_tollgate_path, "tollgate", "run", option, (char *)NULL);
	_exit(127);
}

/* How one tollgate is set up. */
struct setup {
	const char *name, *lan, *wan;
	bool pbx; /* then accounts reach the provider through it only */
	const char *rules;
};

static bool write_config(struct sip_server *server, const struct sip_sockets *sockets,
                         const struct setup *setup)
{
	char path[96];
	unsigned port = ntohs(server->at.sin_port);
	FILE *f;

	/* all relay media from the same ports: each has addresses of its own */
	inet_pton(AF_INET, setup->lan, &server->at.sin_addr);
	inet_pton(AF_INET, setup->wan, &server->at_trunk.sin_addr);
	snprintf(path, sizeof(path), "%s/tollgate.yaml", server->dir);
	f = fopen(path, "we");
	if (f == NULL)
		return false;
	fprintf(f, config, server->dir, setup->lan, port, setup->wan, port,
	        setup->pbx ? "pbxs:\n  - { name: pbx, interface: lan, address: " : "",
	        setup->pbx ? sockets->text[SIP_PBX] : "", setup->pbx ? " }\n" : "",
	        sockets->text[SIP_TRUNK], setup->rules);
	return fclose(f) == 0;
}

/* The accounts as the store writes them; `tollgate account add` for each would take an hour. */
static bool fill(const char *dir)
{
	char error[256] = "", path[96];
	struct store *store = NULL;

	snprintf(path, sizeof(path), "%s/data", dir);
	if (mkdir(path, 0700) != 0 ||
	    store_open(&store, path, 0, error, sizeof(error)) != TG_OK ||
	    store_start(store, -1) != TG_OK) {
		fprintf(stderr, "tollgate: no accounts: %s\n", error);
		return false;
	}
	for (unsigned i = SIP_FIRST; i < SIP_FIRST + SIP_ACCOUNTS; i++) {
		struct vault_account a = { .max_bindings = 5 };
		char password[16];
		uint8_t sha256[TG_DIGEST_MAX], md5[TG_DIGEST_MAX];
		struct slice user;

		a.user_len = (uint8_t)snprintf(a.user, sizeof(a.user), "%u", i);
		user = slice_of(a.user, a.user_len);
		snprintf(password, sizeof(password), "pw%u", i);
		sip_digest_ha1(md5, TG_DIGEST_MD5, user, SLICE(SIP_DOMAIN), slice_str(password));
		sip_digest_ha1(sha256, TG_DIGEST_SHA256, user, SLICE(SIP_DOMAIN),
		               slice_str(password));
		memcpy(a.ha1_md5, md5, sizeof(a.ha1_md5));
		memcpy(a.ha1_sha256, sha256, sizeof(a.ha1_sha256));
		while (!store_account_put(store, &a, (struct slice){ NULL, 0 }))
			usleep(1000); /* its queue is full */
	}
	store_close(store, 60000);
	return true;
}

static bool start(struct sip_server *server, const struct sip_sockets *sockets,
                  const struct setup *setup, bool accounts)
{
	if (!sip_server_prepare(server, setup->name) || !write_config(server, sockets, setup) ||
	    (accounts && !fill(server->dir)))
		return false;
	server->preload = sip_tollgate_preload;
	server->root = sip_fork(server);
	if (server->root == 0)
		become_tollgate(server->dir);
	return server->root > 0 && sip_server_wait(server, 30);
}

bool sip_tollgate_start(struct sip_server *server, const struct sip_sockets *sockets)
{
	static const struct setup setup = { "tollgate", "127.0.0.1", "127.0.0.5", true, rules_on };

	return start(server, sockets, &setup, true);
}

bool sip_tollgate_checked_start(struct sip_server *server, const struct sip_sockets *sockets)
{
	static const struct setup setup = { "checked", "127.0.0.6", "127.0.0.7", false, rules_on };

	return start(server, sockets, &setup, true);
}

bool sip_tollgate_off_start(struct sip_server *server, const struct sip_sockets *sockets)
{
	static const struct setup setup = { "rules-off", "127.0.0.8", "127.0.0.9", true,
		                            rules_off };

	return start(server, sockets, &setup, false);
}
