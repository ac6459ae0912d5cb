#!/bin/bash
# Rows F13, F7: sixteen machines powered on together; then one cable flaps.
exec "$(dirname "$0")/enter" crowd.py
