#!/bin/bash
# Every relative link of the documents leads to a file that is there, and to a heading of it.
PYTHONDONTWRITEBYTECODE=1 exec python3 "$(dirname "$0")/links.py"
