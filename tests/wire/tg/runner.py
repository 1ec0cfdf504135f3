"""Cases and their command line.

A run re-executes itself in namespaces of its own (network, mounts, processes; users too when it is
not root).  So no name in it can collide with another run, and whatever ends it (a failure, ctrl-C,
kill -9) takes every process, interface and rule with it: the kernel cleans up.
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

INSIDE = "TG_WIRE_INSIDE"
SKIPPED = 77  # what Meson reads as "skipped"
cases = []


def case(name):
    """Register a function as a case.  It gets a fresh Lab and fails by raising."""
    def add(function):
        cases.append((name, function))
        return function
    return add


def main():
    args = arguments()
    picked = [c for c in cases if not args.only or any(p in c[0] for p in args.only)]
    if args.list:
        print("\n".join(name for name, _ in picked))
        sys.exit(0)
    if os.environ.get(INSIDE) != "1":
        enter_own_world()
    prepare_world()
    for sign in signal.SIGINT, signal.SIGTERM:  # as pid 1 nothing would end us by default
        signal.signal(sign, signal.default_int_handler)
    sys.exit(run(picked, args))


def arguments():
    parser = argparse.ArgumentParser(description="Wire tests with real peers.")
    parser.add_argument("--list", action="store_true", help="print the names of the cases")
    parser.add_argument("-k", "--only", action="append", metavar="TEXT",
                        help="run only cases whose name contains TEXT; may be repeated")
    parser.add_argument("--keep", action="store_true", help="keep the logs of passed cases too")
    parser.add_argument("--tollgate", default=os.environ.get("TOLLGATE"), metavar="PATH",
                        help="the binary under test (default: $TOLLGATE)")
    return parser.parse_args()


def enter_own_world():
    unshare = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if os.geteuid() != 0:
        unshare += ["--user", "--map-root-user"]
    if subprocess.run(unshare + ["true"], stderr=subprocess.DEVNULL).returncode != 0:
        print("skipped: this user may not make network namespaces (run as root)")
        sys.exit(SKIPPED)
    os.execvpe("unshare", unshare + [sys.executable] + sys.argv, {**os.environ, INSIDE: "1"})


def prepare_world():
    """Our own /run, so that `ip netns` names are ours; no name server, so that nobody waits for
    one of the machine's."""
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
    os.mkdir("/run/netns")
    with open("/run/resolv.conf", "w") as resolv:
        resolv.write("nameserver 127.0.0.1\n")
    subprocess.run(["mount", "--bind", "/run/resolv.conf", "/etc/resolv.conf"], check=True)


def run(picked, args):
    failed = 0
    for name, function in picked:
        logs = tempfile.mkdtemp(prefix="tollgate-wire-")
        os.chmod(logs, 0o755)  # processes of other users work in it
        began = time.monotonic()
        try:
            problem = run_one(function, logs, args.tollgate)
        except KeyboardInterrupt:
            print(f"interrupted in: {name}\n     logs: {logs}")
            return 130
        took = time.monotonic() - began
        print(f"{'ok  ' if problem is None else 'FAIL'} {name} ({took:.1f} s)", flush=True)
        if problem is not None:
            failed += 1
            print(indent(problem) + f"\n     logs: {logs}", flush=True)
        elif not args.keep:
            shutil.rmtree(logs, ignore_errors=True)
    print(f"{len(picked) - failed} passed, {failed} failed", flush=True)
    return 1 if failed or not picked else 0


def run_one(function, logs, binary):
    """The story of a failure, or None."""
    lab = Lab(logs, binary)
    try:
        lab.build()
        function(lab)
        lab.check()
    except Exception:  # a case fails by whatever it raises; ctrl-C goes through
        return traceback.format_exc() + lab.complaints()
    finally:
        lab.close()
    return None


def indent(text):
    return "\n".join("     " + line for line in text.rstrip().splitlines())
