#!/bin/bash
# Row A9: a member that carries another's log forges it; nothing forged is accepted, a fork is told.
exec "$(dirname "$0")/enter" forger.py
