#!/usr/bin/env bash
# Running again: what is finished is left alone; a changed key or input makes anew what depends on
# it and nothing else; the result is that of a run from scratch.
. tests/stage/lib.sh
. tests/stage/experiment.sh

make_experiment
options=()

# Every output but the report with its inode: a file that was written anew has another.
state()
{
    (cd "$run" && find shards activations statistics pairs selection results -type f -printf '%p %i %T@\n' |
        LC_ALL=C sort)
}

# all_stages LABEL: those before the report, with the options.
all_stages()
{
    local stage
    : > "$scratch/log"
    for stage in shard collect reduce select evaluate; do
        capture ranks 2 $stage "$config" "${options[@]}"
        cat "$scratch/out" "$scratch/err" >> "$scratch/log"
        [ "$code" -eq 0 ] || { fail "$1: $stage: exit status $code" "$scratch/log"; return; }
    done
    pass "$1"
}

# changed LABEL WANTED...: runs all stages and compares the outputs that were written with those
# wanted; %s stands for each of the checkpoints.
changed()
{
    local label=$1 name step
    shift
    for name; do
        case $name in
            *%s*) for step in step0 step512; do printf "$name\n" $step; done ;;
            *) echo "$name" ;;
        esac
    done | LC_ALL=C sort > "$scratch/wanted"
    state > "$scratch/before"
    all_stages "$label"
    LC_ALL=C comm -13 "$scratch/before" <(state) | cut -d ' ' -f 1 > "$scratch/made"
    check "$label: makes anew what it must, and no more" diff "$scratch/wanted" "$scratch/made"
}

# kept LABEL COUNT ALL: whether the last runs took over so many conditions in each of their results.
kept()
{
    local results
    results=$(grep -c 'results/.*stale' "$scratch/log")
    check "$1 are not computed again" test "$(grep -cE "results/.*: $2 of $3 conditions are there" "$scratch/log")" -eq "$results"
    check "$1: there are such results" test "$results" -gt 0
}

statistics=({activations,statistics,pairs}/%s.h5)
cohorts=(selection/{frozen,listed,random,top}.h5)
perplexity=results/%s/perplexity-heldout.h5
pairs=results/%s/pairs-grammar.h5

run_ok "the first run" "$wn" run "$config" -n 2
cp -r "$run" "$scratch/first"
state > "$scratch/before"
run_ok "again, on other ranks" "$wn" run "$config" -n 3
check "no file was written" diff "$scratch/before" <(state)
check "each is said to be there" test "$(grep -c 'is up to date' "$scratch/err")" -eq "$(state | wc -l)"
check "the report is the same" same_results "$scratch/first" "$run"

options+=(--set report.title=Another --set run.name=other)
changed "another title"
options+=(--set 'evaluate.tasks[0].windows=10')
changed "fewer windows" $perplexity
options+=(--set benchmarks.grammar.limit=9)
changed "fewer pairs" shards/grammar.h5 $pairs
options+=(--set select.random.seed=18)
changed "another seed" selection/random.h5 $perplexity $pairs
options+=(--set 'evaluate.conditions=[baseline, {ablate: negative, cohort: top}]')
changed "fewer conditions" $perplexity $pairs
kept "those that are left" 2 2
options+=(--set 'evaluate.conditions=[baseline, {ablate: both, cohort: random}, {ablate: both, cohort: listed}]')
changed "other conditions" $perplexity $pairs
kept "those that were there" 1 3
options+=(--set select.top.percent=3)
changed "a cohort that leads to another" selection/{top,random}.h5 $perplexity $pairs
kept "those of other cohorts" 2 3
echo '1,7' >> "$in/list.csv"
changed "a longer list" selection/listed.h5 $perplexity $pairs
echo 'The dog runs.' >> "$in/heldout.txt"
changed "more text" shards/heldout.h5 $perplexity
options+=(--set collect.windows=20)
# ... but the cohorts in use, of random and of listed neurons, come out the same, and with them the
# results.
changed "fewer tokens" "${statistics[@]}" "${cohorts[@]}"
options+=(--set resources.chunk=128)
changed "another chunk" "${statistics[@]}" "${cohorts[@]}" $perplexity $pairs
cp "$demo/model/step4000"/* "$in/model/step0"
changed "other weights" {activations,statistics,pairs}/step0.h5 "${cohorts[@]}" results/step0/{perplexity-heldout,pairs-grammar}.h5
rm -r "$run/report"
mv "$run" "$scratch/changed"
all_stages "all of that from scratch"
# The configuration in a file is that of the run that wrote it.
check "gives the same" same_results "$scratch/changed" "$run" --but configuration
finish
