#!/bin/bash
# scripts/picture makes a picture of what a person sees, and the README's is one of that kind: both
# terminals from the command on, every line in words that kith says today.
. "$(dirname "$0")/../cli/lib"
command -v tmux >/dev/null || { echo "skipped: no tmux here"; exit 77; }
inside "$@"
root=$(realpath "$(dirname "$0")/../..")
unset XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME XDG_RUNTIME_DIR TMUX

lines() { # FILE: what it shows, without what differs each time
    sed -n 's/^<text [^>]*>\(.*\)<\/text>$/\1/p' "$1" |
        sed -E 's/network [0-9a-f]{4}-[0-9a-f]{2}/network N/; s/127\.0\.0\.1:[0-9]+/ADDRESS/
            s/\((sensor|actuator), by [a-z ]+, [0-9.]+ m?s\)/(\1)/' | sort -u
}

"$root/scripts/picture" "$KITH" "$tmp/now.svg" >"$tmp/out" 2>&1 || fail "scripts/picture: $(<"$tmp/out")"
python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$tmp/now.svg" &&
    ok "it is XML" || fail "it is no XML"
lines "$tmp/now.svg" >"$tmp/now"
lines "$root/docs/first-minute.svg" >"$tmp/then"
for line in '$ kith sensor1 --loopback --seed 4 --every 3' '$ kith actuator1 --loopback' \
    '[actuator1] Action: Fan ON' '[actuator1] Action: Fan OFF' '[sensor1] STATE_UPDATE from actuator1: fan OFF'; do
    grep -qxF "$line" "$tmp/now" && ok "it shows: $line" || fail "it does not show: $line"
done
diff "$tmp/then" "$tmp/now" && ok "the README's picture is of today" ||
    fail "docs/first-minute.svg shows otherwise; make it again: scripts/picture"
finish
