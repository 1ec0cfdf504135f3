"""Many calls at once, by hand: a provider that bills by its own clock, and a dialler."""
import re
import socket
import threading
import time

from tg import netns, sip

T1, T2, GIVE_UP_S = 0.5, 4.0, 32.0
RING_S = 1.0         # a provider rings every fifth number for so long before it answers
PROVIDER_ENDS_S = 2  # and hangs up every tenth itself after so long


def sdp(address):
    return (f"v=0\r\no=- 1 1 IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\n"
            "m=audio 45000 RTP/AVP 8\r\n")


class Message:
    """A SIP message of tollgate: its first line and the first header of each name."""

    def __init__(self, octets):
        head = octets.decode(errors="replace").partition("\r\n\r\n")[0]
        self.start, *lines = head.split("\r\n")
        self.fields = {}
        for line in lines:
            name, _, value = line.partition(":")
            self.fields.setdefault(name.lower(), value.strip())
        words = self.start.split(" ")
        self.status = int(words[1]) if words[0] == "SIP/2.0" else 0
        self.method = self.fields["cseq"].split()[1]
        self.call = self.fields["call-id"]

    def uri(self, name):
        return re.sub(r"^.*?<|>.*$", "", self.fields[name])


class Peer(threading.Thread):
    """A socket with many calls, a thread that serves them, and retransmissions (RFC 3261 §17)."""

    def __init__(self, lab, host, address, port=5060):
        super().__init__(daemon=True)
        with netns.inside(host):
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.socket.bind((address, port))
        self.socket.settimeout(0.01)
        self.address, self.port = address, port
        self.lock, self.calls, self.again, self.later = threading.RLock(), {}, {}, []
        self.failure, self.branches = None, 0
        lab.started.append(self)
        self.start()

    def run(self):
        try:
            while True:
                try:
                    octets, peer = self.socket.recvfrom(65535)
                except TimeoutError:
                    octets = None
                with self.lock:
                    if octets and octets.strip():
                        self.take(Message(octets), peer)
                    self.tick(time.monotonic())
        except OSError:
            pass  # close()
        except Exception as failure:  # the case fails by it, in check()
            self.failure = failure

    def tick(self, now):
        for key, one in list(self.again.items()):
            if now >= one["end"]:
                del self.again[key]
            elif now >= one["next"]:
                self.socket.sendto(one["octets"], one["to"])
                one["wait"] = min(2 * one["wait"], T2)
                one["next"] = now + one["wait"]
        due = [one for one in self.later if one[0] <= now]
        self.later = [one for one in self.later if one[0] > now]
        for _, what in due:
            what()

    def after(self, seconds, what):
        self.later.append((time.monotonic() + seconds, what))

    def send(self, lines, to, body="", repeat=None):
        """Send a message; with a key in `repeat`, until that is popped from `again`."""
        text = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", body])
        self.socket.sendto(text.encode(), to)
        if repeat:
            now = time.monotonic()
            self.again[repeat] = {"octets": text.encode(), "to": to, "wait": T1, "next": now + T1,
                                  "end": now + GIVE_UP_S}

    def reply(self, message, to, status, tag="", body="", repeat=None):
        lines = [f"SIP/2.0 {status} x"]
        for name in ("Via", "From", "To", "Call-ID", "CSeq"):
            value = message.fields[name.lower()]
            lines.append(f"{name}: {value}" + (f";tag={tag}" if tag and name == "To"
                                               and ";tag=" not in value else ""))
        lines.append(f"Contact: <sip:{self.address}:{self.port}>")
        if body:
            lines.append("Content-Type: application/sdp")
        self.send(lines, to, body, repeat)

    def via(self):
        self.branches += 1
        return (f"Via: SIP/2.0/UDP {self.address}:{self.port};branch=z9hG4bK{id(self):x}"
                f"{self.branches:x};rport")

    def close(self):
        self.socket.close()


class Answered:
    """A call as the provider has it; the clock runs from its first 200 to a BYE."""

    def __init__(self, message, peer):
        self.invite, self.peer = message, peer
        self.number = re.sub(r"^sips?:|@.*$", "", message.start.split(" ")[1])
        self.began = self.ended = None
        self.how = ""

    def up(self):
        return self.began is not None and self.ended is None


