#!/bin/bash
# What may not be in the tree at all, whichever file it is in:
#   - ending processes by name: it ends those of other people too;
#   - a path of the machine on which something was written;
#   - marks of an unfinished merge; CRLF or blanks at a line's end in sources;
#   - a script that cannot be started or does not parse;
#   - a file over 1 MiB.
# Corpora and data are bytes as they were found; only their size is our business.
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

all=()
texts=()
sources=()
while IFS= read -r -d '' file; do
    [[ -f $file ]] || continue
    all+=("$file")
    [[ $file == tests/fuzz/corpus/* || $file == *.csv ]] && continue
    texts+=("$file")
    [[ $file == *.[ch] || $file == *.sh || $file == *.py || $file == *CMakeLists.txt ]] &&
        sources+=("$file")
done < <(list 2>/dev/null)
if [[ ${#all[@]} -eq 0 ]]; then
    echo "tree: $root: no file found: nothing was checked"
    exit 1
fi

find_in() { # WHAT PATTERN FILE...: names each place; at most three a file
    local what=$1 pattern=$2 file number text
    shift 2
    while IFS=: read -r file number text; do
        say "$file:$number: $what: ${text:0:100}"
    done < <(printf '%s\0' "$@" | xargs -0 -r grep -nIHE -m 3 -e "$pattern" --)
}

find_in "ends processes by name" '\bp[k]ill\b|\bkill[a]ll\b' "${texts[@]}"
find_in "a path of one machine" '/wor[k]/|/roo[t]/|\.\./share[d]/|/tmp/kit[h]/' "${texts[@]}"
find_in "half a merge" '^(<{7}|>{7}) ' "${texts[@]}"
[[ ${#sources[@]} -eq 0 ]] ||
    find_in "CRLF or blanks at the line's end" $'[ \t\r]+$' "${sources[@]}"

while read -r bytes file; do
    [[ $bytes -le $file_bytes_max ]] || say "$file: $bytes bytes, over $file_bytes_max"
done < <(printf '%s\0' "${all[@]}" | xargs -0 stat -c '%s %n')

while IFS=: read -r file shell; do
    [[ -x $file ]] || say "$file: is a script, but cannot be started: chmod +x"
    case $shell in
    *bash*) bash -n "$file" 2>/dev/null || say "$file: bash cannot parse it" ;;
    '#!/bin/sh'*) sh -n "$file" 2>/dev/null || say "$file: sh cannot parse it" ;;
    esac
done < <(printf '%s\0' "${texts[@]}" | xargs -0 -r awk '/^#!/ { print FILENAME ":" $0 } { nextfile }')

[[ $bad -eq 0 ]] && echo "tree: ${#all[@]} files in order"
exit $bad
