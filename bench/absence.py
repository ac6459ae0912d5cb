"""Rows 9, 10, 11 and 13 of `bench/run`: a peer that is away, and back.

Its restart with a large store; how soon others notice that it crashed or fell silent; how soon its
readings come again after a cut; how fast it catches up with what it missed.
"""
import os
import signal
import sqlite3
import time
from contextlib import ExitStack
from statistics import median

from base import (KITH, STEP_SECONDS, Place, await_for, in_turns, percentiles, progress, spread)
from crowd import a_lab

SEQ_MASK = (1 << 40) - 1  # a row's id: the log's, and its first sequence below
NETWORKS = 6              # at once, each for itself: none makes the others doubt


def flood(place, count, *receivers):
    """sensor1 writes so many records, which each receiver takes; how long until the first of them
    acknowledges all."""
    peers = [place.peer("receive", device) for device in receivers]
    for peer in peers:
        peer.wait_for("started")
    sender = place.peer("flood", "sensor1", count).wait()
    for peer in peers:
        peer.stop()
    flooded = sender.result("flooded")
    return (flooded["acked_ns"] - flooded["start_ns"]) / 1e9


def served(place, device):
    """What it says of sensor1's temperature, from its state."""
    answer = place.ask(device, ask="get", topic="sensor1/temperature")
    return answer if answer and answer.get("topic") else None


# Row 9.

def restarts(size):
    """ms from exec until a peer answers from its state, author and reader in turn; each life ends
    by a kill."""
    times, newest = {"controller1": [], "sensor1": []}, None
    with Place("sensor1", "controller1") as place:
        progress(f"a store of {size['stored']:,} records ...")
        signal.alarm(5 * STEP_SECONDS)
        flood(place, size["stored"], "controller1")
        for turn in range(size["restarts"]):
            for device, list_ in times.items():
                progress(f"restart of {device}, {turn + 1} of {size['restarts']} ...")
                signal.alarm(STEP_SECONDS)
                options = ("--every", 3600) if device == "sensor1" else ("--no-rules",)
                peer = place.kith(device, "--json", *options)
                answer = await_for(STEP_SECONDS, lambda: served(place, device), "an answer")
                list_.append((time.monotonic_ns() - peer.start_ns) / 1e6)
                newest = newest or answer["seq"]    # checkpoints are among the records
                if device == "controller1" and (answer["seq"] != newest or newest < size["stored"]):
                    raise SystemExit(f"bench: the state is not the newest: {answer}")
                get = place.start(KITH, "get", "sensor1/temperature", "--device", device,
                                  "--state-dir", place.data)
                get.wait()
                await_for(STEP_SECONDS, lambda: peer.events("restored"), "restored")
                if peer.events("restored")[-1]["records"] < size["stored"]:
                    raise SystemExit("bench: records are missing after the restart")
                peer.kill()
    return times


def report_restart(report, size):
    times = restarts(size)
    reader, author = times["controller1"], times["sensor1"]
    slowest = max(median(reader), median(author))
    report.add("9", f"restart with {size['stored']:,} records, exec → state served, ms",
               spread(reader), f"its author {spread(author)}", "1,000", "200",
               (slowest <= 1000, slowest <= 200))


# Row 10.

class Pair:
    """A controller, and a sensor that is lost to it again and again."""

    def __init__(self, stack):
        self.place = stack.enter_context(Place("sensor1", "controller1"))
        self.controller = self.place.kith("controller1", "--quiet", "--json")
        self.controller.wait_for("started")

    def start(self):
        self.sensor = self.place.kith("sensor1", "--quiet", "--every", 1)

    def met(self):
        """A session stands: its first ping has been answered. Both may have dialled, and then one
        link replaces the other."""
        peers = self.place.ask("controller1", ask="status")["peers"]
        return any(p["presence"] == "online" and p["rtt_ms"] is not None for p in peers)

    def strike(self, number):
        self.struck_ms = int(time.time() * 1000)
        os.kill(self.sensor.pid, number)

    def lost_after(self):
        """By the clock of the line that says so."""
        lost = [e["time"] for e in self.controller.events("lost") if e["time"] >= self.struck_ms]
        return lost[0] - self.struck_ms if lost else None

    def noticed(self):
        await_for(STEP_SECONDS, lambda: self.lost_after() is not None, "lost")
        return self.lost_after()


