#!/bin/bash
# Row A6: commands of killed senders to killed targets, and captured ones, are carried out once.
exec "$(dirname "$0")/enter" command.py
