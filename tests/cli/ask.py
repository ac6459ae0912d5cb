"""What asking gives, checked: ask.py schema NAME <lines | gapless <lines | hostile SOCKET."""

import contextlib
import json
import socket
import sys
import time

NUMBER, NULL = (int, float), type(None)
RECORD = {"schema": str, "topic": str, "value": (int, float, bool, str, NULL), "unit": (str, NULL),
          "device": str, "epoch": int, "seq": int, "ts": int, "age_ms": int, "sealed": bool}
SCHEMAS = {
    "record": RECORD,
    "ping": {"schema": str, "device": str, "rtt_ms": NUMBER},
    "set": {"schema": str, "topic": str, "value": (int, float, bool, str), "outcome": str,
            "cause": str, "sent_ms": (int, NULL), "acknowledged_ms": (int, NULL),
            "confirmed_ms": (int, NULL)},
    "command": {"schema": str, "topic": str, "value": (int, float, bool, str, NULL),
                "outcome": str, "cause": str, "ms": int},
    "decision": {"schema": str, "device": str, "rule": str, "by": (str, NULL), "time": int,
                 "fired": bool, "action": (str, NULL),
                 "conditions": [{"text": str, "value": (int, float, bool, str, NULL),
                                 "holds": bool, "from?": str, "of?": int}]},
    "wait": {"schema": str, "device": str, "presence": str},
    "status": {"schema": str, "device": str, "role": str, "network": str, "state_hash": str,
               "peers": [{"device": str, "role": str, "known": str, "presence": str,
                          "last_heard_ms": (int, NULL), "evidence": str, "address": str,
                           "path": str, "rtt_ms": (int, NULL),
                           "clock_off_ms": (int, NULL), "forked": bool}],
                "alarms": {"lost": int, "silent": int, "false": int, "late": int},
               "refused": [{"cause": str, "count": int}],
               "health": [{"problem": str, "fix": str}],
               "discovery": {"port": int, "loopback": bool, "session_port": int,
                             "interfaces": [{"name": str}]}},
}


def hold(value, schema, where):
    """The members of an object, no more and no less (but for those with a ?), and their types."""
    if isinstance(schema, list):
        assert isinstance(value, list), where
        for i, one in enumerate(value):
            hold(one, schema[0], f"{where}[{i}]")
    elif isinstance(schema, dict):
        assert isinstance(value, dict), where
        kinds = {name.rstrip("?"): kind for name, kind in schema.items()}
        needed = {name for name in schema if not name.endswith("?")}
        assert needed <= value.keys() <= kinds.keys(), \
            f"{where}: {sorted(value)} is not {sorted(schema)}"
        for name in value:
            hold(value[name], kinds[name], f"{where}.{name}")
    else:
        kinds = schema if isinstance(schema, tuple) else (schema,)
        assert type(value) in kinds, f"{where}: {value!r}"


def check_schema(name):
    lines = sys.stdin.read().splitlines()
    assert lines, "nothing was said"
    for line in lines:
        answer = json.loads(line)
        hold(answer, SCHEMAS[name], name)
        assert answer["schema"] == f"kith/{name}/1", answer["schema"]


def check_gapless():
    seqs = {}
    for line in sys.stdin:
        record = json.loads(line)
        seqs.setdefault(record["epoch"], []).append(record["seq"])
    assert list(seqs) == sorted(seqs), "lives out of order"
    for epoch, numbers in seqs.items():
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), (epoch, numbers)


def call(path):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(10)
    s.connect(path)
    return s


def ask(s, text):
    s.sendall(text + b"\n")
    return s.makefile("rb").readline()


def ask_once(path):
    with contextlib.closing(call(path)) as s:
        try:
            return ask(s, b'{"ask":"status"}')
        except BrokenPipeError:
            return b'{"error":"busy"}'


def check_hostile(path):
    wrong = [b"\xff\xfe", b"{", b"[[[[[[[[[[", b'{"ask":"status","ask":"status"}', b"\x00" * 100,
             b'{"ask":"get","topic":"' + b"x" * 60000 + b'"}', b'{"ask":"set"}',
             b'{"ask":"history","topic":"*"}', b'{"ask":"ping","device":"\x1b[2J"}']
    s = call(path)
    for text in wrong:
        answer = json.loads(ask(s, text))
        assert answer["error"] in ("request", "not_found"), answer
    assert json.loads(ask(s, b'{"ask":"status"}'))["device"] == "actuator1"
    # a line without end: dropped at its bound
    endless = call(path)
    try:
        for _ in range(64):
            endless.sendall(b"x" * 4096)
        assert endless.recv(1) == b"", "a line without end was taken"
    except (BrokenPipeError, ConnectionResetError):
        pass
    # who asks and never reads is dropped, or waits; nobody else does
    deaf = call(path)
    deaf.setblocking(False)
    try:
        for _ in range(20000):
            deaf.send(b'{"ask":"status"}\n' * 16)
    except OSError:
        pass
    assert json.loads(ask(s, b'{"ask":"status"}'))["device"] == "actuator1"
    # the bound on clients: those that stay are served
    crowd = [call(path) for _ in range(40)]
    answers = [json.loads(ask(c, b'{"ask":"status"}')) if i < 24 else json.loads(
        c.makefile("rb").readline() or b'{"error":"busy"}') for i, c in enumerate(crowd)
        if i < 24 or i >= 34]
    assert all(a.get("device") == "actuator1" for a in answers[:24])
    assert all(a.get("error") == "busy" for a in answers[24:]), answers[24:]
    for c in crowd:
        c.close()
    # who left makes room
    deadline = time.monotonic() + 5
    while json.loads(ask_once(path)).get("error") == "busy":
        assert time.monotonic() < deadline, "those who left are still counted"
    # half-closed: what was asked before is still answered
    half = call(path)
    half.sendall(b'{"ask":"status"}\n')
    half.shutdown(socket.SHUT_WR)
    assert b"kith/status/1" in half.makefile("rb").read()


if __name__ == "__main__":
    if sys.argv[1] == "schema":
        check_schema(sys.argv[2])
    elif sys.argv[1] == "gapless":
        check_gapless()
    else:
        check_hostile(sys.argv[2])
