#include "proc/steer.h"

#include <linux/filter.h>
#include <sys/socket.h>

enum {
	PER_RULE = 4, /* instructions */
	REST = 12,
	IP_SOURCE = 12 /* in the IPv4 header */
};

static uint32_t ip_of(const struct tg_addr *a)
{
	return (uint32_t)a->ip[0] << 24 | (uint32_t)a->ip[1] << 16 | (uint32_t)a->ip[2] << 8 |
	       a->ip[3];
}

static void put(struct sock_fprog *prog, uint16_t code, uint32_t k, uint8_t jump_false)
{
	prog->filter[prog->len++] = (struct sock_filter){ code, 0, jump_false, k };
}

/* A = source address, afresh for each rule: the mask before has spoilt it. */
static void put_rule(struct sock_fprog *prog, const struct steer_rule *rule)
{
	uint32_t mask = rule->prefix.bits == 0 ? 0 : ~0u << (32 - rule->prefix.bits);

	put(prog, BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_NET_OFF + IP_SOURCE), 0);
	put(prog, BPF_ALU | BPF_AND | BPF_K, mask, 0);
	put(prog, BPF_JMP | BPF_JEQ | BPF_K, ip_of(&rule->prefix.addr) & mask, 1);
	put(prog, BPF_RET | BPF_K, rule->socket, 0);
}

/*
 * (address * odd + port * odd) >> 8 mod spread.  In a packet with IP options other octets stand
 * where the port is looked for, which spreads as well.
 */
static void put_spread(struct sock_fprog *prog, uint32_t spread)
{
	put(prog, BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_NET_OFF + IP_SOURCE), 0);
	put(prog, BPF_ALU | BPF_MUL | BPF_K, 0x9e3779b1u, 0);
	put(prog, BPF_ST, 0, 0);
	put(prog, BPF_LD | BPF_H | BPF_ABS, (uint32_t)(SKF_NET_OFF + 20), 0);
	put(prog, BPF_ALU | BPF_MUL | BPF_K, 0x85ebca6bu, 0);
	put(prog, BPF_LDX | BPF_W | BPF_MEM, 0, 0);
	put(prog, BPF_ALU | BPF_ADD | BPF_X, 0, 0);
	put(prog, BPF_ALU | BPF_RSH | BPF_K, 8, 0);
	put(prog, BPF_ALU | BPF_MOD | BPF_K, spread, 0);
	put(prog, BPF_RET | BPF_A, 0, 0);
}

enum tg_err steer_attach(int fd, const struct steer_rule *rules, size_t count, uint32_t spread)
{
	static struct sock_filter code[STEER_RULES_MAX * PER_RULE + REST];
	struct sock_fprog prog = { .filter = code };

	if (count > STEER_RULES_MAX || spread == 0)
		return TG_ELIMIT;
	for (size_t i = 0; i < count; i++)
		if (rules[i].prefix.addr.family == TG_AF_INET)
			put_rule(&prog, &rules[i]);
	put_spread(&prog, spread);
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &prog, sizeof(prog)) == 0 ?
		TG_OK : TG_EIO;
}
