#!/bin/bash
# kith check FILE: what is right, and what is wrong with its line.
. "$(dirname "$0")/lib"

cat >"$tmp/good.yaml" <<'YAML'
loopback: true
source: {dataset: room.csv, every: 2}
rules:
  - when: any temperature > 25
    then: fan
    hysteresis: 0.5
  - {when: mean humidity >= 60, then: window = open, else: shut}
YAML
says 0 out "^$tmp/good\.yaml: ok, 2 rules$" -- check "$tmp/good.yaml"
printf 'rules: [{when: a > 1, then: b}]\n' >"$tmp/one.yaml"
says 0 out ': ok, 1 rule$' -- check "$tmp/one.yaml"

printf 'rules:\n  - when: temperature >\n    thn: fan\nprot: 1\nport: 0\n' >"$tmp/bad.yaml"
says 1 err 'bad\.yaml:2: when: a number is missing' -- check "$tmp/bad.yaml"
for line in '3: thn: no such key; did you mean then' '4: prot: .* did you mean port' \
    '5: port 0: a port is 1 to 65535'; do
    grep -Eq "bad\.yaml:$line" "$tmp/err" && ok "and: $line" || fail "but not: $line"
done
tail -n 1 "$tmp/err" | grep -q '^Next: kith help config$' && ok "and what to read" ||
    fail "no next command"
[[ $(wc -l <"$tmp/err") == 5 ]] && ok "each once" || fail "not each once"
[[ ! -s $tmp/out ]] && ok "and nothing on standard output" || fail "faults on standard output"

says 1 err 'none\.yaml: ' -- check "$tmp/none.yaml"
says 1 err ': ' -- check "$tmp"
printf 'a\0b' >"$tmp/zero.yaml"
says 1 err 'zero\.yaml:1: a zero byte' -- check "$tmp/zero.yaml"
says 2 err 'which file\? kith check FILE' -- check
says 2 err 'one file is enough' -- check "$tmp/good.yaml" "$tmp/one.yaml"

# the same faults stop a peer before it starts anything
mkdir -p "$tmp/config/kith"
cp "$tmp/bad.yaml" "$tmp/config/kith/actuator1.yaml"
says 2 err 'actuator1\.yaml:2: ' -- actuator1 --loopback
says 2 err 'bad\.yaml:2: ' -- sensor1 --loopback --config "$tmp/bad.yaml"
says 2 err 'none\.yaml: ' -- sensor1 --loopback --config "$tmp/none.yaml"
[[ ! -e $tmp/data/kith ]] && ok "and no key was made" || fail "a key was made"
finish
