#!/usr/bin/env bash
# wn status: what is done, what is not, what is stale and why, and who is at work.
. tests/stage/lib.sh
. tests/stage/experiment.sh

make_experiment

run_ok "status before anything" "$wn" status "$config"
prints "nothing is done" '^shard +0 of 3 done$'
prints "what can be done" '^  shards/text.h5 +to do$'
prints "what must wait" '^  activations/step0.h5 +unknown until shard has run *$'
check "it writes nothing" test ! -e "$run"

run_ok "shard" ranks 2 shard "$config"
WN_TEST_PAUSE=200 "$launcher" -n 2 "$build/bin/wn-collect" "$config" --checkpoint step0 \
    > "$scratch/first.out" 2> "$scratch/first.err" < /dev/null &
first=$!
waited=0
until [ -e "$run/activations/step0.h5.lock" ] || [ $waited -gt 3000 ]; do
    sleep 0.02
    waited=$((waited + 1))
done
run_ok "status meanwhile" "$wn" status "$config"
prints "shards are done" '^shard +3 of 3 done$'
prints "who is at work" '^  activations/step0.h5 +being made by process [0-9]+ on '
prints "and where nobody is" '^  activations/step512.h5 +to do$'
wait $first
check "the run is not disturbed" test $? -eq 0

run_ok "the rest" "$wn" run "$config" -n 2
run_ok "status at the end" "$wn" status "$config"
check "all is done" test "$(grep -cE '^(shard +3 of 3|collect +2 of 2|reduce +4 of 4|select +4 of 4|evaluate +4 of 4) done$' "$scratch/out")" -eq 5
check "and nothing else is said" test "$(wc -l < "$scratch/out")" -eq 5
run_ok "the same for programs" "$wn" status "$config" --json
check "is one line" test "$(wc -l < "$scratch/out")" -eq 1
check "of every output" test "$(grep -o '"state":"done"' "$scratch/out" | wc -l)" -eq 17
prints "by stage" '^\{"stages":\[\{"stage":"shard","done":3,"todo":0,'

run_ok "status with another setting" "$wn" status "$config" --set collect.windows=20
prints "what it makes stale, and why" '^  activations/step512.h5 +stale: collect.windows was "32", is "20"$'
run_ok "the same for programs" "$wn" status "$config" --set collect.windows=20 --json
prints "the reason stands apart" '"unit":"activations/step512.h5","state":"stale","why":"collect.windows was'
run_ok "dry run with another setting" "$wn" run "$config" -n 1 --only collect --dry-run=json --set collect.windows=20
prints "tells programs, too" '"stale":"collect.windows was'
run_ok "another condition" "$wn" status "$config" --set 'evaluate.conditions[1].ablate=both'
prints "what it makes stale" '^  results/step0/perplexity-heldout.h5 +stale: evaluate.conditions\[1\].ablate was "negative", is "both"$'
echo 'The dog runs.' >> "$in/heldout.txt"
run_ok "another input" "$wn" status "$config"
prints "what it makes stale" '^  shards/heldout.h5 +stale: its inputs are not those it was made from$'
printf 'x' | dd of="$run/shards/text.h5" bs=1 seek=0 conv=notrunc 2> "$scratch/check"
run_ok "a damaged file" "$wn" status "$config"
prints "it is named" '^  shards/text.h5 +stale: damaged: .*text.h5'
finish
