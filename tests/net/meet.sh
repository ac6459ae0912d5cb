#!/bin/bash
# serial
# Two machines, then five: who finds whom, how soon, and does the fan follow?
exec "$(dirname "$0")/enter" meet.py
