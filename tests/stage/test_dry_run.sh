#!/usr/bin/env bash
# --dry-run: tells what there is to do and what it takes, writes nothing, and agrees with what the
# run then does.
. tests/stage/lib.sh
. tests/stage/experiment.sh

make_experiment
stages="shard collect reduce select evaluate report"

# state: every file and directory of the run, with its times.
state()
{
    find "$run" -printf '%p %y %i %T@ %s\n' 2> /dev/null | LC_ALL=C sort
}

# dry LABEL RANKS STAGE OPTION...: a dry run that ends well, says nothing but its plan, and leaves the
# run's directory as it was.
dry()
{
    local label=$1 ranks=$2 stage=$3
    shift 3
    state > "$scratch/before"
    capture ranks "$ranks" "$stage" "$config" --dry-run "$@"
    if [ "$code" -ne 0 ]; then fail "$label: exit status $code" "$scratch/err"
    elif [ -s "$scratch/err" ]; then fail "$label: messages" "$scratch/err"
    elif ! diff "$scratch/before" <(state) > "$scratch/check"; then fail "$label: writes" "$scratch/check"
    else pass "$label"
    fi
}

# value UNIT KEY: of the last dry run, which was asked for JSON ("total": of all units).
value()
{
    python3 - "$scratch/out" "$1" "$2" <<'END_PYTHON'
import json, sys
plan = json.loads(open(sys.argv[1]).read())
units = {unit["unit"]: unit for unit in plan["units"]}
found = plan["total"] if sys.argv[2] == "total" else plan if not sys.argv[2] else units[sys.argv[2]]
print(found.get(sys.argv[3]))
END_PYTHON
}

# is LABEL UNIT KEY WANTED; within LABEL NUMBER LOWEST HIGHEST
is()
{
    local found
    found=$(value "$2" "$3")
    if [ "$found" = "$4" ]; then pass "$1"; else fail "$1: $3 is $found, not $4" "$scratch/out"; fi
}
within()
{
    check "$1 ($2 in $3 to $4)" awk -v x="$2" -v a="$3" -v b="$4" 'BEGIN { exit !(x + 0 >= a && x + 0 <= b) }'
}

# --- Before anything has run ------------------------------------------------------------------------

for n in 1 2; do
    for stage in $stages; do dry "$stage before anything has run, $n ranks" $n $stage; done
    check "no directory was made" test ! -e "$run"
done
capture ranks 2 collect "$config" --dry-run
prints "collect waits for the shards" 'activations/step0.h5 +unknown until shard has run'
capture ranks 2 evaluate "$config" --dry-run
prints "evaluate waits for the shards" 'pairs-grammar.h5 +unknown until shard has run'
prints "evaluate names the conditions" '5 conditions: baseline, negative-top, both-random, positive-frozen, negative-listed'
capture ranks 2 reduce "$config" --dry-run
prints "reduce waits for the activations" 'statistics/step512.h5 +unknown until collect has run'
capture ranks 2 shard "$config" --dry-run
prints "shard tells the files' size and time" 'shards/text.h5 .* kB .* MB .* kB .* s +about'
run_ok "the driver asks all stages" "$wn" run "$config" -n 2 --dry-run
check "in order" test "$(grep -oE '^[a-z]+: [0-9]+ of' "$scratch/out" | cut -d : -f 1 | tr '\n' ' ')" = "$stages "
check "and makes nothing" test ! -e "$run"
run_ok "the driver asks one, as JSON" "$wn" run "$config" -n 1 --dry-run=json --only evaluate
expect_fail "another format" 2 'json' "$wn" run "$config" -n 1 --dry-run=xml
expect_fail "another format, by the stage" 2 'none of json.status' ranks 1 shard "$config" --dry-run=xml
expect_fail "a bad configuration" 2 'conditoins' ranks 2 evaluate "$config" --dry-run --set 'evaluate.conditoins=[]'

# --- With shards, without cohorts -------------------------------------------------------------------

