#!/bin/bash
# Row F1, short: twenty kills of a sensor, an actuator and a controller; nothing acknowledged is lost.
exec "$(dirname "$0")/enter" kill.py
