#!/bin/bash
# "When it does not work" in README.md: each message that it quotes is provoked, and is what the
# program prints; each row of its table is provoked here. Every trouble has a network namespace and
# a state folder of its own, and all of them happen at the same time.
. "$(dirname "$0")/../cli/lib"
inside "$@"
readme=$(realpath "$(dirname "$0")/../../README.md")
PATH=$PATH:/usr/sbin:/sbin
export PYTHONDONTWRITEBYTECODE=1

# The quotes, one a row; `-` where the row describes what is not said.
awk '/^## /{ in_it = /When it does not work/ } in_it && /^\| / && !/^\| (---|you see)/' "$readme" |
    sed -E 's/^\| `([^`]*)`.*/\1/; t; s/.*/-/' >"$tmp/rows"

kith() { "$KITH" "$@" </dev/null; }

# behind FILE ARGUMENT...: a peer in the namespace of the trouble, ended with it
behind() {
    local file=$1
    shift
    "$KITH" "$@" >"$tmp/$file" 2>&1 </dev/null &
    ends+=($!)
}

hold_port() { # port 50000, shared with nobody
    python3 - <<'PYTHON' &
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 50000))
time.sleep(60)
PYTHON
    ends+=($!)
    until ss -lun | grep -q ':50000 '; do read -rt 0.05 <> <(:); done
}

datagram() { # TEXT: as a plain peer's, until it was seen
    python3 - "$1" <<'PYTHON'
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
s.sendto(sys.argv[1].encode(), ("127.255.255.255", 50000))
PYTHON
}

nobody() {
    behind nobody sensor1 --state-dir "$tmp/a"
    seen nobody '^\[sensor1\] Nobody found in 10 s' 20
}

foreign() {
    behind foreign sensor1 --state-dir "$tmp/b"
    behind foreign2 actuator1 --state-dir "$tmp/c"
    seen foreign '^\[sensor1\] actuator1 @ .* belongs to another network' 10
    seen foreign2 '^\[actuator1\] sensor1 @ .* belongs to another network' 10
}

taken() {
    hold_port
    kith sensor1 --state-dir "$tmp/d" >"$tmp/taken" 2>&1
    [[ $? == 1 ]] && ok "a taken port ends it with 1" || fail "a taken port does not end it with 1"
}

ports() {
    behind ports1 sensor1 --state-dir "$tmp/e" --port 47001
    behind ports2 actuator1 --state-dir "$tmp/e" --port 47002
    seen ports1 'Nobody found in 10 s' 20
    grep -q 'actuator1 @' "$tmp/ports1" && fail "two ports meet" || ok "two ports do not meet"
    grep -q 'sensor1 @' "$tmp/ports2" && fail "two ports meet" || ok "nor the other way"
}

running() {
    behind first sensor1 --state-dir "$tmp/f"
    seen first '^\[sensor1\] Kith '
    kith sensor1 --state-dir "$tmp/f" >"$tmp/running" 2>&1
    [[ $? == 1 ]] && ok "a second one ends with 1" || fail "a second one does not end with 1"
    grep -q 'kith sensor2$' "$tmp/running" && ok "and names sensor2" || fail "and names no other"
}

plain() {
    behind plain actuator1 --state-dir "$tmp/g" --plain
    seen plain 'Broadcasted HELLO'
    datagram hello
    seen plain 'Malformed datagram from 127\.0\.0\.1:[0-9]+: .*: hello$'
    datagram "$(grep -o '{"type":"temperature","device":"x","value":24.8}' "$readme" | head -n 1)"
    seen plain '^\[actuator1\] Received temperature from x: 24\.8°C$'
}

twin() {
    behind twin actuator1 --state-dir "$tmp/h"
    seen twin '^\[actuator1\] Kith '
    mkdir "$tmp/i"
    cp -rp "$tmp/h/network" "$tmp/i"
    behind twin1 sensor1 --state-dir "$tmp/h"
    seen twin '^\[actuator1\] Connected to sensor1' 10
    behind twin2 sensor1 --state-dir "$tmp/i"
    seen twin '^\[actuator1\] Refused sensor1' 10
}

full() {
    mkdir "$tmp"/{j,k}
    mount -t tmpfs -o size=2m none "$tmp/j" 2>/dev/null ||
        { echo "skipped: no disk can be made small here"; cp "$tmp/rows" "$tmp/full"; return; }
    behind full actuator1 --state-dir "$tmp/j"
    seen full '^\[actuator1\] Kith '
    cp -rp "$tmp/j/network" "$tmp/k"
    head -c 4m /dev/zero >"$tmp/j/ballast" 2>/dev/null
    behind writer sensor1 --state-dir "$tmp/k" --every 0.2
    seen full '^\[actuator1\] Storing failed' 10
    rm "$tmp/j/ballast"
    seen full '^\[actuator1\] Storing works again$' 10
}

trouble() { # NAME: alone in its namespace, then ended; what it tells goes to a file
    local ends=() status
    failed=0
    "$1"
    kill "${ends[@]}" 2>/dev/null
    wait
    return $failed
}

if [[ -n ${TROUBLE:-} ]]; then
    rm -rf "$tmp"
    trap - EXIT
    tmp=$SHARED
    ip link set lo up
    trouble "$TROUBLE"
    exit
fi

# FILE of what was printed, for each row in the README's order
files=(nobody foreign taken - running plain twin full)
names=(nobody foreign taken ports running plain twin full)
jobs=()
for name in "${names[@]}"; do
    TROUBLE=$name SHARED=$tmp unshare --net --mount "$0" >"$tmp/$name.told" 2>&1 &
    jobs+=($!)
done
for i in "${!names[@]}"; do
    wait "${jobs[$i]}" || failed=1
    cat "$tmp/${names[$i]}.told"
done

mapfile -t rows <"$tmp/rows"
[[ ${#rows[@]} == "${#files[@]}" ]] && ok "${#rows[@]} rows" ||
    fail "README.md has ${#rows[@]} rows, ${#files[@]} are provoked"
for i in "${!rows[@]}"; do
    [[ ${rows[$i]} == - && ${files[$i]} == - ]] && continue
    pattern=$(sed -E 's/[][\\.*^$+?(){}|]/\\&/g; s/\\\.\\\.\\\./.*/g; s/^\.\*//; s/\.\*$//' <<<"${rows[$i]}")
    grep -Eq -- "$pattern" "$tmp/${files[$i]}" && ok "it says: ${rows[$i]}" ||
        fail "README.md quotes what is not said: ${rows[$i]}"
done
finish
