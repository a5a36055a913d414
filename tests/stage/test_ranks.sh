#!/usr/bin/env bash
# The whole pipeline on 1, 2, 3 and 4 ranks: every output is the same.
. tests/stage/lib.sh
. tests/stage/experiment.sh

make_experiment
# With everything that a stage does only when asked.
sed -i -e 's/^reduce: {/&weights: both, /' \
    -e 's/{pairs: grammar}]/{pairs: grammar}, {residual: heldout, window: 64, windows: 12}, {extremes: heldout, window: 64, windows: 12, cohort: top, count: 3}]/' \
    "$config"
for n in 1 2 3 4; do
    run_ok "all stages, $n ranks" "$wn" run "$config" -n $n
    check "nothing temporary is left, $n ranks" no_temporaries
    mv "$run" "$scratch/ranks$n"
    [ $n -eq 1 ] || check "$n ranks give what one gives" same_results "$scratch/ranks1" "$scratch/ranks$n"
done
# The comparison does see differences.
cp -r "$scratch/ranks1" "$scratch/other"
cp "$scratch/other/statistics/step0.h5" "$scratch/other/statistics/step512.h5"
check "other data are told apart" eval '! same_results "$scratch/ranks1" "$scratch/other"'
for kind in shards activations statistics weights pairs selection results report; do
    check "there are $kind" test -n "$(find "$scratch/ranks1/$kind" -type f)"
done
check "streams and extremes are in the report" test -s "$scratch/ranks1/report/tasks/residual-heldout.csv" -a -s "$scratch/ranks1/report/tasks/extremes-heldout.csv"
check "MD is compared with WD" grep -qE '^step512,itself,step512,wd,md,all,10[0-9]*,-?0[.0-9]+,' "$scratch/ranks1/report/comparisons.csv"
check "files of statistics are compared" "$build/bin/wn-inspect" compare "$scratch/ranks1/statistics/step0.h5" "$scratch/ranks1/statistics/step512.h5" --by kurtosis

# Extremes in parts, some made alone, give the whole.
extremes=(--set 'evaluate.tasks[3].parts=3')
cp -r "$scratch/ranks1" "$run"
rm "$run"/results/*/extremes-heldout.h5
run_ok "a part of extremes" "$wn" run "$config" -n 3 --only evaluate "${extremes[@]}" --set 'evaluate.tasks[3].part=2'
check "is left" test -s "$run/results/step0/extremes-heldout.part2.h5" -a ! -e "$run/results/step0/extremes-heldout.h5"
run_ok "a dry run" "$wn" run "$config" -n 2 --only evaluate "${extremes[@]}" --dry-run
prints "tells that parts count" 'all parts together'
run_ok "the rest" "$wn" run "$config" -n 2 --only evaluate "${extremes[@]}"
prints "what is there is not made again" 'extremes-heldout.part2.h5 is up to date'
check "parts are gone" test -z "$(find "$run/results" -name '*.part*')"
for n in 0 512; do
    check "merged, they are the whole" "$compare_h5" --but configuration {"$scratch/ranks1","$run"}/results/step$n/extremes-heldout.h5
done
rm -r "$run"

for n in 1 3; do
    run_ok "overlapping windows in f16, $n ranks: shards" "$wn" run "$config" -n $n --only shard
    run_ok "and activations" "$wn" run "$config" -n $n --only collect --set collect.type=f16 --set collect.stride=40
    mv "$run" "$scratch/half$n"
done
check "3 ranks give what one gives" same_results "$scratch/half1" "$scratch/half3"

sketch=(--set collect.mode=sketch)
for n in 1 2 3 4; do
    for stage in shard collect reduce; do
        run_ok "sketches, $n ranks: $stage" "$wn" run "$config" -n $n --only $stage "${sketch[@]}"
    done
    mv "$run" "$scratch/sketch$n"
    [ $n -eq 1 ] || check "$n ranks give what one gives" same_results "$scratch/sketch1" "$scratch/sketch$n"
done
finish
