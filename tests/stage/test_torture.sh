#!/usr/bin/env bash
# A short pass of the torture: some kills, faults and damage of every kind, the same each time.
. tests/stage/lib.sh

tests/torture/torture --build "$build" --short --seed 7 > "$scratch/out" 2>&1
code=$?
for count in "units lost" "results differing" hangs "messages unclear" "reruns failing"; do
    check "$count: 0" grep -qx "$count: 0" "$scratch/out"
done
if [ $code -eq 0 ]; then pass "all survived"; else fail "exit status $code" "$scratch/out"; fi
sed -n 's/^interruptions/# note: interruptions/p' "$scratch/out"
finish
