"""Row F6 with real processes, whose wall clocks libfaketime makes wrong: a year ahead, an hour behind, 1970,
2039, from the start and by jumps while they run.

- no jump of a wall clock makes anybody suspect or lose anybody, and readings go on, once and in order;
- whose clock is more than two minutes off is named, by event and in `kith status`;
- rules follow readings whatever their stamps say; a command is carried out, whosever clock is wrong;
- what was wanted by a controller a year ahead is written over, by itself once its clock is mended and by
  another that saw it; after restarts, too;
- whose clock is behind the end of all certificates is refused with a word about clocks; mended, it is as before.

Seen to fail: with the wall clock for the monotonic one (a command is late at the first jump); with a
certificate kept that was made in 2039 (never heard again)."""

import json
import os
import subprocess
import time

from lab import KITH, Lab, all_arrived, check_once_in_order, poll, rows

LIBRARY = os.environ["FAKETIME_LIBRARY"]
HOUR_S, YEAR_S = 3600, 365 * 86400
WRONG = {"a year ahead": YEAR_S, "an hour behind": -HOUR_S, "1970": 1000 - int(time.time())}
IN_2039 = 2177452800 - int(time.time())     # behind 32 bits, and behind all certificates
QUIET_S = 4     # longer than silence takes to be told

lab = Lab()


