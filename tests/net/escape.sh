#!/bin/bash
# Row A24: hostile names and values never reach a terminal as they are.
exec "$(dirname "$0")/enter" escape.py
