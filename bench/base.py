"""Processes, places and the table that the rows of `bench/run` share.

Each measurement has a Place: a folder beside the build with keys for its devices, and the processes
that run there. They end with it, however it ends.
"""
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

STEP_SECONDS = 120
KITH = Path(os.environ.get("KITH", Path(__file__).parent.parent / "build/kith")).resolve()
PROGRAMS = KITH.parent / "bench"
MIB, KIB = 1024 * 1024, 1024


class Process:
    """A program that writes into a file, and at its end what it cost."""

    def __init__(self, out, *words, errors=None):
        self.words = [str(word) for word in words]
        self.out = Path(out)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        self.start_ns = time.monotonic_ns()
        files = [(os.POSIX_SPAWN_OPEN, 1, str(out), flags, 0o600)]
        if errors:
            files.append((os.POSIX_SPAWN_OPEN, 2, str(errors), flags, 0o600))
        self.pid = os.posix_spawn(self.words[0], self.words, os.environ, file_actions=files)
        RUNNING.append(self)

    def wait_for(self, word, count=1):
        while self.out.read_text().count(word) < count:
            time.sleep(0.002)

    def wait(self, accepted=(0,)):
        _, status, usage = os.wait4(self.pid, 0)
        RUNNING.remove(self)
        code = os.waitstatus_to_exitcode(status)
        if code not in accepted:
            sys.exit(f"bench: {' '.join(self.words)}: exit status {code}")
        self.cpu_s = usage.ru_utime + usage.ru_stime
        return self

    def stop(self):
        os.kill(self.pid, signal.SIGTERM)
        return self.wait(accepted=(0, -signal.SIGTERM))

    def result(self, word):
        """The numbers of the last line `word name=number ...`."""
        lines = [line.split() for line in self.out.read_text().splitlines()]
        found = [line[1:] for line in lines if line[:1] == [word]]
        if not found:
            sys.exit(f"bench: {' '.join(self.words)}: says nothing of {word}")
        return {name: float(number) if number.replace(".", "").isdigit() else number
                for name, number in (pair.split("=") for pair in found[-1])}

    def kill(self):
        """What it would do on the way out, it does not."""
        os.kill(self.pid, signal.SIGKILL)
        return self.wait(accepted=(-signal.SIGKILL,))

    def events(self, kind):
        """What a peer with --json said of a kind so far; its last line may not be whole yet."""
        lines = self.out.read_text().split("\n")[:-1]
        return [e for e in map(json.loads, lines) if e["event"] == kind]

    def anonymous_bytes(self):
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split("RssAnon:")[1].split()[0]) * KIB


RUNNING = []


def stop_all():
    for process in reversed(RUNNING[:]):
        os.kill(process.pid, signal.SIGKILL)
        process.wait(accepted=range(-64, 256))


def await_for(seconds, ready, what):
    """The first true answer of ready()."""
    end = time.monotonic() + seconds
    while not (answer := ready()):
        if time.monotonic() > end:
            raise TimeoutError(f"not within {seconds} s: {what}")
        time.sleep(0.002)
    return answer


def answers(data, device, **question):
    """What a running peer answers over its control socket, one object a line; nothing: it does not
    listen."""
    with socket.socket(socket.AF_UNIX) as s:
        try:
            s.connect(f"{data}/run/{device}.sock")
        except (FileNotFoundError, ConnectionRefusedError):
            return
        s.sendall(json.dumps(question).encode() + b"\n")
        yield from map(json.loads, s.makefile())


def ask(data, device, **question):
    """The first answer; None: there is none."""
    return next(answers(data, device, **question), None)


def count_topics(data, device, pattern):
    """How many topics like this it has a value of."""
    found = answers(data, device, ask="get", topic=pattern)
    return next((a["end"] for a in found if "end" in a), 0)


PLACES = []


class Place:
    """A new folder with keys for some devices, gone at the end."""

    def __init__(self, *devices):
        self.data = Path(tempfile.mkdtemp(prefix="bench-", dir=KITH.parent))
        PLACES.append(self.data)
        self.run("peer", "keys", self.data, *devices)

    def start(self, program, *words):
        return Process(self.data / f"{len(os.listdir(self.data))}.out", program, *words)

    def bench(self, program, *words):
        return self.start(PROGRAMS / program, *words)

    def run(self, program, *words):
        return self.bench(program, *words).wait()

    def peer(self, mode, device, *words):
        return self.bench("peer", mode, self.data, device, *words)

    def kith(self, device, *words):
        return self.start(KITH, "run", device, "--loopback", "--state-dir", self.data, *words)

    def ask(self, device, **question):
        return ask(self.data, device, **question)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        stop_all()
        shutil.rmtree(self.data)


def percentiles(times):
    times = sorted(times)
    return dict(p50=times[len(times) // 2], p99=times[len(times) * 99 // 100], max=times[-1])


def progress(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def in_turns(turns, size, **systems):
    """{system: {figure: [value a turn]}}"""
    values = {name: {} for name in systems}
    for turn in range(turns):
        for name, measure in systems.items():
            progress(f"{name}, {turn + 1} of {turns} ...")
            signal.alarm(STEP_SECONDS)
            for figure, value in measure(size).items():
                values[name].setdefault(figure, []).append(value)
    progress("")
    return values


class Report:
    """Rows of the last table."""

    def __init__(self):
        self.rows = []

    def add(self, number, what, kith, beside, least, aim, reached):
        """`reached`: whether the least and the aim are; None: this run cannot show it."""
        verdict = ("not shown" if reached is None else
                   "aim" if reached[1] else "at least" if reached[0] else "MISSED")
        self.rows.append((number, what, kith, beside, least, aim, verdict))

    def failed(self, number, why):
        """A step came to no end: the others go on."""
        stop_all()
        self.rows.append((number, why, "", "", "", "", "MISSED"))

    def print(self):
        print("| # | what | Kith | beside | at least | aim | reached |")
        print("| --- | --- | --- | --- | --- | --- | --- |")
        for row in self.rows:
            print("| " + " | ".join(row) + " |")


def spread(values, scale=1.0, digits=0):
    low, mid, high = (f"{v / scale:,.{digits}f}" for v in
                      (min(values), median(values), max(values)))
    return f"{mid} ({low} - {high})"
