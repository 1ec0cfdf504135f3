/* What actors send. */
#include "scenario/scenario.h"

#include <stdio.h>
#include <stdlib.h>

enum { ANSWER_MS = 3000 };

/** The lines below: "| Header: value", "|-Header", and "> body". */
static void read_extra(struct scenario *s, struct talk_extra *x)
{
	const char *text;
	struct buf b = buf_on(s->body, sizeof(s->body));

	while ((text = scenario_more(s, "|")) != NULL) {
		if (x->lines == TALK_LINES_MAX)
			scenario_fail(s, "too many header lines");
		x->line[x->lines++] = text;
	}
	while ((text = scenario_more(s, ">")) != NULL)
		buf_fmt(&b, "%s\r\n", text);
	if (b.len > 0)
		x->body = buf_slice(&b);
}

/** SDP unless there is a body, or "nosdp"; by itself only where the usual phone sends it. */
static void add_sdp(struct scenario *s, struct actor *a, struct talk *t, bool usual,
                    struct talk_extra *x)
{
	struct buf b = buf_on(s->body, sizeof(s->body));
	const char *direction = scenario_value(s, "sdp");

	if (x->body.len > 0 || scenario_word(s, "nosdp") > 0 ||
	    (!usual && scenario_word(s, "sdp") < 0))
		return;
	talk_sdp(t, &b, a->rtp_port, direction != NULL ? direction : "sendrecv");
	x->body = buf_slice(&b);
}

static void send_times(struct scenario *s, struct actor *a, struct slice octets)
{
	int times = 1;

	if (scenario_word(s, "times") > 0)
		times = (int)scenario_number(s, scenario_value(s, "times"));
	for (int i = 0; i < times; i++)
		scenario_send(s, a, octets);
}

static void say_raw(struct scenario *s, struct actor *a)
{
	struct buf b = buf_on(s->packet, sizeof(s->packet));
	const char *text;

	while ((text = scenario_more(s, ">")) != NULL) {
		for (; *text != '\0'; text++) {
			if (text[0] == '\\' && text[1] == 'x' && tg_hexval(text[2]) >= 0 &&
			    tg_hexval(text[3]) >= 0) {
				buf_chr(&b, (char)(tg_hexval(text[2]) * 16 + tg_hexval(text[3])));
				text += 3;
			} else {
				buf_chr(&b, *text);
			}
		}
		buf_lit(&b, "\r\n");
	}
	send_times(s, a, buf_slice(&b));
}

static void domain_uri(struct scenario *s, char *to, size_t cap, const char *user)
{
	struct slice domain = link_text(&world_site(s->world)->domain);

	if (strchr(user, ':') != NULL)
		(void)snprintf(to, cap, "%s", user);
	else if (strchr(user, '@') != NULL)
		(void)snprintf(to, cap, "sip:%s", user);
	else
		(void)snprintf(to, cap, "sip:%s@%.*s", user, SLICE_FMT(domain));
}

/** A request that begins a dialog, or stands alone: METHOD [URI] as NAME. */
static struct talk *begin(struct scenario *s, struct actor *a, const char *name)
{
	struct talk *t = &scenario_talk_new(s, name, (int)(a - s->actor))->talk;
	const char *from = scenario_value(s, "from"), *to = scenario_value(s, "to");
	char local[256], remote[256], target[256];
	bool reg = strcmp(s->word[2], "REGISTER") == 0;

	domain_uri(s, local, sizeof(local), from != NULL ? from : a->user);
	if (reg && strcmp(s->word[3], "as") == 0)
		(void)snprintf(target, sizeof(target), "sip:%.*s",
		               SLICE_FMT(link_text(&world_site(s->world)->domain)));
	else
		domain_uri(s, target, sizeof(target), s->word[3]);
	domain_uri(s, remote, sizeof(remote), to != NULL ? to : reg ? local : target);
	talk_begin(t, &a->addr, ++s->talk_number, local, remote);
	(void)snprintf(t->target, sizeof(t->target), "%s", target);
	return t;
}

static void credentials(struct scenario *s, struct talk *t, const char *method, struct buf *b)
{
	int at = scenario_word(s, "auth");
	struct talk_auth auth = {
		.user = s->word[at + 1],
		.password = s->word[at + 2],
		.method = method,
		.uri = scenario_value(s, "uri"),
		.response = scenario_value(s, "response"),
		.nonce = scenario_value(s, "nonce"),
		.no_qop = scenario_word(s, "noqop") > 0,
	};

	if (scenario_value(s, "hashed-method") != NULL)
		auth.method = scenario_value(s, "hashed-method");
	if (scenario_value(s, "nc") != NULL)
		auth.nc = (uint32_t)scenario_number(s, scenario_value(s, "nc"));
	talk_authorize(t, b, &auth);
}