def crashes(size):
    """ms until a reset and a silence are noticed; the controllers' false alarms."""
    times = {signal.SIGKILL: [], signal.SIGSTOP: []}
    with ExitStack() as stack:
        pairs = [Pair(stack) for _ in range(NETWORKS)]
        for turn in range(size["crashes"]):
            for number, list_ in times.items():
                progress(f"{number.name}, {turn + 1} of {size['crashes']} ...")
                signal.alarm(STEP_SECONDS)
                strike_all(pairs, number, list_)
        alarms = [pair.place.ask("controller1", ask="status")["alarms"] for pair in pairs]
    return times[signal.SIGKILL], times[signal.SIGSTOP], sum(a["false"] for a in alarms)


def strike_all(pairs, number, times):
    for pair in pairs:
        pair.start()
    for pair in pairs:
        await_for(STEP_SECONDS, pair.met, "met")
    for pair in pairs:
        pair.strike(number)
    times += [pair.noticed() for pair in pairs]
    for pair in pairs:
        if number == signal.SIGSTOP:
            os.kill(pair.sensor.pid, signal.SIGKILL)
        pair.sensor.wait(accepted=(-signal.SIGKILL,))


def add_percentiles(report, number, what, times, least, aim):
    """Times in ms against bounds of their p99 in s."""
    p = percentiles(times)
    report.add(number, f"{what}, {len(times)} times, p50 / p99 (greatest), ms",
               f"{p['p50']:,.0f} / {p['p99']:,.0f} ({p['max']:,.0f})", "", f"{least:g} s",
               f"{aim:g} s", (p["p99"] <= 1000 * least, p["p99"] <= 1000 * aim))


def report_crashes(report, size, idle):
    """`idle`: false alarms of the idle peers, over how many peer-days, and those before."""
    began = time.monotonic()
    reset, silent, false = crashes(size)
    days = idle[1] + NETWORKS * (time.monotonic() - began) / 86400
    false += idle[0]
    add_percentiles(report, "10", "connection reset is noticed", reset, 0.1, 0.1)
    add_percentiles(report, "10", "silent death is noticed", silent, 3, 2)
    # Without any, that many peer-days can't tell a rate below one in so many.
    enough = false > 0 or days >= 10
    report.add("10", "false alarms a peer-day", f"{false / days:.2f}",
               f"{false} in {days:.2f} peer-days; {idle[2]} while the peers of row 8 started",
               "0.1", "0.01",
               (false / days <= 0.1, false / days <= 0.01) if enough else None)


# Row 11.

class Cable:
    """A sensor and a controller of a network of their own, and a way between them to cut."""

    def __init__(self, lab):
        import lab as machines
        self.packets, self.sh = machines.packets, machines.sh
        network = lab.home()
        self.hosts = [lab.host(), lab.host()]
        self.heard = [self.listen(machines, host) for host in self.hosts]
        self.sensor = self.hosts[0].peer("sensor1", network, "--quiet", "--every", "0.05")
        self.controller = self.hosts[1].peer("controller1", network.copy())

    @staticmethod
    def listen(machines, host):
        """What reaches a machine, past the place of the cut."""
        with host.inside():
            s = machines.socket.socket(machines.socket.AF_PACKET, machines.socket.SOCK_RAW,
                                       machines.socket.htons(0x0800))
        s.setsockopt(machines.socket.SOL_SOCKET, machines.SO_TIMESTAMPNS, 1)
        s.bind(("eth0", 0))
        s.setblocking(False)
        return s

    def cut(self):
        """In silence: the interfaces stay up."""
        for host in self.hosts:
            end = host.port_name
            self.sh("nft", f"""add table netdev cut{end}
add chain netdev cut{end} in {{ type filter hook ingress device {end} priority 0; }}
add rule netdev cut{end} in drop""")

    def heal(self):
        for sock in self.heard:
            list(self.packets(sock))
        self.healed_s = time.time()
        for host in self.hosts:
            self.sh("nft", "delete", "table", "netdev", f"cut{host.port_name}")
        self.first_s = None

    def recovered_ms(self):
        """From the first packet to the first line about a reading taken since; None: not yet."""
        for host, sock in zip(self.hosts, self.heard):
            for p in self.packets(sock):
                if p.source != host.ip and p.at >= self.healed_s:
                    self.first_s = min(self.first_s or p.at, p.at)
        if self.first_s is None:
            return None
        for e in reversed(self.controller.events("reading")):
            if e["ts"] >= self.first_s * 1000:
                self.line_ms = e["time"]
            elif hasattr(self, "line_ms"):
                break
        return self.line_ms - self.first_s * 1000 if hasattr(self, "line_ms") else None

    def recovered(self):
        await_for(STEP_SECONDS, lambda: self.recovered_ms() is not None, "readings again")
        took = self.recovered_ms()
        del self.line_ms
        return max(0.0, took)


