"""Row F3 with real processes: the disk of a receiver is full, then that of a sensor, and there is space
again; then a disk works again while no file can be opened.

- a full receiver says so, acknowledges nothing, and goes on reading and beating;
- a full sensor says so and writes nothing; with space again it begins a new epoch and goes on, also
  when beginning one fails at first;
- what was acknowledged is in the receiver's store, and everything shown is what was sent.

Seen to fail: with a commit that failed and counts as done; with a sensor that leaves when its new
epoch can't be written."""

import os
import resource
import time

from lab import Lab, poll, rows, sh

lab = Lab()
network = lab.home()


class SmallDisk:
    """A home whose devices lie on a file system of their own."""

    def __init__(self):
        self.home = network.copy()
        self.path = f"{self.home.path}/devices"
        os.makedirs(self.path, exist_ok=True)
        sh("mount", "-t", "tmpfs", "-o", "size=8m", "small", self.path)

    def fill(self):
        with open(f"{self.path}/filler", "wb", buffering=0) as f:
            try:
                while True:
                    f.write(b"x" * 4096)
            except OSError:
                pass

    def free(self):
        os.unlink(f"{self.path}/filler")


def filled(disk, peer, **fields):
    """Until it notices: SQLite writes over what its log had before it needs more."""
    mark = peer.mark()
    disk.fill()
    return peer.wait_after(mark, "store_failed", seconds=20, **fields)


def acknowledged():
    return [(e["epoch"], e["seq"]) for e in sensor.events("acknowledged")]


def full_receiver():
    filled(actuator_disk, actuator)
    assert b"free some space" in actuator.err(), actuator.err()
    time.sleep(0.3)     # acknowledgements under way
    before, shown = acknowledged()[-1], len(actuator.readings("sensor1"))
    poll(5, lambda: len(actuator.readings("sensor1")) > shown + 50, "readings while it is full")
    assert acknowledged()[-1] == before, "something was acknowledged on a full disk"
    assert not actuator.events("lost") and not sensor.events("lost")
    sent = sensor.sent()[-1][:2]
    actuator_disk.free()
    actuator.wait("store_works", seconds=10)
    poll(10, lambda: acknowledged()[-1] >= sent, "what was sent meanwhile is acknowledged")
    lab.say(f"a full receiver: acknowledged stopped at {before}, and is {acknowledged()[-1]} again")


def full_sensor(while_full=lambda: None, when_free=lambda: None):
    old = sensor.sent()[-1][0]
    filled(sensor_disk, sensor)
    assert b"free some space" in sensor.err(), sensor.err()
    count = len(sensor.sent())
    time.sleep(0.3)
    assert len(sensor.sent()) == count, "it writes on a full disk"
    while_full()
    works = len(sensor.events("store_works"))
    sensor_disk.free()
    sensor.wait("store_works", seconds=10, count=works + 1)
    when_free()
    poll(10, lambda: acknowledged()[-1][0] > old, "a new epoch is acknowledged")
    lab.say(f"a full sensor: epoch {old} is followed by {acknowledged()[-1][0]}")


def may_open(files):
    _, most = resource.prlimit(sensor.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(sensor.process.pid, resource.RLIMIT_NOFILE, (files, most))


def no_file():
    """The lowest number that is free may not be given out: what is open stays so."""
    folder = f"/proc/{sensor.process.pid}/fd"
    may_open(next(n for n in range(1024) if not os.path.lexists(f"{folder}/{n}")))


def files_again():
    poll(5, lambda: b"a new epoch can't be written" in sensor.err(), "it says so")
    assert sensor.alive()
    may_open(1024)


def judge():
    assert sensor.leave() == 0 and actuator.leave() == 0
    sent = {r[:2]: r[2] for r in sensor.sent()}
    for epoch, seq, value in actuator.readings("sensor1"):
        assert sent[epoch, seq] == value
    kept = actuator.home.stored("actuator1")
    for epoch, seq in acknowledged():
        assert ("sensor1", epoch, seq) in kept, f"{(epoch, seq)} is acknowledged and not there"
    lab.say(f"{len(sent)} sent, {len(kept)} in the receiver's store")


with lab.test():
    sensor_disk, actuator_disk = SmallDisk(), SmallDisk()
    sensor = lab.host().peer("sensor1", sensor_disk.home, "--dataset",
                             rows(network, (f"{i / 100:.2f}" for i in range(100000))),
                             "--every", "0.005")
    actuator = lab.host().peer("actuator1", actuator_disk.home)
    sensor.wait("acknowledged", seconds=10)
    full_receiver()
    full_sensor()
    full_sensor(no_file, files_again)
    judge()
