#include "sim/peers.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	PEERS_MAX = 16,
	CALLS_MAX = 2000,
	T1_MS = 500,
	T2_MS = 4000,
	PATIENCE_MS = 32000,
	SEEN_MAX = 32,
	DIALLER_CALLS = 5 /* of one dialler at a time */
};

enum call_state { CALL_OUT, CALL_IN, CALL_UP, CALL_ENDING, CALL_OVER };

/** A packet that is sent again until something answers it. */
struct repeat {
	char *text; /* owned */
	size_t len;
	uint32_t cseq, wait_ms;
	uint64_t since_ms;
	bool on;
};

/** A call as one peer has it, or a registration. */
struct call {
	struct talk talk;
	uint32_t peer, index;
	enum call_state state;
	bool registers, confirmed, wants_end, reoffers, delayed;
	uint32_t tries; /* answers to challenges */
	uint32_t in_cseq; /* of the last INVITE that came */
	char *answer; /* owned; our last response to it */
	size_t answer_len;
	char *other; /* owned; the same for another request than INVITE, and its CSeq */
	size_t other_len;
	uint32_t other_cseq;
	char nonce[2][32]; /* of our challenges to an INVITE, and to anything else */
	struct repeat request, bye, ok; /* ok: our 2xx until its ACK */
	char number[40]; /* that came to a provider */
	bool charged;    /* its provider's clock runs */
	char *ack; /* owned */
	size_t ack_len;
};

struct peer {
	struct peer_conf conf;
	struct tg_addr addr;
	bool registered;
	uint32_t born_calls;
};

struct peers {
	struct world *w;
	struct peer peer[PEERS_MAX];
	uint32_t peers, calls;
	struct call *call[CALLS_MAX];
	uint64_t until_ms, number;
	void (*fail)(void *ctx, const char *why);
	void *ctx;
	struct bills *bills; /* borrowed; NULL = nobody charges */
	char *seen[SEEN_MAX]; /* owned; what crossed the network lately, for strangers to copy */
	size_t seen_len[SEEN_MAX];
	uint32_t seen_at;
	struct sip_message msg;
	char packet[TALK_PACKET_MAX], body[2048], value[2048];
};

static uint64_t dice(struct peers *p, uint64_t below)
{
	return tg_rng_below(world_rng(p->w), below);
}

static bool has_account(const struct peers *p, uint32_t peer)
{
	return p->peer[peer].conf.kind == PEER_PHONE || p->peer[peer].conf.kind == PEER_DIALLER;
}

/** A PBX that costs money is in a thief's hands. */
static bool is_dialler(const struct peers *p, const struct peer_conf *conf)
{
	return conf->kind == PEER_DIALLER || (conf->kind == PEER_PBX && p->bills != NULL);
}

/* ---- the providers' clocks ---- */

static void charge_begin(struct peers *p, struct call *c)
{
	unsigned trunk = 0;

	if (p->bills == NULL || p->peer[c->peer].conf.kind != PEER_PROVIDER || c->charged ||
	    c->number[0] == '\0')
		return;
	for (uint32_t i = 0; i < c->peer; i++)
		trunk += p->peer[i].conf.kind == PEER_PROVIDER;
	c->charged = true;
	bills_answered(p->bills, slice_str(c->talk.call_id), slice_str(c->number), trunk);
}

static void set_state(struct peers *p, struct call *c, enum call_state state)
{
	c->state = state;
	if (c->charged && (state == CALL_ENDING || state == CALL_OVER))
		bills_over(p->bills, slice_str(c->talk.call_id));
}

/* ---- sending ---- */

static char *copy_of(struct slice s)
{
	char *to = malloc(s.len + 1);

	assert(to != NULL);
	if (s.len > 0)
		memcpy(to, s.p, s.len);
	to[s.len] = '\0';
	return to;
}

static void send_octets(struct peers *p, uint32_t peer, struct slice octets)
{
	uint32_t i = p->seen_at++ % SEEN_MAX;

	if (p->peer[peer].conf.kind != PEER_STRANGER) {
		free(p->seen[i]);
		p->seen[i] = copy_of(octets);
		p->seen_len[i] = octets.len;
	}
	world_send(p->w, &p->peer[peer].addr, p->peer[peer].conf.iface, octets);
}