class Clock:
    """A peer's wall clock, by how many seconds it is ahead; the monotonic one is true."""

    def __init__(self, ahead_s=0):
        self.path = f"/mnt/clock{id(self)}"
        self.set(ahead_s)

    def set(self, ahead_s):
        with open(f"{self.path}.new", "w") as f:
            f.write(f"{ahead_s:+d}\n")
        os.rename(f"{self.path}.new", self.path)

    def environment(self):
        return {"LD_PRELOAD": LIBRARY, "FAKETIME_TIMESTAMP_FILE": self.path, "FAKETIME_NO_CACHE": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_RESET": "1"}


def kith(peer, *words, status=0):
    done = subprocess.run(
        [KITH, *words, "--json", "--device", peer.device, "--state-dir", peer.home.path], text=True,
        capture_output=True, timeout=30, env={**os.environ, "HOME": peer.home.path})
    assert done.returncode == status, f"kith {' '.join(words)}: {done.returncode}, {done.stderr}"
    return json.loads(done.stdout.splitlines()[-1])


def nobody_lost(mark_of, what):
    for peer, mark in mark_of.items():
        for event in peer._events[mark:]:
            assert event["event"] not in ("lost", "suspect", "left", "refused"), \
                f"{what}: {peer.name}: {event}"


def value_everywhere(topic, value, peers):
    def there():
        return all(p.ask_all("get", topic=topic)[-1:] and
                   p.ask_all("get", topic=topic)[-1]["value"] == value for p in peers)
    poll(10, there, f"{topic} is {value} everywhere")


class World:
    """The sensor and the first controller have clocks of their own, which may be wrong."""

    def __init__(self):
        network = lab.home()
        self.clocks = {"sensor1": Clock(), "controller1": Clock()}
        values = rows(network, [20, 30] * 20000)
        arguments = {"sensor1": ("--dataset", values, "--every", "0.1"),
                     "actuator1": ("--on-command", "true")}
        self.peers = {}
        for device in "sensor1", "actuator1", "controller1", "controller2":
            clock = self.clocks.get(device)
            self.peers[device] = lab.host().peer(
                device, network.copy(), *arguments.get(device, ("--no-rules",)),
                environment=clock.environment() if clock else None)
        self.meet()

    def meet(self):
        for device in "actuator1", "controller1", "controller2":
            self.peers[device].wait("reading", device="sensor1", count=5, seconds=15)
        poll(15, lambda: all(self.sees(a, b) for a in self.peers.values() for b in self.peers
                             if b != a.device), "all see all")

    def sees(self, peer, device):
        return any(p["device"] == device and p["presence"] == "online" for p in peer.ask()["peers"])

    def again(self, device):
        peer = self.peers[device]
        assert peer.leave(10) == 0
        self.peers[device] = peer.again()
        self.peers[device].wait("started")

    def marks(self):
        return {p: p.mark() for p in self.peers.values()}


def jumps(world):
    """While all run, and nobody restarts."""
    sensor, actuator = world.peers["sensor1"], world.peers["actuator1"]
    marks = world.marks()
    for what, ahead_s in {**WRONG, "2039": IN_2039, "right": 0}.items():
        for device in "sensor1", "controller1":
            world.clocks[device].set(ahead_s)
        before, acts = len(actuator.readings("sensor1")), len(actuator.events("action"))
        end = time.monotonic() + QUIET_S
        poll(QUIET_S + 10, lambda: time.monotonic() > end
             and len(actuator.readings("sensor1")) > before + 10
             and len(actuator.events("action")) > acts + 3, f"{what}: readings and rules go on")
        assert kith(world.peers["controller1"], "command", "actuator1/beep")["outcome"] == "done"
        for peer in marks:
            peer.mark()
        nobody_lost(marks, f"jump to {what}")
    for to in actuator, world.peers["controller2"]:
        all_arrived(sensor, to)
        count = check_once_in_order(sensor, to, 50)
    lab.say(f"five jumps of two clocks: nobody was lost or suspected, {count} readings once and in order")


def of_last_life(peer, least):
    """The readings of the sensor's newest life that it showed; none while they are too few."""
    readings = peer.readings("sensor1")
    last = [r for r in readings if r[0] == readings[-1][0]]
    return last if len(last) >= least else []


def starts(world):
    """Each time the sensor begins with a wrong clock: met, named, followed."""
    for what, ahead_s in WRONG.items():
        world.clocks["sensor1"].set(ahead_s)
        marks = world.marks()
        world.again("sensor1")
        actuator = world.peers["actuator1"]
        named = actuator.wait_after(marks[actuator], "clock", device="sensor1", seconds=15)
        assert named["ahead"] == (ahead_s > 0) and abs(named["ms"] - abs(ahead_s) * 1000) < 60000, named
        actuator.wait_after(marks[actuator], "action", seconds=10)
        status = kith(actuator, "status")
        off = next(p["clock_off_ms"] for p in status["peers"] if p["device"] == "sensor1")
        assert abs(off - ahead_s * 1000) < 60000, off
        assert any("clock" in h["problem"] and "sensor1" in h["problem"] for h in status["health"]), \
            status["health"]
        shown = poll(10, lambda: of_last_life(actuator, 10), "readings come")
        sent = world.peers["sensor1"].sent()
        at = sent.index(shown[0])
        assert shown == sent[at:at + len(shown)], f"{shown} is not what was sent"
    world.clocks["sensor1"].set(0)
    world.again("sensor1")
    world.meet()
    lab.say(f"started with a clock of {', '.join(WRONG)}: met, named by event and status, obeyed")


def pinned(world):
    """What a controller a year ahead wanted is written over by whoever saw it."""
    one, two, actuator = (world.peers[d] for d in ("controller1", "controller2", "actuator1"))
    world.clocks["controller1"].set(YEAR_S)
    assert kith(one, "set", "actuator1/mode", "future")["outcome"] == "confirmed"
    value_everywhere("actuator1/mode/set", "future", (one, two, actuator))
    assert kith(two, "set", "actuator1/mode", "by-another")["outcome"] == "confirmed"
    value_everywhere("actuator1/mode/set", "by-another", (one, two, actuator))
    assert kith(one, "set", "actuator1/mode", "future-again")["outcome"] == "confirmed"
    world.clocks["controller1"].set(0)
    for device in "controller1", "controller2", "actuator1":
        world.again(device)
    world.meet()
    one, two, actuator = (world.peers[d] for d in ("controller1", "controller2", "actuator1"))
    value_everywhere("actuator1/mode/set", "future-again", (one, two, actuator))
    for by, value in (one, "mended"), (two, "by-another-again"):
        assert kith(by, "set", "actuator1/mode", value)["outcome"] == "confirmed"
        value_everywhere("actuator1/mode/set", value, (one, two, actuator))
        value_everywhere("actuator1/mode", value, (one, two, actuator))
    lab.say("a value from a year ahead was written over by its mended author and by another, "
            "also after restarts of all")


def behind_all_certificates(world):
    """It says why it meets nobody; mended, it goes on as if it had not been."""
    world.clocks["sensor1"].set(IN_2039)
    world.again("sensor1")
    sensor = world.peers["sensor1"]
    refused = sensor.wait("refused", seconds=15)
    assert "certificate" in refused["cause"], refused
    told = world.peers["actuator1"].wait("refused", seconds=15)
    assert "not valid yet" in told["cause"] and "clock" in told["cause"], told
    assert sensor.wait("sent", count=5)
    world.clocks["sensor1"].set(0)
    marks = world.marks()
    world.again("sensor1")
    actuator = world.peers["actuator1"]
    actuator.wait_after(marks[actuator], "reading", device="sensor1", seconds=20)
    world.meet()
    all_arrived(world.peers["sensor1"], actuator)
    lab.say(f"in 2039: \"{told['cause']}\"; mended, it is heard again")


with lab.test():
    world = World()
    jumps(world)
    starts(world)
    pinned(world)
    behind_all_certificates(world)
