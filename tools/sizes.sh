#!/bin/bash
# What ruins network code in C is the file that swallowed the protocol. So: no function over 60
# lines, no source over 600, no example over 100, no note to self left behind, and the stripped
# program under 1.5 MB.
#
# Layout is clang-format's (tools/format.sh), which makes a function easy to see: it starts at a
# line in column 0 and ends at a `}` in column 0.
#
# usage: tools/sizes.sh [ROOT [BUILD]]
set -u
export LC_ALL=C
root=${1:-$(dirname "$0")/..}
build=${2:-}
function_lines_max=60
source_lines_max=600
example_lines_max=100
program_bytes_max=1500000

cd "$root" || exit 1
bad=0
say() {
    echo "sizes: $1"
    bad=1
}

sources() { # FOLDER...: every source that people read
    find "$@" -type f \( -name '*.[ch]' -o -name '*.sh' -o -name '*.py' -o -name '*.js' \
        -o -name '*.mjs' -o -name '*.css' -o -name '*.html' \) -not -path '*/node_modules/*' \
        2>/dev/null | sort
}

functions_over() { # FILE: names each function that is too long
    awk -v file="$1" -v max="$function_lines_max" '
        FNR == 1 { inside = 0; head = "" }
        !inside && /^#/ { continued = /\\$/; head = ""; next }
        continued { continued = /\\$/; next }
        !inside && /^[A-Za-z_]/ { head = $0; start = FNR }
        !inside && head != "" && !/^[A-Za-z_]/ { head = head " " $0 }
        !inside && head != "" && /\{$/ {
            if (head ~ /\(/ && head !~ /=[ \t]*\{$/) {
                inside = 1
                name = head
                sub(/[ \t]*\(.*/, "", name)
                sub(/.*[ \t*]/, "", name)
            }
            head = ""
            next
        }
        !inside && /[;}]$/ { head = "" }
        inside && /^\}/ {
            inside = 0
            if (FNR - start + 1 > max) {
                printf "sizes: %s:%d: %s() has %d lines, over %d\n", file, start, name, FNR - start + 1, max
                bad = 1
            }
        }
        END {
            if (inside) {
                print "sizes: " file ":" start ": " name "() has no end in column 0; run make format"
                bad = 1
            }
            exit bad
        }' "$1" || bad=1
}

seen=0
while IFS= read -r file; do
    seen=$((seen + 1))
    max=$source_lines_max
    [[ $file == examples/* ]] && max=$example_lines_max
    lines=$(wc -l <"$file")
    [[ $lines -le $max ]] || say "$file: $lines lines, over $max"
    [[ $file == *.[ch] ]] && functions_over "$file"
    note=$(grep -nwE 'TO[D]O|FIX[M]E|XX[X]' "$file" | head -1)
    [[ -z $note ]] || say "$file:${note%%:*}: a note to self: finish it or open an issue"
done < <(sources src tests bench examples tools web scripts)
[[ $seen -gt 0 ]] || say "$root: no source found: nothing was measured"

if [[ -n $build && -x $build/kith ]]; then
    stripped=$(mktemp)
    trap 'rm -f "$stripped"' EXIT
    strip -o "$stripped" "$build/kith"
    bytes=$(stat -c %s "$stripped")
    [[ $bytes -le $program_bytes_max ]] ||
        say "$build/kith: $bytes bytes stripped, over $program_bytes_max"
fi
[[ $bad -eq 0 ]] && echo "sizes: $seen sources within bounds${bytes:+, kith has $bytes bytes}"
exit $bad