static struct repeat *repeat_of(struct call *c, unsigned which)
{
	return which == 0 ? &c->request : which == 1 ? &c->bye : &c->ok;
}

static void end_call(struct peers *p, struct call *c);

/** The last try is over. */
static void give_up(struct peers *p, struct call *c, unsigned which)
{
	if (which == 2)
		end_call(p, c); /* RFC 3261 §13.3.1.4: no ACK came */
	else
		set_state(p, c, CALL_OVER);
}

static void on_repeat(void *ctx, uint64_t value)
{
	struct peers *p = ctx;
	struct call *c = p->call[value >> 34];
	unsigned which = value >> 32 & 3;
	struct repeat *r = repeat_of(c, which);

	if (!r->on || r->cseq != (uint32_t)value)
		return;
	if (world_now_ms(p->w) - r->since_ms >= PATIENCE_MS) {
		r->on = false;
		give_up(p, c, which);
		return;
	}
	send_octets(p, c->peer, slice_of(r->text, r->len));
	r->wait_ms = TG_MIN(r->wait_ms * 2, (uint32_t)T2_MS);
	world_at(p->w, world_now_ms(p->w) + r->wait_ms, on_repeat, p, value);
}

static void send_repeated(struct peers *p, struct call *c, unsigned which, struct slice octets,
                          uint32_t cseq)
{
	struct repeat *r = repeat_of(c, which);

	free(r->text);
	*r = (struct repeat){ copy_of(octets), octets.len, cseq, T1_MS, world_now_ms(p->w), true };
	world_at(p->w, r->since_ms + T1_MS, on_repeat, p,
	         (uint64_t)c->index << 34 | (uint64_t)which << 32 | cseq);
	send_octets(p, c->peer, octets);
}

static struct call *call_new(struct peers *p, uint32_t peer)
{
	struct call *c = p->calls < CALLS_MAX ? calloc(1, sizeof(*c)) : NULL;

	if (c == NULL)
		return NULL;
	c->peer = peer;
	c->index = p->calls;
	p->call[p->calls++] = c;
	return c;
}

static struct slice sdp(struct peers *p, struct call *c)
{
	static const char *const ways[] = { "sendrecv", "sendrecv", "sendonly", "inactive" };
	struct buf b = buf_on(p->body, sizeof(p->body));

	talk_sdp(&c->talk, &b, (uint16_t)(4000 + c->index * 2 % 10000),
	         c->confirmed ? ways[dice(p, COUNT(ways))] : "sendrecv");
	return buf_slice(&b);
}

/** Send a request; with credentials when a challenge is known. */
static void request(struct peers *p, struct call *c, unsigned which, const char *method, bool offer)
{
	const struct peer_conf *conf = &p->peer[c->peer].conf;
	struct talk_extra x = { 0 };
	struct buf b = buf_on(p->packet, sizeof(p->packet));
	struct buf auth = buf_on(p->value, sizeof(p->value));
	struct slice octets;

	/* RFC 3261 §13.2.1: some leave the offer to the other side, and answer in their ACK */
	c->delayed = offer && dice(p, 6) == 0;
	if (offer && !c->delayed)
		x.body = sdp(p, c);
	if (c->talk.challenge.known && conf->password != NULL && has_account(p, c->peer)) {
		talk_authorize(&c->talk, &auth, &(struct talk_auth){ .user = conf->user,
		                                                     .password = conf->password,
		                                                     .method = method });
		x.authorization = p->value;
	}
	octets = talk_request(&c->talk, &b, method, false, &x);
	send_repeated(p, c, which, octets, c->talk.cseq);
}

