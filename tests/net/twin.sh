#!/bin/bash
# One name, one device: another key is refused, the same key elsewhere takes over.
exec "$(dirname "$0")/enter" twin.py
