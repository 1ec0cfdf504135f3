#include "base/hash.h"
#include "base/test.h"
#include "conf/conf.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* Two interfaces, one network, one PBX, one trunk: what a row of a table builds upon. */
#define IFS                                                                                \
	"interfaces:\n"                                                                    \
	"- { name: lan, listen: 192.168.1.2, side: inside }\n"                             \
	"- { name: wan, listen: 203.0.113.2, side: outside }\n"
#define PBX "pbxs:\n- { name: pbx, interface: lan, address: 192.168.1.10 }\n"
#define TRUNK                                                                              \
	"trunks:\n"                                                                        \
	"- { name: acme, interface: wan, address: 198.51.100.5, username: u1 }\n"
static const struct {
	const char *why;
	const char *in;
	const char *out; /* every mistake, one a line, without the file's name */
} bad[] = {
	/* the YAML subset */
	{ "nothing at all", "",
	  "1:1: interfaces: at least 1 is needed: Addresses on which tollgate "
	  "speaks SIP.\n" },
	{ "a list at the top", "- a\n",
	  "1:1: the file is a map of sections: \"site:\", "
	  "\"interfaces:\", ...\n" },
	{ "two readings of one file", IFS "site: &s { name: a }\nlog: *s\n",
	  "4:7: anchors (&s) are not used here; write the value out, or quote it\n"
	  "5:6: a value that begins with '*' needs quotes: \"*s\"\n" },
	{ "tags change types", IFS "site: { name: !!str a }\n",
	  "4:15: tags (tag:yaml.org,2002:str) are not used here; quote a text that begins with '!'\n" },
	{ "merge key", IFS "site: { <<: { name: a } }\n",
	  "4:9: merge keys (<<) are not used here; write the keys out\n" },
	{ "duplicate key: readers differ on which counts", IFS "site: { name: a, name: b }\n",
	  "4:18: \"name\" stands here twice; it is already in line 4\n" },
	{ "second document", IFS "---\nsite: { name: a }\n",
	  "4:1: a second document begins here; one file holds one document\n" },
	{ "directive", "%YAML 1.1\n---\n" IFS,
	  "1:1: directives (%YAML, %TAG) are not used here\n" },
	{ "depth", "a: [[[[[[[[1]]]]]]]]\n", "1:9: nested deeper than 6\n" },
	{ "block text", IFS "site:\n  name: |\n    a\n",
	  "5:9: block texts (| and >) are not used here; write one line\n" },
	{ "control character by escape", IFS "site: { name: \"a\\0b\" }\n",
	  "4:15: control characters are not allowed in a value\n" },
	{ "tab", IFS "site:\n\tname: a\n",
	  "5:1: this is not YAML: found character that cannot start any token while scanning for the "
	  "next token; indent with blanks, not tabs, and quote values that begin with @, ` or %\n" },
	{ "open bracket", IFS "media: { ports: 1\nlog: {}\n",
	  "5:4: this is not YAML: did not find expected ',' or '}' while parsing a flow mapping; is a "
	  "quote, bracket or comma missing, or the indentation uneven?\n" },
	{ "map as key", IFS "{ a: b }: c\n", "4:1: a key is a plain word, not a map or list\n" },
	/* rows */
	{ "section misspelt", IFS "limit: { calls: 1 }\n",
	  "4:1: unknown key \"limit\"; allowed: site, interfaces, networks, pbxs, trunks, "
	  "inbound, outbound, accounts, numbers, money, hours, groups, budgets, rules, media, limits, "
	  "log; did you mean \"limits\"?\n" },
	{ "key misspelt", IFS "media: { prots: 20000-21999 }\n",
	  "4:10: media: unknown key \"prots\"; allowed: ports, ready, silence; did you mean \"ports\"?\n" },
	{ "key far from all", IFS "media: { codec: opus }\n",
	  "4:10: media: unknown key \"codec\"; allowed: ports, ready, silence\n" },
	{ "a secret is never echoed",
	  IFS "trunks:\n- { name: acme, interface: wan, address: a.example,\n"
	      "    username: u, password: hunter2 }\n",
	  "6:18: secrets do not stand in this file: remove the line and use `tollgate secret set "
	  "trunk/NAME`\n" },
	{ "choice misspelt", "interfaces: [{ name: lan, listen: 10.0.0.1, side: insde }]\n",
	  "1:51: interfaces.side: \"insde\" is not right; allowed: inside, outside; did you mean "
	  "\"inside\"?\n" },
	{ "missing", "interfaces: [{ name: lan, side: inside }]\n",
	  "1:14: interfaces: \"listen\" is missing: The one address for SIP over UDP; media uses the "
	  "same address.\n" },
	{ "all mistakes at once", IFS "limits: { calls: 0, edges: 99, relays: many }\n",
	  "4:18: limits.calls: \"0\" is not right; allowed: a whole number from 1 to 100000\n"
	  "4:28: limits.edges: \"99\" is not right; allowed: a whole number from 1 to 32\n"
	  "4:40: limits.relays: \"many\" is not right; allowed: a whole number from 1 to 32\n" },
	{ "unit", IFS "media: { silence: 4000 }\n",
	  "4:19: media.silence: \"4000\" is not right; allowed: a whole number from 0 to 3600 "
	  "(seconds)\n" },
	{ "no such thing as yes",
	  IFS "trunks:\n- { name: a, interface: wan, address: 198.51.100.5,\n"
	      "    register: NO }\n",
	  "6:15: trunks.register: \"NO\" is not right; allowed: true or false; did you mean false?\n" },
	{ "wildcard address", "interfaces: [{ name: lan, listen: 0.0.0.0, side: inside }]\n",
	  "1:35: interfaces.listen: \"0.0.0.0\" is not right; it stands for every address, and one "
	  "certain address is needed here\n" },
	{ "port 0", "interfaces: [{ name: lan, listen: \"10.0.0.1:0\", side: inside }]\n",
	  "1:35: interfaces.listen: \"10.0.0.1:0\" is not right; allowed: an IP address, with or without "
	  ":port (1 to 65535)\n" },
	{ "list wanted", IFS "outbound: { emergency: 112 }\n",
	  "4:24: outbound.emergency: a list belongs here: [112]\n" },
	{ "value wanted", IFS "site: { name: [a] }\n",
	  "4:15: site.name: a single value belongs here, not a list\n" },
	{ "empty value", IFS "site: { name: }\n",
	  "4:15: site.name: the value is missing (a text that begins with # needs quotes)\n" },
	{ "item wanted", IFS "pbxs: [freepbx]\n",
	  "4:8: pbxs: each item is a map of \"key: value\"\n" },
	{ "list of items wanted", IFS "pbxs: { name: a }\n",
	  "4:7: pbxs: a list of items belongs here, each with \"- \" before it\n" },
	{ "section is a map", IFS "media: 5\n", "4:8: media: \"key: value\" lines belong here\n" },
	{ "prefix with host bits",
	  IFS "networks: [{ name: a, interface: lan, prefix: 192.168.1.7/24 }]\n",
	  "4:47: networks.prefix: \"192.168.1.7/24\" is not right; bits are set behind the prefix, or it "
	  "is too long; allowed: an address and the number of its fixed bits, such as 192.168.1.0/24\n" },
	{ "ports upside down", IFS "media: { ports: 30000-20000 }\n",
	  "4:17: media.ports: \"30000-20000\" is not right; allowed: first-last, both from 1024 to "
	  "65535\n" },
	{ "relative path", IFS "site: { data: var }\n",
	  "4:15: site.data: \"var\" is not right; allowed: an absolute path of at most 200 octets\n" },
	/* numbers */
	{ "every country (R107)", IFS TRUNK "outbound: { trunks: [acme], allow: [\"00*\"] }\n",
	  "6:37: outbound.allow: \"00*\" is not right; allowed: a prefix that names a country or an area "
	  "at least; this one opens calls to every country, the dearest included\n" },
	{ "number with separators", IFS TRUNK "outbound: { trunks: [acme], allow: [91-123] }\n",
	  "6:37: outbound.allow: \"91-123\" is not right; allowed: digits, with or without a leading +, "
	  "also * and # inside; a final * means every number that begins so\n" },
	{ "plus inside", IFS "inbound: [{ number: 0+34, account: a }]\n",
	  "4:21: inbound.number: \"0+34\" is not right; allowed: one whole number as the provider sends "
	  "it: digits, with or without a leading +\n" },
	{ "nothing can go out", IFS "outbound: { allow: [\"91*\"] }\n",
	  "4:21: outbound: numbers are allowed, but outbound.trunks is empty, so that nothing can go "
	  "out; list a trunk there\n" },
	{ "allowed twice",
	  IFS TRUNK "outbound: { trunks: [acme], allow: [\"91*\", \"91\", \"91*\"] }\n",
	  "6:50: outbound.allow: this stands in the list twice\n" },
	/* references */
	{ "unknown interface", IFS "networks: [{ name: a, interface: lam, prefix: 10.0.0.0/8 }]\n",
	  "4:34: networks.interface: there is no \"lam\" in interfaces; allowed: lan, wan; did you "
	  "mean \"lan\"?\n" },
	{ "unknown pbx", IFS "inbound: [{ number: \"1\", pbx: freepbx }]\n",
	  "4:31: inbound.pbx: there is no \"freepbx\" in pbxs; allowed: none yet\n" },
	{ "unknown trunk in a list", IFS TRUNK "outbound: { trunks: [acne] }\n",
	  "6:22: outbound.trunks: there is no \"acne\" in trunks; allowed: acme; did you mean "
	  "\"acme\"?\n" },
	{ "unknown network", IFS "accounts: { default-networks: [office] }\n",
	  "4:32: accounts.default-networks: there is no \"office\" in networks; allowed: none yet\n" },
	{ "name taken", IFS "- { name: lan, listen: 10.0.0.1, side: inside }\n",
	  "4:11: interfaces: the name \"lan\" is taken in line 2\n" },
	{ "number goes nowhere", IFS "inbound: [{ number: \"1\" }]\n",
	  "4:21: inbound: 1 goes nowhere; exactly one of account and pbx is needed\n" },
	{ "number goes twice", IFS PBX "inbound: [{ number: \"1\", pbx: pbx, account: a }]\n",
	  "6:21: inbound: 1 goes to an account and to a PBX; exactly one of account and pbx is needed\n" },
	{ "number listed twice",
	  IFS "inbound:\n- { number: \"1\", account: a }\n"
	      "- { number: \"1\", account: b }\n",
	  "6:13: inbound: 1 stands already in line 5\n" },
	/* clashes */
	{ "listen twice", IFS "- { name: third, listen: 192.168.1.2:5060, side: inside }\n",
	  "4:26: interfaces.listen: \"lan\" listens on 192.168.1.2:5060 already; one address and port is "
	  "one interface\n" },
	{ "SIP port among the media ports",
	  "interfaces: [{ name: lan, listen: 10.0.0.1:20100, side: inside }]\n",
	  "1:35: interfaces.listen: port 20100 lies among the media ports 20000-29999; a call would take "
	  "it\n" },
	{ "too few ports", IFS "media: { ports: 20000-20099 }\nlimits: { calls: 100 }\n",
	  "5:18: limits.calls: 100 calls need 200 media ports, and media.ports has 100\n" },
	{ "expiry upside down", IFS "accounts: { expires-min: 600, expires-max: 300 }\n",
	  "4:26: accounts.expires-min: 600 is above expires-max, 300\n" },
	{ "circle", IFS "pbxs: [{ name: a, interface: lan, address: 192.168.1.2 }]\n",
	  "4:44: pbxs.address: 192.168.1.2:5060 is our own interface \"lan\"; calls would run in a "
	  "circle\n" },
	{ "two PBXs, one address",
	  IFS PBX "- { name: b, interface: lan, address: 192.168.1.10:5060 }\n",
	  "6:39: pbxs.address: \"pbx\" has this address, too, so who calls could not be told\n" },
	{ "IP versions", IFS "pbxs: [{ name: a, interface: lan, address: \"fd00::1\" }]\n",
	  "4:44: pbxs.address: interface \"lan\" has an address of the other IP version\n" },
	{ "not yet", "interfaces: [{ name: lan, listen: \"[2001:db8::1]:5060\", side: inside }]\n",
	  "1:35: interfaces.listen: IPv6 is not served yet; write an IPv4 address\n" },
	/* doors (R107) */
	{ "private range outside",
	  IFS "networks: [{ name: a, interface: wan, prefix: 192.168.0.0/16 }]\n",
	  "4:47: networks.prefix: 192.168.0.0/16 is a private range, and \"wan\" is outside, where "
	  "anybody can forge such a sender; name an inside interface\n" },
	{ "a network without addresses",
	  IFS "networks: [{ name: a, interface: wan }]\n",
	  "4:20: networks: \"a\" needs a prefix or a host\n" },
	{ "a network with both",
	  IFS "networks: [{ name: a, interface: lan, prefix: 10.0.0.0/8, host: a.example }]\n",
	  "4:65: networks.host: \"a\" has a prefix, too; write one of them\n" },
	{ "an address is no host name",
	  IFS "networks: [{ name: a, interface: wan, host: 198.51.100.7 }]\n",
	  "4:45: networks.host: \"198.51.100.7\" is not right; allowed: a host name such as "
	  "home.example.net\n" },
	{ "everybody inside", IFS "networks: [{ name: a, interface: lan, prefix: 0.0.0.0/0 }]\n",
	  "4:47: networks.prefix: 0.0.0.0/0 is far more than a network of your own; write its real "
	  "prefix, at least /8\n" },
	{ "PBX outside", IFS "pbxs: [{ name: a, interface: wan, address: 198.51.100.1 }]\n",
	  "4:30: pbxs.interface: \"wan\" is outside, where anybody can forge the address of the PBX and "
	  "call for its money; name an inside interface\n" },
	{ "PBX by name", IFS "pbxs: [{ name: a, interface: lan, address: pbx.example }]\n",
	  "4:44: pbxs.address: a PBX is known by its address, and a name can change; write the address "
	  "of \"pbx.example\"\n" },
	{ "trunk trusts half the world",
	  IFS "trunks: [{ name: a, interface: wan, address: b.example,\n"
	      "  register: false, networks: [128.0.0.0/1] }]\n",
	  "5:31: trunks.networks: 128.0.0.0/1 is far more than one provider has; at least /16, because "
	  "calls from there are believed to be the provider's\n" },
	{ "trunk among the phones",
	  IFS "networks: [{ name: a, interface: lan, prefix: 10.0.0.0/8 }]\n"
	      "trunks: [{ name: t, interface: lan, address: 10.0.0.9, register: false }]\n",
	  "5:46: trunks.address: it lies in network \"a\", where phones are; a phone could pass for the "
	  "provider\n" },
	{ "trunk is the PBX",
	  IFS PBX
	  "trunks: [{ name: t, interface: lan, address: 192.168.1.10:5070, register: false }]\n",
	  "6:46: trunks.address: this is also the address of PBX \"pbx\"; who calls could not be told\n" },
	{ "trunks that cannot be told apart",
	  IFS TRUNK "- { name: b, interface: wan, address: 198.51.100.5, register: false }\n",
	  "6:39: trunks.address: trunk \"acme\" has it, too; calls from there can be told apart only when "
	  "both register\n" },
	{ "registers as nobody", IFS "trunks: [{ name: a, interface: wan, address: b.example }]\n",
	  "4:18: trunks: \"a\" registers but has no username; add one, or \"register: false\" when the "
	  "provider knows your address\n" },
};