static void send_ack(struct peers *p, struct call *c, bool refused)
{
	struct talk_extra x = { 0 };
	struct buf b = buf_on(p->packet, sizeof(p->packet));
	struct slice octets;

	if (c->delayed && !refused && dice(p, 20) != 0)
		x.body = sdp(p, c); /* one in twenty forgets the answer that it owes */
	octets = talk_request(&c->talk, &b, "ACK", refused, &x);
	if (!refused) {
		free(c->ack);
		c->ack = copy_of(octets);
		c->ack_len = octets.len;
	}
	send_octets(p, c->peer, octets);
}

static void end_call(struct peers *p, struct call *c)
{
	const struct talk_extra none = { 0 };
	struct buf b = buf_on(p->packet, sizeof(p->packet));

	c->wants_end = true;
	/* RFC 3261 §15: a callee sends no BYE before its ACK has come or its 2xx has timed out */
	if (c->state == CALL_UP || (c->state == CALL_IN && c->ok.text != NULL && !c->ok.on)) {
		set_state(p, c, CALL_ENDING);
		c->ok.on = false;
		request(p, c, 1, "BYE", false);
	} else if (c->state == CALL_OUT && !c->registers && !c->request.on) {
		set_state(p, c, CALL_ENDING); /* it rings */
		send_repeated(p, c, 1, talk_request(&c->talk, &b, "CANCEL", false, &none),
		              c->talk.invite_cseq);
	}
}

/* ---- what they do by themselves ---- */

static void uri(char *to, size_t cap, const char *user, const char *host)
{
	(void)snprintf(to, cap, "sip:%s@%s", user, host);
}

static void do_register(struct peers *p, uint32_t i)
{
	struct call *c = call_new(p, i);
	char aor[128];

	if (c == NULL)
		return;
	uri(aor, sizeof(aor), p->peer[i].conf.user, "pbx.example.com");
	talk_begin(&c->talk, &p->peer[i].addr, ++p->number, aor, aor);
	(void)snprintf(c->talk.target, sizeof(c->talk.target), "sip:pbx.example.com");
	c->registers = true;
	request(p, c, 0, "REGISTER", false);
}

static void do_call(struct peers *p, uint32_t i)
{
	static const char *const dialled[] = { "101", "102", "103", "104", "*97", "+34911234599",
		                               "+34911230000", "112", "+4412345", "999" };
	static const char *const numbers[] = { "+34911234567", "+34911234568", "+34911239999" };
	static const char *const dear[] = { "803123456", "+34803123456", "00447700900123",
		                            "+442079460000", "912345678", "0034803654321" };
	const struct peer_conf *conf = &p->peer[i].conf;
	struct call *c = call_new(p, i);
	char from[128], to[128];
	bool out = conf->kind == PEER_PROVIDER, premium = is_dialler(p, conf);

	if (c == NULL)
		return;
	premium = premium || (p->bills != NULL && !out && dice(p, 4) == 0);
	uri(from, sizeof(from), out ? "+34600111222" : conf->user,
	    out ? "provider.example" : "pbx.example.com");
	uri(to, sizeof(to),
	    out ? numbers[dice(p, COUNT(numbers))]
	    : premium ? dear[dice(p, COUNT(dear))] : dialled[dice(p, COUNT(dialled))],
	    out ? "203.0.113.2" : "pbx.example.com");
	talk_begin(&c->talk, &p->peer[i].addr, ++p->number, from, to);
	set_state(p, c, CALL_OUT);
	request(p, c, 0, "INVITE", true);
}

static void stranger_copies(struct peers *p, uint32_t i)
{
	uint32_t k = (uint32_t)dice(p, SEEN_MAX);
	char *copy;

	if (p->seen[k] == NULL)
		return;
	copy = copy_of(slice_of(p->seen[k], p->seen_len[k]));
	for (uint64_t n = dice(p, 4); n > 0 && p->seen_len[k] > 0; n--)
		copy[dice(p, p->seen_len[k])] = (char)dice(p, 256);
	send_octets(p, i, slice_of(copy, p->seen_len[k]));
	free(copy);
}

