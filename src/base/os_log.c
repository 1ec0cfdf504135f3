#include "base/log.h"

#include <errno.h>
#include <unistd.h>

void log_sink_stderr(void *ctx, struct slice line)
{
	ssize_t n;

	(void)ctx;
	do { /* one call a line: lines of several processes do not mix in a pipe (PIPE_BUF) */
		n = write(STDERR_FILENO, line.p, line.len);
	} while (n < 0 && errno == EINTR);
}
