/*
 * What a phone, a PBX or a provider says: the requests and responses of one dialog as text.
 *
 * Made for tests: any header can be replaced, left out or doubled, and nothing is refused.
 */
#ifndef TG_TESTS_SIM_TALK_H
#define TG_TESTS_SIM_TALK_H

#include "base/hash.h"
#include "sip/message.h"

enum { TALK_PACKET_MAX = 65535, TALK_LINES_MAX = 24 };

/** A challenge that was received. */
struct talk_challenge {
	char realm[128], nonce[512], opaque[128];
	enum tg_digest_alg alg;
	bool known, proxy, stale;
	uint32_t nc; /* last used */
};

/** One dialog, or one lone request, as its owner knows it. */
struct talk {
	struct tg_addr self;
	char call_id[128], local_uri[256], remote_uri[256], local_tag[64], remote_tag[128];
	char target[512], contact[256], route[1024];
	char branch[96];        /* of our last request */
	char invite_branch[96]; /* of our last INVITE */
	char refusal_tag[128];  /* To tag of the last refusal of an INVITE, for its ACK */
	char invite_uri[512];   /* its Request-URI: CANCEL and ACK of a refusal repeat it */
	uint32_t cseq, invite_cseq; /* of our last request and INVITE */
	uint32_t count;         /* of our requests: makes branches */
	uint32_t sdp_version;
	struct talk_challenge challenge;
	char *got[4];  /* owned; the last INVITE, BYE, CANCEL and other request of the peer */
	int got_last;  /* index of the one that came last, -1 = none */
	char *sent;    /* owned; the last packet that we sent */
	size_t sent_len;
};

/** What a message gets beside the usual. */
struct talk_extra {
	/* "Name: value" replaces a header or adds one; "-Name" leaves one out */
	const char *line[TALK_LINES_MAX];
	size_t lines;
	struct slice body; /* p == NULL: none */
	const char *type;  /* of the body; NULL = application/sdp */
	const char *authorization; /* header value, or NULL */
	const char *reason;        /* of a response, or NULL */
};

/** A dialog that we begin. */
void talk_begin(struct talk *t, const struct tg_addr *self, uint64_t number, const char *local_uri,
                const char *remote_uri);
/** A dialog that a request to us begins. */
void talk_taken(struct talk *t, const struct tg_addr *self, uint64_t number,
                const struct sip_message *msg);
void talk_fini(struct talk *t);

/** A request or response of the peer came: learn tags, target, route and challenge. */
void talk_learn(struct talk *t, const struct sip_message *msg);

/** Write the next request; a CANCEL, and an ACK when `refused`, belong to the last INVITE. */
struct slice talk_request(struct talk *t, struct buf *b, const char *method, bool refused,
                          const struct talk_extra *extra);
/** Write a response to the last request of that method (NULL = the last one). */
struct slice talk_response(struct talk *t, struct buf *b, unsigned status, const char *method,
                           const struct talk_extra *extra);

/** What to alter in credentials (B7, B8). */
struct talk_auth {
	const char *user, *password;
	const char *method;   /* that is hashed */
	const char *uri;      /* NULL = the Request-URI */
	const char *response; /* NULL = the right one */
	const char *nonce;    /* NULL = as challenged */
	uint32_t nc;          /* 0 = the next */
	bool no_qop;
};
/** Value of Authorization that answers t->challenge. */
void talk_authorize(struct talk *t, struct buf *b, const struct talk_auth *auth);

/** Write SDP: one audio line at self:port. */
void talk_sdp(struct talk *t, struct buf *b, uint16_t port, const char *direction);

/** True when Authorization of `msg` is right for user and password, and a nonce of ours. */
bool talk_authorized(const struct sip_message *msg, const char *user, const char *password,
                     const char *realm, const char *nonce);

#endif