static void stranger_asks(struct peers *p, uint32_t i)
{
	static const char *const methods[] = { "INVITE", "REGISTER", "MESSAGE", "OPTIONS", "BYE",
		                               "CANCEL", "SUBSCRIBE", "REFER", "ACK" };
	const char *method = methods[dice(p, COUNT(methods))];
	const struct talk_extra none = { 0 };
	struct buf b = buf_on(p->packet, sizeof(p->packet));
	struct talk t;

	talk_begin(&t, &p->peer[i].addr, ++p->number, "sip:mallory@pbx.example.com",
	           "sip:101@pbx.example.com");
	(void)snprintf(t.invite_uri, sizeof(t.invite_uri), "sip:101@pbx.example.com");
	(void)snprintf(t.invite_branch, sizeof(t.invite_branch), "z9hG4bKmallory");
	if (dice(p, 3) == 0)
		(void)snprintf(t.remote_tag, sizeof(t.remote_tag), "guess");
	send_octets(p, i, talk_request(&t, &b, method, false, &none));
	talk_fini(&t);
}

static void act_in_call(struct peers *p, struct call *c)
{
	if (c->state == CALL_UP && c->confirmed && dice(p, 4) == 0 && !c->request.on &&
	    !c->reoffers) {
		c->reoffers = true;
		c->tries = 0;
		request(p, c, 0, "INVITE", true);
	} else if (dice(p, 3) == 0) {
		end_call(p, c);
	}
}

/** As many calls as it gets, for as long as it gets them. */
static void dialler_acts(struct peers *p, uint32_t i, uint32_t open)
{
	if (open < DIALLER_CALLS)
		do_call(p, i);
}

static void on_act(void *ctx, uint64_t i)
{
	struct peers *p = ctx;
	struct peer *me = &p->peer[i];
	bool late = world_now_ms(p->w) >= p->until_ms;
	bool dialler = is_dialler(p, &me->conf);
	uint32_t busy = 0;

	for (uint32_t k = 0; k < p->calls; k++) {
		struct call *c = p->call[k];

		if (c->peer != i || c->registers || c->state == CALL_OVER)
			continue;
		busy++;
		if (late && me->conf.kind != PEER_PROVIDER)
			end_call(p, c);
		else if (!late && (!dialler || dice(p, 60) == 0))
			act_in_call(p, c);
	}
	if (late && busy == 0)
		return;
	if (!late && me->conf.kind == PEER_STRANGER) {
		if (dice(p, 2) == 0)
			stranger_copies(p, (uint32_t)i);
		else
			stranger_asks(p, (uint32_t)i);
	} else if (!late && me->conf.kind == PEER_PHONE && (!me->registered || dice(p, 8) == 0)) {
		do_register(p, (uint32_t)i);
	} else if (!late && dialler) {
		dialler_acts(p, (uint32_t)i, busy);
	} else if (!late && busy == 0 && dice(p, 2) == 0) {
		do_call(p, (uint32_t)i);
	}
	world_at(p->w, world_now_ms(p->w) + (dialler ? 100 + dice(p, 1000) : 500 + dice(p, 8000)),
	         on_act, p, i);
}

/* ---- answering requests ---- */

static void reply(struct peers *p, struct call *c, unsigned status, const char *method,
                  const char *line)
{
	struct talk_extra x = { 0 };
	struct buf b = buf_on(p->packet, sizeof(p->packet));
	bool invite = strcmp(method, "INVITE") == 0;
	struct slice octets;

	if (line != NULL)
		x.line[x.lines++] = line;
	if (invite && (status == 200 || status == 183))
		x.body = sdp(p, c);
	if (invite && status == 200 && dice(p, 40) == 0)
		x.body = SLICE("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n"); /* broken */
	octets = talk_response(&c->talk, &b, status, method, &x);
	if (invite) {
		free(c->answer);
		c->answer = copy_of(octets);
		c->answer_len = octets.len;
	}
	if (!invite) {
		free(c->other);
		c->other = copy_of(octets);
		c->other_len = octets.len;
		c->other_cseq = p->msg.cseq.number;
	}
	if (invite && status == 200) {
		charge_begin(p, c);
		send_repeated(p, c, 2, octets, c->in_cseq);
	} else {
		send_octets(p, c->peer, octets);
	}
}

