#!/usr/bin/env python3
"""Write the databases of this folder: MaxMind DB format 2.0, by hand.  Usage: make.py [folder]"""
import ipaddress, pathlib, struct, sys

MADE = 1767225600  # 2026-01-01T00:00:00Z


def size(kind, n):
    assert n < 285
    head = kind << 5 if kind < 8 else 0
    more = b"" if kind < 8 else bytes([kind - 7])
    return bytes([head | n]) + more if n < 29 else bytes([head | 29]) + more + bytes([n - 29])


def octets(n):
    return n.to_bytes((n.bit_length() + 7) // 8, "big")


def value(v, kind=None):
    """kind: 5 = uint16, 6 = uint32, 9 = uint64 of a number."""
    if isinstance(v, str):
        return size(2, len(v)) + v.encode()
    if isinstance(v, int):
        return size(kind or 6, len(octets(v))) + octets(v)
    if isinstance(v, list):
        return size(11, len(v)) + b"".join(map(value, v))
    kinds = {"binary_format_major_version": 5, "binary_format_minor_version": 5, "ip_version": 5,
             "record_size": 5, "build_epoch": 9}
    return size(7, len(v)) + b"".join(value(k) + value(x, kinds.get(k)) for k, x in v.items())


def database(kind, version, rows):
    nodes, data, places = [[None, None]], b"", {}
    for prefix, record in rows.items():
        net = ipaddress.ip_network(prefix)
        bits = f"{int(net.network_address):0{net.max_prefixlen}b}"[:net.prefixlen]
        if version == 6 and net.version == 4:
            bits = "0" * 96 + bits
        if str(record) not in places:
            places[str(record)] = len(data)
            data += value(record)
        at = 0
        for bit in map(int, bits[:-1]):
            if nodes[at][bit] is None:
                nodes.append([None, None])
                nodes[at][bit] = len(nodes) - 1
            at = nodes[at][bit]
        nodes[at][int(bits[-1])] = ("data", places[str(record)])
    tree = b""
    for node in nodes:
        for to in node:
            n = len(nodes) if to is None else to if isinstance(to, int) else len(nodes) + 16 + to[1]
            tree += n.to_bytes(3, "big")
    about = {"binary_format_major_version": 2, "binary_format_minor_version": 0,
             "build_epoch": MADE, "database_type": kind, "description": {"en": "made by hand"},
             "ip_version": version, "languages": ["en"], "node_count": len(nodes),
             "record_size": 24}
    return tree + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + value(about)


folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
(folder / "countries.mmdb").write_bytes(database("Test-Country", 6, {
    "198.51.100.0/24": {"country": {"iso_code": "PT", "names": {"en": "Portugal"}}},
    "203.0.113.0/24": {"country_code": "ES"},
    "192.0.2.0/24": {"country": "DE"},
    "233.252.0.0/24": {"country": {"iso_code": "ZZ"}},
    "100.64.0.0/24": {"continent": "EU"},
    "2001:db8::/32": {"country": {"iso_code": "FR"}},
}))
(folder / "ipv4.mmdb").write_bytes(database("Test-IPv4", 4, {"203.0.113.0/24": {"country_code": "ES"}}))
(folder / "asn.mmdb").write_bytes(database("Test-ASN", 6, {
    "203.0.113.0/24": {"autonomous_system_number": 64500}}))