static struct conf_mistakes mistakes;
static char text_a[CONF_TEXT_MAX], text_b[CONF_TEXT_MAX];

TEST(every_mistake_has_its_sentence)
{
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct conf *conf = NULL;
		struct buf b = buf_on(text_a, sizeof(text_a) - 1);
		enum tg_err err = conf_parse(&conf, test_guarded(slice_str(bad[i].in)), &mistakes);

		CHECK(err == TG_EBAD && conf == NULL, bad[i].why);
		for (uint32_t m = 0; m < mistakes.count; m++)
			buf_fmt(&b, "%u:%u: %s\n", mistakes.at[m].line, mistakes.at[m].column,
			        mistakes.at[m].text);
		if (!slice_eq(buf_slice(&b), slice_str(bad[i].out)))
			fprintf(stderr, "got:\n%.*swant:\n%s", SLICE_FMT(buf_slice(&b)),
			        bad[i].out);
		CHECK(slice_eq(buf_slice(&b), slice_str(bad[i].out)), bad[i].why);
	}
}

/* What is printed parses again, and prints the same: nothing is lost, defaults included. */
static bool parses_and_prints_the_same(struct slice in)
{
	struct conf *first = NULL, *second = NULL;
	struct buf a = buf_on(text_a, sizeof(text_a)), b = buf_on(text_b, sizeof(text_b));

	if (conf_parse(&first, in, &mistakes) != TG_OK)
		return false;
	conf_write(&a, first);
	conf_free(first);
	CHECK(!a.full, "CONF_TEXT_MAX is enough for every configuration");
	CHECK(conf_parse(&second, buf_slice(&a), &mistakes) == TG_OK, "what is printed parses");
	conf_write(&b, second);
	conf_free(second);
	CHECK(slice_eq(buf_slice(&a), buf_slice(&b)), "and prints the same");
	return true;
}

