#!/bin/bash
# Issue by machines: twenty peers under load, cut and killed; `make fifty` does it with fifty.
exec "$(dirname "$0")/enter" fifty.py
