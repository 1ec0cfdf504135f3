#include "base/err.h"

#include <stddef.h>

static const char *const texts[] = {
#define X(name, text) text,
	TG_ERR_TABLE(X)
#undef X
};

const char *tg_strerror(enum tg_err err)
{
	return (size_t)err < COUNT(texts) ? texts[err] : "unknown error";
}
