#!/bin/bash
# Row F3: full disks, and disks that work again.
exec "$(dirname "$0")/enter" full.py
