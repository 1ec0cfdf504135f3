#include "sim/talk.h"

#include "sip/digest.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { GOT_INVITE, GOT_BYE, GOT_CANCEL, GOT_OTHER };

static void copy(char *to, size_t cap, struct slice from)
{
	size_t n = TG_MIN(from.len, cap - 1);

	if (n > 0)
		memcpy(to, from.p, n);
	to[n] = '\0';
}

#define COPY(to, from) copy((to), sizeof(to), (from))

static void uri_of(char *to, size_t cap, const struct sip_addr *a)
{
	copy(to, cap, a->uri.text);
}

static void own_contact(struct talk *t)
{
	struct buf b = buf_on(t->contact, sizeof(t->contact) - 1);
	struct slice uri = slice_str(t->local_uri);
	struct slice user = slice_skip(slice_head(uri, slice_find(uri, '@')), 4);

	buf_lit(&b, "sip:");
	if (slice_find(uri, '@') < uri.len) {
		buf_put(&b, user);
		buf_chr(&b, '@');
	}
	tg_addr_write(&b, &t->self);
	t->contact[b.len] = '\0';
}

void talk_begin(struct talk *t, const struct tg_addr *self, uint64_t number, const char *local_uri,
                const char *remote_uri)
{
	memset(t, 0, sizeof(*t));
	t->self = *self;
	t->got_last = -1;
	COPY(t->local_uri, slice_str(local_uri));
	COPY(t->remote_uri, slice_str(remote_uri));
	COPY(t->target, slice_str(remote_uri));
	(void)snprintf(t->call_id, sizeof(t->call_id), "c%llu@sim", (unsigned long long)number);
	(void)snprintf(t->local_tag, sizeof(t->local_tag), "t%llu", (unsigned long long)number);
	own_contact(t);
}

void talk_taken(struct talk *t, const struct tg_addr *self, uint64_t number,
                const struct sip_message *msg)
{
	char uri[256];

	memset(t, 0, sizeof(*t));
	t->self = *self;
	t->got_last = -1;
	uri_of(t->local_uri, sizeof(t->local_uri), &msg->to);
	uri_of(t->remote_uri, sizeof(t->remote_uri), &msg->from);
	COPY(t->target, slice_str(t->remote_uri));
	COPY(t->call_id, msg->call_id);
	COPY(t->remote_tag, msg->from.tag);
	(void)snprintf(t->local_tag, sizeof(t->local_tag), "t%llu", (unsigned long long)number);
	copy(uri, sizeof(uri), msg->uri.text);
	own_contact(t);
	talk_learn(t, msg);
}

void talk_fini(struct talk *t)
{
	for (int i = 0; i < 4; i++)
		free(t->got[i]);
	free(t->sent);
	memset(t, 0, sizeof(*t));
}

static void keep(char **to, struct slice text)
{
	free(*to);
	*to = malloc(text.len + 1);
	if (*to == NULL)
		abort();
	copy(*to, text.len + 1, text);
}

static int got_kind(enum sip_method method)
{
	return method == SIP_INVITE ? GOT_INVITE : method == SIP_BYE ? GOT_BYE
	       : method == SIP_CANCEL ? GOT_CANCEL : GOT_OTHER;
}

/** Record-Route becomes Route: in order for a request, reversed for a response (RFC 3261 §12.1). */
static void learn_route(struct talk *t, const struct sip_message *msg)
{
	struct sip_each each = sip_each_of(msg, SIP_HDR_RECORD_ROUTE);
	struct sip_addr a;
	char mem[sizeof(t->route)];

	t->route[0] = '\0';
	while (sip_each_addr(&each, &a) == TG_OK) {
		if (msg->request)
			(void)snprintf(mem, sizeof(mem), "%.512s%s<%.*s>", t->route,
			               t->route[0] != '\0' ? "," : "", SLICE_FMT(a.uri.text));
		else
			(void)snprintf(mem, sizeof(mem), "<%.*s>%s%.512s", SLICE_FMT(a.uri.text),
			               t->route[0] != '\0' ? "," : "", t->route);
		memcpy(t->route, mem, sizeof(mem));
	}
}

