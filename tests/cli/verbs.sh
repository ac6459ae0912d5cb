#!/bin/bash
# The verbs that need no network: what they print, where, and how they end.
. "$(dirname "$0")/lib"

says 0 out '^Type this in one terminal: +kith sensor1$' --
says 0 out '^kith run DEVICE ' -- help
says 0 out '^kith run DEVICE ' -- --help
says 0 out '^  --dataset FILE ' -- help run
says 0 out '^  --dataset FILE ' -- run --help
says 0 out '^  --dataset FILE ' -- sensor1 -h
says 0 out 'hysteresis: 0.5' -- help config
says 0 out '^kith [0-9]+\.[0-9]+\.[0-9]+$' -- version
says 0 out '^kith [0-9]+\.[0-9]+\.[0-9]+$' -- --version
says 2 err 'did you mean dataset\?' -- help datset
says 2 err '^Next: kith help version$' -- version now
says 2 err '^Next: kith help$' -- help sensor1
says 2 err 'If you meant the verb: kith version' -- versoin

says 0 out "^config +$tmp/config/kith/fan\.yaml$" -- paths fan
says 0 out "^network +$tmp/data/kith/network$" -- paths
says 0 out "^network +/x/network$" -- paths --state-dir /x
KITH_STATE_DIR=/y says 0 out '^device +/y/devices/DEVICE$' -- paths
says 2 err 'did you mean --state-dir\?' -- paths --statedir /x
says 2 err 'a device name is' -- paths 'a b'
[[ -z $(ls -A "$tmp"/{config,data,state,run} | grep -v :) ]] && ok "asking makes no folder" ||
    fail "asking makes a folder"

says 2 err 'which scenario\? One of home' -- dataset
says 2 err 'mars: no such scenario; there are home' -- dataset mars
says 2 err '^--rows 0: it is a whole number' -- dataset home --rows 0
says 2 err 'did you mean --rows\?' -- dataset home --row 3
says 0 out '"temperature"' -- dataset home --rows 3 --seed 7
[[ $(grep -c timestamp "$tmp/out") == 3 ]] && ok "three rows" || fail "not three rows"
cp "$tmp/out" "$tmp/first"
says 0 out . -- dataset home --rows 3 --seed 7
cmp -s "$tmp/out" "$tmp/first" && ok "one seed, one dataset" || fail "one seed, two datasets"
says 0 out . -- dataset home --rows 3 --seed 8
cmp -s "$tmp/out" "$tmp/first" && fail "two seeds, one dataset" || ok "two seeds, two datasets"
says 0 out '^[a-z_,0-9]*temperature' -- dataset environment --rows 2 --csv
[[ $(wc -l <"$tmp/out") == 3 ]] && ok "a header and two rows" || fail "no header and two rows"

"$KITH" dataset home --rows 10 >/dev/full 2>"$tmp/err"
[[ $? == 1 ]] && grep -q 'No space left' "$tmp/err" && ok "a full disk is told" ||
    fail "a full disk is not told"
"$KITH" help >&-
[[ $? -le 1 ]] && ok "a closed standard output is no crash" || fail "a closed output crashes"
finish
