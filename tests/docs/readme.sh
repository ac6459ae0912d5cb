#!/bin/bash
# README.md, read as a script: every line of an sh fence is run here, in the README's order, and
# what a text fence shows is what the command before it printed, times aside. A line that is not in the table
# below fails, so that no command stands there unseen. `make demo` has its own test (demo.sh);
# `make test` is what runs this.
. "$(dirname "$0")/../cli/lib"
inside "$@"
root=$(realpath "$(dirname "$0")/../..")
readme=$root/README.md
unset XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME XDG_RUNTIME_DIR
export MAKEFLAGS= MAKELEVEL=
mkdir -p "$tmp"/{bin,work,tree}
ln -s "$KITH" "$tmp/bin/kith"
printf '%s\n' '#!/bin/sh' "mkdir -p $tmp/other && cd $tmp/other && shift && exec \"\$@\"" >"$tmp/bin/ssh"
printf '%s\n' '#!/bin/sh' "exec cp \"\$1\" \"\$2\" \"$tmp/other/\${3#other-machine:}\"" >"$tmp/bin/scp"
chmod +x "$tmp/bin"/s*
ln -s "$root"/{Makefile,CMakeLists.txt,scripts,tools} "$(dirname "$KITH")" "$tmp/tree"
[[ -e $tmp/tree/build ]] || mv "$tmp/tree/$(basename "$(dirname "$KITH")")" "$tmp/tree/build"
PATH=$tmp/bin:$PATH:/usr/sbin:/sbin
cd "$tmp/work" || exit 1

target() { # NAME: make knows it
    make -C "$tmp/tree" -n "$1" >"$tmp/out" 2>"$tmp/err" && ok "make $1" || fail "make $1: $(cat "$tmp/err")"
}

install_it() {
    make -C "$tmp/tree" -n install | grep -q 'cmake --build build' && ok "make install builds" ||
        fail "make install does not build"
    make -C "$tmp/tree" -o build install PREFIX="$HOME/.local" >"$tmp/out" 2>&1 || cat "$tmp/out"
    "$HOME/.local/bin/kith" version >/dev/null && ok "make install" || fail "make install"
    make -C "$tmp/tree" -o build install PREFIX="../a place" >"$tmp/out" 2>&1 || cat "$tmp/out"
    "$tmp/a place/bin/kith" version >/dev/null && ok "and to a place with a blank" ||
        fail "make install to a place with a blank"
    grep -q "export PATH=\"$tmp/a place/bin:" "$tmp/out" && ok "and tells its path" ||
        fail "make install tells no path: $(<"$tmp/out")"
    make -C "$tmp/tree" uninstall PREFIX="../a place" >"$tmp/out" 2>&1 || cat "$tmp/out"
    [[ ! -e "$tmp/a place/bin/kith" && -x $HOME/.local/bin/kith ]] && ok "make uninstall" ||
        fail "make uninstall: $(<"$tmp/out")"
}

examples() {
    target examples
    cmake --build "$tmp/tree/build" --target examples -- -n >"$tmp/out" 2>&1 && ok "it is a target" ||
        fail "make examples: $(cat "$tmp/out")"
}

peer() { # COMMAND: one that runs until it is ended; its output goes to a file of its device's name
    read -r _ device _ <<<"$1"
    : >"$tmp/$device" # what an earlier one said is not looked at
    bash -c "exec $1" >"$tmp/$device" 2>"$tmp/$device.err" </dev/null &
    peers+=($!)
}

stop() { # all peers, and each leaves with 0
    local one
    kill "${peers[@]}"
    for one in "${peers[@]}"; do
        wait "$one" || fail "a peer ends with $?: $(cat "$tmp"/*.err)"
    done
    peers=()
}

ask() { # COMMAND: one that ends by itself
    bash -c "$1" >"$tmp/out" 2>"$tmp/err" </dev/null && ok "$1" || fail "$1: $(cat "$tmp/err")"
}

