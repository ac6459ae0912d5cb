#!/bin/bash
# Row A9: a device signs two contents for one number; every peer reports it, and trusts it no more.
exec "$(dirname "$0")/enter" forker.py
