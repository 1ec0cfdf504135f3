/*
 * The yardstick: receive, find, hash, send.  No timers, no retransmissions, no error paths; it is
 * not a SIP server, and nothing can do the same work for much less.
 *
 * Of a call it forwards what a server between two phones must: INVITE, 100, 180, 200, ACK, BYE,
 * 200.
 */
#include "bench/sip.h"
#include "sip/digest.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 64, DATAGRAM = 4096, PLACES = 1 << 18, LINES = 8 };

/* One account; 128 octets. */
struct account {
	uint32_t user, nc;
	uint8_t ha1[16];
	struct sockaddr_in at;
	char contact[72];
};

/* The lines of a message that matter. */
struct lines {
	struct slice first, via[LINES], from, to, call_id, cseq, contact, proof;
	struct slice rest; /* all behind the first line */
	unsigned vias;
};

struct job {
	struct slice in;
	const struct sockaddr_in *from;
	struct lines l;
};

static struct account *places;
static struct tg_key key;
static char in_mem[BATCH][DATAGRAM], out_mem[2 * BATCH][DATAGRAM];
static struct sockaddr_in in_at[BATCH], out_at[2 * BATCH];
static struct buf out[2 * BATCH];
static unsigned outs;

/* ---- find ---- */

static struct account *find(uint32_t user)
{
	uint64_t i = tg_siphash(&key, slice_of(&user, sizeof(user)));

	while (places[i % PLACES].user != user && places[i % PLACES].user != 0)
		i++;
	return &places[i % PLACES];
}

/* The number behind the first "sip:" of the text; 0 = none. */
static uint32_t user_in(struct slice s)
{
	const char *p = memmem(s.p, s.len, "sip:", 4);

	return p != NULL && s.p + s.len - p > 4 ? (uint32_t)strtoul(p + 4, NULL, 10) : 0;
}

static void make_accounts(void)
{
	places = calloc(PLACES, sizeof(*places));
	for (uint32_t user = SIP_FIRST; user < SIP_FIRST + SIP_ACCOUNTS; user++) {
		struct account *a = find(user);
		char name[16], password[16];
		uint8_t ha1[TG_DIGEST_MAX];

		snprintf(name, sizeof(name), "%u", user);
		snprintf(password, sizeof(password), "pw%u", user);
		sip_digest_ha1(ha1, TG_DIGEST_MD5, slice_str(name), SLICE(SIP_DOMAIN),
		               slice_str(password));
		a->user = user;
		memcpy(a->ha1, ha1, sizeof(a->ha1));
	}
}

/* ---- read ---- */

static void take_line(struct lines *l, struct slice line)
{
	switch (line.p[0]) {
	case 'V':
		if (l->vias < LINES)
			l->via[l->vias++] = line;
		return;
	case 'F':
		l->from = line;
		return;
	case 'T':
		l->to = line;
		return;
	case 'A':
		l->proof = line;
		return;
	case 'C':
		if (line.p[1] == 'a')
			l->call_id = line;
		else if (line.p[1] == 'S')
			l->cseq = line;
		else if (line.p[5] == 'c')
			l->contact = line;
		return;
	default:
		return;
	}
}

static void read_lines(struct lines *l, struct slice in)
{
	struct slice line, rest = slice_cut(in, '\n', &l->first);

	l->rest = rest;
	while (rest.len > 0) {
		rest = slice_cut(rest, '\n', &line);
		if (line.len < 8)
			return; /* the empty line */
		take_line(l, line);
	}
}

/* ---- send ---- */

static struct buf *to(const struct sockaddr_in *at)
{
	out_at[outs] = *at;
	out[outs] = buf_on(out_mem[outs], DATAGRAM);
	return &out[outs++];
}

static void put_line(struct buf *b, struct slice line)
{
	buf_put(b, line);
	buf_lit(b, "\n");
}

static struct buf *reply(const struct job *j, const char *status)
{
	struct buf *b = to(j->from);

