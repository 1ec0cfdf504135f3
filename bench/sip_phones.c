/* What the phones say: requests of a unit, answers to challenges, and the phone that is called. */
#include "bench/sip.h"
#include "sip/digest.h"
#include "sip/message.h"

#include <stdio.h>
#include <stdlib.h>

static const char sdp[] =
	"v=0\r\no=- 1 1 IN IP4 " SIP_PHONES_IP "\r\ns=-\r\nc=IN IP4 " SIP_PHONES_IP "\r\nt=0 0\r\n"
	"m=audio 40000 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
	"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n";

/* ---- requests ---- */

static void put_user(struct buf *b, const struct sip_unit *u)
{
	if (sip_work_free(u->work))
		buf_lit(b, "pbx");
	else
		buf_u64(b, SIP_FIRST + u->account);
}

static void put_call_id(struct buf *b, const struct sip_unit *u)
{
	if (u->work == SIP_WORK_REGISTER || u->work == SIP_WORK_REGISTER_KNOWN) {
		buf_lit(b, "r"); /* a phone keeps it from one REGISTER to the next */
		buf_u64(b, u->account);
	} else {
		buf_lit(b, "u");
		buf_u64(b, u->index);
		buf_lit(b, "-");
		buf_u64(b, u->seq);
	}
	buf_lit(b, "@bench");
}

static void put_uri(struct buf *b, const struct sip_unit *u)
{
	buf_lit(b, "sip:");
	if (u->work == SIP_WORK_CALL || u->work == SIP_WORK_CALL_FREE) {
		buf_u64(b, SIP_FIRST + u->callee);
		buf_lit(b, "@");
	} else if (u->work == SIP_WORK_CALL_CHECKED || u->work == SIP_WORK_CALL_POLICY) {
		buf_u64(b, SIP_NUMBER + u->callee);
		buf_lit(b, "@");
	}
	buf_lit(b, SIP_DOMAIN);
}

static void put_to(struct buf *b, const struct sip_unit *u)
{
	if (u->to[0] != '\0') {
		buf_str(b, u->to);
		return;
	}
	buf_lit(b, "<");
	if (u->work == SIP_WORK_REGISTER || u->work == SIP_WORK_REGISTER_KNOWN) {
		buf_lit(b, "sip:");
		put_user(b, u);
		buf_lit(b, "@" SIP_DOMAIN);
	} else {
		put_uri(b, u);
	}
	buf_lit(b, ">");
}

static struct slice uri_of(struct buf *b, const struct sip_unit *u)
{
	if (u->target[0] != '\0')
		return slice_str(u->target);
	put_uri(b, u);
	return buf_slice(b);
}

static void put_proof(struct sip_load *load, struct buf *b, const struct sip_unit *u,
                      const char *method, struct slice uri)
{
	char nc[16], response[SIP_DIGEST_HEX_MAX];
	uint8_t ha1[TG_DIGEST_MAX] = { 0 };
	struct sip_digest_over over = { .alg = TG_DIGEST_MD5, .qop_auth = true, .uri = uri };

	snprintf(nc, sizeof(nc), "%08x", u->nc);
	memcpy(ha1, load->ha1[u->account], sizeof(load->ha1[0]));
	over.method = slice_str(method);
	over.nonce = slice_str(u->nonce);
	over.nc = slice_str(nc);
	over.cnonce = SLICE("0a4f113b");
	(void)sip_digest_response(response, ha1, &over);
	buf_lit(b, "Authorization: Digest username=\"");
	put_user(b, u);
	buf_lit(b, "\", realm=\"" SIP_DOMAIN "\", nonce=\"");
	buf_str(b, u->nonce);
	buf_lit(b, "\", uri=\"");
	buf_put(b, uri);
	buf_lit(b, "\", response=\"");
	buf_put(b, slice_of(response, 32));
	buf_lit(b, "\", algorithm=MD5, qop=auth, cnonce=\"0a4f113b\", nc=");
	buf_str(b, nc);
	buf_lit(b, "\r\n");
}

static void put_head(struct sip_load *load, struct buf *b, const struct sip_unit *u,
                     const char *method, struct slice uri)
{
	const char *here = load->sockets.text[u->socket];
	bool ack = strcmp(method, "ACK") == 0;

	buf_str(b, method);
	buf_lit(b, " ");
	buf_put(b, uri);
	buf_lit(b, " SIP/2.0\r\nVia: SIP/2.0/UDP ");
	buf_str(b, here);
	buf_lit(b, ";rport;branch=z9hG4bK");
	buf_u64(b, u->seq);
	buf_lit(b, ".");
	buf_u64(b, u->cseq);
	/* RFC 3261 §17.1.1.3: that of a refused INVITE has its branch, that of a 2xx its own */
	if (ack && u->target[0] != '\0')
		buf_lit(b, "a");
	buf_lit(b, "\r\nMax-Forwards: 70\r\n");
	if (u->route[0] != '\0') {
		buf_lit(b, "Route: ");
		buf_str(b, u->route);
		buf_lit(b, "\r\n");
	}
	buf_lit(b, "From: <sip:");
	put_user(b, u);
	buf_lit(b, "@" SIP_DOMAIN ">;tag=");
	buf_u64(b, u->seq);
	buf_lit(b, "\r\nTo: ");
	put_to(b, u);
	buf_lit(b, "\r\nCall-ID: ");
	put_call_id(b, u);
	buf_lit(b, "\r\nCSeq: ");
	buf_u64(b, u->cseq);
	buf_lit(b, " ");
	buf_str(b, method);
	buf_lit(b, "\r\n");
}

