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

static const char config[] =
	"site:       { name: bench, domain: " SIP_DOMAIN ", data: %s/data }\n"
	"interfaces:\n  - { name: lan, listen: 127.0.0.1:%u, side: inside }\n"
	"networks:\n  - { name: phones, interface: lan, prefix: " SIP_PHONES_IP "/32 }\n"
	"pbxs:\n  - { name: pbx, interface: lan, address: %s }\n"
	"accounts:   { default-networks: [phones], expires-max: 3600 }\n"
	/*
	 * Below the ports that the kernel picks for us.  A port rests after each call, so the pairs
	 * that are kept open are enough for 3,750 calls in all; a run makes no more.
	 */
	"media:      { ports: 1024-31999, ready: 7500 }\n"
	"limits:     { calls: 10000, registrations: 400000 }\n"
	"log:        { level: warn }\n";

static void become_tollgate(const char *dir)
{
	char option[96];

	snprintf(option, sizeof(option), "--config=%s/tollgate.yaml", dir);
	execl(sip_tollgate_path, "tollgate", "run", option, (char *)NULL);
	_exit(127);
}

static bool write_config(const struct sip_server *server, const struct sip_sockets *sockets)
{
	char path[96];
	FILE *f;

	snprintf(path, sizeof(path), "%s/tollgate.yaml", server->dir);
	f = fopen(path, "we");
	if (f == NULL)
		return false;
	fprintf(f, config, server->dir, ntohs(server->at.sin_port), sockets->text[SIP_PBX]);
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

bool sip_tollgate_start(struct sip_server *server, const struct sip_sockets *sockets)
{
	if (!sip_server_prepare(server, "tollgate") || !write_config(server, sockets) ||
	    !fill(server->dir))
		return false;
	server->preload = sip_tollgate_preload;
	server->root = sip_fork(server);
	if (server->root == 0)
		become_tollgate(server->dir);
	return server->root > 0 && sip_server_wait(server, 30);
}
