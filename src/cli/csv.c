#include "cli/csv.h"

#include <time.h>

static const char *const headings[] = {
	/* cdr_csv of Asterisk, in its order */
	"accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp",
	"lastdata", "start", "answer", "end", "duration", "billsec", "disposition", "amaflags",
	"uniqueid", "userfield",
	/* ours */
	"rule", "trunk", "status", "cause", "ended_by", "from", "one_way",
	"a_packets", "a_loss_percent", "a_jitter_ms", "b_packets", "b_loss_percent", "b_jitter_ms",
};

/* ---- cells ---- */

static bool is_formula(struct slice s)
{
	return s.len > 0 && memchr("=+-@\t\r\n", s.p[0], 7) != NULL;
}

static bool needs_quotes(struct slice s)
{
	return slice_find(s, ',') < s.len || slice_find(s, '"') < s.len ||
	       (s.len > 0 && ((uint8_t)s.p[0] <= ' ' || (uint8_t)s.p[s.len - 1] <= ' '));
}

static void put_octets(struct buf *b, struct slice s)
{
	while (s.len > 0) {
		size_t n = slice_utf8_len(s);
		unsigned char c = (unsigned char)s.p[0];

		if (n == 0)
			buf_lit(b, "\xef\xbf\xbd");
		else if (c < 0x20 || c == 0x7f || (n == 2 && c == 0xc2 && (uint8_t)s.p[1] < 0xa0))
			buf_chr(b, ' ');
		else if (c == '"')
			buf_lit(b, "\"\"");
		else
			buf_put(b, slice_head(s, n));
		s = slice_skip(s, TG_MAX(n, (size_t)1));
	}
}

void csv_cell(struct buf *b, struct slice s, bool tame)
{
	bool prefix = tame && is_formula(s);
	bool quotes = prefix || needs_quotes(s);

	if (quotes)
		buf_chr(b, '"');
	if (prefix)
		buf_chr(b, '\'');
	put_octets(b, s);
	if (quotes)
		buf_chr(b, '"');
}

static void text(struct buf *b, struct slice s, bool tame)
{
	csv_cell(b, s, tame);
	buf_chr(b, ',');
}

static void number(struct buf *b, uint64_t n)
{
	buf_u64(b, n);
	buf_chr(b, ',');
}

void csv_time(struct buf *b, uint64_t wall_ms)
{
	time_t t = (time_t)(wall_ms / 1000);
	char mem[CSV_TIME_MAX];
	struct tm tm;

	if (wall_ms == 0 || gmtime_r(&t, &tm) == NULL)
		return;
	buf_put(b, slice_of(mem, strftime(mem, sizeof(mem), "%Y-%m-%d %H:%M:%S", &tm)));
}

static void when(struct buf *b, uint64_t wall_ms)
{
	csv_time(b, wall_ms);
	buf_chr(b, ',');
}

/* ---- values ---- */

struct slice csv_disposition(const struct vault_record *r)
{
	switch (r->disposition) {
	case VAULT_ANSWERED:
		return SLICE("ANSWERED");
	case VAULT_NO_ANSWER:
		return SLICE("NO ANSWER");
	case VAULT_BUSY:
		return SLICE("BUSY");
	default:
		return SLICE("FAILED");
	}
}

uint64_t csv_duration_s(const struct vault_record *r)
{
	return r->end_ms > r->start_ms ? (r->end_ms - r->start_ms) / 1000 : 0;
}

struct slice csv_one_way(const struct vault_record *r)
{
	if (r->answer_ms == 0 || (r->media[0].packets == 0) == (r->media[1].packets == 0))
		return SLICE("none");
	return r->media[0].packets == 0 ? SLICE("a") : SLICE("b");
}

uint64_t csv_loss_ppm(const struct link_media_stat *s)
{
	uint64_t all = s->packets + s->lost;

	return all > 0 && all < UINT64_MAX / 1000000 ? s->lost * 1000000 / all : 0;
}

struct slice csv_trunk(const struct vault_record *r)
{
	if (r->b_party == LINK_PARTY_TRUNK)
		return link_text(&r->b_peer);
	return r->a_party == LINK_PARTY_TRUNK ? link_text(&r->a_peer) : SLICE("");
}