why() { # COMMAND: gives one decision, and among the last ones stands what the README shows
    ask "$1"
    [[ $(grep -c '^20' "$tmp/out") == 1 ]] && ok "one decision" || fail "no decision: $(<"$tmp/out")"
    ask "${1/-n 1/-n 5}"
    among=yes
}

alone() { # COMMAND: in 30 s, with nobody there; the answer is looked at in the end
    mkdir "$tmp/alone"
    HOME=$tmp/alone unshare --net bash -c "ip link set lo up; $1" \
        >"$tmp/alone/out" 2>"$tmp/alone/err" </dev/null &
    waits=$!
    stop
    peer 'kith controller1 --loopback'
    bash -c "$1" >"$tmp/out" 2>"$tmp/err" </dev/null
    local status=$?
    [[ $status == 0 ]] && ok "$1, with a controller" || fail "$1, with a controller: ends with $status"
    [[ $(jq -r 'select(.event == "sent" or .event == "acknowledged") | .event' "$tmp/out" |
        sort | uniq -c | tr -s ' \n' ' ') == *"3 sent"* ]] && ok "three were sent" ||
        fail "not three were sent: $(cat "$tmp/out")"
}

declare -A how=(
    ["make demo"]="target demo"
    ["make test"]="target test"
    ["make install"]=install_it
    ["make examples"]=examples
    ["kith sensor1"]=peer
    ["kith actuator1"]=peer
    ["kith dataset home --rows 3 --seed 1 --csv"]=ask
    ["kith check fan.yaml"]=ask
    ["kith set actuator1/fan on --for 10m"]=ask
    ["kith set actuator1/fan auto"]=ask
    ["kith why actuator1 -n 1"]=why
    ["kith command actuator1/beep"]=ask
    ["kith sensor1 --loopback --count 3 --every 0.1 --json --exit"]=alone
)

perform() { # COMMAND
    local by=${how[$1]:-}
    [[ -n $by ]] || { fail "README.md: nothing here runs: $1"; return; }
    among=
    [[ $by == target* ]] && $by || $by "$1"
    ran=$((ran + 1))
}

timeless() { # FILE: without what is another each time; an acknowledgement may come too late to be told
    sed -E 's/^20[0-9-]+T[0-9:.]+Z/TIME/; s/(after|within) [0-9]+ ms/after N ms/; /^acknowledged /d' "$1"
}

shows() { # what the last command printed is what the fence shows
    timeless "$tmp/fence" >"$tmp/wanted"
    timeless "$tmp/out" >"$tmp/printed"
    [[ -n $among ]] && grep -xFf "$tmp/wanted" "$tmp/printed" >"$tmp/found" && mv "$tmp/found" "$tmp/printed"
    diff "$tmp/wanted" "$tmp/printed" && ok "and it prints that" || fail "README.md shows otherwise"
}

fence() { # KIND: what the fence in $tmp/fence is for
    local line
    case $1 in
    sh) while read -r line <&3; do perform "$line"; done 3<"$tmp/fence" ;;
    text) shows ;;
    yaml) cp "$tmp/fence" "$(sed -n '1s/^# //p' "$tmp/fence")" ;;
    console) while read -r line <&3; do ask "${line#'$ '}"; done 3<"$tmp/fence" ;;
    *) fail "README.md: a fence of kind '$1'" ;;
    esac
}

