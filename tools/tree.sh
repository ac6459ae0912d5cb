#!/bin/bash
# What may not be in the tree at all, whichever file it is in:
#   - ending processes by name: it ends those of other people too;
#   - a path of the machine on which something was written;
#   - marks of an unfinished merge, CRLF, a missing last newline in sources and scripts;
#   - a script that cannot be started or does not parse;
#   - a file over 1 MiB.
#
# usage: tools/tree.sh [ROOT]
set -u
export LC_ALL=C
root=${1:-$(dirname "$0")/..}
cd "$root" || exit 1
file_bytes_max=1048576

bad=0
say() {
    echo "tree: $1"
    bad=1
}

# What git would take: tracked, or new and not ignored. Without git, everything but build folders.
list() {
    if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
        git ls-files --cached --others --exclude-standard -z .
    else
        find . -type f -not -path './build*' -not -path '*/.git/*' -printf '%P\0'
    fi
}

banned='\bp[k]ill\b|\bkill[a]ll\b'
foreign='/wor[k]/|/roo[t]/|\.\./share[d]/|/tmp/kit[h]/'

seen=0
while IFS= read -r -d '' file; do
    [[ -f $file ]] || continue
    seen=$((seen + 1))
    [[ $(stat -c %s "$file") -le $file_bytes_max ]] || say "$file: over $file_bytes_max bytes"
    # Corpora and data are bytes as they were found; only their size is our business.
    [[ $file == tests/fuzz/corpus/* || $file == *.csv ]] && continue
    while IFS=: read -r number text; do
        say "$file:$number: ends processes by name: ${text:0:100}"
    done < <(grep -nIE -m 3 "$banned" "$file")
    while IFS=: read -r number text; do
        say "$file:$number: a path of one machine: ${text:0:100}"
    done < <(grep -nIE -m 3 "$foreign" "$file")
    grep -qIE '^(<{7}|>{7}) ' "$file" && say "$file: marks of an unfinished merge"
    if [[ $file == *.[ch] || $file == *.sh || $file == *.md || $file == *CMakeLists.txt ]]; then
        grep -qI $'\r' "$file" && say "$file: has CRLF line ends"
        [[ -z $(tail -c1 "$file") ]] || say "$file: the last line has no end"
        grep -qnIE '[[:blank:]]+$' "$file" && [[ $file != *.md ]] && say "$file: blanks at a line's end"
    fi
    read -r -n 64 first <"$file" 2>/dev/null || first=
    if [[ $first == '#!'* ]]; then
        [[ -x $file ]] || say "$file: is a script, but cannot be started: chmod +x"
    fi
    if [[ $first == '#!'*bash* ]]; then
        bash -n "$file" 2>/dev/null || say "$file: bash cannot parse it"
    elif [[ $first == '#!/bin/sh'* ]]; then
        sh -n "$file" 2>/dev/null || say "$file: sh cannot parse it"
    fi
done < <(list 2>/dev/null)
[[ $seen -gt 0 ]] || say "$root: no file found: nothing was checked"
[[ $bad -eq 0 ]] && echo "tree: $seen files in order"
exit $bad
