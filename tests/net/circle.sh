#!/bin/bash
# Who is there, in a ring of forty: all list all; a peer killed, stopped, gone, cut off and back.
exec "$(dirname "$0")/enter" circle.py
