"""Makes a store with a past, for `durable.upgrade` and `cli.past` to open for ever after: an actuator's, beside
a sensor and a controller, with readings of two lives, seals, reports, wishes, commands, decisions, whom
it has seen and where they were. Run with the last program of a schema, before that schema changes:

    KITH=build/kith tests/net/enter past.py tests/data/stores/schemaN.sql [--retain]

With --retain the sensor's first log is pruned, which takes more than a minute."""

import json
import os
import sqlite3
import subprocess
import sys
import time

from lab import KITH, Lab, poll, rows

OUT, RETAIN = sys.argv[1], "--retain" in sys.argv
ROWS = ("application_id", "user_version")

lab = Lab()
network = lab.home()


def kith(home, *words):
    subprocess.run([KITH, *words, "--device", "controller1", "--state-dir", home.path], check=True,
                   env={**os.environ, "HOME": home.path}, stdout=subprocess.DEVNULL)


def dump(path):
    """Tables in the order in which they were made, which the program insists on."""
    db = sqlite3.connect(path)
    yield "PRAGMA journal_mode = WAL;"
    yield "BEGIN;"
    for name, sql in db.execute("SELECT name, sql FROM sqlite_schema ORDER BY rowid").fetchall():
        yield f"{sql};"
        columns = [row[1] for row in db.execute(f"PRAGMA table_info({name})")]
        quoted = " || ',' || ".join(f"quote({column})" for column in columns)
        for (values,) in db.execute(f"SELECT {quoted} FROM {name}"):
            yield f"INSERT INTO {name} VALUES({values});"
    yield "COMMIT;"
    for pragma in ROWS:
        yield f"PRAGMA {pragma} = {db.execute(f'PRAGMA {pragma}').fetchone()[0]};"
    db.close()


with lab.test():
    keep = ("--retain-age", "60s") if RETAIN else ()
    values = rows(network, ([20, 21.5] * 8 + [26, 27.25] * 8) * 100)
    every = ("--dataset", values, "--every", "0.2")
    homes = [network.copy() for _ in range(3)]
    hosts = [lab.host() for _ in range(3)]
    sensor = hosts[0].peer("sensor1", homes[0], *every, *keep)
    actuator = hosts[1].peer("actuator1", homes[1], "--on-command", "true", *keep)
    controller = hosts[2].peer("controller1", homes[2])
    for peer in actuator, controller:
        peer.wait("reading", device="sensor1", count=20)
    poll(10, lambda: any(p["device"] == "actuator1" and p["presence"] == "online"
                         for p in controller.ask()["peers"]), "they meet")
    kith(homes[2], "set", "actuator1/fan", "on", "--for", "1s")
    kith(homes[2], "set", "actuator1/mode", "quiet")
    kith(homes[2], "command", "actuator1/beep", "3")
    actuator.wait("action", count=3)
    if RETAIN:
        time.sleep(70)
    sensor.leave()
    sensor = sensor.again(arguments=every)
    mark = actuator.mark()
    actuator.wait_after(mark, "reading", device="sensor1")
    actuator.kill()
    actuator = actuator.again(arguments=("--on-command", "true"))
    actuator.wait("action", count=2)
    actuator.wait("reading", device="sensor1", count=20)
    kith(homes[2], "set", "actuator1/fan", "auto")
    time.sleep(4)           # a seal over all of it
    assert controller.leave() == 0
    actuator.wait("left", device="controller1")
    assert actuator.leave() == 0
    lines = list(dump(f"{homes[1].device('actuator1')}/kith.db"))
    with open(OUT, "w") as out:
        out.write("-- The store of an actuator, as the last program of this schema left it "
                  "(tests/net/past.py).\n")
        out.writelines(f"{line}\n" for line in lines)
    lab.say(f"{OUT}: {len(lines)} lines, {os.path.getsize(OUT)} bytes")