peers=() ran=0 kind= among=
while IFS= read -r line <&4; do
    if [[ $line != '```'* ]]; then
        [[ -z $kind ]] || printf '%s\n' "$line" >>"$tmp/fence"
    elif [[ -z $kind ]]; then
        kind=${line#'```'}
        : >"$tmp/fence"
    else
        fence "$kind"
        kind=
    fi
    [[ $line == *'prints mean, least and greatest'* ]] && peer 'kith controller1'
    [[ $line == '| `kith '* && ! -s $tmp/met ]] && {
        seen sensor1 '^\[sensor1\] Connected to actuator1: TLS 1\.3'
        seen actuator1 '^\[actuator1\] Action: Fan (ON|OFF)$'
        seen controller1 '^\[controller1\] Temperature: mean .*, min .*, max ' 12
        echo met >"$tmp/met"
    }
done 4<"$readme"
[[ $ran == "${#how[@]}" ]] && ok "$ran commands" || fail "$ran commands run, of ${#how[@]} known"
stop

# The other machine, a folder: ssh and scp above have copied the network to it.
peer 'kith actuator1'
HOME=$tmp/other peer 'kith sensor4'
seen sensor4 '^\[sensor4\] Connected to actuator1: TLS 1\.3'
stop

# A device that was made here goes to a machine that must not make others.
mkdir -p there/{network,devices}
cp -p ~/.local/share/kith/network/{root.crt,issuing.crt,discovery.key} there/network
cp -rp ~/.local/share/kith/devices/sensor1 there/devices
peer 'kith actuator1'
peer 'kith sensor1 --state-dir there'
seen sensor1 '^\[sensor1\] Connected to actuator1: TLS 1\.3'
says 1 err 'issuing' -- sensor7 --state-dir there
stop

# What stands in a line: each, beside a controller, starts and runs, or ends well.
printf '%s\n' temperature 21.5 25.5 >room.csv
printf '%s\n' 'import time' 'while True:' '    print("{\"type\":\"temperature\",\"value\":24.5}")' \
    '    time.sleep(0.2)' >my_sensor.py
printf '#!/bin/sh\nexec python3 -u %s/my_sensor.py\n' "$PWD" >"$tmp/bin/my_program"
chmod +x "$tmp/bin/my_program"
grep -v '^Not there yet' "$readme" | grep -o '`[^`]*kith [^`]*`' | tr -d '`\\' | sort -u >"$tmp/spans"
beside() { # COMMAND
    ip link set lo up
    kith controller7 >controller7 2>&1 </dev/null &
    until [[ -s controller7 ]]; do read -rt 0.05 <> <(:); done
    if [[ $1 =~ ^kith\ (status|get|watch|history|ping|wait|why) ]]; then # who is asked, and whom it is asked about
        kith actuator1 >actuator1 2>&1 </dev/null &
        kith sensor1 --seed 4 --every 0.2 >sensor1 2>&1 </dev/null &
        until kith get actuator1/fan >fan 2>&1; do read -rt 0.05 <> <(:); done
    fi
    timeout 4 bash -c "$1"
}
export -f beside
space=0
while read -r line; do
    [[ $line =~ ^kith\ (dataset|set|why)$ ]] && continue # a verb's name; what it does is run above
    space=$((space + 1))
    {
        cp -r "$tmp/work" "$tmp/$space"
        cd "$tmp/$space" || exit 1
        HOME=$tmp/$space unshare --net --pid --fork --kill-child bash -c 'beside "$1"' - "$line" \
            >"$tmp/$space/out" 2>"$tmp/$space/err" </dev/null
        code=$?
        expected=.
        [[ $line == *'kith sensor1'* ]] && expected='^\[sensor1\] (Stored|Sent) temperature [0-9.]+°C'
        [[ $line == 'kith wait'* ]] && echo "wait says nothing" >>"$tmp/$space/out"
        [[ $code == 0 || $code == 124 ]] && grep -Eq "$expected" "$tmp/$space/out" && ok "$line" >"$tmp/$space/told" ||
            echo "FAIL  $line: ends with $code: $(cat "$tmp/$space/err")" >"$tmp/$space/told"
    } &
done <"$tmp/spans"
"$KITH" help run >"$tmp/options"
for verb in dataset status get watch history set command why ping wait; do
    "$KITH" help "$verb" >>"$tmp/options"
done
for option in $(grep -v -- '--network host' "$readme" | grep -o -- '`[^`]*`' | grep -oE -- '--[a-z-]+' | sort -u); do
    grep -qE -- "^ +$option( |\$)" "$tmp/options" || fail "README.md: kith has no $option"
done

wait "$waits"
code=$?
[[ $code == 5 ]] && ok "alone, it leaves with 5" || fail "alone, it ends with $code, not 5"
wait
cat "$tmp"/[0-9]*/told
grep -q '^FAIL' "$tmp"/[0-9]*/told && failed=1
((space >= 8)) || fail "only $space commands in lines"
finish
