#!/bin/bash
# Loss, a pulled cable, a new address: every session heals, every reading arrives once, in order.
exec "$(dirname "$0")/enter" heal.py
