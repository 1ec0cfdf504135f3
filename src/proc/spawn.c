#include "proc/spawn.h"

#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <unistd.h>

/* Exit statuses of a child that did not get as far as our own main(). */
enum { SPAWN_EXIT_USER = 120, SPAWN_EXIT_FD = 121, SPAWN_EXIT_EXEC = 122 };

/* The exec is to leave it open. */
static bool keep(int fd)
{
	return fd < 0 || fcntl(fd, F_SETFD, 0) == 0;
}

static bool keep_all(const struct boot *boot, int boot_fd)
{
	bool ok = keep(boot_fd) && keep(boot->conf_fd) && keep(boot->lock_fd);

	for (uint32_t i = 0; i < boot->sockets; i++)
		ok = keep(boot->socket[i].fd) && ok;
	for (uint32_t i = 0; i < boot->channels; i++)
		ok = keep(boot->channel[i].memory) && keep(boot->channel[i].bell_in) &&
		     keep(boot->channel[i].bell_out) && ok;
	return ok;
}

static bool become(struct datadir_owner owner)
{
	if (!owner.change)
		return true;
	return setgroups(0, NULL) == 0 && setgid(owner.gid) == 0 && setuid(owner.uid) == 0;
}

static TG_NORETURN void run(const struct boot *boot, int boot_fd, struct datadir_owner owner)
{
	char name[32], fd[16], tollgate[] = "tollgate", verb[] = "run", role[] = "--role",
	     fd_word[] = "--fd";
	char *argv[] = { tollgate, verb, role, name, fd_word, fd, NULL };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	snprintf(name, sizeof(name), "%s:%u", link_role_name((enum link_role)boot->self.role),
	         boot->self.index);
	snprintf(fd, sizeof(fd), "%d", boot_fd);
	if (null >= 0)
		dup2(null, STDIN_FILENO);
	if (!keep_all(boot, boot_fd))
		_exit(SPAWN_EXIT_FD);
	if (!become(owner))
		_exit(SPAWN_EXIT_USER);
	/* the very program that runs now, even when its file was replaced meanwhile */
	execv("/proc/self/exe", argv);
	_exit(SPAWN_EXIT_EXEC);
}

enum tg_err spawn_child(pid_t *pid, const struct boot *boot, struct datadir_owner owner)
{
	int boot_fd = boot_memfd("tollgate-boot", boot, sizeof(*boot));
	pid_t child;

	if (boot_fd < 0)
		return TG_EIO;
	fflush(NULL);
	child = fork();
	if (child == 0)
		run(boot, boot_fd, owner);
	close(boot_fd);
	if (child < 0)
		return TG_EIO;
	*pid = child;
	return TG_OK;
}
