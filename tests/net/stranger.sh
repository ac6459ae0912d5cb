#!/bin/bash
# Two networks on one bridge: no word from one to the other, and each told once.
exec "$(dirname "$0")/enter" stranger.py
