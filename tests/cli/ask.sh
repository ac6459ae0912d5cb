#!/bin/bash
# Asking running peers: status, get, watch, history, ping, wait; nobody there; a killed peer's
# socket; a hostile client. Every --json has exactly the members that ask.py lists.
. "$(dirname "$0")/lib"
inside "$@"

same() { # NAME [WHAT]: the last output is of this schema
    python3 "$(dirname "$0")/ask.py" schema "$1" <"$tmp/out" && ok "  schema of $1" || fail "schema of $1"
}
quiet() { # ARGUMENT...: ends with 0 and has nothing to say
    timeout 10 "$KITH" "$@" >"$tmp/out" 2>&1 </dev/null && [[ ! -s $tmp/out ]] && ok "kith $*" ||
        fail "kith $*: $(<"$tmp/out")"
}
socket=$tmp/run/kith

says 3 err '^no peer of yours runs here' -- status
says 3 err '^Next: kith controller1$' -- get sensor1/temperature
says 3 err '^sensor9 does not run here .*/sensor9.sock' -- watch --device sensor9
says 3 err '^Next: kith sensor9$' -- history a/b --device sensor9
says 5 err 'no peer of yours runs here to ask' -- wait sensor1 -W 0.2

# a peer that is yet to start is waited for
"$KITH" wait sensor1/temperature -W 10 --json >"$tmp/early" 2>&1 &
early=$!
printf '{"temperature":%s}\n' 20.5 21 21.5 30 >"$tmp/rows.jsonl"
run sen sensor1 --loopback --dataset "$tmp/rows.jsonl" --every 0.2 --loop
sen=$peer
ends $early 0 "a wait outlives the start of who is waited for"
run act actuator1 --loopback
act=$peer
says 0 out '"presence":"online"' -- wait actuator1 -W 5 --json
same wait
quiet wait actuator1/fan=on -W 5
quiet wait actuator1/fan=off -W 5
says 5 err '^actuator1/fan=purple: not within 0\.3 s \(asked actuator1\)\. Next: ' -- \
    wait actuator1/fan=purple -W 0.3
says 5 err '^sensor9: not within 0\.2 s' -- wait sensor9 -W 0.2

says 0 out '^actuator1 \(actuator\) · network [0-9a-f]{4}-[0-9a-f]{2} · state [0-9a-f]{8}$' -- status
says 0 out '^sensor1  sensor  online  heard [0-9]+ ms ago  127\.0\.0\.1:[0-9]+  [a-z -]+(  rtt 0 ms)?$' -- status
says 0 out '^alarms: 0 sessions lost, 0 for silence, 0 of them false; [0-9]+ late turns? of its own$' -- status
says 0 out '"device":"sensor1"' -- status --json --device sensor1
same status
says 0 out '"peers":\[\{"device":"sensor1"' -- status --json
same status

says 0 out '^sensor1/temperature  [0-9.]+°C  [0-9.]+ m?s ago$' -- get sensor1/temperature
says 0 out '^(20\.5|21|21\.5|30)$' -- get sensor1/temperature --format %v
says 0 out '^actuator1/fan  ' -- get
says 0 out '"topic":"sensor1/temperature"' -- get 'sensor1/*' --json --device actuator1
same record
says 1 err 'knows no such topic; did you mean sensor1/temperature\?$' -- get sensor1/temprature
grep -q '^Next: kith get --device sensor1' "$tmp/err" && ok "  and what next" || fail "no next command"
quiet get 'nothing*'

says 0 out 'Z  sensor1/temperature  ' -- watch 'sensor1/*' -n 3 -W 5
[[ $(wc -l <"$tmp/out") == 3 ]] && ok "  three values" || fail "not three values"
says 0 out '"topic":"actuator1/fan","value":"(on|off)"' -- watch actuator1/fan -n 2 -W 5 --json
same record
says 5 err '^[0-9]+ of 100 values within 0\.3 s' -- watch -n 100 -W 0.3
says 5 err '^0 of 1 values within 0\.2 s' -- watch 'nothing*' -W 0.2
says 0 out '^sensor1/temperature=[0-9.]+ Cel%$' -- watch sensor1/temperature -n 1 --format '%t=%v %u%%'

says 0 out 'Z  [0-9.]+°C' -- history sensor1/temperature
says 0 out '"seq":1,' -- history sensor1/temperature --json --device actuator1
same record
python3 "$(dirname "$0")/ask.py" gapless <"$tmp/out" && ok "  without gap or double" || fail "history"
says 0 out '^time,topic,value,unit,device,epoch,seq,sealed$' -- history sensor1/temperature --csv
quiet history sensor1/temperature --to 2020-01-01
says 0 out 'Z  ' -- history sensor1/temperature --from -1h --to 2100-01-01T00:00:00Z

says 0 out '^sensor1: [0-9.]+ ms \(from actuator1\)$' -- ping sensor1 -n 1
says 0 out '"rtt_ms":' -- ping actuator1 -n 1 --json
same ping
says 1 err 'knows no sensor9' -- ping sensor9
says 1 err '^actuator1 is who was asked' -- ping actuator1 --device actuator1

# usage
says 2 err '^--count 0: it is a whole number from 1$' -- watch -n 0
says 2 err '^--timeout soon: it is a span of time' -- wait sensor1 -W soon
says 2 err '^--format %q: behind % stands' -- get --format %q
says 2 err '^--from yesterday: it is a moment' -- history a/b --from yesterday
says 2 err '^--json, --csv and --format' -- history a/b --json --csv
says 2 err '^which topic' -- history
says 2 err '^sensor1: kith status takes options only; .* --device sensor1$' -- status sensor1
says 2 err '^--device \.\./x: a device name is' -- status --device ../x
says 2 err '^Sensor!: a device name is' -- ping 'Sensor!'
says 2 err '^a=b: what is waited for' -- wait a=b
KITH_DEVICE=sensor1 says 0 out '^sensor1 \(sensor\)' -- status
for verb in status get watch history ping wait; do
    says 0 out "^Usage: kith $verb" -- help $verb
done

python3 "$(dirname "$0")/ask.py" hostile "$socket/actuator1.sock" && ok "hostile clients harm nobody" ||
    fail "hostile clients"
says 0 out '^actuator1' -- status

# killed: its socket stays, is passed over, and is replaced
kill -9 $act
wait $act 2>/dev/null
[[ -S $socket/actuator1.sock ]] && ok "a killed peer leaves its socket" || fail "no socket is left"
says 3 err '^Next: kith actuator1, or --device sensor1, which runs$' -- status --device actuator1
says 0 out '^actuator1  actuator  offline  heard .* connection reset$' -- status
says 3 err '^actuator1 is offline: connection reset; wait for it: kith wait actuator1$' -- ping actuator1
run again actuator1 --loopback
act=$peer
says 0 out '"presence":"online"' -- wait actuator1 -W 5 --json --device sensor1
says 0 out '^actuator1 \(actuator\)' -- status --device actuator1
says 0 out '"seq":' -- history actuator1/fan --json --device actuator1
kill $sen $act
ends $act 0 "SIGTERM ends it with 0"
ends $sen 0 "and the sensor"
[[ -z $(ls "$socket") ]] && ok "and no socket is left" || fail "sockets are left: $(ls "$socket")"

# a path that no socket can have: the peer works, and says so
long=$tmp/$(printf 'x%.0s' {1..120})
run long sensor1 --loopback --state-dir "$long"
seen long.err 'a socket.s path at most 107'
seen long 'Kith '
says 3 err 'too long for a socket' -- status --state-dir "$long"
kill $peer
ends $peer 0 "a peer without a socket ends like others"
finish
