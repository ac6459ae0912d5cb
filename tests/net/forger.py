"""Row A9: a member of the network carries another's log, and forges it. controller9 has a certificate
and is a Python program: it takes sensor1's log from sensor1, and offers it to an actuator and an
observer that can't reach sensor1. It alters, leaves out, reorders, adds and shortens; it signs with
its own key; it introduces another; it sends no seal. Nothing of that is accepted, and what it carries
truly is. Meanwhile sensor2 is heard, and behind it sensor1 itself.

Seen to fail: with signatures that are not looked at (a value altered under the forger's own key is
taken)."""

import itertools
import json
import time

from lab import Lab, all_arrived, check_once_in_order, poll, rows
from member import Author, Member, head_of

lab = Lab()
network = lab.home()
FORGER = "controller9"


class Log:
    """What is known of a log: its records as text, and its seals."""

    def __init__(self, device, key, epoch, role="sensor"):
        self.device, self.key, self.epoch, self.role = device, key, epoch, role
        self.records, self.seals = [], {}

    def name(self):
        return {"device": self.device, "key": self.key, "epoch": self.epoch}

    def last_seal(self):
        return max(self.seals)

    def values(self):
        return [json.loads(r)["value"] for r in self.records]


def take(log, records_least):
    """From its author itself, as every controller may: the exact bytes, and its own seals."""
    member = Member(forger_host, forger_home, FORGER, "controller", next(epochs), sensor.address())
    while len(log.records) < records_least or not log.seals or log.last_seal() < records_least:
        line = member.line()
        assert line is not None, "sensor1 says no more"
        message = json.loads(line)
        if message["type"] == "state_update":
            inner = line[line.index("[") + 1:line.rindex("]")]
            log.records += split(inner)
        elif message["type"] == "seal":
            log.seals[message["seq"]] = message["sig"]
        member.say_line("")
    member.close()
    del log.records[log.last_seal():]
    log.epoch = json.loads(log.records[0])["epoch"]


def split(text):
    """The records of a state_update, byte for byte."""
    decoder, at, records = json.JSONDecoder(), 0, []
    while at < len(text):
        _, end = decoder.raw_decode(text, at)
        records.append(text[at:end])
        at = end + 1
    return records


class Forgery:
    """What is said when somebody wants the records."""

    def __init__(self, log, records=None, seal=True, signature=None, head=None, chain=None,
                 last=None):
        self.log, self.records = log, log.records if records is None else records
        self.last = last or log.last_seal()
        self.signature = signature or log.seals.get(self.last)
        self.head, self.seal = head or head_of(self.records), seal
        self.chain = chain or authors[log.device].chain()

    def send(self, member):
        name = self.log.name()
        member.say(type="certificate", chain=self.chain)
        device, key = json.dumps(name["device"]), json.dumps(name["key"])
        member.say_line(f'{{"type":"state_update","device":{device},"key":{key},'
                        f'"records":[{",".join(self.records)}]}}')
        if self.seal:
            member.say(type="seal", **name, seq=self.last, sig=self.signature, hash=self.head)


def offer(victim, forgery, seconds=8):
    """A session in which the forger offers the log; what the victim makes of it: `taken`, `refused`
    (it hung up, with its reason), or `dropped` (it asks no more)."""
    log = forgery.log
    member = Member(forger_host, forger_home, FORGER, "controller", next(epochs), victim.address())
    entry = log.name() | {"first": 1, "last": forgery.last, "sealed": forgery.last, "role": log.role}
    member.say(type="have", logs=[entry])
    asked, end, answer = 0, time.monotonic() + seconds, None
    while answer is None and time.monotonic() < end:
        line = member.line(0.5)
        if line is None and member.ended:
            answer = "refused"
            break
        member.say_line("")             # a sign of life
        message = json.loads(line) if line else {"type": ""}
        if message["type"] == "ack" and message.get("device") == log.device and \
                message["seq"] >= forgery.last:
            answer = "taken"
        elif message["type"] == "error":
            answer = f"refused: {message['reason']}"
        elif message["type"] == "have":
            for e in message["logs"]:
                if e["device"] == log.device and e["epoch"] == log.epoch:
                    if e.get("want") == "records":
                        asked += 1
                        forgery.send(member)
                    elif asked and "want" not in e:
                        answer = "dropped"
    member.close()
    assert asked, f"{victim.device} never asked for the log of {log.device}"
    return answer or "dropped"


