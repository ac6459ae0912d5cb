#!/bin/bash
# make demo: the fan switches within ten seconds; its own end and Ctrl-C leave nothing behind.
. "$(dirname "$0")/../cli/lib"
inside "$@"
root=$(realpath "$(dirname "$0")/../..")

# The tree as it is, but with a program of another path, so that what it leaves can be told.
mkdir -p "$tmp"/{tree/build,left}
ln -s "$root"/{Makefile,scripts,tools} "$tmp/tree"
cp "$KITH" "$tmp/tree/build/kith"
export TMPDIR=$tmp/left MAKEFLAGS= MAKELEVEL=
cd "$tmp/tree" || exit 1

demo() { # FILE [VARIABLE=VALUE]: in a process group of its own, as a terminal would start it
    set -m
    env "${@:2}" make -o deps -o build demo >"$tmp/$1" 2>"$tmp/$1.err" </dev/null &
    demo=$!
    set +m
}

clean() { # HOW
    local exe running=0
    for exe in /proc/[0-9]*/exe; do
        [[ $(readlink "$exe") == "$tmp/tree/build/kith"* ]] && running=$((running + 1))
    done
    [[ $running == 0 ]] && ok "$1 ends every peer" || fail "$1 leaves $running peers"
    [[ -z $(ls -A "$TMPDIR") ]] && ok "$1 leaves no file" || fail "$1 leaves $(ls -A "$TMPDIR")"
    grep -q '^Stopped; nothing is left behind\.$' "$tmp/$2" && ok "$1 says so" ||
        fail "$1 does not say that it stopped"
}

started=$SECONDS
demo first DEMO_SECONDS=12
seen first '^\[actuator1\] Action: Fan (ON|OFF)$' 10
before=$(grep -m 1 -o 'Action: Fan .*' "$tmp/first")
[[ $before == *ON ]] && other=OFF || other=ON
seen first "^\[actuator1\] Action: Fan $other\$" 10
took=$((SECONDS - started))
((took <= 10)) && ok "the fan switches within ten seconds" || fail "it took $took seconds"
seen first '^\[controller1\] Temperature: mean ' 10
ends $demo 0 "DEMO_SECONDS ends it"
clean "DEMO_SECONDS" first
grep -v 'Configured by .*fan\.yaml: 1 rule$' "$tmp/first.err" && fail "something went wrong" ||
    ok "nothing went wrong"

demo second
seen second '^\[sensor1\] Sent ' 10
kill -INT -- -$demo
wait $demo
clean "Ctrl-C" second
for device in sensor1 actuator1 controller1; do
    grep -q "^\[$device\] Stopped\$" "$tmp/second" && ok "$device said goodbye" ||
        fail "$device was stopped before its goodbye"
done
finish