/** Send it bare and learn the challenge. */
static void get_challenge(struct scenario *s, struct actor *a, struct talk *t, const char *method,
                          const struct talk_extra *x)
{
	struct buf b = buf_on(s->packet, sizeof(s->packet));
	const struct packet *p;
	const struct talk_extra none = { 0 };

	scenario_send(s, a, talk_request(t, &b, method, false, x));
	for (;;) {
		if (!scenario_wait(s, a, ANSWER_MS))
			scenario_fail(s, "no challenge came");
		p = a->inbox[--a->waiting];
		if (sip_message_parse(&s->msg, slice_of(p->text, p->len), SIP_DATAGRAM) != TG_OK)
			scenario_fail(s, "not SIP: %s", p->text);
		if (s->msg.status != 100)
			break;
	}
	if (s->msg.status != 401 && s->msg.status != 407)
		scenario_fail(s, "expected a challenge, got %.*s", (int)strcspn(p->text, "\r\n"),
		              p->text);
	talk_learn(t, &s->msg);
	if (strcmp(method, "INVITE") == 0) {
		b.len = 0;
		scenario_send(s, a, talk_request(t, &b, "ACK", true, &none));
	}
}

static void say_request(struct scenario *s, struct actor *a)
{
	const char *method = s->word[2], *name = scenario_value(s, "as");
	struct named_talk *known = s->words > 3 ? scenario_talk(s, s->word[3]) : NULL;
	bool invite = strcmp(method, "INVITE") == 0, reg = strcmp(method, "REGISTER") == 0;
	struct buf b = buf_on(s->packet, sizeof(s->packet));
	char value[2048], expires[64];
	struct buf auth = buf_on(value, sizeof(value));
	struct talk_extra x = { 0 };
	struct talk *t;

	if (known == NULL && name == NULL)
		scenario_fail(s, "METHOD NAME, or METHOD URI as NAME");
	t = known != NULL ? &known->talk : begin(s, a, name);
	if (reg && scenario_value(s, "expires") != NULL) {
		(void)snprintf(expires, sizeof(expires), "Expires: %s",
		               scenario_value(s, "expires"));
		x.line[x.lines++] = expires;
	}
	read_extra(s, &x);
	add_sdp(s, a, t, invite, &x);
	if (scenario_word(s, "auth") > 0) {
		if (!t->challenge.known)
			get_challenge(s, a, t, method, &x);
		credentials(s, t, method, &auth);
		x.authorization = value;
	}
	b.len = 0;
	send_times(s, a, talk_request(t, &b, method, scenario_word(s, "refused") > 0, &x));
}

static void challenge_line(struct scenario *s, struct talk *t, char *to, size_t cap)
{
	const char *realm = scenario_value(s, "challenge"), *alg = scenario_value(s, "alg");
	bool proxy = strcmp(s->word[2], "407") == 0;

	(void)snprintf(t->challenge.nonce, sizeof(t->challenge.nonce), "nonce%llu",
	               (unsigned long long)++s->talk_number);
	(void)snprintf(t->challenge.realm, sizeof(t->challenge.realm), "%s", realm);
	(void)snprintf(
		to, cap, "%s: Digest realm=\"%s\", nonce=\"%s\", algorithm=%s, qop=\"auth\"%s",
		proxy ? "Proxy-Authenticate" : "WWW-Authenticate", realm, t->challenge.nonce,
		alg != NULL ? alg : "MD5", scenario_word(s, "stale") > 0 ? ", stale=true" : "");
}

static void say_response(struct scenario *s, struct actor *a, unsigned status)
{
	struct named_talk *known = s->words > 3 ? scenario_talk(s, s->word[3]) : NULL;
	const char *method = scenario_value(s, "for");
	struct buf b = buf_on(s->packet, sizeof(s->packet));
	struct talk_extra x = { .reason = scenario_value(s, "reason") };
	char challenge[1024], contact[600];
	struct slice octets;
	struct talk *t;

	if (known == NULL)
		scenario_fail(s, "no such dialog");
	t = &known->talk;
	if (scenario_value(s, "challenge") != NULL) {
		challenge_line(s, t, challenge, sizeof(challenge));
		x.line[x.lines++] = challenge;
	}
	if (scenario_value(s, "expires") != NULL &&
	    sip_message_parse(&s->msg, slice_str(t->got[3]), SIP_DATAGRAM) == TG_OK) {
		(void)snprintf(contact, sizeof(contact), "Contact: %.*s;expires=%s",
		               SLICE_FMT(sip_message_value(&s->msg, SIP_HDR_CONTACT)),
		               scenario_value(s, "expires"));
		x.line[x.lines++] = contact;
	}
	read_extra(s, &x);
	add_sdp(s, a, t, status == 200 && (method != NULL ? strcmp(method, "INVITE") == 0
	                                                  : t->got_last == 0), &x);
	octets = talk_response(t, &b, status, method, &x);
	if (octets.len == 0)
		scenario_fail(s, "there is no request to answer");
	send_times(s, a, octets);
}

void scenario_say(struct scenario *s, struct actor *a)
{
	const char *what = s->word[2];
	struct named_talk *t = s->words > 3 ? scenario_talk(s, s->word[3]) : NULL;

	if (strcmp(what, "raw") == 0) {
		say_raw(s, a);
	} else if (strcmp(what, "again") == 0 || strcmp(what, "copy") == 0) {
		if (t == NULL || t->talk.sent == NULL)
			scenario_fail(s, "nothing was sent in this dialog");
		send_times(s, a, slice_of(t->talk.sent, t->talk.sent_len));
	} else if (what[0] >= '1' && what[0] <= '6' && strlen(what) == 3) {
		say_response(s, a, (unsigned)atoi(what));
	} else {
		if (s->words < 4)
			scenario_fail(s, "METHOD NAME, or METHOD URI as NAME");
		say_request(s, a);
	}
}
