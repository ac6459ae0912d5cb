#!/bin/bash
# A wall that cannot fail is no wall. Each is run on a small tree that is in order, then on the same
# tree with one violation, and must pass the first, fail the second and name the file.
#
# usage: tools/selftest.sh
set -u
export LC_ALL=C
tools=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
count=0

fresh() { # a tree in order: one file a layer, built
    rm -rf "$work/tree"
    mkdir -p "$work/tree"/{src/{base,core,wire,io,app},tests/sim,examples,build}
    cd "$work/tree" || exit 1
    cp "$tools/../.clang-format" "$tools/../.clang-tidy" .
    printf '%s\n' '#include <stdint.h>' '' 'uint32_t ring_next(uint32_t at);' >src/base/ring.h
    cat >src/base/ring.c <<'EOF'
#include "base/ring.h"

static const char *const ring_words[] = {"time(0) is prose", "and so is printf()"};

uint32_t ring_next(uint32_t at)
{
    return at + (uint32_t)(ring_words[at & 1][0] == 't');
}
EOF
    printf '%s\n' '#include "base/ring.h"' >tests/sim/sim.c
    printf '%s\n' '#include <uv.h>' '' '#include "base/ring.h"' >src/io/loop.c
    printf '%s\n' '# Ring' >README.md
}

append() { # FILE: adds what stands on stdin
    mkdir -p "$(dirname "$1")"
    cat >>"$1"
}

