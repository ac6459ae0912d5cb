#!/bin/bash
# The one direction: app -> io -> wire -> core -> base. Arrows only point right.
#
# base, core and wire are pure: they include C's own headers and nothing of the system, read no
# clock, draw no randomness, open no file and print nothing. tests/sim lives under the same rule for
# layers and clocks, because a simulator that reads a clock cannot repeat a seed.
#
# Text can be fooled by a macro or a hand-written prototype, the linker cannot: where the libraries
# are built, what base, core and wire leave undefined is held against a list as well.
#
# usage: tools/layers.sh [ROOT [BUILD]]
set -u
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
root=${1:-$here/..}
build=${2:+$(cd "$2" && pwd)}
cd "$root" || exit 1

declare -A right=(
    [base]="base"
    [core]="core base"
    [wire]="wire core base"
    [io]="io wire core base"
    [app]="app io wire core base"
    [sim]="wire core base"
)
pure_headers=" assert.h ctype.h errno.h float.h inttypes.h limits.h math.h stdalign.h stdarg.h
 stdbool.h stddef.h stdint.h stdio.h stdlib.h stdnoreturn.h string.h "
system_headers='^(uv|sqlite3|jansson|yaml|csv|pthread|threads|unistd|fcntl|netdb|poll|signal)\.h$'
system_headers+='|^(openssl|sys|net|netinet|arpa|linux|uv)/'

clocks='time|clock|clock_gettime|gettimeofday|timespec_get|ftime|times'
random='rand|srand|rand_r|random|srandom|drand48|getrandom|getentropy|arc4random'
world='fopen|freopen|popen|system|getenv|setlocale|sleep|usleep|nanosleep'
talk='printf|vprintf|fprintf|vfprintf|puts|fputs|putchar|perror|scanf|fscanf|getchar'

# What a pure library may take from C's own: functions of their arguments, and memory.
pure_symbols='mem(cpy|move|set|cmp|chr)|str(len|cmp|ncmp|chr|rchr|str|spn|cspn|pbrk)|v?snprintf'
pure_symbols+='|strto(d|l|ll|ul|ull|imax|umax)|malloc|calloc|realloc|free|abort|qsort|bsearch'
pure_symbols+='|(is|to)[a-z]+|__ctype_[a-z_]+|__errno_location|__stack_chk_fail'
pure_symbols+='|(sin|cos|tan|exp|exp2|log|log2|log10|pow|sqrt|fmod|floor|ceil|trunc|round|lround'
pure_symbols+='|llround|rint|nearbyint|frexp|ldexp|modf|fabs|fmin|fmax|hypot|nextafter)[fl]?'
check_symbols='f?printf|fputs|fwrite|stderr' # base/check.c may say why it aborts

bad=0
seen=0
say() {
    echo "layers: $1: $2"
    bad=1
}

check_include() { # LAYER FILE LINE-NUMBER TARGET, where TARGET keeps its quotes or brackets
    local layer=$1 where="$2:$3" target=${4:1:-1}
    if [[ $4 == \"* ]]; then
        local into=${target%%/*}
        if [[ $target != */* ]]; then
            [[ $layer == sim ]] || say "$where" "\"$target\" is not written from src/"
        elif [[ " ${right[$layer]} " != *" $into "* && ! ($layer == sim && $into == sim) ]]; then
            say "$where" "$layer includes \"$target\"; it may include only: ${right[$layer]}"
        fi
    elif [[ $layer == sim ]]; then
        [[ ! $target =~ $system_headers ]] || say "$where" "the simulator includes <$target>"
    elif [[ $layer != io && $layer != app ]]; then
        [[ $pure_headers =~ [[:space:]]$target[[:space:]] ]] ||
            say "$where" "$layer includes <$target>, which is not one of C's pure headers"
    fi
}

check_calls() { # LAYER FILE: names what a pure file may not call
    local words="$clocks|$random"
    [[ $1 == sim ]] || words+="|$world"
    [[ $1 == sim || $2 == src/base/check.* ]] || words+="|$talk"
    awk -f "$here/code.awk" "$2" | awk -v file="$2" -v words="^($words)\$" '
        /^[ \t]*#[ \t]*include/ { next }
        {
            line = $0
            while (match(line, /[A-Za-z_][A-Za-z0-9_]*[ \t]*\(/)) {
                word = substr(line, RSTART, RLENGTH)
                before = RSTART > 1 ? substr(line, RSTART - 1, 1) : ""
                sub(/[ \t]*\($/, "", word)
                if (word ~ words && before != "." && before != ">") {
                    print "layers: " file ":" NR ": calls " word "(), which is not pure"
                    found = 1
                }
                line = substr(line, RSTART + RLENGTH)
            }
        }
        END { exit found }' || bad=1
}

check_folder() { # LAYER FOLDER
    local file number target
    while IFS= read -r file; do
        seen=$((seen + 1))
        while IFS=' ' read -r number target; do
            check_include "$1" "$file" "$number" "$target"
        done < <(awk -f "$here/code.awk" "$file" | awk '
            /^[ \t]*#[ \t]*include/ {
                if (match($0, /"[^"]*"|<[^>]*>/)) print NR, substr($0, RSTART, RLENGTH)
                else print NR, "\"a macro instead of a name\""
            }')
        [[ $1 == io || $1 == app ]] || check_calls "$1" "$file"
    done < <(find "$2" -type f -name '*.[ch]' 2>/dev/null | sort)
}

check_library() { # LAYER: what its library leaves to others
    local layer=$1 library=$build/libkith_$1.a own=() name
    [[ -f $library ]] || return
    for name in ${right[$layer]}; do
        [[ ! -f $build/libkith_$name.a ]] || own+=("$build/libkith_$name.a")
    done
    while read -r object name; do
        [[ $layer/$object == base/check.c.o && $name =~ ^(__)?($check_symbols)(_chk)?$ ]] ||
            say "src/$layer/${object%.o}" "calls $name, which is neither pure nor in: ${right[$layer]}"
    done < <({
        nm -g --defined-only "${own[@]}" | awk 'NF == 3 { print $3, "." }'
        nm -u "$library" | awk '/:$/ { sub(/:$/, ""); object = $0 } /^ +U / { print $2, object }'
    } | awk -v pure="^(__)?($pure_symbols)(_chk)?\$|^_GLOBAL_OFFSET_TABLE_\$" '
        $2 == "." { defined[$1] = 1; next }
        !($1 in defined) && $1 !~ pure { print $2, $1 }')
}

for layer in base core wire io app; do
    check_folder "$layer" "src/$layer"
done
check_folder sim tests/sim
for layer in base core wire; do
    [[ -z $build ]] || check_library "$layer"
done

stray=$(find src -type f -name '*.[ch]' 2>/dev/null | grep -Ev '^src/(base|core|wire|io|app)/[^/]+$')
[[ -z $stray ]] || say "$stray" "is in no layer"
[[ $seen -gt 0 ]] || say "$root" "no source found: nothing was checked"
[[ $bad -eq 0 ]] && echo "layers: $seen files point right"
exit $bad