static const char *const examples[] = { "home", "office", "provider" };

/* Into memory of the test, so that nothing needs to be freed. */
static struct slice example(size_t i)
{
	static char text[16384];
	char path[512];
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), "%s/../examples/%s.yaml", test_data_dir(), examples[i]);
	f = fopen(path, "rb");
	CHECK(f != NULL, path);
	len = fread(text, 1, sizeof(text), f);
	fclose(f);
	return slice_of(text, len);
}

TEST(examples_are_right_and_print_the_same)
{
	for (size_t i = 0; i < COUNT(examples); i++)
		CHECK(parses_and_prints_the_same(example(i)), examples[i]);
}

/* Values that YAML readers like to change, characters that it gives a meaning, and plain noise. */
static const char *const noise[] = { "NO", "~", "null", "+882", "0x10", "1_0", "1e3", "\"", "'",
	                             "*", "&a ", "#", " #", ": ", "- ", "\n", "\t", "{", "}", "[", "]",
	                             "2001:db8::1", "\xc3\xa9", "\xff", "0", "99999999999", "---\n" };

static size_t mutate(struct tg_rng *rng, char *text, size_t len)
{
	for (uint64_t n = tg_rng_below(rng, 4) + 1; n > 0; n--) {
		size_t at = (size_t)tg_rng_below(rng, len);
		const char *put = noise[tg_rng_below(rng, COUNT(noise))];
		size_t cut = (size_t)tg_rng_below(rng, TG_MIN(len - at, (size_t)12));
		size_t add = strlen(put);

		switch (tg_rng_below(rng, 3)) {
		case 0: /* replace a run by noise */
			memmove(text + at + add, text + at + cut, len - at - cut);
			memcpy(text + at, put, add);
			len = len - cut + add;
			break;
		case 1: /* another digit or letter */
			text[at] = (char)('0' + tg_rng_below(rng, 70));
			break;
		default: /* lose a run */
			memmove(text + at, text + at + cut, len - at - cut);
			len -= cut;
		}
	}
	return len;
}

