#!/usr/bin/env bash
# model.arithmetic: bfloat16 is refused in words where the build or the processor cannot do it;
# elsewhere its results are its own, say how far from float32 they are, and are the same on any
# number of ranks and threads.
. tests/stage/lib.sh
. tests/stage/experiment.sh

make_experiment
sed -i 's/{pairs: grammar}]/{pairs: grammar}, {residual: heldout, window: 64, windows: 12}, {extremes: heldout, window: 64, windows: 12, cohort: top, count: 3}]/' "$config"
bfloat16=(--set model.arithmetic=bfloat16)

# made LABEL: collect to evaluate with the options that follow, on two ranks.
made()
{
    local label=$1 stage
    shift
    for stage in collect reduce select evaluate; do
        capture ranks 2 $stage "$config" "$@"
        [ "$code" -eq 0 ] || { fail "$label: $stage: exit status $code" "$scratch/err"; return; }
    done
    pass "$label"
}

# attribute FILE OBJECT NAME: its value.
attribute()
{
    h5dump -a "$2/$3" "$1" | sed -n 's/^ *(0): "\{0,1\}\([^"]*\)"\{0,1\}$/\1/p'
}

# within LEAST VALUE MOST
within()
{
    awk -v least="$1" -v value="$2" -v most="$3" 'BEGIN { exit !(least < value && value < most) }'
}

fails()
{
    ! "$@"
}

# differ FILE DATASET: whether float32 has other numbers.
differ()
{
    h5diff -q "$scratch/float32/$1" "$run/$1" "$2"
    [ $? -eq 1 ]
}

capture ranks 1 shard "$config"
capture ranks 1 collect "$config" "${bfloat16[@]}"
if [ "$code" -eq 5 ]; then
    rm -rf "$run/activations"
    refused "collect without it" 5 'model.arithmetic: bfloat16 arithmetic needs (oneDNN|a processor)' collect "${bfloat16[@]}"
    refused "evaluate without it" 5 'model.arithmetic: bfloat16 arithmetic needs (oneDNN|a processor)' evaluate "${bfloat16[@]}"
    finish
fi

export ONEDNN_MAX_CPU_ISA=AVX512_CORE
refused "a processor without it" 5 'model.arithmetic: bfloat16 arithmetic needs a processor' evaluate "${bfloat16[@]}"
unset ONEDNN_MAX_CPU_ISA

scores=$run/results/step512/perplexity-heldout.h5
activations=$run/activations/step512.h5
made "in float32"
cp -r "$run" "$scratch/float32"
check "float32 says so" test "$(attribute "$scores" "" arithmetic)" = float32
check "and has nothing to deviate from" test -z "$(attribute "$scores" baseline deviation_rms 2> /dev/null)"

made "in bfloat16" "${bfloat16[@]}"
cp -r "$run" "$scratch/bfloat16"
check "bfloat16 says so" test "$(attribute "$scores" "" arithmetic)" = bfloat16
check "and what computed" grep -q oneDNN <(attribute "$scores" "" kernel)
# bfloat16 keeps 8 bits: relative errors up to 2^-9 in each factor.
check "scores are near float32's, and not the same" within 1e-5 "$(attribute "$scores" baseline deviation_rms)" 0.05
check "none is far off" within 1e-5 "$(attribute "$scores" baseline deviation_largest)" 0.5
# The first sequences that fill a chunk of 192 tokens: 3 windows of 64, each with 63 scored.
check "of as many tokens as a chunk has" test "$(attribute "$scores" baseline deviation_count)" -eq 189
check "pre-activations are near float32's" within 1e-5 "$(attribute "$activations" preactivations deviation_rms)" 0.05
check "of 64 tokens, 4 layers, 256 neurons" test "$(attribute "$activations" preactivations deviation_count)" -eq 65536
for task in residual extremes; do
    check "$task are near float32's" within 1e-5 "$(attribute "$run/results/step512/$task-heldout.h5" "" deviation_rms)" 0.05
done
check "other streams" differ results/step512/residual-heldout.h5 /baseline/stream/mean
check "other extremes" differ results/step512/extremes-heldout.h5 /negative/value
check "other pre-activations" differ activations/step512.h5 /preactivations
check "other losses" differ results/step512/perplexity-heldout.h5 /baseline/loss
check "other scores of pairs" differ results/step512/pairs-grammar.h5 /baseline/score

rm -rf "$run"/{activations,results}
capture ranks 3 collect "$config" "${bfloat16[@]}"
capture ranks 1 evaluate "$config" "${bfloat16[@]}" --set resources.threads=2
check "the same on other ranks and threads" same_results "$scratch/bfloat16" "$run" --but configuration

run_ok "the report" "$wn" run "$config" -n 2 --only report "${bfloat16[@]}"
check "it tells the arithmetic" grep -q '| matrix products | bfloat16 (oneDNN .*differ from float32 by' "$run/report/report.md"
rm -rf "$run/report"

# With all windows in one chunk, none's loss differs by more than the tokens' largest deviation, and
# some by more than a thousandth of it.
whole=(--set resources.chunk=4096)
capture ranks 1 evaluate "$config" "${whole[@]}"
cp "$scores" "$scratch/whole.h5"
capture ranks 1 evaluate "$config" "${whole[@]}" "${bfloat16[@]}"
largest=$(attribute "$scores" baseline deviation_largest)
check "12 windows are compared" test "$(attribute "$scores" baseline deviation_count)" -eq 756
check "losses differ by no more" h5diff -q -d "$largest" "$scratch/whole.h5" "$scores" /baseline/loss
check "but by something" fails h5diff -q -d "$(awk -v d="$largest" 'BEGIN { print d / 1000 }')" "$scratch/whole.h5" "$scores" /baseline/loss

# Sketches, and parts of them.
sketch=("${bfloat16[@]}" --set collect.mode=sketch --set collect.pairs=0)
rm -r "$run/activations"
capture ranks 2 collect "$config" "${sketch[@]}"
check "sketches are near float32's" within 1e-5 "$(attribute "$activations" sketch/counts deviation_rms)" 0.05
mv "$run/activations" "$scratch/sketched"
capture ranks 2 collect "$config" "${sketch[@]}" --set collect.parts=3
check "parts are the whole" same_results "$scratch/sketched" "$run/activations" --but configuration
rm -r "$run/activations"

made "in float32 again"
check "gives what it gave" same_results "$scratch/float32" "$run" --but configuration
finish
