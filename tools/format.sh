#!/bin/bash
# Layout is clang-format's business: this fails where a C file differs from .clang-format.
# `make format` rewrites the files.
#
# usage: tools/format.sh [ROOT]
set -u
root=${1:-$(dirname "$0")/..}
cd "$root" || exit 1
if ! command -v clang-format >/dev/null; then
    echo "format: clang-format is not installed; run make deps"
    exit 1
fi
mapfile -t files < <(find src tests bench examples -type f -name '*.[ch]' 2>/dev/null | sort)
if [[ ${#files[@]} -eq 0 ]]; then
    echo "format: $root: no source found: nothing was checked"
    exit 1
fi
wrong=$(clang-format --style=file --dry-run -Werror "${files[@]}" 2>&1 | grep -E ': (error|warning):')
if [[ -n $wrong ]]; then
    cut -d: -f1 <<<"$wrong" | sort | uniq -c | awk '{ print "format: " $2 ": " $1 " places; run make format" }'
    exit 1
fi
echo "format: ${#files[@]} files as .clang-format has them"
