"""Row F1: peers are killed at any moment and started again; nothing acknowledged is lost, and no
number ever has two contents.

    kill.py [KILLS [SECONDS [SEED]]]      20 within 20 s; `campaign kills` is the long form

A sensor reads 500 a second; an actuator and a controller take them. Every kill is at a random
moment of a random one of them, often while another starts, and sometimes both receivers go at once:
then what the sensor was told is acknowledged must be in one of their stores as they lie. (A killed
process leaves what it wrote to the kernel: what a power cut takes away is the store's own tests'
matter.) In the end:

- each number has one content everywhere, in every life's output and in all three stores;
- what the sensor was told is acknowledged is in a receiver's store, though the sensor was killed;
- what it sent in epochs that are closed is gapless in the stores, and the same in all three;
- one life of a receiver shows each reading at most once, in order;
- the write-ahead logs are bounded, though nobody closed them;
- a start takes less than two seconds (the median: a machine that others use has its moments).

Seen to fail: with acknowledgements of what is only in memory and a commit now and then
(acknowledged and in no store); with the same epoch in each life (never heard again)."""

import json
import os
import random
import signal
import sys
import time

from lab import Lab, poll, rows

KILLS = int(sys.argv[1]) if len(sys.argv) > 1 else 20
SECONDS = float(sys.argv[2]) if len(sys.argv) > 2 else 20
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else 1
DEVICES = ("sensor1", "actuator1", "controller1")

lab = Lab()
network = lab.home()
dice = random.Random(SEED)
contents = {}    # (device, epoch, seq): value and time
acked = {}       # epoch of sensor1: highest acknowledged number
cuts = []        # acknowledged numbers looked for in the stores of receivers killed at once


def note(key, record):
    """The values of two lives may be the same, the times of their readings are not."""
    content = record["value"], record["ts"]
    assert contents.setdefault(key, content) == content, \
        f"{key} has two contents: {contents[key]} and {content}"


def judge(peer):
    """One life, when it has ended: only its whole lines count."""
    order = {}
    for event in peer.events():
        kind = event["event"]
        if kind in ("sent", "reading", "state_update"):
            key = event["device"], event["epoch"], event["seq"]
            note(key, event)
            if kind == "reading":
                before = order.get(key[:2], 0)
                assert key[2] > before, f"{peer.name} shows {key} behind number {before}"
                order[key[:2]] = key[2]
        elif kind == "acknowledged" and peer.device == "sensor1":
            acked[event["epoch"]] = max(acked.get(event["epoch"], 0), event["seq"])
        assert kind not in ("forked", "store_failed"), event
    del peer._events[:]


def started(peer, starts):
    poll(10, lambda: peer.events("started"), f"start of {peer.name}")
    starts.append(peer.events("started")[0]["time"] / 1000 - peer.started_wall_s)


def power_cut(lives):
    """Both receivers at the same moment; acknowledgements under way still come."""
    for device in DEVICES[1:]:
        lives[device].process.send_signal(signal.SIGKILL)
    for device in DEVICES[1:]:
        lives[device].kill()
    time.sleep(0.05)
    told = lives["sensor1"].events("acknowledged")[-1:]
    if not told:
        return
    epoch, seq = told[0]["epoch"], told[0]["seq"]
    kept = {k[2] for d in DEVICES[1:] for k in lives[d].home.stored(d)
            if k[:2] == ("sensor1", epoch)}
    missing = set(range(1, seq + 1)) - kept
    assert not missing, f"{seq} are acknowledged, {sorted(missing)[:5]} are in no store"
    cuts.append(seq)


def kill_and_start(lives):
    starts, pace = [], SECONDS / KILLS
    for i in range(KILLS):
        time.sleep(dice.uniform(0, 2 * pace))
        device = DEVICES[0] if i % 3 == 0 else dice.choice(DEVICES)
        if i % 3 == 2:
            power_cut(lives)
        else:
            lives[device].kill()
        for dead in [d for d in DEVICES if not lives[d].alive()]:
            judge(lives[dead])
            lives[dead] = lives[dead].again()
        if dice.random() < 0.7:     # else the next kill may meet it half started
            started(lives[device], starts)
    return starts


def settle(lives):
    """All are up, the last reading is everywhere, and all leave."""
    for peer in lives.values():
        poll(10, lambda p=peer: p.events("started"), f"start of {peer.name}")
    for device in DEVICES[1:]:
        def there(device=device):
            last = lives["sensor1"].sent()[-1:]
            heard = lives[device].readings("sensor1")[-1:]
            return last and heard and heard[0][0] == last[0][0] and last[0][1] - heard[0][1] < 200
        poll(20, there, f"{device} hears the sensor again")
        wal = os.path.getsize(lives[device].home.device(device) + "/kith.db-wal")
        assert wal < 12 << 20, f"{device}: the write-ahead log has {wal} bytes"
    for device in DEVICES:
        assert lives[device].leave(10) == 0
        judge(lives[device])


def judge_stores(homes):
    stores = {device: homes[device].stored(device) for device in DEVICES}
    for store in stores.values():
        for key, text in store.items():
            note(key, json.loads(text))
    own = {k: v for k, v in stores["sensor1"].items() if k[0] == "sensor1"}
    logs = {}
    for _, epoch, seq in own:
        logs.setdefault(epoch, []).append(seq)
    for device in DEVICES[1:]:
        kept = {k: v for k, v in stores[device].items() if k[0] == "sensor1"}
        assert kept == own, f"{device} holds {len(kept)} records of the sensor's {len(own)}: " \
            f"{sorted(set(kept) ^ set(own))[:5]}"
    for epoch, seqs in logs.items():
        assert sorted(seqs) == list(range(1, len(seqs) + 1)), f"epoch {epoch} has a gap"
        assert acked.get(epoch, 0) <= len(seqs), \
            f"epoch {epoch}: {acked[epoch]} were acknowledged, {len(seqs)} are left"
    return len(own), len(logs)


with lab.test():
    dataset = rows(network, (f"{i / 1000:.3f}" for i in range(500 * int(SECONDS + 60))))
    arguments = {"sensor1": ("--dataset", dataset, "--every", "0.002", "--loop")}
    homes = {device: network.copy() for device in DEVICES}
    lives = {device: lab.host().peer(device, homes[device], *arguments.get(device, ()))
             for device in DEVICES}
    lives["sensor1"].wait("acknowledged")
    starts = kill_and_start(lives)
    settle(lives)
    count, logs = judge_stores(homes)
    acknowledged = sum(acked.values())
    lab.say(f"{KILLS} kills, seed {SEED}: {count} records in {logs} lives of the sensor, "
            f"{acknowledged} seen acknowledged, {len(cuts)} times by two "
            f"that were then killed, {len(starts)} starts took "
            f"{sorted(starts)[len(starts) // 2]:.2f} s, at most {max(starts):.2f} s")
    assert sorted(starts)[len(starts) // 2] < 2, "a restart takes too long"
    assert count > SECONDS * 100 and acknowledged > SECONDS * 50 and logs > 2 and cuts, \
        "too little happened to mean anything"
