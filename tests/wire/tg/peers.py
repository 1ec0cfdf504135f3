"""The real peers: baresip phones, Kamailio, sipp; and a bare socket for what no peer would send."""
import contextlib
import hashlib
import json
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import time

from tg import audio, netns, scenarios

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


class Phone(Process):
    """baresip with one account, a tone as its microphone and a recording of what it hears.

    secret    None: it does not register
    proxy     host that all its requests go to
    hz        the tone it says
    auto      it answers by itself
    patience  seconds that its first registration may take
    """

    CONFIG = """net_interface {address}
sip_listen {address}:{port}
audio_player aufile,{folder}/player.wav
audio_alert aufile,{folder}/alert.wav
audio_source aufile,{tone}
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
rtp_ports {rtp}-{rtp_last}
module_path /usr/lib/baresip/modules
module g711.so
module aufile.so
module sndfile.so
module_tmp uuid.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen {address}:4444
snd_path {folder}
"""

    def __init__(self, lab, host, name, aor, address, secret=None, proxy=None, port=5060,
                 hz=440, auto=False, patience=5):
        super().__init__(lab, host, f"phone-{name}")
        self.aor, self.address, self.hz = aor, address, hz
        user = aor.partition("@")[0]
        rtp = random.randrange(16384, 32000, 2)
        account = f"<sip:{aor}>;regint={600 if secret else 0};audio_codecs=pcma/8000/1"
        if secret:
            account += f";auth_user={user};auth_pass={secret}"
        if proxy:
            account += f';outbound="sip:{proxy}"'
        if auto:
            account += ";answermode=auto"
        (self.folder / "config").write_text(self.CONFIG.format(
            address=address, port=port, folder=self.folder, tone=lab.tone(hz), rtp=rtp,
            rtp_last=rtp + 20))
        (self.folder / "accounts").write_text(account + "\n")
        (self.folder / "contacts").write_text("")
        self.events, self.bytes, self.token = [], b"", 0
        self.start("baresip", "-f", str(self.folder), "-v", "-s")
        self.control = until(self.connect, 5, f"{self.name} did not start")
        if secret:
            self.registered(patience)

    def connect(self):
        with netns.inside(self.host):
            control = socket.socket()
            if control.connect_ex((self.address, 4444)) != 0:
                control.close()
                return None
            return control

    def pump(self, timeout=0.0):
        """Read what the control connection has; responses and events alike go to `events`."""
        self.control.settimeout(timeout or 0.001)
        try:
            more = self.control.recv(65536)
        except (TimeoutError, socket.timeout):
            return
        if not more:
            raise AssertionError(f"{self.name} closed its control connection")
        self.bytes += more
        while b":" in self.bytes:
            size, _, rest = self.bytes.partition(b":")
            if len(rest) <= int(size):
                return
            self.events.append(json.loads(rest[:int(size)]))
            self.bytes = rest[int(size) + 1:]

    def wait(self, kind, timeout=5):
        """Take events until one of this type; the earlier ones are dropped."""
        deadline = time.monotonic() + timeout
        seen = []
        while True:
            self.pump(0.05)
            while self.events:
                event = self.events.pop(0)
                seen.append(event.get("type"))
                if event.get("type") == kind:
                    return event
            if time.monotonic() > deadline:
                raise AssertionError(f"{self.name}: no {kind} within {timeout} s, only {seen}")

    def command(self, name, params=""):
        """A command of baresip's menu; its text answer.  Events that come meanwhile are kept."""
        self.token += 1
        text = json.dumps({"command": name, "params": params, "token": str(self.token)}).encode()
        self.control.settimeout(2)
        self.control.sendall(b"%d:%s," % (len(text), text))

        def answered():
            self.pump(0.05)
            for event in self.events:
                if event.get("response") and event.get("token") == str(self.token):
                    self.events.remove(event)
                    return event
            return None
        return until(answered, 3, f"{self.name}: no answer to {name}").get("data", "")

    def registrations(self):
        """How often it was told that it is registered (the first time is before any control)."""
        return len(re.findall(r"UDP/v4\} 200 ", self.log()))

    def registered(self, timeout=5):
        until(lambda: self.registrations() > 0, timeout, f"{self.name} was not registered")

    def dial(self, uri):
        self.command("dial", uri)

    def ringing(self, timeout=5):
        """Wait for a call to come in; its caller's URI."""
        return self.wait("CALL_INCOMING", timeout)["peeruri"]

    def accept(self):
        self.command("accept")

    def established(self, timeout=5):
        self.wait("CALL_ESTABLISHED", timeout)

    def hangup(self):
        self.command("hangup")

    def closed(self, timeout=5):
        """Wait for the end of the call; the reason that baresip gives."""
        return self.wait("CALL_CLOSED", timeout).get("param", "")

    def heard(self, hz):
        """Seconds of this tone in what came in, over all calls so far (after their end)."""
        return sum(audio.seconds_of_tone(audio.sox([path]), hz)
                   for path in self.folder.glob("dump-*-dec.wav"))

    def close(self):
        if getattr(self, "control", None):
            self.control.close()
        super().close()


