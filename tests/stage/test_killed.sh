#!/usr/bin/env bash
# A run that was killed: nothing looks finished that is not, and another run does the rest.
. tests/stage/lib.sh
. tests/stage/experiment.sh

make_experiment
# Enough work that a stage can be met in the middle of it.
cp "$demo/corpus.txt" "$in/text.txt"
cp "$demo/heldout.txt" "$in/heldout.txt"
options=(--set collect.windows=512 --set collect.type=f16 --set 'evaluate.tasks[0].windows=300' --set resources.chunk=64)

# children PID
children()
{
    local file line words
    for file in /proc/[0-9]*/stat; do
        read -r line 2> /dev/null < "$file" || continue
        read -ra words <<< "${line##*) }"
        [ "${words[1]}" != "$1" ] || echo "${line%% *}"
    done
}

# alive PID...: whether one of them is there and no zombie.
alive()
{
    local pid line
    for pid; do
        read -r line 2> /dev/null < "/proc/$pid/stat" || continue
        line=${line##*) }
        [ "${line%% *}" = Z ] || return 0
    done
    return 1
}

# killed LABEL STAGE WHICH FILE: runs a stage on 2 ranks; as soon as FILE (a pattern) is there, rank
# WHICH (0, 1 or both) is killed.
killed()
{
    local label=$1 stage=$2 which=$3 file=$4 launched waited=0 victims code
    local quiet=()
    [ "$launcher_kind" != openmpi ] || quiet=(-q)
    "$launcher" "${quiet[@]}" -n 2 "$build/bin/wn-$stage" "$config" "${options[@]}" \
        > "$scratch/out" 2> "$scratch/err" < /dev/null &
    launched=$!
    until compgen -G "$run/$file" > /dev/null || [ $waited -gt 6000 ] || ! kill -0 $launched 2> /dev/null; do
        sleep 0.01
        waited=$((waited + 1))
    done
    mapfile -t victims < <(children $launched)
    case $which in
        both) kill -9 "${victims[@]}" ;;
        *) kill -9 "${victims[$which]}" ;;
    esac 2> "$scratch/check"
    wait $launched
    code=$?
    # The launcher may leave while another rank is still on its way out.
    while alive "${victims[@]}" && [ $waited -lt 9000 ]; do
        sleep 0.01
        waited=$((waited + 1))
    done
    if [ ${#victims[@]} -eq 2 ] && [ $code -ne 0 ]; then
        pass "$label"
    else
        fail "$label: ${#victims[@]} ranks, exit status $code" "$scratch/out" "$scratch/err" "$scratch/check"
    fi
}

# Every output that looks finished can be read, and is what the undisturbed run wrote.
sound()
{
    local file
    for file in $(cd "$run" && find . -name '*.h5'); do
        "$compare_h5" "$scratch/undisturbed/$file" "$run/$file" || return 1
    done
}

for stage in shard collect reduce select evaluate; do
    run_ok "undisturbed: $stage" ranks 2 $stage "$config" "${options[@]}"
done
mv "$run" "$scratch/undisturbed"

run_ok "shard" ranks 2 shard "$config" "${options[@]}"
killed "both ranks killed in collect" collect both 'activations/step0.h5.tmp.*'
check "no activations look finished" test ! -e "$run/activations/step0.h5"
check "what is there is sound" sound
run_ok "collect again" ranks 2 collect "$config" "${options[@]}"
check "it takes its leftovers away" no_temporaries
rm "$run/activations/step512.h5"
killed "one rank killed in collect" collect 1 'activations/step512.h5.tmp.*'
check "no activations look finished" test ! -e "$run/activations/step512.h5"
: > "$run/activations/step512.h5.tmp.elsewhere.1"
run_ok "collect again" ranks 3 collect "$config" "${options[@]}"
prints "does only the rest" 'step0.h5 is up to date'
check "leftovers of other machines stay" test -e "$run/activations/step512.h5.tmp.elsewhere.1"
rm "$run/activations/step512.h5.tmp.elsewhere.1"
check "others go" no_temporaries

run_ok "reduce" ranks 2 reduce "$config" "${options[@]}"
run_ok "select" ranks 2 select "$config" "${options[@]}"
killed "rank 0 killed in evaluate" evaluate 0 'results/step0/perplexity-heldout.h5'
check "not all results are there" test ! -e "$run/results/step512/pairs-grammar.h5"
check "what is there is sound" sound
run_ok "evaluate again" ranks 2 evaluate "$config" "${options[@]}"
prints "does only the rest" 'step0/perplexity-heldout.h5 is up to date'
check "the outcome is that of the undisturbed run" same_results "$scratch/undisturbed" "$run"

rm "$run/results/step512/perplexity-heldout.h5"
killed "both ranks killed within a task" evaluate both 'journal/step512/perplexity-heldout.0'
check "no results look finished" test ! -e "$run/results/step512/perplexity-heldout.h5"
# The last record may be torn, as it is when a machine dies.
journal=$run/journal/step512/perplexity-heldout.0
printf 'wnrecord, and no more' >> "$journal"
run_ok "evaluate again" ranks 3 evaluate "$config" "${options[@]}"
prints "goes on within the task" 'step512 perplexity-heldout: [0-9]+ of [0-9]+ chunks are there'
prints "tells what is damaged" 'perplexity-heldout.0: 21 bytes are not whole'
check "the outcome is that of the undisturbed run" same_results "$scratch/undisturbed" "$run"
check "no journal is left" test ! -e "$run/journal/step512"
finish
