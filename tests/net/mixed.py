"""Row F14: peers of an older build and of this one in one network. The older one makes the network and
starts half of the peers. Sensors write, people set and command, and in each round half of the peers are
killed or leave, and the other build goes on with what they kept: an upgrade, or, where both have one schema
of the store, a downgrade as well. An older build that finds a newer store must refuse it with a word and
leave it as it is.

    mixed.py OLD [ROUNDS [SEED]]        `make mixed OLD=path/to/older/kith`

In the end all peers are of this build, and from every store and every life's output:

- what was acknowledged is in the store of each peer that is no leaf; no log has a gap, no number two
  contents; each life showed a record once at most, and in order;
- nobody refused a line of the other build's; no session ended for one;
- each command was carried out once at most, each confirmed wish is there;
- all that are no leaves came to one state hash, the older ones among them, after each round.

Seen to fail: with an older build whose chain hash is another (no one state hash)."""

import collections
import hashlib
import json
import os
import random
import sys
import time

from fifty_judge import without_gap
from lab import KITH, Lab, poll
from people import People

OLD = os.path.realpath(sys.argv[1])
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 4
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else 1
DEVICES = ("sensor1", "sensor2", "sensor3", "actuator1", "actuator2", "controller1", "controller2",
           "observer1", "observer2")
EVERY_S = 0.1

lab = Lab()
dice = random.Random(SEED)


class World:
    def __init__(self):
        self.network = lab.home(program=OLD)
        self.effects = "/mnt/effects"
        open(self.effects, "w").close()
        self.hosts = {d: lab.host() for d in DEVICES}
        self.lives, self.over, self.switches = {}, [], collections.Counter()
        for i, device in enumerate(DEVICES):
            self.lives[device] = self.hosts[device].peer(
                device, self.network.copy(), *self.arguments(device), program=(OLD, KITH)[i % 2])
        self.keepers = [d for d in DEVICES if not d.startswith("sensor")]

    def arguments(self, device):
        if device.startswith("sensor"):
            return "--simulate", "home", "--every", str(EVERY_S), "--seed", device[6:]
        if device.startswith("actuator"):
            return "--on-command", f'echo "$KITH_VALUE $(date +%s.%N)" >>{self.effects}'
        return ("--role", "observer") if device.startswith("observer") else ("--no-rules",)

    def end(self, device):
        peer = self.lives[device]
        if dice.random() < 0.5:
            peer.kill()
        else:
            assert peer.leave(10) == 0, f"{peer.name} ended with {peer.process.poll()}"
        self.over.append(peer)

    def go_on(self, device, program):
        """The other build, or the same one, goes on with what a peer kept."""
        before = self.lives[device].program
        self.lives[device] = self.lives[device].again(program=program)
        self.switches[(before == KITH, program == KITH)] += 1

    def hash_of(self, device):
        try:
            return self.lives[device].ask()["state_hash"]
        except OSError:
            return None

    def agree(self):
        hashes = {d: self.hash_of(d) for d in self.keepers}
        return None not in hashes.values() and len(set(hashes.values())) == 1

    def heard(self):
        """Each of this moment's lives that is no leaf has a reading of each sensor's."""
        return all(p.events("reading", device=s) or p.events("state_update", device=s)
                   for d in self.keepers for p in [self.lives[d]]
                   for s in DEVICES if s.startswith("sensor"))

    def settle(self, what):
        """Sensors go on, so that it is one hash only between two of their seals."""
        began = time.monotonic()
        poll(30, self.heard, f"{what}: all hear all sensors")
        poll(30, self.agree, f"{what}: one state hash")
        lab.say(f"{what}: one state hash after {time.monotonic() - began:.1f} s")


