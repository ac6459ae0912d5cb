#!/bin/bash
# Row A23: a session whose every byte comes alone is the same session.
exec "$(dirname "$0")/enter" relay.py
