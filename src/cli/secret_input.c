#include "cli/secret_input.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "cli/cli.h"
#include "store/seal.h"

void secret_make(struct tg_secret *out)
{
	static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789"; /* 32: five bits each */
	char text[28];
	struct tg_rng rng;

	tg_rng_init_os(&rng);
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = letters[tg_rng_below(&rng, sizeof(letters) - 1)];
	if (tg_secret_set(out, slice_of(text, sizeof(text))) != TG_OK)
		return; /* it fits */
	tg_wipe(text, sizeof(text));
	tg_wipe(&rng, sizeof(rng));
}

/* Octet by octet past stdio, whose buffer would keep a copy. */
static enum tg_err read_line(struct tg_secret *out)
{
	char line[TG_SECRET_MAX + 2];
	size_t len = 0;
	enum tg_err err;
	ssize_t n;

	while (len < sizeof(line)) {
		n = read(STDIN_FILENO, line + len, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || line[len] == '\n')
			break;
		len++;
	}
	if (len > 0 && line[len - 1] == '\r')
		len--;
	if (len > TG_SECRET_MAX)
		err = TG_ELIMIT;
	else if (len == 0 || memchr(line, '\0', len) != NULL)
		err = TG_EBAD;
	else
		err = tg_secret_set(out, slice_of(line, len));
	tg_wipe(line, sizeof(line));
	return err;
}

enum tg_err secret_read(struct tg_secret *out, const char *prompt)
{
	struct termios before, quiet;
	enum tg_err err;

	if (tcgetattr(STDIN_FILENO, &before) != 0)
		return read_line(out);
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	fprintf(stderr, "%s: ", prompt);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	err = read_line(out);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
	fputc('\n', stderr);
	return err;
}

bool secret_seal(struct buf *word, const char *data, struct slice name,
                 const struct tg_secret *secret)
{
	enum tg_err err = seal_word(word, data, name, (uint64_t)time(NULL), secret);

	if (err == TG_ENOENT)
		cli_fail(CLI_FAILED, "there is no %s/vault.pub; `tollgate run` makes it at its "
		         "first start", data);
	else if (err == TG_EDENIED)
		cli_fail(CLI_FAILED, "%s/vault.pub belongs to the user that tollgate runs as",
		         data);
	else if (err != TG_OK)
		cli_fail(CLI_FAILED, "%s/vault.pub: %s", data, tg_strerror(err));
	return err == TG_OK;
}
