#!/bin/bash
# Row F6: real processes whose clocks are wrong by hours and years, and jump while they run.
library=$(dpkg -L libfaketime 2>/dev/null | grep '/libfaketimeMT\.so\.1$')
[[ -n $library ]] || { echo "skipped: libfaketime is not installed"; exit 77; }
FAKETIME_LIBRARY=$library exec "$(dirname "$0")/enter" clocks.py
