"""After each fault every other peer's `kith status` comes to the same answer, with evidence: a peer
that is stopped, one that hears another no more, one without its cable, one that is killed, one that
leaves, and all of it remembered by a peer that is started again. sensor2 has no session with sensor1
and never needs one.

Seen to fail: with calls that are no signs of life (the sensors call each other offline); with
nothing kept on disk (the restarted actuator knows no sensor1 as seen)."""

import json
import re
import signal
import subprocess
import time

from lab import KITH, Lab, poll

SOON_S = 10     # with a session: 3 s at most, on a machine that others use
CALLS_S = 40    # without: 18 s
lab = Lab()
network = lab.home()


def status(peer):
    run = subprocess.run([KITH, "status", "--json", "--device", peer.device, "--state-dir",
                          peer.home.path], capture_output=True, text=True, timeout=10)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def seen(by, device):
    return next((p for p in status(by)["peers"] if p["device"] == device), None)


def agree(observers, device, presence, evidence, seconds=SOON_S):
    """All come to this answer (patterns); how long the last of them took."""
    began = time.monotonic()
    for by in observers:
        def right():
            p = seen(by, device)
            return p and re.fullmatch(presence, p["presence"]) and re.search(evidence, p["evidence"])
        try:
            poll(seconds, right, "")
        except AssertionError:
            raise AssertionError(f"{by.device} does not come to see {device} {presence} "
                                 f"({evidence}) but {seen(by, device)}") from None
    took = time.monotonic() - began
    lab.say(f"{device} {presence} for {', '.join(p.device for p in observers)} after {took:.1f} s: "
            f"{seen(observers[0], device)['evidence'] or 'no evidence needed'}")
    return took


def all_here():
    for peer in peers.values():
        others = [p for p in peers.values() if p is not peer]
        agree(others, peer.device, "online", "^$|its calls come", CALLS_S)


def stopped():
    peers["sensor1"].process.send_signal(signal.SIGSTOP)
    agree(near, "sensor1", "suspect|offline", r"^no sign of life for \d+\.\d s$")
    agree(near, "sensor1", "offline", r"^no sign of life for \d+\.\d s$")
    agree([peers["sensor2"]], "sensor1", "offline", r"^no sign of life for \d+\.\d s$", CALLS_S)
    peers["sensor1"].process.send_signal(signal.SIGCONT)
    all_here()
    alarms = status(peers["sensor1"])["alarms"]
    assert alarms["silent"] == 0, f"it was stopped itself, and accuses others: {alarms}"
    assert alarms["late"] >= 1, alarms


def drop(host, source):
    host.do("nft", f"""add table inet oneway
add chain inet oneway in {{ type filter hook input priority 0; }}
add rule inet oneway in ip saddr {source} drop""")


def cut_one_way():
    deaf, heard = peers["actuator1"], peers["controller1"]
    drop(deaf.host, heard.host.ip)
    agree([deaf], "controller1", "offline", r"^no sign of life for \d+\.\d s")
    agree([heard], "actuator1", "offline", r"\w+")
    for device in "actuator1", "controller1":
        agree([peers["sensor1"], peers["sensor2"], peers["observer1"]], device, "online", "^$")
    deaf.host.do("nft", "delete table inet oneway")
    all_here()


def without_cable():
    host = peers["sensor1"].host
    host.link("down")
    agree(near, "sensor1", "offline", r"^no sign of life for \d+\.\d s")
    agree([peers["sensor1"]], "actuator1", "offline", r"\w+")
    host.link("up")
    all_here()


def killed_and_left():
    peers["sensor1"].kill()
    took = agree(near, "sensor1", "offline", "^connection reset")
    assert took < SOON_S
    assert peers["observer1"].leave() == 0
    agree([peers["actuator1"], peers["controller1"], peers["sensor2"]], "observer1", "left",
          "goodbye")
    agree([peers["sensor2"]], "sensor1", "offline", r"^no sign of life", CALLS_S)


def remembered():
    before = seen(peers["actuator1"], "sensor1")["last_heard_ms"]
    peers["actuator1"].kill()
    peers["actuator1"] = peers["actuator1"].again()
    peers["actuator1"].wait("started")
    agree([peers["actuator1"]], "sensor1", "offline", "^connection reset")
    agree([peers["actuator1"]], "observer1", "left", "goodbye")
    after = seen(peers["actuator1"], "sensor1")["last_heard_ms"]
    lab.say(f"sensor1 was last heard {before} ms before the actuator was killed, {after} ms now")
    assert before <= after < before + 30000
    peers["sensor1"] = peers["sensor1"].again()
    agree([peers["actuator1"], peers["controller1"]], "sensor1", "online", "^$")
    agree([peers["sensor2"]], "sensor1", "online", "its calls come", CALLS_S)


with lab.test():
    peers = {device: lab.host().peer(device, network.copy(), *arguments) for device, arguments in (
        ("sensor1", ()), ("sensor2", ()), ("actuator1", ()), ("controller1", ()),
        ("observer1", ("--role", "observer")))}
    near = [peers["actuator1"], peers["controller1"], peers["observer1"]]
    all_here()
    stopped()
    cut_one_way()
    without_cable()
    killed_and_left()
    remembered()
    lab.say(f"alarms at the controller: {status(peers['controller1'])['alarms']}")