static void learn_challenge(struct talk *t, const struct sip_message *msg)
{
	enum sip_hdr id = msg->status == 407 ? SIP_HDR_PROXY_AUTHENTICATE
	                                     : SIP_HDR_WWW_AUTHENTICATE;
	const struct sip_header *h = sip_message_header(msg, id);
	struct talk_challenge *c = &t->challenge;
	struct sip_digest d;

	for (; h != NULL; h = sip_message_next(msg, h)) {
		if (sip_digest_parse_challenge(&d, h->value, NULL) != TG_OK || !d.alg_known)
			continue;
		memset(c, 0, sizeof(*c));
		COPY(c->realm, d.realm);
		COPY(c->nonce, d.nonce);
		COPY(c->opaque, d.opaque);
		c->alg = d.alg;
		c->stale = d.stale;
		c->proxy = msg->status == 407;
		c->known = true;
		return;
	}
}

void talk_learn(struct talk *t, const struct sip_message *msg)
{
	struct sip_each each = sip_each_of(msg, SIP_HDR_CONTACT);
	struct sip_addr contact;
	bool makes_dialog = msg->request ? msg->method == SIP_INVITE
	                                 : msg->method == SIP_INVITE && msg->status > 100 &&
	                                           msg->status < 300;

	if (msg->request) {
		t->got_last = got_kind(msg->method);
		if (msg->method != SIP_ACK)
			keep(&t->got[t->got_last], msg->text);
	} else if (makes_dialog && msg->to.tag.len > 0) {
		COPY(t->remote_tag, msg->to.tag);
	} else if (msg->method == SIP_INVITE && msg->status >= 300) {
		COPY(t->refusal_tag, msg->to.tag);
	}
	if (makes_dialog) {
		if (sip_each_addr(&each, &contact) == TG_OK && !contact.star)
			COPY(t->target, contact.uri.text);
		if (sip_message_header(msg, SIP_HDR_RECORD_ROUTE) != NULL)
			learn_route(t, msg);
	}
	if (!msg->request && (msg->status == 401 || msg->status == 407))
		learn_challenge(t, msg);
}

/* ---- writing ---- */

static bool names(const char *line, const char *name)
{
	size_t n = strlen(name);

	if (*line == '-')
		line++;
	return slice_ieq(slice_head(slice_str(line), n), slice_str(name)) &&
	       (line[n] == ':' || line[n] == '\0');
}

static void put(struct buf *b, const struct talk_extra *x, const char *name, const char *fmt, ...)
	TG_PRINTF(4, 5);

static void put(struct buf *b, const struct talk_extra *x, const char *name, const char *fmt, ...)
{
	char value[2048];
	va_list args;

	for (size_t i = 0; i < x->lines; i++) {
		if (names(x->line[i], name))
			return;
	}
	va_start(args, fmt);
	(void)vsnprintf(value, sizeof(value), fmt, args);
	va_end(args);
	buf_fmt(b, "%s: %s\r\n", name, value);
}

static void put_end(struct buf *b, const struct talk_extra *x)
{
	for (size_t i = 0; i < x->lines; i++) {
		if (x->line[i][0] != '-')
			buf_fmt(b, "%s\r\n", x->line[i]);
	}
	if (x->body.len > 0)
		put(b, x, "Content-Type", "%s", x->type != NULL ? x->type : "application/sdp");
	put(b, x, "Content-Length", "%zu", x->body.len);
	buf_lit(b, "\r\n");
	buf_put(b, x->body);
}

static void addr_text(char *to, size_t cap, const struct tg_addr *a)
{
	struct buf b = buf_on(to, cap - 1);

	tg_addr_write(&b, a);
	to[b.len] = '\0';
}

