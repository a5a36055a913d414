#!/usr/bin/env bash
# wn diff: what differs between two runs, in settings, files, neurons, cohorts and results.
. tests/stage/lib.sh
. tests/stage/experiment.sh

make_experiment
sed -i 's/checkpoints: \[step0, step512\]/checkpoints: [step0]/; s/percent: 5/percent: 30/; /  frozen:/d; /cohort: frozen/d; /cohort: random/d' "$config"
sed -i "s/ablate: negative, cohort: top}/ablate: negative, cohort: top, name: x}\n    - {ablate: both, cohort: top}/" "$config"

# made NAME RANKS OPTION...: a run in $scratch/NAME.
made()
{
    run_ok "a run: $1" "$wn" run "$config" -n "$2" --set run.directory="$scratch/$1" "${@:3}"
}
# value NAME OF: of the JSON of results, a number of the object that has all of these words.
value()
{
    tr '{' '\n' < "$scratch/out" | grep -F "$2" | grep -oE "\"$1\":[^,}]*" | head -n 1 | cut -d : -f 2
}

made one 1
made two 3
run_ok "runs on other numbers of ranks" "$wn" diff "$scratch/one" "$scratch/two"
prints "do not differ, bit for bit" '^No difference: the same settings, and [0-9]+ files of the same data, bit for bit\.$'
check "and nothing else is said" test "$(wc -l < "$scratch/out")" -eq 3
run_ok "nor by the exit code" "$wn" diff --exit-code "$scratch/one" "$scratch/two"
run_ok "for programs" "$wn" diff --json "$scratch/one" "$scratch/two"
prints "likewise" '"differ":false,.*"settings":\[\],'
check "every file is the same" test "$(grep -o '"state":"[a-z ]*"' "$scratch/out" | sort -u)" = '"state":"same"'

made three 2 --set collect.windows=24 --set 'evaluate.conditions[1].ablate=both'
run_ok "other settings" "$wn" diff "$scratch/one" "$scratch/three"
prints "the settings are named" '^collect\.windows +32 +24$'
prints "those of conditions, too" '^evaluate\.conditions\[1\]\.ablate +negative +both$'
prints "files that are the same are counted" '^shards/ +3 +0 +0 +0$'
prints "and others" '^activations/ +0 +1 +0 +0$'
prints "statistics are compared" '^step0 +WD +1,024 +0\.9[0-9]+ '
prints "and cohorts" '^step0 +top +308 +308 +[0-9]+ '
prints "and results" '^step0 +perplexity-heldout +x .*\[-?[0-9.]+, -?[0-9.]+\]'
capture "$wn" diff --exit-code "$scratch/one" "$scratch/three"
check "the exit code can tell" test "$code" -eq 9

# A condition that does another thing in another run: the difference is that of two conditions of one run,
# which the report compares by code of its own.
made four 2 --set 'evaluate.conditions[1].ablate=both'
run_ok "the report" "$wn" run "$config" -n 1 --only report --set run.directory="$scratch/one" \
    --set 'report.contrasts=[{of: both-top, against: x}]'
# contrast TASK METRIC FIELD: of the report's line over all items.
contrast()
{
    grep "^step0,$1,both-top,x,all,," "$scratch/one/report/contrasts.csv" | cut -d , -f "$2"
}
run_ok "that setting" "$wn" diff "$scratch/one" "$scratch/four" --json
cp "$scratch/out" "$scratch/json"
check "is all that differs" test "$(grep -o '"key":' "$scratch/json" | wc -l)" -eq 1
pairs='"task":"pairs-grammar","condition":"x","phenomenon":null'
check "items gained" test "$(value gained "$pairs")" -eq "$(contrast pairs-grammar 12)"
check "items lost" test "$(value lost "$pairs")" -eq "$(contrast pairs-grammar 13)"
check "there are some" test "$(($(value gained "$pairs") + $(value lost "$pairs")))" -gt 0
near()
{
    awk -v a="$1" -v b="$2" -v within="$3" 'BEGIN { d = a - b; exit !(a != "" && b != "" && d < within && -d < within) }'
}
check "the change of accuracy" near "$(value difference "$pairs")" "$(contrast pairs-grammar 8)" 1e-12
check "McNemar's test" near "$(value p "$pairs")" "$(contrast pairs-grammar 14)" 1e-12
check "the interval, of other draws" near "$(grep -F "$pairs" <(tr '{' '\n' < "$scratch/json") | sed 's/.*"interval":\[\([^,]*\),.*/\1/')" \
    "$(contrast pairs-grammar 10)" 0.09
loss='"task":"perplexity-heldout","condition":"x"'
check "the ratio of perplexities" near "$(awk -v d="$(value difference "$loss")" 'BEGIN { printf "%.17g", exp(d) }')" \
    "$(contrast perplexity-heldout 8)" 1e-12
check "conditions that are the same are so bit for bit" test \
    "$(grep -F '"condition":"both-top"' <(tr '{' '\n' < "$scratch/json") | grep -c '"same":true')" -eq \
    "$(grep -cF '"condition":"both-top"' <(tr '{' '\n' < "$scratch/json"))"

# Other items.
made five 2 --set benchmarks.grammar.limit=8 --set 'evaluate.tasks[0].windows=9'
run_ok "other items" "$wn" diff "$scratch/one" "$scratch/five"
prints "are said not to be the same" 'are not on the same items'
check "and have no interval of the difference" test "$(grep -cE '^step0 .*\[' "$scratch/out")" -eq 0

sed "s#^run:.*#run: {name: test, directory: \"$scratch/two\"}#" "$config" > "$scratch/two.yaml"
run_ok "a configuration for a directory" "$wn" diff "$scratch/one" "$scratch/two.yaml"
prints "means its run" '^No difference'
expect_fail "no such run" 3 "$scratch/oen: no such directory or configuration; did you mean $scratch/one\\?" "$wn" diff "$scratch/oen" "$scratch/two"
expect_fail "a directory of something else" 3 'no outputs of a run' "$wn" diff "$scratch/one" tests
expect_fail "one run alone" 2 'RUN2 is expected' "$wn" diff "$scratch/one"
printf x | dd of="$scratch/two/results/step0/pairs-grammar.h5" bs=1 seek=0 conv=notrunc 2> /dev/null
expect_fail "a damaged file" 3 'two/results/step0/pairs-grammar.h5' "$wn" diff "$scratch/one" "$scratch/two"
finish