	buf_lit(b, "SIP/2.0 ");
	buf_str(b, status);
	buf_lit(b, "\r\n");
	for (unsigned i = 0; i < j->l.vias; i++)
		put_line(b, j->l.via[i]);
	put_line(b, j->l.from);
	buf_put(b, slice_head(j->l.to, j->l.to.len - 1));
	buf_lit(b, ";tag=floor\r\n");
	put_line(b, j->l.call_id);
	put_line(b, j->l.cseq);
	return b;
}

static void finish(struct buf *b)
{
	buf_lit(b, "Content-Length: 0\r\n\r\n");
}

/* ---- hash ---- */

static uint64_t mark(const struct sockaddr_in *from, uint32_t second)
{
	uint32_t over[2] = { from->sin_addr.s_addr, second };

	return tg_siphash(&key, slice_of(over, sizeof(over)));
}

static void challenge(const struct job *j)
{
	uint32_t second = (uint32_t)time(NULL);
	uint64_t m = mark(j->from, second);
	struct buf *b = reply(j, "401 Unauthorized");

	buf_lit(b, "WWW-Authenticate: Digest realm=\"" SIP_DOMAIN "\", nonce=\"");
	buf_hex(b, &second, sizeof(second));
	buf_hex(b, &m, sizeof(m));
	buf_lit(b, "\", algorithm=MD5, qop=\"auth\"\r\n");
	finish(b);
}

/* The digest is right, the nonce is ours, and its count was not used. */
static bool is_proven(const struct job *j, struct account *a)
{
	struct slice method, value;
	struct sip_digest d;
	struct sip_digest_over over = { .alg = TG_DIGEST_MD5, .qop_auth = true };
	uint8_t ha1[TG_DIGEST_MAX] = { 0 };
	char mem[32];
	struct buf nonce = buf_on(mem, sizeof(mem));
	uint32_t second = 0;
	uint64_t m;

	value = slice_trim(slice_skip(j->l.proof, sizeof("Authorization:") - 1));
	if (sip_digest_parse_credentials(&d, value, NULL) != TG_OK || d.nonce.len != 24)
		return false;
	for (int i = 0; i < 4; i++)
		second |= (uint32_t)(tg_hexval(d.nonce.p[2 * i]) << 4 |
		                     tg_hexval(d.nonce.p[2 * i + 1]))
		          << 8 * i;
	m = mark(j->from, second);
	buf_hex(&nonce, &m, sizeof(m));
	(void)slice_cut(j->l.first, ' ', &method);
	over.method = method;
	over.uri = d.uri;
	over.nonce = d.nonce;
	over.nc = d.nc;
	over.cnonce = d.cnonce;
	memcpy(ha1, a->ha1, sizeof(a->ha1));
	a->nc = d.nc_value;
	return slice_eq(buf_slice(&nonce), slice_skip(d.nonce, 8)) &&
	       sip_digest_verify(ha1, &over, d.response);
}

/* ---- what each message wants ---- */

static void take_register(const struct job *j)
{
	struct account *a = find(user_in(j->l.to));
	struct buf *b;
	size_t n = TG_MIN(j->l.contact.len - 1, sizeof(a->contact) - 1);

	if (j->l.proof.p == NULL || !is_proven(j, a)) {
		challenge(j);
		return;
	}
	a->at = *j->from;
	memcpy(a->contact, j->l.contact.p, n);
	b = reply(j, "200 OK");
	buf_str(b, a->contact);
	buf_lit(b, ";expires=3600\r\n");
	finish(b);
}

static void forward(const struct job *j, const struct account *a)
{
	struct buf *b = to(&a->at);

	buf_put(b, j->l.first);
	buf_lit(b, "\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK");
	buf_hex(b, &j->from->sin_addr, sizeof(j->from->sin_addr));
	buf_hex(b, &j->from->sin_port, sizeof(j->from->sin_port));
	buf_lit(b, "\r\n");
	buf_put(b, j->l.rest);
}

