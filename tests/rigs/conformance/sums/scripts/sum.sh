#!/bin/sh
# Adds numbers, tells that it ran, takes its time, and ends as it is told.
total=0
for number in $NUMBERS; do total=$((total + number)); done
echo "sum $total"
echo ran >>"$RAN"
sleep "$SECONDS_LONG"
exit "$STATUS"
