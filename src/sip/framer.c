#include "sip/framer.h"

#include <assert.h>

#include "sip/chars_priv.h"

/**
 * True for "SIP/…" at the start or as the last word of a line: it may be SIP, whatever else is
 * wrong.
 */
static bool line_names_sip(struct slice line)
{
	static const struct slice mark = SLICE_INIT("SIP/");
	size_t at;

	line = slice_trim(line);
	if (slice_ieq(slice_head(line, mark.len), mark))
		return true;
	at = line.len;
	while (at > 0 && line.p[at - 1] != ' ')
		at--;
	return slice_ieq(slice_head(slice_skip(line, at), mark.len), mark);
}

static bool line_names_http(struct slice line)
{
	static const struct slice mark = SLICE_INIT("HTTP/");

	for (size_t i = 0; i + mark.len <= line.len; i++) {
		if (line.p[i] == 'H' && slice_starts(slice_skip(line, i), mark))
			return true;
	}
	return false;
}

/** By the first octet alone; SIP_PROBE_SIP for one that a token may have (RFC 3261 §25.1). */
static enum sip_probe probe_octet(uint8_t c)
{
	if (ch_is((char)c, CH_TOKEN))
		return SIP_PROBE_SIP;
	if (c >= 0x14 && c <= 0x17)
		return SIP_PROBE_TLS; /* RFC 8446 §5.1 content types */
	if (c < 4)
		return SIP_PROBE_STUN; /* RFC 8489 §5: the two top bits are 0; RFC 7983 */
	if (c >= 0x81 && c <= 0x8a)
		return SIP_PROBE_WEBSOCKET; /* RFC 6455 §5.2: FIN and an opcode */
	return SIP_PROBE_OTHER;
}

static enum sip_probe probe_line(struct slice line)
{
	if (line_names_sip(line))
		return SIP_PROBE_SIP;
	return line_names_http(line) ? SIP_PROBE_HTTP : SIP_PROBE_OTHER;
}

enum sip_probe sip_probe_of(struct slice in)
{
	enum sip_probe probe;
	size_t at = 0;

	while (at < in.len && (ch_is(in.p[at], CH_LWS) || in.p[at] == '\0'))
		at++;
	if (at == in.len)
		return SIP_PROBE_KEEPALIVE;
	at = 0;
	while (in.len - at >= 2 && in.p[at] == '\r' && in.p[at + 1] == '\n')
		at += 2;
	in = slice_skip(in, at);
	probe = probe_octet((uint8_t)in.p[0]);
	if (probe != SIP_PROBE_SIP)
		return probe;
	return probe_line(slice_head(in, TG_MIN(slice_find(in, '\n'), (size_t)SIP_LINE_MAX)));
}

const char *sip_probe_name(enum sip_probe probe)
{
	static const char *const names[] = {
		[SIP_PROBE_SIP] = "sip",
		[SIP_PROBE_KEEPALIVE] = "keepalive",
		[SIP_PROBE_TLS] = "tls",
		[SIP_PROBE_STUN] = "stun",
		[SIP_PROBE_HTTP] = "http",
		[SIP_PROBE_WEBSOCKET] = "websocket",
		[SIP_PROBE_OTHER] = "other",
	};

	return names[probe];
}

void sip_framer_init(struct sip_framer *f, void *mem, size_t cap)
{
	assert(cap >= SIP_LINE_MAX && cap <= UINT32_MAX);
	*f = (struct sip_framer){ .p = mem, .cap = (uint32_t)cap };
}

struct buf sip_framer_room(struct sip_framer *f)
{
	if (f->begin > 0) {
		memmove(f->p, f->p + f->begin, f->len - f->begin);
		f->len -= f->begin;
		f->begin = 0;
	}
	return buf_on(f->p + f->len, f->over ? 0 : f->cap - f->len);
}

void sip_framer_fed(struct sip_framer *f, size_t n)
{
	assert(n <= f->cap - f->len);
	f->len += (uint32_t)n;
}

static enum sip_frame close_with(struct sip_framer *f, enum sip_probe probe, const char *rule)
{
	f->over = true;
	f->probe = (uint8_t)probe;
	f->rule = rule;
	return SIP_FRAME_CLOSE;
}

