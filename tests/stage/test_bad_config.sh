#!/usr/bin/env bash
# Configurations that cannot be: every stage says so with file, line and key, and nothing starts.
. tests/stage/lib.sh
. tests/stage/experiment.sh

make_experiment

# bad LABEL STAGE OLD NEW MESSAGE: with OLD, a part of one line, replaced by NEW, the stage says "FILE:
# that line: MESSAGE" (an extended regular expression).
bad()
{
    local line
    write_config
    line=$(grep -nF -- "$3" "$config" | head -n 1 | cut -d : -f 1)
    replace_in_line "$line" "$3" "$4"
    refused "$1" 2 "error: $config:$line: $5" "$2"
}
replace_in_line()
{
    local text
    text=$(sed -n "$1p" "$config")
    printf '%s\n' "${text/"$2"/"$3"}" > "$scratch/line"
    sed -i -e "$1r $scratch/line" -e "$1d" "$config"
}

bad "an unknown key" shard 'window: 64' 'windwo: 64' "collect.windwo: unknown key; did you mean 'window'\?$"
# They all go the same way.
ways="3 driver"
bad "an unknown section" reduce 'collect: {' 'colect: {' "colect: unknown key; did you mean 'collect'\?$"
bad "a text for a number" collect 'window: 64' 'window: many' "collect.window: 'many' is not an integer from 2 to 1048576$"
bad "a list for a number" collect 'window: 64' 'window: [64]' "collect.window: a single value is expected, not a list$"
bad "a number too small" collect 'window: 64' 'window: 1' "collect.window: '1' is not an integer from 2 to 1048576$"
bad "a share too large" select 'percent: 5' 'percent: 101' "select.top.percent: '101' is not a number from 0 to 100$"
bad "a choice that is none" report 'highest' 'higher' "select.top.take: 'higher' is none of highest\|lowest\|all; did you mean highest\?$"
bad "a missing key" shard '{files: ["' '{field: ["' "corpora.text.field: a single value is expected"
bad "no YAML" evaluate 'negative, cohort' 'negative cohort' "not valid YAML: "
bad "an unknown condition" evaluate '- baseline' '- basline' "evaluate.conditions\[0\]: 'basline' is none of baseline; did you mean baseline\?$"
bad "a missing name" shard 'name: test, ' '' "run.name: this key is required$"
write_config
refused "an override of no key" 2 "error: --set collect.windwo: unknown key; did you mean 'window'\?$" shard --set collect.windwo=3
refused "an override of a wrong type" 2 "error: --set collect.windows: 'all' is not an integer" shard --set collect.windows=all
refused "an override without a value" 2 "error: --set collect.windows: key=value is expected$" shard --set collect.windows
mv "$config" "$scratch/aside"
refused "no such file" 3 "error: $config: cannot open: No such file" shard
mv "$scratch/aside" "$config"

# Names of things elsewhere, whichever stage runs.
bad "an unknown corpus" report 'corpus: text' 'corpus: txet' "collect.corpus: corpora has no 'txet'; did you mean 'text'\?$"
bad "a task's unknown corpus" shard 'perplexity: heldout' 'perplexity: heldin' \
    "evaluate.tasks\[0\].perplexity: corpora has no 'heldin'; did you mean 'heldout'\?$"
bad "an unknown benchmark" shard 'pairs: grammar' 'pairs: grammer' \
    "evaluate.tasks\[1\].pairs: benchmarks has no 'grammer'; did you mean 'grammar'\?$"
bad "an unknown cohort" shard 'cohort: listed' 'cohort: list' \
    "evaluate.conditions\[4\].cohort: select has no cohort 'list'; did you mean 'listed'\?$"
bad "a cohort like none" collect 'like: top' 'like: pot' "select.random.like: select has no cohort 'pot'"
bad "a cohort from no checkpoint" shard 'from: step512' 'from: step51' \
    "select.frozen.from: there is no checkpoint 'step51'; did you mean 'step512'\?$"
bad "an unknown checkpoint" shard 'step0, step512' 'step0, step521' \
    "model.checkpoints: there is no checkpoint 'step521'; did you mean 'step512'\?$"
bad "a pattern of no checkpoint" shard 'step0, step512' '"epoch*"' "model.checkpoints: no directory matches '$in/model/epoch\*'$"
bad "a model that is not there" shard "$in/model" "$in/modle" "model.path: '$in/modle' is not a directory; did you mean $in/model\\?$"
write_config
refused "an unknown checkpoint asked for" 2 "error: $config: --checkpoint: there is no checkpoint 'step1'; did you mean 'step0'" collect --checkpoint step1

ways="1 2 3 driver"
run_ok "shard" ranks 1 shard "$config"
bad "a layer that is not there" collect 'windows: 32' 'layers: [0, 4], windows: 32' \
    "collect.layers: there is no layer 4: the model has layers 0 to 3$"
finish
