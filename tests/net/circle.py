"""Forty machines, too many for a mesh: most have no session with each other. All list all; then one
peer is killed, one is stopped, one leaves without its datagrams, one half is cut off from the
other: after each everybody comes to one answer, with evidence.

    circle.py [MACHINES]

Calls alone would take 21 s for a death, and tell nothing of the goodbye."""

import signal
import subprocess
import sys
import time

from lab import Lab, poll

MACHINES = int(sys.argv[1]) if len(sys.argv) > 1 else 40
START_S = 60 + MACHINES  # that many processes on two cores
SOON_S = 20              # on a machine that others use; 5 s in the simulator
ROLES = ("controller", "actuator", "observer", "sensor", "sensor")
lab = Lab()
network = lab.home()


def seen(by):
    return {p["device"]: p for p in by.ask()["peers"]}


def right(by, expected):
    try:
        got = seen(by)
    except OSError:
        return "does not answer yet"
    wrong = {d: (e, got.get(d, {}).get("presence")) for d, e in expected.items()
             if d != by.device and got.get(d, {}).get("presence") != e}
    return None if not wrong and len(got) == len(expected) - 1 else wrong or sorted(got)


def agree(what, seconds=SOON_S):
    """All that run come to the same answer about all; how long the last of them took."""
    began, wrong = time.monotonic(), {}
    waiting = [p for p in peers if p.alive() and truth[p.device] == "online"]

    def ready():
        wrong.clear()
        while waiting:
            fault = right(waiting[0], truth)
            if fault is not None:
                wrong[waiting[0].device] = fault
                return False
            waiting.pop(0)
        return True
    try:
        poll(seconds, ready, what)
    except AssertionError:
        raise AssertionError(f"{what}: {wrong}") from None
    lab.say(f"{what}: all agree after {time.monotonic() - began:.2f} s")


def strangers_of(device):
    """Those that have no session with it."""
    return [p for p in peers if p.device != device and p.alive() and truth[p.device] == "online"
            and seen(p)[device]["evidence"]]


def known():
    kinds = {"proven": 0, "called": 0, "told": 0}
    for p in peers:
        for entry in seen(p).values():
            kinds[entry["known"]] += 1
    return kinds


def killed(peer):
    strangers = strangers_of(peer.device)
    assert len(strangers) > MACHINES / 2, f"a mesh: {len(strangers)} without a session"
    peer.kill()
    truth[peer.device] = "offline"
    agree(f"{peer.device} killed")
    words = [e for e in (seen(p)[peer.device]["evidence"] for p in strangers) if ", says " in e]
    lab.say(f"  {len(words)} of {len(strangers)} were told: {words[:1]}")
    assert len(words) > len(strangers) / 2
    truth[peer.device] = "online"
    peers[peers.index(peer)] = peer.again()
    agree(f"{peer.device} back")


def stopped(peer):
    peer.process.send_signal(signal.SIGSTOP)
    truth[peer.device] = "offline"
    agree(f"{peer.device} stopped")
    peer.process.send_signal(signal.SIGCONT)
    truth[peer.device] = "online"
    agree(f"{peer.device} goes on")


def left(peer):
    """Its datagrams do not come out any more."""
    peer.host.do("nft", """add table inet mute
add chain inet mute out { type filter hook output priority 0; }
add rule inet mute out meta l4proto udp drop""")
    assert peer.leave() == 0
    truth[peer.device] = "left"
    agree(f"{peer.device} left unheard")


def parted():
    half = [p for i, p in enumerate(peers) if i % 2 == 0]
    other = [p for p in peers if p not in half]
    between = [(a.host, b.host) for a in half for b in other]
    lab.cut(between + [(b, a) for a, b in between])
    poll(3 * SOON_S, lambda: all(
        sum(q["presence"] == "offline" for q in seen(p).values()) > MACHINES / 4
        for p in half if p.alive()), "one half misses the other")
    lab.cut([])
    agree("two halves meet again")


with lab.test():
    hosts = [lab.host() for _ in range(MACHINES)]
    lab.know_each_other()
    peers = []
    for i, host in enumerate(hosts):
        role = ROLES[i % len(ROLES)]
        peers.append(host.peer(f"{role}{i}", network.copy(), "--role", role, "--no-rules"))
    truth = {p.device: "online" for p in peers}
    agree(f"{MACHINES} powered on together", START_S)
    lab.say(f"what stands behind the names: {known()}")
    time.sleep(3)  # what was spared ends: a ring is what is left
    killed(peers[0])
    stopped(peers[6])
    left(peers[11])
    parted()
