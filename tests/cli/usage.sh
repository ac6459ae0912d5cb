#!/bin/bash
# A wrong command line ends with 2, says what is wrong, and what to type next. Nothing is started.
. "$(dirname "$0")/lib"

wrong() { # PATTERN ARGUMENT...
    local pattern=$1
    shift
    says 2 err "$pattern" -- "$@"
    grep -q '^Next: kith help run$' "$tmp/err" || fail "kith $*: no next command"
}

wrong '^bad name!: a device name is .*; try: kith bad-name$' 'bad name!'
wrong '^kitchen: its name does not say what it is .* kith kitchen --role sensor$' kitchen
wrong '^which device\?' run
wrong '^--datset: no such option; did you mean --dataset\?$' sensor1 --datset a.csv
wrong '^--dataset needs a value: --dataset FILE$' sensor1 --dataset
wrong '^--dataset needs a value: --dataset FILE, but --loop follows$' sensor1 --dataset --loop
wrong '^--dataset a\.csv and --exec b: a peer has one source' sensor1 --dataset a.csv --exec b
wrong '^--role sensr: .* did you mean sensor\?$' kitchen --role sensr
wrong '^--port 70000: a port is 1 to 65535$' sensor1 --port 70000
wrong '^--every 1,5: ' sensor1 --every 1,5
wrong '^--peer 10\.0\.0\.1: it is a host and a port' sensor1 --peer 10.0.0.1
wrong '^--listen here: it is an IPv4 address' sensor1 --listen here
wrong '^sensor2: one device is enough, and sensor1 is there$' sensor1 sensor2
wrong '^--plain takes no value$' sensor1 --plain=1
wrong '^--exit leaves at the end' sensor1 --exit
wrong '^--every: actuator1 reads nothing' actuator1 --every 1
KITH_PORT=70000 wrong '^KITH_PORT=70000: a port is 1 to 65535$' sensor1
KITH_LOOPBACK=perhaps wrong '^KITH_LOOPBACK=perhaps: a switch is 1 or 0$' sensor1
wrong '^-x: no such option$' sensor1 -x
wrong '\\x1b\[2J: a device name is' $'\e[2J'

# two mistakes, both told
wrong '^--port 0: ' sensor1 --port 0 --count x
grep -q '^--count x: ' "$tmp/err" && ok "and --count x" || fail "but not --count x"

# every option of the help is an option, and every one has its variable
options=$("$KITH" help run | sed -n 's/^  --\([a-z-]*\).*/\1/p')
[[ $(wc -l <<<"$options") -ge 26 ]] && ok "26 options at least" || fail "options are missing"
for option in $options; do
    variable=KITH_$(tr a-z- A-Z_ <<<"$option")
    env "$variable=" "$KITH" sensor1 "--$option" 2>"$tmp/err" --port 0 </dev/null >/dev/null
    grep -Eq "^--$option: no such option" "$tmp/err" && fail "--$option is no option"
    env "$variable=?" "$KITH" 'no name' 2>"$tmp/err" </dev/null >/dev/null
    [[ $? == 2 ]] || fail "$variable starts something"
done
ok "each is known"
[[ -z $(ls -A "$tmp/data") ]] && ok "nothing was started" || fail "something was started"
finish
