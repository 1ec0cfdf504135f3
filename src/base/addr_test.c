#include "base/addr.h"
#include "base/test.h"

static const struct {
	const char *why;
	const char *in;
	const char *out; /* NULL = refused */
} rows[] = {
	{ "plain IPv4", "192.0.2.1", "192.0.2.1" },
	{ "port", "192.0.2.1:5060", "192.0.2.1:5060" },
	{ "leading zero is octal to some readers", "192.0.02.1", NULL },
	{ "three groups", "192.0.2", NULL },
	{ "group above 255", "192.0.2.256", NULL },
	{ "port above 65535", "192.0.2.1:65536", NULL },
	{ "colon without a port", "192.0.2.1:", NULL },
	{ "empty", "", NULL },
	{ "RFC 5952 §4.2.3 longest run", "2001:db8:0:0:1:0:0:1", "[2001:db8::1:0:0:1]" },
	{ "RFC 5952 §4.2.2 one zero group stays", "2001:db8:0:1:1:1:1:1",
	  "[2001:db8:0:1:1:1:1:1]" },
	{ "IPv6 with port", "[2001:db8::1]:5061", "[2001:db8::1]:5061" },
	{ "run at the end", "2001:db8::", "[2001:db8::]" },
	{ "run at the start", "::1", "[::1]" },
	{ "all zero", "::", "[::]" },
	{ "dotted tail", "::ffff:192.0.2.1", "[::ffff:c000:201]" },
	{ "two runs", "1::2::3", NULL },
	{ "three colons", "2001:db8:::1", NULL },
	{ "nine groups", "1:2:3:4:5:6:7:8:9", NULL },
	{ "seven groups", "1:2:3:4:5:6:7", NULL },
	{ "group of five", "12345::", NULL },
	{ "bracketed IPv4", "[192.0.2.1]", NULL },
	{ "bracket not closed", "[::1", NULL },
	{ "octets behind the bracket", "[::1]x", NULL },
	{ "trailing colon", "1:2:3:4:5:6:7:", NULL },
};

TEST(addr_parse_and_write)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct tg_addr a = { 0 };
		char text[64];
		struct buf b = buf_on(text, sizeof(text));
		struct slice in = test_guarded(slice_str(rows[i].in));
		enum tg_err err = tg_addr_parse(&a, in, 0);

		CHECK((err == TG_OK) == (rows[i].out != NULL), rows[i].why);
		if (rows[i].out == NULL)
			continue;
		tg_addr_write(&b, &a);
		CHECK(slice_eq(buf_slice(&b), slice_str(rows[i].out)), rows[i].why);
	}
}

TEST(prefix_has)
{
	struct tg_prefix p = { 0 };
	struct tg_addr in = { 0 }, out = { 0 };

	CHECK(tg_prefix_parse(&p, SLICE("198.51.100.128/25")) == TG_OK, "plain");
	CHECK(tg_addr_parse_ip(&in, SLICE("198.51.100.200")) == TG_OK, "inside");
	CHECK(tg_addr_parse_ip(&out, SLICE("198.51.100.100")) == TG_OK, "outside");
	CHECK(tg_prefix_has(&p, &in), "inside");
	CHECK(!tg_prefix_has(&p, &out), "outside");
	CHECK(tg_prefix_parse(&p, SLICE("198.51.100.1/24")) == TG_EBAD, "bits behind the prefix");
	CHECK(tg_prefix_parse(&p, SLICE("0.0.0.0/0")) == TG_OK, "everything");
	CHECK(tg_prefix_has(&p, &in), "everything");
	CHECK(tg_prefix_parse(&p, SLICE("192.0.2.0/33")) == TG_EBAD, "too many bits");
	CHECK(tg_prefix_parse(&p, SLICE("192.0.2.0/")) == TG_EBAD, "no bits");
}

TEST(addr_class)
{
	static const struct {
		const char *ip;
		enum tg_addr_class class;
	} want[] = {
		{ "10.1.2.3", TG_ADDR_PRIVATE },     { "172.15.0.1", TG_ADDR_PUBLIC },
		{ "172.31.0.1", TG_ADDR_PRIVATE },   { "192.168.1.1", TG_ADDR_PRIVATE },
		{ "100.64.0.1", TG_ADDR_PRIVATE },   { "127.0.0.1", TG_ADDR_LOOPBACK },
		{ "0.0.0.0", TG_ADDR_UNSPECIFIED },  { "169.254.1.1", TG_ADDR_LINK_LOCAL },
		{ "224.0.0.1", TG_ADDR_MULTICAST },  { "255.255.255.255", TG_ADDR_BROADCAST },
		{ "250.1.1.1", TG_ADDR_RESERVED },   { "8.8.8.8", TG_ADDR_PUBLIC },
		{ "::1", TG_ADDR_LOOPBACK },         { "::", TG_ADDR_UNSPECIFIED },
		{ "::ffff:127.0.0.1", TG_ADDR_MAPPED }, { "fe80::1", TG_ADDR_LINK_LOCAL },
		{ "fd00::1", TG_ADDR_PRIVATE },      { "ff02::1", TG_ADDR_MULTICAST },
		{ "2001:db8::1", TG_ADDR_PUBLIC },
	};

	for (size_t i = 0; i < COUNT(want); i++) {
		struct tg_addr a = { 0 };

		CHECK(tg_addr_parse_ip(&a, slice_str(want[i].ip)) == TG_OK, want[i].ip);
		CHECK(tg_addr_class(&a) == want[i].class, want[i].ip);
	}
}
