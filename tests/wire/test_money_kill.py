#!/usr/bin/env python3
"""What a provider bills by its own clock, while processes are killed and while a thief dials."""
import collections
import re
import time

from tg import lab as world
from tg.bulk import Dialler, Provider
from tg.peers import until
from tg.runner import case, main
from tg.tollgate import Tollgate

TRUNKS = """trunks:
  - {{ name: acme, interface: wan, address: "198.51.100.5:5060", register: false, calls: {calls},
      caller: "+34911234567" }}
  - {{ name: beta, interface: wan, address: "198.51.100.6:5060", register: false, calls: {calls},
      caller: "+34911234567" }}
outbound: {{ emergency: ["112"], trunks: [{order}] }}
"""
BASE = """site: {{ name: wire, domain: pbx.example.com, data: {data} }}
interfaces:
  - {{ name: lan, listen: 192.168.1.2:5060, side: inside }}
  - {{ name: wan, listen: 203.0.113.2:5060, side: outside }}
networks:
  - {{ name: office, interface: lan, prefix: 192.168.1.0/24 }}
accounts: {{ default-networks: [office] }}
media: {{ ports: 20000-29999, silence: 0 }}
"""
METERED = """pbxs:
  - {{ name: freepbx, interface: lan, address: 192.168.1.10:5060, domain: pbx.example.com }}
numbers: {{ home: ES }}
money: {{ currency: EUR, zone: Europe/Madrid, renew: 10 }}
budgets:
  - {{ for: site, per-call: 0.20, day: {site} }}
  - {{ for: pbx, day: {pbx} }}
  - {{ for: account, day: 100 }}
rules:
  hours: {{ mode: off }}
  first-use: {{ mode: off }}
  unattributed: {{ mode: off }}
"""
DECK = "# currency: EUR\nprefix,name,rate,connect fee,increment\n34,Spain,0.60,0.02,1/1\n"
PER_CALL, PER_ROUND, INCREMENT = 200_000, 6_000_000, 10_000
PER_SECOND = 20  # calls begun
TALKS = (1, 3, 8, None)


def micro(text):
    """An amount as tollgate prints it, in millionths."""
    whole, _, part = text.partition(".")
    return int(whole) * 1_000_000 + int(part.ljust(6, "0"))


def euros(amount):
    return f"{amount / 1e6:.2f}"


def gate_with(lab, text, accounts=(), calls=2000, order="acme"):
    gate = Tollgate(lab, accounts=())
    gate.shutdown()
    gate.config.write_text(BASE.format(data=gate.data) + TRUNKS.format(calls=calls, order=order)
                           + text)
    gate.launch()
    for user in accounts:
        gate.add(user)
    return gate


