#!/usr/bin/env bash
# Two runs in one directory: the second is refused while the first works on the same output, goes on
# beside it elsewhere, and takes over when it is dead.
. tests/stage/lib.sh
. tests/stage/experiment.sh

make_experiment

# start STAGE FILE ARGUMENT...: a slow stage on 2 ranks, in the background, until FILE (below the run's
# directory) is there.
start()
{
    local stage=$1 file=$2 waited=0
    shift 2
    WN_TEST_PAUSE=300 "$launcher" -n 2 "$build/bin/wn-$stage" "$config" "$@" \
        > "$scratch/first.out" 2> "$scratch/first.err" < /dev/null &
    first=$!
    until [ -e "$run/$file" ] || [ $waited -gt 3000 ]; do
        sleep 0.02
        waited=$((waited + 1))
    done
    check "$stage holds $file" test -e "$run/$file"
}

no_locks()
{
    [ -z "$(find "$run" -name '*.lock*')" ]
}

run_ok "shard" ranks 2 shard "$config"
start collect activations/step0.h5.lock
expect_fail "a second collect is refused" 5 'step0.h5.lock: collect is being run by process [0-9]+ on ' \
    ranks 2 collect "$config" --checkpoint step0
run_ok "another checkpoint goes on" ranks 2 collect "$config" --checkpoint step512
wait $first
check "the first run finishes" test $? -eq 0
check "and finds what the second made" grep -q 'step512.h5 is up to date' "$scratch/first.err"
check "no lock is left" no_locks

run_ok "reduce" ranks 2 reduce "$config"
run_ok "select" ranks 2 select "$config"
start evaluate results/step0/perplexity-heldout.h5.lock
kill -9 $first
pkill -9 -f "^$build/bin/wn-evaluate $config" || :
wait $first 2> "$scratch/check" || :
check "a killed run leaves its lock" test -e "$run/results/step0/perplexity-heldout.h5.lock"
run_ok "which the next one takes" ranks 2 evaluate "$config"
check "no lock is left" no_locks
run_ok "report" ranks 1 report "$config"
check "no lock is left" no_locks
finish