static void challenge(struct peers *p, struct call *c, const char *method)
{
	const struct peer_conf *conf = &p->peer[c->peer].conf;
	char line[1024];

	char *nonce = c->nonce[strcmp(method, "INVITE") != 0];

	(void)snprintf(nonce, sizeof(c->nonce[0]), "n%llu", (unsigned long long)++p->number);
	(void)snprintf(line, sizeof(line), "WWW-Authenticate: Digest realm=\"%s\", nonce=\"%s\", "
	               "algorithm=%s, qop=\"auth\"", conf->realm, nonce,
	               dice(p, 2) == 0 ? "MD5" : "SHA-256");
	reply(p, c, 401, method, line);
}

/** True when it may be answered; else a challenge was sent. */
static bool proven(struct peers *p, struct call *c, const char *method, uint64_t one_in)
{
	const struct peer_conf *conf = &p->peer[c->peer].conf;
	bool has = sip_message_header(&p->msg, SIP_HDR_AUTHORIZATION) != NULL;
	const char *nonce = c->nonce[strcmp(method, "INVITE") != 0];

	if (conf->kind != PEER_PROVIDER) {
		if (has)
			p->fail(p->ctx, "credentials to somebody who is no provider");
		return true;
	}
	if (has && !talk_authorized(&p->msg, conf->user, conf->password, conf->realm, nonce))
		p->fail(p->ctx, "credentials that answer no challenge");
	if (has || dice(p, one_in) != 0)
		return true;
	challenge(p, c, method);
	return false;
}

static void on_answer(void *ctx, uint64_t value)
{
	static const unsigned refusals[] = { 486, 603, 480, 503, 500 };
	struct peers *p = ctx;
	struct call *c = p->call[value >> 1];

	if (c->state != CALL_IN || c->ok.text != NULL)
		return;
	if ((value & 1) == 0) {
		reply(p, c, dice(p, 4) == 0 ? 183 : 180, "INVITE", NULL);
	} else if (dice(p, 4) != 0) {
		reply(p, c, 200, "INVITE", NULL);
	} else if (dice(p, 4) != 0) {
		reply(p, c, refusals[dice(p, COUNT(refusals))], "INVITE", NULL);
		set_state(p, c, CALL_OVER);
	} /* else it rings for ever */
}

static void take_invite(struct peers *p, struct call *c)
{
	uint64_t now = world_now_ms(p->w);
	bool again = p->msg.to.tag.len > 0;

	c->in_cseq = p->msg.cseq.number;
	if (!proven(p, c, "INVITE", 2))
		return;
	if (again && c->state == CALL_UP) {
		if (c->request.on)
			reply(p, c, 491, "INVITE", NULL);
		else
			reply(p, c, dice(p, 8) == 0 ? 488 : 200, "INVITE", NULL);
		return;
	}
	if (again) {
		reply(p, c, 481, "INVITE", NULL);
		return;
	}
	set_state(p, c, CALL_IN);
	world_at(p->w, now + dice(p, 600), on_answer, p, (uint64_t)c->index << 1);
	world_at(p->w, now + 100 + dice(p, 6000), on_answer, p, (uint64_t)c->index << 1 | 1);
}

static void take_register(struct peers *p, struct call *c)
{
	char line[600];

	if (!proven(p, c, "REGISTER", 1))
		return;
	(void)snprintf(line, sizeof(line), "Contact: %.*s;expires=%u",
	               SLICE_FMT(sip_message_value(&p->msg, SIP_HDR_CONTACT)),
	               60 + (unsigned)dice(p, 60));
	reply(p, c, 200, "REGISTER", line);
	set_state(p, c, CALL_OVER);
}

