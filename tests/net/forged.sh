#!/bin/bash
# Row A2: ten thousand forged hellos for a known device change nothing.
exec "$(dirname "$0")/enter" forged.py