def digest(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def can_go_back(world):
    """Whether the older build opens a store of this one; else it says why, and leaves it alone."""
    device = next(d for d in world.keepers if world.lives[d].program == KITH)
    assert world.lives[device].leave(10) == 0
    world.over.append(world.lives[device])
    home = world.lives[device].home.copy()
    before = digest(home.device(device) + "/kith.db")
    world.lives[device] = world.lives[device].again()
    tried = lab.host().peer(device, home, *world.arguments(device), "--loopback", program=OLD)
    poll(10, lambda: tried.events("started") or not tried.alive(), "the older build starts, or does not")
    back = tried.alive()
    if back:
        tried.kill()
    else:
        assert b"later version" in tried.err(), tried.tail()
        assert tried.process.returncode > 0 and digest(home.device(device) + "/kith.db") == before
    return back


def play(world, people, back):
    for i in range(ROUNDS):
        people.work()
        time.sleep(3)
        last = i == ROUNDS - 1
        chosen = DEVICES if last else dice.sample(DEVICES, len(DEVICES) // 2)
        for device in chosen:
            if last and world.lives[device].program == KITH:
                continue
            world.end(device)
            to_old = back and not last and world.lives[device].program == KITH
            world.go_on(device, OLD if to_old else KITH)
        time.sleep(3)
        people.rest()
        builds = [world.lives[d].program == KITH for d in DEVICES]
        world.settle(f"round {i + 1}, {builds.count(False)} older and {builds.count(True)} of this build")
    assert all(builds)


def judge_words(lives):
    """Nobody found fault with what the other build said; and every life's output is in order."""
    faults = ("malformed", "unknown", "gap", "signature", "fork", "must be", "may not")
    shown, last = 0, {}
    for peer in lives:
        last = {}
        for event in peer.events():
            kind = event["event"]
            assert kind not in ("forked", "store_failed", "superseded", "dropped"), (peer.name, event)
            text = str(event.get("cause", event.get("reason", "")))
            assert kind not in ("refused", "lost") or not any(f in text for f in faults), \
                (peer.name, event)
            if kind in ("reading", "state_update"):
                log = event["device"], event["epoch"]
                assert event["seq"] > last.get(log, 0), (peer.name, event)
                last[log] = event["seq"]
                shown += 1
    return shown


def judge_stores(world, lives):
    contents, stores = {}, {}
    leaving_ms = world.leaving_ms
    for device in DEVICES:
        stores[device] = {k: json.loads(r) for k, r in world.lives[device].home.stored(device).items()}
        logs = collections.defaultdict(list)
        for (author, epoch, seq), record in stores[device].items():
            logs[author, epoch].append(seq)
            assert contents.setdefault((author, epoch, seq), record) == record, "two contents"
        for log, numbers in logs.items():
            without_gap(sorted(numbers), f"{log} in {device}'s store")
    acked = {}
    for peer in lives:
        for event in peer.events("acknowledged"):
            if event["time"] < leaving_ms:
                log = peer.device, event["epoch"]
                acked[log] = max(acked.get(log, 0), event["seq"])
    keys = {(*log, seq) for log, last in acked.items() for seq in range(1, last + 1)}
    for device in world.keepers:
        lost = keys - stores[device].keys()
        assert not lost, f"{len(lost)} acknowledged and not in {device}'s store: {sorted(lost)[:3]}"
    return contents, keys


def judge_people(people, contents):
    commands = {a.value: a for a in people.asked if a.verb == "command"}
    done = [value for value, _ in people.effects_done()]
    assert len(done) == len(set(done)) and set(done) <= commands.keys(), "carried out twice"
    wishes = {(r["topic"], r["value"]) for r in contents.values() if r["type"] == "set"}
    outcomes = collections.Counter((a.verb, a.outcome) for a in people.asked)
    for a in people.asked:
        assert a.verb == "command" or a.outcome not in ("acknowledged", "confirmed") or \
            (a.topic + "/set", a.value) in wishes, f"{a.topic} {a.value} was {a.outcome}"
        assert a.verb == "set" or a.outcome != "done" or a.value in done, f"{a.value} is not done"
    assert outcomes["set", "confirmed"] >= ROUNDS and outcomes["command", "done"] >= ROUNDS, outcomes
    return outcomes


with lab.test():
    world = World()
    people = People(world.lives, world.effects, 2, SEED)
    try:
        world.settle("started")
        back = can_go_back(world)
        lab.say(f"the older build {'opens' if back else 'refuses'} a store of this one")
        play(world, people, back)
    finally:
        people.end()
    world.leaving_ms = time.time() * 1000
    for peer in world.lives.values():
        assert peer.leave(20) == 0, f"{peer.name} ended with {peer.process.poll()}"
    lives = world.over + list(world.lives.values())
    shown = judge_words(lives)
    contents, acknowledged = judge_stores(world, lives)
    outcomes = judge_people(people, contents)
    names = {True: "this", False: "older"}
    lab.say(", ".join(f"{count} times {names[a]} -> {names[b]}"
                      for (a, b), count in world.switches.items()))
    lab.say(f"{len(contents)} records written, {len(acknowledged)} acknowledged, {shown} shown; 0 lost, "
            f"0 doubled; {dict(outcomes)}")
    assert len(acknowledged) > len(contents) // 2 > 100 and world.switches[False, True] > 0
