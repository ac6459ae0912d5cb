"""Rows F5 and F9 with real processes: an old backup of a sensor is put back, and its disk is emptied
(the same key), beside peers that saw what it wrote since; each once with the peers there at the start
and once with them away, so that it writes before it can be told.

- no number ever has two contents, in any life's output and in all stores;
- it ends in an epoch above every one that its peers know, by itself;
- what it was told is acknowledged is at its peers, whatever became of its own disk;
- its readings are shown again, and the last value is the newest everywhere.

    backup.py [SEED]

Seen to fail: with an epoch that is not begun anew when a peer knows a higher one (it never
writes again); with an epoch that is only the counter, without its random bits (a number has two
contents)."""

import glob
import json
import os
import random
import shutil
import sys
import time

from lab import Lab, poll, rows

SEED = int(sys.argv[1]) if len(sys.argv) > 1 else 1
lab = Lab()
network = lab.home()
dice = random.Random(SEED)
contents = {}   # (device, epoch, seq): value and time
acked = {}      # epoch: highest acknowledged number
EVERY = ("--every", "0.01")


def note(key, record):
    content = record["value"], record["ts"]
    assert contents.setdefault(key, content) == content, \
        f"{key} has two contents: {contents[key]} and {content}"


def judge(peer):
    for event in peer.events():
        if event["event"] in ("sent", "reading", "state_update"):
            note((event["device"], event["epoch"], event["seq"]), event)
        elif event["event"] == "acknowledged" and peer.device == "sensor1":
            acked[event["epoch"]] = max(acked.get(event["epoch"], 0), event["seq"])
        assert event["event"] not in ("forked", "store_failed"), event


def database(home):
    return glob.glob(home.device("sensor1") + "/kith.db*")


def store_gone(home):
    for path in database(home):
        os.unlink(path)


def store_back(home, backup):
    store_gone(home)
    for name in os.listdir(backup):
        shutil.copy(f"{backup}/{name}", home.device("sensor1"))


def backup_of(home):
    folder = f"{home.path}/backup"
    os.mkdir(folder)
    for path in database(home):
        shutil.copy(path, folder)
    return folder


def start(host, home):
    return host.peer("sensor1", home, "--dataset", dataset, *EVERY, "--loop")


def live(sensor, peers, seconds):
    """A life of the sensor: heard, acknowledged; returns its last epoch."""
    sensor.wait("acknowledged", seconds=15)
    time.sleep(seconds)
    last = sensor.sent()[-1][:2]
    for peer in peers:
        poll(15, lambda p=peer: p.readings("sensor1")[-1:] and p.readings("sensor1")[-1][:2] >= last,
             f"{last} at {peer.name}")
    return sensor.sent()[-1][0]


def end(sensor):
    sensor.kill()
    judge(sensor)


def newest_everywhere(sensor, peers, above):
    """The sensor writes above every epoch that was known, and that is what its peers show."""
    def risen():
        sent = sensor.sent()
        return sent and sent[-1][0] > above and sensor.events("acknowledged", epoch=sent[-1][0])
    poll(15, risen, f"an acknowledged record of an epoch above {above}; "
                    f"it has {sensor.sent()[-1:]}")
    epoch, seq, _ = sensor.sent()[-1]
    for peer in peers:
        poll(15, lambda p=peer: [r for r in p.readings("sensor1") if r[0] == epoch and r[1] >= seq],
             f"({epoch}, {seq}) at {peer.name}")
    return epoch


def lost(what, lose, known):
    """The sensor's disk is not what it was, while its peers are there."""
    global sensor
    end(sensor)
    lose()
    began = time.monotonic()
    sensor = start(sensor_host, sensor_home)
    epoch = newest_everywhere(sensor, peers, known)
    lab.say(f"{what}: epoch {known} is followed by {epoch} after {time.monotonic() - began:.2f} s")
    return epoch


def lost_alone(what, lose, known):
    """The same while nobody can tell it: it writes, and then they come back."""
    global sensor
    end(sensor)
    lose()
    sensor_host.link("down")
    sensor = start(sensor_host, sensor_home)
    poll(10, lambda: len(sensor.sent()) >= 50, "readings taken alone")
    alone = sensor.sent()[-1][0]
    began = time.monotonic()
    sensor_host.link("up")
    epoch = newest_everywhere(sensor, peers, max(known, alone))
    lab.say(f"{what}, alone: wrote in epoch {alone} while {known} was known, "
            f"then {epoch} after {time.monotonic() - began:.2f} s")
    return epoch


def judge_stores():
    """What was acknowledged is in a peer's store; nobody holds another content."""
    stores = {peer.device: peer.home.stored(peer.device) for peer in (*peers, sensor)}
    for store in stores.values():
        for key, text in store.items():
            note(key, json.loads(text))
    kept = set().union(*(stores[p.device] for p in peers))
    for epoch, seq in acked.items():
        missing = [n for n in range(1, seq + 1) if ("sensor1", epoch, n) not in kept]
        assert not missing, f"epoch {epoch}: {seq} acknowledged, {missing[:5]} in no peer's store"
    return len(kept)


with lab.test():
    dataset = rows(network, (f"{i / 1000:.3f}" for i in range(20000)))
    sensor_host, sensor_home = lab.host(), network.copy()
    sensor = start(sensor_host, sensor_home)
    peers = [lab.host().peer(device, network.copy()) for device in ("actuator1", "controller1")]
    known = live(sensor, peers, dice.uniform(0.2, 0.8))
    end(sensor)
    backup = backup_of(sensor_home)
    for _ in range(3):      # what the backup does not hold
        sensor = start(sensor_host, sensor_home)
        known = live(sensor, peers, dice.uniform(0.1, 0.5))
        end(sensor)
    sensor = start(sensor_host, sensor_home)
    known = live(sensor, peers, 0.1)
    known = lost("an old backup", lambda: store_back(sensor_home, backup), known)
    known = lost_alone("an old backup", lambda: store_back(sensor_home, backup), known)
    known = lost("an empty disk", lambda: store_gone(sensor_home), known)
    known = lost_alone("an empty disk", lambda: store_gone(sensor_home), known)
    for peer in (sensor, *peers):
        assert peer.leave(10) == 0
        judge(peer)
    count = judge_stores()
    lab.say(f"{count} records at peers, {len(acked)} epochs with acknowledged ones, "
            f"{len(contents)} numbers with one content each")
    assert len(acked) >= 8 and count > 500
