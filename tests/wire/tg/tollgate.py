"""The binary under test: its configuration, its processes, its command line, its log."""
import json
import os
import pathlib
import re
import signal
import subprocess
import time

from tg import lab as world, netns
from tg.peers import Process, until
from tg.phone import Phone

SANITIZERS = {
    "ASAN_OPTIONS": "abort_on_error=1:detect_leaks=1:allocator_may_return_null=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
}
REPORT = re.compile(r"Sanitizer|runtime error:|Assertion .* failed")

CONFIG = """site:       {{ name: wire, domain: {domain}, data: {data} }}
interfaces:
  - {{ name: lan, listen: {lan}:5060, side: inside }}
  - {{ name: wan, listen: {wan}:5060, side: outside }}
networks:
  - {{ name: office, interface: lan, prefix: 192.168.1.0/24 }}
  - {{ name: home, interface: wan, {home} }}
{pbxs}{trunks}{inbound}outbound:
  emergency: ["112"]
{outbound}accounts:   {{ default-networks: [office, home] }}
media:      {{ ports: 20000-29999, silence: {silence} }}
limits:     {{ edges: {edges}, carriers: {carriers}, relays: {relays} }}
"""
PBXS = "pbxs:\n  - {{ name: freepbx, interface: lan, address: {address}:5060, domain: {domain} }}\n"
OUTBOUND = """  allow: ["+3491*"]
  trunks: [{order}]
"""
TRUNK = """  - name: {name}
    interface: wan
    address: {address}:5060
    domain: sip.{name}.example
    username: {user}
"""
INBOUND = '  - {{ number: "{number}", {to} }}\n'
# Our numbers: the first rings the account 101, the second the PBX.
NUMBERS = {"101": "+34911234567", "pbx": "+34911234568"}
ALLOWED, UNLISTED, EMERGENCY = "+34915550123", "+88210001", "112"


def config_text(data, pbx=False, trunks=(), silence=60, edges=1, carriers=1, relays=1,
                home=f"prefix: {world.HOME}/32"):
    """The configuration; see Tollgate for the arguments."""
    blocks = "".join(TRUNK.format(name=name, address=world.PROVIDERS[world.TRUNKS[name]],
                                  user=world.CUSTOMER) for name in trunks)
    inbound = ""
    if trunks:
        inbound += INBOUND.format(number=NUMBERS["101"], to='account: "101"')
    if pbx:
        inbound += INBOUND.format(number=NUMBERS["pbx"], to="pbx: freepbx")
    return CONFIG.format(
        domain=world.DOMAIN, data=data, lan=world.TG_LAN, wan=world.TG_WAN, home=home,
        silence=silence, edges=edges, carriers=carriers, relays=relays,
        pbxs=PBXS.format(address=world.PBX, domain=world.DOMAIN) if pbx else "",
        trunks="trunks:\n" + blocks if trunks else "",
        inbound="inbound:\n" + inbound if inbound else "",
        outbound=OUTBOUND.format(order=", ".join(trunks)) if trunks else "")


