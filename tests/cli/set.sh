#!/bin/bash
# set, command and why: with no controller and with one, every outcome and exit status, what a person
# reads, and every --json with exactly the members that ask.py lists.
. "$(dirname "$0")/lib"
inside "$@"

same() { # NAME: the last output is of this schema
    python3 "$(dirname "$0")/ask.py" schema "$1" <"$tmp/out" && ok "  schema of $1" || fail "schema of $1"
}
also() { # FILE PATTERN: the last command said this, too
    grep -Eq -- "$2" "$tmp/$1" && ok "  $2" || { fail "no line in std$1 like: $2"; sed 's/^/        /' "$tmp/$1"; }
}
beeps() { # COUNT: the script has run so often
    local count
    count=$(wc -l <"$tmp/beeps")
    [[ $count == "$1" ]] && ok "  carried out $1 times" || fail "carried out $count times, not $1"
}

says 3 err '^Next: kith actuator1, if it does not run' -- set actuator1/fan on -W 0.3
says 3 err '^cli-[0-9a-f]+ knows no actuator1' -- command actuator1/beep -W 0.3
says 3 out '"outcome":"unreachable","cause":"cli-[0-9a-f]+ knows no actuator1' -- set actuator1/fan on -W 0.3 --json
same set
also out '"sent_ms":null,"acknowledged_ms":null,"confirmed_ms":null'
says 3 out '"value":null,"outcome":"refused","cause":"cli-[0-9a-f]+ knows no actuator1' -- command actuator1/beep -W 0.3 --json
same command
says 2 err '^what shall actuator1/fan be\? kith set actuator1/fan on$' -- set actuator1/fan
says 2 err '^actuator1: what is meant is DEVICE/PROPERTY: actuator1/fan$' -- set actuator1 on
says 2 err '^fan: what is meant is DEVICE/PROPERTY' -- command fan
says 2 err '^Sensor!: a device name is' -- why 'Sensor!'
says 2 err '^--for never' -- set actuator1/fan on --for never

touch "$tmp/beeps"
printf '{"temperature":%s}\n' 24 24.5 >"$tmp/rows.jsonl"
run sen sensor1 --loopback --dataset "$tmp/rows.jsonl" --every 0.2 --loop
sen=$peer
run act actuator1 --loopback --json --on-command "case \$KITH_PROPERTY in
    beep) echo \"\$KITH_DEVICE \$KITH_VALUE\" >>'$tmp/beeps' ;;
    *) exit 3 ;;
    esac"
act=$peer
says 0 out '"topic":"actuator1/fan","value":"off"' -- wait actuator1/fan=off -W 10 --json

# no controller runs: the person is one for as long as it takes
says 0 out '"outcome":"confirmed","cause":"","sent_ms":0' -- set actuator1/fan on --json
same set
also out '"acknowledged_ms":[0-9]+,"confirmed_ms":[0-9]+'
says 0 out '"value":"on"' -- get actuator1/fan --json
seen act '"event":"held",.*"value":"off"'
says 0 out '^  ✓ fan set by cli-[0-9a-f]+, until auto: on$' -- why actuator1
also out '  ✗ any \*/temperature > 25 Cel: 24'
also out 'Z  set of cli-[0-9a-f]+: fan on$'
says 0 out '"rule":"cool","by":null,"time":[0-9]+,"fired":true,"action":"fan off"' -- why actuator1 --json
same decision
also out '"fired":false,"action":null,"conditions":\[\{"text":"any \*/temperature > 25 Cel","value":24(\.5)?,"holds":false'
also out '"rule":"set","by":"cli-[0-9a-f]+","time":[0-9]+,"fired":true,"action":"fan on","conditions":\[\{"text":"fan set by'
says 0 out '^confirmed after [0-9]+ ms: rules decide again$|^confirmed within 1 ms: rules' -- set actuator1/fan auto
says 0 out '"value":"off"' -- wait actuator1/fan=off -W 5 --json
says 0 out '"outcome":"done","cause":"","ms":[0-9]+' -- command actuator1/beep --json
same command
beeps 1

