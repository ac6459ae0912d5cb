"""Stores of earlier programs for past.sh: past.py put SQL FILE | later FILE | history SQL TOPIC <lines.

`history` holds what `kith history --json` says against the records in the fixture's own text."""

import contextlib
import json
import os
import sqlite3
import sys


def put(sql, path):
    os.makedirs(os.path.dirname(path), mode=0o700)
    with contextlib.closing(sqlite3.connect(path)) as db, open(sql) as f:
        db.executescript(f.read())


def later(path):
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.executescript("CREATE TABLE later(x); PRAGMA user_version = 1000;")


def records(sql, topic):
    """[(epoch, seq, value)] of what lies in the store, in the order of the logs."""
    device, kind = topic.split("/")
    with contextlib.closing(sqlite3.connect(":memory:")) as db, open(sql) as f:
        db.executescript(f.read())
        rows = db.execute("SELECT log.first, bytes FROM run JOIN log ON log.id = run.id >> 40"
                          " WHERE device = ? ORDER BY epoch, run.id", (device,)).fetchall()
    found = [(first, r) for first, run in rows for r in json.loads(f"[{run}]")]
    return [(r["epoch"], r["seq"], r["value"]) for first, r in found
            if r["type"] == kind and r["seq"] >= first]


def history(sql, topic):
    shown = [(r["epoch"], r["seq"], r["value"]) for r in map(json.loads, sys.stdin)]
    there = records(sql, topic)
    assert len(there) > 30, f"only {len(there)} records in {sql}"
    assert shown == there, f"{len(shown)} are shown, {len(there)} are there"


if __name__ == "__main__":
    {"put": put, "later": later, "history": history}[sys.argv[1]](*sys.argv[2:])