class Provider(Peer):
    """Answers every INVITE and bills by its own clock.

    tariff   number -> (connect, a minute, first and next increment in s), in micro-units
    """

    def __init__(self, lab, host, address, tariff):
        self.tariff = tariff
        super().__init__(lab, host, address)

    def take(self, message, peer):
        call = self.calls.get(message.call)
        if message.status:
            if message.status >= 200 and message.method == "BYE":
                self.again.pop(("bye", message.call), None)
        elif message.method == "INVITE":
            self.invite(call, message, peer)
        elif message.method == "ACK":
            self.again.pop(("200", message.call), None)
            self.again.pop(("487", message.call), None)
        elif message.method == "BYE":
            self.over(call, "bye")
            self.reply(message, peer, 200 if call else 481)
        elif message.method == "CANCEL":
            self.reply(message, peer, 200 if call else 481)
            if call and call.began is None and call.ended is None:
                call.ended = time.monotonic()
                self.reply(call.invite, peer, 487, "p", repeat=("487", message.call))
        else:
            self.reply(message, peer, 200)

    def invite(self, call, message, peer):
        if call is None:
            call = self.calls[message.call] = Answered(message, peer)
            if call.number[-1] in "05":
                self.reply(message, peer, 180, "p")
                self.after(RING_S, lambda: self.answer(call))
            else:
                self.answer(call)
        elif ";tag=" in message.fields["to"]:  # within the call
            if call.up():
                self.reply(message, peer, 200, body=sdp(self.address))
            else:
                self.reply(message, peer, 481)
        elif call.up():
            self.reply(message, peer, 200, "p", body=sdp(self.address))

    def answer(self, call):
        if call.ended is not None:
            return
        call.began, name = time.monotonic(), call.invite.call
        self.reply(call.invite, call.peer, 200, "p", sdp(self.address), ("200", name))
        self.after(GIVE_UP_S, lambda: ("200", name) in self.again and self.hang_up(call))
        if call.number[-1] == "9":
            self.after(PROVIDER_ENDS_S, lambda: call.up() and self.hang_up(call))

    def hang_up(self, call):
        self.over(call, "provider")
        fields = call.invite.fields
        self.send([f"BYE {call.invite.uri('contact')} SIP/2.0", self.via(), "Max-Forwards: 70",
                   f"From: {fields['to']};tag=p", f"To: {fields['from']}",
                   f"Call-ID: {call.invite.call}", "CSeq: 1 BYE"], call.peer,
                  repeat=("bye", call.invite.call))

    def over(self, call, how):
        if call and call.ended is None:
            call.ended, call.how = time.monotonic(), how
            self.again.pop(("200", call.invite.call), None)

    # ---- the bill

    def up(self):
        with self.lock:
            return [call for call in self.calls.values() if call.up()]

    def answered(self):
        with self.lock:
            return [call for call in self.calls.values() if call.began is not None]

    def cost(self, call):
        """The connect fee and every increment begun, until now or the BYE; rounded up once."""
        connect, minute, first, more = self.tariff(call.number)
        talk = (call.ended or time.monotonic()) - call.began
        billed = first + max(0, -int(-(talk - first) // more)) * more
        return connect - (-minute * billed // 60)

    def bill(self):
        with self.lock:
            return sum(self.cost(call) for call in self.answered())


class Dialler(Peer):
    """Calls as fast as it is told; the last statuses count in `statuses`.

    accounts   [(user, secret), ...]: taken in turn; none: its address is its proof
    """

    def __init__(self, lab, host, address, gate, accounts=()):
        self.gate, self.accounts, self.statuses = gate, accounts, {}
        super().__init__(lab, host, address)

    def dial(self, number, talk_s=None):
        """INVITE; `talk_s` after the answer BYE, without it never."""
        with self.lock:
            serial = len(self.calls)
            user, secret = self.accounts[serial % len(self.accounts)] if self.accounts else \
                ("2001", None)
            call = {"id": f"{serial}-{id(self):x}", "number": number, "talk": talk_s, "cseq": 0,
                    "user": user, "secret": secret, "state": "calling", "to": ""}
            self.calls[call["id"]] = call
            self.invite(call)

    def request(self, call, method, via, cseq=None):
        uri = call.get("target") or f"sip:{call['number']}@{self.gate}:5060"
        return [f"{method} {uri} SIP/2.0", via, "Max-Forwards: 70",
                f"From: <sip:{call['user']}@{self.address}>;tag=d{call['id']}",
                "To: " + (call["to"] or f"<sip:{call['number']}@{self.gate}:5060>"),
                f"Call-ID: {call['id']}", f"CSeq: {cseq or call['cseq']} {method}",
                f"Contact: <sip:{call['user']}@{self.address}:{self.port}>"]

    def invite(self, call, *more):
        call["cseq"] += 1
        call["via"] = self.via()
        self.send(self.request(call, "INVITE", call["via"])
                  + ["Content-Type: application/sdp", *more],
                  (self.gate, 5060), sdp(self.address), ("invite", call["id"]))

    def take(self, message, peer):
        call = self.calls.get(message.call)
        if not message.status:
            if call and message.method == "BYE":
                call["state"] = "over"
                self.again.pop(("bye", message.call), None)
            if message.method != "ACK":
                self.reply(message, peer, 200 if call else 481)
        elif call and message.method == "BYE" and message.status >= 200:
            self.again.pop(("bye", message.call), None)
        elif call and message.method == "INVITE":
            self.again.pop(("invite", message.call), None)
            if 200 <= message.status < 300:
                self.answered(call, message)
            elif message.status >= 300 and \
                    message.fields["cseq"].split()[0] == str(call["cseq"]):
                self.refused(call, message)

    def answered(self, call, message):
        if not call["to"]:
            call["to"], call["target"] = message.fields["to"], message.uri("contact")
            call["state"] = "up"
            self.count(200)
            if call["talk"] is not None:
                self.after(call["talk"], lambda: self.hang_up(call))
        self.send(self.request(call, "ACK", self.via()), (self.gate, 5060))

    def refused(self, call, message):
        ack = self.request(call, "ACK", call["via"])
        ack[4] = "To: " + message.fields["to"]
        self.send(ack, (self.gate, 5060))
        if message.status == 401 and call["secret"] and call["cseq"] == 1:
            uri = f"sip:{call['number']}@{self.gate}:5060"
            self.invite(call, "Authorization: " + sip.authorization(
                message.fields["www-authenticate"], "INVITE", uri, call["user"], call["secret"]))
        elif call["state"] == "calling":
            call["state"] = "over"
            self.count(message.status)

    def count(self, status):
        self.statuses[status] = self.statuses.get(status, 0) + 1

    def hang_up(self, call):
        if call["state"] == "up":
            call["state"] = "over"
            self.send(self.request(call, "BYE", self.via(), call["cseq"] + 1), (self.gate, 5060),
                      repeat=("bye", call["id"]))

    def hang_up_all(self):
        with self.lock:
            for call in list(self.calls.values()):
                self.hang_up(call)
                call["talk"] = 0  # whoever is answered from now on, too
