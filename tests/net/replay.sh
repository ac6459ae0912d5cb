#!/bin/bash
# Row A5: yesterday's datagrams mean nothing today.
exec "$(dirname "$0")/enter" replay.py
