/* sofia-sip's reading of a request, in a unit of its own: its names and ours collide. */
#ifndef TG_TESTS_FUZZ_DIFF_SOFIA_H
#define TG_TESTS_FUZZ_DIFF_SOFIA_H

#include <stddef.h>

struct sofia_view {
	const char *method, *uri_user, *uri_host, *call_id, *cseq_method;
	const char *from_user, *from_host, *from_tag, *to_user, *to_tag, *branch;
	unsigned long cseq;
	size_t body_len;
	int vias;
	void *msg; /* owns the texts */
};

/** 1 when it took the text without an error; free with sofia_done(). */
int sofia_read(struct sofia_view *out, const char *text, size_t len);
void sofia_done(struct sofia_view *view);

#endif
