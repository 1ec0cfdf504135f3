#include "proc/site_names.h"

#include <stdlib.h>

#include "base/test.h"
#include "proc/site.h"

#define CONFIG \
	"interfaces:\n" \
	"  - { name: lan, listen: 192.168.1.1, side: inside }\n" \
	"  - { name: wan, listen: 198.51.100.1, side: outside }\n" \
	"networks:\n" \
	"  - { name: office, interface: lan, prefix: 192.168.1.0/24 }\n" \
	"  - { name: home, interface: wan, host: home.example.net }\n" \
	"  - { name: branch, interface: lan, host: branch.example.net }\n" \
	"pbxs: [{ name: pbx, interface: lan, address: 192.168.1.10 }]\n" \
	"trunks: [{ name: acme, interface: wan, address: 203.0.113.5, username: u }]\n"

enum { HOME = 1, BRANCH = 2, HOUR_MS = 3600000 };

/* The vault's names, and an edge that hears of them. */
static struct desk {
	struct site_names names;
	struct role_site vault, edge;
	struct conf *conf;
	struct tg_log log;
	unsigned asked[3], told;
	uint8_t family;
	struct tg_addr refused;
} desk;

static void on_post(void *ctx, const struct link_msg *msg)
{
	struct desk *d = ctx;
	uint32_t i = msg->head.ref.slot - 1;
	const char *why;
	struct link_msg copy = *msg;

	copy.head.from = (struct link_proc){ LINK_VAULT, 0 };
	CHECK(link_msg_check(&copy, &why) == TG_OK, "what is sent passes");
	if (msg->head.type == LINK_RESOLVE_ASK) {
		d->asked[i]++;
		d->family = msg->resolve_ask.family;
	} else if (msg->head.type == LINK_NETWORK_FOUND) {
		d->told++;
		(void)site_names_found(&d->edge, i, &msg->network_found, &d->refused);
	}
}

static void on_log(void *ctx, struct slice line)
{
	(void)ctx;
	(void)line;
}

static void peer(enum link_role role, bool up)
{
	struct link_msg msg;

	link_msg_init(&msg, LINK_PEER, (struct link_proc){ LINK_VAULT, 0 });
	msg.peer.proc.role = (uint8_t)role;
	msg.peer.up = up;
	site_names_message(&desk.names, 0, &msg);
}

static void open_desk(void)
{
	static struct conf_mistakes mistakes;

	memset(&desk, 0, sizeof(desk));
	CHECK(conf_parse(&desk.conf, SLICE(CONFIG), &mistakes) == TG_OK, mistakes.at[0].text);
	log_init(&desk.log, SLICE("vault"), on_log, NULL);
	site_make(&desk.vault, desk.conf);
	site_make(&desk.edge, desk.conf);
	desk.names = (struct site_names){ .conf = desk.conf, .site = &desk.vault,
		                          .out = { &desk, on_post }, .log = &desk.log };
	site_names_init(&desk.names);
}

static void close_desk(void)
{
	conf_free(desk.conf);
}

static void reply(uint32_t network, const char *name, uint64_t now_ms, const char *const *addrs)
{
	struct link_msg msg;
	struct link_resolve *r = &msg.resolve_reply;

	link_msg_init(&msg, LINK_RESOLVE_REPLY, (struct link_proc){ LINK_VAULT, 0 });
	msg.head.ref.slot = network + 1;
	link_text_set(&r->name, slice_str(name));
	r->ttl_s = 60;
	for (; *addrs != NULL; addrs++)
		CHECK(tg_addr_parse_ip(&r->addr[r->count++], slice_str(*addrs)) == TG_OK, *addrs);
	r->failed = r->count == 0;
	site_names_message(&desk.names, now_ms, &msg);
}

#define ADDRS(...) (const char *const[]){ __VA_ARGS__, NULL }
#define NOTHING (const char *const[]){ NULL }

/* What the vault says of an address; an edge must say the same. */
static bool admits(uint32_t network, uint16_t iface, const char *from)
{
	struct tg_flow f = { .iface = iface, .proto = TG_PROTO_UDP };
	uint64_t vault, edge;

	CHECK(tg_addr_parse(&f.remote, slice_str(from), 5060) == TG_OK, from);
	vault = role_networks_of(&desk.vault, &f);
	edge = role_networks_of(&desk.edge, &f);
	CHECK(vault == edge, "an edge knows what the vault knows");
	return (vault >> network & 1) != 0;
}

