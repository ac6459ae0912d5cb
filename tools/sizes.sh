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

mapfile -t files < <(sources src tests bench examples tools web scripts)
seen=${#files[@]}
[[ $seen -eq 0 ]] || awk -v lines_max="$source_lines_max" -v function_max="$function_lines_max" \
    -v example_max="$example_lines_max" '
    function finish() { # the file that ends here
        max = file ~ /^examples\// ? example_max : lines_max
        if (line > max) wrong(file ": " line " lines, over " max)
        if (inside) wrong(file ":" start ": " name "() has no end in column 0; run make format")
        inside = 0
        head = ""
        continued = 0
    }
    function wrong(what) {
        print "sizes: " what
        bad = 1
    }
    FNR == 1 {
        if (file != "") finish()
        file = FILENAME
        c = file ~ /\.[ch]$/
    }
    { line = FNR }
    /(^|[^A-Za-z_])(TO[D]O|FIX[M]E|XX[X])([^A-Za-z_]|$)/ {
        wrong(file ":" FNR ": a note to self: finish it or open an issue")
    }
    !c { next }
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
        if (FNR - start + 1 > function_max)
            wrong(file ":" start ": " name "() has " FNR - start + 1 " lines, over " function_max)
    }
    END {
        finish()
        exit bad
    }' "${files[@]}" || bad=1
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
