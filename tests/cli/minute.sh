#!/bin/bash
# The first minute, as a person sees it: two peers on loopback, their lines to the letter.
. "$(dirname "$0")/lib"
inside "$@"

run act actuator1 --loopback
act=$peer
seen act '^\[actuator1\] Kith [0-9.]+ · network [0-9a-f]{4}-[0-9a-f]{2} · keys in ~/data/kith \(new\)$'
printf '{"temperature":%s}\n' 24.9 25.8 27.1 24.5 >"$tmp/rows.jsonl"
run sen sensor1 --loopback --dataset "$tmp/rows.jsonl" --every 0.3
sen=$peer
seen sen '^\[sensor1\] Kith [0-9.]+ · network [0-9a-f]{4}-[0-9a-f]{2} · keys in ~/data/kith$'
for line in 'Discovered new peer: actuator1 @ 127\.0\.0\.1:[0-9]+ \(actuator, .*, [0-9]+ ms\)' \
    'Connected to actuator1: TLS 1\.3, certificate verified, role actuator' \
    'Sent temperature 27\.1°C' 'STATE_UPDATE from actuator1: fan ON'; do
    seen sen "^\[sensor1\] $line\$"
done
for line in 'Discovered new peer: sensor1 @ 127\.0\.0\.1:[0-9]+ \(sensor, .*, [0-9]+ ms\)' \
    'Connected to sensor1: TLS 1\.3, certificate verified, role sensor' \
    'Received temperature from sensor1: 25\.8°C' 'State: idle → active' 'Action: Fan ON' \
    'State: active → idle' 'Action: Fan OFF'; do
    seen act "^\[actuator1\] $line\$"
done
seen sen.err 'the source has ended'
kill -INT $sen
ends $sen 0 "Ctrl-C ends the sensor with 0"
seen act '^\[actuator1\] Peer sensor1 left$'

"$KITH" sensor3 --loopback --dataset "$tmp/rows.jsonl" --every 0.05 >"$tmp/end" 2>&1 </dev/null &
peer=$!
seen end 'the source has ended'
[[ $(grep -B 1 'the source has ended' "$tmp/end") == *"temperature 24.5°C"* ]] &&
    ok "its last reading comes before its end" || fail "its end comes before its last reading"
kill $peer
ends $peer 0 "the sensor without rows left leaves"

run twin actuator1 --loopback
ends $peer 1 "the same device again does not start"
seen twin.err 'already running as process [0-9]+'
kill -TERM $act
ends $act 0 "SIGTERM ends the actuator with 0"

# again: what was, and what a configuration says
mkdir -p "$tmp/config/kith"
cat >"$tmp/config/kith/actuator1.yaml" <<'YAML'
loopback: true
rules:
  - name: warm
    when: temperature > 20
    then: window = open
    else: shut
YAML
KITH_JSON=1 run act actuator1
act=$peer
seen act.err '^\[actuator1\] Configured by ~/config/kith/actuator1\.yaml: 1 rule$'
run sen sensor1 --loopback --dataset "$tmp/rows.jsonl" --every 0.2 --quiet
sen=$peer
head -n 1 "$tmp/act" | grep -q '^{"event":"started",.*"schema":1' && ok "JSON begins with started" ||
    seen act '^{"event":"started"'
seen act '^{"event":"restored","time":[0-9]+,"device":"actuator1","records":[0-9]+}$'
seen act '"event":"action",.*"device":"actuator1","rule":"warm","type":"window","value":"open","changed":true'
seen act '"event":"reading",.*"device":"sensor1","epoch":[0-9]+,"seq":1,"type":"temperature","value":24.9'
seen sen '^\[sensor1\] STATE_UPDATE from actuator1: window open$'
grep -q 'Sent' "$tmp/sen" && fail "--quiet tells what was sent" || ok "--quiet tells changes only"
python3 -c 'import json,sys
for line in open(sys.argv[1]): json.loads(line)' "$tmp/act" && ok "every line is JSON" ||
    fail "a line is no JSON"
kill $act $sen
ends $act 0 "the actuator leaves"
ends $sen 0 "the sensor leaves"

# whoever reads the output may go away, or run out of room
"$KITH" sensor2 --loopback --every 0.05 2>/dev/null </dev/null | head -n 1 >/dev/null
codes=("${PIPESTATUS[@]}")
[[ ${codes[0]} == 0 ]] && ok "a peer whose reader goes away leaves" ||
    fail "a peer whose reader goes away ends with ${codes[0]}"
"$KITH" sensor2 --loopback --every 0.05 >/dev/full 2>"$tmp/full" </dev/null &
peer=$!
seen full 'standard output: No space left on device'
kill $peer
ends $peer 0 "a full disk ends no peer"
finish
