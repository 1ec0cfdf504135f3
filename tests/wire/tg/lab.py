"""The network that every case gets, and what is running in it.

      phones ── home (NAT) ──┐                 ┌── tg ──┐
    10.0.0.11, .12    .50    │  switch wan     │        │  switch lan
      prov1 198.51.100.5 ────┼─────────────────┤ .2  .2 ├───────────┬── pbx 192.168.1.10
      prov2 198.51.100.6 ────┤  203.0.113.0/24 └────────┘           └── office 192.168.1.21, .22
      evil         .66  ─────┘

tg runs tollgate.  prov1 is the provider of the trunk acme, prov2 that of beta.
Nobody but tg stands on both switches.
"""
import pathlib

from tg import audio, netns
from tg.peers import Kamailio, Sipp
from tg.phone import Phone

TG_WAN, TG_LAN = "203.0.113.2", "192.168.1.2"
HOME, EVIL = "203.0.113.50", "203.0.113.66"
PHONES = ["10.0.0.11", "10.0.0.12"]
PBX = "192.168.1.10"
OFFICE = ["192.168.1.21", "192.168.1.22"]
PROVIDERS = {"prov1": "198.51.100.5", "prov2": "198.51.100.6"}
TRUNKS = {"acme": "prov1", "beta": "prov2"}
DOMAIN = "pbx.example.com"
CUSTOMER, CUSTOMER_SECRET = "u12345", "trunk-secret-of-the-tests"


class Lab:
    root = pathlib.Path(__file__).resolve().parents[3]  # of the source tree

    def __init__(self, logs, binary=None):
        self.folder = pathlib.Path(logs)
        self.binary = binary
        self.rounds = 3     # of the cases that go in rounds
        self.started = []   # everything with close(); ended in reverse order
        self.watched = []   # everything with check() and complaints(): the binary under test
        self.net = netns.Net()

    def build(self):
        net = self.net
        for switch in ("wan", "lan", "nat"):
            net.switch(switch)
        for host in ("tg", "pbx", "office", "home", "phones", "prov1", "prov2", "evil"):
            net.host(host)
        net.plug("tg", "wan", f"{TG_WAN}/24", default="")
        net.plug("tg", "lan", f"{TG_LAN}/24")
        net.plug("pbx", "lan", f"{PBX}/24", default=TG_LAN)
        net.plug("office", "lan", *(f"{a}/24" for a in OFFICE))
        net.plug("home", "wan", f"{HOME}/24", default="")
        net.plug("home", "nat", "10.0.0.1/24")
        net.plug("phones", "nat", *(f"{a}/24" for a in PHONES), default="10.0.0.1")
        net.masquerade("home", "wan")
        for host, address in PROVIDERS.items():
            net.plug(host, "wan", f"{address}/24", default="")
        net.plug("evil", "wan", f"{EVIL}/24", default="")

    def tone(self, hz):
        path = self.folder / f"tone-{hz}.wav"
        if not path.exists():
            audio.write_tone(path, hz, 60)  # baresip hangs up at the end of its source
        return path

    def pbx(self, **passwords):
        """The PBX; passwords of its own extensions.  Extension 200 answers for its number."""
        return Kamailio(self, "pbx", "pbx.cfg", PBX, passwords or {"nobody": "x"},
                        DOMAIN=DOMAIN, SBC=TG_LAN)

    def provider(self, host="prov1", *defines):
        """A provider with one customer; for the defines see provider.cfg."""
        name = next(trunk for trunk, at in TRUNKS.items() if at == host)
        domain = f"sip.{name}.example"
        return Kamailio(self, host, "provider.cfg", PROVIDERS[host], {CUSTOMER: CUSTOMER_SECRET},
                        defines=defines, DOMAIN=domain, REALM=domain, CUSTOMER=CUSTOMER)

    def extension(self, user, secret, place=0, **more):
        """A phone in the office that belongs to the PBX."""
        return Phone(self, "office", user, f"{user}@{DOMAIN}", OFFICE[place], secret, proxy=PBX,
                     **more)

    def answering(self, host, hz=620, auto=True):
        """A phone without an account that answers at port 5080: the PSTN, or a short code."""
        address = PBX if host == "pbx" else PROVIDERS[host]
        user = "service" if host == "pbx" else "pstn"
        return Phone(self, host, f"{user}-{host}", f"{user}@{address}", address, port=5080, hz=hz,
                     auto=auto)

    def sipp(self, host, name, text, port, *more, **options):
        address = PBX if host == "pbx" else PROVIDERS[host]
        return Sipp(self, host, name, text, address, port, *more, **options)

    def capture(self, host, switch):
        capture = netns.Capture(host, switch)
        self.started.append(capture)
        return capture

    def check(self):
        """What must hold at the end of every case."""
        for one in self.watched:
            one.check()

    def complaints(self):
        return "".join(one.complaints() for one in self.watched)

    def close(self):
        for one in reversed(self.started):
            one.close()
        self.net.close()

