"""People at a lab's machines, each in a thread: `kith set` and `kith command` at whatever controller
runs, one after the other, through cuts and kills. What they asked for, when, and what they were told
is kept for the judges."""

import itertools
import json
import os
import random
import signal
import subprocess
import threading
import time

from lab import KITH

WAIT_S = 2              # how long each waits for an outcome


class Asked:
    """One wish or command: its value names it, for no other has the same."""

    def __init__(self, verb, topic, value, by, wait_s=WAIT_S, stood_s=0):
        self.verb, self.topic, self.value, self.by = verb, topic, value, by
        self.wait_s, self.stood_s = wait_s, stood_s     # stood_s: so long its target stood still
        self.at = time.time()
        self.outcome, self.cause = None, ""     # not told: whoever was asked died, or never ran

    def until_at_most(self, slack_s):
        """The end of its time: that began with whoever was asked, a process's start after `at`."""
        return self.at + self.wait_s + slack_s

    def told(self, out, err):
        self.said = (out + err).strip()
        if out:
            answer = json.loads(out)
            self.outcome, self.cause = answer["outcome"], answer["cause"]


class People:
    """`lives` is {device: Peer}, which its owner changes as peers are started again."""

    def __init__(self, lives, effects, count, seed):
        self.lives, self.effects = lives, effects
        self.controllers = [d for d in lives if d.startswith("controller")]
        self.actuators = [d for d in lives if d.startswith("actuator")]
        self.asked, self.failed = [], []
        self.numbers = itertools.count(1)
        self.working, self.over = threading.Event(), False
        self.idle = [threading.Event() for _ in range(count)]
        self.threads = [threading.Thread(target=self.person, args=(i, random.Random(seed + i)))
                        for i in range(count)]
        for thread in self.threads:
            thread.start()

    def person(self, i, dice):
        try:
            while not self.over:
                self.idle[i].clear()
                if self.working.is_set():
                    self.ask(dice)
                else:
                    self.idle[i].set()
                    self.working.wait(0.1)
        except BaseException as error:      # the main thread has to hear of it
            self.failed.append(error)
        self.idle[i].set()

    def ask(self, dice):
        target, by = dice.choice(self.actuators), dice.choice(self.controllers)
        kind = dice.choice(("beep", "beep", "mode", "fan"))
        value = f"{kind[0]}{next(self.numbers)}"
        if kind == "beep":
            words = ["command", f"{target}/beep", value]
        elif kind == "mode":
            words = ["set", f"{target}/mode", value]
        else:
            value = dice.choice(("on", "off"))
            words = ["set", f"{target}/fan", value, "--for", f"{dice.uniform(1, 3):.1f}s"]
        asked = Asked(words[0], words[1], value, by)
        asked.told(*self.kith(asked, words).communicate())
        time.sleep(dice.uniform(0, 1))      # people do other things, too

    def kith(self, asked, words):
        self.asked.append(asked)
        home = self.lives[asked.by].home.path
        return subprocess.Popen(
            [KITH, *words, "-W", str(asked.wait_s), "--json", "--device", asked.by,
             "--state-dir", home],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, "HOME": home})

    def beep(self, target, by, wait_s, stood_s=0):
        words = "command", f"{target}/beep", f"b{next(self.numbers)}"
        asked = Asked(words[0], words[1], words[2], by, wait_s, stood_s)
        return asked, self.kith(asked, words)

    def ask_behind(self, target, by, seconds, wait_s):
        """A command that its target finds in its socket after having stood still for so long. The one
        before it tells its sender the target's clock, without which none is sent."""
        asked, process = self.beep(target, by, WAIT_S)
        asked.told(*process.communicate())
        if asked.outcome != "done":
            return
        self.lives[target].process.send_signal(signal.SIGSTOP)
        asked, process = self.beep(target, by, wait_s, seconds)
        time.sleep(seconds)
        self.lives[target].process.send_signal(signal.SIGCONT)
        asked.told(*process.communicate())

    def work(self):
        self.working.set()

    def rest(self, seconds=3 * WAIT_S + 10):
        """Nobody asks for more; returns when everybody has been told."""
        self.working.clear()
        for idle in self.idle:
            assert idle.wait(seconds), "kith set or kith command never ends"
        assert not self.failed, self.failed

    def end(self):
        self.over = True
        self.working.clear()
        for thread in self.threads:
            thread.join(30)

    def effects_done(self):
        """[(value, when)] as the actuators' scripts wrote them."""
        with open(self.effects) as f:
            return [(value, float(at)) for value, at in map(str.split, f)]
