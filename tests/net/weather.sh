#!/bin/bash
# Row F7: loss, doubles, delays and overtaking by a switch of our own; then all is everywhere.
[[ -w /dev/net/tun ]] || { echo "skipped: there is no /dev/net/tun here"; exit 77; }
exec "$(dirname "$0")/enter" weather.py
