"""Programs on hosts, and two of the real peers: Kamailio and sipp."""
import contextlib
import os
import pathlib
import re
import signal
import socket
import subprocess
import time

from tg import netns
from tg.sip import SipSocket

HERE = pathlib.Path(__file__).parent


def until(what, timeout=5, why="it did not happen"):
    """The first true value of what(), or an AssertionError."""
    deadline = time.monotonic() + timeout
    while True:
        value = what()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{why} within {timeout} s")
        time.sleep(0.02)


class Process:
    """A program on a host, with a folder for its files and its output in `folder/log`."""

    def __init__(self, lab, host, name):
        self.lab, self.host, self.name = lab, host, name
        self.folder = pathlib.Path(lab.folder) / name
        self.folder.mkdir()
        self.child = None
        lab.started.append(self)

    def start(self, *words, env=None):
        with open(self.folder / "log", "ab") as log:
            self.child = subprocess.Popen(
                netns.command(self.host, *words), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=self.folder, env={**os.environ, **(env or {})},
                start_new_session=True)  # ctrl-C is for the runner

    def log(self):
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def running(self):
        return self.child is not None and self.child.poll() is None

    def stop(self, sign=signal.SIGKILL, patience=5):
        """End it, and whatever it started."""
        if self.child is None:
            return
        if self.running():
            self.child.send_signal(sign)
            try:
                self.child.wait(patience)
            except subprocess.TimeoutExpired:
                pass
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait()

    def close(self):
        self.stop()


class Kamailio(Process):
    """Kamailio with one of the configurations beside this file."""

    def __init__(self, lab, host, config, address, passwords, defines=(), **values):
        super().__init__(lab, host, f"kamailio-{host}")
        text = (HERE / config).read_text()
        values.update(ADDRESS=address, PASSWORDS=" ".join(
            f'$sht(pw=>{user}) = "{secret}";' for user, secret in passwords.items()))
        text = re.sub(r"@([A-Z]+)@", lambda m: values[m.group(1)], text)
        (self.folder / "kamailio.cfg").write_text(text)
        self.address = address
        self.defines = [word for name in defines for word in ("-A", name)]
        self.launch()

    def launch(self):
        """Start (again) and return when it answers."""
        folder = str(self.folder)
        self.start("kamailio", "-DD", "-f", f"{folder}/kamailio.cfg", "-w", folder, "-Y", folder,
                   "-m", "32", "-M", "4", *self.defines)
        until(self.answers, 10, f"{self.name} did not answer an OPTIONS")

    def answers(self):
        if not self.running():
            raise AssertionError(f"{self.name} ended:\n{self.log()[-2000:]}")
        with SipSocket(self.host, self.address) as probe:
            return probe.ask(f"OPTIONS sip:{self.address} SIP/2.0", timeout=0.2)

    def close(self):
        self.stop(signal.SIGTERM, 3)  # its children end with it; SIGKILL would leave them


class Sipp(Process):
    """sipp with one scenario; see scenarios.py."""

    def __init__(self, lab, host, name, text, address, port, *more, calls=1):
        super().__init__(lab, host, name)
        self.messages = self.folder / "messages"
        (self.folder / "scenario.xml").write_text(text)
        self.start("sipp", "-sf", str(self.folder / "scenario.xml"), "-i", address, "-mi", address,
                   "-p", str(port), "-nostdin", "-m", str(calls), "-trace_err", "-trace_msg",
                   "-message_file", str(self.messages), "-error_file", str(self.folder / "errors"),
                   *more, env={"TERM": "dumb"})
        with netns.inside(host):
            until(lambda: port_taken(address, port), 5, f"{name} did not open its port")

    def received(self, start):
        """How many messages with such a first line arrived."""
        text = self.messages.read_text(errors="replace") if self.messages.exists() else ""
        return len(re.findall(r"received[^\n]*:\s+" + re.escape(start), text))

    def finish(self, timeout=10):
        """Wait for the scenario to end well."""
        code = self.child.wait(timeout)
        errors = self.folder / "errors"
        assert code == 0, f"{self.name}: exit {code}\n" + (
            errors.read_text(errors="replace")[:2000] if errors.exists() else self.log()[-2000:])


def port_taken(address, port):
    probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        probe.bind((address, port))
    except OSError:
        return True
    finally:
        probe.close()
    return False
