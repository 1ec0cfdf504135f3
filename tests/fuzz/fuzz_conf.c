/*
 * Configuration files: any octets; what is accepted must print, and print the same when it is read.
 */
#include "conf/conf.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct conf_mistakes mistakes;
static char first[CONF_TEXT_MAX], second[CONF_TEXT_MAX];

static void same_again(const struct conf *conf)
{
	struct buf a = buf_on(first, sizeof(first)), b = buf_on(second, sizeof(second));
	struct conf *again = NULL;

	conf_write(&a, conf);
	if (a.full || conf_parse(&again, buf_slice(&a), &mistakes) != TG_OK)
		abort();
	conf_write(&b, again);
	conf_free(again);
	if (!slice_eq(buf_slice(&a), buf_slice(&b)))
		abort();
	b.len = 0;
	conf_write_json(&b, conf);
	conf_open_write(&b, conf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf *conf = NULL;
	enum tg_err err = conf_parse(&conf, slice_of(data, size), &mistakes);

	if ((err == TG_OK) != (mistakes.count == 0))
		abort(); /* a refusal says why */
	if (err == TG_OK)
		same_again(conf);
	conf_free(conf);
	return 0;
}
