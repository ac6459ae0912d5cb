#!/bin/bash
# Row F14: stores of earlier programs, opened by this one: history, values and who was seen are there;
# where a pruned history begins is said; a store of a later schema is refused, and stays as it is.
. "$(dirname "$0")/lib"
inside "$@"
here=$(dirname "$(realpath "$0")")

past() { # ARGUMENT...: past.py agrees
    python3 "$here/past.py" "$@" && ok "  past.py $1" || fail "past.py $*"
}
begins() { # yes|no
    local says=no
    grep -Eq '^actuator1: history begins at 20[0-9-]+T[0-9:.]+Z; what came before was let go' "$tmp/err" &&
        says=yes
    [[ $says == "$1" ]] && ok "  where it begins: said $1" || fail "said $says: $(<"$tmp/err")"
}

for sql in "$here"/../data/stores/schema*.sql; do
    name=$(basename "$sql" .sql)
    home=$tmp/$name
    store=$home/devices/actuator1/kith.db
    at=(--device actuator1 --state-dir "$home")
    pruned=no
    grep -q '"type":"checkpoint"' "$sql" && pruned=yes
    echo "$name:"
    past put "$sql" "$store"
    run "$name.out" actuator1 --loopback --state-dir "$home"
    seen "$name.out" '^\[actuator1\] Restored: .*[0-9]+ records'
    says 0 out '"topic":"sensor1/temperature"' -- history sensor1/temperature --json "${at[@]}"
    past history "$sql" sensor1/temperature <"$tmp/out"
    python3 "$here/ask.py" schema record <"$tmp/out" && ok "  schema of record" || fail "schema"
    begins $pruned
    for style in '' --csv; do
        says 0 out '20(\.0)?' -- history sensor1/temperature $style "${at[@]}"
        begins $pruned
    done
    says 0 out '"topic":"actuator1/mode","value":"quiet"' -- get actuator1/mode --json "${at[@]}"
    says 0 out '"topic":"actuator1/beep","value":"(done|unknown)"' -- get actuator1/beep --json "${at[@]}"
    says 0 out '"value":2[0-9.]+,"unit":"Cel"' -- get sensor1/temperature --json "${at[@]}"
    [[ $name == schema1 ]] || says 0 out '^sensor1 +sensor +offline +heard ' -- status "${at[@]}"
    kill $peer
    ends $peer 0 "it leaves"
    past later "$store"
    before=$(sha256sum <"$store")
    says 1 err 'kith\.db was written by a later version of kith; update this one' -- \
        actuator1 --loopback --state-dir "$home"
    [[ $(sha256sum <"$store") == "$before" ]] && ok "  and not a byte changed" || fail "it was changed"
    [[ ! -e $store-wal ]] && ok "  and nothing is beside it" || fail "a write-ahead log is beside it"
done
finish
