"""Hosts are network namespaces, switches are bridges in the namespace of the run."""
import contextlib
import ctypes
import socket
import struct
import subprocess
import time

CLONE_NEWNET = 0x40000000
ETH_P_ALL = 3
libc = ctypes.CDLL(None, use_errno=True)


def run(*words, stdin=None):
    """Run a command of the set-up; its complaint becomes the exception."""
    done = subprocess.run(words, input=stdin, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


@contextlib.contextmanager
def inside(host):
    """Sockets opened in this block belong to `host` and stay there; None is where we are."""
    if host is None:
        yield
        return
    with open("/proc/self/ns/net") as home, open(f"/run/netns/{host}") as there:
        if libc.setns(there.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"setns {host}")
        try:
            yield
        finally:
            libc.setns(home.fileno(), CLONE_NEWNET)


def command(host, *words):
    """The words that run `words` on `host`; the process keeps its pid."""
    return ["ip", "netns", "exec", host, *words]


class Net:
    """Switches and hosts, gone after close()."""

    def __init__(self):
        self.switches = []
        self.hosts = []
        self.cables = []

    def switch(self, name):
        run("ip", "-batch", "-", stdin=f"link add {name} type bridge\nlink set {name} up\n")
        self.switches.append(name)

    def host(self, name):
        run("ip", "netns", "add", name)
        run("ip", "-n", name, "link", "set", "lo", "up")
        self.hosts.append(name)

    def plug(self, host, switch, *addresses, default=None):
        """A cable from `host` to `switch`; the interface is named like the switch.

        default   "" routes everything else over this cable as if it were local: the switch stands
                  for the internet and needs no routers; an address is a gateway
        """
        outer = f"{switch}-{host}"[:15]
        run("ip", "-batch", "-", stdin=f"link add {outer} type veth "
            f"peer name {switch} netns {host}\nlink set {outer} master {switch} up\n")
        self.cables.append(outer)
        lines = [f"addr add {a} dev {switch}" for a in addresses] + [f"link set {switch} up"]
        if default is not None:
            lines.append(f"route add default {'via ' + default if default else ''} dev {switch}")
        run("ip", "-n", host, "-batch", "-", stdin="\n".join(lines) + "\n")

    def unplug(self, host, switch):
        """Pull the cable: the host is there, and nothing reaches it."""
        run("ip", "link", "set", f"{switch}-{host}"[:15], "down")

    def masquerade(self, host, outside):
        """Make `host` a NAT router towards the switch `outside`."""
        run("ip", "netns", "exec", host, "nft", "-f", "-", stdin=f"""table ip nat {{
            chain post {{
                type nat hook postrouting priority srcnat
                oifname {outside} masquerade
            }}
        }}
        """)
        with inside(host), open("/proc/sys/net/ipv4/ip_forward", "w") as forward:
            forward.write("1")

    @contextlib.contextmanager
    def loss(self, percent, port, switch="wan"):
        """While inside, the switch loses this share of the UDP packets from or to `port`.

        Yields a function that tells how many so far."""
        rule = f"numgen random mod 100 < {percent} counter drop"
        run("nft", "-f", "-", stdin=f"""table bridge loss {{
            chain wire {{
                type filter hook forward priority 0
                iifname "{switch}-*" udp dport {port} {rule}
                iifname "{switch}-*" udp sport {port} udp dport != {port} {rule}
            }}
        }}
        """)
        try:
            yield lambda: lost(run("nft", "list", "table", "bridge", "loss"))
        finally:
            run("nft", "delete", "table", "bridge", "loss")

    def close(self):
        """Undo it; cables by name, because a namespace goes only with its last process."""
        run("ip", "-batch", "-", stdin="".join(
            [f"link del {name}\n" for name in self.cables + self.switches]
            + [f"netns del {host}\n" for host in self.hosts]))


def lost(ruleset):
    """How many packets the counters of a listed table have seen."""
    words = ruleset.split()
    return sum(int(words[i + 1]) for i, word in enumerate(words) if word == "packets")


class Packet:
    """One UDP datagram as it was on the wire."""

    def __init__(self, src, dst, payload, outgoing):
        self.src, self.dst, self.payload, self.outgoing = src, dst, payload, outgoing

    def __repr__(self):
        way = "->" if self.outgoing else "<-"
        return f"{way} {self.src} {self.dst} {self.payload[:60]!r}"


class Capture:
    """Every UDP packet over one cable, from now on (AF_PACKET, so also what nobody listens to)."""

    def __init__(self, host, switch):
        with inside(host):
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)  # the system may cut
        with inside(host):
            self.socket.bind((switch, ETH_P_ALL))
        self.socket.setblocking(False)
        self.seen = []

    def packets(self):
        """All UDP packets so far."""
        while True:
            try:
                frame, where = self.socket.recvfrom(65535)
            except BlockingIOError:
                return self.seen
            packet = parse_frame(frame, where[2] == socket.PACKET_OUTGOING)
            if packet is not None:
                self.seen.append(packet)

    def sip(self, start, outgoing=None):
        """The SIP messages so far whose first line starts so."""
        return [p for p in self.packets() if p.payload.startswith(start.encode())
                and outgoing in (None, p.outgoing)]

    def wait_sip(self, start, timeout=5, count=1):
        """The first `count` such messages, as soon as they are there."""
        deadline = time.monotonic() + timeout
        while len(self.sip(start)) < count:
            if time.monotonic() > deadline:
                raise AssertionError(f"no {start!r} on the wire within {timeout} s")
            time.sleep(0.02)
        return self.sip(start)

    def close(self):
        self.socket.close()


def parse_frame(frame, outgoing):
    """A Packet, or None for whatever is not a whole UDP datagram over IPv4."""
    if len(frame) < 42 or frame[12:14] != b"\x08\x00" or frame[23] != socket.IPPROTO_UDP:
        return None
    udp = 14 + (frame[14] & 15) * 4
    sport, dport, length = struct.unpack("!HHH", frame[udp:udp + 6])
    return Packet((socket.inet_ntoa(frame[26:30]), sport), (socket.inet_ntoa(frame[30:34]), dport),
                  frame[udp + 8:udp + length], outgoing)