command -v python3 > /dev/null 2>&1 || { echo "# note: no python3: JSON is not looked into"; finish; }
run_ok "shards" ranks 2 shard "$config"
dry "evaluate without cohorts" 2 evaluate --dry-run=json
pairs=results/step0/pairs-grammar.h5 perplexity=results/step0/perplexity-heldout.h5
is "its numbers are bounds" $pairs bound "at most"
most=$(value $pairs flops)
dry "collect" 2 collect --dry-run=json
is "its numbers are known" activations/step0.h5 bound exact
is "32 windows of 64 tokens" activations/step0.h5 rows 2048
is "in chunks of three windows" activations/step0.h5 chunks 11
is "on ranks" "" ranks 2
# Width 256, 4 layers, MLP of 256 neurons here: see the model's config.json. Of each row: query, key
# and value, output, two projections; of each window 1 + ... + 64 keys.
read -r width layers mlp < <(python3 -c '
import json, sys
c = json.load(open(sys.argv[1]))
print(c["hidden_size"], c["num_hidden_layers"], c["intermediate_size"])' "$in/model/step0/config.json")
flops=$((layers * (2048 * 2 * (4 * width * width + 2 * width * mlp) + 32 * 64 * 65 / 2 * 4 * width)))
is "operations" activations/step0.h5 flops "$flops"
# The inputs of 700 pairs of tokens wait beside the file.
scratch_bytes=$((layers * 2 * 700 * width * 4))
within "disk" "$(value activations/step0.h5 bytes_written)" $((layers * mlp * 2048 * 4 + scratch_bytes)) $(((layers * mlp * 2048 * 4 + scratch_bytes) * 11 / 10))
expected=$(value activations/step0.h5 bytes_written)

# --- What the run then does -------------------------------------------------------------------------

run_ok "collect" ranks 2 collect "$config"
within "the file is as large as foreseen" "$(($(stat -c %s "$run/activations/step0.h5") + scratch_bytes))" "$expected" "$(awk -v x="$expected" 'BEGIN { print 1.1 * x + 65536 }')"
prints "time and memory stand beside the estimate" \
    'collect: step0: [0-9.]+ s \(estimated [0-9.]+ s\), peak [0-9.]+ MB per node \(estimated [0-9.]+ MB\)'
dry "collect again" 2 collect --dry-run=json
is "nothing to do" "" todo 0
is "as the unit says" activations/step512.h5 current True
dry "reduce" 2 reduce --dry-run=json
is "all neurons" statistics/step0.h5 rows "$((layers * mlp))"
expected=$(value statistics/step0.h5 bytes_written)
run_ok "reduce" ranks 2 reduce "$config"
within "its files are as large as foreseen" "$(cat "$run"/{statistics,pairs}/step0.h5 | wc -c)" "$expected" "$(awk -v x="$expected" 'BEGIN { print 1.1 * x + 65536 }')"
dry "select" 2 select --dry-run=json
is "three neurons a layer, two checkpoints" selection/frozen.h5 rows "$((layers * 3 * 2))"
run_ok "select" ranks 2 select "$config"
prints "select compares too" '4 cohorts: [0-9.]+ s \(estimated about'
for n in 1 2; do
    dry "evaluate on $n ranks" $n evaluate --dry-run=json
    value $pairs flops > "$scratch/flops$n"
    value $perplexity chunks > "$scratch/chunks$n"
done
check "the plan is the same on any number of ranks" cmp "$scratch/flops1" "$scratch/flops2"
check "so are the chunks" cmp "$scratch/chunks1" "$scratch/chunks2"
within "with the cohorts the bound holds" "$(cat "$scratch/flops1")" 1 "$most"
# Windows that begin with the same words share a row or two.
within "12 windows but for their last tokens" "$(value $perplexity rows)" $((12 * 61)) $((12 * 63))
is "three windows a chunk" $perplexity chunks 4
perplexity_flops=$(value $perplexity flops)
dry "one condition" 2 evaluate --dry-run=json --set 'evaluate.conditions=[baseline]'
within "needs less" "$(value $pairs flops)" 1 "$(awk -v x="$(cat "$scratch/flops1")" 'BEGIN { print x / 2 }')"
read=$(value $perplexity bytes_read)
dry "a model beyond memory, with room for one condition at a time" 2 evaluate --dry-run=json --set resources.memory_per_node=500KB
# Four chunks on two ranks, five conditions: its layers (most of the weights, which are otherwise read
# twice, for their hash and to be used) are read ten times.
within "is read for every condition and round of chunks" "$(value $perplexity bytes_read)" \
    "$((read + 9 * read / 4))" "$((read + 9 * read / 2))"
within "and shares nothing" "$(value $perplexity flops)" "$((perplexity_flops + 1))" "$((5 * perplexity_flops))"
# As on other numbers of ranks: what 4 ranks say of themselves, 2 say of them.
run_ok "on 4 ranks" ranks 4 evaluate "$config" --dry-run=json --set resources.memory_per_node=500KB
for key in flops chunks bytes_read memory_per_node; do value $perplexity $key; done > "$scratch/own"
dry "on 2 as if on 4" 2 evaluate --dry-run=json --as 4 --set resources.memory_per_node=500KB
for key in flops chunks bytes_read memory_per_node; do value $perplexity $key; done > "$scratch/as"
is "4 ranks" "" ranks 4
check "FLOP, chunks and bytes that are read are the same" cmp <(head -n 3 "$scratch/own") <(head -n 3 "$scratch/as")
within "and memory, about" "$(tail -n 1 "$scratch/as")" "$(awk 'NR == 4 { print 0.8 * $1 }' "$scratch/own")" "$(awk 'NR == 4 { print 1.2 * $1 }' "$scratch/own")"
dry "as if on 2 nodes" 2 evaluate --dry-run=json --as 4x2
is "2 nodes" "" nodes 2
# Four chunks: no rank has more than one, and none has less, from four ranks on. On 4 nodes no rank
# shares a core that it has to itself here.
dry "on 4 nodes" 1 evaluate --dry-run=json --as 4x4
four=$(value $perplexity seconds)
dry "on one" 1 evaluate --dry-run=json
within "four chunks on one rank take longer" "$(value $perplexity seconds)" "$(awk -v x="$four" 'BEGIN { print 2 * x }')" "$(awk -v x="$four" 'BEGIN { print 10 * x }')"
expect_fail "ranks on more nodes" 2 '--as 4x8: ranks' ranks 1 evaluate "$config" --dry-run --as 4x8
expect_fail "no number" 2 '--as many: ranks' ranks 1 evaluate "$config" --dry-run --as many
expect_fail "no dry run" 2 '--as: it goes with --dry-run' ranks 1 evaluate "$config" --as 4
dry "one checkpoint" 2 evaluate --dry-run=json --checkpoint step512
is "is what there is to do" "" todo 2
run_ok "evaluate" ranks 2 evaluate "$config"
prints "each unit is compared" 'evaluate: step512 pairs-grammar: [0-9.]+ s \(estimated [0-9.]+ s\), peak'
for stage in shard collect reduce select evaluate; do
    dry "$stage when all is done" 2 $stage --dry-run=json
    is "$stage has nothing to do" "" todo 0
done
dry "fewer windows" 2 evaluate --dry-run=json --set 'evaluate.tasks[0].windows=6'
is "make one task stale" "" todo 2
is "and leave the other" $pairs current True
is "in two chunks" $perplexity chunks 2
finish