static void put_contact(struct sip_load *load, struct buf *b, const struct sip_unit *u)
{
	buf_lit(b, "Contact: <sip:");
	put_user(b, u);
	buf_lit(b, "@");
	buf_str(b, load->sockets.text[u->socket]);
	buf_lit(b, ">\r\n");
}

static void request(struct sip_load *load, struct sip_unit *u, const char *method)
{
	struct buf *b = sip_send(load, u->socket);
	bool invite = strcmp(method, "INVITE") == 0, reg = strcmp(method, "REGISTER") == 0;
	char mem[192];
	struct buf uri_mem = buf_on(mem, sizeof(mem));
	struct slice uri = uri_of(&uri_mem, u);

	put_head(load, b, u, method, uri);
	if (invite || reg)
		put_contact(load, b, u);
	if (reg)
		buf_lit(b, "Expires: 3600\r\n");
	if (u->nonce[0] != '\0' && (invite || reg))
		put_proof(load, b, u, method, uri);
	buf_lit(b, "User-Agent: bench\r\n");
	if (invite)
		buf_lit(b, "Content-Type: application/sdp\r\n");
	buf_lit(b, "Content-Length: ");
	buf_u64(b, invite ? sizeof(sdp) - 1 : 0);
	buf_lit(b, "\r\n\r\n");
	if (invite)
		buf_lit(b, sdp);
}

static const char *method_of(enum sip_work work)
{
	static const char *const name[SIP_WORKS] = {
		[SIP_WORK_OPTIONS] = "OPTIONS",        [SIP_WORK_REGISTER] = "REGISTER",
		[SIP_WORK_REGISTER_KNOWN] = "REGISTER", [SIP_WORK_CALL] = "INVITE",
		[SIP_WORK_CALL_FREE] = "INVITE",       [SIP_WORK_CALL_CHECKED] = "INVITE",
		[SIP_WORK_CALL_POLICY] = "INVITE",
	};

	return name[work];
}

void sip_unit_begin(struct sip_load *load, struct sip_unit *u)
{
	struct sip_phone *phone = &load->server->phone[u->account];

	u->cseq = ++phone->cseq;
	phone->unit = u->index + 1;
	if (u->work == SIP_WORK_REGISTER_KNOWN) {
		u->step = SIP_PROVING;
		u->nc = ++phone->nc;
		memcpy(u->nonce, phone->nonce, sizeof(u->nonce));
	}
	request(load, u, method_of(u->work));
}

void sip_unit_leave(struct sip_load *load, struct sip_unit *u)
{
	u->step = SIP_LEAVING;
	u->cseq = ++load->server->phone[u->account].cseq;
	request(load, u, "BYE");
}

/* ---- answers to us ---- */

static void copy(char *dst, size_t cap, struct slice s)
{
	size_t n = s.len < cap ? s.len : 0;

	if (n > 0)
		memcpy(dst, s.p, n);
	dst[n] = '\0';
}

/* The MD5 challenge among those of the answer. */
static bool take_nonce(const struct sip_message *m, struct sip_unit *u)
{
	static const enum sip_hdr ids[] = { SIP_HDR_WWW_AUTHENTICATE, SIP_HDR_PROXY_AUTHENTICATE };

	for (size_t i = 0; i < COUNT(ids); i++) {
		const struct sip_header *h = sip_message_header(m, ids[i]);

		for (; h != NULL; h = sip_message_next(m, h)) {
			struct sip_digest d;

			if (sip_digest_parse_challenge(&d, h->value, NULL) != TG_OK ||
			    !d.alg_known || d.alg != TG_DIGEST_MD5)
				continue;
			copy(u->nonce, sizeof(u->nonce), d.nonce);
			return u->nonce[0] != '\0';
		}
	}
	return false;
}

static void challenged(struct sip_load *load, const struct sip_message *m, struct sip_unit *u)
{
	struct sip_phone *phone = &load->server->phone[u->account];

	if (u->step != SIP_ASKED || !take_nonce(m, u)) {
		sip_unit_done(load, u, "challenged again");
		return;
	}
	if (m->method == SIP_INVITE) {
		copy(u->to, sizeof(u->to), sip_message_value(m, SIP_HDR_TO));
		request(load, u, "ACK");
		u->to[0] = '\0';
	} else {
		memcpy(phone->nonce, u->nonce, sizeof(phone->nonce));
		phone->nc = 1;
	}
	u->nc = 1;
	u->cseq = ++phone->cseq;
	u->step = SIP_PROVING;
	request(load, u, method_of(u->work));
}

