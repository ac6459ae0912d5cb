"""What must be true of many peers when all is over (fifty.py): acknowledged minus read is empty, read
minus attempted is empty, no log has a gap or a double, no command was carried out twice or late, and
`kith why` explains each switch of each fan."""

import collections
import json
import os
import subprocess
import time

from lab import KITH, poll

SCRIPT_S = 2    # from a command's deadline to what its script writes, on a machine that others use


def kith(peer, *words):
    """JSON lines that a verb prints, asked of this peer."""
    done = subprocess.run(
        [KITH, *words, "--json", "--device", peer.device, "--state-dir", peer.home.path], text=True,
        capture_output=True, timeout=60, env={**os.environ, "HOME": peer.home.path})
    assert done.returncode == 0, f"kith {' '.join(words)} at {peer.name}: {done.stderr}"
    return [json.loads(line) for line in done.stdout.splitlines()]


def without_gap(numbers, what):
    assert numbers == list(range(1, len(numbers) + 1)), \
        f"{what}: {len(numbers)} records, but numbers 1 to {max(numbers)}"


class Judge:
    def __init__(self, lab, world, people, run):
        self.lab, self.world, self.people, self.run = lab, world, people, run
        self.lives = world.over + list(world.lives.values())

    def judge(self):
        # what the last fans wrote is acknowledged by one before it is with all
        poll(60, self.world.agree, "one state hash in the end")
        self.histories()
        self.switches()
        self.leaving_ms = time.time() * 1000
        for peer in self.world.lives.values():
            peer.process.terminate()
        for peer in self.world.lives.values():
            assert poll(20, lambda p=peer: p.process.poll() is not None, f"{peer.name} leaves") and \
                peer.process.poll() == 0, f"{peer.name} ended with {peer.process.poll()}"
        self.stores = {}
        for device in self.world.lives:
            text = self.world.lives[device].home.stored(device)
            self.stores[device] = {key: json.loads(record) for key, record in text.items()}
        for peer in self.lives:
            self.said(peer)
        self.logs()
        self.records()
        self.wishes()
        self.commands()
        self.table()

    # While they run: kith history, kith why.

    def histories(self):
        """A sensor's whole history, at every peer that is no leaf: the same, each value once."""
        sensor = next(iter(self.world.sensors.values()))
        seen = set()
        for device in self.world.keepers:
            lines = kith(self.world.lives[device], "history", f"{sensor.device}/temperature")
            values = [line["value"] for line in lines]
            assert len(values) == len(set(values)), f"{device} shows a value of {sensor.device} twice"
            logs = collections.defaultdict(list)
            for line in lines:
                logs[line["epoch"]].append(line["seq"])
            for epoch, numbers in logs.items():
                without_gap(numbers, f"kith history of {sensor.device}, {epoch}, at {device}")
            seen.add(tuple(values))
        assert len(seen) == 1, f"{len(seen)} different histories of {sensor.device}"
        assert set(values) <= set(sensor.values) and values

    def switches(self):
        """Each record of a fan is a decision that `kith why` tells, asked at another peer, and its
        reasons are what the value says."""
        self.explained = 0
        asked = self.world.lives[self.world.keepers[-1]]
        for device in self.people.actuators:
            records = kith(asked, "history", f"{device}/fan")
            whys = [w for w in kith(asked, "why", device, "-n", "100000")
                    if w["fired"] and (w["action"] or "").startswith("fan ")]
            said = [w["action"].split()[1] for w in whys]
            assert said == [r["value"] for r in records], \
                f"{device}: {len(records)} switches of its fan, {len(whys)} are explained"
            for why in whys:
                self.explains(device, why)
            self.explained += len(whys)

    def explains(self, device, why):
        conditions, on = why["conditions"], why["action"] == "fan on"
        assert conditions, f"{device}: {why} has no reasons"
        if why["rule"] == "set":
            assert conditions[0]["value"] == why["action"].split()[1], f"{device}: {why}"
        else:
            assert any(c["holds"] for c in conditions) == on, f"{device}: {why}"

    # What was said and stored.

    def said(self, peer):
        """In one life each record is shown at most once and in order, and storing never failed."""
        last, self.shown = {}, getattr(self, "shown", 0)
        for event in peer.events():
            kind = event["event"]
            assert kind not in ("forked", "store_failed", "superseded", "dropped"), (peer.name, event)
            if kind not in ("reading", "state_update"):
                continue
            log = event["device"], event["epoch"]
            assert event["seq"] > last.get(log, 0), \
                f"{peer.name} shows {log} {event['seq']} behind {last[log]}"
            last[log] = event["seq"]
            self.shown += 1

    def logs(self):
        """Also: one number has one content everywhere."""
        contents = {}
        for device, store in self.stores.items():
            logs = collections.defaultdict(list)
            for (author, epoch, seq), record in store.items():
                logs[author, epoch].append(seq)
                before = contents.setdefault((author, epoch, seq), record)
                assert before == record, f"{(author, epoch, seq)} has two contents"
            for log, numbers in logs.items():
                without_gap(sorted(numbers), f"{log} in {device}'s store")
        self.written = len(contents)
        self.contents = contents

    def missing(self, keys, what):
        for device in self.world.keepers:
            lost = keys - self.stores[device].keys()
            assert not lost, f"{what}: {len(lost)} acknowledged and not in {device}'s store: " \
                f"{sorted(lost)[:3]}"

    def records(self):
        acked = {}
        for peer in self.lives:
            for event in peer.events("acknowledged"):
                if event["time"] >= self.leaving_ms:
                    continue  # who is still there takes over; who left before has none of it
                log = peer.device, event["epoch"]
                acked[log] = max(acked.get(log, 0), event["seq"])
        keys = {(*log, seq) for log, last in acked.items() for seq in range(1, last + 1)}
        self.missing(keys, "records")
        self.acknowledged = len(keys)
        for sensor in self.world.sensors.values():
            values = [r["value"] for key, r in self.contents.items() if key[0] == sensor.device]
            assert len(values) == len(set(values)), f"a reading of {sensor.device} is there twice"
            never = set(values) - set(sensor.values)
            assert not never, f"{sensor.device} never read {sorted(never)[:3]}"

    def wishes(self):
        asked = [a for a in self.people.asked if a.verb == "set"]
        wanted = {(a.topic + "/set", a.value) for a in asked}
        found = {}
        for key, record in self.contents.items():
            if record["type"] == "set" and record["topic"].endswith("/set"):
                wish = record["topic"], record["value"]
                assert wish in wanted, f"nobody asked for {wish}"
                assert wish not in found or "/fan/" in wish[0], f"{wish} is there twice"
                found[wish] = key
        acked = [a for a in asked if a.outcome in ("acknowledged", "confirmed")]
        for a in acked:
            assert (a.topic + "/set", a.value) in found, f"{a.topic} {a.value} was {a.outcome}"
        self.missing({found[a.topic + "/set", a.value] for a in acked}, "wishes")
        self.kept_wishes = len(acked)
        self.wish_outcomes = collections.Counter(str(a.outcome) for a in asked)

    def commands(self):
        asked = {a.value: a for a in self.people.asked if a.verb == "command"}
        effects = self.people.effects_done()
        done = [value for value, _ in effects]
        twice = [v for v, count in collections.Counter(done).items() if count > 1]
        assert not twice, f"carried out twice: {twice}"
        assert set(done) <= asked.keys(), f"nobody asked for {set(done) - asked.keys()}"
        for value, at in effects:
            late_s = at - asked[value].until_at_most(SCRIPT_S)
            assert late_s < 0, f"{value} was carried out {late_s:.1f} s too late"
        self.behind(asked, done)
        for value, a in asked.items():
            assert a.outcome != "done" or value in done, f"{value} is said to be done"
            assert a.outcome not in ("refused", "expired") or value not in done, \
                f"{value} was {a.outcome}, and is done"
        self.command_outcomes = collections.Counter(str(a.outcome) for a in asked.values())
        self.carried_out = len(done)

    def behind(self, asked, done):
        """Whose target stood still when they came: until their time was over, or until their session
        was, so that they are sent once more on the next."""
        late = [v for v, a in asked.items() if a.stood_s > a.wait_s]
        carried_out = [v for v in late if v in done]
        assert not carried_out, f"came too late and was carried out: {carried_out}"
        self.refused_late = sum("too late" in asked[v].cause for v in late)
        self.said_twice = sum(a.stood_s > 0 and v in done for v, a in asked.items() if v not in late)

    def table(self):
        heals, say = sorted(self.run.heals), self.lab.say
        cuts = ", ".join(f"{count} {name}" for name, count in self.run.cuts.items())
        rows = (
            ("peers", len(self.world.lives)),
            ("cuts", f"{len(heals)} ({cuts})"), ("kills", self.run.kills),
            ("records written", self.written), ("records shown", self.shown),
            ("acknowledged", self.acknowledged), ("of them lost", 0), ("doubled", 0),
            ("wishes", dict(self.wish_outcomes)), ("commands", dict(self.command_outcomes)),
            ("carried out", self.carried_out), ("twice, or stale", 0),
            ("came too late", self.refused_late), ("came when its target stood", self.said_twice),
            ("switches of fans", f"{self.explained}, all explained"),
            ("one hash after a heal", f"p50 {heals[len(heals) // 2]:.2f} s, "
                                      f"p99 {heals[int(len(heals) * 0.99)]:.2f} s"))
        for name, value in rows:
            say(f"{name:22}  {value}")
        assert self.command_outcomes["refused"] < len(self.people.asked) / 4, \
            "commands are refused where their target calls"
        assert self.acknowledged > self.written // 2 and self.carried_out >= 3 and \
            self.explained >= len(self.people.actuators) and \
            self.wish_outcomes["confirmed"] >= 3 and self.refused_late and self.said_twice, \
            "too little happened to mean anything"