TEST(mutated_examples_print_the_same_or_are_refused)
{
	static const uint8_t seed[32] = { 7 };
	static char text[16384];
	struct tg_rng rng;
	uint32_t good = 0;

	if (test_oom_round())
		return; /* the examples themselves have shown it */
	tg_rng_init(&rng, seed);
	for (size_t i = 0; i < COUNT(examples); i++) {
		struct slice original = example(i);

		CHECK(original.len + 4 * 16 < sizeof(text), "room for noise");
		for (int round = 0; round < 700; round++) {
			memcpy(text, original.p, original.len);
			good += parses_and_prints_the_same(
				slice_of(text, mutate(&rng, text, original.len)));
		}
	}
	CHECK(good > 100, "enough of them hit comments and harmless values to mean something");
}

TEST(values_arrive)
{
	struct slice text = example(1);
	struct conf *c = NULL;
	struct tg_addr wan;

	CHECK(conf_parse(&c, text, &mistakes) == TG_OK, "office");
	memset((void *)(uintptr_t)text.p, 0, text.len); /* nothing borrows from it */
	CHECK(tg_addr_parse(&wan, SLICE("203.0.113.9:5060"), 0) == TG_OK, "own");
	CHECK(tg_addr_eq(&c->interfaces[1].advertise, &wan), "port of listen");
	CHECK(c->interfaces[1].side == CONF_OUTSIDE, "choice");
	CHECK(c->networks[2].prefix.bits == 0 && c->networks[2].interface.index == 1, "roaming");
	CHECK(conf_trunk_find(c, SLICE("beta")) == 1, "find");
	CHECK(conf_trunk_find(c, SLICE("gamma")) == CONF_NONE, "find nothing");
	CHECK(slice_eq(c->trunks[1].realm, SLICE("beta.example")), "realm is the domain");
	CHECK(!c->trunks[1].reg && c->trunks[0].reg, "switch");
	CHECK(c->inbound[0].trunk.index == CONF_NONE && c->inbound[0].pbx.index == 0, "references");
	CHECK(slice_eq(c->inbound[3].account, SLICE("101")), "digits stay text");
	CHECK(c->outbound.trunks_count == 2 && c->outbound.trunks[1].index == 1, "list");
	CHECK(conf_number_matches(&c->pbxs[0].numbers[0], SLICE("+34911234567")), "prefix");
	CHECK(!conf_number_matches(&c->outbound.allow[0], SLICE("+331400000001")), "exact");
	CHECK(c->trunks[1].render == CONF_RENDER_NATIONAL, "rendering");
	CHECK(slice_eq(c->numbers.home, SLICE("ES")) && c->budgets_count == 5, "budgets");
	CHECK(c->budgets[0].day == 50 * TG_MICRO_UNIT && c->rules.hours.closed == 1, "rules");
	CHECK(c->limits.max_call_s == 7200 && c->log.level == LOG_INFO, "numbers and levels");
	conf_free(c);
}