static void take_route(const struct sip_message *m, struct sip_unit *u)
{
	copy(u->route, sizeof(u->route), sip_message_value(m, SIP_HDR_RECORD_ROUTE));
}

static void answered(struct sip_load *load, const struct sip_message *m, struct sip_unit *u)
{
	struct sip_each each = sip_each_of(m, SIP_HDR_CONTACT);
	struct sip_addr contact;

	if (m->method == SIP_BYE || m->method == SIP_OPTIONS || m->method == SIP_REGISTER) {
		sip_unit_done(load, u, NULL);
		return;
	}
	if (u->step == SIP_HELD || u->step == SIP_LEAVING)
		return; /* a copy */
	if (sip_each_addr(&each, &contact) != TG_OK) {
		sip_unit_done(load, u, "200 without Contact");
		return;
	}
	copy(u->to, sizeof(u->to), sip_message_value(m, SIP_HDR_TO));
	copy(u->target, sizeof(u->target), contact.uri.text);
	take_route(m, u);
	request(load, u, "ACK");
	if (u->holds) {
		u->step = SIP_HELD;
		load->held++;
	} else {
		sip_unit_leave(load, u);
	}
}

/* The unit that a Call-ID names, or NULL: one that is over. */
static struct sip_unit *unit_of(struct sip_load *load, const struct sip_message *m)
{
	char id[64];
	char *end;
	unsigned long n;

	copy(id, sizeof(id), m->call_id);
	if (id[0] != 'r' && id[0] != 'u')
		return NULL;
	n = strtoul(id + 1, &end, 10);
	if (id[0] == 'r') {
		if (n >= SIP_ACCOUNTS || load->server->phone[n].unit == 0)
			return NULL;
		return &load->unit[load->server->phone[n].unit - 1];
	}
	if (n >= SIP_UNITS_MAX || *end != '-' || load->unit[n].step == SIP_FREE ||
	    strtoul(end + 1, NULL, 10) != load->unit[n].seq)
		return NULL;
	return &load->unit[n];
}

static void take_response(struct sip_load *load, const struct sip_message *m)
{
	struct sip_unit *u = unit_of(load, m);
	char why[32];

	if (u == NULL || m->status < 200 || m->cseq.number != u->cseq)
		return;
	if (m->status == 401 || m->status == 407) {
		challenged(load, m, u);
	} else if (m->status < 300) {
		answered(load, m, u);
	} else {
		snprintf(why, sizeof(why), "%.3s answered with %u", method_of(u->work), m->status);
		sip_unit_done(load, u, why);
	}
}

/* ---- the phone that is called: it keeps nothing ---- */

static void put_copied(struct buf *b, const struct sip_message *m, enum sip_hdr id)
{
	for (const struct sip_header *h = sip_message_header(m, id); h != NULL;
	     h = sip_message_next(m, h)) {
		buf_put(b, h->name);
		buf_lit(b, ": ");
		buf_put(b, h->value);
		buf_lit(b, "\r\n");
	}
}

static void reply(struct sip_load *load, unsigned socket, const struct sip_message *m,
                  const char *status)
{
	struct buf *b = sip_send(load, socket);
	bool invite = m->method == SIP_INVITE, offer = invite && status[0] == '2';

	buf_lit(b, "SIP/2.0 ");
	buf_str(b, status);
	buf_lit(b, "\r\n");
	put_copied(b, m, SIP_HDR_VIA);
	put_copied(b, m, SIP_HDR_RECORD_ROUTE);
	put_copied(b, m, SIP_HDR_FROM);
	buf_lit(b, "To: ");
	buf_put(b, sip_message_value(m, SIP_HDR_TO));
	if (m->to.tag.p == NULL)
		buf_lit(b, ";tag=callee");
	buf_lit(b, "\r\n");
	put_copied(b, m, SIP_HDR_CALL_ID);
	put_copied(b, m, SIP_HDR_CSEQ);
	if (invite) {
		buf_lit(b, "Contact: <");
		buf_put(b, m->uri.text);
		buf_lit(b, ">\r\n");
	}
	if (offer)
		buf_lit(b, "Content-Type: application/sdp\r\n");
	buf_lit(b, "Content-Length: ");
	buf_u64(b, offer ? sizeof(sdp) - 1 : 0);
	buf_lit(b, "\r\n\r\n");
	if (offer)
		buf_lit(b, sdp);
}

void sip_phones_input(struct sip_load *load, unsigned socket, struct slice bytes)
{
	static struct sip_message m;

	if (sip_message_parse(&m, bytes, SIP_DATAGRAM) != TG_OK)
		return;
	if (!m.request) {
		take_response(load, &m);
	} else if (m.method == SIP_INVITE) {
		reply(load, socket, &m, "180 Ringing");
		reply(load, socket, &m, "200 OK");
	} else if (m.method != SIP_ACK) {
		reply(load, socket, &m, "200 OK");
	}
}
