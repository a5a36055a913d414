#!/usr/bin/env bash
# Lists of cohorts and conditions, cohorts made from others, and cohorts whose size a perplexity
# decides: expanded, the same on any number of ranks, searched once, and answered clearly.
. tests/stage/lib.sh
. tests/stage/experiment.sh

# Two checkpoints of a model that was trained: at them a clamp raises the perplexity.
make_experiment
cp "$demo/model/step4000"/* "$in/model/step0"
cat > "$config" <<END
run: {name: test, directory: "$run"}
model: {path: "$in/model", checkpoints: [step0, step512]}
corpora:
  text: {files: ["$in/text.txt"]}
  heldout: {files: ["$in/heldout.txt"], rows: line}
  aside: {files: ["$in/heldout.txt"]}
collect: {corpus: text, window: 64, windows: 32, pairs: 700}
select:
  control: {take: lowest, until: {condition: negative-top-p25, perplexity: aside, window: 64, windows: 12, tolerance: 0.1}}
  layered: {take: highest, by: kurtosis, until: {condition: half, perplexity: heldout, window: 64, windows: 12, counts: matched, tolerance: 0.2, least: 1, most: 90}, from: step512}
  top: {take: highest, percent: [5, 25]}
  random: {like: top-p5, outside: true, draws: 2}
  equal: {like: control, seed: 3}
  size: {like: top-p5, match: magnitude}
  spread: {like: top-p5, match: variance, from: step512}
  few: {by: dip, take: lowest, count: [3]}
  either: {union: [top-p5, few-n3]}
  both: {intersection: [top-p25, size]}
  rest: {difference: [top-p25, top-p5, few-n3]}
evaluate:
  tasks: [{perplexity: heldout, window: 64, windows: 12}, {perplexity: aside, window: 64, windows: 12}]
  conditions:
    - baseline
    - {ablate: negative, cohort: [top, random, control, equal, size, spread, few, either, both, rest]}
    - {ablate: [posrelu, signflip, mean], cohort: top-p5}
    - {ablate: scale, factor: [0, 2], cohort: top-p25}
    - {ablate: negative, cohort: top-p25, layers: {groups: 2}}
    - {ablate: negative, cohort: top-p25, layers: {groups: 2, mode: cumulative}}
    - {ablate: negative, cohort: top-p25, layers: {first: 2}, name: half}
    - {ablate: negative, cohort: layered}
resources: {chunk: 192}
END

# value FILE PATTERN COLUMN: of the first line of a CSV file that matches.
value()
{
    grep -m 1 -E -- "$2" "$run/report/$1" | cut -d , -f "$3"
}
same()
{
    if [ -n "$2" ] && [ "$2" = "$3" ]; then pass "$1"; else fail "$1: '$2' is not '$3'"; fi
}

# --- Expansion --------------------------------------------------------------------------------------

capture ranks 1 evaluate "$config" --dry-run
prints "a dry run lists every condition" '24 conditions: baseline, negative-top-p5, negative-top-p25, negative-random-d1, negative-random-d2, negative-control, negative-equal, negative-size, negative-spread, negative-few-n3, negative-either, negative-both, negative-rest, posrelu-top-p5, signflip-top-p5, mean-top-p5, scale0-top-p25, scale2-top-p25, negative-top-p25-group1of2, negative-top-p25-group2of2, negative-top-p25-groups1to1of2, negative-top-p25-groups1to2of2, half, negative-layered'
capture ranks 1 select "$config" --dry-run
prints "a search waits for the shards" 'control.h5 +unknown until shard has run'
expect_fail "a condition that is not there" 2 "select.control.until.condition: evaluate has no condition 'hal'; did you mean 'half'" \
    ranks 1 select "$config" --set select.control.until.condition=hal
expect_fail "the baseline" 2 "'baseline' ablates nothing" ranks 1 select "$config" --set select.control.until.condition=baseline
expect_fail "a circle" 2 "is made from itself in the end, by way of the condition" \
    ranks 1 shard "$config" --set select.control.until.condition=negative-equal
expect_fail "a corpus that is not there" 2 "select.control.until.perplexity: corpora has no 'side'" \
    ranks 1 shard "$config" --set select.control.until.perplexity=side

# --- The same on any number of ranks ---------------------------------------------------------------

for n in 1 2 3 4; do
    run_ok "all stages, $n ranks" "$wn" run "$config" -n $n
    check "nothing temporary is left, $n ranks" no_temporaries
    [ $n -ne 1 ] || cp "$scratch/err" "$scratch/log"
    mv "$run" "$scratch/ranks$n"
    [ $n -eq 1 ] || check "$n ranks give what one gives" same_results "$scratch/ranks1" "$scratch/ranks$n"
done
mv "$scratch/ranks4" "$run"
cp "$scratch/log" "$scratch/err"
prints "sizes by layer are in the log" "cohort 'few-n3' at step0: 12 neurons of 4 layers: 3 in each"
prints "so is every trial" "cohort 'control' at step512: m = 100 %, [0-9]+ neurons: perplexity [0-9.]+, wanted [0-9.]+"

# --- What came of it --------------------------------------------------------------------------------

for step in step0 step512; do
    same "$step: the search has found a cohort" "$(value searches.csv "^$step,control,1," 11)" reached
    # of the trial that came closest, which was evaluated with all other conditions once more
    target=$(value searches.csv "^$step,control,1," 8)
    same "$step: what is wanted is the condition's perplexity" "$target" "$(value results.csv "^$step,perplexity-aside,negative-top-p25,all,,perplexity," 7)"
    found=$(value results.csv "^$step,perplexity-aside,negative-control,all,,perplexity," 7)
    check "$step: the cohort's own is that of a trial" grep -qE "^$step,control,[0-9]+,[^,]+,[0-9]+,$found," "$run/report/searches.csv"
    check "$step: within the tolerance" awk -v a="$found" -v b="$target" -v t="$(value searches.csv "^$step,control,1," 9)" \
        'BEGIN { d = a - b; exit !(t > 0 && d <= t && -d <= t) }'
    check "$step: proportions of layers, frozen" awk -F , -v step=$step \
        '$1 == step && $2 == "layered" { n[$3] = $4 } END { exit !(n[0] + n[1] == 0 && n[2] > 0 && n[2] == n[3]) }' "$run/report/cohort_layers.csv"
    for name in groups1to2of2 ''; do
        value results.csv "^$step,perplexity-heldout,negative-top-p25${name:+-$name},all,,perplexity," 7
    done > "$scratch/check"
    same "$step: all groups of layers are all layers" "$(sed -n 1p "$scratch/check")" "$(sed -n 2p "$scratch/check")"
    same "$step: group 2 of 2 is half of the layers" "$(value results.csv "^$step,perplexity-heldout,half,all,,perplexity," 7)" \
        "$(value results.csv "^$step,perplexity-heldout,negative-top-p25-group2of2,all,,perplexity," 7)"
    same "$step: by 0 is the clamp" "$(value results.csv "^$step,perplexity-heldout,scale0-top-p25,all,,perplexity," 7)" \
        "$(value results.csv "^$step,perplexity-heldout,negative-top-p25,all,,perplexity," 7)"
    for cohort in control equal; do
        grep "^$step,$cohort," "$run/report/cohort_layers.csv" | cut -d , -f 3,4 > "$scratch/$cohort"
    done
    check "$step: a random cohort as large in every layer" diff "$scratch/control" "$scratch/equal"
done
check "a frozen cohort is searched for once" test "$(grep '^step.*,layered,' "$run/report/searches.csv" | cut -d , -f 1 | sort -u)" = step512
check "a figure shows the groups of layers" grep -q '^2,' "$run/report/figures/groups-2.csv"
check "the report tells the searches" grep -qF 'Cohort control: perplexity of aside as under negative-top-p25' "$run/report/report.md"

# --- Again ------------------------------------------------------------------------------------------

run_ok "again" "$wn" run "$config" -n 2
check "nothing is made" test "$(grep -c 'stale\|m = ' "$scratch/err")" -eq 0
trials=$(grep -c '^step[0-9]*,control,' "$run/report/searches.csv")
run_ok "more tolerance" ranks 2 select "$config" --set select.control.until.tolerance=0.15
prints "a search is made anew" "control.h5 is stale"
check "every perplexity of it is known" test "$(grep -c "'control'.* m = " "$scratch/err")" -eq "$(grep -c "'control'.*known from an earlier trial" "$scratch/err")"
check "it is not longer" test "$(grep -c "'control'.*known from an earlier trial" "$scratch/err")" -le "$trials"

# --- No answer --------------------------------------------------------------------------------------

narrow=(--set select.control.until.most=2)
for label in "no m is large enough" "nor is it later"; do
    expect_fail "$label" 8 "cohort 'control' at step0: the perplexity stays below; no m reached it; m = .*until.otherwise: closest" \
        ranks 2 select "$config" "${narrow[@]}"
done
prints "the second time from its file" 'control.h5 is up to date'
expect_fail "the driver stops there" 8 'no m reached it' "$wn" run "$config" -n 2 --from select "${narrow[@]}"
run_ok "unless it need not be" "$wn" run "$config" -n 2 --from select "${narrow[@]}" --set select.control.until.otherwise=closest
prints "it is a warning then" "warning: cohort 'control' at step512: .*no m reached it"
check "the report says so" grep -qE '^\| step512 \| not reached: all below \| [012]\.' "$run/report/report.md"

# --- Killed within a search -------------------------------------------------------------------------

before=$(wc -c < "$run/selection/control.trials")
rm "$run/selection/control.h5" "$run/selection/control.trials"
WN_TEST_PAUSE=20 "$build/bin/wn-select" "$config" > "$scratch/out" 2> "$scratch/err" < /dev/null &
child=$!
for _ in $(seq 600); do
    [ "$(stat -c %s "$run/selection/control.trials" 2> /dev/null || echo 0)" -lt 400 ] || break
    sleep 0.05
done
kill -KILL $child
wait $child 2> /dev/null
check "there is no cohort" test ! -e "$run/selection/control.h5"
check "some perplexities were measured" test -s "$run/selection/control.trials"
run_ok "a search that was killed goes on" ranks 2 select "$config"
prints "after what was measured" "known from an earlier trial|of the baseline"
check "the cohort is that of a search that was not" "$compare_h5" "$scratch/ranks1/selection/control.h5" "$run/selection/control.h5"
check "no more was measured than is needed" test "$(wc -c < "$run/selection/control.trials")" -le "$before"
finish