class Load:
    """Calls to ever new numbers, some of which end by themselves."""

    def __init__(self, dialler):
        self.dialler, self.serial, self.next = dialler, 0, time.monotonic()

    def run(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if time.monotonic() >= self.next:
                self.next = max(self.next + 1 / PER_SECOND, time.monotonic() - 1)
                self.dialler.dial(f"915{self.serial:06}", TALKS[self.serial // 10 % len(TALKS)])
                self.serial += 1
            else:
                time.sleep(0.005)


def kill_one(gate, role, load):
    """kill -9 under load; how long until it is back, and status answers."""
    before = gate.json("status")
    pid = next(p["pid"] for p in before["processes"] if p["process"] == role)
    assert gate.roles()[role] == pid
    gate.kill(role, lambda: load.run(0.05))
    load.run(2)
    assert all(p["state"] == "up" for p in gate.json("status")["processes"])


def records_match(records, provider, may_be_open):
    """One record for each number that was dialled out.  No closed one is cheaper than the bill by
    more than an increment: the provider's clock stops when the BYE arrives, ours when it leaves."""
    rows = collections.defaultdict(list)
    for row in records:
        rows[row["number"] or row["dst"]].append(row)
    billed = collections.defaultdict(int)
    for call in provider.answered():
        billed[call.number] += provider.cost(call)
    lost = [number for number in billed if not rows[number]]
    doubled = [number for number in rows if len(rows[number]) > 1]
    opened = [row["number"] for row in records if not row["over"] and not may_be_open]
    cheap = [(number, bill, row["cost"], row["rule"]) for number, bill in billed.items()
             for row in rows[number] if row["over"] and micro(row["cost"]) + INCREMENT < bill]
    dear = [(call.number, provider.cost(call), call.ended - call.began, call.how)
            for call in provider.answered() if provider.cost(call) > PER_CALL]
    less = sum(row["over"] and micro(row["cost"]) < bill for number, bill in billed.items()
               for row in rows[number])
    print(f"{less} records an increment below the bill")
    found = {"lost": lost, "doubled": doubled, "open": opened, "cheap": cheap, "dear": dear}
    print({what: (len(some), some[:5]) for what, some in found.items() if some})
    assert not any(found.values()), found


@case("money: kill -9 under load, and the provider's own bill stays under the limit", longest=30)
def killed(lab):
    site, pbx = lab.rounds * PER_ROUND, lab.rounds * PER_ROUND * 9 // 10
    gate = gate_with(lab, METERED.format(site=euros(site), pbx=euros(pbx)))
    deck = gate.folder / "deck.csv"
    deck.write_text(DECK)
    gate.cli("rates", "import", str(deck))
    provider = Provider(lab, "prov1", world.PROVIDERS["prov1"], lambda _: (20_000, 600_000, 1, 1))
    dialler = Dialler(lab, "pbx", world.PBX, world.TG_LAN)
    load, most = Load(dialler), 0
    load.run(2)
    for _ in range(lab.rounds):
        for role in ("vault:0", "carrier:0", "edge:0", "relay:0"):
            kill_one(gate, role, load)
            most = max(most, len(provider.up()))
            assert provider.bill() <= pbx, (role, provider.bill())
    dialler.hang_up_all()
    began = time.monotonic()
    until(lambda: not provider.up(), 70, "calls are left at the provider")
    drained = time.monotonic() - began
    assert provider.failure is None and dialler.failure is None
    if lab.rounds > 3:  # a call that nobody claims after its vault's death is closed after 245 s
        until(lambda: not gate.calls(), 300, "calls are left at tollgate")
    time.sleep(3)  # `records` is up to a second behind
    site = gate.json("limits", "site")[0]
    day = next(p for p in site["money"] if p["period"] == "day")
    spent, held = micro(day["spent"]), micro(day["committed"])
    records = gate.records()
    print(f"{load.serial} dialled {dialler.statuses}, {len(provider.answered())} answered, {most}"
          f" at a time, bill {euros(provider.bill())}, ledger {euros(spent)} and held {euros(held)},"
          f" limit {euros(pbx)}, drained in {drained:.1f} s,"
          f" records open {sum(not row['over'] for row in records)}")
    gate.cli("records", "--verify")
    records_match(records, provider, lab.rounds <= 3)
    assert provider.bill() <= spent + held <= pbx
    until(lambda: gate.media_sockets() == [], 40, "media ports are stuck")


# ---- the dialler with right credentials (R62)

BANDS = {  # number's beginning: connect fee, a minute; whole minutes
    "+346": ("0.10", "0.50"), "+349": ("0.10", "0.10"), "+34803": ("12.00", "10.00"),
    "+331": ("0.10", "0.10"), "+49": ("0.10", "0.10"), "+1876": ("0.50", "2.50"),
    "+44909": ("12.00", "10.00"), "+8816": ("5.00", "15.00"), "+8821": ("5.00", "20.00"),
    "+979": ("15.00", "20.00"),
}
DIALLED = ("+346551{:05}", "+34915{:06}", "+34803{:06}", "+33140{:06}", "+4930{:07}",
           "+1876922{:04}", "+44909879{:04}", "+8816{:08}", "+8821{:08}", "+97912345{:04}")
OPEN = ("rules:\n  where: { mode: off, zones: [1, 2, 3, 4, 5, 6, 7, 8, 9] }\n"
        "  hours: { mode: off }\n  first-use: { mode: off }\n  unattributed: { mode: off }\n")


def banded(number):
    prefix = max((p for p in BANDS if number.startswith(p)), key=len)
    connect, minute = BANDS[prefix]
    return micro(connect), micro(minute), 60, 60


def policy_of_office(lab, opened):
    """The sections of the shipped example that decide; its addresses are not here."""
    text = (lab.root / "examples" / "office.yaml").read_text()
    sections = {part.partition(":")[0]: part for part in re.split(r"(?m)^(?=\w+:)", text)}
    if opened:
        sections["rules"] = OPEN
    return "".join(sections[name] for name in ("numbers", "money", "hours", "groups", "budgets",
                                               "rules"))


def bulk(lab, opened, thefts):
    users = [str(101 + i) for i in range(thefts)]
    gate = gate_with(lab, policy_of_office(lab, opened), users, 10, "acme, beta")
    providers = [Provider(lab, host, address, banded) for host, address in world.PROVIDERS.items()]
    status = gate.json("status")["money"]
    bounds = {p["period"]: micro(p["worst"]) for p in status["periods"]
              if p["open"] and p["worst"] is not None}
    day = next(p for p in gate.json("limits", "site")[0]["money"] if p["period"] == "day")
    assert bounds["day"] == micro(day["worst"]) and status["not_enforced"] == []
    dialler = Dialler(lab, "office", world.OFFICE[0], world.TG_LAN,
                      [(user, gate.secrets[user]) for user in users])
    end, serial = time.monotonic() + 20, 0
    while time.monotonic() < end:
        dialler.dial(DIALLED[serial % len(DIALLED)].format(serial), (1, None)[serial // 10 % 2])
        serial += 1
        time.sleep(0.02)
    dialler.hang_up_all()
    gate.cli("hangup", "all")
    until(lambda: not any(one.up() for one in providers), 40, "calls are left at the provider")
    loss, bound = sum(one.bill() for one in providers), min(bounds.values())
    own = gate.json("limits", "account", users[0])[0]["money"]
    print(f"each account: { {p['period']: p['limit'] for p in own if p['limit']} }")
    print(f"{serial} dialled {dialler.statuses}; lost {euros(loss)}, bound "
          f"{ {name: euros(worst) for name, worst in bounds.items()} }")
    assert not any(one.failure for one in [*providers, dialler])
    assert 0 < loss <= bound


@case("money: a dialler with a right password, the office as it is shipped")
def closed(lab):
    bulk(lab, opened=False, thefts=1)


@case("money: a dialler with a right password, every rule off, budgets as shipped")
def opened(lab):
    bulk(lab, opened=True, thefts=1)


@case("money: a dialler with twenty right passwords, every rule off, budgets as shipped")
def opened_by_many(lab):
    bulk(lab, opened=True, thefts=20)


if __name__ == "__main__":
    main()
