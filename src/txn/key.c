/*
 * How a request finds its server transaction.
 *
 * RFC:  RFC 3261 §17.2.3 and §9.2.
 * OURS: CSeq number and Call-ID count too: there are phones that reuse a branch, and the ACK and
 *       the CANCEL of an INVITE have both.  The To tag does not count for messages without the
 *       cookie: an ACK's INVITE is told from all others by the rest.
 *       The transaction keeps 64 bits under a secret key instead of the texts.
 */
#include "txn/layer_priv.h"

enum { PART_MAX = 64, KEY_MAX = 9 * (PART_MAX + 2) };

struct key {
	const struct tg_table *table;
	char octets[KEY_MAX];
	size_t len;
};

/* Length and text; of a long text its hash, so that the key stays small. */
static void put(struct key *k, struct slice s)
{
	uint16_t len = (uint16_t)TG_MIN(s.len, (size_t)UINT16_MAX);
	uint64_t hash;

	memcpy(k->octets + k->len, &len, sizeof(len));
	k->len += sizeof(len);
	if (s.len > PART_MAX) {
		hash = tg_table_hash(k->table, s);
		s = slice_of(&hash, sizeof(hash));
	}
	if (s.len > 0)
		memcpy(k->octets + k->len, s.p, s.len);
	k->len += s.len;
}

uint64_t txn_key_hash(const struct tg_table *table, const struct sip_message *msg,
                      enum sip_method method)
{
	struct key k = { .table = table };
	char host[PART_MAX];
	const struct sip_via *via = &msg->via;

	put(&k, method == SIP_METHOD_OTHER ? msg->method_text : sip_method_name(method));
	put(&k, via->branch);
	if (via->host.len <= sizeof(host)) { /* longer ones: case counts */
		for (size_t i = 0; i < via->host.len; i++)
			host[i] = tg_lower(via->host.p[i]);
		put(&k, slice_of(host, via->host.len));
	} else {
		put(&k, via->host);
	}
	put(&k, slice_of(&via->port, sizeof(via->port)));
	put(&k, msg->call_id);
	put(&k, slice_of(&msg->cseq.number, sizeof(msg->cseq.number)));
	if (!sip_via_has_cookie(via)) {
		put(&k, msg->uri.text);
		put(&k, msg->from.tag);
		put(&k, via->text);
	}
	return tg_table_hash(table, slice_of(k.octets, k.len));
}