def recoveries(size):
    """{seconds of the cut: [ms]}"""
    times = {seconds: [] for seconds in size["cuts"]}
    with a_lab() as lab:
        cables = [Cable(lab) for _ in range(NETWORKS)]
        for cable in cables:
            cable.controller.wait("reading", seconds=30)
        for seconds, rounds in size["cuts"].items():
            for turn in range(rounds):
                progress(f"a cut of {seconds} s, {turn + 1} of {rounds} ...")
                signal.alarm(STEP_SECONDS + seconds)
                for cable in cables:
                    cable.cut()
                time.sleep(seconds)
                for cable in cables:
                    cable.heal()
                times[seconds] += [cable.recovered() for cable in cables]
        check_whole(cables)
    return times


def check_whole(cables):
    """All that the sensors wrote is with the controllers, in order and once."""
    for cable in cables:
        got = [seq for _, seq, _ in cable.controller.readings("sensor1")]
        if got != list(range(got[0], got[0] + len(got))):
            raise SystemExit("bench: readings were lost or doubled by a cut")


def report_cuts(report, size):
    bounds = {1: (2, 0.5), 10: (5, 1), 600: (5, 1)}
    for seconds, times in recoveries(size).items():
        add_percentiles(report, "11", f"readings again after a cut of {seconds} s", times,
                        *bounds[seconds])


# Row 13.

def on_disk(place, device, epoch):
    """How far the log is stored and sealed at a device, by another look at its store."""
    path = f"file:{place.data}/devices/{device}/kith.db?mode=ro"
    try:
        db = sqlite3.connect(path, uri=True)
    except sqlite3.OperationalError:
        return 0
    try:
        row = db.execute("SELECT id FROM log WHERE device = 'sensor1' AND epoch = ?",
                         (epoch,)).fetchone()
        if not row:
            return 0
        first, last = row[0] << 40, row[0] << 40 | SEQ_MASK
        run = db.execute("SELECT id, count FROM run WHERE id BETWEEN ? AND ? ORDER BY id DESC"
                         " LIMIT 1", (first, last)).fetchone()
        seal = db.execute("SELECT max(id) FROM seal WHERE id BETWEEN ? AND ?",
                          (first, last)).fetchone()
        if not run or not seal[0]:
            return 0
        return min((run[0] & SEQ_MASK) + run[1] - 1, seal[0] & SEQ_MASK)
    except sqlite3.OperationalError:
        return 0  # it is being made
    finally:
        db.close()


def epoch_of(place, device):
    db = sqlite3.connect(f"file:{place.data}/devices/{device}/kith.db?mode=ro", uri=True)
    try:
        return db.execute("SELECT min(epoch) FROM log WHERE device = 'sensor1'").fetchone()[0]
    finally:
        db.close()


def catch_up_from(giver, count):
    """Records/s from meeting to the last seal on disk, at controller1, which had none. They were
    written while sensor1 and controller2 were there; the giver alone is there now."""
    with Place("sensor1", "controller1", "controller2") as place:
        took = flood(place, count, "controller2")
        epoch = epoch_of(place, "controller2")
        last = on_disk(place, "controller2", epoch)     # checkpoints are among the records
        options = ("--every", 3600) if giver == "sensor1" else ("--no-rules",)
        place.kith(giver, "--quiet", *options)
        await_for(STEP_SECONDS, lambda: place.ask(giver, ask="status"), "the giver")
        receiver = place.kith("controller1", "--quiet", "--json", "--no-rules")
        await_for(STEP_SECONDS, lambda: receiver.events("connected"), "met")
        await_for(STEP_SECONDS, lambda: on_disk(place, "controller1", epoch) >= last, "all of it")
        seconds = time.time() - receiver.events("connected")[0]["time"] / 1000
        receiver.stop()
        log = place.run("peer", "verify", place.data, "controller1")
        whole = f"log device=sensor1 count={count} whole=1"
        if whole not in log.out.read_text():
            raise SystemExit("bench: what was caught up with is not whole")
        return dict(rate=count / seconds, written=count / took)


def report_catch_up(report, size):
    def direct(size):
        return catch_up_from("sensor1", size["direct"])

    def carried(size):
        return catch_up_from("controller2", size["carried"])
    v = in_turns(size["catch_ups"], size, direct=direct, carried=carried)
    written = median(v["direct"]["written"])
    for name, what in ("direct", "from their author"), ("carried", "from another, author gone"):
        rate = median(v[name]["rate"])
        report.add("13", f"catch-up {what}, {size[name]:,} records, records/s",
                   spread(v[name]["rate"]),
                   f"written live {spread(v['direct']['written'])}: × {rate / written:.2f}",
                   "100,000", "0.6 × live", (rate >= 100_000,
                                             rate >= 100_000 and rate >= 0.6 * written))