def tampered(log):
    """{what: forgery} of sensor1's log."""
    own, mid = authors[FORGER], len(log.records) // 2
    records = log.records

    def changed(at, text, to):
        assert text in records[at]
        return records[:at] + [records[at].replace(text, to)] + records[at + 1:]
    altered = changed(mid, '"value":', '"value":9')
    added = records + [records[-1].replace(f'"seq":{len(records)},', f'"seq":{len(records) + 1},')]
    out = [r for i, r in enumerate(records) if i != mid]
    renumbered = [r.replace(f'"seq":{json.loads(r)["seq"]},', f'"seq":{i},')
                  for i, r in enumerate(out, 1)]

    def by_own(forged):
        head = head_of(forged)
        return own.sign(network_id, log.device, log.key, log.epoch, len(forged), head)
    swapped = records[:mid] + [records[mid + 1], records[mid]] + records[mid + 2:]
    return {
        "an altered value": Forgery(log, altered),
        "an altered value with the true hash": Forgery(log, altered, head=head_of(records)),
        "an altered value under the forger's own key": Forgery(log, altered, signature=by_own(altered)),
        "a record left out": Forgery(log, out),
        "a record left out, the others renumbered": Forgery(log, renumbered, last=len(renumbered),
                                                            signature=log.seals[len(records)]),
        "two in another order": Forgery(log, swapped),
        "a record more, under the old seal": Forgery(log, added, head=head_of(records)),
        "a record more, under the forger's own key": Forgery(log, added, last=len(added),
                                                             signature=by_own(added)),
        "another's certificate": Forgery(log, chain=own.chain()),
        "no seal": Forgery(log, altered, seal=False),
    }


def nothing_accepted(victim):
    shown = [e for e in victim.events() if e["device"] == "sensor1"
             and e["event"] in ("reading", "state_update")]
    assert not shown, f"{victim.device} shows {shown[0]}"
    assert victim.ask("get", topic="sensor1/temperature").get("error") == "not_found"


def forge_all(log):
    for what, forgery in tampered(log).items():
        answers = {}
        for victim in victims:
            answers[victim.device] = offer(victim, forgery)
            assert answers[victim.device] != "taken", f"{what} was taken by {victim.device}"
            nothing_accepted(victim)
        lab.say(f"{what}: {answers}")


def carry_truly(log):
    """By the forger to one, and by that one to the other."""
    assert offer(victims[0], Forgery(log)) == "taken", "the true log is not taken"
    for victim in victims:
        def there(victim=victim):
            return [v for _, _, v in victim.readings("sensor1")] == log.values()
        poll(10, there, f"{len(log.records)} readings at {victim.device}")
    lab.say(f"the true log is taken: {len(log.records)} records")


def made(host, device):
    """A home with the device's certificate, as a first start makes it."""
    peer = host.peer(device, network.copy(), "--loopback")
    peer.wait("started")
    peer.leave()
    return peer.home


epochs = itertools.count(1 << 30)
with lab.test():
    readings = rows(network, (f"{20 + i / 1000:.3f}" for i in range(20000)))
    sensor_host, forger_host = lab.host(), lab.host()
    victim_hosts = [lab.host(), lab.host()]
    beside_host = lab.host()
    apart = [pair for v in victim_hosts for pair in ((sensor_host, v), (v, sensor_host))]
    lab.cut(apart)
    sensor = sensor_host.peer("sensor1", network.copy(), "--dataset", readings, "--every", "0.1")
    beside = beside_host.peer("sensor2", network.copy(), "--dataset", readings, "--every", "0.05")
    victims = [victim_hosts[0].peer("actuator1", network.copy()),
               victim_hosts[1].peer("observer1", network.copy(), "--role", "observer")]
    for peer in sensor, beside, *victims:
        peer.wait("started")
    forger_home = made(forger_host, FORGER)
    authors = {FORGER: Author(forger_home, FORGER), "sensor1": Author(sensor.home, "sensor1")}
    network_id = authors[FORGER].network()
    log = Log("sensor1", authors["sensor1"].key, 0)
    take(log, 20)
    forge_all(log)
    carry_truly(log)
    lab.cut(())
    for victim in victims:
        poll(20, lambda v=victim: v.events("reading", device="sensor1")[-1]["seq"] >=
             sensor.sent()[-1][1] - 20, "the author is heard itself")
        all_arrived(beside, victim)
        count = check_once_in_order(beside, victim, 100)
    lab.say(f"sensor2 went on: {count} readings, once and in order")
