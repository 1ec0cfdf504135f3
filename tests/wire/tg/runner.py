"""Cases and their command line.

Each case runs in a process of its own, in namespaces of its own (network, mounts, processes; users
too when it is not root).  So no name can collide with another case or another run, several cases
run side by side, and whatever ends one (a failure, ctrl-C, kill -9) takes every process, interface
and rule with it: the kernel cleans up.
"""
import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

from tg.lab import Lab

INSIDE = "TG_WIRE_CASE"  # set in the process of one case: its name
SKIPPED = 77             # what Meson reads as "skipped"
LONGEST_S = 120          # no case takes longer
cases, each_round = {}, {}


def case(name, longest=0):
    """Register a function as a case.  It gets a fresh Lab and fails by raising.

    longest   seconds that each of `--rounds` may add to LONGEST_S"""
    def add(function):
        assert name not in cases, f"two cases are called {name}"
        cases[name], each_round[name] = function, longest
        return function
    return add


def main():
    args = arguments()
    picked = [name for name in cases if not args.only or any(part in name for part in args.only)]
    if INSIDE in os.environ:
        prepare_world()
        sys.exit(run_here(os.environ[INSIDE], args))
    if args.list:
        print("\n".join(picked))
        sys.exit(0)
    sys.exit(run_all(picked, args))


def arguments():
    parser = argparse.ArgumentParser(description="Wire tests with real peers.")
    parser.add_argument("--list", action="store_true", help="print the names of the cases")
    parser.add_argument("-k", "--only", action="append", metavar="TEXT",
                        help="run only cases whose name contains TEXT; may be repeated")
    parser.add_argument("-j", "--jobs", type=int, default=(os.cpu_count() or 1) + 1, metavar="N",
                        help="cases side by side (default: processors + 1, as most of a "
                             "case is waiting)")
    parser.add_argument("--keep", action="store_true", help="keep the logs of passed cases too")
    parser.add_argument("--rounds", type=int, default=3, metavar="N",
                        help="rounds of the cases that go in rounds (default: 3)")
    parser.add_argument("--tollgate", default=os.environ.get("TOLLGATE"), metavar="PATH",
                        help="the binary under test (default: $TOLLGATE)")
    return parser.parse_args()


# ---- the process that was called: starts one for each case and adds up

def run_all(picked, args):
    world = world_command()
    if subprocess.run(world + ["true"], stderr=subprocess.DEVNULL).returncode != 0:
        print("skipped: this user may not make network namespaces (run as root)")
        return SKIPPED
    for sign in signal.SIGINT, signal.SIGTERM:
        signal.signal(sign, signal.default_int_handler)
    waiting, running, failed = list(picked), [], 0
    try:
        while waiting or running:
            while waiting and len(running) < max(1, args.jobs):
                name = waiting.pop(0)
                longest = LONGEST_S + each_round[name] * args.rounds
                running.append(Running(world, name, longest))
            for one in [one for one in running if one.ended()]:
                running.remove(one)
                failed += one.report()
            time.sleep(0.02)
    except KeyboardInterrupt:
        for one in running:
            one.child.kill()
        print("interrupted in: " + "; ".join(one.name for one in running))
        return 130
    print(f"{len(picked) - failed} passed, {failed} failed", flush=True)
    return 1 if failed or not picked else 0


def world_command():
    """What runs a program in a world of its own that dies with us."""
    words = ["setpriv", "--pdeathsig", "KILL", "unshare", "--net", "--mount", "--pid", "--fork",
             "--kill-child", "--mount-proc"]
    if os.geteuid() != 0:
        words += ["--user", "--map-root-user"]
    return words


class Running:
    """A case in its own process."""

    def __init__(self, world, name, longest):
        self.name, self.longest, self.began = name, longest, time.monotonic()
        self.output = tempfile.TemporaryFile("w+")
        self.child = subprocess.Popen(world + [sys.executable, *sys.argv], stdin=subprocess.DEVNULL,
                                      stdout=self.output, stderr=subprocess.STDOUT,
                                      env={**os.environ, INSIDE: name}, start_new_session=True)

    def ended(self):
        if self.child.poll() is None and time.monotonic() - self.began > self.longest:
            self.child.kill()
            self.output.write(f"not done after {self.longest} s\n")
        return self.child.poll() is not None

    def report(self):
        """Print how it went; 1 when it failed."""
        bad = self.child.returncode != 0
        took = time.monotonic() - self.began
        print(f"{'FAIL' if bad else 'ok  '} {self.name} ({took:.1f} s)", flush=True)
        self.output.seek(0)
        for line in self.output.read().rstrip().splitlines():
            print("     " + line, flush=True)
        self.output.close()
        return int(bad)


# ---- the process of one case, in its own world

def prepare_world():
    """Our own /run, so that `ip netns` names are ours; no name server, so that nobody waits for
    one of the machine's."""
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
    os.mkdir("/run/netns")
    with open("/run/resolv.conf", "w") as resolv:
        resolv.write("nameserver 127.0.0.1\n")
    subprocess.run(["mount", "--bind", "/run/resolv.conf", "/etc/resolv.conf"], check=True)


def run_here(name, args):
    logs = tempfile.mkdtemp(prefix="tollgate-wire-")
    os.chmod(logs, 0o755)  # processes of other users work in it
    lab = Lab(logs, args.tollgate)
    lab.rounds = args.rounds
    try:
        lab.build()
        cases[name](lab)
        lab.check()
    except Exception:  # a case fails by whatever it raises
        print(traceback.format_exc() + lab.complaints() + f"logs: {logs}")
        return 1
    finally:
        lab.close()
    if not args.keep:
        shutil.rmtree(logs, ignore_errors=True)
    return 0