TEST(a_name_whose_address_changes)
{
	open_desk();
	site_names_tick(&desk.names, 0);
	CHECK(desk.asked[HOME] == 0, "there is no resolver yet");
	peer(LINK_RESOLVER, true);
	CHECK(site_names_next_ms(&desk.names) == 0, "at once");
	site_names_tick(&desk.names, 0);
	CHECK(desk.asked[HOME] == 1 && desk.asked[BRANCH] == 1 && desk.asked[0] == 0, "names only");
	CHECK(desk.family == TG_AF_INET, "as the interface speaks");
	CHECK(!admits(HOME, 1, "198.51.100.77"), "not known yet: nobody");
	reply(HOME, "home.example.net", 100, ADDRS("198.51.100.77"));
	CHECK(admits(HOME, 1, "198.51.100.77"), "there it is");
	CHECK(!admits(HOME, 0, "198.51.100.77"), "R12: at its interface alone");
	reply(HOME, "home.example.net", 200, ADDRS("198.51.100.77"));
	CHECK(desk.told == 1, "the same again is no news");
	site_names_tick(&desk.names, 60199);
	CHECK(desk.asked[HOME] == 1, "its TTL holds");
	site_names_tick(&desk.names, 60200);
	CHECK(desk.asked[HOME] == 2, "and then it is asked again");
	reply(HOME, "home.example.net", 60300, ADDRS("198.51.100.78", "198.51.100.79"));
	CHECK(admits(HOME, 1, "198.51.100.78") && admits(HOME, 1, "198.51.100.79"), "it moved");
	CHECK(!admits(HOME, 1, "198.51.100.77"), "the old one left");
	close_desk();
}

TEST(a_name_that_is_not_found_any_more)
{
	open_desk();
	peer(LINK_RESOLVER, true);
	reply(HOME, "home.example.net", 0, ADDRS("198.51.100.77"));
	reply(HOME, "home.example.net", 60000, NOTHING);
	site_names_tick(&desk.names, 60000 + HOUR_MS - 1);
	CHECK(admits(HOME, 1, "198.51.100.77"), "a failure keeps what was known");
	site_names_tick(&desk.names, 60000 + HOUR_MS);
	CHECK(!admits(HOME, 1, "198.51.100.77"), "for an hour after its TTL");
	CHECK(site_names_next_ms(&desk.names) < UINT64_MAX, "and it is asked on and on");
	close_desk();
}

static const struct {
	const char *why, *name, *addr;
	uint32_t network;
	bool admitted;
} rows[] = {
	{ "any public address", "home.example.net", "198.51.100.77", HOME, true },
	{ "R12: a private one outside", "home.example.net", "192.168.1.7", HOME, false },
	{ "a shared one outside (RFC 6598)", "home.example.net", "100.64.0.1", HOME, false },
	{ "loopback", "home.example.net", "127.0.0.1", HOME, false },
	{ "everybody", "home.example.net", "0.0.0.0", HOME, false },
	{ "link-local", "home.example.net", "169.254.1.1", HOME, false },
	{ "our own", "home.example.net", "198.51.100.1", HOME, false },
	{ "the trunk's", "home.example.net", "203.0.113.5", HOME, false },
	{ "IPv6 at an interface of IPv4", "home.example.net", "2001:db8::1", HOME, false },
	{ "private, inside", "branch.example.net", "10.0.0.7", BRANCH, true },
	{ "the PBX", "branch.example.net", "192.168.1.10", BRANCH, false },
	{ "our own, inside", "branch.example.net", "192.168.1.1", BRANCH, false },
	{ "loopback, inside", "branch.example.net", "127.0.0.1", BRANCH, false },
	{ "an answer to another question", "evil.example.net", "198.51.100.77", HOME, false },
	{ "a network that has a prefix", "", "198.51.100.77", 0, false },
	{ "no network", "home.example.net", "198.51.100.77", 63, false },
};

TEST(addresses_that_a_name_may_not_have)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		open_desk();
		peer(LINK_RESOLVER, true);
		reply(rows[i].network, rows[i].name, 0, ADDRS(rows[i].addr));
		CHECK(admits(rows[i].network, rows[i].network == HOME, rows[i].addr) ==
		      rows[i].admitted, rows[i].why);
		close_desk();
	}
}

TEST(a_bad_address_beside_good_ones)
{
	open_desk();
	peer(LINK_RESOLVER, true);
	reply(HOME, "HOME.example.net", 0,
	      ADDRS("10.0.0.1", "198.51.100.77", "198.51.100.77", "203.0.113.5"));
	CHECK(desk.vault.network[HOME].found_count == 1, "the good one, once");
	CHECK(admits(HOME, 1, "198.51.100.77"), "names are equal in any case of letters");
	close_desk();
}

TEST(an_edge_that_starts_again)
{
	open_desk();
	peer(LINK_RESOLVER, true);
	peer(LINK_EDGE, true);
	CHECK(desk.told == 0, "nothing is known: it keeps what it has");
	reply(HOME, "home.example.net", 0, ADDRS("198.51.100.77"));
	site_make(&desk.edge, desk.conf);
	peer(LINK_EDGE, true);
	CHECK(admits(HOME, 1, "198.51.100.77"), "it is told");
	site_names_tick(&desk.names, 10);
	peer(LINK_RESOLVER, false);
	site_names_tick(&desk.names, 70000);
	CHECK(desk.asked[HOME] == 0, "nobody to ask");
	peer(LINK_RESOLVER, true);
	site_names_tick(&desk.names, 70001);
	CHECK(desk.asked[HOME] == 1, "a new resolver is asked at once");
	close_desk();
}