TEST(size_caps)
{
	static const char head[] = "interfaces: [{ name: lan, listen: 10.0.0.1, side: inside }]\n"
	                           "pbxs: [{ name: p, interface: lan, address: 10.0.0.2 }]\n"
	                           "inbound:\n";
	struct buf b = buf_on(text_a, sizeof(text_a));
	struct conf *c = NULL;

	buf_str(&b, head);
	for (unsigned i = 0; i < CONF_INBOUND_MAX; i++)
		buf_fmt(&b, "- { number: \"+34%09u\", pbx: p }\n", i);
	CHECK(conf_parse(&c, buf_slice(&b), &mistakes) == TG_OK, "as many as allowed");
	CHECK(c->inbound_count == CONF_INBOUND_MAX, "all there");
	conf_free(c);
	buf_lit(&b, "- { number: \"1\", pbx: p }\n");
	CHECK(conf_parse(&c, buf_slice(&b), &mistakes) == TG_EBAD, "one more");
	memset(text_b, '\n', sizeof(text_b));
	CHECK(conf_parse(&c, slice_of(text_b, sizeof(text_b)), &mistakes) == TG_EBAD, "longest");
	CHECK(mistakes.at[0].line == 1, "read and found empty");
	b = buf_on(text_a, sizeof(text_a));
	buf_lit(&b, "limits:\n");
	for (unsigned i = 0; i < CONF_MISTAKES_MAX / 2; i++)
		buf_fmt(&b, "  k%u: 1\n", i);
	buf_lit(&b, "media:\n");
	for (unsigned i = 0; i < CONF_MISTAKES_MAX / 2; i++)
		buf_fmt(&b, "  k%u: 1\n", i);
	CHECK(conf_parse(&c, buf_slice(&b), &mistakes) == TG_EBAD, "many mistakes");
	CHECK(mistakes.count == CONF_MISTAKES_MAX && mistakes.dropped == 1,
	      "counted beyond the list");
}

TEST(reading_files)
{
	struct conf *c = NULL;
	int fd;

	CHECK(conf_read(&c, "/nonexistent/tollgate.yaml", &mistakes) == TG_ENOENT, "no file");
	CHECK(conf_read(&c, "/", &mistakes) == TG_EIO, "a directory");
	fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0, "own");
	CHECK(conf_read_fd(&c, fd, &mistakes) == TG_ELIMIT, "endless");
	close(fd);
}

TEST(json_and_help)
{
	struct slice text = example(0);
	struct conf *c = NULL;
	struct buf b = buf_on(text_a, sizeof(text_a));

	CHECK(conf_parse(&c, text, &mistakes) == TG_OK, "home");
	conf_write_json(&b, c);
	CHECK(!b.full && slice_starts(buf_slice(&b), SLICE("{\"site\":{\"name\":\"home\",")),
	      "JSON");
	b.len = 0;
	conf_help_write(&b);
	CHECK(!b.full && b.len > 4000, "every row has help");
	conf_free(c);
}