static struct slice remember(struct talk *t, const struct buf *b)
{
	keep(&t->sent, buf_slice(b));
	t->sent_len = b->len;
	return slice_of(t->sent, t->sent_len);
}

struct slice talk_request(struct talk *t, struct buf *b, const char *method, bool refused,
                          const struct talk_extra *x)
{
	bool invite = strcmp(method, "INVITE") == 0, ack = strcmp(method, "ACK") == 0;
	bool cancel = strcmp(method, "CANCEL") == 0, same = cancel || (ack && refused);
	const char *tag = cancel ? "" : same ? t->refusal_tag : t->remote_tag;
	const char *uri = same ? t->invite_uri : t->target;
	char self[64];

	addr_text(self, sizeof(self), &t->self);
	if (!same)
		(void)snprintf(t->branch, sizeof(t->branch), "z9hG4bK-%s-%u", t->local_tag,
		               ++t->count);
	if (invite) {
		COPY(t->invite_branch, slice_str(t->branch));
		COPY(t->invite_uri, slice_str(t->target));
	}
	if (!same && !ack)
		t->cseq++;
	if (invite)
		t->invite_cseq = t->cseq;
	buf_fmt(b, "%s %s SIP/2.0\r\n", method, uri);
	put(b, x, "Via", "SIP/2.0/UDP %s;branch=%s;rport", self,
	    same ? t->invite_branch : t->branch);
	put(b, x, "Max-Forwards", "70");
	put(b, x, "From", "<%s>;tag=%s", t->local_uri, t->local_tag);
	put(b, x, "To", "<%s>%s%s", t->remote_uri, tag[0] != '\0' ? ";tag=" : "", tag);
	put(b, x, "Call-ID", "%s", t->call_id);
	put(b, x, "CSeq", "%u %s", same || ack ? t->invite_cseq : t->cseq, method);
	if (t->route[0] != '\0' && !same)
		put(b, x, "Route", "%s", t->route);
	if (!same && !ack && strcmp(method, "BYE") != 0)
		put(b, x, "Contact", "<%s>", t->contact);
	if (x->authorization != NULL)
		put(b, x, t->challenge.proxy ? "Proxy-Authorization" : "Authorization", "%s",
		    x->authorization);
	put_end(b, x);
	return remember(t, b);
}

static const char *got_text(const struct talk *t, const char *method)
{
	if (method == NULL)
		return t->got_last >= 0 ? t->got[t->got_last] : NULL;
	return t->got[strcmp(method, "INVITE") == 0 ? GOT_INVITE
	              : strcmp(method, "BYE") == 0 ? GOT_BYE
	              : strcmp(method, "CANCEL") == 0 ? GOT_CANCEL : GOT_OTHER];
}

struct slice talk_response(struct talk *t, struct buf *b, unsigned status, const char *method,
                           const struct talk_extra *x)
{
	static struct sip_message m;
	const char *text = got_text(t, method);
	char to[512];
	bool tagged;

	if (text == NULL || sip_message_parse(&m, slice_str(text), SIP_DATAGRAM) != TG_OK)
		return (struct slice){ 0 };
	buf_fmt(b, "SIP/2.0 %u %s\r\n", status, x->reason != NULL ? x->reason : "Sim");
	for (int i = 0; i < m.header_count; i++) {
		const struct sip_header *h = &m.headers[i];

		if (h->id == SIP_HDR_VIA || h->id == SIP_HDR_RECORD_ROUTE)
			buf_fmt(b, "%.*s: %.*s\r\n", SLICE_FMT(h->name), SLICE_FMT(h->value));
	}
	put(b, x, "From", "%.*s", SLICE_FMT(sip_message_value(&m, SIP_HDR_FROM)));
	(void)snprintf(to, sizeof(to), "%.*s", SLICE_FMT(sip_message_value(&m, SIP_HDR_TO)));
	tagged = m.to.tag.len > 0 || status == 100;
	put(b, x, "To", "%s%s%s", to, tagged ? "" : ";tag=", tagged ? "" : t->local_tag);
	put(b, x, "Call-ID", "%s", t->call_id);
	put(b, x, "CSeq", "%u %.*s", m.cseq.number, SLICE_FMT(m.method_text));
	if (m.method == SIP_INVITE && status > 100 && status < 300)
		put(b, x, "Contact", "<%s>", t->contact);
	put_end(b, x);
	return remember(t, b);
}