class SipSocket:
    """A UDP socket on a host, for crafted messages."""

    def __init__(self, host, address, port=0):
        with netns.inside(host):
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, port))
        self.address, self.port = self.socket.getsockname()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, octets, to):
        self.socket.sendto(octets, (to, 5060) if isinstance(to, str) else to)

    def receive(self, timeout=1.0):
        """The next datagram, or None."""
        self.socket.settimeout(timeout)
        try:
            return self.socket.recv(65535)
        except (TimeoutError, socket.timeout, ConnectionError):
            return None

    def request(self, start, *headers, user="wire", body=b""):
        """A well-formed request; `headers` replace or add to the usual ones."""
        method, uri = start.split()[:2]
        name = random.randbytes(8).hex()
        fields = {
            "Via": f"SIP/2.0/UDP {self.address}:{self.port};branch=z9hG4bK{name};rport",
            "Max-Forwards": "70",
            "From": f"<sip:{user}@{self.address}>;tag={name[:8]}",
            "To": f"<{uri}>",
            "Call-ID": name,
            "CSeq": f"1 {method}",
            "Contact": f"<sip:{user}@{self.address}:{self.port}>",
        }
        fields.update(header.split(": ", 1) for header in headers)
        fields["Content-Length"] = str(len(body))
        lines = [start] + [f"{key}: {value}" for key, value in fields.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + body

    def ask(self, start, *headers, to=None, timeout=1.0, **more):
        """Send a request and return the answer's text, or None."""
        uri_host = start.split()[1].partition("@")[2] or start.split()[1].partition(":")[2]
        self.send(self.request(start, *headers, **more), to or uri_host.partition(":")[0])
        answer = self.receive(timeout)
        return answer.decode(errors="replace") if answer else None


def status(answer):
    """The status code of a response, or None."""
    match = re.match(r"SIP/2\.0 (\d{3}) ", answer or "")
    return int(match.group(1)) if match else None


def header(message, name):
    match = re.search(rf"^{name}[ \t]*:[ \t]*(.*?)\r$", message or "", re.M | re.I)
    return match.group(1) if match else None


def authorization(challenge, method, uri, user, secret):
    """The value of Authorization for a challenge with MD5 and qop=auth (RFC 7616)."""
    realm = re.search(r'realm="([^"]*)"', challenge).group(1)
    nonce = re.search(r'nonce="([^"]*)"', challenge).group(1)
    opaque = re.search(r'opaque="([^"]*)"', challenge)

    def md5(text):
        return hashlib.md5(text.encode()).hexdigest()
    proof = md5(f"{md5(f'{user}:{realm}:{secret}')}:{nonce}:00000001:c0ffee:auth:"
                f"{md5(f'{method}:{uri}')}")
    return (f'Digest username="{user}", realm="{realm}", nonce="{nonce}", uri="{uri}", '
            f'response="{proof}", algorithm=MD5, qop=auth, nc=00000001, cnonce="c0ffee"'
            + (f', opaque="{opaque.group(1)}"' if opaque else ""))


__all__ = ["Capture", "Kamailio", "Packet", "Phone", "Process", "SipSocket", "Sipp",
           "authorization", "header", "scenarios", "status", "until"]
