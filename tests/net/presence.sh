#!/bin/bash
# Who is there: stopped, cut one way, without cable, killed, gone; all others come to one answer.
exec "$(dirname "$0")/enter" presence.py
