#!/bin/bash
# Row F15 in short: ten peers for half a minute; `make soak` is a hundred and twenty for two hours.
exec "$(dirname "$0")/enter" soak.py 10 0.5
