"""A name server for one case: A records, as they are at the moment."""
import socket
import struct
import threading

from tg import netns


class NameServer:
    """Answers on 127.0.0.1:53 of `host`; change `addresses` at any time."""

    def __init__(self, lab, host, name, *addresses, ttl=1):
        self.name, self.addresses, self.ttl, self.asked = name, list(addresses), ttl, 0
        with netns.inside(host):
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 53))
        threading.Thread(target=self.serve, daemon=True).start()
        lab.started.append(self)

    def serve(self):
        while True:
            try:
                query, client = self.socket.recvfrom(512)
            except OSError:
                return
            self.socket.sendto(self.answer(query), client)

    def answer(self, query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        kind = struct.unpack("!H", query[at + 1:at + 3])[0]
        found = self.addresses if ".".join(labels).lower() == self.name and kind == 1 else []
        self.asked += bool(found)
        head = query[:2] + struct.pack("!HHHHH", 0x8180, 1, len(found), 0, 0)
        return head + query[12:at + 5] + b"".join(
            struct.pack("!HHHIH", 0xc00c, 1, 1, self.ttl, 4) + socket.inet_aton(address)
            for address in found)

    def close(self):
        self.socket.close()
