"""Two networks on one bridge: neither hears the other, each says so once and on its own side, and
what a stranger who calls gets is a TLS alert and nothing else.

Seen to fail: with a verification that looks at no certificate; with a foreign hello told every time
(ten times, not once)."""

import subprocess
import time

from lab import Lab, all_arrived, check_once_in_order, packets, poll, rows

lab = Lab()
ours, theirs = lab.home(), lab.home()
READ = ("--dataset", rows(ours, (i / 100 for i in range(10000))), "--every", "0.02")

def call_without_looking():
    """A stranger that takes any certificate, with one of its own network, with one it made up, and
    with none: TLS 1.3 lets it finish its side; what it then gets is an alert, and no byte more."""
    made_up = caller.home.path + "/made-up"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{made_up}.key", "-out",
                    f"{made_up}.crt", "-subj", f"/CN=sensor1/OU=sensor/O={network_id_of(ours)}"],
                   check=True, capture_output=True)
    theirs_own = caller.home.device("sensor8") + "/device"
    for who, files in ("theirs", theirs_own), ("made up", made_up), ("none", None):
        mark = actuator.mark()
        command = ["openssl", "s_client", "-connect", "%s:%d" % actuator.address(), "-tls1_3",
                   "-alpn", "kith/1", "-quiet", "-verify_quiet"]
        command += ["-cert", f"{files}.crt", "-key", f"{files}.key"] if files else []
        done = subprocess.run(command, input=b'{"type":"hello"}\n', capture_output=True, timeout=10,
                              preexec_fn=caller.host.enter)
        assert done.stdout == b"", f"said to a stranger: {done.stdout[:80]}"
        assert b"alert" in done.stderr, done.stderr
        poll(3, lambda m=mark: [e for e in actuator.events()[m:] if e["event"] == "refused"
                                and e["address"].startswith(caller.host.ip)], "a refusal told")
        lab.say(f"certificate {who}: {actuator.events('refused')[-1]['cause']}")


def network_id_of(home):
    text = subprocess.run(["openssl", "x509", "-noout", "-subject", "-in",
                           f"{home.path}/network/issuing.crt"], capture_output=True, text=True)
    return text.stdout.split("O = ")[1].split(",")[0].strip()


with lab.test():
    sensor = lab.host().peer("sensor1", ours.copy(), *READ)
    actuator = lab.host().peer("actuator1", ours.copy())
    wire = actuator.host.capture()
    actuator.wait("reading", device="sensor1", count=10)
    strangers = [lab.host().peer("sensor9", theirs.copy(), "--every", "0.05"),
                 lab.host().peer("actuator9", theirs.copy())]
    # one that calls us, whatever the datagrams say
    caller = lab.host().peer("sensor8", theirs.copy(), "--every", "0.05",
                             "--peer", "%s:%d" % actuator.address())
    everybody = {p: ("sensor9", "actuator9", "sensor8") for p in (sensor, actuator)}
    everybody |= {p: ("sensor1", "actuator1") for p in (*strangers, caller)}

    strangers[1].wait("reading", device="sensor9", count=40)    # theirs works as well
    refused = actuator.wait("refused", seconds=5)
    lab.say(f"a stranger who calls: {refused}")
    time.sleep(4)                                               # several rounds of hellos
    for peer, others in everybody.items():
        foreign = peer.events("foreign")
        assert len(foreign) == 1, f"{peer.name} told of another network {len(foreign)} times"
        assert foreign[0]["device"] in others and len(foreign[0]["network"]) == 16
        heard = [e for e in peer.events() if e["device"] in others
                 and e["event"] not in ("foreign", "refused")]
        assert not heard, f"{peer.name} heard a stranger: {heard[0]}"
    causes = {e["cause"] for e in actuator.events("refused")}
    assert all("network" in c or "certificate" in c for c in causes), causes

    # not one datagram from the actuator to a stranger's address
    far = {p.host.ip for p in (*strangers, caller)}
    told = [p for p in packets(wire) if p.source == actuator.host.ip and p.destination in far]
    datagrams = [p.data for p in told if p.protocol == 17]
    assert not datagrams, f"answered a stranger: {datagrams[0][:80]}"
    assert [p for p in told if p.flags & 0x12 == 0x12], "nobody called"
    call_without_looking()
    all_arrived(sensor, actuator)
    check_once_in_order(sensor, actuator, 100)
    assert not actuator.events("lost")