void talk_authorize(struct talk *t, struct buf *b, const struct talk_auth *a)
{
	struct talk_challenge *c = &t->challenge;
	uint32_t nc = a->nc != 0 ? a->nc : ++c->nc;
	const char *nonce = a->nonce != NULL ? a->nonce : c->nonce;
	const char *uri = a->uri != NULL ? a->uri : t->target;
	char nc_text[16], response[SIP_DIGEST_HEX_MAX + 1];
	uint8_t ha1[TG_DIGEST_MAX];
	struct sip_digest_over over = { .alg = c->alg, .qop_auth = !a->no_qop };

	(void)snprintf(nc_text, sizeof(nc_text), "%08x", nc);
	over.method = slice_str(a->method);
	over.uri = slice_str(uri);
	over.nonce = slice_str(nonce);
	over.nc = slice_str(nc_text);
	over.cnonce = SLICE("0a4f113b");
	sip_digest_ha1(ha1, c->alg, slice_str(a->user), slice_str(c->realm),
	               slice_str(a->password));
	response[sip_digest_response(response, ha1, &over)] = '\0';
	buf_fmt(b, "Digest username=\"%s\", realm=\"%s\", nonce=\"%s\", uri=\"%s\", "
	        "response=\"%s\", algorithm=%s", a->user, c->realm, nonce, uri,
	        a->response != NULL ? a->response : response, sip_digest_alg_name(c->alg));
	if (!a->no_qop)
		buf_fmt(b, ", qop=auth, nc=%s, cnonce=\"0a4f113b\"", nc_text);
	if (c->opaque[0] != '\0')
		buf_fmt(b, ", opaque=\"%s\"", c->opaque);
	buf_chr(b, '\0');
}

void talk_sdp(struct talk *t, struct buf *b, uint16_t port, const char *direction)
{
	char ip[64];
	struct buf w = buf_on(ip, sizeof(ip) - 1);

	tg_addr_write_ip(&w, &t->self);
	ip[w.len] = '\0';
	buf_fmt(b, "v=0\r\no=- 4711 %u IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n"
	        "m=audio %u RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
	        "a=rtpmap:101 telephone-event/8000\r\na=%s\r\n", ++t->sdp_version, ip, ip, port,
	        direction);
}

bool talk_authorized(const struct sip_message *msg, const char *user, const char *password,
                     const char *realm, const char *nonce)
{
	struct slice value = sip_message_value(msg, SIP_HDR_AUTHORIZATION);
	uint8_t ha1[TG_DIGEST_MAX];
	struct sip_digest d;
	struct sip_digest_over over;

	if (value.p == NULL)
		value = sip_message_value(msg, SIP_HDR_PROXY_AUTHORIZATION);
	if (value.p == NULL || sip_digest_parse_credentials(&d, value, NULL) != TG_OK)
		return false;
	if (!slice_eq(d.nonce, slice_str(nonce)) || !slice_eq(d.realm, slice_str(realm)) ||
	    !slice_eq(d.username, slice_str(user)) || !slice_eq(d.uri, msg->uri.text))
		return false;
	over = (struct sip_digest_over){ .alg = d.alg, .qop_auth = d.qop_auth,
		                         .method = msg->method_text, .uri = d.uri,
		                         .nonce = d.nonce, .nc = d.nc, .cnonce = d.cnonce };
	sip_digest_ha1(ha1, d.alg, slice_str(user), slice_str(realm), slice_str(password));
	return sip_digest_verify(ha1, &over, d.response);
}