static void take_invite(const struct job *j)
{
	bool free = j->from->sin_addr.s_addr == inet_addr(SIP_PBX_IP);

	if (!free && (j->l.proof.p == NULL || !is_proven(j, find(user_in(j->l.from))))) {
		challenge(j);
		return;
	}
	finish(reply(j, "100 Trying"));
	forward(j, find(user_in(j->l.first)));
}

/* A response goes back where the branch of our Via says. */
static void take_response(const struct job *j)
{
	static const char mine[] = "127.0.0.1;branch=z9hG4bK";
	const char *p = memmem(j->l.via[0].p, j->l.via[0].len, mine, sizeof(mine) - 1);
	struct sockaddr_in at = { .sin_family = AF_INET };
	uint8_t octet[6];
	struct buf *b;

	if (p == NULL)
		return;
	p += sizeof(mine) - 1;
	for (unsigned i = 0; i < sizeof(octet); i++)
		octet[i] = (uint8_t)(tg_hexval(p[2 * i]) << 4 | tg_hexval(p[2 * i + 1]));
	memcpy(&at.sin_addr, octet, 4);
	memcpy(&at.sin_port, octet + 4, 2);
	b = to(&at);
	put_line(b, j->l.first);
	buf_put(b, slice_skip(j->l.rest, j->l.via[0].len + 1));
}

static void take(const struct job *j)
{
	switch (j->in.p[0]) {
	case 'R':
		take_register(j);
		return;
	case 'O':
		finish(reply(j, "200 OK"));
		return;
	case 'I':
		take_invite(j);
		return;
	case 'S':
		take_response(j);
		return;
	default: /* ACK and BYE; the ACK of a refusal ends here */
		if (memmem(j->l.to.p, j->l.to.len, "tag=floor", 9) == NULL)
			forward(j, find(user_in(j->l.first)));
	}
}

static void send_all(int fd)
{
	static struct mmsghdr msg[2 * BATCH];
	static struct iovec iov[2 * BATCH];
	unsigned sent = 0;

	for (unsigned i = 0; i < outs; i++) {
		iov[i] = (struct iovec){ out[i].p, out[i].len };
		msg[i].msg_hdr = (struct msghdr){ .msg_name = &out_at[i],
			                          .msg_namelen = sizeof(out_at[i]),
			                          .msg_iov = &iov[i],
			                          .msg_iovlen = 1 };
	}
	while (sent < outs) {
		int n = sendmmsg(fd, msg + sent, outs - sent, 0);

		sent += n > 0 ? (unsigned)n : 0;
	}
	outs = 0;
}

static void run(int fd)
{
	static struct mmsghdr msg[BATCH];
	static struct iovec iov[BATCH];

	for (;;) {
		int n;

		for (unsigned i = 0; i < BATCH; i++) {
			iov[i] = (struct iovec){ in_mem[i], DATAGRAM };
			msg[i].msg_hdr = (struct msghdr){ .msg_name = &in_at[i],
				                          .msg_namelen = sizeof(in_at[i]),
				                          .msg_iov = &iov[i],
				                          .msg_iovlen = 1 };
		}
		n = recvmmsg(fd, msg, BATCH, MSG_WAITFORONE, NULL);
		for (int i = 0; i < n; i++) {
			struct job j = { .in = slice_of(in_mem[i], msg[i].msg_len),
				         .from = &in_at[i] };

			read_lines(&j.l, j.in);
			take(&j);
		}
		send_all(fd);
	}
}

bool sip_floor_start(struct sip_server *server, const struct sip_sockets *sockets)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)sockets;
	if (fd < 0 || !sip_server_prepare(server, "yardstick") ||
	    bind(fd, (struct sockaddr *)&server->at, sizeof(server->at)) != 0)
		return false;
	server->root = sip_fork(server);
	if (server->root == 0) {
		make_accounts();
		run(fd);
		_exit(1);
	}
	close(fd);
	return server->root > 0 && sip_server_wait(server, 20);
}