/** Forget the state of one message; the next starts `n` octets further on. */
static void consume(struct sip_framer *f, size_t n)
{
	f->begin += (uint32_t)n;
	f->scanned = 0;
	f->need = 0;
	f->first_line_ok = false;
}

/** CRLFs between messages.  False when something else stands there, or nothing. */
static bool take_crlf(struct sip_framer *f, enum sip_frame *event)
{
	while (f->len - f->begin >= 2 && f->p[f->begin] == '\r' && f->p[f->begin + 1] == '\n') {
		consume(f, 2);
		f->crlfs++;
		f->crlf ^= 1;
		if (f->crlf == 0) {
			f->pings++;
			*event = SIP_FRAME_PING;
			return true;
		}
	}
	return false;
}

/**
 * Search what came since for the end of the head.  Sets f->scanned.
 *
 * Returns MESSAGE when the head is whole, MORE, BAD for a bare LF, or CLOSE.
 */
static enum sip_frame find_head(struct sip_framer *f)
{
	struct slice in = slice_of(f->p + f->begin, f->len - f->begin);

	for (;;) {
		size_t at = f->scanned + slice_find(slice_skip(in, f->scanned), '\n');

		if (at >= in.len) {
			f->scanned = (uint32_t)in.len;
			break;
		}
		f->scanned = (uint32_t)at + 1;
		if (!f->first_line_ok) {
			enum sip_probe probe = probe_line(slice_head(in, at));

			if (probe != SIP_PROBE_SIP)
				return close_with(f, probe, "first line is not SIP");
			f->first_line_ok = true;
		}
		if (at == 0 || in.p[at - 1] != '\r')
			return SIP_FRAME_BAD;
		if (at >= 3 && in.p[at - 2] == '\n')
			return SIP_FRAME_MESSAGE;
	}
	if (!f->first_line_ok && in.len > SIP_LINE_MAX)
		return close_with(f, SIP_PROBE_OTHER, "no line end in 8192 octets");
	return SIP_FRAME_MORE;
}

/** The head is whole: parse, and learn how long the message is. */
static enum sip_frame parse(struct sip_framer *f, struct sip_message *m)
{
	struct slice in = slice_of(f->p + f->begin, f->len - f->begin);
	enum tg_err err = sip_message_parse(m, in, SIP_STREAM);

	if (err == TG_EMORE) {
		f->need = (uint32_t)m->need;
		if (f->need <= f->cap)
			return SIP_FRAME_MORE;
		m->fault =
			(struct sip_fault){ "message larger than the connection's limit", 0, 513 };
		err = TG_EBAD;
		m->text.p = NULL;
	}
	if (m->text.p == NULL) {
		f->over = true;
		return SIP_FRAME_BAD;
	}
	f->messages++;
	f->crlf = 0;
	consume(f, m->text.len);
	return err == TG_OK ? SIP_FRAME_MESSAGE : SIP_FRAME_REFUSE;
}

enum sip_frame sip_framer_next(struct sip_framer *f, struct sip_message *m)
{
	enum sip_frame event;
	struct slice in;

	if (f->over)
		return SIP_FRAME_CLOSE;
	if (f->need == 0 && f->scanned == 0 && take_crlf(f, &event))
		return event;
	in = slice_of(f->p + f->begin, f->len - f->begin);
	if (in.len == 0 || (in.len == 1 && in.p[0] == '\r'))
		return SIP_FRAME_MORE;
	if (f->scanned == 0) {
		enum sip_probe probe = probe_octet((uint8_t)in.p[0]);

		if (probe != SIP_PROBE_SIP)
			return close_with(f, probe, "first octet is not SIP");
	}
	if (f->need == 0) {
		event = find_head(f);
		if (event == SIP_FRAME_MORE && in.len < f->cap)
			return SIP_FRAME_MORE;
		if (event == SIP_FRAME_CLOSE)
			return event;
		if (event != SIP_FRAME_MESSAGE) { /* a bare LF, or a head that does not fit */
			f->over = true;
			/* what stands up to there is all that an answer can be made of */
			if (sip_message_parse(m, slice_head(in, f->scanned), SIP_DATAGRAM) == TG_OK)
				m->fault = (struct sip_fault){ "head too large", 0, 513 };
			return SIP_FRAME_BAD;
		}
	} else if (in.len < f->need) {
		return SIP_FRAME_MORE;
	}
	return parse(f, m);
}
