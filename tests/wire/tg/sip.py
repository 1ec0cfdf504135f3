"""SIP by hand, for what no real peer would send: a UDP socket, and reading answers."""
import hashlib
import random
import re
import socket

from tg import netns


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
