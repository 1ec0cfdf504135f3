#include "role/role.h"

#include "base/test.h"

static struct tg_prefix prefix(const char *text)
{
	struct tg_prefix p = { 0 };

	CHECK(tg_prefix_parse(&p, slice_str(text)) == TG_OK, text);
	return p;
}

static struct tg_flow flow(const char *from, uint16_t iface)
{
	struct tg_flow f = { .iface = iface, .proto = TG_PROTO_UDP };

	CHECK(tg_addr_parse(&f.remote, slice_str(from), 5060) == TG_OK, from);
	return f;
}

/* 0: the LAN inside; 1: an office, 2: everywhere, both outside; 3: all of IPv6; 4: by name. */
static void make_site(struct role_site *s)
{
	memset(s, 0, sizeof(*s));
	s->networks = 5;
	s->network[0].prefix = prefix("192.168.1.0/24");
	s->network[1] = (struct role_network){ .iface = 1, .prefix = prefix("198.51.100.0/24") };
	s->network[2] = (struct role_network){ .iface = 1, .prefix = prefix("0.0.0.0/0") };
	s->network[3] = (struct role_network){ .iface = 1, .prefix = prefix("::/0") };
	s->network[4] = (struct role_network){ .iface = 1, .by_name = true, .found_count = 2 };
	s->network[4].found[0] = prefix("203.0.113.99").addr;
	s->network[4].found[1] = prefix("2001:db8::99").addr;
}

static const struct {
	const char *why, *from;
	uint16_t iface;
	uint64_t networks;
	bool everywhere;
} rows[] = {
	{ "the LAN", "192.168.1.7", 0, 1, false },
	{ "R12: the same address outside has no trust of the LAN", "192.168.1.7", 1, 4, true },
	{ "not a LAN address", "198.51.100.7", 0, 0, false },
	{ "a network and everywhere: it has a place", "198.51.100.7", 1, 6, false },
	{ "just everywhere", "203.0.113.7", 1, 4, true },
	{ "R95a: an address of the name, which is a place", "203.0.113.99", 1, 20, false },
	{ "its second one", "2001:db8::99", 1, 24, false },
	{ "at another interface", "203.0.113.99", 0, 0, false },
	{ "just everywhere, IPv6", "2001:db8::7", 1, 8, true },
};

TEST(networks_of_a_flow)
{
	static struct role_site s;

	make_site(&s);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct tg_flow f = flow(rows[i].from, rows[i].iface);
		uint64_t bits = role_networks_of(&s, &f);

		CHECK(bits == rows[i].networks, rows[i].why);
		CHECK(role_is_everywhere(&s, bits) == rows[i].everywhere, rows[i].why);
	}
}
