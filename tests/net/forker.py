"""Row A9: a device signs two contents for one number. sensor9 has a certificate and is a Python
program: it tells actuator1 and observer1 three records, and controller1 and observer2, who can't
reach those, forty others under the same numbers; all of it is signed. It stays with all of them, and
both sides can hear each other again: every honest peer reports it within ten seconds, also one that
starts later and sensor1, which holds nothing of it. From then on nothing of that key is taken, also
of a later life and after a restart; what was taken stays. Meanwhile sensor1 is heard by everybody,
once and in order.

Seen to fail: without the message that shows the proof (the side with three records does not report);
with a proof that is not stored (nothing is known after the restart); with updates of the key still
taken (sensor9 is heard again)."""

import contextlib
import json
import time

from lab import Lab, all_arrived, check_once_in_order, poll, rows
from member import Author, Member, head_of

SECONDS = 10                # from the heal to the last report
FORKER, LIFE, LATER = "sensor9", 1 << 30, 1 << 31

lab = Lab()
network = lab.home()


def made(host, device):
    """A home with the device's certificate, as a first start makes it."""
    peer = host.peer(device, network.copy(), "--loopback")
    peer.wait("started")
    peer.leave()
    return peer.home


class Talk:
    """A session in which the forker tells its log of one life, and goes on being there."""

    def __init__(self, peer, life):
        self.member, self.life, self.records = None, life, []
        self.member = Member(forker_host, forker_home, FORKER, "sensor", life, peer.address(),
                             wants=("actuator", "controller"))

    def tell(self, count, value):
        """So many records more, and the seal over them all."""
        for seq in range(len(self.records) + 1, len(self.records) + count + 1):
            self.records.append(json.dumps(
                {"type": "temperature", "device": FORKER, "epoch": self.life, "seq": seq,
                 "ts": 1760000000000 + seq, "value": value}, separators=(",", ":")))
        self.member.say_line(f'{{"type":"state_update","records":[{",".join(self.records[-count:])}]}}')
        last, head = len(self.records), head_of(self.records)
        self.member.say(type="seal", epoch=self.life, seq=last,
                        sig=author.sign(author.network(), FORKER, author.key, self.life, last, head))

    def beat(self):
        """Answers what is asked, as a peer does that is there."""
        while (line := self.member.line(0.01)) is not None:
            message = json.loads(line)
            if message["type"] == "ping":
                self.member.say(type="pong", t=message["t"], clock=1)
        self.member.say_line("")


def while_there(talks, seconds, ready, what):
    def there():
        for talk in talks:
            talk.beat()
        return ready()
    return poll(seconds, there, what)


def heard(peer):
    return peer.events("reading", device=FORKER)


def reported(peer, mark=0):
    return [e for e in peer.events()[mark:] if e["event"] == "forked" and e["device"] == FORKER]


def check_status(peer):
    status = peer.ask("status")
    forked = {p["device"]: p["forked"] for p in status["peers"]}
    assert not any(known for device, known in forked.items() if device != FORKER), forked
    assert forked.get(FORKER, True), f"{peer.name} shows {FORKER} as trusted"
    assert any(f"{FORKER} has signed two different records" in p["problem"] and "new key" in p["fix"]
               for p in status["health"]), status["health"]


with lab.test():
    readings = rows(network, (f"{20 + i / 1000:.3f}" for i in range(20000)))
    names = (("actuator1", ()), ("observer1", ("--role", "observer")),
             ("controller1", ()), ("observer2", ("--role", "observer")))
    hosts = [lab.host() for _ in names]
    sensor_host, forker_host, late_host = lab.host(), lab.host(), lab.host()
    lab.cut([pair for a in hosts[:2] for b in hosts[2:] for pair in ((a, b), (b, a))])
    peers = [host.peer(name, network.copy(), *more) for host, (name, more) in zip(hosts, names)]
    sensor = sensor_host.peer("sensor1", network.copy(), "--dataset", readings, "--every", "0.1")
    for peer in (*peers, sensor):
        peer.wait("started")
    forker_home = made(forker_host, FORKER)
    author = Author(forker_home, FORKER)
    talks = [Talk(peer, LIFE) for peer in peers]
    for talk, peer in zip(talks, peers):
        talk.tell(*((3, 21) if peer in peers[:2] else (40, 31)))
        while_there(talks, 10, lambda p=peer, t=talk: len(heard(p)) == len(t.records),
                    f"{FORKER} is heard at {peer.name}")
    while_there(talks, 1, lambda t=time.monotonic() + 0.5: time.monotonic() > t, "time")
    assert not any(reported(p) for p in (*peers, sensor)), "nobody could know"

    lab.cut(())
    healed = time.monotonic()
    for peer in (*peers, sensor):
        while_there(talks, healed + SECONDS - time.monotonic(), lambda p=peer: reported(p),
                    f"the fork is reported by {peer.name}")
    lab.say(f"the fork is reported by {len(peers) + 1} peers within {time.monotonic() - healed:.1f} s")
    late = late_host.peer("observer3", network.copy(), "--role", "observer")
    late.wait("forked", device=FORKER)
    for peer in (*peers, late):
        check_status(peer)
        assert len(reported(peer)) == 1, f"{peer.name} reports it {len(reported(peer))} times"

    before = [len(heard(peer)) for peer in peers]
    for talk in talks:
        talk.tell(5, 41)
    while_there(talks, 1, lambda t=time.monotonic() + 0.5: time.monotonic() > t, "time")
    assert [len(heard(peer)) for peer in peers] == before, "more of the log is taken"
    for talk in talks:
        talk.member.close()

    peers[0].leave()
    peers[0] = peers[0].again()
    peers[0].wait("forked", device=FORKER)
    check_status(peers[0])
    assert peers[0].ask("get", topic=f"{FORKER}/temperature")["value"] == 21, "what was taken stays"
    with contextlib.closing(Talk(peers[0], LATER).member) as later:
        talk = Talk(peers[1], LATER)
        talk.tell(5, 51)
        for _ in range(10):
            later.say_line("")
            talk.beat()
    assert not heard(peers[0]) and len(heard(peers[1])) == 3, "another life of the key is heard"
    for peer in (*peers, late):
        poll(10, lambda p=peer: len(p.readings("sensor1")) >= 20, f"sensor1 at {peer.name}")
    sensor.leave()
    for peer in (*peers, late):
        all_arrived(sensor, peer)
        check_once_in_order(sensor, peer, 20)
    lab.say(f"sensor1 went on: {len(sensor.sent())} readings, once and in order")
