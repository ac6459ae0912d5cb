#!/bin/bash
# clang-tidy over src/, warnings as errors; what is looked for, and what is not and why, stands in
# .clang-tidy.
#
# It is slow, so a file that was clean is not looked at again until it, a header of ours that it
# includes, .clang-tidy or its compile command changes: BUILD/tidy holds one empty file for each
# clean state, named by its hash.
#
# usage: tools/tidy.sh [ROOT [BUILD]]
set -u
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "${1:-$here/..}" && pwd) || exit 1
build=${2:-$root/build}
mkdir -p "$build/tidy" || exit 1
build=$(cd "$build" && pwd)
cd "$root" || exit 1

if ! command -v clang-tidy >/dev/null; then
    echo "tidy: clang-tidy is not installed; run make deps"
    exit 1
fi

# One file, in a process of its own.
if [[ ${3:-} == --one ]]; then
    file=$4
    flags=(-- -std=gnu17 -Isrc)
    command=
    if [[ -f $build/compile_commands.json ]]; then
        command=$(grep -F "\"command\":" "$build/compile_commands.json" | grep -F -- " $root/$file\"")
        [[ -z $command ]] || flags=(-p "$build")
    fi
    mapfile -t parts < <(cc -MM -Isrc "$file" 2>/dev/null | sed 's/^[^:]*://; s/\\$//' | xargs -n1)
    key=$({
        clang-tidy --version
        echo "$command"
        cat .clang-tidy "$file" "${parts[@]}"
    } 2>/dev/null | sha256sum | cut -c1-32)
    [[ -e $build/tidy/$key ]] && exit 0
    if output=$(clang-tidy --quiet "$root/$file" "${flags[@]}" 2>&1); then
        touch "$build/tidy/$key"
        exit 0
    fi
    printf '%s\n' "$output" | grep -vE '^[0-9]+ warnings? (generated|treated)|^Suppressed|^Use -header'
    exit 1
fi

mapfile -t files < <(find src -type f -name '*.c' 2>/dev/null | sort)
if [[ ${#files[@]} -eq 0 ]]; then
    echo "tidy: $root: no source found: nothing was checked"
    exit 1
fi
# xargs gathers each process's output by itself too late to mix: one echo a file.
if printf '%s\0' "${files[@]}" |
    xargs -0 -n1 -P"$(nproc)" "$here/tidy.sh" "$root" "$build" --one; then
    echo "tidy: ${#files[@]} files clean"
else
    echo "tidy: see above; a check that is wrong here is switched off in .clang-tidy, with its reason"
    exit 1
fi