# with a controller that runs
run con controller1 --loopback
con=$peer
says 0 out '"presence":"online"' -- wait actuator1 -W 10 --json --device controller1
says 0 out '^sent actuator1/fan = on \(by controller1\)$' -- set actuator1/fan on --for 90s
also out '^acknowledged actuator1/fan = on after [0-9]+ ms: it is on the device.s disk$'
also out '^confirmed (after [0-9]+ ms|within 1 ms); it holds against rules for 1m30s$'
says 0 out 'fan set by controller1, for 1m(2[0-9]|30)s: on$' -- why actuator1 -n 100
says 0 out '^done$' -- command actuator1/beep loud --device controller1
also out '^started$'
[[ $(tail -n 1 "$tmp/beeps") == "actuator1 loud" ]] && ok "  with its value" || fail "no value: $(<"$tmp/beeps")"
says 4 err '^actuator1/open: refused' -- command actuator1/open --device controller1
says 4 out '"outcome":"refused"' -- command actuator1/open --device controller1 --json
same command
says 4 err '^actuator1/fan: refused: it is a state; kith set is for that' -- command actuator1/fan on --device controller1
says 4 err '^sensor1/temperature: refused: only actuators' -- set sensor1/temperature 3 --device controller1
says 3 err 'knows no actuator9; did you mean actuator1\?' -- set actuator9/fan on --device controller1
says 3 out '"outcome":"unreachable","cause":"controller1 knows no actuator9' -- set actuator9/fan on --json --device controller1
same set
says 4 err '^sensor1 is no controller' -- set actuator1/fan on --device sensor1
says 4 out '"outcome":"refused","cause":"sensor1 is no controller' -- set actuator1/fan on --json --device sensor1
same set
says 0 out '"value":"done"' -- get actuator1/beep --json

# a wish outlives a kill of who carries it out
kill -9 $act
wait $act 2>/dev/null
says 3 err "^actuator1/fan: the device can't be reached: connection reset\\. It will be so" -- set actuator1/fan on --for 60s -W 1 --device controller1
says 3 out '"outcome":"unreachable","cause":"connection reset","sent_ms":0,"acknowledged_ms":null,"confirmed_ms":null' -- set actuator1/fan on --for 60s -W 1 --json --device controller1
same set
says 4 err "^actuator1/beep: refused: it can't be reached, and a command does not wait" -- command actuator1/beep --device controller1
run again actuator1 --loopback --json --on-command "echo x >>'$tmp/beeps'"
act=$peer
says 0 out '"value":"on"' -- wait actuator1/fan=on -W 10 --json --device controller1
beeps 2

# who does not answer in time
says 0 out '"presence":"online"' -- wait actuator1 -W 10 --json --device controller1
kill -STOP $act
says 5 err '^actuator1/fan: not even acknowledged in time\. It stays wanted' -- set actuator1/fan off -W 0.5 --device controller1
kill -CONT $act
says 0 out '"value":"off"' -- wait actuator1/fan=off -W 10 --json --device controller1
says 0 out '"presence":"online"' -- wait actuator1 -W 10 --json --device controller1
says 0 out '^actuator1: ' -- ping actuator1 -n 1 --device controller1
kill -STOP $act
(timeout 20 "$KITH" command actuator1/beep -W 0.5 --json --device controller1 >"$tmp/late" 2>&1; echo $? >"$tmp/late.status") &
late=$!
read -rt 1 <> <(:) # nothing tells that half a second is over
kill -CONT $act
wait $late
[[ $(<"$tmp/late.status") == 5 ]] && grep -q '"outcome":"expired"' "$tmp/late" &&
    ok "a command that comes late is not carried out" || fail "late: $(<"$tmp/late")"
beeps 2

kill $act $sen $con
ends $act 0 "SIGTERM ends the actuator with 0"
ends $sen 0 "and the sensor"
ends $con 0 "and the controller"
finish
