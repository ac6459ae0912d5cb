#!/bin/bash
# Every test that docs/consistency.md names exists: unit tests and scripts as files, stories in the
# simulator.
set -u
cd "$(dirname "$0")/../.." || exit 1
page=docs/consistency.md failed=0 count=0
missing() {
    echo "FAIL  $page names $1, which is not there"
    failed=1
}
while read -r name; do
    count=$((count + 1))
    layer=${name%%.*} subject=${name#*.}
    case $layer in
    net | cli) [[ -x tests/$layer/$subject.sh ]] || missing "$name" ;;
    *) [[ -f tests/$layer/${subject}_test.c ]] || missing "$name" ;;
    esac
done < <(grep -o '`\(core\|wire\|io\|app\|net\|cli\)\.[a-z_]*`' $page | tr -d '`' | sort -u | grep -v '\.x$')
while read -r name; do
    count=$((count + 1))
    grep -q "{\"$name\"" tests/sim/story_*.c || missing "the story $name"
done < <(grep -o 'sim: [a-z_0-9]*' $page | cut -c6- | grep . | sort -u)
((count > 30)) || { echo "FAIL  only $count names found in $page"; failed=1; }
echo "$count tests are named"
exit $failed
