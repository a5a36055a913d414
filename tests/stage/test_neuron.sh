#!/usr/bin/env bash
# wn neuron: the card of one neuron in the terminal and as JSON, and its page.
. tests/stage/lib.sh
. tests/stage/experiment.sh

make_experiment
sed -i 's/{pairs: grammar}\]/{pairs: grammar}, {extremes: heldout, cohort: listed, window: 64, windows: 12}]/' "$config"
expect_fail "before there are statistics" 3 "statistics: no statistics of neurons; run the stage 'reduce' first" \
    "$wn" neuron "$config" --layer 0 --neuron 3
run_ok "a run" "$wn" run "$config" -n 2

run_ok "a neuron" "$wn" neuron "$config" --layer 2 --neuron 17
prints "at the last checkpoint" '^Layer 2, neuron 17 at step512$'
prints "its statistics and places" '^wd_exact +0\.[0-9]+ +[0-9]+ +256 +[0-9.]+$'
prints "its distribution" '^ +-?[0-9.]+  [# ]*\|#*$'
prints "its modes" 'modes? at -?[0-9.]+'
prints "its quantiles" '^ *0 % +0\.1 % .* 100 %$'
prints "its cohorts" '^  listed: all 2 checkpoints$'
prints "its contexts" '^.*\[\[.*\]\].* +-?[0-9.]+$'
check "no line is too long" test "$(LC_ALL=C.UTF-8 awk 'length > 100' "$scratch/out" | wc -l)" -eq 0
check "no colours where there is no terminal" test "$(grep -c "$(printf '\033')" "$scratch/out")" -eq 0
page=$run/report/neurons/step512-L2-N17.html
check "its page" grep -q 'Layer 2, neuron 17 at step512' "$page"
if command -v gnuplot > /dev/null 2>&1; then
    check "has its figures" test "$(grep -c '<svg' "$page")" -ge 2
    check "whose data lie beside it" test -s "$run/report/neurons/figures/neuron-step512-L2-N17-values.csv"
fi
check "and needs nothing else" test "$(grep -cE '(src|href)="?https?:' "$page")" -eq 0

# The places are those of all neurons of the layer: a cohort of the 3 lowest has the last three.
neuron=$(awk -F, '$1 == "step512" && $2 == "frozen" && $3 == 1 { print $4; exit }' "$run/report/cohorts.csv")
run_ok "the lowest by kurtosis" "$wn" neuron "$config" --layer 1 --neuron "$neuron" --checkpoint step512 --json
prints "is one of the last three" '"kurtosis":\{"value":[^,]*,"rank":25[456],"of":256\}'
prints "is in that cohort" '"cohorts":\{.*"frozen":\["step0","step512"\]'
value=$(grep -oE '"kurtosis":\{"value":[^,]*' "$scratch/out" | cut -d : -f 3)
listed=$(awk -F, -v n="$neuron" '$1 == "step512" && $2 == "frozen" && $3 == 1 && $4 == n { print $5 }' "$run/report/cohorts.csv")
check "by the same value" test "$(printf '%.9g' "$value")" = "$(printf '%.9g' "$listed")"

run_ok "another checkpoint" "$wn" neuron "$run" --layer 0 --neuron 3 --checkpoint step0
check "has a page of its own" test -s "$run/report/neurons/step0-L0-N3.html"
rm -r "$run/activations" "$run/pairs"
run_ok "without activations and pairs" "$wn" neuron "$config" --layer 0 --neuron 3
prints "says what is not there" '^Not there$'
expect_fail "no such layer" 2 '--layer 4: the layers of step512 are 0 to 3$' "$wn" neuron "$config" --layer 4 --neuron 0
expect_fail "no such neuron" 2 '--neuron 256: the neurons of a layer are 0 to 255$' "$wn" neuron "$config" --layer 3 --neuron 256
expect_fail "no number" 2 '--layer x: a number from 0 on is expected' "$wn" neuron "$config" --layer x --neuron 0
expect_fail "a negative number" 2 '--neuron -1: a number from 0 on' "$wn" neuron "$config" --layer 0 --neuron -1
expect_fail "no neuron" 2 '--neuron N is expected' "$wn" neuron "$config" --layer 0
expect_fail "no such checkpoint" 2 'checkpoint step521: there are no statistics of it; did you mean step512\?' \
    "$wn" neuron "$config" --layer 0 --neuron 3 --checkpoint step521
expect_fail "no such run" 3 'did you mean' "$wn" neuron "${config%g.yaml}.yaml" --layer 0 --neuron 3
finish