struct slice csv_party(uint8_t party)
{
	switch (party) {
	case LINK_PARTY_ACCOUNT:
		return SLICE("account");
	case LINK_PARTY_PBX:
		return SLICE("pbx");
	case LINK_PARTY_TRUNK:
		return SLICE("trunk");
	default:
		return SLICE("");
	}
}

struct slice csv_ended_by(uint8_t by)
{
	switch (by) {
	case LINK_END_A:
		return SLICE("a");
	case LINK_END_B:
		return SLICE("b");
	case LINK_END_US:
		return SLICE("tollgate");
	default:
		return SLICE("");
	}
}

/* ---- lines ---- */

/* "SIP/acme-0123456789abcdef": as Asterisk names its ends of a call. */
static void channel(struct buf *b, const struct link_text *peer, uint64_t call, bool tame)
{
	char mem[192];
	struct buf name = buf_on(mem, sizeof(mem));

	if (peer->len > 0) {
		buf_lit(&name, "SIP/");
		buf_put(&name, link_text(peer));
		buf_fmt(&name, "-%016llx", (unsigned long long)call);
	}
	text(b, buf_slice(&name), tame);
}

/* "Name" <number>, as Asterisk writes caller ids. */
static void caller_id(struct buf *b, const struct vault_record *r, bool tame)
{
	char mem[320];
	struct buf clid = buf_on(mem, sizeof(mem));

	if (r->name.len > 0) {
		buf_chr(&clid, '"');
		buf_put(&clid, link_text(&r->name));
		buf_lit(&clid, "\" <");
		buf_put(&clid, link_text(&r->source));
		buf_chr(&clid, '>');
	} else {
		buf_put(&clid, link_text(&r->source));
	}
	text(b, buf_slice(&clid), tame);
}

static void asterisk(struct buf *b, const struct vault_record *r, bool tame)
{
	text(b, link_text(&r->account), tame);
	text(b, link_text(&r->source), tame);
	text(b, link_text(&r->dialled), tame);
	text(b, csv_party(r->a_party), tame);
	caller_id(b, r, tame);
	channel(b, &r->a_peer, r->call, tame);
	channel(b, &r->b_peer, r->call, tame);
	text(b, SLICE("Dial"), tame);
	text(b, link_text(&r->b_peer), tame);
	when(b, r->start_ms);
	when(b, r->answer_ms);
	when(b, r->end_ms);
	number(b, csv_duration_s(r));
	number(b, r->talk_ms / 1000);
	text(b, csv_disposition(r), tame);
	text(b, SLICE("DOCUMENTATION"), tame);
	buf_fmt(b, "%llu.%016llx,", (unsigned long long)(r->start_ms / 1000),
	        (unsigned long long)r->call);
	text(b, r->emergency ? SLICE("emergency") : SLICE(""), tame);
}

static void media(struct buf *b, const struct link_media_stat *s)
{
	uint64_t ppm = csv_loss_ppm(s);

	number(b, s->packets);
	buf_fmt(b, "%llu.%02llu,%u.%u", (unsigned long long)(ppm / 10000),
	        (unsigned long long)(ppm % 10000 / 100), s->jitter_us / 1000,
	        s->jitter_us % 1000 / 100);
}

void csv_record(struct buf *b, const struct vault_record *r, bool tame)
{
	char mem[64];
	struct buf from = buf_on(mem, sizeof(mem));

	asterisk(b, r, tame);
	text(b, link_text(&r->rule), tame);
	text(b, csv_trunk(r), tame);
	number(b, r->status);
	number(b, r->cause);
	text(b, csv_ended_by(r->by), tame);
	if (r->from.family != TG_AF_NONE)
		tg_addr_write(&from, &r->from);
	text(b, buf_slice(&from), tame);
	text(b, csv_one_way(r), tame);
	media(b, &r->media[0]);
	buf_chr(b, ',');
	media(b, &r->media[1]);
	buf_lit(b, "\r\n");
}

void csv_heading(struct buf *b)
{
	for (size_t i = 0; i < COUNT(headings); i++) {
		buf_str(b, i > 0 ? "," : "");
		buf_str(b, headings[i]);
	}
	buf_lit(b, "\r\n");
}
