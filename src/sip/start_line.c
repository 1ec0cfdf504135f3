/* Request-Line and Status-Line (RFC 3261 §7.1, §7.2, §25.1). */
#include "sip/chars_priv.h"
#include "sip/message.h"
#include "sip/message_priv.h"

/** "SIP/" in any case; four octets can be read. */
static bool starts_sip(const char *p)
{
	return (p[0] == 'S' || p[0] == 's') && slice_ieq(slice_of(p, 4), SLICE("SIP/"));
}

/** "SIP/d.d": the length of it at `p`, 0 for anything else.  *ok: it is 2.0. */
static size_t version_at(const char *p, const char *end, bool *ok)
{
	const char *q;

	if (end - p == 7 && memcmp(p, "SIP/2.0", 7) == 0) {
		*ok = true;
		return 7;
	}
	if (end - p < 7 || !starts_sip(p))
		return 0;
	q = p + 4;
	while (q < end && tg_isdigit(*q))
		q++;
	if (q == p + 4 || q == end || *q != '.')
		return 0;
	q++;
	while (q < end && tg_isdigit(*q))
		q++;
	*ok = q - p == 7 && p[4] == '2' && p[6] == '0';
	return q[-1] == '.' ? 0 : (size_t)(q - p);
}

/* Status-Line = SIP-Version SP 3DIGIT SP Reason-Phrase; a missing last SP is forgiven. */
static void parse_status_line(struct sip_message *m, struct slice line)
{
	const char *p = line.p, *end = ch_end(line);
	uint64_t status;
	bool ok = false;
	size_t n = version_at(p, end, &ok);

	if (n == 0 || !ok || end - p < 11 || p[7] != ' ' || (end - p > 11 && p[11] != ' ') ||
	    slice_u64(&status, slice_of(p + 8, 3), 699) != TG_OK || status < 100) {
		sip_fault_set(m, p, 0, "status line");
		return;
	}
	m->status = (uint16_t)status;
	m->reason = end - p > 12 ? ch_slice(p + 12, end) : slice_of(end, 0);
}

/* Request-Line = Method SP Request-URI SP SIP-Version, with single SPs and nothing else. */
static void parse_request_line(struct sip_message *m, struct slice line)
{
	const char *p = line.p, *end = ch_end(line), *uri, *stop;
	bool ok = false;
	enum tg_err err;

	uri = ch_run(p, end, CH_TOKEN);
	if (uri == p || uri == end || *uri != ' ') {
		sip_fault_set(m, p, 400, "request line");
		return;
	}
	m->method_text = ch_slice(p, uri);
	m->method = (uint8_t)sip_method_of(m->method_text);
	uri++;
	stop = memchr(uri, ' ', (size_t)(end - uri));
	if (stop == NULL || stop == uri || stop + 1 == end ||
	    version_at(stop + 1, end, &ok) != (size_t)(end - stop - 1)) {
		sip_fault_set(m, uri, 400, "request line"); /* lwsruri, lwsstart, trws */
		return;
	}
	if (!ok)
		sip_fault_set(m, stop + 1, 505, "SIP version");
	err = sip_uri_parse(&m->uri, ch_slice(uri, stop));
	if (err == TG_ELIMIT)
		sip_fault_set(m, uri, 414, "Request-URI too long");
	else if (err != TG_OK)
		sip_fault_set(m, uri, 400, "Request-URI");
	else if (m->uri.headers.p != NULL)
		sip_fault_set(m, uri, 400, "headers in the Request-URI"); /* §19.1.5, escruri */
}

bool sip_start_line_is_status(struct slice in)
{
	return in.len >= 4 && starts_sip(in.p);
}

void sip_start_line_parse(struct sip_message *m, struct slice line)
{
	if (m->request)
		parse_request_line(m, line);
	else
		parse_status_line(m, line);
}
