#!/usr/bin/env python3
"""What the operator sees and does about money, while calls are up."""
from tg import lab as world
from tg.peers import until
from tg.runner import case, main
from tg.tollgate import ALLOWED, Tollgate

PRICED = """numbers: { home: ES }
money: { currency: EUR, zone: Europe/Madrid }
budgets:
  - { for: site, day: 5.00 }
  - { for: account, day: 2.00, calls: 2 }
"""
ABROAD = "0033140000001"


def priced(lab):
    lab.provider("prov1")
    gate = Tollgate(lab, trunks=("acme",))
    assert gate.json("status")["money"]["priced"] is False
    assert "numbers.home is not set" in gate.cli("status")
    gate.shutdown()
    gate.config.write_text(gate.config.read_text() + PRICED)
    gate.launch()
    gate.trunk_registered()
    return gate


def of(rows, key):
    return next(row for row in rows if key in row)


@case("money: a call is explained, counted while it is up, and told afterwards")
def counted(lab):
    gate = priced(lab)
    before = gate.json("limits")
    told = gate.json("policy", "explain", ALLOWED, "--as=101")
    assert of(told, "verdict")["verdict"] == "allow" and of(told, "trunk")["held"] == "0.30", told
    assert gate.json("limits") == before, "asking changes nothing"
    caller, pstn = gate.phone("101", hz=440), lab.answering("prov1", hz=620)
    caller.dial(f"sip:{ALLOWED}@{world.DOMAIN}")
    caller.established()
    site = gate.json("limits", "site")[0]
    day = next(p for p in site["money"] if p["period"] == "day")
    assert (site["calls"], day["committed"], day["spent"]) == (1, "0.30", "0.00"), site
    assert gate.json("status")["money"]["death_adds"] != "0.00"
    caller.hangup()
    until(lambda: gate.json("limits", "site")[0]["committed"] == "0.00", 5, "still held")
    until(lambda: any(r["over"] for r in gate.records()), 3, "the record stays open")
    assert gate.json("why", "101")[0]["cost"] == "0.20"
    own = gate.json("limits", "account", "101")[0]["money"]
    assert next(p for p in own if p["period"] == "day")["remaining"] == "1.80", own
    del pstn


@case("money: what the operator opens and locks outlives a restart")
def kept(lab):
    gate = priced(lab)

    def rule(number):
        return of(gate.json("policy", "explain", number, "--as=101"), "verdict")["by"]

    assert rule(ABROAD) == "where-territory"
    gate.cli("allow", ABROAD, "--for=101", "--until=2h")
    assert rule(ABROAD) == "approval"
    gate.cli("pass", "101", "--to=PT", "--until=2d")
    assert rule("+351211234567") == "pass"
    gate.cli("lockdown", "3")
    gate.shutdown()
    gate.launch()
    assert [row["what"] for row in gate.json("passes")] == ["lockdown", "number", "pass"]
    assert rule(ALLOWED) == rule(ABROAD) == "lockdown" and rule("112") == "emergency"
    gate.cli("unlock")
    assert rule(ABROAD) == "approval"
    gate.cli("disallow", ABROAD, "--for=101")
    gate.cli("pass", "101", "--end")
    assert rule(ABROAD) == "where-territory" and gate.json("passes") == []


@case("money: a lockdown hangs up what is up when it is asked to")
def running(lab):
    gate = priced(lab)
    caller, pstn = gate.phone("101", hz=440), lab.answering("prov1", hz=620)
    caller.dial(f"sip:{ALLOWED}@{world.DOMAIN}")
    caller.established()
    assert gate.json("lockdown", "1", "--running")["stopped"] == 0
    assert gate.json("lockdown", "3", "--running")["stopped"] == 1
    caller.closed()
    until(lambda: gate.json("limits", "site")[0]["calls"] == 0, 5, "still up")
    del pstn


if __name__ == "__main__":
    main()
