"""Row A6: a command is carried out once, whoever is killed when, and whatever is said again.

    command.py [ROUNDS [SEED]]      30

An actuator appends each command's value to a file, by a script that takes a moment. A controller
commands; at a random moment of that the actuator or the controller is killed (kill -9): before the
start is on disk, between start and effect, between effect and its record, behind it. In the end

- no value stands twice in the file, and none that was refused or expired stands there;
- every start in the actuator's store has exactly one outcome behind it;
- what is `done` stands in the file; what is `unknown` may or may not, and both were seen;
- a sender that lived was told the same outcome as stands in the store.

Then a process with the controller's key says a captured command again, in the same session, in a new
one and after a crash of the actuator: it is carried out once.

Seen to fail: with a start that is not waited for on disk; with an id that is forgotten at once."""

import json
import os
import random
import subprocess
import sys
import threading
import time

from lab import KITH, Lab, poll
from member import session

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 30
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else 1

lab = Lab()
network = lab.home()
dice = random.Random(SEED)
effects = "/mnt/effects"
open(effects, "w").close()
SCRIPT = f'echo "$KITH_VALUE" >>{effects}; sleep 0.02'


def carried_out():
    with open(effects) as f:
        return f.read().split()


def command(controller, value, told):
    """kith command, as a process of the controller's machine."""
    done = subprocess.run(
        [KITH, "command", "actuator1/beep", value, "-W", "1", "--json", "--device", "controller1",
         "--state-dir", controller.home.path], text=True, capture_output=True,
        env={**os.environ, "HOME": controller.home.path})
    answer = json.loads(done.stdout) if done.stdout else {}
    told[value] = answer.get("outcome")


def meets(peer, other):
    """A session between the two stands, as far as this one has said."""
    last = [e["event"] for e in peer.events(device=other)
            if e["event"] in ("connected", "reconnected", "lost", "left")][-1:]
    return last in (["connected"], ["reconnected"])


def kill_somebody(lives, told):
    for i in range(ROUNDS):
        for device, other in ("controller1", "actuator1"), ("actuator1", "controller1"):
            lives[device].wait("started")
            poll(10, lambda d=device, o=other: meets(lives[d], o), f"{device} and {other} meet")
        value = f"v{i}"
        asker = threading.Thread(target=command, args=(lives["controller1"], value, told))
        asker.start()
        time.sleep(dice.uniform(0, 0.08))     # the moment is what is tested
        victim = "controller1" if i % 4 == 3 else "actuator1"
        lives[victim].kill()
        lives[victim] = lives[victim].again()
        asker.join(30)
        assert not asker.is_alive(), "kith command never ends"


def outcomes(home):
    """{id: its outcomes in order} as stored by the actuator."""
    found = {}
    for (device, _, _), text in sorted(home.stored("actuator1").items()):
        record = json.loads(text)
        if device == "actuator1" and record["type"] == "beep":
            found.setdefault(record["answers"], []).append(record["value"])
    return found


def judge(home, told):
    done = carried_out()
    assert len(done) == len(set(done)), f"carried out twice: {done}"
    never = {v for v, outcome in told.items() if outcome in ("refused", "expired")}
    assert not never & set(done), f"refused or expired, and done: {never & set(done)}"
    stored = outcomes(home)
    ends = {"done": 0, "unknown": 0, "expired": 0, "refused": 0}
    for name, values in stored.items():
        assert values == ["expired"] or (values[0] == "started" and len(values) == 2), (name, values)
        ends[values[-1]] += 1
    assert ends["done"] <= len(done) <= ends["done"] + ends["unknown"], (ends, done)
    for value, outcome in told.items():
        assert outcome != "done" or value in done, f"{value} is said to be done"
    lab.say(f"{ROUNDS} commands, seed {SEED}: {len(done)} carried out; in the store {ends}; told "
            f"{ {o: list(told.values()).count(o) for o in set(told.values())} }")
    assert ends["done"] >= ROUNDS // 10 and ends["unknown"] >= 1, "too little happened"


# A captured command, said again by a process that has the controller's key.

class Replayer:
    def __init__(self, host, home, actuator, epoch):
        self.tls = session(host, home, "controller1", actuator.address())
        self.tls.settimeout(10)
        self.lines = self.tls.makefile("rb")
        self.say(type="hello", version=1, device="controller1", role="controller", epoch=epoch,
                 wants=["actuator"])
        self.say(type="have", logs=[])
        self.epoch = self.hear("hello")["epoch"]

    def say(self, **message):
        self.tls.sendall(json.dumps(message, separators=(",", ":")).encode() + b"\n")

    def hear(self, kind):
        for line in self.lines:
            if line.strip():
                message = json.loads(line)
                if message["type"] == kind:
                    return message
        raise AssertionError(f"no {kind} came")

    def hear_record(self, value):
        while value not in [r["value"] for r in self.hear("state_update")["records"]]:
            pass

    def clock(self):
        self.say(type="ping", t=1)
        return self.hear("pong")["clock"]


def replay(host, home, actuator):
    epoch = 1 << 50
    first = Replayer(host, home, actuator, epoch)
    captured = {"type": "command", "id": f"controller1/{epoch}/1", "topic": "actuator1/beep",
                "value": "captured", "epoch": first.epoch, "deadline": first.clock() + 60000}
    first.say(**captured)
    first.hear_record("done")
    first.say(**captured)
    assert first.hear("outcome")["outcome"] == "done"
    again = Replayer(host, home, actuator, epoch + 1)
    again.say(**captured)
    assert again.hear("outcome")["outcome"] == "done"
    actuator.kill()
    actuator = actuator.again()
    actuator.wait("started")
    last = Replayer(host, home, actuator, epoch + 2)
    assert last.epoch > first.epoch
    last.say(**captured)
    assert last.hear("outcome")["outcome"] == "expired"
    assert carried_out().count("captured") == 1
    captured |= {"id": f"controller1/{epoch}/2", "epoch": last.epoch, "value": "late",
                 "deadline": last.clock() - 1}
    last.say(**captured)
    assert last.hear("outcome")["outcome"] == "expired"
    assert "late" not in carried_out()
    lab.say("a captured command is carried out once")
    return actuator


with lab.test():
    homes = {device: network.copy() for device in ("actuator1", "controller1")}
    hosts = {device: lab.host() for device in homes}
    lives = {"actuator1": hosts["actuator1"].peer("actuator1", homes["actuator1"],
                                                  "--on-command", SCRIPT),
             "controller1": hosts["controller1"].peer("controller1", homes["controller1"])}
    told = {}
    kill_somebody(lives, told)
    for peer in lives.values():
        peer.wait("started")
    assert lives["controller1"].leave(10) == 0
    actuator = replay(hosts["controller1"], homes["controller1"], lives["actuator1"])
    assert actuator.leave(10) == 0
    judge(homes["actuator1"], told)
