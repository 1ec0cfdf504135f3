/* One parse from beginning to end, and the small questions that everybody asks. */
#include "conf/conf_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* In the order of the file; stable, and at most CONF_MISTAKES_MAX. */
static void sort_mistakes(struct conf_mistakes *all)
{
	for (uint32_t i = 1; i < all->count; i++) {
		struct conf_mistake m = all->at[i];
		uint32_t j = i;

		while (j > 0 &&
		       (all->at[j - 1].line > m.line ||
		        (all->at[j - 1].line == m.line && all->at[j - 1].column > m.column))) {
			all->at[j] = all->at[j - 1];
			j--;
		}
		all->at[j] = m;
	}
}

enum tg_err conf_parse(struct conf **out, struct slice text, struct conf_mistakes *mistakes)
{
	struct conf_job job = { .mistakes = mistakes };
	struct conf_node *root = NULL;
	enum tg_err err = TG_ENOMEM;

	mistakes->count = mistakes->dropped = 0;
	job.conf = calloc(1, sizeof(*job.conf));
	if (job.conf == NULL)
		goto out;
	if (text.len > CONF_TEXT_MAX)
		conf_wrong(&job, (struct conf_mark){ 0, 0 },
		           "the file has %zu octets; at most %d are read", text.len, CONF_TEXT_MAX);
	else
		root = conf_tree(&job, text);
	if (root != NULL) {
		conf_decode(&job, root);
		if (!job.nomem)
			conf_check(&job);
	}
	sort_mistakes(mistakes);
	err = job.nomem ? TG_ENOMEM : TG_EBAD;
	if (job.nomem || mistakes->count > 0)
		goto out;
	*out = job.conf;
	job.conf = NULL;
	err = TG_OK;
out:
	conf_arena_free(job.nodes);
	free(job.places);
	conf_free(job.conf);
	return err;
}

enum tg_err conf_read_fd(struct conf **out, int fd, struct conf_mistakes *mistakes)
{
	size_t cap = CONF_TEXT_MAX + 1, len = 0;
	char *text = malloc(cap);
	enum tg_err err = TG_ENOMEM;

	mistakes->count = mistakes->dropped = 0;
	while (text != NULL && len < cap) {
		ssize_t n = pread(fd, text + len, cap - len, (off_t)len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			err = TG_EIO;
			goto out;
		}
		if (n == 0)
			break;
		len += (size_t)n;
	}
	if (text == NULL)
		goto out;
	err = len < cap ? conf_parse(out, slice_of(text, len), mistakes) : TG_ELIMIT;
out:
	free(text);
	return err;
}

enum tg_err conf_read(struct conf **out, const char *path, struct conf_mistakes *mistakes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	enum tg_err err;
	int saved;

	mistakes->count = mistakes->dropped = 0;
	if (fd < 0)
		return errno == ENOENT ? TG_ENOENT : TG_EIO;
	err = conf_read_fd(out, fd, mistakes);
	saved = errno;
	close(fd);
	errno = saved;
	return err;
}

void conf_free(struct conf *conf)
{
	if (conf == NULL)
		return;
	conf_arena_free(conf->text);
	free(conf);
}

/* Every list that can be named has its name as the first field. */
static uint16_t find(const void *items, size_t bytes, uint32_t count, struct slice name)
{
	for (uint32_t i = 0; i < count; i++)
		if (slice_eq(*(const struct slice *)((const char *)items + i * bytes), name))
			return (uint16_t)i;
	return CONF_NONE;
}

uint16_t conf_interface_find(const struct conf *conf, struct slice name)
{
	return find(conf->interfaces, sizeof(conf->interfaces[0]), conf->interfaces_count, name);
}

uint16_t conf_network_find(const struct conf *conf, struct slice name)
{
	return find(conf->networks, sizeof(conf->networks[0]), conf->networks_count, name);
}

uint16_t conf_pbx_find(const struct conf *conf, struct slice name)
{
	return find(conf->pbxs, sizeof(conf->pbxs[0]), conf->pbxs_count, name);
}

uint16_t conf_trunk_find(const struct conf *conf, struct slice name)
{
	return find(conf->trunks, sizeof(conf->trunks[0]), conf->trunks_count, name);
}

uint16_t conf_group_find(const struct conf *conf, struct slice name)
{
	return find(conf->groups, sizeof(conf->groups[0]), conf->groups_count, name);
}

uint16_t conf_hours_find(const struct conf *conf, struct slice name)
{
	return find(conf->hours, sizeof(conf->hours[0]), conf->hours_count, name);
}

bool conf_number_matches(const struct conf_number *number, struct slice dialled)
{
	return number->prefix ? slice_starts(dialled, number->digits)
	                      : slice_eq(dialled, number->digits);
}
