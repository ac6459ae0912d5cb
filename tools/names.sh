#!/bin/bash
# Who exports what, read from the built libraries rather than from the text.
#
# An external symbol starts with the name of its file: peer.c exports peer_* only (or peer itself),
# so a reader knows where to look. No data may change behind a function's back: nothing in .data,
# .bss, common or thread storage; constant tables, also those that hold pointers (.data.rel.ro), are
# fine.
#
# usage: tools/names.sh [ROOT [BUILD]]
set -u
export LC_ALL=C
root=${1:-$(dirname "$0")/..}
build=${2:-$root/build}

shopt -s nullglob
libraries=("$build"/libkith_*.a)
if [[ ${#libraries[@]} -eq 0 ]]; then
    echo "names: $build: no libkith_*.a found; build first"
    exit 1
fi

bad=0
for library in "${libraries[@]}"; do
    layer=${library##*/libkith_}
    layer=${layer%.a}
    # objdump -t: value, flags (g: global, w: weak, l: local), kind (F, O), section, size, name.
    objdump -t "$library" | awk -v layer="$layer" '
        /file format/ {
            file = $1
            sub(/:$/, "", file)
            sub(/\.o$/, "", file)
            stem = file
            sub(/\.c$/, "", stem)
            objects++
            next
        }
        NF < 4 || $0 !~ /^[0-9a-f]+ / { next }
        {
            flags = substr($0, 18, 7)
            split(substr($0, 26), field, /[ \t]+/)
            section = field[1]
            name = $NF
            if (section == "*UND*" || section == "*ABS*" || flags ~ /d/) next
        }
        flags ~ /[gwu!]/ || section == "*COM*" {
            symbols++
            if (name != stem && index(name, stem "_") != 1) {
                print "names: src/" layer "/" file ": exports " name ", which does not start with " stem "_"
                bad = 1
            }
        }
        section ~ /^(\.data|\.bss|\.tdata|\.tbss|\*COM\*)/ && section !~ /^\.data\.rel\.ro/ {
            print "names: src/" layer "/" file ": " name " can change (" section "); state is passed, not global"
            bad = 1
        }
        END {
            if (!objects) {
                print "names: libkith_" layer ".a holds no object"
                bad = 1
            }
            if (!bad) print "names: " layer ": " symbols + 0 " symbols of " objects " files in order"
            exit bad
        }' || bad=1
done
exit $bad