static void take_request(struct peers *p, struct call *c)
{
	if (c->other != NULL && c->other_cseq >= p->msg.cseq.number &&
	    p->msg.method != SIP_INVITE && p->msg.method != SIP_ACK &&
	    p->msg.method != SIP_CANCEL) {
		if (c->other_cseq == p->msg.cseq.number) /* a copy, or one that comes late */
			send_octets(p, c->peer, slice_of(c->other, c->other_len));
		return;
	}
	switch (p->msg.method) {
	case SIP_INVITE:
		if (c->in_cseq == p->msg.cseq.number && c->answer != NULL)
			send_octets(p, c->peer, slice_of(c->answer, c->answer_len));
		else if (c->in_cseq < p->msg.cseq.number) /* an older one comes late */
			take_invite(p, c);
		return;
	case SIP_ACK:
		if (c->ok.on && p->msg.cseq.number == c->ok.cseq) {
			c->ok.on = false;
			c->confirmed = true;
			set_state(p, c, c->state == CALL_IN ? CALL_UP : c->state);
		}
		return;
	case SIP_BYE:
		if (!proven(p, c, "BYE", 3))
			return;
		reply(p, c, 200, "BYE", NULL);
		set_state(p, c, CALL_OVER);
		c->ok.on = c->request.on = c->bye.on = false;
		return;
	case SIP_CANCEL:
		reply(p, c, 200, "CANCEL", NULL);
		if (c->state == CALL_IN && c->ok.text == NULL && p->bills != NULL &&
		    dice(p, 4) == 0) {
			reply(p, c, 200, "INVITE", NULL); /* too late: somebody has answered */
		} else if (c->state == CALL_IN && c->ok.text == NULL) {
			reply(p, c, 487, "INVITE", NULL);
			set_state(p, c, CALL_OVER);
		}
		return;
	case SIP_REGISTER:
		take_register(p, c);
		return;
	default:
		reply(p, c, 200, "OTHER", NULL);
	}
}

/* ---- answers to ours ---- */

static void take_final_invite(struct peers *p, struct call *c)
{
	unsigned status = p->msg.status;
	bool first = c->state == CALL_OUT || c->state == CALL_ENDING;

	if (status < 300) {
		if (c->ack != NULL && !c->request.on && !c->reoffers) {
			send_octets(p, c->peer, slice_of(c->ack, c->ack_len));
			return;
		}
		send_ack(p, c, false);
		c->confirmed = true;
		c->reoffers = c->request.on = false;
		if (first) {
			c->bye.on = false;
			set_state(p, c, CALL_UP);
			if (c->wants_end)
				end_call(p, c);
		}
		return;
	}
	send_ack(p, c, true);
	c->request.on = false;
	c->reoffers = false;
	if (status == 401 && c->tries++ < 3 && !c->wants_end && has_account(p, c->peer))
		request(p, c, 0, "INVITE", true);
	else if (first || status == 481 || status == 408)
		set_state(p, c, CALL_OVER);
}

static void take_response(struct peers *p, struct call *c)
{
	struct peer *me = &p->peer[c->peer];
	bool current = p->msg.cseq.number == c->talk.invite_cseq;

	if (p->msg.status < 200) {
		if (p->msg.method == SIP_INVITE && current)
			c->request.on = false;
		if (c->wants_end && c->state == CALL_OUT)
			end_call(p, c);
		return;
	}
	switch (p->msg.method) {
	case SIP_INVITE:
		if (current && c->state != CALL_OVER)
			take_final_invite(p, c);
		return;
	case SIP_REGISTER:
		if (!c->request.on || p->msg.cseq.number != c->request.cseq)
			return;
		c->request.on = false;
		if (p->msg.status == 401 && c->tries++ < 3) {
			request(p, c, 0, "REGISTER", false);
			return;
		}
		me->registered = p->msg.status == 200;
		set_state(p, c, CALL_OVER);
		return;
	case SIP_CANCEL:
		c->bye.on = c->bye.on && p->msg.cseq.number != c->bye.cseq;
		return;
	default:
		c->bye.on = false;
		set_state(p, c, CALL_OVER);
	}
}

static struct call *find_call(struct peers *p, uint32_t peer)
{
	for (uint32_t i = p->calls; i-- > 0;) {
		if (p->call[i]->peer == peer &&
		    slice_eq(p->msg.call_id, slice_str(p->call[i]->talk.call_id)))
			return p->call[i];
	}
	return NULL;
}

