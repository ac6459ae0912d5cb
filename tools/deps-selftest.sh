#!/bin/bash
# tools/deps on machines that it is not run on: stand-ins for dpkg-query, apt-get, sudo and id tell
# it which packages there are and who it is, and write down what it would have installed.
#
# usage: tools/deps-selftest.sh
set -u
export LC_ALL=C
deps=$(cd "$(dirname "$0")" && pwd)/deps
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0

stand_in() { # NAME, its script on stdin
    { echo '#!/bin/bash'; cat; } >"$work/bin/$1"
    chmod +x "$work/bin/$1"
}

# machine INSTALLED-PACKAGES USER-ID: a Debian machine; nothing of the real one is on its path but
# what a script needs.
machine() {
    rm -rf "$work"/bin "$work"/log
    mkdir -p "$work/bin"
    touch "$work/log"
    for tool in bash cat awk grep sort env rm; do
        ln -s "$(command -v "$tool")" "$work/bin/$tool"
    done
    stand_in dpkg-query <<EOF
for last; do :; done
[[ " $1 " == *" \$last "* ]] && printf installed
EOF
    stand_in apt-get <<EOF
echo "apt-get \$*" >>"$work/log"
[[ ! -e "$work/stale" || \$* == *update* ]] || exit 100
rm -f "$work/stale"
EOF
    stand_in apt-cache <<'EOF'
shift
for name; do echo "  Candidate: 1.0"; done
EOF
    stand_in id <<<"echo $2"
}

run() { # ARGUMENT...: leaves $output, $status and what apt-get was asked in $asked
    output=$(PATH=$work/bin "$deps" "$@" 2>&1)
    status=$?
    asked=$(cat "$work/log")
}

holds() { # WHAT, then a test
    local what=$1
    shift
    if ! "$@"; then
        printf 'deps-selftest: %s; status %s, said:\n%s\nasked:\n%s\n' "$what" "$status" "$output" "$asked"
        bad=1
    fi
}
says() { [[ $output == *"$1"* ]]; }
asks() { [[ $asked == *"$1"* ]]; }

all='gcc libc6-dev cmake ninja-build pkg-config libuv1-dev libssl-dev libsqlite3-dev libjansson-dev'
all+=' libyaml-dev'

machine "$all" 1000
run build
holds "all present: says nothing" [ -z "$output$asked" ]
holds "all present: succeeds" [ "$status" -eq 0 ]

machine "${all/libuv1-dev /}" 0
run build
holds "one missing: names it with its reason" says "libuv1-dev         the event loop"
holds "one missing: names no other" [ "$(grep -c '^  ' <<<"$output")" -eq 1 ]
holds "one missing: installs it" asks "--no-install-recommends libuv1-dev"
holds "one missing: installs nothing else" [ "$(wc -w <<<"$asked")" -eq 6 ]

machine "${all/libuv1-dev /}" 0
run --check build
holds "--check: fails" [ "$status" -eq 1 ]
holds "--check: says what to do next" says "make deps"
holds "--check: installs nothing" [ -z "$asked" ]

machine "${all/libuv1-dev /}" 1000
run build
holds "neither root nor sudo: fails" [ "$status" -eq 1 ]
holds "neither root nor sudo: gives the command" says "apt-get install libuv1-dev"
holds "neither root nor sudo: does not try" [ -z "$asked" ]

machine "${all/libuv1-dev /}" 1000
stand_in sudo <<<'echo sudo >>"'"$work"'/log"; exec "$@"'
run build
holds "not root: goes through sudo" asks "sudo"

machine "${all/libuv1-dev /}" 0
touch "$work/stale"
run build
holds "stale package lists: updates and tries again" [ "$status" -eq 0 ]
holds "stale package lists: updates" asks "update"

machine "$all" 1000
rm "$work/bin/dpkg-query"
run build
holds "no Debian: fails when a tool is missing" [ "$status" -eq 1 ]
holds "no Debian: lists what is needed" says "libuv1-dev"
for tool in cc cmake ninja pkg-config; do stand_in "$tool" <<<'exit 0'; done
run build
holds "no Debian: silent when all is there" [ "$status$output" = 0 ]

machine "$all" 0
run build test
holds "a second group adds its packages" asks "libcmocka-dev"
holds "a second group keeps out the third" [ "${asked/mosquitto/}" = "$asked" ]

[[ $bad -eq 0 ]] && echo "deps-selftest: as it should be"
exit $bad
