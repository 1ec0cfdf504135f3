/* Rings and bells: one piece of memory for each two processes that talk, which nobody else has. */
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <fcntl.h>

#include "proc/warden_priv.h"

/* The warden in `pair.b`. */
enum { WARDEN_INDEX = PLAN_PROCS_MAX };

static uint32_t slots_to(struct link_proc reader)
{
	return reader.role == LINK_CONSOLE ? BUS_SLOTS_PAGES : BUS_SLOTS;
}

static bool open_pair(struct pair *p, uint32_t a, uint32_t b, struct link_proc proc_a,
                      struct link_proc proc_b)
{
	*p = (struct pair){ .a = a, .b = b,
		            .slots_to_a = slots_to(proc_a), .slots_to_b = slots_to(proc_b) };
	p->memory = boot_memory("tollgate-ring", bus_channel_bytes(p->slots_to_a, p->slots_to_b));
	p->bell_a = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	p->bell_b = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return p->memory >= 0 && p->bell_a >= 0 && p->bell_b >= 0;
}

/* The channel of one end of a pair; the descriptors stay the pair's. */
static struct bus_channel channel_of(const struct pair *p, bool for_a, struct link_proc peer)
{
	return (struct bus_channel){ .peer = peer,
		                     .memory = p->memory,
		                     .bell_in = for_a ? p->bell_a : p->bell_b,
		                     .bell_out = for_a ? p->bell_b : p->bell_a,
		                     .slots_in = for_a ? p->slots_to_a : p->slots_to_b,
		                     .slots_out = for_a ? p->slots_to_b : p->slots_to_a,
		                     .out_first = for_a ? 1 : 0 };
}

static int again(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

/* Our own end: the bus takes descriptors over, the children still need theirs. */
static bool attach_own(struct warden *w, const struct pair *p)
{
	struct bus_channel c = channel_of(p, false, w->children[p->a].proc);

	c.memory = again(c.memory);
	c.bell_in = again(c.bell_in);
	c.bell_out = again(c.bell_out);
	return c.memory >= 0 && c.bell_in >= 0 && c.bell_out >= 0 && bus_add(w->bus, &c) == TG_OK;
}

bool warden_pairs_open(struct warden *w)
{
	uint32_t n = w->count;

	w->pairs = calloc((size_t)n * (n + 1) / 2, sizeof(*w->pairs));
	if (w->pairs == NULL)
		return false;
	for (uint32_t a = 0; a < n; a++) {
		struct link_proc proc = w->children[a].proc;

		for (uint32_t b = a + 1; b < n; b++) {
			struct link_proc other = w->children[b].proc;

			if (plan_talk(proc, other) &&
			    !open_pair(&w->pairs[w->pairs_count++], a, b, proc, other))
				return false;
		}
		if (!open_pair(&w->pairs[w->pairs_count++], a, WARDEN_INDEX, proc, WARDEN_SELF) ||
		    !attach_own(w, &w->pairs[w->pairs_count - 1]))
			return false;
	}
	return true;
}

void warden_pairs_close(struct warden *w)
{
	for (uint32_t i = 0; i < w->pairs_count; i++) {
		const int fds[] = { w->pairs[i].memory, w->pairs[i].bell_a, w->pairs[i].bell_b };

		for (size_t k = 0; k < COUNT(fds); k++)
			if (fds[k] >= 0)
				close(fds[k]);
	}
	free(w->pairs);
	w->pairs = NULL;
	w->pairs_count = 0;
}

void warden_boot_fill(const struct warden *w, struct boot *out, const struct child *child)
{
	uint32_t index = (uint32_t)(child - w->children);

	*out = (struct boot){ .version = BOOT_VERSION,
		              .self = child->proc,
		              .epoch = child->epoch,
		              .warden = getpid(),
		              .conf_fd = w->conf_fd,
		              /* a second tollgate waits until the vault really is dead */
		              .lock_fd = child->proc.role == LINK_VAULT ? w->lock_fd : -1 };
	for (uint32_t i = 0; i < w->sockets.count; i++) {
		const struct sip_socket *s = &w->sockets.at[i];

		if (s->owner.role == child->proc.role && s->owner.index == child->proc.index)
			out->socket[out->sockets++] = (struct boot_socket){ s->fd, s->iface };
	}
	for (uint32_t i = 0; i < w->pairs_count; i++) {
		const struct pair *p = &w->pairs[i];
		struct link_proc peer = WARDEN_SELF;

		if (p->a != index && p->b != index)
			continue;
		if (p->b != WARDEN_INDEX)
			peer = w->children[p->a == index ? p->b : p->a].proc;
		out->channel[out->channels++] = channel_of(p, p->a == index, peer);
	}
}
