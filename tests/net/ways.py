"""The program's ways in and out: `--peer` where broadcast is dropped, `--on-change`, `--exit`,
leaving on SIGTERM and SIGINT. All at once, because waiting for nobody takes half a minute.

Seen to fail: with a command that is run for every reading; with `--exit` that leaves when the
source ends (the last readings are not at the other side)."""

import os
import signal
import time

from lab import Lab, all_arrived, check_once_in_order, poll, rows

lab = Lab()
network = lab.home()


def lonely():
    """Nobody is there: a bounded wait, then exit 5, and the readings are kept."""
    host, home = lab.host(), network.copy()
    host.link("down")
    peer = host.peer("sensor9", home, "--dataset", rows(network, [1.5, 2.5]), "--every", "0.1",
                     "--exit")

    def check():
        assert peer.process.wait(40) == 5, "--exit with nobody there"
        took = time.monotonic() - peer.started_at
        assert 25 < took < 40, took
        assert peer.events("nobody"), "nobody was found, and it is not said"
        assert b"acknowledged" in peer.err()
        assert len([k for k in home.stored("sensor9") if k[0] == "sensor9"]) == 2
        lab.say(f"--exit with nobody there: exit 5 after {took:.1f} s, readings kept")
    return check


def filtered():
    """No datagram to port 50000 arrives: an address in a flag is enough."""
    hosts = [lab.host(), lab.host()]
    for host in hosts:
        host.deaf_to_broadcast()
    # a network of its own, so that nobody else's datagrams help
    own = lab.home()
    actuator = hosts[1].peer("actuator1", own.copy(), "--listen", "0.0.0.0:47120")
    actuator.wait("started")
    dataset = rows(own, [24, 26, 25, 25.5] * 50)
    sensor = hosts[0].peer("sensor1", own.copy(), "--dataset", dataset, "--every", "0.02", "--exit",
                           "--peer", f"{hosts[1].ip}:47120")
    assert sensor.wait("discovered", device="actuator1")["how"] == "address"
    assert sensor.process.wait(20) == 0, "--exit when all is acknowledged"
    assert sensor.events("acknowledged")[-1]["seq"] == 200
    actuator.wait("left", device="sensor1", seconds=3)
    assert not actuator.events("lost")
    all_arrived(sensor, actuator)
    assert check_once_in_order(sensor, actuator, 200) == 200
    assert actuator.leave() == 0
    stored = [k for k in actuator.home.stored("actuator1") if k[0] == "sensor1"]
    assert len(stored) == 200, f"acknowledged and not stored: {len(stored)}"
    lab.say("--peer without broadcast: 200 readings, acknowledged, stored, exit 0, goodbye heard")


def commands():
    """One command a change, one at a time; failure and hanging are told, and the rule goes on."""
    notes = f"{network.path}/notes"
    host, other = lab.host(), lab.host()
    own = lab.home()
    command = f'echo "$KITH_DEVICE $KITH_PROPERTY $KITH_VALUE" >>{notes}; echo told; exit 3'
    actuator = host.peer("actuator1", own.copy(), "--on-change", command)
    hangs = lab.host().peer("actuator2", own.copy(), "--on-change",
                            f"echo $$ >>{notes}.pid; trap '' TERM; sleep 100 & wait; wait; wait")
    temperatures = [24, 26, 27, 26.5, 24, 23, 24.5, 26]         # on, off, on
    sensor = other.peer("sensor1", own.copy(), "--dataset", rows(own, temperatures), "--every",
                        "0.3")
    actuator.wait("reading", device="sensor1", value=26, count=2)
    wanted = [f"actuator1 fan {value}" for value in ("on", "off", "on")]

    def noted():
        with open(notes) as f:
            return f.read().splitlines()
    # what it was before the first reading is not known: it may be told once that the fan is off
    poll(5, lambda: os.path.exists(notes) and noted()[-3:] == wanted, "three commands")
    time.sleep(0.5)
    assert noted() in (wanted, ["actuator1 fan off", *wanted]), noted()
    assert len(actuator.readings("sensor1")) == len(temperatures)
    actions = [e for e in actuator.events("action") if e["changed"]]
    assert len(actions) == len(noted())
    assert actuator.err().count(b"status 3") == len(noted()), actuator.err()
    assert actuator.events() and b"told" not in actuator.out(), "its output is among the events"
    lab.say(f"--on-change: {len(noted())} commands for {len(temperatures)} readings, failures told")

    def check():
        poll(15, lambda: b"10 s" in hangs.err(), "a command that hangs is told")
        with open(f"{notes}.pid") as f:
            pid = int(f.readline())
        poll(5, lambda: not os.path.exists(f"/proc/{pid}") or zombie(pid), "and ended")
        assert len(hangs.readings("sensor1")) == len(temperatures), "the rule waited for it"
        sensor.process.send_signal(signal.SIGINT)
        assert sensor.process.wait(5) == 0
        hangs.wait("left", device="sensor1", seconds=3)
        lab.say("--on-change: one that hangs is ended and told, readings went on; SIGINT leaves")
    return check


def zombie(pid):
    """An orphan of the lab, which reaps nothing it did not start."""
    with open(f"/proc/{pid}/stat") as f:
        return f.read().rsplit(")", 1)[1].split()[0] == "Z"


with lab.test():
    checks = [lonely(), commands()]
    filtered()
    for check in reversed(checks):
        check()
