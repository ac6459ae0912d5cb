#!/bin/bash
# --peer without broadcast, --on-change, --exit, and leaving.
exec "$(dirname "$0")/enter" ways.py