class Tollgate(Process):
    """One tollgate on the host tg, up and running with its accounts.

    pbx       there is one, and what an account dials goes there first
    trunks    names out of acme (at prov1) and beta (at prov2), in the order of trying
    accounts  user names to add; their secrets are in `secrets`
    more      values of CONFIG: home, silence, edges, carriers, relays
    """

    def __init__(self, lab, accounts=("101", "102"), pbx=False, trunks=(), **more):
        super().__init__(lab, "tg", "tollgate")
        if not lab.binary:
            raise RuntimeError("which binary? give --tollgate PATH")
        lab.watched.append(self)
        self.binary = os.path.abspath(lab.binary)
        self.killed, self.secrets = set(), {}
        self.data = self.folder / "data"
        self.config = self.folder / "tollgate.yaml"
        self.config.write_text(config_text(self.data, pbx, trunks, **more))
        self.config.chmod(0o600)
        self.launch()
        for trunk in trunks:
            self.cli("secret", "set", f"trunk/{trunk}", stdin=world.CUSTOMER_SECRET + "\n")
        for user in accounts:
            self.add(user)

    # ---- running it

    def launch(self):
        """Start (again) and return when it is ready."""
        began = self.log().count("event=listening")
        self.start(self.binary, "run", f"--config={self.config}", env=SANITIZERS)

        def ready():
            if not self.running():
                raise AssertionError("tollgate ended while starting")
            return self.log().count("event=listening") >= began + 2 and \
                self.ask("status").returncode == 0
        until(ready, 10, "tollgate was not ready")

    def shutdown(self):
        """End it as an operator would; it must leave in order."""
        if self.running():
            pids = self.roles().values()
            self.child.send_signal(signal.SIGTERM)
            try:
                code = self.child.wait(10)
            except subprocess.TimeoutExpired:
                raise AssertionError("tollgate did not end within 10 s of SIGTERM") from None
            assert code == 0, f"tollgate ended with {code}"
            until(lambda: not any(alive(pid) for pid in pids), 2, "a process outlived the warden")

    def ask(self, *words, stdin=None):
        command = netns.command("tg", self.binary, *words, f"--config={self.config}")
        return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=20,
                              env={**os.environ, **SANITIZERS})

    def cli(self, *words, stdin=None):
        """Run a command that must succeed; what it printed."""
        done = self.ask(*words, stdin=stdin)
        assert done.returncode == 0, f"tollgate {' '.join(words)}: {done.stderr or done.stdout}"
        return done.stdout

    def json(self, *words):
        return json.loads(self.cli(*words, "--json"))

    def rows(self, *words):
        """A list that is printed as one document or as one object a line."""
        text = self.cli(*words, "--json").strip()
        if text.startswith("["):
            return json.loads(text)
        return [json.loads(line) for line in text.splitlines()]

    # ---- what it knows

    def add(self, user):
        self.secrets[user] = self.json("account", "add", user)["secret"]

    def phone(self, user, place=0, **more):
        """A phone of an account, at home behind the NAT."""
        return Phone(self.lab, "phones", user, f"{user}@{world.DOMAIN}", world.PHONES[place],
                     self.secrets[user], proxy=world.TG_WAN, **more)

    def office_phone(self, user, place=0, **more):
        """A phone of an account, on the LAN."""
        return Phone(self.lab, "office", user, f"{user}@{world.DOMAIN}", world.OFFICE[place],
                     self.secrets[user], proxy=world.TG_LAN, **more)

    def trunk_registered(self, name="acme", timeout=10):
        until(lambda: re.search(rf"event=trunk_registered .*trunk={name}\b", self.log()), timeout,
              f"the trunk {name} was not registered")

    def calls(self):
        return self.rows("calls")

    def registered_users(self):
        return sorted({row["account"] for row in self.rows("registrations")})

    def records(self):
        return self.rows("records")

    def wait_log(self, pattern, timeout=5, count=1):
        until(lambda: len(re.findall(pattern, self.log())) >= count, timeout,
              f"the log does not say {pattern!r}")

    def media_sockets(self):
        """The open UDP ports of the media range, as the kernel knows them."""
        with netns.inside("tg"), open("/proc/self/net/udp") as table:
            ports = [int(line.split()[1].partition(":")[2], 16) for line in list(table)[1:]]
        return sorted({port for port in ports if 20000 <= port <= 29999})

    # ---- its processes

    def roles(self):
        """{"edge:0": pid, ...} of what runs now; the warden is "warden"."""
        found = {"warden": self.child.pid} if self.running() else {}
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                words = (folder / "cmdline").read_bytes().decode().split("\0")
            except OSError:
                continue
            if words[0].endswith("tollgate") and "--role" in words:
                found[words[words.index("--role") + 1]] = int(folder.name)
        return found

    def kill(self, role, meanwhile=lambda: None):
        """kill -9 one process; returns when another has taken its place (at most 2 s)."""
        pid = self.roles()[role]
        began = time.monotonic()
        self.killed.add(pid)
        os.kill(pid, signal.SIGKILL)
        until(lambda: meanwhile() or self.roles().get(role, pid) != pid, 2,
              f"{role} did not come back")
        until(lambda: self.ask("status").returncode == 0, 2, "no status after the restart")
        took = time.monotonic() - began
        assert took < 2, f"{role} was back after {took:.1f} s"

    # ---- at the end of a case

    def check(self):
        self.shutdown()
        report = REPORT.search(self.log())
        assert not report, f"a sanitizer or an assertion spoke: {report.group(0)}"
        died = re.findall(r"event=process_died.*?\bpid=(\d+)", self.log())
        crashed = [pid for pid in died if int(pid) not in self.killed]
        assert not crashed, f"processes died that the test did not kill: {crashed}"

    def complaints(self):
        return "\ntollgate's log, its end:\n" + "\n".join(self.log().splitlines()[-40:]) + "\n"


def alive(pid):
    """Whether the process runs; a zombie does not."""
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes() != b""
    except OSError:
        return False