void peers_packet(struct peers *p, const struct tg_addr *to, struct slice octets)
{
	uint32_t i = 0;
	struct call *c;

	if (peers_stranger(p, to))
		return; /* what he broke comes back to him broken */
	while (i < p->peers && !tg_addr_eq(&p->peer[i].addr, to))
		i++;
	if (i == p->peers) {
		p->fail(p->ctx, "a packet to somebody who does not exist");
		return;
	}
	if (sip_message_parse(&p->msg, octets, SIP_DATAGRAM) != TG_OK ||
	    sip_message_check(&p->msg) != TG_OK) {
		p->fail(p->ctx, "a packet that cannot be read");
		return;
	}
	c = find_call(p, i);
	if (c == NULL && (!p->msg.request || p->msg.method == SIP_ACK))
		return;
	if (c == NULL) {
		c = call_new(p, i);
		if (c == NULL)
			return;
		talk_taken(&c->talk, &p->peer[i].addr, ++p->number, &p->msg);
		if (p->msg.method == SIP_INVITE)
			(void)snprintf(c->number, sizeof(c->number), "%.*s",
			               SLICE_FMT(p->msg.uri.user));
		set_state(p, c, CALL_IN);
	} else if (!p->msg.request || p->msg.method != SIP_INVITE ||
	           c->in_cseq < p->msg.cseq.number) {
		talk_learn(&c->talk, &p->msg);
	}
	if (p->msg.request)
		take_request(p, c);
	else
		take_response(p, c);
}

/* ---- the whole ---- */

struct peers *peers_new(const struct peer_conf *rows, size_t count,
                        void (*fail)(void *ctx, const char *why), void *ctx)
{
	struct peers *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	assert(count <= PEERS_MAX);
	p->fail = fail;
	p->ctx = ctx;
	p->peers = (uint32_t)count;
	for (size_t i = 0; i < count; i++) {
		p->peer[i].conf = rows[i];
		if (tg_addr_parse(&p->peer[i].addr, slice_str(rows[i].addr), 5060) != TG_OK)
			abort();
	}
	return p;
}

void peers_free(struct peers *p)
{
	if (p == NULL)
		return;
	for (uint32_t i = 0; i < p->calls; i++) {
		struct call *c = p->call[i];

		talk_fini(&c->talk);
		free(c->answer);
		free(c->other);
		free(c->ack);
		free(c->request.text);
		free(c->bye.text);
		free(c->ok.text);
		free(c);
	}
	for (int i = 0; i < SEEN_MAX; i++)
		free(p->seen[i]);
	free(p);
}

void peers_charge(struct peers *p, struct bills *bills)
{
	p->bills = bills;
}

void peers_start(struct peers *p, struct world *w, uint64_t until_ms)
{
	p->w = w;
	p->until_ms = until_ms;
	for (uint32_t i = 0; i < p->peers; i++)
		world_at(w, world_now_ms(w) + dice(p, 3000), on_act, p, i);
}

bool peers_stranger(const struct peers *p, const struct tg_addr *addr)
{
	for (uint32_t i = 0; i < p->peers; i++) {
		if (p->peer[i].conf.kind == PEER_STRANGER && tg_addr_ip_eq(&p->peer[i].addr, addr))
			return true;
	}
	return false;
}

void peers_count(const struct peers *p, struct peers_count *out)
{
	memset(out, 0, sizeof(*out));
	for (uint32_t i = 0; i < p->calls; i++) {
		const struct call *c = p->call[i];
		bool up = c->confirmed && c->state != CALL_OVER;

		if (c->registers)
			continue;
		out->calls++;
		out->answered += c->confirmed;
		if (p->peer[c->peer].conf.kind != PEER_PROVIDER) {
			out->up += up;
		} else if (up) {
			out->provider_up++;
			out->provider_call = c->talk.call_id;
		}
	}
	for (uint32_t i = 0; i < p->peers; i++)
		out->registered += p->peer[i].registered;
}