build() { # every src/base file into build/libkith_base.a, as the real build names objects
    local file
    rm -f build/libkith_base.a build/*.o
    for file in src/base/*.c; do
        cc -std=gnu17 -fPIC -Isrc -c "$file" -o "build/$(basename "$file").o" || return 1
    done
    ar rcs build/libkith_base.a build/*.c.o
}

verdict() { # WALL EXPECTED(pass|fail) NAMED WHAT
    local output status
    count=$((count + 1))
    output=$("$tools/$1.sh" "$work/tree" "$work/tree/build" 2>&1)
    status=$?
    if [[ $2 == pass && $status -ne 0 ]]; then
        echo "selftest: $1 refuses $4:"
    elif [[ $2 == fail && $status -eq 0 ]]; then
        echo "selftest: $1 does not notice $4:"
    elif [[ $2 == fail && $output != *"$3"* ]]; then
        echo "selftest: $1 fails on $4 without naming $3:"
    else
        return
    fi
    printf '    %s\n' "$output"
    bad=1
}

# breaks WALL FILE WHAT [linked]: fails the wall by adding stdin to FILE of a fresh tree
breaks() {
    set -- "$1" "$2" "$3" "${4:-}"
    fresh
    append "$2"
    [[ $1 != names && $4 != linked ]] || build || bad=1
    verdict "$1" fail "$2" "$3"
}

lines() { # COUNT: that many statements
    local i
    for ((i = 0; i < $1; i++)); do echo '    at++;'; done
}

function_of() { # LINES: a function of exactly so many lines
    printf '%s\n' 'int ring_long(int at);' 'int ring_long(int at)' '{'
    lines $(($1 - 4))
    printf '%s\n' '    return at;' '}'
}

for wall in layers names sizes format tree; do
    fresh
    build || bad=1
    verdict "$wall" pass - "a tree in order"
    rm -rf "$work/tree"
    mkdir -p "$work/tree/build"
    verdict "$wall" fail "" "an empty tree, where it checked nothing"
done

breaks layers src/base/a.c "an arrow to the left" <<<'#include "core/node.h"'
breaks layers src/core/a.c "core that includes wire" <<<'#include "wire/json.h"'
breaks layers src/wire/a.h "wire that includes io" <<<'#  include "io/tls.h"'
breaks layers src/io/a.c "io that includes app" <<<'#include "app/config.h"'
breaks layers src/core/a.c "a path that is not from src/" <<<'#include "ring.h"'
breaks layers src/core/a.c "a header of the system" <<<'#include <unistd.h>'
breaks layers src/wire/a.c "libuv in wire" <<<'#include <uv.h>'
breaks layers src/core/a.c "the clock's header" <<<'#include <time.h>'
breaks layers src/core/a.c "a clock read" <<<'long a_now(void) { return time(0); }'
breaks layers src/base/a.c "randomness" <<<'int a_draw(void) { return rand(); }'
breaks layers src/base/a.c "a clock read with a blank" <<<'void a_b(void *t) { clock_gettime (1, t); }'
breaks layers src/core/a.c "a core that prints" <<<'void a_say(void) { printf("a"); }'
breaks layers src/core/a.c "code behind a comment" <<<'/* quiet */ long a_now(void) { return time(0); }'
breaks layers src/base/a.c "a clock behind a macro" linked < <(
    printf '%s\n' 'long time(long *);' '#define A_NOW time' 'long a_now(void) { return A_NOW (0); }')
breaks layers src/base/a.c "a function of core, declared by hand" linked < <(
    printf '%s\n' 'int node_step(void);' 'int a_step(void) { return node_step(); }')
breaks layers tests/sim/a.c "a simulator with a socket" <<<'#include "io/udp.h"'
breaks layers tests/sim/a.c "a simulator that reads the clock" <<<'long a(void) { return time(0); }'
breaks layers src/odd/a.c "a folder that is no layer" <<<'int a_b;'

breaks names src/base/a.c "a symbol of another file's name" <<<'int ring_other(void) { return 1; }'
breaks names src/base/a.c "a symbol that only begins like the file" <<<'int ab(void) { return 1; }'
breaks names src/base/a.c "a global that can change" <<<'int a_count = 1;'
breaks names src/base/a.c "a zeroed global" <<<'int a_count;'
breaks names src/base/a.c "a static that can change" <<<'static int n; int *a_n(void) { return &n; }'
breaks names src/base/a.c "a static inside a function" <<<'int a_n(void) { static int n = 3; return n++; }'
breaks names src/base/a.c "thread storage" <<<'_Thread_local int a_n;'

breaks sizes src/base/a.c "a function of 61 lines" < <(function_of 61)
breaks sizes src/base/a.c "a long function with parameters on two lines" < <(
    function_of 61 | sed 's/^int ring_long(int at)$/int ring_long(int at,\n              int b)/')
breaks sizes src/base/a.c "a file of 601 lines" < <(lines 601)
breaks sizes examples/a.c "an example of 101 lines" < <(lines 101)
breaks sizes src/base/a.c "a note to self" <<<'/* TO''DO: later */'
fresh
{ function_of 60; lines 539; } | append src/base/a.c
verdict sizes pass - "a function of 60 lines in a file of 600"
fresh
printf '%s\n' 'struct a {' "$(lines 70)" '};' 'static const int a_table[] = {' "$(lines 70)" '};' |
    append src/base/a.c
verdict sizes pass - "a long struct and a long table"
fresh
head -c 1600000 /dev/urandom >"$work/bytes"
echo 'int main(void) { return 0; }' >"$work/main.c"
cc -c "$work/main.c" -o "$work/main.o" &&
    objcopy --add-section .ballast="$work/bytes" --set-section-flags .ballast=alloc,readonly \
        "$work/main.o" && cc "$work/main.o" -o build/kith
verdict sizes fail build/kith "a program of 1.6 MB"

breaks format src/base/a.c "a layout of one's own" <<<'int  a_b( void );'

breaks tree tools/a "a script that ends processes by name" <<<'pk''ill kith'
breaks tree README.md "the same in prose" <<<'Then run kill''all kith.'
breaks tree README.md "a path of one machine" <<<'See /ro''ot/kith.'
breaks tree src/base/a.c "CRLF" <<<$'int a_b;\r'
breaks tree src/base/a.c "a blank at a line's end" <<<'int a_b; '
breaks tree README.md "half a merge" <<<'<<<<''<<< HEAD'
breaks tree tools/a.sh "a script without its bit" <<<'#!/bin/bash'
fresh
printf '#!/bin/bash\nif true\n' >tools.sh
chmod +x tools.sh
verdict tree fail tools.sh "a script that does not parse"
fresh
head -c 1048577 /dev/zero >big.bin
verdict tree fail big.bin "a file over 1 MiB"

if command -v clang-tidy >/dev/null; then
    fresh
    rm -f src/io/loop.c
    verdict tidy pass - "a tree in order"
    verdict tidy pass - "the same tree, remembered"
    append src/base/ring.c <<<'char ring_read(const char *p) { return p ? (char)0 : *p; }'
    verdict tidy fail src/base/ring.c "a null dereference in a file that was clean before"
else
    echo "selftest: clang-tidy is not installed; run make deps"
    bad=1
fi

[[ $bad -eq 0 ]] && echo "selftest: $count verdicts as they should be"
exit $bad
