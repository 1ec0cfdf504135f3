"""A real phone: baresip, controlled over its ctrl_tcp module (netstrings of JSON)."""
import json
import random
import re
import socket
import time

from tg import audio, netns
from tg.peers import Process, until


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
