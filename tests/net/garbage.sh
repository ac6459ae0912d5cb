#!/bin/bash
# Rows A4, A7: garbage at every open port; nothing crashes or grows, the readings go on.
exec "$(dirname "$0")/enter" garbage.py
