#!/bin/bash
# Row F12, short: a peer stands still for eight seconds; the others go on, and it catches up.
exec "$(dirname "$0")/enter" stuck.py
